"""Write concrete gates as GatingML 2.0, which other cytometry programs open.

What the standard cannot say is said otherwise (``standard_gates``, ``standard_scales``), and ids
that are no XML names are written with ``_x002B_`` in place of, say, ``+``.
"""

import re
from pathlib import Path
from xml.etree import ElementTree

from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import (
    FROM_FILE,
    ROOT,
    UNCOMPENSATED,
    BooleanGate,
    Compensation,
    Dimension,
    EllipsoidGate,
    Gate,
    PolygonGate,
    QuadrantGate,
    Ratio,
    RectangleGate,
    Strategy,
    Transform,
    populations_of,
)
from correlates.flow.gating.ordering import ordered_gates
from correlates.flow.gating.standard_gates import for_file, in_standard_gates
from correlates.flow.gating.standard_scales import on_standard_scales
from correlates.tables import whole_file

_NAMESPACES = {
    name: f"http://www.isac-net.org/std/Gating-ML/v2.0/{path}"
    for name, path in (
        ("gating", "gating"),
        ("transforms", "transformations"),
        ("data-type", "datatypes"),
    )
}
_ELEMENTS = {
    "linear": ("flin", "TA"),
    "log": ("flog", "TM"),
    "asinh": ("fasinh", "TMA"),
    "logicle": ("logicle", "TWMA"),
    "hyperlog": ("hyperlog", "TWMA"),
}
# XML names begin with a letter; an underscore that would read as an escape is escaped itself
_NOT_IN_NAME = re.compile(r"^[^A-Za-z_]|[^A-Za-z0-9._-]|_(?=x[0-9A-F]{4}_)")


def write_gatingml(
    strategy: Strategy, path: str | Path, events: Events | None = None
) -> tuple[str, ...]:
    """Write a strategy as GatingML 2.0.

    Parameters
    ----------
    strategy
        Gates in any order.
    path
        Where to.
    events
        The events that the gates were put on: channels are then written by their $PnN, however the
        gates call them, and the matrix that ``FCS`` stood for is written out. Without them
        compensation ``FCS`` stays what the standard means by it, the matrix in the file.

    Returns
    -------
    Ids of the gates that are approximate in the file: polygons on a scale that only FlowJo has.
    """
    if events is not None:
        strategy = for_file(strategy, events)
    strategy, approximate = on_standard_scales(strategy)
    for name, uri in _NAMESPACES.items():
        ElementTree.register_namespace(name, uri)
    ids = _Ids()
    gates = in_standard_gates(ordered_gates(strategy))
    for gate in gates:
        # populations come first: if anything else is called like one, that is renamed
        for population in populations_of(gate):
            ids.of("gate", population)
    root = ElementTree.Element(_tag("gating:Gating-ML"))
    for key, compensation in strategy.compensations.items():
        _add_compensation(root, ids.of("matrix", key), compensation)
    for key, transform in strategy.transforms.items():
        _add_transform(root, ids.of("transform", key), transform)
    for key, ratio in strategy.ratios.items():
        _add_ratio(root, ids.of("transform", key), ratio)
    writer = _Writer(root, ids, frozenset(strategy.ratios), frozenset(approximate))
    for gate in gates:
        writer.add(gate)
    ElementTree.indent(root)
    with whole_file(path, "wb") as stream:
        ElementTree.ElementTree(root).write(stream, encoding="utf-8", xml_declaration=True)
    return approximate


class _Ids:
    """XML ids, one space for the whole document whatever they belong to."""

    def __init__(self):
        self._ids: dict[tuple[str, str], str] = {}

    def of(self, kind: str, key: str) -> str:
        if (kind, key) not in self._ids:
            name = _NOT_IN_NAME.sub(_escape, key)
            taken = set(self._ids.values())
            tries = (name, *(f"{name}.{kind}{number or ''}" for number in range(len(taken) + 1)))
            self._ids[kind, key] = next(each for each in tries if each not in taken)
        return self._ids[kind, key]


class _Writer:
    """Adds gates to the document, parents first."""

    def __init__(self, root, ids: _Ids, ratios: frozenset[str], approximate: frozenset[str]):
        self._root = root
        self._ids = ids
        self._ratios = ratios
        self._approximate = approximate

    def add(self, gate: Gate) -> None:
        kind = type(gate).__name__
        element = ElementTree.SubElement(self._root, _tag(f"gating:{kind}"))
        element.set(_tag("gating:id"), self._gate(gate.id))
        if gate.parent != ROOT:
            element.set(_tag("gating:parent_id"), self._gate(gate.parent))
        self._describe(element, gate)
        {
            RectangleGate: self._rectangle,
            PolygonGate: self._polygon,
            EllipsoidGate: self._ellipsoid,
            QuadrantGate: self._quadrants,
            BooleanGate: self._boolean,
        }[type(gate)](element, gate)

    def _gate(self, key: str) -> str:
        return self._ids.of("gate", key)

    def _divider(self, gate: QuadrantGate, key: str) -> str:
        return self._ids.of("divider", f"{gate.id}.{key.removeprefix(f'{gate.id}.')}")

    def _describe(self, element, gate: Gate) -> None:
        notes = [gate.name] if gate.name != gate.id else []
        if gate.id in self._approximate:
            notes.append("approximate: drawn on a FlowJo scale, followed by short lines here")
        if notes:
            _add(element, "data-type:custom_info").text = "; ".join(notes)

    def _axis(self, parent, tag: str, axis: Dimension):
        element = _add(parent, tag)
        compensation = axis.compensation
        if compensation not in (UNCOMPENSATED, FROM_FILE):
            compensation = self._ids.of("matrix", compensation)
        element.set(_tag("gating:compensation-ref"), compensation)
        if axis.transform is not None:
            scale = self._ids.of("transform", axis.transform)
            element.set(_tag("gating:transformation-ref"), scale)
        for end, value in (("min", axis.minimum), ("max", axis.maximum)):
            if value is not None:
                element.set(_tag(f"gating:{end}"), _number(value))
        if axis.channel in self._ratios:
            scale = self._ids.of("transform", axis.channel)
            _add(element, "data-type:new-dimension", "data-type:transformation-ref", scale)
        else:
            _add(element, "data-type:fcs-dimension", "data-type:name", axis.channel)
        return element

    def _rectangle(self, element, gate: RectangleGate) -> None:
        for axis in gate.dimensions:
            self._axis(element, "gating:dimension", axis)

    def _polygon(self, element, gate: PolygonGate) -> None:
        for axis in gate.dimensions:
            self._axis(element, "gating:dimension", axis)
        for vertex in gate.vertices:
            _add_values(_add(element, "gating:vertex"), "gating:coordinate", vertex)

    def _ellipsoid(self, element, gate: EllipsoidGate) -> None:
        for axis in gate.dimensions:
            self._axis(element, "gating:dimension", axis)
        _add_values(_add(element, "gating:mean"), "gating:coordinate", gate.mean)
        matrix = _add(element, "gating:covarianceMatrix")
        for row in gate.covariance:
            _add_values(_add(matrix, "gating:row"), "gating:entry", row)
        _add_values(element, "gating:distanceSquare", [gate.distance_square])

    def _quadrants(self, element, gate: QuadrantGate) -> None:
        for divider in gate.dividers:
            axis = self._axis(element, "gating:divider", divider.dimension)
            axis.set(_tag("gating:id"), self._divider(gate, divider.id))
            for value in divider.values:
                _add(axis, "gating:value").text = _number(value)
        for quadrant in gate.quadrants:
            part = _add(element, "gating:Quadrant", "gating:id", self._gate(quadrant.id))
            for divider, (low, high) in quadrant.ranges.items():
                reference = self._divider(gate, divider)
                position = _add(part, "gating:position", "gating:divider_ref", reference)
                # a part holds its lower cut; below the lowest any value will do
                inside = low if low is not None else high - max(1.0, abs(high))
                position.set(_tag("gating:location"), _number(inside))

    def _boolean(self, element, gate: BooleanGate) -> None:
        operation = _add(element, f"gating:{gate.operation}")
        operands = gate.operands
        if gate.operation != "not" and len(operands) == 1:
            operands *= 2
        for operand in operands:
            reference = _add(
                operation, "gating:gateReference", "gating:ref", self._gate(operand.gate)
            )
            if operand.complement:
                reference.set(_tag("gating:use-as-complement"), "true")


def _add_compensation(root, id_: str, compensation: Compensation) -> None:
    element = _add(root, "transforms:spectrumMatrix", "transforms:id", id_)
    for tag, names in (
        ("fluorochromes", compensation.fluorochromes),
        ("detectors", compensation.detectors),
    ):
        group = _add(element, f"transforms:{tag}")
        for name in names:
            _add(group, "data-type:fcs-dimension", "data-type:name", name)
    for row in compensation.matrix:
        spectrum = _add(element, "transforms:spectrum")
        for value in row:
            _add(spectrum, "transforms:coefficient", "transforms:value", _number(value))


def _add_transform(root, id_: str, transform: Transform) -> None:
    element = _add(root, "transforms:transformation", "transforms:id", id_)
    for end, value in (("boundMin", transform.bound_min), ("boundMax", transform.bound_max)):
        if value is not None:
            element.set(_tag(f"transforms:{end}"), _number(value))
    tag, letters = _ELEMENTS[transform.kind]
    scale = _add(element, f"transforms:{tag}")
    for letter in letters:
        scale.set(_tag(f"transforms:{letter}"), _number(transform.parameters[letter.lower()]))


def _add_ratio(root, id_: str, ratio: Ratio) -> None:
    element = _add(root, "transforms:transformation", "transforms:id", id_)
    scale = _add(element, "transforms:fratio")
    for letter, value in (("A", ratio.a), ("B", ratio.b), ("C", ratio.c)):
        scale.set(_tag(f"transforms:{letter}"), _number(value))
    for name in (ratio.numerator, ratio.denominator):
        _add(scale, "data-type:fcs-dimension", "data-type:name", name)


def _add(parent, tag: str, attribute: str = "", value: str = ""):
    element = ElementTree.SubElement(parent, _tag(tag))
    if attribute:
        element.set(_tag(attribute), value)
    return element


def _add_values(parent, tag: str, values) -> None:
    for value in values:
        _add(parent, tag, "data-type:value", _number(value))


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


def _number(value: float) -> str:
    return repr(float(value))


def _escape(match: re.Match) -> str:
    return f"_x{ord(match[0]):04X}_"
