"""Where the gates of other files lie on the plot of one: each on its own scale, brought to this."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from correlates.flow.figures.axes import place_on
from correlates.flow.figures.places import SIDE
from correlates.flow.figures.plots import Plot, dimension_order
from correlates.flow.figures.svg import element, number
from correlates.flow.gating.evaluate import dimensions_of
from correlates.flow.gating.gates import (
    BooleanGate,
    EllipsoidGate,
    Gate,
    PolygonGate,
    QuadrantGate,
    RectangleGate,
    Strategy,
)
from correlates.flow.gating.transforms import inverse

_CURVE = np.linspace(0, 2 * np.pi, 24, endpoint=False)
_CIRCLE = np.column_stack([np.cos(_CURVE), np.sin(_CURVE)])
_COLOUR = "#00695c"
# Lines this far outside the plot are drawn to there, and cut off by its frame.
_BEYOND = 0.1


def lines_of_others(plot: Plot, axes: Sequence[Mapping], others: Iterable[Strategy]) -> str:
    """Return the gates of other files on a plot, as one faint path; nothing if there are none.

    Parameters
    ----------
    plot
        The plot of this file.
    axes
        Its axes, as ``Axis.to_json`` wrote them.
    others
        Concrete gates of the other files. A gate that a file lacks, or that has another form
        there, is passed over.

    Returns
    -------
    A ``path`` in the pixels of the square that holds the events.
    """
    moves = []
    for strategy in others:
        by_id = {gate.id: gate for gate in strategy.gates}
        for gate in plot.gates:
            other = by_id.get(gate.id)
            if other is not None and _form(gate) and _form(other) == _form(gate):
                order = dimension_order(gate, plot.dimensions)
                moves += _lines(other, order, strategy, axes)
    # the same line of many files is drawn once
    drawn = "".join(dict.fromkeys(filter(None, moves)))
    if not drawn:
        return ""
    return element(
        "path", d=drawn, fill="none", stroke=_COLOUR, stroke_opacity=0.35, class_="others"
    )


def _form(gate: Gate) -> tuple:
    """Return what gates share that one set of axes shows; a file's cleaning has axes of its own."""
    if isinstance(gate, BooleanGate):
        return ()
    return (type(gate), *(dimension.channel for dimension in dimensions_of(gate)))


def _lines(
    gate: Gate, order: Sequence[int], strategy: Strategy, axes: Sequence[Mapping]
) -> list[str]:
    if isinstance(gate, PolygonGate | EllipsoidGate):
        corners = gate.vertices if isinstance(gate, PolygonGate) else _around(gate, order)
        columns = np.array(corners, float)
        if isinstance(gate, PolygonGate):
            columns = columns[:, list(order)]
        places = [
            _places(gate.dimensions[index].transform, columns[:, at], strategy, axis)
            for at, (index, axis) in enumerate(zip(order, axes, strict=True))
        ]
        return [_closed(np.column_stack(places))]
    lines = []
    for index, axis, is_across in zip(order, axes, (True, False), strict=False):
        bounds, transform = _bounds(gate, index)
        places = _places(transform, np.array(bounds, float), strategy, axis)
        lines += [_straight(float(place), is_across) for place in places]
    return lines


def _bounds(gate: Gate, index: int) -> tuple[list[float], str | None]:
    if isinstance(gate, QuadrantGate):
        divider = gate.dividers[index]
        return list(divider.values), divider.dimension.transform
    if not isinstance(gate, RectangleGate):
        return [], None
    dimension = gate.dimensions[index]
    ends = (dimension.minimum, dimension.maximum)
    return [value for value in ends if value is not None], dimension.transform


def _places(transform: str | None, values: np.ndarray, strategy: Strategy, axis: Mapping):
    scale = None if transform is None else strategy.transforms[transform]
    return place_on(axis, inverse(scale, values))


def _around(gate: EllipsoidGate, order: Sequence[int]) -> np.ndarray:
    centre = np.array(gate.mean, float)[list(order)]
    shadow = np.array(gate.covariance, float)[np.ix_(order, order)] * gate.distance_square
    values, vectors = np.linalg.eigh(shadow)
    return centre + _CIRCLE[:, : len(order)] * np.sqrt(np.maximum(values, 0)) @ vectors.T


def _straight(place: float, is_across: bool) -> str:
    if not -_BEYOND <= place <= 1 + _BEYOND:
        return ""
    at = number(place * SIDE)
    return f"M{at},0V{SIDE}" if is_across else f"M0,{number(SIDE - place * SIDE)}H{SIDE}"


def _closed(points: np.ndarray) -> str:
    if not np.isfinite(points).all() or points.shape[1] != 2:
        return ""
    seen = np.clip(points, -1, 2)
    pairs = " ".join(f"{number(x * SIDE)},{number((1 - y) * SIDE)}" for x, y in seen)
    return f"M{pairs}Z"
