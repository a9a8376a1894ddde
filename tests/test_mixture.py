"""Ellipses around populations: the mixture against scikit-learn's, the choice, the flags."""

import numpy as np
import pytest
from scipy import stats
from sklearn.mixture import GaussianMixture

from correlates.flow.templates.density import FEW_EVENTS, NO_EVENTS
from correlates.flow.templates.ellipse import NO_CLUSTER, NO_CONVERGENCE, find_ellipse
from correlates.flow.templates.mixture import (
    REGULARISATION,
    expect_and_maximise,
    fit_mixture,
    mahalanobis_squared,
    radius_squared,
)

CENTRES = np.array([[0.3, 0.3], [0.6, 0.65], [0.75, 0.3]])
SPREADS = np.array(
    [
        [[0.0025, 0.001], [0.001, 0.0016]],
        [[0.0016, -0.0008], [-0.0008, 0.0025]],
        [[0.001, 0.0], [0.0, 0.003]],
    ]
)


def simulated(sizes, seed=0, tails=None):
    """Events of three populations, and which one each is of; ``tails`` makes them t distributed."""
    rng = np.random.default_rng(seed)
    parts = []
    for centre, spread, size in zip(CENTRES, SPREADS, sizes, strict=True):
        part = rng.multivariate_normal(np.zeros(2), spread, size)
        if tails is not None:
            part /= np.sqrt(rng.chisquare(tails, size) / tails)[:, None]
        parts.append(centre + part)
    own = np.repeat(np.arange(len(sizes)), sizes)
    order = rng.permutation(len(own))
    return np.concatenate(parts)[order], own[order]


@pytest.mark.parametrize("seed", range(3))
def test_a_mixture_of_normals_is_that_of_scikit_learn(seed):
    points, _ = simulated((2000, 1000, 500), seed)
    start = CENTRES + np.random.default_rng(seed).normal(0, 0.03, CENTRES.shape)
    theirs = GaussianMixture(
        3, means_init=start, tol=1e-9, max_iter=2000, reg_covar=REGULARISATION
    ).fit(points)

    ours = expect_and_maximise(points, start, np.inf)

    assert ours.is_converged
    assert ours.weights == pytest.approx(theirs.weights_, abs=2e-3)
    assert ours.means == pytest.approx(theirs.means_, abs=1e-3)
    assert ours.scales == pytest.approx(theirs.covariances_, abs=5e-5)
    assert ours.log_likelihood == pytest.approx(theirs.score(points), abs=1e-4)


@pytest.mark.parametrize("sizes", [(2000, 1000, 500), (3500, 300, 200)])
def test_starts_of_its_own_find_what_scikit_learn_finds_from_the_truth(sizes):
    points, _ = simulated(sizes, 7)
    theirs = GaussianMixture(3, means_init=CENTRES, tol=1e-8, max_iter=1000).fit(points)

    ours = fit_mixture(points, 3, np.inf)

    assert ours.log_likelihood >= theirs.score(points) - 1e-4


def test_the_likelihood_of_the_t_mixture_is_that_of_scipys_distribution():
    points, _ = simulated((1500, 800, 300), 3, tails=4)

    fitted = fit_mixture(points, 3, 4.0)
    densities = [
        weight * stats.multivariate_t(mean, scale, df=4).pdf(points)
        for weight, mean, scale in zip(fitted.weights, fitted.means, fitted.scales, strict=True)
    ]

    assert fitted.log_likelihood == pytest.approx(
        np.log(np.sum(densities, axis=0)).mean(), rel=1e-5
    )


def test_a_t_mixture_finds_the_truth_that_it_was_simulated_from():
    points, _ = simulated((8000, 4000, 2000), 1, tails=4)

    fitted = fit_mixture(points, 3, 4.0)
    order = np.argsort(fitted.means[:, 0])

    assert fitted.weights[order] == pytest.approx([4 / 7, 2 / 7, 1 / 7], abs=0.02)
    assert fitted.means[order] == pytest.approx(CENTRES, abs=0.01)
    assert fitted.scales[order] == pytest.approx(SPREADS, abs=3e-4)


def test_strays_widen_normals_and_hardly_a_t_mixture():
    points, _ = simulated((2000, 1000, 500))
    strays = np.random.default_rng(5).uniform(0, 1, (200, 2))
    both = np.concatenate([points, strays])

    def area(nu):
        found = find_ellipse(both, None, tuple(CENTRES[1]), {"K": 3, "nu": nu})
        return np.sqrt(np.linalg.det(found.covariance))

    clean = np.sqrt(np.linalg.det(SPREADS[1]))
    assert area(np.inf) > 1.3 * clean
    assert area(4.0) < 1.1 * clean


@pytest.mark.parametrize("nu", [2.0, 4.0, 30.0, np.inf])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_radius_holds_its_share(nu, share):
    radius2 = radius_squared(share, nu)
    # squared distance over the dimensions is F distributed; chi-squared for a normal
    held = stats.chi2(2).cdf(radius2) if np.isinf(nu) else stats.f(2, nu).cdf(radius2 / 2)

    assert held == pytest.approx(share)


@pytest.mark.parametrize("number", range(3))
def test_the_target_chooses_the_population(number):
    points, own = simulated((2000, 1000, 500))

    found = find_ellipse(points, None, tuple(CENTRES[number] + 0.03), {"K": 3, "nu": np.inf})
    distance = mahalanobis_squared(points, found.mean[None], found.covariance[None])[0]
    held = distance <= found.radius2

    assert found.flag is None
    assert found.mean == pytest.approx(CENTRES[number], abs=0.01)
    assert held[own == number].mean() == pytest.approx(0.9, abs=0.02)
    assert held[own != number].mean() < 0.03


def test_without_a_target_the_largest_population_is_meant():
    points, _ = simulated((500, 400, 3000))

    found = find_ellipse(points, None, None, {"K": 3})

    assert found.mean == pytest.approx(CENTRES[2], abs=0.01)


def test_a_range_keeps_the_centre_on_its_side():
    points, _ = simulated((2000, 1000, 500))
    box = ((0.5, 0.7), (0.5, 0.8))

    # the target lies outside the range, nearest to another population
    found = find_ellipse(points, box, (0.3, 0.3), {"K": 3})

    assert found.mean == pytest.approx(CENTRES[1], abs=0.01)


BOX = ((0.1, 0.2), (0.8, 1.0))


@pytest.mark.parametrize(
    ("points", "box", "target", "flag", "mean"),
    [
        pytest.param(np.zeros((0, 2)), BOX, None, NO_EVENTS, (0.15, 0.9), id="no event"),
        pytest.param(np.full((9, 2), 0.5), BOX, None, FEW_EVENTS, (0.15, 0.9), id="nine events"),
        pytest.param(
            simulated((900, 900, 0))[0], BOX, None, NO_CLUSTER, (0.15, 0.9), id="none in range"
        ),
        pytest.param(
            np.full((900, 2), 0.4), None, (0.4, 0.4), NO_CLUSTER, (0.4, 0.4), id="one value"
        ),
        pytest.param(
            np.full((900, 2), 0.4), None, None, NO_CLUSTER, (0.5, 0.5), id="nothing known"
        ),
    ],
)
def test_what_has_no_population_gets_a_fixed_ellipse_and_a_flag(points, box, target, flag, mean):
    found = find_ellipse(points, box, target, {})

    assert found.flag == flag
    assert found.mean == pytest.approx(mean)
    assert (np.linalg.eigvalsh(found.covariance) > 0).all()


def test_a_fixed_ellipse_fills_the_range():
    found = find_ellipse(np.zeros((0, 2)), BOX, None, {})

    # reaches the sides of the range, and no further
    assert np.sqrt(np.diag(found.covariance) * found.radius2) == pytest.approx([0.05, 0.1])


def test_a_fit_that_does_not_end_is_flagged(monkeypatch):
    monkeypatch.setattr("correlates.flow.templates.mixture._MOST_STEPS", 2)
    points, _ = simulated((900, 900, 900))

    assert find_ellipse(points, None, (0.3, 0.3), {"K": 3}).flag == NO_CONVERGENCE


def test_the_same_events_give_the_same_ellipse():
    points, _ = simulated((3000, 2000, 1000))

    first, again = (find_ellipse(points.copy(), None, (0.6, 0.6), {"K": 3}) for _ in range(2))

    assert np.array_equal(first.mean, again.mean)
    assert np.array_equal(first.covariance, again.covariance)
