"""Scales, singlet bands and tails from one file's events."""

import numpy as np
import pytest
from flowutils import gating

from correlates.flow.gating import transforms
from correlates.flow.templates.density import FEW_EVENTS, GRID, NO_EVENTS, NO_SPREAD
from correlates.flow.templates.methods import (
    Settings,
    on_scale,
    prior_on_scale,
    singlet_band,
    tail_cut,
    thinned,
    valley_cut,
)
from correlates.flow.templates.scales import ScaleSettings, choose_scale, linear_scale


def logicle_for(values, top, width="auto", decades=4.5):
    return choose_scale(values, top, ScaleSettings(w=width, m=decades)).transform


SCALE = logicle_for(np.zeros(0), 262144)
SETTINGS = Settings()


@pytest.mark.parametrize(
    ("values", "width"),
    [
        pytest.param([5.0] * 100, 0.5, id="nothing below zero"),
        # (4.5 - log10(262144 / 100)) / 2
        pytest.param([-100.0] * 50 + [10.0] * 50, 0.541, id="a hundred below zero"),
        pytest.param([-1000.0] * 50 + [10.0] * 50, 1.041, id="a thousand below zero"),
        pytest.param([-1e6] * 50 + [10.0] * 50, 1.6, id="never wider than 1.6"),
        pytest.param([-1000.0] + [10.0] * 99, 0.5, id="one stray in a hundred"),
        pytest.param([], 0.5, id="no events"),
    ],
)
def test_width_follows_the_negative_values(values, width):
    scale = logicle_for(np.array(values), 262144)

    assert scale.parameters == {"t": 262144.0, "w": width, "m": 4.5, "a": 0.0}


@pytest.mark.parametrize("top", [None, 0, np.nan, np.inf])
def test_a_channel_without_a_range_has_the_usual_one(top):
    assert logicle_for(np.zeros(0), top).parameters["t"] == 262144.0
    assert linear_scale(top).parameters["t"] == 262144.0


def test_a_given_width_is_kept_within_half_of_the_decades():
    assert logicle_for(np.array([-1e5]), 262144, 0.25).parameters["w"] == 0.25
    assert logicle_for(np.array([-1e5]), 262144, 9, 4.0).parameters["w"] == 2.0


def test_values_on_scale_are_those_of_the_transform_within_the_grid():
    values = np.array([-200.0, 0.0, 30.0, 1e3, 1e5, 1e9])

    scaled = on_scale(values, SCALE, SETTINGS)

    expected = np.clip(transforms.apply(SCALE, values), GRID[0], GRID[-1])
    assert scaled == pytest.approx(expected, abs=1e-4)


def test_events_are_thinned_evenly():
    assert list(thinned(np.arange(10), Settings(max_density_events=4))) == [0, 3, 6, 9]
    assert len(thinned(np.arange(10), Settings(max_density_events=10))) == 10


@pytest.mark.parametrize(
    ("prior", "ends"),
    [
        pytest.param(None, (GRID[0], GRID[-1]), id="no prior: the whole grid"),
        pytest.param((-np.inf, np.inf), (GRID[0], GRID[-1]), id="an infinite prior"),
        pytest.param((0.0, 262144.0), (0.5 / 4.5, 1.0), id="zero and the top"),
    ],
)
def test_a_prior_is_put_on_the_scale(prior, ends):
    assert prior_on_scale(prior, SCALE) == pytest.approx(ends, abs=1e-6)


def test_a_valley_is_found_between_linear_numbers():
    rng = np.random.default_rng(3)
    values = np.concatenate([10 ** rng.normal(2, 0.1, 3000), 10 ** rng.normal(4, 0.1, 3000)])

    cut = valley_cut(values, SCALE, (200.0, 8000.0), {}, SETTINGS)
    threshold = transforms.inverse(SCALE, np.array([cut.value]))[0]

    assert cut.flag is None
    assert 10**2.3 < threshold < 10**3.7


def test_events_outside_min_and_max_are_not_looked_at():
    values = np.concatenate([np.full(500, 10.0), np.full(500, 1e3), np.full(500, 1e5)])

    both = valley_cut(values, SCALE, (20.0, 8e4), {"max": 2e3}, SETTINGS)
    upper = valley_cut(values, SCALE, (20.0, 8e4), {"min": 5e2}, SETTINGS)

    assert transforms.inverse(SCALE, np.array([both.value]))[0] < 1e3
    assert transforms.inverse(SCALE, np.array([upper.value]))[0] > 1e3


@pytest.mark.parametrize(("count", "flag"), [(0, NO_EVENTS), (49, FEW_EVENTS), (50, None)])
def test_a_tail_of_few_events_is_flagged(count, flag):
    values = np.linspace(900, 1100, count)

    cut = tail_cut(values, SCALE, (100.0, 1e4), {"side": "left"}, SETTINGS)

    assert cut.flag == flag


def test_events_of_one_value_have_no_tail():
    assert tail_cut(np.full(500, 1e3), SCALE, (100.0, 1e4), {}, SETTINGS).flag == NO_SPREAD


def singles(count, rng, ratio=0.8):
    area = rng.uniform(30000, 120000, count)
    return area, ratio * area * (1 + 0.03 * rng.standard_normal(count))


def held(corners, area, height):
    return gating.points_in_polygon(np.array(corners), np.column_stack([area, height]))


@pytest.mark.parametrize(
    "share", [pytest.param(0.02, id="few doublets"), pytest.param(0.35, id="a third doublets")]
)
def test_the_band_holds_singles_and_no_doublets(share):
    rng = np.random.default_rng(5)
    area, height = singles(4000, rng)
    twice, once = singles(int(4000 * share), rng)

    corners, flag = singlet_band(
        np.concatenate([area, 2 * twice]), np.concatenate([height, once]), 262144, {}, SETTINGS
    )

    assert flag is None
    assert held(corners, area, height).mean() > 0.998
    assert held(corners, 2 * twice, once).mean() < 0.002


def test_a_narrower_level_and_a_wider_gate_change_the_band():
    area, height = singles(4000, np.random.default_rng(6))

    def kept(**arguments):
        corners, _ = singlet_band(area, height, 262144, arguments, SETTINGS)
        return held(corners, area, height).mean()

    narrow = kept(prediction_level=0.5)

    assert narrow < 0.9 < kept(prediction_level=0.95)
    assert narrow < kept(prediction_level=0.5, wider_gate=True)


def test_the_line_need_not_pass_through_zero():
    area, height = singles(4000, np.random.default_rng(7))

    corners, _ = singlet_band(area, height + 20000, 262144, {}, SETTINGS)

    assert held(corners, area, height + 20000).mean() > 0.998


@pytest.mark.parametrize(
    ("area", "height"),
    [
        pytest.param([], [], id="no event"),
        pytest.param([5e4], [4e4], id="one event"),
        pytest.param([262144.0] * 100, [262144.0] * 100, id="all saturated"),
        pytest.param([-5.0] * 100, [3.0] * 100, id="all negative"),
        pytest.param([5e4] * 100, [0.0] * 100, id="no height"),
    ],
)
def test_hopeless_scatter_gives_a_flagged_band_and_no_error(area, height):
    corners, flag = singlet_band(np.array(area), np.array(height), 262144, {}, SETTINGS)

    assert flag == FEW_EVENTS
    assert np.isfinite(corners).all()
