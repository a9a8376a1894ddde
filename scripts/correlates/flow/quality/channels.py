"""Which channels of a file are looked at, and how far each one's detector reaches."""

import re
from collections.abc import Collection, Iterable, Sequence

from correlates.flow.templates.panel import names_itself

_USUAL_RANGE = 262144.0
# The asinh cofactor of a channel as a share of its range: about the noise of a dim signal.
_NOISE_SHARE = 150 / 262144


def time_name(channels: Iterable) -> str | None:
    """Return the name of the Time channel, the last if several; None if there is none."""
    found = [channel.name for channel in channels if channel.name.lower() == "time"]
    return found[-1] if found else None


def is_scatter(name: str) -> bool:
    """Tell whether a channel is light scatter."""
    return names_itself(name) and name.lower() != "time"


def watched(channels: Sequence, stained: Collection[str]) -> list:
    """Return the channels whose signal matters: scatter, and those that the panel stains.

    Parameters
    ----------
    channels
        Of the file, with ``name``.
    stained
        Names of the file's channels that hold a marker.
    """
    names = {name for name in stained if name.lower() != "time"}
    return [one for one in channels if is_scatter(one.name) or one.name in names]


def top_of(channel) -> float:
    """Return the largest linear value that a channel's detector can give.

    Parameters
    ----------
    channel
        With ``range``, and where the file says so ``decades``, ``log_zero`` and ``gain``.
    """
    span = float(channel.range or _USUAL_RANGE)
    decades, gain = getattr(channel, "decades", 0.0), getattr(channel, "gain", 1.0) or 1.0
    last = span - 1 if span >= 2 else span
    if decades:
        return channel.log_zero * 10 ** (decades * last / span) / gain
    return last / gain


def cofactor_of(channel) -> float:
    """Return the cofactor of the asinh scale on which a channel's course is looked at."""
    if getattr(channel, "decades", 0.0):
        return 5.0 * channel.log_zero / (channel.gain or 1.0)
    return top_of(channel) * _NOISE_SHARE


def in_flag(name: str) -> str:
    """Return a channel's name as a part of a flag, which holds no blank and no semicolon."""
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", name).strip("-")
