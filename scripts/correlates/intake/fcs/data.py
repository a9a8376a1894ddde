"""Events of an FCS file: bytes into numbers on the linear scale."""

from pathlib import Path

import numpy as np

from correlates.intake.fcs.channels import INTEGER, Channel, Layout
from correlates.intake.fcs.findings import COPY_AGAIN, ERROR, FcsError, Finding

_CHUNK_EVENTS = 1 << 16


def read_events(
    path: Path, offset: int, count: int, layout: Layout, masks: list[int | None], dtype: np.dtype
) -> np.ndarray:
    """Read events as they are stored, before any scaling.

    Parameters
    ----------
    path, offset, count
        The file, the byte of the first event wanted, how many events.
    layout
        How one event lies in the file.
    masks
        Of each channel: the bits of an integer that count, or None.
    dtype
        ``float32`` or ``float64``, of the result.

    Returns
    -------
    Array (events, channels) in memory of its own. If the file stores this very type, nothing else
    is held; otherwise it is converted piece by piece.

    Raises
    ------
    FcsError
        ``unreadable_file``, ``truncated_data`` if the file became shorter meanwhile.
    """
    shape = (count, len(layout.widths))
    word = layout.word
    if word is not None and word.newbyteorder("=") == dtype:
        values = _from_file(path, word, count * shape[1], offset)
        if not word.isnative:
            values = values.byteswap(inplace=True).view(dtype)
        return values.reshape(shape)
    events = np.empty(shape, dtype)
    for first in range(0, count, _CHUNK_EVENTS):
        piece = events[first : first + _CHUNK_EVENTS]
        start = offset + first * layout.event_bytes
        raw = _from_file(path, np.dtype("u1"), len(piece) * layout.event_bytes, start)
        if word is not None:
            _convert_words(raw.view(word).reshape(piece.shape), masks, piece)
        else:
            _convert_columns(raw.reshape(len(piece), -1), layout, masks, piece)
    return events


def scale_events(
    events: np.ndarray, channels: tuple[Channel, ...], time: int | None, step: float
) -> None:
    """Bring stored values to the linear scale, in place: time step, log amplification, gain.

    Parameters
    ----------
    events
        Array (events, channels).
    channels
        As many as the array has columns.
    time
        Index of the time channel, which has a step and no gain; None if there is none.
    step
        Seconds of one tick.
    """
    for index, channel in enumerate(channels):
        gain = 1.0 if index == time else channel.gain
        if not (channel.decades or gain != 1.0 or (index == time and step != 1.0)):
            continue
        # values that do not belong to the scale may overflow: infinite, as in FlowKit
        with np.errstate(over="ignore", invalid="ignore"):
            values = events[:, index].astype(np.float64)
            if index == time:
                values *= step
            if channel.decades:
                values = 10 ** (channel.decades * values / channel.range) * channel.log_zero
            if gain != 1.0:
                values /= gain
            events[:, index] = values


def _from_file(path: Path, dtype: np.dtype, count: int, offset: int) -> np.ndarray:
    try:
        values = np.fromfile(path, dtype, count, offset=offset)
    except OSError as error:
        message = f"The file cannot be read: {error.strerror or error}."
        raise FcsError(Finding("unreadable_file", message, COPY_AGAIN, ERROR)) from error
    if len(values) < count:
        message = "The file became shorter while it was read."
        raise FcsError(
            Finding("truncated_data", message, "Wait until it is copied, then run again.", ERROR)
        )
    return values


def _convert_words(words: np.ndarray, masks: list[int | None], out: np.ndarray) -> None:
    if any(mask is not None for mask in masks):
        full = int(np.iinfo(words.dtype).max)
        row = np.array([full if mask is None else mask for mask in masks], words.dtype)
        words = words & row
    with np.errstate(invalid="ignore"):  # a signalling NaN in the file
        out[...] = words


def _convert_columns(
    raw: np.ndarray, layout: Layout, masks: list[int | None], out: np.ndarray
) -> None:
    place = 0
    for index, (kind, width) in enumerate(zip(layout.kinds, layout.widths, strict=True)):
        values = _column(raw[:, place : place + width], kind, layout.order)
        if masks[index] is not None:
            values = values & values.dtype.type(masks[index])
        with np.errstate(invalid="ignore"):
            out[:, index] = values
        place += width


def _column(raw: np.ndarray, kind: str, order: str) -> np.ndarray:
    width = raw.shape[1]
    if kind != INTEGER:
        return np.ascontiguousarray(raw).view(f"{order}f{width}")[:, 0]
    word = next(size for size in (1, 2, 4, 8) if size >= width)
    padded = np.zeros((len(raw), word), np.uint8)
    if order == "<":
        padded[:, :width] = raw
    else:
        padded[:, word - width :] = raw
    return padded.view(f"{order}u{word}")[:, 0].astype(f"u{word}")
