"""When a simulated patient's cycles begin, and when response is assessed."""

from dataclasses import dataclass, field

CYCLE_DAYS = 28
LAST_LENALIDOMIDE_CYCLE = 12
# Cycles on whose first day response is assessed; after cycle 13 every 84 days.
ASSESSED_CYCLES = (1, 4, 7, 13, 16, 19, 22, 25, 28, 31, 34, 37)
_DELAYED_CYCLE = 3


@dataclass
class Calendar:
    """The cycles of one patient in study days, day 1 being that of the first ibrutinib.

    Parameters
    ----------
    start
        Day of the first lenalidomide; 29 by plan.
    delay
        Days by which cycle 3 and all that follow began late.
    last_day
        Last day on which anything is known of the patient.
    unscheduled
        Name of the unscheduled visit of a day, filled by ``unscheduled_visit``.
    """

    start: int
    delay: int
    last_day: int
    unscheduled: dict[int, str] = field(default_factory=dict)

    def cycle_day(self, cycle: int) -> int:
        """Return the day on which a cycle began."""
        if cycle == 0:
            return 1
        late = self.delay if cycle >= _DELAYED_CYCLE else 0
        return self.start + (cycle - 1) * CYCLE_DAYS + late

    @property
    def held_for_delay(self) -> range:
        """Days on which lenalidomide was not taken since cycle 3 could not begin."""
        begin = self.start + (_DELAYED_CYCLE - 1) * CYCLE_DAYS
        return range(begin, begin + self.delay)

    @property
    def last_lenalidomide_day(self) -> int:
        """Return the last day of cycle 12."""
        return self.cycle_day(LAST_LENALIDOMIDE_CYCLE + 1) - 1

    def assessments(self) -> dict[str, int]:
        """Return the planned days of response assessment up to the last day, by visit."""
        days = {f"C{cycle}D1": self.cycle_day(cycle) for cycle in ASSESSED_CYCLES}
        return {visit: day for visit, day in days.items() if day <= self.last_day}

    def unscheduled_visit(self, day: int) -> str:
        """Return the name of the unscheduled visit of a day; one name for all its sheets."""
        return self.unscheduled.setdefault(day, f"UNS{len(self.unscheduled) + 1}")
