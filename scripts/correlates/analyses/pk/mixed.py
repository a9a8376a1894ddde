"""The mixed model ``log value ~ phase + (1 | patient)``, by restricted maximum likelihood.

With every patient measured in both phases it is the paired comparison. Patients measured in one
phase only add what they know of the difference between patients.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

_LOG_RATIOS = (-12.0, 12.0)


@dataclass(frozen=True)
class PhaseEffect:
    """Effect of the phase on the log value, with its standard error and the patients it rests on.

    ``sd_within`` is the residual standard deviation.
    """

    effect: float
    se: float
    n_patients: int
    n_pairs: int
    sd_within: float


def phase_effect(values: np.ndarray, phase: np.ndarray, patient: np.ndarray) -> PhaseEffect:
    """Fit the model.

    Parameters
    ----------
    values
        Log values, shape (n,).
    phase
        Shape (n,): 0 or 1, at most one value of a patient in each.
    patient
        Shape (n,): whose.

    Raises
    ------
    ValueError
        If fewer than two patients have both phases: nothing would tell the spread within one.

    Notes
    -----
    The ratio of the variances between and within patients is found by profile likelihood.
    """
    y, x = np.asarray(values, dtype=float), np.asarray(phase, dtype=float)
    _, whose, counts = np.unique(np.asarray(patient), return_inverse=True, return_counts=True)
    n_pairs = int((counts == 2).sum())
    if n_pairs < 2:
        msg = f"{n_pairs} patient with both phases: two are needed"
        raise ValueError(msg)
    design = np.column_stack([np.ones_like(x), x])
    same = whose[:, None] == whose[None, :]

    def fitted(log_ratio: float):
        covariance = np.eye(y.size) + np.exp(log_ratio) * same
        inverse = np.linalg.inv(covariance)
        information = design.T @ inverse @ design
        beta = np.linalg.solve(information, design.T @ inverse @ y)
        residual = y - design @ beta
        variance = float(residual @ inverse @ residual) / (y.size - 2)
        return covariance, information, beta, variance

    def minus_likelihood(log_ratio: float) -> float:
        covariance, information, _, variance = fitted(log_ratio)
        dets = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1]
        return float((y.size - 2) * np.log(max(variance, 1e-300)) + dets)

    best = minimize_scalar(minus_likelihood, bounds=_LOG_RATIOS, method="bounded").x
    _, information, beta, variance = fitted(best)
    se = float(np.sqrt(variance * np.linalg.inv(information)[1, 1]))
    return PhaseEffect(float(beta[1]), se, counts.size, n_pairs, float(np.sqrt(variance)))
