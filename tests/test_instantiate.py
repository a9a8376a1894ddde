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
    EllipsoidGate,
    Operand,
    QuadrantGate,
    from_json,
    to_json,
)
from correlates.flow.gating.transforms import inverse
from correlates.flow.templates.instantiate import instantiate
from correlates.flow.templates.methods import Settings
from correlates.flow.templates.scales import ScaleSettings
from correlates.flow.templates.template import parse_template, read_template
from flow_maker import flowkit_members, write_sample

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


def four_clusters(count=1000):
    """The same with A and B independent within each corner."""
    rng = np.random.default_rng(8)
    corner = np.repeat(np.arange(4), count)
    a, b = (
        10 ** (np.where(is_high, 4, 2) + rng.normal(0, 0.1, 4 * count))
        for is_high in (corner % 2, corner // 2)
    )
    scatter = rng.normal(6e4, 5e3, 4 * count)
    columns = np.column_stack([scatter, 0.8 * scatter, scatter, a, b])
    return events_of(rng.permutation(columns).T)


CLUSTERS = four_clusters()
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
        pytest.param(
            ["x,+,root,A,quantileGate,probs=0.75,,,,"], {"x": 1000}, id="the upper quarter"
        ),
        pytest.param(
            ['x,-,root,A,gate_quantile,"probs=0.25, min=1000",,,,'],
            {"x": 2500},
            id="the lower quarter of what is above a minimum, and what is below that",
        ),
        pytest.param(
            ['x,+,root,"A,B",flowClust,"K=4, target=c(30,1e4), nu=Inf, quantile=0.999999",,,,'],
            {"x": 1000},
            id="the cluster next to a target",
        ),
        pytest.param(
            [
                'x,+,root,"A,B",flowClust.2d,"K=4, nu=Inf, quantile=0.999999, '
                'gate_range=list(c(1e3,1e5),c(1e3,1e5))",,,,'
            ],
            {"x": 1000},
            id="the cluster within a range",
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


@pytest.mark.parametrize("kind", ["logicle", "biexponential", "asinh", "hyperlog"])
def test_an_ellipse_is_drawn_on_the_scales_of_its_dimensions(kind):
    made = gate(
        CLUSTERS,
        'x,+,root,"A,B",ellipseGate,"K=4, target=c(1e4,1e4)",,,,',
        'y,+,root,"FSC-A,B",ellipseGate,"K=2, target=c(6e4,1e4), nu=Inf",,,,',
        settings=Settings(scale=ScaleSettings(kind=kind)),
    )
    dyes, mixed = made.strategy.gates

    assert isinstance(dyes, EllipsoidGate)
    centre = [
        inverse(made.strategy.transforms[axis.transform], [place])[0]
        for axis, place in zip(dyes.dimensions, dyes.mean, strict=True)
    ]
    assert centre == pytest.approx([1e4, 1e4], rel=0.05)
    # 90 % of a t distribution of 4 degrees of freedom; normal events lie closer
    assert made.gated.counts["x"] == pytest.approx(970, abs=30)
    assert mixed.dimensions[0].transform is None
    assert mixed.mean[0] == pytest.approx(6e4, rel=0.05)
    assert made.gated.counts["y"] == pytest.approx(1800, abs=100)


@pytest.mark.parametrize("kind", ["logicle", "biexponential", "asinh", "hyperlog"])
def test_an_ellipse_holds_the_same_events_in_flowkit(tmp_path, kind):
    """GatingML does not know FlowJo's scale: an ellipse on it becomes a polygon of many corners."""
    rows = ['x,+,root,"A,B",ellipseGate,"K=4, target=c(1e4,1e4), quantile=0.8",,,,']
    made = gate(CLUSTERS, *rows, settings=Settings(scale=ScaleSettings(kind=kind)))
    columns = np.column_stack([CLUSTERS.values(name) for name in NAMES])
    file = write_sample(tmp_path / "corners.fcs", columns, NAMES)

    theirs = flowkit_members(made.strategy, file)["x"]
    ours = made.gated.members("x")

    assert np.count_nonzero(theirs != ours) <= (2 if kind == "biexponential" else 0)
    assert ours.sum() > 800


@pytest.mark.parametrize(
    ("arguments", "threshold", "flags"),
    [
        pytest.param("probs=0.75, gate_range=c(10,1e6)", None, (), id="inside its range"),
        pytest.param(
            "probs=0.75, gate_range=c(100,1000)",
            1000,
            ("quantile_outside_prior",),
            id="kept to its range",
        ),
        pytest.param("probs=0.9999", None, ("fallback_few_events",), id="not one event beyond it"),
    ],
)
def test_a_quantile_is_kept_to_its_range_and_flagged(arguments, threshold, flags):
    made = gate(CORNERS, f'x,+,root,A,quantileGate,"{arguments}",,,,')
    share = float(arguments.partition(",")[0].removeprefix("probs="))
    expected = threshold or np.quantile(CORNERS.values("A"), share)

    assert made.thresholds["x"]["A"] == pytest.approx(expected)
    assert made.flags.get("x", ()) == flags


@pytest.mark.parametrize("kind", ["logicle", "biexponential", "asinh", "hyperlog"])
@pytest.mark.parametrize(
    ("row", "count"),
    [
        pytest.param('x,+,root,A,boundary,"min=-1e6, max=1e6",,,,', 4000, id="all of it"),
        pytest.param('x,+,root,A,boundary,"max=1000",,,,', 2000, id="no lower bound"),
        pytest.param("x,+,root,A,boundary,min=1e6,,,,", 1, id="from beyond the detector"),
        pytest.param(
            'x,++,root,"A,B",mindensity,"gate_range=c(100,5000)",,,,', 1000, id="a valley"
        ),
        pytest.param('"x,c,d,e",*,root,"A,B",quadrantGate,"cuts=c(3e5,1)",,,,', 0, id="a cut"),
    ],
)
def test_numbers_of_a_template_mean_the_same_on_every_scale(kind, row, count):
    """FlowJo's scale ends with the detector; one event lies beyond, as compensation can put it."""
    columns = np.array([CLUSTERS.values(name) for name in NAMES])
    columns[3, 0] = 2e6 if "1e6" in row else columns[3, 0]
    settings = Settings(scale=ScaleSettings(kind=kind))

    counted = gate(events_of(columns), row, settings=settings).gated.counts["x"]

    # of all, the one beyond a million is not below a million
    assert counted == count - ("max=1e6" in row)


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
