"""Mixtures of two-dimensional t or normal distributions, fitted to a parent's events.

With few degrees of freedom the tails of a t distribution hold the events that belong to nothing, so
that they do not widen a population: the model of flowClust (Lo, Brinkman and Gottardo, Cytometry A
2008;73:321), without its Box-Cox transform, since events come on a display scale already. The fit
is by expectation and maximisation (Peel and McLachlan, Stat Comput 2000;10:339) from starts that
follow from the events alone, so that it comes out the same whenever it is made.
"""

from dataclasses import dataclass

import numpy as np

# Added to each variance, as scikit-learn does: no component shrinks to a point.
REGULARISATION = 1e-6
_MOST_STEPS = 500
_TOLERANCE = 1e-6
_FEW = 1_500
_FEW_STEPS = 40
_BINS = 48
_SMOOTHING = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16


@dataclass(frozen=True)
class Mixture:
    """A fitted mixture of k components.

    Parameters
    ----------
    weights
        Share of the events in each, (k,).
    means
        Their centres, (k, 2).
    scales
        Their scale matrices, (k, 2, 2); the covariance of a normal component.
    log_likelihood
        Mean over the events.
    is_converged
        Whether the last step changed it by less than 1e-6.
    """

    weights: np.ndarray
    means: np.ndarray
    scales: np.ndarray
    log_likelihood: float
    is_converged: bool


def fit_mixture(points: np.ndarray, k: int, nu: float, near: np.ndarray | None = None) -> Mixture:
    """Fit a mixture from several starts and return the likeliest.

    Parameters
    ----------
    points
        Events, (n, 2), finite.
    k
        How many components.
    nu
        Degrees of freedom of the t distributions; infinite for normal ones.
    near
        A place, (2,), where a component is expected: one more start begins there.
    """
    starts = [_spread_over(points, k, None), _along_main_axis(points, k)]
    if near is not None:
        starts.append(_spread_over(points, k, near))
    # A few steps on some of the events tell which start leads highest.
    few = points[:: -(-len(points) // _FEW)]
    tried = [_fit(few, _first_guess(few, start), nu, _FEW_STEPS) for start in starts]
    best = max(tried, key=lambda fit: fit.log_likelihood)
    return _fit(points, (best.weights, best.means, best.scales), nu, _MOST_STEPS)


def expect_and_maximise(points: np.ndarray, start: np.ndarray, nu: float) -> Mixture:
    """Fit a mixture from given centres, (k, 2)."""
    return _fit(points, _first_guess(points, start), nu, _MOST_STEPS)


def _fit(points: np.ndarray, guess: tuple, nu: float, most_steps: int) -> Mixture:
    weights, means, scales = guess
    before = -np.inf
    for _ in range(most_steps):
        distances = mahalanobis_squared(points, means, scales)
        logs = np.log(weights)[:, None] + _log_density(distances, scales, nu)
        highest = logs.max(axis=0)
        shares = np.exp(logs - highest)
        total = shares.sum(axis=0)
        likelihood = float((highest + np.log(total)).mean())
        if abs(likelihood - before) < _TOLERANCE:
            return Mixture(weights, means, scales, likelihood, True)
        before = likelihood
        shares /= total
        trusted = shares if np.isinf(nu) else shares * ((nu + 2) / (nu + distances))
        weights, means, scales = _maximised(points, shares, trusted)
    return Mixture(weights, means, scales, before, False)


def radius_squared(share: float, nu: float) -> float:
    """Return the squared distance within which a component has this share of its events.

    In two dimensions it is in closed form: ``nu ((1 - share) ** (-2 / nu) - 1)``, whose limit for
    the normal distribution is ``-2 ln(1 - share)``.
    """
    if np.isinf(nu):
        return float(-2 * np.log1p(-share))
    return float(nu * np.expm1(-2 / nu * np.log1p(-share)))


def mahalanobis_squared(points: np.ndarray, means: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Return the squared distance of each point from each component, (k, n)."""
    x, y = _offsets(points, means)
    a, b, c = (scales[:, i, j, None] for i, j in ((0, 0), (0, 1), (1, 1)))
    return (c * x**2 - 2 * b * x * y + a * y**2) / (a * c - b**2)


def _offsets(points: np.ndarray, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return points[:, 0] - means[:, :1], points[:, 1] - means[:, 1:]


def _log_density(distances: np.ndarray, scales: np.ndarray, nu: float) -> np.ndarray:
    root = 0.5 * np.log(np.linalg.det(scales))[:, None]
    # In two dimensions the constants of both are the same.
    tail = distances / 2 if np.isinf(nu) else (nu + 2) / 2 * np.log1p(distances / nu)
    return -np.log(2 * np.pi) - root - tail


def _maximised(points: np.ndarray, shares: np.ndarray, trusted: np.ndarray) -> tuple:
    """Return weights, means and scale matrices, given each event's shares, (k, n)."""
    sizes = np.maximum(shares.sum(axis=1), 1e-12)
    means = trusted @ points / np.maximum(trusted.sum(axis=1), 1e-12)[:, None]
    x, y = _offsets(points, means)
    scales = np.empty((len(sizes), 2, 2))
    scales[:, 0, 0] = (trusted * x * x).sum(axis=1) / sizes + REGULARISATION
    scales[:, 1, 1] = (trusted * y * y).sum(axis=1) / sizes + REGULARISATION
    scales[:, 0, 1] = scales[:, 1, 0] = (trusted * x * y).sum(axis=1) / sizes
    return sizes / sizes.sum(), means, scales


def _first_guess(points: np.ndarray, centres: np.ndarray) -> tuple:
    """Return the mixture of the events nearest to each centre, after a few moves of the centres."""
    for _ in range(5):
        own = _nearest(points, centres)
        centres = np.array(
            [
                points[own == number].mean(axis=0) if (own == number).any() else centre
                for number, centre in enumerate(centres)
            ]
        )
    shares = np.full((len(centres), len(points)), 0.05 / len(centres))
    shares[_nearest(points, centres), np.arange(len(points))] += 0.95
    return _maximised(points, shares, shares)


def _nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    x, y = _offsets(points, centres)
    return (x * x + y * y).argmin(axis=0)


def _along_main_axis(points: np.ndarray, k: int) -> np.ndarray:
    """Return the means of k parts of equal size along the direction of largest variance."""
    middle = points - points.mean(axis=0)
    direction = np.linalg.eigh(middle.T @ middle)[1][:, -1]
    parts = np.array_split(points[np.argsort(middle @ direction, kind="stable")], k)
    return np.array([part.mean(axis=0) if len(part) else points.mean(axis=0) for part in parts])


def _spread_over(points: np.ndarray, k: int, first: np.ndarray | None) -> np.ndarray:
    """Return centres where events are dense and no centre is near yet, one by one."""
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum(high - low, 1e-9)
    places = np.minimum(((points - low) / size * _BINS).astype(np.intp), _BINS - 1)
    counts = np.bincount(places @ np.array([_BINS, 1]), minlength=_BINS**2).astype(float)
    dense = counts.reshape(_BINS, _BINS)
    for axis in (0, 1):
        dense = np.apply_along_axis(np.convolve, axis, dense, _SMOOTHING, mode="same")
    x, y = np.divmod(np.arange(_BINS**2), _BINS)
    bins = low + (np.column_stack([x, y]) + 0.5) / _BINS * size
    root = np.sqrt(dense.ravel())
    chosen = [bins[int(np.argmax(root))] if first is None else np.asarray(first, dtype=float)]
    while len(chosen) < k:
        away = np.min([(((bins - one) / size) ** 2).sum(axis=1) for one in chosen], axis=0)
        chosen.append(bins[int(np.argmax(root * away))])
    return np.array(chosen)
