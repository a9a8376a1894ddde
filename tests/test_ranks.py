"""The exact rank-sum test and the interval that inverts it."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from correlates.analyses.common_limits import ABOVE, BELOW, OBSERVED
from correlates.analyses.ranks import exact_p, rank_scores, smallest_p, smallest_p_of_sizes
from correlates.analyses.shift import hodges_lehmann

TIED = [1, 2, 2, 2, 3, 5, 5, 8, 9, 9]
UNTIED = [0.3, 1.7, -2.0, 4.1, 3.3, 8.2, 5.5, 0.9, 6.1]


def enumerated_p(scores, members):
    """The same p by listing every assignment: twice the smaller tail, the sum seen in both."""
    scores = [int(score) for score in scores]
    seen = sum(s for s, m in zip(scores, members, strict=True) if m)
    sums = [sum(chosen) for chosen in combinations(scores, sum(members))]
    tails = [sum(total <= seen for total in sums), sum(total >= seen for total in sums)]
    return min(1.0, 2 * min(tails) / len(sums))


def first(count, total):
    return np.arange(total) < count


@pytest.mark.parametrize(
    ("values", "side", "doubled"),
    [
        pytest.param([3, 1, 2], None, [6, 2, 4], id="without ties: twice the rank"),
        pytest.param([1, 2, 2, 9], None, [2, 5, 5, 8], id="tied: twice the mid-rank"),
        pytest.param([5, 5, 7], [BELOW, BELOW, 0], [3, 3, 6], id="two below one limit are tied"),
        pytest.param([5, 5, 7], [BELOW, 0, 0], [2, 4, 6], id="at the limit is above what is below"),
        pytest.param([5, 2, 7], [BELOW, 0, 0], [3, 3, 6], id="a value below the limit is tied"),
        pytest.param(
            [5, 2, 3, 7], [BELOW, BELOW, 0, 0], [4, 4, 4, 8], id="the highest limit is everyone's"
        ),
        pytest.param([5, 2, 5], [ABOVE, 0, 0], [6, 2, 4], id="above a limit is above its value"),
        pytest.param([5, 2, 8], [ABOVE, 0, 0], [5, 2, 5], id="a value above the ceiling is tied"),
        pytest.param([9, 2], [BELOW, BELOW], [3, 3], id="two limits say nothing of each other"),
        pytest.param(
            [6, 2, 4], [BELOW, ABOVE, 0], [4, 4, 4], id="floor above ceiling: nothing can be told"
        ),
    ],
)
def test_scores(values, side, doubled):
    assert rank_scores(np.array(values), side).tolist() == doubled


def test_scores_are_midranks_where_all_is_observed():
    assert rank_scores(np.array(TIED)).tolist() == (2 * stats.rankdata(TIED)).tolist()


@pytest.mark.parametrize("size", [1, 2, 4, 5, 7, 9])
@pytest.mark.parametrize(
    ("values", "side"),
    [
        pytest.param(TIED, None, id="with ties"),
        pytest.param(TIED, [BELOW, 0, BELOW, 0, 0, BELOW, 0, 0, ABOVE, 0], id="with limits"),
    ],
)
def test_p_equals_enumeration(values, side, size):
    scores = rank_scores(np.array(values), side)
    rng = np.random.default_rng(size)
    for _ in range(5):
        members = rng.permutation(first(size, len(values)))

        assert exact_p(scores, members) == pytest.approx(enumerated_p(scores, members), rel=1e-12)


def test_p_equals_scipy_without_ties():
    for size in (2, 4, 6):
        members = first(size, len(UNTIED))
        values = np.array(UNTIED)
        expected = stats.mannwhitneyu(values[members], values[~members], method="exact").pvalue

        assert exact_p(rank_scores(values), members) == pytest.approx(expected, rel=1e-12)


def test_p_equals_scipy_with_30_against_30():
    values = np.random.default_rng(5).normal(size=60)
    members = first(30, 60)
    expected = stats.mannwhitneyu(values[:30], values[30:], method="exact").pvalue

    assert exact_p(rank_scores(values), members) == pytest.approx(expected, rel=1e-9)


def test_p_equals_scipy_permutation_test_with_ties():
    ranks = stats.rankdata(TIED)
    group, others = ranks[[0, 1, 4, 7]], ranks[[2, 3, 5, 6, 8, 9]]
    expected = stats.permutation_test(
        (group, others),
        lambda x, y, axis: x.sum(axis),
        vectorized=True,
        alternative="two-sided",
        n_resamples=np.inf,
    ).pvalue
    members = np.isin(np.arange(10), [0, 1, 4, 7])

    assert exact_p(rank_scores(np.array(TIED)), members) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("values", "size", "expected"),
    [
        pytest.param([7, 8, 9, 1, 2, 3, 4, 5, 6], 3, 2 / 84, id="3 v 6 apart: 2 of 84"),
        pytest.param([8, 9, 1, 2, 3, 4, 5, 6, 7], 2, 2 / 36, id="2 v 7 apart: 2 of 36"),
        pytest.param([9, 1, 2, 3, 4, 5, 6, 7, 8], 1, 2 / 9, id="1 v 8 apart: 2 of 9"),
        pytest.param([1, 1, 1, 1], 2, 1.0, id="all tied: 1"),
        # ranks 1.5 1.5 3 4: sums 3 4.5 4.5 5.5 5.5 7, and the smaller tail of 3 holds 1 of 6
        pytest.param([1, 1, 2, 3], 2, 2 / 6, id="tied pair lowest: twice 1 of 6"),
        # 5.5 and above: 3 of 6
        pytest.param([1, 3, 1, 2], 2, 1.0, id="in the middle: 1"),
        # ranks 1, 3 3 3, 5: a single patient at 1 is 1 of 5, though another is as far from the mean
        pytest.param([1, 2, 2, 2, 3], 1, 2 / 5, id="each tail is doubled by itself"),
        # ranks 2 2 2 4 5: sums of two 4 4 4 6 6 6 7 7 7 9
        pytest.param([7, 9, 1, 1, 1], 2, 2 / 10, id="never below twice one assignment"),
    ],
)
def test_p_by_hand(values, size, expected):
    scores = rank_scores(np.array(values))

    assert exact_p(scores, first(size, len(values))) == pytest.approx(expected, rel=1e-12)


def test_either_group_gives_the_same_p():
    scores = rank_scores(np.array(TIED))
    members = first(3, 10)

    assert exact_p(scores, members) == exact_p(scores, ~members)


def test_counts_stay_right_beyond_64_bits():
    values = np.arange(80.0)

    p = exact_p(rank_scores(values), first(40, 80))

    assert p == pytest.approx(smallest_p_of_sizes(40, 40), rel=1e-10)


@pytest.mark.parametrize("members", [[False] * 4, [True] * 4], ids=["nobody", "everybody"])
def test_an_empty_group_is_an_error(members):
    with pytest.raises(ValueError, match="both groups must hold somebody"):
        exact_p([1, 2, 3, 4], members)


def test_smallest_p_is_what_the_best_assignment_gives():
    scores = rank_scores(np.array(TIED))
    every = [np.isin(np.arange(10), chosen) for chosen in combinations(range(10), 3)]

    assert smallest_p(scores, 3) == pytest.approx(min(exact_p(scores, m) for m in every))
    assert smallest_p_of_sizes(3, 6) == pytest.approx(0.0238, abs=1e-4)


def counted(rng, members, per_event, mean):
    """A null marker as cytometry counts it, with the floors of 20 and 50 events.

    Returns log2 values or limits, and sides: concentrations are distributed alike in both groups,
    and `per_event`, what one event stands for, is what can differ.
    """
    concentration = np.exp(rng.normal(np.log(mean), 0.6, members.size))
    per_event = np.where(members, *per_event) * np.exp(rng.normal(0, 0.3, members.size))
    events = rng.poisson(concentration / per_event)
    limit = np.where(events < 20, 20, 50) * per_event
    side = np.where(events < 50, BELOW, OBSERVED)
    return np.log2(np.where(side == BELOW, limit, events * per_event)), side


@pytest.mark.parametrize("per_event", [(2.0, 0.66), (0.66, 2.0)], ids=["event", "others"])
@pytest.mark.parametrize(
    ("sizes", "mean", "share"),
    [
        pytest.param((10, 14), 60, (0.40, 0.58), id="10 v 14, half below a limit"),
        pytest.param((20, 30), 60, (0.40, 0.58), id="20 v 30, half below a limit"),
        pytest.param((20, 30), 120, (0.14, 0.28), id="20 v 30, a fifth below a limit"),
    ],
)
def test_size_is_kept_where_limits_are_three_times_as_high_in_one_group(
    sizes, mean, share, per_event
):
    rng = np.random.default_rng(11)
    cohorts, alpha, rejected, beyond = 500, 0.05, 0, 0.0
    members = first(sizes[0], sum(sizes))
    for _ in range(cohorts):
        values, side = counted(rng, members, per_event, mean)
        rejected += exact_p(rank_scores(values, side), members) <= alpha
        beyond += (side == BELOW).mean() / cohorts

    assert share[0] < beyond < share[1]
    assert rejected <= stats.binom.ppf(0.999, cohorts, alpha)


@pytest.mark.parametrize("limit", [None, -0.3], ids=["ties", "ties and limits"])
def test_size_is_kept_under_the_null(limit):
    rng = np.random.default_rng(11)
    cohorts, alpha = 1500, 0.05
    rejected = 0
    for _ in range(cohorts):
        values = np.round(rng.normal(size=16), 1)
        limits = np.round(-0.3 + rng.normal(size=16) / 2, 1)
        is_below = np.zeros(16, bool) if limit is None else values < limits
        scores = rank_scores(np.where(is_below, limits, values), np.where(is_below, BELOW, 0))
        rejected += exact_p(scores, first(5, 16)) <= alpha

    assert rejected <= stats.binom.ppf(0.999, cohorts, alpha)


@pytest.mark.parametrize(("size", "total"), [(4, 12), (5, 12), (3, 16)])
def test_estimate_is_the_median_difference(size, total):
    values = np.round(np.random.default_rng(total).normal(size=total), 1)
    members = first(size, total)
    differences = np.subtract.outer(values[members], values[~members])

    assert hodges_lehmann(values, members).estimate == pytest.approx(np.median(differences))


def test_interval_by_hand():
    # 3 v 4: U is 0 or 12 in 2 of 35 (p .057) so nothing is rejected at 95 %, and only these at 90 %
    values = np.array([10.0, 11, 12, 1, 2, 3, 5])
    wide = hodges_lehmann(values, first(3, 7), confidence=0.95)
    narrow = hodges_lehmann(values, first(3, 7), confidence=0.90)

    assert (wide.low, wide.high) == (-np.inf, np.inf)
    assert (narrow.low, narrow.high) == pytest.approx((10 - 5, 12 - 1))


def test_interval_without_ties_is_the_order_statistics_of_the_differences():
    values = np.random.default_rng(2).normal(size=20)
    members = first(8, 20)
    differences = np.sort(np.subtract.outer(values[members], values[~members]).ravel())
    # largest U rejected at 5 % two-sided for 8 v 12 is 22 (tables of the Mann-Whitney statistic)
    shift = hodges_lehmann(values, members)

    assert shift.low == pytest.approx(differences[22])
    assert shift.high == pytest.approx(differences[-23])


@pytest.mark.parametrize("seed", range(4))
def test_interval_with_ties_spans_every_shift_that_enumeration_keeps(seed):
    values = np.random.default_rng(seed).integers(0, 6, size=9)
    members = first(4, 9)
    # differences are whole numbers, so halves stand for the stretches between them
    tested = np.arange(-8, 8.5, 0.5)
    kept = [
        shift
        for shift in tested
        if enumerated_p(2 * stats.rankdata(values - shift * members), members) > 0.05
    ]
    interval = hodges_lehmann(values, members)

    assert interval.low == np.floor(kept[0])
    assert interval.high == np.ceil(kept[-1])


def test_interval_excludes_zero_exactly_where_the_test_rejects():
    rng = np.random.default_rng(8)
    members = first(6, 14)
    for _ in range(60):
        values = rng.normal(size=14) + 1.2 * members
        limits = rng.normal(-0.6 + 0.5 * members, 0.4)
        is_below = values < limits
        values, side = np.where(is_below, limits, values), np.where(is_below, BELOW, OBSERVED)
        shift = hodges_lehmann(values, members, side)
        rejects = exact_p(rank_scores(values, side), members) <= 0.05

        assert (not shift.low <= 0 <= shift.high) == rejects


def test_moving_a_group_moves_its_interval():
    values = np.round(np.random.default_rng(3).normal(size=14), 1)
    members = first(6, 14)
    here, moved = hodges_lehmann(values, members), hodges_lehmann(values + 2.5 * members, members)

    assert moved.low - here.low == pytest.approx(2.5)
    assert moved.high - here.high == pytest.approx(2.5)


def test_limits_can_take_an_end_away():
    # all of the group is below 1, so nothing bounds how much lower it is
    values = np.array([1.0, 1, 1, 1, 1, 4, 5, 6, 7, 8, 9])
    side = np.array([BELOW] * 5 + [OBSERVED] * 6)
    shift = hodges_lehmann(values, first(5, 11), side)

    assert np.isnan(shift.estimate)
    assert shift.low == -np.inf
    assert -np.inf < shift.high < 0


@pytest.mark.parametrize(
    ("sizes", "shift", "limit", "decimals"),
    [
        pytest.param((4, 12), 1.0, None, 6, id="4 v 12"),
        pytest.param((4, 12), 1.0, None, 0, id="4 v 12, heavily tied"),
        pytest.param((6, 10), 1.0, -0.5, 6, id="6 v 10, a third below the limit"),
        pytest.param((6, 10), -1.0, -0.5, 0, id="6 v 10, below the limit and tied"),
    ],
)
def test_interval_covers(sizes, shift, limit, decimals):
    rng = np.random.default_rng(17)
    cohorts, covered = 300, 0
    members = first(sizes[0], sum(sizes))
    for _ in range(cohorts):
        values = np.round(rng.normal(size=members.size), decimals) + shift * members
        is_below = np.zeros(members.size, bool) if limit is None else values < limit
        values = np.where(is_below, limit or 0.0, values)
        interval = hodges_lehmann(values, members, np.where(is_below, BELOW, OBSERVED))
        covered += interval.low <= shift + 1e-9 and shift - 1e-9 <= interval.high

    assert covered >= stats.binom.ppf(0.001, cohorts, 0.95)
