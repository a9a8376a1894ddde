"""Levey-Jennings limits from few batches, and Westgard's rules, by hand and by simulation."""

import numpy as np
import pytest
from scipy import stats

from correlates.flow.controls.limits import chart_limits, rules_broken, verdict

NAN = float("nan")


def test_a_batch_is_judged_by_the_others_and_never_by_itself():
    with_outlier = chart_limits([10, 11, 9, 10, 40], "others", 3)

    last = with_outlier[-1]
    assert (last["n_others"], last["centre"]) == (4, 10)
    assert last["sd"] == pytest.approx(np.std([10, 11, 9, 10], ddof=1))
    assert last["score"] > 3


def test_previous_batches_alone_set_the_limits_if_that_is_wanted():
    judged = chart_limits([10, 11, 9, 10, 40], "previous", 3)

    assert [one["n_others"] for one in judged] == [0, 1, 2, 3, 4]
    assert [np.isnan(one["centre"]) for one in judged] == [True, True, False, False, False]
    assert judged[3]["centre"] == 10


@pytest.mark.parametrize("values", [[10], [10, 11]], ids=["one", "two"])
def test_fewer_than_three_batches_have_no_limits(values):
    judged = chart_limits(values, "others", 3)

    assert all(np.isnan(one["score"]) and np.isnan(one["high3"]) for one in judged)
    assert {verdict(one["score"], []) for one in judged} == {"no_limits"}


def test_limits_are_those_of_a_prediction_interval():
    judged = chart_limits([10, 11, 9, 10, 12], "others", 3)[-1]

    others = np.array([10, 11, 9, 10])
    two_sds = stats.norm.cdf(2)
    reach = stats.t.ppf(two_sds, 3) * others.std(ddof=1) * np.sqrt(1 + 1 / 4)
    assert (judged["low2"], judged["high2"]) == pytest.approx((10 - reach, 10 + reach))
    assert judged["low3"] < judged["low2"] < judged["high2"] < judged["high3"]


def test_a_value_at_a_limit_scores_as_many_sds():
    first = chart_limits([10, 11, 9, 10, 12], "others", 3)[-1]

    at_limit = chart_limits([10, 11, 9, 10, first["high2"]], "others", 3)[-1]
    below = chart_limits([10, 11, 9, 10, first["low3"]], "others", 3)[-1]

    assert (at_limit["score"], below["score"]) == pytest.approx((2, -3))


@pytest.mark.parametrize("batches", [3, 5, 12])
@pytest.mark.parametrize("limits_from", ["others", "previous"])
def test_a_stable_control_is_beyond_its_limits_as_rarely_as_it_should(batches, limits_from):
    rng = np.random.default_rng(batches)
    runs = 1500
    last = [
        chart_limits(rng.normal(50, 5, batches), limits_from, 3)[-1]["score"] for _ in range(runs)
    ]

    share = np.mean(np.abs(last) > 2)
    expected = 2 * stats.norm.sf(2)
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected / runs))


def test_a_missing_value_is_no_batch_of_the_limits():
    judged = chart_limits([10, NAN, 11, 9], "others", 3)

    assert [one["n_others"] for one in judged] == [2, 3, 2, 2]
    assert np.isnan(judged[1]["score"])


def test_a_batch_that_is_out_does_not_hide_the_next():
    judged = chart_limits([10, 11, 9, 10, 10.5, 9.5, 40, 18], "others", 3)

    far = [one["score"] > 3 for one in judged]
    assert far == [False] * 6 + [True, True]


def test_equal_values_score_zero_and_what_differs_from_them_is_out():
    judged = chart_limits([5, 5, 5, 6], "others", 3)

    assert judged[-1]["score"] == 8
    assert chart_limits([5, 5, 5], "others", 3)[0]["score"] == 0


def test_batches_that_agree_by_chance_set_no_narrower_limits_than_counting_does():
    judged = chart_limits([5, 5, 6], "others", 3, least_sd=2.0)[-1]

    assert judged["sd"] == 2.0
    assert 0 < judged["score"] < 1
    wide = chart_limits([4, 9, 6], "others", 3)[-1]
    assert chart_limits([4, 9, 6], "others", 3, least_sd=2.0)[-1] == wide


@pytest.mark.parametrize(
    ("scores", "rules", "said"),
    [
        pytest.param([1.9], [], "in", id="within 2 SD"),
        pytest.param([2.1], ["1_2s"], "warning", id="beyond 2 SD once"),
        pytest.param([-3.1], ["1_2s", "1_3s"], "out", id="beyond 3 SD"),
        pytest.param([2.1, 2.2], ["1_2s", "2_2s"], "out", id="twice on one side"),
        pytest.param([2.1, -2.2], ["1_2s", "R_4s"], "out", id="on one side, then on the other"),
        pytest.param([2.1, 0, 2.2], ["1_2s"], "warning", id="with one in between"),
        pytest.param([1.1, 1.2, 1.3, 1.4], ["4_1s"], "out", id="four on one side beyond 1 SD"),
        pytest.param([1.1, 1.2, -1.3, 1.4], [], "in", id="one of four on the other side"),
        pytest.param([0.1] * 10, ["10_x"], "out", id="ten on one side"),
        pytest.param([0.1] * 9, [], "in", id="nine on one side"),
        pytest.param([2.1, NAN, 2.2], ["1_2s"], "warning", id="a batch without a value between"),
        pytest.param([2.1, NAN], [], "no_limits", id="no score"),
    ],
)
def test_the_rules(scores, rules, said):
    broken = rules_broken(scores)[-1]

    assert broken == rules
    assert verdict(scores[-1], broken) == said
