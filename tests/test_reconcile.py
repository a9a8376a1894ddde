import pytest

from correlates.flow.gating.gates import (
    BooleanGate,
    Operand,
    PolygonGate,
    RectangleGate,
    Strategy,
)
from correlates.flow.gating.reconcile import COLUMNS, reconcile, write_reconciliation
from correlates.flow.gating.workspaces import FlowJoSample
from correlates.tables import read_tsv


def sample(count: int) -> FlowJoSample:
    strategy = Strategy((PolygonGate("T", "root", "T cells"), RectangleGate("CD4+", "T", "CD4+")))
    counts = {"T": 1000, "CD4+": count}
    return FlowJoSample("a.fcs", "a", 5000, strategy, counts, {"T": "T", "CD4+": "T/CD4+"})


@pytest.mark.parametrize(
    ("theirs", "ours", "difference", "percent", "verdict"),
    [
        pytest.param(500, 500, 0, 0.0, "exact", id="equal"),
        pytest.param(500, 505, 5, 1.0, "within_1_percent", id="one percent more"),
        pytest.param(500, 495, -5, -1.0, "within_1_percent", id="one percent fewer"),
        pytest.param(500, 506, 6, 1.2, "differs", id="more than one percent"),
        pytest.param(0, 0, 0, 0.0, "exact", id="empty for both"),
        pytest.param(0, 1, 1, None, "differs", id="empty for FlowJo alone has no percentage"),
    ],
)
def test_reconcile(theirs, ours, difference, percent, verdict):
    row = reconcile(sample(theirs), {"T": 1000, "CD4+": ours})[1]

    assert (row["population"], row["path"], row["kind"]) == ("CD4+", "T/CD4+", "rectangle")
    assert (row["flowjo"], row["ours"]) == (theirs, ours)
    assert (row["difference"], row["percent"], row["verdict"]) == (difference, percent, verdict)


def test_the_table_keeps_the_workspaces_order(tmp_path):
    path = tmp_path / "reconciliation.tsv"

    write_reconciliation(path, reconcile(sample(500), {"T": 990, "CD4+": 500}))

    rows = read_tsv(path)
    assert tuple(rows[0]) == COLUMNS
    assert [(row["population"], row["verdict"]) for row in rows] == [
        ("T", "within_1_percent"),
        ("CD4+", "exact"),
    ]


def drawn(kinds, theirs, **parents) -> FlowJoSample:
    """Return a sample of gates a, b, c in a line, or with the parents that are given."""
    shapes = {"rectangle": RectangleGate, "polygon": PolygonGate, "ellipsoid": PolygonGate}
    names = list(theirs)
    above = dict(zip(names, ["root", *names], strict=False)) | parents
    gates = tuple(shapes[kinds[name]](name, above[name], name) for name in names)
    return FlowJoSample(
        "a.fcs", "a", 5000, Strategy(gates), theirs, {name: name for name in names}, "", kinds
    )


@pytest.mark.parametrize(
    ("kinds", "ours", "as_expected", "said"),
    [
        pytest.param({"a": "rectangle"}, {"a": 1001}, "no", "equal counts", id="a rectangle"),
        pytest.param({"a": "polygon"}, {"a": 1009}, "yes", "grid", id="a polygon within 1 %"),
        pytest.param({"a": "polygon"}, {"a": 1011}, "no", "compare", id="a polygon beyond it"),
        pytest.param({"a": "ellipsoid"}, {"a": 991}, "yes", "grid", id="an ellipse within 1 %"),
        pytest.param({"a": "rectangle"}, {"a": 1000}, "yes", "", id="equal"),
    ],
)
def test_what_is_expected_depends_on_the_kind_of_gate(kinds, ours, as_expected, said):
    (row,) = reconcile(drawn(kinds, {"a": 1000}), ours)

    assert (row["kind"], row["as_expected"]) == (kinds["a"], as_expected)
    assert said in row["reason"]


def test_a_rectangle_below_a_polygon_may_differ_as_that_may():
    sample = drawn({"a": "polygon", "b": "rectangle"}, {"a": 1000, "b": 500})

    rows = reconcile(sample, {"a": 1000, "b": 501})

    assert [row["as_expected"] for row in rows] == ["yes", "yes"]
    assert "rests on a" in rows[1]["reason"]


def test_a_boolean_gate_may_differ_as_what_it_combines():
    gates = (
        PolygonGate("a", "root", "a"),
        RectangleGate("b", "root", "b"),
        BooleanGate("c", "root", "c", "or", (Operand("a"), Operand("b"))),
    )
    names = {name: name for name in "abc"}
    sample = FlowJoSample("a.fcs", "a", 9, Strategy(gates), dict.fromkeys("abc", 500), names)

    rows = reconcile(sample, {"a": 501, "b": 500, "c": 501})

    assert [row["as_expected"] for row in rows] == ["yes", "yes", "yes"]
    assert rows[2]["kind"] == "boolean"
