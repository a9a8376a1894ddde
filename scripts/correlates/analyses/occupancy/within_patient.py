"""Sensitivity: the free fraction within patients, with the hours since the dose accounted for.

``log10 ff ~ combination + hours (+ dose) + patient``, patients as fixed effects. Each patient has
both phases, so patients as random effects would add nothing but a variance that so few cannot
estimate. It is refused where it would not be honest: with few patients, with values beyond a
ceiling (which it cannot hold), without hours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

FEWEST_PATIENTS, FEWEST_FOR_DOSE = 10, 30


@dataclass(frozen=True)
class Observation:
    """One draw of the model; ``dose_mg`` is that of ibrutinib, NaN if it is not known."""

    patient: str
    log10_ff: float
    is_combination: bool
    hours: float
    dose_mg: float = np.nan


@dataclass(frozen=True)
class WithinPatient:
    """The effect of the combination on log10 ff; ``refusal`` says why there is none.

    ``estimate``, ``low`` and ``high`` are differences of log10; ``hours_effect`` is per hour;
    ``terms`` names what was accounted for.
    """

    n_patients: int
    n_draws: int
    estimate: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p: float = np.nan
    hours_effect: float = np.nan
    terms: tuple[str, ...] = ()
    refusal: str = ""


def fit_within(
    observations: Sequence[Observation], n_censored: int, n_without_hours: int, confidence: float
) -> WithinPatient:
    """Fit the model by least squares, or say why not.

    Parameters
    ----------
    observations
        Draws with both hours and a measured free fraction.
    n_censored, n_without_hours
        Draws that have none: beyond a limit, or without hours.
    confidence
        Of the interval.
    """
    kept = _with_both(observations)
    patients = sorted({one.patient for one in kept})
    sizes = len(patients), len(kept)
    if n_censored:
        draws = "1 draw has" if n_censored == 1 else f"{n_censored} draws have"
        said = f"{draws} a bound in place of a value, which it cannot hold"
        return WithinPatient(*sizes, refusal=said)
    if len(patients) < FEWEST_PATIENTS:
        said = f"{len(patients)} patients with hours at both times, it needs {FEWEST_PATIENTS}"
        said += f" ({n_without_hours} draws lack hours)" if n_without_hours else ""
        return WithinPatient(*sizes, refusal=said)
    columns = {"combination": [float(one.is_combination) for one in kept]}
    columns["hours"] = [one.hours for one in kept]
    doses = [one.dose_mg for one in kept]
    if len(patients) >= FEWEST_FOR_DOSE and not np.isnan(doses).any():
        columns["dose"] = doses
    y = np.array([one.log10_ff for one in kept])
    of = np.array([patients.index(one.patient) for one in kept])
    centred = {name: _within(np.array(values), of) for name, values in columns.items()}
    used = {name: column for name, column in centred.items() if np.ptp(column) > 1e-9}
    return _least_squares(used, _within(y, of), sizes, confidence)


def _with_both(observations: Sequence[Observation]) -> list[Observation]:
    both = {one.patient for one in observations if one.is_combination} & {
        one.patient for one in observations if not one.is_combination
    }
    return [one for one in observations if one.patient in both]


def _within(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    means = np.bincount(of, values) / np.bincount(of)
    return values - means[of]


def _least_squares(
    columns: dict[str, np.ndarray], y: np.ndarray, sizes: tuple[int, int], confidence: float
) -> WithinPatient:
    design = np.column_stack(list(columns.values()))
    n_patients, n_draws = sizes
    freedom = n_draws - n_patients - design.shape[1]
    if np.linalg.matrix_rank(design) < design.shape[1] or freedom < 1:
        return WithinPatient(*sizes, refusal="phase and hours cannot be told apart in these draws")
    effects, *_ = np.linalg.lstsq(design, y, rcond=None)
    residual = y - design @ effects
    variance = residual @ residual / freedom
    errors = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    reach = float(student.ppf((1 + confidence) / 2, freedom)) * errors[0]
    names = tuple(columns)
    hours = effects[names.index("hours")] if "hours" in names else np.nan
    p = 2 * float(student.sf(abs(effects[0]) / errors[0], freedom)) if errors[0] > 0 else np.nan
    ends = effects[0], effects[0] - reach, effects[0] + reach
    return WithinPatient(*sizes, *map(float, ends), p, float(hours), names[1:])
