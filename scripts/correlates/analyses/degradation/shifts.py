"""How much of a protein remains in mid-cycle and off the drug, over the patients, in log2."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from correlates.analyses.degradation.courses import Course
from correlates.analyses.degradation.profiles import Point
from correlates.analyses.degradation.settings import DegradationSettings
from correlates.analyses.degradation.timing import OFF
from correlates.analyses.sign_flip import PairedShift, paired_shift

# Low and high, equal where nothing lies below a limit.
Ends = tuple[float, float]


def mid_cycle(course: Course, settings: DegradationSettings) -> list[Point]:
    """Return the draws on the drug in the middle of a cycle."""
    first, last = settings.mid_cycle_days
    return [
        one
        for one in course.profile.told
        if one.timing.window != OFF and first <= one.timing.cycle_day <= last
    ]


def _log2_ends(points: Sequence[Point]) -> Ends:
    """Return the mean log2 share that remains, as an interval where a draw is below a limit."""
    highs = [math.log2(one.pct / 100) if one.pct > 0 else -math.inf for one in points]
    ends = zip(points, highs, strict=True)
    lows = [-math.inf if one.level.is_censored else high for one, high in ends]
    return float(np.mean(lows)), float(np.mean(highs))


def mid_ends(those: Iterable[Course], settings: DegradationSettings) -> list[Ends]:
    """Return of each patient the ends of the mean log2 share of B1 that remains in mid-cycle."""
    by_patient = [_log2_ends(points) for one in those if (points := mid_cycle(one, settings))]
    return [one for one in by_patient if one[1] > -math.inf]


def mid_shift(
    those: Iterable[Course], settings: DegradationSettings, confidence: float
) -> PairedShift | None:
    """Return the mean log2 share that remains in mid-cycle; None of too few patients."""
    return _shift(mid_ends(those, settings), settings, confidence)


def off_ends(those: Iterable[Course], settings: DegradationSettings) -> list[Ends]:
    """Return of each patient the ends of the log2 ratio of time off the drug to mid-cycle."""
    pairs = []
    for one in those:
        off = [point for point in one.profile.told if point.timing.window == OFF]
        on = mid_cycle(one, settings)
        if off and on:
            (off_low, off_high), (on_low, on_high) = _log2_ends(off), _log2_ends(on)
            pairs.append((off_low - on_high, off_high - on_low))
    return [one for one in pairs if not any(map(math.isnan, one))]


def off_shift(
    those: Iterable[Course], settings: DegradationSettings, confidence: float
) -> PairedShift | None:
    """Return the mean log2 ratio of time off to mid-cycle; None of too few patients."""
    return _shift(off_ends(those, settings), settings, confidence)


def _shift(
    ends: Sequence[Ends], settings: DegradationSettings, confidence: float
) -> PairedShift | None:
    if len(ends) < settings.min_patients:
        return None
    return paired_shift(*np.array(ends).T, confidence)
