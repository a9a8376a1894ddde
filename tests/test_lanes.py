"""What a number of patients permits."""

import numpy as np
import pytest

from correlates.analyses.lanes import approximate_power, auc_variance, patients_needed, permitted


@pytest.mark.parametrize(
    ("events", "non_events", "eff", "lanes"),
    [
        pytest.param(0, 23, 0, ["describe"], id="one class is described"),
        pytest.param(2, 21, 2, ["describe"], id="2 events are described"),
        pytest.param(3, 20, 3, ["describe", "exact_test"], id="3 events are tested"),
        pytest.param(20, 5, 5, ["describe", "exact_test"], id="the rarer class counts"),
        pytest.param(6, 18, 6, ["describe", "exact_test", "ridge", "screen"], id="6: ridge"),
        pytest.param(
            10,
            14,
            10,
            ["describe", "exact_test", "ridge", "screen", "two_parameters"],
            id="10: two parameters, no exploring yet",
        ),
        pytest.param(
            15,
            15,
            15,
            ["describe", "exact_test", "ridge", "screen", "two_parameters", "explore"],
            id="15: exploring",
        ),
    ],
)
def test_lanes(events, non_events, eff, lanes):
    permission = permitted(events, non_events)

    assert permission.eff == eff
    assert list(permission.lanes) == lanes


def test_from_20_the_parameters_are_a_tenth():
    assert "up to 3 parameters" in permitted(30, 34).sentence


def test_the_sentence_says_what_can_be_shown():
    assert permitted(3, 6).sentence == (
        "The rarer class holds 3, which permits exact tests of single pre-specified markers, and "
        "no claim about a model's performance. With 3 against 6 the smallest attainable two-sided "
        "p of a rank test is 0.024, and the power to see an AUC of 0.8 at 0.05 is about 25 %."
    )


@pytest.mark.parametrize(
    ("smallest_p", "level", "said"),
    [
        pytest.param(
            2 / 84,
            0.0125,
            "With 3 against 6 the smallest attainable two-sided p of a rank test is 0.024: above "
            "0.05 / 4, so there is no power at that level.",
            id="a family that cannot be passed",
        ),
        pytest.param(
            4 / 84,
            0.05,
            "With 3 against 6 and their ties the smallest attainable two-sided p of a rank test is "
            "0.0476, and the power to see an AUC of 0.8 at 0.05 / 4 is about 25 %, less for the "
            "ties.",
            id="ties take their part",
        ),
        pytest.param(
            0.67,
            0.05,
            "With 3 against 6 and their ties the smallest attainable two-sided p of a rank test is "
            "0.67: above 0.05 / 4, so there is no power at that level.",
            id="ties take it all",
        ),
    ],
)
def test_what_can_be_shown_is_that_of_the_ties_and_the_family(smallest_p, level, said):
    assert permitted(3, 6, smallest_p, level, "0.05 / 4").sentence.endswith(said)


@pytest.mark.parametrize(("size", "simulated"), [(6, 0.40), (10, 0.68)])
def test_power_is_near_the_simulated(size, simulated):
    assert approximate_power(size, size) == pytest.approx(simulated, abs=0.03)


def test_no_power_where_no_p_is_small_enough():
    assert approximate_power(2, 7) == 0


def test_auc_variance_is_that_of_exponential_scores():
    # AUC of exponential scores with rates 1 and 1/3 is 3 / 4
    rng = np.random.default_rng(1)
    events, others = rng.exponential(3, (4000, 7)), rng.exponential(1, (4000, 9))
    aucs = (events[:, :, None] > others[:, None, :]).mean(axis=(1, 2))

    assert np.mean(aucs) == pytest.approx(0.75, abs=0.01)
    assert auc_variance(0.75, 7, 9) == pytest.approx(np.var(aucs), rel=0.08)


@pytest.mark.parametrize(("parameters", "shrinkage"), [(1, 77), (3, 229)])
def test_patients_needed(parameters, shrinkage):
    assert patients_needed(parameters, prevalence=0.4) == (shrinkage, 369)
