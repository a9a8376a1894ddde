"""Why a draw has no phase."""

import math
from collections.abc import Iterable

from correlates.clinical.dosing.days import LAST_LENALIDOMIDE_CYCLE, planned_day
from correlates.clinical.dosing.dosing import FIRST_IBRUTINIB_DAY
from correlates.clinical.dosing.phases import (
    HOURS_WITHOUT_DOSE,
    LENALIDOMIDE_ALONE,
    is_unscheduled,
)
from correlates.intake.sheets.visits import CYCLE_DAYS, parse_visit

# Flag of a row whose draw was recorded with several days, or with hours before and after a dose.
TIMES_DISAGREE = "draw_times_disagree"


def why_unassigned(visit: str, day: float, flags: Iterable[str]) -> str:
    """Say why a draw has no phase; empty where it is only past the planned end of lenalidomide.

    Parameters
    ----------
    visit, day, flags
        Of a row without a phase, as the cohort gave it, of a patient of the sheet.
    """
    if TIMES_DISAGREE in flags:
        return (
            "the sheet gives this draw several study days, or hours both before and after a dose. "
            "Write one for all its rows, or give each draw a visit of its own, such as UNS1"
        )
    if HOURS_WITHOUT_DOSE in flags:
        return (
            "the samples sheet gives it hours since a lenalidomide dose, and the dosing record has "
            "none before it. Correct hours_post_lenalidomide, or the dosing"
        )
    if LENALIDOMIDE_ALONE in flags:
        return (
            "lenalidomide was taken and ibrutinib had ended, by the exposure sheet, and the trial "
            "has no such phase. Correct the doses, or leave the draw without a phase"
        )
    planned = planned_day(visit)
    parsed = parse_visit(visit)
    # Before day 1 it is lenalidomide alone that such a draw may have come after.
    if day >= FIRST_IBRUTINIB_DAY and is_unscheduled(visit):
        return (
            "it was not scheduled, and lies on the day of a drug's first dose: nothing shows "
            "whether before or after. Call it C0D1 or C1D1 if before, or give a timepoint such "
            "as H4"
        )
    under_lenalidomide = (
        "lenalidomide began before ibrutinib, and nothing shows that this draw came before it"
    )
    if math.isnan(day):
        is_screening = parsed is not None and parsed.name == "SCR"
        return under_lenalidomide if is_screening else "no study day was recorded"
    if math.floor(day) <= FIRST_IBRUTINIB_DAY:
        return under_lenalidomide
    if planned is not None and planned > CYCLE_DAYS * (LAST_LENALIDOMIDE_CYCLE + 1):
        return ""
    return f"no study day was recorded, and the planned one ({day:g}) contradicts the dosing record"
