"""Draws against dosing: baselines, the order of visits, their windows."""

import math
from collections.abc import Iterator
from itertools import pairwise

from correlates.check_rows import ERROR, NOTE, WARNING
from correlates.clinical.dosing.days import FIRST_COMBINATION_VISIT, LAST_LENALIDOMIDE_CYCLE
from correlates.clinical.dosing.dosing import FIRST_IBRUTINIB_DAY
from correlates.clinical.dosing.draws import DrawNote, place_draw
from correlates.clinical.dosing.hours import HOURS_BETWEEN_DOSES
from correlates.cohort.integrity.evidence import Draw, Evidence, day_words, days_apart, place
from correlates.cohort.integrity.registry import Finding, check
from correlates.intake.sheets.visits import CYCLE_DAYS, parse_visit

_BEFORE_DOSE = ("", "pre", "trough")


@check(ERROR, ("draws",))
def b0_before_ibrutinib(evidence: Evidence) -> Iterator[Finding]:
    """Find draws labelled as B0 that were taken after the first ibrutinib dose."""
    for draw in evidence.draws:
        if draw.visit not in ("SCR", "C0D1") or draw.timepoint not in _BEFORE_DOSE:
            continue
        hours = draw.hours_post_dose
        is_late = draw.day is not None and math.floor(draw.day) > FIRST_IBRUTINIB_DAY
        is_after = _is_first_day(draw) and hours is not None and 0 < hours < HOURS_BETWEEN_DOSES
        if is_late or is_after:
            after = f", {hours:g} h after a dose" if is_after else ""
            yield Finding(
                f"{draw.name} is a label from before the first ibrutinib dose (day "
                f"{FIRST_IBRUTINIB_DAY}), and the draw was on {day_words(draw.day)}{after}",
                "Correct the visit, the timepoint or the day of this draw; it is no B0 as it is.",
                draw.patient,
                draw.visit,
                draw.source,
            )


def _is_first_day(draw: Draw) -> bool:
    return draw.day is not None and math.floor(draw.day) == FIRST_IBRUTINIB_DAY


@check(ERROR, ("draws",))
def b1_before_lenalidomide(evidence: Evidence) -> Iterator[Finding]:
    """Find draws labelled C1D1 that were taken after the first lenalidomide dose."""
    for draw in _labelled_b1(evidence):
        start = evidence.lenalidomide_start(draw.patient)
        if start is None or draw.day is None:
            continue
        hours = draw.hours_post_lenalidomide
        same_day = math.floor(draw.day) == math.floor(start)
        if math.floor(draw.day) > math.floor(start) or (same_day and hours and hours > 0):
            after = f", {hours:g} h after lenalidomide" if hours else ""
            yield Finding(
                f"{draw.name} is a label from before the first lenalidomide dose "
                f"({day_words(start)}), and the draw was on {day_words(draw.day)}{after}",
                "Correct the visit, the timepoint or the day of this draw, or the day of the first "
                "dose; it is no B1 as it is.",
                draw.patient,
                draw.visit,
                _joined(draw.source, evidence.start_source(draw.patient)),
            )


@check(WARNING, ("draws",))
def b1_within_days(evidence: Evidence) -> Iterator[Finding]:
    """Find patients whose last draw before lenalidomide is too old for B1."""
    most = evidence.settings.b1_max_days_before
    for patient, draws in evidence.draws_of.items():
        start = evidence.lenalidomide_start(patient)
        before = [draw for draw in draws if draw.day is not None and _precedes(draw, start)]
        if start is None or not before:
            continue
        last = max(before, key=lambda draw: draw.day)
        apart = math.floor(start) - math.floor(last.day)
        unknown = any(draw.day is None for draw in draws if draw.visit == FIRST_COMBINATION_VISIT)
        if apart > most and not unknown:
            yield Finding(
                f"the last draw before the first lenalidomide dose ({day_words(start)}) was on "
                f"{day_words(last.day)}, {days_apart(apart)} before it; B1 allows {most:g}",
                "Look for a draw nearer to the dose, or correct the days; without one the patient "
                "has no B1.",
                patient,
                last.visit,
                _joined(last.source, evidence.start_source(patient)),
            )


def _precedes(draw: Draw, start: float | None) -> bool:
    if start is None or math.floor(draw.day) > math.floor(start):
        return False
    if math.floor(draw.day) < math.floor(start):
        return True
    return draw.timepoint in _BEFORE_DOSE and not draw.hours_post_lenalidomide


def _labelled_b1(evidence: Evidence) -> Iterator[Draw]:
    for draw in evidence.draws:
        if draw.visit == FIRST_COMBINATION_VISIT and draw.timepoint in _BEFORE_DOSE:
            yield draw


@check(ERROR, ("draws",))
def visit_order(evidence: Evidence) -> Iterator[Finding]:
    """Find draws whose days are not in the order of their visits."""
    for draws in evidence.draws_of.values():
        planned = [(_planned(draw.visit), draw) for draw in draws if draw.day is not None]
        planned = [(day, draw) for day, draw in planned if day is not None]
        planned.sort(key=lambda pair: (pair[0], pair[1].day))
        for (_, earlier), (_, later) in pairwise(planned):
            if math.floor(later.day) < math.floor(earlier.day):
                yield Finding(
                    f"{later.name} was drawn on {day_words(later.day)}, before {earlier.name} on "
                    f"{day_words(earlier.day)}",
                    "Correct the visit or the day of one of the two draws; they may be exchanged.",
                    later.patient,
                    later.visit,
                    _joined(later.source, earlier.source),
                )


@check(WARNING, ("draws",))
def visit_window(evidence: Evidence) -> Iterator[Finding]:
    """Find draws outside the window of their visit, which is due by the recorded dosing."""
    for draw in evidence.draws:
        note = DrawNote(draw.hours_post_lenalidomide)
        at = (draw.visit, draw.timepoint, draw.day, draw.hours_post_dose)
        placed = place_draw(*at, evidence.dosing(draw.patient), note, evidence.settings.visits)
        off = placed.days_off_window
        if off:
            yield Finding(
                f"{draw.name} is due on {day_words(placed.due_day)} and was drawn on "
                f"{day_words(draw.day)}, {days_apart(abs(off))} {'after' if off > 0 else 'before'} "
                "its window",
                "Correct the visit or the day, or call it an unscheduled draw (UNS1); its phase is "
                "that of its day.",
                draw.patient,
                draw.visit,
                draw.source,
            )


@check(WARNING, ("draws", "exposure"))
def draw_outside_dosing(evidence: Evidence) -> Iterator[Finding]:
    """Find draws of a visit whose drug was not being taken."""
    for draw in evidence.draws:
        planned = _planned(draw.visit)
        if planned is None or planned <= CYCLE_DAYS + 1 or draw.day is None:
            continue
        cycle = (planned - 1) // CYCLE_DAYS
        drug = "lenalidomide" if cycle <= LAST_LENALIDOMIDE_CYCLE else "ibrutinib"
        doses = evidence.doses(draw.patient, drug)
        day = math.floor(draw.day)
        if any(row["start_day"] <= day <= _stop(row) for row in doses):
            continue
        is_held = any(
            row["drug"] == drug and row["start_day"] <= day <= _stop(row)
            for row in evidence.records.of("exposure", draw.patient)
        )
        spans = ", ".join(f"{row['start_day']:g} to {_stop_words(row)}" for row in doses)
        yield Finding(
            f"{draw.name} was drawn on {day_words(draw.day)}, when no {drug} was taken "
            f"(taken on days {spans or 'none'})",
            "Nothing, if the hold is right: its phase is that of the combination."
            if is_held
            else "Correct the day or the periods of dosing, or record the hold as a dose of 0.",
            draw.patient,
            draw.visit,
            _joined(draw.source, place(*doses)),
            severity=NOTE if is_held else "",
        )


def _stop(row) -> float:
    return math.inf if row["stop_day"] is None else row["stop_day"]


def _stop_words(row) -> str:
    return "now" if row["stop_day"] is None else f"{row['stop_day']:g}"


def _planned(visit: str) -> int | None:
    parsed = parse_visit(visit)
    return None if parsed is None else parsed.planned_day


def _joined(*sources: str) -> str:
    return "; ".join(dict.fromkeys(filter(None, sources)))


CHECKS = (
    b0_before_ibrutinib,
    b1_before_lenalidomide,
    b1_within_days,
    visit_order,
    visit_window,
    draw_outside_dosing,
)
