"""The scale of every channel of one file, written beside its results so that it can be inverted."""

from collections.abc import Mapping
from pathlib import Path

from correlates.flow.gating.evaluate import dimensions_of
from correlates.flow.gating.gates import BooleanGate, Transform
from correlates.flow.outcome import Outcome
from correlates.flow.templates.scales import Scale, cofactor_of
from correlates.tables import read_json

# How a scale came about that nobody chose here.
AS_DRAWN = "as_drawn"
AS_READ = "as_read"
_IDENTITY = "identity"
_NAMES = {"biex": "biexponential"}
FORMULAS = {
    _IDENTITY: "y = x",
    "linear": "GatingML 2.0 flin: y = (x + A) / (T + A)",
    "log": "GatingML 2.0 flog: y = log10(x / T) / M + 1",
    "asinh": "GatingML 2.0 fasinh: y = (asinh(x / cofactor) + A ln 10) / ((M + A) ln 10), "
    "where cofactor = T / sinh(M ln 10)",
    "logicle": "GatingML 2.0 logicle (T, W, M, A): Moore and Parks, Cytometry A 2012;81:273",
    "hyperlog": "GatingML 2.0 hyperlog (T, W, M, A): Bagwell, Cytometry A 2005;64:34",
    "biexponential": "FlowJo 10's table of 4,097 points between which lines are straight, y from 0 "
    "to 4,096: cytolib, Cytometry A 2018;93:1189",
    "flowjo_log": "FlowJo 10: y = (log10(max(x, offset)) - log10(offset)) / decades",
}


def scale_records(outcome: Outcome) -> list[dict]:
    """Return what the file of scales says of each channel of a gate; nothing of a refused file.

    Returns
    -------
    Records of ``channel``, ``marker``, ``compensation``, ``kind``, ``parameters``, ``chosen``,
    ``formula`` and, of an asinh scale, its ``cofactor``; with ``criterion`` and ``peaks`` where
    that was looked for.
    """
    if outcome.gated is None:
        return []
    scales = {outcome.channels[dim]: scale for dim, scale in outcome.scales.items()}
    seen: dict[tuple, dict] = {}
    for gate in outcome.strategy.gates:
        for axis in () if isinstance(gate, BooleanGate) else dimensions_of(gate):
            key = (axis.channel, axis.compensation, axis.transform)
            transform = outcome.strategy.transforms.get(axis.transform)
            if transform is None and axis.channel in scales:
                # A range written linear, since it ends beyond the channel's scale.
                continue
            if key not in seen:
                place = {"channel": axis.channel, "compensation": axis.compensation}
                place["marker"] = outcome.markers.get(axis.channel, "")
                seen[key] = place | _described(transform, scales.get(axis.channel))
    return list(seen.values())


def read_scales(path: str | Path) -> dict[str, Transform | None]:
    """Return the scale of each channel from a file of scales; None is the linear scale as read.

    ``transforms.inverse`` of it gives linear values back. A channel that fixed gates look at on
    several scales has the first.
    """
    kinds = {name: kind for kind, name in _NAMES.items()}
    scales: dict[str, Transform | None] = {}
    for record in read_json(path)["scales"]:
        kind = kinds.get(record["kind"], record["kind"])
        bounds = (record.get("bound_min"), record.get("bound_max"))
        transform = None if kind == _IDENTITY else Transform(kind, record["parameters"], *bounds)
        scales.setdefault(record["channel"], transform)
    return scales


def _described(transform: Transform | None, scale: Scale | None) -> dict:
    if transform is None:
        return {
            "kind": _IDENTITY,
            "parameters": {},
            "chosen": AS_READ,
            "formula": FORMULAS[_IDENTITY],
        }
    kind = _NAMES.get(transform.kind, transform.kind)
    record: dict = {"kind": kind, "parameters": dict(transform.parameters)}
    record |= {"chosen": scale.chosen if scale else AS_DRAWN, "formula": FORMULAS[kind]}
    for end in ("bound_min", "bound_max"):
        if getattr(transform, end) is not None:
            record[end] = getattr(transform, end)
    if kind == "asinh":
        record["cofactor"] = float(f"{cofactor_of(transform):.6g}")
    if scale is not None and scale.cofactor is not None:
        record |= _searched(scale)
    return record


def _searched(scale: Scale) -> Mapping[str, list]:
    found = scale.cofactor
    peaks = [
        {"n": peak.n_events, "p16": peak.low, "median": peak.median, "p84": peak.high}
        for peak in found.peaks
    ]
    criterion = [
        {"cofactor": cofactor, "bartlett": value}
        for cofactor, value in zip(found.tried, found.criterion, strict=True)
    ]
    return {"peaks": peaks, "criterion": criterion}
