"""The clinic of a simulated cohort: courses, sheets and truth of all its patients."""

from dataclasses import dataclass, field

import numpy as np

from correlates.simulate.clinic.blood import Blood, draw_blood, laboratory_rows
from correlates.simulate.clinic.course import Course, draw_course
from correlates.simulate.clinic.doses import Doses, draw_doses
from correlates.simulate.clinic.events import adverse_event_rows, flare_rows, follow_up_rows
from correlates.simulate.clinic.fates import draw_fates, last_known_days
from correlates.simulate.clinic.imaging import FEWEST_MM, image
from correlates.simulate.clinic.plan import Plan, draw_plan
from correlates.simulate.clinic.toxicity import Toxicity, draw_toxicity
from correlates.simulate.draws import Draw
from correlates.simulate.trial import DOSE_LEVELS_MG, Patient

# A stream of its own under the cohort's seed: those of cells and files do not move with it.
_CLINIC = 6


@dataclass
class PatientRecord:
    """One patient: the truth, and the rows of every sheet."""

    course: Course
    blood: Blood
    toxicity: Toxicity
    doses: Doses
    rows: dict[str, list[dict]] = field(default_factory=dict)


@dataclass
class Clinic:
    """The clinic of a cohort.

    Parameters
    ----------
    plan
        What was given out over the cohort, planted defects among it.
    records
        By patient.
    """

    plan: Plan
    records: dict[str, PatientRecord]

    def rows(self, sheet: str) -> list[dict]:
        """Return the rows of one of the sheets of ``columns``."""
        return [row for record in self.records.values() for row in record.rows[sheet]]

    def typed(self, patient: str) -> dict:
        """Return what the patients sheet says beside the patient's own columns."""
        order = list(self.records).index(patient) + 1
        record = self.records[patient]
        grade = self.plan.typed_grade.get(patient)
        level = record.course.patient.clinical["dose_level_mg"]
        largest = record.course.patient.clinical["largest_node_cm"]
        return {
            "largest_node_cm": max(largest, FEWEST_MM / 10),
            "enrolment_order": order,
            "dose_cohort": DOSE_LEVELS_MG.index(level) + 1,
            "creatinine_uln_mg_dl": record.blood.creatinine_uln,
        } | ({} if grade is None else {"tfr_grade": grade})

    def before_draw(self, patient: str, day: int) -> dict:
        """Return what was taken before a draw, which comes before the dose of its day."""
        doses = self.records[patient].doses
        taken = [other for other in doses.taken("lenalidomide") if other < day]
        steroids = [other for other in doses.taken("prednisone") if day - 7 <= other < day]
        hours = 24.0 * (day - max(taken)) if taken else None
        return {
            "hours_post_lenalidomide": hours,
            "steroid_7d": "yes" if steroids else "no",
        }


def draw_clinic(
    patients: list[Patient], draws: list[Draw], cbc: list[dict], seed: int, defects: bool = True
) -> Clinic:
    """Draw the courses of all patients, and what the sheets say of them.

    Parameters
    ----------
    patients, draws
        Of the cohort.
    cbc
        Rows of the blood count, one a draw; haemoglobin and platelets in them are replaced by those
        of the course, so that the laboratory sheet says the same.
    seed
        Of the cohort.
    defects
        Plant defects and disagreements, each known.
    """
    rng = np.random.default_rng([seed, _CLINIC])
    fates = draw_fates(patients, rng)
    plan = draw_plan(patients, fates, defects, rng)
    records = {}
    for index, (patient, last_day) in enumerate(
        zip(patients, last_known_days(patients), strict=True)
    ):
        own = np.random.default_rng([seed, _CLINIC, index])
        counts = {row["visit"]: row for row in cbc if row["patient"] == patient.key}
        course = draw_course(patient, fates[index], last_day, own)
        records[patient.key] = _draw_record(course, counts, plan, own)
    plan.choose_assessments({key: record.course for key, record in records.items()}, rng)
    for key, visit in plan.disagreements:
        for row in records[key].rows["assessments"]:
            if row["visit"] == visit:
                row["investigator_category"] = plan.disagreements[key, visit]
    return Clinic(plan, records)


def _draw_record(
    course: Course, counts: dict[str, dict], plan: Plan, rng: np.random.Generator
) -> PatientRecord:
    key = course.patient.key
    blood = draw_blood(course, counts, rng)
    for count in counts.values():
        count["hb_g_dl"] = round(blood.hb * float(rng.uniform(1.0, 1.01)), 1)
        count["plt_10e9_l"] = round(blood.plt * float(rng.uniform(1.0, 1.02)))
    lesions, assessed = image(course, blood, counts, rng)
    toxicity = draw_toxicity(
        course, plan.dlt.get(key, ""), plan.lysis.get(key, ""), blood.creatinine_uln, rng
    )
    first_dose = plan.first_dose.get(key, course.patient.clinical["dose_level_mg"])
    doses = draw_doses(course, first_dose, toxicity, rng)
    rows = {
        "exposure": doses.rows(key),
        "lesions": lesions,
        "assessments": assessed,
        "flares": flare_rows(course, doses, rng),
        "laboratory": laboratory_rows(
            course, blood, _on_days(course, counts, plan), assessed, toxicity, rng
        ),
        "adverse_events": adverse_event_rows(course, toxicity),
        "follow_up": follow_up_rows(course),
    }
    return PatientRecord(course, blood, toxicity, doses, rows)


def _on_days(course: Course, counts: dict[str, dict], plan: Plan) -> dict[int, dict]:
    """Return the blood counts by the day on which they were truly drawn."""
    key = course.patient.key
    return {
        course.patient.study_day(visit) + plan.late_draw.get((key, visit), 0): count
        for visit, count in counts.items()
    }
