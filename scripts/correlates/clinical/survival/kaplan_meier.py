"""Median times by Kaplan and Meier, with intervals that hold in small cohorts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from statsmodels.duration.survfunc import SurvfuncRight

# A product of fractions that is one half in all but its last digits.
_HALF = 0.5 + 1e-9


@dataclass(frozen=True)
class MedianTime:
    """A median time and its interval.

    Parameters
    ----------
    median
        Days; None where the curve does not come down to one half.
    low, high
        Ends of the interval; ``low`` is None and ``high`` infinite where they are not reached.
    """

    median: float | None
    low: float | None
    high: float


def median_time(days: Sequence[float], events: Sequence[bool], confidence: float) -> MedianTime:
    """Estimate a median time from right-censored times.

    Parameters
    ----------
    days, events
        Times of the patients, and whether each ended with the event; shape (patients,).
    confidence
        Level of the interval, between 0 and 1.

    Returns
    -------
    The first time at which the Kaplan-Meier curve is one half or less. The interval holds the times
    at which the log-log limits of the curve (Greenwood's variance) do not tell it from one half.

    Notes
    -----
    Source: Brookmeyer and Crowley, Biometrics 1982;38:29; log-log limits as in SAS LIFETEST and R
    ``survfit(conf.type="log-log")``. Only where the curve stays at exactly one half for a while do
    these differ: R gives the middle of that stretch, SAS its end.
    """
    days, events = np.asarray(days, float), np.asarray(events, int)
    if not events.any():
        return MedianTime(None, None, np.inf)
    curve = SurvfuncRight(days, events)
    at, share = np.asarray(curve.surv_times), np.asarray(curve.surv_prob)
    low, high = _log_log_limits(share, np.asarray(curve.surv_prob_se), confidence)
    return MedianTime(_first(at, share), _first(at, low), _or_never(_first(at, high)))


def median_follow_up(
    days: Sequence[float], events: Sequence[bool], confidence: float
) -> MedianTime:
    """Estimate the median follow-up by reverse Kaplan-Meier; parameters of `median_time`.

    The end of follow-up is the event, and an event censors it: who died early might have been
    followed for long. An event and an end on the same day: the event came while still followed, so
    it leaves the risk set only afterwards, as in a plain Kaplan-Meier of the reversed indicator.

    Notes
    -----
    Source: Schemper and Smith, Control Clin Trials 1996;17:343.
    """
    return median_time(days, ~np.asarray(events, bool), confidence)


def _log_log_limits(share, error, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the limits of a survival curve; at 0, where there are none, the limits before it.

    At a share of 0 the lower limit is 0 and the upper one that of the step before: nobody is left
    who could tell how far it would have gone on.
    """
    z = norm.ppf((1 + confidence) / 2)
    low, high = np.zeros_like(share), np.ones_like(share)
    inside = (share > 0) & (share < 1)
    logs = np.log(share[inside])
    width = z * error[inside] / np.abs(share[inside] * logs)
    low[inside] = np.exp(logs * np.exp(width))
    high[inside] = np.exp(logs * np.exp(-width))
    ended = np.flatnonzero(share <= 0)
    if ended.size:
        high[ended] = high[ended[0] - 1] if ended[0] else 1.0
    return low, high


def _first(at: np.ndarray, share: np.ndarray) -> float | None:
    """Return the first time at which a curve is one half or less."""
    below = np.flatnonzero(share <= _HALF)
    return float(at[below[0]]) if below.size else None


def _or_never(day: float | None) -> float:
    return np.inf if day is None else day
