"""Times from a landmark, of those who are still at risk there.

A marker measured on treatment says nothing of patients who progressed before it: counted from the
start, those who live long enough to be measured would look protected (immortal time).
"""

from collections.abc import Mapping

from correlates.clinical.survival.history import History
from correlates.clinical.survival.schedule import cycle_and_day
from correlates.clinical.survival.times import TimeToEvent, not_evaluable

INCLUDED = "included"
EVENT_BEFORE = "event_before"
CENSORED_BEFORE = "censored_before"
NOT_REACHED = "not_reached"
NOT_EVALUABLE = "not_evaluable"
STATES = (INCLUDED, EVENT_BEFORE, CENSORED_BEFORE, NOT_REACHED, NOT_EVALUABLE)


def landmark_day(visit: str, cycle_days: Mapping[int, float]) -> float | None:
    """Return the study day of a landmark such as C2D1; None if that cycle never began."""
    cycle, day = cycle_and_day(visit)
    return cycle_days[cycle] + day - 1 if cycle in cycle_days else None


def from_landmark(visit: str, history: History, whole: TimeToEvent) -> tuple[str, TimeToEvent]:
    """Count a patient's time from a landmark on, or say why the patient is left out.

    Parameters
    ----------
    visit
        The landmark: a visit of a cycle.
    history
        What is known of the patient.
    whole
        The time from the start of treatment.

    Returns
    -------
    One of ``STATES``, and the time. Whoever had the event on the day of the landmark, or before,
    is left out, and so is who was censored before it; an end that is censored on the very day
    stays, with a time of 0.
    """
    if not whole.is_evaluable:
        return NOT_EVALUABLE, not_evaluable(whole.why, whole.reason)
    day = landmark_day(visit, history.cycle_days)
    if day is None:
        cycle, _ = cycle_and_day(visit)
        words = f"left out at the landmark {visit}: cycle {cycle} never began; {whole.reason}"
        return NOT_REACHED, not_evaluable(NOT_REACHED, words)
    at = f"left out at the landmark {visit} (day {day:g})"
    if whole.event and whole.end_day <= day:
        return EVENT_BEFORE, not_evaluable(EVENT_BEFORE, f"{at}: {whole.reason}")
    if whole.end_day < day:
        return CENSORED_BEFORE, not_evaluable(CENSORED_BEFORE, f"{at}: {whole.reason}")
    return INCLUDED, TimeToEvent(day, whole.end_day, whole.event, whole.why, whole.reason)
