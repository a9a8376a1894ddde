"""Clinical tumor lysis syndrome, and the table of all windows (``tls.tsv``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from correlates.clinical.safety.course import Patient, Start
from correlates.clinical.safety.settings import TlsSettings
from correlates.clinical.safety.tls import (
    PARAMETERS,
    LaboratoryTls,
    in_window,
    laboratory_tls,
    window_is_over,
)
from correlates.clinical.safety.words import (
    NO,
    NOT_EVALUABLE,
    NOT_EXCLUDED,
    YES,
    joined,
    number,
    tidy,
    word_match,
)

COLUMNS = [
    *("unit_of_analysis", "patient", "drug", "event", "day", "from_mg", "to_mg"),
    *("window_first_day", "window_last_day", "laboratory_tls", "laboratory_reason"),
    *("n_met", "n_measured", "criteria_met", "other_values", "not_measured", "baseline"),
    *("days_apart", "days_measured", "clinical_tls", "clinical_reason", "clinical_criteria"),
    "definition",
]
UNIT = "start or escalation"


@dataclass(frozen=True)
class Signs:
    """Clinical criteria of one window: those met, and what keeps the others from a "no"."""

    met: tuple[str, ...]
    unknown: tuple[str, ...]


def tls_rows(
    patient: Patient,
    values: Sequence[Mapping] | None,
    events: Sequence[Mapping] | None,
    death_day: float | None,
    settings: TlsSettings,
) -> list[dict]:
    """Judge every start and escalation of one patient.

    Parameters
    ----------
    patient
        With the courses of both drugs.
    values, events
        Rows of the laboratory and the adverse event sheet of this patient; None where the study
        has no such sheet.
    death_day
        Study day of death, if any.
    settings
        Bounds, window and terms.

    Returns
    -------
    One row a start or escalation; one that says why for a patient without recorded dosing.
    """
    starts = patient.starts()
    if not starts:
        reason = "no dose of either drug is recorded"
        return [_row(patient, None, settings) | _not_evaluable(reason)]
    rows = []
    for start in starts:
        row = _row(patient, start, settings)
        if values is None:
            rows.append(row | _not_evaluable("the study has no laboratory sheet"))
            continue
        laboratory = laboratory_tls(start, values, patient, settings)
        signs = clinical_signs(start, values, events, death_day, patient, settings)
        days = {
            entry["study_day"]
            for entry in values
            if in_window(entry["study_day"], start, settings)
            and any(entry.get(parameter[0]) is not None for parameter in PARAMETERS)
        }
        row |= _laboratory_columns(laboratory) | _clinical_columns(laboratory, signs)
        rows.append(row | {"days_measured": ", ".join(map(number, sorted(days)))})
    return rows


def clinical_signs(
    start: Start,
    values: Sequence[Mapping],
    events: Sequence[Mapping] | None,
    death_day: float | None,
    patient: Patient,
    settings: TlsSettings,
) -> Signs:
    """Collect the clinical criteria of one window."""
    met, unknown = _creatinine(start, values, patient, settings)
    if events is None:
        unknown.append("the study has no sheet of adverse events")
    for event in events or ():
        kinds = [
            kind
            for kind, terms in settings.clinical_terms.items()
            if word_match(event["term"], terms)
        ]
        if event.get("grade") == 5 and "death" not in kinds:
            kinds.append("death")
        if not kinds:
            continue
        said = f"{' and '.join(kinds)} ({event['term']})"
        if event.get("onset_day") is None:
            unknown.append(f"day of {said} not known")
        elif in_window(event["onset_day"], start, settings):
            met.append(f"{said} on day {number(event['onset_day'])}")
    if in_window(death_day, start, settings):
        met.append(f"death on day {number(death_day)}")
    if not window_is_over(start, patient, settings):
        unknown.append("the window was not over on the last day that is known")
    return Signs(tuple(met), tuple(unknown))


def _creatinine(start, values, patient, settings) -> tuple[list[str], list[str]]:
    column = "creatinine_mg_dl"
    inside = [
        row
        for row in values
        if row.get(column) is not None and in_window(row["study_day"], start, settings)
    ]
    if not inside:
        return [], ["creatinine not measured"]
    met, without_limit = [], False
    for row in inside:
        limit = row.get("creatinine_uln_mg_dl") or patient.uln_creatinine_mg_dl
        if limit is None:
            without_limit = True
        elif tidy(row[column]) >= tidy(settings.creatinine_uln_factor * limit):
            met.append(
                f"creatinine {number(row[column])} mg/dL on day {number(row['study_day'])}: "
                f">= {number(settings.creatinine_uln_factor)} x {number(limit)}"
            )
    return met[:1], ["upper limit of creatinine not given"] if without_limit and not met else []


def clinical_verdict(laboratory: str, signs: Signs) -> tuple[str, str]:
    """Combine laboratory tumor lysis and clinical signs; both are needed.

    Parameters
    ----------
    laboratory
        Verdict on the laboratory values.
    signs
        Clinical criteria.

    Returns
    -------
    Verdict and reason. A "no" of either part is a "no" of the whole.
    """
    if laboratory == NO:
        return NO, "no laboratory tumor lysis"
    if not signs.met and not signs.unknown:
        return NO, "no clinical criterion met"
    if laboratory == YES and signs.met:
        return YES, "laboratory tumor lysis with a clinical criterion"
    open_ = [*(() if signs.met else signs.unknown)]
    if laboratory != YES:
        open_.insert(0, "laboratory tumor lysis is not excluded")
    verdict = NOT_EVALUABLE if laboratory == NOT_EVALUABLE else NOT_EXCLUDED
    return verdict, joined(open_)


def _row(patient: Patient, start: Start | None, settings: TlsSettings) -> dict:
    row = {"unit_of_analysis": UNIT, "patient": patient.key, "definition": definition(settings)}
    if start is None:
        return row
    return row | {
        "drug": start.drug,
        "event": start.kind,
        "day": start.day,
        "from_mg": start.from_mg,
        "to_mg": start.to_mg,
        "window_first_day": start.day - settings.days_before,
        "window_last_day": start.day + settings.days_after,
    }


def definition(settings: TlsSettings) -> str:
    """Name the definition in use, with what the config changed of the one of 2004."""
    change = (
        f"or {number(settings.change_pct)} % change"
        if settings.change_pct
        else "no criterion of change"
    )
    near = "within 24 hours" if settings.same_24_hours else "on any days of the window"
    return f"Cairo-Bishop, {change}, two {near}"


def _not_evaluable(reason: str) -> dict:
    return {
        "laboratory_tls": NOT_EVALUABLE,
        "laboratory_reason": reason,
        "clinical_tls": NOT_EVALUABLE,
        "clinical_reason": reason,
    }


def _laboratory_columns(laboratory: LaboratoryTls) -> dict:
    criteria = laboratory.criteria
    return {
        "laboratory_tls": laboratory.verdict,
        "laboratory_reason": laboratory.reason,
        "n_met": sum(one.verdict == "met" for one in criteria),
        "n_measured": sum(one.verdict != "not_measured" for one in criteria),
        "criteria_met": joined(one.text for one in criteria if one.verdict == "met"),
        "other_values": joined(one.text for one in criteria if one.verdict != "met"),
        "not_measured": ", ".join(one.name for one in criteria if one.verdict == "not_measured"),
        "baseline": joined(
            f"{one.name} {number(one.baseline)} on day {number(one.baseline_day)}"
            for one in criteria
            if one.baseline is not None
        ),
        "days_apart": laboratory.days_apart,
    }


def _clinical_columns(laboratory: LaboratoryTls, signs: Signs) -> dict:
    verdict, reason = clinical_verdict(laboratory.verdict, signs)
    return {
        "clinical_tls": verdict,
        "clinical_reason": reason,
        "clinical_criteria": joined(signs.met),
    }
