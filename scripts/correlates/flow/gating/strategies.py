"""Gating strategies drawn in other programs: GatingML 2.0 files and FlowJo 10 workspaces.

FlowKit parses both, once for each strategy; no job that reads an FCS file imports this module.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote

import flowkit
import numpy as np
from flowkit import exceptions
from lxml import etree

from correlates.flow.gating.from_flowkit import strategy_of, unescaped
from correlates.flow.gating.gates import Compensation, Strategy, Transform
from correlates.flow.gating.workspace_channels import channels_as_read, with_channels_as_read
from correlates.flow.gating.workspaces import FlowJoSample, FlowJoWorkspace, population_ids
from correlates.problems import Problem

# What FlowKit raises on files that it does not understand; it has no common type for them.
_REFUSALS = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    NotImplementedError,
    OSError,
    etree.XMLSyntaxError,
    exceptions.FlowKitException,
)
_TRANSFORMS_NS = "{http://www.isac-net.org/std/Gating-ML/v2.0/transformations}"
_POPULATION_TAGS = ("Population", "AndNode", "OrNode", "NotNode")


class UnreadableStrategy(ValueError):
    """A file of gates that cannot be read; ``problem`` says why and what to do."""

    def __init__(self, problem: Problem):
        self.problem = problem
        super().__init__(str(problem))


def read_gatingml(path: str | Path) -> Strategy:
    """Read a GatingML 2.0 file.

    Parameters
    ----------
    path
        The file. Ids that ``write_gatingml`` had to escape come back as they were.

    Raises
    ------
    UnreadableStrategy
        If FlowKit, which parses it, refuses it.
    """
    try:
        parsed = flowkit.parse_gating_xml(str(path))
        root = etree.parse(str(path)).getroot()
        strategy = strategy_of(parsed)
    except _REFUSALS as error:
        remedy = "Export the gates again as GatingML 2.0, and validate the file."
        raise UnreadableStrategy(_refused(path, "GatingML 2.0 file", error, remedy)) from error
    return replace(
        strategy,
        transforms=_bounded(strategy.transforms, root),
        compensations=_uninverted(strategy.compensations, root),
    )


def read_flowjo(path: str | Path) -> FlowJoWorkspace:
    """Read every sample's gates and FlowJo's own counts from a FlowJo 10 workspace.

    Parameters
    ----------
    path
        The ``.wsp`` file.

    Returns
    -------
    The samples in the workspace's order. One whose gates FlowKit refuses is there with the reason
    in place of its strategy, and does not stop the others. Ids of populations hold for all samples.

    Raises
    ------
    UnreadableStrategy
        If the file is not a FlowJo 10 workspace.
    """
    remedy = "Save the workspace from FlowJo 10 as .wsp (not .jo or .wspt)."
    try:
        root = etree.parse(str(path)).getroot()
        drawn = [_Sample.of(element) for element in root.iterfind("SampleList/Sample")]
    except _REFUSALS as error:
        raise UnreadableStrategy(_refused(path, "FlowJo workspace", error, remedy)) from error
    if not drawn:
        problem = "Holds no sample of a FlowJo 10 workspace"
        raise UnreadableStrategy(Problem(str(path), problem, remedy))
    ids = population_ids(place for sample in drawn for place in sample.counts)
    parsed = _parsed(root, drawn)
    return FlowJoWorkspace(
        Path(path).name,
        tuple(sample.kept(ids, parsed[number]) for number, sample in enumerate(drawn)),
    )


@dataclass(frozen=True)
class _Sample:
    """A sample's elements, its populations renamed so that FlowKit takes any name.

    ``places`` is the path of every renamed population, ``counts`` FlowJo's count by path, and
    ``as_read`` which axes of its gate show uncompensated values; ``kinds`` is what FlowJo calls
    the gate.
    """

    element: etree._Element
    file: str
    name: str
    n_events: int
    places: dict[str, tuple[str, ...]]
    counts: dict[tuple[str, ...], int]
    as_read: dict[tuple[str, ...], tuple[bool, ...]]
    kinds: dict[tuple[str, ...], str]

    @classmethod
    def of(cls, element) -> "_Sample":
        node = element.find("SampleNode")
        uri = unquote(element.find("DataSet").get("uri", ""))
        nodes = dict(_populations(node, ()))
        codes = {place: f"g{number}" for number, place in enumerate(nodes)}
        counts = {place: int(nodes[place].get("count", -1)) for place in nodes}
        by_text = {"/".join(place): place for place in nodes}
        for place, population in nodes.items():
            population.set("name", codes[place])
            for operand in population.iterfind("Dependents/Dependent"):
                target = by_text.get(operand.get("name"), ())
                chain = [codes[target[: end + 1]] for end in range(len(target))]
                operand.set("name", "/".join(chain) or operand.get("name"))
        return cls(
            element,
            PureWindowsPath(uri).name,
            node.get("name", ""),
            int(node.get("count", -1)),
            {code: place for place, code in codes.items()},
            counts,
            {place: channels_as_read(element, nodes[place]) for place in nodes},
            {place: _kind(nodes[place]) for place in nodes},
        )

    def kept(self, ids, parsed) -> FlowJoSample:
        names = {code: (ids[place], place[-1]) for code, place in self.places.items()}
        refusal, strategy = "", None
        if isinstance(parsed, str):
            refusal = parsed
        else:
            try:
                as_read = {ids[place]: axes for place, axes in self.as_read.items()}
                strategy = with_channels_as_read(strategy_of(parsed, names), as_read)
            except _REFUSALS as error:
                refusal = f"They cannot be used ({type(error).__name__}: {error})."
        return FlowJoSample(
            self.file,
            self.name,
            self.n_events,
            strategy,
            {ids[place]: count for place, count in self.counts.items() if count >= 0},
            {ids[place]: "/".join(place) for place in self.counts},
            refusal,
            {ids[place]: kind for place, kind in self.kinds.items()},
        )


def _kind(population) -> str:
    """Return what FlowJo calls the gate of a population."""
    shapes = population.xpath("Gate/*[1]")
    return etree.QName(shapes[0]).localname.removesuffix("Gate").lower() if shapes else "boolean"


def _populations(node, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    for group in node.iterfind("Subpopulations"):
        for population in group:
            if population.tag in _POPULATION_TAGS:
                place = (*above, population.get("name", ""))
                yield place, population
                yield from _populations(population, place)


def _parsed(root, drawn: list[_Sample]) -> list:
    """Return FlowKit's strategy of each sample, or the reason why there is none."""
    for element in root.iterfind("Groups/GroupNode/Subpopulations"):
        element.getparent().remove(element)
    for number, sample in enumerate(drawn):
        sample.element.find("SampleNode").set("name", f"s{number}")
        _drop_flat_scales(sample.element)
    try:
        return _workspace_strategies(root, range(len(drawn)))
    except _REFUSALS:
        return [_parsed_alone(root, drawn, number) for number in range(len(drawn))]


def _parsed_alone(root, drawn: list[_Sample], number: int):
    for element in root.iterfind("Groups/GroupNode/Group/SampleRefs"):
        element.getparent().remove(element)
    root.find("SampleList")[:] = [drawn[number].element]
    try:
        return _workspace_strategies(root, [number])[0]
    except _REFUSALS as error:
        return f"FlowKit refuses them ({type(error).__name__}: {error})."


def _workspace_strategies(root, numbers) -> list:
    document = io.BytesIO(etree.tostring(root))
    workspace = flowkit.Workspace(document, load_missing_file_data=True)
    return [workspace.get_gating_strategy(f"s{number}") for number in numbers]


def _drop_flat_scales(sample) -> None:
    """Remove linear scales without extent, which FlowKit would divide by.

    FlowJo notes one for channels that held nothing when it was saved; a channel without a noted
    scale is gated on its values as they are, which is what a linear scale comes to.
    """
    for scale in list(sample.iterfind(f"Transformations/{_TRANSFORMS_NS}linear")):
        ends = [float(scale.get(f"{_TRANSFORMS_NS}{end}", 0)) for end in ("minRange", "maxRange")]
        if sum(ends) <= 0:
            scale.getparent().remove(scale)


def _refused(path, what: str, error: Exception, remedy: str) -> Problem:
    reason = " ".join(str(error).split()) or type(error).__name__
    return Problem(str(path), f"Cannot be read as a {what}: {reason}", remedy)


def _bounded(scales: dict[str, Transform], root) -> dict[str, Transform]:
    """Return the transforms with the document's bounds of their results, which FlowKit ignores."""
    bounded = dict(scales)
    for element in root.iterfind(f"{_TRANSFORMS_NS}transformation"):
        key = unescaped(element.get(f"{_TRANSFORMS_NS}id"))
        ends = [element.get(f"{_TRANSFORMS_NS}bound{end}") for end in ("Min", "Max")]
        if key in scales and any(ends):
            low, high = (None if end is None else float(end) for end in ends)
            bounded[key] = replace(scales[key], bound_min=low, bound_max=high)
    return bounded


def _uninverted(matrices: dict[str, Compensation], root) -> dict[str, Compensation]:
    """Return spillover also of the matrices that the document gives inverted; FlowKit does not."""
    spillover = dict(matrices)
    for element in root.iterfind(f"{_TRANSFORMS_NS}spectrumMatrix"):
        if element.get(f"{_TRANSFORMS_NS}matrix-inverted-already") in ("true", "1"):
            key = unescaped(element.get(f"{_TRANSFORMS_NS}id"))
            rows = np.linalg.pinv(np.array(matrices[key].matrix)).tolist()
            spillover[key] = replace(matrices[key], matrix=tuple(map(tuple, rows)))
    return spillover
