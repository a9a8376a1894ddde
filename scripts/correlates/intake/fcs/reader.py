"""Read FCS 2.0, 3.0, 3.1 and 3.2 list-mode files with numpy and the standard library alone.

Values are those that FlowIO and FlowKit give with ``preprocess=True``. Nothing is ever allocated on
the word of a keyword: the number of events is checked against the length of the file first.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from correlates.intake.fcs.channels import (
    EXPORT_AGAIN,
    FLOAT,
    Channel,
    Layout,
    read_channels,
    read_layout,
)
from correlates.intake.fcs.data import read_events, scale_events
from correlates.intake.fcs.findings import ERROR, WARNING, FcsError, Finding
from correlates.intake.fcs.keywords import finite_number
from correlates.intake.fcs.offsets import locate_events
from correlates.intake.fcs.spillover import Spillover, read_spillover
from correlates.intake.fcs.text import FcsText, read_text

__all__ = ["Channel", "FcsError", "FcsFile", "Finding", "Spillover", "interpret", "read_header"]


@dataclass(frozen=True)
class FcsFile:
    """One data set of an FCS file, described but not yet read.

    Parameters
    ----------
    path
        The file.
    version
        ``FCS3.1`` and the like.
    keywords
        Values by upper-cased keyword.
    channels
        In file order.
    layout
        How one event lies in the file.
    n_events
        Number of events; they are all in the file.
    data_start
        Byte of the first event.
    next_data
        ``$NEXTDATA``; not 0 if another data set follows, which is not read.
    spillover
        The file's spillover matrix; None if it has none that can be used.
    time_step
        Seconds of one tick of the time channel (1 where ``$TIMESTEP`` is missing).
    findings
        What was odd but readable.
    """

    path: Path
    version: str
    keywords: dict[str, str]
    channels: tuple[Channel, ...]
    layout: Layout
    n_events: int
    data_start: int
    next_data: int
    spillover: Spillover | None
    time_step: float
    findings: tuple[Finding, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Channel names (``$PnN``) in file order."""
        return tuple(channel.name for channel in self.channels)

    @cached_property
    def time_index(self) -> int | None:
        """Index of the channel called Time, the last if several; None if there is none."""
        found = [index for index, name in enumerate(self.names) if name.lower() == "time"]
        return found[-1] if found else None

    @cached_property
    def dtype(self) -> np.dtype:
        """Type of the events.

        ``float32`` where the file stores it and no channel but Time is rescaled, so that a large
        file takes its own size in memory; otherwise ``float64``, as rescaling needs it to be exact.
        """
        single = all(channel.kind == FLOAT for channel in self.channels)
        rescaled = any(
            channel.decades or channel.gain != 1.0
            for index, channel in enumerate(self.channels)
            if index != self.time_index
        )
        return np.dtype(np.float32 if single and not rescaled else np.float64)

    def events(self, start: int = 0, stop: int | None = None, scale: bool = True) -> np.ndarray:
        """Read events.

        Parameters
        ----------
        start, stop
            First event and the one after the last, as of a slice; None is the end.
        scale
            Bring values to the linear scale (time step, log amplification, gain); otherwise they
            are as stored.

        Returns
        -------
        Array (events, channels) of type `dtype`. Where that is ``float32``, Time is the scaled
        value rounded once (relative error 6e-8); all other values are exact.

        Raises
        ------
        FcsError
            ``unreadable_file`` or ``truncated_data`` if the file changed since it was described.
        """
        first, end, _ = slice(start, stop).indices(self.n_events)
        count = max(0, end - first)
        offset = self.data_start + first * self.layout.event_bytes
        masks = [channel.mask for channel in self.channels]
        events = read_events(self.path, offset, count, self.layout, masks, self.dtype)
        if scale:
            scale_events(events, self.channels, self.time_index, self.time_step)
        return events


def read_header(path: str | Path) -> FcsFile:
    """Describe the first data set of an FCS file; no event is read.

    Raises
    ------
    FcsError
        If the file cannot be used; its ``finding`` says why and what to do.
    """
    return interpret(read_text(path))


def interpret(text: FcsText) -> FcsFile:
    """Describe a data set from its keywords.

    Raises
    ------
    FcsError
        ``histogram_mode``, and all of `read_channels`, `read_layout` and `locate_events`.
    """
    mode = text.keywords.get("$MODE", "L").strip().upper()
    if mode != "L":
        message = f"The file holds histograms ($MODE {mode}), not single events."
        raise FcsError(
            Finding("histogram_mode", message, "Export the sample again in list mode.", ERROR)
        )
    channels, about_channels = read_channels(text.keywords)
    layout = read_layout(text.keywords, channels)
    start, count, about_data = locate_events(text, layout.event_bytes)
    names = tuple(channel.name for channel in channels)
    spillover, about_spillover = read_spillover(text.keywords, names)
    step, about_time = _time_step(text.keywords)
    findings = (*text.findings, *about_channels, *about_data, *about_spillover, *about_time)
    return FcsFile(
        path=text.path,
        version=text.version,
        keywords=text.keywords,
        channels=channels,
        layout=layout,
        n_events=count,
        data_start=start,
        next_data=text.next_data,
        spillover=spillover,
        time_step=step,
        findings=findings,
    )


def _time_step(keywords: dict[str, str]) -> tuple[float, list[Finding]]:
    stated = keywords.get("$TIMESTEP", keywords.get("TIMESTEP", ""))
    if not stated.strip():
        return 1.0, []
    step = finite_number(stated)
    if step is None:
        message = f"$TIMESTEP is {stated.strip()!r}, not a number; time is left in ticks."
        return 1.0, [Finding("bad_keyword", message, EXPORT_AGAIN, WARNING)]
    return step, []
