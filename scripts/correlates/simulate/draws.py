"""The blood draws of a simulated cohort, and which two of them were swapped."""

from dataclasses import dataclass

import numpy as np

from correlates.simulate.panel import PANEL
from correlates.simulate.trial import Effects, Patient, draw_patients

_BATCH_DAYS = 90
_SWAPPED_VISIT = "C1D8"
# Two of the streams of randomness under one seed; cohort.py and the clinic name the others.
TRIAL, SHEETS_STREAM = 0, 2


@dataclass(frozen=True)
class Draw:
    """One blood draw: whose it is, and the cells per microlitre it truly holds, by label."""

    patient: Patient
    visit: str
    batch: str
    counts: dict[str, float]

    @property
    def sample(self) -> str:
        """Sample key."""
        return f"{self.patient.key}_{self.visit}"

    @property
    def stem(self) -> str:
        """Name of its FCS file, without the ending."""
        return f"{self.sample}_{PANEL}"


def draw_trial(
    n_patients: int, effects: Effects, seed: int
) -> tuple[list[Patient], list[Draw], dict[int, int]]:
    """Draw the patients, their blood and the swap.

    Parameters
    ----------
    n_patients
        How many.
    effects
        What endpoints do to counts.
    seed
        Seed of the cohort.

    Returns
    -------
    The patients in the order of their enrolment, their draws, and for the number of a swapped draw
    the number of the one whose blood its file holds.
    """
    rng = np.random.default_rng([seed, TRIAL])
    patients = draw_patients(n_patients, effects, rng)
    draws = [
        Draw(patient, visit, _batch_of(patient, visit), patient.counts_per_ul(visit, rng))
        for patient in patients
        for visit in patient.visits
    ]
    return patients, draws, _choose_swap(draws, rng)


def _batch_of(patient: Patient, visit: str) -> str:
    return f"run{(patient.enrolled_day + patient.study_day(visit)) // _BATCH_DAYS + 1}"


def _choose_swap(draws: list[Draw], rng: np.random.Generator) -> dict[int, int]:
    """Return two draws of one visit, each with the other's place; none with one patient only."""
    candidates = [number for number, draw in enumerate(draws) if draw.visit == _SWAPPED_VISIT]
    if len(candidates) < 2:
        return {}
    first, second = (int(number) for number in rng.choice(candidates, 2, replace=False))
    return {first: second, second: first}
