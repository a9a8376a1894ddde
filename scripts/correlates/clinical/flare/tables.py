"""Tables of flares: one row a patient, one row an event."""

from collections.abc import Iterable

from correlates.clinical.dosing.dosing import LENALIDOMIDE, Dosing
from correlates.clinical.flare.events import FlareEvent
from correlates.clinical.flare.patients import MAX_GRADE, FlareOfPatient

PATIENT_COLUMNS = [
    *("patient", "at_risk", "first_lenalidomide_day", "observed_days", "window_days"),
    *("exposure_days", "window_exposure_days", "tfr_any", "tfr_ge2", "tfr_ordinal"),
    *("worst_grade", "fatal", "n_flares", "tfr_onset_d", "resolution_d", "duration_days"),
    *("len_dose_at_onset_mg", "sites", "treatment", "prophylaxis", "prophylaxis_source"),
    *("ctcae_version", "source", "evaluable", "reason", "notes"),
]
EVENT_COLUMNS = [
    *("patient", "event_id", "state", "onset_study_day", "onset_d", "resolution_d"),
    *("duration_days", "in_window", "grade", "ctcae_version", "sites", "fever", "rash"),
    *("bone_pain", "alc_change", "treatment", "dose_action", "len_dose_recorded_mg"),
    *("len_dose_mg", "sheet", "row"),
]
_COPIED = ("event_id", "sites", "fever", "rash", "bone_pain", "alc_change", "treatment")


def patient_row(flare: FlareOfPatient, dosing: Dosing, window_days: float) -> dict:
    """Return the row of one patient; days of resolution and the dose are of the first flare."""
    at_risk, counted = flare.at_risk, flare.counted
    first = counted[0] if counted else None
    return {
        "patient": flare.patient,
        "at_risk": at_risk.first_day is not None,
        "first_lenalidomide_day": at_risk.first_day,
        "observed_days": at_risk.observed_days,
        "window_days": window_days,
        "exposure_days": at_risk.exposure_days,
        "window_exposure_days": at_risk.window_exposure_days,
        "tfr_any": _number(flare.any_flare),
        "tfr_ge2": _number(flare.ge2),
        "tfr_ordinal": flare.ordinal,
        "worst_grade": flare.worst_grade,
        "fatal": None if flare.worst_grade is None else flare.worst_grade == MAX_GRADE,
        "n_flares": len(counted),
        "tfr_onset_d": flare.onset_d,
        "resolution_d": first and _resolution_d(first),
        "duration_days": first and first.duration_days,
        "len_dose_at_onset_mg": first and dosing.dose_on(LENALIDOMIDE, first.onset_day),
        "sites": _listed(event.row["sites"] for event in counted),
        "treatment": _listed(event.row["treatment"] for event in counted),
        "prophylaxis": at_risk.prophylaxis,
        "prophylaxis_source": at_risk.prophylaxis_source,
        "ctcae_version": flare.version,
        "source": flare.source,
        "evaluable": flare.any_flare is not None,
        "reason": flare.reason,
        "notes": flare.notes,
    }


def event_rows(flare: FlareOfPatient, dosing: Dosing, window_days: float) -> list[dict]:
    """Return one row an event, counted or not; the recorded dose stands beside that of exposure."""
    return [_event_row(event, dosing, window_days) for event in flare.events]


def _event_row(event: FlareEvent, dosing: Dosing, window_days: float) -> dict:
    placed = event.onset_d is not None
    return {name: event.row[name] for name in _COPIED} | {
        "patient": event.patient,
        "state": event.state,
        "onset_study_day": event.onset_day,
        "onset_d": event.onset_d,
        "resolution_d": _resolution_d(event),
        "duration_days": event.duration_days,
        "in_window": 0 <= event.onset_d <= window_days if placed else None,
        "grade": event.grade,
        "ctcae_version": event.version,
        "dose_action": event.row["dose_action"],
        "len_dose_recorded_mg": event.row["len_dose_at_onset_mg"],
        "len_dose_mg": dosing.dose_on(LENALIDOMIDE, event.onset_day) if placed else None,
        "sheet": event.row["sheet"],
        "row": event.row["row"],
    }


def _resolution_d(event: FlareEvent) -> float | None:
    """Return the days from the first lenalidomide dose to the resolution."""
    if event.onset_d is None or event.duration_days is None:
        return None
    return event.onset_d + event.duration_days


def _number(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _listed(texts: Iterable[str | None]) -> str:
    """Join lists of words, each word once, in alphabetical order; ``none`` only if it is alone."""
    words = {word.strip() for text in texts for word in (text or "").split(";")} - {""}
    return ";".join(sorted(words - {"none"} or words))
