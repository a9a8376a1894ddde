"""Concrete gates: what a template, a GatingML file or a FlowJo workspace comes down to.

A strategy holds plain values only, so that it is read from JSON without any cytometry library, and
means the same as GatingML 2.0: a range holds its minimum and not its maximum, edges of polygons and
ellipsoids are inside, quadrants hold their lower divider.
"""

from dataclasses import asdict, dataclass, field

UNCOMPENSATED = "uncompensated"
FROM_FILE = "FCS"
ROOT = "root"


@dataclass(frozen=True)
class Transform:
    """A scale of one dimension.

    Parameters
    ----------
    kind
        ``linear`` (t, a), ``log`` (t, m), ``asinh`` (t, m, a), ``logicle`` and ``hyperlog``
        (t, w, m, a) as in GatingML 2.0; ``biex`` (negative, width, positive, max_value) and
        ``flowjo_log`` (offset, decades) as FlowJo 10 draws them.
    parameters
        Their values by name.
    bound_min, bound_max
        GatingML's bounds of the result, where given.
    """

    kind: str
    parameters: dict[str, float]
    bound_min: float | None = None
    bound_max: float | None = None


@dataclass(frozen=True)
class Ratio:
    """GatingML's fratio of two channels: ``a * (numerator - b) / (denominator - c)``."""

    numerator: str
    denominator: str
    a: float
    b: float
    c: float


@dataclass(frozen=True)
class Compensation:
    """A spillover matrix: a row a fluorochrome, a column a detector, in the order of the names.

    The compensated value of ``detectors[i]`` is the amount of ``fluorochromes[i]`` when square.
    """

    detectors: tuple[str, ...]
    fluorochromes: tuple[str, ...]
    matrix: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Dimension:
    """One axis of a gate.

    Parameters
    ----------
    channel
        Channel name (``$PnN``) of the file, fluorochrome of the compensation, or id of a ratio.
    compensation
        ``uncompensated``, ``FCS`` (the matrix in the file; none there means uncompensated) or an id
        of the strategy's compensations.
    transform
        Id among the strategy's transforms; None is the linear scale as read.
    minimum, maximum
        Bounds of a rectangle on the transformed scale; None is unbounded.
    """

    channel: str
    compensation: str = UNCOMPENSATED
    transform: str | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Gate:
    """What every gate has.

    Parameters
    ----------
    id
        Unique in its strategy; the population's key.
    parent
        Id of the gate (or quadrant) whose events it divides; ``root`` is all events.
    name
        What people call it; a FlowJo workspace may repeat it under several parents.
    """

    id: str
    parent: str
    name: str


@dataclass(frozen=True)
class RectangleGate(Gate):
    """Ranges on one or more dimensions: minimum <= value < maximum.

    With ``complement`` the events of the parent outside the gate are meant, as FlowJo can say.
    """

    dimensions: tuple[Dimension, ...] = ()
    complement: bool = False


@dataclass(frozen=True)
class PolygonGate(Gate):
    """A polygon on two dimensions, even-odd rule; ``complement`` as in a rectangle."""

    dimensions: tuple[Dimension, ...] = ()
    vertices: tuple[tuple[float, float], ...] = ()
    complement: bool = False


@dataclass(frozen=True)
class EllipsoidGate(Gate):
    """Mahalanobis distance squared <= ``distance_square`` from ``mean``."""

    dimensions: tuple[Dimension, ...] = ()
    mean: tuple[float, ...] = ()
    covariance: tuple[tuple[float, ...], ...] = ()
    distance_square: float = 1.0


@dataclass(frozen=True)
class Divider:
    """One cut axis of a quadrant gate: a dimension and its ascending cut values."""

    id: str
    dimension: Dimension
    values: tuple[float, ...]


@dataclass(frozen=True)
class Quadrant:
    """One named part: for each divider id, minimum <= value < maximum; None is unbounded."""

    id: str
    ranges: dict[str, tuple[float | None, float | None]]


@dataclass(frozen=True)
class QuadrantGate(Gate):
    """Quadrants share dividers; each quadrant is a population whose parent is the gate's parent."""

    dividers: tuple[Divider, ...] = ()
    quadrants: tuple[Quadrant, ...] = ()


@dataclass(frozen=True)
class Operand:
    """A gate (or quadrant) that a boolean gate refers to, perhaps complemented."""

    gate: str
    complement: bool = False


@dataclass(frozen=True)
class BooleanGate(Gate):
    """``and``, ``or`` or ``not`` of other gates, within the parent.

    An operand counts with its own ancestry: an event outside an operand's parents is outside it.
    """

    operation: str = "and"
    operands: tuple[Operand, ...] = ()


@dataclass(frozen=True)
class Strategy:
    """Gates in any order, with what they refer to."""

    gates: tuple[Gate, ...]
    transforms: dict[str, Transform] = field(default_factory=dict)
    ratios: dict[str, Ratio] = field(default_factory=dict)
    compensations: dict[str, Compensation] = field(default_factory=dict)


_KINDS = {
    "rectangle": RectangleGate,
    "polygon": PolygonGate,
    "ellipsoid": EllipsoidGate,
    "quadrant": QuadrantGate,
    "boolean": BooleanGate,
}


def kind_of(gate: Gate) -> str:
    """Return ``rectangle``, ``polygon``, ``ellipsoid``, ``quadrant`` or ``boolean``."""
    return next(kind for kind, cls in _KINDS.items() if isinstance(gate, cls))


def populations_of(gate: Gate) -> tuple[str, ...]:
    """Return the populations a gate makes: its own id, or the ids of its quadrants."""
    if isinstance(gate, QuadrantGate):
        return tuple(quadrant.id for quadrant in gate.quadrants)
    return (gate.id,)


def to_json(strategy: Strategy) -> dict:
    """Return a strategy as plain JSON values; ``from_json`` reads it back."""
    content = asdict(strategy)
    content["gates"] = [{"kind": kind_of(gate)} | asdict(gate) for gate in strategy.gates]
    return content


def from_json(content: dict) -> Strategy:
    """Return the strategy that ``to_json`` wrote."""
    return Strategy(
        gates=tuple(_gate_from_json(dict(gate)) for gate in content["gates"]),
        transforms={key: Transform(**value) for key, value in content["transforms"].items()},
        ratios={key: Ratio(**value) for key, value in content["ratios"].items()},
        compensations={
            key: Compensation(
                tuple(value["detectors"]),
                tuple(value["fluorochromes"]),
                tuple(tuple(row) for row in value["matrix"]),
            )
            for key, value in content["compensations"].items()
        },
    )


def _gate_from_json(content: dict) -> Gate:
    cls = _KINDS[content.pop("kind")]
    if "dimensions" in content:
        content["dimensions"] = tuple(Dimension(**value) for value in content["dimensions"])
    if "vertices" in content:
        content["vertices"] = tuple(tuple(point) for point in content["vertices"])
    if "mean" in content:
        content["mean"] = tuple(content["mean"])
        content["covariance"] = tuple(tuple(row) for row in content["covariance"])
    if "dividers" in content:
        content["dividers"] = tuple(
            Divider(value["id"], Dimension(**value["dimension"]), tuple(value["values"]))
            for value in content["dividers"]
        )
        content["quadrants"] = tuple(
            Quadrant(value["id"], {key: tuple(ends) for key, ends in value["ranges"].items()})
            for value in content["quadrants"]
        )
    if "operands" in content:
        content["operands"] = tuple(Operand(**value) for value in content["operands"])
    return cls(**content)
