"""A template and one file's events become concrete gates, whatever the events are."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from correlates.flow.gating.evaluate import evaluate
from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import (
    BooleanGate,
    Compensation,
    Operand,
    QuadrantGate,
    from_json,
    to_json,
)
from correlates.flow.templates.instantiate import instantiate
from correlates.flow.templates.methods import Settings
from correlates.flow.templates.scales import ScaleSettings
from correlates.flow.templates.template import parse_template, read_template

ROOT = Path(__file__).resolve().parent.parent
TNK = ROOT / "resources" / "gating" / "tnk.csv"
HEADER = (
    "alias,pop,parent,dims,gating_method,gating_args,"
    "collapseDataForGating,groupBy,preprocessing_method,preprocessing_args\n"
)
NAMES = ("FSC-A", "FSC-H", "SSC-A", "A", "B")


def template_of(*rows):
    template, problems = parse_template(HEADER + "\n".join(rows), "t.csv")
    assert problems == []
    return template


def events_of(columns, names=NAMES, spillover=None):
    channels = [SimpleNamespace(name=name, label="", range=262144.0) for name in names]
    return Events.of_array(np.column_stack(columns), channels, spillover)


def gate(events, *rows, **options):
    return instantiate(template_of(*rows), events, dict(zip(NAMES, NAMES, strict=True)), **options)


def four_corners(count=1000):
    """Events of A and B low and high, ``count`` each, in the order --, +-, -+, ++."""
    rng = np.random.default_rng(0)
    low, high = 10 ** rng.normal(1.5, 0.1, 4 * count), 10 ** rng.normal(4, 0.1, 4 * count)
    corner = np.repeat(np.arange(4), count)
    a, b = np.where(corner % 2, high, low), np.where(corner // 2, high, low)
    scatter = rng.uniform(4e4, 8e4, 4 * count)
    return events_of([scatter, 0.8 * scatter, scatter, a, b])


CORNERS = four_corners()
A_POS = 'a_pos,+,root,A,mindensity,"gate_range=c(100,5000)",,,,'
B_POS = 'b_pos,+,root,B,mindensity,"gate_range=c(100,5000)",,,,'


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        pytest.param([A_POS], {"a_pos": 2000}, id="one side"),
        pytest.param([A_POS, "a_neg,-,root,A,refGate,a_pos,,,,"], {"a_neg": 2000}, id="refGate -"),
        pytest.param(
            ['a,+/-,root,A,mindensity,"gate_range=c(100,5000)",,,,'],
            {"a+": 2000, "a-": 2000},
            id="both sides",
        ),
        pytest.param(
            ['x,+-,root,"A,B",mindensity,"gate_range=c(100,5000)",,,,'], {"x": 1000}, id="quadrant"
        ),
        pytest.param(
            ['"pp,pn,np,nn",*,root,"A,B",quadrantGate,"gate_range=c(100,5000)",,,,'],
            {"pp": 1000, "pn": 1000, "np": 1000, "nn": 1000},
            id="four quadrants",
        ),
        pytest.param(
            ['"pp,pn,np,nn",*,root,"A,B",quadrantGate,"cuts=c(500,1e6)",,,,'],
            {"pp": 0, "pn": 2000, "np": 0, "nn": 2000},
            id="given cuts",
        ),
        pytest.param(
            [A_POS, B_POS, '"pp,pn,np,nn",*,a_pos,"A,B",refGate,a_pos:b_pos,,,,'],
            {"pp": 1000, "pn": 1000, "np": 0, "nn": 0},
            id="quadrants with borrowed thresholds",
        ),
        pytest.param(
            [A_POS, B_POS, "x,+,root,,boolGate,a_pos & !b_pos,,,,"], {"x": 1000}, id="and not"
        ),
        pytest.param([A_POS, "x,+,root,,boolGate,!a_pos,,,,"], {"x": 2000}, id="not"),
        pytest.param(
            [A_POS, B_POS, "x,+,a_pos,,boolGate,!(a_pos & b_pos) | !!b_pos,,,,"],
            {"x": 2000},
            id="nested, within its parent",
        ),
        pytest.param(
            ['x,+,root,"A,B",boundary,"min=c(1e3,-Inf), max=c(Inf,1e3)",,,,'],
            {"x": 1000},
            id="rectangle of linear numbers",
        ),
        pytest.param(
            ['x,+,root,"A,B",polygonGate,"x=c(1e3,1e5,1e5,1e3), y=c(1e3,1e3,1e5,1e5)",,,,'],
            {"x": 1000},
            id="polygon of linear numbers",
        ),
        pytest.param(
            ['x,-,root,A,tailgate,"gate_range=c(10,1e4), side=right, sds=6",,,,'],
            {"x": 2000},
            id="tail of the lower peak",
        ),
        pytest.param(
            ['x,+,root,"FSC-A,FSC-H",singletGate,,,,,'], {"x": 4000}, id="all are singlets"
        ),
    ],
)
def test_each_method_counts_the_corners_that_it_should(rows, counts):
    made = gate(CORNERS, *rows)

    assert {name: made.gated.counts[name] for name in counts} == counts


def test_gates_on_the_events_again_give_the_same_membership():
    made = gate(
        CORNERS,
        A_POS,
        'q,+,a_pos,"A,B",polygonGate,"x=c(1e3,1e5,1e5), y=c(10,10,1e5)",,,,',
        '"pp,pn,np,nn",*,a_pos,"A,B",quadrantGate,"gate_range=c(100,5000)",,,,',
        "x,+,root,,boolGate,(q | pp) & !pn,,,,",
    )

    again = evaluate(from_json(to_json(made.strategy)), CORNERS).only(made.methods)

    assert again.counts == made.gated.counts
    assert again.parents == made.gated.parents
    for population, packed in made.gated.packed.items():
        assert np.array_equal(packed, again.packed[population]), population


def test_thresholds_are_told_in_linear_intensities_within_the_prior():
    made = gate(CORNERS, A_POS, 'ssc,+,root,SSC-A,mindensity,"gate_range=c(1e5,2e5)",,,,')

    assert 100 < made.thresholds["a_pos"]["A"] < 5000
    assert 1e5 <= made.thresholds["ssc"]["SSC-A"] <= 2e5


def test_scatter_is_gated_linear_and_uncompensated_and_dyes_on_logicle():
    made = gate(CORNERS, A_POS, 'ssc,+,root,SSC-A,boundary,"min=5e4",,,,')
    fluorescence, scatter = (gate.dimensions[0] for gate in made.strategy.gates)

    assert (fluorescence.compensation, fluorescence.transform) == ("FCS", "logicle_A")
    assert (scatter.compensation, scatter.transform, scatter.minimum) == (
        "uncompensated",
        None,
        5e4,
    )
    assert made.strategy.transforms["logicle_A"].kind == "logicle"


def test_a_panel_with_its_own_matrix_is_gated_on_what_that_gives():
    rng = np.random.default_rng(1)
    true = np.where(np.arange(2000) < 1000, 50.0, 20000.0) * 10 ** rng.normal(0, 0.05, 2000)
    scatter = np.full(2000, 5e4)
    own = Compensation(("A", "B"), ("A", "B"), ((1.0, 0.5), (0.0, 1.0)))
    events = events_of([scatter, scatter, scatter, true, 0.5 * true])

    made = gate(
        events,
        'b,+,root,B,boundary,"min=1000",,,,',
        compensation="panel",
        compensations={"panel": own},
    )

    assert made.gated.counts["b"] == 0
    assert made.strategy.compensations == {"panel": own}


def test_inner_parentheses_become_gates_of_their_own():
    made = gate(CORNERS, A_POS, B_POS, "x,+,root,,boolGate,!(a_pos & b_pos) & (a_pos | b_pos),,,,")
    booleans = [one for one in made.strategy.gates if isinstance(one, BooleanGate)]

    assert [(one.id, one.operation) for one in booleans] == [
        ("x__1", "and"),
        ("x__2", "or"),
        ("x", "and"),
    ]
    assert booleans[-1].operands == (Operand("x__1", complement=True), Operand("x__2"))
    assert made.gated.counts["x"] == 2000


def test_what_only_serves_an_expression_is_no_population():
    made = gate(
        CORNERS,
        A_POS,
        B_POS,
        "x,+,root,,boolGate,!a_pos | (a_pos & b_pos),,,,",
        # a name that a part of x might have been given
        "x.1,+,root,,boolGate,a_pos | b_pos,,,,",
    )
    populations = ["a_pos", "b_pos", "x", "x.1"]

    assert sorted(made.gated.counts) == sorted(["root", *populations])
    assert sorted(made.gated.parents) == sorted(made.gated.packed) == populations
    assert sorted(made.methods) == populations
    assert "x__1" in {one.id for one in made.strategy.gates}


def test_quadrants_share_their_dividers():
    made = gate(CORNERS, '"pp,pn,np,nn",*,root,"A,B",quadrantGate,"cuts=c(500,500)",,,,')
    quadrants = made.strategy.gates[0]

    assert isinstance(quadrants, QuadrantGate)
    assert [part.id for part in quadrants.quadrants] == ["pp", "pn", "np", "nn"]
    assert made.methods == dict.fromkeys(["pp", "pn", "np", "nn"], "quadrantGate")


def test_flags_follow_a_threshold_to_whoever_uses_it():
    made = gate(
        CORNERS,
        'c,+,root,A,mindensity,"gate_range=c(1e5,2e5)",,,,',
        "d,-,root,A,refGate,c,,,,",
        "e,+,root,,boolGate,!c,,,,",
        'f,+,c,B,mindensity,"gate_range=c(100,5000)",,,,',
        A_POS,
    )

    assert made.flags["c"] == made.flags["d"] == made.flags["e"]
    assert made.flags["f"] == ("fallback_no_events",)
    assert "a_pos" not in made.flags


@pytest.mark.parametrize(
    ("rows", "flags"),
    [
        pytest.param(["A,boundary,min=1e3"], ("g_gate_loses_b",), id="half of b is lost"),
        pytest.param(["B,boundary,min=1e3"], (), id="all of b is kept"),
        pytest.param(["A,boundary,min=1e3", "0.4"], (), id="half is enough if the row says so"),
    ],
)
def test_a_gate_is_checked_for_what_it_must_keep(rows, flags):
    share = f", keep_share={rows[1]}" if len(rows) > 1 else ""
    dim, method, bounds = rows[0].split(",")
    made = gate(CORNERS, B_POS, f'g,+,root,{dim},{method},"{bounds}, keeps=c(b=b_pos){share}",,,,')

    assert made.flags.get("g", ()) == flags


def test_too_few_events_to_check_a_gate_are_said_to_be():
    made = gate(
        CORNERS,
        'none,+,root,B,boundary,"min=1e6",,,,',
        'g,+,root,A,boundary,"min=1, keeps=c(t=none)",,,,',
    )

    assert made.flags["g"] == ("g_gate_unchecked_t",)


COLUMNS = {
    "no events": lambda n, rng: np.zeros((0, n)),
    "one event": lambda n, rng: np.full((1, n), 5e4),
    "constant": lambda n, rng: np.full((3000, n), 5e4),
    "all saturated": lambda n, rng: np.full((3000, n), 262143.0),
    "all zero": lambda n, rng: np.zeros((3000, n)),
    "all negative": lambda n, rng: -(10 ** rng.uniform(0, 6, (3000, n))),
    "uniform noise": lambda n, rng: rng.uniform(-1e4, 262143, (3000, n)),
    "every size": lambda n, rng: 10 ** rng.uniform(-3, 9, (3000, n)),
    "not numbers among them": lambda n, rng: np.where(
        rng.random((3000, n)) < 0.02, np.nan, rng.uniform(0, 1e5, (3000, n))
    ),
}


@pytest.mark.parametrize("shape", COLUMNS)
def test_no_sample_breaks_the_shipped_template(shape):
    template = read_template(TNK)
    values = COLUMNS[shape](len(template.dimensions), np.random.default_rng(2))
    events = events_of(values.T, template.dimensions)

    made = instantiate(template, events, {dim: dim for dim in template.dimensions})

    assert set(made.gated.counts) == {"root", *template.populations}
    for population, parent in made.gated.parents.items():
        assert made.gated.counts[population] <= made.gated.counts[parent]
    for thresholds in made.thresholds.values():
        assert np.isfinite(list(thresholds.values())).all()


def test_a_population_of_no_events_is_a_zero_and_flagged():
    template = read_template(TNK)
    events = events_of(np.zeros((0, len(template.dimensions))).T, template.dimensions)

    made = instantiate(template, events, {dim: dim for dim in template.dimensions})

    assert made.gated.counts["nk"] == 0
    assert made.flags["nk"] == ("fallback_no_events",)


def test_settings_fix_the_scale():
    made = gate(CORNERS, A_POS, settings=Settings(scale=ScaleSettings(w=1.0, m=4.0)))

    assert made.strategy.transforms["logicle_A"].parameters == {
        "t": 262144.0,
        "w": 1.0,
        "m": 4.0,
        "a": 0.0,
    }


def test_gating_by_template_needs_numpy_and_flowutils_only():
    code = (
        "import sys; import correlates.flow.templates.instantiate;"
        "import correlates.flow.templates.template;"
        "print([m for m in ('pandas','scipy','flowkit','pyarrow','sklearn','matplotlib')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"
