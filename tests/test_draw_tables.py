"""Draws and changes from both baselines in tables; specimens apart; the data cut obeyed."""

import math

import numpy as np
import pandas as pd
import pytest

from clinic_maker import endpoints_of, make_records
from correlates.clinical.dosing.dosing import dosing_by_patient, exposure_dosing
from correlates.clinical.dosing.draws import draw_notes
from correlates.clinical.dosing.settings import VisitSettings
from correlates.clinical.flare.events import FlareWindow
from correlates.clinical.records import DataCut
from correlates.cohort.baselines import choose_baselines
from correlates.cohort.build import build_cohort
from correlates.cohort.changes import change_table, scale_of
from correlates.cohort.data_cut import known_at, known_findings
from correlates.cohort.draws import DrawContext, draw_table
from correlates.cohort.merging import merge_measurements
from correlates.measurements import conform

PATIENTS = [{"patient": "P1", "lenalidomide_start_day": 29, "response": "PR", "tfr_grade": 2}]
TYPED = dosing_by_patient(PATIENTS)
SETTINGS = VisitSettings(
    windows={"default": (3, 3)}, aliases=((("C0D28", "trough"), ("C1D1", "pre")),)
)


def row(visit, day, value, feature="nk__abs", **changed):
    """One measurement of whole blood of the first patient."""
    sound = {
        "patient": "P1",
        "visit": visit,
        "timepoint": "pre",
        "specimen": "fresh_wb",
        "sample": f"P1_{visit}",
        "day": day,
        "hours_post_dose": None,
        "phase": "",
        "run": "b1",
        "assay": "flow",
        "feature": feature,
        "value": value,
        "unit": "%" if "__pct__" in feature else "/uL",
        "ci_low": None,
        "ci_high": None,
        "n": 400,
        "status": "ok",
        "limit": 25.0,
        "method": "dual_platform:cd45/wbc",
        "flags": [],
    }
    return sound | changed


def measured(*rows, dosing=TYPED):
    table = merge_measurements({"flow": conform(pd.DataFrame(rows))}, dosing, settings=SETTINGS)
    return table, choose_baselines(table, dosing, 3, 90)


def draws_of(*rows, dosing=TYPED, flares=None):
    context = DrawContext(dosing, {}, SETTINGS, flares)
    return draw_table(*measured(*rows, dosing=dosing), context)


def test_every_draw_has_a_row_with_its_day_phase_and_baseline():
    found = draws_of(
        row("SCR", -5.0, 9.0), row("C0D1", 1.0, 9.0), row("C1D1", None, 9.0), row("C2D1", 64.0, 9.0)
    )

    assert found["visit"].tolist() == ["SCR", "C0D1", "C1D1", "C2D1"]
    assert found["how_known"].tolist() == ["recorded", "recorded", "planned", "recorded"]
    assert found["phase"].tolist() == ["SCREENING", "SCREENING", "IBR_RUNIN", "COMBO"]
    assert found["baseline"].tolist() == ["", "B0", "B1", ""]
    assert found["reason"].tolist()[0] == "B0 is taken from C0D1"
    assert found["reason"].tolist()[1].startswith("last sample before the first ibrutinib dose")
    assert found["reason"].tolist()[3] == "after the first lenalidomide dose"
    assert found["days_off_window"].fillna(-99).tolist() == [-3, 0, -99, 4]
    assert found["n_measurements"].tolist() == [1, 1, 1, 1]


def test_how_a_draw_was_handled_stands_beside_it():
    records = make_records(
        samples=[
            {"patient": "P1", "visit": "C1D1", "process_delay_h": 3.0, "thaw_n": 1},
            {"patient": "P1", "visit": "C1D1", "process_delay_h": 26.0},
            {"patient": "P1", "visit": "C2D1"},
        ]
    )
    context = DrawContext(TYPED, draw_notes(records.rows("samples")), SETTINGS)

    found = draw_table(*measured(row("C1D1", 29.0, 9.0), row("C2D1", 57.0, 9.0)), context)

    first, second = found.to_dict("records")
    assert (first["process_delay_h"], first["thaw_n"]) == (26, 1)
    assert math.isnan(second["process_delay_h"])
    assert math.isnan(second["thaw_n"])


def test_a_draw_before_its_baselines_window_says_so():
    found = draws_of(row("SCR", -90.0, 9.0)).set_index("visit")

    assert found.loc["SCR", "baseline"] == ""
    assert found.loc["SCR", "reason"] == (
        "the last sample before ibrutinib (SCR, day -90) lies 91 days before it, more than 90"
    )
    assert draws_of(row("SCR", -89.0, 9.0))["baseline"].tolist() == ["B0"]
    assert draws_of(row("SCR", None, 9.0))["baseline"].tolist() == ["B0"]


@pytest.mark.parametrize(
    ("rows", "alias", "same"),
    [
        pytest.param([("C0D28", "trough", 29.0)], ["C1D1 pre"], [""], id="one stands for both"),
        pytest.param(
            [("C0D28", "trough", 29.0), ("C1D1", "pre", 29.0)],
            ["", ""],
            ["C1D1 pre", "C0D28 trough"],
            id="one day under both names",
        ),
        pytest.param(
            [("C0D28", "trough", 28.0), ("C1D1", "pre", 29.0)], ["", ""], ["", ""], id="two draws"
        ),
        pytest.param([("C0D28", "pre", 28.0)], [""], [""], id="another timepoint"),
    ],
)
def test_draws_that_may_be_one(rows, alias, same):
    rows = [row(visit, day, 9.0, timepoint=timepoint) for visit, timepoint, day in rows]

    found = draws_of(*rows).sort_values("visit")

    assert found["alias"].tolist() == alias
    assert found["same_as"].tolist() == same


def flare(onset, end):
    return {"P1": [FlareWindow(onset, end, 2)]}


@pytest.mark.parametrize(
    ("flares", "day", "expected"),
    [
        pytest.param(flare(33.0, 40.0), 33.0, True, id="the day of onset"),
        pytest.param(flare(33.0, 40.0), 40.0, True, id="the day of resolution"),
        pytest.param(flare(33.0, 40.0), 41.0, False, id="a day after"),
        pytest.param(flare(33.0, None), 90.0, True, id="it goes on"),
        pytest.param({}, 35.0, False, id="none was recorded"),
        pytest.param(None, 35.0, None, id="flares are not recorded"),
    ],
)
def test_a_draw_during_a_flare(flares, day, expected):
    found = draws_of(row("UNS1", day, 9.0, specimen="node_fna"), flares=flares)

    assert found["in_flare"].tolist() == [expected]
    assert found["phase"].tolist() == ["COMBO"]


def test_who_never_received_lenalidomide_is_not_at_risk_of_flare():
    never = dosing_by_patient([{"patient": "P1"}])

    assert draws_of(row("UNS1", 35.0, 9.0), dosing=never, flares={})["in_flare"].tolist() == [None]


def test_what_was_held_is_named_and_flagged():
    rows = [
        {"drug": "ibrutinib", "start_day": 1, "stop_day": None, "dose_mg": 420},
        {"drug": "lenalidomide", "start_day": 29, "stop_day": 40, "dose_mg": 5},
        {"drug": "lenalidomide", "start_day": 51, "stop_day": None, "dose_mg": 5},
    ]
    dosing = {"P1": exposure_dosing("P1", rows, {})}
    settings = VisitSettings(hold_days=7)
    table = merge_measurements(
        {"flow": conform(pd.DataFrame([row("C1D15", 44.0, 9.0)]))}, dosing, settings=settings
    )
    found = draw_table(table, choose_baselines(table, dosing, 3), DrawContext(dosing, {}, settings))

    assert table["flags"].tolist() == [["off_drug"]]
    assert found["off_drug"].tolist() == ["lenalidomide"]


@pytest.mark.parametrize(
    ("feature", "unit", "scale"),
    [
        ("nk__abs", "/uL", "log2"),
        ("nk_cd57__pct__nk", "%", "points"),
        ("btk__occ__cll", "%", "points"),
        ("cll__mfir__cd86", "1", "log2"),
        ("cll__dmfi__cd86", "1", "difference"),
        ("t_cd8__net_cmv__ifng", "/uL", "difference"),
        ("rhoh__log2_cnrq__cll", "1", "difference"),
    ],
)
def test_how_a_change_is_told(feature, unit, scale):
    assert scale_of(feature, unit) == scale


def test_both_baselines_stand_beside_a_later_value():
    share = "nk_cd57__pct__nk"
    rows = [row("C0D1", 1.0, 100.0), row("C1D1", 29.0, 200.0), row("C2D1", 57.0, 800.0)]
    shares = {"C0D1": 10.0, "C1D1": 12.0, "C2D1": 37.5}
    rows += [row(one["visit"], one["day"], shares[one["visit"]], share) for one in rows]

    found = change_table(*measured(*rows)).set_index(["feature", "visit"])

    late = found.loc[("nk__abs", "C2D1")]
    assert (late["scale"], late["value_b0"], late["value_b1"]) == ("log2", 100, 200)
    assert (late["change_b0"], late["change_b1"]) == (3, 2)
    assert found.loc[(share, "C2D1"), ["scale", "change_b0", "change_b1"]].tolist() == [
        "points",
        27.5,
        25.5,
    ]
    at_b1 = found.loc[("nk__abs", "C1D1")]
    assert (at_b1["change_b0"], at_b1["reason_b1"]) == (1, "it is B1 itself")
    assert math.isnan(at_b1["change_b1"])
    assert ("nk__abs", "C0D1") not in found.index


@pytest.mark.parametrize(
    ("base", "late", "reason"),
    [
        pytest.param({"status": "lt_lloq"}, {}, "B1 is beyond a limit", id="a censored baseline"),
        pytest.param({}, {"status": "nd"}, "the value is beyond a limit", id="a censored value"),
        pytest.param(
            {}, {"status": "not_evaluable"}, "the value is not evaluable", id="a failed value"
        ),
        pytest.param(
            {"status": "not_evaluable"}, {}, "B1 is not evaluable", id="a failed baseline"
        ),
        pytest.param(
            {}, {"method": "single_platform"}, "B1 was measured by another method", id="methods"
        ),
        pytest.param(
            {"value": 0.0}, {}, "a ratio of what is not above zero has no logarithm", id="zero"
        ),
    ],
)
def test_no_change_is_told_where_there_is_none_to_tell(base, late, reason):
    rows = [row("C1D1", 29.0, 200.0) | base, row("C2D1", 57.0, 800.0) | late]

    (found,) = change_table(*measured(*rows)).query("visit == 'C2D1'").to_dict("records")

    assert (found["reason_b0"], found["reason_b1"]) == ("no B0 of this feature", reason)
    assert math.isnan(found["change_b0"])
    assert math.isnan(found["change_b1"])


def test_specimens_never_share_a_name_a_baseline_or_a_change():
    rows = [
        row("C0D1", 1.0, 100.0),
        row("C0D1", 1.0, 7.0, specimen="node_fna"),
        row("C0D1", 1.0, 5.0, specimen="marrow"),
        row("C0D1", 1.0, 3.0, specimen="node_biopsy"),
        row("UNS1", 35.0, 14.0, specimen="node_fna"),
        row("UNS1", 35.0, 800.0),
    ]
    table, baselines = measured(*rows)

    cohort = build_cohort(
        table, baselines, endpoints_of(make_records(patients=PATIENTS)), PATIENTS, {"settings": {}}
    )
    changes = change_table(table, baselines).set_index("specimen")

    named = {f"nk__abs@B0@{name}" for name in ("fresh_wb", "marrow", "node_biopsy", "node_fna")}
    assert set(cohort.var_names) == named
    assert cohort[:, "nk__abs@B0@node_fna"].X.tolist() == [[7.0]]
    assert changes["change_b0"].to_dict() == {"fresh_wb": 3.0, "node_fna": 1.0}


@pytest.mark.parametrize("specimen", ["marrow", "node_fna", "node_biopsy"])
def test_what_is_not_blood_is_named_by_its_specimen_even_alone(specimen):
    table, baselines = measured(row("C0D1", 1.0, 7.0, specimen=specimen))

    cohort = build_cohort(
        table, baselines, endpoints_of(make_records(patients=PATIENTS)), PATIENTS, {"settings": {}}
    )

    assert cohort.var_names.tolist() == [f"nk__abs@B0@{specimen}"]


def test_a_draw_of_a_flare_is_no_baseline():
    table, baselines = measured(
        row("C1D1", 29.0, 7.0, specimen="node_fna"), row("UNS1", 33.0, 9.0, specimen="node_fna")
    )

    b1 = baselines.draws.query("baseline == 'B1'")
    assert b1["visit"].tolist() == ["C1D1"]
    assert table["phase"].tolist() == ["IBR_RUNIN", "COMBO"]


def test_what_was_drawn_after_the_data_cut_is_left_out_and_listed():
    table, _ = measured(
        row("C1D1", 29.0, 7.0), row("C2D1", 57.0, 9.0), row("UNS1", None, 9.0, feature="t__abs")
    )

    kept, listed = known_at(table, DataCut("interim1", {"P1": 56}))

    assert sorted(kept["visit"]) == ["C1D1", "UNS1"]
    assert [(one["visit"], one["status"], one["reason"]) for one in listed] == [
        ("C2D1", "after_data_cut", "drawn after the data cut interim1")
    ]
    assert known_at(table, None)[1] == []
    np.testing.assert_array_equal(known_at(table, DataCut("x", {"P1": 57}))[0].index, table.index)


@pytest.mark.parametrize(
    ("cut", "kept"),
    [
        pytest.param(None, ["C1D1", "C2D1", ""], id="no cut"),
        pytest.param(DataCut("interim1"), ["C1D1", ""], id="a draw that the cut leaves out"),
    ],
)
def test_findings_of_files_are_those_that_the_cut_lets_be_known(cut, kept):
    measured = pd.DataFrame({"patient": ["P1"], "visit": ["C1D1"]})
    findings = [{"patient": "P1", "visit": visit} for visit in ("C1D1", "C2D1", "")]

    assert [row["visit"] for row in known_findings(findings, measured, cut)] == kept
