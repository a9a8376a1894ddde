"""REDCap out: the import file is what REDCap accepts, checked against its own rules."""

import csv
import re
from decimal import Decimal

import pytest

from correlates.clinical.redcap_out.fields import CATEGORIES, of_endpoint
from correlates.clinical.redcap_out.values import as_code, values_of
from correlates.clinical.redcap_out.write import write_dictionary, write_import
from correlates.clinical.response.judged import ORDER
from correlates.intake.redcap.dictionary import read_dictionary
from correlates.intake.redcap.events import read_events
from correlates.intake.redcap.export import read_export
from redcap_maker import dictionary_text, events_text, export_text

STRUCTURE = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")
FIELDS = [("study_no", "demographics", "text"), ("ae", "adverse_event", "text")]
EVENTS = [("base_arm_1", "demographics"), ("end_arm_1", "cll_correlates"), ("uns_arm_1", "x")]
TABLES = {
    "responses": [
        {
            **{"patient": "P01", "best": "PR-L", "computed_confirmed": "SD", "data_cut": "i1"},
            **{"computed_unconfirmed": "PR-L", "source": "computed", "first_response_l_day": "85"},
            **{"n_assessments": "3", "n_adequate": "2", "last_adequate_day": "169.5"},
            **{"reason": 'nodes, "-40 %" on 2025-04-01', "criteria_version": "iwCLL2018"},
        },
        {"patient": "P02", "best": "NE", "n_assessments": "0", "data_cut": "i1"},
        {"patient": "T99", "best": "CR", "n_assessments": "1", "data_cut": "i1"},
    ],
    "endpoints": [
        {
            "patient": p,
            "endpoint": e,
            "kind": k,
            "value": v,
            "time": t,
            "event": x,
            "data_cut": "i1",
        }
        for p, e, k, v, t, x in [
            ("P01", "orr", "binary", "0", "", ""),
            ("P01", "tfr_ordinal", "ordinal", "2", "", ""),
            ("P01", "spd_pct_change_best", "continuous", "-40.25", "", ""),
            ("P01", "pfs", "survival", "", "168", "1"),
            ("P01", "pfs_c1d1", "survival", "", "1e2", "0"),
            ("P02", "tfr_ordinal", "ordinal", "", "", ""),
        ]
    ],
    "tls": [
        {"patient": "P01", "laboratory_tls": one, "clinical_tls": other}
        for one, other in [("no", "no"), ("not_evaluable", "not_excluded"), ("no", "no")]
    ],
    "dose_intensity": [
        {
            **{"unit_of_analysis": unit, "patient": "P01", "drug": "lenalidomide"},
            **{"cumulative_mg": mg, "relative_dose_intensity_pct": "80"},
        }
        for unit, mg in [("patient-cycle", "70"), ("patient", "700")]
    ],
    "draws": [
        {"patient": "P01", "specimen": specimen, "baseline": baseline, "day": day}
        for specimen, baseline, day in [
            ("fresh_wb", "B0", "0"),
            ("node_fna", "B0", "-5"),
            ("fresh_wb", "B1", "28"),
            ("fresh_wb", "", "57"),
        ]
    ],
}


def as_read(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def faults(records, dictionary, events, record):
    """Return what REDCap would refuse, by its rules for imports; none of the project's code."""
    found = []
    fields = {row["Variable / Field Name"]: row for row in dictionary}
    forms = {row["Form Name"] for row in dictionary}
    for name, row in fields.items():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or len(name) > 26 or "__" in name:
            found.append(f"{name}: name")
        if row["Field Type"] not in ("text", "notes", "radio", "yesno"):
            found.append(f"{name}: type")
        if (row["Field Type"] == "radio") != bool(row["Choices, Calculations, OR Slider Labels"]):
            found.append(f"{name}: choices")
        if row["Text Validation Type OR Show Slider Number"] not in ("", "number", "integer"):
            found.append(f"{name}: validation")
        if not row["Field Label"]:
            found.append(f"{name}: label")
    if next(iter(records[0])) != record:
        found.append("the record is not the first column")
    completes = {f"{form}_complete" for form in forms}
    for column in records[0]:
        if column not in {record, *STRUCTURE, *completes, *fields}:
            found.append(f"{column}: unknown")
    for line in records:
        event = line.get("redcap_event_name")
        if event is not None and not forms <= events.get(event, set()):
            found.append(f"{event}: form not designated")
        for name, text in line.items():
            if text and not legal(text, name, fields, completes):
                found.append(f"{name}: {text}")
    keys = [tuple(line.get(name) for name in (record, *STRUCTURE)) for line in records]
    return found + (["repeated key"] if len(set(keys)) < len(keys) else [])


def legal(text, name, fields, completes):
    if name in completes:
        return text in ("0", "1", "2")
    if name not in fields:
        return True
    row = fields[name]
    if row["Field Type"] == "yesno":
        return text in ("0", "1")
    if row["Field Type"] == "radio":
        choices = row["Choices, Calculations, OR Slider Labels"].split("|")
        return text in [choice.split(",")[0].strip() for choice in choices]
    patterns = {"integer": r"-?\d+", "number": r"-?(\d+(\.\d+)?|\.\d+)"}
    kind = row["Text Validation Type OR Show Slider Number"]
    return kind not in patterns or bool(re.fullmatch(patterns[kind], text))


@pytest.fixture
def written(tmp_path):
    """Return a function that writes the results of an export, and reads them as others would."""

    def write(columns, rows, event="", events=EVENTS, tables=TABLES):
        (tmp_path / "d.csv").write_text(dictionary_text(FIELDS))
        (tmp_path / "e.csv").write_text(export_text(columns, rows))
        (tmp_path / "m.csv").write_text(events_text(events))
        dictionary, _ = read_dictionary(tmp_path / "d.csv", "d.csv")
        known = read_events(tmp_path / "m.csv", "m.csv")[0]
        export, problems = read_export(tmp_path / "e.csv", "e.csv", dictionary, known)
        assert problems == []
        values = values_of(tables)
        write_dictionary(tmp_path / "dictionary.csv", values)
        write_import(tmp_path / "import.csv", values, export, dictionary.record, event)
        return as_read(tmp_path / "import.csv"), as_read(tmp_path / "dictionary.csv")

    return write


def designated(pairs=EVENTS):
    forms = {}
    for event, form in pairs:
        forms.setdefault(event, set()).add(form)
    return forms


def test_results_of_a_classic_project(written):
    rows = [{"study_no": "P01"}, {"study_no": "P02"}, {"study_no": "P03"}]

    records, dictionary = written(["study_no", "ae"], rows)

    assert faults(records, dictionary, {}, "study_no") == []
    assert len(dictionary[0]) == 18
    first, second = records
    assert (first["study_no"], second["study_no"]) == ("P01", "P02")
    expected = {
        **{"cllc_best": "5", "cllc_best_conf": "6", "cllc_orr": "0", "cllc_tfr_ordinal": "2"},
        **{"cllc_spd_best_pct": "-40.25", "cllc_pfs_days": "168", "cllc_pfs_event": "1"},
        **{"cllc_pfs_c1d1_days": "100", "cllc_pfs_c1d1_event": "0", "cllc_data_cut": "i1"},
        **{"cllc_tls_lab": "3", "cllc_tls_clin": "2", "cllc_len_cum_mg": "700"},
        **{"cllc_b0_day": "0", "cllc_b1_day": "28", "cllc_last_adeq_day": "169.5"},
        **{"cllc_resp_reason": 'nodes, "-40 %" on (a date)', "cll_correlates_complete": "1"},
    }
    assert {name: first[name] for name in expected} == expected
    # what is not known is blank: REDCap leaves what it holds
    assert second["cllc_tfr_ordinal"] == second["cllc_pfs_days"] == ""
    assert second["cllc_best"] == "8"


def test_who_did_not_come_from_redcap_does_not_go_there(written):
    records, _ = written(["study_no", "ae"], [{"study_no": "P02"}])

    assert [row["study_no"] for row in records] == ["P02"]


def test_results_of_a_longitudinal_project_with_repeats(written):
    columns = ["study_no", *STRUCTURE, "ae"]
    rows = [
        {"study_no": "P01", "redcap_event_name": "base_arm_1"},
        {
            **{"study_no": "P01", "redcap_event_name": "base_arm_1", "ae": "x"},
            **{"redcap_repeat_instrument": "adverse_event", "redcap_repeat_instance": "1"},
        },
        {"study_no": "P02", "redcap_event_name": "base_arm_1"},
    ]

    records, dictionary = written(columns, rows, "end_arm_1")

    assert faults(records, dictionary, designated(), "study_no") == []
    assert [[row[name] for name in STRUCTURE] for row in records] == [["end_arm_1", "", ""]] * 2


def test_results_at_a_repeating_event_have_its_first_instance(written):
    columns = ["study_no", *STRUCTURE, "ae"]
    rows = [
        {"study_no": "P01", "redcap_event_name": "uns_arm_1", "redcap_repeat_instance": number}
        for number in ("1", "2")
    ]

    records, _ = written(columns, rows, "uns_arm_1")

    assert [row["redcap_repeat_instance"] for row in records] == ["1"]


def test_the_checker_finds_what_redcap_refuses(written):
    records, dictionary = written(["study_no", "ae"], [{"study_no": "P01"}])
    wrong = {"cllc_best": "PR", "cllc_orr": "yes", "cllc_pfs_days": "1e2", "other": "1"}

    found = faults([records[0] | wrong, records[0]], dictionary, {}, "study_no")

    assert {one.partition(":")[0] for one in found} == {*wrong, "repeated key"}


def test_the_instrument_is_the_same_whatever_the_values(written):
    rows = [{"study_no": "P01"}]
    _, whole = written(["study_no", "ae"], rows)
    blank = {
        name: [
            dict.fromkeys(row, "")
            | {k: row[k] for k in ("patient", "endpoint", "kind") if k in row}
            for row in table
        ]
        for name, table in TABLES.items()
    }

    _, empty = written(["study_no", "ae"], rows, tables=blank)

    assert empty == whole


def test_codes_of_categories_are_pinned():
    """Data that were imported once keep their meaning."""
    assert list(CATEGORIES) == [
        *(("1", "CR"), ("2", "CRi"), ("3", "nPR"), ("4", "PR")),
        *(("5", "PR-L"), ("6", "SD"), ("7", "PD"), ("8", "NE")),
    ]
    assert [name for _, name in CATEGORIES] == list(ORDER)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("binary", "maybe"), ("ordinal", "1.5")],
)
def test_what_is_no_value_of_its_field_is_a_bug(kind, text):
    (one,) = of_endpoint("x", kind).values()

    with pytest.raises(ValueError, match="x"):
        as_code(one, text)


@pytest.mark.parametrize("text", ["29.0", "0.5", "-11", "1e-05", "0"])
def test_numbers_are_plain_and_equal(text):
    code = as_code(of_endpoint("x", "continuous")["value"], text)

    assert "e" not in code.lower()
    assert Decimal(code) == Decimal(text)
