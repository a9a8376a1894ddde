"""From records to the history of a patient that the times are counted from."""

from correlates.clinical.dosing.dosing import dosing_of_patient
from correlates.clinical.records import ClinicalRecords
from correlates.clinical.response.judged import Course
from correlates.clinical.survival.cycles import cycle_days
from correlates.clinical.survival.history import Assessed, History

_DIED = "death"


def history_of(records: ClinicalRecords, patient: str, course: Course | None) -> History:
    """Gather what is known of one patient over time.

    Parameters
    ----------
    records
        The study's records, up to the data cut.
    patient
        Key of the patient.
    course
        Course of the patient's response, by the source that was chosen; None where responses are
        not known by day.
    """
    dosing = dosing_of_patient(records, patient)
    contacts = records.of("follow_up", patient)
    left = _last_departure(contacts)
    death_day = records.death_day(patient)
    judged = course.assessments if course else ()
    return History(
        patient=patient,
        start_day=dosing.first_ibrutinib,
        cycle_days=cycle_days(dosing),
        assessed=tuple(Assessed(one.study_day, one.category) for one in judged),
        progression_day=course.first_progression_day if course else None,
        response_day=course.first_response_day if course else None,
        response_l_day=course.first_response_l_day if course else None,
        death_day=death_day,
        is_dead=death_day is not None or any(_is_dead(row) for row in contacts),
        new_therapy_day=records.new_therapy_day(patient),
        off_study_day=left["off_study_day"] if left else None,
        off_study_reason=(left["off_study_reason"] or "") if left else "",
        last_known_day=records.last_known_day(patient),
        cut=records.cut.name if records.cut else "",
    )


def _is_dead(contact: dict) -> bool:
    return contact["alive"] is False or contact["off_study_reason"] == _DIED


def _last_departure(contacts: list[dict]) -> dict | None:
    """Return the last contact that says the patient left."""
    leaving = [row for row in contacts if row["off_study_day"] is not None]
    leaving = leaving or [row for row in contacts if row["off_study_reason"]]
    return leaving[-1] if leaving else None
