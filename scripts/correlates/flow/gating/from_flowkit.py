"""FlowKit's gating strategies as concrete gates of this project."""

import re
from collections.abc import Iterator, Mapping
from functools import singledispatch

from flowkit import exceptions, gates, transforms

from correlates.flow.gating.gates import (
    ROOT,
    UNCOMPENSATED,
    BooleanGate,
    Compensation,
    Dimension,
    Divider,
    EllipsoidGate,
    Gate,
    Operand,
    PolygonGate,
    Quadrant,
    QuadrantGate,
    Ratio,
    RectangleGate,
    Strategy,
    Transform,
)

_ESCAPED = re.compile(r"_x([0-9A-F]{4})_")


def strategy_of(parsed, names: Mapping[str, tuple[str, str]] | None = None) -> Strategy:
    """Return FlowKit's strategy as concrete gates.

    Parameters
    ----------
    parsed
        ``flowkit.GatingStrategy``.
    names
        Id and name to use for gates by FlowKit's name of them; others keep theirs, unescaped.
    """
    names = names or {}
    scales, ratios = {}, {}
    for key, transform in parsed.transformations.items():
        if isinstance(transform, transforms.RatioTransform):
            top, bottom = transform.dimensions
            a, b, c = transform.param_a, transform.param_b, transform.param_c
            ratios[unescaped(key)] = Ratio(top, bottom, a, b, c)
        else:
            scales[unescaped(key)] = _transform(transform)
    return Strategy(
        gates=tuple(_gates(parsed, names)),
        transforms=scales,
        ratios=ratios,
        compensations={
            unescaped(key): _matrix(value) for key, value in parsed.comp_matrices.items()
        },
    )


def _gates(parsed, names) -> Iterator[Gate]:
    for gate_name, path in parsed.get_gate_ids():
        try:
            gate = parsed.get_gate(gate_name, path)
        except exceptions.QuadrantReferenceError:
            continue
        id_, shown = names.get(gate_name, (unescaped(gate_name), unescaped(gate_name)))
        parent = ROOT if path[-1] == ROOT else _id_of(path[-1], names)
        yield _converted(gate, {"id": id_, "parent": parent, "name": shown}, names)


def _id_of(name: str, names) -> str:
    return names[name][0] if name in names else unescaped(name)


@singledispatch
def _converted(gate, head: dict, names) -> Gate:
    msg = f"Gate {head['name']!r} is of a kind that is not supported: {type(gate).__name__}."
    raise NotImplementedError(msg)


@_converted.register
def _(gate: gates.RectangleGate, head, names) -> Gate:
    dimensions = tuple(map(_dimension, gate.dimensions))
    return RectangleGate(**head, dimensions=dimensions, complement=gate.use_complement)


@_converted.register
def _(gate: gates.PolygonGate, head, names) -> Gate:
    return PolygonGate(
        **head,
        dimensions=tuple(map(_dimension, gate.dimensions)),
        vertices=tuple((float(x), float(y)) for x, y in gate.vertices),
        complement=gate.use_complement,
    )


@_converted.register
def _(gate: gates.EllipsoidGate, head, names) -> Gate:
    return EllipsoidGate(
        **head,
        dimensions=tuple(map(_dimension, gate.dimensions)),
        mean=tuple(map(float, gate.coordinates)),
        covariance=tuple(tuple(map(float, row)) for row in gate.covariance_matrix),
        distance_square=float(gate.distance_square),
    )


@_converted.register
def _(gate: gates.QuadrantGate, head, names) -> Gate:
    dividers = []
    for divider in gate.dimensions:
        axis = Dimension(
            divider.dimension_ref,
            unescaped(divider.compensation_ref or UNCOMPENSATED),
            _optional(divider.transformation_ref),
        )
        dividers.append(Divider(unescaped(divider.id), axis, tuple(map(float, divider.values))))
    quadrants = tuple(
        Quadrant(
            _id_of(key, names),
            {
                unescaped(name): tuple(quadrant.get_divider_range(name))
                for name in quadrant.divider_refs
            },
        )
        for key, quadrant in gate.quadrants.items()
    )
    return QuadrantGate(**head, dividers=tuple(dividers), quadrants=quadrants)


@_converted.register
def _(gate: gates.BooleanGate, head, names) -> Gate:
    operands = tuple(
        Operand(_id_of(reference["ref"], names), reference["complement"])
        for reference in gate.gate_refs
    )
    return BooleanGate(**head, operation=gate.type, operands=operands)


def _dimension(dimension) -> Dimension:
    is_ratio = hasattr(dimension, "ratio_ref")
    # FlowKit's ratio dimensions lack the attribute of a bound that was not given
    low, high = getattr(dimension, "min", None), getattr(dimension, "max", None)
    return Dimension(
        unescaped(dimension.ratio_ref) if is_ratio else dimension.id,
        unescaped(dimension.compensation_ref or UNCOMPENSATED),
        _optional(dimension.transformation_ref),
        None if low is None else float(low),
        None if high is None else float(high),
    )


_PARAMETERS = {
    transforms.LinearTransform: ("linear", {"t": "param_t", "a": "param_a"}),
    transforms.LogTransform: ("log", {"t": "param_t", "m": "param_m"}),
    transforms.AsinhTransform: ("asinh", {"t": "param_t", "m": "param_m", "a": "param_a"}),
    transforms.LogicleTransform: ("logicle", {name: f"param_{name}" for name in "twma"}),
    transforms.HyperlogTransform: ("hyperlog", {name: f"param_{name}" for name in "twma"}),
    transforms.WSPLogTransform: ("flowjo_log", {name: name for name in ("offset", "decades")}),
    transforms.WSPBiexTransform: (
        "biex",
        {name: name for name in ("negative", "width", "positive", "max_value")},
    ),
}


def _transform(transform) -> Transform:
    kind, names = _PARAMETERS[type(transform)]
    values = {name: float(getattr(transform, attribute)) for name, attribute in names.items()}
    return Transform(kind, values)


def _matrix(matrix) -> Compensation:
    rows = tuple(tuple(map(float, row)) for row in matrix.matrix)
    detectors = tuple(matrix.detectors)
    names = getattr(matrix, "true_detectors", None) or matrix.fluorochromes
    if not any(names):
        names = detectors
    return Compensation(detectors, tuple(names), rows)


def _optional(name: str | None) -> str | None:
    return None if name is None else unescaped(name)


def unescaped(name: str) -> str:
    """Return an id as it was before ``write_gatingml`` made an XML name of it."""
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), name)
