"""The polyfunctionality index: how many functions the cells of a parent have, as one number."""

from collections.abc import Sequence

import numpy as np
from scipy.special import gammaincinv


def functions_of(combination: str) -> int:
    """Return how many functions a subset such as ``ifng+il2-tnf+`` has."""
    return combination.count("+")


def index_of(
    n: Sequence[float], degrees: Sequence[int], k: int, total: float, q: float
) -> tuple[float, float]:
    """Return the index and its standard error.

    Parameters
    ----------
    n
        Cells of each subset.
    degrees
        Functions that each subset has.
    k
        Functions that there are.
    total
        All cells of the parent: cells without any function count, as 0.
    q
        Exponent of the weight.

    Returns
    -------
    ``sum over i of F_i (i/k)^q``, between 0 and 1, where F_i is the share of the parent's cells
    with exactly i functions, and the standard error of that mean over cells; NaN without cells.

    Notes
    -----
    Source: reference 1.6, with the denominator fixed as all cells of the parent.
    """
    if not total > 0:
        return np.nan, np.nan
    weights = (np.asarray(degrees, dtype=float) / k) ** q
    shares = np.asarray(n, dtype=float) / total
    mean = float((shares * weights).sum())
    variance = float((shares * weights**2).sum()) - mean**2
    return mean, float(np.sqrt(max(variance, 0.0) / total))


def interval(
    value: float, error: float, total: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the interval of an index; no cell with a function leaves an upper end above zero.

    Parameters
    ----------
    value, error
        The index and its standard error, as `index_of` gives them.
    total
        All cells of the parent.
    confidence
        Level of the two-sided interval.

    Notes
    -----
    The gamma interval of a weighted sum of counts, with the variance of shares. A normal interval
    is of no width where no cell has a function, and covers too seldom where few have one. Source:
    Fay and Feuer, Stat Med 1997;16:791. With nothing counted the upper end is 3.69 cells with all
    functions, as Garwood's is.
    """
    if not total > 0:
        return np.nan, np.nan
    tail, one_cell = (1 - confidence) / 2, 1 / total
    # All cells alike leave no variance; that of a count takes its place.
    variance = error**2 or value * one_cell
    low = _gamma_quantile(value, variance, tail) if value > 0 else 0.0
    high = _gamma_quantile(value + one_cell, variance + one_cell**2, 1 - tail)
    return low, min(high, 1.0)


def _gamma_quantile(mean: float, variance: float, probability: float) -> float:
    return float(variance / mean * gammaincinv(mean**2 / variance, probability))
