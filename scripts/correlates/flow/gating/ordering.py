"""Gates in an order in which they can be evaluated, or every reason why they cannot."""

from collections.abc import Iterable
from dataclasses import replace

from correlates.flow.gating.compensation import is_solvable
from correlates.flow.gating.events import Events, UnknownChannel
from correlates.flow.gating.gates import (
    ROOT,
    BooleanGate,
    Dimension,
    Gate,
    QuadrantGate,
    Strategy,
    populations_of,
)
from correlates.problems import did_you_mean


class StrategyError(ValueError):
    """Gates that cannot be evaluated; the message names every reason."""


def ordered_gates(strategy: Strategy) -> list[Gate]:
    """Return the gates, each after its parent and its operands, else in the order given.

    Raises
    ------
    StrategyError
        If an id stands twice, a reference leads nowhere, or gates need each other in a circle.
    """
    maker: dict[str, Gate] = {}
    faults = []
    for gate in strategy.gates:
        for population in populations_of(gate):
            if population in maker or population == ROOT:
                faults.append(f"Population {population!r} is made by two gates.")
            maker[population] = gate
    for gate in strategy.gates:
        faults += _dangling(gate, maker, strategy)
    if faults:
        raise StrategyError("\n".join(faults))
    ordered: list[Gate] = []
    waiting = list(strategy.gates)
    made = {ROOT}
    while waiting:
        ready = [gate for gate in waiting if made.issuperset(_needs(gate))]
        if not ready:
            names = ", ".join(repr(gate.id) for gate in waiting)
            msg = f"These gates need each other in a circle: {names}."
            raise StrategyError(msg)
        ordered += ready
        for gate in ready:
            made.update(populations_of(gate))
        waiting = [gate for gate in waiting if not made.issuperset(populations_of(gate))]
    return ordered


def check_channels(
    strategy: Strategy, events: Events, intensities: Iterable[tuple[str, str]] = ()
) -> None:
    """Check that gates and intensities find their channels, and that their matrices can be solved.

    Parameters
    ----------
    strategy
        The gates.
    events
        The events that they are to be put on.
    intensities
        Further (channel, compensation) pairs that are wanted.

    Raises
    ------
    StrategyError
        Naming every channel that the file does not have, or more than once, and every matrix.
    """
    wanted = [
        (f"Gate {gate.id!r}: ", column)
        for gate in strategy.gates
        for column in columns_of(replace(strategy, gates=(gate,)))
    ]
    looked_at = {column for _, column in wanted}
    wanted += [("", column) for column in intensities if column not in looked_at]
    faults: dict[str, None] = {}
    events = events.using(strategy.compensations)
    for who, (channel, compensation) in wanted:
        try:
            events.find(channel, compensation)
        except UnknownChannel as error:
            faults[f"{who}{error}"] = None
    for name in {compensation for _, (_, compensation) in wanted}:
        given = strategy.compensations.get(name)
        if given is not None and not is_solvable(given.matrix):
            faults[f"Compensation {name!r} cannot be solved: two rows say the same."] = None
    if faults:
        raise StrategyError("\n".join(faults))


def dimensions_of(gate: Gate) -> tuple[Dimension, ...]:
    """Return the dimensions that a gate looks at; a boolean gate looks at none."""
    if isinstance(gate, QuadrantGate):
        return tuple(divider.dimension for divider in gate.dividers)
    return getattr(gate, "dimensions", ())


def columns_of(strategy: Strategy) -> list[tuple[str, str]]:
    """Return every (channel, compensation) that the gates look at; of a ratio, its two channels."""
    columns: dict[tuple[str, str], None] = {}
    for gate in strategy.gates:
        for axis in dimensions_of(gate):
            ratio = strategy.ratios.get(axis.channel)
            names = (axis.channel,) if ratio is None else (ratio.numerator, ratio.denominator)
            columns |= dict.fromkeys((name, axis.compensation) for name in names)
    return list(columns)


def _needs(gate: Gate) -> list[str]:
    operands = gate.operands if isinstance(gate, BooleanGate) else ()
    return [gate.parent, *(operand.gate for operand in operands)]


def _dangling(gate: Gate, makers: Iterable[str], strategy: Strategy) -> list[str]:
    known = (ROOT, *makers)
    faults = [
        f"Gate {gate.id!r} refers to {name!r}, which no gate makes. {did_you_mean(name, known)}"
        for name in _needs(gate)
        if name not in known
    ]
    for axis in dimensions_of(gate):
        if axis.transform is not None and axis.transform not in strategy.transforms:
            faults.append(f"Gate {gate.id!r} refers to transform {axis.transform!r}, not given.")
    return faults
