"""One feature over a cohort: what phases, visits, batches and patients add to it.

    value = phase + visit + batch + patient + what differs from draw to draw + counting error

Every term but the phase is drawn from a normal distribution about zero whose variance is estimated
from the cohort, so that a batch or a visit with few draws moves nothing by much. From the fit
without a draw follows what that draw should have been if it were its own patient's, or any other's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_ROUNDS = 8
# Median of the square of a standard normal deviate.
_MEDIAN_SQUARE = 0.4549364
# No share and no intensity repeats better than by 5 %, however small a cohort's spread is.
_SMALLEST_VARIANCE = 0.05**2
# Phases are taken as they are: their prior is wider than anything that is seen.
_WIDE = 100.0


@dataclass(frozen=True)
class FeatureFit:
    """What each draw should have been, without itself, as each patient's.

    Parameters
    ----------
    own, own_sd
        Prediction as its own patient's and its standard deviation, shape (draws,).
    as_patient, as_patient_sd
        As each patient's, shape (draws, patients).
    fitted
        As its own patient's with the draw itself among the rest, shape (draws,).
    stability
        Share of the variance, apart from phases, visits and batches, that is between patients.
    """

    own: np.ndarray
    own_sd: np.ndarray
    as_patient: np.ndarray
    as_patient_sd: np.ndarray
    fitted: np.ndarray
    stability: float


@dataclass
class _Variances:
    """Variances of the terms: one a factor, and that within a patient."""

    factors: np.ndarray
    within: float


def fit_feature(
    values: np.ndarray,
    variances: np.ndarray,
    factors: Sequence[np.ndarray],
    patient: np.ndarray,
    weights: np.ndarray,
) -> FeatureFit:
    """Fit one feature and predict each draw from the others.

    Parameters
    ----------
    values, variances
        Of one feature, shape (draws,); NaN where a draw has none.
    factors
        Phase, visit and batch of each draw as integers from 0, phase first.
    patient
        Patient of each draw, an integer from 0.
    weights
        How much each draw counts, 0 to 1; an odd one little, so that it does not spoil the rest.
    """
    known = np.flatnonzero(np.isfinite(values))
    codes = [np.asarray(one)[known] for one in (*factors, patient)]
    sizes = [*(int(one.max()) + 1 for one in codes[:-1]), int(patient.max()) + 1]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    columns = np.stack([one + start for one, start in zip(codes, starts, strict=False)], axis=1)
    y, error, weight = values[known], variances[known], weights[known]
    middle = np.median(y)
    of_factor = np.repeat(np.arange(len(sizes)), sizes)
    spread = _start(y - middle, error, codes[-1], len(sizes))
    solver = _Solver(columns, y - middle, error, weight, of_factor)
    for _ in range(_ROUNDS):
        solver.update(spread)
    predicted = solver.predict(spread, starts[-2], sizes[-1])
    for part, shift in zip(predicted, (middle, 0.0, middle, 0.0, middle), strict=True):
        part += shift
    fit = [np.full((len(values), *part.shape[1:]), np.nan) for part in predicted]
    for target, part in zip(fit, predicted, strict=True):
        target[known] = part
    between = spread.factors[-1]
    stability = between / (between + spread.within + float(np.median(error)))
    return FeatureFit(*fit, float(stability))


def _start(y: np.ndarray, error: np.ndarray, patient: np.ndarray, n_factors: int) -> _Variances:
    """Return first guesses: the spread of the patients' medians, and that about them."""
    who, place = np.unique(patient, return_inverse=True)
    centres = np.array([np.median(y[patient == one]) for one in who])
    total = max(float(np.var(y)), _SMALLEST_VARIANCE)
    within = np.median((y - centres[place]) ** 2)
    within = max(float(within) / _MEDIAN_SQUARE - float(np.median(error)), 0.05 * total)
    factors = np.full(n_factors, 0.1 * total)
    factors[0], factors[-1] = _WIDE * total, max(float(np.var(centres)), 0.05 * total)
    return _Variances(factors, max(within, _SMALLEST_VARIANCE))


class _Solver:
    """The normal equations of one feature, with every term of a draw a column."""

    def __init__(self, columns, y, error, weight, of_factor):
        self.columns, self.y, self.error, self.weight = columns, y, error, weight
        self.of_factor = of_factor
        self.design = np.zeros((len(y), len(of_factor)))
        np.put_along_axis(self.design, columns, 1.0, axis=1)

    def solve(self, spread: _Variances):
        """Return covariance and mean of all terms, and the precision of each draw."""
        precision = self.weight / (spread.within + self.error)
        inner = self.design.T @ (self.design * precision[:, None])
        inner[np.diag_indices_from(inner)] += 1 / spread.factors[self.of_factor]
        covariance = np.linalg.inv(inner)
        mean = covariance @ (self.design.T @ (precision * self.y))
        return covariance, mean, precision

    def leave_out(self, covariance, mean, precision):
        """Return, for each draw, its column of the covariance and how far it pulls the fit."""
        pulled = self.design @ covariance
        quadratic = np.einsum("dk,dk->d", pulled, self.design)
        kept = 1 - precision * quadratic
        residual = (self.y - self.design @ mean) / kept
        return pulled, quadratic, kept, residual

    def update(self, spread: _Variances) -> None:
        """Improve the variances: those of factors by expectation, that within by a median."""
        covariance, mean, precision = self.solve(spread)
        second = mean**2 + np.diag(covariance)
        for factor in range(1, len(spread.factors)):
            of = self.of_factor == factor
            spread.factors[factor] = max(float(second[of].mean()), 1e-3 * spread.within)
        _, quadratic, kept, residual = self.leave_out(covariance, mean, precision)
        predicted = spread.within + self.error + quadratic / kept
        ratio = float(np.median(residual**2 / predicted)) / _MEDIAN_SQUARE
        spread.within = max(spread.within * min(max(ratio, 0.25), 4.0), _SMALLEST_VARIANCE)

    def predict(self, spread: _Variances, first: int, n_patients: int):
        """Return what each draw should be as its own patient's, and as each patient's."""
        covariance, mean, precision = self.solve(spread)
        pulled, quadratic, kept, residual = self.leave_out(covariance, mean, precision)
        noise = spread.within + self.error
        own, own_sd = self.y - residual, np.sqrt(noise + quadratic / kept)
        without = mean - pulled * (precision * residual)[:, None]
        shared = self.design.copy()
        shared[:, first:] = 0
        base = np.einsum("dk,dk->d", shared, without)
        others = base[:, None] + without[:, first:]
        moved = shared @ covariance
        of_patients = np.diag(covariance)[first:]
        spread_of = np.einsum("dk,dk->d", moved, shared)[:, None] + 2 * moved[:, first:]
        spread_of = spread_of + of_patients
        along = np.einsum("dk,dk->d", pulled, shared)[:, None] + pulled[:, first:]
        spread_of = spread_of + along**2 * (precision / kept)[:, None]
        others_sd = np.sqrt(noise[:, None] + spread_of)
        return own, own_sd, others[:, :n_patients], others_sd, self.design @ mean
