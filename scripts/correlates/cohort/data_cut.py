"""Measurements as they were known at the data cut."""

from collections.abc import Iterable, Mapping

import pandas as pd

from correlates.clinical.dosing.draws import DRAW
from correlates.clinical.records import DataCut
from correlates.cohort.baseline_reasons import draw_name

AFTER_CUT = "after_data_cut"


def known_at(measurements: pd.DataFrame, cut: DataCut | None) -> tuple[pd.DataFrame, list[dict]]:
    """Leave out what was drawn after the data cut.

    Parameters
    ----------
    measurements
        The cohort's measurement table, with days.
    cut
        The data cut; None leaves nothing out.

    Returns
    -------
    The measurements that count, and a row of the list of exclusions for each draw that does not.
    A draw whose day is not known is not left out; all draws of who began treatment later are.
    """
    if cut is None or measurements.empty:
        return measurements, []
    days = zip(measurements["patient"], measurements["day"], strict=True)
    late = [
        not cut.has_begun(patient) or cut.is_after(patient, None if day != day else day)
        for patient, day in days
    ]
    is_late = pd.Series(late, index=measurements.index, dtype=bool)
    listed = [
        {
            "what": "draw",
            "patient": draw["patient"],
            "visit": draw_name(draw),
            "item": draw["specimen"],
            "status": AFTER_CUT,
            "reason": f"drawn after the data cut {cut.name}",
        }
        for draw in measurements[is_late].drop_duplicates(DRAW).to_dict("records")
    ]
    return measurements[~is_late].reset_index(drop=True), listed


def known_findings(
    findings: Iterable[Mapping], measurements: pd.DataFrame, cut: DataCut | None
) -> list[Mapping]:
    """Leave out findings of draws that a data cut leaves out: files know of no cut.

    Parameters
    ----------
    findings
        With ``patient`` and ``visit``, either of which may be empty.
    measurements
        Those of the cohort, as `known_at` left them.
    cut
        The data cut; None leaves nothing out.
    """
    if cut is None:
        return list(findings)
    drawn = set(zip(measurements["patient"], measurements["visit"], strict=True))
    return [row for row in findings if not row["visit"] or (row["patient"], row["visit"]) in drawn]
