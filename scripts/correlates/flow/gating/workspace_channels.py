"""Which axes of a FlowJo workspace's gates show values as read, and which compensated ones.

FlowJo calls a compensated channel by the matrix's prefix, its name and the matrix's suffix, and
lets gates be drawn on the plain channel too. FlowKit takes both for compensated.
"""

from collections.abc import Mapping
from dataclasses import replace

from correlates.flow.gating.gates import (
    UNCOMPENSATED,
    EllipsoidGate,
    Gate,
    PolygonGate,
    RectangleGate,
    Strategy,
)

_SPACE = "{http://www.isac-net.org/std/Gating-ML/v2.0/"
_MATRIX = f"{_SPACE}transformations}}spilloverMatrix"
_CHANNEL = f"{_SPACE}datatypes}}fcs-dimension"
_NAME = f"{_SPACE}datatypes}}name"


def channels_as_read(sample, population) -> tuple[bool, ...]:
    """Tell which axes of a population's gate show its channel as read.

    Parameters
    ----------
    sample, population
        Elements of the workspace; a population that combines others has no axes.

    Returns
    -------
    One value an axis, in their order. Without a matrix, or with one whose channels are called as
    the plain ones, nothing is known to be as read.
    """
    matrix = sample.find(_MATRIX)
    gate = population.find("Gate")
    if matrix is None or gate is None:
        return ()
    prefix, suffix = matrix.get("prefix", ""), matrix.get("suffix", "")
    names = [one.get(_NAME, "") for one in gate.iter(_CHANNEL)]
    if not prefix and not suffix:
        return (False,) * len(names)
    return tuple(not (name.startswith(prefix) and name.endswith(suffix)) for name in names)


def with_channels_as_read(strategy: Strategy, as_read: Mapping[str, tuple[bool, ...]]) -> Strategy:
    """Return a strategy whose gates look at these axes as read, by id of the gate."""
    gates = tuple(_as_read(gate, as_read.get(gate.id, ())) for gate in strategy.gates)
    return replace(strategy, gates=gates)


def _as_read(gate: Gate, as_read: tuple[bool, ...]) -> Gate:
    if not any(as_read) or not isinstance(gate, RectangleGate | PolygonGate | EllipsoidGate):
        return gate
    axes = tuple(
        replace(axis, compensation=UNCOMPENSATED) if is_as_read else axis
        for axis, is_as_read in zip(gate.dimensions, as_read, strict=True)
    )
    return replace(gate, dimensions=axes)
