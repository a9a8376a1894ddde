"""Clustering as part of the workflow: asked for, refused while it is off, and with a frozen map."""

import shutil

import pytest

from correlates.flow.clusters.settings import frozen_map_problems
from correlates.intake.records import Plan
from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_json, read_tsv
from study import ROOT, SMALL_FLOORS, Study

CLUSTERS = {"enabled": True, "grid": 5, "metaclusters": 8, "events_per_sample": 300}


@pytest.fixture
def study(tmp_path):
    """Return a small simulated study, one file kept back."""
    made = Study(ROOT, tmp_path / "study")
    simulate_cohort(made.folder / "data", n_patients=1, n_events=1500, seed=3)
    fcs = made.folder / "data" / "fcs"
    shutil.move(sorted(fcs.glob("*.fcs"))[-1], tmp_path / "kept_back.fcs")
    made.write_config(
        {
            "study": {
                "patients": "data/patients.tsv",
                "panels": "data/panels.tsv",
                "specimen": "fresh_wb",
                "drop": {
                    "folder": "data/fcs",
                    "pattern": r"{patient:[A-Z]+\d+}_{visit}_{panel}.fcs",
                },
                "gating": {"tnk": "tnk"},
            },
            "flow": SMALL_FLOORS | {"unsupervised": CLUSTERS},
        }
    )
    return made


def configure(study, **unsupervised):
    config = study.read_config()
    config["flow"]["unsupervised"] |= unsupervised
    study.write_config(config)


def test_clusters_are_not_made_while_they_are_off(study):
    configure(study, enabled=False)

    assert "set flow.unsupervised.enabled to true" in study.run("--dry-run", "clusters").stdout
    assert "build_event_atlas" not in study.planned()


@pytest.mark.workflow
def test_a_file_that_comes_later_is_laid_on_the_frozen_map(study, tmp_path):
    study.run_well("clusters")
    made = study.result("clusters/tnk")
    before = read_tsv(made / "frequencies.tsv")
    (study.folder / "maps").mkdir()
    for name in ("map.json", "map.npz"):
        shutil.copy(made / name, study.folder / "maps")
    shutil.copy(tmp_path / "kept_back.fcs", study.folder / "data" / "fcs" / "P01_C3D1_tnk.fcs")
    configure(study, frozen_map={"tnk": "maps/map.json"})

    study.run_well("results/clusters/tnk/frequencies.tsv")

    after = read_tsv(made / "frequencies.tsv")
    new = [row for row in after if row["visit"] == "C3D1"]
    assert len(before) == 8 * len(read_json(made / "map.json")["acquisitions"])
    assert [row for row in after if row["visit"] != "C3D1"] == before
    assert {row["made_the_map"] for row in new} == {"false"}
    assert sum(float(row["pct"]) for row in new) == pytest.approx(100, abs=0.01)


@pytest.mark.parametrize(
    ("maps", "said"),
    [
        pytest.param({"tnk": "a/map.json"}, ["there is no such file"] * 2, id="no such map"),
        pytest.param({"tnc": "map.json"}, ["this panel has no gating"], id="no such panel"),
        pytest.param({"tnk": "map.json"}, [], id="a map with its numbers"),
    ],
)
def test_a_frozen_map_that_is_not_there_stops_the_run(tmp_path, monkeypatch, maps, said):
    monkeypatch.chdir(tmp_path)
    for name in ("map.json", "map.npz"):
        (tmp_path / name).write_text("")
    config = {"flow": {"unsupervised": {"frozen_map": maps}}}

    problems = frozen_map_problems(config, Plan(gating={"tnk": "tnk.csv"}))

    assert [one.problem.partition(" in study")[0] for one in problems] == said
