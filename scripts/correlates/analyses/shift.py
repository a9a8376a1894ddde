"""Hodges-Lehmann shift between two groups, with the interval that the exact test allows.

Every shift is tested: the values of the group are moved by it and the exact rank-sum test is made
again, with the ties that arise. The interval spans all shifts that are not rejected. Where even an
endless shift is not rejected, the interval has no end on that side.

A shift moves the limits of the group as well, so at each shift everything below the higher one of
the common floor and the moved one is tied (and above the lower ceiling likewise), in both groups.
At no shift these are the scores of the test itself, so interval and p cannot contradict each other
other than at a tie.
"""

from dataclasses import dataclass

import numpy as np

from correlates.analyses.common_limits import HIGHEST, LOWEST, CommonLimits, tie_beyond
from correlates.analyses.ranks import exact_p, midranks, smallest_p_of_sizes

# with more than this share of all values tied beyond a limit no shift is estimated: their middle
# value is one that was not measured
MOST_TIED = 0.5


@dataclass(frozen=True)
class Shift:
    """How much higher the group's values are.

    Parameters
    ----------
    estimate
        The shift that makes the rank sum equal to its mean: the median of all pairwise differences
        where every value is observed. NaN where the limits hide it: no shift does so, the limits
        take an end of the interval away, or more than half of all values are tied beyond them.
    low, high
        Ends of the interval; infinite where these numbers of patients (or limits) allow no end.
    confidence
        Coverage of at least this, given exchangeable patients.
    """

    estimate: float
    low: float
    high: float
    confidence: float


def hodges_lehmann(
    values: np.ndarray,
    in_group: np.ndarray,
    side: np.ndarray | None = None,
    confidence: float = 0.95,
) -> Shift:
    """Estimate the shift of the group against the others and invert the exact test.

    Parameters
    ----------
    values
        Shape (n,): the value where observed, else the limit.
    in_group
        Shape (n,), bool: the group whose shift is asked for.
    side
        Shape (n,): 0 observed, -1 below the limit, 1 above it. Omitted: all observed.
    confidence
        Between 0 and 1.

    Returns
    -------
    Shift, on the scale of the values.

    Notes
    -----
    With ties the p-value is not monotone in the shift, so the interval spans from the first to the
    last shift not rejected, ends included: wider than need be, never narrower.
    Source: Hodges and Lehmann, Ann Math Stat 1963;34:598; Lehmann, Nonparametrics, 1975, ch. 2.
    """
    limits, members = CommonLimits.of(values, side), np.asarray(in_group, dtype=bool)
    grid = _Grid.of(limits, members)
    probes, lefts, rights = grid.regions()
    scores = [grid.scores(probe) for probe in probes]
    alpha = round(1 - confidence, 12)
    low = _first_kept(scores, lefts, grid.in_group, alpha, otherwise=-np.inf)
    high = _first_kept(scores[::-1], rights[::-1], grid.in_group, alpha, otherwise=np.inf)
    has_both_ends = np.isfinite(low) and np.isfinite(high)
    is_end_lost = limits.is_any and not has_both_ends and _sizes_give_ends(members, alpha)
    estimate = np.nan
    if not is_end_lost and limits.share_tied <= MOST_TIED:
        estimate = _balance([grid.excess(score) for score in scores], lefts, rights)
    unit = grid.unit
    return Shift(float(estimate * unit), float(low * unit), float(high * unit), confidence)


def _sizes_give_ends(members: np.ndarray, alpha: float) -> bool:
    """Return whether the interval would have both ends at these group sizes without limits."""
    return smallest_p_of_sizes(int(members.sum()), int((~members).sum())) <= alpha


def _first_kept(scores, ends, in_group, alpha: float, otherwise: float) -> float:
    for score, end in zip(scores, ends, strict=True):
        if exact_p(score, in_group) > alpha:
            return end
    return otherwise


def _balance(excess: list[int], lefts: list[float], rights: list[float]) -> float:
    """Return the middle of the shifts between a rank sum above its mean and one below it."""
    above = [right for right, more in zip(rights, excess, strict=True) if more > 0]
    below = [left for left, more in zip(lefts, excess, strict=True) if more < 0]
    ends = np.array([above[-1] if above else -np.inf, below[0] if below else np.inf])
    return ends.mean() if np.isfinite(ends).all() else np.nan


@dataclass(frozen=True)
class _Grid:
    """The values of group and others, each with LOWEST and HIGHEST beyond an own limit."""

    group: np.ndarray
    others: np.ndarray
    in_group: np.ndarray
    floor: int
    ceiling: int
    unit: float

    @classmethod
    def of(cls, limits: CommonLimits, in_group: np.ndarray) -> "_Grid":
        return cls(
            group=limits.numbers[in_group],
            others=limits.numbers[~in_group],
            in_group=np.arange(in_group.size) < in_group.sum(),
            floor=limits.floor,
            ceiling=limits.ceiling,
            unit=limits.unit,
        )

    def regions(self) -> tuple[list[int], list[float], list[float]]:
        """Return one shift of each region in which the order of values is constant, and its ends.

        A region is a single shift at which values tie, or an open stretch between two of them.
        """
        group = self.group[np.abs(self.group) < HIGHEST]
        others = self.others[np.abs(self.others) < HIGHEST]
        limits = [limit for limit in (self.floor, self.ceiling) if abs(limit) < HIGHEST]
        ties = [(group[:, None] - others[None, :]).ravel()]
        ties += [group - limit for limit in limits] + [limit - others for limit in limits]
        ties += [np.zeros(1 if limits else 0, dtype=np.int64)]
        points = np.unique(np.concatenate(ties)).tolist() or [0]
        probes, lefts, rights = [points[0] - 2], [-np.inf], [points[0]]
        for point, following in zip(points, [*points[1:], None], strict=True):
            probes += [point, point + 2 if following is None else (point + following) // 2]
            lefts += [point, point]
            rights += [point, np.inf if following is None else following]
        return probes, lefts, rights

    def scores(self, shift: int) -> np.ndarray:
        """Score all values after the group was moved down by the shift; the group comes first."""
        moved = np.where(np.abs(self.group) < HIGHEST, self.group - shift, self.group)
        floor, ceiling = self.floor, self.ceiling
        if floor > LOWEST:
            floor = max(floor, floor - shift)
        if ceiling < HIGHEST:
            ceiling = min(ceiling, ceiling - shift)
        return midranks(tie_beyond(np.concatenate([moved, self.others]), floor, ceiling))

    def excess(self, scores: np.ndarray) -> int:
        """Return how far the group's sum of scores is above its mean, in doubled ranks."""
        return int(scores[self.in_group].sum()) - self.group.size * (scores.size + 1)
