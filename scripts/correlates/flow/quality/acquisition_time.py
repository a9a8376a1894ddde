"""The steady part of a file's acquisition as ranges of its Time channel."""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from correlates.flow.gating.events import Events
from correlates.flow.quality.channels import cofactor_of, is_scatter, time_name, watched
from correlates.flow.quality.clock import Clock, Moments, read_clock
from correlates.flow.quality.steadiness import Steadiness, Steady, find_unsteady

NO_MAJORITY = "no_steady_majority"
# Only some dyes change throughout: who is counted where need not suffer from it.
DRIFT, DRIFTS = "signals_drift", "drifts_"


@dataclass(frozen=True)
class TimeRanges:
    """What is kept of an acquisition.

    Parameters
    ----------
    channel
        Name of the Time channel; None where there is none.
    kept
        Ascending ranges of Time (minimum <= time < maximum); None is unbounded. All of the time
        where nothing is removed.
    flags
        Why nothing could be judged, or that the greater part is not steady: as a whole, or in some
        dyes, which are named.
    unsteady_share
        Share of the events that lie outside the steady stretches, whether removed or not.
    moments, steady
        For the figure; None where nothing could be judged.
    """

    channel: str | None
    kept: tuple[tuple[float | None, float | None], ...] = ((None, None),)
    flags: tuple[str, ...] = ()
    unsteady_share: float = 0.0
    moments: Moments | None = field(default=None, repr=False)
    steady: Steady | None = field(default=None, repr=False)


def find_time_ranges(
    events: Events, stained: Collection[str], settings: Steadiness | None = None
) -> TimeRanges:
    """Find when an acquisition was steady.

    Parameters
    ----------
    events
        The file's events.
    stained
        Names of its channels that hold a marker; their signal is watched, and that of scatter.
    settings
        What may be chosen.
    """
    settings = settings or Steadiness()
    channel = time_name(events.channels)
    time = None if channel is None else events.values(channel)
    clock, reason = read_clock(time, settings.min_events)
    if clock is None:
        return TimeRanges(channel, flags=(reason,))
    looked_at = watched(events.channels, stained)
    columns = _thinned(events, [one.name for one in looked_at], clock, settings.max_events)
    cofactors = {one.name: cofactor_of(one) for one in looked_at}
    steady = find_unsteady(clock, columns, cofactors, settings)
    edges = [(clock.edge(a), clock.edge(b)) for a, b in steady.removed]
    removed = [(low, high) for low, high in edges if high[0] > low[0]]
    share = sum(high[0] - low[0] for low, high in removed) / len(clock.seconds)
    courses = (steady.rate, *steady.signals.values())
    ends = np.array(steady.removed, dtype=np.int64).ravel()
    moments = clock.moments([ends, *(course.starts for course in courses)])
    if share > settings.most_removed:
        flags = _flags_of(steady, len(looked_at))
        return TimeRanges(channel, ((None, None),), flags, share, moments, steady)
    return TimeRanges(channel, _between(removed), (), share, moments, steady)


def _flags_of(steady: Steady, n_watched: int) -> tuple[str, ...]:
    """Say what changed throughout: the acquisition as a whole, or single dyes."""
    names = list(steady.straying)
    is_general = bool(steady.by_rate) or any(map(is_scatter, names)) or 2 * len(names) > n_watched
    return (NO_MAJORITY,) if is_general else (DRIFT, *(f"{DRIFTS}{name}" for name in names))


def _thinned(events: Events, names: list[str], clock: Clock, most: int) -> dict[str, np.ndarray]:
    """Return evenly spaced values of channels in the order of time; the file is read once."""
    every = -(-events.n_events // most)
    places = [events.column(name) for name in names]
    # Filled in place: parts joined at the end would be held twice.
    table = np.empty((-(-events.n_events // every), len(names)), np.float32)
    for start, block in events.blocks():
        chosen = block[-start % every :: every]
        first = -(-start // every)
        table[first : first + len(chosen)] = chosen[:, places]
    if clock.order is not None:
        kept = clock.order[clock.order % every == 0] // every
        table = table[kept]
    # a channel's values beside each other, since quantiles are taken of each
    return dict(zip(names, np.ascontiguousarray(table.T), strict=True))


def _between(removed: list) -> tuple[tuple[float | None, float | None], ...]:
    """Return the ranges of time between those that are removed."""
    kept, low = [], None
    is_open = True
    for (first, start), (_, end) in removed:
        if first > 0:
            kept.append((low, start))
        low, is_open = end, end is not None
        if not is_open:
            break
    if is_open:
        kept.append((low, None))
    return tuple(kept)
