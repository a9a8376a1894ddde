"""How well two gatings of the same files agree: the intraclass correlation, and the bias.

Source: Shrout and Fleiss, Psychol Bull 1979;86:420, whose ICC(2,1) is absolute agreement of single
ratings by raters that stand for others (two-way random effects), with their approximate interval;
McGraw and Wong, Psychol Methods 1996;1:30, call it ICC(A,1).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

MIN_FILES = 5
# Below this share of the variance a difference is one of floating point.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Agreement:
    """The intraclass correlation of absolute agreement.

    Parameters
    ----------
    icc, ci_low, ci_high
        The estimate and its interval; NaN where nothing varies at all.
    n
        Files.
    """

    icc: float
    ci_low: float
    ci_high: float
    n: int


def absolute_agreement(ratings: np.ndarray, confidence: float = 0.95) -> Agreement:
    """Return ICC(2,1) of a table of ratings.

    Parameters
    ----------
    ratings
        A row a file, a column a gating, (n, k), without gaps.
    confidence
        Level of the interval.

    Returns
    -------
    The estimate, which may be below 0, and its interval. Where all values are equal there is no
    variation to share out, and all three are NaN.

    Raises
    ------
    ValueError
        With fewer than 5 files or 2 gatings, or with gaps.
    """
    ratings = np.asarray(ratings, dtype=float)
    n, k = ratings.shape
    if n < MIN_FILES or k < 2 or not np.isfinite(ratings).all():
        msg = f"needs {MIN_FILES} files or more, 2 gatings or more, no gap; got {n} and {k}"
        raise ValueError(msg)
    rows, columns, rest = _mean_squares(ratings)
    whole = rows + (k - 1) * rest + k * (columns - rest) / n
    if whole <= 0 or np.ptp(ratings) == 0:
        return Agreement(np.nan, np.nan, np.nan, n)
    icc = (rows - rest) / whole
    low, high = _interval(icc, (rows, columns, rest), (n, k), confidence)
    return Agreement(float(icc), low, high, n)


def _mean_squares(ratings: np.ndarray) -> tuple[float, float, float]:
    """Return the mean squares between files, between gatings, and of the rest."""
    n, k = ratings.shape
    grand = ratings.mean()
    by_file = ratings.mean(axis=1, keepdims=True)
    by_gating = ratings.mean(axis=0, keepdims=True)
    rest = ratings - by_file - by_gating + grand
    return (
        float(k * ((by_file - grand) ** 2).sum() / (n - 1)),
        float(n * ((by_gating - grand) ** 2).sum() / (k - 1)),
        float((rest**2).sum() / ((n - 1) * (k - 1))),
    )


def _interval(
    icc: float, squares: tuple[float, float, float], shape: tuple[int, int], confidence: float
) -> tuple[float, float]:
    """Return the interval of Shrout and Fleiss, with Satterthwaite's degrees of freedom."""
    rows, columns, rest = squares
    n, k = shape
    if 1 - icc < _ROUNDING:
        # Both gatings say the same of every file.
        return 1.0, 1.0
    a = k * icc / (n * (1 - icc))
    b = 1 + k * icc * (n - 1) / (n * (1 - icc))
    freedom = (a * columns + b * rest) ** 2 / (
        (a * columns) ** 2 / (k - 1) + (b * rest) ** 2 / ((n - 1) * (k - 1))
    )
    share = (1 + confidence) / 2
    above = stats.f.ppf(share, n - 1, freedom)
    below = stats.f.ppf(share, freedom, n - 1)
    between = k * columns + (k * n - k - n) * rest
    low = n * (rows - above * rest) / (above * between + n * rows)
    high = n * (below * rows - rest) / (between + n * below * rows)
    return float(low), float(high)
