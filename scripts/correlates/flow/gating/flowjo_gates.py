"""Gates said again as FlowJo 10 can hold them: in linear coordinates, one scale a channel.

FlowJo keeps the corners of a gate as linear values and draws them on the scale that a sample gives
the channel, the same for all of its gates. So rectangles come out the same on any scale; a polygon
on another scale than its channel's is followed by short lines; an ellipse is a polygon, as FlowJo
itself makes of it before it counts.
"""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from correlates.flow.gating.gates import (
    UNCOMPENSATED,
    BooleanGate,
    Compensation,
    Dimension,
    EllipsoidGate,
    Gate,
    Operand,
    PolygonGate,
    QuadrantGate,
    RectangleGate,
    Strategy,
    Transform,
    populations_of,
)
from correlates.flow.gating.ordering import dimensions_of, ordered_gates
from correlates.flow.gating.standard_gates import in_standard_gates, with_axes
from correlates.flow.gating.transforms import inverse

EXACT, AS_POLYGON, SHORT_LINES = "exact", "polygon_of_256_corners", "short_lines"
# Scales that FlowJo draws on, and that others read from its workspaces.
SCALES = ("logicle", "asinh", "biex", "flowjo_log")
_CORNERS = 256
_STEPS = 32
_ABOVE_ZERO = 1e-6


@dataclass
class FlowJoGates:
    """What of a strategy goes into a workspace.

    Parameters
    ----------
    gates
        Rectangles, polygons and boolean gates, parents first, their numbers linear and their
        dimensions with the scale (or None) that the sample's channel has.
    scales
        Scale of each channel; one that is gated as read has None.
    compensation
        The id of the one matrix that is used, or None.
    manner
        How each population is said: ``exact``, ``polygon_of_256_corners``, ``short_lines``.
    left_out
        Why a population is not in the workspace.
    """

    gates: list[Gate] = field(default_factory=list)
    scales: dict[str, Transform | None] = field(default_factory=dict)
    compensation: str | None = None
    manner: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def in_flowjo_gates(strategy: Strategy) -> FlowJoGates:
    """Return a strategy's gates as FlowJo can hold them.

    Parameters
    ----------
    strategy
        Gates with every channel named as the file does, and every matrix given (``for_file``).
    """
    strategy = _by_detectors(strategy)
    made = FlowJoGates(compensation=_usual_matrix(strategy))
    gates = ordered_gates(strategy)
    # The scale of a polygon moves events; that of a rectangle does not, so polygons choose first.
    for gate in sorted(gates, key=lambda gate: not isinstance(gate, (PolygonGate, EllipsoidGate))):
        _choose_scales(gate, strategy, made)
    for gate in gates:
        problem = _why_not(gate, strategy, made)
        if problem:
            made.left_out |= dict.fromkeys(populations_of(gate), problem)
            continue
        parts = _PARTS[type(gate)](gate, strategy, made)
        made.gates += parts
    return made


def _by_detectors(strategy: Strategy) -> Strategy:
    """Return the gates with compensated channels called by their detectors, as FlowJo does."""

    def on_axis(axis: Dimension) -> Dimension:
        matrix = strategy.compensations.get(axis.compensation)
        if matrix is None or axis.channel not in matrix.fluorochromes or not _is_square(matrix):
            return axis
        place = matrix.fluorochromes.index(axis.channel)
        return replace(axis, channel=matrix.detectors[place])

    return replace(strategy, gates=tuple(with_axes(gate, on_axis) for gate in strategy.gates))


def _usual_matrix(strategy: Strategy) -> str | None:
    """Return the matrix that most dimensions of gates use, of those that FlowJo can hold."""
    used = Counter(axis.compensation for gate in strategy.gates for axis in dimensions_of(gate))
    able = {key for key, matrix in strategy.compensations.items() if _is_square(matrix)}
    return next((key for key, _ in used.most_common() if key in able), None)


def _is_square(matrix: Compensation) -> bool:
    return len(matrix.detectors) == len(matrix.fluorochromes) == len(matrix.matrix)


def _drawable(scale: Transform | None) -> Transform | None:
    """Return the scale that a channel gets: its own, the nearest that readers know, or none."""
    if scale is None or scale.kind in SCALES:
        return scale
    # A hyperlog and the logicle of the same parameters run side by side, and above its linear part
    # a logicle is a logarithm. FlowJo's own logarithm holds what lies below it, the standard's not.
    if scale.kind == "hyperlog":
        return Transform("logicle", scale.parameters)
    if scale.kind == "log":
        given = {"t": scale.parameters["t"], "w": 0.5, "m": scale.parameters["m"], "a": 0.0}
        return Transform("logicle", given)
    return None


def _choose_scales(gate: Gate, strategy: Strategy, made: FlowJoGates) -> None:
    for axis in dimensions_of(gate):
        if axis.channel in strategy.ratios:
            continue
        scale = strategy.transforms.get(axis.transform)
        if made.scales.get(axis.channel) is None:
            made.scales[axis.channel] = _drawable(scale)


def _why_not(gate: Gate, strategy: Strategy, made: FlowJoGates) -> str:
    """Say why a gate cannot be in the workspace; ``""`` if it can."""
    needs = [gate.parent]
    if isinstance(gate, BooleanGate):
        needs += [operand.gate for operand in gate.operands]
    missing = [name for name in needs if name in made.left_out]
    if missing:
        return f"it needs {missing[0]}, which is not in the workspace"
    axes = dimensions_of(gate)
    if any(axis.channel in strategy.ratios for axis in axes):
        return "it is drawn on a ratio of two channels, which FlowJo derives by its own formula"
    others = {axis.compensation for axis in axes} - {UNCOMPENSATED, made.compensation}
    if others:
        return "it uses a second compensation matrix, and a FlowJo sample has one, which is square"
    if isinstance(gate, EllipsoidGate) and len(axes) != 2:
        return f"it is an ellipsoid of {len(axes)} dimensions, and FlowJo draws two"
    return ""


def _rectangle(gate: RectangleGate, strategy: Strategy, made: FlowJoGates) -> list[Gate]:
    made.manner[gate.id] = EXACT
    axes = [_linear_axis(axis, strategy, made) for axis in gate.dimensions]
    if len(axes) <= 2:
        return [replace(gate, dimensions=tuple(axes))]
    if gate.complement:
        drawn = replace(gate, id=f"{gate.id}.drawn", name=f"{gate.name}.drawn", complement=False)
        outside = BooleanGate(gate.id, gate.parent, gate.name, "not", (Operand(drawn.id),))
        return [*_rectangle(drawn, strategy, made), outside]
    # FlowJo draws on two axes: a gate within a gate holds the same events.
    parts, parent = [], gate.parent
    for start in range(0, len(axes), 2):
        is_last = start + 2 >= len(axes)
        id_ = gate.id if is_last else f"{gate.id}.{start // 2 + 1}"
        name = gate.name if is_last else f"{gate.name}.{start // 2 + 1}"
        parts.append(RectangleGate(id_, parent, name, tuple(axes[start : start + 2])))
        parent = id_
    return parts


def _quadrants(gate: QuadrantGate, strategy: Strategy, made: FlowJoGates) -> list[Gate]:
    axes = {divider.id: divider.dimension for divider in gate.dividers}
    return [
        part
        for quadrant in gate.quadrants
        for part in _rectangle(
            RectangleGate(
                quadrant.id,
                gate.parent,
                quadrant.id,
                tuple(
                    replace(axes[name], minimum=low, maximum=high)
                    for name, (low, high) in quadrant.ranges.items()
                ),
            ),
            strategy,
            made,
        )
    ]


def _polygon(gate: PolygonGate, strategy: Strategy, made: FlowJoGates) -> list[Gate]:
    own = [strategy.transforms.get(axis.transform) for axis in gate.dimensions]
    drawn = [made.scales[axis.channel] for axis in gate.dimensions]
    corners = np.array(gate.vertices, dtype=float)
    straight = all(
        scale == other or _is_linear(scale) and other is None
        for scale, other in zip(own, drawn, strict=True)
    )
    made.manner.setdefault(gate.id, EXACT if straight else SHORT_LINES)
    if not straight:
        corners = _subdivided(corners)
    return [_in_linear(gate, corners, own)]


def _ellipse(gate: EllipsoidGate, strategy: Strategy, made: FlowJoGates) -> list[Gate]:
    made.manner[gate.id] = AS_POLYGON
    values, vectors = np.linalg.eigh(np.array(gate.covariance))
    radii = np.sqrt(np.maximum(values, 0) * gate.distance_square)
    turn = 2 * np.pi / _CORNERS
    # Corners a little outside, so that the polygon has the area of the ellipse.
    radii = radii * np.sqrt(turn / np.sin(turn))
    angles = np.arange(_CORNERS) * turn
    circle = np.column_stack([np.cos(angles), np.sin(angles)]) * radii
    corners = circle @ vectors.T + np.array(gate.mean)
    polygon = PolygonGate(
        gate.id, gate.parent, gate.name, gate.dimensions, tuple(map(tuple, corners.tolist()))
    )
    return _polygon(polygon, strategy, made)


def _boolean(gate: BooleanGate, strategy: Strategy, made: FlowJoGates) -> list[Gate]:
    """Return gates without complemented operands, which FlowJo has no word for."""
    made.manner[gate.id] = EXACT
    parts, operands = [], []
    for number, operand in enumerate(gate.operands, start=1):
        if not operand.complement:
            operands.append(operand)
            continue
        id_ = f"{gate.id}.not{number}"
        parts.append(BooleanGate(id_, gate.parent, id_, "not", (Operand(operand.gate),)))
        operands.append(Operand(id_))
    plain = replace(gate, operands=tuple(operands))
    return in_standard_gates([*parts, plain])


_PARTS = {
    RectangleGate: _rectangle,
    PolygonGate: _polygon,
    EllipsoidGate: _ellipse,
    QuadrantGate: _quadrants,
    BooleanGate: _boolean,
}


def _linear_axis(axis: Dimension, strategy: Strategy, made: FlowJoGates) -> Dimension:
    scale = strategy.transforms.get(axis.transform)
    ends = [
        None if end is None else float(inverse(scale, np.array([end]))[0])
        for end in (axis.minimum, axis.maximum)
    ]
    if scale is not None and scale.kind == "log" and ends[0] is None:
        # What has no logarithm is in no range of it.
        ends[0] = _ABOVE_ZERO
    return replace(axis, transform=None, minimum=ends[0], maximum=ends[1])


def _in_linear(
    gate: PolygonGate, corners: np.ndarray, scales: list[Transform | None]
) -> PolygonGate:
    """Return the polygon with its corners, given on its scales, as linear values."""
    columns = [inverse(scale, corners[:, place]) for place, scale in enumerate(scales)]
    vertices = tuple(map(tuple, np.column_stack(columns).tolist()))
    axes = tuple(replace(axis, transform=None) for axis in gate.dimensions)
    return replace(gate, dimensions=axes, vertices=vertices)


def _subdivided(corners: np.ndarray) -> np.ndarray:
    """Return an outline with points between its corners, on its own scales."""
    following = np.roll(corners, -1, axis=0)
    shares = np.arange(_STEPS) / _STEPS
    points = corners[:, None] + shares[None, :, None] * (following - corners)[:, None]
    return points.reshape(-1, 2)


def _is_linear(scale: Transform | None) -> bool:
    return scale is None or scale.kind == "linear"
