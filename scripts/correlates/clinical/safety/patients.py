"""The patients of the clinical records as the safety tables see them."""

import math

from correlates.clinical.dosing.dosing import Dosing, dosing_of_patient
from correlates.clinical.records import ClinicalRecords
from correlates.clinical.safety.course import Course, Cycle, Patient, Start
from correlates.clinical.safety.settings import DRUGS, LENALIDOMIDE


def safety_patients(records: ClinicalRecords, cycle_days: int) -> list[Patient]:
    """Return every enrolled patient with both courses and the cycles.

    Parameters
    ----------
    records
        The study's clinical records.
    cycle_days
        Planned length of a cycle.

    Returns
    -------
    In the order of the patients sheet; failures of screening are not among them.
    """
    keys = [key for key in records.patients if not records.patient(key).get("screen_failure")]
    return [_patient(records, key, cycle_days) for key in keys]


def _patient(records: ClinicalRecords, key: str, cycle_days: int) -> Patient:
    row = records.patient(key)
    dosing = dosing_of_patient(records, key)
    last = records.last_known_day(key)
    courses = {drug: course_of(dosing, drug, last) for drug in DRUGS}
    return Patient(
        key,
        sex=row.get("sex"),
        level_mg=_level(row, courses[LENALIDOMIDE]),
        dose_cohort=row.get("dose_cohort"),
        enrolment_order=row.get("enrolment_order"),
        uln_creatinine_mg_dl=row.get("creatinine_uln_mg_dl"),
        last_known_day=last,
        courses=courses,
        cycles=cycles_of(dosing, courses[LENALIDOMIDE], last, cycle_days),
    )


def course_of(dosing: Dosing, drug: str, last_known_day: float | None) -> Course:
    """Return the course of one drug by day."""
    period = dosing.period(drug)
    if period is None:
        return Course(drug)
    first = math.floor(period[0])
    ends = [day for day in (period[1], last_known_day) if day is not None]
    # What is ongoing is followed as far as anything is known.
    last = max(first, math.floor(min(ends, default=first)))
    mg = {day: dosing.dose_on(drug, day) for day in range(first, last + 1)}
    known = {day: dose for day, dose in mg.items() if dose is not None}
    rows = dosing.intervals(drug)
    gaps = frozenset(day for day in known if not any(row.covers(day) for row in rows))
    rises = _rises(drug, dosing.increases(drug)[1:], known)
    return Course(drug, first, last, known, rises, gaps)


def _rises(drug, days, mg) -> tuple[Start, ...]:
    found = []
    for day in sorted({math.floor(day) for day in days} & set(mg)):
        before = [mg[one] for one in sorted(mg) if one < day and mg[one] > 0]
        last, highest = (before[-1], max(before)) if before else (None, 0)
        kind = "escalation" if mg[day] > highest else "re-escalation"
        found.append(Start(drug, kind, day, last, mg[day]))
    return tuple(found)


def _level(row, course: Course) -> float | None:
    typed = row.get("dose_level_mg")
    return course.start_mg if typed is None else typed


def cycles_of(
    dosing: Dosing, lenalidomide: Course, last_known_day: float | None, cycle_days: int
) -> tuple[Cycle, ...]:
    """Return the cycles of one patient.

    Cycle 0 is ibrutinib alone. The others begin where the exposure sheet says; without that, every
    ``cycle_days`` from the first lenalidomide dose to the end of lenalidomide. A cycle ends where
    the next begins: a delay belongs to the cycle before it.
    """
    starts = {number: math.floor(day) for number, day in dosing.cycles.items()}
    first = dosing.first_ibrutinib
    if first is not None:
        starts.setdefault(0, math.floor(first))
    if lenalidomide.first_day is not None and not any(number > 0 for number in starts):
        days = range(int(lenalidomide.first_day), int(lenalidomide.last_day) + 1, cycle_days)
        starts |= dict(enumerate(days, start=1))
    # Ibrutinib alone lasts until lenalidomide begins, however long that takes.
    known = math.inf if last_known_day is None else last_known_day
    ends_alone = known if lenalidomide.first_day is None else lenalidomide.first_day - 1
    cycles = []
    for number, day in sorted(starts.items()):
        end = starts[number + 1] - 1 if number + 1 in starts else day + cycle_days - 1
        if number == 0 and 1 not in starts:
            end = min(ends_alone, end) if math.isinf(ends_alone) else ends_alone
        if day <= min(end, known):
            cycles.append(Cycle(number, day, min(end, known)))
    return tuple(cycles)
