"""Sheets of the assays: files, folders and lists; whose sample a row is; rows for the jobs."""

import json

import pytest

from correlates.intake.assay_records import read_assay_rows, read_index, write_assay_rows
from correlates.intake.sheets import schemas
from correlates.intake.sheets.assays import assay_rows_of, read_assay_sheets
from correlates.intake.sheets.sheet import read_sheet

PATIENTS = "patient\tsex\nP01\tmale\nP02\tfemale\n"
ALIQUOTS = (
    "sample\tpatient\tvisit\tspecimen\tcell\tpurity_pct\n"
    "S1\tP01\tC0D1\tfresh_pbmc\tcll\t98\n"
    "S2\tP01\tC2D1_H4\tfresh_pbmc\tcll\t97\n"
    "S9\tP77\tC0D1\tfresh_pbmc\tcll\t97\n"
)
SCHEMA = {
    "title": "soluble",
    "description": "A sheet for these tests.",
    "type": "object",
    "required": ["well", "value"],
    "key": ["plate", "well"],
    "filled": ["well"],
    "of_a_draw": True,
    "nobody": {"role": ["standard"]},
    "properties": {
        "plate": {"description": "Plate.", "legal": "text", "aliases": [], "type": "string"},
        "well": {"description": "Well.", "legal": "text", "aliases": [], "type": "string"},
        "role": {
            "description": "Role.",
            "legal": "sample or standard",
            "aliases": [],
            "type": "string",
            "enum": ["sample", "standard"],
        },
        "purity_pct": {"as_in": "aliquots"},
        "value": {"description": "Value.", "legal": "a number", "aliases": [], "type": "number"},
    },
}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Return a function that reads a sheet `soluble` of these columns beside the aliquots."""
    folder = tmp_path / "schemas"
    folder.mkdir()
    for kind in ("aliquots", "patients"):
        text = (schemas.SCHEMA_FOLDER / f"{kind}.schema.json").read_text()
        (folder / f"{kind}.schema.json").write_text(text)
    (folder / "soluble.schema.json").write_text(json.dumps(SCHEMA))
    monkeypatch.setattr(schemas, "SCHEMA_FOLDER", folder)
    schemas.load_schema.cache_clear()
    (tmp_path / "patients.tsv").write_text(PATIENTS)
    (tmp_path / "aliquots.tsv").write_text(ALIQUOTS)

    def read(named, aliquots="aliquots.tsv", **files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/")
            path = path.with_suffix(".tsv")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        patients = read_sheet(tmp_path / "patients.tsv", "patients", "patients.tsv")
        block = {"soluble": named} | ({"aliquots": aliquots} if aliquots else {})
        return read_assay_sheets(block, tmp_path, patients, None)

    yield read
    schemas.load_schema.cache_clear()


def said(sheets):
    return [(one.row, one.column, one.problem) for _, sheet in sheets.all() for one in sheet.told()]


def test_a_row_is_filled_from_its_aliquot(study):
    found = study("a.tsv", a="plate\twell\tsample\tvalue\n1\tA1\tS2\t3\n")

    (row,) = assay_rows_of(found)["soluble"].rows
    drawn = [row[name] for name in ("patient", "visit", "timepoint", "cell", "purity_pct")]
    assert drawn == ["P01", "C2D1", "h4", "cll", 97]


def test_a_row_may_say_itself_whose_it_is(study):
    text = "plate\twell\tpatient\tvisit\tvalue\n1\tA1\tP02\tC1D1\t3\n"
    found = study("a.tsv", aliquots=None, a=text)

    (row,) = assay_rows_of(found)["soluble"].rows
    assert (row["patient"], row["timepoint"], row["sample"]) == ("P02", "pre", None)
    assert (row["row"], row["sheet"]) == (2, "a.tsv")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        pytest.param("1\tA1\tS3\t\t\t\t5", "this sample is not known", id="unknown sample"),
        pytest.param("1\tA1\t\tP01\t\t\t5", "nothing tells the visit", id="no visit"),
        pytest.param(
            "1\tA1\tS1\tP02\t\t\t5",
            "the sheet of aliquots says 'P01' of this sample",
            id="another patient than its aliquot's",
        ),
        pytest.param("1\tA1\t\tP05\tC0D1\t\t5", "this patient is not known", id="unknown patient"),
        pytest.param(
            "1\tA1\tS9\t\t\t\t5", "this patient is not known", id="an aliquot of an unknown patient"
        ),
    ],
)
def test_a_row_of_nobody_known_is_refused(study, row, problem):
    found = study("a.tsv", a=f"plate\twell\tsample\tpatient\tvisit\trole\tvalue\n{row}\n")

    assert problem in [text for _, _, text in said(found)]
    assert assay_rows_of(found)["soluble"].rows == []
    assert len(assay_rows_of(found)["soluble"].left_out) == 1


def test_a_standard_needs_no_patient(study):
    found = study("a.tsv", a="plate\twell\trole\tvalue\n1\tA1\tstandard\t3\n")

    assert [row["patient"] for row in assay_rows_of(found)["soluble"].rows] == [None]


def test_a_folder_is_read_whole_and_a_key_counts_over_its_files(study):
    header = "plate\twell\tsample\tvalue\n"
    files = {"in__a": f"{header}1\tA1\tS1\t3\n1\tA2\tS1\t3\n", "in__b": f"{header}1\tA1\tS1\t4\n"}
    found = study("in", **files)

    assert [row["well"] for row in assay_rows_of(found)["soluble"].rows] == ["A2"]
    assert (2, "plate, well", "this key also stands in row 2 of in/b.tsv") in said(found)


def test_an_empty_folder_stops_the_run(study, tmp_path):
    (tmp_path / "none").mkdir()
    found = study("none")

    assert [(one.column, one.stops) for one in found.problems] == [("study.soluble", "run")]


def test_jobs_read_the_rows_of_their_kind_only(study, tmp_path):
    found = study("a.tsv", a="plate\twell\tsample\tvalue\n1\tA1\tS1\t3\n")
    first = read_index(write_assay_rows(assay_rows_of(found), tmp_path / "plan"))
    again = study("a.tsv", a="plate\twell\tsample\tvalue\n1\tA1\tS1\t4\n")
    second = read_index(write_assay_rows(assay_rows_of(again), tmp_path / "plan"))

    assert read_assay_rows(first["soluble"]).rows[0]["value"] == 3
    assert first["aliquots"] == second["aliquots"]
    assert first["soluble"] != second["soluble"]


def test_the_date_of_a_run_is_not_taken_for_that_of_the_draw():
    """Plates carry the date on which they were run, under a header that a draw's could have."""
    spec = schemas.load_schema("aliquots")["properties"]["study_day"]

    assert not {"date", "study_date", "run_date"} & set(spec["dates"])
    assert "day" not in spec["aliases"]


GOOD = "plate\twell\tsample\tvalue\n1\tA1\tS1\t3\n"


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("", id="empty"),
        pytest.param("plate\twell\tsample\n2\tA1\tS1\n", id="a column is missing"),
        pytest.param("plate\twell\tsample\tvalue\n", id="a header alone"),
        pytest.param("PK\x03\x04", id="a workbook"),
    ],
)
def test_a_broken_file_of_several_is_left_out_and_told(study, broken):
    found = study("in", in__a=GOOD, in__b=broken)

    assert [row["well"] for row in assay_rows_of(found)["soluble"].rows] == ["A1"]
    told = [one for sheet in found.by_kind["soluble"] for one in sheet.told()]
    assert {(one.file, one.stops, one.row) for one in told} == {("in/b.tsv", "row", None)}
    assert all(one.problem.endswith("the file is left out") and one.remedy for one in told)


def test_rows_of_a_file_that_is_left_out_are_among_those_left_out(study):
    found = study("in", in__a=GOOD, in__b="plate\twell\tsample\n2\tA2\tS1\n")

    assert [row["well"] for row in assay_rows_of(found)["soluble"].left_out] == ["A2"]


def test_a_kind_of_which_no_file_can_be_read_stops_the_run(study):
    found = study("in", in__a="", in__b="plate\n1\n")

    told = [one for sheet in found.by_kind["soluble"] for one in sheet.told()]
    assert "run" in {one.stops for one in told}


def test_values_below_a_merged_header_are_told_of(study):
    found = study("a.tsv", a="plate\twell\tsample\tvalue\t\t\n1\tA1\tS1\t3\t4\t\n")

    (told,) = [one for sheet in found.by_kind["soluble"] for one in sheet.told()]
    assert (told.row, told.column, told.stops) == (1, "column 5", "nothing")
    assert "merged" in told.remedy
