"""When a draw was taken against the doses of lenalidomide."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from correlates.clinical.dosing.dosing import LENALIDOMIDE, Dosing
from correlates.clinical.dosing.hours import HOURS_BETWEEN_DOSES, hours_after_dose
from correlates.intake.sheets.visits import CYCLE_DAYS, parse_visit

PEAK, TROUGH, BETWEEN, OFF = "peak", "trough", "between", "off"
_MOST_DAYS_BACK = 400


@dataclass(frozen=True)
class Timing:
    """A draw among the doses.

    Parameters
    ----------
    hours
        Since the first lenalidomide dose; 0 or below before it.
    hours_post_len
        Recorded hours since the last dose; NaN where nobody wrote them down.
    window
        ``peak``, ``trough``, ``between``, or ``off``: a time without the drug.
    days_missed
        Whole days without a dose before the draw.
    cycle_day
        Day of the cycle, from 1; NaN where neither visit nor day tell it.
    """

    hours: float
    hours_post_len: float
    window: str
    days_missed: float
    cycle_day: float


def timing_of(
    draw: Mapping,
    dosing: Dosing,
    hours_post_len: float | None,
    off_days: float,
    peak_hours: Sequence[float],
) -> Timing | None:
    """Place a draw among the lenalidomide doses; None without a day, or a first dose.

    Parameters
    ----------
    draw
        ``visit``, ``timepoint`` and ``day``.
    dosing
        What the patient took.
    hours_post_len
        Recorded hours since the last lenalidomide dose.
    off_days
        Whole days without a dose after which a draw is off the drug.
    peak_hours
        Hours after a dose that are its peak.
    """
    start = dosing.first_lenalidomide
    if start is None or math.isnan(draw["day"]):
        return None
    day = math.floor(draw["day"])
    known = hours_post_len is not None and not math.isnan(hours_post_len)
    recorded = hours_post_len if known else math.nan
    own = hours_after_dose(draw["visit"], draw["timepoint"], hours_post_len if known else None)
    # What was recorded goes before the label, as far as it can be of the day's own dose.
    own = recorded if 0 < recorded < HOURS_BETWEEN_DOSES else own
    is_after = math.isfinite(own) and own > 0
    since_own = own if is_after else 0.0
    missed = _days_missed(dosing, day, is_after)
    window = OFF if missed >= off_days else _window(own, is_after, peak_hours)
    hours = 24.0 * (day - math.floor(start)) + since_own
    return Timing(hours, recorded, window, missed, _cycle_day(draw["visit"], day - start))


def _window(own: float, is_after: bool, peak: Sequence[float]) -> str:
    if not is_after:
        return TROUGH if math.isfinite(own) else BETWEEN
    return PEAK if peak[0] <= own <= peak[1] else BETWEEN


def _days_missed(dosing: Dosing, day: int, is_after: bool) -> float:
    """Return whole days without a dose; a draw before the day's dose looks at the day before."""
    first = day if is_after else day - 1
    for back in range(_MOST_DAYS_BACK):
        if dosing.was_taken(LENALIDOMIDE, first - back):
            return float(back)
    return math.inf


def _cycle_day(visit: str, days: float) -> float:
    parsed = parse_visit(visit)
    if parsed is not None and parsed.planned_day is not None:
        return float((parsed.planned_day - 1) % CYCLE_DAYS + 1)
    return math.floor(days) % CYCLE_DAYS + 1.0 if days >= 0 else math.nan
