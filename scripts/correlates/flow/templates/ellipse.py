"""An ellipse around one population of two dimensions: openCyto's ``flowClust.2d``.

All numbers are shares of the length of each dimension's scale: scatter and dyes weigh alike.
"""

from dataclasses import dataclass

import numpy as np

from correlates.flow.templates.density import FEW_EVENTS, NO_EVENTS
from correlates.flow.templates.mixture import (
    REGULARISATION,
    Mixture,
    fit_mixture,
    radius_squared,
)

NO_CLUSTER = "fallback_no_cluster"
NO_CONVERGENCE = "fallback_no_convergence"

_K = 2
_QUANTILE = 0.9
# Of flowClust.
_NU = 4.0
# More events than this do not move an ellipse, and take their time.
_MOST_EVENTS = 4_000
_FEWEST_A_COMPONENT = 10
# Around a target without a range: about a third of a decade on a scale of 4.5 decades.
_USUAL_RADIUS = 0.08


@dataclass(frozen=True)
class Ellipse:
    """Events whose squared distance from ``mean``, by ``covariance``, is at most ``radius2``."""

    mean: np.ndarray
    covariance: np.ndarray
    radius2: float
    flag: str | None = None


def find_ellipse(
    points: np.ndarray,
    box: tuple[tuple[float, float], ...] | None,
    target: tuple[float, float] | None,
    arguments: dict,
    min_events: int = 50,
) -> Ellipse:
    """Find the population that a row means, and draw an ellipse around it.

    Parameters
    ----------
    points
        The parent's events, (n, 2), finite.
    box
        Range of each dimension in which the centre must lie; None is everywhere.
    target
        Where the population is expected; None means the largest.
    arguments
        ``K`` components (2), the share ``quantile`` of the population that the ellipse holds if it
        is as modelled (0.9), degrees of freedom ``nu`` (4; Inf for normal distributions).
    min_events
        Fewest events for which a mixture is fitted.

    Returns
    -------
    The ellipse. ``fallback_few_events``, ``fallback_no_events``: a fixed one; so too with
    ``fallback_no_cluster``: no component of the mixture has its centre in the range, or those that
    have are of a few events or of a single value; and with ``fallback_no_convergence``. The fixed
    ellipse fills the range, or lies around the target.
    """
    k, nu = int(arguments.get("K", _K)), float(arguments.get("nu", _NU))
    if not len(points):
        return _fixed(box, target, NO_EVENTS)
    if len(points) < max(min_events, _FEWEST_A_COMPONENT * k):
        return _fixed(box, target, FEW_EVENTS)
    points = points[:: -(-len(points) // _MOST_EVENTS)]
    near = None if target is None else np.array(target)
    found = fit_mixture(points, k, nu, near)
    if not found.is_converged:
        return _fixed(box, target, NO_CONVERGENCE)
    chosen = _choose(found, len(points), box, near)
    if chosen is None:
        return _fixed(box, target, NO_CLUSTER)
    radius2 = radius_squared(arguments.get("quantile", _QUANTILE), nu)
    return Ellipse(found.means[chosen], found.scales[chosen], radius2)


def _choose(found: Mixture, count: int, box, target: np.ndarray | None) -> int | None:
    """Return the component that is meant: nearest to the target, or largest."""
    is_real = found.weights * count >= _FEWEST_A_COMPONENT
    # No wider in one direction than what was added to its variance: a single value, or a line.
    is_real &= np.linalg.eigvalsh(found.scales)[:, 0] > 2 * REGULARISATION
    if box is not None:
        low, high = np.array(box).T
        is_real &= ((found.means >= low) & (found.means <= high)).all(axis=1)
    candidates = np.flatnonzero(is_real)
    if not len(candidates):
        return None
    if target is None:
        return int(candidates[np.argmax(found.weights[candidates])])
    away = ((found.means[candidates] - target) ** 2).sum(axis=1)
    return int(candidates[np.argmin(away)])


def _fixed(box, target, flag: str) -> Ellipse:
    """Return the ellipse that fills the range, or lies around the target, or fills the scale."""
    if box is not None:
        low, high = np.array(box).T
        mean, reach = (low + high) / 2, np.maximum((high - low) / 2, 1e-3)
    elif target is not None:
        mean, reach = np.array(target, dtype=float), np.full(2, _USUAL_RADIUS)
    else:
        mean, reach = np.full(2, 0.5), np.full(2, 0.5)
    return Ellipse(mean, np.diag(reach**2), 1.0, flag)
