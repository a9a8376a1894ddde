"""Events, gates and FlowKit's word on them, for the tests of gating."""

import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import (
    FROM_FILE,
    ROOT,
    UNCOMPENSATED,
    BooleanGate,
    Compensation,
    Dimension,
    Divider,
    EllipsoidGate,
    Operand,
    PolygonGate,
    Quadrant,
    QuadrantGate,
    Ratio,
    RectangleGate,
    Strategy,
    Transform,
    populations_of,
)
from correlates.flow.gating.gatingml import write_gatingml
from correlates.simulate.fcs_writer import spillover_keyword, write_fcs

DYES = ("FITC-A", "PE-A", "APC-A", "BV421-A")
CHANNELS = ("FSC-A", "SSC-A", *DYES, "Time")
LOGICLE = Transform("logicle", {"t": 262144.0, "w": 0.5, "m": 4.5, "a": 0.0})
SCALES = {
    "logicle": LOGICLE,
    "wide": Transform("logicle", {"t": 262144.0, "w": 1.5, "m": 4.5, "a": 0.5}),
    "hyperlog": Transform("hyperlog", {"t": 262144.0, "w": 0.6, "m": 4.5, "a": 0.0}),
    "asinh": Transform("asinh", {"t": 262144.0, "m": 4.5, "a": 1.0}),
    "log": Transform("log", {"t": 262144.0, "m": 4.5}),
    "linear": Transform("linear", {"t": 262144.0, "a": 100.0}),
}


def channels_of(names, labels=()) -> tuple:
    """Return channels as the reader of FCS files describes them."""
    labels = (*labels, *[""] * (len(names) - len(labels)))
    return tuple(
        SimpleNamespace(name=name, label=label) for name, label in zip(names, labels, strict=True)
    )


def events_of(values, names=CHANNELS, spillover=None, labels=()) -> Events:
    """Return the events of an array or a list of rows."""
    values = np.asarray(values)
    return Events.of_array(values, channels_of(names, labels), spillover)


def matrix_of(names, rows) -> Compensation:
    """Return a square compensation."""
    return Compensation(tuple(names), tuple(names), tuple(tuple(map(float, row)) for row in rows))


def spread(size: int, share: float) -> np.ndarray:
    """Return a spillover matrix with ``share`` into each neighbour."""
    return np.eye(size) + share * (np.eye(size, k=1) + np.eye(size, k=-1))


def blobs(rng, count: int) -> np.ndarray:
    """Return events (count, 7) with populations, negative values and integers, float32."""
    dyes = np.where(rng.random((count, 4)) < 0.5, 30, 5000) * rng.lognormal(0, 0.8, (count, 4))
    dyes = dyes @ spread(4, 0.2) + rng.normal(0, 60, (count, 4))
    dyes[: count // 3] = np.round(dyes[: count // 3])
    scatter = np.round(rng.lognormal(11, 0.3, (count, 2)))
    return np.column_stack([scatter, dyes, np.arange(count) / 100]).astype(np.float32)


def random_strategy(rng, count: int = 14) -> Strategy:
    """Return gates of every kind, in a random tree, which FlowKit can evaluate too."""
    scales = dict(SCALES)
    ratios = {"ratio": Ratio("FITC-A", "PE-A", 1.0, 0.0, -500.0)}
    own = matrix_of(("PE-A", "FITC-A", "APC-A"), spread(3, 0.1))
    gates, populations = [], [ROOT]
    for number in range(count):
        parent = str(rng.choice(populations[-6:]))
        kind = rng.choice(["rectangle", "polygon", "ellipsoid", "quadrant", "boolean", "ratio"])
        key = f"{kind}{number}"
        compensation = str(rng.choice([UNCOMPENSATED, FROM_FILE, "own"]))
        gate = _RANDOM[kind](rng, key, parent, compensation, populations[1:])
        gates.append(gate)
        populations += populations_of(gate)
    rng.shuffle(gates)
    return Strategy(tuple(gates), scales, ratios, {"own": own})


def _axes(rng, compensation, size):
    names = rng.choice(DYES[:3], size=size, replace=False)
    return tuple(
        Dimension(str(name), compensation, str(rng.choice(list(SCALES)))) for name in names
    )


def _ends(rng, axis):
    low, high = sorted(float(end) for end in rng.uniform(0.05, 0.75, 2))
    if axis.transform == "linear":
        low, high = low / 20, high / 20
    kept = rng.integers(3)
    return (None if kept == 0 else low), (None if kept == 1 else high)


def _rectangle(rng, key, parent, compensation, _):
    axes = []
    for axis in _axes(rng, compensation, rng.integers(1, 4)):
        low, high = _ends(rng, axis)
        axes.append(Dimension(axis.channel, compensation, axis.transform, low, high))
    return RectangleGate(key, parent, key, tuple(axes))


def _polygon(rng, key, parent, compensation, _):
    axes = _axes(rng, compensation, 2)
    spans = [0.04 if axis.transform == "linear" else 0.9 for axis in axes]
    corners = rng.uniform(0, 1, (rng.integers(3, 9), 2)) * spans
    return PolygonGate(key, parent, key, axes, tuple(map(tuple, corners.tolist())))


def _ellipsoid(rng, key, parent, compensation, _):
    axes = _axes(rng, compensation, rng.integers(2, 4))
    spans = np.array([0.02 if axis.transform == "linear" else 0.4 for axis in axes])
    mix = rng.normal(size=(len(axes), len(axes))) * spans[:, None]
    covariance = (mix @ mix.T + np.diag(spans**2) / 10).tolist()
    mean = tuple((rng.uniform(0.5, 1.2, len(axes)) * spans).tolist())
    return EllipsoidGate(key, parent, key, axes, mean, tuple(map(tuple, covariance)), 0.8)


def _quadrant(rng, key, parent, compensation, _):
    axes = _axes(rng, compensation, 2)
    cuts = [0.005 if axis.transform == "linear" else 0.4 for axis in axes]
    dividers = tuple(
        Divider(f"{key}.{n}", axis, (cut,))
        for n, (axis, cut) in enumerate(zip(axes, cuts, strict=True))
    )
    halves = [((None, cut), (cut, None)) for cut in cuts]
    quadrants = tuple(
        Quadrant(f"{key}.{x}{y}", {f"{key}.0": halves[0][x], f"{key}.1": halves[1][y]})
        for x in (0, 1)
        for y in (0, 1)
    )
    return QuadrantGate(key, parent, key, dividers, quadrants)


def _boolean(rng, key, parent, compensation, known):
    if len(known) < 2:
        return _rectangle(rng, key, parent, compensation, known)
    operation = str(rng.choice(["and", "or", "not"]))
    chosen = rng.choice(known, size=1 if operation == "not" else 2, replace=False)
    operands = tuple(Operand(str(name), bool(rng.integers(2))) for name in chosen)
    return BooleanGate(key, parent, key, operation, operands)


def _ratio(rng, key, parent, compensation, _):
    low, high = sorted(rng.uniform(0, 4, 2).tolist())
    axis = Dimension("ratio", UNCOMPENSATED, None, low, high)
    return RectangleGate(key, parent, key, (axis,))


_RANDOM = {
    "rectangle": _rectangle,
    "polygon": _polygon,
    "ellipsoid": _ellipsoid,
    "quadrant": _quadrant,
    "boolean": _boolean,
    "ratio": _ratio,
}


def write_sample(path: Path, values, names=CHANNELS, spillover: Compensation | None = None) -> Path:
    """Write events as an FCS file."""
    keywords = {}
    if spillover is not None:
        keywords["$SPILLOVER"] = spillover_keyword(spillover.detectors, np.array(spillover.matrix))
    write_fcs(path, np.asarray(values, np.float32), names, {}, keywords, 262144)
    return path


def flowkit_members(strategy: Strategy, fcs: Path) -> dict[str, np.ndarray]:
    """Return FlowKit's membership of every population, by way of a GatingML file."""
    xml = fcs.with_suffix(".xml")
    write_gatingml(strategy, xml)
    return flowkit_members_of_file(xml, fcs)


def flowkit_members_of_file(xml: Path, fcs: Path) -> dict[str, np.ndarray]:
    """Return FlowKit's membership of every population of a GatingML file, by the file's ids."""
    import flowkit

    parsed = flowkit.parse_gating_xml(str(xml))
    return flowkit_results(parsed, flowkit.Sample(str(fcs)))


def flowkit_results(parsed, sample) -> dict[str, np.ndarray]:
    """Return FlowKit's membership of every population, ids as they were before escaping."""
    from correlates.flow.gating.from_flowkit import unescaped

    # FlowKit takes logarithms of negative values and divides by zero without a word
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = parsed.gate_sample(sample)
    names = results.report["gate_name"]
    return {unescaped(name): results.get_gate_membership(name) for name in names}
