"""The intraclass correlation, against published values and an analysis of variance of its own."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from correlates.flow.counts.agreement import absolute_agreement

# Shrout and Fleiss, Psychol Bull 1979;86:420, table 2: six targets, four judges.
PUBLISHED = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)


def test_the_published_example():
    """Table 4 gives ICC(2,1) = .29; the interval is as R's psych prints it for these data."""
    found = absolute_agreement(PUBLISHED)

    assert found.icc == pytest.approx(0.2898, abs=5e-5)
    assert (found.ci_low, found.ci_high) == pytest.approx((0.0188, 0.7611), abs=5e-5)
    assert found.n == 6


def by_anova(ratings):
    """Return ICC(2,1) from a linear model's analysis of variance."""
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    n, k = ratings.shape
    long = pd.DataFrame(
        {
            "value": ratings.ravel(),
            "file": np.repeat(np.arange(n), k),
            "gating": np.tile(np.arange(k), n),
        }
    )
    table = anova_lm(ols("value ~ C(file) + C(gating)", long).fit())["mean_sq"]
    rows, columns, rest = table["C(file)"], table["C(gating)"], table["Residual"]
    return (rows - rest) / (rows + (k - 1) * rest + k * (columns - rest) / n)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_an_analysis_of_variance(seed):
    rng = np.random.default_rng(seed)
    ratings = rng.normal(20, 5, (9, 1)) + rng.normal(0, 2, (9, 2)) + [0, 1.5]

    assert absolute_agreement(ratings).icc == pytest.approx(by_anova(ratings), rel=1e-9)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Files vary by 3, gatings by 1, the rest by 1: the truth is 9 / (9 + 1 + 1)."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        ratings = rng.normal(0, 3, (30, 1)) + rng.normal(0, 1, (1, 6)) + rng.normal(0, 1, (30, 6))
        found = absolute_agreement(ratings)
        held += found.ci_low <= 9 / 11 <= found.ci_high

    # of 400 at 95 %: all but one in ten thousand such simulations lie in here
    assert stats.binom(400, 0.95).ppf(1e-4) <= held <= 400


def test_a_bias_lowers_agreement_though_the_files_are_ranked_the_same():
    values = np.arange(10.0)

    for same in (values, values / 3, np.log10(values + 7)):
        found = absolute_agreement(np.column_stack([same, same]))
        assert (found.icc, found.ci_low, found.ci_high) == pytest.approx((1, 1, 1))
    biased = absolute_agreement(np.column_stack([values, values + 3]))
    assert biased.icc < 0.75
    assert biased.ci_low < biased.icc < biased.ci_high


def test_what_does_not_vary_has_no_correlation():
    found = absolute_agreement(np.full((5, 2), 3.0))

    assert np.isnan([found.icc, found.ci_low, found.ci_high]).all()


@pytest.mark.parametrize(
    "ratings",
    [
        pytest.param(np.ones((2, 2)), id="two files"),
        pytest.param(np.ones((5, 1)), id="one gating"),
        pytest.param(np.array([[1, 2], [3, np.nan], [4, 5]]), id="a gap"),
    ],
)
def test_too_little_is_refused(ratings):
    with pytest.raises(ValueError, match="needs 5 files"):
        absolute_agreement(ratings)
