"""Moderated paired tests against limma's published values, least squares and a simulated null."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from correlates.analyses.rnaseq.moderated import (
    listed_under_flips,
    moderated_test,
    paired_differences,
    squeeze_variances,
)


def test_variances_are_squeezed_as_limma_does():
    posterior, prior_df = squeeze_variances(np.array([0.5, 1.3, 7.8]), 3)

    assert prior_df == pytest.approx(2.830777, abs=1e-6)
    assert posterior == pytest.approx([1.071385, 1.482994, 4.827317], abs=1e-6)


def test_variances_that_differ_by_chance_only_become_one():
    rng = np.random.default_rng(8)

    posterior, prior_df = squeeze_variances(rng.chisquare(4, 5000) / 4, 4)

    assert prior_df > 50
    assert posterior.std() < 0.1


def test_the_weighted_mean_difference_is_the_phase_of_patient_plus_phase():
    """The same model written out: a column a patient, one for the phase, weighted least squares."""
    rng = np.random.default_rng(2)
    n = 5
    before, after = rng.normal(5, 1, n), rng.normal(6, 1, n)
    variances = rng.uniform(0.5, 2, 2 * n)
    design = np.hstack([np.vstack([np.eye(n)] * 2), np.repeat([0, 1], n)[:, None]])
    root = 1 / np.sqrt(variances)
    beta, residual, *_ = np.linalg.lstsq(
        design * root[:, None], np.concatenate([before, after]) * root, rcond=None
    )

    weights = 1 / (variances[:n] + variances[n:])
    differences = after - before
    change = (weights * differences).sum() / weights.sum()
    rest = (weights * (differences - change) ** 2).sum()

    assert change == pytest.approx(beta[-1])
    assert rest == pytest.approx(residual[0])
    found = moderated_test(np.vstack([differences] * 2), np.vstack([weights] * 2))
    assert found.change == pytest.approx([beta[-1]] * 2)


def test_without_borrowing_and_weights_it_is_the_paired_t_test():
    rng = np.random.default_rng(5)
    # variances so unlike each other that nothing is borrowed
    differences = rng.normal(0.5, 1, (400, 6)) * np.exp(rng.normal(0, 12, (400, 1)))

    found = moderated_test(differences, np.ones_like(differences))
    plain = ttest_1samp(differences, 0, axis=1)

    assert np.median(np.abs(found.p - plain.pvalue)) < 0.02


def simulated_counts(n_pairs, n_changed, seed, n_genes=1500):
    rng = np.random.default_rng(seed)
    base = rng.lognormal(4, 1.6, (n_genes, 1)) * np.exp(rng.normal(0, 0.4, (n_genes, n_pairs)))
    change = np.ones((n_genes, 1))
    change[:n_changed] = 3.0
    dispersion = 0.04 * rng.chisquare(10, (n_genes, 1)) / 10
    draws = []
    for mean in (base, base * change):
        depth = rng.uniform(0.5, 2, n_pairs)
        shape = np.broadcast_to(1 / dispersion, mean.shape)
        draws.append(rng.poisson(rng.gamma(shape, mean * depth * dispersion)))
    kept = (np.hstack(draws) >= 5).sum(axis=1) >= n_pairs
    return draws[0][kept], draws[1][kept], np.arange(n_genes)[kept] < n_changed


@pytest.mark.parametrize("n_pairs", [4, 10])
def test_under_no_change_p_is_uniform_and_hardly_a_gene_is_listed(n_pairs):
    shares, listed = [], []
    for seed in range(6):
        before, after, _ = simulated_counts(n_pairs, 0, seed)
        found = moderated_test(*paired_differences(before, after))
        shares.append((found.p <= 0.05).mean())
        listed.append((found.q <= 0.1).sum())

    assert np.mean(shares) == pytest.approx(0.05, abs=0.012)
    assert np.mean(np.array(listed) > 0) <= 0.5


def test_planted_changes_are_listed_at_the_stated_false_discovery_rate():
    before, after, is_changed = simulated_counts(8, 75, 11)

    found = moderated_test(*paired_differences(before, after))
    listed = found.q <= 0.1

    assert listed[is_changed].mean() > 0.9
    assert (listed & ~is_changed).sum() / listed.sum() < 0.2
    assert np.median(found.change[is_changed]) == pytest.approx(np.log2(3), abs=0.15)
    assert abs(np.median(found.change[~is_changed])) < 0.05


def test_with_flipped_signs_next_to_nothing_is_listed():
    pairs = paired_differences(*simulated_counts(5, 40, 3)[:2])

    listed = listed_under_flips(*pairs, fdr=0.1, most=64)

    assert len(listed) == 2**4 - 1
    assert np.median(listed) <= 2
    assert len(listed_under_flips(*pairs, fdr=0.1, most=6)) == 6
