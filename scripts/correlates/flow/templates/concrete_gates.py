"""A template's row, with its thresholds found, as gates."""

from dataclasses import replace

import numpy as np

from correlates.flow.gating import transforms
from correlates.flow.gating.gates import (
    BooleanGate,
    Dimension,
    Divider,
    EllipsoidGate,
    Gate,
    Operand,
    PolygonGate,
    Quadrant,
    QuadrantGate,
    RectangleGate,
    Transform,
)
from correlates.flow.templates.args import Join, Not
from correlates.flow.templates.ellipse import Ellipse
from correlates.flow.templates.rows import Row


def threshold_gates(row: Row, axes: list[Dimension], cuts: list[float]) -> list[Gate]:
    """Return the gates of a row whose sides are told apart by one threshold a dimension.

    Parameters
    ----------
    row
        The row.
    axes
        Its dimensions, without bounds.
    cuts
        Threshold on each dimension, on the dimension's own scale.
    """
    if len(row.signs) == 4:
        return [_quadrants(row, axes, cuts)]
    return [
        RectangleGate(
            alias,
            row.parent,
            alias,
            tuple(
                _bounded(axis, cut if side == "+" else None, cut if side == "-" else None)
                for axis, cut, side in zip(axes, cuts, signs, strict=True)
            ),
        )
        for alias, signs in zip(row.aliases, row.signs, strict=True)
    ]


def boundary_gate(row: Row, axes: list[Dimension], scales: list[Transform | None]) -> Gate:
    """Return the rectangle of a ``boundary`` row, its linear bounds put on the gate's scales.

    A bound beyond a scale that ends stands nowhere on it; such a range is written linear.
    """
    lows = per_dimension(row.arguments.get("min", -np.inf), len(axes))
    highs = per_dimension(row.arguments.get("max", np.inf), len(axes))
    bounded = []
    for axis, scale, *ends in zip(axes, scales, lows, highs, strict=True):
        if not all(np.isinf(end) or _is_on(scale, end) for end in ends):
            axis, scale = replace(axis, transform=None), None
        bounded.append(_bounded(axis, *(_bound(end, scale) for end in ends)))
    return RectangleGate(row.aliases[0], row.parent, row.aliases[0], tuple(bounded))


def polygon_gate(
    row: Row,
    axes: list[Dimension],
    scales: list[Transform | None],
    corners: tuple[tuple[float, float], ...],
) -> Gate:
    """Return a polygon from linear corners; its edges are straight on the gate's scales."""
    columns = [
        transforms.apply(scale, np.array(values, dtype=float))
        for scale, values in zip(scales, zip(*corners, strict=True), strict=True)
    ]
    vertices = tuple((float(x), float(y)) for x, y in zip(*columns, strict=True))
    return PolygonGate(row.aliases[0], row.parent, row.aliases[0], tuple(axes), vertices)


def ellipse_gate(
    row: Row, axes: list[Dimension], lengths: list[float], ellipse: Ellipse
) -> EllipsoidGate:
    """Return an ellipse, given in shares of each scale's length, on the gate's scales."""
    stretch = np.array(lengths)
    covariance = ellipse.covariance * np.outer(stretch, stretch)
    return EllipsoidGate(
        row.aliases[0],
        row.parent,
        row.aliases[0],
        tuple(axes),
        tuple((ellipse.mean * stretch).tolist()),
        tuple(map(tuple, covariance.tolist())),
        ellipse.radius2,
    )


def boolean_gates(row: Row) -> list[Gate]:
    """Return a boolean row as gates of one operation each, inner parentheses first.

    Parts that the format needs to be gates of their own are called ``<alias>__1`` and so on, which
    no population of a template can be called; they are no populations of the template.
    """
    gates: list[Gate] = []
    alias = row.aliases[0]

    def add(tree, name: str | None = None) -> str:
        if isinstance(tree, str):
            return tree
        if isinstance(tree, Not):
            operation, operands = "not", (Operand(add(tree.operand)),)
        else:
            operation, operands = tree.operation, tuple(map(operand, tree.operands))
        name = name or f"{alias}__{len(gates) + 1}"
        gates.append(BooleanGate(name, row.parent, name, operation, operands))
        return name

    def operand(tree) -> Operand:
        if isinstance(tree, Not):
            inner = operand(tree.operand)
            return Operand(inner.gate, not inner.complement)
        return Operand(add(tree))

    add(_simplified(row.expression), alias)
    return gates


def threshold_on(scale: Transform | None, linear: float) -> float:
    """Return a linear threshold on a scale; beyond one that ends, past all events at its end."""
    place = float(transforms.apply(scale, np.array([linear]))[0])
    end = transforms.span(scale)[1]
    return float(np.nextafter(end, np.inf)) if place >= end else place


def per_dimension(value: object, count: int) -> tuple:
    """Return an argument as one value a dimension."""
    return value if isinstance(value, tuple) else (value,) * count


def _simplified(tree):
    """Remove double complements."""
    if isinstance(tree, Not) and isinstance(tree.operand, Not):
        return _simplified(tree.operand.operand)
    if isinstance(tree, Join):
        return Join(tree.operation, tuple(map(_simplified, tree.operands)))
    return tree


def _quadrants(row: Row, axes: list[Dimension], cuts: list[float]) -> QuadrantGate:
    dividers = tuple(
        Divider(f"{row.aliases[0]}.{number}", axis, (cut,))
        for number, (axis, cut) in enumerate(zip(axes, cuts, strict=True), start=1)
    )
    quadrants = tuple(
        Quadrant(
            alias,
            {
                divider.id: (cut, None) if side == "+" else (None, cut)
                for divider, cut, side in zip(dividers, cuts, signs, strict=True)
            },
        )
        for alias, signs in zip(row.aliases, row.signs, strict=True)
    )
    name = f"{row.aliases[0]}__quadrants"
    return QuadrantGate(name, row.parent, name, dividers, quadrants)


def _bounded(axis: Dimension, minimum: float | None, maximum: float | None) -> Dimension:
    return Dimension(axis.channel, axis.compensation, axis.transform, minimum, maximum)


def _is_on(scale: Transform | None, linear: float) -> bool:
    """Tell whether a scale tells a value from all that lie beyond it."""
    low, high = transforms.span(scale)
    return bool(low < transforms.apply(scale, np.array([linear]))[0] < high)


def _bound(linear: float, scale: Transform | None) -> float | None:
    if np.isinf(linear):
        return None
    return float(transforms.apply(scale, np.array([linear]))[0])
