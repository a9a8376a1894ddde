"""What runs again when the clinic's records or settings change: what uses them, and no gating."""

import shutil

import pytest

from correlates.simulate.clinic.columns import SHEET_COLUMNS
from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_tsv, write_tsv
from study import SMALL_FLOORS, Study, copy_checkout

pytestmark = pytest.mark.workflow
# What is made of the clinic's records, and what is made of that.
OF_THE_CLINIC = {
    "tabulate_dosing",
    "grade_safety",
    "judge_response",
    "trace_courses",
    "derive_endpoints",
    "build_cohort",
    "compare_fingerprints",
    "score_batches",
    "check_integrity",
    "run_contrasts",
    "fit_model",
    "draw_patient_flow",
    "build_report",
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a simulated clinic with two of its FCS files, whose run has ended."""
    folder = tmp_path_factory.mktemp("reruns")
    study = Study(copy_checkout(folder / "checkout"), folder / "study")
    simulate_cohort(study.folder / "data", n_patients=3, n_events=2000, seed=3)
    (study.folder / "fcs").mkdir()
    for name in ("P01_C0D1_tnk.fcs", "P01_C1D1_tnk.fcs"):
        shutil.copy(study.folder / "data" / "fcs" / name, study.folder / "fcs")
    names = ("patients", "panels", *SHEET_COLUMNS)
    study.write_config(
        {
            "study": {name: f"data/{name}.tsv" for name in names}
            | {
                "specimen": "fresh_wb",
                "drop": {"folder": "fcs", "pattern": "{patient}_{visit}_{panel}.fcs"},
                "gating": {"tnk": "tnk"},
            },
            "flow": SMALL_FLOORS,
            "analyses": {"model": {"permutations": 99, "repeats": 2}},
        }
    )
    study.run_well()
    return study


@pytest.fixture
def study(finished):
    """Return the finished study; its config and sheets are put back after the test."""
    kept = {
        path: path.read_text()
        for path in (finished.config_path, *(finished.folder / "data").glob("*.tsv"))
    }
    yield finished
    for path, text in kept.items():
        path.write_text(text)


def test_nothing_changed_plans_nothing(study):
    assert study.planned() == {}


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        pytest.param("assessments", {"study_day": 240, "visit": "UNS9"}, id="an assessment"),
        pytest.param("follow_up", {"study_day": 600}, id="a contact"),
    ],
)
def test_a_row_more_of_the_clinic_gates_and_measures_nothing(study, kind, changed):
    path = study.folder / "data" / f"{kind}.tsv"
    rows = read_tsv(path)
    write_tsv(path, list(rows[0]), [*rows, rows[-1] | changed])

    assert set(study.planned()) == OF_THE_CLINIC


def test_an_outcome_typed_in_gates_and_measures_nothing(study):
    path = study.folder / "data" / "patients.tsv"
    rows = read_tsv(path)
    rows[0]["response"] = "PD" if rows[0]["response"] != "PD" else "CR"
    write_tsv(path, list(rows[0]), rows)

    assert set(study.planned()) == OF_THE_CLINIC


@pytest.mark.parametrize(
    ("block", "setting", "rules"),
    [
        pytest.param(
            "safety", {"days_after_last_dose": 20}, {"grade_safety", "build_report"}, id="safety"
        ),
        pytest.param(
            "integrity", {"youngest_age_y": 40}, {"check_integrity", "build_report"}, id="a check"
        ),
        pytest.param(
            "integrity",
            {"swap_min_patients": 3},
            {"compare_fingerprints", "check_integrity", "build_report"},
            id="the swap alarm",
        ),
        pytest.param(
            "integrity",
            {"date_tolerance_days": 5},
            {"check_acquisition_dates", "check_integrity", "build_report"},
            id="dates of files",
        ),
        pytest.param(
            "visits",
            {"windows": {"C2D1": [5, 5]}},
            OF_THE_CLINIC
            - {"tabulate_dosing", "grade_safety", "judge_response"}
            - {"trace_courses", "derive_endpoints"},
            id="windows of draws",
        ),
        pytest.param(
            "survival",
            {"landmarks": ["C2D1"]},
            OF_THE_CLINIC - {"tabulate_dosing", "grade_safety", "judge_response", "trace_courses"},
            id="landmarks",
        ),
    ],
)
def test_a_clinical_setting_plans_what_uses_it(study, block, setting, rules):
    config = study.read_config()
    study.write_config(config | {"clinical": {block: setting}})

    assert set(study.planned()) == rules
