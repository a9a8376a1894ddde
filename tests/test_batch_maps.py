"""Confounding of batches, and maps between them: by hand, against scipy, and by simulated truth."""

import numpy as np
import pytest
from scipy import stats

from correlates.flow.batches.confounding import aliasing, score_confounding
from correlates.flow.batches.quantile_maps import quantile_map
from correlates.flow.quantiles import PROBABILITIES

RUN = {"permutations": 499, "seed": 1}


@pytest.mark.parametrize(
    ("batches", "visits", "expected"),
    [
        pytest.param("aabb", "1212", "none", id="crossed"),
        pytest.param("aabb", "1122", "wholly", id="a batch a visit"),
        pytest.param("aabbcc", "121222", "none", id="a batch of one visit beside crossed ones"),
        pytest.param("aabbccdd", "12123434", "partly", id="two crossed blocks apart"),
        pytest.param("aabbc", "12123", "partly", id="one visit in a batch of its own"),
        pytest.param("aaaa", "1212", "none", id="one batch"),
        pytest.param("abab", "1111", "none", id="one visit"),
        pytest.param("abcd", "1122", "wholly", id="a batch a draw"),
    ],
)
def test_what_cannot_be_told_apart_is_seen_from_the_rank(batches, visits, expected):
    assert aliasing(list(batches), list(visits)) == expected


def test_the_score_of_batch_and_visit_that_are_one_is_one():
    score = score_confounding(list("aaaabbbb"), list("11112222"), **RUN)

    assert score.cramers_v == pytest.approx(1)
    assert score.aliased == "wholly"
    # 2 of the 70 ways to divide eight units are as extreme
    assert score.p == pytest.approx(2 / 70, abs=0.03)


def test_cramers_v_is_that_of_the_formula_with_scipys_chi_square():
    rng = np.random.default_rng(2)
    batches, levels = rng.integers(0, 4, 60), rng.integers(0, 3, 60)
    levels[:30] = batches[:30] % 3

    score = score_confounding(batches, levels, **RUN)

    table = stats.contingency.crosstab(batches, levels).count
    chi2 = stats.chi2_contingency(table, correction=False).statistic
    phi2 = chi2 / 60 - 3 * 2 / 59
    smaller = min(4 - 9 / 59, 3 - 4 / 59) - 1
    assert score.cramers_v == pytest.approx(np.sqrt(phi2 / smaller))
    assert score.p < 0.05


def test_batches_at_random_are_not_called_confounded():
    rng = np.random.default_rng(3)

    scores = [
        score_confounding(rng.integers(0, 5, 40), rng.integers(0, 4, 40), permutations=99, seed=1)
        for _ in range(200)
    ]

    assert np.mean([score.p <= 0.05 for score in scores]) == pytest.approx(0.05, abs=0.045)
    assert np.median([score.cramers_v for score in scores]) < 0.1


@pytest.mark.parametrize("levels", ["1111", ""], ids=["one level", "no unit"])
def test_without_two_levels_there_is_no_score(levels):
    score = score_confounding(list("abab"[: len(levels)]), list(levels), **RUN)

    assert np.isnan(score.cramers_v)
    assert score.aliased == "none"


def quantiles(values):
    return np.quantile(values, PROBABILITIES)


def events(rng, shift=1.0, size=20_001):
    """Two peaks as of a marker, on the linear scale; ``shift`` is the gain of the batch."""
    low, high = rng.normal(50, 60, size // 2), rng.lognormal(8.5, 0.4, size - size // 2)
    return np.concatenate([low, high]) * shift


def test_a_planted_gain_is_removed():
    rng = np.random.default_rng(4)
    control, other = events(rng), events(rng, 1.4)
    to_goal = quantile_map(quantiles(other), quantiles(control), 150)

    sample = rng.lognormal(8.5, 0.4, 5001)

    mapped = np.median(to_goal(sample * 1.4))
    assert mapped == pytest.approx(np.median(sample), rel=0.02)
    assert np.median(sample * 1.4) == pytest.approx(1.4 * np.median(sample))


def test_the_median_of_mapped_events_is_the_mapped_median():
    rng = np.random.default_rng(5)
    to_goal = quantile_map(quantiles(events(rng, 1.3)), quantiles(events(rng)), 150)

    for size in (1, 101, 5001):
        sample = events(rng, 1.3, size)
        assert np.median(to_goal(sample)) == to_goal(np.median(sample))


def test_of_an_even_number_the_median_lies_between_the_mapped_middle_ones():
    rng = np.random.default_rng(6)
    to_goal = quantile_map(quantiles(events(rng, 1.3)), quantiles(events(rng)), 150)
    sample = np.sort(events(rng, 1.3, 1000))

    low, high = to_goal(sample[499:501])

    assert low <= np.median(to_goal(sample)) <= high
    assert low <= to_goal(np.median(sample)) <= high


def test_no_map_inverts_an_order_and_no_gate_loses_an_event():
    rng = np.random.default_rng(7)
    to_goal = quantile_map(quantiles(events(rng, 0.7)), quantiles(events(rng)), 150)
    sample = events(rng, 2.0)

    mapped = to_goal(sample)

    assert (np.diff(mapped[np.argsort(sample)]) >= 0).all()
    cut = 900.0
    assert np.array_equal(mapped > to_goal(cut), sample > cut)


def test_beyond_the_outermost_quantiles_the_shift_is_constant():
    to_goal = quantile_map([100, 1000, 10_000], [120, 1300, 14_000], 150)

    def shift(value):
        return np.arcsinh(to_goal(value) / 150) - np.arcsinh(value / 150)

    highest = np.arcsinh(14_000 / 150) - np.arcsinh(10_000 / 150)
    lowest = np.arcsinh(120 / 150) - np.arcsinh(100 / 150)
    assert shift(np.array([20_000, 200_000])) == pytest.approx([highest] * 2)
    assert shift(np.array([-5000, 0])) == pytest.approx([lowest] * 2)
    assert to_goal(1000) == pytest.approx(1300)


def test_equal_controls_change_nothing():
    to_goal = quantile_map([10, 100, 1000], [10, 100, 1000], 150)

    values = np.array([-50, 0, 30, 500, 1e5])
    assert to_goal(values) == pytest.approx(values)


def test_equal_quantiles_become_one_point():
    to_goal = quantile_map([0, 0, 0, 100], [0, 2, 4, 100], 1.0)

    assert to_goal(0) == pytest.approx(np.sinh(np.arcsinh([0, 2, 4]).mean()))
    assert to_goal(100) == pytest.approx(100)


@pytest.mark.parametrize(
    ("source", "goal", "said"),
    [
        ([3, 2, 1], [1, 2, 3], "not ascending"),
        ([1, float("nan")], [1, 2], "not ascending"),
        ([1, 2], [1, 2, 3], "2 quantiles of one control, 3 of the other"),
    ],
)
def test_what_are_no_quantiles_is_a_bug(source, goal, said):
    with pytest.raises(ValueError, match=said):
        quantile_map(source, goal, 150)


def test_draws_of_one_patient_do_not_make_a_chance_difference_certain():
    rng = np.random.default_rng(1)
    patients, found = np.repeat(np.arange(12), 6), []
    for seed in range(120):
        batch, specimen = rng.integers(0, 3, 12)[patients], rng.integers(0, 2, 12)[patients]
        found.append(score_confounding(batch, specimen, 99, seed, owners=patients))

    assert np.mean([one.p <= 0.1 for one in found]) < 0.2
    assert np.mean([one.cramers_v > 0.5 for one in found]) < 0.12
    assert {one.n for one in found} == {12}
