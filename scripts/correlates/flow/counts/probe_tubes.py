"""Intensities of the tubes in which occupancy of a target is read, on the gated target cells."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from correlates.flow.counts.exclusion import Fitness, with_exclusions
from correlates.flow.counts.settings import FlowSettings
from correlates.flow.counts.tubes import recorded_day, with_sample_gates
from correlates.intake.acquisitions import REFERENCE, is_of_occupancy
from correlates.intake.fcs.verdict import REFUSED
from correlates.tables import read_tsv

_OF_TUBE = (
    *("acquisition", "sample", "patient", "visit", "timepoint", "specimen", "day"),
    *("hours_post_dose", "panel", "batch", "tube", "role", "lot"),
)
_OF_CELLS = ("population", "marker", "channel", "median", "low", "high", "rsd", "n")
COLUMNS = (*_OF_TUBE, *_OF_CELLS, "mesf", "mesf_low", "mesf_high", "usable", "flags")
QUANTILE_COLUMNS = (
    *("acquisition", "patient", "visit", "timepoint", "specimen", "tube", "population", "marker"),
    *("probability", "value", "n"),
)


def probe_tubes(
    acquisitions: Iterable[Mapping],
    verdicts: Mapping[str, Mapping],
    excluded: Mapping[str, str],
    fitness: Mapping[str, Fitness],
    populations: pd.DataFrame,
    settings: FlowSettings,
) -> tuple[pd.DataFrame, list[dict]]:
    """Choose the tubes of occupancy whose files were accepted, and judge each.

    Parameters
    ----------
    acquisitions
        Rows of the plan. A declared reference is an untreated donor's tube.
    verdicts
        By acquisition.
    excluded
        Why an accepted acquisition is left out.
    fitness
        What the ledgers say of the files.
    populations
        ``acquisition``, ``population``, ``n`` of their gating.
    settings
        Floors of viability and of leukocytes, and the anchors.

    Returns
    -------
    The plan's columns with ``failed`` and ``tube_flags``, indexed by acquisition; and a row for
    each tube that is left out. Refused files are intake's to list.
    """
    tubes, left_out = [], []
    for planned in filter(is_of_occupancy, acquisitions):
        verdict = verdicts.get(planned["acquisition"], {})
        reason = excluded.get(planned["acquisition"], "")
        if verdict.get("verdict") in (None, REFUSED):
            # Intake tells of the file, with the reason.
            continue
        if reason:
            left_out.append(_left_out_row(planned, reason))
            continue
        codes = [f["code"] for f in verdict.get("findings", ()) if f.get("severity") == "warning"]
        tubes.append(
            dict(planned)
            | {
                "day": recorded_day(planned),
                "timepoint": planned.get("timepoint") or "pre",
                "tube_flags": ";".join(codes),
            }
        )
    if not tubes:
        return pd.DataFrame(), left_out
    table = pd.DataFrame(tubes).set_index("acquisition")
    judged = with_sample_gates(table, populations, settings)
    judged, unfit = with_exclusions(judged, fitness)
    return judged, [*left_out, *unfit]


def probe_rows(
    tubes: pd.DataFrame,
    populations: pd.DataFrame,
    intensities: pd.DataFrame,
    cells: Collection[str],
    markers: Collection[str],
) -> Iterator[dict]:
    """Yield the medians of target cells in the tubes of occupancy.

    Parameters
    ----------
    tubes
        As `probe_tubes` gives them.
    populations, intensities
        What the gating jobs counted and measured: ``acquisition``, ``population``, ``flags``; and
        ``acquisition``, ``population``, ``marker``, ``channel``, ``median``, ``low``, ``high``,
        ``rsd``, ``n``.
    cells
        Populations that are asked for.
    markers
        Markers that are asked for, by their names in the panels sheet; case does not matter.

    Yields
    ------
    A row (`COLUMNS`) for each tube, population and marker; ``usable`` is ``no`` where the tube's
    cells are too dead or too few, or its acquisition was not fit.
    """
    if tubes.empty or intensities.empty:
        return
    wanted = {marker.strip().lower() for marker in markers}
    flags = populations.set_index(["acquisition", "population"])["flags"].fillna("")
    names = intensities["marker"].fillna("").str.strip()
    keep = intensities["acquisition"].isin(tubes.index)
    keep &= intensities["population"].isin(set(cells)) & names.str.lower().isin(wanted)
    found = intensities[keep].astype(object)
    for row in found.where(found.notna(), None).to_dict("records"):
        tube = tubes.loc[row["acquisition"]]
        of_gate = flags.get((row["acquisition"], row["population"]), "")
        of_tube = {name: _plain(tube[name]) for name in _OF_TUBE if name in tube}
        yield {
            **of_tube,
            **{name: row.get(name) for name in _OF_CELLS},
            "acquisition": row["acquisition"],
            "usable": "no" if tube["failed"] else "yes",
            "flags": _joined(tube["tube_flags"], of_gate),
        }


def unread_tubes(
    tubes: pd.DataFrame, rows: Iterable[Mapping], markers: Collection[str]
) -> list[dict]:
    """Return a row of what was left out for each tube of which nothing was read."""
    read = {row["acquisition"] for row in rows}
    reason = (
        f"its gating makes none of the cells of occupancy.cells, or its panel has none of the "
        f"markers of occupancy.probe and occupancy.total: {', '.join(sorted(markers))}"
    )
    return [
        _left_out_row(row | {"acquisition": name}, reason)
        for name, row in tubes.to_dict("index").items()
        if name not in read
    ]


def probe_quantiles(
    tubes: pd.DataFrame,
    paths: Mapping[str, str | Path],
    cells: Collection[str],
    markers: Collection[str],
) -> Iterator[dict]:
    """Yield the quantiles of target cells in the tubes of occupancy, to draw distributions of.

    Parameters
    ----------
    tubes
        As `probe_tubes` gives them.
    paths
        Table of quantiles, by acquisition.
    cells, markers
        As `probe_rows` takes them.
    """
    wanted = {marker.strip().lower() for marker in markers}
    for acquisition, path in paths.items():
        if acquisition not in tubes.index:
            continue
        tube = tubes.loc[acquisition]
        for row in read_tsv(path):
            if row["population"] in cells and row["marker"].strip().lower() in wanted:
                yield {
                    "acquisition": acquisition,
                    **{name: _plain(tube[name]) for name in QUANTILE_COLUMNS[1:6]},
                    **{name: row[name] for name in QUANTILE_COLUMNS[6:]},
                }


def _joined(*flags: str) -> str:
    return ";".join(dict.fromkeys(filter(None, ";".join(flags).split(";"))))


def _plain(value: object) -> object:
    return None if pd.isna(value) else value


def _left_out_row(planned: Mapping, reason: str) -> dict:
    is_nobodys = planned.get("role") == REFERENCE
    return {
        "what": "acquisition",
        "patient": "" if is_nobodys else planned["patient"],
        "visit": "" if is_nobodys else planned["visit"],
        "item": planned["acquisition"],
        "status": "excluded",
        "reason": reason,
    }
