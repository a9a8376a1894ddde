"""What a laboratory types into cells: percent among fractions, NA, decimal commas."""

import pytest

from correlates.intake.sheets.sheet import read_sheet

HEAD = "patient\tvisit\tgene\thgvs_p\t"


def variants(tmp_path, column, *values):
    rows = [f"P01\tC{n}D1\tBTK\tC481S\t{value}" for n, value in enumerate(values)]
    path = tmp_path / "v.tsv"
    path.write_text("\n".join([HEAD + column, *rows]) + "\n")
    return read_sheet(path, "variants", "v.tsv")


def test_a_fraction_among_percent_is_not_taken_for_one(tmp_path):
    """0.5 below 12 is half a percent."""
    sheet = variants(tmp_path, "vaf", "12", "0.5", "0", "")

    assert [row.get("vaf") for row in sheet.rows] == [0, None]
    assert [one.row for one in sheet.problems if one.column == "vaf"] == [2, 3]
    assert "vaf_pct" in sheet.problems[1].remedy


def test_declared_percent_and_plain_fractions_are_read(tmp_path):
    assert [row.get("vaf") for row in variants(tmp_path, "vaf_pct", "12", "0.5").rows] == [
        0.12,
        0.005,
    ]
    assert [row.get("vaf") for row in variants(tmp_path, "vaf", "0.12", "0.5").rows] == [0.12, 0.5]


def test_a_value_far_beyond_is_no_percent(tmp_path):
    sheet = variants(tmp_path, "vaf", "1200", "0.5")

    assert [row.get("vaf") for row in sheet.rows] == [0.5]


def test_a_patient_called_na_is_told_why(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("sample\tpatient\tvisit\nS1\tNA\tC0D1\nS2\tP01\tC0D1\n")

    (told,) = read_sheet(path, "aliquots", "a.tsv").problems
    assert (told.row, told.column, told.value) == (2, "patient", "NA")
    assert "NA means empty" in told.problem


def test_a_decimal_comma_in_a_column_of_values_and_limits_is_told_as_one(tmp_path):
    path = tmp_path / "s.tsv"
    path.write_text("patient\tvisit\tanalyte\tpg_ml\nP01\tC0D1\tIL-6\t1,5\n")

    (told,) = [one for one in read_sheet(path, "soluble", "s.tsv").problems if one.column]
    assert told.problem == "this number has a comma"
    assert "decimal point" in told.remedy


@pytest.mark.parametrize(
    ("kind", "header", "row"),
    [
        ("western", "patient\tvisit\tblot\tlane\trole\tmarker\tband\ttotal_protein_stain",
         "P01\tC0D1\tb1\t1\tsample\t2025-03-04\t5\t9"),
        ("synapse", "patient\tvisit\tconjugate", "2025-03-04\tC0D1\t1"),
        ("soluble", "patient\tvisit\tanalyte\tpg_ml", "P01\tC0D1\t04.03.2025\t1"),
    ],
)  # fmt: skip
def test_a_date_that_slipped_into_a_column_of_names_goes_no_further(tmp_path, kind, header, row):
    path = tmp_path / "x.tsv"
    path.write_text(f"{header}\n{row}\n")
    sheet = read_sheet(path, kind, "x.tsv")

    assert [one.problem for one in sheet.problems if one.stops == "row"] == [
        "this name is a calendar date"
    ]
    assert "2025" not in f"{sheet.told()}{sheet.refused}"
