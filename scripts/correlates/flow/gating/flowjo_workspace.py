"""Write concrete gates as a FlowJo 10 workspace, each sample with gates and scales of its own.

FlowKit writes workspaces too, of rectangles and polygons that all samples share; here every sample
has its own, and booleans, quadrants and ellipses. The elements are those that FlowJo 10.5 to 10.10
write, as far as gates, scales and compensation go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from correlates.flow.gating.flowjo_gates import FlowJoGates
from correlates.flow.gating.gates import (
    ROOT,
    UNCOMPENSATED,
    BooleanGate,
    Compensation,
    Gate,
    PolygonGate,
    RectangleGate,
    Transform,
)
from correlates.tables import whole_file

_NAMESPACES = {
    name: f"http://www.isac-net.org/std/Gating-ML/v2.0/{path}"
    for name, path in (
        ("gating", "gating"),
        ("transforms", "transformations"),
        ("data-type", "datatypes"),
    )
}
PREFIX = "Comp-"
_VERSION = "10.8.1"
_NODES = {"and": "AndNode", "or": "OrNode", "not": "NotNode"}


@dataclass(frozen=True)
class WorkspaceSample:
    """One file of a workspace.

    Parameters
    ----------
    name
        What FlowJo shows; unique in the workspace.
    path
        The FCS file.
    channels
        Name ($PnN) and range ($PnR, may be None) of each of its channels.
    n_events
        Events of the file.
    gates
        What ``in_flowjo_gates`` made of its gates.
    matrix
        The matrix that they are compensated with; None without one.
    counts
        Our count of each population.
    """

    name: str
    path: Path
    channels: tuple[tuple[str, float | None], ...]
    n_events: int
    gates: FlowJoGates
    matrix: Compensation | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


def write_flowjo(path: str | Path, group: str, samples: Iterable[WorkspaceSample]) -> None:
    """Write a workspace, whole.

    Parameters
    ----------
    path
        The ``.wsp`` file.
    group
        Name of the group that its samples are in, such as their panel.
    samples
        Its samples.
    """
    samples = list(samples)
    for name, uri in _NAMESPACES.items():
        ElementTree.register_namespace(name, uri)
    root = ElementTree.Element(
        "Workspace",
        {"version": "20.0", "flowJoVersion": _VERSION, "curGroup": group, "hideCompNodes": "1"},
    )
    matrices = ElementTree.SubElement(root, "Matrices")
    _add_groups(ElementTree.SubElement(root, "Groups"), group, len(samples))
    listed = ElementTree.SubElement(root, "SampleList")
    for number, sample in enumerate(samples, start=1):
        element = ElementTree.SubElement(listed, "Sample")
        _add(element, "DataSet", uri=sample.path.absolute().as_uri(), sampleID=str(number))
        if sample.matrix is not None:
            for parent in (matrices, element):
                _add_matrix(parent, sample.matrix, sample.name, number)
        _add_scales(_add(element, "Transformations"), sample)
        _add_keywords(_add(element, "Keywords"), sample)
        _add_gates(element, sample, number)
    ElementTree.indent(root)
    with whole_file(path, "wb") as stream:
        ElementTree.ElementTree(root).write(stream, encoding="utf-8", xml_declaration=True)


def flowjo_name(channel: str) -> str:
    """Return a channel's name as FlowJo writes it: a slash would part a path."""
    return channel.replace("/", "_")


def _add_groups(parent, group: str, count: int) -> None:
    for name, role in (("All Samples", "ws.group.dlog.test"), (group, "ws.group.dlog.test")):
        node = _add(parent, "GroupNode", name=name, annotation="", owningGroup=name)
        holder = _add(node, "Group", name=name, role=role, live="1")
        references = _add(holder, "SampleRefs")
        for number in range(1, count + 1):
            _add(references, "SampleRef", sampleID=str(number))


def _add_matrix(parent, matrix: Compensation, name: str, number: int) -> None:
    element = _add(
        parent,
        "transforms:spilloverMatrix",
        spectral="0",
        prefix=PREFIX,
        name=f"{name} compensation",
        editable="0",
        color="#c0c0c0",
        version=f"FlowJo-{_VERSION}",
        status="FINALIZED",
        suffix="",
    )
    element.set(_tag("transforms:id"), f"matrix-{number}")
    detectors = [flowjo_name(detector) for detector in matrix.detectors]
    parameters = _add(element, "data-type:parameters")
    for detector in detectors:
        about = {"data-type:name": detector, "userProvidedCompInfix": PREFIX + detector}
        _add(parameters, "data-type:parameter", **about)
    for detector, row in zip(detectors, matrix.matrix, strict=True):
        about = {"data-type:parameter": detector, "userProvidedCompInfix": PREFIX + detector}
        spillover = _add(element, "transforms:spillover", **about)
        for other, value in zip(detectors, row, strict=True):
            about = {"data-type:parameter": other, "transforms:value": _number(value)}
            _add(spillover, "transforms:coefficient", **about)


def _add_scales(parent, sample: WorkspaceSample) -> None:
    """Give every channel one scale, and its compensated self the same."""
    detectors = set(sample.matrix.detectors) if sample.matrix else set()
    for channel, top in sample.channels:
        scale = sample.gates.scales.get(channel)
        names = [channel, PREFIX + channel] if channel in detectors else [channel]
        for name in names:
            tag, attributes = _scale(scale, top)
            attributes = {f"transforms:{key}": value for key, value in attributes.items()}
            element = _add(parent, f"transforms:{tag}", **attributes)
            if tag == "linear":
                element.set("gain", "1")
            _add(element, "data-type:parameter", **{"data-type:name": flowjo_name(name)})


def _scale(scale: Transform | None, top: float | None) -> tuple[str, dict[str, str]]:
    """Return the element of a scale and its attributes; without one the axis is linear."""
    if scale is None:
        return "linear", {"minRange": "0", "maxRange": _number(top or 262144)}
    given = {key: _number(value) for key, value in scale.parameters.items()}
    if scale.kind == "logicle":
        return "logicle", {"length": "256"} | {key.upper(): given[key] for key in "twma"}
    if scale.kind == "asinh":
        own = {key.upper(): given[key] for key in "tma"}
        return "fasinh", {"length": "256", "maxRange": given["t"], "W": "0"} | own
    if scale.kind == "biex":
        own = {"maxRange": given["max_value"], "neg": given["negative"], "width": given["width"]}
        return "biex", {"length": "256", "pos": given["positive"]} | own
    if scale.kind == "flowjo_log":
        return "log", given
    decades = scale.parameters["m"]
    lowest = scale.parameters["t"] / 10**decades
    return "log", {"offset": _number(lowest), "decades": _number(decades)}


def _add_keywords(parent, sample: WorkspaceSample) -> None:
    """Write what a reader needs to know a file again, and nothing else that its header says."""
    words = {"$FIL": sample.path.name, "$TOT": sample.n_events, "$PAR": len(sample.channels)}
    for number, (channel, top) in enumerate(sample.channels, start=1):
        words[f"$P{number}N"] = channel
        if top is not None:
            words[f"$P{number}R"] = f"{top:g}"
    for name, value in words.items():
        _add(parent, "Keyword", name=name, value=str(value))


def _add_gates(parent, sample: WorkspaceSample, number: int) -> None:
    node = _add(
        parent,
        "SampleNode",
        name=sample.name,
        annotation="",
        owningGroup="",
        expanded="1",
        sortPriority="10",
        count=str(sample.n_events),
        sampleID=str(number),
    )
    writer = _Writer(sample, number)
    writer.add_below(node, ROOT)


class _Writer:
    """Nests the populations of one sample."""

    def __init__(self, sample: WorkspaceSample, number: int):
        self._sample = sample
        self._number = number
        self._children: dict[str, list[Gate]] = {}
        gates = {gate.id: gate for gate in sample.gates.gates}
        for gate in sample.gates.gates:
            self._children.setdefault(gate.parent, []).append(gate)
        self._names = _names(self._children)
        self._gates = gates
        self._places = {id_: place for place, id_ in enumerate(gates, start=1)}

    def add_below(self, parent, population: str) -> None:
        children = self._children.get(population, [])
        if not children:
            return
        group = _add(parent, "Subpopulations")
        for gate in children:
            self.add_below(self._add(group, gate), gate.id)

    def _add(self, parent, gate: Gate):
        is_boolean = isinstance(gate, BooleanGate)
        tag = _NODES[gate.operation] if is_boolean else "Population"
        element = _add(
            parent,
            tag,
            name=self._names[gate.id],
            annotation="",
            owningGroup="",
            expanded="1",
            sortPriority="10",
            count=str(self._sample.counts.get(gate.id, -1)),
        )
        if is_boolean:
            operands = _add(element, "Dependents")
            for operand in gate.operands:
                _add(operands, "Dependent", name=self._path(operand.gate))
            return element
        holder = _add(element, "Gate", **self._ids(gate))
        shape = {RectangleGate: self._rectangle, PolygonGate: self._polygon}[type(gate)]
        shape(holder, gate)
        return element

    def _path(self, population: str) -> str:
        steps = []
        while population != ROOT:
            steps.append(self._names[population])
            population = self._gates[population].parent
        return "/".join(reversed(steps))

    def _ids(self, gate: Gate) -> dict[str, str]:
        ids = {"gating:id": self._id(gate.id)}
        if gate.parent != ROOT:
            ids["gating:parent_id"] = self._id(gate.parent)
        return ids

    def _id(self, population: str) -> str:
        return f"ID{self._number * 100000 + self._places[population]}"

    def _rectangle(self, parent, gate: RectangleGate) -> None:
        element = self._shape(parent, gate, percentX="0", percentY="0")
        for axis in gate.dimensions:
            ends = (("gating:min", axis.minimum), ("gating:max", axis.maximum))
            self._axis(element, axis, {end: _number(at) for end, at in ends if at is not None})

    def _polygon(self, parent, gate: PolygonGate) -> None:
        element = self._shape(parent, gate, quadId="-1", gateResolution="256")
        for axis in gate.dimensions:
            self._axis(element, axis, {})
        for vertex in gate.vertices:
            corner = _add(element, "gating:vertex")
            for value in vertex:
                _add(corner, "gating:coordinate", **{"data-type:value": _number(value)})

    def _shape(self, parent, gate, **attributes):
        return _add(
            parent,
            f"gating:{type(gate).__name__}",
            eventsInside="0" if gate.complement else "1",
            userDefined="1",
            **attributes,
            **self._ids(gate),
        )

    def _axis(self, parent, axis, attributes) -> None:
        element = _add(parent, "gating:dimension", **attributes)
        prefix = "" if axis.compensation == UNCOMPENSATED else PREFIX
        name = prefix + flowjo_name(axis.channel)
        _add(element, "data-type:fcs-dimension", **{"data-type:name": name})


def _names(children: Mapping[str, list[Gate]]) -> dict[str, str]:
    """Name every population as no other of the same parent is, and without a slash."""
    names: dict[str, str] = {}
    for siblings in children.values():
        taken: set[str] = set()
        for gate in siblings:
            tries = (gate.name, gate.id, *(f"{gate.id}.{n}" for n in range(len(siblings))))
            found = next(name for each in tries if (name := each.replace("/", "_")) not in taken)
            taken.add(found)
            names[gate.id] = found
    return names


def _add(parent, tag: str, **attributes: str):
    element = ElementTree.SubElement(parent, _tag(tag))
    for name, value in attributes.items():
        element.set(_tag(name), value)
    return element


def _tag(name: str) -> str:
    prefix, colon, local = name.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}" if colon else name


def _number(value: float) -> str:
    return repr(float(value))
