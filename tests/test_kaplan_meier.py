"""Median times against published values, a calculation by hand and a plain implementation."""

import math

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from correlates.clinical.survival.kaplan_meier import median_follow_up, median_time

# Remission of acute leukemia, Freireich et al., Blood 1963;21:699.
MERCAPTOPURINE = (
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
PLACEBO = ([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [1] * 21)


def plain_median(days, events, z=1.959963984540054):
    """Kaplan-Meier with log-log limits by loops, from the textbook formula."""
    share, variance = 1.0, 0.0
    found = {"median": None, "low": None, "high": math.inf}
    for day in sorted({d for d, e in zip(days, events, strict=True) if e}):
        at_risk = sum(d >= day for d in days)
        died = sum(d == day and e for d, e in zip(days, events, strict=True))
        share *= (at_risk - died) / at_risk
        if at_risk > died:
            variance += died / (at_risk * (at_risk - died))
            width = z * math.sqrt(variance) / abs(math.log(share))
            low, high = share ** math.exp(width), share ** math.exp(-width)
        else:
            low = 0.0
            high = 1.0 if variance == 0 else high
        if share <= 0.5 + 1e-9 and found["median"] is None:
            found["median"] = day
        if low <= 0.5 and found["low"] is None:
            found["low"] = day
        if high <= 0.5 and math.isinf(found["high"]):
            found["high"] = day
    return found


@pytest.mark.parametrize(
    ("cohort", "median", "low", "high"),
    [
        pytest.param(MERCAPTOPURINE, 23, 13, math.inf, id="mercaptopurine: no upper limit"),
        pytest.param(PLACEBO, 8, 4, 11, id="placebo: nobody censored"),
    ],
)
def test_published_medians(cohort, median, low, high):
    found = median_time(*cohort, 0.95)

    assert (found.median, found.low, found.high) == (median, low, high)


@pytest.mark.parametrize(
    ("days", "events", "median"),
    [
        pytest.param([1, 2, 3, 4], [1, 1, 1, 1], 2, id="down to one half on day 2"),
        pytest.param([2, 4, 6], [1, 0, 1], 6, id="two thirds until nobody is left"),
        pytest.param([5, 6, 7], [1, 0, 0], None, id="never down to one half"),
        pytest.param([5, 6, 7], [0, 0, 0], None, id="no event"),
        pytest.param([5], [1], 5, id="one patient with an event"),
        pytest.param([0, 0, 3], [0, 0, 1], 3, id="censored on the first day"),
        pytest.param([0, 3], [1, 1], 0, id="an event on the first day"),
        pytest.param([], [], None, id="nobody"),
    ],
)
def test_a_median_by_hand(days, events, median):
    assert median_time(days, events, 0.95).median == median


def test_an_interval_holds_its_median_and_equals_a_plain_calculation():
    rng = np.random.default_rng(4)
    for _ in range(200):
        n = int(rng.integers(1, 40))
        days = rng.integers(0, 60, n).astype(float)
        events = rng.random(n) < rng.random()

        found, expected = (
            median_time(days, events, 0.95),
            plain_median(days.tolist(), events.tolist()),
        )

        assert {name: getattr(found, name) for name in expected} == expected
        if found.median is not None:
            assert found.low <= found.median <= found.high


def test_the_curve_at_every_time_is_that_of_a_plain_product():
    days, events = map(np.array, MERCAPTOPURINE)
    curve = SurvfuncRight(days, events)

    share = 1.0
    for at, found in zip(curve.surv_times, curve.surv_prob, strict=True):
        share *= 1 - ((days == at) & (events == 1)).sum() / (days >= at).sum()
        assert found == pytest.approx(share)


def test_follow_up_is_not_shortened_by_early_deaths():
    """Of four patients followed for 100 days or more, two died within 20: follow-up stays long."""
    days, died = [10, 20, 100, 120], [1, 1, 0, 0]

    assert median_follow_up(days, died, 0.95).median == 100
    assert median_time(days, [True] * 4, 0.95).median == 20


def test_the_interval_of_a_median_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(8)
    truth, covered, runs = math.log(2) * 100, 0, 400
    for _ in range(runs):
        event, censored = rng.exponential(100, 30), rng.exponential(250, 30)
        found = median_time(np.minimum(event, censored), event <= censored, 0.95)
        covered += (found.low or 0) <= truth <= found.high

    assert 0.92 <= covered / runs <= 0.99
