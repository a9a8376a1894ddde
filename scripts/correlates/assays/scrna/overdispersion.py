"""How far the summed count of a gene lies from the draw's own mean, where its cells differ."""

import numpy as np
from scipy.special import betaincinv
from scipy.stats import norm, t

from correlates.intervals import garwood

# Below this share of the count, what the variance exceeds it by is rounding.
_NO_EXCESS = 1e-9


def variance_of_sum(counts: np.ndarray, library: np.ndarray) -> float | None:
    """Return the variance of a gene's summed count, as its cells show it.

    Parameters
    ----------
    counts, library
        Counts of the gene, and of all genes, of each cell, shape (cells,).

    Returns
    -------
    Squared counts: ``n / (n - 1)`` times the sum of squares of what each cell's count lies from
    its library's share of the sum, so that cells of unlike depth do not count as unlike. None of
    fewer than two cells.

    Notes
    -----
    The variance of a ratio estimator. Source: Cochran, Sampling Techniques, 3rd ed., 1977, 6.3.
    """
    n, whole = len(counts), float(library.sum())
    if n < 2 or whole == 0:
        return None
    apart = counts - library * (counts.sum() / whole)
    return float(n / (n - 1) * (apart @ apart))


def interval_of_sum(
    count: float, variance: float | None, n_cells: int, confidence: float
) -> tuple[float, float]:
    """Return the interval of the mean of a summed count.

    Parameters
    ----------
    count
        The sum over the cells.
    variance
        Of the sum, by `variance_of_sum`; None where it is not known.
    n_cells
        How many cells it was estimated from.
    confidence
        Level of the interval.

    Returns
    -------
    Lower and upper end, in counts: exact ends of a negative binomial with the variance that the
    cells show, widened by Student's t for their number. Where that does not exceed the count, and
    for no count at all, Garwood's, which both ends are never within.

    Notes
    -----
    The sum of ``n`` negative binomial counts of mean ``m`` and dispersion ``phi`` is one of mean
    ``n m`` and dispersion ``phi / n``, and the excess of its variance over its mean tells it.
    """
    low, high = (float(end) for end in garwood(count, confidence))
    if variance is None or n_cells < 2 or count == 0:
        return low, high
    tail = (1 - confidence) / 2
    widened = variance * float(t.isf(tail, n_cells - 1) / norm.isf(tail)) ** 2
    excess = widened - count
    if excess <= _NO_EXCESS * count:
        return low, high
    size = count**2 / excess
    ends = betaincinv(size, count, 1 - tail), betaincinv(size, count + 1, tail)
    own_low, own_high = (float(size * (1 - end) / end) if end > 0 else np.inf for end in ends)
    return min(low, own_low), max(high, own_high)
