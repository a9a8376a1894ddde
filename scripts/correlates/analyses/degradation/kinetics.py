"""The fall of a protein as one exponential, with what its points can tell and what they cannot.

    y(t) = E_0 (r + (1 - r) exp(-k t)),   r = E_inf / E_0

The baseline is a point of the fit like the others, so its error is in every interval. For each rate
k and plateau r the scale E_0 has a closed form, so the whole likelihood is laid out on a grid: the
intervals are those of profile likelihood, and an end that the points do not give is seen as such.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2
from scipy.stats import f as f_distribution

FITTED, UPPER_ONLY, LOWER_ONLY = "fitted", "half_life_upper_bound", "half_life_lower_bound"
NOT_IDENTIFIED, NO_FALL = "not_identified", "no_change_shown"
_N_RATES, _N_PLATEAUS, _LARGEST_PLATEAU = 160, 401, 2.0
_N_REFINED = 41
_PARAMETERS = 3
_FASTEST = 16.0
_TWO_AGAINST_ONE = float(chi2.ppf(0.95, 2) / chi2.ppf(0.95, 1))


@dataclass(frozen=True)
class Decay:
    """A fitted fall.

    Parameters
    ----------
    verdict
        ``fitted``: plateau and half-life have both ends. ``half_life_upper_bound``: the fall was
        over before the first draws could show how fast it was. ``half_life_lower_bound``: nobody
        has seen its end. ``not_identified``: neither. ``no_change_shown``: a constant does as well.
    start
        E_0, on the scale of the values.
    plateau_pct, plateau_low, plateau_high
        E_inf in percent of E_0, with its 95 % interval.
    half_life_h, half_life_low, half_life_high
        In hours; 0 and infinity are ends that the points do not give.
    misfit
        Weighted sum of squares over its degrees of freedom: above 1 the points scatter more than
        their errors, and the intervals are widened for it.
    """

    verdict: str
    start: float
    plateau_pct: float
    plateau_low: float
    plateau_high: float
    half_life_h: float
    half_life_low: float
    half_life_high: float
    misfit: float

    def at(self, hours: np.ndarray) -> np.ndarray:
        """Return the curve in percent of its start; a step where the fall was not seen."""
        plateau, hours = self.plateau_pct / 100, np.asarray(hours, dtype=float)
        if self.half_life_h <= 0:
            return 100 * np.where(hours > 0, plateau, 1.0)
        return 100 * (plateau + (1 - plateau) * 2 ** (-hours / self.half_life_h))


def fit_decay(
    hours: np.ndarray, values: np.ndarray, errors: np.ndarray, longest_share: float = 1.0
) -> Decay:
    """Fit the fall of one patient's protein.

    Parameters
    ----------
    hours
        Since the first dose, shape (n,); the baseline at 0 first, at least four others above 0.
    values, errors
        On a linear scale, with their standard errors, shape (n,).
    longest_share
        Longest half-life that is looked for, against the time observed.

    Returns
    -------
    Decay. Half-lives are looked for from a sixteenth of the first draw's time, and a step at once,
    up to the longest.

    Notes
    -----
    An interval holds what raises the weighted sum of squares by no more than ``chi2(0.95, 1)``,
    or by ``F(0.95; 1, n - 3)`` times its mean where points scatter by more than their errors.
    Source: Venzon and Moolgavkar, Appl Stat 1988;37:87.
    """
    hours, values, errors = (np.asarray(one, dtype=float) for one in (hours, values, errors))
    first, span = float(hours[hours > 0].min()), float(hours.max())
    halves = np.geomspace(first / _FASTEST, span * longest_share, _N_RATES)
    # 0 is a fall that is over at once
    halves = np.concatenate([[0.0], halves])
    plateaus = np.linspace(0, max(_LARGEST_PLATEAU, 1.2 * values.max() / values[0]), _N_PLATEAUS)
    squares = _surface(hours, values, errors, halves, plateaus)
    place = np.unravel_index(np.argmin(squares), squares.shape)
    least = float(squares[place])
    df = max(values.size - _PARAMETERS, 1)
    misfit = least / df
    allowed = float(chi2.ppf(0.95, 1))
    if misfit > 1:
        allowed = float(f_distribution.ppf(0.95, 1, df)) * misfit
    kept = squares <= least + allowed
    by_half = kept.any(axis=1)
    low, high = _ends(halves, by_half)
    half, plateau = _refined(place, hours, values, errors, halves, plateaus)
    bottom, top = _ends(plateaus, kept.any(axis=0))
    # A constant has neither a rate nor a plateau of its own: two parameters less.
    constant = float(squares[:, np.argmin(np.abs(plateaus - 1))].min())
    is_flat = constant <= least + allowed * _TWO_AGAINST_ONE
    return Decay(
        NO_FALL if is_flat else _verdict(by_half),
        _start(hours, values, errors, half, plateau),
        100 * plateau,
        100 * bottom,
        100 * top,
        half,
        low,
        math.inf if by_half[-1] else high,
        misfit,
    )


def _verdict(by_half: np.ndarray) -> str:
    is_fast, is_slow = bool(by_half[0]), bool(by_half[-1])
    if is_fast and is_slow:
        return NOT_IDENTIFIED
    if is_fast:
        return UPPER_ONLY
    return LOWER_ONLY if is_slow else FITTED


def _left(hours: np.ndarray, halves: np.ndarray) -> np.ndarray:
    """Return the share that is left of what falls, shape (half-lives, points)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(halves[:, None] > 0, 2.0 ** (-hours / halves[:, None]), hours == 0)


def _surface(hours, values, errors, halves, plateaus) -> np.ndarray:
    """Return the weighted sum of squares by half-life and plateau, the scale at its best."""
    weights = 1 / errors**2
    left = _left(hours, halves)
    # shape (half-lives, plateaus, points)
    model = plateaus[None, :, None] + (1 - plateaus[None, :, None]) * left[:, None, :]
    cross = model @ (weights * values)
    own = (model**2) @ weights
    return float(weights @ values**2) - np.maximum(cross, 0) ** 2 / own


def _refined(place, hours, values, errors, halves, plateaus) -> tuple[float, float]:
    """Return half-life and plateau at the least squares, on a finer grid about the place found."""
    near_half, near_plateau = (
        np.linspace(grid[max(at - 1, 0)], grid[min(at + 1, grid.size - 1)], _N_REFINED)
        for grid, at in zip((halves, plateaus), place, strict=True)
    )
    if place[0] == 0:
        near_half = halves[:1]
    squares = _surface(hours, values, errors, near_half, near_plateau)
    at = np.unravel_index(np.argmin(squares), squares.shape)
    return float(near_half[at[0]]), float(near_plateau[at[1]])


def _start(hours, values, errors, half: float, plateau: float) -> float:
    model = plateau + (1 - plateau) * _left(hours, np.array([half]))[0]
    weights = model / errors**2
    return float(weights @ values / (weights @ model))


def _ends(grid: np.ndarray, kept: np.ndarray) -> tuple[float, float]:
    inside = grid[kept]
    return float(inside.min()), float(inside.max())
