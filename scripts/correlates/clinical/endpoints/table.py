"""The endpoint table: every endpoint of every patient, evaluable or with the reason why not."""

from collections.abc import Mapping
from dataclasses import dataclass

from correlates.clinical.endpoints.early import OF_RESPONSE, not_yet
from correlates.clinical.endpoints.response import (
    no_response_endpoints,
    response_endpoints,
    shrinkage_endpoint,
    unless_known,
)
from correlates.clinical.endpoints.rows import BINARY, CONTINUOUS, ORDINAL, SURVIVAL, Endpoint
from correlates.clinical.flare.patients import FlareOfPatient, flare_of_patient
from correlates.clinical.records import ClinicalRecords
from correlates.clinical.response.course import PatientResponse, responses_of
from correlates.clinical.response.judged import TYPED, Course
from correlates.clinical.survival.outcomes import SURVIVAL as DEATHS
from correlates.clinical.survival.outcomes import Outcome, outcomes_of
from correlates.clinical.survival.schedule import Schedule
from correlates.clinical.survival.times import TimeToEvent
from correlates.intake.sheets.values import is_blank

FOLLOW_UP = "follow_up"


@dataclass(frozen=True)
class Derived:
    """What endpoints are made of, per patient and in the order of the patients sheet."""

    responses: Mapping[str, PatientResponse]
    flares: tuple[FlareOfPatient, ...]
    outcomes: tuple[Outcome, ...]


def derive(records: ClinicalRecords, settings: Mapping) -> Derived:
    """Derive response, flare and times of every patient.

    Parameters
    ----------
    records
        The study's records, up to the data cut.
    settings
        The config's block ``clinical``: ``response``, ``flare``, ``survival``.
    """
    responses = responses_of(records, settings["response"])
    courses = {name: one.chosen for name, one in responses.items() if one.chosen.source != TYPED}
    window = settings["flare"]["window_days"]
    return Derived(
        responses,
        tuple(flare_of_patient(records, name, window) for name in records.patients),
        tuple(outcomes_of(records, courses, settings["survival"])),
    )


def endpoint_rows(records: ClinicalRecords, derived: Derived, settings: Mapping) -> list[dict]:
    """Put every endpoint of every patient into one table.

    Parameters
    ----------
    records
        The study's records.
    derived
        What `derive` made of them.
    settings
        The config's block ``clinical``.

    Returns
    -------
    Rows of `rows.COLUMNS`, patient by patient. What is not evaluable has no value; a reason beside
    a value says how it came about. Endpoints that the study's sheets cannot give have no rows.
    """
    schedule = Schedule.of(settings["survival"])
    rows = []
    for flare, outcome in zip(derived.flares, derived.outcomes, strict=True):
        patient = flare.patient
        response = derived.responses[patient]
        course = response.chosen
        found = _response(records, response, outcome, schedule, settings["response"])
        if records.has("assessments"):
            unknown = records.why_unknown(patient, *OF_RESPONSE)
            found.append(shrinkage_endpoint(response.computed, unknown))
        found += [_time(name, time) for name, time in outcome.all_times.items()]
        criteria, source = _criteria(records.patient(patient), course), course.source
        rows += [
            one.row(patient, *(("", FOLLOW_UP) if _is_of_death(one.name) else (criteria, source)))
            for one in found
        ]
        rows += [one.row(patient, flare.version, flare.source) for one in flare_endpoints(flare)]
    return rows


def _criteria(row: Mapping, course: Course) -> str:
    """Return the criteria of a patient's responses; those typed in may name their own."""
    own = row.get("response_criteria") if course.source == TYPED else None
    return str(own or course.criteria)


def _is_of_death(endpoint: str) -> bool:
    """Say whether an endpoint rests on deaths alone, and on no criteria of response."""
    return endpoint.split("_")[0] == DEATHS


def flare_endpoints(flare: FlareOfPatient) -> list[Endpoint]:
    """Return the endpoints of flare; an onset is in days from the first lenalidomide dose.

    While the window goes on nobody is evaluable: a flare is known at once, and its absence only at
    the end, so that those of whom something is known would all have flared.
    """
    if flare.goes_on:
        why = "observed for less than the window of flare, which goes on"
        names = (("tfr_any", BINARY), ("tfr_ge2", BINARY), ("tfr_ordinal", ORDINAL))
        names += (("tfr_onset_d", CONTINUOUS),)
        return [Endpoint(name, kind, None, why) for name, kind in names]
    found = [
        Endpoint("tfr_any", BINARY, _number(flare.any_flare), flare.reason),
        Endpoint("tfr_ge2", BINARY, _number(flare.ge2), flare.reason),
        Endpoint("tfr_ordinal", ORDINAL, flare.ordinal, flare.reason),
    ]
    if flare.source == "flares":
        why = "" if flare.onset_d is not None else flare.reason or "no flare"
        if flare.any_flare is False:
            why = f"no flare: {flare.reason}"
        found.append(Endpoint("tfr_onset_d", CONTINUOUS, flare.onset_d, why))
    return found


def _response(
    records: ClinicalRecords,
    response: PatientResponse,
    outcome: Outcome,
    schedule: Schedule,
    settings: Mapping,
) -> list[Endpoint]:
    patient, course = response.patient, response.chosen
    failure = records.patient(patient).get("screen_failure")
    if not is_blank(failure):
        return no_response_endpoints(f"not enrolled ({failure})")
    unknown = "" if course.source == TYPED else records.why_unknown(patient, *OF_RESPONSE)
    if unknown:
        return no_response_endpoints(unknown)
    must_confirm = settings["best"] == "confirmed"
    early = not_yet(outcome.history, course, schedule, must_confirm=must_confirm)
    why = "" if course.source == TYPED else course.reason
    found = response_endpoints(course.best, why)
    if early is None:
        return found
    return unless_known(found, response_endpoints(early.at_best), early.reason)


def _time(name: str, time: TimeToEvent) -> Endpoint:
    event = None if time.event is None else int(time.event)
    return Endpoint(name, SURVIVAL, None, time.reason, time.days, event)


def _number(value: bool | None) -> int | None:
    return None if value is None else int(value)
