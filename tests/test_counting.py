"""Intervals of counts, against scipy's quantiles and the worked numbers of the reference."""

import numpy as np
import pytest
from scipy import stats

from correlates.flow.counts.counting import (
    limit_events,
    status_by_count,
    wilson,
)
from correlates.intervals import clopper_pearson, garwood


@pytest.mark.parametrize(
    ("events", "low", "high"),
    [
        pytest.param(50, 37.11, 65.92, id="the worked vector of fifty events"),
        pytest.param(0, 0.0, 3.69, id="none counted is zero to 3.69"),
        pytest.param(20, 12.22, 30.89, id="twenty events, the limit of detection"),
    ],
)
def test_garwood(events, low, high):
    assert garwood(events) == pytest.approx((low, high), abs=0.005)


def test_garwood_is_the_chi_square_quantile_for_every_count():
    n = np.arange(1, 2000)

    low, high = garwood(n, confidence=0.9)

    np.testing.assert_allclose(low, stats.chi2.ppf(0.05, 2 * n) / 2, rtol=1e-10)
    np.testing.assert_allclose(high, stats.chi2.ppf(0.95, 2 * n + 2) / 2, rtol=1e-10)


@pytest.mark.parametrize(
    ("interval", "method"),
    [(clopper_pearson, "exact"), (wilson, "wilson")],
    ids=["exact", "wilson"],
)
@pytest.mark.parametrize(
    ("events", "parent"),
    [
        pytest.param(0, 500, id="an empty gate begins at zero"),
        pytest.param(500, 500, id="a full gate ends at one"),
        pytest.param(7, 500, id="a rare population"),
        pytest.param(120_000, 200_000, id="a large population"),
    ],
)
def test_a_share_has_the_interval_that_scipy_gives(interval, method, events, parent):
    expected = stats.binomtest(events, parent).proportion_ci(method=method)

    low, high = interval(events, parent)

    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-10)


@pytest.mark.parametrize("interval", [clopper_pearson, wilson])
def test_a_share_of_nothing_has_no_interval(interval):
    low, high = interval([0, 1], [0, 2])

    assert np.isnan([low[0], high[0]]).all()
    assert np.isfinite([low[1], high[1]]).all()


@pytest.mark.parametrize("interval", [clopper_pearson, wilson])
def test_a_population_larger_than_its_parent_is_an_error(interval):
    with pytest.raises(ValueError, match=r"exceed its parent: \[\(6\.0, 5\.0\)\]"):
        interval([1, 6], [5, 5])


def test_a_negative_count_is_an_error():
    with pytest.raises(ValueError, match="negative"):
        garwood([3, -1])


@pytest.mark.parametrize(
    ("events", "status", "limit"),
    [
        pytest.param(50, "ok", 50, id="fifty events are quantified"),
        pytest.param(49, "lt_lloq", 50, id="one fewer is censored at the LLOQ"),
        pytest.param(20, "lt_lloq", 50, id="twenty are detected"),
        pytest.param(19, "nd", 20, id="one fewer is not, and censored at the LOD"),
        pytest.param(0, "nd", 20, id="an empty gate is not detected"),
    ],
)
def test_status_and_limit_follow_the_target_count(events, status, limit):
    assert status_by_count(events, 20, 50) == status
    assert limit_events(events, 20, 50) == limit
