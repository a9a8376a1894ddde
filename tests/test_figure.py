import re
import struct
import sys
import xml.etree.ElementTree as ElementTree
import zlib
from base64 import b64decode
from collections import namedtuple
from subprocess import run

import numpy as np
import pytest

from correlates.flow.figures.axes import make_axis, short_number
from correlates.flow.figures.density_image import LEVELS, density_levels, palette, png
from correlates.flow.figures.figure import FigureEvents, draw_figure, draw_refusal
from correlates.flow.figures.labels import percent_text
from correlates.flow.figures.places import SIDE, Places
from correlates.flow.figures.plots import columns_drawn
from correlates.flow.gating.evaluate import columns_of, evaluate
from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import (
    BooleanGate,
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
from correlates.flow.gating.transforms import apply

Channel = namedtuple("Channel", "name label range")
SVG = "{http://www.w3.org/2000/svg}"
LOGICLE = Transform("logicle", {"t": 262144.0, "w": 0.5, "m": 4.5, "a": 0.0})


def dim(channel, low=None, high=None, transform="logicle"):
    """Return a dimension; bounds are linear numbers, as they are read on the ticks."""
    scale = LOGICLE if transform else None
    low, high = (None if v is None else float(apply(scale, np.array([v]))[0]) for v in (low, high))
    return Dimension(channel, "FCS" if transform else "uncompensated", transform, low, high)


CELLS = RectangleGate("cells", "root", "cells", (dim("FSC-A", 5e4, None, None),))
T = RectangleGate("t", "cells", "t", (dim("CD3-A", 1000), dim("CD19-A", None, 1000)))
B = RectangleGate("b", "cells", "b", (dim("CD19-A", 1000), dim("CD3-A", None, 1000)))
NOT_T = BooleanGate("not_t", "cells", "not_t", "not", (Operand("t"),))
FOUR = QuadrantGate(
    "memory",
    "t",
    "memory",
    (Divider("x", dim("RA-A"), (0.5,)), Divider("y", dim("R7-A"), (0.5,))),
    (
        Quadrant("t_naive", {"x": (0.5, None), "y": (0.5, None)}),
        Quadrant("t_cm", {"x": (None, 0.5), "y": (0.5, None)}),
        Quadrant("t_em", {"x": (None, 0.5), "y": (None, 0.5)}),
        Quadrant("t_temra", {"x": (0.5, None), "y": (None, 0.5)}),
    ),
)


def events_of(columns, members, labels=None, top=262144.0):
    """Return stand-in events: linear columns by channel and members by population."""
    return FigureEvents(
        n_events=len(next(iter(columns.values()))),
        linear=lambda dimension, indices: columns[dimension.channel][indices],
        members=lambda population: members[population],
        labels=labels or {},
        ranges=dict.fromkeys(columns, top),
    )


def row(population, parent, n, n_parent, flags=""):
    return {
        "population": population,
        "parent": parent,
        "n": n,
        "n_parent": n_parent,
        "flags": flags,
    }


@pytest.fixture
def drawn():
    rng = np.random.default_rng(3)
    channels = ("FSC-A", "CD3-A", "CD19-A", "RA-A", "R7-A")
    columns = {name: rng.uniform(-500, 2e5, 1000) for name in channels}
    members = {"cells": np.arange(1000) < 600, "t": np.arange(1000) < 200}
    rows = [
        row("root", "", 1000, 1000),
        row("cells", "root", 600, 1000),
        row("t", "cells", 200, 600, "fallback_no_valley"),
        row("b", "cells", 300, 600),
        row("not_t", "cells", 400, 600),
        *(row(name, "t", 50, 200) for name in ("t_naive", "t_cm", "t_em", "t_temra")),
    ]
    labels = {"CD3-A": "CD3 (CD3-A)", "CD19-A": "CD19 <b> (CD19-A)"}
    strategy = Strategy((CELLS, T, B, NOT_T, FOUR), {"logicle": LOGICLE})
    text = draw_figure(strategy, events_of(columns, members, labels), rows, "P01_B0__tnk__full")
    return ElementTree.fromstring(text)


def test_a_figure_of_gated_events_names_channels_by_marker_and_by_either_of_their_names():
    """Ten events, CD3 from 0 to 900; the gate is written on the channel's $PnS."""
    channels = [Channel("R1/A", "CD3-PE", 1e4), Channel("FSC-A", "", 1e4)]
    values = np.column_stack([np.arange(0, 1000, 100), np.arange(10)])
    events = Events.of_array(values, channels)
    gate = RectangleGate("t", "root", "t", (Dimension("CD3-PE", "FCS", None, 500.0),))
    strategy = Strategy((gate,))
    gated = evaluate(strategy, events, columns_of(strategy))

    shown = FigureEvents.of(channels, gated, strategy, {"R1/A": "CD3"})

    assert shown.members("t").sum() == 5
    assert shown.linear(gate.dimensions[0], np.array([3, 9])).tolist() == [300, 900]
    assert {shown.labels[name] for name in ("R1/A", "R1_A", "CD3-PE")} == {"CD3 (R1/A)"}
    assert shown.ranges["CD3-PE"] == 1e4


def test_a_ratio_is_drawn_as_it_is_gated():
    """Numerator 0 to 900, denominator 100 throughout: ratios 0 to 9."""
    channels = [Channel("A", "", 1e4), Channel("B", "", 1e4)]
    events = Events.of_array(np.column_stack([np.arange(0, 1000, 100), np.full(10, 100)]), channels)
    gate = RectangleGate("t", "root", "t", (Dimension("share", "uncompensated", None, 5.0),))
    strategy = Strategy((gate,), {}, {"share": Ratio("A", "B", 1.0, 0.0, 0.0)})
    gated = evaluate(strategy, events, columns_of(strategy))

    shown = FigureEvents.of(channels, gated, strategy, {})

    assert gated.counts["t"] == 5
    assert shown.linear(gate.dimensions[0], np.array([3, 9])).tolist() == [3, 9]


def test_only_columns_that_are_drawn_are_asked_for():
    """A gate of many dimensions, as on margins is, has two axes; a ratio is made of two columns."""
    many = RectangleGate("m", "root", "m", tuple(dim(name, 1.0) for name in ("A", "B", "C")))
    share = RectangleGate("r", "m", "r", (Dimension("share", "uncompensated", None, 5.0),))
    either = BooleanGate("e", "root", "e", "or", (Operand("m"), Operand("r")))
    ratios = {"share": Ratio("D", "E", 1.0, 0.0, 0.0)}

    drawn = columns_drawn(Strategy((many, share, either), {"logicle": LOGICLE}, ratios))

    plain = "uncompensated"
    assert set(drawn) == {("A", "FCS"), ("B", "FCS"), ("D", plain), ("E", plain)}


def plots(figure):
    return [node for node in figure.iter(f"{SVG}svg") if node.get("class") == "plot"]


def written(node):
    return [line.text for line in node.iter(f"{SVG}text")]


def outline(figure, population):
    """Return the points of a gate's line in plot pixels."""
    gate = next(g for g in figure.iter(f"{SVG}g") if g.get("data-population") == population)
    numbers = re.findall(r"-?[\d.]+", gate.findall(f"{SVG}path")[-1].get("d"))
    return np.array(numbers, float).reshape(-1, 2)


def test_siblings_on_the_same_axes_share_a_plot_and_a_boolean_gate_has_none(drawn):
    headings = [written(plot)[0] for plot in plots(drawn)]

    assert headings == ["all events → cells", "cells → t, b", "t → naive, cm, em, temra"]


def test_every_population_with_a_picture_has_its_outline(drawn):
    named = {g.get("data-population") for g in drawn.iter(f"{SVG}g")} - {None}

    assert named == {"cells", "t", "b", "t_naive", "t_cm", "t_em", "t_temra"}


def test_a_plot_says_share_count_parent_events_and_axes(drawn):
    first, second, _ = map(written, plots(drawn))

    assert {"60.0 %", "n = 600", "1,000 parent events", "FSC-A"} <= set(first)
    assert {"33.3 % (200)", "50.0 % (300)", "CD3 (CD3-A)"} <= set(second)


def test_a_gate_that_fell_back_is_marked(drawn):
    marked = [plot.find(f"{SVG}g[@class='flag']") is not None for plot in plots(drawn)]

    assert marked == [False, True, False]
    assert "no valley found" in written(plots(drawn)[1])


@pytest.mark.parametrize(
    ("flags", "n", "said"),
    [
        ("fmo_missing;fallback_own_events", 3153, "no FMO, own events"),
        ("fmo_missing;fallback_own_events", 3_153_000, "no FMO ..."),
        ("unstim_refused_no_events", 10, "unstim refused"),
        ("fmo_batch_median;saturated_PE-A", 10, "FMO of batch ..."),
    ],
)
def test_flags_stand_beside_the_count_and_never_on_it(flags, n, said):
    gate = RectangleGate("cll_cd80", "root", "cll_cd80", (dim("CD3-A", 0.5, transform=None),))
    strategy = Strategy((gate,))
    events = events_of({"CD3-A": np.arange(10.0)}, {})
    rows = [row("root", "", n, n), row("cll_cd80", "root", 1, n, flags)]

    (plot,) = plots(ElementTree.fromstring(draw_figure(strategy, events, rows, "A file")))

    count = f"{n:,} parent events"
    assert {said, count} <= set(written(plot))
    assert 6 + (len(count) + len(said)) * 11 * 0.58 < 248


def test_markers_from_a_sheet_are_text_and_never_markup(drawn):
    assert "CD19 <b> (CD19-A)" in written(plots(drawn)[1])


def test_text_is_eleven_pixels_or_more(drawn):
    sizes = [float(node.get("font-size")) for node in drawn.iter() if node.get("font-size")]

    assert min(sizes) >= 11


def test_a_threshold_on_a_linear_axis_stands_at_its_share_of_the_axis():
    """Events fill 0 to 100,000 of 100,000; the threshold 25,000 is a quarter of the way."""
    columns = {"FSC-A": np.linspace(0, 1e5, 2001)}
    gate = RectangleGate("cells", "root", "cells", (dim("FSC-A", 25_000, None, None),))
    events = events_of(columns, {}, top=1e5)

    text = draw_figure(Strategy((gate,)), events, [row("cells", "root", 3, 4)], "x")

    points = outline(ElementTree.fromstring(text), "cells")
    assert points[:, 0] == pytest.approx([SIDE / 4] * 2, abs=0.01)


def test_thresholds_go_through_the_transform_of_the_axis():
    values = np.array([0.0, 10.0, 1e5])
    axis = make_axis(
        dim("CD3-A"), LOGICLE, values, [0.5], channel_range=262144.0, label="CD3"
    )  # fmt: skip
    zero = float(apply(LOGICLE, np.array([0.0]))[0])
    # the axis ends a tenth of the scale below zero, and at the top of the scale
    low, high = zero - 0.1 * (1 - zero), 1.0

    assert (axis.low, axis.high) == pytest.approx((low, high))
    assert axis.place_of_gate(0.5) == pytest.approx((0.5 - low) / (high - low))
    assert axis.place(262144.0) == pytest.approx(1.0)


def test_an_outline_follows_the_axes_of_its_plot():
    columns = {"CD3-A": np.array([0.0, 10.0, 1e5]), "CD19-A": np.array([0.0, 10.0, 1e5])}
    gate = RectangleGate("t", "root", "t", (dim("CD3-A", 1000, 1e5), dim("CD19-A", 0, 1000)))
    strategy = Strategy((gate,), {"logicle": LOGICLE})

    text = draw_figure(strategy, events_of(columns, {}), [row("t", "root", 1, 3)], "x")

    zero, thousand, top = apply(LOGICLE, np.array([0.0, 1000.0, 1e5]))
    low = zero - 0.1 * (1 - zero)

    def pixel(value):
        return SIDE * (value - low) / (1 - low)

    left, right = pixel(thousand), pixel(top)
    bottom, upper = SIDE - pixel(zero), SIDE - pixel(thousand)
    corners = [(left, bottom), (right, bottom), (right, upper), (left, upper)]
    assert outline(ElementTree.fromstring(text), "t") == pytest.approx(np.array(corners), abs=0.01)


def test_a_straight_edge_in_linear_numbers_is_a_curve_on_a_logicle_axis():
    columns = {name: np.array([0.0, 10.0, 1e5]) for name in ("CD3-A", "CD19-A")}
    dims = (dim("CD3-A", transform=None), dim("CD19-A", transform=None))
    gate = PolygonGate("t", "root", "t", dims, ((0, 0), (1e5, 1e4), (1e5, 0)))

    text = draw_figure(Strategy((gate,)), events_of(columns, {}), [row("t", "root", 1, 3)], "x")
    half_way = outline(ElementTree.fromstring(text), "t")[12]

    zero, x, y = apply(LOGICLE, np.array([0.0, 5e4, 5e3]))
    low = zero - 0.1 * (1 - zero)
    expected = SIDE * (x - low) / (1 - low), SIDE * (1 - y) / (1 - low)
    assert half_way == pytest.approx(expected, abs=0.01)


BOX = np.array([(0.5, 0.0), (1.5, 0.0), (1.5, 0.5), (0.5, 0.5)])
OTHER = np.array([(-0.5, 0.0), (0.5, 0.0), (0.5, 0.5), (-0.5, 0.5)])
CORNER = np.array([(0.9, 0.0), (1.5, 0.0), (1.5, 0.2), (0.9, 0.2)])


def box_of(points, layouts, gates, filled=None):
    """Return left, top, right and bottom of a label; rows of events are counted from the top."""
    ink = np.zeros((98, 98), bool)
    if filled:
        ink[slice(*filled), 49:] = True
    chosen, x, y = Places(ink, gates).put(points, layouts)
    width, height = layouts[chosen]
    return x - width / 2, y, x + width / 2, y + height


@pytest.mark.parametrize(
    ("filled", "low", "high"),
    [
        pytest.param(None, SIDE / 2, SIDE / 2 + 8, id="at the top of its gate"),
        pytest.param((50, 70), 140, 146, id="off the events, as near as can be"),
        pytest.param((90, 98), SIDE / 2, SIDE / 2 + 8, id="events elsewhere move nothing"),
    ],
)
def test_a_label_stands_in_its_gate_off_events(filled, low, high):
    """The gate is the lower right quarter, its neighbour the lower left one."""
    left, top, right, bottom = box_of(BOX, [(60.0, 26.0)], [BOX, OTHER], filled)

    assert low <= top <= high
    assert (left + right) / 2 == pytest.approx(0.75 * SIDE, abs=2)


def test_a_label_that_does_not_fit_into_the_only_gate_stands_beside_its_line():
    """The gate is 20 pixels wide, at the lower right; nothing else is in the plot."""
    left, top, right, bottom = box_of(CORNER, [(60.0, 26.0)], [CORNER])

    assert right <= 0.9 * SIDE or bottom <= 0.8 * SIDE


@pytest.mark.parametrize(
    ("wide", "expected"),
    [(110.0, 50.0), (80.0, 80.0)],
    ids=["the gate is 98 pixels wide", "what is liked best fits"],
)
def test_a_label_too_wide_for_its_gate_is_written_in_more_lines(wide, expected):
    left, _, right, _ = box_of(BOX, [(wide, 26.0), (50.0, 39.0)], [BOX, OTHER])

    assert right - left == expected


def test_a_label_covers_no_other():
    places = Places(np.zeros((98, 98), bool), [BOX, BOX])

    (_, x1, y1), (_, x2, y2) = (places.put(BOX, [(60.0, 26.0)]) for _ in range(2))

    assert abs(x1 - x2) >= 60 or abs(y1 - y2) >= 26


@pytest.mark.parametrize(
    "points", [np.array([[-0.5], [0.12]]), np.array([[0.4], [0.6]])], ids=["open", "closed"]
)
def test_a_label_of_a_histogram_crosses_no_line(points):
    left, _, right, _ = box_of(points, [(60.0, 26.0)], [points])

    assert not any(left < line * SIDE < right for line in points[:, 0])


def test_an_ellipse_is_drawn_around_its_mean():
    columns = {"FSC-A": np.array([0.0, 1e5]), "SSC-A": np.array([0.0, 1e5])}
    dims = (dim("FSC-A", transform=None), dim("SSC-A", transform=None))
    gate = EllipsoidGate("e", "root", "e", dims, (4e4, 6e4), ((1e8, 0), (0, 4e8)), 1.0)
    events = events_of(columns, {}, top=1e5)

    text = draw_figure(Strategy((gate,)), events, [row("e", "root", 1, 2)], "x")
    points = outline(ElementTree.fromstring(text), "e") / SIDE

    assert points[:, 0].min() == pytest.approx(0.3, abs=0.001)
    assert points[:, 0].max() == pytest.approx(0.5, abs=0.001)
    assert 1 - points[:, 1].max() == pytest.approx(0.4, abs=0.001)
    assert 1 - points[:, 1].min() == pytest.approx(0.8, abs=0.001)


def test_ticks_are_decades_with_a_true_zero():
    values = np.array([-2000.0] * 5 + [0.0, 1e5])
    axis = make_axis(dim("CD3-A"), LOGICLE, values, [], channel_range=262144.0, label="CD3")

    labelled, minor = axis.ticks()

    assert [label for _, label in labelled] == ["−10³", "0", "10³", "10⁴", "10⁵"]
    places = {label: place for place, label in labelled}
    assert places["10⁴"] == pytest.approx(float(axis.place(1e4)))
    assert all(0 <= place <= 1 for place in minor)


def test_a_scale_that_ends_has_no_tick_beyond_its_end():
    """FlowJo's biexponential gives 10 million the place of its top, 4.2 million."""
    parameters = {"negative": 0.0, "width": -100.0, "positive": 4.42, "max_value": 4194304.0}
    axis = make_axis(
        dim("CD3-A"),
        Transform("biex", parameters),
        np.array([0.0, 1e5]),
        [],
        channel_range=4194304.0,
        label="CD3",
    )

    labels = [label for _, label in axis.ticks()[0]]

    assert labels[-1] == "10⁶"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (50_000, "50K"), (262_144, "262.144K"), (1.5e6, "1.5M"), (-2000, "−2K")],
)
def test_linear_ticks_are_short(value, expected):
    assert short_number(value) == expected


@pytest.mark.parametrize(
    ("n", "n_parent", "expected"),
    [
        pytest.param(1, 3, "33.3 %", id="ordinary"),
        pytest.param(1, 5000, "0.020 %", id="a rare population is not rounded to zero"),
        pytest.param(0, 50, "0 %", id="an empty gate is zero"),
        pytest.param(0, 0, "–", id="no parent, no share"),
    ],
)
def test_percent_text(n, n_parent, expected):
    assert percent_text(n, n_parent) == expected


@pytest.mark.parametrize("count", [1, 200, 5000], ids=["one", "a few", "many"])
def test_every_event_is_in_the_picture_and_nothing_else(count):
    """Events on one spot off the axis: one coloured pixel, in the corner."""
    columns = {name: np.full(count, 9e7) for name in ("CD3-A", "CD19-A")}
    strategy = Strategy((T,), {"logicle": LOGICLE})
    members = {"cells": np.ones(count, bool)}

    text = draw_figure(strategy, events_of(columns, members), [row("t", "cells", 0, count)], "x")
    image = next(ElementTree.fromstring(text).iter(f"{SVG}image"))
    levels = decode(b64decode(image.get("href").split(",")[1]))

    assert np.argwhere(levels).tolist() == [[0, levels.shape[1] - 1]]


def decode(content):
    """Read the palette indices of a PNG without filters."""
    width, height = struct.unpack(">II", content[16:24])
    start = content.index(b"IDAT")
    size = struct.unpack(">I", content[start - 4 : start])[0]
    lines = zlib.decompress(content[start + 4 : start + 4 + size])
    return np.frombuffer(lines, np.uint8).reshape(height, width + 1)[:, 1:]


def test_png_is_read_back_by_an_independent_decoder(tmp_path):
    image = pytest.importorskip("PIL.Image")
    levels = np.arange(LEVELS + 1, dtype=np.uint8).reshape(1, -1)
    (tmp_path / "levels.png").write_bytes(png(levels))

    with image.open(tmp_path / "levels.png") as picture:
        pixels = np.array(picture.convert("RGBA"))[0]

    assert (pixels[:, :3] == palette()).all()
    assert pixels[:, 3].tolist() == [0] + [255] * LEVELS


def test_density_has_more_colour_where_more_events_are_and_none_where_there_is_none():
    counts = np.zeros((20, 20), int)
    counts[5, 5], counts[15, 15] = 400, 1

    levels = density_levels(counts)

    assert levels[5, 5] == LEVELS
    assert levels[15, 15] == 1
    assert (levels > 0).sum() == 2


def test_an_empty_parent_is_said_and_not_drawn():
    strategy = Strategy((T,), {"logicle": LOGICLE})
    columns = {name: np.zeros(5) for name in ("CD3-A", "CD19-A")}
    members = {"cells": np.zeros(5, bool)}

    text = draw_figure(strategy, events_of(columns, members), [row("t", "cells", 0, 0)], "x")

    assert "no events" in text
    assert "<image" not in text


def test_many_events_are_thinned_and_the_plot_says_so():
    count = 100_000
    columns = {name: np.linspace(0, 1e5, count) for name in ("CD3-A", "CD19-A")}
    strategy = Strategy((T,), {"logicle": LOGICLE})
    members = {"cells": np.ones(count, bool)}

    text = draw_figure(strategy, events_of(columns, members), [row("t", "cells", 9, count)], "x")

    assert "100,000 parent events, 33,334 drawn" in text


def test_a_refused_file_is_a_figure_that_says_why():
    reason = "The file ends after 10 of 65,016 events <b>. " + "Copy it again. " * 12

    figure = ElementTree.fromstring(draw_refusal("P01_B0__tnk__full", [reason]))

    assert written(figure)[0] == "Refused: P01_B0__tnk__full"
    assert " ".join(written(figure)[1:]) == reason.strip()
    assert plots(figure) == []


def test_drawing_needs_numpy_and_flowutils_only():
    code = (
        "import sys, correlates.flow.figures.figure;"
        "print([m for m in ('matplotlib', 'scipy', 'pandas', 'flowkit') if m in sys.modules])"
    )
    scripts = next(path for path in sys.path if path.endswith("scripts"))

    done = run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": scripts},
    )  # fmt: skip

    assert done.stdout.strip() == "[]"
