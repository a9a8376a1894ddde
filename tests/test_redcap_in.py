"""REDCap in: exports of every layout become rows of the sheets, and what is wrong is told."""

import re
from copy import deepcopy
from datetime import date
from pathlib import Path

import pytest

from correlates.intake.clinical_sheets import clinical_records
from correlates.intake.redcap.branching import is_shown
from correlates.intake.redcap.dictionary import (
    Field,
    box_column,
    parse_choices,
    read_dictionary,
)
from correlates.intake.redcap.mapping import read_mapping
from correlates.intake.redcap.read import read_redcap
from correlates.intake.redcap.units import other_unit
from correlates.intake.sheets.study import read_study
from redcap_maker import SHORT, dictionary_text, export_text, write_project

TODAY = date(2026, 1, 31)
BASE, C1, EVERY = "baseline_arm_1", "c1d1_arm_1", "unscheduled_arm_1"
FIELDS = [
    ("record_id", "demographics", "text"),
    ("age", "demographics", "text", {"text_validation_type_or_show_slider_number": "integer"}),
    ("sex", "demographics", "radio", {"select_choices_or_calculations": "1, Female | 2, Male"}),
    (
        "fish",
        "demographics",
        "checkbox",
        {"select_choices_or_calculations": "1, del(17p) | 2, +12"},
    ),
    ("full_name", "demographics", "text", {"identifier": "y"}),
    (
        "ibr_start",
        "demographics",
        "text",
        {"text_validation_type_or_show_slider_number": "date_dmy"},
    ),
    (
        "best_resp",
        "outcome",
        "dropdown",
        {"select_choices_or_calculations": "1, CR | 2, PR | 9, NK"},
    ),
    ("tfr", "outcome", "radio", {"select_choices_or_calculations": "0, None | 1, Grade 1 | 2, 2"}),
    ("len_day", "outcome", "text"),
    ("lab_date", "labs", "text", {"text_validation_type_or_show_slider_number": "date_ymd"}),
    ("hb", "labs", "text", {"field_note": "g/L"}),
    ("anc", "labs", "text", {"text_validation_type_or_show_slider_number": "number_comma_decimal"}),
    ("transf", "labs", "yesno"),
    ("ct_date", "ct", "text", {"text_validation_type_or_show_slider_number": "date_ymd"}),
    ("lesion1_ld", "ct", "text"),
    ("lesion1_sd", "ct", "text"),
    ("lesion2_ld", "ct", "text"),
    ("lesion2_sd", "ct", "text"),
    ("ae_term", "adverse_event", "text"),
    ("ae_onset", "adverse_event", "text"),
    ("ae_grade", "adverse_event", "dropdown", {"select_choices_or_calculations": "1, 1 | 3, 3"}),
    ("ae_tx", "adverse_event", "checkbox", {"select_choices_or_calculations": "1, x | 2, y"}),
]
COLUMNS = [
    "record_id",
    *("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"),
    *("age", "sex", "fish___1", "fish___2", "full_name", "ibr_start", "demographics_complete"),
    *("best_resp", "tfr", "len_day", "outcome_complete"),
    *("lab_date", "hb", "anc", "transf", "labs_complete"),
    *("ct_date", "lesion1_ld", "lesion1_sd", "lesion2_ld", "lesion2_sd", "ct_complete"),
    *("ae_term", "ae_onset", "ae_grade", "ae_tx___1", "ae_tx___2", "adverse_event_complete"),
]
EVENTS = [
    *((BASE, "demographics"), (BASE, "ct"), (BASE, "labs"), (BASE, "outcome")),
    *((BASE, "adverse_event"), (C1, "labs"), (C1, "ct"), (EVERY, "labs")),
]
PATIENTS = {
    "columns": {
        "age_y": "age",
        "sex": "sex",
        "del17p": "fish___1",
        "tri12": "fish___2",
        "response": {"field": "best_resp", "values": {9: None}},
        "tfr_grade": "tfr",
        "lenalidomide_start_day": "len_day",
    }
}
MAPPING = {
    "missing_codes": ["UNK", -999],
    "visits": {BASE: "SCR", EVERY: "UNS{n}"},
    "sheets": {
        "patients": [
            {"columns": PATIENTS["columns"] | {"tfr_grade": {"field": "tfr", "values": {0: 0}}}}
        ],
        "dates": [{"columns": {"first_ibrutinib_date": "ibr_start"}}],
        "laboratory": [
            {
                "columns": {
                    "study_date": "lab_date",
                    "hb_g_l": "hb",
                    "anc_10e9_l": "anc",
                    "transfused_7d": "transf",
                }
            }
        ],
        "lesions": [
            {
                "instrument": "ct",
                "n": [1, 2],
                "columns": {
                    "study_date": "ct_date",
                    "lesion_id": {"constant": "T{n}"},
                    "role": {"constant": "target"},
                    "ld_mm": "lesion{n}_ld",
                    "sd_mm": "lesion{n}_sd",
                },
            }
        ],
        "adverse_events": [
            {"columns": {"term": "ae_term", "onset_day": "ae_onset", "grade": "ae_grade"}}
        ],
    },
}
ROWS = [
    {
        **{"record_id": "P01", "redcap_event_name": BASE, "age": "70", "sex": "1"},
        **{"fish___1": "1", "fish___2": "0", "ibr_start": "2025-03-04", "full_name": "Ann"},
        **{"best_resp": "2", "tfr": "1", "len_day": "29", "demographics_complete": "2"},
        **{"lab_date": "2025-03-03", "hb": "112", "anc": "1,5", "transf": "0"},
        **{"ct_date": "2025-02-20", "lesion1_ld": "30", "lesion1_sd": "20"},
        **{"lesion2_ld": "25", "lesion2_sd": "15", "ae_tx___1": "0", "ae_tx___2": "0"},
    },
    {
        **{"record_id": "P01", "redcap_event_name": BASE, "fish___1": "0", "fish___2": "0"},
        **{"redcap_repeat_instrument": "adverse_event", "redcap_repeat_instance": "1"},
        **{"ae_term": "neutropenia", "ae_onset": "40", "ae_grade": "3"},
    },
    {
        **{"record_id": "P01", "redcap_event_name": BASE},
        **{"redcap_repeat_instrument": "adverse_event", "redcap_repeat_instance": "2"},
        **{"ae_term": "rash", "ae_onset": "45", "ae_grade": "1"},
    },
    {
        **{"record_id": "P01", "redcap_event_name": C1, "lab_date": "2025-04-01", "hb": "-999"},
        **{"anc": "0,9", "transf": "1", "ct_date": "2025-04-01", "lesion1_ld": "10"},
        **{"lesion1_sd": "5", "fish___1": "0", "fish___2": "0"},
    },
    {
        **{"record_id": "P01", "redcap_event_name": EVERY, "redcap_repeat_instance": "2"},
        **{"lab_date": "2025-04-10", "hb": "98"},
    },
    {
        **{"record_id": "P02", "redcap_event_name": BASE, "ibr_start": "2025-06-30", "sex": "2"},
        **{"fish___1": "0", "fish___2": "0", "best_resp": "9"},
    },
]


@pytest.fixture
def project(tmp_path):
    """Return a function that reads a project, of which a test changes what it wants."""

    def read(rows=ROWS, mapping=MAPPING, fields=FIELDS, columns=COLUMNS, events=EVENTS, **study):
        block = write_project(tmp_path, fields, columns, rows, mapping, events)
        return read_study({"redcap": block, "gating": {}} | study, tmp_path, TODAY)

    return read


def changed(**sheets):
    mapping = deepcopy(MAPPING)
    mapping["sheets"] |= sheets
    return mapping


def stopping(study):
    return [problem for problem in study.problems if problem.stops != "nothing"]


def values(study, kind, *columns):
    return [tuple(row.get(column) for column in columns) for row in study.rows(kind)]


def test_a_longitudinal_project_with_repeating_instruments_and_events(project):
    study = project()

    assert stopping(study) == []
    columns = ("patient", "age_y", "sex", "del17p", "tri12", "response", "tfr_grade")
    assert values(study, "patients", *columns) == [
        ("P01", 70, "F", True, False, "PR", 1),
        # nobody filled in anything that shows the boxes were seen but sex
        ("P02", None, "M", False, False, None, None),
    ]
    assert values(study, "laboratory", "study_day", "visit", "hb_g_dl", "transfused_7d") == [
        (0, "SCR", 11.2, False),
        (29, "C1D1", None, True),
        (38, "UNS2", 9.8, None),
    ]
    assert values(study, "lesions", "study_day", "visit", "lesion_id", "ld_mm", "sd_mm") == [
        (-11, "SCR", "T1", 30, 20),
        (-11, "SCR", "T2", 25, 15),
        (29, "C1D1", "T1", 10, 5),
    ]
    assert values(study, "adverse_events", "term", "onset_day", "grade") == [
        ("neutropenia", 40, 3),
        ("rash", 45, 1),
    ]
    assert [row.number for row in study.rows("laboratory")] == [2, 5, 6]
    assert study.sheets["laboratory"].name == "export.csv (laboratory)"


def test_a_classic_project_has_no_events(project):
    columns = [name for name in COLUMNS if not name.startswith("redcap")]
    rows = [{k: v for k, v in row.items() if k in columns} for row in (ROWS[0], ROWS[5])]
    mapping = deepcopy(MAPPING) | {"visits": {}}

    study = project(rows, mapping, columns=columns, events=None)

    assert stopping(study) == []
    assert values(study, "laboratory", "patient", "study_day", "visit") == [("P01", 0, None)]


def test_fields_that_are_not_used_are_listed(project):
    notes = [problem for problem in project().problems if problem.stops == "nothing"]

    assert [note.column for note in notes] == ["full_name, ae_tx___1, ae_tx___2"]


@pytest.mark.parametrize(
    ("encode", "separator"),
    [
        pytest.param(lambda text: text.encode("utf-8-sig"), ",", id="byte order mark"),
        pytest.param(str.encode, ";", id="semicolons"),
        pytest.param(lambda text: text.encode("utf-16"), "\t", id="tabs and UTF-16"),
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), ",", id="Windows line ends"),
    ],
)
def test_an_export_is_read_however_it_was_saved(project, tmp_path, encode, separator):
    expected = values(project(), "laboratory", "study_day", "hb_g_dl", "anc_10e9_l")
    block = write_project(tmp_path, FIELDS, COLUMNS, ROWS, MAPPING, EVENTS)
    (tmp_path / "export.csv").write_bytes(encode(export_text(COLUMNS, ROWS, separator)))

    study = read_study({"redcap": block, "gating": {}}, tmp_path, TODAY)

    assert stopping(study) == []
    assert values(study, "laboratory", "study_day", "hb_g_dl", "anc_10e9_l") == expected


def with_cell(number, **cells):
    rows = deepcopy(ROWS)
    rows[number] |= cells
    return rows


@pytest.mark.parametrize(
    ("rows", "row", "column", "problem", "remedy"),
    [
        pytest.param(
            with_cell(0, sex="3"), 2, "sex", "no choice", "Choices: 1, 2", id="wrong code"
        ),
        pytest.param(with_cell(0, sex="Female"), 2, "sex", "labels", "raw", id="label in a cell"),
        pytest.param(with_cell(3, fish___1="Checked"), 2, "row 5", "cannot be", "Mend", id="box"),
        pytest.param(with_cell(1, ae_onset="soon"), 3, "ae_onset", "not a number", "", id="day"),
        pytest.param(with_cell(3, hb="999"), 5, "hb", "out of range", "g/dL", id="range, in g/L"),
        pytest.param(with_cell(3, lab_date="2025-04"), 5, "lab_date", "complete", "day", id="date"),
        pytest.param(with_cell(0, lesion2_sd="30"), 2, "lesion{n}_sd", "longer", "", id="wide"),
        pytest.param(
            with_cell(3, redcap_event_name="c9d1_arm_1"),
            *(5, "redcap_event_name", "does not have this event", "Did you mean"),
            id="event that is not in the map",
        ),
        pytest.param(with_cell(3, record_id=""), 5, "record_id", "missing", "", id="no record"),
        pytest.param(with_cell(3, age="71"), 2, "age", "different values", "events", id="two ages"),
    ],
)
def test_a_wrong_cell_costs_its_row_and_names_line_and_field(
    project, rows, row, column, problem, remedy
):
    study = project(rows)

    # a sheet of which no row is left stops the run, and says why
    told = [one for one in study.problems if one.stops == "row"]
    assert all(one.file.startswith("export.csv") for one in told)
    assert any(
        one.row == row and column in one.column + one.problem and problem in one.problem
        for one in told
    ), told
    assert any(remedy in one.remedy for one in told)


@pytest.mark.parametrize(
    ("mapping", "place", "problem", "remedy"),
    [
        pytest.param(
            changed(flares=[{"columns": {"grade": "tfr"}}]) | {"visits": {"c1d_arm_1": "C1D1"}},
            *("visits.c1d_arm_1", "no such event", "Did you mean 'c1d1_arm_1'"),
            id="an event that the project does not have",
        ),
        pytest.param(
            changed(patients=[PATIENTS]),
            *("sheets.patients[0].columns.tfr_grade.values", "nothing tells", "0: ..."),
            id="a choice whose label is no number",
        ),
        pytest.param(
            changed(patients=[{"columns": {"sex": "gender"}}]),
            *("sheets.patients[0].columns.sex", "no field 'gender'", ""),
            id="a field that the dictionary does not have",
        ),
        pytest.param(
            changed(patients=[{"columns": {"sexx": "sex"}}]),
            *("sheets.patients[0].columns.sexx", "no such column", "'sex'"),
            id="a column that the sheet does not have",
        ),
        pytest.param(
            changed(patients=[{"columns": {"prophylaxis": "full_name"}}]),
            *("sheets.patients[0].columns.prophylaxis", "identifier", "Leave it out"),
            id="a field that tells who it is",
        ),
        pytest.param(
            changed(patients=[{"columns": {"prophylaxis": "ibr_start"}}]),
            *("sheets.patients[0].columns.prophylaxis", "holds dates", ""),
            id="a date as text",
        ),
        pytest.param(
            changed(laboratory=[{"columns": {"study_date": "lab_date", "hb_g_dl": "hb"}}]),
            *("sheets.laboratory[0].columns.hb_g_dl", "another unit (g_l)", "ends with _g_l"),
            id="another unit",
        ),
        pytest.param(
            changed(laboratory=[{"columns": {"hb_g_l": "hb"}}]),
            *("sheets.laboratory[0].columns.study_day", "needed", "study_date"),
            id="a needed column",
        ),
        pytest.param(
            changed(patients=[{"columns": {"del17p": "fish"}}]),
            *("sheets.patients[0].columns.del17p", "several columns", "fish___1"),
            id="a whole checkbox as one column",
        ),
        pytest.param(
            changed(adverse_events=[{"columns": {"term": "ae_term", "onset_day": "len_day"}}]),
            *("sheets.adverse_events[0]", "several instruments, one of which repeats", "record"),
            id="fields of two instruments",
        ),
        pytest.param(
            changed(adverse_events=[{"events": [C1], "columns": {"term": "ae_term"}}]),
            *("sheets.adverse_events[0].events", "no adverse_event at this event", ""),
            id="an instrument that the event does not have",
        ),
        pytest.param(
            changed(patients=[{"columns": {"sex": {"field": "sex", "values": {"x": "F"}}}}]),
            *("sheets.patients[0].columns.sex.values", "no choice", ""),
            id="a code that is no choice",
        ),
        pytest.param(
            changed(patients=[{"columns": {"sex": {"field": "sex", "values": {"1": "X"}}}}]),
            *("sheets.patients[0].columns.sex.values", "does not allow", "F"),
            id="a value that the column does not allow",
        ),
        pytest.param(
            changed(patiens=[{"columns": {"sex": "sex"}}]),
            *("sheets.patiens", "unknown key", "'patients'"),
            id="a sheet that there is not",
        ),
        pytest.param(
            changed(lesions=[{"n": [1], "columns": {"ld_mm": "lesion1_ld"}}]),
            *("sheets.lesions[0].n", "no field", "lesion{n}_ld"),
            id="numbers for nothing",
        ),
    ],
)
def test_a_wrong_mapping_stops_the_run_and_says_where(project, mapping, place, problem, remedy):
    told = [one for one in project(mapping=mapping).problems if one.stops == "run"]

    assert [one.file for one in told] == ["map.yaml"] * len(told)
    found = [one for one in told if one.column == place and problem in one.problem]
    assert len(found) == 1, told
    assert remedy in found[0].remedy


def test_all_that_is_wrong_with_a_mapping_is_told_at_once(project):
    columns = {"sex": "gender", "age_y": "agee", "dx": "fish"}

    told = project(mapping=changed(patients=[{"columns": columns}])).problems

    assert {one.column.rpartition(".")[2] for one in told} == {"sex", "age_y", "dx"}


def test_a_mapping_that_is_no_yaml_is_told_with_its_line(project):
    (told,) = stopping(project(mapping="sheets:\n  patients: [\n"))

    assert (told.file, told.stops) == ("map.yaml", "run")
    assert told.row == 3


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Record ID,Event Name,Repeat Instrument,Age\nP01,Baseline,,70\n", id="events"),
        pytest.param("Record ID,Age in years\nP01,70\n", id="classic"),
    ],
)
def test_an_export_of_labels_is_refused(project, tmp_path, header):
    block = write_project(tmp_path, FIELDS, COLUMNS, ROWS, MAPPING, EVENTS)
    (tmp_path / "export.csv").write_text(header)

    told = stopping(read_study({"redcap": block, "gating": {}}, tmp_path, TODAY))

    assert [one.problem for one in told] == ["the header holds labels, and not the names of fields"]
    assert "raw data" in told[0].remedy


def test_events_without_a_map_stop_the_run(project):
    (told,) = stopping(project(events=None))

    assert (told.column, told.stops) == ("redcap_event_name", "run")
    assert "study.redcap.events" in told.remedy


def test_a_sheet_comes_from_one_place_only(project, tmp_path):
    (tmp_path / "lesions.csv").write_text("patient,study_day,lesion_id\nP01,1,L1\n")

    told = stopping(project(lesions="lesions.csv"))

    assert [(one.file, one.column) for one in told] == [("config", "study.lesions")]


def test_somebody_gives_the_patients(project):
    mapping = deepcopy(MAPPING)
    del mapping["sheets"]["patients"]

    assert "study.patients" in [one.column for one in stopping(project(mapping=mapping))]


def test_an_event_that_is_no_visit(project):
    mapping = deepcopy(MAPPING) | {"visits": {EVERY: None}}

    study = project(mapping=mapping)

    assert stopping(study) == []
    assert values(study, "laboratory", "visit") == [(None,), ("C1D1",), (None,)]
    (note,) = [one for one in study.problems if one.column == f"visits.{BASE}"]
    assert "laboratory" in note.problem


def test_dates_of_an_export_are_in_no_message(project):
    rows = with_cell(0, ae_term="", lab_date="04.03.2025", hb="2025-03-04", sex="2025-03-04")

    study = project(rows)

    assert len(stopping(study)) >= 3
    assert not any("2025" in str(problem) for problem in study.problems)


def test_values_of_several_boxes_are_listed(project):
    fields = [*FIELDS, ("tx", "flare", "checkbox")]
    fields[-1] = (*fields[-1], {"select_choices_or_calculations": "1, NSAID | -9, steroid | 3, z"})
    fields += [("onset", "flare", "text"), ("grade", "flare", "text")]
    columns = [*COLUMNS, "tx___1", "tx____9", "tx___3", "onset", "grade", "flare_complete"]
    boxes = {"tx___1": "1", "tx____9": "1", "tx___3": "1"}
    rows = [with_cell(0, onset="35", grade="2", **boxes)[0], *ROWS[1:]]
    source = {
        "columns": {
            "onset_study_day": "onset",
            "grade": "grade",
            "treatment": {"boxes": "tx", "values": {1: "nsaid", -9: "steroid", 3: None}},
        }
    }

    study = project(rows, changed(flares=[source]), fields, columns, [*EVENTS, (BASE, "flare")])

    assert stopping(study) == []
    assert values(study, "flares", "grade", "treatment") == [(2, "nsaid;steroid")]


def test_what_the_record_holds_once_joins_every_row(project):
    columns = {
        "term": "ae_term",
        "onset_day": "ae_onset",
        "grade": "ae_grade",
        "ctcae_version": {"field": "len_day", "of": "record"},
    }

    study = project(mapping=changed(adverse_events=[{"columns": columns}]))

    assert values(study, "adverse_events", "ctcae_version") == [("29",), ("29",)]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        pytest.param({}, None, id="a form that nobody filled in"),
        pytest.param({"demographics_complete": "0"}, None, id="incomplete is how REDCap begins"),
        pytest.param({"demographics_complete": "1"}, False, id="somebody saved it"),
        pytest.param({"age": "60"}, False, id="another field of the form is filled"),
        pytest.param({"fish___2": "1"}, False, id="another box is ticked"),
        pytest.param({"fish___unk": "1", "age": "60"}, None, id="a missing data code was chosen"),
        pytest.param({"fish___1": "1"}, True, id="ticked"),
    ],
)
def test_an_empty_box_is_no_only_where_somebody_saw_it(project, cells, found):
    row = {"record_id": "P03", "redcap_event_name": BASE, "fish___1": "0", "fish___2": "0"} | cells
    columns = [*COLUMNS, "fish___unk"]

    study = project([*ROWS, row], columns=columns)

    assert values(study, "patients", "patient", "del17p")[-1] == ("P03", found)


def test_a_box_that_branching_hides_is_missing(project):
    fields = deepcopy(FIELDS)
    fields[3][3]["branching_logic"] = "[sex] = '2'"
    study = project(fields=fields)

    # ticked before the sex was corrected, say: a tick is an answer
    assert values(study, "patients", "del17p", "tri12") == [(True, None), (False, False)]


@pytest.mark.parametrize(
    ("logic", "shown"),
    [
        ("", True),
        ("[a] = '1'", True),
        ("[a]='2' or [b(x)] = \"1\"", True),
        ("([a] = 1 and [c] <> '') and [c] > 3", True),
        ("[c] < 3", False),
        ("[d] > 3 or [d] < 3", False),
        ("[d] = ''", True),
        ("[a] != '1'", False),
        ("[base_arm_1][a] = '1'", None),
        ("datediff([a], 'today', 'd') > 3", None),
        ("[a] = ", None),
    ],
)
def test_branching_logic(logic, shown):
    cells = {"a": "1", "b___x": "1", "c": "3.5", "d": ""}

    assert is_shown(logic, lambda name: cells.get(name, "")) is shown


def test_a_dictionary_of_the_api_is_the_same(tmp_path):
    for name, titles in (("a.csv", SHORT), ("b.csv", None)):
        text = dictionary_text(FIELDS, titles) if titles else dictionary_text(FIELDS)
        (tmp_path / name).write_text(text)

    fields = [read_dictionary(tmp_path / name, "x")[0].fields for name in ("a.csv", "b.csv")]

    assert fields[0] == fields[1]
    assert list(fields[0]) == [name for name, *_ in FIELDS]


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("1, Yes | 0, No", {"1": "Yes", "0": "No"}),
        ("a,PR, with lymphocytes|b , <b>SD</b>", {"a": "PR, with lymphocytes", "b": "SD"}),
        ("-99, Not known | 1.5, x", {"-99": "Not known", "1.5": "x"}),
    ],
)
def test_choices(text, choices):
    assert parse_choices(text) == choices


def test_columns_of_boxes_are_called_as_redcap_calls_them():
    # github.com/CHOP-CGTInformatics/REDCapTidieR/issues/31: race____99 of the code -99
    assert box_column("race", "-99") == "race____99"
    assert box_column("race", "A") == "race___a"


@pytest.mark.parametrize(
    ("label", "header", "unit"),
    [
        ("Haemoglobin (g/dL)", "hb_g_dl", ""),
        ("Haemoglobin (g/L)", "hb_g_dl", "g_l"),
        ("Haemoglobin", "hb_g_dl", ""),
        ("ALC, 10^9/L", "alc_10e9_l", ""),
        ("ALC in K/uL", "alc_10e9_l", ""),
        ("ALC (G/L)", "alc_10e9_l", ""),
        ("ALC (cells/uL)", "alc_10e9_l", "per_ul"),
        ("ALC /µL", "alc_10e9_l", "per_ul"),
        ("Creatinine mg/dl", "creatinine_mg_dl", ""),
        ("Creatinine µmol/L", "creatinine_mg_dl", "umol_l"),
        ("Potassium mEq/L", "potassium_mmol_l", ""),
        ("LD in cm", "ld_mm", "cm"),
        ("SPD, cm²", "spd_mm2", "cm2"),
        ("Lymphocytes in marrow, %", "marrow_lymphocytes_pct", ""),
    ],
)
def test_units_in_labels(label, header, unit):
    assert other_unit(Field("x", "f", "text", label=label), header) == unit


@pytest.mark.parametrize(
    ("results", "problem", "stops"),
    [
        pytest.param({}, "nothing tells at which event", "run", id="no event"),
        pytest.param({"event": "c1d2_arm_1"}, "does not have this event", "run", id="unknown"),
        pytest.param({"event": BASE}, "not designated", "nothing", id="to be designated"),
    ],
)
def test_results_need_a_place_to_go_to(tmp_path, results, problem, stops):
    block = write_project(tmp_path, FIELDS, COLUMNS, ROWS, MAPPING, EVENTS)

    problems = read_redcap(block | {"results": results}, tmp_path).problems

    (told,) = [one for one in problems if one.column == "study.redcap.results.event"]
    assert problem in told.problem
    assert told.stops == stops


def test_a_unit_may_be_declared_where_the_label_is_wrong(project):
    columns = {"study_date": "lab_date", "hb_g_dl": {"field": "hb", "unit": "g_dl"}}
    rows = [row | {"hb": "11.2"} if row.get("hb") else row for row in ROWS]

    study = project(rows, changed(laboratory=[{"columns": columns}]))

    assert stopping(study) == []
    assert values(study, "laboratory", "hb_g_dl") == [(11.2,)] * 3


def test_a_key_that_stands_twice_in_a_mapping_is_told_of(project):
    text = "sheets:\n  patients:\n    - columns: {sex: sex}\n  patients:\n    - columns: {}\n"

    told = stopping(project(mapping=text))

    assert [(one.file, one.row) for one in told if "stands in line" in one.problem] == [
        ("map.yaml", 4)
    ]


def test_the_mapping_that_the_documentation_shows_is_sound(tmp_path):
    text = (Path(__file__).parent.parent / "docs" / "clinical.md").read_text(encoding="utf-8")
    (tmp_path / "map.yaml").write_text(re.search(r"```yaml\n(missing_codes.*?)```", text, re.S)[1])

    mapping, problems = read_mapping(tmp_path / "map.yaml", "map.yaml")

    assert problems == []
    assert len(mapping.sources["exposure"]) == 2


def test_files_that_are_not_there_are_told_of(tmp_path):
    block = {name: f"{name}.csv" for name in ("export", "dictionary", "mapping", "events")}

    problems = read_redcap(block, tmp_path).problems

    assert {problem.file for problem in problems} == set(block.values())


def test_a_cut_by_date_needs_the_first_dates(project):
    mapping = deepcopy(MAPPING)
    del mapping["sheets"]["dates"]
    del mapping["sheets"]["lesions"], mapping["sheets"]["laboratory"]
    study = project(mapping=mapping)
    block = {"redcap": {}, "data_cut": {"name": "i1", "date": "2025-06-30"}}

    _, problems = clinical_records(study, block)

    assert [(one.column, one.stops) for one in problems] == [("study.data_cut.date", "run")]
