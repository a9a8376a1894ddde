"""Worst grade of each count, per patient and per cycle of a patient (``haematology.tsv``)."""

from collections.abc import Mapping, Sequence
from math import floor

from correlates.clinical.safety.course import Patient
from correlates.clinical.safety.grades import (
    NAMES,
    PARAMETERS,
    VERSIONS,
    Grade,
    grade_ctcae5,
    grade_iwcll,
)
from correlates.clinical.safety.predose import before_start, is_before
from correlates.clinical.safety.reported import beside_reported
from correlates.clinical.safety.settings import (
    CTCAE5,
    DRUGS,
    IBRUTINIB,
    LENALIDOMIDE,
    SafetySettings,
)
from correlates.clinical.safety.words import NOT_EVALUABLE, OK, joined

COLUMNS = [
    *("unit_of_analysis", "patient", "period", "cycle", "parameter", "grading"),
    *("first_day", "last_day", "n_values", "worst_grade", "worst_day", "worst_value"),
    *("baseline_value", "baseline_day", "baseline_grade", "abnormal_baseline"),
    *("worse_than_baseline", "transfused", "gcsf", "reported_grade", "reported_terms"),
    *("disagreement", "status", "reason"),
]
PATIENT = "patient"
PATIENT_CYCLE = "patient-cycle"
PERIODS = {IBRUTINIB: "from first ibrutinib", LENALIDOMIDE: "from first lenalidomide"}


def haematology_rows(
    patient: Patient,
    values: Sequence[Mapping] | None,
    events: Sequence[Mapping] | None,
    settings: SafetySettings,
) -> list[dict]:
    """Grade the counts of one patient.

    Parameters
    ----------
    patient
        With courses and cycles.
    values, events
        Rows of the laboratory and the adverse event sheet of this patient; None where the study
        has no such sheet.
    settings
        Scale, lower limits of normal, and terms under which a grade may have been reported.

    Returns
    -------
    A row per parameter for the time on each drug (unit ``patient``) and for each cycle (unit
    ``patient-cycle``). The worst grade is the highest; of equal ones the lowest value tells.
    """
    rows = []
    for parameter in PARAMETERS:
        for drug in DRUGS:
            first = patient.first_day(drug)
            if first is None:
                continue
            last = patient.treated_until(drug, settings.days_after_last_dose)
            where = {"unit_of_analysis": PATIENT, "period": PERIODS[drug]}
            row = where | _worst(patient, parameter, values, (first, last), settings)
            rows.append(row | beside_reported(row, parameter, events, settings))
        rows += [
            {"unit_of_analysis": PATIENT_CYCLE, "cycle": cycle.number}
            | _worst(patient, parameter, values, (cycle.first_day, cycle.last_day), settings)
            for cycle in patient.cycles
        ]
    return rows


def grade_of(
    parameter: str, value: float, baseline: float | None, patient: Patient, settings: SafetySettings
) -> Grade:
    """Grade one value on the scale of the config."""
    limits = settings.lower_limits.of(parameter, patient.sex)
    if settings.haematology == CTCAE5:
        return grade_ctcae5(parameter, value, limits)
    return grade_iwcll(parameter, value, baseline, limits)


def graded_values(
    patient: Patient,
    parameter: str,
    values: Sequence[Mapping],
    span: tuple[float, float],
    settings: SafetySettings,
) -> list[tuple[Mapping, Grade]]:
    """Return the rows of a span of days with their grades, those before the first dose left out."""
    column = PARAMETERS[parameter]
    base = _baseline(patient, parameter, values)
    start = treatment_start(patient)
    return [
        (row, grade_of(parameter, row[column], base and base[column], patient, settings))
        for row in values
        if row.get(column) is not None
        and span[0] <= floor(row["study_day"]) <= span[1]
        and (start is None or not is_before(row, start))
    ]


def treatment_start(patient: Patient) -> float | None:
    """Return the day of the first dose of either drug."""
    days = [patient.first_day(drug) for drug in DRUGS]
    return min((day for day in days if day is not None), default=None)


def _baseline(patient, parameter, values) -> Mapping | None:
    start = treatment_start(patient)
    measured = [row for row in values if row.get(PARAMETERS[parameter]) is not None]
    return None if start is None else before_start(measured, start)


def _worst(patient, parameter, values, span, settings) -> dict:
    row = {
        "patient": patient.key,
        "parameter": NAMES[parameter],
        "grading": VERSIONS[settings.haematology],
        "first_day": span[0],
        "last_day": span[1],
    }
    if values is None:
        return row | _not_evaluable("the study has no laboratory sheet")
    row |= _baseline_columns(patient, parameter, values, settings)
    graded = graded_values(patient, parameter, values, span, settings)
    row |= {"n_values": len(graded)}
    if not graded:
        return row | _not_evaluable("not measured in these days")
    known = [(grade.grade, entry) for entry, grade in graded if grade.grade is not None]
    column = PARAMETERS[parameter]
    highest = max((grade for grade, _ in known), default=-1)
    untold = {
        grade.reason for _, grade in graded if grade.grade is None and grade.at_most > highest
    }
    if untold:
        return row | _not_evaluable(joined(sorted(untold)))
    worst, entry = max(known, key=lambda hit: (hit[0], -hit[1][column], -hit[1]["study_day"]))
    baseline_grade = row.get("baseline_grade")
    return row | {
        "worst_grade": worst,
        "worst_day": entry["study_day"],
        "worst_value": entry[column],
        "worse_than_baseline": None if baseline_grade is None else worst > baseline_grade,
        "transfused": _noted(graded, "transfused_7d"),
        "gcsf": _noted(graded, "gcsf_7d"),
        "status": OK,
        "reason": _cautions(parameter, graded),
    }


def _baseline_columns(patient, parameter, values, settings) -> dict:
    base = _baseline(patient, parameter, values)
    if base is None:
        return {}
    value = base[PARAMETERS[parameter]]
    grade = grade_of(parameter, value, value, patient, settings).grade
    low, high = settings.lower_limits.of(parameter, patient.sex)
    return {
        "baseline_value": value,
        "baseline_day": base["study_day"],
        "baseline_grade": grade,
        "abnormal_baseline": True if value < low else False if value >= high else None,
    }


def _noted(graded, column) -> bool | None:
    said = [entry.get(column) for entry, _ in graded]
    return True if any(said) else None if None in said else False


def _cautions(parameter, graded) -> str:
    if parameter == "anc":
        supported = _noted(graded, "gcsf_7d")
        return "G-CSF within 7 days: neutrophils may have been lower" if supported else ""
    supported = _noted(graded, "transfused_7d")
    return f"transfused within 7 days: {NAMES[parameter]} may have been lower" if supported else ""


def _not_evaluable(reason: str) -> dict:
    return {"status": NOT_EVALUABLE, "reason": reason}
