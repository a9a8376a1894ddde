import pytest

from correlates.flow.gating.gates import PolygonGate, RectangleGate, Strategy
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
