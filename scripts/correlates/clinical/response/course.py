"""The course of response of every patient, which endpoints and survival are derived from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from correlates.clinical.dosing.dosing import FIRST_IBRUTINIB_DAY, dosing_of_patient
from correlates.clinical.flare.events import flare_windows
from correlates.clinical.records import ClinicalRecords
from correlates.clinical.response.best import course_of, typed_course
from correlates.clinical.response.categories import Judgement, categorise
from correlates.clinical.response.collecting import findings_of
from correlates.clinical.response.judged import (
    COMPUTED,
    FLARE,
    INVESTIGATOR,
    Course,
    Judged,
    ResponseSettings,
)
from correlates.clinical.response.progression import (
    Context,
    Progression,
    judge_progression,
)
from correlates.clinical.response.readings import Finding, History
from correlates.clinical.response.support import history_with_support, with_support

__all__ = ["Course", "Judged", "PatientResponse", "response_courses", "responses_of"]


@dataclass(frozen=True)
class Assessment:
    """One assessment under treatment, and all that was judged of it."""

    finding: Finding
    progression: Progression
    judgement: Judgement


@dataclass(frozen=True)
class PatientResponse:
    """Everything about the response of one patient.

    Parameters
    ----------
    patient
        Whose it is.
    history
        What was known up to the first ibrutinib dose.
    assessments
        Those under treatment, in order; ``computed.assessments`` stand in the same order.
    computed
        Course by the criteria; None without an assessments sheet.
    investigator
        Course by the investigator's categories; None where there is no such category.
    chosen
        The one of them that endpoints are derived from, by ``clinical.response.source``.
    """

    patient: str
    history: History
    assessments: tuple[Assessment, ...]
    computed: Course | None
    investigator: Course | None
    chosen: Course


def response_courses(records: ClinicalRecords, settings: ResponseSettings) -> dict[str, Course]:
    """Return the course of response of every patient, by the source that the config names.

    Parameters
    ----------
    records
        The clinical records of the study.
    settings
        The config's block ``clinical.response``.

    Returns
    -------
    By patient, in the order of the patients sheet. A study without an assessments sheet has the
    categories of its patients sheet, which say nothing by day.
    """
    return {name: one.chosen for name, one in responses_of(records, settings).items()}


def responses_of(
    records: ClinicalRecords, settings: ResponseSettings
) -> dict[str, PatientResponse]:
    """Judge every patient; see `response_courses` for what is taken."""
    return {patient: _response_of(records, patient, settings) for patient in records.patients}


def _response_of(
    records: ClinicalRecords, patient: str, settings: ResponseSettings
) -> PatientResponse:
    typed = records.patient(patient).get("response")
    if not records.has("assessments"):
        course = typed_course(patient, typed, settings["criteria"])
        return PatientResponse(patient, History(), (), None, None, course)
    dosing = dosing_of_patient(records, patient)
    # One who was never treated has no day of a first dose; what was found stands by study day 1.
    first_dose = dosing.first_ibrutinib
    first_dose = FIRST_IBRUTINIB_DAY if first_dose is None else first_dose
    before, found = findings_of(
        records.of("assessments", patient),
        records.of("lesions", patient),
        records.of("laboratory", patient),
        settings,
        first_dose,
    )
    before = history_with_support(before, dosing)
    found = tuple(with_support(one, dosing) for one in found)
    regression = settings["flare"]["regression_days"]
    flares = [(one.onset_day, one.last_day(regression)) for one in flare_windows(records, patient)]
    context = Context(dosing, flares, settings)
    new_therapy = records.new_therapy_day(patient)
    assessments = judge_assessments(before, found, context, new_therapy)
    judged = [_judged(one) for one in assessments]
    days = first_dose, new_therapy
    computed = course_of(patient, judged, COMPUTED, settings, *days)
    investigator = investigator_course(patient, found, settings, *days)
    takes_investigator = settings["source"] == INVESTIGATOR
    chosen = (investigator or computed) if takes_investigator else computed
    return PatientResponse(patient, before, assessments, computed, investigator, chosen)


def judge_assessments(
    before: History,
    found: Sequence[Finding],
    context: Context,
    new_therapy_day: float | None = None,
) -> tuple[Assessment, ...]:
    """Judge the assessments of one patient in their order, each against those before it.

    What shrinks under another therapy tells nothing of growth before it: later assessments speak
    for one of this treatment only as long as it lasted.
    """
    history, judged = before, []
    until = math.inf if new_therapy_day is None else new_therapy_day
    for place, finding in enumerate(found):
        later = [one for one in found[place + 1 :] if one.day <= until or finding.day > until]
        progression = judge_progression(finding, history, later, context)
        judgement = categorise(
            progression.verdicts,
            context.settings,
            cause=finding.row.get("cytopenia_cause"),
            not_assessable=finding.row.get("not_assessable_reason"),
        )
        judged.append(Assessment(finding, progression, judgement))
        history = history.with_finding(finding)
    return tuple(judged)


def _judged(one: Assessment) -> Judged:
    verdicts, judgement = one.progression.verdicts, one.judgement
    is_flare = judgement.category == "SD" and any(
        verdict.exemption == FLARE for verdict in verdicts.values()
    )
    return Judged(
        one.finding.day,
        one.finding.visit,
        judgement.category,
        one.progression.confirmed,
        one.progression.counts,
        FLARE if is_flare else "",
        judgement.reason,
        verdicts["nodes"].change_pct,
    )


def investigator_course(
    patient: str,
    found: Sequence[Finding],
    settings: ResponseSettings,
    first_dose_day: float,
    new_therapy_day: float | None = None,
) -> Course | None:
    """Return the course by the investigator's categories; his PD counts as he gave it."""
    given = [(one, one.row.get("investigator_category")) for one in found]
    judged = [
        Judged(one.day, one.visit, category, is_progression=category == "PD")
        for one, category in given
        if category
    ]
    if not judged:
        return None
    return course_of(patient, judged, INVESTIGATOR, settings, first_dose_day, new_therapy_day)
