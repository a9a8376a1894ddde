"""What is known of occupancy beforehand: least medians, and how far a trough can fall."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from correlates.analyses.occupancy.readings import Reading
from correlates.analyses.occupancy.settings import OccupancySettings
from correlates.assays.occupancy.resynthesis import expected_occupancy
from correlates.intervals import median_interval

EXPECTED, BELOW, BY_CEILING = "as expected", "below expected", "bounded by assay ceiling"
NO_REFERENCE = "no reference"
PLAUSIBLE, IMPLAUSIBLE = "plausible", "implausibly low"
TROUGH_COLUMNS = (
    *("feature", "specimen", "patient", "visit", "timepoint", "hours", "hours_from"),
    *("occupancy_low", "occupancy_high", "ff_4h", "ff_4h_from", "predicted", "verdict"),
)
# a dose a day, where nobody recorded the hours
_NOMINAL_HOURS = 24.0


@dataclass(frozen=True)
class Median:
    """The median of a cohort's occupancies, by its bounds, and what it is held against.

    ``ci_low`` and ``ci_high`` are the 95 % interval over all that censored values could be; None of
    fewer than six patients, who allow none.
    """

    n: int
    n_censored: int
    low: float
    high: float
    least: float | None
    verdict: str
    ci_low: float | None = None
    ci_high: float | None = None


def median_of(readings: Sequence[Reading], least: float | None) -> Median:
    """Return the median over patients, and whether it reaches what is known of the drug.

    Parameters
    ----------
    readings
        One of each patient, with known ends; at least one.
    least
        Median in percent that is expected at least; None or 0 where no source gives one.

    Notes
    -----
    Every completion of censored values has its median between those of all lower and of all upper
    ends, so a verdict is given only where both of these agree.
    """
    low = np.array([one.low for one in readings])
    high = np.array([one.high for one in readings])
    n_censored = sum(one.is_censored for one in readings)
    ends = float(np.median(low)), float(np.median(high))
    if not least:
        verdict = NO_REFERENCE
    elif ends[0] >= least:
        verdict = EXPECTED
    else:
        verdict = BELOW if ends[1] < least else BY_CEILING
    interval = median_interval(low)[0], median_interval(high)[1]
    return Median(low.size, n_censored, *ends, least, verdict, *interval)


def judge_trough(
    trough: Reading, peak: Reading | None, k_per_day: float, settings: OccupancySettings
) -> Mapping[str, object]:
    """Hold a trough against what the making of new protein leaves since the dose before it.

    Parameters
    ----------
    trough
        A reading with known ends.
    peak
        The patient's reading after the dose before it; None if there is none, which the setting
        ``ff_4h`` stands in for.
    k_per_day
        Rate at which the target is made anew.
    settings
        Free fraction and tolerance.

    Returns
    -------
    Columns ``hours`` to ``verdict`` of `TROUGH_COLUMNS`. A trough above the prediction is never
    implausible: exposure to the drug lasts longer than the model has it.
    """
    has_hours = not np.isnan(trough.hours)
    hours = trough.hours if has_hours else _NOMINAL_HOURS
    # of a peak above its ceiling the highest free fraction, so that the prediction is the lowest
    ff = settings.ff_4h if peak is None else float(np.clip(1 - peak.low / 100, 0, 1))
    predicted = float(expected_occupancy(ff, hours, k_per_day))
    is_low = trough.high < predicted - settings.tolerance_points
    return {
        "hours": hours,
        "hours_from": "recorded" if has_hours else "nominal",
        "occupancy_low": round(trough.low, 4),
        "occupancy_high": round(trough.high, 4),
        "ff_4h": round(ff, 6),
        "ff_4h_from": "default" if peak is None else f"{peak.visit} {peak.timepoint}",
        "predicted": round(predicted, 4),
        "verdict": IMPLAUSIBLE if is_low else PLAUSIBLE,
    }


def peak_before(trough: Reading, peaks: Sequence[Reading]) -> Reading | None:
    """Return the reading after the dose before a trough: of the day before, as far as is known."""
    if np.isnan(trough.day):
        return None
    before = np.floor(trough.day) - 1
    return next((one for one in peaks if np.floor(one.day) == before), None)
