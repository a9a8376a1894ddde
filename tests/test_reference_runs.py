"""Reference tubes in whole runs: whose threshold is used, and what a new tube runs again."""

import csv
import re
import shutil

import numpy as np
import pytest

from correlates.measurements import read_measurements
from correlates.simulate.panels.specs import SPECS
from correlates.simulate.panels.tube import draw_panel_tube
from correlates.tables import read_tsv, write_tsv
from study import ROOT, SMALL_FLOORS, Study, copy_checkout
from test_calibration import MESF, certificate, write_beads

pytestmark = pytest.mark.workflow
PANEL = "t_subsets"
EVENTS = 6000
SAMPLES = ("patient", "visit", "panel", "tube", "batch", "fcs")
REFERENCES = ("reference", "tube", "panel", "batch", "fcs", "lot")
DONORS = {"P01": 1, "P02": 2, "P03": 3, "P04": 4, "hd": 9, "hd2": 9}


def sample(patient, batch):
    row = (patient, "C1D1", PANEL, "full", batch, f"{patient}.fcs")
    return dict(zip(SAMPLES, row, strict=True))


def reference(name, batch, tube="fmo_PD1", lot=""):
    row = (name, tube, PANEL, batch, f"{name}_{batch}.fcs", lot)
    return dict(zip(REFERENCES, row, strict=True))


def write_tube(path, seed, donor, without=None):
    rng = np.random.default_rng(seed)
    tube = draw_panel_tube(PANEL, EVENTS, rng, donor=donor, without=without)
    tube.write(path)
    return tube


def write_template(path):
    """The shipped template, its PD-1 threshold taken from the batch's FMO."""
    rows = list(csv.reader((ROOT / "resources/gating" / f"{PANEL}.csv").read_text().splitlines()))
    for row in rows:
        if row[0] == "pd1_pos":
            row[4:6] = ["fmoGate", "gate_range=c(100,3000)"]
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a study of two batches with an FMO each, whose run has ended."""
    folder = tmp_path_factory.mktemp("references") / "work"
    study = Study(copy_checkout(folder / "checkout"), folder / "study")
    data = study.folder
    data.mkdir()
    for number, (name, _) in enumerate(
        [("P01", "b1"), ("P02", "b1"), ("P03", "b2"), ("P04", "b1")]
    ):
        write_tube(data / f"{name}.fcs", number, DONORS[name])
    for number, name in enumerate(("hd_b1", "hd_b2", "hd2_b1", "hd2_b2"), start=10):
        write_tube(data / f"{name}.fcs", number, 9, without="PD1")
    (data / "hd_b2.fcs").write_bytes((data / "hd_b2.fcs").read_bytes()[:-5000])
    write_template(data / "gates.csv")
    markers = SPECS[PANEL].markers.items()
    panel = [{"panel": PANEL, "channel": name, "marker": marker} for name, marker in markers]
    write_tsv(data / "panels.tsv", ("panel", "channel", "marker"), panel)
    patients = ("patient", "lenalidomide_start_day", "response", "tfr_grade")
    rows = [dict(zip(patients, (f"P0{n}", 29, "PR", 0), strict=True)) for n in (1, 2, 3, 4)]
    write_tsv(data / "patients.tsv", patients, rows)
    write_beads(data / "beads_b1.fcs", CHANNEL)
    write_tsv(data / "mesf.tsv", MESF, certificate(CHANNEL, f_p=2))
    write_tsv(data / "samples.tsv", SAMPLES, [sample("P01", "b1"), sample("P02", "b1"), B2])
    write_tsv(data / "references.tsv", REFERENCES, [*FMOS, BEADS])
    study.write_config(
        {
            "study": {
                "title": "Reference tubes",
                "patients": "patients.tsv",
                "panels": "panels.tsv",
                "samples": "samples.tsv",
                "references": "references.tsv",
                "mesf": "mesf.tsv",
                "specimen": "fresh_pbmc",
                "gating": {PANEL: "gates.csv"},
            },
            "intake": {"settle_minutes": 0},
            "flow": SMALL_FLOORS | {"fmo_min_parent_events": 200},
            "analyses": {"contrasts": [], "model": {"endpoints": []}},
        }
    )
    study.run_well()
    shutil.copytree(folder, folder.with_name("pristine"))
    return study


B2 = sample("P03", "b2")
FMOS = [reference("hd", "b1"), reference("hd", "b2")]
BEADS = reference("beads", "b1", "beads_mesf", lot="L1")
CHANNEL = next(name for name, marker in SPECS[PANEL].markers.items() if marker == "PD1")


@pytest.fixture
def study(finished):
    folder = finished.folder.parent
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("pristine"), folder)
    return finished


def gated_next(study):
    """Return which files the next run would gate."""
    said = study.run_well("--dry-run")
    return set(re.findall(r"rule gate_sample:.*?acquisition=([^\s,]+)", said, flags=re.S))


def add(study, sheet, columns, row):
    path = study.folder / sheet
    write_tsv(path, columns, [*read_tsv(path), row])


def name(patient):
    return f"{patient}_C1D1__{PANEL}__full"


FMO_B1, FMO_B2 = f"hd_b1__{PANEL}__fmo_PD1", f"hd_b2__{PANEL}__fmo_PD1"


def thresholds(study, acquisition):
    rows = read_tsv(study.result(f"flow/thresholds/{acquisition}.tsv"))
    return {row["population"]: row for row in rows}


def test_the_threshold_is_the_fmo_s_of_the_same_batch(study):
    own, used = thresholds(study, FMO_B1)["pd1_pos"], thresholds(study, name("P01"))["pd1_pos"]

    assert (own["source"], used["source"]) == ("own", FMO_B1)
    assert float(used["threshold"]) == pytest.approx(float(own["threshold"]), rel=1e-9)
    assert used["method"] == f"fmoGate from {FMO_B1}"
    assert thresholds(study, name("P01"))["t_cd4_pd1"]["source"] == FMO_B1


def test_a_refused_fmo_gives_none_and_its_reason_is_a_flag_of_the_sample(study):
    used = thresholds(study, name("P03"))["pd1_pos"]

    assert thresholds(study, FMO_B2) == {}
    assert used["source"] == "fallback"
    flags = used["flags"].split(";")
    assert flags[0].startswith("fmo_refused_")
    assert flags[1] == "fallback_own_events"


def test_an_intensity_over_that_of_the_fmo_is_measured(study):
    rows = read_measurements(study.result("flow/measurements.parquet"))
    ratios = rows[rows["feature"] == "t_cd4__mfir__pd1"].set_index("patient")

    # the FMO of the other batch was refused
    assert set(ratios.index) == {"P01", "P02"}
    assert (ratios["value"] > 1).all()
    assert (ratios["ci_low"] < ratios["value"]).all()
    compared = read_tsv(study.result("flow/fmo_intensities.tsv"))
    assert {row["source"] for row in compared} == {FMO_B1}
    assert not {row["population"] for row in compared} & {"pd1_pos", "t_cd4_pd1"}


def test_intensities_are_calibrated_by_the_beads_of_the_batch(study):
    (curve,) = read_tsv(study.result("flow/calibration.tsv"))
    assert (curve["verdict"], curve["channel"]) == ("accepted", CHANNEL)
    assert float(curve["slope"]) == pytest.approx(1, abs=0.02)

    rows = read_measurements(study.result("flow/measurements.parquet"))
    values = rows.set_index(["patient", "feature"])["value"]
    for patient in ("P01", "P02"):
        full = values[patient, "t_cd4__mfi__pd1"]
        fmo = full / values[patient, "t_cd4__mfir__pd1"]
        mesf = values[patient, "t_cd4__mesf__pd1"]
        # ten MESF are one unit of intensity
        assert mesf == pytest.approx(10 * (full - fmo), rel=0.1)
        assert values[patient, "t_cd4__abc__pd1"] == pytest.approx(mesf / 2)
    assert study.result("flow/calibration.svg").read_text().startswith("<svg")
    verdict = read_tsv(study.result(f"flow/populations/beads_b1__{PANEL}__beads_mesf.tsv"))
    assert [row["population"] for row in verdict] == ["root"]


def test_a_finished_study_plans_nothing(study):
    assert study.planned() == {}


def test_a_new_reference_runs_its_batch_again_and_no_other(study):
    add(study, "references.tsv", REFERENCES, reference("hd2", "b1"))

    new = f"hd2_b1__{PANEL}__fmo_PD1"
    assert gated_next(study) == {new, name("P01"), name("P02")}


def test_a_reference_of_another_batch_leaves_this_one_alone(study):
    add(study, "references.tsv", REFERENCES, reference("hd2", "b2"))

    assert gated_next(study) == {f"hd2_b2__{PANEL}__fmo_PD1", name("P03")}


def test_a_new_sample_runs_itself_only(study):
    add(study, "samples.tsv", SAMPLES, sample("P04", "b1"))

    assert gated_next(study) == {name("P04")}


def test_a_reference_that_no_gate_uses_runs_no_sample_again(study):
    (study.folder / "hd2_b1.fcs").rename(study.folder / "bridge_b1.fcs")
    add(study, "references.tsv", REFERENCES, reference("bridge", "b1", "control"))

    assert gated_next(study) == {f"bridge_b1__{PANEL}__control"}


def test_a_reference_replaced_or_removed_runs_its_batch_again(study):
    shutil.copy(study.folder / "hd2_b1.fcs", study.folder / "hd_b1.fcs")
    assert gated_next(study) == {FMO_B1, name("P01"), name("P02")}

    rows = [row for row in read_tsv(study.folder / "references.tsv") if row["batch"] != "b1"]
    write_tsv(study.folder / "references.tsv", REFERENCES, rows)
    assert gated_next(study) == {name("P01"), name("P02")}


def test_a_tube_of_the_draw_itself_goes_before_the_batch_s(study):
    own = sample("P01", "b1") | {"tube": "fmo_PD1", "fcs": "hd2_b1.fcs"}
    add(study, "samples.tsv", SAMPLES, own)
    study.run_well()

    key = f"P01_C1D1__{PANEL}__fmo_PD1"
    assert thresholds(study, name("P01"))["pd1_pos"]["source"] == key
    assert thresholds(study, name("P02"))["pd1_pos"]["source"] == ";".join(sorted((key, FMO_B1)))


def test_the_files_of_a_batch_are_not_tied_to_one_submission_by_their_reference(study):
    said = study.run_well("--dry-run", "--forceall", "--group-components", "gating=2")

    # two samples share one, the third has its own; both batches' references go before them
    assert said.count("Group job gating") == 2
