"""What befalls whom in the simulated clinic: each fate at most one patient of a cohort."""

from dataclasses import dataclass

import numpy as np

from correlates.simulate.trial import Patient

# Long enough after the last enrolment for every complete remission to be confirmed.
_FOLLOW_UP_OF_LAST_DAYS = 484
_CLOSE_DAY = 760
WELL = "well"
DROPOUT = "dropout"
PROGRESSIVE = "progressive"


@dataclass(frozen=True)
class _Eligible:
    responses: tuple[str, ...]
    largest_node_cm: float = 0.0
    followed_days: int = 0


# In the order in which they are given out; a cohort without a fitting patient goes without.
_FATES = {
    # progression, by each of its roads
    "new_lesion": _Eligible(("SD",)),
    "late_growth": _Eligible(("PR",), largest_node_cm=3.5),
    "transformation": _Eligible(("PR",)),
    "single_site": _Eligible(("PR",), largest_node_cm=3.5, followed_days=470),
    "unconfirmed": _Eligible(("SD",)),
    # what ends the observation without a progression
    "death": _Eligible(("PR", "PR-L")),
    "new_therapy": _Eligible(("PR-L", "PR")),
    "withdrawal": _Eligible(("PR", "PR-L")),
    "missed_two": _Eligible(("PR",), largest_node_cm=3.5, followed_days=550),
    # what must not be mistaken for anything
    "blood_unchanged": _Eligible(("SD",)),
    "drug_platelets": _Eligible(("PR",)),
    "missed_one": _Eligible(("CR", "PR", "nPR")),
}


def last_known_days(patients: list[Patient]) -> list[int]:
    """Return the study day on which the trial's record closes for each patient."""
    close = max(_CLOSE_DAY, patients[-1].enrolled_day + _FOLLOW_UP_OF_LAST_DAYS)
    return [close - patient.enrolled_day for patient in patients]


def draw_fates(patients: list[Patient], rng: np.random.Generator) -> list[str]:
    """Return the fate of each patient; most are well.

    Parameters
    ----------
    patients
        Of the cohort, in the order of their enrolment.
    rng
        Source of randomness.
    """
    fates = [_given(patient) for patient in patients]
    followed = last_known_days(patients)
    for fate, eligible in _FATES.items():
        fitting = [
            index
            for index, patient in enumerate(patients)
            if fates[index] == WELL
            and patient.clinical["response"] in eligible.responses
            and patient.clinical["largest_node_cm"] >= eligible.largest_node_cm
            and followed[index] >= eligible.followed_days
        ]
        if fitting:
            fates[int(rng.choice(fitting))] = fate
    return fates


def _given(patient: Patient) -> str:
    if patient.clinical["lenalidomide_start_day"] is None:
        return DROPOUT
    return PROGRESSIVE if patient.clinical["response"] == "PD" else WELL
