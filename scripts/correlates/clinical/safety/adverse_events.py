"""Worst grade of each reported term per patient (``adverse_events.tsv``)."""

from collections.abc import Iterable, Mapping, Sequence
from math import floor

from correlates.clinical.safety.course import Patient
from correlates.clinical.safety.haematology import treatment_start
from correlates.clinical.safety.settings import DRUGS
from correlates.clinical.safety.words import (
    NOT_EVALUABLE,
    OK,
    any_of,
    joined,
    normalised,
    word_of,
)

COLUMNS = [
    *("unit_of_analysis", "patient", "term", "n_events", "worst_grade", "n_without_grade"),
    *("first_onset_day", "worst_onset_day", "n_before_treatment", "ctcae_versions", "serious"),
    *("related_ibrutinib", "related_lenalidomide", "declared_dlt", "causes", "actions"),
    *("status", "reason"),
]
NONE_REPORTED = "none_reported"


def adverse_event_rows(
    patient: Patient, events: Sequence[Mapping] | None, unknown: str = ""
) -> list[dict]:
    """Fold the reported events of one patient by term.

    Parameters
    ----------
    patient
        For the days of the first doses.
    events
        Rows of the adverse event sheet of this patient; None where the study has no such sheet.
    unknown
        Which rows of that sheet are left out; empty if none is.

    Returns
    -------
    One row a term; terms that differ in case and spaces alone are one, under its first spelling.
    A patient without any has one row that says so: ``none_reported`` if the sheet is there,
    ``not_evaluable`` if it is not.
    """
    blank = {"unit_of_analysis": "patient", "patient": patient.key}
    if events is None:
        reason = "the study has no sheet of adverse events"
        return [blank | {"status": NOT_EVALUABLE, "reason": reason}]
    more = [blank | {"status": NOT_EVALUABLE, "reason": unknown}] if unknown else []
    if not events and more:
        return more
    if not events:
        reason = "no event is reported; the sheet does not tell whether anyone looked"
        return [blank | {"n_events": 0, "status": NONE_REPORTED, "reason": reason}]
    return [blank | _term_columns(patient, one) for one in by_term(events).values()] + more


def by_term(events: Iterable[Mapping]) -> dict[str, list[Mapping]]:
    """Gather events by their term, in alphabetical order."""
    terms: dict[str, list[Mapping]] = {}
    for event in events:
        terms.setdefault(normalised(event["term"]), []).append(event)
    return dict(sorted(terms.items()))


def is_emergent(event: Mapping, patient: Patient, drug: str, days_after: float) -> bool | None:
    """Say whether an event began while a drug was given, or some days after; None if not known."""
    first, last = patient.first_day(drug), patient.treated_until(drug, days_after)
    onset = event.get("onset_day")
    if first is None or last is None:
        return False
    return None if onset is None else first <= floor(onset) <= last


def _term_columns(patient: Patient, events: Sequence[Mapping]) -> dict:
    graded = [event for event in events if event.get("grade") is not None]
    onsets = [event["onset_day"] for event in events if event.get("onset_day") is not None]
    worst = max(graded, key=lambda event: event["grade"], default={})
    start = treatment_start(patient)
    return {
        "term": events[0]["term"],
        "n_events": len(events),
        "worst_grade": worst.get("grade"),
        "n_without_grade": len(events) - len(graded),
        "first_onset_day": min(onsets, default=None),
        "worst_onset_day": worst.get("onset_day"),
        "n_before_treatment": sum(start is None or onset < start for onset in onsets),
        "ctcae_versions": _texts(events, "ctcae_version"),
        "serious": word_of(any_of(event.get("serious") for event in events)),
        **{
            f"related_{drug}": word_of(any_of(event.get(f"related_{drug}") for event in events))
            for drug in DRUGS
        },
        "declared_dlt": word_of(any_of(event.get("dlt") for event in events)),
        "causes": _texts(events, "cause"),
        "actions": _texts(events, "action"),
        "status": OK if graded else NOT_EVALUABLE,
        "reason": "" if graded else "no grade is recorded",
    }


def _texts(events, column) -> str:
    return joined(sorted({str(event[column]) for event in events if event.get(column)}))
