"""Paired differences: the exact sign-flip test, and the interval that inverts it.

Without a difference between the two times, each patient's difference is as likely to have either
sign, so the mean is compared with those of all 2^n sign patterns. Flipping the patients of a set S
gives a mean at least as high as the one seen exactly when the differences of S sum to no more than
nothing; counting such sets is counting sign patterns, ties and zeros included.

A value beyond a limit makes its difference an interval. Both one-sided shares are monotone in every
difference, so the ends of the differences alone give the bounds over all that they could have been.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

# up to here sign patterns are counted, above the normal approximation to their distribution is used
MOST_COUNTED = 32
_TIED = 1e-9
_STEPS = 200


@dataclass(frozen=True)
class PairedShift:
    """The mean of paired differences, over everything that censored ones could have been.

    Parameters
    ----------
    n
        Pairs.
    mean_low, mean_high
        Bounds of their mean; equal where no difference is an interval.
    low, high
        Ends of the interval; infinite where so few pairs, or a limit, allow no end.
    p, p_least
        Largest and smallest two-sided p that censored differences allow; equal without any.
    smallest_p
        Smallest two-sided p that n pairs allow: 2 / 2^n. Ties and zeros can only raise it.
    confidence
        Coverage of at least this, if signs are exchangeable.
    """

    n: int
    mean_low: float
    mean_high: float
    low: float
    high: float
    p: float
    p_least: float
    smallest_p: float
    confidence: float

    @property
    def is_bounded(self) -> bool:
        """Whether the interval has both ends."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))


def paired_shift(
    low: np.ndarray, high: np.ndarray | None = None, confidence: float = 0.90
) -> PairedShift:
    """Estimate the mean difference of pairs, test it, and invert the test.

    Parameters
    ----------
    low, high
        Shape (n,), n of 1 or more: ends of each difference; ``high`` omitted is a difference
        without limits. ``low`` may be minus and ``high`` plus infinity.
    confidence
        Between 0 and 1.

    Raises
    ------
    ValueError
        If there is no pair, or an end is not a number or lies beyond the other.

    Notes
    -----
    The interval holds every shift that is not rejected at ``1 - confidence``, ends included; by
    counting, each end is one of the 2^n - 1 means of subsets. Up to `MOST_COUNTED` pairs all sign
    patterns are counted, meeting in the middle; above, their sum is taken as normal.
    Source: Fisher, The Design of Experiments, 1935, section 21; Hartigan, J Am Stat Assoc
    1969;64:1303; Horowitz and Sahni, J ACM 1974;21:277.
    """
    low = np.asarray(low, dtype=float)
    high = low if high is None else np.asarray(high, dtype=float)
    if low.size == 0 or low.shape != high.shape or not (low <= high).all():
        msg = f"{low.size} and {high.size} ends: at least one pair, each with its lower end first"
        raise ValueError(msg)
    level = round(1 - confidence, 12) / 2
    mean_low, mean_high = float(low.mean()), float(high.mean())
    worst = 1.0
    if mean_low > 0:
        worst = 2 * share_as_high(low)
    elif mean_high < 0:
        worst = 2 * share_as_high(-high)
    return PairedShift(
        n=low.size,
        mean_low=mean_low,
        mean_high=mean_high,
        low=_lower_end(low, level),
        high=-_lower_end(-high, level),
        p=min(1.0, worst),
        p_least=min(1.0, 2 * share_as_high(high), 2 * share_as_high(-low)),
        smallest_p=smallest_p_of_pairs(low.size),
        confidence=confidence,
    )


def smallest_p_of_pairs(n: int) -> float:
    """Return the smallest two-sided p of n pairs, known before any value is: 0.0625 of five."""
    return min(1.0, 2.0 ** (1 - n))


def share_as_high(differences: np.ndarray) -> float:
    """Return the share of sign patterns whose mean is at least the one seen: the one-sided p.

    Parameters
    ----------
    differences
        Shape (n,); minus and plus infinity stand for values that may be as low, or as high, as
        they like.
    """
    is_finite = np.isfinite(differences)
    finite = differences[is_finite]
    if finite.size <= MOST_COUNTED:
        share = _counted(finite)
    else:
        share = float(ndtr(-finite.sum() / np.sqrt((finite**2).sum() or 1.0)))
    # a set with an endlessly high difference in it never sums to less than nothing, and one with an
    # endlessly low one always does
    share *= 0.5 ** int(np.isposinf(differences).sum())
    return 1 - (1 - share) * 0.5 ** int(np.isneginf(differences).sum())


def _counted(differences: np.ndarray) -> float:
    """Return the share of subsets, the empty one included, that sum to no more than nothing."""
    half = differences.size // 2
    some, others = _subset_sums(differences[:half]), np.sort(_subset_sums(differences[half:]))
    tied = _TIED * np.abs(differences).sum()
    found = np.searchsorted(others, tied - some, side="right").sum()
    return float(found) / 2**differences.size


def _subset_sums(numbers: np.ndarray) -> np.ndarray:
    sums = np.zeros(1)
    for one in numbers:
        sums = np.concatenate([sums, sums + one])
    return sums


def _lower_end(differences: np.ndarray, level: float) -> float:
    """Return the lowest shift that is not rejected as too low, by halving."""
    finite = differences[np.isfinite(differences)]
    level *= 1 + _TIED

    def is_kept(shift: float) -> bool:
        return share_as_high(differences - shift) > level

    if finite.size == 0 or share_as_high(np.where(np.isfinite(differences), 1.0, -np.inf)) > level:
        return -np.inf
    low, high = float(finite.min()), float(finite.max())
    if is_kept(low):
        return low
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if high - low <= _TIED * max(1.0, abs(high)) or middle in (low, high):
            break
        low, high = (low, middle) if is_kept(middle) else (middle, high)
    return high
