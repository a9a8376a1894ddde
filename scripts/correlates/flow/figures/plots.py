"""What the gating figure draws: gates grouped into plots, and their outlines on a plot's axes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from correlates.flow.figures.axes import Axis
from correlates.flow.gating.evaluate import dimensions_of
from correlates.flow.gating.gates import (
    BooleanGate,
    Dimension,
    EllipsoidGate,
    Gate,
    PolygonGate,
    QuadrantGate,
    RectangleGate,
    Strategy,
    populations_of,
)

_CURVE_POINTS = 72
_EDGE_POINTS = 24
# A side without a bound is drawn this far outside the axis, where the frame cuts it off.
_OUTSIDE = 0.5
_FAR = 1e4


@dataclass(frozen=True)
class Plot:
    """Gates of one parent on the same axes.

    Parameters
    ----------
    parent
        Population whose events are drawn.
    dimensions
        One or two dimensions; of a gate with more, the first two.
    gates
        The gates, in the strategy's order.
    """

    parent: str
    dimensions: tuple[Dimension, ...]
    gates: tuple[Gate, ...]

    @property
    def populations(self) -> list[str]:
        """Every population that the plot's gates make, in order."""
        return [name for gate in self.gates for name in populations_of(gate)]


@dataclass(frozen=True)
class Outline:
    """The line around one population, in places (0 to 1 along each axis, y upwards).

    Parameters
    ----------
    population
        What it encloses.
    points
        Shape (n, axes); of a one-dimensional gate the two ends of its range.
    """

    population: str
    points: np.ndarray


def plots_of(strategy: Strategy) -> list[Plot]:
    """Group the gates into plots, in the strategy's order; a boolean gate has none."""
    groups: dict[tuple, list[Gate]] = {}
    axes: dict[tuple, tuple[Dimension, ...]] = {}
    for gate in strategy.gates:
        if isinstance(gate, BooleanGate):
            continue
        dimensions = dimensions_of(gate)[:2]
        own = frozenset(map(_axis_key, dimensions))
        key = (gate.parent, own)
        # two dividers on one channel are one axis
        axes.setdefault(key, dimensions if len(own) == len(dimensions) else dimensions[:1])
        groups.setdefault(key, []).append(gate)
    return [Plot(key[0], axes[key], tuple(gates)) for key, gates in groups.items()]


def columns_drawn(strategy: Strategy) -> list[tuple[str, str]]:
    """Return every (channel, compensation) that a plot shows; of a ratio, its two channels."""
    columns: dict[tuple[str, str], None] = {}
    for axis in (axis for plot in plots_of(strategy) for axis in plot.dimensions):
        ratio = strategy.ratios.get(axis.channel)
        names = (axis.channel,) if ratio is None else (ratio.numerator, ratio.denominator)
        columns |= dict.fromkeys((name, axis.compensation) for name in names)
    return list(columns)


def bounds_on(plot: Plot, dimension: Dimension) -> list[float]:
    """Return every finite bound of the plot's gates on one dimension, as the gates give them."""
    bounds: list[float | None] = []
    for gate in plot.gates:
        index = _index_of(gate, dimension)
        if isinstance(gate, QuadrantGate):
            bounds += gate.dividers[index].values
        elif isinstance(gate, RectangleGate):
            bounds += [gate.dimensions[index].minimum, gate.dimensions[index].maximum]
        elif isinstance(gate, PolygonGate):
            bounds += [vertex[index] for vertex in gate.vertices]
        elif isinstance(gate, EllipsoidGate):
            reach = float(np.sqrt(gate.covariance[index][index] * gate.distance_square))
            bounds += [gate.mean[index] - reach, gate.mean[index] + reach]
    return [float(value) for value in bounds if value is not None]


def dimension_order(gate: Gate, dimensions: Sequence[Dimension]) -> list[int]:
    """Return which of a gate's dimensions each axis of its plot shows."""
    return [_index_of(gate, dimension) for dimension in dimensions]


def outlines_of(gate: Gate, axes: list[Axis]) -> list[Outline]:
    """Return the outline of each population of a gate on the plot's axes.

    A gate with more dimensions than the plot has axes is drawn as its shadow on them. A straight
    edge on a linear scale is a curve on a logicle axis, and is drawn as one.
    """
    order = dimension_order(gate, [axis.dimension for axis in axes])
    if isinstance(gate, QuadrantGate):
        return [
            Outline(quadrant.id, _box([_quadrant_range(gate, quadrant, i) for i in order], axes))
            for quadrant in gate.quadrants
        ]
    if isinstance(gate, RectangleGate):
        ranges = [(gate.dimensions[i].minimum, gate.dimensions[i].maximum) for i in order]
        return [Outline(gate.id, _box(ranges, axes))]
    if isinstance(gate, PolygonGate):
        corners = np.array(gate.vertices, float)[:, order]
        if any(axis.gate_is_linear and not axis.is_linear for axis in axes):
            corners = _with_points_on_edges(corners)
        return [Outline(gate.id, _placed(corners, axes))]
    return [Outline(gate.id, _placed(_ellipse(gate, order), axes))]


def _box(ranges: list[tuple[float | None, float | None]], axes: list[Axis]) -> np.ndarray:
    ends = [
        (_place(axis, low, -_OUTSIDE), _place(axis, high, 1 + _OUTSIDE))
        for (low, high), axis in zip(ranges, axes, strict=True)
    ]
    if len(ends) == 1:
        return np.array(ends[0])[:, None]
    (left, right), (bottom, top) = ends
    return np.array([(left, bottom), (right, bottom), (right, top), (left, top)])


def _ellipse(gate: EllipsoidGate, order: list[int]) -> np.ndarray:
    """Return the shadow of an ellipsoid: the ellipsoid of the covariance's own rows and columns."""
    centre = np.array(gate.mean, float)[order]
    shadow = np.array(gate.covariance, float)[np.ix_(order, order)] * gate.distance_square
    if len(order) == 1:
        reach = np.sqrt(shadow[0, 0])
        return np.array([centre - reach, centre + reach])
    angles = np.linspace(0, 2 * np.pi, _CURVE_POINTS, endpoint=False)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    values, vectors = np.linalg.eigh(shadow)
    return centre + circle * np.sqrt(np.maximum(values, 0)) @ vectors.T


def _with_points_on_edges(corners: np.ndarray) -> np.ndarray:
    steps = np.linspace(0, 1, _EDGE_POINTS, endpoint=False)[:, None]
    ends = np.roll(corners, -1, axis=0)
    return np.vstack([a + steps * (b - a) for a, b in zip(corners, ends, strict=True)])


def _placed(points: np.ndarray, axes: list[Axis]) -> np.ndarray:
    return np.column_stack([_place(axis, points[:, i]) for i, axis in enumerate(axes)])


def _place(axis: Axis, value, without: float = -_OUTSIDE):
    """Return where a bound lies; ``without`` stands for no bound, or one that the scale lacks."""
    if value is None:
        return without
    places = np.nan_to_num(axis.place_of_gate(value), nan=without, posinf=np.inf, neginf=-np.inf)
    return np.clip(places, -_FAR, _FAR)


def _quadrant_range(gate: QuadrantGate, quadrant, index: int) -> tuple[float | None, float | None]:
    return quadrant.ranges.get(gate.dividers[index].id, (None, None))


def _axis_key(dimension: Dimension) -> tuple[str, str, str | None]:
    return dimension.channel, dimension.compensation, dimension.transform


def _index_of(gate: Gate, dimension: Dimension) -> int:
    keys = [_axis_key(own) for own in dimensions_of(gate)]
    return keys.index(_axis_key(dimension))
