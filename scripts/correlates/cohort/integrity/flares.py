"""Tumor flare against the lenalidomide that it can only follow."""

import math
from collections.abc import Iterator, Mapping

from correlates.check_rows import ERROR, WARNING
from correlates.cohort.integrity.evidence import Evidence, day_words, place
from correlates.cohort.integrity.registry import Finding, check


@check(ERROR, ("flares",))
def flare_before_lenalidomide(evidence: Evidence) -> Iterator[Finding]:
    """Find flares that began before the first lenalidomide dose."""
    for row in _flares(evidence):
        # The records have both days of each flare, wherever the first dose is known.
        start, onset = evidence.lenalidomide_start(row["patient"]), row["onset_study_day"]
        if start is not None and onset is not None and math.floor(onset) < math.floor(start):
            yield Finding(
                f"a flare of grade {_grade(row)} began on {day_words(onset)}, before the first "
                f"lenalidomide dose on {day_words(start)}",
                "Correct the onset or the first dose. What came before lenalidomide is no tumor "
                "flare reaction of this trial: record it as an adverse event.",
                row["patient"],
                source="; ".join((place(row), evidence.start_source(row["patient"]))),
            )


@check(ERROR, ("flares",))
def flare_without_lenalidomide(evidence: Evidence) -> Iterator[Finding]:
    """Find flares of patients who never received lenalidomide."""
    for row in _flares(evidence):
        if evidence.lenalidomide_start(row["patient"]) is None:
            yield Finding(
                f"a flare of grade {_grade(row)} is recorded, and no dose of lenalidomide",
                "Add the dose that is lacking, or remove the flare: this patient is not at risk.",
                row["patient"],
                source=place(row, evidence.records.patient(row["patient"])),
            )


@check(WARNING, ("flares.len_dose_at_onset_mg", "exposure"))
def flare_dose(evidence: Evidence) -> Iterator[Finding]:
    """Find flares whose noted dose of lenalidomide is not the one taken."""
    for row in _flares(evidence):
        noted, onset = row["len_dose_at_onset_mg"], row["onset_study_day"]
        if noted is None or onset is None:
            continue
        taken = [
            one
            for one in evidence.records.of("exposure", row["patient"])
            if one["drug"] == "lenalidomide"
            and one["start_day"]
            <= onset
            <= (math.inf if one["stop_day"] is None else one["stop_day"])
            and one["dose_mg"] is not None
        ]
        if taken and all(not math.isclose(one["dose_mg"], noted) for one in taken):
            yield Finding(
                f"the flare of {day_words(onset)} notes lenalidomide {noted:g} mg, and "
                f"{taken[-1]['dose_mg']:g} mg were taken from {day_words(taken[-1]['start_day'])}",
                "Correct one of the two; the recorded dosing is what is used.",
                row["patient"],
                source=place(row, taken[-1]),
            )


def _flares(evidence: Evidence) -> list[dict]:
    """Return the events; grade 0 says that the patient was asked and had none."""
    return [row for row in evidence.records.rows("flares") if row["grade"] != 0]


def _grade(row: Mapping) -> str:
    return "unknown" if row["grade"] is None else f"{row['grade']:g}"


CHECKS = (flare_before_lenalidomide, flare_without_lenalidomide, flare_dose)
