"""Which draws lie in the window of a baseline, measured or not, and why a patient has none."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from correlates.clinical.dosing.draws import DRAW
from correlates.clinical.dosing.phases import IBR_RUNIN, UNASSIGNED
from correlates.clinical.records import ClinicalRecords
from correlates.cohort.baseline_reasons import B0, B1
from correlates.cohort.baselines import place_draws
from correlates.cohort.draws import DrawContext
from correlates.cohort.placing import assign_phases

_USUAL_TIMEPOINT = "pre"


@dataclass(frozen=True)
class Windows:
    """Draws in the windows of the baselines.

    Parameters
    ----------
    draws
        Visit and timepoint of each, by patient, specimen and baseline, in the order of time.
    why_none
        Why there is none, by the same key; a specimen that a patient has no draw of is absent.
    """

    draws: Mapping[tuple[str, str, str], list[tuple[str, str]]]
    why_none: Mapping[tuple[str, str, str], str]


def known_draws(
    files: Iterable[Mapping], acquisitions: Iterable[Mapping], records: ClinicalRecords
) -> pd.DataFrame:
    """Return every draw that a file or the samples sheet tells of, up to the data cut.

    Parameters
    ----------
    files
        Rows of ``files.tsv``, used or not.
    acquisitions
        Rows of the plan, with the recorded days.
    records
        The clinic's records.

    Returns
    -------
    One row a draw: patient, specimen, visit, timepoint, sample, day and hours_post_dose (NaN where
    nobody recorded them), flags (none).
    """
    planned = {row["acquisition"]: row for row in acquisitions}
    usual = Counter(row["specimen"] for row in planned.values()).most_common(1)
    usual = usual[0][0] if usual else ""
    rows = [_sheet_row(row, usual) for row in records.rows("samples")]
    rows += [
        _file_row(row, planned.get(row["acquisition"], {}), usual)
        for row in files
        if row["patient"] and row["visit"]
    ]
    known = set(records.patients)
    kept = [
        row
        for row in rows
        if row["patient"] in known
        and not (records.cut and records.cut.is_after(row["patient"], row["day"]))
    ]
    table = pd.DataFrame(kept, columns=[*DRAW, "sample", "day", "hours_post_dose", "flags"])
    table = table.astype({"day": float, "hours_post_dose": float})
    # The row that has a day stands for the others of its draw.
    return table.sort_values("day", kind="stable").drop_duplicates(DRAW).reset_index(drop=True)


def _sheet_row(row: Mapping, usual: str) -> dict:
    return {
        "patient": row["patient"],
        "specimen": row["specimen"] or usual,
        "visit": row["visit"],
        "timepoint": row["timepoint"] or _USUAL_TIMEPOINT,
        "sample": row["sample"] or "",
        "day": row["study_day"],
        "hours_post_dose": row["hours_post_dose"],
        "flags": [],
    }


def _file_row(row: Mapping, planned: Mapping, usual: str) -> dict:
    is_recorded = planned.get("study_day_source") == "recorded"
    return {
        "patient": row["patient"],
        "specimen": row["specimen"] or usual,
        "visit": row["visit"],
        "timepoint": row["timepoint"] or _USUAL_TIMEPOINT,
        "sample": planned.get("sample", ""),
        "day": planned["study_day"] if is_recorded else None,
        "hours_post_dose": planned.get("hours_post_dose"),
        "flags": [],
    }


def windows_of(
    measured: pd.DataFrame,
    known: pd.DataFrame,
    context: DrawContext,
    most_days: Mapping[str, float],
) -> Windows:
    """Place every draw, measured or not, and find those in the window of a baseline.

    Parameters
    ----------
    measured
        The cohort's measurement table, with days and phases.
    known
        Of `known_draws`.
    context
        Dosing, notes and settings.
    most_days
        By baseline, the most days by which it may lie before the first dose.
    """
    columns = [*DRAW, "sample", "day", "hours_post_dose", "phase", "flags"]
    draws = measured.drop_duplicates(DRAW)[columns]
    if len(known):
        others = assign_phases(known, context.dosing, context.notes, context.settings)
        is_new = ~others.set_index(DRAW).index.isin(draws.set_index(DRAW).index)
        parts = [part for part in (draws, others.loc[is_new, columns]) if len(part)]
        draws = pd.concat(parts, ignore_index=True) if parts else draws
    placed = place_draws(draws, context.dosing, most_days)
    found: dict[tuple, list[tuple[str, str]]] = {}
    why: dict[tuple, str] = {}
    for (patient, specimen), rows in placed.groupby(["patient", "specimen"], sort=False):
        for baseline in (B0, B1):
            inside = rows[rows["baseline"] == baseline]
            key = (str(patient), str(specimen), baseline)
            if len(inside):
                found[key] = list(zip(inside["visit"], inside["timepoint"], strict=True))
            else:
                why[key] = _why_none(baseline, rows, most_days[baseline])
    return Windows(found, why)


def _why_none(baseline: str, rows: pd.DataFrame, most_days: float) -> str:
    if (rows["phase"] == UNASSIGNED).all():
        return "no draw whose phase is known"
    if baseline == B0:
        return "no draw before the first ibrutinib dose"
    if (rows["phase"] == IBR_RUNIN).any():
        return f"the last draw is over {most_days:g} days before lenalidomide"
    return "no draw between the drugs' first doses"
