"""The time of acquisition of each event: what the Time channel gives, made fit for flow rates."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

NO_TIME = "no_time_channel"
CONSTANT = "time_is_constant"
BACKWARDS = "time_runs_backwards"
NO_NUMBER = "time_is_no_number"
COARSE = "time_too_coarse"
FEW = "too_few_events_over_time"

# Some electronics hand events over a little out of order; a clock that is set back or overflows
# goes back by more than this share of the acquisition.
_JITTER = 0.005
_FEWEST_TICKS = 40


@dataclass(frozen=True)
class Clock:
    """When events were acquired.

    Parameters
    ----------
    seconds
        Time of each event in the order of time, float64, (n,). Events of one tick are spread evenly
        over it, so that rates can be told within less than a few ticks.
    ticks
        Distinct values of the Time channel, ascending, (k,).
    first
        Place in ``seconds`` of each tick's first event, (k,).
    order
        Event number of each place; None where the file's order is that of time.
    """

    seconds: np.ndarray
    ticks: np.ndarray
    first: np.ndarray
    order: np.ndarray | None = None

    def edge(self, place: int) -> tuple[int, float | None]:
        """Return the tick that begins nearest to a place, and a time between it and the one before.

        Returns
        -------
        The place where that tick begins, and the time: None before the first event and after the
        last, where nothing bounds it.
        """
        after = int(np.searchsorted(self.first, place))
        if after > 0 and (
            after == len(self.first) or place - self.first[after - 1] < self.first[after] - place
        ):
            after -= 1
        if place >= len(self.seconds):
            return len(self.seconds), None
        if after == 0:
            return 0, None
        return int(self.first[after]), float(self.ticks[after - 1] + self.ticks[after]) / 2

    def moments(self, places: Iterable[np.ndarray]) -> "Moments":
        """Return the times of some places, and of the first and the last."""
        last = len(self.seconds) - 1
        wanted = np.concatenate([[0, last], *places]).astype(np.int64)
        kept = np.unique(np.minimum(wanted, last))
        return Moments(kept, self.seconds[kept])


@dataclass(frozen=True)
class Moments:
    """What is kept of a clock, which holds a number for every event.

    Parameters
    ----------
    places
        Places in the order of time, ascending, the first and the last among them, (m,).
    seconds
        Their times, (m,).
    """

    places: np.ndarray
    seconds: np.ndarray

    def at(self, places: np.ndarray) -> np.ndarray:
        """Return the times of places that were kept; of those beyond the last, its."""
        return self.seconds[np.searchsorted(self.places, np.minimum(places, self.places[-1]))]


def read_clock(time: np.ndarray | None, min_events: int = 500) -> tuple[Clock | None, str]:
    """Return the clock of a file, or None and the reason why it has none that can be used.

    Parameters
    ----------
    time
        Values of the Time channel in the file's order, (n,); None where there is no such channel.
    min_events
        Fewest events whose rate can be judged.
    """
    if time is None:
        return None, NO_TIME
    if len(time) < min_events:
        return None, FEW
    steps = np.diff(time)
    span = float(time.max() - time.min())
    if not np.isfinite(span):
        return None, NO_NUMBER
    if span <= 0:
        return None, CONSTANT
    order = None
    if steps.min() < 0:
        # behind the latest time before it: many small steps back are a long way too
        if float((np.maximum.accumulate(time) - time).max()) > _JITTER * span:
            return None, BACKWARDS
        order = np.argsort(time, kind="stable")
        time = time[order]
        steps = np.diff(time)
    first = np.concatenate([[0], np.flatnonzero(steps > 0) + 1])
    ticks = time[first].astype(float)
    if len(ticks) < _FEWEST_TICKS:
        return None, COARSE
    return Clock(_spread(ticks, first, len(time)), ticks, first, order), ""


def _spread(ticks: np.ndarray, first: np.ndarray, count: int) -> np.ndarray:
    """Spread the events of each tick evenly over the time that a tick lasts."""
    if len(ticks) == count:
        return ticks
    # A tick lasts until the next begins, but no longer than the shortest: a gap is a gap.
    length = float(np.diff(ticks).min())
    sizes = np.diff(np.append(first, count))
    within = (np.arange(count) - np.repeat(first, sizes) + 0.5) / np.repeat(sizes, sizes)
    return np.repeat(ticks, sizes) + within * length
