"""What new protein leaves of occupancy until the next dose."""

import numpy as np
import pytest

from correlates.assays.occupancy.resynthesis import (
    expected_free_fraction,
    expected_occupancy,
    synthesis_rate,
)


def test_the_worked_case():
    """87.8 % at 24 h from 99 % at 4 h: the trough seen with an inhibitor given once a day."""
    assert expected_occupancy(0.01, 24, 0.144) == pytest.approx(87.8, abs=0.05)


def test_the_rate_of_the_median_daily_synthesis():
    rate = synthesis_rate(0.134)

    assert rate == pytest.approx(0.144, abs=0.0005)
    assert np.log(2) / rate == pytest.approx(4.8, abs=0.05)


def test_it_is_the_solution_of_its_differential_equation():
    """d ff / dt = k (1 - ff): protein is replaced at k, and what is made anew is free."""
    hours = np.linspace(4, 96, 2000)
    free = expected_free_fraction(0.2, hours, 0.144)

    slope = np.gradient(free, hours)

    assert slope[1:-1] == pytest.approx(0.144 / 24 * (1 - free[1:-1]), rel=1e-4)


def test_before_the_fourth_hour_nothing_was_made_anew():
    assert expected_free_fraction(0.05, [1, 4], 0.144).tolist() == [0.05, 0.05]


@pytest.mark.parametrize(("ff", "rate"), [(1.2, 0.144), (-0.1, 0.144), (0.1, -1)])
def test_what_cannot_be_is_refused(ff, rate):
    with pytest.raises(ValueError, match="free fraction"):
        expected_free_fraction(ff, 24, rate)
