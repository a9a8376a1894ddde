"""The paired test: exact, inverted, and true for everything that censored values could be."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import permutation_test

from correlates.analyses.sign_flip import (
    MOST_COUNTED,
    paired_shift,
    share_as_high,
    smallest_p_of_pairs,
)

FIVE = np.array([1.0, 2.0, 3.0, 4.0, 5.0])


def enumerated_p(differences):
    """Two-sided p by writing out every sign pattern, in whole numbers."""
    whole = [round(float(one) * 1000) for one in differences]
    sums = [
        sum(s * d for s, d in zip(signs, whole, strict=True))
        for signs in product((1, -1), repeat=len(whole))
    ]
    seen = sum(whole)
    above, below = sum(one >= seen for one in sums), sum(one <= seen for one in sums)
    return min(1.0, 2 * min(above, below) / len(sums))


def test_five_pairs_in_one_direction_reach_no_less_than_a_sixteenth():
    shift = paired_shift(FIVE, confidence=0.95)

    assert shift.p == shift.smallest_p == smallest_p_of_pairs(5) == 0.0625
    assert (shift.low, shift.high) == (-np.inf, np.inf)


def test_the_interval_of_five_pairs_at_90_percent_is_their_range():
    """Two of 32 patterns lie beyond it: 93.75 %, which is the least that covers 90 %."""
    shift = paired_shift(FIVE, confidence=0.90)

    assert (shift.low, shift.high) == pytest.approx((1, 5))
    assert shift.mean_low == shift.mean_high == 3


def test_four_pairs_have_no_90_percent_interval():
    assert not paired_shift(FIVE[:4], confidence=0.90).is_bounded


@pytest.mark.parametrize(
    "differences",
    [
        pytest.param([1.5, -0.5, 2.0, 3.0, 0.25, 1.0], id="no ties"),
        pytest.param([1.0, 1.0, -1.0, 2.0, 2.0, 0.0], id="ties and a zero"),
        pytest.param([0.1, 0.2, -0.3, 0.4, 0.5], id="sums that only floats tell apart"),
        pytest.param([0.0, 0.0, 0.0], id="nothing but zeros"),
        pytest.param([-3.0], id="one pair"),
    ],
)
def test_p_is_that_of_all_patterns_written_out(differences):
    assert paired_shift(np.array(differences)).p == enumerated_p(differences)


def test_p_agrees_with_scipy():
    rng = np.random.default_rng(3)
    pairs = rng.normal(0.6, 1, (2, 9))

    ours = paired_shift(pairs[1] - pairs[0]).p
    theirs = permutation_test(
        (pairs[1] - pairs[0],), np.mean, permutation_type="samples", n_resamples=np.inf
    )

    assert ours == pytest.approx(theirs.pvalue, abs=1e-12)


def test_the_ends_are_where_the_test_begins_to_reject():
    differences = np.random.default_rng(5).normal(1, 2, 9)

    shift = paired_shift(differences, confidence=0.90)

    for end, inward in ((shift.low, 1e-6), (shift.high, -1e-6)):
        assert enumerated_shares(differences - (end + inward)) > 0.10
        assert enumerated_shares(differences - (end - inward)) <= 0.10


def enumerated_shares(differences):
    signs = np.array(list(product((1, -1), repeat=differences.size)))
    sums, seen = signs @ differences, differences.sum()
    return 2 * min((sums >= seen - 1e-12).mean(), (sums <= seen + 1e-12).mean())


def test_the_ends_are_means_of_subsets():
    """Hartigan's typical values: for 7 pairs at 90 % the 6th and the 122nd of 127."""
    differences = np.random.default_rng(6).normal(0, 1, 7)
    chosen = np.array(list(product((0, 1), repeat=7)))[1:]
    means = np.sort((chosen @ differences) / chosen.sum(axis=1))

    shift = paired_shift(differences, confidence=0.90)

    assert (shift.low, shift.high) == pytest.approx((means[5], means[127 - 6]), abs=1e-7)


def test_bounds_hold_for_every_completion_of_censored_differences():
    rng = np.random.default_rng(7)
    low = rng.normal(1, 1, 7)
    high = low + np.where(np.arange(7) < 3, 2.0, 0.0)
    bounds = paired_shift(low, high)

    for _ in range(60):
        one = paired_shift(rng.uniform(low, high))
        assert bounds.p_least <= one.p <= bounds.p
        assert bounds.low - 1e-8 <= one.low <= one.high <= bounds.high + 1e-8
    assert paired_shift(low).low == bounds.low
    assert paired_shift(high).high == bounds.high


def test_a_difference_without_a_lower_end_takes_that_end_from_a_small_cohort():
    low = np.array([-np.inf, 1, 2, 3, 4, 5, 6, 7])
    high = np.array([2.0, 1, 2, 3, 4, 5, 6, 7])

    shift = paired_shift(low, high)

    assert shift.low == -np.inf
    assert np.isfinite(shift.high)
    assert shift.p == 1.0


def test_a_difference_without_an_upper_end_may_be_the_largest_of_all():
    """The smallest p is that of the same pairs with a very large difference in its place."""
    low = np.array([1.0, 1.2, 0.8, 1.1, -0.5, 0.9])
    high = low.copy()
    high[-1] = np.inf

    far = np.append(low[:-1], 1e6)
    assert paired_shift(low, high).p_least == pytest.approx(enumerated_p(far))


def test_above_the_counted_sizes_the_approximation_is_close():
    rng = np.random.default_rng(8)
    differences = rng.normal(0.35, 1, MOST_COUNTED + 1)
    draws = rng.choice((1, -1), (200_000, differences.size)) @ differences

    assert share_as_high(differences) == pytest.approx(
        (draws >= differences.sum()).mean(), abs=0.01
    )


@pytest.mark.parametrize(
    ("low", "high"),
    [([], None), ([1.0], [0.5]), ([float("nan")], None), ([1.0, 2.0], [3.0])],
    ids=["no pair", "ends exchanged", "not a number", "another length"],
)
def test_what_is_no_set_of_pairs_is_refused(low, high):
    with pytest.raises(ValueError, match="at least one pair"):
        paired_shift(np.array(low), None if high is None else np.array(high))
