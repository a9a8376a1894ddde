"""The slope of a number on copies of an allele, by permutation; exact where that is feasible.

Under no association each way of giving the genotypes to the patients is equally likely. A slope
``b`` is rejected if the residuals ``y - b x`` are; since shuffling cannot raise ``sum x x``, each
shuffle bounds the slopes at which it is as extreme as what was seen, and the interval's ends are
quantiles of these bounds.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb, inf

import numpy as np

# up to so many assignments of genotypes they are all looked at
MOST_EXACT = 100_000
_TIED = 1e-9


@dataclass(frozen=True)
class Slope:
    """A slope with the interval that inverts its permutation test.

    Parameters
    ----------
    estimate
        By least squares.
    low, high
        Ends of the interval; infinite where so few patients allow none.
    p, smallest_p
        Two-sided p, and the smallest that these genotypes allow.
    is_exact
        Whether all assignments were looked at, or a sample of them.
    n_assignments
        How many.
    """

    estimate: float
    low: float
    high: float
    p: float
    smallest_p: float
    is_exact: bool
    n_assignments: int


def permuted_slope(
    x: np.ndarray,
    y: np.ndarray,
    *,
    strata: np.ndarray | None = None,
    confidence: float = 0.95,
    permutations: int = 20_000,
    seed: int = 1,
) -> Slope:
    """Estimate and test the slope of y on x.

    Parameters
    ----------
    x
        Copies of the allele, shape (n,), not all equal.
    y
        What they are held against, shape (n,).
    strata
        Shape (n,): genotypes are shuffled within these only, such as ancestries. Omitted: one.
    confidence
        Of the interval.
    permutations, seed
        Of a sample of the assignments, where they are more than `MOST_EXACT` or stratified.

    Raises
    ------
    ValueError
        If all x are equal.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if np.ptp(x) == 0:
        msg = "all genotypes are equal: there is no slope"
        raise ValueError(msg)
    shuffled, is_exact = _assignments(x, strata, permutations, seed)
    # sampled: what was seen is one of the assignments, so that no p is 0
    shuffled = shuffled if is_exact else np.vstack([x, shuffled])
    seen_xy, seen_xx = float(x @ y), float(x @ x)
    other_xy, other_xx = shuffled @ y, shuffled @ x
    scale = _TIED * max(1.0, float(np.abs(x).sum() * np.abs(y).max(initial=0.0)))
    upper = np.mean(other_xy >= seen_xy - scale)
    lower = np.mean(other_xy <= seen_xy + scale)
    gain = seen_xx - other_xx
    is_same = gain <= _TIED * seen_xx
    bounds = np.where(is_same, 0.0, (seen_xy - other_xy) / np.where(is_same, 1.0, gain))
    low, high = _ends(bounds, is_same, (1 - confidence) / 2)
    away = x - x.mean()
    identical = float(np.mean(is_same))
    return Slope(
        estimate=float(away @ y / (away @ away)),
        low=low,
        high=high,
        p=float(min(1.0, 2 * min(upper, lower))),
        smallest_p=min(1.0, 2 * (identical if is_exact else 1 / len(shuffled))),
        is_exact=is_exact,
        n_assignments=len(shuffled),
    )


def _ends(bounds: np.ndarray, is_same: np.ndarray, level: float) -> tuple[float, float]:
    """Return the lowest and highest slope that is not rejected.

    An assignment of equal genotypes is as extreme as the seen one at every slope.
    """
    n, always = bounds.size, int(is_same.sum())
    ordered = np.sort(bounds[~is_same])
    # share of assignments as high as the seen one at slope b: always those, and bounds up to b
    needed = int(np.floor(level * n + 1e-9)) + 1 - always
    if needed <= 0:
        return -inf, inf
    return float(ordered[needed - 1]), float(ordered[-needed])


def _assignments(
    x: np.ndarray, strata: np.ndarray | None, permutations: int, seed: int
) -> tuple[np.ndarray, bool]:
    """Return ways of giving the genotypes to the patients, shape (ways, n), and whether all."""
    values, counts = np.unique(x, return_counts=True)
    if strata is None and values.size <= 3:
        n, last = x.size, int(counts[-1])
        ways = comb(n, last) * (comb(n - last, int(counts[1])) if values.size == 3 else 1)
        if ways <= MOST_EXACT:
            return _all_assignments(values, counts, n, ways), True
    rng = np.random.default_rng(seed)
    groups = np.zeros(x.size, dtype=int)
    if strata is not None:
        groups = np.unique(strata, return_inverse=True)[1]
    shuffled = np.empty((permutations, x.size))
    for group in range(groups.max() + 1):
        members = np.flatnonzero(groups == group)
        shuffled[:, members] = rng.permuted(np.tile(x[members], (permutations, 1)), axis=1)
    return shuffled, False


def _all_assignments(values: np.ndarray, counts: np.ndarray, n: int, ways: int) -> np.ndarray:
    found = np.full((ways, n), values[0])
    place = 0
    for top in combinations(range(n), int(counts[-1])):
        rest = [one for one in range(n) if one not in set(top)]
        middles = combinations(rest, int(counts[1])) if values.size == 3 else [()]
        for middle in middles:
            found[place, list(top)] = values[-1]
            if middle:
                found[place, list(middle)] = values[1]
            place += 1
    return found
