"""The exact rank-sum test: enumerated, conditional on ties, with room for values beyond a limit.

Values are scored by their mid-ranks after all that lies beyond the limits common to all patients
was tied (``common_limits``), and the test is Wilcoxon's. The null distribution is that of the sum
of the scores of one group over every assignment of patients to groups, so ties need no correction.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import comb, gcd

import numpy as np

from correlates.analyses.common_limits import CommonLimits


def midranks(numbers: np.ndarray) -> np.ndarray:
    """Return twice the mid-rank of each value, shape (n,): integers from 2 to 2 n."""
    ordered = np.sort(numbers)
    below = np.searchsorted(ordered, numbers, side="left")
    return below + np.searchsorted(ordered, numbers, side="right") + 1


def rank_scores(values: np.ndarray, side: np.ndarray | None = None) -> np.ndarray:
    """Score each value by twice its mid-rank, tied beyond the limits common to all.

    Parameters
    ----------
    values
        Shape (n,): the value where observed, else the limit.
    side
        Shape (n,): 0 observed, -1 known only to be below the limit, 1 known only to be above it.
        Omitted: all observed.

    Returns
    -------
    Shape (n,), positive integers.
    """
    return midranks(CommonLimits.of(values, side).tied)


def exact_p(scores: Sequence[int], in_group: Sequence[bool]) -> float:
    """Return the exact two-sided p of the rank sum of one group.

    Parameters
    ----------
    scores
        Integer scores of all patients, shape (n,).
    in_group
        Which of them are in the group, shape (n,); both groups must hold somebody.

    Returns
    -------
    ``min(1, 2 min(P(S <= s), P(S >= s)))`` over all assignments of patients to groups of these
    sizes, where S is the sum of the group's scores and s the one seen. Either group gives the same
    p, and none is below twice the chance of one assignment.

    Raises
    ------
    ValueError
        If a group is empty.
    """
    scores = np.asarray(scores, dtype=int)
    members = np.asarray(in_group, dtype=bool)
    if members.size != scores.size or members.all() or not members.any():
        msg = f"{members.sum()} of {scores.size} in the group: both groups must hold somebody"
        raise ValueError(msg)
    sums, counts = _null(tuple(sorted(scores.tolist())), int(members.sum()))
    seen = int(scores[members].sum())
    return _doubled(min(counts[sums <= seen].sum(), counts[sums >= seen].sum()), counts)


def pairs_higher(scores: Sequence[int], in_group: Sequence[bool]) -> float:
    """Return the share of pairs in which the one of the group is higher, ties counting half."""
    members = np.asarray(in_group, dtype=bool)
    size, others = int(members.sum()), int((~members).sum())
    above = np.asarray(scores)[members].sum() - size * (size + 1)
    return float(above / (2 * size * others))


def smallest_p(scores: Sequence[int], size: int) -> float:
    """Return the smallest two-sided p that any assignment of these scores to groups can give."""
    _, counts = _null(tuple(sorted(int(score) for score in scores)), size)
    return _doubled(min(counts[0], counts[-1]), counts)


def smallest_p_of_sizes(size: int, other_size: int) -> float:
    """Return the smallest two-sided p at these group sizes, known before any value is.

    Ties and limits can only raise it: 3 against 6 patients cannot go below 2 / 84 = 0.024.
    """
    return min(1.0, 2 / comb(size + other_size, size))


def _doubled(tail: float, counts: np.ndarray) -> float:
    return min(1.0, float(2 * tail / counts.sum()))


@lru_cache(maxsize=4096)
def _null(scores: tuple[int, ...], size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each possible sum of the group's scores, rising, and how often it occurs."""
    taken = min(size, len(scores) - size)
    base = scores[0]
    step = gcd(*(score - base for score in scores)) or 1
    counts = _subset_sums([(score - base) // step for score in scores], taken)
    sums = base * taken + step * np.arange(counts.size)
    sums, counts = sums[counts > 0], counts[counts > 0]
    if taken == size:
        return sums, counts
    # the smaller group is quicker; the other one's sum is what it leaves
    return sum(scores) - sums[::-1], counts[::-1]


def _subset_sums(scores: Sequence[int], size: int) -> np.ndarray:
    """Count the subsets of one size by their sum, with a generating function.

    Counts are exact integers while they fit 64 bits (66 patients in two equal groups), beyond that
    floating-point numbers: only additions of positive terms, so the relative error stays near
    1e-14.
    """
    largest = sum(sorted(scores)[len(scores) - size :])
    dtype = np.int64 if comb(len(scores), size) < 2**63 else np.float64
    counts = np.zeros((size + 1, largest + 1), dtype=dtype)
    counts[0, 0] = 1
    for taken, score in enumerate(scores):
        rows = min(taken + 1, size)
        # NumPy copies what overlaps, so no patient is counted twice
        counts[1 : rows + 1, score:] += counts[:rows, : largest + 1 - score]
    return counts[size]
