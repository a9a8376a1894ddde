"""The sensitivity model against an independent fit, and where it is refused."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols

from correlates.analyses.occupancy.within_patient import Observation, fit_within


def draws(n, rng, dose=False, phases=(0, 1), effect=0.1, effect_sd=0.0):
    level, own = rng.normal(-1, 0.3, n), rng.normal(effect, effect_sd, n)
    return [
        Observation(
            f"P{one}",
            level[one] + own[one] * both + 0.02 * (hours - 24) + rng.normal(0, 0.05),
            bool(both),
            hours,
            rng.choice([280.0, 420.0]) if dose else np.nan,
        )
        for one in range(n)
        for both in phases
        for hours in [rng.uniform(20, 28)]
    ]


def statsmodels_fit(observations, formula):
    frame = pd.DataFrame(
        {
            "patient": [one.patient for one in observations],
            "y": [one.log10_ff for one in observations],
            "both": [float(one.is_combination) for one in observations],
            "hours": [one.hours for one in observations],
            "dose": [one.dose_mg for one in observations],
        }
    )
    return ols(formula, frame).fit()


@pytest.mark.parametrize(
    ("n", "dose", "formula"),
    [
        pytest.param(12, False, "y ~ both + hours + C(patient)", id="phase and hours"),
        pytest.param(30, True, "y ~ both + hours + dose + C(patient)", id="30 carry the dose too"),
        pytest.param(29, True, "y ~ both + hours + C(patient)", id="29 do not"),
    ],
)
def test_it_is_least_squares_with_a_term_for_each_patient(n, dose, formula):
    observations = draws(n, np.random.default_rng(n), dose)
    theirs = statsmodels_fit(observations, formula)

    ours = fit_within(observations, 0, 0, 0.90)

    low, high = theirs.conf_int(0.10).loc["both"]
    assert (ours.estimate, ours.low, ours.high) == pytest.approx((theirs.params["both"], low, high))
    assert ours.p == pytest.approx(theirs.pvalues["both"])
    assert ours.hours_effect == pytest.approx(theirs.params["hours"])
    assert ours.estimate == pytest.approx(0.1, abs=0.05)


def test_several_draws_of_a_phase_are_their_mean():
    observations = draws(14, np.random.default_rng(3), phases=(0, 1, 1, 1))
    frame = pd.DataFrame([(o.patient, o.is_combination, o.log10_ff, o.hours) for o in observations])
    means = frame.groupby([0, 1]).mean().unstack()
    differences = pd.DataFrame(
        {"y": means[2][True] - means[2][False], "hours": means[3][True] - means[3][False]}
    )
    theirs = ols("y ~ hours", differences).fit()

    ours = fit_within(observations, 0, 0, 0.90)

    low, high = theirs.conf_int(0.10).loc["Intercept"]
    assert (ours.estimate, ours.low, ours.high) == pytest.approx(
        (theirs.params["Intercept"], low, high)
    )
    assert (ours.n_patients, ours.n_draws) == (14, 56)


def test_draws_of_one_patient_are_no_patients():
    """The effect differs between patients and is none in the mean; three draws show each."""
    rng = np.random.default_rng(5)
    found = [
        fit_within(draws(12, rng, phases=(0, 1, 1, 1), effect=0, effect_sd=0.05), 0, 0, 0.90)
        for _ in range(300)
    ]

    assert np.mean([one.p <= 0.05 for one in found]) < 0.075
    assert np.mean([one.low <= 0 <= one.high for one in found]) > 0.86


@pytest.mark.parametrize(
    ("n", "n_censored", "words"),
    [
        pytest.param(9, 0, "9 patients with hours at both times, it needs 10", id="too few"),
        pytest.param(12, 1, "1 draw has a bound in place of a value", id="a value above a ceiling"),
    ],
)
def test_it_is_refused_where_it_would_not_be_honest(n, n_censored, words):
    found = fit_within(draws(n, np.random.default_rng(1)), n_censored, 0, 0.90)

    assert words in found.refusal
    assert np.isnan(found.estimate)


def test_phases_that_hours_tell_apart_are_no_fit():
    observations = [
        Observation(f"P{one}", -1.0 + 0.1 * one, both, 28.0 if both else 20.0)
        for one in range(12)
        for both in (False, True)
    ]

    assert "cannot be told apart" in fit_within(observations, 0, 0, 0.90).refusal
