"""Gates on compensated dimensions hold the cells that they mean, however strong the spillover.

Each dye spills so much into the other's detector that cells with one dye alone read as bright
there as cells with both: gates on the values as read would be wrong by thousands of cells.
"""

import numpy as np
import pytest

from correlates.flow.acquisition import gate_acquisition
from correlates.flow.gating.gates import (
    FROM_FILE,
    ROOT,
    Dimension,
    Divider,
    EllipsoidGate,
    PolygonGate,
    Quadrant,
    QuadrantGate,
    RectangleGate,
    Strategy,
    Transform,
)
from correlates.flow.gating.gatingml import write_gatingml
from correlates.flow.gating.strategies import read_flowjo, read_gatingml
from correlates.flow.gating.transforms import apply
from correlates.flow.outcome import intensity_rows
from correlates.flow.sources import Fixed
from flow_maker import matrix_of, write_sample
from test_gating_job import sha256
from test_instantiate import template_of
from test_strategies import MATRIX, ranged, sample, workspace

NAMES = ("FSC-A", "FITC-A", "PE-A")
MARKERS = {"FITC-A": "A", "PE-A": "B"}
COUNT = 2000
# Rows are dyes, columns detectors: 80 % of A is read as B, and 30 % of B as A.
STRONG = matrix_of(NAMES[1:], [[1.0, 0.8], [0.3, 1.0]])
# What the workspaces of the tests bring: half of A is read as B.
OF_WORKSPACE = matrix_of(NAMES[1:], [[1.0, 0.5], [0.0, 1.0]])
# Which cells have A, which have B.
HAS_A, HAS_B = np.repeat([[0, 1, 0, 1], [0, 0, 1, 1]], COUNT, axis=1).astype(bool)
LOGICLE = Transform("logicle", {"t": 262144.0, "w": 0.7, "m": 4.5, "a": 0.0})
BIEX = Transform(
    "biex", {"negative": 0.0, "width": -100.0, "positive": 4.418540, "max_value": 262144.0}
)
CUT = 3000.0


def true_intensities():
    rng = np.random.default_rng(6)
    noise = rng.normal(0, 60, (2, 4 * COUNT))
    bright = 20_000 * np.exp(rng.normal(0, 0.15, (2, 4 * COUNT)))
    return np.where([HAS_A, HAS_B], bright, 0) + noise


def written(path, spill, matrix):
    """Write cells whose dyes spill as ``spill`` says; the file's own matrix is ``matrix``."""
    dyes = true_intensities().T @ np.array(spill.matrix)
    scatter = np.random.default_rng(7).uniform(4e4, 8e4, len(dyes))
    return write_sample(path, np.column_stack([scatter, dyes]), NAMES, matrix)


def members(outcome, population):
    return outcome.gated.members(population)


def gate(file, source, compensation="file"):
    outcome = gate_acquisition(file, sha256(file), source, MARKERS, compensation)
    assert outcome.verdict.verdict != "refused", outcome.verdict
    return outcome


TEMPLATE = template_of(
    'a,+,root,A,mindensity,"gate_range=c(500,12000)",,,,',
    'b,+,root,B,mindensity,"gate_range=c(500,12000)",,,,',
    'tail,+,root,B,tailgate,"gate_range=c(200,12000), sds=8",,,,',
    'half,+,root,B,quantileGate,"probs=0.5, gate_range=c(500,12000)",,,,',
    '"ab,a_only,b_only,none",*,root,"A,B",quadrantGate,"gate_range=c(500,12000)",,,,',
    'box,+,root,"A,B",boundary,"min=c(3000,-Inf), max=c(Inf,3000)",,,,',
    'figure,+,root,"A,B",polygonGate,"x=c(3000,2e5,2e5,3000), y=c(-2000,-2000,3000,3000)",,,,',
    'cloud,+,root,"A,B",ellipseGate,"K=4, target=c(2e4,0), nu=Inf, quantile=0.99999",,,,',
)
TRUTH = {
    "a": HAS_A,
    "b": HAS_B,
    "tail": HAS_B,
    "half": HAS_B,
    "ab": HAS_A & HAS_B,
    "a_only": HAS_A & ~HAS_B,
    "b_only": ~HAS_A & HAS_B,
    "none": ~HAS_A & ~HAS_B,
    "box": HAS_A & ~HAS_B,
    "figure": HAS_A & ~HAS_B,
    "cloud": HAS_A & ~HAS_B,
}


@pytest.fixture(scope="module")
def strong(tmp_path_factory):
    return written(tmp_path_factory.mktemp("strong") / "strong.fcs", STRONG, STRONG)


@pytest.mark.parametrize("population", TRUTH)
def test_a_template_holds_the_cells_that_have_the_dye(strong, population):
    outcome = gate(strong, TEMPLATE)

    wrong = members(outcome, population) != TRUTH[population]

    assert outcome.compensation == FROM_FILE
    assert wrong.sum() <= 0.002 * len(wrong)


@pytest.mark.parametrize("population", ["b", "a_only", "box", "figure"])
def test_without_compensation_the_same_gates_are_wrong_by_a_whole_population(strong, population):
    """What makes the test above a proof: these gates tell compensated values from those read."""
    outcome = gate(strong, TEMPLATE, "none")

    assert (members(outcome, population) != TRUTH[population]).sum() > 0.9 * COUNT


def test_the_studys_table_goes_before_the_files_own_matrix(tmp_path):
    mild = matrix_of(NAMES[1:], [[1.0, 0.02], [0.01, 1.0]])
    file = written(tmp_path / "mild.fcs", STRONG, mild)
    table = tmp_path / "matrix.csv"
    rows = [",".join(["", *NAMES[1:]])]
    rows += [
        ",".join([name, *map(str, row)]) for name, row in zip(NAMES[1:], STRONG.matrix, strict=True)
    ]
    table.write_text("\n".join(rows) + "\n")

    by_table, by_file = gate(file, TEMPLATE, str(table)), gate(file, TEMPLATE)

    assert (members(by_table, "a_only") != TRUTH["a_only"]).sum() <= 0.002 * 4 * COUNT
    assert (members(by_file, "a_only") != TRUTH["a_only"]).sum() > 0.9 * COUNT


def test_intensities_of_a_population_are_those_of_its_dyes_alone(strong):
    rows = intensity_rows(gate(strong, TEMPLATE))

    medians = {(row["population"], row["marker"]): row["median"] for row in rows}

    assert medians["a_only", "A"] == pytest.approx(20_000, rel=0.02)
    assert medians["a_only", "B"] == pytest.approx(0, abs=10)


def fixed_gates(scale):
    """A gate of each kind for cells with A alone, on the scale of a dimension."""
    place = {
        value: float(apply(scale, np.array([value]))[0]) for value in (-3000, 0, CUT, 2e4, 2e5)
    }
    a, b = (Dimension(name, FROM_FILE, "scale") for name in NAMES[1:])
    left, low, cut, _, right = place.values()
    corners = ((cut, left), (right, left), (right, cut), (cut, cut))
    reach = ((right - cut) / 2, (cut - left) / 2)
    dividers = (Divider("x", a, (cut,)), Divider("y", b, (cut,)))
    parts = (
        Quadrant("a_only", {"x": (cut, None), "y": (None, cut)}),
        Quadrant("ab", {"x": (cut, None), "y": (cut, None)}),
    )
    return Strategy(
        (
            RectangleGate("b", ROOT, "b", (Dimension("PE-A", FROM_FILE, "scale", cut),)),
            PolygonGate("figure", ROOT, "figure", (a, b), corners),
            EllipsoidGate(
                "cloud",
                ROOT,
                "cloud",
                (a, b),
                (place[2e4], low),
                ((reach[0] ** 2, 0.0), (0.0, reach[1] ** 2)),
                0.9,
            ),
            QuadrantGate("four", ROOT, "four", dividers, parts),
        ),
        {"scale": scale},
    )


@pytest.mark.parametrize("scale", [LOGICLE, BIEX], ids=["logicle", "biexponential"])
@pytest.mark.parametrize("population", ["b", "figure", "cloud", "a_only", "ab"])
def test_fixed_gates_hold_the_cells_that_have_the_dye(strong, tmp_path, scale, population):
    drawn = fixed_gates(scale)
    write_gatingml(drawn, tmp_path / "gates.xml")

    for gates in (drawn, read_gatingml(tmp_path / "gates.xml")):
        wrong = members(gate(strong, Fixed(gates)), population) != TRUTH[population]
        assert wrong.sum() <= 0.002 * len(wrong)


def test_fixed_gates_without_compensation_are_wrong_by_a_whole_population(strong):
    outcome = gate(strong, Fixed(fixed_gates(LOGICLE)), "none")

    for population in ("b", "figure", "cloud", "a_only"):
        assert (members(outcome, population) != TRUTH[population]).sum() > 0.9 * COUNT


@pytest.mark.parametrize(
    ("matrix", "is_right"),
    [
        pytest.param(MATRIX, True, id="its own matrix is that of the spillover"),
        pytest.param(MATRIX.replace('value="0.5"', 'value="0.02"'), False, id="its own is another"),
    ],
)
def test_gates_of_a_workspace_see_what_its_own_matrix_gives(tmp_path, matrix, is_right):
    """The file's own matrix is the identity, and would leave half of A in B's detector."""
    nothing = matrix_of(NAMES[1:], np.eye(2))
    file = written(tmp_path / "a.fcs", OF_WORKSPACE, nothing)
    tree = ranged("b", "Comp-PE-A", CUT, 1e6, 4000)
    read = read_flowjo(workspace(tmp_path, sample(0, "a.fcs", tree, matrix=matrix)))

    wrong = (members(gate(file, Fixed(read)), "b") != HAS_B).sum()

    assert wrong <= 0.002 * 4 * COUNT if is_right else wrong > 0.9 * COUNT


def test_a_gate_of_a_workspace_on_an_uncompensated_channel_sees_it_as_read(tmp_path):
    file = written(tmp_path / "a.fcs", OF_WORKSPACE, matrix_of(NAMES[1:], np.eye(2)))
    tree = ranged("b", "PE-A", CUT, 1e6, 6000)
    read = read_flowjo(workspace(tmp_path, sample(0, "a.fcs", tree)))

    assert (members(gate(file, Fixed(read)), "b") != (HAS_A | HAS_B)).sum() <= 8


def test_one_gate_of_a_workspace_may_see_a_channel_both_ways(tmp_path):
    """As FlowJo draws a channel against itself to judge its compensation."""
    both = ranged("b", "PE-A", CUT, 1e6, 2000).replace(
        "</gating:RectangleGate>",
        '<gating:dimension gating:max="3000"><data-type:fcs-dimension '
        'data-type:name="Comp-PE-A"/></gating:dimension></gating:RectangleGate>',
    )
    file = written(tmp_path / "a.fcs", OF_WORKSPACE, matrix_of(NAMES[1:], np.eye(2)))
    read = read_flowjo(workspace(tmp_path, sample(0, "a.fcs", both)))

    assert (members(gate(file, Fixed(read)), "b") != (HAS_A & ~HAS_B)).sum() <= 8


def test_a_matrix_that_names_channels_as_they_are_compensates_them(tmp_path):
    file = written(tmp_path / "a.fcs", OF_WORKSPACE, matrix_of(NAMES[1:], np.eye(2)))
    matrix = MATRIX.replace('prefix="Comp-"', 'prefix=""')
    tree = ranged("b", "PE-A", CUT, 1e6, 4000)
    read = read_flowjo(workspace(tmp_path, sample(0, "a.fcs", tree, matrix=matrix)))

    assert (members(gate(file, Fixed(read)), "b") != HAS_B).sum() <= 8
