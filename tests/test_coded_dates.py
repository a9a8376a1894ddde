"""Dates in the names of runs and samples: names stay apart and stay joined, and no date is told."""

import pytest

from correlates.assays.left_out import left_out
from correlates.assays.scrna.planning import named_files
from correlates.intake.config import ASSAY_SHEETS
from correlates.intake.sheets.assays import assay_rows_of, read_assay_sheets
from correlates.intake.sheets.dates import code_dates
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.sheet import read_sheet

RUNS = {"run", "plate", "batch", "blot", "sample", "library", "lane"}


def test_every_name_of_a_run_or_sample_codes_its_dates():
    for kind in ASSAY_SHEETS:
        for column, spec in load_schema(kind)["properties"].items():
            if column in RUNS and spec["type"] == "string":
                assert spec.get("coded_dates"), (kind, column)


def test_runs_that_differ_in_their_date_alone_stay_two_runs(tmp_path):
    (tmp_path / "patients.tsv").write_text("patient\nP01\n")
    (tmp_path / "aliquots.tsv").write_text(
        "sample\tpatient\tvisit\nA 2025-03-04\tP01\tC0D1\nA 2025-04-01\tP01\tC1D1\n"
    )
    (tmp_path / "pk.tsv").write_text(
        "sample\tanalyte\tnominal_h\tconc_ng_ml\trun\n"
        "A 2025-03-04\tibrutinib\t0\t1\t20250306_LC1\n"
        "A 2025-04-01\tibrutinib\t0\t2\t20250406_LC1\n"
    )
    patients = read_sheet(tmp_path / "patients.tsv", "patients", "patients.tsv")
    block = {"aliquots": "aliquots.tsv", "pk": "pk.tsv"}
    sheets = read_assay_sheets(block, tmp_path, patients, None)
    rows = assay_rows_of(sheets)["pk"].rows

    assert [row["visit"] for row in rows] == ["C0D1", "C1D1"]
    assert len({row["run"] for row in rows}) == len({row["sample"] for row in rows}) == 2
    assert all(row["run"].endswith("_LC1") for row in rows)
    told = [one for _, sheet in sheets.all() for one in sheet.told()]
    assert len(told) == 6
    assert not any("2025" in f"{one}{row}" for one in told for row in rows)
    assert all(one.stops == "nothing" for one in told)


@pytest.mark.parametrize("name", ["P01_C0D1", "LC01", "01-02-003_C1D1", "S1e+06", "hd-12"])
def test_names_without_a_date_stay_as_they_are(name):
    assert code_dates(name) == name


def test_the_path_of_a_matrix_keeps_its_date_and_its_results_do_not():
    rows = [{"file": "runs/2025-03-04/a.h5ad", "sheet": "scrna.tsv"}]
    ((key, file),) = named_files(rows).items()

    assert file.path == "runs/2025-03-04/a.h5ad"
    assert "2025" not in key


def test_what_is_left_out_is_told_without_dates():
    row = left_out("counts", "counts_2025-03-04.tsv", "The file of 2025-03-04 is not there.")

    assert not any("2025" in cell for cell in row.values())
