"""Individual patients by group: every dot is one, shape and colour both say which group."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from correlates.flow.figures.svg import element, number, shorten, text
from correlates.report.plot_axes import (
    FAINT,
    INK,
    SMALL,
    WITH,
    WITHOUT,
    Scale,
    down_triangle,
    feature_title,
    plot_svg,
    scale_for,
    up_triangle,
    vertical_axis,
)

_WIDTH, _HEIGHT = 340, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 68, 12, 14, 240
_TITLE = 34  # pixels that a title takes
_RADIUS = 5.0


@dataclass(frozen=True)
class Dot:
    """One patient: the value (or its limit), and ``below``, ``above`` or ``""``."""

    patient: str
    value: float
    censored: str = ""


@dataclass(frozen=True)
class Group:
    """One column of dots.

    Parameters
    ----------
    name
        Written below it.
    dots
        Its patients.
    is_event
        Whether they had the event: filled orange circles, else open blue squares.
    median
        Drawn as a line where given; its table says it, nothing is computed here.
    """

    name: str
    dots: Sequence[Dot]
    is_event: bool
    median: float | None = None


def dot_plot(
    groups: Sequence[Group], feature: str, axis_label: str, is_log: bool, label: str
) -> str:
    """Draw groups of patients side by side.

    Parameters
    ----------
    groups
        From left to right.
    feature
        What is measured, for the title.
    axis_label
        When, and its unit.
    is_log
        Whether the axis is logarithmic; a value that is not positive stands at its lower end.
    label
        What the plot shows, for who cannot see it.
    """
    values = [dot.value for group in groups for dot in group.dots]
    values += [group.median for group in groups if group.median is not None]
    scale = scale_for(values, is_log, _TOP + _TITLE, _BOTTOM)
    return _plot(groups, scale, axis_label, label, feature_title(feature))


def probability_plot(groups: Sequence[Group], axis_label: str, label: str) -> str:
    """Draw groups of patients on an axis from 0 to 1."""
    return _plot(groups, Scale(0.0, 1.0, False, _TOP, _BOTTOM), axis_label, label)


def _plot(
    groups: Sequence[Group], scale: Scale, axis_label: str, label: str, title: Sequence[str] = ()
) -> str:
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(groups), 1)
    columns = []
    for index, group in enumerate(groups):
        middle = _LEFT + step * (index + 0.5)
        columns.append(_column(group, middle, step, scale))
    return plot_svg(
        _WIDTH,
        _HEIGHT,
        *title,
        *vertical_axis(scale, _LEFT, _WIDTH - _RIGHT, axis_label),
        *columns,
        label=label,
        class_="dots",
    )


def _column(group: Group, middle: float, step: float, scale: Scale) -> str:
    placed = _side_by_side([scale.place(dot.value) for dot in group.dots], step)
    marks = [
        _mark(dot, middle + shift, scale.place(dot.value), group.is_event)
        for dot, shift in zip(group.dots, placed, strict=True)
    ]
    parts = [*marks]
    if group.median is not None:
        y = number(scale.place(group.median))
        line = f"M{number(middle - step * 0.3)},{y}H{number(middle + step * 0.3)}"
        parts.insert(0, element("path", d=line, stroke=INK, stroke_width=2))
    parts.append(
        text(shorten(group.name, 22), middle, _BOTTOM + 24, text_anchor="middle", fill=INK,
             font_size=13, font_weight=600)
    )  # fmt: skip
    patients = f"{len(group.dots)} patient{'' if len(group.dots) == 1 else 's'}"
    parts.append(
        text(patients, middle, _BOTTOM + 42, text_anchor="middle", fill=FAINT, font_size=SMALL)
    )
    return element("g", *parts)


def _mark(dot: Dot, x: float, y: float, is_event: bool) -> str:
    colour = WITH if is_event else WITHOUT
    fill = colour if is_event else "#fff"
    title = element("title", escape(f"{dot.patient}: {dot.value:.4g} {dot.censored}".strip()))
    look = {"fill": fill, "fill_opacity": 0.85, "stroke": colour, "stroke_width": 1.5}
    if dot.censored:
        shape = down_triangle(x, y) if dot.censored == "below" else up_triangle(x, y)
        return element("path", title, d=shape, **(look | {"fill": "#fff"}))
    if is_event:
        return element("circle", title, cx=x, cy=y, r=_RADIUS - 0.5, **look)
    side = 2 * (_RADIUS - 1)
    return element("rect", title, x=x - side / 2, y=y - side / 2, width=side, height=side, **look)


def _side_by_side(ys: Sequence[float], step: float) -> list[float]:
    """Return how far each dot moves sideways, so that none covers another while there is room."""
    room = int(step * 0.42 / (2 * _RADIUS + 1))
    shifts = [0.0, *(sign * (2 * _RADIUS + 1) * k for k in range(1, room + 1) for sign in (1, -1))]
    taken: list[tuple[float, float]] = []
    for y in ys:
        free = next(
            (
                shift
                for shift in shifts
                if all(abs(shift - x) > 1 or abs(y - other) > 2 * _RADIUS for x, other in taken)
            ),
            shifts[len(taken) % len(shifts)],
        )
        taken.append((free, y))
    return [shift for shift, _ in taken]
