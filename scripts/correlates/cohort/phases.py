"""What a patient was taking when a sample was drawn: from recorded dosing, never from the calendar.

Day 1 is the first ibrutinib dose; the day before is 0. A delay shifts every cycle, so the visit's
label decides nothing that the dosing record can decide.

The day of a draw is the one that the sheet recorded. Failing that, a draw labelled C1D1 was drawn
on the day of the first lenalidomide dose, for that is what day 1 of cycle 1 is, whether the dose
was given on the planned day or not; before or after the dose is for its timepoint to say. Failing
that, it is the planned day. What was recorded for one tube of a draw holds for its others; where
they contradict each other, nothing tells which is right, and the draw has no phase.
"""

import math
import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from correlates.cohort.dosing import Dosing, dosing_of
from correlates.intake.sheets.visits import CYCLE_DAYS, normal_timepoint, parse_visit

SCREENING = "SCREENING"
IBR_RUNIN = "IBR_RUNIN"
COMBO = "COMBO"
IBR_CONT = "IBR_CONT"
FU = "FU"
UNASSIGNED = "UNASSIGNED"

# Flag of a row whose day is the plan's, since the sheet records none.
DAY_PLANNED = "day_planned"
# Flag of a row whose day is that of the first lenalidomide dose, since the sheet records none.
DAY_FROM_FIRST_DOSE = "day_from_first_dose"
# Flag of a row whose draw was recorded with several days, or with hours before and after a dose.
TIMES_DISAGREE = "draw_times_disagree"
# Flags that tell how a day is known, which is no reason to leave a value out.
OF_THE_DAY = frozenset({DAY_PLANNED, DAY_FROM_FIRST_DOSE, TIMES_DISAGREE})
DRAW = ["patient", "specimen", "visit", "timepoint"]
FIRST_COMBINATION_VISIT = "C1D1"
FIRST_IBRUTINIB_DAY = 1
# Cycle 1 begins with lenalidomide, cycle 13 without it.
PLANNED_LENALIDOMIDE_DAY = 29
LAST_LENALIDOMIDE_CYCLE = 12
# With one dose a day, fewer hours than this since a dose are hours since that day's dose.
HOURS_BETWEEN_DOSES = 12
BEFORE_DOSE = frozenset({"pre", "trough"})


def planned_day(visit: str) -> float | None:
    """Study day that the protocol plans for a visit, ``28 x cycle + day``; None if none."""
    parsed = parse_visit(visit)
    return None if parsed is None or parsed.planned_day is None else float(parsed.planned_day)


def hours_after_dose(visit: str, timepoint: str, hours_post_dose: float | None) -> float:
    """Hours since the dose of the sample's own day; negative before it.

    Parameters
    ----------
    visit, timepoint
        A timepoint in the visit's label (``C1D1_H4``) goes before the column. ``pre``, ``trough``
        and a blank are before the day's dose.
    hours_post_dose
        Actual hours since the last ibrutinib dose. A ``pre`` sample drawn a few hours after a dose
        was not drawn before it, whatever its label; a day's distance is the dose of the day before.
        Of another drug these hours say nothing: None, so that the label decides.
    """
    parsed = parse_visit(visit)
    label = normal_timepoint((parsed and parsed.timepoint) or timepoint or "")
    if label in BEFORE_DOSE:
        if hours_post_dose is not None and 0 < hours_post_dose < HOURS_BETWEEN_DOSES:
            return hours_post_dose
        return -1.0
    nominal = re.fullmatch(r"h(\d+(?:\.\d+)?)", label)
    if nominal:
        return float(nominal[1])
    # Nothing says that an unknown timepoint was before the dose: no baseline may rest on it.
    return math.inf if hours_post_dose is None else hours_post_dose


def dose_was_taken(day: float, hours: float, start_day: float) -> bool:
    """Say whether the first dose, on `start_day`, had been taken when a sample was drawn."""
    whole = math.floor(day)
    return whole > start_day or (whole == math.floor(start_day) and hours > 0)


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
    None, without a flag, where nothing tells the day. ``day_planned`` where the plan does;
    ``day_from_first_dose`` where the visit is C1D1 and the first lenalidomide dose was recorded on
    another day than the planned one, after the first of ibrutinib.
    """
    planned = planned_day(visit)
    if day is not None or planned is None:
        return day, ""
    start = dosing.lenalidomide_start_day
    is_first = parse_visit(visit).name == FIRST_COMBINATION_VISIT
    if is_first and start not in (None, planned) and start > FIRST_IBRUTINIB_DAY:
        return start, DAY_FROM_FIRST_DOSE
    return planned, DAY_PLANNED


def phase_of(
    visit: str,
    timepoint: str,
    day: float | None,
    hours_post_dose: float | None,
    dosing: Dosing,
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

    Returns
    -------
    ``SCREENING`` (before either drug), ``IBR_RUNIN``, ``COMBO``, ``IBR_CONT``, ``FU``, or
    ``UNASSIGNED`` where no day is known, where only a planned day is and it contradicts the
    recorded dosing, for an unscheduled draw on the day of a drug's first dose of which nothing
    tells whether it was before, and under lenalidomide before ibrutinib, which the trial has not.
    """
    parsed = parse_visit(visit)
    label = parsed.name if parsed else ""
    planned = planned_day(visit)
    at, guess = day_of(visit, day, dosing)
    start = dosing.lenalidomide_start_day
    if at is None:
        # Screening is before ibrutinib, which says nothing of a drug that began earlier.
        is_under = label == "SCR" and start is not None and start < FIRST_IBRUTINIB_DAY
        return UNASSIGNED if is_under else {"SCR": SCREENING, "FU90": FU}.get(label, UNASSIGNED)
    if is_around_first_dose(visit, timepoint, at, start):
        return UNASSIGNED
    hours = hours_after_dose(visit, timepoint, hours_post_dose)
    # Evening ibrutinib makes a sample of 10 hours out of one before the morning's lenalidomide.
    hours_lenalidomide = hours_after_dose(visit, timepoint, None)
    if not dose_was_taken(at, hours, FIRST_IBRUTINIB_DAY):
        is_under = start is not None and dose_was_taken(at, hours_lenalidomide, start)
        return UNASSIGNED if is_under else SCREENING
    if label == "FU90" or _stopped(at, dosing.ibrutinib_stop_day):
        return FU
    if start is None:
        return IBR_RUNIN
    if not dose_was_taken(at, hours_lenalidomide, start):
        # After a delayed start the plan's day of C1D8 lies before it, and the sample does not.
        guessed_late = guess == DAY_PLANNED and at > PLANNED_LENALIDOMIDE_DAY
        return UNASSIGNED if guessed_late else IBR_RUNIN
    if _stopped(at, dosing.lenalidomide_stop_day):
        return IBR_CONT
    past_plan = planned is not None and planned > CYCLE_DAYS * (LAST_LENALIDOMIDE_CYCLE + 1)
    # Cycle 13 is planned without lenalidomide, but only a recorded stop proves it.
    return UNASSIGNED if past_plan and dosing.lenalidomide_stop_day is None else COMBO


def is_around_first_dose(visit: str, timepoint: str, day: float, start: float | None) -> bool:
    """Say whether nothing tells if a draw was before a drug's first dose, given on the same day.

    A scheduled visit of that day is drawn before the dose unless its timepoint says otherwise.
    What was not scheduled, such as a draw for a flare, may be of any hour: a blank timepoint is no
    record.
    """
    if not _is_unscheduled(visit):
        return False
    first_days = {FIRST_IBRUTINIB_DAY, None if start is None else math.floor(start)}
    return math.floor(day) in first_days and hours_after_dose(visit, timepoint, None) < 0


def _is_unscheduled(visit: str) -> bool:
    parsed = parse_visit(visit)
    return parsed is not None and parsed.planned_day is None and parsed.name != "SCR"


def _stopped(day: float, stop_day: float | None) -> bool:
    return stop_day is not None and math.floor(day) > stop_day


def assign_phases(table: pd.DataFrame, patients: Iterable[Mapping]) -> pd.DataFrame:
    """Fill ``day`` and ``phase`` of measurements, draw by draw.

    Parameters
    ----------
    table
        ``patient``, ``specimen``, ``visit``, ``timepoint``, ``day``, ``hours_post_dose``,
        ``flags``.
    patients
        Rows of the patients sheet.

    Returns
    -------
    The table with a day where none was recorded (`day_of` says which, and its flag) and the phase;
    a patient who is not in the sheet has no dosing record and stays ``UNASSIGNED``. So does a draw
    whose rows were recorded on several days, or of which some precede a dose and some do not; its
    rows are flagged ``draw_times_disagree``.
    """
    dosing = {str(row["patient"]): dosing_of(row) for row in patients}
    table = _share_times(table)
    times = ["patient", "visit", "timepoint", "day", "hours_post_dose"]
    known: dict[tuple, tuple[float, str, str]] = {}
    found = []
    for key in table[times].itertuples(index=False, name=None):
        # NaN is unequal to itself, so it would never be found again.
        key = tuple(None if value != value else value for value in key)
        if key not in known:
            known[key] = _day_and_phase(*key, dosing)
        found.append(known[key])
    filled = pd.DataFrame(found, index=table.index, columns=["day", "phase", "guess"])
    filled = filled.astype({"day": float, "phase": object, "guess": object})
    draws = filled.assign(whole=np.floor(table["day"].astype(float))).groupby(
        [table[name] for name in DRAW], sort=False
    )
    disagrees = (draws[["whole", "phase"]].transform("nunique") > 1).any(axis=1)
    flags = [
        list(dict.fromkeys([*listed, *filter(None, [guess, TIMES_DISAGREE if wrong else ""])]))
        for listed, guess, wrong in zip(table["flags"], filled["guess"], disagrees, strict=True)
    ]
    return table.assign(
        day=filled["day"],
        phase=filled["phase"].mask(disagrees, UNASSIGNED),
        flags=pd.Series(flags, table.index, dtype=object),
    )


def why_unassigned(visit: str, day: float, flags: Iterable[str]) -> str:
    """Say why a draw has no phase; empty where it is only past the planned end of lenalidomide.

    Parameters
    ----------
    visit, day, flags
        Of a row without a phase, as `assign_phases` gave it, of a patient of the sheet.
    """
    if TIMES_DISAGREE in flags:
        return (
            "the sheet gives this draw several study days, or hours both before and after a dose. "
            "Write one for all its rows, or give each draw a visit of its own, such as UNS1"
        )
    planned = planned_day(visit)
    parsed = parse_visit(visit)
    # Before day 1 it is lenalidomide alone that such a draw may have come after.
    if day >= FIRST_IBRUTINIB_DAY and _is_unscheduled(visit):
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


def _share_times(table: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of a draw the day, and the hours, that all of its other rows agree on."""
    by = [table[name] for name in DRAW]
    shared = {}
    for column in ("day", "hours_post_dose"):
        recorded = table[column].astype(float)
        compared = np.floor(recorded) if column == "day" else recorded
        agree = compared.groupby(by, sort=False).transform("nunique") == 1
        first = recorded.groupby(by, sort=False).transform("first")
        shared[column] = recorded.fillna(first.where(agree))
    return table.assign(**shared)


def _day_and_phase(
    patient: str,
    visit: str,
    timepoint: str,
    day: float | None,
    hours_post_dose: float | None,
    dosing: Mapping[str, Dosing],
) -> tuple[float, str, str]:
    at, guess = day_of(visit, day, dosing.get(patient, Dosing()))
    phase = UNASSIGNED
    if patient in dosing:
        phase = phase_of(visit, timepoint, day, hours_post_dose, dosing[patient])
    return math.nan if at is None else at, phase, guess
