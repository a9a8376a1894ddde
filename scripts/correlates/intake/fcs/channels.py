"""The channels of an FCS file and how one event lies in its bytes."""

from dataclasses import dataclass

import numpy as np

from correlates.intake.fcs.findings import ERROR, WARNING, FcsError, Finding
from correlates.intake.fcs.keywords import finite_number, whole_number

EXPORT_AGAIN = "Export the sample again from the cytometer's software as FCS 3.1."
INTEGER, FLOAT, DOUBLE = "I", "F", "D"
_FLOAT_BYTES = {FLOAT: 4, DOUBLE: 8}
_WORDS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Channel:
    """One parameter of the file.

    Parameters
    ----------
    number
        Its number in the file, from 1.
    name
        ``$PnN``, the detector.
    label
        ``$PnS``, mostly the marker; ``""`` if there is none.
    kind
        ``I`` unsigned integer, ``F`` single, ``D`` double precision.
    bits
        Its width in the file (``$PnB``; 32 for ``F`` and 64 for ``D`` whatever the file says).
    range
        ``$PnR``; None if there is none.
    decades, log_zero
        ``$PnE``: value = ``log_zero`` x 10 ** (``decades`` x stored / ``range``); 0, 0 is linear.
    gain
        ``$PnG``, by which stored values are divided.
    """

    number: int
    name: str
    label: str
    kind: str
    bits: int
    range: float | None
    decades: float
    log_zero: float
    gain: float

    @property
    def mask(self) -> int | None:
        """Bits of an integer that count: below the next power of two of the range; None is all."""
        if self.kind != INTEGER or self.range is None or self.range < 2:
            return None
        mask = (1 << (int(self.range) - 1).bit_length()) - 1
        return mask if mask < (1 << self.bits) - 1 else None


@dataclass(frozen=True)
class Layout:
    """How one event lies in the file.

    Parameters
    ----------
    kinds, widths
        Of each channel: ``I``, ``F`` or ``D``, and its bytes.
    order
        ``<`` little endian, ``>`` big endian.
    """

    kinds: tuple[str, ...]
    widths: tuple[int, ...]
    order: str

    @property
    def event_bytes(self) -> int:
        """Bytes of one event."""
        return sum(self.widths)

    @property
    def word(self) -> np.dtype | None:
        """The one type of all values as stored; None if they differ or have no machine type."""
        if len(set(zip(self.kinds, self.widths, strict=True))) > 1 or self.widths[0] not in _WORDS:
            return None
        letter = "u" if self.kinds[0] == INTEGER else "f"
        return np.dtype(f"{self.order}{letter}{self.widths[0]}")


def read_channels(keywords: dict[str, str]) -> tuple[tuple[Channel, ...], list[Finding]]:
    """Return the channels in file order, and what was odd about them.

    Raises
    ------
    FcsError
        ``missing_keyword``, ``bad_keyword``, ``ascii_data``, ``bit_packed``.
    """
    count = whole_number(_required(keywords, "$PAR"))
    if count is None or count < 1:
        raise FcsError(
            Finding(
                "bad_keyword", "$PAR does not give the number of channels.", EXPORT_AGAIN, ERROR
            )
        )
    if count > len(keywords):
        message = f"$PAR promises {count:,} channels, which the file does not describe."
        raise FcsError(Finding("missing_keyword", message, EXPORT_AGAIN, ERROR))
    findings: list[Finding] = []
    channels = tuple(_read_channel(keywords, n, findings) for n in range(1, count + 1))
    widths = {channel.bits for channel in channels if channel.kind == INTEGER}
    if 24 in widths:
        message = "Values are stored as 24-bit integers, which few programs read; they are decoded."
        remedy = "Compare one histogram with the cytometer's software before relying on the file."
        findings.append(Finding("integer_24bit", message, remedy, WARNING))
    mixed = len({(channel.kind, channel.bits) for channel in channels}) > 1
    if mixed or widths - {8, 16, 24, 32, 64}:
        found = ", ".join(map(str, sorted({channel.bits for channel in channels})))
        message = f"Channels are stored in unusual or differing widths ({found} bits); decoded."
        remedy = "Compare one histogram with the cytometer's software before relying on the file."
        findings.append(Finding("odd_width", message, remedy, WARNING))
    return channels, findings


def read_layout(keywords: dict[str, str], channels: tuple[Channel, ...]) -> Layout:
    """Return how one event lies in the file.

    Raises
    ------
    FcsError
        ``missing_keyword``, or ``byte_order`` if it is neither little nor big endian.
    """
    widths = tuple(channel.bits // 8 for channel in channels)
    text = keywords.get("$BYTEORD", "1") if set(widths) == {1} else _required(keywords, "$BYTEORD")
    places = [whole_number(place) for place in text.split(",")]
    if places == list(range(1, len(places) + 1)):
        order = "<"
    elif places == list(range(len(places), 0, -1)):
        order = ">"
    else:
        message = f"The byte order {text!r} is neither ascending nor descending."
        raise FcsError(Finding("byte_order", message, EXPORT_AGAIN, ERROR))
    return Layout(tuple(channel.kind for channel in channels), widths, order)


def _read_channel(keywords: dict[str, str], number: int, findings: list[Finding]) -> Channel:
    prefix = f"$P{number}"
    kind = keywords.get(f"{prefix}DATATYPE", _required(keywords, "$DATATYPE")).strip().upper()
    if kind == "A":
        message = "Values are stored as text ($DATATYPE A), which is not read."
        raise FcsError(Finding("ascii_data", message, EXPORT_AGAIN, ERROR))
    if kind not in (INTEGER, FLOAT, DOUBLE):
        message = f"$DATATYPE of channel {number} is {kind!r}; I, F and D are read."
        raise FcsError(Finding("bad_keyword", message, EXPORT_AGAIN, ERROR))
    name = keywords.get(f"{prefix}N", "").strip()
    if not name:
        name = f"P{number}"
        message = f"Channel {number} has no name ($P{number}N) and is called {name}."
        findings.append(Finding("unnamed_channel", message, EXPORT_AGAIN, WARNING))
    decades, log_zero = _amplification(keywords.get(f"{prefix}E"), number, kind, findings)
    span = finite_number(keywords.get(f"{prefix}R"))
    if decades and not span:
        message = f"Channel {number} is on a log scale without a range ($P{number}R)."
        raise FcsError(Finding("missing_keyword", message, EXPORT_AGAIN, ERROR))
    return Channel(
        number=number,
        name=name,
        label=keywords.get(f"{prefix}S", "").strip(),
        kind=kind,
        bits=_bits(keywords, number, kind),
        range=span,
        decades=decades,
        log_zero=log_zero,
        gain=_gain(keywords.get(f"{prefix}G"), number, findings),
    )


def _bits(keywords: dict[str, str], number: int, kind: str) -> int:
    if kind != INTEGER:
        return 8 * _FLOAT_BYTES[kind]
    text = _required(keywords, f"$P{number}B")
    bits = whole_number(text)
    if bits is None or not 1 <= bits <= 64:
        message = f"$P{number}B, the width of channel {number}, is {text!r}."
        raise FcsError(Finding("bad_keyword", message, EXPORT_AGAIN, ERROR))
    if bits % 8:
        message = f"Channel {number} is packed into {bits} bits, not whole bytes."
        raise FcsError(Finding("bit_packed", message, EXPORT_AGAIN, ERROR))
    return bits


def _amplification(
    text: str | None, number: int, kind: str, findings: list[Finding]
) -> tuple[float, float]:
    if text is None or not text.strip():
        return 0.0, 0.0
    parts = [finite_number(part) for part in text.split(",")]
    if len(parts) != 2 or None in parts or min(parts) < 0:
        message = f"$P{number}E, the amplification of channel {number}, is {text!r}."
        if kind == INTEGER:
            raise FcsError(Finding("bad_keyword", message, EXPORT_AGAIN, ERROR))
        findings.append(Finding("bad_keyword", f"{message} Taken as linear.", EXPORT_AGAIN))
        return 0.0, 0.0
    decades, log_zero = parts
    if decades and kind != INTEGER:
        message = (
            f"Channel {number} holds floating-point numbers, yet its amplification ($P{number}E "
            f"{text.strip()}) is logarithmic; it is converted, as FlowKit does."
        )
        remedy = "Look at its plot: if the scale is absurd, export the sample again as FCS 3.1."
        findings.append(Finding("log_amplified_float", message, remedy))
    return decades, log_zero or (1.0 if decades else 0.0)


def _gain(text: str | None, number: int, findings: list[Finding]) -> float:
    if text is None or not text.strip():
        return 1.0
    gain = finite_number(text)
    if gain is None:
        message = f"$P{number}G, the gain of channel {number}, is {text!r}; taken as 1."
        findings.append(Finding("bad_keyword", message, EXPORT_AGAIN))
    return gain or 1.0


def _required(keywords: dict[str, str], name: str) -> str:
    if name not in keywords:
        message = f"The keyword {name} is missing, without which the data cannot be read."
        raise FcsError(Finding("missing_keyword", message, EXPORT_AGAIN, ERROR))
    return keywords[name]
