"""Control charts: the series of a control, the batch that is out, and its flag on the samples."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from correlates.flow.controls.charts import (
    COLUMNS,
    OUT_OF_LIMITS,
    ControlSettings,
    absent_controls,
    chart_rows,
    control_tubes,
    marks_of_batches,
)
from correlates.flow.controls.drift import bead_tubes, drift_rows
from correlates.flow.counts.dependents import with_flags, with_median_flags
from correlates.flow.figures.levey_jennings import draw_levey_jennings
from correlates.intake.acquisitions import REFERENCE, Acquisition
from correlates.intake.records import Plan
from correlates.tables import write_tsv
from test_flow_measurements import counts, measure, medians, row_of, tube

SETTINGS = ControlSettings(
    limits_from="others",
    min_batches=3,
    max_cv_pct={"major": 20, "rare": 30},
    max_drift_pct=10,
    rare_pct=1,
    min_parent_events=500,
    lod_events=20,
    leukocytes="cd45",
)


def acquisition(name, batch, **changed):
    of = dict.fromkeys(("patient", "visit", "timepoint", "specimen"), "")
    of |= {"study_day": None, "study_day_source": "", "hours_post_dose": None, "path": "a.fcs"}
    of |= {"acquisition": name, "sample": f"hd_{batch}", "panel": "tnk", "batch": batch}
    return Acquisition(**of | {"sha256": "0", "tube": "control", "role": REFERENCE} | changed)


def study(t_events, **batch_changes):
    """A plan, and the tables of a control in as many batches as ``t_events`` has numbers."""
    batches = [f"b{number}" for number in range(8, 8 + len(t_events))]
    names = [f"hd_{batch}__tnk__control" for batch in batches]
    controls = [
        acquisition(name, batch, **batch_changes)
        for name, batch in zip(names, batches, strict=True)
    ]
    sample = {"role": "sample", "tube": "full", "patient": "P1", "visit": "C0D1"}
    samples = [
        acquisition(f"P1_{batch}__tnk__full", batch, sample=f"P1_{batch}", **sample)
        for batch in [*batches, "b99"]
    ]
    populations, intensities = [], []
    for name, n in zip(names, t_events, strict=True):
        populations += counts(name, t=n, lymph=50_000)
        intensities += medians("nk", "CD56", 10.0 * n, acquisition=name)
    plan = Plan(acquisitions=(*controls, *samples))
    return plan, pd.DataFrame(populations), pd.DataFrame(intensities)


def charted(plan, populations, intensities, settings=SETTINGS):
    return pd.DataFrame(chart_rows(control_tubes(plan), populations, intensities, settings))


def series(table, population, statistic):
    rows = table[(table["population"] == population) & (table["statistic"] == statistic)]
    return rows.set_index("batch")


STEADY = [20_000, 20_400, 19_700, 20_100, 19_900, 20_200]


def test_a_series_is_one_value_a_batch_in_the_order_of_the_batches():
    table = charted(*study(STEADY))

    rows = series(table, "t", "pct__lymph")
    assert list(rows.index) == ["b8", "b9", "b10", "b11", "b12", "b13"]
    assert rows["value"].tolist() == pytest.approx([n / 500 for n in STEADY])
    assert set(rows["verdict"]) == {"in"}
    assert set(rows["control"]) == {"hd"}
    cv = 100 * np.std(STEADY, ddof=1) / np.mean(STEADY)
    assert rows["cv_pct"].tolist() == pytest.approx([cv] * 6)
    assert set(rows["cv_verdict"]) == {"passed"}


def test_a_batch_that_is_off_is_out_in_what_is_off_and_in_nothing_else():
    table = charted(*study([*STEADY, 26_000]))

    out = table[table["verdict"] == "out"]
    named = set(zip(out["population"], out["statistic"], out["batch"], strict=True))
    # T cells themselves, what is gated on them, and the median that follows them in `study`.
    assert named == {
        ("t", "pct__lymph", "b14"),
        ("t_cd4", "pct__t", "b14"),
        ("nk", "mfi__CD56", "b14"),
    }
    assert series(table, "t", "pct__lymph").loc["b14", "rules"] == "1_2s;1_3s"


def test_one_event_more_than_two_equal_batches_is_within_limits():
    table = charted(*study([50_000, 50_000, 49_999]))

    rows = series(table, "t", "pct__lymph")
    # half an event of 50,001: what counting alone leaves open
    share = 0.5 / 50_001
    expected = 100 * np.sqrt(share * (1 - share) / 50_001)
    assert rows.loc["b10", "sd"] == pytest.approx(expected)
    assert set(rows["verdict"]) == {"in"}


@pytest.mark.parametrize(
    ("batches", "reason"),
    [
        pytest.param(3, "with 2 other batches only what is 289 of their SD away is out", id="3"),
        pytest.param(5, "with 4 other batches only what is 10 of their SD away is out", id="5"),
        pytest.param(9, "", id="9"),
    ],
)
def test_few_batches_say_how_little_they_show(batches, reason):
    rows = series(charted(*study((STEADY * 2)[:batches])), "t", "pct__lymph")

    assert set(rows["reason"]) == {reason}


def test_two_batches_are_shown_without_limits():
    rows = series(charted(*study(STEADY[:2])), "t", "pct__lymph")

    assert set(rows["verdict"]) == {"no_limits"}
    assert rows["value"].notna().all()
    assert set(rows["reason"]) == {"1 other batches"}
    assert set(rows["cv_verdict"]) == {""}


def test_a_rare_population_may_vary_more():
    plan, populations, intensities = study(STEADY)
    is_rare = populations["population"] == "nk_cd57"
    populations.loc[is_rare, "n"] = [60, 40, 62, 38, 61, 39]
    populations.loc[is_rare, "n_parent"] = 600

    rare = series(charted(plan, populations, intensities), "nk_cd57", "pct__nk")
    none_is = replace(SETTINGS, rare_pct=0)
    major = series(charted(plan, populations, intensities, none_is), "nk_cd57", "pct__nk")

    assert rare["cv_pct"].iloc[0] == pytest.approx(major["cv_pct"].iloc[0])
    assert (rare["cv_verdict"].iloc[0], major["cv_verdict"].iloc[0]) == ("passed", "exceeded")
    assert (rare["cv_limit_pct"].iloc[0], major["cv_limit_pct"].iloc[0]) == (30, 20)


def test_a_share_of_too_few_is_not_charted_and_moves_no_limit():
    plan, populations, intensities = study(STEADY)
    first = (populations["acquisition"].str.contains("b8_")) & (populations["population"] == "t")
    populations.loc[first, ["n", "n_parent"]] = [1, 499]

    rows = series(charted(plan, populations, intensities), "t", "pct__lymph")

    assert rows.loc["b8", ["verdict", "reason"]].tolist() == ["not_evaluable", "too_few_events"]
    assert rows.loc["b9", "n_others"] == 4


def test_another_lot_of_the_material_is_another_series():
    first, populations, intensities = study(STEADY)
    lots = [replace(one, lot="A" if one.batch < "b12" else "B") for one in first.acquisitions]

    table = charted(Plan(acquisitions=tuple(lots)), populations, intensities)

    assert set(table["lot"]) == {"A", "B"}


def test_a_batch_without_a_control_and_a_refused_control_are_rows_too():
    plan, _, _ = study(STEADY[:3])

    rows = absent_controls(plan, control_tubes(plan), ["hd_b8__tnk__control"])

    assert [(row["batch"], row["verdict"]) for row in rows] == [
        ("b99", "no_control"),
        ("b8", "control_refused"),
    ]


def test_the_samples_of_a_batch_that_is_out_are_flagged_in_what_is_out():
    plan, populations, intensities = study([*STEADY, 26_000])
    rows = chart_rows(control_tubes(plan), populations, intensities, SETTINGS)
    shares, of_medians = marks_of_batches(rows, plan)
    mine, earlier = (f"P1_{batch}__tnk__full" for batch in ("b14", "b13"))
    tubes = [tube(mine), tube(earlier, visit="C1D1")]
    flagged = with_flags(pd.DataFrame(counts(mine) + counts(earlier)), [shares])
    values = [
        row
        for key in (mine, earlier)
        for marker in ("CD56", "CD16")
        for row in medians(marker=marker, acquisition=key)
    ]
    values = with_median_flags(pd.DataFrame(values), of_medians, OUT_OF_LIMITS)

    table, _ = measure(tubes, flagged, values.to_dict("records"))

    of = {visit: table[table["visit"] == visit] for visit in ("C0D1", "C1D1")}
    out = {
        visit: {row["feature"] for row in rows.to_dict("records") if OUT_OF_LIMITS in row["flags"]}
        for visit, rows in of.items()
    }
    assert {"t__pct__lymph", "t__abs", "t_cd4__pct__t", "nk__mfi__cd56"} <= out["C0D1"]
    assert not out["C0D1"] & {"nk__abs", "nk__mfi__cd16", "mono__pct__cd45"}
    assert out["C1D1"] == set()
    assert row_of(of["C0D1"], "t__pct__lymph")["status"] == "ok"


def test_without_controls_there_are_no_charts(tmp_path):
    assert chart_rows(control_tubes(Plan()), pd.DataFrame(), pd.DataFrame(), SETTINGS) == []
    assert absent_controls(Plan(), control_tubes(Plan()), []) == []


def test_the_rows_fit_the_table(tmp_path):
    rows = chart_rows(*_first(study(STEADY)), SETTINGS)

    write_tsv(tmp_path / "charts.tsv", COLUMNS, rows)


def beads(peaks):
    batches = [f"b{number}" for number in range(8, 8 + len(peaks))]
    tubes = [
        acquisition(f"rb_{batch}__tnk__beads_mesf", batch, tube="beads_mesf", sample=f"rb_{batch}")
        for batch in batches
    ]
    sample = {"role": "sample", "tube": "full", "patient": "P1", "visit": "C0D1"}
    mine = acquisition("P1_C0D1__tnk__full", batches[-1], sample="P1_C0D1", **sample)
    quantiles = [
        {"acquisition": one.acquisition, "marker": "CD56", "n": 5000.0}
        | {"probability": p, "value": peak * p / 0.95}
        for one, peak in zip(tubes, peaks, strict=True)
        for p in (0.5, 0.95)
    ]
    return Plan(acquisitions=(*tubes, mine)), pd.DataFrame(quantiles)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        pytest.param(109_900, "in", id="less than 10 % off"),
        pytest.param(110_100, "out", id="more"),
        pytest.param(89_900, "out", id="less bright"),
    ],
)
def test_beads_that_drift_flag_every_median_of_the_marker(last, said):
    plan, quantiles = beads([99_000, 101_000, last])

    rows = drift_rows(bead_tubes(plan), quantiles, SETTINGS)

    assert [row["batch"] for row in rows] == ["b8", "b9", "b10"]
    assert (rows[-1]["verdict"], rows[-1]["centre"]) == (said, 100_000)
    shares, of_medians = marks_of_batches(rows, plan)
    values = pd.DataFrame(medians() + medians("t") + medians("t", "CD16"))
    flagged = with_median_flags(values, of_medians, OUT_OF_LIMITS)
    table, _ = measure(intensities=flagged.to_dict("records"))
    out = {row["feature"] for row in table.to_dict("records") if OUT_OF_LIMITS in row["flags"]}
    assert out == ({"nk__mfi__cd56", "t__mfi__cd56"} if said == "out" else set())
    assert shares == {}


def test_beads_of_one_batch_have_nothing_to_drift_from(tmp_path):
    plan, quantiles = beads([99_000])

    (row,) = drift_rows(bead_tubes(plan), quantiles, SETTINGS)

    assert (row["verdict"], row["reason"]) == ("no_limits", "no other batch")
    assert drift_rows(bead_tubes(Plan()), pd.DataFrame(), SETTINGS) == []
    write_tsv(tmp_path / "charts.tsv", COLUMNS, [row])
    assert "no limits yet" in draw_levey_jennings([row], "beads")


def _first(made):
    plan, populations, intensities = made
    return control_tubes(plan), populations, intensities


def drawn(t_events):
    rows = series(charted(*study(t_events)), "t", "pct__lymph").reset_index()
    return draw_levey_jennings(rows.to_dict("records"), "t, % of lymph, control hd", "%")


def test_the_chart_marks_the_batch_that_is_out_by_shape_and_by_rule():
    svg = drawn([*STEADY, 26_000])

    root = ET.fromstring(svg)
    assert root.get("aria-label").endswith("out of limits: b14")
    assert ">1_3s" in svg
    assert "2 and 3 SD of the others" in svg
    shapes = re.findall(r'<path d="[^"]*Z"', svg)
    assert len(shapes) == 2, "the mark, and its key"
    assert svg.count("<circle") == 6 + 1


def test_a_chart_of_few_batches_says_that_there_are_no_limits():
    svg = drawn(STEADY[:2])

    assert "2 batches; too few for limits" in svg
    assert "no limits yet" in svg


def test_a_batch_without_a_value_and_a_name_with_marks_are_drawn():
    rows = [
        {"batch": "a<b", "value": "", "verdict": "not_evaluable", "rules": ""},
        {"batch": "c", "value": "3.5", "verdict": "no_limits", "rules": "", "centre": ""},
    ]

    root = ET.fromstring(draw_levey_jennings(rows, "x & y"))

    said = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a<b", "none", "x & y"} <= set(said)
    assert ET.fromstring(draw_levey_jennings([], "nothing")) is not None
