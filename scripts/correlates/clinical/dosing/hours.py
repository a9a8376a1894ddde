"""Hours of a draw against the dose of its own day: before it, or after."""

import math
import re

from correlates.intake.sheets.visits import normal_timepoint, parse_visit

# With one dose a day, fewer hours than this since a dose are hours since that day's dose.
HOURS_BETWEEN_DOSES = 12
HOURS_OF_A_DAY = 24
BEFORE_DOSE = frozenset({"pre", "trough"})


def timepoint_of(visit: str, timepoint: str) -> str:
    """Return the timepoint of a draw in its one spelling; that in the visit's label goes first."""
    parsed = parse_visit(visit)
    return normal_timepoint((parsed and parsed.timepoint) or timepoint or "")


def nominal_hours(label: str) -> float | None:
    """Return the hours that a timepoint names, such as 4 of ``h4``; None if it names none."""
    nominal = re.fullmatch(r"h(\d+(?:\.\d+)?)", label)
    return float(nominal[1]) if nominal else None


def hours_after_dose(visit: str, timepoint: str, hours_post_dose: float | None) -> float:
    """Hours since the dose of the sample's own day; negative before it.

    Parameters
    ----------
    visit, timepoint
        A timepoint in the visit's label (``C1D1_H4``) goes before the column. ``pre``, ``trough``
        and a blank are before the day's dose.
    hours_post_dose
        Actual hours since the last dose of the drug that is asked for. A ``pre`` sample drawn a few
        hours after a dose was not drawn before it, whatever its label; a day's distance is the dose
        of the day before. Of another drug these hours say nothing: None, so that the label decides.
    """
    label = timepoint_of(visit, timepoint)
    if label in BEFORE_DOSE:
        if hours_post_dose is not None and 0 < hours_post_dose < HOURS_BETWEEN_DOSES:
            return hours_post_dose
        return -1.0
    nominal = nominal_hours(label)
    if nominal is not None:
        return nominal
    # Nothing says that an unknown timepoint was before the dose: no baseline may rest on it.
    return math.inf if hours_post_dose is None else hours_post_dose


def hours_after_lenalidomide(
    visit: str, timepoint: str, recorded: float | None, days_late: float
) -> float:
    """Hours since the lenalidomide dose of the sample's own day; negative or 0 before it.

    Parameters
    ----------
    visit, timepoint
        As in the sheet.
    recorded
        Recorded hours since the last lenalidomide dose. Any at all were after a dose, so they are
        taken for hours since that of the day itself.
    days_late
        Days from the day on which the visit was due to that of the draw. ``h24`` counts from a
        dose of the day before: a day late, it is no hour after the dose of its own day.
    """
    if recorded is not None:
        return recorded
    nominal = nominal_hours(timepoint_of(visit, timepoint))
    if nominal is not None and nominal >= HOURS_OF_A_DAY and days_late > 0:
        return nominal - HOURS_OF_A_DAY * days_late
    return hours_after_dose(visit, timepoint, None)


def dose_was_taken(day: float, hours: float, start_day: float) -> bool:
    """Say whether the first dose, on `start_day`, had been taken when a sample was drawn."""
    whole = math.floor(day)
    return whole > start_day or (whole == math.floor(start_day) and hours > 0)
