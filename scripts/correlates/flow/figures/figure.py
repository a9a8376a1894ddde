"""The gating figure of one acquisition: a plot per gate, its parent's events, the gate on top."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from correlates.flow.figures.axes import Axis, is_linear_channel, make_axis
from correlates.flow.figures.drawing import draw_plot
from correlates.flow.figures.labels import PLOT_HEIGHT, PLOT_WIDTH, PlotData
from correlates.flow.figures.plots import Plot, bounds_on, plots_of
from correlates.flow.figures.svg import document, element, shorten, text, wrap
from correlates.flow.gating.evaluate import Gated
from correlates.flow.gating.gates import ROOT, Dimension, Strategy, Transform
from correlates.flow.gating.membership import ratio_of

COLUMNS = 4
# More events than this change no pixel that anybody would see; every k-th is drawn.
MAX_DRAWN = 40_000
MAX_IN_HISTOGRAM = 10_000
_GAP = 14
_HEAD = 40
# A dimension without a transform, drawn logarithmically all the same when it is fluorescence.
_DEFAULT_LOGICLE = {"w": 0.5, "m": 4.5, "a": 0.0}


@dataclass(frozen=True)
class FigureEvents:
    """The events of one acquisition as the figure needs them.

    Parameters
    ----------
    n_events
        How many there are.
    linear
        From a dimension and ascending event numbers to those events' values on the linear scale
        (compensated, a ratio formed).
    members
        From a population to its events: bool, (n_events,).
    labels
        What to write on the axis of a channel; one that is not among them is written as it is.
    ranges
        Detector range (``$PnR``) by channel.
    """

    n_events: int
    linear: Callable[[Dimension, np.ndarray], np.ndarray]
    members: Callable[[str], np.ndarray]
    labels: Mapping[str, str]
    ranges: Mapping[str, float]

    @classmethod
    def of(
        cls, channels: Iterable, gated: Gated, strategy: Strategy, markers: Mapping[str, str]
    ) -> "FigureEvents":
        """Return what a figure needs of gated events.

        Parameters
        ----------
        channels
            The file's, with ``name``, ``label`` and ``range``.
        gated, strategy
            Who is in which population, the columns that the plots show among its intensities;
            and the gates.
        markers
            Marker by ``$PnN``; a channel without one goes by its ``$PnS``.
        """
        labels, ranges = {}, {}
        for channel in channels:
            marker = markers.get(channel.name) or channel.label.strip()
            # gates may name a channel by either of its names, and FlowJo respells a slash
            for name in (channel.name, channel.label, channel.name.replace("/", "_")):
                labels.setdefault(name, f"{marker} ({channel.name})" if marker else channel.name)
                if channel.range:
                    ranges.setdefault(name, float(channel.range))

        def linear(dimension: Dimension, indices: np.ndarray) -> np.ndarray:
            def column(channel: str) -> np.ndarray:
                return gated.intensities[channel, dimension.compensation][indices].astype(float)

            ratio = strategy.ratios.get(dimension.channel)
            if ratio is None:
                return column(dimension.channel)
            return ratio_of(ratio, column(ratio.numerator), column(ratio.denominator))

        return cls(gated.n_events, linear, gated.members, labels, ranges)


def draw_figure(
    strategy: Strategy,
    events: FigureEvents,
    populations: Iterable[Mapping[str, Any]],
    title: str,
) -> str:
    """Draw every gate of an acquisition that has a picture.

    Parameters
    ----------
    strategy
        The concrete gates.
    events
        The events.
    populations
        Rows of the populations table: population, parent, n, n_parent, flags.
    title
        The acquisition, printed above the plots.

    Returns
    -------
    A standalone SVG document of at most ``COLUMNS`` plots a row. Each plot is a nested ``svg`` of
    class ``plot`` with its own view box, so that a page can take them out and let them wrap.
    """
    rows = {str(row["population"]): row for row in populations}
    drawn = [_draw(plot, strategy, events, rows) for plot in plots_of(strategy)]
    return arrange(drawn, title)


def draw_refusal(title: str, reasons: Iterable[str]) -> str:
    """Draw the figure of a refused file: the reason instead of plots."""
    lines = [line for reason in reasons for line in [*wrap(reason, 84), ""]]
    height = 70 + 20 * max(1, len(lines))
    width = 640
    body = [
        element("rect", x=8, y=8, width=width - 16, height=height - 16, fill="#fdf3ee", rx=6),
        element("rect", x=8, y=8, width=6, height=height - 16, fill="#b3450b"),
        text(f"Refused: {shorten(title, 60)}", 28, 36, font_size=15, font_weight=600, fill="#111"),
    ]
    body += [
        text(line, 28, 62 + 20 * i, font_size=13, fill="#222")
        for i, line in enumerate(lines)
        if line
    ]
    return document(width, height, *body, label=f"{title} was refused")


def arrange(plots: list[str], title: str) -> str:
    """Set plots into rows under a title, as one document."""
    columns = max(1, min(COLUMNS, len(plots)))
    rows = -(-len(plots) // columns)
    width = max(columns * (PLOT_WIDTH + _GAP) + _GAP, 480)
    height = _HEAD + max(rows, 1) * (PLOT_HEIGHT + _GAP)
    placed = []
    for index, plot in enumerate(plots):
        row, column = divmod(index, columns)
        x, y = _GAP + column * (PLOT_WIDTH + _GAP), _HEAD + row * (PLOT_HEIGHT + _GAP)
        placed.append(element("g", plot, transform=f"translate({x} {y})"))
    if not plots:
        placed.append(text("No gate of this strategy has a picture.", _GAP, 70, font_size=13))
    head = text(shorten(title, 110), _GAP, 26, font_size=15, font_weight=600, fill="#111")
    return document(width, height, head, *placed, label=f"Gating of {title}")


def _draw(
    plot: Plot, strategy: Strategy, events: FigureEvents, rows: dict[str, Mapping[str, Any]]
) -> str:
    most = MAX_DRAWN if len(plot.dimensions) == 2 else MAX_IN_HISTOGRAM
    chosen = _chosen(plot.parent, events, most)
    columns = [events.linear(dimension, chosen) for dimension in plot.dimensions]
    real = np.logical_and.reduce([np.isfinite(column) for column in columns])
    columns = [column[real] for column in columns]  # a ratio may be no number
    axes = [
        _axis(plot, dimension, strategy, events, column)
        for dimension, column in zip(plot.dimensions, columns, strict=True)
    ]
    return draw_plot(PlotData(plot, axes, columns, rows))


def _chosen(parent: str, events: FigureEvents, most: int) -> np.ndarray:
    """Return which events to draw: the parent's, every k-th where there are very many."""
    if parent == ROOT:
        members = np.arange(events.n_events)
    else:
        members = np.flatnonzero(events.members(parent))
    return members[:: -(-len(members) // most) or 1]


def _axis(
    plot: Plot, dimension: Dimension, strategy: Strategy, events: FigureEvents, linear: np.ndarray
) -> Axis:
    transform = None if dimension.transform is None else strategy.transforms[dimension.transform]
    channel_range = events.ranges.get(dimension.channel)
    is_ratio = dimension.channel in strategy.ratios
    if transform is None and not is_ratio and not is_linear_channel(dimension.channel):
        top = channel_range or float(np.max(linear, initial=1.0))
        transform = Transform("logicle", {"t": max(top, 1.0)} | _DEFAULT_LOGICLE)
    return make_axis(
        dimension,
        transform,
        linear,
        bounds_on(plot, dimension),
        channel_range=channel_range,
        label=events.labels.get(dimension.channel, dimension.channel),
    )
