import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from correlates.flow.gating import evaluate as evaluate_module
from correlates.flow.gating import events as events_module
from correlates.flow.gating.evaluate import (
    Gating,
    StrategyError,
    evaluate,
    intensities_of,
    ordered_gates,
)
from correlates.flow.gating.events import Events, UnknownChannel
from correlates.flow.gating.gates import (
    FROM_FILE,
    ROOT,
    UNCOMPENSATED,
    BooleanGate,
    Compensation,
    Dimension,
    Divider,
    EllipsoidGate,
    Operand,
    PolygonGate,
    Quadrant,
    QuadrantGate,
    Ratio,
    RectangleGate,
    Strategy,
    Transform,
)
from correlates.flow.gating.medians import Centre, centre_of
from correlates.flow.gating.transforms import apply
from correlates.intake.fcs.reader import read_header
from flow_maker import (
    CHANNELS,
    DYES,
    LOGICLE,
    SCALES,
    blobs,
    events_of,
    flowkit_members,
    matrix_of,
    random_strategy,
    spread,
    write_sample,
)

X = [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.0]]
AB = ("A", "B")


def held(gates, rows=X, **more) -> dict[str, list[int]]:
    """Return the numbers of the events in each population."""
    gated = evaluate(Strategy(tuple(gates), **more), events_of(rows, AB))
    return {name: np.flatnonzero(gated.members(name)).tolist() for name in gated.packed}


def rectangle(key="r", parent=ROOT, low=1.0, high=3.0, complement=False, **axis):
    axes = (Dimension("A", minimum=low, maximum=high, **axis),)
    return RectangleGate(key, parent, key, axes, complement)


def polygon(*vertices, complement=False):
    return PolygonGate("p", ROOT, "p", (Dimension("A"), Dimension("B")), vertices, complement)


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        pytest.param(rectangle(), [1, 2], id="a range holds its minimum, not its maximum"),
        pytest.param(rectangle(low=None), [0, 1, 2], id="no minimum is open below"),
        pytest.param(rectangle(high=None), [1, 2, 3, 4], id="no maximum is open above"),
        pytest.param(rectangle(complement=True), [0, 3, 4], id="a complement is the rest"),
    ],
)
def test_rectangle(gate, expected):
    assert held([gate])["r"] == expected


def test_polygon_holds_its_inside():
    assert held([polygon((0.5, 0.5), (3.5, 0.5), (3.5, 3.5), (0.5, 3.5))])["p"] == [1, 2, 3]


def test_polygon_that_crosses_itself_has_a_hole_where_it_covers_twice():
    outer = [(0.0, -1.0), (6.0, -1.0), (6.0, 6.0), (0.0, 6.0), (0.0, -1.0)]
    inner = [(1.5, -0.5), (3.5, -0.5), (3.5, 5.5), (1.5, 5.5), (1.5, -0.5)]

    assert held([polygon(*outer, *inner)])["p"] == [0, 1, 4]


def test_complement_of_a_polygon_is_the_rest():
    square = ((0.5, 0.5), (3.5, 0.5), (3.5, 3.5), (0.5, 3.5))

    assert held([polygon(*square, complement=True)])["p"] == [0, 4]


@pytest.mark.parametrize(
    ("covariance", "expected"),
    [
        pytest.param(((1.0, 0.0), (0.0, 1.0)), [2], id="a circle of radius 1"),
        pytest.param(((2.0, 0.0), (0.0, 2.0)), [1, 2, 3], id="its edge is inside"),
        pytest.param(((2.5, 2.0), (2.0, 2.5)), [1, 2, 3], id="longer along the diagonal"),
        pytest.param(
            ((1.0, 2.0), (2.0, 1.0)), [1, 2, 3], id="a matrix that is no covariance has no bounds"
        ),
    ],
)
def test_ellipsoid(covariance, expected):
    axes = (Dimension("A"), Dimension("B"))

    assert held([EllipsoidGate("e", ROOT, "e", axes, (2.0, 2.0), covariance, 1.0)])["e"] == expected


def test_quadrants_hold_their_lower_cut_and_have_the_gates_parent():
    gate = QuadrantGate(
        "q",
        "r",
        "q",
        (Divider("a", Dimension("A"), (2.0,)), Divider("b", Dimension("B"), (3.0,))),
        (
            Quadrant("low", {"a": (None, 2.0)}),
            Quadrant("high", {"a": (2.0, None), "b": (3.0, None)}),
            Quadrant("part", {"a": (2.0, None), "b": (None, 3.0)}),
        ),
    )

    found = held([gate, rectangle(low=1.0, high=None)])

    assert (found["low"], found["high"], found["part"]) == ([1], [3, 4], [2])


@pytest.mark.parametrize(
    ("operation", "operands", "expected"),
    [
        pytest.param("and", [("r", False), ("s", False)], [2], id="and"),
        pytest.param("or", [("r", False), ("s", False)], [1, 2, 3], id="or"),
        pytest.param("not", [("r", False)], [0, 3, 4], id="not"),
        pytest.param("and", [("r", False), ("s", True)], [1], id="a complemented operand"),
        pytest.param("not", [("child", False)], [0, 1, 3, 4], id="an operand has its ancestry"),
        pytest.param("and", [("r", False)], [1, 2], id="and of one"),
    ],
)
def test_boolean(operation, operands, expected):
    gate = BooleanGate("b", ROOT, "b", operation, tuple(Operand(*each) for each in operands))
    others = [
        rectangle(low=1.0, high=3.0),
        rectangle("s", low=2.0, high=4.0),
        rectangle("child", "s", low=0.0, high=3.0),
    ]

    assert held([gate, *others])["b"] == expected


def test_boolean_stays_within_its_parent():
    outside = BooleanGate("b", "s", "b", "not", (Operand("r"),))

    assert held([outside, rectangle(), rectangle("s", low=2.0, high=None)])["b"] == [3, 4]


def test_gates_may_stand_in_any_order():
    gates = [rectangle("c", "b", 2.0), rectangle("b", "a", 1.0), rectangle("a", ROOT, 0.0)]

    assert held(gates)["c"] == held(gates[::-1])["c"] == [2]


def test_ratio():
    rows = [[6.0, 2.0], [6.0, 4.0], [1.0, 0.0], [0.0, 0.0]]
    ratios = {"A/B": Ratio("A", "B", 1.0, 0.0, 0.0)}
    axis = Dimension("A/B", minimum=2.0)

    assert held([RectangleGate("r", ROOT, "r", (axis,))], rows, ratios=ratios)["r"] == [0, 2]


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        pytest.param(
            [rectangle("tcells"), rectangle("cd4", "tcell")],
            "'tcell', which no gate makes. Did you mean 'tcells'",
            id="a parent that is missing",
        ),
        pytest.param(
            [BooleanGate("b", ROOT, "b", "not", (Operand("r"),))],
            "Gate 'b' refers to 'r'",
            id="an operand that is missing",
        ),
        pytest.param(
            [rectangle("a", "b"), rectangle("b", "a")], "a circle: 'a', 'b'", id="a circle"
        ),
        pytest.param([rectangle(), rectangle()], "'r' is made by two gates", id="an id twice"),
        pytest.param(
            [rectangle(transform="logicle")], "transform 'logicle', not given", id="no such scale"
        ),
        pytest.param(
            [RectangleGate("r", ROOT, "r", (Dimension("FITC-H", minimum=1.0),))],
            "Gate 'r': No channel 'FITC-H' in the file. Did you mean 'FITC-A'",
            id="a channel that is missing, with the nearest",
        ),
        pytest.param(
            [RectangleGate("r", ROOT, "r", (Dimension("FITC-A", "mine", minimum=1.0),))],
            "No compensation 'mine'",
            id="a compensation that is missing",
        ),
    ],
)
def test_gates_that_cannot_be_evaluated(gates, message):
    events = events_of([[1.0, 2.0]], ("A", "FITC-A"))

    with pytest.raises(StrategyError, match=message):
        evaluate(Strategy(tuple(gates)), events)


def test_every_missing_channel_is_named():
    gates = tuple(
        RectangleGate(name, ROOT, name, (Dimension(name, minimum=0.0),)) for name in "CDE"
    )

    with pytest.raises(StrategyError, match=r"(?s)'C'.*'D'.*'E'"):
        evaluate(Strategy(gates), events_of(X, AB))


def test_a_bound_is_decided_by_the_solved_value_and_not_by_the_rounded_one(monkeypatch):
    """Both events round to 1000 in single precision; one lies below it."""
    monkeypatch.setattr(events_module, "_SOLVED_BYTES", 0)
    values = np.array([[1000.00001, 0.0], [999.99999, 0.0], [1e30, 0.0]])
    events = events_of(values, ("FITC-A", "PE-A"), matrix_of(("FITC-A", "PE-A"), spread(2, 0.0)))
    axis = Dimension("FITC-A", FROM_FILE, None, 1000.0, 2000.0)
    gating = Gating(events, Strategy(()))

    gating.add(RectangleGate("r", ROOT, "r", (axis,)))

    assert gating.members("r").tolist() == [True, False, False]


def test_few_events_are_solved_again_whatever_one_outlier_is(monkeypatch):
    monkeypatch.setattr(events_module, "_SOLVED_BYTES", 0)
    rng = np.random.default_rng(4)
    values = blobs(rng, 2000)
    values[7, 3] = 1e30
    events = events_of(values, CHANNELS, matrix_of(DYES, spread(4, 0.2)))
    again = []
    solved = events.solved
    monkeypatch.setattr(events, "solved", lambda *args: again.append(args[2]) or solved(*args))

    Gating(events, Strategy(())).add(
        RectangleGate("r", ROOT, "r", (Dimension("PE-A", FROM_FILE, None, 500.0, 5000.0),))
    )

    assert sum(map(len, again)) < 10


def test_a_gate_on_both_raw_and_compensated_values_of_one_channel():
    rng = np.random.default_rng(5)
    values, matrix = blobs(rng, 500), matrix_of(DYES, spread(4, 0.2))
    events = events_of(values, CHANNELS, matrix)
    raw, solved = values[:, 3].astype(float), events.values("PE-A", FROM_FILE)
    axes = (
        Dimension("PE-A", "uncompensated", None, 100.0, 9000.0),
        Dimension("PE-A", FROM_FILE, None, 50.0, 5000.0),
    )

    gated = evaluate(Strategy((RectangleGate("r", ROOT, "r", axes),)), events)

    expected = (raw >= 100) & (raw < 9000) & (solved >= 50) & (solved < 5000)
    np.testing.assert_array_equal(gated.members("r"), expected)
    assert 0 < gated.counts["r"] < 500


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_an_event_that_is_no_number_leaves_the_others_of_more_detectors_than_dyes(odd):
    spectra = np.array([[1.0, 0.5, 0.1], [0.2, 1.0, 0.6]])
    dyes = np.array([[100.0, 5.0], [7.0, 900.0], [50.0, 50.0]])
    detected = dyes @ spectra
    detected[1, 2] = odd
    matrix = Compensation(("A", "B", "C"), ("A", "B"), tuple(map(tuple, spectra.tolist())))

    values = events_of(detected, ("A", "B", "C")).using({"m": matrix}).values("A", "m")

    np.testing.assert_allclose(values[[0, 2]], [100.0, 50.0])
    assert np.isnan(values[1])


@pytest.mark.parametrize("solved_bytes", [-1, 64 * 2**20])
@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_events(monkeypatch, solved_bytes, count):
    monkeypatch.setattr(events_module, "_SOLVED_BYTES", solved_bytes)
    values, matrix = blobs(np.random.default_rng(1), count), matrix_of(DYES, spread(4, 0.2))
    strategy = random_strategy(np.random.default_rng(2))
    gating = Gating(events_of(values, CHANNELS, matrix), strategy)

    for gate in ordered_gates(strategy):
        gating.add(gate)

    assert gating.gated().counts[ROOT] == count


def test_a_name_of_several_channels_is_nobodys():
    events = events_of(
        [[1.0, 2.0, 3.0, 4.0]], ("A", "B", "C", "C"), labels=("CD3", "CD3", "A", "CD8")
    )

    # a name goes before a label
    assert (events.column("A"), events.column("CD8")) == (0, 3)
    for name in ("CD3", "C"):
        with pytest.raises(
            UnknownChannel, match=f"Several channels of the file are called '{name}'"
        ):
            events.column(name)


@pytest.mark.parametrize(
    ("matrix", "intensities", "message"),
    [
        pytest.param(
            matrix_of(AB, [[1, 1], [1, 1]]), [], "'m' cannot be solved", id="rows that are alike"
        ),
        pytest.param(matrix_of(("A", "X"), spread(2, 0.1)), [], "Gate 'r': .*'X'", id="a gate"),
        pytest.param(
            matrix_of(AB, [[1, 0], [0, 1]]), [("B", "n")], "No compensation 'n'", id="an intensity"
        ),
    ],
)
def test_matrices_that_cannot_be_used_are_told_of(matrix, intensities, message):
    gate = RectangleGate("r", ROOT, "r", (Dimension("A", "m", None, 0.0, 1.0),))

    with pytest.raises(StrategyError, match=message):
        evaluate(Strategy((gate,), compensations={"m": matrix}), events_of(X, AB), intensities)


def test_channels_answer_to_name_label_and_flowjos_spelling():
    events = events_of([[1.0, 2.0]], ("FSC-A", "730//45Red-A"), labels=("", "CD3"))

    found = [events.column(name) for name in ("730//45Red-A", "CD3", "730__45Red-A")]

    assert found == [1, 1, 1]
    assert events.name_of("CD3") == "730//45Red-A"
    with pytest.raises(UnknownChannel, match="Did you mean 'CD3'"):
        events.column("CD33")


def test_gates_on_compensated_dimensions_see_compensated_data():
    """Half of FITC spills into PE: a bright FITC cell looks PE positive, and is not."""
    dyes = np.array([[10_000.0, 0.0], [0.0, 3_000.0], [10_000.0, 3_000.0], [0.0, 0.0]])
    matrix = np.array([[1.0, 0.5], [0.1, 1.0]])
    events = events_of(dyes @ matrix, ("FITC-A", "PE-A"), matrix_of(("FITC-A", "PE-A"), matrix))
    scale = {"logicle": LOGICLE}

    def positive(key, compensation):
        axis = Dimension("PE-A", compensation, "logicle", minimum=0.5)
        return RectangleGate(key, ROOT, key, (axis,))

    gated = evaluate(
        Strategy((positive("raw", "uncompensated"), positive("pe", FROM_FILE)), scale), events
    )

    assert gated.members("raw").tolist() == [True, True, True, False]
    assert gated.members("pe").tolist() == [False, True, True, False]


def test_a_file_without_a_matrix_is_uncompensated():
    assert events_of(X, AB).values("A", FROM_FILE).tolist() == [0, 1, 2, 3, 4]


def test_spectral_matrix_finds_the_dyes():
    spectra = np.array([[1.0, 0.5, 0.1], [0.2, 1.0, 0.6]])
    dyes = np.array([[100.0, 5.0], [-3.0, 40.0]])
    matrix = Compensation(("A", "B", "C"), ("A", "B"), tuple(map(tuple, spectra.tolist())))
    events = events_of(dyes @ spectra, ("A", "B", "C")).using({"unmixed": matrix})

    for column, name in enumerate("AB"):
        np.testing.assert_allclose(events.values(name, "unmixed"), dyes[:, column], atol=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_membership_equals_flowkits_on_random_gates(tmp_path, seed):
    rng = np.random.default_rng(seed)
    values = blobs(rng, 3000)
    matrix = matrix_of(DYES, np.round(spread(4, 0.2), 3))
    strategy = random_strategy(rng)
    expected = flowkit_members(strategy, write_sample(tmp_path / "a.fcs", values, CHANNELS, matrix))

    gated = evaluate(strategy, events_of(values, CHANNELS, matrix), chunk=1024)

    for name in gated.packed:
        np.testing.assert_array_equal(gated.members(name), expected[name], name)
        assert gated.counts[name] == expected[name].sum()


def awkward(values, kind, rng):
    """Return events with what few files hold and some do."""
    values = values.astype(np.float64)
    if kind == "whole numbers":
        return np.clip(np.round(values), 0, 262143)
    if kind == "no numbers":
        is_odd = rng.random(values.shape) < 0.01
        values[is_odd] = rng.choice([np.nan, np.inf, -np.inf], is_odd.sum())
    if kind == "huge":
        values[rng.integers(0, len(values), 3), [2, 3, 4]] = [3e38, -1e30, 1e25]
    return values


@pytest.mark.parametrize("solved_bytes", [0, 64 * 2**20], ids=["large", "small"])
@pytest.mark.parametrize("kind", ["whole numbers", "no numbers", "huge"])
def test_awkward_values_fall_as_in_flowkit_in_files_of_any_size(
    tmp_path, monkeypatch, kind, solved_bytes
):
    rng = np.random.default_rng(11)
    values = awkward(blobs(rng, 1500), kind, rng)
    matrix = matrix_of(DYES, np.round(spread(4, 0.2), 3))
    strategy = random_strategy(rng, 18)
    file = write_sample(tmp_path / "a.fcs", values, CHANNELS, matrix)
    expected = flowkit_members(strategy, file)
    monkeypatch.setattr(events_module, "_SOLVED_BYTES", solved_bytes)

    gated = evaluate(strategy, Events.of_file(read_header(file), matrix))
    held_in_memory = Gating(Events.of_file(read_header(file), matrix, hold=True), strategy)
    for gate in ordered_gates(strategy):
        held_in_memory.add(gate)

    for name in gated.packed:
        np.testing.assert_array_equal(gated.members(name), expected[name], name)
        np.testing.assert_array_equal(held_in_memory.members(name), expected[name], name)


@pytest.mark.parametrize("scale", SCALES)
def test_whole_numbers_on_a_threshold_fall_as_in_flowkit(tmp_path, scale):
    """Thresholds lie exactly on values that many events have."""
    values = np.repeat(np.arange(-20, 60, dtype=np.float32), 20).reshape(-1, 1)
    values = np.column_stack([values, values[::-1]])
    cuts = apply(SCALES[scale], np.array([0.0 if scale == "linear" else 3.0, 17.0, 41.0]))
    gates = tuple(
        RectangleGate(
            f"g{n}{side}", ROOT, "", (Dimension("FITC-A", transform=scale, **{side: float(cut)}),)
        )
        for n, cut in enumerate(cuts)
        for side in ("minimum", "maximum")
    )
    strategy = Strategy(gates, SCALES)
    names = ("FITC-A", "PE-A")
    expected = flowkit_members(strategy, write_sample(tmp_path / "a.fcs", values, names))

    gated = evaluate(strategy, events_of(values, names))

    for name, members in expected.items():
        np.testing.assert_array_equal(gated.members(name), members, name)


def test_values_that_are_no_numbers_fall_as_in_flowkit(tmp_path):
    values = np.array([[np.nan, 1.0], [np.inf, 1.0], [-np.inf, 1.0], [500.0, np.nan], [9.0, 9.0]])
    names = ("FITC-A", "PE-A")
    axes = tuple(Dimension(name, transform="logicle") for name in names)
    gates = (
        RectangleGate("low", ROOT, "", (Dimension("FITC-A", transform="logicle", maximum=0.3),)),
        RectangleGate("high", ROOT, "", (Dimension("FITC-A", minimum=0.0),)),
        PolygonGate("p", ROOT, "", axes, ((-2.0, -2.0), (2.0, -2.0), (2.0, 2.0), (-2.0, 2.0))),
    )
    strategy = Strategy(gates, SCALES)
    expected = flowkit_members(strategy, write_sample(tmp_path / "a.fcs", values, names))

    gated = evaluate(strategy, events_of(values.astype(np.float32), names))

    for name, members in expected.items():
        np.testing.assert_array_equal(gated.members(name), members, name)


def test_a_falling_scale_is_decided_by_the_transform():
    scale = Transform("linear", {"t": 0.0, "a": -4.0})

    assert held([rectangle(transform="f", low=0.5, high=None)], transforms={"f": scale})["r"] == [
        0,
        1,
        2,
    ]


@pytest.mark.parametrize("chunk", [8, 256, 100_000])
def test_chunks_make_no_difference(chunk):
    rng = np.random.default_rng(3)
    values, matrix = blobs(rng, 1000), matrix_of(DYES, spread(4, 0.2))
    strategy = random_strategy(rng)

    whole = Gating(events_of(values, CHANNELS, matrix), strategy)
    gated = evaluate(strategy, events_of(values, CHANNELS, matrix), chunk=chunk)

    for gate in ordered_gates(strategy):
        whole.add(gate)
    for name in gated.packed:
        np.testing.assert_array_equal(gated.members(name), whole.members(name))


@pytest.mark.parametrize("seed", range(3))
def test_a_parent_too_large_to_look_at_at_once_is_gated_alike(monkeypatch, seed):
    rng = np.random.default_rng(seed)
    values, matrix = blobs(rng, 1000), matrix_of(DYES, spread(4, 0.2))
    strategy = random_strategy(rng)
    expected = evaluate(strategy, events_of(values, CHANNELS, matrix))
    monkeypatch.setattr(evaluate_module, "_PIECE", 37)
    monkeypatch.setattr(events_module, "_SOLVED_BYTES", 0)

    gated = evaluate(strategy, events_of(values, CHANNELS, matrix), chunk=100_000)

    for name in expected.packed:
        np.testing.assert_array_equal(gated.members(name), expected.members(name))


@pytest.mark.parametrize("seed", range(3))
def test_a_file_too_large_to_solve_at_once_is_gated_alike(monkeypatch, seed):
    rng = np.random.default_rng(seed)
    values, matrix = blobs(rng, 2000), matrix_of(DYES, spread(4, 0.2))
    strategy = random_strategy(rng)
    expected = evaluate(strategy, events_of(values, CHANNELS, matrix))
    monkeypatch.setattr(events_module, "_SOLVED_BYTES", 0)
    monkeypatch.setattr(events_module, "CHUNK", 512)

    gated = evaluate(strategy, events_of(values, CHANNELS, matrix), chunk=100_000)

    for name in expected.packed:
        np.testing.assert_array_equal(gated.members(name), expected.members(name))


def test_values_of_chosen_events_are_those_of_the_column(monkeypatch):
    rng = np.random.default_rng(4)
    values, matrix = blobs(rng, 2000), matrix_of(DYES, spread(4, 0.2))
    chosen = np.sort(rng.choice(2000, 100, replace=False))
    solved = events_of(values, CHANNELS, matrix).values("PE-A", FROM_FILE)
    monkeypatch.setattr(events_module, "_SOLVED_BYTES", 0)
    large = events_of(values, CHANNELS, matrix)

    assert large.is_rounded("PE-A", FROM_FILE)
    assert not large.is_rounded("PE-A", "uncompensated")
    column = large.values("PE-A", FROM_FILE)
    np.testing.assert_array_equal(column, solved.astype(np.float32))
    np.testing.assert_array_equal(large.values("PE-A", FROM_FILE, chosen), column[chosen])
    exact = large.solved("PE-A", FROM_FILE, chosen)
    np.testing.assert_allclose(exact, solved[chosen], rtol=1e-14)


def test_gating_goes_down_the_tree_one_gate_at_a_time():
    gating = Gating(events_of(X, AB), Strategy(()))

    assert gating.indices(ROOT) is None
    assert gating.add(rectangle()) == {"r": 2}
    assert gating.indices("r").tolist() == [1, 2]
    assert gating.add(rectangle("s", "r", low=2.0)) == {"s": 1}
    assert gating.gated().parents == {"r": ROOT, "s": "r"}


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        pytest.param(rectangle("s", "q"), "'q' has not been gated", id="a parent that comes later"),
        pytest.param(rectangle("r"), "gated twice", id="an id twice"),
    ],
)
def test_gating_refuses(gate, message):
    gating = Gating(events_of(X, AB), Strategy(()))
    gating.add(rectangle())

    with pytest.raises(StrategyError, match=message):
        gating.add(gate)


def test_no_events():
    gated = evaluate(Strategy((rectangle(),)), events_of(np.empty((0, 2)), AB), [("A", FROM_FILE)])

    assert (gated.counts["r"], len(gated.members("r"))) == (0, 0)
    nothing = {("A", FROM_FILE): Centre()}
    assert gated.centres() == {ROOT: nothing, "r": nothing}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([3, 1, 2], 2.0, id="odd"),
        pytest.param([4, 1, 2, 3], 2.5, id="even is the mean of the middle two"),
        pytest.param([5], 5.0, id="one"),
        pytest.param([], None, id="none is missing"),
        pytest.param([1, np.nan, 3], 2.0, id="what is no number does not count"),
    ],
)
def test_median(values, expected):
    assert centre_of(np.array(values, dtype=np.float32)).median == expected


@pytest.mark.parametrize("count", [50_000, 50_001])
@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda rng, n: rng.normal(size=n), id="normal"),
        pytest.param(lambda rng, n: rng.integers(0, 3, n), id="heaped on three values"),
        pytest.param(lambda rng, n: np.sort(rng.exponential(size=n)), id="sorted"),
        pytest.param(lambda rng, n: np.arange(n) % 32, id="in step with every thinning"),
        pytest.param(lambda rng, n: np.full(n, 7.0), id="all equal"),
        pytest.param(lambda rng, n: np.where(rng.random(n) < 0.5, -np.inf, np.inf), id="infinite"),
    ],
)
def test_the_median_of_many_values_is_exact(draw, count):
    values = draw(np.random.default_rng(1), count).astype(np.float32)
    ordered = np.sort(values).astype(float)
    with np.errstate(invalid="ignore"):
        expected = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2

    np.testing.assert_array_equal(centre_of(values).median, expected)


@pytest.mark.parametrize("count", [8, 60, 4001])
def test_the_interval_holds_the_true_median_as_often_as_it_says(count):
    rng = np.random.default_rng(3)
    centres = [centre_of(rng.exponential(size=count).astype(np.float32)) for _ in range(600)]

    share = np.mean([one.low <= np.log(2) <= one.high for one in centres])

    # ranks are whole and rounded outwards, so that small samples are held more often
    assert 0.935 <= share <= 1.0
    assert count < 50 or share <= 0.985


@pytest.mark.parametrize("count", [2_000, 60_000])
def test_the_spread_of_a_normal_population_is_its_deviation(count):
    values = np.random.default_rng(4).normal(500, 40, count).astype(np.float32)
    # a tenth of outliers moves an ordinary deviation tenfold
    strays = np.full(count // 50, 20_000, dtype=np.float32)

    assert centre_of(np.concatenate([values, strays])).rsd == pytest.approx(40, rel=0.06)


def test_few_events_have_no_interval():
    few = centre_of(np.arange(7, dtype=np.float32))

    assert (few.median, few.low, few.high) == (3.0, None, None)
    eight = centre_of(np.arange(8, dtype=np.float32))
    assert (eight.low, eight.high) == (0.0, 7.0)


def test_medians_are_of_compensated_linear_values():
    rng = np.random.default_rng(5)
    values, matrix = blobs(rng, 3000), matrix_of(DYES, spread(4, 0.2))
    strategy = random_strategy(rng)
    events = events_of(values, CHANNELS, matrix)
    keys = [(dye, FROM_FILE) for dye in DYES]
    compensated = np.linalg.solve(spread(4, 0.2).T, values[:, 2:6].astype(float).T)

    gated = evaluate(strategy, events, keys, chunk=512)
    centres = gated.centres()

    assert centres == gated.centres(intensities_of(events, keys))
    for name in gated.packed:
        for row, key in zip(compensated, keys, strict=True):
            chosen = row[gated.members(name)]
            if len(chosen):
                assert centres[name][key].median == pytest.approx(np.median(chosen), rel=1e-6)
            else:
                assert centres[name][key].median is None


def test_a_column_that_is_kept_in_single_precision_is_not_copied(monkeypatch):
    monkeypatch.setattr(events_module, "_SOLVED_BYTES", 0)
    values, matrix = blobs(np.random.default_rng(6), 500), matrix_of(DYES, spread(4, 0.2))
    events = events_of(values, CHANNELS, matrix)

    first, again = (events.single("PE-A", FROM_FILE) for _ in range(2))

    assert np.shares_memory(first, again)
    np.testing.assert_array_equal(first, events.values("PE-A", FROM_FILE))


@pytest.mark.parametrize("most", [2**30, 0])
def test_events_of_a_file_are_read_in_chunks_or_held(tmp_path, monkeypatch, most):
    monkeypatch.setattr(events_module, "_HELD_BYTES", most)
    values = blobs(np.random.default_rng(6), 500)
    header = read_header(write_sample(tmp_path / "a.fcs", values))

    for hold in (False, True):
        events = Events.of_file(header, hold=hold)
        np.testing.assert_array_equal(events.values("PE-A"), values[:, 3].astype(float))


def test_gating_imports_numpy_and_flowutils_only():
    code = (
        "import sys, correlates.flow.gating.evaluate, correlates.flow.gating.gatingml;"
        "import correlates.flow.gating.workspaces;"
        "print([m for m in ('flowkit', 'flowio', 'pandas', 'scipy', 'lxml') if m in sys.modules])"
    )
    scripts = Path(__file__).resolve().parent.parent / "scripts"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_centres_do_not_depend_on_how_the_events_of_a_population_are_picked():
    """Masks and places, and populations that share their events, in a file of many events."""
    values = np.random.default_rng(5).lognormal(6, 1, (300_000, 1)).astype(np.float32)
    events = events_of(values, ("A",))
    cuts = {"all": 0.0, "most": 50.0, "again": 50.0, "half": 400.0, "few": 9000.0}
    gates = [
        RectangleGate(name, ROOT, name, (Dimension("A", minimum=cut),))
        for name, cut in cuts.items()
    ]

    centres = evaluate(Strategy(tuple(gates)), events, [("A", UNCOMPENSATED)]).centres()

    for name, cut in {ROOT: 0.0, **cuts}.items():
        (found,) = centres[name].values()
        assert found == centre_of(values[values[:, 0] >= cut, 0])
        assert found.median == pytest.approx(np.median(values[values[:, 0] >= cut, 0]))
