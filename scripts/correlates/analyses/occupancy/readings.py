"""Occupancy of one draw, as far as the comparison may use it, and every reason why not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.analyses.occupancy.settings import (
    PEAK,
    Comparison,
    Draw,
    OccupancySettings,
)
from correlates.clinical.dosing.dosing import FIRST_IBRUTINIB_DAY, IBRUTINIB, Dosing
from correlates.clinical.dosing.phases import COMBO, IBR_RUNIN
from correlates.clinical.dosing.settings import name_of_draw
from correlates.measurements import USABLE

FEATURE = re.compile(r"(?P<target>[a-z0-9]+)__occ__(?P<cell>\w+)")
EVERYTHING = 100.0
# Causes, in the order in which the first of several is named, with their words.
CAUSES = {
    "no_draw": "without a draw",
    "mutant": "with a Cys481 mutation, in which a low signal is not occupancy",
    "not_evaluable": "whose value could not be evaluated",
    "no_predose": "not normalised to a pre-dose sample",
    "methods": "measured by two methods",
    "phase": "drawn in another phase of treatment",
    "missed_dose": "with a missed dose before the draw",
    "window": "outside of the window of hours",
    "no_hours": "without recorded hours since the dose",
}
# Causes without which a pair still holds two values of occupancy, if not those of the estimand.
OF_TIMING = frozenset({"phase", "missed_dose", "window", "no_hours", "no_predose"})
# Flags of the assay.
_MUTANT, _NO_PRE_DOSE, _MISSED = "occ_uninterpretable_mutant", "no_pre_dose", "missed_dose"


@dataclass(frozen=True)
class Reading:
    """Occupancy of one draw.

    Parameters
    ----------
    patient, visit, timepoint, day, hours, method, flags
        As measured; ``hours`` since the last ibrutinib dose, NaN where nobody recorded them.
    low, high
        Ends of what the occupancy may be, in percent: equal where it was measured, the ceiling and
        100 above the ceiling; NaN where it is not known at all.
    limit
        The ceiling of a value above it, else NaN.
    causes
        Why the comparison leaves it out, in the order of `CAUSES`; none where it does not.
    """

    patient: str
    visit: str
    timepoint: str
    day: float
    hours: float
    low: float
    high: float
    limit: float
    method: str
    flags: tuple[str, ...]
    causes: tuple[str, ...] = ()

    @property
    def is_censored(self) -> bool:
        """Whether the assay gave an interval."""
        return self.low < self.high

    @property
    def is_above_ceiling(self) -> bool:
        """Whether all that is known is that the occupancy is at the ceiling or above it."""
        return self.is_censored and self.high == EVERYTHING


def parts_of(feature: str) -> tuple[str, str] | None:
    """Return target and cell of an occupancy, None of another feature: ``btk``, ``cll``."""
    found = FEATURE.fullmatch(feature)
    return (found["target"], found["cell"]) if found else None


def find_reading(
    rows: pd.DataFrame,
    comparison: Comparison,
    is_alone: bool,
    dosing: Dosing | None,
    settings: OccupancySettings,
) -> Reading | None:
    """Return one patient's reading at one draw of a comparison.

    Parameters
    ----------
    rows
        The patient's measurements of one feature in one specimen.
    comparison, is_alone
        Which draw is asked for.
    dosing
        What the patient took; None if nobody knows.
    settings
        Windows and what else decides.

    Returns
    -------
    Of the draw's own name, or of one of its other names; the first that nothing is against, else
    the first. None if the patient has no such draw.
    """
    wanted = comparison.alone if is_alone else comparison.combination
    phase = IBR_RUNIN if is_alone else COMBO
    found = [
        reading_of(row, comparison.window, phase, dosing, settings)
        for name in settings.visits.names_of(wanted)
        for row in _at(rows, name)
    ]
    return next((one for one in found if not one.causes), found[0] if found else None)


def _at(rows: pd.DataFrame, name: Draw) -> list[dict]:
    draws = zip(rows["visit"], rows["timepoint"], strict=True)
    places = [place for place, draw in enumerate(draws) if name_of_draw(*draw) == name]
    return rows.iloc[places].to_dict("records") if places else []


def reading_of(
    row: Mapping, window: str, phase: str, dosing: Dosing | None, settings: OccupancySettings
) -> Reading:
    """Read one measurement, and judge it for one window and phase."""
    low, high = bounds_of(row)
    flags = tuple(row["flags"])
    method = str(row["method"] or "")
    hours, day = _number(row["hours_post_dose"]), _number(row["day"])
    least, most = settings.windows[window]
    against = {
        "mutant": _MUTANT in flags,
        "not_evaluable": np.isnan(low),
        "no_predose": _NO_PRE_DOSE in flags,
        "phase": row["phase"] != phase,
        "missed_dose": _MISSED in flags
        or missed_days(day, window, dosing, settings.missed_dose_hours) > 0,
        "window": not np.isnan(hours) and not least <= hours <= most,
        "no_hours": settings.needs_hours and np.isnan(hours),
    }
    causes = tuple(cause for cause in CAUSES if against.get(cause))
    limit = _number(row["limit"]) if low < high else np.nan
    who = str(row["patient"]), str(row["visit"]), str(row["timepoint"])
    return Reading(*who, day, hours, low, high, limit, method, flags, causes)


def bounds_of(row: Mapping) -> tuple[float, float]:
    """Return the ends of what an occupancy may be, in percent; NaN where nothing is known."""
    status, value, limit = row["status"], _number(row["value"]), _number(row["limit"])
    if status not in USABLE:
        return np.nan, np.nan
    if status == "gt_uloq":
        return min(limit, EVERYTHING), EVERYTHING
    # below a limit of occupancy: nothing occupied is the least that is possible
    return (value, value) if status == "ok" else (min(0.0, limit), limit)


def missed_days(day: float, window: str, dosing: Dosing | None, hours: float) -> int:
    """Count the days without ibrutinib whose dose was due in the hours before a draw.

    A trough is drawn before the dose of its own day. Where no dose was recorded by day, none is
    known to be missed.
    """
    if dosing is None or not dosing.is_by_day or np.isnan(day):
        return 0
    last = int(np.floor(day)) - (window != PEAK)
    first = max(last - int(np.ceil(hours / 24)) + 1, FIRST_IBRUTINIB_DAY)
    return sum(dosing.dose_on(IBRUTINIB, one) == 0 for one in range(first, last + 1))


def _number(value) -> float:
    return np.nan if value is None or pd.isna(value) else float(value)
