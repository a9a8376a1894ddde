"""Every time of every patient, whole and from landmarks."""

from collections.abc import Mapping
from dataclasses import dataclass

from correlates.clinical.records import ClinicalRecords
from correlates.clinical.response.judged import Course
from correlates.clinical.survival.gather import history_of
from correlates.clinical.survival.history import History
from correlates.clinical.survival.landmark import from_landmark, landmark_day
from correlates.clinical.survival.schedule import Schedule
from correlates.clinical.survival.times import (
    NOT_STARTED,
    ROW_LEFT_OUT,
    TimeToEvent,
    duration_of_response,
    not_evaluable,
    overall_survival,
    progression_free,
    time_to_response,
)
from correlates.intake.sheets.values import is_blank

SURVIVAL = "os"
NAMES = ("pfs", SURVIVAL, "dor", "dor_l", "time_to_response")
FROM_LANDMARKS = ("pfs", SURVIVAL)
# Sheets in which an event, or what keeps one from counting, may stand.
_TOLD_BY = ("follow_up", "assessments", "lesions", "exposure", "flares")


@dataclass(frozen=True)
class AtLandmark:
    """One time of one patient from a landmark: its state, and the time if it is included."""

    visit: str
    day: float | None
    endpoint: str
    state: str
    time: TimeToEvent


@dataclass(frozen=True)
class Outcome:
    """One patient's times.

    Parameters
    ----------
    history
        What is known of the patient.
    times
        Endpoint to time from the start.
    landmarks
        Times from each landmark.
    """

    history: History
    times: Mapping[str, TimeToEvent]
    landmarks: tuple[AtLandmark, ...] = ()

    @property
    def all_times(self) -> dict[str, TimeToEvent]:
        """Return every time by the name of its endpoint: ``pfs``, ``pfs_c1d1``."""
        return dict(self.times) | {
            landmark_name(one.endpoint, one.visit): one.time for one in self.landmarks
        }


def landmark_name(endpoint: str, visit: str) -> str:
    """Return the name of an endpoint that counts from a landmark: ``pfs_c1d1``."""
    return f"{endpoint}_{visit.lower()}"


def outcomes_of(
    records: ClinicalRecords, courses: Mapping[str, Course], settings: Mapping
) -> list[Outcome]:
    """Derive every time of every patient.

    Parameters
    ----------
    records
        The study's records.
    courses
        Patient to course of response; empty where responses are not known by day.
    settings
        The config's ``clinical/survival``.

    Returns
    -------
    One outcome a patient. Without the follow-up sheet, in which deaths stand, there is no time.
    Without courses there is only survival.
    """
    schedule = Schedule.of(settings)
    names = time_endpoints(records, bool(courses))
    outcomes = []
    for patient in records.patients:
        history = history_of(records, patient, courses.get(patient))
        times = _times(history, schedule, records.patient(patient).get("screen_failure"))
        times = {name: _unless_left_out(records, patient, name, times[name]) for name in names}
        landmarks = [
            _at_landmark(visit, name, history, times[name])
            for name in FROM_LANDMARKS
            if name in times
            for visit in settings["landmarks"]
        ]
        outcomes.append(Outcome(history, times, tuple(landmarks)))
    return outcomes


def time_endpoints(records: ClinicalRecords, by_day: bool) -> tuple[str, ...]:
    """Return the whole times that the study's sheets can give, in order.

    Parameters
    ----------
    records
        The study's records.
    by_day
        Whether responses are known by day.
    """
    if not records.has("follow_up"):
        return ()
    return NAMES if by_day else (SURVIVAL,)


def _times(history: History, schedule: Schedule, failure: object) -> dict[str, TimeToEvent]:
    if not is_blank(failure):
        never = not_evaluable(NOT_STARTED, f"not enrolled ({failure})")
        return dict.fromkeys(NAMES, never)
    whole = progression_free(history, schedule)
    return {
        "pfs": whole,
        SURVIVAL: overall_survival(history),
        "dor": duration_of_response(history.response_day, whole),
        "dor_l": duration_of_response(history.response_l_day, whole),
        "time_to_response": time_to_response(history.response_day, whole),
    }


def _unless_left_out(
    records: ClinicalRecords, patient: str, name: str, time: TimeToEvent
) -> TimeToEvent:
    """Return a time, unless a row that is left out may hold its event; a death is a death."""
    if name == SURVIVAL and time.event:
        return time
    unknown = records.why_unknown(patient, *(_TOLD_BY[:1] if name == SURVIVAL else _TOLD_BY))
    may_hold = unknown and time.why != NOT_STARTED
    return not_evaluable(ROW_LEFT_OUT, unknown) if may_hold else time


def _at_landmark(visit: str, name: str, history: History, whole: TimeToEvent) -> AtLandmark:
    state, time = from_landmark(visit, history, whole)
    return AtLandmark(visit, landmark_day(visit, history.cycle_days), name, state, time)
