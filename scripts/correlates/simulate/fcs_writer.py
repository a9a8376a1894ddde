"""Write FCS 3.1 list-mode files of single-precision floats.

Source: Data File Standard for Flow Cytometry, version FCS 3.1, Cytometry A 2010;77:97.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from correlates.tables import whole_file

_DELIMITER = "\x0c"
_HEADER_BYTES = 58
_LARGEST_HEADER_OFFSET = 99_999_999
_CRC_NOT_COMPUTED = b"00000000"


def spillover_keyword(channels: Sequence[str], matrix: np.ndarray) -> str:
    """Return the value of ``$SPILLOVER``: count, channel names, coefficients row by row."""
    cells = [f"{value:.6g}" for value in np.asarray(matrix).ravel()]
    return ",".join([str(len(channels)), *channels, *cells])


def write_fcs(
    path: str | Path,
    events: np.ndarray,
    channels: Sequence[str],
    markers: Mapping[str, str],
    keywords: Mapping[str, str],
    detector_range: int,
) -> None:
    """Write one FCS 3.1 file.

    Parameters
    ----------
    path
        Where the file shall stand; it appears whole or not at all.
    events
        Values as read by the instrument, shape (events, channels).
    channels
        ``$PnN`` in the order of the columns.
    markers
        ``$PnS`` by channel, where there is one.
    keywords
        Further keywords, standard ones with their ``$``.
    detector_range
        ``$PnR`` of every channel.

    Raises
    ------
    ValueError
        If the shape does not fit the channels, or a keyword or value is empty or holds the
        delimiter.
    """
    if events.ndim != 2 or events.shape[1] != len(channels):
        msg = f"events of shape {events.shape} do not fit {len(channels)} channels"
        raise ValueError(msg)
    data = np.ascontiguousarray(events, dtype="<f4").tobytes()
    fixed = _required_keywords(events.shape, channels, markers, detector_range) | dict(keywords)
    _check(fixed)
    text, data_start = _place_text(fixed, len(data))
    data_end = data_start + len(data) - 1 if data else 0
    text_end = _HEADER_BYTES + len(text) - 1
    offsets = [_HEADER_BYTES, text_end, data_start, data_end, 0, 0]
    if data_end > _LARGEST_HEADER_OFFSET:
        offsets[2:4] = 0, 0
    header = "FCS3.1    " + "".join(f"{offset:>8}" for offset in offsets)
    with whole_file(path, "wb") as stream:
        stream.write(header.encode("ascii"))
        stream.write(text)
        stream.write(b" " * (data_start - text_end - 1))
        stream.write(data)
        stream.write(_CRC_NOT_COMPUTED)


def _required_keywords(
    shape: tuple[int, int],
    channels: Sequence[str],
    markers: Mapping[str, str],
    detector_range: int,
) -> dict[str, str]:
    keywords = {
        "$BEGINANALYSIS": "0",
        "$ENDANALYSIS": "0",
        "$BEGINSTEXT": "0",
        "$ENDSTEXT": "0",
        "$NEXTDATA": "0",
        "$BYTEORD": "1,2,3,4",
        "$DATATYPE": "F",
        "$MODE": "L",
        "$PAR": str(shape[1]),
        "$TOT": str(shape[0]),
    }
    for number, channel in enumerate(channels, start=1):
        keywords[f"$P{number}N"] = channel
        if channel in markers:
            keywords[f"$P{number}S"] = markers[channel]
        keywords[f"$P{number}B"] = "32"
        keywords[f"$P{number}E"] = "0,0"
        keywords[f"$P{number}G"] = "1"
        keywords[f"$P{number}R"] = str(detector_range)
    return keywords


def _check(keywords: Mapping[str, str]) -> None:
    wrong = [
        key for key, value in keywords.items() if not key or not value or _DELIMITER in key + value
    ]
    if wrong:
        msg = f"keywords that are empty or hold the delimiter: {', '.join(map(repr, wrong))}"
        raise ValueError(msg)


def _place_text(keywords: Mapping[str, str], data_bytes: int) -> tuple[bytes, int]:
    """Return the TEXT segment and the offset of DATA, which the segment itself states."""
    data_start = 0
    while True:
        data_end = data_start + data_bytes - 1 if data_bytes else 0
        stated = {"$BEGINDATA": str(data_start), "$ENDDATA": str(data_end)} | dict(keywords)
        pairs = [part for pair in stated.items() for part in pair]
        text = (_DELIMITER + _DELIMITER.join(pairs) + _DELIMITER).encode("utf-8")
        needed = -(-(_HEADER_BYTES + len(text)) // 64) * 64
        if needed <= data_start:
            return text, data_start
        data_start = needed
