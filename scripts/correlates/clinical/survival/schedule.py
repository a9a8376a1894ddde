"""When response was to be assessed, and which of these visits were missed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from correlates.intake.sheets.visits import CYCLE_DAYS

# Assessments go on for as long as somebody is followed, beyond the two digits of draws.
_VISIT = re.compile(r"C(\d+)D(\d{1,2})")


@dataclass(frozen=True)
class Schedule:
    """When response is to be assessed.

    Parameters
    ----------
    visits
        Visits with an assessment, in order: ``("C1D1", "C4D1")``.
    then_every_cycles
        Cycles between the assessments after the last of them; 0 for none.
    window_days
        Days that an assessment may lie before or after its visit.
    max_missed
        So many missed one after the other, right before an event, and the event is not counted.
    """

    visits: tuple[str, ...]
    then_every_cycles: int
    window_days: float
    max_missed: int

    @classmethod
    def of(cls, settings: Mapping) -> "Schedule":
        """Read the schedule out of the config's ``clinical/survival``."""
        return cls(
            tuple(sorted(settings["assessment_visits"], key=cycle_and_day)),
            settings["then_every_cycles"],
            settings["assessment_window_days"],
            settings["max_missed_assessments"],
        )


def cycle_and_day(visit: str) -> tuple[int, int]:
    """Return cycle and day of a visit such as C3D15.

    Raises
    ------
    ValueError
        If the name is of no such visit.
    """
    match = _VISIT.fullmatch(visit)
    if match is None:
        msg = f"{visit!r} is no visit of a cycle, such as C3D1"
        raise ValueError(msg)
    return int(match[1]), int(match[2])


def day_of_visit(visit: str, start_day: float, cycle_days: Mapping[int, float]) -> float:
    """Return the study day for which a visit was due.

    Cycles that began late move all that follow: a cycle that did not begin is due 28 days after the
    one before it, counted from the last that did.
    """
    return day_in_cycle(*cycle_and_day(visit), start_day, cycle_days)


def day_in_cycle(cycle: int, day: int, start_day: float, cycle_days: Mapping[int, float]) -> float:
    """Return the study day for which a day of a cycle was due; see `day_of_visit`."""
    begun = {0: start_day} | {number: at for number, at in cycle_days.items() if number <= cycle}
    last = max(begun)
    return begun[last] + CYCLE_DAYS * (cycle - last) + day - 1


def missed_visits(
    schedule: Schedule,
    last_day: float,
    event_day: float,
    start_day: float,
    cycle_days: Mapping[int, float],
) -> list[str]:
    """Return the visits that were due, and missed, between two days.

    Parameters
    ----------
    schedule
        When response is to be assessed.
    last_day
        Day of the last adequate assessment, or of the start.
    event_day
        Day of the event.
    start_day, cycle_days
        First day of treatment, and of each cycle.

    Returns
    -------
    Visits whose window lies wholly between the two: one that the last assessment or the event
    itself could belong to was not missed.
    """
    missed = []
    for visit in due_visits(schedule.visits, schedule.then_every_cycles):
        due = day_of_visit(visit, start_day, cycle_days)
        if due + schedule.window_days >= event_day:
            break
        if due - schedule.window_days > last_day:
            missed.append(visit)
    return missed


def due_visits(visits: Sequence[str], then_every_cycles: int) -> Iterator[str]:
    """Yield the visits with an assessment in their order, without an end where cycles follow."""
    yield from visits
    if not then_every_cycles:
        return
    cycle, day = cycle_and_day(visits[-1]) if visits else (0, 1)
    while True:
        cycle += then_every_cycles
        yield f"C{cycle}D{day}"
