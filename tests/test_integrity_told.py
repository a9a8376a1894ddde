"""Where contradictions are told of: the end of a run, strict mode, and the list of problems."""

import pytest

from correlates.check_rows import COLUMNS, row
from correlates.ending import last_words
from correlates.intake.sheets.sheet import read_sheet, with_patients
from correlates.intake.strict import left_out
from correlates.problems import Problem
from correlates.tables import write_tsv

FOUND = [
    row("visit_order", "error", "C0D8 was drawn before C0D1", "Correct one.", "P01", "C0D8"),
    row("dose_gap", "warning", "no record for 7 days", "Record them.", "P02"),
    row("dose_gap", "warning", "no record for 9 days", "Record them.", "P03"),
    row("sex_check", "note", "not judged", "Nothing."),
]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(FOUND, "with 1 error and 2 warnings: ", id="errors and warnings are counted"),
        pytest.param(FOUND[1:], "with 2 warnings: ", id="no error"),
        pytest.param(FOUND[3:], None, id="notes are not worth a word"),
    ],
)
def test_the_last_words_say_what_the_checks_found(tmp_path, found, said):
    write_tsv(tmp_path / "intake/files.tsv", ["acquisition", "state"], [])
    write_tsv(tmp_path / "intake/problems.tsv", ["stops"], [])
    table = tmp_path / "cohort/integrity.tsv"
    write_tsv(table, COLUMNS, found)

    lines = [line for line in last_words(tmp_path) if "checked against each other" in line]

    assert len(lines) == (said is not None)
    assert all(said in line and str(table) in line for line in lines)


def test_strict_counts_errors_and_no_warnings():
    missed = left_out([], [], FOUND)

    assert missed.count == 1
    assert missed.lines == ("visit_order: P01 C0D8: C0D8 was drawn before C0D1. Correct one.",)


def test_a_refused_row_names_its_patient_where_it_can_be_read(tmp_path):
    path = tmp_path / "exposure.tsv"
    path.write_text(
        "patient\tdrug\tstart_day\nP01\tibrutinib\tone\nP 2\tibrutinib\t1\n", encoding="utf-8"
    )
    sheet = read_sheet(path, "exposure", "exposure.tsv")

    problems = with_patients(sheet.problems, [sheet])

    by_row = {problem.row: problem.patient for problem in problems if problem.stops == "row"}
    assert by_row == {2: "P01", 3: ""}


def test_a_problem_that_knows_its_patient_already_keeps_it(tmp_path):
    path = tmp_path / "exposure.tsv"
    path.write_text("patient\tdrug\tstart_day\nP01\tibrutinib\t1\n", encoding="utf-8")
    sheet = read_sheet(path, "exposure", "exposure.tsv")
    told = Problem("exposure.tsv", "x", "y", row=2, patient="P07")
    of_config = Problem("config", "x", "y")

    assert with_patients([told, of_config], [sheet]) == [told, of_config]
