"""What a patient was taking when a sample was drawn: from recorded dosing, never from the calendar.

A delay shifts every cycle, so the visit's label decides nothing that the dosing record can decide.
A drug that is held leaves the phase as it is, by the period of treatment; the flag ``off_drug``
tells of it. Before or after the day's dose is for the timepoint, or for recorded hours, to say.
"""

import math

from correlates.clinical.dosing.days import (
    DAY_PLANNED,
    LAST_LENALIDOMIDE_CYCLE,
    PLANNED_LENALIDOMIDE_DAY,
    day_of,
    due_day,
    first_day,
    planned_day,
)
from correlates.clinical.dosing.dosing import (
    FIRST_IBRUTINIB_DAY,
    IBRUTINIB,
    LENALIDOMIDE,
    Dosing,
    exposure_dosing,
)
from correlates.clinical.dosing.hours import (
    dose_was_taken,
    hours_after_dose,
    hours_after_lenalidomide,
)
from correlates.intake.sheets.visits import CYCLE_DAYS, parse_visit

SCREENING = "SCREENING"
IBR_RUNIN = "IBR_RUNIN"
COMBO = "COMBO"
IBR_CONT = "IBR_CONT"
FU = "FU"
UNASSIGNED = "UNASSIGNED"
PHASES = (SCREENING, IBR_RUNIN, COMBO, IBR_CONT, FU)
"""The phases in the order of time."""

# Flags of draws without a phase: hours since a lenalidomide dose were recorded, and no such dose
# was; and lenalidomide without ibrutinib.
HOURS_WITHOUT_DOSE = "lenalidomide_hours_without_dose"
LENALIDOMIDE_ALONE = "lenalidomide_alone"


def phase_of(
    visit: str,
    timepoint: str,
    day: float | None,
    hours_post_dose: float | None,
    dosing: Dosing,
    hours_post_lenalidomide: float | None = None,
) -> str:
    """Say what was being taken when a sample was drawn.

    Parameters
    ----------
    visit, timepoint
        As in the sheet.
    day
        Recorded study day; None falls back as `day_of` does.
    hours_post_dose
        Actual hours since the last ibrutinib dose, if recorded.
    dosing
        The patient's recorded dosing.
    hours_post_lenalidomide
        Actual hours since the last lenalidomide dose, if recorded.

    Returns
    -------
    ``SCREENING`` (before either drug), ``IBR_RUNIN``, ``COMBO``, ``IBR_CONT``, ``FU``, or
    ``UNASSIGNED`` where no day is known, where only a planned day is and it contradicts the
    recorded dosing, for an unscheduled draw on the day of a drug's first dose of which nothing
    tells whether it was before, where hours since a lenalidomide dose are recorded and no such dose
    is, and under lenalidomide without ibrutinib, which the trial has not.
    """
    hours = hours_post_lenalidomide
    return phase_and_flag(visit, timepoint, day, hours_post_dose, dosing, hours)[0]


def planned_phase(visit: str, timepoint: str) -> str:
    """Say what is taken at a draw if every dose is given on its planned day.

    It is what an analysis means by a draw's name; `phase_of` says what the patient took.
    """
    last = CYCLE_DAYS * (LAST_LENALIDOMIDE_CYCLE + 1)
    doses = [
        {"drug": IBRUTINIB, "start_day": FIRST_IBRUTINIB_DAY, "stop_day": None, "dose_mg": 1},
        {"drug": LENALIDOMIDE, "start_day": PLANNED_LENALIDOMIDE_DAY, "stop_day": last}
        | {"dose_mg": 1},
    ]
    return phase_of(visit, timepoint, planned_day(visit), None, exposure_dosing("", doses, {}))


def phase_and_flag(
    visit: str,
    timepoint: str,
    day: float | None,
    hours_post_dose: float | None,
    dosing: Dosing,
    hours_post_lenalidomide: float | None = None,
) -> tuple[str, str]:
    """Return the phase as `phase_of` does, and a flag that says why there is none, if one does."""
    at, guess = day_of(visit, day, dosing)
    after_dose = hours_post_lenalidomide is not None and hours_post_lenalidomide > 0
    phase = _phase(visit, timepoint, at, guess, hours_post_dose, dosing, hours_post_lenalidomide)
    if after_dose and phase in (SCREENING, IBR_RUNIN):
        return UNASSIGNED, HOURS_WITHOUT_DOSE
    if phase == FU and _lenalidomide_goes_on(at, dosing):
        return UNASSIGNED, LENALIDOMIDE_ALONE
    return phase, ""


def _phase(
    visit: str,
    timepoint: str,
    at: float | None,
    guess: str,
    hours_post_dose: float | None,
    dosing: Dosing,
    hours_post_lenalidomide: float | None,
) -> str:
    parsed = parse_visit(visit)
    label = parsed.name if parsed else ""
    first, start = first_day(dosing), dosing.first_lenalidomide
    if at is None:
        # Screening is before ibrutinib, which says nothing of a drug that began earlier.
        is_under = label == "SCR" and start is not None and start < first
        return UNASSIGNED if is_under else {"SCR": SCREENING, "FU90": FU}.get(label, UNASSIGNED)
    if hours_post_lenalidomide is None and is_around_first_dose(visit, timepoint, at, dosing):
        return UNASSIGNED
    hours = hours_after_dose(visit, timepoint, hours_post_dose)
    due = due_day(label, "", dosing) if parsed and parsed.planned_day is not None else None
    late = 0.0 if due is None else math.floor(at) - math.floor(due)
    # Evening ibrutinib makes a sample of 10 hours out of one before the morning's lenalidomide.
    hours_lenalidomide = hours_after_lenalidomide(visit, timepoint, hours_post_lenalidomide, late)
    under_lenalidomide = start is not None and dose_was_taken(at, hours_lenalidomide, start)
    if not dose_was_taken(at, hours, first):
        return UNASSIGNED if under_lenalidomide else SCREENING
    if _has_ended(at, IBRUTINIB, dosing) or (label == "FU90" and not _is_on_ibrutinib(at, dosing)):
        return FU
    if start is None:
        return IBR_RUNIN
    if not under_lenalidomide:
        # After a delayed start the plan's day of C1D8 lies before it, and the sample does not.
        plan = PLANNED_LENALIDOMIDE_DAY - FIRST_IBRUTINIB_DAY + math.floor(first)
        return UNASSIGNED if guess == DAY_PLANNED and at > plan else IBR_RUNIN
    if _has_ended(at, LENALIDOMIDE, dosing):
        return IBR_CONT
    planned = planned_day(visit)
    past_plan = planned is not None and planned > CYCLE_DAYS * (LAST_LENALIDOMIDE_CYCLE + 1)
    # Cycle 13 is planned without lenalidomide, but only a record proves it.
    is_open = not dosing.is_by_day and dosing.last_lenalidomide is None
    return UNASSIGNED if past_plan and is_open else COMBO


def is_around_first_dose(visit: str, timepoint: str, day: float, dosing: Dosing) -> bool:
    """Say whether nothing tells if a draw was before a drug's first dose, given on the same day.

    A scheduled visit of that day is drawn before the dose unless its timepoint says otherwise.
    What was not scheduled, such as a draw for a flare, may be of any hour: a blank timepoint is no
    record.
    """
    if not is_unscheduled(visit):
        return False
    start = dosing.first_lenalidomide
    first_days = {math.floor(first_day(dosing)), None if start is None else math.floor(start)}
    return math.floor(day) in first_days and hours_after_dose(visit, timepoint, None) < 0


def is_unscheduled(visit: str) -> bool:
    """Say whether a visit has no place in the schedule; screening has one."""
    parsed = parse_visit(visit)
    return parsed is not None and parsed.planned_day is None and parsed.name != "SCR"


def _has_ended(day: float, drug: str, dosing: Dosing) -> bool:
    """Say whether the period of treatment with a drug, holds included, was over on a day."""
    _, last = dosing.period(drug) or (None, None)
    return last is not None and math.floor(day) > last


def _is_on_ibrutinib(day: float, dosing: Dosing) -> bool:
    """Say whether rows of the exposure sheet, and not a definition, have ibrutinib on a day."""
    return any(
        one.covers(day) and one.is_taken and one.row is not None
        for one in dosing.intervals(IBRUTINIB)
    )


def _lenalidomide_goes_on(day: float | None, dosing: Dosing) -> bool:
    """Say whether the exposure sheet has lenalidomide on a day, ibrutinib being over."""
    return day is not None and dosing.is_by_day and dosing.was_taken(LENALIDOMIDE, day)
