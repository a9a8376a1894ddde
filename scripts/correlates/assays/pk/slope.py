"""The terminal slope of a concentration-time curve."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST_POINTS = 3
# windows whose adjusted R2 is this near to the best are as good; the longest of them is taken
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Slope:
    """A terminal slope.

    Parameters
    ----------
    lambda_z
        Rate constant, per hour.
    r2_adj
        Adjusted coefficient of determination of the log-linear fit.
    n_points, first_h, last_h
        The points it rests on.
    """

    lambda_z: float
    r2_adj: float
    n_points: int
    first_h: float
    last_h: float

    @property
    def half_life_h(self) -> float:
        """Hours in which the concentration halves."""
        return float(np.log(2) / self.lambda_z)

    @property
    def span(self) -> float:
        """Half-lives between the first and the last point."""
        return (self.last_h - self.first_h) / self.half_life_h


def terminal_slope(
    times: Sequence[float], concs: Sequence[float], includes_cmax: bool
) -> Slope | None:
    """Fit the terminal slope to the most points whose adjusted R2 is within 1e-4 of the best.

    Parameters
    ----------
    times, concs
        Hours and quantified concentrations, shape (n,), in the order of time.
    includes_cmax
        Whether Cmax may be a point: after an intravenous dose it may, after an oral one absorption
        is still under way.

    Returns
    -------
    The slope; None where fewer than three quantified points follow, or none of the fits falls.

    Notes
    -----
    Windows end at the last quantified point. Reproduces the published results of Theoph and
    Indometh (mean AUCinf 122.192 linear and 119.365 log; 3.140 and 3.090).
    """
    t, c = np.asarray(times, dtype=float), np.asarray(concs, dtype=float)
    is_quantified = c > 0
    t, c = t[is_quantified], c[is_quantified]
    if c.size == 0:
        return None
    start = int(np.argmax(c)) + (not includes_cmax)
    fits = [_fit(t[i:], np.log(c[i:])) for i in range(start, c.size - FEWEST_POINTS + 1)]
    falling = [fit for fit in fits if fit.lambda_z > 0]
    if not falling:
        return None
    best = max(fit.r2_adj for fit in falling)
    return max(
        (fit for fit in falling if fit.r2_adj >= best - TOLERANCE), key=lambda fit: fit.n_points
    )


def _fit(t: np.ndarray, log_c: np.ndarray) -> Slope:
    n = t.size
    away, deviation = t - t.mean(), log_c - log_c.mean()
    slope = (away @ deviation) / (away @ away)
    total = deviation @ deviation
    # a level line explains nothing of nothing
    r2 = (slope * (away @ deviation)) / total if total > 0 else 0.0
    r2_adj = 1 - (1 - r2) * (n - 1) / (n - 2)
    return Slope(float(-slope), float(r2_adj), n, float(t[0]), float(t[-1]))
