"""Tables that a laboratory exported: layouts, cells, maps, and what cannot be."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from conftest import ROOT
from correlates.flow.gated_tables.columns import columns_of
from correlates.flow.gated_tables.layouts import read_layout
from correlates.flow.gated_tables.measure import TableSettings, table_measurements
from correlates.flow.gated_tables.numbers import decimal_mark, read_cell
from correlates.flow.gated_tables.planning import gated_table_problems
from correlates.flow.gated_tables.precedence import join_sources
from correlates.flow.gated_tables.table import read_gated_table
from correlates.intake.config import check_config
from correlates.intake.records import Plan
from correlates.intake.sheets.cells import CellError
from correlates.measurements import conform, faults

SETTINGS = TableSettings(
    min_parent_events=500,
    lod_events=20,
    lloq_events=50,
    anchors={"leukocytes": "cd45", "viable": "viable", "singlets": "singlets"},
    clone_free=["t", "nk"],
    clone=["cll"],
    tolerance=0.05,
)
PATTERN = r"{patient:[A-Z]+\d+}_{visit}_{panel:[a-z]+}.fcs"
WHO = {"patient": "ID", "visit": "Visit"}


@pytest.fixture
def lab(tmp_path):
    """Return a way to hand in a table: its lines and its map give its measurements."""

    def config(text, features, **block):
        (tmp_path / "lab.csv").write_text(text)
        block = {"name": "lab", "path": "lab.csv", "map": features} | block
        return block if "sample_name" in block else {"columns": WHO} | block

    def problems(text, features, **block):
        given = config(text, features, **block)
        plan = Plan(patients=("P01", "P02"), gating={"tnk": "t.csv"})
        study = {"gated_tables": [given], "specimen": "fresh_wb", "gating": {"tnk": "tnk"}}
        return gated_table_problems({"study": study}, plan, tmp_path)

    def measure(text, features, settings=SETTINGS, **block):
        given = config(text, features, **block)
        table = read_gated_table(given, tmp_path / "lab.csv", ["P01", "P02"], "fresh_wb", ["tnk"])
        measured = table_measurements(given, table, "fresh_wb", settings)
        assert faults(measured) == []
        return measured.set_index(["patient", "visit", "feature"])

    def one(text, features, **block):
        measured = measure(text, features, **block)
        assert len(measured) == 1
        return measured.iloc[0]

    return SimpleNamespace(problems=problems, measure=measure, one=one, root=tmp_path)


@pytest.mark.parametrize(
    ("text", "decimal", "kind", "value"),
    [
        pytest.param("45.2", "point", "number", 45.2, id="a number"),
        pytest.param("45,2 %", "comma", "number", 45.2, id="a decimal comma and a percent sign"),
        pytest.param("1,234.5", "point", "number", 1234.5, id="thousands by commas"),
        pytest.param("1.234,5", "comma", "number", 1234.5, id="thousands by points"),
        pytest.param("1 234", "point", "number", 1234, id="thousands by blanks"),
        pytest.param("1'234", "point", "number", 1234, id="thousands by apostrophes"),
        pytest.param("1.2e-3", "point", "number", 0.0012, id="an exponent"),
        pytest.param("0", "point", "number", 0, id="a zero is a zero"),
        pytest.param("", "point", "blank", None, id="an empty cell is no zero"),
        pytest.param("-", "point", "blank", None, id="a dash"),
        pytest.param("####", "point", "blank", None, id="what FACSDiva writes for 0 of 0"),
        pytest.param("<0.01", "point", "below", 0.01, id="a limit below"),
        pytest.param("< 0,01 %", "comma", "below", 0.01, id="a limit below, spaced"),
        pytest.param(">90", "point", "above", 90, id="a limit above"),
        pytest.param("n.d.", "point", "not_detected", None, id="n.d."),
    ],
)
def test_a_cell_is_read(text, decimal, kind, value):
    reading = read_cell(text, decimal)

    assert (reading.kind, reading.value) == (kind, value)


@pytest.mark.parametrize("text", ["clotted", "12.5.3", "1,23,4", "12 cells", "45,2", "<"])
def test_a_cell_that_is_no_number_is_told(text):
    with pytest.raises(CellError):
        read_cell(text, "point")


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        pytest.param(["45.2", "1,234"], "point", id="a point beside thousands"),
        pytest.param(["45,2", "1.234"], "comma", id="a comma beside thousands"),
        pytest.param(["1.234,5"], "comma", id="the last of two marks"),
        pytest.param(["0,123"], "comma", id="no thousands begin with zero"),
        pytest.param(["1.234"], "point", id="a point alone"),
        pytest.param(["1,234", "567"], "", id="a comma that may be either"),
        pytest.param(["45,2", "45.2"], "", id="both"),
        pytest.param(["12", "n.d."], "point", id="nothing to tell"),
    ],
)
def test_the_decimal_mark_is_found_or_asked_for(cells, mark):
    assert decimal_mark(cells) == mark


def test_a_flowjo_export_is_read_without_its_means(lab):
    text = (
        ",Lymphocytes/CD3+ | Freq. of Parent,Lymphocytes/CD3+ | Count,Lymphocytes | Count,\n"
        "P01_C0D1_tnk.fcs,12.5 %,1250,10000,\n"
        "P02_C0D1_tnk.fcs,25.0 %,2500,10000,\n"
        "Mean,18.75 %,1875,10000,\nSD,8.84 %,884,0,\n"
    )
    entry = {
        "feature": "t__pct__lymph",
        "n": "Lymphocytes/CD3+ | Count",
        "n_parent": "Lymphocytes | Count",
    }
    columns = {"Lymphocytes/CD3+ | Freq. of Parent": entry}
    block = {"layout": "flowjo", "sample_name": {"pattern": PATTERN}}

    measured = lab.measure(text, columns, **block)

    assert lab.problems(text, columns, **block) == []
    assert list(measured["value"]) == [12.5, 25.0]
    row = measured.loc["P01", "C0D1", "t__pct__lymph"]
    exact = stats.binomtest(1250, 10000).proportion_ci(method="exact")
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((100 * exact.low, 100 * exact.high))
    assert (row["n"], row["status"], row["method"]) == (1250, "ok", "gated_table:lab")
    assert row["flags"] == ["display_only_compositional"]


def test_facsdiva_blocks_become_one_row_a_tube(lab):
    text = "".join(
        f"Experiment Name,Trial\nSpecimen Name,{patient}_C0D1\nTube Name,tnk.fcs\n"
        'Record Date,"Mar 18, 2014 12:38:58 PM"\n\n'
        "Population,Parent Name,#Events,%Parent,%Total\n"
        f"All Events,####,50000,####,100.0\n"
        f"CD3+,All Events,{n},{n / 500},{n / 500}\n\n"
        for patient, n in (("P01", 1000), ("P02", 2000))
    )
    columns = {"CD3+ | #Events": "t__mfi__events", "CD3+ | %Parent": "t__pct__root"}
    block = {"layout": "facsdiva", "sample_name": {"pattern": PATTERN}}

    measured = lab.measure(text, columns, **block)

    assert lab.problems(text, columns, **block) == []
    assert measured.loc[("P01", "C0D1", "t__pct__root"), "value"] == 2.0
    assert measured.loc[("P02", "C0D1", "t__pct__root"), "value"] == 4.0


def test_populations_of_one_name_are_told_apart_by_their_parents(lab):
    text = (
        "Specimen Name:,P01_C0D1\nTube Name:,tnk.fcs\n"
        "Population,Parent Name,#Events,%Parent\nCD57+,CD4,10,1.0\nCD57+,CD8,90,9.0\n"
    )
    (lab.root / "diva.csv").write_text(text)

    layout = read_layout(lab.root / "diva.csv", "diva.csv", "facsdiva")

    assert layout.rows[0].cells["CD4/CD57+ | %Parent"] == "1.0"
    assert layout.rows[0].cells["CD8/CD57+ | %Parent"] == "9.0"
    assert layout.rows[0].row_of("CD8/CD57+ | %Parent") == 5


def test_a_wide_spreadsheet_gives_percentages_and_absolutes_apart(lab):
    text = "ID;Visit;CD4 %;CD4 abs\nP01;C0D1;45,5;1.234\nP02;c1d1;;<5\n"
    measured = lab.measure(text, {"CD4 %": "t_cd4__pct__t", "CD4 abs": "t_cd4__abs"})

    of_p01 = measured.loc["P01", "C0D1"]
    assert list(of_p01["value"]) == [45.5, 1234]
    assert list(of_p01["unit"]) == ["%", "/uL"]
    assert of_p01["ci_low"].isna().all()
    assert of_p01["n"].isna().all()
    assert of_p01["flags"].tolist() == [["no_event_count"], ["no_event_count"]]
    blank = measured.loc["P02", "C1D1", "t_cd4__pct__t"]
    assert (blank["status"], blank["flags"]) == ("missing", ["blank_in_table"])
    assert np.isnan(blank["value"])
    limit = measured.loc["P02", "C1D1", "t_cd4__abs"]
    assert (limit["status"], limit["value"], limit["limit"]) == ("lt_lloq", 5, 5)


@pytest.mark.parametrize(
    ("n_d", "entry", "status", "limit"),
    [
        pytest.param("not_detected", {"limit": 0.1}, "nd", 0.1, id="below the column's limit"),
        pytest.param("not_detected", {}, "not_evaluable", np.nan, id="a limit that nobody gives"),
        pytest.param("not_done", {}, "missing", np.nan, id="not done"),
        pytest.param("", {}, "missing", np.nan, id="nobody says which"),
    ],
)
def test_what_n_d_means_is_declared(lab, n_d, entry, status, limit):
    columns = {"CD4 %": {"feature": "t_cd4__pct__t", "unit": "%"} | entry}
    block = {"n_d": n_d} if n_d else {}
    text = "ID,Visit,CD4 %\nP01,C0D1,n.d.\n"

    row = lab.one(text, columns, **block)

    assert row["status"] == status
    assert row["limit"] == pytest.approx(limit, nan_ok=True)
    told = [one.problem for one in lab.problems(text, columns, **block)]
    assert told == ([] if n_d else ["this may mean not detected, or not done"])


def test_a_wrong_cell_is_told_with_its_place_and_costs_that_cell_only(lab):
    text = "ID,Visit,CD4 %,CD8 %\nP01,C0D1,clotted,30.5\n"
    columns = {"CD4 %": "t_cd4__pct__t", "CD8 %": "t_cd8__pct__t"}

    (problem,) = lab.problems(text, columns)
    measured = lab.measure(text, columns)

    assert (problem.file, problem.row, problem.column) == ("lab.csv", 2, "CD4 %")
    assert problem.value == "clotted"
    assert problem.remedy
    assert list(measured["status"]) == ["missing", "ok"]
    assert measured["flags"].iloc[0] == ["unreadable_cell"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        pytest.param("P09,C0D1,45.5", "unknown patient 'P09'", id="a patient nobody knows"),
        pytest.param("P01,day one,45.5", "'day one' is no visit", id="no visit"),
        pytest.param(",C0D1,45.5", "the row names no patient", id="no patient"),
    ],
)
def test_a_row_of_nobody_is_left_out_and_told(lab, row, told):
    text = f"ID,Visit,CD4 %\nP02,C0D1,40.5\n{row}\n"

    (problem,) = lab.problems(text, {"CD4 %": "t_cd4__pct__t"})

    assert (problem.row, problem.stops, problem.problem) == (3, "row", told)
    assert set(lab.measure(text, {"CD4 %": "t_cd4__pct__t"}).index) == {
        ("P02", "C0D1", "t_cd4__pct__t")
    }


def test_two_rows_of_one_draw_are_both_left_out(lab):
    text = "ID,Visit,CD4 %\nP01,C0D1,40.5\nP01,C0D1,41.5\nP02,C0D1,42.5\n"

    problems = lab.problems(text, {"CD4 %": "t_cd4__pct__t"})

    assert [one.row for one in problems] == [2, 3]
    assert len(lab.measure(text, {"CD4 %": "t_cd4__pct__t"})) == 1


def test_no_leukocytes_with_something_in_them_are_impossible(lab):
    text = "ID,Visit,WBC,NK,CD4\nP01,C0D1,0,120,0\nP02,C0D1,9000,120,0\n"
    columns = {"WBC": "cd45__abs", "NK": "nk__abs", "CD4": "t_cd4__abs"}

    measured = lab.measure(text, columns)

    of_p01 = measured.loc["P01", "C0D1"]
    assert of_p01["status"].to_dict() == {
        "cd45__abs": "not_evaluable",
        "nk__abs": "not_evaluable",
        "t_cd4__abs": "ok",
    }
    assert "impossible_zero_parent" in of_p01.loc["cd45__abs", "flags"]
    assert "impossible_zero_parent" in of_p01.loc["nk__abs", "flags"]
    assert set(measured.loc["P02", "C0D1"]["status"]) == {"ok"}


@pytest.mark.parametrize(
    ("header", "cells", "columns", "flag", "flagged", "status"),
    [
        pytest.param(
            "T,CD4", "0,45.5", {"T": "t__pct__lymph", "CD4": "t_cd4__pct__t"},
            "impossible_zero_parent", [True, True], "not_evaluable", id="an empty parent",
        ),
        pytest.param(
            "CD4", "104", {"CD4": "t_cd4__pct__t"},
            "percent_out_of_range", [True], "not_evaluable", id="more than all",
        ),
        pytest.param(
            "CD4", "-3", {"CD4": "t_cd4__pct__t"},
            "percent_out_of_range", [True], "not_evaluable", id="less than none",
        ),
        pytest.param(
            "CD4,CD8", "60,50", {"CD4": "t_cd4__pct__t", "CD8": "t_cd8__pct__t"},
            "children_exceed_parent", [True, True], "ok", id="children over their parent",
        ),
        pytest.param(
            "CD4,CD8", "54,50", {"CD4": "t_cd4__pct__t", "CD8": "t_cd8__pct__t"},
            "children_exceed_parent", [False, False], "ok", id="children over it by rounding",
        ),
        pytest.param(
            "T,CD4", "900,1000", {"T": "t__abs", "CD4": {"feature": "t_cd4__abs", "inside": "t"}},
            "children_exceed_parent", [True, True], "ok", id="a part larger than its whole",
        ),
        pytest.param(
            "T,CD4,NK", "60,50,30",
            {"T": "t__pct__lymph", "CD4": {"feature": "t_cd4__pct__lymph", "inside": "lymph"},
             "NK": {"feature": "nk__pct__lymph", "overlaps": True}},
            "children_exceed_parent", [True, True, False], "ok", id="but not one that overlaps",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_flagged(lab, header, cells, columns, flag, flagged, status):
    measured = lab.measure(f"ID,Visit,{header}\nP01,C0D1,{cells}\n", columns)

    assert [flag in flags for flags in measured["flags"]] == flagged
    assert set(measured["status"]) == {status}


@pytest.mark.parametrize(
    ("entry", "value", "status", "problems"),
    [
        pytest.param("t_cd4__pct__t", 0.45, "not_evaluable", 1, id="nobody says the unit"),
        pytest.param(
            {"feature": "t_cd4__pct__t", "unit": "1"}, 45.0, "ok", 0, id="declared as fractions"
        ),
        pytest.param(
            {"feature": "t_cd4__pct__t", "unit": "%"}, 0.45, "ok", 0, id="declared as percent"
        ),
        pytest.param("t_cd4__abs", 0.45, "not_evaluable", 1, id="counts that look like 10^9/L"),
        pytest.param(
            {"feature": "t_cd4__abs", "unit": "10*9/L"}, 450.0, "ok", 0, id="declared as 10^9/L"
        ),
    ],
)
def test_a_unit_mistake_is_told_and_never_scaled_away(lab, entry, value, status, problems):
    text = "ID,Visit,CD4\nP01,C0D1,0.45\nP02,C0D1,0.52\n"

    row = lab.measure(text, {"CD4": entry}).iloc[0]

    assert (row["value"], row["status"]) == (pytest.approx(value), status)
    assert len(lab.problems(text, {"CD4": entry})) == problems


@pytest.mark.parametrize(
    ("n", "n_parent", "value", "status", "flag"),
    [
        pytest.param(200, 1000, "20", "ok", None, id="enough"),
        pytest.param(30, 1000, "3", "lt_lloq", None, id="detected, not quantified"),
        pytest.param(5, 1000, "0.5", "nd", None, id="not detected"),
        pytest.param(0, 1000, "0", "nd", None, id="none"),
        pytest.param(60, 200, "30", "not_evaluable", "parent_below_floor", id="a small parent"),
        pytest.param(
            200, 1000, "30", "not_evaluable", "percent_disagrees_with_counts", id="another share"
        ),
        pytest.param(
            1200, 1000, "99", "not_evaluable", "count_exceeds_parent", id="more than the parent"
        ),
    ],
)
def test_counts_judge_a_percentage_as_those_of_files(lab, n, n_parent, value, status, flag):
    columns = {"CD4": {"feature": "t_cd4__pct__t", "unit": "%", "n": "n", "n_parent": "N"}}

    row = lab.one(f"ID,Visit,CD4,n,N\nP01,C0D1,{value},{n},{n_parent}\n", columns)

    assert row["status"] == status
    assert row["flags"] == ([flag] if flag else [])


def test_the_interval_of_a_count_is_that_of_its_events(lab):
    columns = {"CD4": {"feature": "t_cd4__abs", "n": "n"}}

    row = lab.one("ID,Visit,CD4,n\nP01,C0D1,400,100\n", columns)

    exact = stats.chi2.ppf([0.025, 0.975], [200, 202]) / 2
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(4 * exact))
    assert (row["status"], row["limit"], row["n"]) == ("ok", 200, 100)


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        pytest.param(
            {"map": {"CD4 percent": "t_cd4__pct__t"}}, ".map.CD4 percent", "'CD4 %'",
            id="a header that is not there, with the nearest",
        ),
        pytest.param(
            {"columns": {"patient": "Patient", "visit": "Visit"}}, ".columns.patient", "'Visit'",
            id="no column of patients",
        ),
        pytest.param({"map": {"CD4 %": "CD4"}}, ".map.CD4 %", "__pct__", id="no feature"),
        pytest.param(
            {"map": {"CD4 %": {"feature": "t_cd4__pct__t", "unit": "/uL"}}}, ".map.CD4 %", "%, 1",
            id="a unit of something else",
        ),
        pytest.param(
            {"map": {"CD4 %": "t_cd4__pct__t", "CD8 %": "t_cd4__pct__t"}}, ".map.CD8 %", "Keep one",
            id="one feature twice",
        ),
        pytest.param(
            {"columns": {"patient": "ID"}}, ".columns.visit", "sample_name", id="no visit"
        ),
        pytest.param({"path": "nowhere.csv"}, "", "nowhere.csv", id="no file"),
        pytest.param(
            {"columns": {}, "sample_name": {"column": "ID", "pattern": "{patient}"}},
            ".sample_name.pattern", "visit", id="a pattern without visit",
        ),
    ],
)  # fmt: skip
def test_a_wrong_map_stops_the_run_with_what_to_do(lab, change, column, words):
    text = "ID,Visit,CD4 %,CD8 %\nP01,C0D1,45.5,30\n"

    (problem,) = lab.problems(text, {"CD4 %": "t_cd4__pct__t"}, **change)

    assert problem.stops == "run"
    assert problem.column.endswith(column)
    assert words in f"{problem.problem} {problem.remedy}"


def test_an_excel_workbook_is_told_how_to_save_itself(lab):
    (lab.root / "lab.xlsx").write_bytes(b"PK\x03\x04rest")

    (problem,) = lab.problems("", {"CD4 %": "t_cd4__pct__t"}, path="lab.xlsx")

    assert "Excel" in problem.problem
    assert "CSV UTF-8" in problem.remedy


def test_commas_of_two_meanings_are_asked_about(lab):
    text = "ID\tVisit\tNK\nP01\tC0D1\t1,234\n"

    (problem,) = lab.problems(text, {"NK": "nk__abs"})

    assert problem.column == "study.gated_tables[0].decimal"
    assert lab.problems(text, {"NK": "nk__abs"}, decimal="point") == []
    assert lab.one(text, {"NK": "nk__abs"}, decimal="point")["value"] == 1234


def _rows(feature, value, status="ok"):
    keys = {"patient": "P01", "visit": "C0D1", "timepoint": "pre", "specimen": "fresh_wb"}
    numbers = dict.fromkeys(("day", "hours_post_dose", "ci_low", "ci_high", "n", "limit"))
    texts = dict.fromkeys(("sample", "phase", "run", "method"), "")
    row = keys | numbers | texts | {"assay": "flow", "unit": "/uL", "flags": []}
    row |= {"feature": feature, "value": value, "status": status}
    return conform(pd.DataFrame([row]))


@pytest.mark.parametrize(
    ("precedence", "of_file", "of_table", "kept", "superseded"),
    [
        pytest.param("fcs", 1.0, 2.0, 1.0, ["table lab measured"], id="files go first"),
        pytest.param("table", 1.0, 2.0, 2.0, ["FCS files measured"], id="unless declared"),
        pytest.param("table", 1.0, None, 1.0, [], id="a blank cell goes before nothing"),
    ],
)
def test_precedence_is_declared(precedence, of_file, of_table, kept, superseded):
    status = "missing" if of_table is None else "ok"

    joined, left_out = join_sources(
        _rows("nk__abs", of_file), [("lab", precedence, _rows("nk__abs", of_table, status))]
    )

    assert joined["value"].tolist() == [kept]
    assert len(left_out) == len(superseded)
    assert all(part in row["reason"] for part, row in zip(superseded, left_out, strict=True))


def test_a_malformed_entry_is_told_by_the_schema():
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    table = {"name": "lab", "path": "lab.csv", "map": {"CD4": {"feture": "t_cd4__abs"}}}
    study = {"patients": "p.tsv", "gating": {"tnk": "tnk"}, "gated_tables": [table]}
    config["study"] = study

    problems = check_config(config)

    assert any(one.column.startswith("study.gated_tables[0].map.CD4") for one in problems)
    assert gated_table_problems(config, Plan(problems=tuple(problems))) == []


def test_columns_know_what_they_are_read_from():
    entry = {"feature": "t_cd4__pct__t", "n": "n of  CD4", "n_parent": "n of T"}

    (column,) = columns_of({"CD4  %": entry})

    assert column.headers == ("CD4 %", "n of CD4", "n of T")
    assert (column.population, column.statistic, column.against) == ("t_cd4", "pct", "t")


def test_a_study_may_have_exported_tables_and_no_files():
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    table = {"name": "lab", "path": "lab.csv", "columns": WHO, "map": {"CD4": "t_cd4__abs"}}
    study = {"patients": "p.tsv", "panels": "panels.tsv", "gating": {"tnk": "tnk"}}

    without = check_config(config | {"study": study})
    with_table = check_config(config | {"study": study | {"gated_tables": [table]}})

    assert [one.problem for one in without] == ["the study names no FCS files"]
    assert "study.gated_tables" in without[0].remedy
    assert with_table == []
