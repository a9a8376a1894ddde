"""Events that are zero in every channel: never written, or lost with a block of the disk.

Some copying programs reserve the whole room first and fill it from the front, and a damaged disk or
a sparse copy has holes, which read as zeros. Neither shows in the length of the file. A cell gives
light and comes at a time, so that its event is not zero throughout; single ones that are stand in
the files of some instruments all the same.
"""

from correlates.intake.fcs.findings import ERROR, WARNING, Finding
from correlates.intake.fcs.reader import FcsFile
from correlates.intake.fcs.text import open_fcs

# The smallest block that a disk or a network loses holds about as many events.
_FEWEST_IN_A_ROW = 10
# Beyond this share of such events, and more than one, the file is damaged and not odd.
_LARGEST_SHARE = 1e-3
_BLOCK_BYTES = 1 << 16
_TAIL_BYTES = 512
_REMEDY = (
    "If it was still being copied, run again when that has ended; "
    "otherwise copy it again from the cytometer's computer."
)


def check_end(file: FcsFile) -> list[Finding]:
    """Refuse a file whose last events were never written; only its end is read, if it is whole."""
    zeros = trailing_zero_events(file)
    if zeros < _FEWEST_IN_A_ROW and not _is_too_large(zeros, file.n_events):
        return []
    message = (
        f"The last {zeros:,} of {file.n_events:,} events are zero in every channel, scatter and "
        "time included: they were never written, or are lost."
    )
    return [Finding("zero_filled", message, _REMEDY, ERROR)]


def check_share(zeros: int, n_events: int) -> list[Finding]:
    """Judge how many events are zero in every channel, wherever they stand.

    Parameters
    ----------
    zeros
        Number of such events.
    n_events
        Number of all events.

    Returns
    -------
    Nothing for one such event, a warning for more, an error for more than one in a thousand.
    """
    if zeros <= 1:
        return []
    is_damaged = _is_too_large(zeros, n_events)
    message = (
        f"{zeros:,} of {n_events:,} events are zero in every channel"
        f"{': part of the file was never written, or is lost' if is_damaged else ''}."
    )
    if is_damaged:
        return [Finding("zero_filled", message, _REMEDY, ERROR)]
    remedy = "Copy the file again from the cytometer's computer if in doubt."
    return [Finding("zero_events", message, remedy, WARNING)]


def trailing_zero_events(file: FcsFile, at_most: int | None = None) -> int:
    """Count the events at the end of the data whose bytes are all zero.

    Parameters
    ----------
    file
        The file; it is read backwards from the end of its events, as far as there are zeros.
    at_most
        Look at no more events than this; None looks at all.

    Raises
    ------
    FcsError
        ``unreadable_file`` if it vanished meanwhile.
    """
    size = file.layout.event_bytes
    wanted = file.n_events if at_most is None else min(at_most, file.n_events)
    end = file.data_start + file.n_events * size
    start = end - wanted * size
    zeros = 0
    with open_fcs(file.path) as (stream, _):
        while end > start:
            begin = max(start, end - _BLOCK_BYTES)
            stream.seek(begin)
            block = stream.read(end - begin)
            zeros += len(block) - len(block.rstrip(b"\0"))
            if block.strip(b"\0"):
                break
            end = begin
    return zeros // size


def has_empty_tail(stream, size: int) -> bool:
    """Tell whether the last bytes of an open file are all zero, whatever they should hold."""
    stream.seek(max(0, size - _TAIL_BYTES))
    return not stream.read(_TAIL_BYTES).strip(b"\0")


def _is_too_large(zeros: int, n_events: int) -> bool:
    return zeros > max(1.0, _LARGEST_SHARE * n_events)
