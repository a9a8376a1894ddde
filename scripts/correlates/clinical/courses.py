"""The course of each patient, as it is drawn: periods on drugs, events, and how it ended."""

from collections.abc import Iterator, Mapping

from correlates.clinical.dosing.dosing import IBRUTINIB, LENALIDOMIDE, Dosing
from correlates.clinical.records import ClinicalRecords

COLUMNS = ("patient", "what", "start_day", "stop_day", "label")
PERIODS = (IBRUTINIB, LENALIDOMIDE)


def course_rows(
    records: ClinicalRecords,
    dosing: Mapping[str, Dosing],
    responses: Mapping[str, Mapping],
    hold_days: float,
) -> list[dict]:
    """Return what happened to each patient and when.

    Parameters
    ----------
    records
        The clinical records.
    dosing
        What each patient took.
    responses
        By patient: ``first_response_day`` and ``first_progression_day``, None where there was none.
    hold_days
        Fewest days without a dose that are a hold.

    Returns
    -------
    ``patient``, ``what`` (``ibrutinib``, ``lenalidomide`` and ``hold``, which are periods;
    ``flare``, ``response``, ``progression``, ``death``, ``ongoing``, which are days),
    ``start_day``, ``stop_day`` of periods (an open one ends with the course), ``label``
    (drug that is held, grade, why off study). A patient without a dose has no row.
    """
    rows = []
    for patient in records.patients:
        own = dosing.get(patient)
        last = records.last_known_day(patient)
        if own is None or own.first_ibrutinib is None or last is None:
            continue
        end = _end(records, patient, last)
        found = [*_periods(own, end["start_day"], hold_days), *_flares(records, patient)]
        found += [*_responses(responses.get(patient, {})), end]
        rows += [dict.fromkeys(COLUMNS) | {"patient": patient} | row for row in found]
    return rows


def _periods(dosing: Dosing, last: float, hold_days: float) -> Iterator[dict]:
    for drug in PERIODS:
        first, stop = dosing.first_dose(drug), dosing.last_dose(drug)
        if first is None:
            continue
        yield {"what": drug, "start_day": first, "stop_day": last if stop is None else stop}
        for hold in dosing.holds(drug, hold_days):
            end = last if hold.last is None else hold.last
            yield {"what": "hold", "start_day": hold.first, "stop_day": end, "label": drug}


def _flares(records: ClinicalRecords, patient: str) -> Iterator[dict]:
    for row in records.of("flares", patient):
        if row["grade"] and row["onset_study_day"] is not None:
            grade = f"{row['grade']:g}"
            yield {"what": "flare", "start_day": row["onset_study_day"], "label": grade}


def _responses(response: Mapping) -> Iterator[dict]:
    if response.get("first_response_day") is not None:
        yield {"what": "response", "start_day": response["first_response_day"]}
    if response.get("first_progression_day") is not None:
        yield {"what": "progression", "start_day": response["first_progression_day"]}


def _end(records: ClinicalRecords, patient: str, last: float) -> dict:
    death_day = records.death_day(patient)
    if death_day is not None:
        return {"what": "death", "start_day": death_day}
    contacts = records.of("follow_up", patient)
    reasons = [row["off_study_reason"] for row in contacts if row["off_study_reason"]]
    return {"what": "ongoing", "start_day": last, "label": reasons[-1] if reasons else ""}
