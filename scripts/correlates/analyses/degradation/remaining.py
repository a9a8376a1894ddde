"""Percent remaining of a protein, with the error of the value and of its baseline."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# two-sided 95 %, as the assay's intervals are
Z95 = 1.959964
LINEAR, LOG2 = "linear", "log2"


@dataclass(frozen=True)
class Level:
    """A protein at one draw.

    Parameters
    ----------
    value
        Net signal, or log2 ratio.
    se
        Standard error on the same scale; NaN where nobody knows it.
    scale
        ``linear`` or ``log2``.
    limit
        Limit below which it lies; NaN where it was measured.
    """

    value: float
    se: float
    scale: str = LINEAR
    limit: float = math.nan

    @property
    def is_censored(self) -> bool:
        """Whether only a limit is known."""
        return not math.isnan(self.limit)

    @property
    def is_above_noise(self) -> bool:
        """Whether its interval excludes no signal at all; on the log scale there is always one."""
        if self.is_censored or math.isnan(self.value):
            return False
        if self.scale == LOG2:
            return True
        se = 0.0 if math.isnan(self.se) else self.se
        return self.value - Z95 * se > 0


def percent_remaining(level: Level, baseline: Level, z: float = Z95) -> tuple[float, float, float]:
    """Return ``100 level / baseline`` with its interval.

    Parameters
    ----------
    level, baseline
        On one scale, with independent errors; the baseline above noise.
    z
        Standard errors to either side: those of 95 % unless told otherwise.

    Returns
    -------
    Estimate, low and high in percent; NaN ends where an error is not known. A censored level gives
    its limit as estimate, 0 as the low end and the upper end of the limit's ratio.

    Raises
    ------
    ValueError
        If the baseline is not above noise: its ratio would be any number.

    Notes
    -----
    On the linear scale by Fieller's theorem, which holds however uncertain the baseline is, as
    long as it is above zero; on the log scale by the sum of the variances. Levels of one blot
    model share the control's error, which then cancels: the interval is on the safe side.
    Source: Fieller, J R Stat Soc B 1954;16:175.
    """
    if not baseline.is_above_noise:
        msg = "the baseline is not above noise"
        raise ValueError(msg)
    if level.is_censored:
        bound = Level(level.limit, 0.0, level.scale)
        estimate, _, high = percent_remaining(bound, baseline, z)
        return estimate, 0.0, high
    if level.scale == LOG2:
        difference = level.value - baseline.value
        reach = z * math.hypot(level.se, baseline.se)
        return tuple(100 * 2 ** (difference + step) for step in (0, -reach, reach))
    low, high = fieller(level.value, level.se, baseline.value, baseline.se, z)
    return 100 * level.value / baseline.value, 100 * low, 100 * high


def fieller(
    top: float, top_se: float, bottom: float, bottom_se: float, z: float = Z95
) -> tuple[float, float]:
    """Return the interval of a ratio of two independent normal estimates.

    Where the denominator's own interval reaches zero, every ratio is possible.
    """
    if math.isnan(top_se) or math.isnan(bottom_se):
        return math.nan, math.nan
    g = (z * bottom_se / bottom) ** 2
    if g >= 1:
        return -math.inf, math.inf
    ratio = top / bottom
    reach = z / abs(bottom) * math.sqrt(top_se**2 * (1 - g) + (ratio * bottom_se) ** 2)
    return (ratio - reach) / (1 - g), (ratio + reach) / (1 - g)


def draw_percent(
    levels: Sequence[Level], baseline: Level, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw what the percentages could have been, shape (n, levels).

    A censored level is drawn anywhere between nothing and its limit.
    """
    base = rng.normal(baseline.value, baseline.se, n)
    columns = []
    for level in levels:
        if level.is_censored:
            top = _ratio(np.full(n, level.limit), base, level.scale)
            columns.append(100 * np.maximum(top, 0) * rng.random(n))
        else:
            columns.append(100 * _ratio(rng.normal(level.value, level.se, n), base, level.scale))
    return np.column_stack(columns)


def _ratio(value: np.ndarray, base: np.ndarray, scale: str) -> np.ndarray:
    if scale == LOG2:
        return 2.0 ** (value - base)
    # A baseline above noise is drawn at or below zero once in forty times at most.
    return value / np.maximum(base, np.finfo(float).tiny)
