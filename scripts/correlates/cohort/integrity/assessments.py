"""Response assessments and lesions: their order, their days, their baseline."""

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from correlates.check_rows import ERROR, WARNING
from correlates.clinical.dosing.dosing import FIRST_IBRUTINIB_DAY
from correlates.clinical.survival.schedule import cycle_and_day, due_visits
from correlates.cohort.integrity.evidence import Evidence, day_words, days_apart, place
from correlates.cohort.integrity.registry import Finding, check
from correlates.intake.sheets.visits import parse_visit

# Fewer patients who were assessed later say nothing of a plan.
_FEWEST_LATE = 3


@check(ERROR, ("assessments",))
def assessment_order(evidence: Evidence) -> Iterator[Finding]:
    """Find response assessments that are not in the order of their visits."""
    for patient in evidence.records.patients:
        rows = [
            (_planned(row["visit"]), row) for row in evidence.records.of("assessments", patient)
        ]
        rows = sorted((pair for pair in rows if pair[0] is not None), key=lambda pair: pair[0])
        for (_, earlier), (_, later) in pairwise(rows):
            if later["study_day"] < earlier["study_day"]:
                yield Finding(
                    f"{later['visit']} was assessed on {day_words(later['study_day'])}, before "
                    f"{earlier['visit']} on {day_words(earlier['study_day'])}",
                    "Correct the visit or the day of one of the two.",
                    patient,
                    later["visit"],
                    place(later, earlier),
                )


@check(ERROR, ("assessments",))
def assessment_twice(evidence: Evidence) -> Iterator[Finding]:
    """Find days with two response assessments, and visits assessed on two days."""
    for patient in evidence.records.patients:
        by_day, by_visit = defaultdict(list), defaultdict(list)
        for row in evidence.records.of("assessments", patient):
            by_day[math.floor(row["study_day"])].append(row)
            if _planned(row["visit"]) is not None:
                by_visit[row["visit"]].append(row)
        for day, rows in by_day.items():
            if len(rows) > 1:
                yield Finding(
                    f"{len(rows)} assessments on {day_words(day)}",
                    "Keep one, or correct the days; which of them counts cannot be told.",
                    patient,
                    rows[0]["visit"] or "",
                    place(*rows),
                )
        for visit, rows in by_visit.items():
            days = sorted({math.floor(row["study_day"]) for row in rows})
            if len(days) > 1:
                yield Finding(
                    f"{visit} was assessed on days {' and '.join(f'{day:g}' for day in days)}",
                    "Call the assessment that was not planned UNS1, or correct the visit.",
                    patient,
                    visit,
                    place(*rows),
                )


@check(WARNING, ("assessments",))
def assessment_schedule(evidence: Evidence) -> Iterator[Finding]:
    """Find planned assessments that nobody had, though patients were assessed later."""
    settings, records = evidence.settings, evidence.records
    days = {
        patient: [row["study_day"] for row in records.of("assessments", patient)]
        for patient in records.patients
    }
    visits = sorted(settings.assessment_visits, key=cycle_and_day)
    for visit in due_visits(visits, settings.then_every_cycles):
        due = {patient: evidence.due_day(patient, visit) for patient in days}
        late = [
            patient
            for patient, own in days.items()
            if own and due[patient] is not None
            if max(own) > due[patient] + settings.assessment_window_days
        ]
        if not late:
            return
        was_assessed = any(
            abs(day - due[patient]) <= settings.assessment_window_days
            for patient in late
            for day in days[patient]
        )
        if not was_assessed and len(late) >= _FEWEST_LATE:
            yield Finding(
                f"none of {len(late)} patients who were assessed later had the assessment of "
                f"{visit} within {days_apart(settings.assessment_window_days)} of its day",
                "Set clinical: survival: assessment_visits and then_every_cycles to your protocol: "
                "progressions after missed assessments are censored.",
                visit=visit,
                source=records.rows("assessments")[0]["sheet"],
            )


@check(WARNING, ("assessments.visit",))
def assessment_window(evidence: Evidence) -> Iterator[Finding]:
    """Find assessments outside the window of their visit, which is due by the recorded dosing."""
    window = evidence.settings.assessment_window_days
    for row in evidence.records.rows("assessments"):
        due = evidence.due_day(row["patient"], row["visit"])
        if due is None:
            continue
        apart = row["study_day"] - due
        if abs(apart) > window:
            yield Finding(
                f"{row['visit']} is due on {day_words(due)} and was assessed on "
                f"{day_words(row['study_day'])}, {days_apart(abs(apart))} "
                f"{'late' if apart > 0 else 'early'}; the window is {days_apart(window)}",
                "Correct the visit or the day; the day is what is used.",
                row["patient"],
                row["visit"],
                place(row),
            )


@check(WARNING, ("assessments|lesions",))
def response_without_baseline(evidence: Evidence) -> Iterator[Finding]:
    """Find patients who were assessed, but not before the first ibrutinib dose."""
    for patient in evidence.records.patients:
        rows = [
            *evidence.records.of("assessments", patient),
            *evidence.records.of("lesions", patient),
        ]
        days = sorted({row["study_day"] for row in rows})
        if days and days[0] > FIRST_IBRUTINIB_DAY:
            first = min(rows, key=lambda row: row["study_day"])
            yield Finding(
                f"the first of {len(days)} assessments is on {day_words(days[0])}, after the first "
                f"ibrutinib dose on {day_words(FIRST_IBRUTINIB_DAY)}",
                "Add the measurements of screening; change is counted from them.",
                patient,
                first["visit"] or "",
                place(first),
            )


@check(ERROR, ("lesions",))
def lesion_twice(evidence: Evidence) -> Iterator[Finding]:
    """Find lesions that change their role or site, or stand twice on one day."""
    for patient in evidence.records.patients:
        by_lesion = defaultdict(list)
        for row in evidence.records.of("lesions", patient):
            by_lesion[row["lesion_id"]].append(row)
        for lesion, rows in by_lesion.items():
            for column in ("role", "site"):
                held = {row[column]: row for row in rows if row[column] is not None}
                if len(held) > 1:
                    yield Finding(
                        f"lesion {lesion} has the {column} {' and '.join(sorted(held))}",
                        "Give each lesion one; another lesion needs an id of its own.",
                        patient,
                        source=place(*held.values()),
                    )
            days = [math.floor(row["study_day"]) for row in rows]
            twice = sorted({day for day in days if days.count(day) > 1})
            if twice:
                yield Finding(
                    f"lesion {lesion} is measured {days.count(twice[0])} times on "
                    f"{day_words(twice[0])}",
                    "Keep one measurement, or correct the days.",
                    patient,
                    source=place(
                        *(row for row in rows if math.floor(row["study_day"]) == twice[0])
                    ),
                )


@check(WARNING, ("lesions",))
def lesions_small(evidence: Evidence) -> Iterator[Finding]:
    """Find patients none of whose target lesions was an enlarged node before ibrutinib."""
    limit = evidence.settings.node_mm
    for patient in evidence.records.patients:
        rows = [
            row
            for row in evidence.records.of("lesions", patient)
            if row["study_day"] <= FIRST_IBRUTINIB_DAY
            and row["role"] in (None, "target")
            and row["ld_mm"] is not None
        ]
        longest = max(rows, key=lambda row: row["ld_mm"], default=None)
        if longest is not None and longest["ld_mm"] < limit:
            yield Finding(
                f"no target lesion had {limit:g} mm before the first ibrutinib dose; the longest "
                f"had {longest['ld_mm']:g} mm",
                "If diameters were measured in cm, name their columns ld_cm and sd_cm. Nodes of "
                "this size are normal, and no response of them can be seen.",
                patient,
                longest["visit"] or "",
                place(*rows),
            )


def _planned(visit: str | None) -> int | None:
    parsed = parse_visit(visit or "")
    return None if parsed is None else parsed.planned_day


CHECKS = (
    assessment_order,
    assessment_twice,
    assessment_schedule,
    assessment_window,
    response_without_baseline,
    lesion_twice,
    lesions_small,
)
