"""The gates of a template's quality rows: steady acquisition, events off the detectors' edges."""

from collections.abc import Collection

import numpy as np

from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import BooleanGate, Dimension, Gate, Operand, RectangleGate
from correlates.flow.quality.acquisition_time import TimeRanges, find_time_ranges
from correlates.flow.quality.channels import watched
from correlates.flow.quality.margins import Margins, chosen, find_margins
from correlates.flow.quality.steadiness import Steadiness
from correlates.flow.templates.rows import Row

# Rows whose gates are found on other channels than the dimensions they name.
QUALITY_METHODS = ("steadyGate", "marginGate")


def steady_gates(
    row: Row, events: Events, stained: Collection[str], settings: Steadiness
) -> tuple[list[Gate], TimeRanges]:
    """Return the steady ranges of Time as gates, and what was found.

    Several ranges are rectangles of their own, called ``<alias>__1`` and so on, and the population
    is any of them. Where nothing is removed the gate has no bound.
    """
    found = find_time_ranges(events, stained, settings)
    channel = found.channel or events.channels[0].name
    ranges = [Dimension(channel, minimum=low, maximum=high) for low, high in found.kept]
    alias = row.aliases[0]
    if len(ranges) == 1:
        return [RectangleGate(alias, row.parent, alias, tuple(ranges))], found
    names = [f"{alias}__{number}" for number in range(1, len(ranges) + 1)]
    parts = [
        RectangleGate(name, row.parent, name, (one,))
        for name, one in zip(names, ranges, strict=True)
    ]
    operands = tuple(map(Operand, names))
    return [*parts, BooleanGate(alias, row.parent, alias, "or", operands)], found


def margin_gate(
    row: Row,
    events: Events,
    stained: Collection[str],
    named: Collection[str],
    members: np.ndarray | None,
) -> tuple[Gate, Margins]:
    """Return the events off every edge as one rectangle of values as read, and what was found.

    Parameters
    ----------
    row
        The row.
    events
        The file's events.
    stained
        Channels that hold a marker.
    named
        Channels that the row names; none for all scatter and all stained ones.
    members
        Which events the row's parent holds; None is all.
    """
    looked_at = watched(events.channels, stained)
    if named:
        looked_at = [one for one in events.channels if one.name in named]
    looked_at = chosen(looked_at, row.arguments.get("channels", "all"))
    max_share = row.arguments.get("max_share", 0.1)
    found = find_margins(events, looked_at, members, max_share)
    dimensions = found.dimensions or (Dimension(events.channels[0].name),)
    return RectangleGate(row.aliases[0], row.parent, row.aliases[0], dimensions), found
