"""What is given out over a simulated cohort: toxicities, planted defects and disagreements."""

from dataclasses import dataclass, field

import numpy as np

from correlates.simulate.clinic.course import Course
from correlates.simulate.clinic.fates import DROPOUT, WELL
from correlates.simulate.clinic.toxicity import NEUTROPENIA, RASH
from correlates.simulate.trial import DOSE_LEVELS_MG, Patient

# Enough patients of a dose level for one toxicity among them to let the next level open.
_EXPANDED = 4
_FEWEST_WITH_TWO = 3
_LYSIS = ("clinical", "laboratory", "one_value", "late")
# One more than a visit's window.
_LATE_BY_DAYS = 4
_LATE_VISIT = "C2D1"
# A cohort must be large enough that a defect is an exception.
_FEWEST_WITH_DEFECTS = 12
# What the investigator wrote in place of the category that it is.
_MISTAKEN = {"PR": "CR", "PR-L": "PR"}


@dataclass
class Plan:
    """What was given out, by patient.

    Parameters
    ----------
    dlt
        Dose-limiting toxicities.
    lysis
        Tumor lysis and near misses, as of ``Toxicity``.
    first_dose
        First dose where it was planted to differ from the dose level, in milligrams.
    typed_grade
        Flare grade that is typed in where it was planted to be wrong.
    late_draw
        Sample drawn outside its window: patient and visit, with the days it was late.
    disagreements
        Patient and visit: category of an investigator who was planted to be wrong.
    """

    dlt: dict[str, str] = field(default_factory=dict)
    lysis: dict[str, str] = field(default_factory=dict)
    first_dose: dict[str, float] = field(default_factory=dict)
    typed_grade: dict[str, int] = field(default_factory=dict)
    late_draw: dict[tuple[str, str], int] = field(default_factory=dict)
    disagreements: dict[tuple[str, str], str] = field(default_factory=dict)
    defects: bool = True

    def choose_assessments(self, courses: dict[str, Course], rng: np.random.Generator) -> None:
        """Choose the two assessments of which the investigator thinks otherwise."""
        if not self.defects:
            return
        for category, mistaken in _MISTAKEN.items():
            fitting = [
                (key, check.visit)
                for key, course in courses.items()
                if course.fate == WELL and course.patient.clinical["response"] == category
                for check in course.checks
                if check.category == category and check.visit == "C7D1"
            ]
            if fitting:
                self.disagreements[fitting[int(rng.integers(len(fitting)))]] = mistaken


def draw_plan(
    patients: list[Patient], fates: list[str], defects: bool, rng: np.random.Generator
) -> Plan:
    """Give out toxicities, and the defects that are to be found.

    Parameters
    ----------
    patients, fates
        Of the cohort, in the order of their enrolment.
    defects
        Whether to plant any defect or disagreement.
    rng
        Source of randomness.
    """
    plan = Plan(defects=defects and len(patients) >= _FEWEST_WITH_DEFECTS)
    treated = [patient for patient, fate in zip(patients, fates, strict=True) if fate != DROPOUT]
    well = {patient.key for patient, fate in zip(patients, fates, strict=True) if fate == WELL}
    _give_dlts(plan, treated, rng)
    _give_lysis(plan, treated, rng)
    if plan.defects:
        _give_defects(plan, [patient for patient in treated if patient.key in well], rng)
    return plan


def _give_dlts(plan: Plan, treated: list[Patient], rng: np.random.Generator) -> None:
    """Let the top level have two toxicities, and the one below at most one: 3+3 stops there."""
    levels: dict[float, list[str]] = {}
    for patient in treated:
        levels.setdefault(patient.clinical["dose_level_mg"], []).append(patient.key)
    ordered = sorted(levels)
    top = levels[ordered[-1]] if ordered else []
    if len(top) >= _FEWEST_WITH_TWO:
        first, second = (str(key) for key in rng.choice(top, 2, replace=False))
        plan.dlt |= {first: NEUTROPENIA, second: RASH}
    below = levels[ordered[-2]] if len(ordered) > 1 else []
    if len(below) >= _EXPANDED:
        plan.dlt[str(rng.choice(below))] = NEUTROPENIA


def _give_lysis(plan: Plan, treated: list[Patient], rng: np.random.Generator) -> None:
    """Give tumor lysis and near misses to those whose doses nothing else interrupts."""
    free = [
        patient.key
        for patient in treated
        if patient.key not in plan.dlt and patient.clinical["tfr_grade"] < 3
    ]
    chosen = rng.permutation(free)[: len(_LYSIS)]
    plan.lysis = {str(key): kind for key, kind in zip(chosen, _LYSIS, strict=False)}


def _give_defects(plan: Plan, well: list[Patient], rng: np.random.Generator) -> None:
    free = [
        patient for patient in well if patient.key not in plan.dlt and patient.key not in plan.lysis
    ]
    low = DOSE_LEVELS_MG[0]
    raised = [patient for patient in free if patient.clinical["dose_level_mg"] > low]
    if raised:
        patient = raised[int(rng.integers(len(raised)))]
        level = patient.clinical["dose_level_mg"]
        plan.first_dose[patient.key] = max(mg for mg in DOSE_LEVELS_MG if mg < level)
        free = [other for other in free if other is not patient]
    flared = [patient for patient in free if patient.clinical["tfr_grade"] > 0]
    if flared:
        patient = flared[int(rng.integers(len(flared)))]
        plan.typed_grade[patient.key] = patient.clinical["tfr_grade"] - 1
        free = [other for other in free if other is not patient]
    if free:
        patient = free[int(rng.integers(len(free)))]
        plan.late_draw[patient.key, _LATE_VISIT] = _LATE_BY_DAYS
