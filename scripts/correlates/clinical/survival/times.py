"""Times to an event, each with the reason for which it ends where it does.

A time is the difference of two study days: the day it starts from is 0, and nothing is added.
"""

from dataclasses import dataclass

from correlates.clinical.survival.history import History
from correlates.clinical.survival.schedule import Schedule, missed_visits

PROGRESSED = "progression"
DIED = "death"
RESPONDED = "response"
NEW_THERAPY = "new_therapy"
MISSED = "missed_assessments"
NO_ASSESSMENT = "no_assessment"
NO_RESPONSE = "no_response"
NOT_STARTED = "not_started"
NO_DAY_OF_DEATH = "no_day_of_death"
NOTHING_KNOWN = "nothing_known"
ROW_LEFT_OUT = "row_left_out"
OFF_STUDY = "off_study"
DATA_CUT = "data_cut"
NO_EVENT = "no_event"
ALIVE = "alive"
# Why someone left, as far as it says how a time without an event ends.
LEFT = {"lost": "lost to follow-up", "withdrawal": "withdrew"}


@dataclass(frozen=True)
class TimeToEvent:
    """One time of one patient.

    Parameters
    ----------
    start_day, end_day
        Study days; None where the patient is not evaluable.
    event
        Whether the event came at the end.
    why
        Key of what ended the time, or of why there is none.
    reason
        The same in words.
    """

    start_day: float | None
    end_day: float | None
    event: bool | None
    why: str
    reason: str

    @property
    def is_evaluable(self) -> bool:
        """Say whether there is a time at all."""
        return self.end_day is not None

    @property
    def days(self) -> float | None:
        """Return the time in days; None where the patient is not evaluable."""
        return self.end_day - self.start_day if self.is_evaluable else None


def not_evaluable(why: str, reason: str) -> TimeToEvent:
    """Return the time of a patient who has none."""
    return TimeToEvent(None, None, None, why, reason)


def progression_free(history: History, schedule: Schedule) -> TimeToEvent:
    """Return the time from the first ibrutinib dose to progression or death.

    Parameters
    ----------
    history
        What is known of the patient.
    schedule
        When response is to be assessed.

    Returns
    -------
    The event, unless another therapy began before it, or too many assessments in a row were missed
    before it. Without an event that counts, the time is censored at the last adequate assessment
    (before another therapy, where one began), at day 0 where there was none.
    """
    start = history.start_day
    absent = _cannot_start(history)
    if absent is not None:
        return absent
    if history.is_dead and history.death_day is None and history.progression_day is None:
        return not_evaluable(NO_DAY_OF_DEATH, "died, and the day of death is not recorded")
    day, event = _first_event(history)
    therapy = history.new_therapy_day
    if therapy is not None and (day is None or therapy < day):
        end = history.adequate_until(therapy)
        return _censored(history, end, NEW_THERAPY, f"before another therapy on day {therapy:g}")
    if day is None:
        why, words = _why_no_event(history)
        return _censored(history, history.adequate_until(float("inf")), why, words)
    last = history.adequate_until(day, inclusive=False)
    missed = missed_visits(
        schedule, start if last is None else last, day, start, history.cycle_days
    )
    if len(missed) >= schedule.max_missed:
        words = f"{event} on day {day:g} came after {len(missed)} missed assessments in a row"
        return _censored(history, last, MISSED, f"{words} ({', '.join(missed)})")
    return TimeToEvent(start, day, True, event, f"{event} on day {day:g}")


def overall_survival(history: History) -> TimeToEvent:
    """Return the time from the first ibrutinib dose to death of any cause.

    Those who did not die are censored on the last day of which anything is known of them. Another
    therapy ends nothing, nor does leaving the study, unless nothing is known after it.
    """
    absent = _cannot_start(history)
    if absent is not None:
        return absent
    start, died = history.start_day, history.death_day
    if died is not None:
        return TimeToEvent(start, died, True, DIED, f"{DIED} on day {died:g}")
    if history.is_dead:
        return not_evaluable(NO_DAY_OF_DEATH, "died, and the day of death is not recorded")
    last = history.last_known_day
    if last is None or last < start:
        return not_evaluable(NOTHING_KNOWN, "nothing is recorded after the first ibrutinib dose")
    why, words = _why_alive(history)
    return TimeToEvent(start, last, False, why, f"censored: last known on day {last:g}, {words}")


def duration_of_response(response_day: float | None, until: TimeToEvent) -> TimeToEvent:
    """Return the time from the first response to progression or death.

    Parameters
    ----------
    response_day
        Day of the first response that stands; None for none.
    until
        The patient's progression-free time, whose end and censoring hold here too.
    """
    if not until.is_evaluable:
        return not_evaluable(until.why, until.reason)
    if response_day is None:
        return not_evaluable(NO_RESPONSE, "no response, so that it has no duration")
    if response_day > until.end_day:
        words = f"response on day {response_day:g} came after the time that counts: {until.reason}"
        return not_evaluable(NO_RESPONSE, words)
    return TimeToEvent(response_day, until.end_day, until.event, until.why, until.reason)


def time_to_response(response_day: float | None, until: TimeToEvent) -> TimeToEvent:
    """Return the time from the first ibrutinib dose to the first response.

    Those without a response are censored where their progression-free time ends. Progression and
    death end the chance of a response: where they are frequent, one minus Kaplan-Meier overstates
    how many respond.
    """
    if not until.is_evaluable:
        return until
    if response_day is not None and response_day <= until.end_day:
        words = f"response on day {response_day:g}"
        return TimeToEvent(until.start_day, response_day, True, RESPONDED, words)
    reason = f"censored without a response: {until.reason}" if until.event else until.reason
    return TimeToEvent(until.start_day, until.end_day, False, until.why, reason)


def _cannot_start(history: History) -> TimeToEvent | None:
    if history.start_day is None:
        return not_evaluable(NOT_STARTED, "no ibrutinib dose is recorded")
    if history.death_day is not None and history.death_day < history.start_day:
        words = f"death on day {history.death_day:g} is recorded before the first ibrutinib dose"
        return not_evaluable(NOT_STARTED, words)
    return None


def _first_event(history: History) -> tuple[float | None, str]:
    """Return day and key of progression or death, whichever came first; progression on a tie."""
    found = [(history.progression_day, PROGRESSED), (history.death_day, DIED)]
    known = [(day, event) for day, event in found if day is not None]
    return min(known, key=lambda one: one[0], default=(None, ""))


def _why_no_event(history: History) -> tuple[str, str]:
    """Return key and words of why a time to progression ends without its event."""
    reason, day = history.off_study_reason, history.off_study_day
    if reason in LEFT:
        return _left(history)
    if reason or day is not None:
        on_day = "" if day is None else f" on day {day:g}"
        if reason == PROGRESSED:
            return OFF_STUDY, f"left for progression{on_day}, of which no assessment tells"
        return OFF_STUDY, f"left the study{on_day}" + (f" ({reason})" if reason else "")
    if history.cut:
        return DATA_CUT, f"no event by the data cut {history.cut}"
    return NO_EVENT, "no event so far"


def _why_alive(history: History) -> tuple[str, str]:
    """Return key and words of why the time of someone alive ends on the last day that is known."""
    left = history.off_study_day
    if history.off_study_reason in LEFT and (left is None or history.last_known_day <= left):
        return _left(history)
    if history.cut:
        return DATA_CUT, f"alive at the data cut {history.cut}"
    return ALIVE, "alive"


def _left(history: History) -> tuple[str, str]:
    day = history.off_study_day
    on_day = "" if day is None else f" on day {day:g}"
    return history.off_study_reason, f"{LEFT[history.off_study_reason]}{on_day}"


def _censored(history: History, end: float | None, why: str, words: str) -> TimeToEvent:
    start = history.start_day
    if end is None:
        reason = f"censored on the first day: no adequate assessment after it; {words}"
        return TimeToEvent(start, start, False, NO_ASSESSMENT, reason)
    reason = f"censored at the last adequate assessment on day {end:g}: {words}"
    return TimeToEvent(start, end, False, why, reason)
