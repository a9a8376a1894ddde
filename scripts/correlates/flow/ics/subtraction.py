"""A stimulated share less its background: the signed difference, its interval, and its test."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import false_discovery_control, hypergeom

from correlates.flow.counts.counting import wilson


def net_percent(
    n_stim: ArrayLike,
    total_stim: ArrayLike,
    n_unstim: ArrayLike,
    total_unstim: ArrayLike,
    confidence: float = 0.95,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return net percentages with their intervals; negative ones stay negative.

    Parameters
    ----------
    n_stim, total_stim
        Cells with the functions, and all cells of the parent, in the stimulated tube.
    n_unstim, total_unstim
        The same in the unstimulated one.
    confidence
        Level of the two-sided interval.

    Returns
    -------
    Net, lower and upper end in percent of the parent, in the broadcast shape; NaN where a parent is
    empty.

    Notes
    -----
    The interval is Newcombe's hybrid score: Wilson's two intervals, their distances joined in
    quadrature (MOVER). Source: Newcombe, Stat Med 1998;17:873, method 10.
    """
    stim, unstim = _share(n_stim, total_stim), _share(n_unstim, total_unstim)
    low_s, high_s = wilson(n_stim, total_stim, confidence)
    low_u, high_u = wilson(n_unstim, total_unstim, confidence)
    net = stim - unstim
    low = net - np.hypot(stim - low_s, high_u - unstim)
    high = net + np.hypot(high_s - stim, unstim - low_u)
    return 100 * net, 100 * low, 100 * high


def fisher_greater(
    n_stim: ArrayLike, total_stim: ArrayLike, n_unstim: ArrayLike, total_unstim: ArrayLike
) -> np.ndarray:
    """Return one-sided exact p-values that the stimulated share is the greater one.

    Parameters
    ----------
    n_stim, total_stim, n_unstim, total_unstim
        As of `net_percent`.

    Notes
    -----
    Source: Fisher's exact test, the upper tail of the hypergeometric distribution.
    """
    n_s, total_s, n_u, total_u = (
        np.asarray(one, dtype=float) for one in (n_stim, total_stim, n_unstim, total_unstim)
    )
    return hypergeom.sf(n_s - 1, total_s + total_u, n_s + n_u, total_s)


def benjamini_hochberg(p: ArrayLike) -> np.ndarray:
    """Return q-values of a family of tests."""
    p = np.asarray(p, dtype=float)
    return false_discovery_control(p, method="bh") if p.size else p


def fold_of(
    n_stim: ArrayLike, total_stim: ArrayLike, n_unstim: ArrayLike, total_unstim: ArrayLike
) -> np.ndarray:
    """Return how many times the stimulated share is the other; infinite over no background."""
    stim, unstim = _share(n_stim, total_stim), _share(n_unstim, total_unstim)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(unstim > 0, stim / unstim, np.where(stim > 0, np.inf, np.nan))


def _share(n: ArrayLike, total: ArrayLike) -> np.ndarray:
    total = np.asarray(total, dtype=float)
    return np.asarray(n, dtype=float) / np.where(total > 0, total, np.nan)
