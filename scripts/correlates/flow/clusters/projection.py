"""Files laid on a map: how many of their events fall where, and how many are far from all of it."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from correlates.flow.clusters.frozen import FrozenMap
from correlates.flow.clusters.subsample import FEW_EVENTS, OK, Subsample

IDENTITY = ("acquisition", "patient", "visit", "sample", "batch")
FREQUENCIES = (
    *IDENTITY,
    *("status", "metacluster", "n", "n_events", "pct", "n_far", "pct_far", "made_the_map"),
    *("use", "reason"),
)
NODES = (*IDENTITY, "node", "metacluster", "n", "n_far")
# Written into every row, so that nobody takes them for what was specified beforehand.
USE = "exploratory"


def frequency_rows(file: Mapping, events: Subsample, frozen: FrozenMap, choice) -> Iterator[dict]:
    """Yield one row a metacluster of one file; one that says why where it cannot be laid.

    Parameters
    ----------
    file
        The plan's columns of it, and ``excluded``.
    events
        Its events; all that were kept are used, however many the map was made of.
    frozen
        The map.
    choice
        How events are chosen: ``population``, ``width``, ``decades``.
    """
    place = _place(file) | {"use": USE}
    reason = why_not_laid(file, events, frozen, choice)
    if reason:
        yield place | {"status": "not_evaluable", "n_events": len(events), "reason": reason}
        return
    _, metaclusters, far = _laid(events, frozen)
    total = len(events)
    whole = {
        "status": "ok",
        "n_events": total,
        "n_far": int(far.sum()),
        "pct_far": _percent(far.sum(), total),
        "made_the_map": str(file["acquisition"] in frozen.about.acquisitions).lower(),
        "reason": "fewer events than of other files" if events.status == FEW_EVENTS else "",
    }
    counts = np.bincount(metaclusters, minlength=frozen.about.metaclusters + 1)[1:]
    for number, count in enumerate(counts, start=1):
        own = {"metacluster": number, "n": int(count), "pct": _percent(count, total)}
        yield place | whole | own


def node_rows(file: Mapping, events: Subsample, frozen: FrozenMap, choice) -> Iterator[dict]:
    """Yield one row a node that any event of one file falls to."""
    if why_not_laid(file, events, frozen, choice):
        return
    nodes, _, far = _laid(events, frozen)
    counts = np.bincount(nodes, minlength=len(frozen.codes))
    distant = np.bincount(nodes, weights=far, minlength=len(frozen.codes))
    for node in np.flatnonzero(counts):
        yield _place(file) | {
            "node": int(node) + 1,
            "metacluster": int(frozen.metaclusters[node]),
            "n": int(counts[node]),
            "n_far": int(distant[node]),
        }


def why_not_laid(file: Mapping, events: Subsample, frozen: FrozenMap, choice: Mapping) -> str:
    """Say why a file cannot be laid on a map; ``""`` if it can."""
    if file.get("excluded"):
        return file["excluded"]
    if events.status not in (OK, FEW_EVENTS) or not len(events):
        return "the file gave no events: refused, or without the population"
    return frozen.misfit(_names(events), events.tops, choice)


def all_rows(make, files: Iterable[Mapping], chosen: Iterable[Subsample], *more) -> Iterator[dict]:
    """Yield the rows that ``make`` gives of each file."""
    for file, events in zip(files, chosen, strict=True):
        yield from make(file, events, *more)


def _place(file: Mapping) -> dict:
    return {name: file[name] for name in IDENTITY}


def _names(events: Subsample) -> list[str]:
    pairs = zip(events.markers, events.channels, strict=True)
    return [marker or channel for marker, channel in pairs]


def _laid(events: Subsample, frozen: FrozenMap) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    names = _names(events)
    columns = [names.index(name) for name in frozen.about.markers]
    return frozen.place(events.transformed[:, columns])


def _percent(part, whole: int) -> float:
    return round(100 * float(part) / whole, 4)
