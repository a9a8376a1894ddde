"""The simulated trial: patients, their endpoints, and the effects planted in their blood."""

from dataclasses import dataclass

import numpy as np

from correlates.simulate.counts import VISITS, draw_before, draw_counts, draw_memory
from correlates.simulate.nk import NkTraits, with_cd57_scaled
from correlates.simulate.populations import CLONE_CD5

DOSE_LEVELS_MG = (2.5, 5.0, 7.5, 10.0)
COMPLETE = ("CR", "CRi")
# how many of 24 patients have each best response, and each grade of flare
RESPONSES = {"CR": 4, "CRi": 1, "nPR": 1, "PR": 11, "PR-L": 3, "SD": 3, "PD": 1}
FLARE_GRADES = {0: 7, 1: 7, 2: 8, 3: 2}
# on which study day they take the first lenalidomide
LENALIDOMIDE_DAYS = {29: 20, 30: 2, 31: 2}
_MEAN_GRADE = sum(grade * n for grade, n in FLARE_GRADES.items()) / sum(FLARE_GRADES.values())
_RUN_IN = ("C0D1", "C0D8", "C1D1")
_PLANNED_LENALIDOMIDE_DAY = VISITS["C1D1"][0]
_DAYS_BETWEEN_ENROLMENTS = 12
_FEWEST_FOR_A_DROPOUT = 6


@dataclass(frozen=True)
class Effects:
    """Planted effects, each a difference of log2 cells per microlitre at every visit.

    Parameters
    ----------
    t_cd4_complete
        CD4+ T cells, complete responders against the rest (H1).
    nk_cd57_complete
        CD57+ NK cells, complete responders against the rest (H2), by a larger share of NK.
    nk_per_grade
        NK cells, for each grade of tumor flare reaction (H6).
    """

    t_cd4_complete: float = 1.2
    nk_cd57_complete: float = 1.3
    nk_per_grade: float = 0.65


NO_EFFECTS = Effects(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Patient:
    """One patient: what the clinical sheet says, and the traits behind the blood.

    Parameters
    ----------
    key
        Patient key.
    clinical
        Columns of the clinical sheet; None where it is empty.
    before
        Cells per microlitre before treatment, by class of cell.
    memory
        Shares of the memory subsets, by T lineage.
    traits
        NK continuum.
    clone_shift
        What the clone's expression differs by, log10, by marker.
    enrolled_day
        Day since the trial began, which decides the batch.
    """

    key: str
    clinical: dict
    before: dict[str, float]
    memory: dict[str, np.ndarray]
    traits: NkTraits
    clone_shift: dict[str, float]
    enrolled_day: int

    @property
    def visits(self) -> tuple[str, ...]:
        """Visits at which blood was drawn: those of the run-in without lenalidomide."""
        received = self.clinical["lenalidomide_start_day"] is not None
        return tuple(VISITS) if received else _RUN_IN

    @property
    def crcl_ml_min(self) -> float:
        """Creatinine clearance (Cockcroft and Gault) at 78 kg and a creatinine of 1.0 mg/dL."""
        clearance = (140 - self.clinical["age_y"]) * 78 / 72
        return round(clearance * (0.85 if self.clinical["sex"] == "F" else 1.0), 1)

    def study_day(self, visit: str) -> int:
        """Return the day of the draw; from C1D1 on it moves with the start of lenalidomide."""
        planned = VISITS[visit][0]
        start = self.clinical["lenalidomide_start_day"]
        is_delayed = start is not None and planned >= _PLANNED_LENALIDOMIDE_DAY
        return planned + start - _PLANNED_LENALIDOMIDE_DAY if is_delayed else planned

    def counts_per_ul(self, visit: str, rng: np.random.Generator) -> dict[str, float]:
        """Draw the true cells per microlitre of each leukocyte label at one visit."""
        return draw_counts(self.before, self.memory, self.traits, visit, rng)


def allocate(shares: dict, count: int, rng: np.random.Generator) -> list:
    """Return ``count`` values in random order, as often as their shares ask for.

    Parameters
    ----------
    shares
        Weight of each value; the largest remainders are rounded up.
    count
        How many values.
    rng
        Source of randomness.
    """
    weights = np.array(list(shares.values()), dtype=float)
    ideal = weights / weights.sum() * count
    times = np.floor(ideal).astype(int)
    times[np.argsort(times - ideal, kind="stable")[: count - times.sum()]] += 1
    values = [value for value, n in zip(shares, times, strict=True) for _ in range(n)]
    return [values[index] for index in rng.permutation(count)]


def draw_patients(n_patients: int, effects: Effects, rng: np.random.Generator) -> list[Patient]:
    """Draw the patients of a cohort, in the order of their enrolment.

    Parameters
    ----------
    n_patients
        How many; about one in five reaches CR or CRi, ten of 24 flare with grade 2 or more, one in
        six has a CD5-dim clone, and from six patients on one leaves before lenalidomide.
    effects
        What endpoints do to counts.
    rng
        Source of randomness.
    """
    responses = allocate(RESPONSES, n_patients, rng)
    grades = allocate(FLARE_GRADES, n_patients, rng)
    start_days = allocate(LENALIDOMIDE_DAYS, n_patients, rng)
    clones_are_dim = allocate({True: 1, False: 5}, n_patients, rng)
    dropout = _choose_dropout(responses, grades, rng)
    patients = []
    for index, endpoints in enumerate(zip(responses, grades, strict=True)):
        level = DOSE_LEVELS_MG[index * len(DOSE_LEVELS_MG) // n_patients]
        known = (None, None, None) if index == dropout else (start_days[index], *endpoints)
        clinical = _draw_clinical(level, *known, rng)
        blood = _draw_blood(*endpoints, clones_are_dim[index], effects, rng)
        enrolled = index * _DAYS_BETWEEN_ENROLMENTS
        patients.append(Patient(f"P{index + 1:02d}", clinical, *blood, enrolled))
    return patients


def _choose_dropout(
    responses: list[str], grades: list[int], rng: np.random.Generator
) -> int | None:
    """Return who leaves in the run-in: someone whose endpoints are neither rare nor planted on."""
    common = [
        index
        for index, (response, grade) in enumerate(zip(responses, grades, strict=True))
        if response in ("PR", "SD") and grade < 2
    ]
    if len(responses) < _FEWEST_FOR_A_DROPOUT or not common:
        return None
    return int(rng.choice(common))


def _draw_clinical(
    level: float,
    start_day: int | None,
    response: str | None,
    grade: int | None,
    rng: np.random.Generator,
) -> dict:
    return {
        "age_y": int(np.clip(rng.normal(66, 8), 42, 88)),
        "sex": str(rng.choice(["M", "F"], p=[0.65, 0.35])),
        "prior_lines": int(1 + rng.poisson(1.4)),
        "dose_level_mg": level,
        "lenalidomide_start_day": start_day,
        "response": response or "NE",
        "tfr_grade": grade,
        "largest_node_cm": round(float(np.exp(rng.normal(np.log(4.2), 0.45))), 1),
        "del17p": str(rng.choice(["yes", "no"], p=[0.3, 0.7])),
        "ighv": str(rng.choice(["unmutated", "mutated"], p=[0.7, 0.3])),
        "b2m_mg_l": round(float(np.exp(rng.normal(np.log(3.6), 0.35))), 1),
        "prophylaxis": str(rng.choice(["none", "steroid"])),
    }


def _draw_blood(
    response: str, grade: int, clone_is_dim: bool, effects: Effects, rng: np.random.Generator
) -> tuple[dict, dict, NkTraits, dict]:
    """Return cells before treatment, memory shares, the NK continuum and the clone's shift."""
    complete = response in COMPLETE
    shift = {
        "t_cd4": effects.t_cd4_complete * complete,
        "nk": effects.nk_per_grade * (grade - _MEAN_GRADE),
    }
    before, memory = draw_before(shift, rng), draw_memory(rng)
    cd57 = float(np.clip(rng.normal(0.25, 0.035), 0.16, 0.31))
    traits = NkTraits(bright=float(rng.uniform(0.06, 0.11)), cd57=cd57)
    traits = with_cd57_scaled(traits, 2 ** (effects.nk_cd57_complete * complete))
    cd5 = rng.normal(3.25, 0.05) if clone_is_dim else rng.normal(3.75, 0.12)
    clone_shift = {
        "CD5": float(cd5 - np.log10(CLONE_CD5)),
        "CD19": float(rng.normal(0, 0.06)),
        "CD45": float(rng.normal(0, 0.04)),
    }
    return before, memory, traits, clone_shift
