"""A whole run of a study with tubes and a plate of occupancy, from raw files to measurements."""

import shutil

import numpy as np
import pytest

from correlates.measurements import read_measurements
from correlates.report.glossary import MEANINGS
from correlates.simulate.assays.occupancy_tubes import write_tubes
from correlates.simulate.draws import draw_trial
from correlates.simulate.trial import NO_EFFECTS
from correlates.tables import read_tsv
from study import SMALL_FLOORS, Study, copy_checkout

pytestmark = pytest.mark.workflow
PATIENTS = (
    "patient\tsex\tlenalidomide_start_day\tresponse\ttfr_grade\n"
    "P01\tM\t29\tPR\t0\nP02\tF\t29\tPR\t0\n"
)
PLATE = (
    "run\twell\tpatient\tvisit\ttimepoint\tspecimen\tcell\ttarget\tassay\tsignal_free\t"
    "signal_total\tlloq_free\tunit\n"
    "E1\tA1\tP02\tC0D1\tpre\tcryo_pbmc\tcll\tBTK\tELISA\t9.5\t10\t0.15\tng/mL\n"
    "E1\tA2\tP02\tC1D1\tpre\tcryo_pbmc\tcll\tBTK\tELISA\t0.6\t5\t0.15\tng/mL\n"
    "E1\tA3\tP02\tC2D1\tpre\tcryo_pbmc\tcll\tBTK\tELISA\t0.6\t5\t0.15\tstone\n"
    "E1\tA4\tP77\tC1D1\tpre\tcryo_pbmc\tcll\tBTK\tELISA\t0.6\t5\t0.15\tng/mL\n"
)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a finished run: the tubes of one patient, and a plate of another."""
    folder = tmp_path_factory.mktemp("occupancy") / "work"
    study = Study(copy_checkout(folder / "checkout"), folder / "study")
    study.folder.mkdir()
    patients, _, _ = draw_trial(2, NO_EFFECTS, 1)
    truth, _ = write_tubes(study.folder, patients[:1], np.random.default_rng(5))
    (study.folder / "patients.tsv").write_text(PATIENTS)
    (study.folder / "plate.tsv").write_text(PLATE)
    study.write_config(
        {
            "study": {
                "patients": "patients.tsv",
                "samples": "samples.tsv",
                "panels": "panels.tsv",
                "specimen": "cryo_pbmc",
                "gating": {"occupancy": "occupancy"},
                "occupancy": "plate.tsv",
            },
            "flow": SMALL_FLOORS,
            "occupancy": {"min_backgrounds": 2},
        }
    )
    said = study.run_well("results/occupancy/measurements.parquet", "results/intake/problems.tsv")
    return study, truth, said


@pytest.fixture(scope="module")
def measured(study):
    table = read_measurements(study[0].result("occupancy/measurements.parquet"))
    return table.set_index(["patient", "visit", "feature"])


def test_occupancy_is_recovered_from_fcs_files(study, measured):
    _, truth, _ = study
    checked = 0
    for row in truth:
        feature = f"{row['target']}__occ_raw__{row['cell']}"
        if row["visit"] == "C0D1" or (row["cell"], row["visit"]) == ("b_normal", "C2D1"):
            continue
        one = measured.loc[("P01", row["visit"], feature)]
        # staining varies by 3 % from tube to tube, the background by 4 % of about 300
        assert one["value"] == pytest.approx(row["occupancy_pct"], abs=4.0), feature
        assert one["method"].startswith("adjusted: ")
        checked += 1
    assert checked == 7


def test_a_tube_with_too_few_target_cells_keeps_its_row(measured):
    one = measured.loc[("P01", "C2D1", "btk__occ__b_normal")]

    assert one["status"] == "not_evaluable"
    assert "few_target_cells" in list(one["flags"])


def test_a_plate_is_measured_and_wrong_rows_are_told_with_what_to_do(study, measured):
    one = measured.loc[("P02", "C1D1", "btk__occ__cll")]
    problems = read_tsv(study[0].result("intake/problems.tsv"))

    assert one["value"] == pytest.approx(87.4, abs=0.05)
    assert ("P02", "C2D1", "btk__occ__cll") not in measured.index
    told = {(row["row"], row["column"]): row for row in problems if row["file"] == "plate.tsv"}
    assert told["4", "unit"]["value"] == "stone"
    assert "ng_ml" in told["4", "unit"]["remedy"]
    assert "patient is not known" in told["5", "patient"]["problem"]


def test_flow_lists_none_of_the_tubes_as_left_out(study):
    assert read_tsv(study[0].result("occupancy/left_out.tsv")) == []


def test_every_output_is_there_and_figures_are_drawn(study):
    for name in ("overview", "layout", "distributions"):
        text = study[0].result(f"occupancy/{name}.svg").read_text()
        assert "<svg" in text
        assert "Nothing" not in text
    runs = {row["run"]: row for row in read_tsv(study[0].result("occupancy/runs.tsv"))}
    assert set(runs) == {"occ_P01", "E1"}
    assert "no control" in runs["E1"]["reasons"]


def test_an_unknown_sex_or_a_new_plate_runs_no_gating_again(study):
    work = study[0]
    shutil.copy(work.folder / "plate.tsv", work.folder / "kept.tsv")
    text = PLATE.replace("\t0.6\t5\t", "\t0.7\t5\t")
    (work.folder / "plate.tsv").write_text(text)

    planned = work.planned("results/occupancy/measurements.parquet")

    (work.folder / "kept.tsv").replace(work.folder / "plate.tsv")
    assert planned == {"measure_occupancy": 1}


def test_every_flag_is_told_in_words(measured):
    assert {flag for row in measured["flags"] for flag in row} <= set(MEANINGS)
