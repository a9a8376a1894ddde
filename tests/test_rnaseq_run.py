"""A study of RNA-seq alone, from its sheets to measurements, as a user runs it."""

import pytest
import yaml

from correlates.measurements import read_measurements
from correlates.report.glossary import MEANINGS
from correlates.tables import read_tsv
from rnaseq_maker import simulated
from study import ROOT, Study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rnaseq_run")
    patients = simulated(folder, n_patients=3)
    rows = "".join(f"{one.key}\t{one.clinical['sex']}\tPR\t0\t29\n" for one in patients)
    (folder / "patients.tsv").write_text(
        f"patient\tsex\tresponse\ttfr_grade\tlenalidomide_start_day\n{rows}"
    )
    sheet = folder / "assays" / "rnaseq" / "libraries.tsv"
    sheet.write_text(sheet.read_text() + "L99\tsample\tP77\tC0D1\tfresh_pbmc\tcll\t1\tseq1\n")
    study = Study(ROOT, folder)
    study.write_config(
        {
            "study": {
                "patients": "patients.tsv",
                "rnaseq": "assays/rnaseq/libraries.tsv",
                "rnaseq_counts": "assays/rnaseq/counts.tsv",
                "junctions": "assays/rnaseq/junctions.tsv",
            }
        }
    )
    study.said = study.run_well("results/rnaseq/measurements.parquet")
    return study


def test_the_sheets_become_measurements(study):
    table = read_measurements(study.result("rnaseq/measurements.parquet"))
    assert {flag for row in table["flags"] for flag in row} <= set(MEANINGS)

    assert set(table["patient"]) == {f"P0{n}" for n in range(1, 4)}
    assert (table.loc[table["feature"] == "rhoh__log2_cpm__cll", "status"] == "ok").all()
    assert {one["verdict"] for one in read_tsv(study.result("rnaseq/runs.tsv"))} == {"pass"}


def test_a_library_of_nobody_is_told_before_any_job(study):
    assert "P77" in study.said


def test_a_setting_runs_the_assay_again_and_nothing_else(study):
    target = "results/rnaseq/measurements.parquet"
    block = yaml.safe_load(study.config_path.read_text())
    study.write_config(block | {"rnaseq": {"min_cpm": 2}})

    assert study.planned(target) == {"measure_rnaseq": 1}
