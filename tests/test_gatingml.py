from dataclasses import replace

import numpy as np
import pytest

from correlates.flow.gating.evaluate import evaluate
from correlates.flow.gating.gates import (
    ROOT,
    UNCOMPENSATED,
    BooleanGate,
    Dimension,
    Divider,
    Operand,
    PolygonGate,
    Quadrant,
    QuadrantGate,
    RectangleGate,
    Strategy,
    Transform,
)
from correlates.flow.gating.gatingml import write_gatingml
from correlates.flow.gating.standard_scales import linear_threshold, on_standard_scales
from correlates.flow.gating.strategies import read_gatingml
from correlates.flow.gating.transforms import apply
from flow_maker import (
    CHANNELS,
    DYES,
    blobs,
    events_of,
    flowkit_members,
    flowkit_members_of_file,
    matrix_of,
    random_strategy,
    spread,
    write_sample,
)

BIEX = Transform(
    "biex", {"negative": 0.0, "width": -100.0, "positive": 4.418540, "max_value": 262144.000029}
)
FLOWJO_LOG = Transform("flowjo_log", {"offset": 20.0, "decades": 4.2})
FLOWJO = {"biex": BIEX, "flowjo_log": FLOWJO_LOG}


def axis(channel="FITC-A", transform=None, low=None, high=None):
    return Dimension(channel, UNCOMPENSATED, transform, low, high)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_written_reads_back_the_same(tmp_path, seed):
    strategy = random_strategy(np.random.default_rng(seed))
    path = tmp_path / "gates.xml"

    assert write_gatingml(strategy, path) == ()
    again = read_gatingml(path)

    assert again.transforms == strategy.transforms
    assert again.ratios == strategy.ratios
    assert again.compensations == strategy.compensations
    events = events_of(
        blobs(np.random.default_rng(1), 500), CHANNELS, matrix_of(DYES, spread(4, 0.2))
    )
    expected, found = evaluate(strategy, events), evaluate(again, events)
    for name in expected.packed:
        np.testing.assert_array_equal(found.members(name), expected.members(name))


def test_equal_strategies_are_equal_files(tmp_path):
    strategy = random_strategy(np.random.default_rng(1))
    for name in ("a.xml", "b.xml"):
        write_gatingml(strategy, tmp_path / name)

    assert (tmp_path / "a.xml").read_bytes() == (tmp_path / "b.xml").read_bytes()


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("CD4+/CD8-", id="plus and slash"),
        pytest.param("7AAD", id="a digit first"),
        pytest.param("-", id="a sign alone"),
        pytest.param("naïve", id="a letter beyond ASCII"),
        pytest.param("_x002B_", id="what looks like an escape"),
        pytest.param("t_cd4", id="a plain name stays"),
    ],
)
def test_any_id_survives(tmp_path, key):
    gates = (
        RectangleGate(key, ROOT, key, (axis(low=1.0),)),
        RectangleGate("child", key, "child", (axis(low=2.0),)),
    )

    write_gatingml(Strategy(gates), tmp_path / "gates.xml")

    assert read_gatingml(tmp_path / "gates.xml").gates == gates


def test_ids_of_gates_scales_and_matrices_may_be_the_same(tmp_path):
    """XML has one space of ids for all of them."""
    scales = {"PE-A": Transform("log", {"t": 100.0, "m": 2.0})}
    matrices = {"PE-A": matrix_of(("PE-A", "FITC-A"), spread(2, 0.1))}
    gate = RectangleGate("PE-A", ROOT, "PE-A", (Dimension("PE-A", "PE-A", "PE-A", 0.5),))
    strategy = Strategy((gate,), scales, {}, matrices)
    values = blobs(np.random.default_rng(2), 300)[:, 2:4]
    fcs = write_sample(tmp_path / "a.fcs", values, ("FITC-A", "PE-A"))

    members = flowkit_members(strategy, fcs)

    gated = evaluate(strategy, events_of(values, ("FITC-A", "PE-A")))
    np.testing.assert_array_equal(members["PE-A"], gated.members("PE-A"))


def test_bounds_of_a_transform_are_kept(tmp_path):
    scales = {"log": Transform("log", {"t": 100.0, "m": 2.0}, bound_min=0.0, bound_max=0.9)}
    strategy = Strategy((RectangleGate("g", ROOT, "g", (axis(transform="log", low=0.1),)),), scales)

    write_gatingml(strategy, tmp_path / "gates.xml")

    assert read_gatingml(tmp_path / "gates.xml") == strategy


SQUARE = ((0.0, 0.0), (500.0, 0.0), (500.0, 500.0), (0.0, 500.0))
WIDE = QuadrantGate(
    "q",
    ROOT,
    "q",
    (Divider("d", axis(), (100.0, 1000.0)),),
    (Quadrant("below", {"d": (None, 1000.0)}), Quadrant("above", {"d": (1000.0, None)})),
)


@pytest.mark.parametrize(
    "gate",
    [
        pytest.param(
            RectangleGate("g", ROOT, "g", (axis(low=100.0),), complement=True),
            id="the complement of a rectangle",
        ),
        pytest.param(
            PolygonGate("g", ROOT, "g", (axis(), axis("PE-A")), SQUARE, complement=True),
            id="the complement of a polygon",
        ),
        pytest.param(WIDE, id="a quadrant over several cuts"),
        pytest.param(
            BooleanGate("b", ROOT, "b", "and", (Operand("other", True),)), id="and of one operand"
        ),
        pytest.param(
            BooleanGate("b", "other", "b", "or", (Operand("other"), Operand("other", True))),
            id="a boolean gate of its own parent",
        ),
    ],
)
def test_what_the_standard_cannot_say_is_said_otherwise(tmp_path, gate):
    strategy = Strategy((gate, RectangleGate("other", ROOT, "other", (axis("PE-A", low=50.0),))))
    values = blobs(np.random.default_rng(3), 1000)
    members = flowkit_members(strategy, write_sample(tmp_path / "a.fcs", values))

    gated = evaluate(strategy, events_of(values))

    for name in gated.packed:
        np.testing.assert_array_equal(members[name], gated.members(name))


@pytest.mark.parametrize("scale", FLOWJO.values(), ids=FLOWJO)
def test_linear_threshold_parts_events_as_the_scale_does(scale):
    values = np.unique(np.concatenate([blobs(np.random.default_rng(4), 500)[:, 2:6].ravel(), [0]]))
    values = values.astype(float)
    scaled = apply(scale, values)
    for threshold in (*scaled[::40], -1.0, 1e5):
        moved = linear_threshold(scale, float(threshold))
        np.testing.assert_array_equal(values >= moved, scaled >= threshold)


@pytest.mark.parametrize("name", FLOWJO)
def test_flowjo_ranges_and_quadrants_hold_the_same_events_on_linear_scales(tmp_path, name):
    middle, high = (1500.0, 3000.0) if name == "biex" else (0.3, 0.7)
    gates = (
        RectangleGate("r", ROOT, "r", (axis(transform=name, low=middle, high=high),)),
        RectangleGate("all", ROOT, "all", (axis(transform=name, low=0.0, high=1e6),)),
        RectangleGate("none", ROOT, "none", (axis(transform=name, high=0.0),)),
        QuadrantGate(
            "q",
            ROOT,
            "q",
            (Divider("d", axis("PE-A", name), (middle,)),),
            (Quadrant("low", {"d": (None, middle)}), Quadrant("high", {"d": (middle, None)})),
        ),
    )
    strategy = Strategy(gates, FLOWJO)
    values = blobs(np.random.default_rng(5), 2000)
    fcs = write_sample(tmp_path / "a.fcs", values)

    assert write_gatingml(strategy, tmp_path / "b.xml") == ()
    members = flowkit_members(strategy, fcs)

    gated = evaluate(strategy, events_of(values))
    assert (gated.counts["all"], gated.counts["none"]) == (2000, 0)
    for key in gated.packed:
        np.testing.assert_array_equal(members[key], gated.members(key))


@pytest.mark.parametrize(
    "vertices",
    [
        pytest.param(((900, 1200), (2800, 900), (3300, 3100), (1100, 2400)), id="on scale"),
        pytest.param(((-50, 800), (2500, -60), (4200, 3500), (500, 4300)), id="past every end"),
        pytest.param(((0, 0), (1800, 0), (1800, 1900), (0, 1900)), id="along the low ends"),
    ],
)
def test_flowjo_polygons_are_followed_closely_and_flagged(tmp_path, vertices):
    axes = (axis("FITC-A", "biex"), axis("PE-A", "biex"))
    strategy = Strategy((PolygonGate("p", ROOT, "p", axes, vertices),), FLOWJO)
    values = blobs(np.random.default_rng(6), 20_000)
    values[:2000, 2:4] = np.random.default_rng(7).uniform(-3000, 400_000, (2000, 2))
    fcs = write_sample(tmp_path / "a.fcs", values)

    assert write_gatingml(strategy, tmp_path / "b.xml") == ("p",)
    members = flowkit_members(strategy, fcs)["p"]

    ours = evaluate(strategy, events_of(values)).members("p")
    assert 1000 < ours.sum() < 19_000
    assert (members != ours).sum() <= 4
    (drawn,) = on_standard_scales(strategy)[0].gates
    assert len(drawn.vertices) < 600


def test_channels_are_written_by_the_files_own_names(tmp_path):
    events = events_of([[1.0, 2.0]], ("730//45Red-A", "FSC-A"), labels=("CD3",))
    gates = (
        RectangleGate("a", ROOT, "a", (axis("730__45Red-A", low=1.0),)),
        RectangleGate("b", ROOT, "b", (axis("CD3", low=1.0),)),
    )

    write_gatingml(Strategy(gates), tmp_path / "gates.xml", events)

    read = read_gatingml(tmp_path / "gates.xml")
    assert {gate.dimensions[0].channel for gate in read.gates} == {"730//45Red-A"}


@pytest.mark.parametrize("matrix", [None, matrix_of(DYES[::-1], spread(4, 0.3))])
def test_the_matrix_that_was_used_is_written_out(tmp_path, matrix):
    """The file holds another matrix than the one that was used, or one that was not used."""
    strategy = random_strategy(np.random.default_rng(11))
    values = blobs(np.random.default_rng(12), 2000)
    fcs = write_sample(tmp_path / "a.fcs", values, CHANNELS, matrix_of(DYES, spread(4, 0.1)))
    events = events_of(values, CHANNELS, matrix)
    gated = evaluate(strategy, events)

    write_gatingml(strategy, tmp_path / "gates.xml", events)

    members = flowkit_members_of_file(tmp_path / "gates.xml", fcs)
    for name in gated.packed:
        np.testing.assert_array_equal(members[name], gated.members(name))


def test_a_gates_name_is_noted_beside_its_id(tmp_path):
    gate = RectangleGate("t", ROOT, "T cells", (axis(low=1.0),))

    write_gatingml(Strategy((gate,)), tmp_path / "gates.xml")

    assert "<data-type:custom_info>T cells<" in (tmp_path / "gates.xml").read_text()
    assert read_gatingml(tmp_path / "gates.xml").gates == (replace(gate, name="t"),)
