"""Tubes of occupancy: from the tables of gating jobs to readings."""

import pandas as pd
import pytest
import yaml

from correlates.assays.occupancy.flow_tubes import background_sd, flow_readings
from correlates.flow.calibration.applied import mesf_of_medians
from correlates.flow.counts.exclusion import Fitness
from correlates.flow.counts.probe_tubes import probe_rows, probe_tubes, unread_tubes
from correlates.flow.counts.settings import FlowSettings, settings_of_counts
from correlates.flow.counts.tubes import evaluable_tubes
from occupancy_readings import SETTINGS
from study import ROOT

FLOW = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["flow"]
OF_COUNTS = FlowSettings(**settings_of_counts(FLOW))
MEDIANS = {
    "probe": {"Probe": 640.0, "BTK": 20.0},
    "probe_bg": {"Probe": 400.0, "BTK": 30.0},
    "total": {"Probe": 60.0, "BTK": 3630.0},
}


def tube_rows(patient="P1", visit="C1D1", tubes=("probe", "probe_bg", "total"), **other):
    """Rows of ``probe_tubes.tsv`` of one draw, CLL cells only."""
    usual = {
        **{"patient": patient, "visit": visit, "timepoint": "pre", "specimen": "cryo_pbmc"},
        **{"sample": f"{patient}_{visit}", "day": "29", "hours_post_dose": "24", "panel": "occ"},
        **{"batch": "b1", "role": "sample", "population": "cll", "n": "900.0", "usable": "yes"},
        **{"flags": "", "rsd": "50", "mesf": "", "mesf_low": "", "mesf_high": ""},
    }
    return [
        usual
        | {"tube": tube, "marker": marker, "median": str(median), "acquisition": f"{visit}-{tube}"}
        | {"low": str(median - 9.8), "high": str(median + 9.8)}
        | other
        for tube in tubes
        for marker, median in MEDIANS[tube].items()
    ]


def only(rows):
    (one,), donors = flow_readings(rows, SETTINGS)
    assert donors == []
    return one


def test_free_and_total_are_less_their_backgrounds():
    one = only(tube_rows())

    assert (one.target, one.cell, one.assay, one.run) == ("btk", "cll", "flow_probe", "b1")
    assert one.free.value == pytest.approx(240.0)
    assert one.total.value == pytest.approx(3600.0)
    assert one.free.se == pytest.approx(2**0.5 * 5.0, rel=1e-3)
    assert (one.n, one.faults) == (900, ())


@pytest.mark.parametrize(
    ("tubes", "fault"),
    [
        pytest.param(("probe", "total"), "no_background_tube", id="no background"),
        pytest.param(("probe_bg", "total"), "no_probe_tube", id="no probe"),
    ],
)
def test_a_draw_that_lacks_a_tube_keeps_its_reading(tubes, fault):
    one = only(tube_rows(tubes=tubes))

    assert one.free is None
    assert fault in one.faults


def test_without_a_total_tube_there_is_a_free_signal():
    one = only(tube_rows(tubes=("probe", "probe_bg")))

    assert (one.total, one.free.value) == (None, pytest.approx(240.0))


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        pytest.param({"n": "199"}, "few_target_cells", id="199 cells"),
        pytest.param({"n": "200"}, None, id="200 cells"),
        pytest.param({"usable": "no"}, "unfit_tube", id="dead cells"),
    ],
)
def test_target_cells_must_be_many_and_alive(other, fault):
    assert only(tube_rows(**other)).faults == (() if fault is None else (fault,))


def test_the_background_varies_within_patients_and_what_they_differ_by_is_no_noise():
    rows = []
    for patient, level in (("P1", 300.0), ("P2", 900.0)):
        for visit, off in (("C0D1", -10.0), ("C1D1", 0.0), ("C2D1", 10.0)):
            made = tube_rows(patient, visit)
            for row in made:
                if (row["tube"], row["marker"]) == ("probe_bg", "Probe"):
                    row["median"] = str(level + off)
            rows += made
    readings, _ = flow_readings(rows, SETTINGS)

    # (2 x (100 + 0 + 100)) / 4 degrees of freedom
    assert background_sd(readings, "bg", 3)["btk", "cll", "mfi"] == pytest.approx(10.0)
    assert [one.lloq_free for one in readings] == pytest.approx([100.0] * 6)
    assert background_sd(readings, "bg", 5) == {}


def test_of_too_few_tubes_the_error_of_the_events_is_the_least_and_told():
    one = only(tube_rows())

    assert one.lloq_free == pytest.approx(10 * one.free.se)
    assert "lloq_of_events_only" in one.flags


def test_tubes_of_an_untreated_donor_are_nobodys():
    readings, donors = flow_readings(tube_rows(patient="", visit="", role="reference"), SETTINGS)

    assert readings == []
    assert donors[0].free.value == pytest.approx(240.0)


CURVE = {
    **{"acquisition": "beads", "panel": "occ", "batch": "b1", "channel": "FITC-A"},
    **{"verdict": "accepted", "slope": "1", "intercept": "1", "max_error_pct": "2", "code": ""},
    **{"mfi_low": "50", "mfi_high": "5000", "f_p": ""},
}


def calibrated(rows, **curve):
    numbers = [
        row
        | {"channel": "FITC-A" if row["marker"] == "Probe" else "PE-A"}
        | {name: float(row[name]) for name in ("median", "low", "high")}
        for row in rows
    ]
    curves = [CURVE | curve, CURVE | {"channel": "PE-A"} | curve]
    found = mesf_of_medians(numbers, curves)
    return [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in found
    ]


def test_calibrated_tubes_are_read_in_mesf_and_compare_over_runs():
    one = only(calibrated(tube_rows()))

    assert (one.unit, one.is_calibrated) == ("mesf", True)
    assert one.free.value == pytest.approx(2400.0)
    assert one.total.value == pytest.approx(36000.0)


def test_a_patient_with_one_tube_that_is_not_calibrated_is_read_as_it_is():
    rows = [*calibrated(tube_rows(visit="C0D1")), *calibrated(tube_rows(), verdict="rejected")]
    readings, _ = flow_readings(rows, SETTINGS)

    assert {(one.visit, one.unit) for one in readings} == {("C0D1", "mfi"), ("C1D1", "mfi")}


def test_what_outshines_the_beads_is_flagged():
    (row, *_) = calibrated(tube_rows(), mfi_high="600")

    assert row["flags"] == "outside_calibrated_range"


def plan_row(name, **other):
    usual = {
        **{"acquisition": name, "sample": "P1_C1D1", "patient": "P1", "visit": "C1D1"},
        **{"timepoint": "", "specimen": "cryo_pbmc", "panel": "occ", "batch": "b1", "lot": ""},
        **{"tube": name, "role": "sample", "hours_post_dose": 24.0, "day": 29.0},
        **{"study_day": 29.0, "study_day_source": "recorded"},
    }
    return usual | other


ACCEPTED = {"verdict": "accepted", "findings": []}
COUNTS = [("singlets", 90_000), ("viable", 80_000), ("cd45", 70_000), ("cll", 60_000)]


def populations(names, counts=COUNTS):
    return pd.DataFrame(
        [
            {"acquisition": name, "population": population, "n": n, "flags": ""}
            for name in names
            for population, n in counts
        ]
    )


def chosen(planned, verdicts=None, excluded=None, fitness=None, counts=COUNTS):
    names = [one["acquisition"] for one in planned]
    verdicts = dict.fromkeys(names, ACCEPTED) | (verdicts or {})
    return probe_tubes(
        planned, verdicts, excluded or {}, fitness or {}, populations(names, counts), OF_COUNTS
    )


def test_only_accepted_tubes_of_occupancy_are_chosen():
    planned = [plan_row(name) for name in ("probe", "probe_bg", "total", "full")]
    tubes, left_out = chosen(planned, {"total": {"verdict": "refused"}}, {"probe_bg": "a copy"})

    assert list(tubes.index) == ["probe"]
    assert [(row["item"], row["reason"]) for row in left_out] == [("probe_bg", "a copy")]


@pytest.mark.parametrize(
    ("counts", "fitness", "flag"),
    [
        pytest.param(
            [("singlets", 90_000), ("viable", 50_000), ("cd45", 50_000)],
            {},
            "viability_below_floor",
            id="dead cells",
        ),
        pytest.param(
            COUNTS,
            {"probe": Fitness({"margin_events": "30 %"})},
            "margin_events",
            id="an acquisition that was not fit",
        ),
    ],
)
def test_an_unfit_tube_stays_and_is_not_usable(counts, fitness, flag):
    tubes, _ = chosen([plan_row("probe")], fitness=fitness, counts=counts)
    medians = pd.DataFrame(
        [{"acquisition": "probe", "population": "cll", "marker": "probe", "median": 640.0}]
    )
    (row,) = probe_rows(tubes, populations(["probe"]), medians, ["cll"], ["Probe"])

    assert row["usable"] == "no"
    assert flag in row["flags"]


def test_only_target_cells_and_the_markers_asked_for_are_told():
    tubes, _ = chosen([plan_row("probe")])
    medians = pd.DataFrame(
        [
            {"acquisition": "probe", "population": population, "marker": marker, "median": 1.0}
            for population in ("cll", "mono")
            for marker in (" PROBE", "CD19", "")
        ]
    )
    rows = list(probe_rows(tubes, populations(["probe"]), medians, ["cll"], ["Probe"]))

    assert [(row["population"], row["marker"], row["usable"]) for row in rows] == [
        ("cll", " PROBE", "yes")
    ]


def test_a_tube_of_which_nothing_is_read_is_named_with_what_to_look_at():
    tubes, _ = chosen([plan_row("probe"), plan_row("total")])

    (row,) = unread_tubes(tubes, [{"acquisition": "total"}], ["Probe", "BTK"])

    assert (row["item"], row["patient"]) == ("probe", "P1")
    assert "BTK, Probe" in row["reason"]


def test_flow_neither_measures_nor_lists_tubes_of_occupancy():
    planned = [plan_row("probe"), plan_row("total"), plan_row("full")]
    names = [one["acquisition"] for one in planned]

    tubes, left_out = evaluable_tubes(planned, dict.fromkeys(names, ACCEPTED), {}, set(names))

    assert (list(tubes.index), left_out) == (["full"], [])
