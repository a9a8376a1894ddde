"""Flare by patient: whether, how bad, when; and who cannot be said to have had none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from correlates.clinical.dosing.dosing import dosing_of_patient
from correlates.clinical.flare.events import (
    COUNTED,
    NO_FLARE,
    UNPLACED,
    FlareEvent,
    flare_events,
)
from correlates.clinical.flare.exposure import AtRisk, at_risk_of
from correlates.clinical.flare.versions import NOT_STATED, ctcae_name, versions_note
from correlates.clinical.records import ClinicalRecords
from correlates.intake.sheets.values import is_blank, number_of

# Tumor flare of grade 4 is disabling, 5 is death. The ordinal endpoint ends at 4, so that one who
# died of it ranks with the worst; the grade itself stands beside it, and is counted as its own.
MAX_ORDINAL = 4
MAX_GRADE = 5
GE2 = 2


@dataclass(frozen=True)
class FlareOfPatient:
    """What is known of one patient's flares.

    Parameters
    ----------
    patient
        Key of the patient.
    at_risk
        Time at risk.
    events
        Every row of the flares sheet, counted or not, in order of onset.
    any_flare, ge2, ordinal
        The endpoints; None where they are not evaluable.
    reason
        Why they are not, or how the values came about.
    worst_grade
        Worst grade, 5 included; None where it is not known.
    version
        Versions of the CTCAE that graded the flares.
    source
        Sheet that the endpoints rest on: ``flares`` or ``patients``.
    goes_on
        Whether the patient is still followed and was observed for less than the window: a flare is
        known at once, and that there was none is not, so that no rate may count either.
    unknown
        Which rows are left out that may hold a flare, or lenalidomide; empty if none is.
    """

    patient: str
    at_risk: AtRisk
    events: tuple[FlareEvent, ...] = ()
    any_flare: bool | None = None
    ge2: bool | None = None
    ordinal: int | None = None
    reason: str = ""
    worst_grade: int | None = None
    version: str = ""
    source: str = ""
    goes_on: bool = False
    unknown: str = ""

    @property
    def counted(self) -> list[FlareEvent]:
        """Return the flares of lenalidomide, in order of onset."""
        return [event for event in self.events if event.is_counted]

    @property
    def onset_d(self) -> float | None:
        """Return the days from the first lenalidomide dose to the first flare, if it is known."""
        if self.unknown:
            return None
        return min((event.onset_d for event in self.counted), default=None)

    @property
    def notes(self) -> str:
        """Say what of the events a reader must know."""
        said = [versions_note([event.version for event in self.counted])]
        out = [event for event in self.events if not event.is_counted and event.state != NO_FLARE]
        said += [f"not counted: {_told(event)}" for event in out]
        if self.worst_grade == MAX_GRADE:
            said.append(f"a flare was fatal (grade {MAX_GRADE})")
        return "; ".join(filter(None, said))


def flare_of_patient(records: ClinicalRecords, patient: str, window_days: float) -> FlareOfPatient:
    """Derive one patient's flare endpoints.

    Parameters
    ----------
    records
        The study's records.
    patient
        Key of the patient.
    window_days
        Days after the first lenalidomide dose for which someone must have been observed before no
        flare recorded means that there was none.

    Returns
    -------
    The worst grade and the first onset of all flares of lenalidomide, whenever they came. Without
    the flares sheet the grade typed into the patients sheet stands.
    """
    row = records.patient(patient)
    dosing = dosing_of_patient(records, patient)
    events = tuple(flare_events(records, patient))
    onsets = [event.onset_day for event in events if event.is_counted]
    at_risk = at_risk_of(dosing, row, window_days, min(onsets, default=None))
    given = records.has("flares")
    source = "flares" if given else "patients"
    version = _version(events, row)
    unknown = records.why_unknown(patient, *(("flares",) if given else ()), "exposure")
    absent = _not_at_risk(row, at_risk, events)
    if absent:
        enrolled = is_blank(row.get("screen_failure"))
        found = {"reason": (enrolled and unknown) or absent}
    elif given:
        found = _by_events(events, row, at_risk, window_days, unknown)
    else:
        found = _by_grade(row.get("tfr_grade"))
    goes_on = (
        given and not absent and _goes_on(records.of("follow_up", patient), at_risk, window_days)
    )
    told = {"version": version, "source": source, "unknown": unknown, "goes_on": goes_on}
    return FlareOfPatient(patient, at_risk, events, **told, **found)


def _goes_on(contacts: Sequence[Mapping], at_risk: AtRisk, window_days: float) -> bool:
    observed = at_risk.observed_days
    has_left = any(
        row["alive"] is False
        or row["off_study_reason"]
        or any(row[name] is not None for name in ("death_day", "off_study_day"))
        for row in contacts
    )
    return not has_left and (observed is None or observed < window_days)


def _told(event: FlareEvent) -> str:
    grade = "of no recorded grade" if event.grade is None else f"of grade {event.grade}"
    if event.onset_day is None:
        return f"flare {grade} without a day of onset"
    if event.onset_d is None:
        return f"flare {grade} on day {event.onset_day:g}, without lenalidomide"
    return f"flare {grade} on day {event.onset_day:g}, before the first lenalidomide dose"


def _version(events: Sequence[FlareEvent], row: Mapping) -> str:
    """Return the versions that graded the counted flares, else grade 0; else the patient's own."""
    counted = {event.version for event in events if event.state == COUNTED}
    absent = {event.version for event in events if event.state == NO_FLARE} - {NOT_STATED}
    return ", ".join(sorted(counted or absent)) or ctcae_name(row.get("ctcae_version"))


def _not_at_risk(row: Mapping, at_risk: AtRisk, events: Sequence[FlareEvent]) -> str:
    if not is_blank(row.get("screen_failure")):
        return f"not enrolled ({row['screen_failure']}): not at risk of flare"
    if at_risk.first_day is not None:
        return ""
    grades = [event.grade for event in events if event.grade]
    typed = number_of(row.get("tfr_grade"))
    worst = max([*grades, typed or 0])
    if worst > 0:
        return f"flare of grade {worst:g} recorded, but no lenalidomide_start_day"
    return "never received lenalidomide: not at risk of flare"


def _by_events(
    events: Sequence[FlareEvent], row: Mapping, at_risk: AtRisk, window_days: float, unknown: str
) -> dict:
    counted = [event for event in events if event.is_counted]
    if counted:
        late = "" if unknown else _late(counted, window_days)
        return _graded([event.grade for event in counted], late, unknown)
    if unknown:
        return {"reason": unknown}
    typed = number_of(row.get("tfr_grade"))
    if typed:
        words = f"no flare in the flares sheet, but tfr_grade {typed:g} in the patients sheet"
        return {"reason": words}
    if any(event.state == UNPLACED for event in events):
        return {"reason": "a flare is recorded without grade and day of onset"}
    if any(event.state == NO_FLARE for event in events):
        return _none("recorded as grade 0")
    if typed == 0:
        return _none("recorded as tfr_grade 0 in the patients sheet")
    observed = at_risk.observed_days
    if observed is None or observed < window_days:
        days = "an unknown number" if observed is None else f"{observed:g}"
        words = f"no flare recorded, and observed for {days} of {window_days:g} days after the"
        return {"reason": f"{words} first lenalidomide dose"}
    return _none(f"none recorded in {observed:g} days from the first lenalidomide dose")


def _none(reason: str) -> dict:
    values = {"any_flare": False, "ge2": False, "ordinal": 0, "worst_grade": 0}
    return values | {"reason": reason}


def _late(counted: Sequence[FlareEvent], window_days: float) -> str:
    first = min(event.onset_d for event in counted)
    if first <= window_days:
        return ""
    return f"the first flare came {first:g} days after the first dose, later than {window_days:g}"


def _graded(grades: Sequence[int | None], late: str = "", unknown: str = "") -> dict:
    """Return the endpoints of flares with these grades, of which some may not be recorded.

    ``unknown`` says why there may have been others, and worse ones.
    """
    known = [grade for grade in grades if grade is not None]
    worst, complete = max(known, default=0), len(known) == len(grades) and not unknown
    said = [late, unknown]
    found = {"any_flare": True}
    if len(known) < len(grades):
        said.append("a flare has no grade")
    if complete or worst >= GE2:
        found["ge2"] = worst >= GE2
    if complete or worst >= MAX_ORDINAL:
        found["ordinal"] = min(worst, MAX_ORDINAL)
    if worst == MAX_GRADE:
        said.append(_FATAL)
    found["worst_grade"] = worst if complete or worst == MAX_GRADE else None
    return found | {"reason": "; ".join(filter(None, said))}


def _by_grade(given: object) -> dict:
    """Return the endpoints of a grade that was typed in."""
    if is_blank(given):
        return {"reason": "flare grade not recorded"}
    grade = number_of(given)
    if grade is None or grade != int(grade) or not 0 <= grade <= MAX_GRADE:
        words = f"flare grade {given!r} is not a whole number from 0 to {MAX_GRADE}"
        return {"reason": words}
    return _graded([int(grade)]) if grade else _none("")


_FATAL = f"grade {MAX_GRADE} (fatal) counts as {MAX_ORDINAL} on the ordinal scale"
