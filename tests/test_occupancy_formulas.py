"""Formulas of occupancy, against the worked numbers of the science reference and values by hand."""

import math

import numpy as np
import pytest

from correlates.assays.occupancy import formulas
from correlates.assays.occupancy.formulas import Signal


def occupancy(free, of):
    return formulas.occupancy_pct(formulas.free_fraction(Signal(free), of))


BEFORE = Signal(5200 - 400)
ELISA = {"before": Signal(9.5), "total_before": Signal(10.0), "total": Signal(5.0)}


def test_flow_without_total():
    assert occupancy(640 - 400, formulas.pre_dose(BEFORE)) == pytest.approx(95.0, abs=1e-9)


def test_flow_with_a_total_that_fell():
    of = formulas.adjusted(BEFORE, Signal(1.0), Signal(0.6))

    assert occupancy(640 - 400, of) == pytest.approx(91.7, abs=0.04)


def test_one_elisa_by_all_three_formulas():
    found = [
        occupancy(0.6, formulas.pre_dose(ELISA["before"])),
        occupancy(0.6, formulas.within(ELISA["total"])),
        occupancy(0.6, formulas.adjusted(**ELISA)),
    ]

    assert found == pytest.approx([93.7, 88.0, 87.4], abs=0.05)


def test_the_ceiling_is_the_occupancy_at_the_lloq():
    of = formulas.pre_dose(Signal(4800))

    assert formulas.ceiling_pct(150, of) == pytest.approx(96.9, abs=0.05)


def test_a_total_that_fell_lowers_the_ceiling():
    of = formulas.adjusted(Signal(4800), Signal(1.0), Signal(0.5))

    assert formulas.ceiling_pct(150, of) == pytest.approx(100 * (1 - 150 / 2400))


def test_donors_stand_in_for_the_ratio_before_treatment():
    assert occupancy(0.6, formulas.donors(0.95, Signal(5.0))) == pytest.approx(87.4, abs=0.05)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(-6.0, 0.0, id="below zero"),
        pytest.param(102.0, 100.0, id="above a hundred"),
        pytest.param(95.0, 95.0, id="between"),
    ],
)
def test_what_is_reported_is_clamped(value, expected):
    assert formulas.clamped_pct(value) == expected


def test_the_interval_of_a_free_fraction_is_that_of_simulated_quotients():
    rng = np.random.default_rng(3)
    free, before = Signal(240.0, 20.0), Signal(4800.0, 150.0)
    draws = rng.normal(free.value, free.se, 200_000) / rng.normal(before.value, before.se, 200_000)

    low, high = formulas.free_fraction_interval(free, formulas.pre_dose(before))

    ends = np.quantile(draws, [0.025, 0.975])
    assert [low, high] == pytest.approx(list(ends), abs=0.0006)


def test_no_error_gives_no_interval():
    assert formulas.free_fraction_interval(Signal(1.0), formulas.pre_dose(Signal(9.0))) is None


@pytest.mark.parametrize(
    ("sex", "expected"),
    [
        pytest.param("M", 6.25, id="one copy in men"),
        pytest.param("F", 12.5, id="one of two copies in women"),
        pytest.param(None, 12.5, id="the larger share where the sex is not known"),
    ],
)
def test_the_mutant_share_is_that_of_an_x_linked_gene(sex, expected):
    assert formulas.mutant_ccf_pct(0.05, 80.0, sex) == pytest.approx(expected)


def test_a_mutant_share_ends_at_a_hundred():
    assert formulas.mutant_ccf_pct(0.7, None, "F") == 100.0
    assert math.isfinite(formulas.mutant_ccf_pct(0.0, 50.0, "M"))
