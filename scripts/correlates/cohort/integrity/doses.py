"""Dosing against itself, against the dose levels, and against the order of the cohorts."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from correlates.check_rows import ERROR, NOTE, WARNING
from correlates.cohort.integrity.evidence import Evidence, day_words, days_apart, place
from correlates.cohort.integrity.registry import Finding, check

TRIAL_DRUGS = ("ibrutinib", "lenalidomide")


@check(ERROR, ("exposure",))
def exposure_rows(evidence: Evidence) -> Iterator[Finding]:
    """Find rows of the exposure sheet that do not fit each other, or day 1."""
    for patient in evidence.records.patients:
        for found in evidence.dosing(patient).findings:
            yield Finding(
                found.finding,
                found.resolve,
                patient,
                source=found.source,
                severity=found.severity,
                rule=found.rule,
            )


@check(ERROR, ("exposure",))
def lenalidomide_before_ibrutinib(evidence: Evidence) -> Iterator[Finding]:
    """Find patients whose lenalidomide did not begin after ibrutinib."""
    for patient in evidence.records.patients:
        first = {drug: evidence.doses(patient, drug)[:1] for drug in TRIAL_DRUGS}
        ibrutinib, lenalidomide = first["ibrutinib"], first["lenalidomide"]
        if not lenalidomide:
            continue
        day = lenalidomide[0]["start_day"]
        if not ibrutinib or day <= ibrutinib[0]["start_day"]:
            other = f"on {day_words(ibrutinib[0]['start_day'])}" if ibrutinib else "never"
            yield Finding(
                f"lenalidomide began on {day_words(day)}, ibrutinib {other}",
                "Correct the drug or the days of these periods.",
                patient,
                source=place(*lenalidomide, *ibrutinib),
            )


@check(ERROR, ("exposure",))
def dose_in_level_set(evidence: Evidence) -> Iterator[Finding]:
    """Find doses of lenalidomide that are none of the trial's levels."""
    levels = evidence.settings.dose_levels_mg
    if not levels:
        yield Finding(
            "not checked: the config names no dose levels (clinical.safety.dose_levels_mg)",
            "Name the levels of the protocol.",
            severity=NOTE,
        )
        return
    named = ", ".join(f"{level:g}" for level in levels)
    for row in evidence.records.rows("exposure"):
        dose = row["dose_mg"]
        if row["drug"] == "lenalidomide" and dose and not any(map(_equal_to(dose), levels)):
            yield Finding(
                f"lenalidomide {dose:g} mg a day from {day_words(row['start_day'])}; the levels "
                f"are {named} mg",
                "Correct the dose, or add the level to clinical.safety.dose_levels_mg.",
                row["patient"],
                source=place(row),
            )


def _equal_to(dose: float):
    return lambda level: math.isclose(level, dose, abs_tol=1e-9)


@check(ERROR, ("exposure", "patients.dose_level_mg"))
def typed_dose_level(evidence: Evidence) -> Iterator[Finding]:
    """Find dose levels that are not the first dose of lenalidomide recorded."""
    for patient in evidence.records.rows("patients"):
        doses = evidence.doses(patient["patient"], "lenalidomide")
        typed = patient.get("dose_level_mg")
        if typed is None or not doses or doses[0]["dose_mg"] is None:
            continue
        if not math.isclose(typed, doses[0]["dose_mg"], abs_tol=1e-9):
            yield Finding(
                f"dose_level_mg is {typed:g}, and the first dose was {doses[0]['dose_mg']:g} mg on "
                f"{day_words(doses[0]['start_day'])}",
                "Correct one of the two; the recorded dose is what is used.",
                patient["patient"],
                source=place(patient, doses[0]),
            )


@check(ERROR, ("patients.dose_cohort",))
def dose_level_of_cohort(evidence: Evidence) -> Iterator[Finding]:
    """Find dose levels off their cohort's, and cohorts below the one before."""
    cohorts = defaultdict(list)
    for row in evidence.records.rows("patients"):
        level = _first_level(evidence, row)
        if row.get("dose_cohort") is not None and level is not None:
            cohorts[row["dose_cohort"]].append((level, row))
    usual = {}
    for cohort, members in sorted(cohorts.items()):
        levels = [level for level, _ in members]
        usual[cohort] = max(set(levels), key=lambda level: (levels.count(level), -level))
        for level, row in members:
            if level != usual[cohort]:
                yield _off_level(evidence, row, level, usual[cohort])
    for (before, high), (cohort, level) in pairwise(usual.items()):
        if level < high and not _has_limiting_toxicity(evidence, cohorts[before]):
            rows = [row for _, row in cohorts[cohort]]
            yield Finding(
                f"cohort {cohort:g} began at {level:g} mg, below the {high:g} mg of cohort "
                f"{before:g}, of which no dose-limiting toxicity is recorded",
                "Correct the cohorts or the levels, or record the toxicity (adverse_events: dlt).",
                rows[0]["patient"],
                source=place(*rows, cohorts[before][0][1]),
            )


def _first_level(evidence: Evidence, row: Mapping) -> float | None:
    doses = evidence.doses(row["patient"], "lenalidomide")
    return doses[0]["dose_mg"] if doses else row.get("dose_level_mg")


def _off_level(evidence: Evidence, row: Mapping, level: float, usual: float) -> Finding:
    """Tell of a patient at another level than the cohort: less of it if an escalation says why."""
    rows = evidence.records.of("exposure", row["patient"])
    why = [one for one in rows if one["reason"] in ("escalation", "reduction")]
    return Finding(
        f"started at {level:g} mg in cohort {row['dose_cohort']:g}, whose level is {usual:g} mg"
        + (
            f"; a {why[0]['reason']} is recorded on {day_words(why[0]['start_day'])}" if why else ""
        ),
        "Correct the cohort or the dose, or record the escalation (exposure: reason).",
        row["patient"],
        source=place(row, *rows[:1]),
        severity=NOTE if why else "",
    )


def _has_limiting_toxicity(evidence: Evidence, members: list[tuple[float, Mapping]]) -> bool:
    return any(
        event.get("dlt")
        for _, row in members
        for event in evidence.records.of("adverse_events", row["patient"])
    )


@check(WARNING, ("exposure",))
def dose_gap(evidence: Evidence) -> Iterator[Finding]:
    """Find days of a trial drug without a record, which may be held doses."""
    least = evidence.settings.dose_gap_days
    for earlier, later in _neighbours(evidence):
        days = later["start_day"] - _end(earlier) - 1
        if days >= least:
            yield Finding(
                f"no record of {earlier['drug']} for {days_apart(days)}, between "
                f"{day_words(earlier['stop_day'])} and {day_words(later['start_day'])}",
                "Record these days with dose_mg 0 if the dose was held, else the dose.",
                earlier["patient"],
                source=place(earlier, later),
            )


def _neighbours(evidence: Evidence) -> Iterator[tuple[dict, dict]]:
    """Yield each period of a trial drug with the next one of the patient; held ones count."""
    for patient in evidence.records.patients:
        for drug in TRIAL_DRUGS:
            rows = [row for row in evidence.records.of("exposure", patient) if row["drug"] == drug]
            yield from pairwise(row for row in rows if row["start_day"] is not None)


def _end(row: Mapping) -> float:
    return math.inf if row["stop_day"] is None else row["stop_day"]


CHECKS = (
    exposure_rows,
    lenalidomide_before_ibrutinib,
    dose_in_level_set,
    typed_dose_level,
    dose_level_of_cohort,
    dose_gap,
)
