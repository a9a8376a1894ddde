"""The study day of a draw: as recorded, else by the recorded dosing, else by the plan.

Day 1 is the first ibrutinib dose; the day before is 0. A delay shifts every cycle that follows.
Where the exposure sheet gives the day on which a cycle began, its visits are counted from that;
else from the last cycle before it whose beginning is known, the first lenalidomide dose being that
of cycle 1. Where only the first dose is known, as typed into the patients sheet, it tells the day
of C1D1 and no other: whether later cycles followed on it is not recorded.
"""

import math

from correlates.clinical.dosing.dosing import FIRST_IBRUTINIB_DAY, IBRUTINIB, LENALIDOMIDE, Dosing
from correlates.clinical.dosing.hours import HOURS_OF_A_DAY, nominal_hours, timepoint_of
from correlates.intake.sheets.visits import CYCLE_DAYS, parse_visit

# Flags of a draw whose day nobody recorded, by where it was taken from: the plan, the first
# lenalidomide dose, the recorded beginning of its cycle, and that of an earlier cycle.
DAY_PLANNED = "day_planned"
DAY_FROM_FIRST_DOSE = "day_from_first_dose"
DAY_FROM_CYCLE = "day_from_cycle"
DAY_FROM_EARLIER_CYCLE = "day_from_earlier_cycle"
GUESSES = (DAY_PLANNED, DAY_FROM_FIRST_DOSE, DAY_FROM_CYCLE, DAY_FROM_EARLIER_CYCLE)

FIRST_COMBINATION_VISIT = "C1D1"
# Cycle 1 begins with lenalidomide, cycle 13 without it.
PLANNED_LENALIDOMIDE_DAY = 29
LAST_LENALIDOMIDE_CYCLE = 12
# Visits that end something are due on the day of its last dose, as far as that is recorded.
_DUE_AT_LAST_DOSE = {"EOT_LEN": (LENALIDOMIDE, 0), "EOT": (IBRUTINIB, 0), "FU90": (IBRUTINIB, 90)}


def first_day(dosing: Dosing) -> float:
    """Return the study day of the first ibrutinib dose, by definition 1 where none is recorded."""
    first = dosing.first_ibrutinib
    return FIRST_IBRUTINIB_DAY if first is None else first


def planned_day(visit: str, dosing: Dosing | None = None) -> float | None:
    """Study day that the protocol plans for a visit, ``28 x cycle + day``; None if none.

    It is counted from the first ibrutinib dose, which is day 1 unless `dosing` contradicts.
    """
    parsed = parse_visit(visit)
    if parsed is None or parsed.planned_day is None:
        return None
    later = 0 if dosing is None else math.floor(first_day(dosing)) - FIRST_IBRUTINIB_DAY
    return float(parsed.planned_day + later)


def day_of(visit: str, day: float | None, dosing: Dosing) -> tuple[float | None, str]:
    """Return the study day of a draw, and the flag that says how it is known.

    Parameters
    ----------
    visit
        As in the sheet.
    day
        Recorded study day; where there is one, it is the day, and nothing is flagged.
    dosing
        The patient's recorded dosing.

    Returns
    -------
    None, without a flag, where nothing tells the day; else a flag of `GUESSES`.
    ``day_from_first_dose`` stands only where the first lenalidomide dose was on another day than
    the planned one, after the first of ibrutinib.
    """
    planned = planned_day(visit, dosing)
    if day is not None or planned is None:
        return day, ""
    if dosing.is_by_day or parse_visit(visit).name == FIRST_COMBINATION_VISIT:
        return _by_dosing(visit, dosing)
    return planned, DAY_PLANNED


def due_day(visit: str, timepoint: str, dosing: Dosing) -> float | None:
    """Return the study day on which a draw was due; None for a visit that was never due.

    Parameters
    ----------
    visit, timepoint
        As in the sheet. Hours beyond a day fall on a later day.
    dosing
        The patient's recorded dosing. Screening is due before its first ibrutinib dose; EOT_LEN,
        EOT and FU90 are due on or after a last dose, if that is recorded.
    """
    parsed = parse_visit(visit)
    if parsed is None:
        return None
    if parsed.name == "SCR":
        return first_day(dosing)
    if parsed.name in _DUE_AT_LAST_DOSE:
        drug, later = _DUE_AT_LAST_DOSE[parsed.name]
        last = dosing.last_dose(drug)
        return None if last is None else last + later
    if parsed.planned_day is None:
        return None
    hours = nominal_hours(timepoint_of(visit, timepoint)) or 0
    return _by_dosing(visit, dosing)[0] + hours // HOURS_OF_A_DAY


def _by_dosing(visit: str, dosing: Dosing) -> tuple[float, str]:
    cycle, day = divmod(parse_visit(visit).planned_day - 1, CYCLE_DAYS)
    start, flag = _cycle_start(cycle, dosing)
    return start + day, flag


def _cycle_start(cycle: int, dosing: Dosing) -> tuple[float, str]:
    """Return the study day on which a cycle began, and how that is known."""
    if cycle in dosing.cycles:
        return float(dosing.cycles[cycle]), DAY_FROM_CYCLE
    planned = CYCLE_DAYS * cycle + float(math.floor(first_day(dosing)))
    before = max((one for one in dosing.cycles if 1 <= one < cycle), default=None)
    if before is not None:
        later = CYCLE_DAYS * (cycle - before)
        return float(dosing.cycles[before] + later), DAY_FROM_EARLIER_CYCLE
    start = dosing.first_lenalidomide
    if cycle >= 1 and start is not None and start > first_day(dosing):
        found = start + CYCLE_DAYS * (cycle - 1)
        return found, DAY_PLANNED if found == planned else DAY_FROM_FIRST_DOSE
    return planned, DAY_PLANNED
