"""Gates on FlowJo's own scales, said again without them.

GatingML 2.0 knows neither FlowJo's biexponential nor its logarithm. Thresholds on them become
linear thresholds that part the events in exactly the same way. Edges of polygons become curves
there, which are followed by short lines to within a fortieth of a pixel of FlowJo's plots (256
pixels).
"""

from dataclasses import replace

import numpy as np

from correlates.flow.gating.gates import (
    Dimension,
    EllipsoidGate,
    Gate,
    PolygonGate,
    QuadrantGate,
    RectangleGate,
    Strategy,
    Transform,
)
from correlates.flow.gating.transforms import apply, inverse, preimage, span

FLOWJO_ONLY = ("biex", "flowjo_log")
# Beyond every event, yet small enough for products of two to stay exact to what matters.
_FAR = 1e12
_NEVER = 1.7976931348623157e308
_TOLERANCE = 1e-4
_DEEPEST = 12
# Corners in place of an ellipse: off by less than a thousandth of its radius.
_CORNERS = 128


def on_standard_scales(strategy: Strategy) -> tuple[Strategy, tuple[str, ...]]:
    """Return the strategy with every scale that only FlowJo has taken out of its gates.

    Parameters
    ----------
    strategy
        Any gates; those that use no such scale are returned as they are.

    Returns
    -------
    The strategy, and the ids of the gates that are approximate now: polygons with a FlowJo scale,
    off by at most 1e-4 of the scale's length along an edge, and ellipses, which become polygons.
    All others hold the same events.
    """
    scales = strategy.transforms
    flowjo = {key: scale for key, scale in scales.items() if scale.kind in FLOWJO_ONLY}
    gates = tuple(_converted(gate, flowjo) for gate in strategy.gates)
    approximate = tuple(
        gate.id
        for gate in strategy.gates
        if isinstance(gate, PolygonGate | EllipsoidGate)
        and any(axis.transform in flowjo for axis in gate.dimensions)
    )
    kept = {key: scale for key, scale in scales.items() if key not in flowjo}
    return replace(strategy, gates=gates, transforms=kept), approximate


def linear_threshold(transform: Transform, value: float) -> float:
    """Return the smallest linear value that the scale puts at or above a threshold.

    ``linear >= linear_threshold(scale, t)`` holds for exactly the events for which
    ``apply(scale, linear) >= t`` does. -inf: all of them; inf: none.
    """
    bottom, top = span(transform)
    if value <= bottom:
        return -np.inf
    if value > top:
        return np.inf
    low, high = np.clip(preimage(transform, value), -_FAR, _FAR)
    while np.nextafter(low, high) < high:
        middle = low + (high - low) / 2
        if apply(transform, np.array([middle]))[0] >= value:
            high = middle
        else:
            low = middle
    return float(high)


def _converted(gate: Gate, flowjo: dict[str, Transform]) -> Gate:
    if isinstance(gate, RectangleGate):
        return replace(gate, dimensions=tuple(_range(axis, flowjo) for axis in gate.dimensions))
    if isinstance(gate, QuadrantGate):
        return _quadrants(gate, flowjo)
    if isinstance(gate, PolygonGate):
        scales = [flowjo.get(axis.transform) for axis in gate.dimensions]
        if any(scales):
            axes = tuple(_bare(axis, flowjo) for axis in gate.dimensions)
            return replace(gate, dimensions=axes, vertices=_outline(gate.vertices, scales))
    # FlowJo draws ellipses on two dimensions only.
    if isinstance(gate, EllipsoidGate) and any(a.transform in flowjo for a in gate.dimensions):
        figure = PolygonGate(gate.id, gate.parent, gate.name, gate.dimensions, _around(gate))
        return _converted(figure, flowjo)
    return gate


def _around(gate: EllipsoidGate) -> tuple[tuple[float, float], ...]:
    """Return corners of a polygon on an ellipse, as large as the ellipse."""
    angles = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    # A polygon in a circle is smaller than it by this much; spread over both sides it is as large.
    size = np.sqrt(2 * np.pi / (_CORNERS * np.sin(2 * np.pi / _CORNERS)))
    circle = size * np.column_stack([np.cos(angles), np.sin(angles)])
    values, vectors = np.linalg.eigh(np.array(gate.covariance) * gate.distance_square)
    points = np.array(gate.mean) + circle * np.sqrt(np.maximum(values, 0)) @ vectors.T
    return tuple((float(x), float(y)) for x, y in points)


def _bare(axis: Dimension, flowjo) -> Dimension:
    return replace(axis, transform=None) if axis.transform in flowjo else axis


def _range(axis: Dimension, flowjo) -> Dimension:
    scale = flowjo.get(axis.transform)
    if scale is None:
        return axis
    minimum = None if axis.minimum is None else linear_threshold(scale, axis.minimum)
    maximum = None if axis.maximum is None else linear_threshold(scale, axis.maximum)
    return replace(axis, transform=None, minimum=_lower(minimum), maximum=_upper(maximum))


def _lower(value: float | None) -> float | None:
    return None if value in (None, -np.inf) else min(value, _NEVER)


def _upper(value: float | None) -> float | None:
    return None if value in (None, np.inf) else max(value, -_NEVER)


def _quadrants(gate: QuadrantGate, flowjo) -> QuadrantGate:
    scale_of = {divider.id: flowjo.get(divider.dimension.transform) for divider in gate.dividers}

    def moved(divider: str, value: float) -> float:
        scale = scale_of[divider]
        if scale is None:
            return value
        return float(np.clip(linear_threshold(scale, value), -_NEVER, _NEVER))

    dividers = tuple(
        replace(
            divider,
            dimension=_bare(divider.dimension, flowjo),
            values=tuple(moved(divider.id, value) for value in divider.values),
        )
        for divider in gate.dividers
    )
    quadrants = tuple(
        replace(
            quadrant,
            ranges={
                name: tuple(None if end is None else moved(name, end) for end in ends)
                for name, ends in quadrant.ranges.items()
            },
        )
        for quadrant in gate.quadrants
    )
    return replace(gate, dividers=dividers, quadrants=quadrants)


def _outline(vertices, scales: list[Transform | None]) -> tuple[tuple[float, float], ...]:
    """Return a polygon's outline with the given axes (None stays) on the linear scale.

    A scale that ends holds at its end all events beyond, so the part of the polygon that lies at or
    past an end becomes a strip that reaches as far as any event.
    """
    points: list[tuple[float, float]] = []
    corners = [np.array(vertex, dtype=float) for vertex in vertices]
    for start, stop in zip(corners, corners[1:] + corners[:1], strict=True):
        for first, last in _pieces(start, stop, scales):
            places = [_place(scale, (first[i] + last[i]) / 2) for i, scale in enumerate(scales)]
            points += [_moved(first, scales, places)]
            points += _between(first, last, scales, places, 0)
            points += [_moved(last, scales, places)]
    return tuple(
        point for number, point in enumerate(points) if number == 0 or point != points[number - 1]
    )


def _pieces(start, stop, scales):
    """Cut an edge where it crosses the end of a scale."""
    cuts = {0.0, 1.0}
    for axis, scale in enumerate(scales):
        for end in () if scale is None else span(scale):
            step = stop[axis] - start[axis]
            if np.isfinite(end) and step != 0 and 0 < (end - start[axis]) / step < 1:
                cuts.add(float((end - start[axis]) / step))
    ordered = sorted(cuts)
    points = [start + share * (stop - start) for share in ordered]
    return list(zip(points[:-1], points[1:], strict=True))


def _place(scale: Transform | None, value: float) -> float:
    """Return -1 at or below the scale's low end, 1 at or above its high end, else 0."""
    if scale is None:
        return 0
    low, high = span(scale)
    return -1 if value <= low else 1 if value >= high else 0


def _moved(point, scales, places) -> tuple[float, float]:
    return tuple(
        float(
            value if scale is None else inverse(scale, [value])[0] if place == 0 else place * _FAR
        )
        for value, scale, place in zip(point, scales, places, strict=True)
    )


def _between(first, last, scales, places, depth: int) -> list[tuple[float, float]]:
    """Return points between two scaled points that keep the linear outline on the scaled edge."""
    middle = (first + last) / 2
    ends = np.array([_moved(first, scales, places), _moved(last, scales, places)])
    chord = ends.mean(axis=0)
    back = np.array(
        [
            value if scale is None or place else apply(scale, [chord[axis]])[0]
            for axis, (value, scale, place) in enumerate(zip(middle, scales, places, strict=True))
        ]
    )
    if depth >= _DEEPEST or (depth > 0 and _off_line(first, last, back, scales) < _TOLERANCE):
        return []
    return [
        *_between(first, middle, scales, places, depth + 1),
        _moved(middle, scales, places),
        *_between(middle, last, scales, places, depth + 1),
    ]


def _off_line(first, last, point, scales) -> float:
    """Return how far a point is from an edge, in lengths of the scales."""
    lengths = np.array(
        [
            4096.0
            if scale is not None and scale.kind == "biex"
            else 1.0
            if scale is not None
            else max(abs(first[axis]), abs(last[axis]), 1e-300)
            for axis, scale in enumerate(scales)
        ]
    )
    edge, offset = (last - first) / lengths, (point - first) / lengths
    length = np.hypot(*edge)
    if length == 0:
        return float(np.hypot(*offset))
    return float(abs(edge[0] * offset[1] - edge[1] * offset[0]) / length)
