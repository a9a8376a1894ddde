"""A threshold stands in the valley, and says so where there is none."""

import numpy as np
import pytest
from scipy.stats import norm

from correlates.flow.templates.density import (
    FEW_EVENTS,
    GRID,
    NO_EVENTS,
    NO_VALLEY,
    OUTSIDE_PRIOR,
    STEP,
    end_of_peak,
    find_valley,
    kernel_density,
    tail_of_peak,
)


def normal(mean, sd, count):
    """Events at the quantiles of a normal distribution: no chance in them."""
    return norm.ppf((np.arange(count) + 0.5) / count, mean, sd)


def test_density_is_that_of_a_gaussian_kernel():
    values = np.array([0.2, 0.25, 0.6])

    density = kernel_density(values, 0.05)

    expected = norm.pdf(GRID[:, None], values, 0.05).sum(axis=1) * STEP
    # the kernel ends at four deviations
    assert density == pytest.approx(expected, abs=4e-6)
    assert density.sum() == pytest.approx(3)


@pytest.mark.parametrize(
    ("left", "right", "expected", "tolerance"),
    [
        pytest.param((0.2, 0.04, 5000), (0.6, 0.04, 5000), 0.4, 0.005, id="equal: half way"),
        pytest.param((0.2, 0.04, 20000), (0.6, 0.04, 200), 0.43, 0.03, id="rare: between them"),
        pytest.param((0.3, 0.05, 3000), (0.5, 0.05, 3000), 0.4, 0.005, id="overlapping"),
        pytest.param((-0.5, 0.02, 500), (0.7, 0.05, 500), 0.25, 0.2, id="one below the scale"),
    ],
)
def test_the_cut_is_in_the_valley(left, right, expected, tolerance):
    values = np.concatenate([normal(*left), normal(*right)])

    cut = find_valley(values, 0.0, 0.9)

    assert cut.flag is None
    assert cut.value == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        pytest.param(0.0, 0.4, 0.25, id="the range of the first valley"),
        pytest.param(0.45, 0.9, 0.6, id="the range of the second"),
    ],
)
def test_the_prior_range_chooses_among_valleys(low, high, expected):
    values = np.concatenate([normal(mean, 0.03, 2000) for mean in (0.1, 0.4, 0.8)])

    assert find_valley(values, low, high).value == pytest.approx(expected, abs=0.01)


def test_a_valley_beyond_the_range_stops_at_its_end_and_says_so():
    values = np.concatenate([normal(0.2, 0.04, 5000), normal(0.6, 0.04, 5000)])

    cut = find_valley(values, 0.5, 0.58)

    assert cut.value == pytest.approx(0.5, abs=0.003)
    assert cut.flag == OUTSIDE_PRIOR


@pytest.mark.parametrize("seed", range(5))
def test_chance_makes_no_valley_in_one_population(seed):
    values = np.random.default_rng(seed).normal(0.3, 0.06, 3000)

    cut = find_valley(values, 0.1, 0.9)

    assert cut.flag == NO_VALLEY
    assert 0.3 + 3 * 0.06 < cut.value < 0.3 + 6 * 0.06


def test_a_shoulder_is_cut_where_it_takes_over():
    """A hundred events at 0.15 stand on the left flank of 20,000 at 0.4 and make no valley."""
    values = np.concatenate([normal(0.4, 0.05, 20000), normal(0.18, 0.05, 100)])

    cut = end_of_peak(values, 0.05, 0.35)

    # where 20,000 x N(0.4) equals 100 x N(0.18): (0.58 / 2) - ln(200) x 0.05^2 / 0.22
    assert cut == pytest.approx(0.29 - np.log(200) * 0.0025 / 0.22, abs=0.02)


@pytest.mark.parametrize(("side", "expected"), [(1, 0.46), (-1, 0.34)])
def test_a_tail_is_so_many_deviations_from_the_peak(side, expected):
    cut = tail_of_peak(normal(0.4, 0.03, 5000), 0.0, 1.0, side=side, sds=2)

    assert cut == pytest.approx(expected, abs=0.004)


@pytest.mark.parametrize(
    ("count", "flag"),
    [
        pytest.param(0, NO_EVENTS, id="no event: the middle"),
        pytest.param(49, FEW_EVENTS, id="below the floor: flagged"),
        pytest.param(50, NO_VALLEY, id="at the floor: looked at"),
    ],
)
def test_too_few_events_are_said_to_be_too_few(count, flag):
    cut = find_valley(normal(0.3, 0.02, count), 0.2, 0.8, min_events=50)

    assert cut.flag == flag
    assert count or cut.value == pytest.approx(0.5)


def test_the_order_of_events_does_not_matter():
    values = np.random.default_rng(1).uniform(0, 1, 500)

    assert find_valley(values, 0.1, 0.9) == find_valley(values[::-1], 0.1, 0.9)


SHAPES = {
    "normal": lambda rng, n: rng.normal(0.3, 0.05, n),
    "constant": lambda rng, n: np.full(n, rng.uniform(-1, 2)),
    "all saturated": lambda rng, n: np.full(n, 7.0),
    "all far below": lambda rng, n: np.full(n, -40.0),
    "beyond both ends": lambda rng, n: rng.uniform(-1, 2, n),
    "heavy tails": lambda rng, n: rng.standard_cauchy(n),
    "few distinct values": lambda rng, n: np.round(rng.normal(0.4, 0.1, n), 1),
    "two spikes": lambda rng, n: rng.choice([0.1, 0.9], n),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [0, 1, 2, 50, 3000])
def test_no_data_raises_or_leaves_the_range(shape, count):
    rng = np.random.default_rng(count)
    for _ in range(6):
        low, high = np.sort(rng.uniform(-0.5, 1.3, 2))
        values = SHAPES[shape](rng, count)

        for adjust in (0.05, 1.0, 30.0):
            assert low <= find_valley(values, low, high, adjust=adjust).value <= high
