"""Flare events, one by one: which of them are flares of lenalidomide, and when they began."""

import math
from dataclasses import dataclass

from correlates.clinical.flare.versions import ctcae_name
from correlates.clinical.records import ClinicalRecords, first_lenalidomide_day

COUNTED = "counted"
NO_FLARE = "no_flare"
BEFORE = "before_lenalidomide"
NEVER = "never_lenalidomide"
UNPLACED = "onset_not_recorded"


@dataclass(frozen=True)
class FlareEvent:
    """One row of the flares sheet.

    Parameters
    ----------
    patient
        Whose it is.
    row
        The row itself, with every column of the sheet.
    onset_day, resolution_day
        Study days; None where they are not known.
    onset_d
        Days from the first lenalidomide dose, which is 0.
    grade
        0 to 5; None if not recorded.
    version
        Version of the CTCAE that graded it.
    state
        ``counted``; or why it is no flare of lenalidomide: ``no_flare`` (grade 0),
        ``before_lenalidomide``, ``never_lenalidomide``, ``onset_not_recorded``.
    """

    patient: str
    row: dict
    onset_day: float | None
    resolution_day: float | None
    onset_d: float | None
    grade: int | None
    version: str
    state: str

    @property
    def is_counted(self) -> bool:
        """Say whether it is a flare of lenalidomide."""
        return self.state == COUNTED

    @property
    def duration_days(self) -> float | None:
        """Return the days from onset to resolution; None while it goes on."""
        if self.onset_day is None or self.resolution_day is None:
            return None
        return self.resolution_day - self.onset_day


@dataclass(frozen=True)
class FlareWindow:
    """Days of one flare of lenalidomide, ends included; a ``resolution_day`` of None goes on."""

    onset_day: float
    resolution_day: float | None
    grade: int | None

    def covers(self, day: float) -> bool:
        """Say whether a study day lies in the flare; parts of a day do not count."""
        last = math.inf if self.resolution_day is None else math.floor(self.resolution_day)
        return math.floor(self.onset_day) <= math.floor(day) <= last

    def last_day(self, days_if_open: float) -> float:
        """Return the last day; one that goes on counts for so many days from its onset."""
        is_open = self.resolution_day is None
        return self.onset_day + days_if_open if is_open else self.resolution_day


def flare_windows(records: ClinicalRecords, patient: str) -> list[FlareWindow]:
    """Return the days of each flare of lenalidomide of a patient, in order of onset.

    Parameters
    ----------
    records
        The study's records.
    patient
        Key of the patient.

    Returns
    -------
    None of what began before the first lenalidomide dose, and none of grade 0.
    """
    return [
        FlareWindow(event.onset_day, event.resolution_day, event.grade)
        for event in flare_events(records, patient)
        if event.is_counted
    ]


def flare_events(records: ClinicalRecords, patient: str) -> list[FlareEvent]:
    """Return every row of a patient's flares, in order of onset, each with its state.

    An onset is placed by its study day where both days are recorded: days from the first dose are
    those of the sheet only where they stand alone.
    """
    first = first_lenalidomide_day(records, patient)
    return [_event(patient, row, first) for row in records.of("flares", patient)]


def _event(patient: str, row: dict, first: float | None) -> FlareEvent:
    onset, grade = row["onset_study_day"], row["grade"]
    if grade == 0:
        state = NO_FLARE
    elif first is None:
        state = NEVER
    elif onset is None:
        state = UNPLACED
    else:
        state = COUNTED if math.floor(onset) >= math.floor(first) else BEFORE
    return FlareEvent(
        patient=patient,
        row=row,
        onset_day=onset,
        resolution_day=row["resolution_study_day"],
        onset_d=None if onset is None or first is None else onset - first,
        grade=grade,
        version=ctcae_name(row["ctcae_version"]),
        state=state,
    )
