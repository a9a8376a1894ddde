"""Verdicts, coefficients of variation between runs, and layouts."""

import math

import numpy as np
import pytest

from correlates.assays.layouts import draw_plates, draw_run_order, well_place
from correlates.assays.left_out import row_left_out
from correlates.assays.quality import FAIL, FLAG, PASS, Reason, control_row, run_row, verdict_of
from correlates.assays.rows import as_table, measurement
from correlates.measurements import faults


def test_the_worst_reason_is_the_verdict_and_all_are_told():
    reasons = [Reason(FLAG, "Low RIN."), Reason(FAIL, "No bands.")]

    assert verdict_of(reasons) == (FAIL, "Low RIN. No bands.")
    assert verdict_of([]) == (PASS, "")


def test_the_cv_of_a_control_and_its_interval():
    row = control_row("soluble", "il6", "C1", [10.0, 12.0, 11.0, 9.0], limit_pct=20)

    sd = math.sqrt(sum((x - 10.5) ** 2 for x in (10, 12, 11, 9)) / 3)
    assert row["cv_pct"] == pytest.approx(100 * sd / 10.5)
    # chi-squared quantiles with 3 degrees of freedom, from a printed table: 9.348 and 0.216
    for name, u in (("cv_pct_low", 9.348), ("cv_pct_high", 0.2158)):
        square = ((u + 2) / 4 - 1) * (sd / 10.5) ** 2 + u / 3
        assert row[name] == pytest.approx(row["cv_pct"] / math.sqrt(square), rel=1e-3)
    assert row["verdict"] == PASS


@pytest.mark.parametrize(("cv", "runs"), [(0.1, 3), (0.4, 3), (0.4, 8)])
def test_the_interval_of_a_cv_holds_the_truth_as_often_as_it_says(cv, runs):
    """At 40 % an interval of the SD alone, over a mean taken for known, holds it in 91 %."""
    rng = np.random.default_rng(3)
    rows = [control_row("pk", "x", "QC", rng.normal(1, cv, runs), 20) for _ in range(4000)]
    known = [one for one in rows if one["cv_pct"] is not None]

    held = [one["cv_pct_low"] <= 100 * cv <= (one["cv_pct_high"] or math.inf) for one in known]

    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def test_the_cv_of_logarithms_is_that_of_the_log_normal():
    rng = np.random.default_rng(1)
    logs = rng.normal(3, 0.5, 200_000)

    row = control_row("qpcr", "rhoh", "IPC", logs, limit_pct=50, scale="log2")

    linear = 2**logs
    assert row["cv_pct"] == pytest.approx(100 * linear.std() / linear.mean(), rel=0.02)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        pytest.param([1.0], FLAG, id="one run says nothing"),
        pytest.param([1.0, 2.0], FLAG, id="above the limit"),
        pytest.param([1.0, 1.01, None], PASS, id="a missing run is passed over"),
        pytest.param([-1.0, 1.0], FLAG, id="a mean of zero has no CV"),
    ],
)
def test_the_verdict_on_a_control(values, verdict):
    assert control_row("pk", "ibrutinib", "QC", values, limit_pct=15)["verdict"] == verdict


@pytest.mark.parametrize(
    ("well", "place"),
    [("A1", (0, 0)), ("h12", (7, 11)), ("P24", (15, 23)), ("AF48", (31, 47)), ("7", None)],
)
def test_a_well_has_a_place(well, place):
    assert well_place(well) == place


def test_figures_are_the_same_bytes_each_time(tmp_path):
    wells = [
        {"run": "p1", "well": "A1", "value": 20.0, "verdict": "pass", "kind": "sample"},
        {"run": "p1", "well": "B1", "value": None, "verdict": "fail", "kind": "ntc"},
    ]
    order = [{"run": "b1", "analyte": "QC", "value": 1.0, "verdict": "flag", "low": 0, "high": 2}]
    for name in ("one", "two"):
        draw_plates(wells, tmp_path / f"plates_{name}.svg", label="Cq")
        draw_run_order(order, tmp_path / f"order_{name}.svg", label="ng/mL")

    for kind in ("plates", "order"):
        first, second = (tmp_path / f"{kind}_{name}.svg" for name in ("one", "two"))
        assert first.read_bytes() == second.read_bytes()
        assert b"<dc:date>" not in first.read_bytes()


def test_nothing_to_draw_is_said_in_words(tmp_path):
    draw_plates([], tmp_path / "none.svg", label="Cq", empty="No plate was run.")

    assert b"No plate was run." in (tmp_path / "none.svg").read_bytes()


def test_a_measurement_keeps_the_contract():
    draw = {"patient": "P01", "visit": "C0D1", "timepoint": None, "specimen": None, "sample": None}
    rows = [
        measurement(draw, "qpcr", "rhoh__log2_cnrq__cll", 1.5, "1", n=3, run="p1"),
        measurement(
            *(draw, "qpcr", "crbn__log2_cnrq__cll", None, "1"),
            status="not_evaluable",
            flags=["no_reference"],
        ),
    ]

    assert faults(as_table(rows)) == []
    assert run_row("qpcr", "p1", [], 2)["verdict"] == PASS


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param({"row": 7, "sheet": "a.tsv"}, "No unit (row 7 of a.tsv).", id="of a sheet"),
        pytest.param({"row": None}, "No unit.", id="nobody wrote it"),
    ],
)
def test_a_row_that_gave_nothing_is_told_with_its_place(row, reason):
    found = row_left_out("well", "A1", "no unit.", row | {"patient": "P1", "visit": None})

    assert (found["patient"], found["visit"], found["reason"]) == ("P1", "", reason)
