"""What did not make it into the analyses, from files to endpoints, in one list with reasons."""

from collections.abc import Iterable, Mapping

import pandas as pd

from correlates.clinical.dosing.draws import DRAW, OF_THE_DRAW
from correlates.clinical.dosing.phases import UNASSIGNED
from correlates.clinical.dosing.unassigned import why_unassigned
from correlates.cohort.baseline_reasons import draw_name
from correlates.cohort.baselines import Baselines
from correlates.measurements import CENSORED, INTENSITIES, KEY, LEFT_OUT

COLUMNS = LEFT_OUT
ACCEPTED = frozenset({"accepted", "accepted_with_warning"})
INTENSITY = rf"^(.*?__(?:{'|'.join(INTENSITIES)}))__"
# Of single cells: genes of a type, and its antibodies.
SINGLE_CELLS = r"__(?:log2_pb_cpm|detected|detected_at_depth)__(.+)$|^(.+)__adt__"
# Features that are named where many are absent for one reason.
_MOST_NAMED = 5
_STOPS = {"run": "run stopped", "row": "row left out", "nothing": "warning"}


def list_exclusions(
    files: Iterable[Mapping],
    problems: Iterable[Mapping],
    measurements: pd.DataFrame,
    baselines: Baselines,
    endpoints: pd.DataFrame,
    left_out: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """List everything that was left out, censored or not evaluable, and why.

    Parameters
    ----------
    files
        Rows of intake: ``path``, ``acquisition``, ``patient``, ``visit``, ``state``, ``reason``,
        ``remedy``.
    problems
        Rows of the sheets' problems: ``file``, ``row``, ``column``, ``value``, ``problem``,
        ``remedy``, ``stops``, ``patient``.
    measurements, baselines, endpoints
        The tables of this floor.
    left_out
        What the assays left out, already in these columns.

    Returns
    -------
    ``what`` (``file``, ``sheet``, ``acquisition``, ``draw``, ``measurement``, ``baseline``,
    ``endpoint``), ``patient``, ``visit``, ``item``, ``status``, ``reason``; in this order of
    floors, equal rows once. The intensities of one population that fail for one reason share a row.
    A draw is listed that can be placed in no phase, a baseline that is not there or was not taken
    from its last draw.
    """
    refused = [row for row in files if row["state"] not in ACCEPTED]
    parts = [
        pd.DataFrame([_of_file(row) for row in refused]),
        pd.DataFrame([_of_problem(row) for row in problems]),
        _told_once(left_out, refused),
        _of_draws(measurements, set(baselines.draws["patient"])),
        _of_measurements(measurements, baselines.features),
        _of_absent(baselines),
        _of_baselines(baselines.draws),
        _of_endpoints(endpoints),
    ]
    filled = [part[COLUMNS] for part in parts if part is not None and not part.empty]
    if not filled:
        return pd.DataFrame(columns=COLUMNS)
    listed = pd.concat(filled, ignore_index=True).fillna("").astype(str)
    return listed.drop_duplicates(ignore_index=True)


def _of_file(row: Mapping) -> dict:
    return {
        "what": "file",
        "patient": row.get("patient") or "",
        "visit": row.get("visit") or "",
        "item": row.get("path") or row.get("acquisition") or "",
        "status": row["state"],
        "reason": _sentences(row.get("reason"), row.get("remedy")),
    }


def _told_once(left_out: pd.DataFrame | None, refused: list[Mapping]) -> pd.DataFrame | None:
    """Drop the acquisitions whose files are listed already, as every copy of a duplicate is."""
    if left_out is None:
        return None
    listed = {row.get("acquisition") for row in refused}
    return left_out[~((left_out["what"] == "acquisition") & left_out["item"].isin(listed))]


def _of_problem(row: Mapping) -> dict:
    place = [row["file"]]
    place += [f"row {row['row']}"] if row.get("row") not in (None, "") else []
    place += [row["column"]] if row.get("column") else []
    found = f" (found {row['value']!r})" if row.get("value") else ""
    return {
        "what": "sheet",
        "patient": row.get("patient") or "",
        "visit": "",
        "item": ", ".join(place),
        "status": _STOPS.get(row["stops"], row["stops"]),
        "reason": _sentences(f"{row['problem']}{found}", row.get("remedy")),
    }


def _of_draws(measurements: pd.DataFrame, known: set[str]) -> pd.DataFrame:
    """List the draws that no phase is known of, and those of patients whom the sheet lacks."""
    draws = measurements[measurements["phase"] == UNASSIGNED].drop_duplicates(DRAW)
    rows = draws.to_dict("records")
    listed = pd.DataFrame(
        {
            "what": "draw",
            "patient": [row["patient"] for row in rows],
            "visit": [draw_name(row) for row in rows],
            "item": [row["specimen"] for row in rows],
            "status": "unplaced",
            "reason": [
                why_unassigned(row["visit"], row["day"], row["flags"])
                if row["patient"] in known
                else "the patients sheet lacks this patient, so nothing of it reaches the cohort"
                for row in rows
            ],
        }
    )
    return listed[listed["reason"] != ""]


def _of_measurements(measurements: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    rows = measurements[measurements["status"] != "ok"]
    rows = rows.merge(features[[*KEY, "baseline"]], on=KEY, how="left")
    rows["baseline"] = rows["baseline"].fillna("")
    rows = _intensities_together(rows.assign(reason=[_why(row) for row in rows.to_dict("records")]))
    return pd.DataFrame(
        {
            "what": "measurement",
            "patient": rows["patient"],
            "visit": [draw_name(row) for row in rows.to_dict("records")],
            "item": rows["feature"]
            + rows["baseline"].where(rows["baseline"] == "", "@" + rows["baseline"])
            + ", "
            + rows["specimen"],
            "status": rows["status"],
            "reason": rows["reason"],
        }
    )


def _intensities_together(rows: pd.DataFrame) -> pd.DataFrame:
    """Put the intensities of a population into one row where all else of theirs is equal.

    A population of few events has no median of any marker, and the list would be mostly that. So
    it is with single cells of one type, of which there are too few for any gene.
    """
    kind = rows["feature"].str.extract(INTENSITY, expand=False)
    cells = rows["feature"].str.extract(SINGLE_CELLS)
    of_type = cells[0].where(cells[0].notna(), cells[1]).astype("string") + "__cells"
    group = kind.astype("string").fillna(of_type)
    population = group.str.split("__").str[0].astype(object)
    # Any other feature is a group of its own.
    group = group.fillna(rows["feature"].astype("string")).astype(object)
    alike = rows.assign(group=group).groupby(
        ["patient", "visit", "timepoint", "specimen", "baseline", "group", "status", "reason"],
        sort=False,
    )
    first, count = ~alike.cumcount().astype(bool), alike["feature"].transform("size")
    is_many = count > 1
    told = count.astype(str) + " markers of " + population + ": " + rows["reason"]
    return rows.assign(
        feature=rows["feature"].where(~is_many, group),
        reason=rows["reason"].where(~is_many, told),
    )[first]


def _why(row: Mapping) -> str:
    """Say in words why a measurement is not ok; flags are codes that read as words."""
    words = [flag.replace("_", " ") for flag in row["flags"] if flag not in OF_THE_DRAW]
    flags = "; ".join(words)
    events = "" if pd.isna(row["n"]) else f" (n = {row['n']})"
    if row["status"] not in CENSORED:
        return f"{flags}{events}" if flags else "no reason was given by the assay"
    side = "above" if row["status"] == "gt_uloq" else "below"
    unit = "" if row["unit"] == "1" else f" {row['unit']}"
    limit = f"{side} the limit of {row['limit']:.3g}{unit}{events}"
    return f"{limit}; {flags}" if flags else limit


def _of_absent(baselines: Baselines) -> pd.DataFrame:
    """List the features that others have at a baseline, and a patient with draws there has not."""
    place = ["specimen", "baseline"]
    held = {key: set(of["feature"]) for key, of in baselines.features.groupby(place)}
    own = {key: set(of["feature"]) for key, of in baselines.features.groupby(["patient", *place])}
    drawn = baselines.draws.loc[baselines.draws["visit"] != "", ["patient", *place]]
    rows = []
    for key in drawn.drop_duplicates().itertuples(index=False, name=None):
        absent = sorted(held[key[1:]] - own[key])
        if absent:
            patient, specimen, baseline = key
            named = ", ".join(absent[:_MOST_NAMED])
            more = f" and {len(absent) - _MOST_NAMED} more" if len(absent) > _MOST_NAMED else ""
            count = "1 feature" if len(absent) == 1 else f"{len(absent)} features"
            rows.append(
                {
                    "what": "measurement",
                    "patient": patient,
                    "visit": "",
                    "item": f"{count}@{baseline}, {specimen}",
                    "status": "missing",
                    "reason": f"in no draw of this baseline, as in other patients: {named}{more}",
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_baselines(draws: pd.DataFrame) -> pd.DataFrame:
    """List the baselines without a draw, and those that were not taken from their last one."""
    rows = draws[(draws["visit"] == "") | (draws["passed_over"] != "")]
    specimen = rows["specimen"].where(rows["specimen"] == "", ", " + rows["specimen"])
    is_absent = rows["visit"] == ""
    taken = rows["visit"] + " is taken: " + rows["reason"]
    return pd.DataFrame(
        {
            "what": "baseline",
            "patient": rows["patient"],
            "visit": rows["passed_over"],
            "item": rows["baseline"] + specimen,
            "status": is_absent.map({True: "missing", False: "passed_over"}),
            "reason": rows["reason"].where(is_absent, taken),
        }
    )


def _of_endpoints(endpoints: pd.DataFrame) -> pd.DataFrame:
    rows = endpoints[~endpoints["evaluable"]]
    return pd.DataFrame(
        {
            "what": "endpoint",
            "patient": rows["patient"],
            "visit": "",
            "item": rows["endpoint"],
            "status": "not_evaluable",
            "reason": rows["reason"],
        }
    )


def _sentences(*parts: str | None) -> str:
    """Join sentences that may lack their full stop."""
    said = [str(part).strip() for part in parts if part and str(part).strip()]
    return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in said)
