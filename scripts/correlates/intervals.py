"""Exact intervals of shares and of counts: of events of a gate, and of patients of a cohort."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, betaincinv, gammaincinv


def clopper_pearson(
    n_events: ArrayLike, n_parent: ArrayLike, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Exact binomial interval of a share.

    Parameters
    ----------
    n_events
        Events of the population, or patients with the outcome.
    n_parent
        Events of its parent, or all patients; no share exists of none, so both ends are then NaN.
    confidence
        Level of the two-sided interval, between 0 and 1.

    Returns
    -------
    Lower and upper ends, as fractions of 1, in the broadcast shape.

    Raises
    ------
    ValueError
        If a population is negative or larger than its parent.

    Notes
    -----
    Source: Clopper and Pearson, Biometrika 1934;26:404, through the beta quantiles.
    """
    k, n = checked_share(n_events, n_parent)
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore"):
        low = betaincinv(np.maximum(k, 1), n - k + 1, tail)
        high = betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail)
    low = np.where(k == 0, 0.0, low)
    high = np.where(k == n, 1.0, high)
    known = n > 0
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def garwood(n_events: ArrayLike, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Exact Poisson interval of a count; none counted is 0 to 3.69 at 95 %.

    Parameters
    ----------
    n_events
        Events counted, of cells or of patients; NaN stays NaN.
    confidence
        Level of the two-sided interval, between 0 and 1.

    Returns
    -------
    Lower and upper ends, in events.

    Raises
    ------
    ValueError
        If a count is negative.

    Notes
    -----
    Source: Garwood, Biometrika 1936;28:437; ``chi2(a/2; 2n)/2`` is the quantile of a gamma
    distribution of shape n.
    """
    n = np.asarray(n_events, dtype=float)
    if np.any(n < 0):
        msg = f"a count is negative: {n[n < 0].tolist()}"
        raise ValueError(msg)
    tail = (1 - confidence) / 2
    low = np.where(n == 0, 0.0, gammaincinv(np.where(n == 0, 1.0, n), tail))
    return low, gammaincinv(n + 1, 1 - tail)


def median_interval(
    values: np.ndarray, confidence: float = 0.95
) -> tuple[float | None, float | None]:
    """Return the exact interval of a median by order statistics; None where so few allow none.

    Parameters
    ----------
    values
        Shape (n,).
    confidence
        Covered at least, whatever the distribution.

    Notes
    -----
    The ``k``-th value from either end, ``k`` the largest with P(B < k) at most half of what may
    be missed, B binomial of n and 1/2. Source: Thompson, Ann Math Stat 1936;7:122.
    """
    ordered, n = np.sort(values), values.size
    tail = (1 - confidence) / 2
    ranks = np.arange(1, n // 2 + 1)
    kept = ranks[bdtr(ranks - 1, n, 0.5) <= tail]
    if not kept.size:
        return None, None
    rank = int(kept[-1])
    return float(ordered[rank - 1]), float(ordered[n - rank])


def checked_share(n_events: ArrayLike, n_parent: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return both numbers of a share as floats of one shape.

    Raises
    ------
    ValueError
        If a population is negative or larger than its parent.
    """
    k, n = np.broadcast_arrays(np.asarray(n_events, dtype=float), np.asarray(n_parent, dtype=float))
    wrong = (k < 0) | (k > n)
    if wrong.any():
        pairs = list(zip(k[wrong].tolist(), n[wrong].tolist(), strict=True))[:5]
        msg = f"a population cannot be negative or exceed its parent: {pairs}"
        raise ValueError(msg)
    return k, n
