"""Events at the edge of a detector: their true value is not known, only that it lies beyond."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import Dimension
from correlates.flow.quality.channels import in_flag, is_scatter, top_of

# A value this near to the end of the range is at its end: pulses are summed with a little noise.
_EDGE = 0.999
# Scatter that is no more than this share of the range is none.
_NOTHING = 1e-6
# From this many events on what is at the end of a dye's detector is a population: that of the LLOQ.
_FLAG_EVENTS = 50
# Even scatter that most events saturate says that the range is stated wrongly.
_MOST = 0.5


@dataclass(frozen=True)
class Margins:
    """Where the edges lie, and what is to be known of them.

    Parameters
    ----------
    dimensions
        Each channel with what lies between its edges, as read and not compensated.
    saturated
        Share of the events at the upper edge, of each channel where it is worth a flag.
    kept
        Those of them that are not cut on, since too many events are there to be strays.
    """

    dimensions: tuple[Dimension, ...]
    saturated: dict[str, float]
    kept: tuple[str, ...]

    @property
    def flags(self) -> list[str]:
        """``saturated_<channel>`` of each channel where many events saturate."""
        return [f"saturated_{in_flag(name)}" for name in self.saturated]


def find_margins(
    events: Events,
    channels: Sequence,
    members: np.ndarray | None = None,
    max_share: float = 0.1,
    flag_share: float = 0.01,
) -> Margins:
    """Find the edges of channels, and which of them too many events reach.

    Parameters
    ----------
    events
        The file's events; read once.
    channels
        The file's channels to look at.
    members
        Which events to judge by, bool, (n_events,); None is all of them.
    max_share
        Largest share of events at the upper edge of a fluorescence channel that is cut off: more
        are a bright population, and cutting it off would bias every count of it.
    flag_share
        Smallest share that is flagged; of a fluorescence channel 50 events are flagged too.

    Returns
    -------
    Channels without an event at an edge have no dimension.
    """
    tops = np.array([top_of(channel) for channel in channels])
    above, below, count = _at_edges(events, channels, tops, members)
    dimensions, saturated, kept = [], {}, []
    for channel, top, high, low in zip(channels, tops, above, below, strict=True):
        share, scatter = high / max(1, count), is_scatter(channel.name)
        # A rare bright population may lie there whole: what it loses is seen in events.
        is_bright = not scatter and high >= _FLAG_EVENTS
        if high and (share >= flag_share or is_bright):
            saturated[channel.name] = share
        is_cut = high > 0 and share <= (_MOST if scatter else max_share)
        if high and not is_cut:
            kept.append(channel.name)
        has_none = scatter and 0 < low <= _MOST * count
        if is_cut or has_none:
            least = float(_NOTHING * top) if has_none else None
            most = float(_EDGE * top) if is_cut else None
            dimensions.append(Dimension(channel.name, minimum=least, maximum=most))
    return Margins(tuple(dimensions), saturated, tuple(kept))


def _at_edges(events: Events, channels: Sequence, tops: np.ndarray, members):
    """Count the events at the upper and at the lower edge of each channel, and all looked at."""
    places = [events.column(channel.name) for channel in channels]
    above = np.zeros(len(places), dtype=int)
    below = np.zeros(len(places), dtype=int)
    count = 0
    for start, block in events.blocks():
        if members is not None:
            block = block[members[start : start + len(block)]]
        count += len(block)
        for number, place in enumerate(places):
            above[number] += np.count_nonzero(block[:, place] >= _EDGE * tops[number])
            below[number] += np.count_nonzero(block[:, place] < _NOTHING * tops[number])
    return above.tolist(), below.tolist(), count


def chosen(channels: Sequence, which: str) -> list:
    """Return the channels of a kind: ``all``, ``scatter`` or ``fluorescence``."""
    if which == "all":
        return list(channels)
    return [one for one in channels if is_scatter(one.name) == (which == "scatter")]
