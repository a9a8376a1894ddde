"""What treatment does to a simulated patient beside the disease: each grade chosen beforehand."""

from dataclasses import dataclass, field

import numpy as np

from correlates.simulate.clinic.calendar import CYCLE_DAYS
from correlates.simulate.clinic.course import Course
from correlates.simulate.clinic.fates import DROPOUT

# Values drawn within a grade, away from its limits. Source: CTCAE v5 as of the trial's rules.
_ANC = {2: (1.05, 1.4), 3: (0.55, 0.9), 4: (0.1, 0.4)}
_PLT = {2: (52, 72), 3: (27, 47), 4: (12, 22)}
_HB = {3: (7.5, 7.9)}
# Values about the lowest one: day of the cycle, days apart, and range.
_AROUND = {
    ("anc_10e9_l", 4): ((12, -3, (0.6, 0.9)), (19, 4, (0.6, 0.9))),
    ("plt_10e9_l", 2): ((19, -3, (76, 85)), (26, 4, (76, 85))),
    ("plt_10e9_l", 3): ((19, -3, (60, 72)), (26, 4, (60, 72))),
    ("hb_g_dl", 3): ((5, -3, (8.05, 8.14)),),
}
_GRADES = {"anc": ({0: 0.5, 2: 0.2, 3: 0.22, 4: 0.08}), "plt": ({0: 0.75, 2: 0.13, 3: 0.12})}
_TERMS = {
    "anc_10e9_l": "Neutrophil count decreased",
    "plt_10e9_l": "Platelet count decreased",
    "hb_g_dl": "Anemia",
}
_LYSIS = {"uric_acid_mg_dl": 9.1, "potassium_mmol_l": 4.4, "phosphate_mg_dl": 5.4}
_NEAR_MISS = {"uric_acid_mg_dl": 8.6}
_COMMON = ("Fatigue", "Diarrhea", "Upper respiratory infection", "Nausea", "Muscle cramp")
NEUTROPENIA, RASH = "neutropenia", "rash"


@dataclass(frozen=True)
class Change:
    """Values of one day that differ from the usual, in the laboratory's columns."""

    visit: str
    day: int
    values: dict[str, float]


@dataclass
class Toxicity:
    """All of one patient.

    Parameters
    ----------
    falls
        Falls of blood counts.
    chemistry
        Days on which the chemistry is measured or changed for tumor lysis.
    events
        Rows of the adverse event sheet, without the patient.
    dlt
        Dose-limiting toxicity, if there was one.
    lysis
        ``laboratory``, ``clinical``, a near miss (``one_value``, ``late``) or nothing.
    """

    falls: list[Change] = field(default_factory=list)
    chemistry: list[Change] = field(default_factory=list)
    events: list[dict] = field(default_factory=list)
    dlt: str = ""
    lysis: str = ""


def draw_toxicity(
    course: Course, dlt: str, lysis: str, creatinine_uln: float, rng: np.random.Generator
) -> Toxicity:
    """Draw what befalls one patient.

    Parameters
    ----------
    course
        Of the patient.
    dlt, lysis
        As given out over the cohort; see ``Toxicity``.
    creatinine_uln
        Upper limit of normal, mg/dL.
    rng
        Source of randomness.
    """
    made = Toxicity(dlt=dlt, lysis=lysis)
    _plant_common(course, made, rng)
    if course.fate == DROPOUT:
        return made
    _plant_falls(course, made, rng)
    _plant_lysis(course, made, creatinine_uln)
    if dlt == RASH:
        day = course.calendar.start + 9
        made.events.append(_event("Rash maculo-papular", day, day + 15, 3, dlt=True, action="held"))
    return made


def _plant_falls(course: Course, made: Toxicity, rng: np.random.Generator) -> None:
    start = course.calendar.start
    grade = 4 if made.dlt == NEUTROPENIA else _choose(_GRADES["anc"], rng)
    limiting = made.dlt == NEUTROPENIA
    # In the first cycle grade 3 and 4 are dose-limiting, and no others are to be judged there.
    is_first_cycle = limiting or grade < 3
    at = ("C1D15", start + 14) if is_first_cycle else ("C2D15", start + CYCLE_DAYS + 14)
    action = "held" if limiting else "none"
    _fall(made, at, "anc_10e9_l", _ANC, grade, rng, dlt=limiting, action=action)
    if course.fate in ("drug_platelets", "blood_unchanged"):
        return
    late = ("C2D22", start + CYCLE_DAYS + 21)
    _fall(made, late, "plt_10e9_l", _PLT, _choose(_GRADES["plt"], rng), rng)
    if rng.random() < 0.08:
        _fall(made, ("C3D8", course.calendar.cycle_day(3) + 7), "hb_g_dl", _HB, 3, rng)


def _fall(
    made: Toxicity,
    at: tuple[str, int],
    column: str,
    ranges: dict[int, tuple[float, float]],
    grade: int,
    rng: np.random.Generator,
    **event,
) -> None:
    if grade not in ranges:
        return
    visit, day = at
    digits = 0 if column == "plt_10e9_l" else 1 if column == "hb_g_dl" else 2
    value = round(float(rng.uniform(*ranges[grade])), digits)
    made.falls.append(Change(visit, day, {column: value}))
    # No count falls to its lowest, and rises from it, within a day.
    for cycle_day, apart, level in _AROUND.get((column, grade), ()):
        near = round(float(rng.uniform(*level)), digits)
        name = f"{visit.partition('D')[0]}D{cycle_day}"
        made.falls.append(Change(name, day + apart, {column: near}))
    made.events.append(_event(_TERMS[column], day, day + 10, grade, **event))


def _plant_lysis(course: Course, made: Toxicity, uln: float) -> None:
    """Measure chemistry in the days after the first lenalidomide, and plant what is to be found."""
    start = course.calendar.start
    day = start + (20 if made.lysis == "late" else 3)
    values: dict[str, float] = {}
    if made.lysis in ("laboratory", "clinical", "late"):
        values = _LYSIS | ({"creatinine_mg_dl": 1.8 * uln} if made.lysis == "clinical" else {})
    elif made.lysis == "one_value":
        values = _NEAR_MISS
    rounded = {name: round(value, 2) for name, value in values.items()}
    name = course.calendar.unscheduled_visit(day)
    made.chemistry.append(Change(name, day, rounded))
    if made.lysis in ("laboratory", "clinical"):
        made.events.append(_event("Tumor lysis syndrome", day, day + 6, 3, serious=True))


def _plant_common(course: Course, made: Toxicity, rng: np.random.Generator) -> None:
    for term in rng.choice(_COMMON, int(rng.integers(1, 4)), replace=False):
        day = int(rng.integers(2, max(course.last_day - 20, 12)))
        made.events.append(
            _event(str(term), day, day + int(rng.integers(3, 16)), int(rng.integers(1, 3)))
        )
    if course.death_day and course.fate == "death":
        onset = course.death_day - 9
        made.events.append(
            _event("Sepsis", onset, course.death_day, 5, serious=True, cause="other")
        )


def _event(term: str, onset: int, resolution: int, grade: int, **more) -> dict:
    return {
        "term": term,
        "onset_day": onset,
        "resolution_day": resolution,
        "grade": grade,
        "ctcae_version": "5.0",
        "serious": False,
        "related_ibrutinib": False,
        "related_lenalidomide": grade >= 3,
        "dlt": False,
        "cause": "drug",
        "action": "none",
    } | more


def _choose(shares: dict[int, float], rng: np.random.Generator) -> int:
    return int(rng.choice(list(shares), p=list(shares.values())))
