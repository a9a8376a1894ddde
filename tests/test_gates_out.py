"""The gates of every shipped template, written and opened elsewhere, hold the same events.

A template that is added is tested once its panel can be simulated; one that cannot fails here.
"""

import hashlib

import flowkit
import numpy as np
import pytest

from correlates.flow.acquisition import gate_acquisition
from correlates.flow.gating.compensation import of_spillover
from correlates.flow.gating.evaluate import evaluate
from correlates.flow.gating.events import Events
from correlates.flow.gating.flowjo_gates import AS_POLYGON, EXACT, in_flowjo_gates
from correlates.flow.gating.flowjo_workspace import WorkspaceSample, write_flowjo
from correlates.flow.gating.gates import ROOT as ALL
from correlates.flow.gating.gatingml import write_gatingml
from correlates.flow.gating.standard_gates import for_file
from correlates.flow.gating.strategies import read_flowjo
from correlates.flow.templates.template import read_template
from correlates.intake.fcs.reader import read_header
from correlates.simulate.panels.specs import SPECS
from correlates.simulate.panels.tube import draw_panel_tube
from flow_maker import flowkit_results
from study import ROOT

FOLDER = ROOT / "resources" / "gating"
ELLIPSE = 'round,+,t,"CD4,CD8",ellipseGate,"K=3, target=c(8000,300)",,,,\n'
CASES = {path.stem: (path.stem, "") for path in sorted(FOLDER.glob("*.csv"))}
CASES["tnk with an ellipse"] = ("tnk", ELLIPSE)


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES)
def gated(request, tmp_path_factory):
    """Return one simulated tube of a template's panel, gated."""
    name, extra = request.param
    folder = tmp_path_factory.mktemp(name)
    (folder / "template.csv").write_text((FOLDER / f"{name}.csv").read_text() + extra)
    path = folder / "tube.fcs"
    draw_panel_tube(name, 12_000, np.random.default_rng(3), donor=1).write(path)
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    template = read_template(folder / "template.csv")
    return path, gate_acquisition(path, content, template, SPECS[name].markers), bool(extra)


def counts_of(outcome):
    return {name: count for name, count in outcome.gated.counts.items() if name != ALL}


def test_flowkit_counts_the_same_from_gatingml(gated, tmp_path):
    path, outcome, _ = gated

    assert write_gatingml(outcome.strategy, tmp_path / "gates.xml", outcome.events) == ()

    parsed = flowkit.parse_gating_xml(str(tmp_path / "gates.xml"))
    members = flowkit_results(parsed, flowkit.Sample(str(path)))
    assert {name: int(members[name].sum()) for name in counts_of(outcome)} == counts_of(outcome)


def test_a_flowjo_workspace_gives_the_same_within_a_thousandth(gated, tmp_path):
    path, outcome, has_ellipse = gated
    header = read_header(path)
    own = for_file(outcome.strategy, outcome.events)
    gates = in_flowjo_gates(own)
    matrix = own.compensations.get(gates.compensation)
    channels = tuple((one.name, one.range) for one in header.channels)
    sample = WorkspaceSample(
        path.name, path, channels, header.n_events, gates, matrix, counts_of(outcome)
    )
    write_flowjo(tmp_path / "panel.wsp", "panel", [sample])

    back = read_flowjo(tmp_path / "panel.wsp").sample_of(path.name)
    assert back.strategy is not None, back.refusal
    events = Events.of_file(header, of_spillover(header.spillover))
    counts = evaluate(back.strategy, events).counts

    assert gates.left_out == {}
    assert set(gates.manner.values()) <= {EXACT, *([AS_POLYGON] if has_ellipse else [])}
    for name, n in counts_of(outcome).items():
        assert abs(counts[name] - n) <= 0.001 * n, name
