"""Sheets as laboratories write them, and every problem of them in one pass."""

import pytest
from jsonschema import Draft202012Validator

from correlates.intake.files.names import Names
from correlates.intake.panels import PanelRow
from correlates.intake.sheets.cells import CellError, cell_reader
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.sheet import read_sheet
from correlates.intake.sheets.study import read_study
from correlates.intake.sheets.typos import is_typo
from correlates.intake.sheets.visits import normal_timepoint, normal_tube, parse_visit, visit_remedy
from correlates.problems import Problem, StudyError, folded

KINDS = ("patients", "samples", "panels", "cbc", "references", "beads", "mesf")
PATIENTS = "patient\tlenalidomide_start_day\tresponse\ttfr_grade\n"


@pytest.fixture
def sheet(tmp_path):
    """Return a function that writes a sheet and reads it."""

    def read(kind, text, name="sheet.tsv", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_sheet(path, kind, name, **options)

    return read


def said(sheet):
    return [str(problem) for problem in sheet.problems]


def values(sheet, column):
    return [row.get(column) for row in sheet.rows]


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_is_legal_and_every_column_explained(kind):
    schema = load_schema(kind)
    Draft202012Validator.check_schema(schema)

    names = [name for name, spec in schema["properties"].items()]
    aliases = [alias for spec in schema["properties"].values() for alias in spec["aliases"]]

    assert all(spec["description"] and spec["legal"] for spec in schema["properties"].values())
    assert len({*names, *aliases}) == len(names) + len(aliases), "a header that means two columns"
    assert set(schema["required"]) | set(schema["filled"]) | set(schema["key"]) <= set(names)


@pytest.mark.parametrize(
    ("kind", "column", "spec"),
    [
        pytest.param(kind, column, spec, id=f"{kind}-{column}")
        for kind in KINDS
        for column, spec in load_schema(kind)["properties"].items()
    ],
)
def test_fields_are_judged_as_a_json_schema_validator_judges_values(kind, column, spec):
    read, validator = cell_reader(spec), Draft202012Validator(spec)
    numbers = ["-400", "-3", "-0.5", "0", "0.4", "1", "3", "4", "5", "17", "18", "51", "90", "91"]
    numbers += ["101", "300", "1501", "7301", "1e3"]
    words = ["F", "CR", "PR-L", "fresh_wb", "tnk", "a b", "a__b", "fmo_CD3", "h4", "C1D1", "x/y"]
    for text in [*numbers, *words, "yes", "no"]:
        if spec["type"] in ("number", "integer"):
            value = _number(text)
        elif spec["type"] == "boolean":
            words_of = {"yes": True, "1": True, "no": False, "0": False, "F": False}
            value = words_of.get(text, text)
        else:
            value = text
        try:
            mine = read(text)
        except CellError:
            mine = CellError

        assert (mine is not CellError) == validator.is_valid(value), text
        assert mine in (CellError, value)


def _number(text):
    try:
        return float(text) if "." in text else int(float(text))
    except ValueError:
        return text


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param("patient,sex\nP01,F\n", "a.csv", id="comma"),
        pytest.param("patient\tsex\nP01\tF\n", "a.tsv", id="tab"),
        pytest.param("patient;sex\nP01;F\n", "a.csv", id="semicolon of a European spreadsheet"),
        pytest.param("patient,sex\nP01,F\n", "a.tsv", id="what the file holds, not its ending"),
        pytest.param("patient,sex\r\nP01,F\r\n", "a.csv", id="Windows line ends"),
        pytest.param("patient,sex\rP01,F\r", "a.csv", id="old Mac line ends"),
        pytest.param("\ufeffpatient,sex\nP01,F\n", "a.csv", id="byte order mark"),
        pytest.param("patient,sex\nP01,F\n".encode("utf-16"), "a.csv", id="UTF-16"),
        pytest.param("\n\npatient,sex\n,\nP01,F\n\n,,\n", "a.csv", id="blank lines"),
        pytest.param('"patient" , sex \n "P01" ,F  \n', "a.csv", id="quotes and spaces"),
        pytest.param("Subject_ID,Gender\nP01,female\n", "a.csv", id="headers and words of others"),
        pytest.param("RECORD ID,SEX\nP01,f\n", "a.csv", id="a REDCap export"),
    ],
)
def test_a_sheet_is_read_however_it_was_saved(sheet, content, name):
    text = content if isinstance(content, bytes) else content.encode()

    found = sheet("patients", text, name)

    assert [(row.get("patient"), row.get("sex")) for row in found.rows] == [("P01", "F")]
    assert not found.problems


def test_rows_are_counted_as_a_spreadsheet_counts_them(sheet):
    text = f'\n{PATIENTS}\nP01\t29\tCR\t9\nP02\t29\t"C\nR"\t1\nP03\t29\tCR\t9\n'

    found = sheet("patients", text)

    assert [problem.row for problem in found.problems] == [4, 5, 6]


@pytest.mark.parametrize(
    ("kind", "header", "expected"),
    [
        pytest.param(
            "samples",
            "file_name,sample_id,condition,patient_id,visit",
            {"fcs", "sample", "patient", "visit"},
            id="CATALYST's metadata",
        ),
        pytest.param(
            "panels",
            "fcs_colname,antigen,marker_class",
            {"channel", "marker", "marker_class"},
            id="its panel",
        ),
        pytest.param("panels", "fcs_colname,antigens", {"channel", "marker"}, id="FACSPy's panel"),
        pytest.param(
            "samples",
            "fcs_path,sample_id,subject_id,visit,actual_h_post_ibr,matrix",
            {"fcs", "sample", "patient", "visit", "hours_post_dose", "specimen"},
            id="long names",
        ),
        pytest.param(
            "cbc",
            "subject_id,visit,WBC,hgb",
            {"patient", "visit", "wbc_10e9_l", "hb_g_dl"},
            id="cbc",
        ),
    ],
)
def test_headers_of_other_programs_are_known(sheet, kind, header, expected):
    found = sheet(kind, header + "\n" + ",".join("1" * header.count(",")) + "\n", "a.csv")

    assert set(found.columns) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"PK\x03\x04rest", "an Excel workbook (.xlsx)", id="xlsx"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1", "an Excel workbook", id="xls"),
        pytest.param(b"a\0b", "a binary file", id="binary"),
        pytest.param(b"", "the sheet is empty", id="empty"),
        pytest.param(b"\n \n\t\n", "the sheet is empty", id="only blank lines"),
        pytest.param(PATIENTS.encode(), "a header and no rows", id="only a header"),
    ],
)
def test_what_is_no_table_stops_the_run_and_says_what_to_do(sheet, content, expected):
    (problem,) = sheet("patients", content).problems

    assert expected in problem.problem
    assert problem.remedy
    assert problem.stops == "run"


def test_a_sheet_that_is_not_there_says_where_it_was_looked_for(tmp_path):
    (problem,) = read_sheet(tmp_path / "no.tsv", "patients", "no.tsv").problems

    assert problem.file == "no.tsv"
    assert str(tmp_path / "no.tsv") in problem.remedy


def test_latin_1_is_read_with_a_warning(sheet):
    text = (PATIENTS.strip() + "\tnote\nP01\t29\tCR\t1\tM\u00fcller\n").encode("latin-1")

    found = sheet("patients", text)

    assert values(found, "patient") == ["P01"]
    assert [problem.stops for problem in found.problems] == ["nothing", "nothing"]
    assert "Latin-1" in found.problems[0].problem


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(
            "patient,response,tfr_grade,lenalidomide_strt_day",
            [("lenalidomide_strt_day", "run", "lenalidomide_start_day")],
            id="a mistyped column that only other sheets can replace",
        ),
        pytest.param(
            "patient,subject,response,tfr_grade,lenalidomide_start_day",
            [("patient", "nothing", "not used, since 'patient' is there: subject")],
            id="a column's own name goes before an alias",
        ),
        pytest.param(
            "record_id,subject,response,tfr_grade,lenalidomide_start_day",
            [("patient", "run", "2 columns mean 'patient': record_id, subject")],
            id="two aliases of one column",
        ),
        pytest.param(
            "patient,response,tfr_grade,lenalidomide_start_day,agey,note,colour",
            [
                ("agey", "run", "looks like 'age_y', which is missing. Rename it to 'age_y' if"),
                ("note, colour", "nothing", "not known, and not used"),
            ],
            id="unknown columns are listed, and one that looks mistyped stops the run",
        ),
        pytest.param(
            "patient,response,tfr_grade,lenalidomide_start_day,note_age,age,agey",
            [("note_age, agey", "nothing", "not known, and not used")],
            id="a column is no mistyped one that is there, nor one that is called a note",
        ),
    ],
)
def test_columns_are_found_or_told_of(sheet, header, expected):
    found = sheet("patients", f"{header}\n", "a.csv", may_be_empty=True)

    told = [problem for problem in found.problems if "no rows" not in problem.problem]
    assert [(problem.column, problem.stops) for problem in told if problem.stops == "run"] == [
        (column, stops) for column, stops, _ in expected if stops == "run"
    ]
    for column, stops, words in expected:
        assert any(
            (one.column, one.stops) == (column, stops) and words in str(one) for one in told
        ), said(found)


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("specimn", "specimen"),
        ("speicmen", "specimen"),
        ("Studyday", "study_day"),
        ("study dy", "study_day"),
        ("specimen_typ", "specimen"),
        ("tueb", "tube"),
        ("batchs", "batch"),
        ("time-pont", "timepoint"),
        ("fcs_pth", "fcs"),
        ("note_specimen", None),
        ("type", None),
        ("pat", None),
        ("date_drawn", None),
    ],
)
def test_a_mistyped_column_that_decides_stops_the_run(sheet, header, column):
    found = sheet("samples", f"patient,visit,{header}\nP01,C0D1,x\n", "a.csv")

    (problem,) = found.problems
    assert problem.column == header
    assert problem.row == 1
    assert problem.stops == ("nothing" if column is None else "run")
    if column is not None:
        assert f"looks like {column!r}, which is missing" in problem.problem
        assert "begin its name with note_" in problem.remedy


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("alc_10e9", "alc_10e9_l"),
        ("AMC 10e9", "amc_10e9_l"),
        ("cbc_offset", "cbc_offset_h"),
        ("alc_10e9_dl", None),
        ("alc_10e6", None),
    ],
)
def test_a_column_without_its_unit_is_mistyped(sheet, header, column):
    found = sheet("cbc", f"patient,visit,wbc,{header}\nP01,C0D1,9,2\n", "a.csv")

    (problem,) = found.problems
    assert problem.column == header
    assert problem.stops == ("nothing" if column is None else "run")
    assert column is None or f"looks like {column!r}" in problem.problem


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("hb_g_l", "hb_g_dl"),
        ("b2m_mg_dl", "b2m_mg_l"),
        ("anc_10e9_l", "alc_10e9_l"),
        ("del17q", "del17p"),
        ("tri18", "tri12"),
        ("cd48", "cd38"),
        ("crp", "crcl"),
        ("stage", "age"),
    ],
)
def test_another_unit_or_analyte_is_no_slip(name, known):
    assert not is_typo(name, known)


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        pytest.param("study_day", "3,5", "Write it with a decimal point", id="decimal comma"),
        pytest.param("study_day", "soon", "this is not a number", id="a word for a number"),
        pytest.param("study_day", "45500", "out of range", id="a spreadsheet's serial date"),
        pytest.param("hours_post_dose", "<1", "a limit, not a number", id="a limit"),
        pytest.param("specimen", "fresh_pbmcs", "Did you mean 'fresh_pbmc'?", id="enum"),
        pytest.param("tube", "fmo", "fmo_<marker>", id="a tube without its marker"),
        pytest.param("patient", "P 01", "letters, digits, . + - and single _", id="a space"),
        pytest.param("patient", "P__01", "single _", id="two underscores divide keys"),
        pytest.param("patient", "12.0", "Did you mean '12'? Format the column as text", id="1.0"),
        pytest.param("patient", "1.2E+05", "a spreadsheet made a number", id="exponent"),
        pytest.param("patient", "", "this field must not be empty", id="empty"),
        pytest.param("visit", "", "this field must not be empty", id="no visit"),
        pytest.param("visit", "C1D29", "1 to 28", id="there is no day 29"),
        pytest.param("visit", "C0D0", "no day 0", id="there is no day 0"),
        pytest.param("visit", "Cycle 1 Day 8", "Did you mean 'C1D8'?", id="a visit in words"),
        pytest.param("visit", "B1", "Baselines are found from the days", id="a baseline"),
        pytest.param("visit", "Screening", "Did you mean 'SCR'?", id="screening"),
        pytest.param("visit", "UNS", "'UNS1'", id="unscheduled visits have numbers"),
        pytest.param("visit", "later", "Visits are SCR, C<cycle>D<day", id="no visit at all"),
    ],
)
def test_a_wrong_field_leaves_its_row_out_and_says_what_is_legal(sheet, column, text, words):
    row = {"patient": "P01", "visit": "C1D1", column: text}
    text = "\t".join(row) + "\n" + "\t".join(row.values()) + "\nP02\tC1D1\n"

    found = sheet("samples", text)

    assert values(found, "patient") == ["P02"]
    (problem,) = found.problems
    assert words in str(problem)
    assert (problem.row, problem.column, problem.stops) == (2, column, "row")


@pytest.mark.parametrize(
    "date", ["2024-03-05", "05/03/2024", "5.3.24", "05-Mar-2024", "2024-03-05 08:30", "Mar 5, 2024"]
)
def test_a_calendar_date_is_refused_and_never_repeated(sheet, date):
    found = sheet("samples", f"patient\tvisit\tstudy_day\nP01\tC1D1\t{date}\n")

    (problem,) = found.problems
    assert "days since the first ibrutinib dose, plus 1" in problem.remedy
    assert problem.value == "(a date)"
    assert "2024" not in str(problem)


def test_an_age_over_ninety_is_ninety_and_never_repeated(sheet):
    found = sheet("patients", f"{PATIENTS.strip()}\tage\nP01\t29\tCR\t1\t93\nP02\t1\tCR\t1\t90\n")

    assert values(found, "age_y") == [90, 90]
    (problem,) = found.problems
    assert problem.stops == "nothing"
    assert "93" not in str(problem)


def test_values_have_their_types(sheet):
    header = "patient\tlenalidomide_start_day\tresponse\ttfr_grade\tdel17p\tighv\tprior_lines\n"
    rows = "P01\t29\tcr\t2.0\tYes\tU\t\nP02\t\tPR-l\tNA\t0\tmutated\t3\n"

    first, second = sheet("patients", header + rows).rows

    assert first.values == {
        "patient": "P01",
        "lenalidomide_start_day": 29.0,
        "response": "CR",
        "tfr_grade": 2,
        "del17p": True,
        "ighv": "unmutated",
        "prior_lines": None,
    }
    assert list(second.values.values()) == ["P02", None, "PR-L", None, False, "mutated", 3]


def test_every_problem_of_a_sheet_is_told_in_one_pass(sheet):
    text = f"{PATIENTS}P01\tx\tCRR\t6\nP02\t29\tCR\t1\t7\nP03\t29\tCR\t\n\t1\tSD\t0\n"

    found = sheet("patients", text)

    assert [(problem.row, problem.column) for problem in found.problems] == [
        (2, "lenalidomide_start_day"),
        (2, "response"),
        (2, "tfr_grade"),
        (3, ""),
        (5, "patient"),
    ]
    assert "Did you mean 'CR'?" in found.problems[1].remedy
    assert "the row has 5 fields, the header 4" in found.problems[3].problem
    assert values(found, "patient") == ["P03"]
    assert [row.number for row in found.refused] == [2, 3, 5]


def test_rows_of_one_key_are_all_left_out_unless_they_are_equal(sheet):
    rows = "P01\t29\tCR\t1\nP02\t29\tPR\t1\nP01\t29\tPR\t1\nP02\t29\tPR\t1\n"

    found = sheet("patients", PATIENTS + rows)

    assert values(found, "patient") == ["P02"]
    assert [(problem.row, problem.value) for problem in found.problems] == [
        (2, "P01"),
        (4, "P01"),
        (5, "P02"),
    ]
    assert "also stands in row 4, with other values" in found.problems[0].problem
    assert "the same as row 3" in found.problems[2].problem


@pytest.mark.parametrize(
    ("visit", "timepoint", "expected"),
    [
        pytest.param("C1D1", "", ("C1D1", "pre"), id="pre where nothing is said"),
        pytest.param("c01d08", "", ("C1D8", "pre"), id="capitals and zeros"),
        pytest.param("C1D1_PRE", "", ("C1D1", "pre"), id="pre as a suffix"),
        pytest.param("C1D1_H4", "", ("C1D1", "h4"), id="hours as a suffix"),
        pytest.param("C1D1", "4 h", ("C1D1", "h4"), id="hours as a lab writes them"),
        pytest.param("C1D1_H4", "h4", ("C1D1", "h4"), id="said twice alike"),
        pytest.param("C2D1", "Trough", ("C2D1", "trough"), id="a word"),
        pytest.param("c1d1_arm_1", "", ("C1D1", "pre"), id="a REDCap event"),
        pytest.param("EOT_LEN", "", ("EOT_LEN", "pre"), id="end of lenalidomide"),
        pytest.param("C1D1_H4", "pre", None, id="said twice, differently"),
    ],
)
def test_visit_and_timepoint_get_one_spelling(sheet, visit, timepoint, expected):
    found = sheet("samples", f"patient\tvisit\ttimepoint\nP01\t{visit}\t{timepoint}\n")

    told = [(row.get("visit"), row.get("timepoint")) for row in found.rows]
    assert told == ([] if expected is None else [expected])
    if expected is None:
        assert "the visit says 'h4', the column timepoint 'pre'" in found.problems[0].problem


@pytest.mark.parametrize(
    ("visit", "day"),
    [("C0D1", 1), ("C0D28", 28), ("C1D1", 29), ("C2D1", 57), ("EOT_LEN", 364), ("SCR", None)],
)
def test_the_planned_day_is_28_times_the_cycle_plus_the_day(visit, day):
    assert parse_visit(visit).planned_day == day


@pytest.mark.parametrize("text", ["C1", "C1D0", "C1D29", "C100D1", "EOT_H", "UNS", "D1", "C1D1_X"])
def test_what_is_no_visit(text):
    assert parse_visit(text) is None
    assert visit_remedy(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Full", "full"), ("FMO-CD25", "fmo_CD25"), ("beads count", "beads_count"), ("", "")],
)
def test_tubes_get_one_spelling(text, expected):
    assert normal_tube(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("H04", "h4"), ("0.5h", "h0.5"), ("pre-dose", "pre"), ("", "pre")]
)
def test_timepoints_get_one_spelling(text, expected):
    assert normal_timepoint(text) == expected


def test_a_row_that_is_left_out_takes_the_other_rows_of_its_key_with_it(sheet):
    rows = "P01\t29\tPR\t1\nP02\t29\tPR\t1\nP03\t29\tPR\t1\nP01\t29\tCRR\t1\n"

    found = sheet("patients", PATIENTS + rows)

    assert values(found, "patient") == ["P02", "P03"]
    assert [(problem.row, problem.column) for problem in found.problems] == [
        (5, "response"),
        (2, "patient"),
    ]
    assert "also stands in row 5, which is left out" in found.problems[1].problem


def test_rows_whose_key_cannot_be_read_are_of_no_key(sheet):
    header = "patient\tvisit\ttube\tstudy_day\n"
    text = f"{header}P01\tC0D1\t\t1\nP01\tC0D1\tfmo\t1\nP01\tC0D29\t\t1\n\tC0D1\t\t1\n"

    found = sheet("samples", text)

    assert [row.number for row in found.rows] == [2]


def test_an_impossible_blood_count_takes_the_other_count_of_its_draw_with_it(sheet):
    found = sheet("cbc", "patient\tvisit\twbc\talc\nP01\tC0D1\t60\t50\nP01\tC0D1\t60\t500\n")

    assert found.rows == []


COUNTS = "patient\tvisit\twbc\talc\tamc\tanc\n"


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param("1.2\t900\t\t", ("alc_10e9_l", "900"), id="lymphocytes per microlitre"),
        pytest.param("60\t72\t\t", None, id="20 percent more are the error of two counts"),
        pytest.param("60\t72.1\t\t", ("alc_10e9_l", "72.1"), id="more than 20 percent are not"),
        pytest.param("60\t85\t2\t", ("alc_10e9_l", "85"), id="a percentage"),
        pytest.param("60\t1\t73\t", ("amc_10e9_l", "73"), id="monocytes"),
        pytest.param("1.0\t0.6\t0.1\t0.4", None, id="small counts are rounded to 0.1"),
        pytest.param(
            "60\t40\t3\t30",
            ("alc_10e9_l, amc_10e9_l, anc_10e9_l", "40 + 3 + 30"),
            id="all parts together",
        ),
        pytest.param("60\t40\t\t33", ("alc_10e9_l, anc_10e9_l", "40 + 33"), id="those given"),
        pytest.param("\t60\t1\t3", None, id="nothing to compare with"),
        pytest.param("0\t0\t0\t0", None, id="no cell at all"),
    ],
)
def test_parts_of_a_blood_count_are_not_more_than_the_whole(sheet, counts, expected):
    found = sheet("cbc", f"{COUNTS}P01\tC0D1\t{counts}\n")

    assert len(found.rows) == (expected is None)
    told = [(one.row, one.column, one.value, one.stops) for one in found.problems]
    assert told == ([] if expected is None else [(2, *expected, "row")])
    if expected:
        assert f"wbc_10e9_l {counts.split()[0]}" in found.problems[0].problem
        assert "900 per uL is 0.9" in found.problems[0].remedy


@pytest.mark.parametrize(
    ("alc", "expected"),
    [
        pytest.param(["900"], [(2, "more than 500", "900")], id="hardly a count in 10^9/L"),
        pytest.param(["500"], [], id="the highest counts of CLL"),
        pytest.param(["1", "50"], [(3, "50 times or more", "50")], id="50 times the other"),
        pytest.param(["1", "49"], [], id="49 times the other"),
        pytest.param(
            ["200", "60", "2", "400", "1"], [], id="lymphocytosis and its end: no leap of any"
        ),
        pytest.param(["2", "400", "3", "", "4"], [(3, "50 times", "400")], id="the median counts"),
        pytest.param(["0", "40"], [], id="no cell in the others"),
        pytest.param(["1", "700"], [(3, "more than 500", "700")], id="told of once"),
    ],
)
def test_blood_counts_that_are_hardly_true_are_used_and_told_of(sheet, alc, expected):
    rows = "".join(f"P01\tUNS{number}\t\t{one}\t\t\n" for number, one in enumerate(alc))
    other = "P02\tC0D1\t\t0.01\t\t\n"

    found = sheet("cbc", COUNTS + rows + other)

    assert len(found.rows) == len(alc) + 1
    assert len(found.problems) == len(expected)
    for problem, (row, words, value) in zip(found.problems, expected, strict=True):
        assert (problem.row, problem.column, problem.value) == (row, "alc_10e9_l", value)
        assert words in problem.problem
        assert problem.stops == "nothing"


def test_a_patient_without_a_flare_has_grade_0(sheet):
    (problem,) = sheet("patients", f"{PATIENTS}P01\t29\tCR\tnone\n").problems

    assert "0 if there was none, empty only if not assessed" in problem.remedy


@pytest.mark.parametrize(("day", "told"), [("-28", True), ("0", True), ("1", False), ("", False)])
def test_lenalidomide_before_ibrutinib_is_used_and_told_of(sheet, day, told):
    found = sheet("patients", f"{PATIENTS}P01\t{day}\tCR\t1\n")

    assert len(found.rows) == 1
    assert [(one.column, one.stops) for one in found.problems] == (
        [("lenalidomide_start_day", "nothing")] if told else []
    )


@pytest.fixture
def study(tmp_path):
    """Return a function that writes the sheets of a study and reads them together."""

    def read(gating=("tnk",), **sheets):
        for panel in gating:
            (tmp_path / f"{panel}.csv").write_text("x")
        sheets.setdefault("patients", f"{PATIENTS}P01\t29\tCR\t1\n0012\t29\tCR\t1\n")
        sheets.setdefault("panels", "panel\tchannel\tmarker\ntnk\tBV605-A\tCD3\ntnk\tFSC-A\t\n")
        block = {"gating": {panel: f"{panel}.csv" for panel in gating}}
        for kind, text in sheets.items():
            (tmp_path / f"{kind}.tsv").write_text(text)
            block[kind] = f"{kind}.tsv"
        return read_study(block, tmp_path)

    return read


@pytest.mark.parametrize(
    ("patient", "words"),
    [
        ("p01", "this patient is not known (found 'p01'). Did you mean 'P01'? Else add it"),
        ("12", "Did you mean '0012'?"),
        ("p-1", "Did you mean 'P01'?"),
        ("P02", "(found 'P02'). Add it to patients.tsv, or correct the name."),
        ("P010", "(found 'P010'). Add it to patients.tsv, or correct the name."),
        ("Q77777", "Add it to patients.tsv, or correct the name."),
    ],
)
def test_a_sample_of_an_unknown_patient_is_left_out(study, patient, words):
    found = study(samples=f"patient\tvisit\nP01\tC0D1\n{patient}\tC0D1\n")

    assert [row.number for row in found.rows("samples")] == [2]
    assert words in str(found.problems[-1])
    assert found.problems[-1].stops == "row"


def test_a_row_of_a_patient_who_is_left_out_points_to_the_cause(study):
    found = study(
        patients=f"{PATIENTS}P01\t29\tCRR\t1\nP02\t1\tCR\t1\n",
        cbc="patient\tvisit\twbc\nP01\tC0D1\t60\nP02\tC0D1\t60000\n",
    )

    assert found.rows("cbc") == []
    told = [str(problem) for problem in found.problems]
    assert any("row 2 of patients.tsv has this patient and is left out" in one for one in told)
    assert any("(60,000 per uL is 60)" in one for one in told)


def test_a_patients_sheet_without_its_column_of_patients_is_told_of_once(study):
    found = study(
        patients="subject id / site\tlenalidomide_start_day\tresponse\ttfr_grade\nP01\t29\tCR\t1\n",
        samples="patient\tvisit\nP01\tC0D1\n",
    )

    (problem,) = [one for one in found.problems if one.stops != "nothing"]
    assert str(problem).startswith("patients.tsv, row 1, patient: this column is missing.")
    assert problem.stops == "run"


def test_panels_are_named_alike_whatever_their_capitals(study):
    found = study(samples="patient\tvisit\tpanel\tfcs\nP01\tC0D1\tTNK\ta.fcs\nP01\tC0D8\t\tb.fcs\n")

    assert [row.get("panel") for row in found.rows("samples")] == ["tnk", "tnk"]
    assert found.problems == []
    assert found.panels() == {"tnk": (PanelRow("BV605-A", "CD3"), PanelRow("FSC-A"))}


@pytest.mark.parametrize(
    ("gating", "samples", "panels", "words"),
    [
        pytest.param(
            ("tnk",),
            "patient\tvisit\tpanel\nP01\tC0D1\ttkn\n",
            None,
            "samples.tsv, row 2, panel: this panel is not known (found 'tkn'). Did you mean 'tnk'?",
            id="a sample's panel is mistyped",
        ),
        pytest.param(
            ("tnk", "cll"),
            "patient\tvisit\tpanel\tfcs\nP01\tC0D1\t\ta.fcs\n",
            "panel\tchannel\tmarker\ntnk\tA\tCD3\ncll\tA\tCD3\n",
            "samples.tsv, row 2, panel: the panel is missing",
            id="a file of which panel",
        ),
        pytest.param(
            ("tnk",),
            None,
            "panel\tchannel\tmarker\ntnk\tA\tCD3\ncll\tA\tCD3\n",
            "config, study.gating.cll: the panels sheet has this panel, and no gating is given",
            id="a panel without gating",
        ),
        pytest.param(
            ("tnk", "cll"),
            None,
            None,
            "config, study.gating.cll: the template names markers, but the panels sheet has no",
            id="gating without a panel",
        ),
        pytest.param(
            ("tnk",),
            None,
            "panel\tchannel\tmarker\ntnk\tA\tCD3\ntnk\tB\tcd3\n",
            "panels.tsv, row 3, marker: this marker of panel tnk also stands in row 2",
            id="one marker on two channels",
        ),
        pytest.param(
            ("tnk",),
            None,
            "panel\tchannel\tmarker\ntnk\tA\tCD3\ntnk\tA\tCD4\n",
            "panels.tsv, row 2, panel, channel: this key also stands in row 3",
            id="one channel with two markers",
        ),
    ],
)
def test_panels_sheet_samples_and_gating_agree(study, gating, samples, panels, words):
    sheets = {"samples": samples, "panels": panels}

    found = study(gating, **{kind: text for kind, text in sheets.items() if text})

    told = [str(problem) for problem in found.problems]
    assert any(words in one for one in told), told


@pytest.mark.parametrize(
    ("known", "wrong", "near"),
    [
        pytest.param(["P01"], "p1", "P01", id="capitals and zeros"),
        pytest.param(["NY068"], "NY-68", "NY068", id="separators"),
        pytest.param(["0012"], "12", "0012", id="lost zeros"),
        pytest.param(["P02"], "P03", None, id="another number is another patient"),
        pytest.param(["P1-01"], "P101", None, id="numbers that a separator divides"),
        pytest.param(["P1", "P01"], "P001", None, id="two could be meant"),
        pytest.param(["Smith1"], "Smyth1", None, id="another letter"),
    ],
)
def test_an_identifier_is_near_only_if_it_is_written_otherwise(known, wrong, near):
    assert Names(known).near(wrong) == near


def test_a_panel_may_be_mistyped():
    assert Names(["tnk", "cll"], by_likeness=True).near("tkn") == "tnk"
    assert Names(["tnk", "cll"], by_likeness=True).near("zzz") is None


@pytest.mark.parametrize(
    ("wbc", "stops"),
    [
        pytest.param(["12,3", "8,1"], {"row", "run"}, id="all rows are wrong: the sheet is"),
        pytest.param(["12,3", "8.1"], {"row"}, id="one row is wrong: that row is"),
    ],
)
def test_a_sheet_without_a_usable_row_stops_the_run(study, wbc, stops):
    rows = "".join(
        f"P01\t{visit}\t{value}\n" for visit, value in zip(["C0D1", "C0D8"], wbc, strict=True)
    )

    found = study(patients=PATIENTS, cbc="patient\tvisit\twbc_10e9_l\n" + rows)

    assert {one.stops for one in found.problems if one.file.endswith("cbc.tsv")} == stops


def test_a_decimal_comma_in_every_row_is_one_line_and_each_row_a_problem(study):
    visits = [f"C{cycle}D1" for cycle in range(8)]
    rows = "".join(f"P01\t{visit}\t{place},5\n" for place, visit in enumerate(visits))

    found = study(patients=PATIENTS + "P01\t29\tCR\t1\n", cbc=f"patient\tvisit\twbc\n{rows}")

    told = [problem for problem in found.problems if problem.file == "cbc.tsv"]
    assert [problem.row for problem in told if problem.stops == "row"] == list(range(2, 10))
    assert str(told[-1]) == (
        "cbc.tsv: none of its 8 rows can be used. Rows 2, 3, 4 and 5 more, wbc_10e9_l: this number "
        "has a comma (found '0,5', '1,5', '2,5' and 5 more). Write it with a decimal point, and "
        "thousands without a separator."
    )


def test_problems_of_one_kind_in_one_column_are_told_in_one_line(study):
    samples = "".join(f"P0{number}\tC0D1\n" for number in range(2, 8))

    found = study(samples=f"patient\tvisit\nP01\tC0D1\np1\tC0D1\n{samples}")

    assert len(found.problems) == 7
    assert str(StudyError(found.problems)).splitlines() == [
        "7 problems stop the run:",
        "  - samples.tsv, row 3, patient: this patient is not known (found 'p1'). "
        "Did you mean 'P01'? Else add it to patients.tsv, or correct the name.",
        "  - samples.tsv, rows 4, 5, 6 and 3 more, patient: this patient is not known "
        "(found 'P02', 'P03', 'P04' and 3 more). Add it to patients.tsv, or correct the name.",
    ]


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([2], "2"),
        ([2, 3], "2 and 3"),
        ([2, 3, 4, 5], "2, 3, 4 and 5"),
        ([2, 3, 4, 5, 6], "2, 3, 4 and 2 more"),
    ],
)
def test_rows_of_one_kind_are_all_shown_if_they_are_few(rows, shown):
    alike = [Problem("a.tsv", "bad", "Mend it.", row, "age_y", "x").as_row() for row in rows]

    (one,) = folded(alike)

    assert (one["row"], one["count"]) == (shown, len(rows))
    assert one["value"] == ("x" if len(rows) == 1 else "'x'")


def test_problems_of_other_kinds_and_of_no_row_are_not_folded():
    problems = [
        Problem("a.tsv", "bad", "Mend it.", 2, "age_y"),
        Problem("a.tsv", "bad", "Mend it.", 3, "sex"),
        Problem("a.tsv", "bad", "Drop it.", 4, "sex"),
        Problem("a.tsv", "bad", "Drop it.", 4, "sex", stops="row"),
        Problem("config", "bad", "Mend it."),
        Problem("config", "bad", "Mend it."),
    ]

    assert [one["count"] for one in folded(one.as_row() for one in problems)] == [1] * 6
