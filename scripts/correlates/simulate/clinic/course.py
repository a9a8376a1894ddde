"""The course of one simulated patient: what is true on which day, before anything is measured."""

from dataclasses import dataclass, field

import numpy as np

from correlates.simulate.clinic.calendar import Calendar
from correlates.simulate.clinic.fates import DROPOUT, PROGRESSIVE, WELL
from correlates.simulate.trial import Patient

# What a scan finds: the pattern, and the category that it is by construction.
CATEGORIES = {
    "baseline": "",
    "not_assessed": "NE",
    "stable": "SD",
    "flare": "SD",
    "blood_unchanged": "SD",
    "lymphocytosis": "PR-L",
    "partial": "PR",
    "drug_platelets": "PR",
    "nodules": "nPR",
    "hypocellular": "CRi",
    "complete": "CR",
    "growth": "PD",
    "new_lesion": "PD",
    "single_site": "PD",
    "transformation": "PD",
}
_BEST = {
    "CR": "complete",
    "CRi": "hypocellular",
    "nPR": "nodules",
    "PR": "partial",
    "PR-L": "lymphocytosis",
    "SD": "stable",
}
# visit and pattern of the fates that are one other finding at one visit
_AT_VISIT = {
    "new_lesion": ("C13D1", "new_lesion"),
    "late_growth": ("C13D1", "growth"),
    "transformation": ("C13D1", "transformation"),
    "single_site": ("C16D1", "single_site"),
    "unconfirmed": ("C7D1", "new_lesion"),
    "missed_two": ("C19D1", "growth"),
    "drug_platelets": ("C4D1", "drug_platelets"),
    "missed_one": ("C4D1", "not_assessed"),
}
_REPEATED_AFTER_DAYS = 30
_FLARE_IMAGED_FROM = 2
# Days from the first lenalidomide on which blood is drawn, or something else is measured.
_OTHER_VISITS = (3, 7, 11, 14, 18, 20, 28, 39)


@dataclass(frozen=True)
class Check:
    """One assessment of response.

    Parameters
    ----------
    visit, day
        When.
    pattern
        What is found, a key of ``CATEGORIES``.
    """

    visit: str
    day: int
    pattern: str

    @property
    def category(self) -> str:
        """Response category, true by construction; empty at baseline."""
        return CATEGORIES[self.pattern]


@dataclass
class Course:
    """One patient's truth in time, in study days; None for what never happened.

    Parameters
    ----------
    patient
        Who.
    fate
        One of ``fates``.
    calendar
        Cycles, and the last day known.
    checks
        Assessments in the order of their days, the first at baseline.
    flare_onset
        Days from the first lenalidomide dose to the onset of flare.
    death_day, new_therapy_day, off_day
        Days of death, of another treatment, and of the end of this one.
    off_reason
        Why this treatment ended.
    """

    patient: Patient
    fate: str
    calendar: Calendar
    checks: list[Check] = field(default_factory=list)
    flare_onset: int | None = None
    death_day: int | None = None
    new_therapy_day: int | None = None
    off_day: int | None = None
    off_reason: str = ""

    @property
    def received_lenalidomide(self) -> bool:
        """Whether there was a first dose of lenalidomide."""
        return self.patient.clinical["lenalidomide_start_day"] is not None

    @property
    def grade(self) -> int:
        """Highest grade of flare, 0 where there was none."""
        return self.patient.clinical["tfr_grade"] or 0

    @property
    def last_day(self) -> int:
        """Last day on which anything is known."""
        return self.calendar.last_day

    def day_of(self, visit: str) -> int | None:
        """Return the day of an assessment; None if it was not held."""
        return next((check.day for check in self.checks if check.visit == visit), None)


def draw_course(patient: Patient, fate: str, last_day: int, rng: np.random.Generator) -> Course:
    """Draw what happens to one patient.

    Parameters
    ----------
    patient
        Response, flare grade and start of lenalidomide are theirs already.
    fate
        One of ``fates``.
    last_day
        When the trial's record closes.
    rng
        Source of randomness.
    """
    start = patient.clinical["lenalidomide_start_day"]
    delay = 7 * int(fate == WELL and rng.random() < 0.2)
    course = Course(patient, fate, Calendar(start or 29, delay, last_day))
    screening = Check("SCR", int(-rng.integers(1, 12)), "baseline")
    if fate == DROPOUT:
        course.checks = [screening]
        course.off_day, course.off_reason = 31, "withdrawal"
        course.calendar.last_day = 31
        return course
    if course.grade:
        course.flare_onset = int(np.clip(rng.poisson(6), 1, 20))
    found = _scheduled(course, rng)
    _apply_fate(course, found, rng)
    checks = [screening, *found.values(), *_imaged_flare(course, rng)]
    course.checks = sorted(checks, key=lambda check: check.day)
    return course


def _scheduled(course: Course, rng: np.random.Generator) -> dict[str, Check]:
    """Return the scheduled assessments as they would be but for the patient's fate."""
    response = course.patient.clinical["response"]
    deep = response in ("CR", "CRi", "nPR")
    early = deep and rng.random() < 0.5
    by_way = "partial" if course.fate != WELL or rng.random() < 0.5 else "lymphocytosis"
    found = {}
    for visit, planned in course.calendar.assessments().items():
        late = 0 if visit == "C1D1" else int(rng.integers(0, 3))
        day = min(planned + late, course.last_day)
        pattern = _BEST.get(response, "growth")
        if visit == "C1D1":
            pattern = "stable"
        elif deep and (visit == "C4D1" or (visit == "C7D1" and not early)):
            pattern = "partial"
        elif response == "PR" and visit == "C4D1":
            pattern = by_way
        elif course.fate == "unconfirmed":
            # A response that the next assessment does not find again: stable disease at best.
            pattern = "partial"
        elif course.fate == "blood_unchanged":
            pattern = "blood_unchanged"
        found[visit] = Check(visit, day, pattern)
    return found


def _apply_fate(course: Course, found: dict[str, Check], rng: np.random.Generator) -> None:
    """Let the patient's fate change what is found, and end what it ends."""
    fate = course.fate
    if fate == PROGRESSIVE:
        del found["C1D1"]
        _progress(course, found, "C4D1", str(rng.choice(["growth", "new_lesion"])), rng)
    elif fate in ("new_lesion", "late_growth", "transformation", "single_site", "unconfirmed"):
        _progress(course, found, *_AT_VISIT[fate], rng)
    elif fate in _AT_VISIT:
        visit, pattern = _AT_VISIT[fate]
        found[visit] = Check(visit, found[visit].day, pattern)
    seventh = found["C7D1"].day if "C7D1" in found else None
    if fate == "transformation":
        _die(course, found, course.off_day + int(rng.integers(50, 90)))
    elif fate == "death":
        _die(course, found, seventh + int(rng.integers(40, 120)))
        course.off_day, course.off_reason = course.death_day, "death"
    elif fate == "withdrawal":
        course.off_day, course.off_reason = seventh + int(rng.integers(20, 60)), "withdrawal"
        course.calendar.last_day = course.off_day
        _drop_after(found, course.off_day)
    elif fate == "new_therapy":
        course.new_therapy_day = seventh + int(rng.integers(30, 60))
        course.off_day, course.off_reason = course.new_therapy_day - 5, "other"
        # What the other treatment does is neither response nor progression of this one.
        day, pattern = found["C13D1"].day, str(rng.choice(["complete", "new_lesion"]))
        found["C13D1"] = Check("C13D1", day, pattern)
        _drop_after(found, day)
    elif fate == "missed_two":
        found["C13D1"] = Check("C13D1", found["C13D1"].day, "not_assessed")
        del found["C16D1"]
        _progress(course, found, *_AT_VISIT[fate], rng)


def _progress(
    course: Course, found: dict[str, Check], visit: str, pattern: str, rng: np.random.Generator
) -> None:
    """Let the disease progress at a visit, be shown again a month later, and treatment end."""
    day = found[visit].day
    found[visit] = Check(visit, day, pattern)
    _drop_after(found, day)
    course.off_day, course.off_reason = day + int(rng.integers(2, 8)), "progression"
    again = day + _REPEATED_AFTER_DAYS
    if pattern != "transformation" and again <= course.last_day:
        name = course.calendar.unscheduled_visit(again)
        found[name] = Check(name, again, pattern)


def _die(course: Course, found: dict[str, Check], day: int) -> None:
    course.death_day = course.calendar.last_day = min(day, course.last_day)
    _drop_after(found, course.death_day)


def _drop_after(found: dict[str, Check], day: int) -> None:
    for visit in [visit for visit, check in found.items() if check.day > day]:
        del found[visit]


def _imaged_flare(course: Course, rng: np.random.Generator) -> list[Check]:
    """Return the scans of a flare: in it, and in every second patient after it."""
    if course.grade < _FLARE_IMAGED_FROM or course.fate == PROGRESSIVE:
        return []
    begin = course.flare_onset + 1
    days = {begin: "flare"} | ({begin + 18: "stable"} if rng.random() < 0.5 else {})
    found = []
    for after, pattern in days.items():
        # No scan falls on a day of which another visit tells the counts.
        day = course.calendar.start + after + int(after in _OTHER_VISITS)
        found.append(Check(course.calendar.unscheduled_visit(day), day, pattern))
    return found
