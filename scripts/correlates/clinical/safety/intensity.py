"""Dose intensity: what was taken of what was planned (``dose_intensity.tsv``).

Planned is the dose of every day of treatment: of ibrutinib as the config says, of lenalidomide the
dose level, and from an escalation on the higher dose, which a later reduction does not lower.
Days without a dose, within a cycle or between two, are planned days without one, so that delays
count as they do in mg per week.
"""

from collections.abc import Sequence
from itertools import pairwise

from correlates.clinical.safety.course import Course, Patient
from correlates.clinical.safety.settings import (
    DRUGS,
    IBRUTINIB,
    LENALIDOMIDE,
    DosePlan,
    SafetySettings,
)
from correlates.clinical.safety.words import NOT_EVALUABLE, OK, joined

COLUMNS = [
    *("unit_of_analysis", "patient", "level_mg", "cycle", "drug", "first_day", "last_day"),
    *("start_mg", "current_mg", "cumulative_mg", "planned_mg", "relative_dose_intensity_pct"),
    *("days_planned", "days_dosed", "days_held", "n_holds", "n_reductions", "n_escalations"),
    *("escalated", "n_delays", "delay_days", "n_patients", "status", "reason"),
]


def dose_intensity_rows(patient: Patient, settings: DosePlan) -> list[dict]:
    """Return what one patient took of each drug: in all (``patient``) and per ``patient-cycle``.

    Parameters
    ----------
    patient
        With courses and cycles.
    settings
        Planned doses.

    Returns
    -------
    Rows with doses in mg. A drug that was never received has a row that says so and no zeros.
    """
    rows = []
    for drug in DRUGS:
        course = patient.courses[drug]
        where = {"patient": patient.key, "level_mg": patient.level_mg, "drug": drug}
        whole = where | {"unit_of_analysis": "patient"}
        if course.first_day is None:
            rows.append(whole | {"status": NOT_EVALUABLE, "reason": "never received"})
            continue
        span = (course.first_day, course.last_day)
        whole |= _columns(course, span, patient, settings)
        rows.append(whole | (_delays(patient, settings) if drug == LENALIDOMIDE else {}))
        rows += [
            where
            | {"unit_of_analysis": "patient-cycle", "cycle": cycle.number}
            | _columns(course, (cycle.first_day, cycle.last_day), patient, settings)
            for cycle in patient.cycles
            if course.days(cycle.first_day, cycle.last_day)
        ]
    return rows


def level_rows(rows: Sequence[dict], settings: SafetySettings) -> list[dict]:
    """Sum up the patients of each dose level, by drug; the intensity is the median of theirs."""
    found = []
    for mg in settings.dose_levels_mg:
        for drug in DRUGS:
            of_level = [
                row
                for row in rows
                if row["unit_of_analysis"] == "patient"
                and row["drug"] == drug
                and row["level_mg"] == mg
            ]
            shares = sorted(
                row["relative_dose_intensity_pct"] for row in of_level if row["status"] == OK
            )
            if not of_level:
                continue
            row = {
                "unit_of_analysis": "level",
                "level_mg": mg,
                "drug": drug,
                "n_patients": len(shares),
            }
            missing = len(of_level) - len(shares)
            said = f"{missing} of {len(of_level)} not evaluable" if missing else ""
            if not shares:
                found.append(row | {"status": NOT_EVALUABLE, "reason": said})
                continue
            sums = ("n_holds", "n_reductions", "n_escalations")
            evaluable = [one for one in of_level if one["status"] == OK]
            row |= {name: sum(one[name] for one in evaluable) for name in sums}
            median = (shares[(len(shares) - 1) // 2] + shares[len(shares) // 2]) / 2
            row |= {"relative_dose_intensity_pct": median}
            found.append(row | {"status": OK, "reason": joined(["median of patients", said])})
    return found


def planned_by_day(course: Course, planned_start: float) -> dict[int, float]:
    """Return the planned dose of every day of treatment, in mg.

    That of the start, or the highest taken so far if that is more.
    """
    planned, highest = {}, planned_start
    for day in course.days(course.first_day, course.last_day):
        highest = max(highest, course.mg.get(day, 0))
        planned[day] = highest
    return planned


def _columns(course: Course, span, patient: Patient, settings: DosePlan) -> dict:
    days = course.days(*span)
    row = {"first_day": days[0], "last_day": days[-1], "days_planned": len(days)}
    unknown = [day for day in days if day not in course.mg]
    if unknown:
        reason = f"the dose of {len(unknown)} of {len(days)} days is not recorded"
        return row | {"status": NOT_EVALUABLE, "reason": reason}
    start = settings.ibrutinib_mg if course.drug == IBRUTINIB else patient.level_mg
    start = course.start_mg if start is None else start
    if start is None:
        return row | {"status": NOT_EVALUABLE, "reason": "no planned dose is known"}
    planned = planned_by_day(course, start)
    taken = sum(course.mg[day] for day in days)
    due = sum(planned[day] for day in days)
    held = [day for day in days if not course.mg[day]]
    steps = _steps(course, days)
    raised = [mg for before, mg in steps if mg > before]
    return row | {
        "start_mg": course.mg[days[0]],
        "current_mg": course.mg[days[-1]],
        "cumulative_mg": taken,
        "planned_mg": due,
        "relative_dose_intensity_pct": 100 * taken / due,
        "days_dosed": len(days) - len(held),
        "days_held": len(held),
        "n_holds": sum(day - 1 not in held for day in held),
        "n_reductions": sum(mg < before for before, mg in steps),
        "n_escalations": len(raised),
        "escalated": any(mg > start for mg in raised),
        "status": OK,
        "reason": _gaps_told(sum(day in course.gaps for day in days)),
    }


def _gaps_told(days: int) -> str:
    """Say how many days count as without a dose though no row of the sheet says so."""
    return f"{days} days between rows of the sheet have none, and count as not taken" * bool(days)


def _steps(course: Course, days: Sequence[int]) -> list[tuple[float, float]]:
    """Return each dose with the last one taken before it, where it is another; holds are none."""
    doses = [(day, mg) for day, mg in sorted(course.mg.items()) if mg]
    inside = set(days)
    return [(a, b) for (_, a), (day, b) in pairwise(doses) if a != b and day in inside]


def _delays(patient: Patient, settings: DosePlan) -> dict:
    """Count the cycles that began later than the one before was planned to end."""
    late = [
        after.first_day - before.first_day - settings.cycle_days
        for before, after in pairwise(patient.cycles)
        if after.number == before.number + 1
    ]
    counted = [days for days in late if days >= settings.min_delay_days]
    return {"n_delays": len(counted), "delay_days": sum(counted)} if late else {}
