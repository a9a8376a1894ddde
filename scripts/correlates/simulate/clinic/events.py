"""Flares, adverse events and follow-up of a simulated patient."""

import numpy as np

from correlates.simulate.clinic.course import Course
from correlates.simulate.clinic.doses import Doses
from correlates.simulate.clinic.fates import DROPOUT
from correlates.simulate.clinic.toxicity import Toxicity

_TREATMENTS = {1: "none", 2: "nsaid", 3: "steroid", 4: "steroid;opioid"}
# NCI grades of flare stand in this version; later ones lack the term.
_FLARE_VERSION = "3.0"
_DEATH_CAUSES = {"transformation": "transformation", "death": "other"}


def flare_rows(course: Course, doses: Doses, rng: np.random.Generator) -> list[dict]:
    """Return the flare sheet of one patient: no row for who did not flare, or was not at risk.

    Every fourth of those who flared has a second, milder one under the same drug, which changes
    neither the highest grade nor the onset of the first.
    """
    if course.flare_onset is None:
        return []
    rows = [_flare(course, doses, 1, course.flare_onset, course.grade, rng)]
    again = course.flare_onset + 40
    end = (course.off_day or course.last_day) - course.calendar.start
    if course.grade >= 2 and rng.random() < 0.25 and again + 12 < end:
        rows.append(_flare(course, doses, 2, again, 1, rng))
    return rows


def _flare(
    course: Course, doses: Doses, number: int, onset: int, grade: int, rng: np.random.Generator
) -> dict:
    day = course.calendar.start + onset
    taken = doses.taken("lenalidomide")
    was_held = grade >= 3 and doses.taken("lenalidomide").get(day + 1) is None
    return {
        "patient": course.patient.key,
        "event_id": f"F{number}",
        "onset_day_from_len": onset,
        "resolution_day_from_len": onset + int(rng.integers(8, 12)),
        "grade": grade,
        "ctcae_version": _FLARE_VERSION,
        "sites": "nodes;spleen" if grade >= 3 else "nodes",
        "fever": bool(rng.random() < 0.3),
        "rash": bool(rng.random() < 0.2),
        "bone_pain": bool(rng.random() < 0.2),
        "alc_change": "increase" if rng.random() < 0.3 else "none",
        "treatment": _TREATMENTS[grade],
        "len_dose_at_onset_mg": taken.get(day),
        "dose_action": "held" if was_held else "none",
    }


def adverse_event_rows(course: Course, toxicity: Toxicity) -> list[dict]:
    """Return the adverse events of one patient, in the order of their onset."""
    known = (event for event in toxicity.events if event["onset_day"] <= course.last_day)
    rows = [{"patient": course.patient.key} | event for event in known]
    for row in rows:
        row["resolution_day"] = min(row["resolution_day"], course.last_day)
    return sorted(rows, key=lambda row: (row["onset_day"], row["term"]))


def follow_up_rows(course: Course) -> list[dict]:
    """Return the contacts with one patient: at each visit for response, and the last of all."""
    key, last = course.patient.key, course.last_day
    visits = [check.day for check in course.checks if 1 < check.day < last]
    rows = [{"patient": key, "study_day": day, "alive": True} for day in visits]
    died = course.death_day is not None
    ended = {
        "patient": key,
        "study_day": last,
        "alive": not died,
        "death_day": course.death_day,
        "death_cause": _DEATH_CAUSES[course.fate] if died else None,
        "new_therapy_day": course.new_therapy_day,
        "off_study_day": course.off_day,
        "off_study_reason": course.off_reason or None,
    }
    return [*rows, ended]


def is_at_risk(course: Course) -> bool:
    """Say whether a patient could have a flare of lenalidomide at all."""
    return course.fate != DROPOUT and course.received_lenalidomide
