"""How the cofactors of one file's asinh scales were chosen: criterion, choice and what it gives."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from correlates.flow.figures.axes import Axis, make_axis
from correlates.flow.figures.svg import document, element, path, shorten, text, wrap
from correlates.flow.gating.gates import Dimension
from correlates.flow.templates.cofactor import AT_END, BARTLETT, NOISE, USUAL, Cofactor
from correlates.flow.templates.density import BANDWIDTHS, GRID, kernel_density
from correlates.flow.templates.scales import Scale, to_unit

_WIDTH, _HEIGHT = 300, 120
_LEFT, _TOP, _ROW = 44, 62, 186
_GAP = 60
_LINE = "#1f5a91"
_MARK = "#b3450b"
_MUTED = "#5b6470"
_WORDS = {
    BARTLETT: "least of Bartlett's statistic over the peaks",
    AT_END: "at the end of what was tried: the peaks cannot be made equally wide",
    NOISE: "one peak: five deviations of the noise below zero",
    USUAL: "one peak and nothing below zero: the usual value",
}


@dataclass(frozen=True)
class Chosen:
    """One channel: what is written above it, its scale and its linear values."""

    label: str
    dimension: Dimension
    scale: Scale
    linear: np.ndarray


def draw_cofactors(channels: list[Chosen], title: str, why_none: str) -> str:
    """Draw the choice of every cofactor that was looked for.

    Parameters
    ----------
    channels
        The file's channels on an asinh scale whose cofactor was looked for.
    title
        The acquisition.
    why_none
        What to say where there is no such channel.

    Returns
    -------
    A standalone SVG document. A row a channel: on the left Bartlett's statistic against the
    cofactor (roots of it, so that the least is seen), the choice marked; on the right the density
    on the scale that it gives (roots of it, so that small peaks are seen), the middle 68 % of each
    peak marked below.
    """
    width = 2 * _LEFT + 2 * _WIDTH + _GAP
    head = text(shorten(f"Cofactors of {title}", 90), 14, 26, font_size=15, font_weight=600)
    if not channels:
        lines = [
            text(line, 14, 54 + 18 * number, font_size=13)
            for number, line in enumerate(wrap(why_none, 95))
        ]
        return document(width, 80 + 18 * len(lines), head, *lines, label=f"Cofactors of {title}")
    rows = [
        element("g", *_row(channel), transform=f"translate(0 {_TOP + number * _ROW})")
        for number, channel in enumerate(channels)
    ]
    height = _TOP + len(channels) * _ROW
    return document(width, height, head, *rows, label=f"Cofactors of {title}")


def _row(channel: Chosen) -> list[str]:
    found = channel.scale.cofactor
    said = f"{channel.label}: cofactor {found.value:g}, {_WORDS[found.rule]}"
    right = _LEFT + _WIDTH + _GAP
    return [
        text(shorten(said, 104), _LEFT, -10, font_size=12, font_weight=600),
        element("g", *_criterion(found), transform=f"translate({_LEFT} 0)"),
        element("g", *_density(channel), transform=f"translate({right} 0)"),
    ]


def _criterion(found: Cofactor) -> list[str]:
    if not found.criterion:
        return [*_frame("cofactor"), _note("fewer than two peaks to compare")]
    places = np.log10(found.tried)
    heights = np.sqrt(np.maximum(found.criterion, 0))
    x = (places - places[0]) / (places[-1] - places[0]) * _WIDTH
    y = _HEIGHT * (1 - heights / max(float(heights.max()), 1e-300) * 0.95)
    at = (np.log10(found.value) - places[0]) / (places[-1] - places[0]) * _WIDTH
    decades = range(int(np.ceil(places[0])), int(np.floor(places[-1])) + 1)
    ticks = [((d - places[0]) / (places[-1] - places[0]), f"{10.0**d:g}") for d in decades]
    return [
        *_frame("cofactor", ticks),
        path(zip(x, y, strict=True), fill="none", stroke=_LINE, stroke_width=1.5),
        path([(at, 0), (at, _HEIGHT)], stroke=_MARK, stroke_width=1.5, stroke_dasharray="4 3"),
        text("√ Bartlett", 4, 12, font_size=10, fill=_MUTED),
    ]


def _density(channel: Chosen) -> list[str]:
    scale = channel.scale.transform
    linear = channel.linear[np.isfinite(channel.linear)]
    axis = make_axis(
        channel.dimension, scale, linear, [], channel_range=scale.parameters["t"], label=""
    )
    ticks, _ = axis.ticks()
    if not len(linear):
        return [*_frame("intensity", ticks), _note("no events")]
    inside = (axis.low <= GRID) & (axis.high >= GRID)
    heights = np.sqrt(kernel_density(to_unit(scale, linear), BANDWIDTHS[-1])[inside])
    x = (GRID[inside] - axis.low) / (axis.high - axis.low) * _WIDTH
    y = _HEIGHT * (1 - heights / max(float(heights.max()), 1e-300) * 0.95)
    every = slice(None, None, 4)
    return [
        *_frame("intensity", ticks),
        path(zip(x[every], y[every], strict=True), fill="none", stroke=_LINE, stroke_width=1.5),
        *_peaks(channel.scale.cofactor, axis),
        text("√ density", _WIDTH - 4, 12, font_size=10, fill=_MUTED, text_anchor="end"),
    ]


def _peaks(found: Cofactor, axis: Axis) -> list[str]:
    marks = []
    for peak in found.peaks:
        low, high = np.clip(axis.place(np.array([peak.low, peak.high])), 0, 1) * _WIDTH
        y = _HEIGHT - 4
        marks.append(path([(low, y), (high, y)], stroke=_MARK, stroke_width=3))
    return marks


def _frame(label: str, ticks=()) -> list[str]:
    parts = [element("rect", width=_WIDTH, height=_HEIGHT, fill="none", stroke="#c3c9d0")]
    for place, name in ticks:
        x = place * _WIDTH
        parts.append(path([(x, _HEIGHT), (x, _HEIGHT + 4)], stroke=_MUTED))
        parts.append(text(name, x, _HEIGHT + 16, font_size=10, text_anchor="middle", fill=_MUTED))
    middle = {"text_anchor": "middle", "font_size": 10, "fill": _MUTED}
    parts.append(text(label, _WIDTH / 2, _HEIGHT + 30, **middle))
    return parts


def _note(content: str) -> str:
    return text(content, _WIDTH / 2, _HEIGHT / 2, font_size=11, text_anchor="middle", fill=_MUTED)


def chosen_of(
    scales: Mapping[str, Scale],
    dimensions: Mapping[str, Dimension],
    columns: Mapping[tuple[str, str], np.ndarray],
    most: int = 20_000,
) -> list[Chosen]:
    """Return the channels whose cofactor was looked for.

    Parameters
    ----------
    scales, dimensions
        By marker: its scale, and where it is measured.
    columns
        Linear values by (channel, compensation).
    most
        Events that are drawn, evenly spaced.
    """
    chosen = []
    for marker, scale in scales.items():
        if scale.cofactor is not None:
            axis = dimensions[marker]
            linear = columns[axis.channel, axis.compensation].astype(float)
            few = linear[:: -(-len(linear) // most) or 1]
            chosen.append(Chosen(f"{marker} ({axis.channel})", axis, scale, few))
    return chosen
