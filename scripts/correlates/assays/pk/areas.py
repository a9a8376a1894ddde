"""Areas under a concentration-time curve, by trapezoids."""

from collections.abc import Sequence

import numpy as np

LINEAR = "linear"
LIN_UP_LOG_DOWN = "linear_up_log_down"
RULES = (LINEAR, LIN_UP_LOG_DOWN)


def area(times: Sequence[float], concs: Sequence[float], rule: str = LIN_UP_LOG_DOWN) -> float:
    """Return the area between the first and the last time.

    Parameters
    ----------
    times
        Hours, rising, shape (n,).
    concs
        Concentrations at these times, shape (n,), none negative.
    rule
        ``linear``, or ``linear_up_log_down``: the logarithmic trapezoid where the concentration
        falls to one above 0, the linear one elsewhere.

    Returns
    -------
    Concentration times hours; 0 for fewer than two points.

    Raises
    ------
    ValueError
        If times do not rise, a concentration is negative, or the rule is unknown.

    Notes
    -----
    Source: Yeh and Kwan, J Pharmacokinet Biopharm 1978;6:79.
    """
    t, c = np.asarray(times, dtype=float), np.asarray(concs, dtype=float)
    if rule not in RULES:
        msg = f"the rule {rule!r} is unknown; it is one of {', '.join(RULES)}"
        raise ValueError(msg)
    if np.any(np.diff(t) <= 0) or np.any(c < 0):
        msg = f"times must rise and concentrations not be negative: {t.tolist()}, {c.tolist()}"
        raise ValueError(msg)
    before, after, hours = c[:-1], c[1:], np.diff(t)
    pieces = hours * (before + after) / 2
    if rule == LIN_UP_LOG_DOWN:
        falls = (after < before) & (after > 0)
        ratio = np.divide(before, after, out=np.full_like(before, np.e), where=falls)
        pieces = np.where(falls, hours * (before - after) / np.log(ratio), pieces)
    return float(pieces.sum())


def value_at(at: float, times: Sequence[float], concs: Sequence[float], rule: str) -> float:
    """Return the concentration at a time within the range, as the trapezoids of the rule take it.

    Raises
    ------
    ValueError
        If the time lies outside of the range.
    """
    t, c = np.asarray(times, dtype=float), np.asarray(concs, dtype=float)
    if not t[0] <= at <= t[-1]:
        msg = f"{at} h is outside of {t[0]} to {t[-1]} h"
        raise ValueError(msg)
    after = int(np.searchsorted(t, at))
    if t[after] == at:
        return float(c[after])
    share = (at - t[after - 1]) / (t[after] - t[after - 1])
    low, high = float(c[after - 1]), float(c[after])
    if rule == LIN_UP_LOG_DOWN and 0 < high < low:
        return low * (high / low) ** share
    return low + share * (high - low)


def back_extrapolated(times: Sequence[float], concs: Sequence[float]) -> float:
    """Return C0 of an intravenous bolus: the log line through the first two points, at time 0.

    Where these two do not fall, or one is 0, the first concentration stands.
    """
    if len(times) < 2 or not 0 < concs[1] < concs[0]:
        return float(concs[0])
    slope = np.log(concs[1] / concs[0]) / (times[1] - times[0])
    return float(concs[0] * np.exp(-slope * times[0]))
