"""Dose-limiting toxicity and who can be judged for it (``dose_limiting.tsv``).

Counted is what the study team declared (``dlt`` in the adverse event sheet) with an onset in the
window. What a rule finds beside that is a candidate: shown as "to be judged", never counted.
"""

from collections.abc import Mapping, Sequence
from math import floor

from correlates.clinical.safety.course import Patient
from correlates.clinical.safety.grades import PARAMETERS, VERSIONS
from correlates.clinical.safety.haematology import graded_values
from correlates.clinical.safety.settings import (
    LENALIDOMIDE,
    DoseLimitingSettings,
    SafetySettings,
)
from correlates.clinical.safety.words import NO, NOT_EVALUABLE, YES, joined, number, tidy

COLUMNS = [
    *("unit_of_analysis", "patient", "level_mg", "dose_cohort", "enrolment_order"),
    *("window_first_day", "window_last_day", "dlt", "declared", "declared_outside_window"),
    *("to_be_judged", "days_planned", "days_dosed", "doses_pct", "evaluable", "reason"),
    "to_be_replaced",
]
PENDING = "pending"


def dose_limiting_row(
    patient: Patient,
    values: Sequence[Mapping] | None,
    events: Sequence[Mapping] | None,
    settings: SafetySettings,
    unknown: str = "",
) -> dict:
    """Judge one patient for dose-limiting toxicity.

    Parameters
    ----------
    patient
        With the course of lenalidomide.
    values, events
        Rows of the laboratory and the adverse event sheet of this patient; None where the study
        has no such sheet.
    settings
        Window, share of doses, and rules of candidates.
    unknown
        Which rows of events or doses are left out; empty if none is.

    Returns
    -------
    One row. ``dlt`` is yes, no, pending (the window goes on, or something declared has no day) or
    not_evaluable; ``evaluable`` is yes, no or pending.
    """
    row = {
        "unit_of_analysis": "patient",
        "patient": patient.key,
        "level_mg": patient.level_mg,
        "dose_cohort": patient.dose_cohort,
        "enrolment_order": patient.enrolment_order,
    }
    first = patient.first_day(LENALIDOMIDE)
    if first is None:
        reason = unknown or "never received lenalidomide: not at risk"
        return row | {"dlt": NOT_EVALUABLE, "evaluable": NO, "reason": reason}
    rules = settings.dose_limiting
    window = (first, first + rules.window_days - 1)
    row |= {"window_first_day": window[0], "window_last_day": window[1]}
    row |= {"to_be_judged": joined(_candidates(patient, values, events, window, settings))}
    row |= _doses(patient, window, rules)
    if events is None:
        reason = "the study has no sheet of adverse events, so nothing can be declared"
        return row | {"dlt": NOT_EVALUABLE, "evaluable": NO, "reason": reason}
    declared = [event for event in events if event.get("dlt")]
    inside = [one for one in declared if is_inside(one, window)]
    undated = [one for one in declared if one.get("onset_day") is None]
    outside = [one for one in declared if one not in inside and one not in undated]
    row |= {
        "declared": joined(map(event_text, inside)),
        "declared_outside_window": joined(map(event_text, [*outside, *undated])),
    }
    if unknown and not inside:
        return row | {"dlt": NOT_EVALUABLE, "evaluable": NO, "reason": unknown}
    return row | _verdict(row, inside, undated, _is_over(patient, window), rules)


def is_inside(event: Mapping, window: tuple[float, float]) -> bool:
    """Say whether an event began on a day of the window, whose both ends belong to it."""
    onset = event.get("onset_day")
    return onset is not None and window[0] <= floor(onset) <= window[1]


def event_text(event: Mapping) -> str:
    """Return an event as term, grade and day."""
    grade = "without a grade" if event.get("grade") is None else f"grade {event['grade']}"
    onset = event.get("onset_day")
    return (
        f"{event['term']}, {grade}, {'day not known' if onset is None else f'day {number(onset)}'}"
    )


def _verdict(row, inside, undated, is_over, rules: DoseLimitingSettings) -> dict:
    if inside:
        return {"dlt": YES, "evaluable": YES, "reason": "declared in the window"}
    if undated:
        reason = "something declared has no day: say whether it began in the window"
        return {"dlt": PENDING, "evaluable": PENDING, "reason": reason}
    if not is_over:
        reason = "the window was not over on the last day that is known"
        return {"dlt": PENDING, "evaluable": PENDING, "reason": reason}
    share = row.get("doses_pct")
    if share is None:
        reason = "doses are not recorded for every day of the window"
        return {"dlt": NOT_EVALUABLE, "evaluable": NO, "reason": reason}
    if share < rules.min_doses_pct:
        reason = (
            f"no dose-limiting toxicity, and {number(share)} % of the planned doses taken, "
            f"fewer than {number(rules.min_doses_pct)} %"
        )
        return {"dlt": NOT_EVALUABLE, "evaluable": NO, "reason": reason, "to_be_replaced": True}
    reason = (
        "none declared; candidates are to be judged" if row["to_be_judged"] else "none declared"
    )
    return {"dlt": NO, "evaluable": YES, "reason": reason, "to_be_replaced": False}


def _doses(patient: Patient, window, rules: DoseLimitingSettings) -> dict:
    mg = patient.courses[LENALIDOMIDE].mg
    last = patient.courses[LENALIDOMIDE].last_day
    days = range(int(window[0]), int(window[1]) + 1)
    # After the end of treatment no dose was taken; within it, a day without record is not known.
    known = [mg.get(day, 0.0 if day > last else None) for day in days]
    dosed = sum(1 for dose in known if dose)
    if None in known or not mg:
        return {"days_planned": rules.window_days}
    return {
        "days_planned": rules.window_days,
        "days_dosed": dosed,
        "doses_pct": tidy(100 * dosed / rules.window_days),
    }


def _candidates(patient, values, events, window, settings: SafetySettings) -> list[str]:
    rules = settings.dose_limiting
    found = []
    for parameter, bound in (
        ("anc", rules.candidate_anc_grade),
        ("plt", rules.candidate_plt_grade),
    ):
        if not bound or values is None:
            continue
        hits = [
            (grade.grade, row)
            for row, grade in graded_values(patient, parameter, values, window, settings)
            if grade.grade is not None and grade.grade >= bound
        ]
        if hits:
            grade, row = max(hits, key=lambda hit: hit[0])
            column = PARAMETERS[parameter]
            found.append(
                f"{parameter.upper()} {number(row[column])} on day {number(row['study_day'])}: "
                f"grade {grade} ({VERSIONS[settings.haematology]})"
            )
    bound = rules.candidate_event_grade
    if bound:
        found += [
            event_text(event)
            for event in events or ()
            if (event.get("grade") or 0) >= bound
            and not event.get("dlt")
            and event.get("related_lenalidomide") is not False
            and is_inside(event, window)
        ]
    return found


def _is_over(patient: Patient, window) -> bool:
    last = patient.last_known_day
    return last is None or last >= window[1]
