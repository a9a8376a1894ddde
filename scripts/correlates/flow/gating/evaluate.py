"""A strategy's gates on the events of a file: who is in which population, how many, how bright."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from correlates.flow.gating.events import CHUNK, Events
from correlates.flow.gating.gates import ROOT, BooleanGate, Gate, Strategy, populations_of
from correlates.flow.gating.medians import Centre, centre_of
from correlates.flow.gating.membership import Parent, inside
from correlates.flow.gating.ordering import (
    StrategyError,
    check_channels,
    columns_of,
    dimensions_of,
    ordered_gates,
)
from correlates.problems import did_you_mean

# Event numbers take eight times the memory of a mask: a larger part than one in so many has a mask.
_LARGE_SHARE = 8
# The places of up to this many events take no memory to speak of.
_FEW_PLACES = 2**18
# Events of a parent that are looked at together.
_PIECE = 1 << 17
__all__ = [
    "Gated",
    "Gating",
    "StrategyError",
    "check_channels",
    "columns_of",
    "dimensions_of",
    "evaluate",
    "intensities_of",
    "ordered_gates",
]


class Gating:
    """Gates put on the same events one by one, each parent before its children.

    Parameters
    ----------
    events
        The file's events, or a chunk of them.
    strategy
        Transforms, ratios and compensations that the gates refer to. Its gates are not added.
    """

    def __init__(self, events: Events, strategy: Strategy):
        self.events = events.using(strategy.compensations)
        self.counts = {ROOT: events.n_events}
        self.parents: dict[str, str] = {}
        self.packed: dict[str, np.ndarray] = {}
        self._strategy = strategy

    def add(self, gate: Gate) -> dict[str, int]:
        """Evaluate a gate and return the count of each of its populations.

        Raises
        ------
        StrategyError
            If its parent or an operand has not been added before.
        UnknownChannel
            If the file has no such channel.
        """
        if isinstance(gate, BooleanGate):
            held = {gate.id: self._combined(gate)}
        else:
            held = self._inside(gate)
        for population, mask in held.items():
            self._put(population, gate.parent, mask)
        return {population: self.counts[population] for population in held}

    def members(self, population: str) -> np.ndarray:
        """Return which events are in a population, bool, (n_events,)."""
        if population == ROOT:
            return np.ones(self.events.n_events, dtype=bool)
        if population not in self.packed:
            known = did_you_mean(population, tuple(self.packed)) if self.packed else ""
            msg = f"Population {population!r} has not been gated yet. {known}"
            raise StrategyError(msg)
        return _unpacked(self.packed[population], self.events.n_events)

    def indices(self, population: str) -> np.ndarray | None:
        """Return the ascending event numbers of a population; None is all events (the root)."""
        return None if population == ROOT else np.flatnonzero(self.members(population))

    def gated(self) -> "Gated":
        """Return what has been gated so far."""
        return Gated(self.events.n_events, dict(self.packed), dict(self.counts), dict(self.parents))

    def _inside(self, gate: Gate) -> dict[str, np.ndarray]:
        """Return which of all events a gate holds, bool, (n_events,), by population.

        Piece by piece, so that no copy is as large as the file.
        """
        count = self.events.n_events
        parent = None if gate.parent == ROOT else self.members(gate.parent)
        if parent is None and count <= _PIECE:
            return inside(gate, Parent(self.events, self._strategy, None))
        held = {population: np.zeros(count, dtype=bool) for population in populations_of(gate)}
        for start in range(0, max(count, 1), _PIECE):
            stop = min(start + _PIECE, count)
            piece = np.arange(start, stop)
            if parent is not None:
                piece = piece[parent[start:stop]]
            for population, mask in inside(
                gate, Parent(self.events, self._strategy, piece)
            ).items():
                held[population][piece] = mask
        return held

    def _combined(self, gate: BooleanGate) -> np.ndarray:
        operands = []
        for operand in gate.operands:
            members = self.members(operand.gate)
            operands.append(~members if operand.complement else members)
        if gate.operation == "not":
            held = ~operands[0]
        else:
            held = {"and": np.logical_and, "or": np.logical_or}[gate.operation].reduce(operands)
        return held if gate.parent == ROOT else held & self.members(gate.parent)

    def _put(self, population: str, parent: str, mask: np.ndarray) -> None:
        if population in self.counts:
            msg = f"Population {population!r} is gated twice."
            raise StrategyError(msg)
        self.packed[population] = np.packbits(mask)
        self.counts[population] = int(np.count_nonzero(mask))
        self.parents[population] = parent


@dataclass(frozen=True)
class Gated:
    """Who is in which population.

    Parameters
    ----------
    n_events
        Events of the file.
    packed
        One bit an event, for each population.
    counts
        Events of each population, and of the root.
    parents
        Parent of each population.
    intensities
        What ``evaluate`` was asked to keep: (channel, compensation) to float32, (n_events,).
    """

    n_events: int
    packed: dict[str, np.ndarray]
    counts: dict[str, int]
    parents: dict[str, str]
    intensities: dict[tuple[str, str], np.ndarray] | None = None

    def only(self, populations: Collection[str]) -> "Gated":
        """Return the same without the other populations; the root stays."""
        kept = {ROOT, *populations}

        def of(values: dict) -> dict:
            return {key: value for key, value in values.items() if key in kept}

        packed, counts, parents = of(self.packed), of(self.counts), of(self.parents)
        return replace(self, packed=packed, counts=counts, parents=parents)

    def members(self, population: str) -> np.ndarray:
        """Return which events are in a population, bool, (n_events,)."""
        if population == ROOT:
            return np.ones(self.n_events, dtype=bool)
        return _unpacked(self.packed[population], self.n_events)

    def _chosen(self, population: str) -> slice | np.ndarray:
        """Return what picks a population's events from a column: their places, which are faster.

        Of a large population in a large file it is the mask, which is smaller.
        """
        if population == ROOT:
            return slice(None)
        members = self.members(population)
        is_large = self.counts[population] > max(self.n_events / _LARGE_SHARE, _FEW_PLACES)
        return members if is_large else np.flatnonzero(members)

    def centres(
        self, intensities: dict[tuple[str, str], np.ndarray] | None = None
    ) -> dict[str, dict[tuple[str, str], Centre]]:
        """Return each population's median of each intensity, with its interval and spread.

        Parameters
        ----------
        intensities
            Linear values by (channel, compensation), (n_events,) each; those kept by default.
        """
        columns = (self.intensities if intensities is None else intensities) or {}
        centres, of_members = {}, {}
        for population in (ROOT, *self.packed):
            # a step that removes nothing, or a gate that repeats another, holds the same events
            is_all = self.counts[population] == self.n_events
            same = b"" if is_all else hashlib.sha256(self.packed[population]).digest()
            if same not in of_members:
                chosen = self._chosen(population)
                of_members[same] = {key: centre_of(one[chosen]) for key, one in columns.items()}
            centres[population] = of_members[same]
        return centres


def evaluate(
    strategy: Strategy,
    events: Events,
    intensities: Sequence[tuple[str, str]] = (),
    chunk: int = CHUNK,
) -> Gated:
    """Put a whole strategy on a file, in chunks of events.

    Parameters
    ----------
    strategy
        Gates in any order.
    events
        The file's events; read once.
    intensities
        (channel, compensation) pairs whose linear values are kept for ``Gated.centres``.
    chunk
        Events held at a time; a multiple of 8.

    Raises
    ------
    StrategyError
        If gates refer to what is not there, to each other in a circle, to channels that the file
        does not have, or to a matrix that cannot be solved. Names every one.
    """
    events = events.using(strategy.compensations)
    ordered = ordered_gates(strategy)
    check_channels(strategy, events, intensities)
    parents = {name: gate.parent for gate in ordered for name in populations_of(gate)}
    counts = {ROOT: events.n_events, **dict.fromkeys(parents, 0)}
    parts: dict[str, list[np.ndarray]] = {population: [] for population in parents}
    kept = _columns(intensities, events.n_events)
    for start, part in events.chunks(chunk):
        gating = Gating(part, strategy)
        for gate in ordered:
            for population, count in gating.add(gate).items():
                counts[population] += count
                parts[population].append(gating.packed[population])
        _fill(kept, start, part)
    nothing = [np.zeros(0, dtype=np.uint8)]
    packed = {population: np.concatenate(bits or nothing) for population, bits in parts.items()}
    return Gated(events.n_events, packed, counts, parents, kept)


def intensities_of(
    events: Events, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], np.ndarray]:
    """Return linear values as float32, (n_events,), by (channel, compensation)."""
    return {key: events.single(*key) for key in keys}


def _columns(keys, count: int) -> dict[tuple[str, str], np.ndarray]:
    return {key: np.empty(count, dtype=np.float32) for key in keys}


def _fill(columns: dict[tuple[str, str], np.ndarray], start: int, part: Events) -> None:
    for (channel, compensation), column in columns.items():
        column[start : start + part.n_events] = part.values(channel, compensation)


def _unpacked(packed: np.ndarray, count: int) -> np.ndarray:
    return np.unpackbits(packed, count=count).view(bool)
