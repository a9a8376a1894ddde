"""Who cannot be said to have failed to respond, because nothing that would tell was due yet.

One rule for the endpoints of a patient and for the rates of the cohort. A trial that goes on, or a
data cut, ends what is known in the middle of a course: a first assessment that is not due, stable
disease that has not lasted long enough to be called so, a response that waits for its confirmation.
None of them is a "no". Whoever has left, has progressed, or missed what was due is judged by what
there is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from correlates.clinical.records import ClinicalRecords
from correlates.clinical.response.best import before_progression
from correlates.clinical.response.judged import (
    ORDER,
    PENDING,
    RANK,
    RESPONSES_WITH_LYMPHOCYTOSIS,
    TYPED,
    Course,
)
from correlates.clinical.survival.gather import history_of
from correlates.clinical.survival.history import NOT_EVALUABLE, History
from correlates.clinical.survival.schedule import Schedule, missed_visits


@dataclass(frozen=True)
class NotYet:
    """A best response that is not known yet.

    Parameters
    ----------
    at_best
        The best category that what is known so far may come to.
    reason
        Why it is not known.
    """

    at_best: str
    reason: str


# Sheets that a best response by day is made of: a row of theirs that is left out may have told it.
OF_RESPONSE = ("assessments", "lesions", "exposure", "flares", "follow_up")

EarlyOf = Callable[[str, Course, bool], NotYet | None]


def early_of(records: ClinicalRecords, settings: Mapping) -> EarlyOf:
    """Return what says of a patient, a course and whether responses must be confirmed: not yet.

    Parameters
    ----------
    records
        The study's records, up to the data cut.
    settings
        Of the config's block ``clinical.survival``, when assessments are due.
    """
    schedule = Schedule.of(settings)

    def early(patient: str, course: Course, must_confirm: bool) -> NotYet | None:
        return not_yet(history_of(records, patient, course), course, schedule, must_confirm)

    return early


def not_yet(
    history: History, course: Course, schedule: Schedule, must_confirm: bool
) -> NotYet | None:
    """Say whether a best response is not known yet, and what it may come to.

    Parameters
    ----------
    history
        What is known of the patient over time, by this course.
    course
        The course of response.
    schedule
        When assessments are due.
    must_confirm
        Whether a response counts only once it is confirmed.

    Returns
    -------
    None where the best response stands.
    """
    if course.source == TYPED:
        return None
    best = course.best_confirmed if must_confirm else course.best_unconfirmed
    if history.start_day is None:
        return NotYet(ORDER[0], "no ibrutinib dose is recorded") if best == NOT_EVALUABLE else None
    if not _goes_on(history, schedule):
        return None
    if best == NOT_EVALUABLE:
        if course.counted and course.last_adequate_day is not None:
            return NotYet(ORDER[0], course.reason)
        words = f"no assessment was due yet: last known on day {history.last_known_day:g}"
        return NotYet(ORDER[0], words)
    return _waiting(course, best) if must_confirm else None


def _goes_on(history: History, schedule: Schedule) -> bool:
    """Say whether a patient is still followed under this treatment and missed nothing since."""
    if history.is_dead or history.off_study_reason or history.off_study_day is not None:
        return False
    last = history.last_known_day
    if history.progression_day is not None or history.new_therapy_day is not None or last is None:
        return False
    start = history.start_day
    assessed = history.adequate_until(last)
    since = start if assessed is None else assessed
    return not missed_visits(schedule, since, last, start, history.cycle_days)


def _waiting(course: Course, best: str) -> NotYet | None:
    """Return the best response that waits for its confirmation, if it is better than the best."""
    waiting = [
        one
        for one in before_progression(course.counted)
        if one.category in RESPONSES_WITH_LYMPHOCYTOSIS
        and one.confirmed == PENDING
        and RANK[one.category] < RANK[best]
    ]
    if not waiting:
        return None
    one = min(waiting, key=lambda one: RANK[one.category])
    return NotYet(one.category, f"{one.category} on day {one.study_day:g} is not confirmed yet")
