"""Wells of plates turned into readings, and runs judged by their controls."""

from dataclasses import replace

import pytest

from correlates.assays.occupancy.measure import measure
from correlates.assays.occupancy.plates import read_plates
from correlates.assays.occupancy.wells import replicate_cv
from occupancy_readings import NOBODY, SETTINGS, well, well_before


def measured(*rows, settings=SETTINGS):
    return measure((), rows, NOBODY, settings)


def occupancy_of(results, visit="C1D1", feature="btk__occ__cll"):
    (row,) = [
        row for row in results.measurements if (row["visit"], row["feature"]) == (visit, feature)
    ]
    return row


def test_the_worked_elisa_of_a_sheet():
    results = measured(well_before(), well())

    assert occupancy_of(results)["value"] == pytest.approx(87.4, abs=0.05)
    (detail,) = [row for row in results.details if row["visit"] == "C1D1"]
    found = [float(detail[f"occ_{name}"]) for name in ("pre_dose", "within", "adjusted")]
    assert found == pytest.approx([93.7, 88.0, 87.4], abs=0.05)


def test_replicates_are_averaged_and_counted():
    rows = [well(well="A1", signal_free=0.5), well(well="A2", signal_free=0.7)]
    results = measured(well_before(), *rows)

    one = occupancy_of(results)
    assert one["value"] == pytest.approx(87.4, abs=0.05)
    assert one["n"] == 2
    assert "replicates_differ" in one["flags"]


def test_the_error_of_a_pair_that_agrees_is_that_of_the_runs_replicates():
    rows = [
        *(well(well=f"A{n}", signal_free=0.6) for n in (1, 2)),
        *(well(visit="C2D1", well=f"B{n}", signal_free=0.6 + 0.03 * n) for n in (1, -1)),
    ]
    one = occupancy_of(measured(well_before(), *rows))

    assert one["ci_low"] < one["value"] < one["ci_high"]


def test_a_pair_beyond_the_limit_says_nothing_of_the_others():
    rows = [
        *(well(well=f"A{n}", signal_free=0.6 * n) for n in (1, 3)),
        *(well(visit="C2D1", well=f"B{n}", signal_free=0.6 + 0.03 * n) for n in (1, -1)),
    ]
    cv = read_plates(rows, SETTINGS).replicate_cv["E1", "btk", "elisa"]

    assert cv < replicate_cv([0.63, 0.57])


@pytest.mark.parametrize(
    ("unit", "factor"),
    [pytest.param("pg_ml", 1000, id="pg/mL"), pytest.param("ng_ml", 1, id="ng/mL")],
)
def test_concentrations_come_in_one_unit(unit, factor):
    names = ("signal_free", "signal_total", "lloq_free")
    values = dict(zip(names, (0.6, 5.0, 0.15), strict=True))
    row = well(unit=unit, **{name: value * factor for name, value in values.items()})

    assert occupancy_of(measured(well_before(), row))["value"] == pytest.approx(87.4, abs=0.05)


def test_a_signal_as_read_needs_a_background():
    raw = {"unit": "rlu", "lloq_free": 100.0, "signal_total": None}
    rows = [well_before(signal_free=9500.0, **raw), well(signal_free=800.0, **raw)]
    blanks = [
        well(role="blank", unit="rlu", patient=None, visit=None, signal_free=value, well=f"H{n}")
        for n, value in enumerate((190.0, 200.0, 210.0), 1)
    ]
    without, with_blanks = measured(*rows), measured(*rows, *blanks)

    assert occupancy_of(without)["status"] == "not_evaluable"
    assert "no_background" in occupancy_of(without)["flags"]
    assert occupancy_of(with_blanks)["value"] == pytest.approx(100 * (1 - 600 / 9300))


def test_the_limit_of_quantification_is_made_of_blanks_where_nobody_gave_one():
    raw = {"unit": "rlu", "lloq_free": None, "signal_total": None}
    rows = [well_before(signal_free=9500.0, **raw), well(signal_free=280.0, **raw)]
    blanks = [
        well(role="blank", unit="rlu", patient=None, visit=None, signal_free=value, well=f"H{n}")
        for n, value in enumerate((190.0, 200.0, 210.0), 1)
    ]
    one = occupancy_of(measured(*rows, *blanks))

    assert one["status"] == "gt_uloq"
    assert one["limit"] == pytest.approx(100 * (1 - 100 / 9300))


@pytest.mark.parametrize(
    ("purity", "flag"),
    [
        pytest.param(97.0, None, id="pure"),
        pytest.param(94.9, "purity_below_limit", id="not pure enough"),
        pytest.param(None, "purity_unknown", id="nobody knows"),
    ],
)
def test_a_lysate_of_t_cells_must_be_pure(purity, flag):
    itk = {"target": "itk", "cell": "t", "purity_pct": purity}
    one = occupancy_of(measured(well_before(**itk), well(**itk)), feature="itk__occ__t")

    assert (one["status"] == "ok") == (flag is None)
    assert flag is None or flag in one["flags"]


def test_an_export_needs_enough_target_cells():
    flow = {"assay": "flow_probe", "unit": "mfi", "signal_bg": 400.0, "lloq_free": 150.0}
    flow |= {"signal_total": None}
    rows = [
        well_before(signal_free=5200.0, n_events=900, **flow),
        well(signal_free=640.0, n_events=900, **flow),
        well(visit="C2D1", signal_free=640.0, n_events=199, **flow),
    ]
    results = measured(*rows)

    assert occupancy_of(results)["value"] == pytest.approx(95.0)
    assert "few_target_cells" in occupancy_of(results, "C2D1")["flags"]


def test_no_cell_no_feature():
    results = measured(well(cell=None))

    assert results.measurements == []
    assert "which cells" in results.left_out[0]["reason"]


def controls(runs, values):
    return [
        well(role="control", name="QC", patient=None, visit=None, run=run, signal_free=value)
        for run, value in zip(runs, values, strict=True)
    ]


def test_a_run_whose_control_is_off_fails_and_its_repeat_is_used():
    rows = controls(("E1", "E2", "E3", "E1R"), (2.0, 5.0, 5.1, 5.2))
    rows += [well_before(run=run) for run in ("E1", "E1R")]
    rows += [well(run="E1", signal_free=0.2), well(run="E1R")]
    results = measured(*rows)

    verdicts = {row["run"]: row["verdict"] for row in results.runs}
    assert verdicts == {"E1": "fail", "E1R": "pass"}
    assert occupancy_of(results)["run"] == "E1R"
    assert occupancy_of(results)["value"] == pytest.approx(87.4, abs=0.05)
    assert {row["status"] for row in results.left_out} == {"superseded"}
    assert "run_failed" in results.left_out[0]["reason"]


def test_of_two_runs_that_differ_neither_fails():
    rows = [*controls(("E1", "E2"), (2.0, 5.0)), well_before(), well()]
    results = measured(*rows)

    assert [row["verdict"] for row in results.runs] == ["flag"]
    assert occupancy_of(results)["status"] == "ok"


def test_a_run_without_a_control_is_told():
    (run,) = measured(well_before(), well()).runs

    assert (run["verdict"], "no control" in run["reasons"]) == ("flag", True)


def test_blanks_that_would_be_quantified_flag_their_run():
    blank = well(role="blank", patient=None, visit=None, signal_free=0.4)
    rows = [*controls(("E1",), (5.0,)), well_before(), well()]

    (run,), (other,) = measured(*rows, blank).runs, measured(*rows).runs

    assert (run["verdict"], other["verdict"]) == ("flag", "pass")
    assert "above the LLOQ 0.15" in run["reasons"]


def test_what_controls_vary_by_between_runs():
    rows = measured(*controls(("E1", "E2"), (4.0, 6.0)), well_before()).controls

    (free,) = [row for row in rows if row["analyte"] == "btk cll free"]
    assert free["cv_pct"] == pytest.approx(28.28, abs=0.01)
    assert free["verdict"] == "flag"


def test_of_two_assays_of_a_draw_the_preferred_one_counts():
    flow = {"assay": "flow_probe", "unit": "mfi", "signal_bg": 400.0, "n_events": 900}
    flow |= {"run": "F1", "signal_total": None, "lloq_free": 150.0}
    rows = [well_before(), well(), well_before(signal_free=5200.0, **flow)]
    results = measured(*rows, well(signal_free=640.0, **flow))

    assert occupancy_of(results)["value"] == pytest.approx(95.0)
    assert [row["visit"] for row in results.left_out] == ["C0D1", "C1D1"]
    assert "87.4 % signed" in results.left_out[1]["reason"]


@pytest.mark.parametrize(
    ("free", "said"),
    [
        pytest.param(401.6, "(99.9 % signed)", id="just below 100"),
        pytest.param(399.0, "(above 99.9 %)", id="beyond its ceiling"),
    ],
)
def test_a_value_that_gave_way_is_not_listed_as_100_percent(free, said):
    flow = {"assay": "flow_probe", "unit": "mfi", "signal_bg": 400.0, "n_events": 900}
    flow |= {"run": "F1", "signal_total": None, "lloq_free": 1.5}
    rows = [well_before(signal_free=5200.0, **flow), well(signal_free=free, **flow)]
    settings = replace(SETTINGS, assays=("elisa", "flow_probe", "trfret"))
    results = measured(*rows, well_before(), well(), settings=settings)

    assert said in results.left_out[1]["reason"]


def test_every_well_has_its_verdict_for_the_layout():
    rows = [well_before(well="A1"), well(well="A2", signal_free=0.5), well(well="A3")]
    wells = measured(*rows, well(role="blank", well="H1", signal_free=0.02)).wells

    assert {one["well"]: (one["kind"], one["verdict"]) for one in wells} == {
        "A1": ("sample", "pass"),
        **dict.fromkeys(("A2", "A3"), ("sample", "pass")),
        "H1": ("blank", "pass"),
    }
