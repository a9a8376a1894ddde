"""The trial's own flow: from the patients sheet to each endpoint."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from correlates.clinical.dosing.dosing import Dosing
from correlates.clinical.records import ClinicalRecords
from correlates.cohort.patient_flow.chain import ENDPOINT, TRIAL, Chain, steps_of
from correlates.pages.words import is_true

REGISTERED, ENROLLED = "registered", "enrolled"
IBRUTINIB, LENALIDOMIDE, EVALUABLE = "received ibrutinib", "received lenalidomide", "evaluable"
RESPONSE, FLARE, SURVIVAL = "response", "flare", "time to event"


def trial_chain(
    records: ClinicalRecords, dosing: Mapping[str, Dosing], problems: Iterable[Mapping]
) -> Chain:
    """Follow the patients from the sheet to the combination.

    Parameters
    ----------
    records
        The clinic's records.
    dosing
        What each patient took.
    problems
        Rows of ``problems.tsv``: patients whose row of the sheet was left out were registered too.
    """
    refused = _refused(records, problems)
    failures = {row["patient"]: row["screen_failure"] for row in records.rows("patients")}

    def enrolled(patient: str) -> str:
        if patient in refused:
            return "the row of the patients sheet is left out"
        return f"screen failure: {failures[patient]}" if failures[patient] else ""

    def ibrutinib(patient: str) -> str:
        return "" if dosing[patient].first_ibrutinib is not None else "no dose of ibrutinib"

    def lenalidomide(patient: str) -> str:
        return (
            ""
            if dosing[patient].first_lenalidomide is not None
            else why_no_lenalidomide(records, patient)
        )

    asked = ((ENROLLED, enrolled), (IBRUTINIB, ibrutinib), (LENALIDOMIDE, lenalidomide))
    return Chain(TRIAL, steps_of(REGISTERED, [*records.patients, *refused], asked))


def _refused(records: ClinicalRecords, problems: Iterable[Mapping]) -> list[str]:
    """Return who has a row of the patients sheet that was left out, and no good one."""
    sheets = {row["sheet"] for row in records.rows("patients")}
    rows = [row for row in problems if row["stops"] == "row" and row["file"] in sheets]
    named = dict.fromkeys(row.get("patient") or f"row {row['row']}" for row in rows)
    return [patient for patient in named if patient not in set(records.patients)]


def why_no_lenalidomide(records: ClinicalRecords, patient: str) -> str:
    """Say why a patient never received lenalidomide, as far as the follow-up tells."""
    left = [row for row in records.of("follow_up", patient) if row["off_study_day"] is not None]
    if records.death_day(patient) is not None:
        return "died before lenalidomide"
    reason = left[0]["off_study_reason"] if left else None
    return f"off study before lenalidomide: {reason}" if reason else "never received lenalidomide"


def endpoint_chains(enrolled: Iterable[str], endpoints: Iterable[Mapping]) -> list[Chain]:
    """Return the flow of each endpoint: who is evaluable for it, and why the others are not.

    Parameters
    ----------
    enrolled
        Patients who were enrolled.
    endpoints
        Rows of ``endpoints.tsv``.
    """
    patients = list(enrolled)
    rows = sorted(endpoints, key=lambda row: row["endpoint"])
    order = list(dict.fromkeys(row["endpoint"] for row in endpoints))
    by_name = {name: list(of) for name, of in groupby(rows, key=lambda row: row["endpoint"])}
    return [
        Chain(
            ENDPOINT,
            steps_of(ENROLLED, patients, [(EVALUABLE, why_not_evaluable(by_name[name]))]),
            {"endpoint": name, "analysis": family_of(name, by_name[name][0]["kind"])},
        )
        for name in order
    ]


def why_not_evaluable(rows: Iterable[Mapping]):
    """Return a function that says why a patient is not evaluable for an endpoint."""
    reasons = {
        row["patient"]: "" if is_true(row["evaluable"]) else row["reason"] or "no reason was given"
        for row in rows
    }
    return lambda patient: reasons.get(patient, "no row of this endpoint")


def family_of(endpoint: str, kind: str) -> str:
    """Return the family that an endpoint belongs to."""
    if endpoint.startswith(("tfr", "flare")):
        return FLARE
    return SURVIVAL if kind == "survival" else RESPONSE
