"""When an acquisition was not steady: its flow rate, or the signal of a channel, was another one.

Events are taken in the order of time, in blocks of equal numbers, so that a short clog and a long
one are judged alike. Of each block the logarithm of its rate is known, and three quantiles of each
channel on an asinh scale. Each of these series is parted where its level changes; stretches whose
level lies further from that of most events than a tolerance are not steady, with all that drifts
towards them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from correlates.flow.quality.clock import Clock
from correlates.flow.quality.edges import onset, sharp_edge
from correlates.flow.quality.segments import change_points, levels_of, noise_of, usual_level

_QUANTILES = (0.25, 0.5, 0.75)
# A quantile between two populations jumps from one to the other by chance: a block counts as no
# further away than this many deviations, so that only several in a row are a change.
_STRAY = 4.0
_CERTAIN = 6.0
_STILL = 1e-6
_ABRUPT = 0.8


@dataclass(frozen=True)
class Steadiness:
    """What may be chosen about it.

    Parameters
    ----------
    rate_tolerance
        By what factor the rate may differ from the usual one if it changes at once: 1.3.
    rate_limit
        By what factor it may differ at all: tubes that run empty slow down little by little.
    signal_tolerance
        By how much a channel's quantile may, on the asinh scale, where 0.1 is 10 % of a bright
        signal.
    rate_blocks, signal_blocks
        Most blocks into which the events are parted.
    min_rate_block, min_signal_block
        Fewest events of a block.
    penalty
        What a change of level must explain, in variances of a block times the logarithm of the
        number of blocks and series.
    gap_share
        A steady stretch between two that are not is dropped when it is shorter than this share.
    most_removed
        Largest share of the events that is removed: if more are not steady, nothing is, since there
        is no telling which part is the right one.
    min_events
        Fewest events that are judged.
    max_events
        Most events whose signal is looked at, evenly spaced; more do not move an edge.
    """

    rate_tolerance: float = 1.3
    rate_limit: float = 2.0
    signal_tolerance: float = 0.1
    rate_blocks: int = 800
    signal_blocks: int = 400
    min_rate_block: int = 25
    min_signal_block: int = 50
    penalty: float = 3.5
    gap_share: float = 0.005
    most_removed: float = 0.7
    min_events: int = 500
    max_events: int = 400_000


@dataclass(frozen=True)
class Course:
    """One series over time, for the figure: its values a block and where each block begins.

    Parameters
    ----------
    starts
        Place of each block's first event, and after the last block the number of events.
    values
        Value of each block: rate in events per second, or a quantile on the asinh scale.
    usual
        The value that most blocks share; of a quantile its middle one.
    stray
        How far and how long it strays, summed over the blocks in noise; 0 where it never does.
    share
        Of a signal, which of its quantiles this is: the one that strays furthest, or the median.
    cofactor
        Of a signal, the cofactor of its asinh scale.
    """

    starts: np.ndarray
    values: np.ndarray
    usual: float
    stray: float = 0.0
    share: float = 0.5
    cofactor: float = 1.0


@dataclass(frozen=True)
class Steady:
    """Which stretches of an acquisition are not steady.

    Parameters
    ----------
    removed
        Ascending, disjoint (first, end) places in the order of time.
    by_rate, by_signal
        The same of each reason by itself, before short gaps were closed.
    rate
        The flow rate.
    signals
        A quantile of each channel, the channel that strays furthest first.
    """

    removed: tuple[tuple[int, int], ...]
    by_rate: tuple[tuple[int, int], ...]
    by_signal: tuple[tuple[int, int], ...]
    rate: Course
    signals: Mapping[str, Course] = field(default_factory=dict)

    @property
    def straying(self) -> dict[str, Course]:
        """The channels that stray at all, the one that does so furthest first."""
        return {name: one for name, one in self.signals.items() if one.stray > 0}


def quantile_words(share: float) -> str:
    """Return what a quantile that is watched is called."""
    return {0.25: "lower quartile", 0.5: "median", 0.75: "upper quartile"}[share]


def find_unsteady(
    clock: Clock,
    columns: Mapping[str, np.ndarray],
    cofactors: Mapping[str, float],
    settings: Steadiness | None = None,
) -> Steady:
    """Find the stretches of an acquisition that are not steady.

    Parameters
    ----------
    clock
        When each event was acquired.
    columns
        Values of each channel as read, in the order of time, (n,), or evenly thinned.
    cofactors
        Cofactor of the asinh scale of each channel: about the width of its noise.
    settings
        What may be chosen.
    """
    settings = settings or Steadiness()
    by_rate, rate = _by_rate(clock, settings)
    by_signal, signals = _by_signal(clock, columns, cofactors, settings)
    count = len(clock.seconds)
    removed = _closed(_union([*by_rate, *by_signal]), count, settings.gap_share)
    return Steady(removed, by_rate, by_signal, rate, signals)


def _by_rate(clock: Clock, settings: Steadiness):
    count = len(clock.seconds)
    size = max(settings.min_rate_block, -(-count // settings.rate_blocks))
    # a block must last several ticks, or its length is only rounding
    size = max(size, int(5 * count / len(clock.ticks))) if len(clock.ticks) < count else size
    starts = _starts(count, size)
    ends = np.append(clock.seconds, clock.seconds[-1])[np.append(starts[1:], count)]
    lasts = np.maximum(ends - clock.seconds[starts], 1e-12 + np.ptp(clock.seconds) * 1e-9)
    sizes = np.diff(np.append(starts, count))
    log_rate = np.log(sizes / lasts)
    noise = max(float(noise_of(log_rate[:, None])[0]), 1 / np.sqrt(size))
    series = log_rate[:, None] / noise
    (changes,) = change_points(series, settings.penalty * np.log(len(series)))
    levels = levels_of(log_rate, changes)
    reach = np.log(settings.rate_tolerance)
    usual = usual_level(levels, reach / 2)
    far = np.log(settings.rate_limit)
    places = []
    for first, end in _runs(np.abs(levels - usual) > reach):
        at_once = _jump(log_rate, first, end) > _ABRUPT * reach
        if not at_once and np.abs(levels[first:end] - usual).max() <= far:
            continue
        low = sharp_edge(clock.seconds, starts, first, usual, levels[first], 2 * size)
        high = sharp_edge(clock.seconds, starts, end, levels[end - 1], usual, 2 * size)
        places.append((low, high))
    course = Course(np.append(starts, count), np.exp(log_rate), float(np.exp(usual)))
    return tuple((a, b) for a, b in places if b > a), course


def _jump(log_rate: np.ndarray, first: int, end: int) -> float:
    """Return the larger jump of a run's two ends: a rate that tires or settles has none."""
    near = max(4, len(log_rate) // 50)
    inside = min(near, end - first)
    ends = [
        (log_rate[first : first + inside], log_rate[max(0, first - near) : first]),
        (log_rate[end - inside : end], log_rate[end : end + near]),
    ]
    jumps = [abs(float(np.median(a) - np.median(b))) for a, b in ends if len(a) and len(b)]
    return max(jumps, default=0.0)


def _by_signal(clock, columns, cofactors, settings):
    count = len(clock.seconds)
    held = min((len(values) for values in columns.values()), default=0)
    size = max(settings.min_signal_block, -(-held // settings.signal_blocks))
    starts = _starts(held, size) * -(-count // max(held, 1))
    quantiles = {
        name: np.arcsinh(_block_quantiles(values, size) / cofactors[name])
        for name, values in columns.items()
    }
    series, table, noise = _that_move(quantiles)
    if not series:
        return (), {}
    usual, off = _levels_off(table, noise, settings)
    away = np.clip((table - usual) / noise, -3 * _STRAY, 3 * _STRAY)
    runs = _runs(off.any(axis=1))
    places = tuple(_widened(run, away, off, starts, count) for run in runs)
    strays = (np.abs(away) * off).sum(axis=0)
    straying = dict(zip(series, strays.tolist(), strict=True))
    return places, _signals(quantiles, straying, np.append(starts, count), cofactors)


def _that_move(quantiles: Mapping[str, np.ndarray]) -> tuple[list, np.ndarray, np.ndarray]:
    """Return (channel, number of its quantile), values and noise of the series of all channels.

    A quantile that hardly ever moves, such as that of a channel at its end, says nothing.
    """
    if not quantiles:
        return [], np.empty((0, 0)), np.empty(0)
    table = np.concatenate(list(quantiles.values()), axis=1)
    names = [(name, number) for name, one in quantiles.items() for number in range(one.shape[1])]
    noise = noise_of(table)
    moves = noise > _STILL
    kept = [name for name, moving in zip(names, moves, strict=True) if moving]
    return kept, table[:, moves], noise[moves]


def _levels_off(table, noise, settings) -> tuple[np.ndarray, np.ndarray]:
    """Return the usual level of each series, and the blocks whose level is another one."""
    scaled = np.clip((table - np.median(table, axis=0)) / noise, -_STRAY, _STRAY)
    penalty = settings.penalty * np.log(scaled.size)
    off = np.zeros(table.shape, dtype=bool)
    usual = np.empty(table.shape[1])
    for number, changes in enumerate(change_points(scaled, penalty)):
        levels = levels_of(table[:, number], changes)
        usual[number] = usual_level(levels, settings.signal_tolerance / 2)
        off[:, number] = np.abs(levels - usual[number]) > settings.signal_tolerance
    return usual, off


def _signals(quantiles, straying, starts, cofactors) -> dict[str, Course]:
    """Return the course of each channel, those that stray furthest first."""
    numbers = range(len(_QUANTILES))
    # the median where none strays
    order = sorted(numbers, key=lambda number: abs(_QUANTILES[number] - 0.5))
    courses = {}
    for name, values in quantiles.items():
        strays = [straying.get((name, number), 0.0) for number in numbers]
        shown = max(order, key=strays.__getitem__)
        course, share = values[:, shown], _QUANTILES[shown]
        usual = float(np.median(course))
        courses[name] = Course(starts, course, usual, sum(strays), share, cofactors[name])
    return dict(sorted(courses.items(), key=lambda one: -one[1].stray))


def _widened(run, away, off, starts, count):
    """Take in what drifts towards an unsteady run, along the direction in which it strays."""
    first, end = run
    towards = np.where(off[first:end].any(axis=0), away[first:end].mean(axis=0), 0.0)
    length = float(np.sqrt((towards**2).sum()))
    if length == 0:
        return int(starts[first]), int(np.append(starts, count)[end])
    course = away @ (towards / length)
    low = onset(course, first, end)
    high = len(course) - onset(course[::-1], len(course) - end, len(course) - first)
    low, high = _with_what_strays(run, (low, high), away, off)
    bounds = np.append(starts, count)
    return int(bounds[low]), int(bounds[high])


def _with_what_strays(run, found, away, off) -> tuple[int, int]:
    """Keep an end of a run that strays by itself, in another way than the run as a whole."""
    (first, end), (low, high) = run, found
    if high <= low:
        return run
    if low > first and _strays(away[first:low], off[first:low]):
        low = first
    if high < end and _strays(away[high:end], off[high:end]):
        high = end
    return low, high


def _strays(away: np.ndarray, off: np.ndarray) -> bool:
    means = np.abs(away.mean(axis=0))[off.any(axis=0)]
    return bool(len(means)) and float(means.max()) * np.sqrt(len(away)) > _CERTAIN


def _starts(count: int, size: int) -> np.ndarray:
    blocks = max(1, count // size)
    return np.arange(blocks) * size


def _block_quantiles(values: np.ndarray, size: int) -> np.ndarray:
    """Return the quantiles of each block, (blocks, quantiles); what is left over is left out."""
    blocks = max(1, len(values) // size)
    body = values[: blocks * size].reshape(blocks, size)
    places = [min(size - 1, int(share * size)) for share in _QUANTILES]
    return np.partition(body, places, axis=1)[:, places].astype(float)


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    ends = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(ends[::2], ends[1::2], strict=True)]


def _union(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, end in sorted(places):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif end > first:
            joined.append((first, end))
    return joined


def _closed(places, count: int, share: float) -> tuple[tuple[int, int], ...]:
    """Drop steady stretches too short to stand between two that are not."""
    joined: list[tuple[int, int]] = []
    for first, end in places:
        before = joined[-1][1] if joined else None
        if before is not None and first - before < share * count:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((first, end))
    return tuple(joined)
