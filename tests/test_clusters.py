"""Clusters of pooled events: maps, agreement with gates, frozen maps, and the same labels twice."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from correlates.flow.acquisition import gate_acquisition
from correlates.flow.clusters.agreement import agreement_rows, lineages_of
from correlates.flow.clusters.atlas import Settings, map_of, why_not_clustered
from correlates.flow.clusters.classes import class_of
from correlates.flow.clusters.frozen import read_map, write_map, write_no_map
from correlates.flow.clusters.metaclusters import consensus_labels, consensus_matrix, largest_first
from correlates.flow.clusters.pool import pool_events
from correlates.flow.clusters.projection import frequency_rows, node_rows
from correlates.flow.clusters.som import (
    PASSES,
    RATE,
    REACH,
    distances_on_grid,
    nearest_nodes,
    train_map,
)
from correlates.flow.clusters.subsample import Choice, Subsample, choose_events, write_subsample
from correlates.flow.clusters.thinning import thinned_order
from correlates.flow.sources import read_source
from correlates.intake.acquisitions import Acquisition
from correlates.intake.records import Plan
from correlates.problems import UserError
from correlates.simulate.cohort import simulate_cohort
from correlates.simulate.populations import LABELS
from correlates.simulate.truth import read_labels
from correlates.tables import read_tsv

ROOT = Path(__file__).resolve().parent.parent
CHOICE = Choice(1500, "cd45", 1, 0.5, 4.5)
CHOSEN = {"population": "cd45", "width": 0.5, "decades": 4.5}
SETTINGS = Settings(1, 10, 15, True, 0.99, 15, 0.1, 50_000)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Return files, their chosen events, and the true lineage of each of these."""
    folder = tmp_path_factory.mktemp("simulated")
    simulate_cohort(folder, n_patients=2, n_events=4000, seed=5)
    markers = {row["channel"]: row["marker"] for row in read_tsv(folder / "panels.tsv")}
    source = read_source(ROOT / "resources" / "gating" / "tnk.csv")
    files, chosen, truth = [], [], []
    for path in sorted((folder / "fcs").glob("*.fcs"))[:6]:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        outcome = gate_acquisition(path, content, source, markers)
        events = choose_events(outcome, content, CHOICE)
        names = [one.name for one in outcome.events.channels]
        stored = np.column_stack(
            [outcome.events.values(c) for c in events.channels]  # as read
        ).astype(np.float32)
        assert set(events.channels) <= set(names)
        place = {tuple(row): number for number, row in enumerate(stored.tolist())}
        codes = read_labels(folder / "truth" / "events" / f"{path.stem}.npz")
        truth.append(codes[[place[tuple(row)] for row in events.raw.tolist()]])
        patient, visit, _ = path.stem.split("_")
        files.append(identity(f"{path.stem}__full", patient, visit))
        chosen.append(events)
    return files, chosen, np.array([lineage(name) for name in LABELS])[np.concatenate(truth)]


def identity(name, patient="P01", visit="C0D1"):
    row = {"acquisition": name, "patient": patient, "visit": visit, "batch": "run1"}
    return row | {"sample": f"{patient}_{visit}", "excluded": ""}


def lineage(label):
    for name in ("cd4", "cd8", "nk_", "cll", "b_normal", "mono"):
        if name in label:
            return name
    return "other"


def pooled(files, chosen, **others):
    arguments = {"classes": {}, "population": "cd45", "min_events": 100, "max_events": None}
    return pool_events(files, chosen, **(arguments | others))


@pytest.fixture(scope="module")
def pool(cohort):
    return pooled(*cohort[:2])


@pytest.fixture(scope="module")
def frozen(pool):
    return map_of(pool, "tnk", CHOSEN, SETTINGS)


def small(count=300, markers=("CD3", "CD19"), status="ok", seed=0, **others):
    """Return events of two populations of a panel of as many markers."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0.3, 0.03, (count, len(markers))).astype(np.float32)
    values[: count // 2, 0] += 0.4
    return Subsample(
        status=status,
        n_population=count,
        channels=tuple(f"{marker}-A" for marker in markers),
        markers=tuple(markers),
        tops=others.get("tops", (262_144.0,) * len(markers)),
        raw=values,
        compensated=values,
        transformed=values,
        parents={"t": "root"},
        members=np.array([values[:, 0] > 0.5]),
        compensated_by="file",
    )


def test_metaclusters_find_the_true_lineages_under_a_clone_of_nine_cells_in_ten(
    cohort, pool, frozen
):
    typed = [pool.markers.index(name) for name in frozen.about.markers]
    _, metaclusters, far = frozen.place(pool.transformed[:, typed])

    assert np.mean(cohort[2] == "cll") > 0.7
    assert adjusted_rand_score(cohort[2], metaclusters) > 0.9
    assert far.mean() == pytest.approx(0.01, abs=0.01)


def test_a_map_learns_as_the_algorithm_says(pool):
    """Against the algorithm written down once more, event by event, in plain numpy."""
    events = pool.transformed[:400, pool.typed]
    rng = np.random.default_rng(7)
    codes = events[rng.choice(len(events), 9, replace=False)].astype(float)
    rows, columns = np.divmod(np.arange(9), 3)
    between = np.maximum(abs(rows[:, None] - rows), abs(columns[:, None] - columns))
    radius, step, steps = np.quantile(between, REACH), 0, PASSES * len(events)
    for _ in range(PASSES):
        for number in rng.integers(0, len(events), len(events)):
            best = ((codes - events[number]) ** 2).sum(axis=1).argmin()
            reach = radius * (1 - step / steps)
            near = between[best] <= (reach if reach >= 1 else 0.5)
            rate = RATE[0] - (RATE[0] - RATE[1]) * step / steps
            codes[near] += rate * (events[number] - codes[near])
            step += 1

    assert np.array_equal(distances_on_grid(3), between)
    assert train_map(events, 3, seed=7) == pytest.approx(codes, abs=1e-9)


def test_an_event_goes_to_its_nearest_node(pool):
    events = pool.transformed[:200, pool.typed]
    codes = events[:20].astype(float)
    distances = np.sqrt(((events[:, None, :].astype(float) - codes) ** 2).sum(axis=2))

    nodes, away = nearest_nodes(events, codes)

    assert np.array_equal(nodes, distances.argmin(axis=1))
    assert away == pytest.approx(distances.min(axis=1))


def test_fewer_events_than_nodes_make_no_map():
    with pytest.raises(ValueError, match="5 events are fewer than the 9 nodes"):
        train_map(np.zeros((5, 2), np.float32), 3, 1)


def test_consensus_joins_what_is_always_joined():
    rng = np.random.default_rng(0)
    codes = np.repeat([[0, 0], [5, 0], [0, 9]], 8, axis=0) + rng.normal(0, 0.1, (24, 2))

    agreement = consensus_matrix(codes, 3, seed=1)
    labels = consensus_labels(codes, 3, seed=1)

    expected = np.kron(np.eye(3), np.ones((8, 8)))
    assert np.array_equal(agreement, expected)
    assert labels.tolist() == [0] * 8 + [1] * 8 + [2] * 8
    assert largest_first(np.array([0, 0, 1]), np.array([1, 1, 5])).tolist() == [2, 2, 1]


def test_crowded_events_are_drawn_less_often():
    rng = np.random.default_rng(0)
    events = np.concatenate([rng.normal(0, 0.1, (1900, 8)), rng.normal(5, 0.1, (100, 8))])

    order = thinned_order(events.astype(np.float32), seed=1)

    assert len(order) == 2000
    assert np.mean(order >= 1900) > 0.2  # they are 0.05 of the events


def test_agreement_is_what_is_counted_by_hand():
    """Ten events: gate a holds 6, b the other 4; cluster 1 five of a, cluster 2 the rest."""
    members = {"a": np.arange(10) < 6, "b": np.arange(10) >= 6}
    clusters = np.array([1] * 5 + [2] * 5)

    rows = list(agreement_rows({"x": clusters}, members, dict.fromkeys(members, "root"), "ab"))
    found = {(row["statistic"], row["population"]): row for row in rows}

    assert found["ari", ""]["value"] == pytest.approx(
        adjusted_rand_score([0] * 6 + [1] * 4, clusters), abs=1e-4
    )
    assert found["f1_best", "a"]["value"] == pytest.approx(10 / 11, abs=1e-4)
    assert found["f1_matched", "b"]["value"] == pytest.approx(8 / 9, abs=1e-4)
    assert found["f1_best", "b"]["precision"] == 0.8
    assert found["f1_merged", "b"]["cluster"] == "2"


def test_events_in_several_lineages_or_none_are_left_out():
    members = {"a": np.array([1, 1, 0, 0], bool), "b": np.array([0, 1, 1, 0], bool)}

    labels, names, note = lineages_of(members, dict.fromkeys(members, "root"), ["a", "b", "c"])

    assert labels.tolist() == [0, -1, 1, -1]
    assert names == ["a", "b"]
    assert note == "not gated: c"


def test_without_the_wanted_lineages_leaves_that_do_not_overlap_divide_the_events():
    inside = np.arange(10)
    members = {"t": inside < 6, "cd4": inside < 3, "cd8": (inside >= 3) & (inside < 6)}
    members["activated"] = inside < 2
    parents = {"t": "root", "cd4": "t", "cd8": "t", "activated": "t"}

    assert lineages_of(members, parents, ["cll"])[1] == ["cd4", "cd8"]


@pytest.mark.parametrize(
    ("marker", "given", "expected"),
    [
        pytest.param("CD3", {}, "type", id="a lineage marker"),
        pytest.param("Ki-67", {}, "state", id="proliferation"),
        pytest.param("Viability", {}, "none", id="a dye for dead cells"),
        pytest.param("Ki-67", {"KI-67": "type"}, "type", id="the sheet has the last word"),
    ],
)
def test_the_class_of_a_marker(marker, given, expected):
    assert class_of(marker, given) == expected


def test_files_are_intersected_and_what_not_all_have_is_said():
    files = [identity("a"), identity("b"), identity("c"), identity("d")]
    chosen = [small(), small(markers=("CD3", "CD19", "CD5")), small(20), small(status="refused")]

    found = pooled(files, chosen)

    said = [(row["acquisition"], row["status"], row["reason"]) for row in found.remarks]
    assert found.markers == ("CD3", "CD19")
    assert ("", "left_out", "marker CD5 is in 1 of 2 files") in said
    assert ("c", "left_out", "20 events of cd45 are fewer than 100") in said
    assert ("d", "left_out", "the file was refused") in said
    assert [name for name, status, _ in said if status == "joined"] == ["a", "b"]


def test_a_file_of_another_scale_is_left_out():
    files = [identity("a"), identity("b"), identity("c")]
    chosen = [small(), small(), small(tops=(1024.0, 1024.0))]

    found = pooled(files, chosen)

    assert [file["acquisition"] for file in found.files] == ["a", "b"]
    assert "($PnR)" in next(row["reason"] for row in found.remarks if row["acquisition"] == "c")


def test_equally_many_events_of_each_file_are_used():
    files = [identity("a"), identity("b"), identity("c")]

    found = pooled(files, [small(300), small(120), small(300)], max_events=400)

    assert np.bincount(found.numbers).tolist() == [140, 120, 140]
    assert np.bincount(found.numbers[found.first_of_each(100)]).tolist() == [33, 33, 33]


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        pytest.param([small(300)], "300 events are fewer than the 500", id="too few events"),
        pytest.param([small(900, ("CD3",))], "fewer than two markers", id="one marker"),
        pytest.param([], "fewer than two markers", id="no file at all"),
    ],
)
def test_what_cannot_be_clustered_says_why(chosen, reason):
    files = [identity(str(number)) for number in range(len(chosen))]

    assert reason in why_not_clustered(pooled(files, chosen), SETTINGS)


def test_a_map_that_is_written_is_read(frozen, tmp_path):
    write_map(frozen, tmp_path / "map.json", tmp_path / "map.npz")

    read = read_map(tmp_path / "map.json")

    assert read.about == frozen.about
    for name in ("codes", "metaclusters", "limits"):
        assert np.array_equal(getattr(read, name), getattr(frozen, name))


def test_what_is_no_map_is_told(tmp_path):
    (tmp_path / "map.json").write_text("{}")
    with pytest.raises(UserError, match="no map of format 1"):
        read_map(tmp_path / "map.json")

    write_no_map(tmp_path / "map.json", tmp_path / "map.npz", "too few events")
    assert read_map(tmp_path / "map.json") == "too few events"


def test_a_new_file_is_laid_on_the_map_and_moves_no_label_of_the_old(cohort, frozen):
    files, chosen, _ = cohort
    before = list(frequency_rows(files[0], chosen[0], frozen, CHOSEN))
    new = replace(chosen[1], transformed=chosen[1].transformed + np.float32(0.3))

    rows = list(frequency_rows(identity("new"), new, frozen, CHOSEN))

    assert list(frequency_rows(files[0], chosen[0], frozen, CHOSEN)) == before
    assert sum(row["n"] for row in rows) == len(new) == rows[0]["n_events"]
    assert rows[0]["made_the_map"] == "false"
    assert before[0]["made_the_map"] == "true"
    assert rows[0]["pct_far"] > 50 > 5 > before[0]["pct_far"]
    assert {row["use"] for row in rows} == {"exploratory"}
    nodes = list(node_rows(files[0], chosen[0], frozen, CHOSEN))
    assert sum(row["n"] for row in nodes) == len(chosen[0])


@pytest.mark.parametrize(
    ("change", "choice", "reason"),
    [
        pytest.param({}, {"width": 1.0}, "made with width 0.5, not 1.0", id="another scale"),
        pytest.param({"status": "refused"}, {}, "gave no events", id="a refused file"),
        pytest.param({"markers": ()}, {}, "the map needs CD45RA", id="a panel without the markers"),
    ],
)
def test_a_file_that_cannot_be_laid_on_the_map_says_why(cohort, frozen, change, choice, reason):
    events = cohort[1][0]
    if "markers" in change:
        change = {"markers": ("",) * len(events.markers)}

    (row,) = frequency_rows(identity("x"), replace(events, **change), frozen, CHOSEN | choice)

    assert row["status"] == "not_evaluable"
    assert reason in row["reason"]
    assert "pct" not in row


def test_the_job_gives_the_same_labels_on_one_thread_and_on_two(cohort, tmp_path):
    """Whole jobs in processes of their own; also the same pictures, and UMAP."""
    found = []
    for threads in ("1", "2"):
        folder = tmp_path / threads
        folder.mkdir()
        found.append(run_job(folder, cohort, threads))

    assert found[0] == found[1]


JOB = """
import hashlib, json, sys
sys.path.insert(0, "scripts")
from pathlib import Path
from types import SimpleNamespace
import anndata as ad
import numpy as np
import build_event_atlas
folder = Path(sys.argv[1])

class Output(SimpleNamespace):
    __getitem__ = SimpleNamespace.__getattribute__

names = {
    "atlas": "h5ad", "agreement": "tsv", "files": "tsv", "map": "json", "map_values": "npz",
    "umap": "png", "markers": "png", "heatmap": "svg",
}
output = Output(**{name: str(folder / f"{name}.{kind}") for name, kind in names.items()})
build_event_atlas.main(SimpleNamespace(
    input=SimpleNamespace(
        plan=str(folder / "plan.json"), frozen=[],
        events=sorted(map(str, folder.glob("events*.npz"))),
    ),
    wildcards=SimpleNamespace(panel="tnk"),
    output=output,
    params=SimpleNamespace(**json.loads(sys.argv[2])),
))
atlas = ad.read_h5ad(output.atlas)
assert list(atlas.layers) == ["compensated", "raw", "transformed"], list(atlas.layers)
assert {"patient", "visit", "sample", "batch", "cll", "nk"} <= set(atlas.obs)
assert list(atlas.var.columns) == ["channel", "marker", "marker_class"]
labels = [atlas.obs[name].astype(str).tolist() for name in
          ("leiden", "flowsom", "flowsom_metacluster")]
digest = hashlib.sha256(json.dumps(labels).encode())
digest.update(np.round(atlas.obsm["X_umap"], 4).tobytes())
for name in ("heatmap", "agreement", "map_values"):
    digest.update(Path(getattr(output, name)).read_bytes())
print(digest.hexdigest(), len(set(labels[0])), len(set(labels[2])))
"""


def acquisition(file, number):
    own = {one.name: file.get(one.name, "") for one in fields(Acquisition)}
    own |= {"study_day": None, "hours_post_dose": None, "sha256": f"{number:064d}"}
    return Acquisition(**(own | {"panel": "tnk", "tube": "full"}))


def run_job(folder, cohort, threads):
    files, chosen, _ = cohort
    rows = [acquisition(file, number) for number, file in enumerate(files)]
    (folder / "plan.json").write_text(Plan(acquisitions=tuple(rows)).to_json())
    for number, events in enumerate(chosen):
        write_subsample(folder / f"events{number}.npz", events)
    params = {
        "choice": CHOSEN,
        "lineages": ["cll", "t_cd4", "t_cd8", "nk", "mono"],
        "settings": dict(vars(SETTINGS)),
        "min_events": 100,
        "max_events": 3000,
    }
    limits = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    done = subprocess.run(
        [sys.executable, "-c", JOB, str(folder), json.dumps(params)],
        cwd=ROOT,
        env=os.environ | dict.fromkeys(limits, threads),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
