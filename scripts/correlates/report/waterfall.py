"""Best change of the nodes, patient by patient: the waterfall plot of response."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from correlates.flow.figures.svg import element, number, text
from correlates.report.plot_axes import FAINT, INK, SMALL, Scale, plot_svg, vertical_axis

# Deeper responses are darker; the category is written at each bar too.
COLOURS = {
    "CR": "#0b4f43",
    "CRi": "#1f7565",
    "nPR": "#3f9181",
    "PR": "#6fb3a4",
    "PR-L": "#b9d7a0",
    "SD": "#b4bcc5",
    "PD": "#b3450b",
    "NE": "#ffffff",
}
_WIDTH, _HEIGHT = 360, 312
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 8, 18, 300
MOST_SHOWN = 100.0


@dataclass(frozen=True)
class Bar:
    """One patient: best change of the sum of products, in percent, and best response."""

    patient: str
    change_pct: float
    category: str


def waterfall_plot(bars: Sequence[Bar], response_pct: float | None, label: str) -> str:
    """Draw one bar a patient, from the largest growth to the deepest shrinkage.

    Parameters
    ----------
    bars
        Patients with a change.
    response_pct
        Change that a response needs, such as -50; drawn as a dashed line.
    label
        What the plot shows, for who cannot see it.

    Returns
    -------
    The plot. Growth beyond ``MOST_SHOWN`` is drawn so high, and its number written.
    """
    ordered = sorted(bars, key=lambda bar: (-bar.change_pct, bar.patient))
    highest = max((bar.change_pct for bar in bars), default=0)
    top = min(MOST_SHOWN, max(20.0, 10 * (highest // 10 + 1)))
    scale = Scale(-100.0, top, False, _TOP, _BOTTOM)
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(ordered), 1)
    marks = [_bar(bar, _LEFT + step * index, step, scale) for index, bar in enumerate(ordered)]
    zero = number(scale.place(0))
    lines = [element("path", d=f"M{_LEFT},{zero}H{_WIDTH - _RIGHT}", stroke=INK)]
    if response_pct is not None:
        y = number(scale.place(response_pct))
        lines.append(
            element(
                "path",
                d=f"M{_LEFT},{y}H{_WIDTH - _RIGHT}",
                stroke=INK,
                stroke_dasharray="4 3",
            )
        )
    axis = vertical_axis(scale, _LEFT, _WIDTH - _RIGHT, "Best change of SPD (%)")
    return plot_svg(_WIDTH, _HEIGHT, *axis, *marks, *lines, label=label, class_="waterfall")


def _bar(bar: Bar, left: float, step: float, scale: Scale) -> str:
    zero, end = scale.place(0), scale.place(bar.change_pct)
    width = step * 0.8
    colour = COLOURS.get(bar.category, "#ffffff")
    told = f"{bar.patient}: {bar.change_pct:+.0f} %, best response {bar.category or 'not known'}"
    shape = element(
        "rect",
        element("title", escape(told)),
        x=left + step * 0.1,
        y=min(zero, end),
        width=width,
        height=max(abs(end - zero), 1.0),
        fill=colour,
        stroke=INK,
        stroke_width=0.6,
    )
    middle, size = left + step / 2, min(SMALL, max(8.0, step * 0.95))
    grows = bar.change_pct > 0
    # The name stands on the free side of the line of zero, so that no bar covers it.
    y = zero + 6 if grows else zero - 6
    turned = f"rotate(-90 {number(middle)} {number(y)})"
    name = text(
        f"{bar.patient} {bar.category}".strip(),
        middle,
        y,
        font_size=size,
        fill=INK,
        text_anchor="end" if grows else "start",
        dominant_baseline="central",
        transform=turned,
    )
    beyond = ""
    if bar.change_pct > scale.high:
        beyond = text(f"+{bar.change_pct:.0f}", middle, scale.top - 4, font_size=9, fill=FAINT,
                      text_anchor="middle")  # fmt: skip
    return element("g", shape, name, beyond)
