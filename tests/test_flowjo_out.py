"""Workspaces that are written: read back by this project and by FlowKit, they give equal counts."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from correlates.flow.acquisition import gate_acquisition
from correlates.flow.gating.compensation import of_spillover
from correlates.flow.gating.evaluate import evaluate
from correlates.flow.gating.events import Events
from correlates.flow.gating.flowjo_gates import (
    AS_POLYGON,
    EXACT,
    SHORT_LINES,
    in_flowjo_gates,
)
from correlates.flow.gating.flowjo_workspace import WorkspaceSample, write_flowjo
from correlates.flow.gating.gates import (
    FROM_FILE,
    ROOT,
    UNCOMPENSATED,
    BooleanGate,
    Dimension,
    EllipsoidGate,
    Operand,
    PolygonGate,
    Ratio,
    RectangleGate,
    Strategy,
    populations_of,
)
from correlates.flow.gating.ordering import dimensions_of, ordered_gates
from correlates.flow.gating.standard_gates import for_file, with_axes
from correlates.flow.gating.strategies import read_flowjo, read_gatingml
from correlates.flow.sources import read_source
from correlates.intake.fcs.reader import read_header
from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_tsv
from flow_maker import (
    DYES,
    SCALES,
    blobs,
    flowkit_results,
    matrix_of,
    random_strategy,
    spread,
    write_sample,
)
from study import ROOT as PROJECT
from test_gating_job import sha256

AXES = (
    Dimension("FITC-A", FROM_FILE, "logicle"),
    Dimension("PE-A", FROM_FILE, "logicle"),
)


def events_of_file(path) -> Events:
    header = read_header(path)
    return Events.of_file(header, of_spillover(header.spillover))


def workspace_sample(path, strategy, name=None) -> WorkspaceSample:
    header, events = read_header(path), events_of_file(path)
    own = for_file(strategy, events)
    gates = in_flowjo_gates(own)
    return WorkspaceSample(
        name or path.name,
        path,
        tuple((one.name, one.range) for one in header.channels),
        header.n_events,
        gates,
        own.compensations.get(gates.compensation),
        evaluate(own, events).counts,
    )


def read_back(wsp, path):
    """Return FlowJo's counts as the workspace tells them, and ours of its gates."""
    sample = read_flowjo(wsp).sample_of(path.name)
    assert sample.strategy is not None, sample.refusal
    return sample, evaluate(sample.strategy, events_of_file(path)).counts


def worst(sample, counts):
    """Return the largest difference in percent, of populations that hold more than a few events."""
    return max(
        100 * abs(counts[name] - told) / max(told, 1) for name, told in sample.counts.items()
    )


@pytest.fixture
def drawn(tmp_path):
    """Return a file of four dyes with a matrix of its own."""
    values = blobs(np.random.default_rng(4), 20_000)
    return write_sample(tmp_path / "drawn.fcs", values, spillover=matrix_of(DYES, spread(4, 0.2)))


def write_one(tmp_path, path, *gates, ratios=None):
    strategy = Strategy(gates, dict(SCALES), ratios or {})
    sample = workspace_sample(path, strategy)
    write_flowjo(tmp_path / "one.wsp", "panel", [sample])
    return sample


ELLIPSE = EllipsoidGate("round", ROOT, "round", AXES, (0.5, 0.5), ((0.02, 0.01), (0.01, 0.03)), 1.5)
BOX = RectangleGate("box", ROOT, "box", (Dimension("FITC-A", FROM_FILE, "logicle", 0.3, None),))
TRIANGLE = ((0.2, 0.2), (0.9, 0.3), (0.4, 0.9))


@pytest.mark.parametrize(
    ("gates", "manner"),
    [
        pytest.param((BOX,), EXACT, id="a range"),
        pytest.param(
            (RectangleGate("out", ROOT, "out", BOX.dimensions, complement=True),),
            EXACT,
            id="what lies outside a range",
        ),
        pytest.param(
            (PolygonGate("tri", ROOT, "tri", AXES, TRIANGLE),), EXACT, id="a polygon on its scale"
        ),
        pytest.param((ELLIPSE,), AS_POLYGON, id="an ellipse"),
        pytest.param(
            (
                PolygonGate(
                    "tri",
                    ROOT,
                    "tri",
                    tuple(Dimension(axis.channel, FROM_FILE, "hyperlog") for axis in AXES),
                    TRIANGLE,
                ),
            ),
            SHORT_LINES,
            id="a polygon on a scale that FlowJo's readers lack",
        ),
        pytest.param(
            (
                RectangleGate(
                    "deep",
                    ROOT,
                    "deep",
                    tuple(
                        Dimension(name, UNCOMPENSATED, None, 1e4, 3e5)
                        for name in ("FSC-A", "SSC-A")
                    )
                    + (Dimension("PE-A", FROM_FILE, "logicle", None, 0.6),),
                ),
            ),
            EXACT,
            id="a box of three dimensions",
        ),
        pytest.param(
            (BOX, RectangleGate("bare", ROOT, "bare", (Dimension("PE-A", minimum=1e3),))),
            EXACT,
            id="a compensated channel as read",
        ),
        pytest.param(
            (BOX, BooleanGate("not", ROOT, "not", "not", (Operand("box"),))), EXACT, id="not"
        ),
        pytest.param(
            (
                BOX,
                ELLIPSE,
                BooleanGate("both", ROOT, "both", "and", (Operand("box"), Operand("round", True))),
            ),
            EXACT,
            id="an operand's complement",
        ),
    ],
)
def test_a_gate_comes_back_with_its_count(tmp_path, drawn, gates, manner):
    written = write_one(tmp_path, drawn, *gates)
    sample, counts = read_back(tmp_path / "one.wsp", drawn)

    last = gates[-1].id
    assert written.gates.left_out == {}
    assert written.gates.manner[last] == manner
    assert 500 < sample.counts[last] < 19_500
    assert abs(counts[last] - sample.counts[last]) <= 0.001 * sample.counts[last]
    if manner == EXACT and "round" not in counts:
        assert counts[last] == sample.counts[last]


def test_what_flowjo_cannot_hold_is_listed_with_all_that_needs_it(tmp_path, drawn):
    ratio = RectangleGate("r", ROOT, "r", (Dimension("ratio", UNCOMPENSATED, None, 0.5, 2.0),))
    below = RectangleGate("below", "r", "below", BOX.dimensions)
    ratios = {"ratio": Ratio("FITC-A", "PE-A", 1.0, 0.0, 0.0)}

    written = write_one(tmp_path, drawn, ratio, below, BOX, ratios=ratios)
    sample, counts = read_back(tmp_path / "one.wsp", drawn)

    assert set(written.gates.left_out) == {"r", "below"}
    assert "ratio" in written.gates.left_out["r"]
    assert "it needs r" in written.gates.left_out["below"]
    assert set(sample.counts) == {"box"}
    assert counts["box"] == sample.counts["box"]


def as_flowjo_compensates(axis):
    return replace(axis, compensation=FROM_FILE) if axis.channel in DYES else axis


@pytest.mark.parametrize("seed", range(8))
def test_random_trees_come_back_within_a_thousandth(tmp_path, seed):
    rng = np.random.default_rng(seed)
    path = write_sample(
        tmp_path / "random.fcs", blobs(rng, 6000), spillover=matrix_of(DYES, spread(4, 0.2))
    )
    strategy = random_strategy(rng)
    strategy = replace(
        strategy, gates=tuple(with_axes(gate, as_flowjo_compensates) for gate in strategy.gates)
    )

    written = workspace_sample(path, strategy)
    write_flowjo(tmp_path / "random.wsp", "panel", [written])
    sample, counts = read_back(tmp_path / "random.wsp", path)

    assert written.gates.gates
    populations = set(written.counts) - {ROOT}
    assert populations == set(written.gates.manner) | set(written.gates.left_out)
    for name, told in sample.counts.items():
        # a few events on an edge that is followed by short lines
        assert abs(counts[name] - told) <= max(0.001 * told, 2), name


@pytest.fixture(scope="module")
def gated(tmp_path_factory):
    """Return three simulated files, gated by the shipped template, in one workspace."""
    folder = tmp_path_factory.mktemp("flowjo")
    simulate_cohort(folder, n_patients=1, n_events=6000, seed=8)
    markers = {row["channel"]: row["marker"] for row in read_tsv(folder / "panels.tsv")}
    source = read_source(PROJECT / "resources" / "gating" / "tnk.csv")
    files = sorted((folder / "fcs").glob("*.fcs"))[:3]
    outcomes = [gate_acquisition(file, sha256(file), source, markers) for file in files]
    samples = [
        workspace_sample(file, outcome.strategy, file.stem)
        for file, outcome in zip(files, outcomes, strict=True)
    ]
    wsp = folder / "tnk.wsp"
    write_flowjo(wsp, "tnk", samples)
    return wsp, files, outcomes


def test_a_template_s_gates_come_back_exactly_each_file_with_its_own(gated):
    wsp, files, outcomes = gated
    thresholds = [outcome.thresholds["t"]["CD3"] for outcome in outcomes]

    assert len(set(thresholds)) == 3
    for file, outcome in zip(files, outcomes, strict=True):
        sample, counts = read_back(wsp, file)
        ours = outcome.gated.counts
        assert set(ours) - {ROOT} <= set(sample.counts)
        assert {name: counts[name] for name in ours if name != ROOT} == {
            name: count for name, count in ours.items() if name != ROOT
        }


def test_flowkit_opens_it_by_itself_and_counts_the_same(gated):
    import flowkit

    wsp, files, outcomes = gated
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workspace = flowkit.Workspace(str(wsp), find_fcs_files_from_wsp=True)
        loaded = workspace.get_sample_ids()
    assert sorted(loaded) == sorted(file.stem for file in files)
    for file, outcome in zip(files, outcomes, strict=True):
        parsed = workspace.get_gating_strategy(file.stem)
        members = flowkit_results(parsed, flowkit.Sample(str(file)))
        for name, count in outcome.gated.counts.items():
            if name != ROOT:
                assert members[name].sum() == count, name


def test_nothing_of_a_header_is_in_it_but_what_names_the_channels(gated):
    wsp, files, _ = gated
    text = wsp.read_text()

    assert "$DATE" not in text
    assert "$CYT" not in text
    assert files[0].as_uri() in text


@pytest.mark.parametrize(
    ("folder", "fcs", "wsp"),
    [
        pytest.param("omip021", "Donor1.fcs", "OMIP021_samples_FlowJo.wsp", id="omip021"),
        pytest.param("spleen_68983", "68983.fcs", "gating.wsp", id="spleen"),
        pytest.param(
            "coereba", "2025_08_05_AB_05_NY068_05_SEB.fcs", "CytoML.wsp", id="one of coereba"
        ),
    ],
)
def test_a_workspace_of_flowjo_written_again_is_within_a_thousandth(
    real_data, tmp_path, folder, fcs, wsp
):
    folder = real_data / "fcs" / folder
    strategy = read_flowjo(folder / wsp).sample_of(fcs).strategy

    written = workspace_sample(folder / fcs, strategy)
    write_flowjo(tmp_path / "again.wsp", "panel", [written])
    sample, counts = read_back(tmp_path / "again.wsp", folder / fcs)

    assert written.gates.left_out == {}
    assert set(sample.counts) == set(written.counts) - {ROOT}
    assert worst(sample, counts) <= 0.1


@pytest.mark.parametrize(
    ("compensations", "held"),
    [
        pytest.param(
            {UNCOMPENSATED, FROM_FILE},
            {"Polygon1", "Polygon2", "Rectangle1", "Rectangle2", "Ellipse1", "Range2", "Not1"},
            id="as read",
        ),
        pytest.param({"MySpill"}, {"Rectangle3", "Polygon4"}, id="compensated"),
    ],
)
def test_the_compliance_set_is_within_a_thousandth(real_data, tmp_path, compensations, held):
    folder = real_data / "fcs" / "gate_ref"
    strategy = read_gatingml(folder / "gml" / "gml_all_gates.xml")
    kept = {ROOT}
    for gate in ordered_gates(strategy):
        needs = {gate.parent, *(each.gate for each in getattr(gate, "operands", ()))}
        used = {axis.compensation for axis in dimensions_of(gate)}
        if needs <= kept and used <= compensations:
            kept.update(populations_of(gate))
    gates = [gate for gate in strategy.gates if kept.issuperset(populations_of(gate))]

    written = workspace_sample(folder / "data1.fcs", replace(strategy, gates=tuple(gates)))
    write_flowjo(tmp_path / "set.wsp", "panel", [written])
    sample, counts = read_back(tmp_path / "set.wsp", folder / "data1.fcs")

    assert held <= set(sample.counts)
    assert all("ratio" in why for why in written.gates.left_out.values())
    for name, told in sample.counts.items():
        assert abs(counts[name] - told) <= max(0.001 * told, 1), name
