"""One plot of the gating figure as SVG: density or histogram, gates, ticks, labels and counts."""

import json
from html import escape

import numpy as np

from correlates.flow.figures.axes import Axis
from correlates.flow.figures.density_image import data_uri, density_levels, smoothed
from correlates.flow.figures.labels import (
    INK,
    LEFT,
    PLOT_HEIGHT,
    PLOT_WIDTH,
    SMALL,
    TOP,
    PlotData,
    description,
    gate_labels,
    heading,
)
from correlates.flow.figures.places import SIDE
from correlates.flow.figures.plots import Outline, outlines_of
from correlates.flow.figures.svg import element, number, path, shorten, text

# A dot must be seen: fewer events are drawn with larger pixels.
_BINS = ((150, 49), (1500, 65), (None, 98))
_BARS = 98
_LABEL_ROOM = 46  # pixels above the highest bar: three lines
_GATE = "#c2185b"
_AREA = "#35608d"


def draw_plot(drawn: PlotData) -> str:
    """Return a plot as a nested ``svg`` of class ``plot`` with its own view box."""
    outlines = [line for gate in drawn.plot.gates for line in outlines_of(gate, drawn.axes)]
    ink = np.zeros((1, 1), bool)
    if len(drawn.columns[0]) == 0:
        events = text(
            "no events", SIDE / 2, SIDE / 2, font_size=13, text_anchor="middle", fill="#555"
        )
    elif len(drawn.axes) == 1:
        tops = _histogram_tops(drawn.axes[0], drawn.columns[0])
        ink = np.arange(SIDE)[:, None] >= tops
        events = _histogram(tops)
    else:
        counts = _counts(drawn.axes, drawn.columns)
        ink = counts > 0
        events = _density(counts)
    plot = element(
        "svg",
        events,
        *(_outline(line) for line in outlines),
        gate_labels(drawn, outlines, ink),
        x=LEFT,
        y=TOP,
        width=SIDE,
        height=SIDE,
        viewBox=f"0 0 {SIDE} {SIDE}",
        class_="events",
    )
    frame = element("rect", x=LEFT, y=TOP, width=SIDE, height=SIDE, fill="none", stroke="#444")
    return element(
        "svg",
        element("title", escape(description(drawn))),
        *heading(drawn),
        plot,
        frame,
        *_axis_below(drawn.axes[0]),
        *(_axis_left(drawn.axes[1]) if len(drawn.axes) == 2 else _count_axis()),
        class_="plot",
        data_axes=json.dumps([axis.to_json() for axis in drawn.axes]),
        width=PLOT_WIDTH,
        height=PLOT_HEIGHT,
        viewBox=f"0 0 {PLOT_WIDTH} {PLOT_HEIGHT}",
    )


def _counts(axes: list[Axis], columns: list[np.ndarray]) -> np.ndarray:
    """Return events per pixel, rows from the top."""
    bins = next(size for most, size in _BINS if most is None or len(columns[0]) <= most)
    column, row = (axis.bins(values, bins) for axis, values in zip(axes, columns, strict=True))
    counts = np.bincount(row * bins + column, minlength=bins * bins).reshape(bins, bins)
    return counts[::-1]


def _density(counts: np.ndarray) -> str:
    return element(
        "image",
        x=0,
        y=0,
        width=SIDE,
        height=SIDE,
        preserveAspectRatio="none",
        style="image-rendering:pixelated",
        href=data_uri(density_levels(counts)),
    )


def _histogram_tops(axis: Axis, linear: np.ndarray) -> np.ndarray:
    """Return how far from the plot's top each bar of a smoothed histogram begins, in pixels."""
    counts = np.bincount(axis.bins(linear, _BARS), minlength=_BARS).astype(float)
    curve = smoothed(smoothed(counts))
    # off-axis events pile up in the end bins; a pile must not flatten the rest
    heights = np.minimum(curve / (curve[2:-2].max() or curve.max()), 1.0)
    return SIDE - (SIDE - _LABEL_ROOM) * heights


def _histogram(tops: np.ndarray) -> str:
    width = SIDE / _BARS
    line = " ".join(f"{(i + 0.5) * width:g},{y:.1f}" for i, y in enumerate(tops.tolist()))
    shape = f"M0,{SIDE} {line} {SIDE},{SIDE}Z"
    return element("path", d=shape, fill="#c9d6e4", stroke=_AREA, stroke_width=1.2)


def _outline(outline: Outline) -> str:
    if outline.points.shape[1] == 1:
        low, high = (float(value) * SIDE for value in outline.points[:, 0])
        left, right = max(low, -2.0), min(high, SIDE + 2.0)
        band = element(
            "rect", x=left, y=0, width=max(right - left, 0), height=SIDE, fill=_GATE,
            fill_opacity=0.09,
        )  # fmt: skip
        lines = "".join(
            path([(x, 0), (x, SIDE)], stroke=_GATE, stroke_width=1.8)
            for x in (low, high)
            if -1 <= x <= SIDE + 1
        )
        return element("g", band, lines, class_="gate", data_population=outline.population)
    points = [(x * SIDE, (1 - y) * SIDE) for x, y in outline.points]
    rim = path(points, True, fill="none", stroke="#fff", stroke_width=3.6, stroke_opacity=0.85)
    line = path(points, True, fill="none", stroke=_GATE, stroke_width=1.8)
    return element("g", rim, line, class_="gate", data_population=outline.population)


def _axis_below(axis: Axis) -> list[str]:
    labelled, minor = axis.ticks()
    bottom = TOP + SIDE
    ticks = [(LEFT + place * SIDE, 6) for place, _ in labelled]
    ticks += [(LEFT + place * SIDE, 3) for place in minor]
    lines = "".join(f"M{x:.1f},{bottom}v{size}" for x, size in ticks)
    names = [
        text(label, LEFT + place * SIDE, bottom + 18, text_anchor="middle")
        for place, label in labelled
    ]
    return [
        element("path", d=lines, stroke="#444") if lines else "",
        element("g", *names, font_size=SMALL, fill=INK) if names else "",
        text(
            shorten(axis.label, 36), LEFT + SIDE / 2, bottom + 36, font_size=12,
            text_anchor="middle", fill=INK,
        ),
    ]  # fmt: skip


def _axis_left(axis: Axis) -> list[str]:
    labelled, minor = axis.ticks()
    ticks = [(TOP + (1 - place) * SIDE, 6) for place, _ in labelled]
    ticks += [(TOP + (1 - place) * SIDE, 3) for place in minor]
    lines = "".join(f"M{LEFT},{y:.1f}h-{size}" for y, size in ticks)
    names = [
        text(label, LEFT - 8, TOP + (1 - place) * SIDE + 4, text_anchor="end")
        for place, label in labelled
    ]
    return [
        element("path", d=lines, stroke="#444") if lines else "",
        element("g", *names, font_size=SMALL, fill=INK) if names else "",
        _upright(axis.label),
    ]


def _count_axis() -> list[str]:
    return [_upright("events (smoothed)")]


def _upright(label: str) -> str:
    x, y = 12, TOP + SIDE / 2
    return text(
        shorten(label, 34), x, y, font_size=12, text_anchor="middle", fill=INK,
        transform=f"rotate(-90 {x} {number(y)})",
    )  # fmt: skip
