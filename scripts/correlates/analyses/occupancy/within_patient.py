"""Sensitivity: the free fraction within patients, with the hours since the dose accounted for.

A patient is one number: the mean log10 ff of the draws under the combination less that under
ibrutinib alone, regressed on the same difference of hours (and dose). Draws of one patient are not
independent: taken one by one, three of them under the combination put 10 % of p below 0.05 where
the drug's effect differs between patients and is none in the mean. With one draw a phase this is
``log10 ff ~ combination + hours (+ dose) + patient``. It is refused where it would not be honest:
with few patients, with values beyond a ceiling (which it cannot hold), without hours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from correlates.analyses.wording import patients as patients_words

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
        said = f"{patients_words(len(patients))} with hours at both times, it needs "
        said += str(FEWEST_PATIENTS)
        if n_without_hours:
            lack = "1 draw lacks" if n_without_hours == 1 else f"{n_without_hours} draws lack"
            said += f" ({lack} hours)"
        return WithinPatient(*sizes, refusal=said)
    columns = {"combination": np.ones(len(patients))}
    covariates = {"hours": _differences(kept, patients, "hours")}
    doses = [one.dose_mg for one in kept]
    if len(patients) >= FEWEST_FOR_DOSE and not np.isnan(doses).any():
        covariates["dose"] = _differences(kept, patients, "dose_mg")
    columns |= {name: each for name, each in covariates.items() if np.abs(each).max() > 1e-9}
    return _least_squares(columns, _differences(kept, patients, "log10_ff"), sizes, confidence)


def _with_both(observations: Sequence[Observation]) -> list[Observation]:
    both = {one.patient for one in observations if one.is_combination} & {
        one.patient for one in observations if not one.is_combination
    }
    return [one for one in observations if one.patient in both]


def _differences(draws: Sequence[Observation], patients: Sequence[str], name: str) -> np.ndarray:
    """Return each patient's mean under the combination less that under ibrutinib alone."""
    means = {both: {one: [] for one in patients} for both in (True, False)}
    for one in draws:
        means[one.is_combination][one.patient].append(getattr(one, name))
    return np.array([np.mean(means[True][one]) - np.mean(means[False][one]) for one in patients])


def _least_squares(
    columns: dict[str, np.ndarray], y: np.ndarray, sizes: tuple[int, int], confidence: float
) -> WithinPatient:
    design = np.column_stack(list(columns.values()))
    freedom = len(y) - design.shape[1]
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
