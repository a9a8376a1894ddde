"""Events of many files in one table: the same markers, on one scale, equally many of each file."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from correlates.flow.clusters.classes import SCATTER, class_of
from correlates.flow.clusters.subsample import FEW_EVENTS, OK, Subsample
from correlates.flow.templates.panel import names_itself

JOINED, LEFT_OUT = "joined", "left_out"
REMARKS = ("acquisition", "status", "n_events", "reason")
_WHY = {
    "off": "its events were not kept",
    "refused": "the file was refused",
    "no_population": "its gating has no population {population}",
}


@dataclass(frozen=True)
class Pool:
    """Events of the files that could be joined.

    Parameters
    ----------
    files
        Identity of each file: the plan's columns.
    numbers
        Which of them each event is of, (events,).
    raw, compensated, transformed
        float32, (events, markers).
    markers, channels, classes, tops
        Of each column. A column is named by its marker, scatter by its channel.
    members
        bool, (events,), by population that every file has.
    parents
        Parent of each population.
    remarks
        A row for each file, and for what not all of them have.
    """

    files: tuple[Mapping, ...]
    numbers: np.ndarray
    raw: np.ndarray
    compensated: np.ndarray
    transformed: np.ndarray
    markers: tuple[str, ...]
    channels: tuple[str, ...]
    classes: tuple[str, ...]
    tops: tuple[float, ...]
    members: dict[str, np.ndarray]
    parents: dict[str, str]
    remarks: tuple[dict, ...]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def typed(self) -> list[int]:
        """Columns that are clustered on: markers of class ``type``."""
        return [place for place, kind in enumerate(self.classes) if kind == "type"]

    def first_of_each(self, most: int) -> np.ndarray:
        """Return the numbers of at most ``most`` events, equally many of each file."""
        return np.flatnonzero(_place_within(self.numbers) < _equal_share(self.numbers, most))


def pool_events(
    files: Sequence[Mapping],
    chosen: Sequence[Subsample],
    classes: Mapping[str, str],
    population: str,
    min_events: int,
    max_events: int | None,
) -> Pool:
    """Join what fits together, and say of the rest why not.

    Parameters
    ----------
    files
        The plan's columns of each file, and ``excluded``: why it is left out, or empty.
    chosen
        Its events.
    classes
        Class by marker, as the panels sheet has it.
    population
        That they were chosen from, for what is said.
    min_events
        Fewest events of a file.
    max_events
        Most events of all; None takes every one.
    """
    remarks: list[dict] = []
    pairs = []
    for file, events in zip(files, chosen, strict=True):
        why = file.get("excluded") or _why_not(events, population, min_events)
        if why:
            remarks.append(_remark(file, LEFT_OUT, len(events), why))
        else:
            pairs.append((file, events))
    columns, said = _common_columns(pairs)
    remarks += said
    pairs, said = _of_one_scale(pairs, columns)
    remarks += said
    gates, said = _common_gates(pairs)
    remarks += said
    remarks += [_remark(file, JOINED, len(events), _told(events)) for file, events in pairs]
    return _joined(pairs, columns, gates, classes, max_events, remarks)


def _why_not(events: Subsample, population: str, min_events: int) -> str:
    if events.status not in (OK, FEW_EVENTS):
        return _WHY[events.status].format(population=population)
    if len(events) < min_events:
        return f"{len(events)} events of {population} are fewer than {min_events}"
    return ""


def _told(events: Subsample) -> str:
    said = ["fewer events than of the other files"] if events.status == FEW_EVENTS else []
    said += ["not compensated"] if events.compensated_by == "nothing" else []
    return "; ".join(said)


def _names(events: Subsample) -> list[str]:
    pairs = zip(events.markers, events.channels, strict=True)
    return [marker or channel for marker, channel in pairs]


def _common_columns(pairs) -> tuple[list[str], list[dict]]:
    """Return the columns that every file has, in the order of the first."""
    if not pairs:
        return [], []
    counts = Counter(name for _, events in pairs for name in set(_names(events)))
    common = [name for name in _names(pairs[0][1]) if counts[name] == len(pairs)]
    partial = sorted(name for name, count in counts.items() if count < len(pairs))
    return common, [
        _remark(None, LEFT_OUT, None, f"marker {name} is in {counts[name]} of {len(pairs)} files")
        for name in partial
    ]


def _common_gates(pairs) -> tuple[list[str], list[dict]]:
    if not pairs:
        return [], []
    counts = Counter(name for _, events in pairs for name in events.parents)
    common = [name for name in pairs[0][1].parents if counts[name] == len(pairs)]
    partial = sorted(name for name, count in counts.items() if count < len(pairs))
    return common, [
        _remark(None, LEFT_OUT, None, f"gate {name} is in {counts[name]} of {len(pairs)} files")
        for name in partial
    ]


def _of_one_scale(pairs, columns: Iterable[str]) -> tuple[list, list[dict]]:
    """Leave out files whose detectors have another range than most: their scale is another."""
    scales = [tuple(_tops(events, columns)) for _, events in pairs]
    if len(set(scales)) < 2:
        return pairs, []
    usual = Counter(scales).most_common(1)[0][0]
    kept = [pair for pair, scale in zip(pairs, scales, strict=True) if scale == usual]
    why = "the range of its detectors ($PnR) is not that of the other files"
    return kept, [
        _remark(file, LEFT_OUT, len(events), why)
        for (file, events), scale in zip(pairs, scales, strict=True)
        if scale != usual
    ]


def _tops(events: Subsample, columns: Iterable[str]) -> list[float]:
    tops = dict(zip(_names(events), events.tops, strict=True))
    return [tops[name] for name in columns]


def _remark(file: Mapping | None, status: str, count: int | None, reason: str) -> dict:
    name = "" if file is None else file["acquisition"]
    return {"acquisition": name, "status": status, "n_events": count, "reason": reason}


def _joined(pairs, columns, gates, classes, max_events, remarks) -> Pool:
    numbers = np.repeat(np.arange(len(pairs)), [len(events) for _, events in pairs])
    share = np.inf if max_events is None else _equal_share(numbers, max_events)
    kept = _place_within(numbers) < share

    def table(layer: str) -> np.ndarray:
        parts = [
            getattr(events, layer)[:, [_names(events).index(name) for name in columns]]
            for _, events in pairs
        ]
        return np.concatenate(parts or [np.zeros((0, len(columns)), np.float32)])[kept]

    def members(gate: str) -> np.ndarray:
        rows = [events.members[list(events.parents).index(gate)] for _, events in pairs]
        return np.concatenate(rows)[kept]

    first = pairs[0][1] if pairs else None
    return Pool(
        files=tuple(file for file, _ in pairs),
        numbers=numbers[kept],
        raw=table("raw"),
        compensated=table("compensated"),
        transformed=table("transformed"),
        markers=tuple(columns),
        channels=tuple(_channels(pairs, name) for name in columns),
        classes=tuple(SCATTER if names_itself(n) else class_of(n, classes) for n in columns),
        tops=tuple(_tops(first, columns)) if first else (),
        members={gate: members(gate) for gate in gates},
        parents={gate: first.parents[gate] for gate in gates},
        remarks=tuple(remarks),
    )


def _channels(pairs, name: str) -> str:
    """Return the channel of a marker; several, where it moved between batches."""
    found = {events.channels[_names(events).index(name)]: None for _, events in pairs}
    return "|".join(found)


def _place_within(numbers: np.ndarray) -> np.ndarray:
    """Return each event's place among those of its file; events of a file stand together."""
    if not len(numbers):
        return np.zeros(0, int)
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    sizes = np.diff(np.append(starts, len(numbers)))
    return np.arange(len(numbers)) - np.repeat(starts, sizes)


def _equal_share(numbers: np.ndarray, most: int) -> int:
    """Return the largest number of each file with which all together are at most ``most``."""
    sizes = np.unique(numbers, return_counts=True)[1]
    if sizes.sum() <= most:
        return int(sizes.max(initial=0))
    low, high = 0, int(sizes.max())
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if np.minimum(sizes, middle).sum() <= most else (low, middle)
    return low
