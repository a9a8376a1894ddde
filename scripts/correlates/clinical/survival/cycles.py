"""Days on which a patient's cycles began: as recorded, else as the doses let them follow."""

import math
from bisect import bisect_left
from collections.abc import Sequence

from correlates.clinical.dosing.dosing import IBRUTINIB, LENALIDOMIDE, Dosing
from correlates.intake.sheets.visits import CYCLE_DAYS

# The names of visits have two digits for the cycle.
_LAST_CYCLE = 99


def cycle_days(dosing: Dosing) -> dict[int, float]:
    """Return the study day on which each cycle began that did begin.

    Parameters
    ----------
    dosing
        What the patient took.

    Returns
    -------
    Cycle to day. Cycle 0 begins with the first ibrutinib dose and cycle 1 with the first
    lenalidomide dose, unless the exposure sheet says otherwise. A later cycle that it does not give
    began 28 days after the one before it, or with the first dose of either drug from then on. It
    did not begin if no dose followed, or none before the next cycle that the sheet gives.
    """
    days = dict(dosing.cycles)
    for cycle, first in ((0, dosing.first_ibrutinib), (1, dosing.first_lenalidomide)):
        if first is not None:
            days.setdefault(cycle, first)
    taken = sorted(dosing.days_taken((IBRUTINIB, LENALIDOMIDE)))
    for cycle in range(2, _LAST_CYCLE + 1):
        if cycle in days or cycle - 1 not in days:
            continue
        begun = _next_dose(taken, days[cycle - 1] + CYCLE_DAYS)
        following = min((day for number, day in days.items() if number > cycle), default=math.inf)
        if begun is not None and begun < following:
            days[cycle] = begun
    return dict(sorted(days.items()))


def _next_dose(taken: Sequence[int], due: float) -> float | None:
    """Return the day from which a cycle runs that was due on a day; None if nothing was taken.

    Days on which a drug was taken come in order.
    """
    place = bisect_left(taken, math.floor(due))
    return max(due, float(taken[place])) if place < len(taken) else None
