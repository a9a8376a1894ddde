"""Gates said again with what GatingML 2.0 and the file at hand know: the same populations."""

from collections.abc import Callable, Container, Iterable
from dataclasses import replace

from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import (
    FROM_FILE,
    ROOT,
    UNCOMPENSATED,
    BooleanGate,
    Compensation,
    Dimension,
    Gate,
    Operand,
    QuadrantGate,
    RectangleGate,
    Strategy,
)
from correlates.flow.gating.ordering import dimensions_of


def in_standard_gates(gates: Iterable[Gate]) -> list[Gate]:
    """Return gates of the standard that come to the same populations.

    A gate's complement becomes the gate as drawn, ``<id>.drawn``, and a boolean gate of the id; a
    quadrant that spans several cuts makes its gate a rectangle for each quadrant; a boolean gate
    that names its own parent, which FlowKit cannot read, names ``<id>.parent`` instead.
    """
    return [part for gate in gates for part in _standard(gate)]


def for_file(strategy: Strategy, events: Events) -> Strategy:
    """Return the strategy as it was put on one file, with nothing left to look up.

    Every channel has the name ($PnN) that the file gives it, and the matrix that ``FCS`` stood for
    is written out: it may have come from a table, and programs differ in how they take a file's.
    """
    known = events.using(strategy.compensations)
    own = UNCOMPENSATED if events.spillover is None else _free_name(strategy.compensations)

    def named(channel: str) -> str:
        return known.name_of(channel) if channel not in strategy.ratios else channel

    def on_axis(axis: Dimension) -> Dimension:
        compensation = own if axis.compensation == FROM_FILE else axis.compensation
        return replace(axis, channel=named(axis.channel), compensation=compensation)

    gates = tuple(with_axes(gate, on_axis) for gate in strategy.gates)
    ratios = {
        key: replace(ratio, numerator=named(ratio.numerator), denominator=named(ratio.denominator))
        for key, ratio in strategy.ratios.items()
    }
    matrices = {
        key: Compensation(
            tuple(map(named, matrix.detectors)),
            tuple(map(named, matrix.fluorochromes)),
            matrix.matrix,
        )
        for key, matrix in strategy.compensations.items()
    }
    used = {axis.compensation for gate in gates for axis in dimensions_of(gate)}
    if own in used - {UNCOMPENSATED}:
        matrices[own] = events.spillover
    return replace(strategy, gates=gates, ratios=ratios, compensations=matrices)


def with_axes(gate: Gate, on_axis: Callable[[Dimension], Dimension]) -> Gate:
    """Return a gate with each of its dimensions changed."""
    if isinstance(gate, BooleanGate):
        return gate
    if isinstance(gate, QuadrantGate):
        dividers = (
            replace(divider, dimension=on_axis(divider.dimension)) for divider in gate.dividers
        )
        return replace(gate, dividers=tuple(dividers))
    return replace(gate, dimensions=tuple(map(on_axis, gate.dimensions)))


def _free_name(taken: Container[str]) -> str:
    names = ("spillover", *(f"spillover{number}" for number in range(2, 100)))
    return next(name for name in names if name not in taken)


def _standard(gate: Gate) -> list[Gate]:
    if getattr(gate, "complement", False):
        drawn = replace(gate, id=f"{gate.id}.drawn", complement=False)
        outside = BooleanGate(gate.id, gate.parent, gate.name, "not", (Operand(drawn.id),))
        return [drawn, outside]
    if isinstance(gate, BooleanGate) and gate.parent in {each.gate for each in gate.operands}:
        return _with_parent_again(gate)
    if isinstance(gate, QuadrantGate) and not _is_consecutive(gate):
        axes = {divider.id: divider.dimension for divider in gate.dividers}
        return [
            RectangleGate(
                quadrant.id,
                gate.parent,
                quadrant.id,
                tuple(
                    replace(axes[name], minimum=low, maximum=high)
                    for name, (low, high) in quadrant.ranges.items()
                ),
            )
            for quadrant in gate.quadrants
        ]
    return [gate]


def _with_parent_again(gate: BooleanGate) -> list[Gate]:
    again = f"{gate.id}.parent"
    operands = tuple(
        replace(operand, gate=again) if operand.gate == gate.parent else operand
        for operand in gate.operands
    )
    same = BooleanGate(again, ROOT, again, "and", (Operand(gate.parent),) * 2)
    return [same, replace(gate, operands=operands)]


def _is_consecutive(gate: QuadrantGate) -> bool:
    """Return whether every part lies between neighbouring cuts, as the standard's do."""
    steps = {}
    for divider in gate.dividers:
        cuts = [None, *sorted(divider.values), None]
        steps[divider.id] = set(zip(cuts[:-1], cuts[1:], strict=True))
    return all(
        ends in steps[name] for quadrant in gate.quadrants for name, ends in quadrant.ranges.items()
    )
