"""Dates become study days at the door, and no message shows one."""

import re
from datetime import date

import pytest

from correlates.intake.sheets.cells import CellError
from correlates.intake.sheets.dates import date_reader, format_pattern, hide_dates
from correlates.intake.sheets.schemas import SCHEMA_FOLDER, load_schema
from correlates.intake.sheets.study import OF_CLINIC, read_study

TODAY = date(2026, 1, 31)
KEY = "patient,first_ibrutinib_date\nP01,2025-03-04\nP02,2025-06-30\n"
PATIENTS = "patient,lenalidomide_start_day,response,tfr_grade\nP01,29,PR,0\nP02,29,PR,0\n"
ANY_DATE = re.compile(r"20\d\d|\d+[/.]\d+[/.]\d+|Mar", re.IGNORECASE)


def study_of(folder, samples, key=KEY, patients=PATIENTS, **more):
    """Return a study of three sheets, read."""
    for name, text in (("patients", patients), ("samples", samples), ("dates", key)):
        if text is not None:
            (folder / f"{name}.csv").write_text(text)
    block = {"patients": "patients.csv", "samples": "samples.csv", "gating": {}} | more
    block |= {} if key is None else {"dates": "dates.csv"}
    return read_study(block, folder, TODAY)


def days(study):
    return {row.get("visit"): row.get("study_day") for row in study.rows("samples")}


@pytest.mark.parametrize(
    ("text", "declared", "day"),
    [
        pytest.param("2025-03-04", None, 1, id="the first dose is day 1"),
        pytest.param("2025-03-03", None, 0, id="the day before it is 0"),
        pytest.param("2025-03-02", None, -1, id="and the one before that is -1: no gap"),
        pytest.param("2025-04-01", None, 29, id="over the end of a month and a change of clocks"),
        pytest.param("2025-03-04 23:59", None, 1, id="a time of the day is left away"),
        pytest.param("2025-03-04T08:00:00+02:00", None, 1, id="ISO with a zone"),
        pytest.param("04/03/2025", "DD/MM/YYYY", 1, id="the day first, declared"),
        pytest.param("03/04/2025", "MM/DD/YYYY", 1, id="the month first, declared"),
        pytest.param("3/4/2025 2:30 PM", "MM/DD/YYYY", 1, id="without zeros, with a time"),
        pytest.param("04-MAR-2025", "DD-MON-YYYY", 1, id="the month as a word"),
        pytest.param("04MAR2025", "DDMONYYYY", 1, id="as SAS writes it"),
        pytest.param("2025-03-04", "DD.MM.YYYY", 1, id="ISO beside a declared one"),
    ],
)
def test_a_date_is_a_study_day(tmp_path, text, declared, day):
    more = {"date_format": declared} if declared else {}
    study = study_of(tmp_path, f'patient,visit,draw_date\nP01,C0D1,"{text}"\n', **more)

    assert study.problems == []
    assert days(study) == {"C0D1": day}


@pytest.mark.parametrize(
    ("text", "declared", "problem", "remedy"),
    [
        pytest.param("03/04/2025", None, "two ways", "study.date_format", id="ambiguous"),
        pytest.param("25/04/2025", None, "not written as declared", "DD.MM.YYYY", id="undeclared"),
        pytest.param("04.03.2025", "DD/MM/YYYY", "not written as", "DD/MM/YYYY", id="not so"),
        pytest.param("2025-03", None, "not complete", "leave the field empty", id="no day"),
        pytest.param("UN-MAR-2025", "DD-MON-YYYY", "not complete", "Give the day", id="unknown"),
        pytest.param("2025", None, "not complete", "Give the day", id="a year alone"),
        pytest.param("4.3.25", "DD.MM.YYYY", "two digits", "YYYY", id="two digits of the year"),
        pytest.param("45720", None, "a number", "Format the column", id="a spreadsheet's number"),
        pytest.param("2025-02-30", None, "no such day", "Correct", id="no such day"),
        pytest.param("2026-02-02", None, "not come yet", "planned", id="the day after tomorrow"),
        pytest.param("1955-03-04", None, "days before the first", "Check the year", id="birth"),
        pytest.param("soon", None, "no date", "YYYY-MM-DD", id="a word"),
    ],
)
def test_what_is_no_plain_date_leaves_out_its_row_alone(tmp_path, text, declared, problem, remedy):
    more = {"date_format": declared} if declared else {}
    rows = f"patient,visit,study_date\nP01,C0D1,{text}\nP02,C0D1,2025-06-30\n"

    study = study_of(tmp_path, rows, **more)

    (told,) = study.problems
    assert (told.file, told.row, told.column, told.stops) == ("samples.csv", 2, "study_date", "row")
    assert problem in told.problem
    assert remedy in told.remedy
    assert not ANY_DATE.search(told.value.replace("soon", ""))
    assert [row.get("patient") for row in study.rows("samples")] == ["P02"]


def test_tomorrow_is_passed_for_clocks_that_differ(tmp_path):
    study = study_of(tmp_path, "patient,visit,date\nP02,PD,2026-02-01\n")

    assert days(study) == {"PD": 217}


def test_a_patient_without_a_key_costs_their_rows(tmp_path):
    key = "patient,first_ibrutinib_date\nP01,2025-03-04\nP02,\n"
    study = study_of(tmp_path, "patient,visit,date\nP01,C0D1,2025-03-04\nP02,SCR,2025-03-04\n", key)

    (told,) = study.problems
    assert (told.row, told.problem) == (
        3,
        "the key file has no first ibrutinib date of this patient",
    )
    assert "dates.csv" in told.remedy


@pytest.mark.parametrize(
    ("first", "problem"),
    [
        pytest.param("2026-03-01", "not come yet", id="in the future"),
        pytest.param("1999-03-04", "before ibrutinib", id="before the drug was there"),
        pytest.param("03/04/2025", "two ways", id="ambiguous"),
    ],
)
def test_the_key_file_is_judged_too(tmp_path, first, problem):
    key = f"patient,first_ibrutinib_date\nP01,{first}\nP02,2025-06-30\n"

    study = study_of(tmp_path, "patient,visit,date\nP02,C0D1,2025-06-30\n", key)

    (told,) = study.problems
    assert (told.file, told.row, told.value) == ("dates.csv", 2, "(a date)")
    assert problem in told.problem


def test_dates_without_a_key_file_stop_the_run(tmp_path):
    study = study_of(tmp_path, "patient,visit,date\nP01,C0D1,2025-03-04\n", key=None)

    (told,) = study.problems
    assert (told.column, told.row, told.stops) == ("date", 1, "run")
    assert "study.dates" in told.remedy


@pytest.mark.parametrize(
    ("day", "date_", "found"),
    [
        pytest.param("1", "2025-03-04", 1, id="they agree"),
        pytest.param("1.5", "2025-03-04", 1.5, id="the day may have hours"),
        pytest.param("", "2025-03-05", 2, id="the day is empty"),
        pytest.param("3", "", 3, id="the date is empty"),
        pytest.param("3", "2025-03-04", None, id="they contradict each other"),
    ],
)
def test_a_day_may_stand_beside_its_date(tmp_path, day, date_, found):
    rows = f"patient,visit,study_day,study_date\nP01,C0D1,{day},{date_}\nP02,C0D1,1,\n"

    study = study_of(tmp_path, rows)

    if found is None:
        (told,) = study.problems
        assert told.problem == "study_day says day 3, and the date is day 1"
        assert told.value == "(a date)"
    else:
        assert study.problems == []
        assert study.rows("samples")[0].get("study_day") == found


@pytest.mark.parametrize("kind", ["patients", "samples", *sorted(set(OF_CLINIC) - {"dates"})])
def test_every_column_of_study_days_may_come_as_dates(kind):
    columns = load_schema(kind)["properties"]
    days = [name for name, said in columns.items() if said["legal"].startswith("a study day")]

    assert days
    assert [name for name in days if not columns[name].get("dates")] == []


def test_a_column_of_days_of_the_patients_sheet(tmp_path):
    patients = "patient,lenalidomide_start_date,response,tfr_grade\n"
    patients += "P01,2025-04-01,PR,0\nP02,,PR,0\n"

    study = study_of(tmp_path, "patient,visit\nP01,C0D1\n", patients=patients)

    assert [row.get("lenalidomide_start_day") for row in study.rows("patients")] == [29, None]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("since 4 Mar 2025", "since (a date)"),
        ("steroid 04.03.2025, then none", "steroid (a date), then none"),
        ("March 4th, 2025", "(a date)"),
        ("in March 2025", "in (a date)"),
        ("20250304 and 2025-03-04T10:00", "(a date) and (a date)T10:00"),
        ("04MAR2025", "(a date)"),
        ("03/2025", "(a date)"),
        ("may be 3 of 12, version 5.0, 10 mg", "may be 3 of 12, version 5.0, 10 mg"),
        ("P01-2025, 12 markers 30", "P01-2025, 12 markers 30"),
    ],
)
def test_dates_are_found_wherever_they_stand(text, left):
    assert hide_dates(text) == left


def test_dates_in_free_text_and_in_wrong_cells_go_no_further(tmp_path):
    patients = PATIENTS.replace("\n", ",steroid from 2025-03-04,F\n").replace(
        "tfr_grade,steroid from 2025-03-04,F", "tfr_grade,prophylaxis,sex"
    )
    patients += "P03,29,PR,0,,04.03.2025\n"

    study = study_of(tmp_path, "patient,visit\nP01,2025-03-04\n", patients=patients)

    assert study.rows("patients")[0].get("prophylaxis") == "steroid from (a date)"
    assert {problem.file for problem in study.problems} == {"patients.csv", "samples.csv"}
    assert not any(ANY_DATE.search(str(problem)) for problem in study.problems)


def test_every_way_that_the_config_allows_can_be_read():
    legal = load_schema("config")["properties"]["study"]["properties"]["date_format"]
    ways = {
        "DD/MM/YYYY": "04/03/2025",
        "MM-DD-YYYY": "03-04-2025",
        "YYYY.MM.DD": "2025.03.04",
        "DD MON YYYY": "04 March 2025",
        "MON DD, YYYY": "Mar 4, 2025",
        "DDMONYYYY": "04mar2025",
    }
    for way, text in ways.items():
        assert re.fullmatch(legal["pattern"], way)
        assert date_reader(way)(text) == date(2025, 3, 4)
    with pytest.raises(ValueError, match="once each"):
        format_pattern("DD/MM")
    with pytest.raises(CellError):
        date_reader("DD/MM/YYYY")("03.04.2025")


def test_columns_of_days_name_the_headers_of_their_dates():
    for path in sorted(SCHEMA_FOLDER.glob("*.schema.json")):
        schema = load_schema(path.name.removesuffix(".schema.json"))
        headers = [h for spec in schema["properties"].values() for h in spec.get("dates", [])]
        known = {*schema["properties"]}
        known |= {a for spec in schema["properties"].values() for a in spec.get("aliases", [])}

        assert len(headers) == len(set(headers))
        assert not known & set(headers), "a header that means two columns"


@pytest.mark.parametrize("kind", ["lesions", "flares"])
@pytest.mark.parametrize(
    ("name", "is_date"),
    [
        pytest.param("2025-03-04", True, id="year first"),
        pytest.param("04.03.2025", True, id="day first"),
        pytest.param("01-02-003", False, id="a number of three parts"),
        pytest.param("T2025", False, id="a word"),
    ],
)
def test_a_name_of_a_lesion_or_a_flare_is_no_date(tmp_path, kind, name, is_date):
    header = {"lesions": "study_day,lesion_id", "flares": "onset_study_day,event_id,grade"}[kind]
    (tmp_path / f"{kind}.csv").write_text(
        f"patient,{header}\nP01,9,{name},2\n".replace(",2\n", ",2\n" if kind == "flares" else "\n")
    )
    study = study_of(tmp_path, "patient,visit,study_day\nP01,C0D1,1\n", **{kind: f"{kind}.csv"})

    told = [one for one in study.problems if one.file == f"{kind}.csv" and one.stops == "row"]
    assert [one.problem for one in told] == ["this name is a calendar date"] * is_date
    assert all(name not in f"{one}" for one in told if is_date)
