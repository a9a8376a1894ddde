"""Axes of the report's plots: ticks and places of values, on a linear or a logarithmic scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from correlates.flow.figures.svg import element, number, shorten, text
from correlates.report.names import feature_name

INK, FAINT, GRID = "#22272e", "#59626d", "#e3e7eb"
SMALL = 12
# of patients with and without an event; shape or width says it too
WITH, WITHOUT = "#b3450b", "#2c5f8a"


@dataclass(frozen=True)
class Scale:
    """A vertical axis from ``low`` to ``high`` over pixels ``bottom`` to ``top``."""

    low: float
    high: float
    is_log: bool
    top: float
    bottom: float

    def place(self, value: float) -> float:
        """Return the pixel of a value; what lies outside is drawn at the nearer end."""
        low, high = (log10(self.low), log10(self.high)) if self.is_log else (self.low, self.high)
        at = log10(max(value, self.low)) if self.is_log else value
        share = (at - low) / (high - low)
        return self.bottom - min(max(share, 0.0), 1.0) * (self.bottom - self.top)

    @property
    def ticks(self) -> list[float]:
        """Round values along the axis: whole decades, or 1, 2, 5 steps."""
        if self.is_log:
            first, last = ceil(log10(self.low) - 1e-9), floor(log10(self.high) + 1e-9)
            decades = [10.0**power for power in range(first, last + 1)]
            if len(decades) >= 3:
                return decades[:: 1 + len(decades) // 6]
            digits = (1, 2, 5)
            finer = [d * 10.0**power for power in range(first - 1, last + 1) for d in digits]
            return [value for value in finer if self.low * 0.999 <= value <= self.high * 1.001]
        rough = (self.high - self.low) / 4
        power = 10.0 ** floor(log10(rough))
        step = next(power * size for size in (1, 2, 5, 10) if power * size >= rough * 0.999)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [step * count for count in range(first, last + 1)]


def scale_for(values: Sequence[float], is_log: bool, top: float, bottom: float) -> Scale:
    """Return a scale that holds all values with some room; only positive ones on a log scale."""
    held = [value for value in values if value > 0] if is_log else list(values)
    low, high = (min(held), max(held)) if held else (1.0, 10.0)
    if is_log:
        return Scale(low / 1.4, high * 1.4, True, top, bottom)
    low = min(low, 0.0)
    return Scale(low, high + 0.06 * ((high - low) or 1.0), False, top, bottom)


def vertical_axis(scale: Scale, left: float, right: float, label: str) -> list[str]:
    """Return grid lines, tick labels and the upright label of an axis."""
    lines = "".join(
        f"M{number(left)},{number(scale.place(t))}H{number(right)}" for t in scale.ticks
    )
    names = [
        text(tick_label(t), left - 6, scale.place(t) + 4, text_anchor="end") for t in scale.ticks
    ]
    middle = (scale.top + scale.bottom) / 2
    turn = f"rotate(-90 13 {number(middle)})"
    return [
        element("path", d=lines, stroke=GRID) if lines else "",
        element("g", *names, font_size=SMALL, fill=FAINT) if names else "",
        text(label, 13, middle, font_size=SMALL, fill=INK, text_anchor="middle", transform=turn),
    ]


def feature_title(feature: str) -> list[str]:
    """Return what a plot shows, in words with its key below, or its key alone; 48 pixels high."""
    name = feature_name(feature)
    key = [] if name == feature else [text(feature, 12, 33, font_size=SMALL, fill=FAINT)]
    return [text(shorten(name, 40), 12, 17, font_size=14, font_weight=600, fill=INK), *key]


def tick_label(value: float) -> str:
    """Return a tick's value, with thousands set apart."""
    return f"{value:,.0f}" if value >= 1 and value == int(value) else f"{value:g}"


def plot_svg(width: float, height: float, *children: str, label: str, class_: str) -> str:
    """Return one plot of the page; its text scales with it."""
    return element(
        "svg",
        element("title", escape(label)),
        *children,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        class_=class_,
    )


def down_triangle(x: float, y: float, size: float = 5) -> str:
    """Return the path of a triangle that points down: a value below its limit."""
    return _triangle(x, y, size, 1)


def up_triangle(x: float, y: float, size: float = 5) -> str:
    """Return the path of a triangle that points up: a value above its limit."""
    return _triangle(x, y, size, -1)


def _triangle(x: float, y: float, size: float, way: int) -> str:
    corners = [
        (x - size, y - way * size * 0.7),
        (x + size, y - way * size * 0.7),
        (x, y + way * size),
    ]
    return "M" + "L".join(f"{number(a)},{number(b)}" for a, b in corners) + "Z"
