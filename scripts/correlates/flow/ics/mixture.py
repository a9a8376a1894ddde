"""Responders by a mixture over the draws of a study: draws vary by more than counting.

A draw that does not respond has one share in both tubes, from ``Beta(a_u, b_u)``, so that what
makes its tubes differ other than counting is taken for a response; of one that does, the
unstimulated share is from there and the stimulated one from ``Beta(a_s, b_s)``, given that it
is the greater. Source: reference 1.6 (MIMOSA's model, Finak and others, Biostatistics 2014;15:87),
fitted by EM; the constant of the one-sided prior is integrated and not simulated.

Where nobody responds, a stimulated distribution close to the unstimulated one would explain the
draws as well as none does, and all would be called. The mean odds of those that respond are
therefore held at ``min_fold`` times the others' at least, and no distribution piles up at zero (a
of 1 or more).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betainc, betaincinv, betaln, expit, logit

_NODES = (np.arange(64) + 0.5) / 64
_ROUNDS = 40
_SETTLED = 1e-3
_STEPS = 8
# Logit of the unstimulated mean, and log of the first parameter of either distribution.
_MEAN = (-14.0, 0.0)
_SHAPE = (0.0, np.log(1e4))
# The largest odds ratio of the two means, on the log scale.
_MOST = 9.0


@dataclass(frozen=True)
class Mixture:
    """A fitted mixture.

    Parameters
    ----------
    unstim, stim
        Parameters (a, b) of the two Beta distributions.
    weight
        Share of draws that respond.
    posterior
        Probability that each draw responds, in the order of the counts.
    """

    unstim: tuple[float, float]
    stim: tuple[float, float]
    weight: float
    posterior: np.ndarray


def fit_mixture(n_stim, total_stim, n_unstim, total_unstim, min_fold: float = 2.0) -> Mixture:
    """Fit the mixture by EM.

    Parameters
    ----------
    n_stim, total_stim, n_unstim, total_unstim
        Cells with the functions and of the parent, of each draw, shape (draws,).
    min_fold
        Smallest ratio of the mean odds of the two distributions.
    """
    counts = tuple(
        np.asarray(one, dtype=float) for one in (n_stim, total_stim, n_unstim, total_unstim)
    )
    least = float(np.log(min_fold))
    theta, weight = _start(*counts, least), 0.5
    posterior = np.full(len(counts[0]), 0.5)
    for _ in range(_ROUNDS):
        null, other = log_likelihoods(*_parameters(theta), *counts)
        new = expit(np.log(weight) - np.log1p(-weight) + other - null)
        # A weight of 0 or 1 could never move again.
        weight = float(np.clip(new.mean(), 0.5 / len(new), 1 - 0.5 / len(new)))
        settled = np.abs(new - posterior).max() < _SETTLED
        posterior = new
        if settled:
            break
        theta = _maximised(theta, posterior, counts, least)
    unstim, stim = _parameters(theta)
    return Mixture(unstim, stim, weight, posterior)


def log_likelihoods(
    unstim: tuple[float, float],
    stim: tuple[float, float],
    n_stim,
    total_stim,
    n_unstim,
    total_unstim,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the log marginal likelihood of each draw without and with a response.

    Parameters
    ----------
    unstim, stim
        Parameters (a, b) of the two Beta distributions.
    n_stim, total_stim, n_unstim, total_unstim
        Counts of each draw.
    """
    (a_u, b_u), (a_s, b_s) = unstim, stim
    rest_s, rest_u = total_stim - n_stim, total_unstim - n_unstim
    null = betaln(a_u + n_stim + n_unstim, b_u + rest_s + rest_u) - betaln(a_u, b_u)
    other = betaln(a_u + n_unstim, b_u + rest_u) - betaln(a_u, b_u)
    other = other + betaln(a_s + n_stim, b_s + rest_s) - betaln(a_s, b_s)
    greater = probability_greater(a_s + n_stim, b_s + rest_s, a_u + n_unstim, b_u + rest_u)
    prior = probability_greater(a_s, b_s, a_u, b_u)
    return null, other + np.log(np.maximum(greater, 1e-300)) - np.log(np.maximum(prior, 1e-300))


def probability_greater(a_x, b_x, a_y, b_y) -> np.ndarray:
    """Return P(X > Y) of two independent Beta variables: the mean of Y's distribution over X."""
    quantiles = betaincinv(np.asarray(a_x)[..., None], np.asarray(b_x)[..., None], _NODES)
    below = betainc(np.asarray(a_y)[..., None], np.asarray(b_y)[..., None], quantiles)
    return below.mean(axis=-1)


def _parameters(theta: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return (a, b) of both: theta is a mean's logit, log a, the log odds ratio, and log a."""
    means = expit(theta[0]), expit(theta[0] + theta[2])
    shapes = np.exp(theta[1]), np.exp(theta[3])
    first, second = (
        (float(a), float(a * (1 - mean) / mean)) for a, mean in zip(shapes, means, strict=True)
    )
    return first, second


def _start(n_stim, total_stim, n_unstim, total_unstim, least: float) -> np.ndarray:
    resting = logit((n_unstim.sum() + 0.5) / (total_unstim.sum() + 1))
    upper = float(np.quantile((n_stim + 0.5) / (total_stim + 1), 0.75))
    ratio = np.clip(logit(upper) - resting, least + 0.5, _MOST)
    return np.array([resting, np.log(4.0), ratio, np.log(2.0)])


def _maximised(theta: np.ndarray, posterior: np.ndarray, counts: tuple, least: float) -> np.ndarray:
    """Return the parameters that fit best where each draw responds with its probability."""

    def loss(at: np.ndarray) -> float:
        null, other = log_likelihoods(*_parameters(at), *counts)
        return -float(((1 - posterior) * null + posterior * other).sum())

    bounds = [_MEAN, _SHAPE, (least, _MOST), _SHAPE]
    return minimize(loss, theta, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}).x
