"""Write the sheets of the simulated clinic, and its truth."""

from pathlib import Path

import numpy as np

from correlates.simulate.clinic.clinic import Clinic, draw_clinic
from correlates.simulate.clinic.columns import SHEET_COLUMNS
from correlates.simulate.clinic.endpoints import COLUMNS, true_endpoints
from correlates.simulate.clinic.events import is_at_risk
from correlates.simulate.clinic.safety import (
    DOSE_COLUMNS,
    SAFETY_COLUMNS,
    true_doses,
    true_safety,
)
from correlates.simulate.draws import SHEETS_STREAM, draw_trial
from correlates.simulate.sheets import cbc_rows, write_sheets
from correlates.simulate.trial import Effects
from correlates.tables import write_tsv

_CHECK_COLUMNS = ("patient", "visit", "study_day", "category", "finding")
_DISAGREEMENT_COLUMNS = ("patient", "visit", "category", "investigator_category")
_DEFECT_COLUMNS = ("defect", "patient", "visit", "recorded", "true")


def simulate_clinic(
    folder: str | Path, n_patients: int = 24, seed: int = 1, defects: bool = True
) -> Clinic:
    """Write the sheets and the truth of a cohort without its FCS files.

    Parameters
    ----------
    folder
        Where the sheets and ``truth/`` are written.
    n_patients
        How many patients.
    seed
        Of the cohort; the sheets are those of ``simulate_cohort`` with this seed.
    defects
        Plant the defects of ``truth/defects.tsv`` and the disagreements.
    """
    folder = Path(folder)
    patients, draws, _ = draw_trial(n_patients, Effects(), seed)
    cbc = cbc_rows(draws, np.random.default_rng([seed, SHEETS_STREAM]))
    clinic = draw_clinic(patients, draws, cbc, seed, defects)
    write_sheets(folder, patients, draws, cbc, clinic)
    write_clinic(folder, clinic)
    return clinic


def write_clinic(folder: Path, clinic: Clinic) -> None:
    """Write the clinical sheets, and under ``truth/`` what is true of them."""
    for sheet in SHEET_COLUMNS:
        write_tsv(folder / f"{sheet}.tsv", SHEET_COLUMNS[sheet], map(_written, clinic.rows(sheet)))
    truth = folder / "truth"
    records = clinic.records.values()
    endpoints = [
        true_endpoints(one.course, one.rows["lesions"], is_at_risk(one.course)) for one in records
    ]
    write_tsv(truth / "endpoints.tsv", COLUMNS, map(_written, endpoints))
    checks = [
        {
            "patient": one.course.patient.key,
            "visit": check.visit,
            "study_day": check.day,
            "category": check.category,
            "finding": check.pattern,
        }
        for one in records
        for check in one.course.checks
    ]
    write_tsv(truth / "assessments.tsv", _CHECK_COLUMNS, checks)
    safety = [true_safety(one.course, one.toxicity, one.rows["laboratory"]) for one in records]
    write_tsv(truth / "safety.tsv", SAFETY_COLUMNS, map(_written, safety))
    doses = [row for one in records for row in true_doses(one.course, one.doses)]
    write_tsv(truth / "doses.tsv", DOSE_COLUMNS, map(_written, doses))
    write_tsv(truth / "disagreements.tsv", _DISAGREEMENT_COLUMNS, _disagreements(clinic))
    write_tsv(truth / "defects.tsv", _DEFECT_COLUMNS, _defects(clinic))


def _written(row: dict) -> dict:
    """Return a row with yes and no for truth values."""
    words = {True: "yes", False: "no"}
    return {name: words[value] if isinstance(value, bool) else value for name, value in row.items()}


def _disagreements(clinic: Clinic) -> list[dict]:
    return [
        {
            "patient": key,
            "visit": visit,
            "category": next(
                check.category
                for check in clinic.records[key].course.checks
                if check.visit == visit
            ),
            "investigator_category": mistaken,
        }
        for (key, visit), mistaken in clinic.plan.disagreements.items()
    ]


def _defects(clinic: Clinic) -> list[dict]:
    plan, rows = clinic.plan, []
    for key, dose in plan.first_dose.items():
        clinical = clinic.records[key].course.patient.clinical
        rows.append(_defect("first_dose_differs", key, "", clinical["dose_level_mg"], dose))
    for key, grade in plan.typed_grade.items():
        rows.append(
            _defect("typed_grade_differs", key, "", grade, clinic.records[key].course.grade)
        )
    for (key, visit), late in plan.late_draw.items():
        planned = clinic.records[key].course.patient.study_day(visit)
        rows.append(_defect("draw_out_of_window", key, visit, planned + late, planned))
    return rows


def _defect(kind: str, patient: str, visit: str, recorded, true) -> dict:
    return dict(zip(_DEFECT_COLUMNS, (kind, patient, visit, recorded, true), strict=True))
