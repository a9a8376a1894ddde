"""A whole run of a study with stimulated tubes, from simulated files to the cohort."""

import shutil

import numpy as np
import pytest

from correlates.measurements import read_measurements
from correlates.simulate.panels.tube import draw_panel_tube
from correlates.tables import read_tsv
from study import ROOT, SMALL_FLOORS, Study, copy_checkout

pytestmark = pytest.mark.workflow
RESTING = {"t_cd4": {("CD107a",): 0.001}, "t_cd8": {("CD107a",): 0.001}}
CMV = {"t_cd4": {("CD107a",): 0.001}, "t_cd8": {("CD107a",): 0.001, ("IFNg", "TNF"): 0.02}}
SEB = {parent: {("IFNg", "IL2"): 0.06, ("TNF",): 0.03} for parent in ("t_cd4", "t_cd8")}
TUBES = {
    "P01_C1D1_ics_unstim": RESTING,
    "P01_C1D1_ics_stim_CMV": CMV,
    "P01_C1D1_ics_stim_SEB": SEB,
    "P02_C1D1_ics_stim_CMV": CMV,
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a finished run: one patient with all tubes, one without the unstimulated one."""
    folder = tmp_path_factory.mktemp("ics") / "work"
    study = Study(copy_checkout(folder / "checkout"), folder / "study")
    (study.folder / "fcs").mkdir(parents=True)
    for seed, (name, responses) in enumerate(TUBES.items()):
        rng = np.random.default_rng(seed)
        donor = int(name[2:3])
        tube = draw_panel_tube("ics", 25_000, rng, responses=responses, donor=donor)
        tube.write(study.folder / "fcs" / f"{name}.fcs")
    (study.folder / "patients.tsv").write_text(
        "patient\tlenalidomide_start_day\tresponse\ttfr_grade\nP01\t29\tCR\t1\nP02\t29\tPR\t0\n"
    )
    shutil.copy(ROOT / "resources" / "panels" / "ics.tsv", study.folder / "panels.tsv")
    study.write_config(
        {
            "study": {
                "patients": "patients.tsv",
                "panels": "panels.tsv",
                "specimen": "cryo_pbmc",
                "drop": {
                    "folder": "fcs",
                    "pattern": r"{patient:[A-Z]+\d+}_{visit}_{panel}_{tube}.fcs",
                },
                "gating": {"ics": "ics"},
            },
            "flow": SMALL_FLOORS,
            "analyses": {"contrasts": [], "model": {"endpoints": []}},
        }
    )
    study.run_well()
    return study


@pytest.fixture(scope="module")
def measured(study):
    table = read_measurements(study.result("cohort/measurements.parquet"))
    return table.set_index(["patient", "feature"])


def test_a_response_that_was_planted_is_found_and_measured(measured):
    net = measured.loc["P01", "t_cd8__net_cmv__ifng+il2-tnf+cd107a-"]

    assert (net["assay"], net["status"]) == ("ics", "ok")
    assert net["ci_low"] < 2.0 < net["ci_high"]
    assert measured.loc[("P01", "t_cd8__response_cmv"), "value"] == 1
    assert measured.loc[("P01", "t_cd4__response_cmv"), "value"] == 0
    assert measured.loc[("P01", "t_cd4__response_seb"), "value"] == 1


def test_without_its_unstimulated_tube_a_draw_is_listed_and_not_made_up(study, measured):
    rows = measured.loc["P02"]

    assert set(rows["status"]) == {"not_evaluable"}
    reasons = [row["reason"] for row in read_tsv(study.result("cohort/exclusions.tsv"))]
    assert any("no unstimulated tube" in reason for reason in reasons)


def test_tubes_of_a_stimulation_are_not_left_out(study):
    rows = read_tsv(study.result("cohort/exclusions.tsv"))

    assert not [row for row in rows if row["what"] == "acquisition"]


def test_the_calls_show_what_they_rest_on(study):
    calls = read_tsv(study.result("ics/calls.tsv"))

    responding = [row for row in calls if row["responds"] == "True" and row["agent"] == "cmv"]
    assert {row["combination"] for row in responding} == {"ifng+il2-tnf+cd107a-"}
    assert all(row["unstim"] == "P01_C1D1__ics__unstim" for row in responding)


def test_a_stimulated_tube_is_cut_where_its_unstimulated_one_is(study):
    def cuts(tube):
        rows = read_tsv(study.result(f"flow/thresholds/{tube}.tsv"))
        return {row["population"]: row for row in rows if row["population"].endswith("_pos")}

    resting, stimulated = cuts("P01_C1D1__ics__unstim"), cuts("P01_C1D1__ics__stim_CMV")
    alone = cuts("P02_C1D1__ics__stim_CMV")

    assert len(stimulated) == 6
    for population, row in stimulated.items():
        assert float(row["threshold"]) == pytest.approx(float(resting[population]["threshold"]))
        assert row["source"] == "P01_C1D1__ics__unstim"
        assert "unstim_missing" in alone[population]["flags"]


def test_nothing_changed_plans_nothing(study):
    assert study.planned() == {}


def test_another_limit_of_calls_runs_no_gating_again(study):
    config = study.read_config()
    study.write_config(config | {"ics": {"min_net_pct": 0.1}})

    planned = study.planned()
    study.write_config(config)

    assert "measure_ics" in planned
    assert "gate_sample" not in planned
