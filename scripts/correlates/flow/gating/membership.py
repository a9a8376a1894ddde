"""Which of a parent's events a gate holds.

Ranges are decided on the linear scale and only what lies within rounding of a threshold is
transformed; polygons and ellipsoids transform the events inside their bounding box and no others.
"""

from collections.abc import Mapping

import numpy as np
from flowutils import gating

from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import (
    Dimension,
    EllipsoidGate,
    Gate,
    PolygonGate,
    QuadrantGate,
    Ratio,
    RectangleGate,
    Strategy,
    Transform,
)
from correlates.flow.gating.transforms import apply, is_monotone, preimage

# Rounding to single precision keeps the order: what is that close to a bound may be on either side.
_SINGLE = float(np.finfo(np.float32).eps)
_SMALLEST = float(np.finfo(np.float32).smallest_subnormal)
# How much wider than the figure itself a bounding box is, as a share of its size.
_BOX_MARGIN = 1e-6


class Parent:
    """The events that a gate divides, seen along the gate's dimensions.

    Parameters
    ----------
    events
        All events of the file or chunk.
    strategy
        Transforms and ratios that dimensions refer to.
    indices
        Ascending numbers of the parent's events; None is all.
    """

    def __init__(self, events: Events, strategy: Strategy, indices: np.ndarray | None):
        self._events = events
        self._transforms: Mapping[str, Transform] = strategy.transforms
        self._ratios: Mapping[str, Ratio] = strategy.ratios
        self._indices = indices
        self._linear: dict[tuple[str, str], np.ndarray] = {}
        self.size = events.n_events if indices is None else len(indices)

    def linear(self, dimension: Dimension) -> np.ndarray:
        """Return the parent's linear values of a dimension, (size,), float64."""
        key = (dimension.channel, dimension.compensation)
        if key not in self._linear:
            ratio = self._ratios.get(dimension.channel)
            self._linear[key] = (
                self._events.values(*key, self._indices)
                if ratio is None
                else self._ratio(ratio, dimension.compensation)
            )
        return self._linear[key]

    def transform(self, dimension: Dimension) -> Transform | None:
        """Return the dimension's scale."""
        return None if dimension.transform is None else self._transforms[dimension.transform]

    def scaled(self, dimensions: tuple[Dimension, ...], subset: np.ndarray) -> np.ndarray:
        """Return scaled values of some of the parent's events, (subset, dimensions)."""
        return np.column_stack(
            [apply(self.transform(axis), self._exact(axis, subset)) for axis in dimensions]
        )

    def in_range(
        self, dimension: Dimension, minimum: float | None, maximum: float | None
    ) -> np.ndarray:
        """Return where minimum <= scaled value < maximum, (size,) of bool; None is unbounded."""
        transform, linear = self.transform(dimension), self.linear(dimension)
        if not self._is_sortable(dimension):
            return _between(apply(transform, self._exact(dimension)), minimum, maximum)
        is_rounded = self._is_rounded(dimension)
        low, high = _linear_bounds(transform, minimum, maximum)
        if is_rounded:
            low, high = _widened(low), _widened(high)
        inside = _between(linear, low[1], high[0])
        if transform is None and not is_rounded:
            return inside
        perhaps = _between(linear, low[0], high[1])
        if np.count_nonzero(perhaps) != np.count_nonzero(inside):
            doubtful = np.flatnonzero(perhaps & ~inside)
            exact = apply(transform, self._exact(dimension, doubtful))
            inside[doubtful] = _between(exact, minimum, maximum)
        return inside

    def near(self, dimensions: tuple[Dimension, ...], lows, highs) -> np.ndarray:
        """Return the numbers, among the parent's events, of those that may lie in a box.

        Parameters
        ----------
        dimensions
            Axes of the box.
        lows, highs
            Its corners on the scaled axes.
        """
        near = np.ones(self.size, dtype=bool)
        for axis, low, high in zip(dimensions, lows, highs, strict=True):
            if self._is_sortable(axis) and np.isfinite([low, high]).all():
                margin = _BOX_MARGIN * (abs(low) + abs(high) + high - low)
                transform, linear = self.transform(axis), self.linear(axis)
                box = preimage(transform, low - margin)[0], preimage(transform, high + margin)[1]
                if self._is_rounded(axis):
                    box = _widened(box)
                near &= (linear >= box[0]) & (linear <= box[1])
        return np.flatnonzero(near)

    def _is_sortable(self, dimension: Dimension) -> bool:
        """Return whether comparing linear values decides as comparing scaled ones does."""
        if dimension.channel in self._ratios or not is_monotone(self.transform(dimension)):
            return False
        return self._events.is_finite(dimension.channel, dimension.compensation)

    def _is_rounded(self, dimension: Dimension) -> bool:
        if dimension.channel in self._ratios:
            return False
        return self._events.is_rounded(dimension.channel, dimension.compensation)

    def _exact(self, dimension: Dimension, subset: np.ndarray | None = None) -> np.ndarray:
        """Return linear values, all or some of the parent's, as the system solved gives them."""
        if not self._is_rounded(dimension):
            linear = self.linear(dimension)
            return linear if subset is None else linear[subset]
        return self._solved(dimension.channel, dimension.compensation, subset)

    def _solved(
        self, channel: str, compensation: str, subset: np.ndarray | None = None
    ) -> np.ndarray:
        if subset is None and not self._events.is_rounded(channel, compensation):
            return self._events.values(channel, compensation, self._indices)
        indices = np.arange(self._events.n_events) if self._indices is None else self._indices
        chosen = indices if subset is None else indices[subset]
        return self._events.solved(channel, compensation, chosen)

    def _ratio(self, ratio: Ratio, compensation: str) -> np.ndarray:
        top = self._solved(ratio.numerator, compensation)
        bottom = self._solved(ratio.denominator, compensation)
        return ratio_of(ratio, top, bottom)


def ratio_of(ratio: Ratio, numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Return a ratio dimension's values; infinite or no number where the denominator is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return ratio.a * ((numerator - ratio.b) / (denominator - ratio.c))


def inside(gate: Gate, parent: Parent) -> dict[str, np.ndarray]:
    """Return where a gate's populations lie among its parent's events.

    Parameters
    ----------
    gate
        Any gate but a boolean one, which needs other gates' events.
    parent
        The events it divides.

    Returns
    -------
    For each population of the gate (a quadrant gate makes several) bool, (parent.size,).
    """
    if isinstance(gate, QuadrantGate):
        return _in_quadrants(gate, parent)
    return {gate.id: _FIGURES[type(gate)](gate, parent)}


def _in_rectangle(gate: RectangleGate, parent: Parent) -> np.ndarray:
    held = np.ones(parent.size, dtype=bool)
    for axis in gate.dimensions:
        held &= parent.in_range(axis, axis.minimum, axis.maximum)
    return ~held if gate.complement else held


def _in_polygon(gate: PolygonGate, parent: Parent) -> np.ndarray:
    vertices = np.array(gate.vertices, dtype=np.float64)
    near = parent.near(gate.dimensions, vertices.min(axis=0), vertices.max(axis=0))
    held = np.zeros(parent.size, dtype=bool)
    held[near] = gating.points_in_polygon(vertices, parent.scaled(gate.dimensions, near))
    return ~held if gate.complement else held


def _in_ellipsoid(gate: EllipsoidGate, parent: Parent) -> np.ndarray:
    mean, covariance = np.array(gate.mean), np.array(gate.covariance)
    reach = _reach(covariance, gate.distance_square)
    near = parent.near(gate.dimensions, mean - reach, mean + reach)
    held = np.zeros(parent.size, dtype=bool)
    points = parent.scaled(gate.dimensions, near)
    # what is no number is in no ellipsoid
    with np.errstate(invalid="ignore", over="ignore"):
        held[near] = gating.points_in_ellipsoid(covariance, mean, gate.distance_square, points)
    return held


def _reach(covariance: np.ndarray, distance_square: float) -> np.ndarray:
    """Return how far an ellipsoid extends from its mean along each axis.

    Files in use hold matrices that are no covariances, whose figure has no bounds.
    """
    is_symmetric = np.allclose(covariance, covariance.T, rtol=1e-12)
    if not is_symmetric or np.linalg.eigvalsh(covariance).min() <= 0:
        return np.full(len(covariance), np.inf)
    return np.sqrt(np.diag(covariance) * distance_square)


def _in_quadrants(gate: QuadrantGate, parent: Parent) -> dict[str, np.ndarray]:
    dimension_of = {divider.id: divider.dimension for divider in gate.dividers}
    sides: dict[tuple, np.ndarray] = {}
    held = {}
    for quadrant in gate.quadrants:
        part = np.ones(parent.size, dtype=bool)
        for divider, ends in quadrant.ranges.items():
            if (divider, ends) not in sides:
                sides[divider, ends] = parent.in_range(dimension_of[divider], *ends)
            part &= sides[divider, ends]
        held[quadrant.id] = part
    return held


_FIGURES = {
    RectangleGate: _in_rectangle,
    PolygonGate: _in_polygon,
    EllipsoidGate: _in_ellipsoid,
}


def _between(values: np.ndarray, minimum: float | None, maximum: float | None) -> np.ndarray:
    lower = minimum is not None and minimum != -np.inf
    upper = maximum is not None and maximum != np.inf
    if lower and upper:
        return (values >= minimum) & (values < maximum)
    if lower:
        return values >= minimum
    if upper:
        return values < maximum
    return np.ones(len(values), dtype=bool)


def _widened(ends: tuple[float, float]) -> tuple[float, float]:
    """Return a bound's ends further apart by what rounding to single precision may move a value."""
    low, high = ends
    return (
        low - _SINGLE * abs(low) - _SMALLEST if np.isfinite(low) else low,
        high + _SINGLE * abs(high) + _SMALLEST if np.isfinite(high) else high,
    )


def _linear_bounds(transform: Transform | None, minimum, maximum):
    """Return (surely out below, surely in from) and (surely in below, surely out from)."""
    low = (-np.inf, -np.inf) if minimum is None else preimage(transform, minimum)
    high = (np.inf, np.inf) if maximum is None else preimage(transform, maximum)
    if transform is not None and transform.kind == "log" and (minimum, maximum) != (None, None):
        # the logarithm of a negative value is in no range, not even one open below
        low = (max(low[0], 0.0), max(low[1], 0.0))
    return low, high
