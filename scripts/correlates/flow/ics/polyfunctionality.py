"""The polyfunctionality index: how many functions the cells of a parent have, as one number."""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri


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


def interval(value: float, error: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the normal interval of an index, or of a difference of two."""
    reach = float(ndtri(0.5 + confidence / 2)) * error
    return value - reach, value + reach
