"""Courses of a protein: every draw on lenalidomide beside the patient's own baseline B1."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from correlates.analyses.degradation.remaining import LINEAR, LOG2, Z95, Level, percent_remaining
from correlates.analyses.degradation.settings import DegradationSettings
from correlates.analyses.degradation.timing import Timing, timing_of
from correlates.analyses.proteins import METHOD_OF
from correlates.clinical.dosing.dosing import Dosing
from correlates.clinical.dosing.draws import DrawNote, note_of
from correlates.clinical.dosing.phases import COMBO, FU, IBR_CONT
from correlates.cohort.baseline_reasons import B1
from correlates.measurements import CENSORED, KEY, USABLE

_AFTER = (COMBO, IBR_CONT, FU)
# What stands for the protein, the best first: calibrated molecules, a net signal, a blot.
_STATISTICS = {"mesf": LINEAR, "net": LINEAR, "log2_ratio": LOG2}
NO_BASELINE = "no B1 of this protein"
NOT_ABOVE_NOISE = "B1 is not above noise"
_OUT_OF_TIME = "neither a study day nor a first dose places this draw"


@dataclass(frozen=True)
class Point:
    """One draw after the first lenalidomide dose.

    Parameters
    ----------
    row
        Its measurement.
    timing
        When it was drawn; None where nobody can say.
    level
        The protein; None where it could not be evaluated.
    pct, low, high
        Percent remaining with its 95 % interval; NaN where there is none.
    reason
        Why it has no percent; empty where it has.
    """

    row: Mapping
    timing: Timing | None
    level: Level | None
    pct: float = math.nan
    low: float = math.nan
    high: float = math.nan
    reason: str = ""


@dataclass(frozen=True)
class Profile:
    """The course of one protein in one kind of cell of one patient, by one method.

    Parameters
    ----------
    patient, specimen, marker, cell, method
        Whose and what; ``method`` is ``flow`` or ``western``.
    feature
        The feature that stands for it.
    baseline
        The measurement at B1; None without one.
    level
        The protein at B1; None where it cannot be a baseline.
    points
        Draws after the first dose, in order of time.
    reason
        Why nothing can be told; empty where it can.
    """

    patient: str
    specimen: str
    marker: str
    cell: str
    method: str
    feature: str
    baseline: Mapping | None
    level: Level | None
    points: list[Point] = field(default_factory=list)
    reason: str = ""

    @property
    def told(self) -> list[Point]:
        """Points with a percent remaining and a time."""
        return [one for one in self.points if not one.reason]


def protein_profiles(
    measured: pd.DataFrame,
    baselines: pd.DataFrame,
    dosing: Mapping[str, Dosing],
    hours: Mapping[tuple, float],
    settings: DegradationSettings,
) -> list[Profile]:
    """Gather the courses of all proteins.

    Parameters
    ----------
    measured
        The cohort's measurement table.
    baselines
        Which measurement of each feature stands for each baseline (``Baselines.features``).
    dosing
        What each patient took.
    hours
        Recorded hours since the last lenalidomide dose by patient, visit, timepoint and specimen.
    settings
        What is asked for.

    Returns
    -------
    One profile a patient, specimen, protein, kind of cell and method that has any draw after the
    first lenalidomide dose. Of two statistics of one method the calibrated one is taken where the
    baseline and every draw have it.
    """
    rows = _protein_rows(measured, settings)
    if rows.empty:
        return []
    at_b1 = baselines.loc[baselines["baseline"] == B1, KEY]
    own = rows.merge(at_b1, on=KEY)
    base = {(row["patient"], row["specimen"], row["feature"]): row for row in _records(own)}
    found = []
    by = ["patient", "specimen", "marker", "cell", "method"]
    for key, group in rows[rows["phase"].isin(_AFTER)].groupby(by, sort=True):
        statistic = _statistic_of(group, base)
        chosen = group[group["statistic"] == statistic]
        feature = chosen["feature"].iloc[0]
        baseline = base.get((*key[:2], feature))
        found.append(_profile(key, feature, baseline, chosen, dosing, hours, settings))
    return found


def recorded_hours(
    measured: pd.DataFrame, notes: Mapping[tuple, DrawNote], blotted: Iterable[Mapping]
) -> dict[tuple, float]:
    """Return the hours since the last lenalidomide dose of each draw, as far as recorded.

    Parameters
    ----------
    measured
        The cohort's measurement table.
    notes
        What the samples sheet says of draws.
    blotted
        Hours of the blots' draws, as the protein assay wrote them.

    Returns
    -------
    By patient, visit, timepoint and specimen; those of the samples sheet go first.
    """
    names = ["patient", "visit", "timepoint", "specimen"]
    found = {
        tuple(row[name] for name in names): float(row["hours_post_len"])
        for row in blotted
        if row["hours_post_len"] != ""
    }
    for draw in measured[names].drop_duplicates().to_dict("records"):
        hours = note_of(notes, draw).hours_post_lenalidomide
        if hours is not None:
            found[tuple(draw[name] for name in names)] = hours
    return found


def _protein_rows(measured: pd.DataFrame, settings: DegradationSettings) -> pd.DataFrame:
    rows = measured[measured["assay"] == "protein"]
    parts = rows["feature"].str.split("__", n=2, expand=True)
    if parts.shape[1] < 3:
        return rows.iloc[:0]
    rows = rows.assign(marker=parts[0], statistic=parts[1], cell=parts[2])
    rows = rows[rows["marker"].isin(settings.markers) & rows["statistic"].isin(list(_STATISTICS))]
    return rows.assign(method=rows["statistic"].map(METHOD_OF))


def _records(rows: pd.DataFrame) -> list[dict]:
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


def _statistic_of(group: pd.DataFrame, base: Mapping) -> str:
    """Return the best statistic that the baseline and every draw have."""
    draws = group.groupby(["visit", "timepoint"]).ngroups
    for statistic in _STATISTICS:
        rows = group[(group["statistic"] == statistic) & group["status"].isin(USABLE)]
        if len(rows) == draws and (*_whose(rows), rows["feature"].iloc[0]) in base:
            return statistic
    # Without one that all of them have: the one that is always there.
    kept = [one for one in _STATISTICS if one != "mesf" and (group["statistic"] == one).any()]
    return kept[0] if kept else group["statistic"].iloc[0]


def _whose(rows: pd.DataFrame) -> tuple[str, str]:
    return rows["patient"].iloc[0], rows["specimen"].iloc[0]


def _profile(key, feature, baseline, rows, dosing, hours, settings) -> Profile:
    patient, specimen, marker, cell, method = key
    level = None if baseline is None else level_of(baseline)
    reason = ""
    if baseline is None:
        reason = NO_BASELINE
    elif level is None:
        reason = f"B1 is not evaluable ({', '.join(baseline['flags']) or 'no value'})"
    elif not level.is_above_noise:
        reason = NOT_ABOVE_NOISE
    points = [
        _point(row, baseline, None if reason else level, reason, dosing, hours, settings)
        for row in _records(rows)
    ]
    points.sort(key=lambda one: math.inf if one.timing is None else one.timing.hours)
    return Profile(
        patient, specimen, marker, cell, method, feature, baseline, level, points, reason
    )


def level_of(row: Mapping) -> Level | None:
    """Return the protein of a measurement row; None where it could not be evaluated."""
    if row["status"] not in USABLE or row["value"] is None:
        return None
    scale = _STATISTICS[row["statistic"]]
    ends = [math.nan if row[end] is None else float(row[end]) for end in ("ci_low", "ci_high")]
    se = (ends[1] - ends[0]) / (2 * Z95)
    limit = float(row["limit"]) if row["status"] in CENSORED else math.nan
    return Level(float(row["value"]), se, scale, limit)


def _point(row, baseline, base: Level | None, reason: str, dosing, hours, settings) -> Point:
    draw = (row["patient"], row["visit"], row["timepoint"], row["specimen"])
    day = math.nan if row["day"] is None else float(row["day"])
    timing = timing_of(
        row | {"day": day},
        dosing.get(row["patient"], Dosing()),
        hours.get(draw),
        settings.off_days,
        settings.peak_hours,
    )
    level = level_of(row)
    why = reason
    if not why and level is None:
        why = f"not evaluable ({', '.join(row['flags']) or 'no value'})"
    elif not why and timing is None:
        why = _OUT_OF_TIME
    elif not why and _batches_differ(row, baseline) and not settings.uncalibrated_across_batches:
        why = "stained in another batch than B1, and not calibrated"
    elif not why and row["method"] != baseline["method"]:
        why = "measured by another method than B1"
    if why:
        return Point(row, timing, level, reason=why)
    return Point(row, timing, level, *percent_remaining(level, base))


def _batches_differ(row: Mapping, baseline: Mapping) -> bool:
    return row["statistic"] == "net" and row["run"] != baseline["run"]
