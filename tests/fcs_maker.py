"""Write FCS files for tests, right ones and, by overriding what the writer states, broken ones."""

import numpy as np

HEADER_BYTES = 58


def make_fcs(
    events,
    names,
    *,
    datatype="F",
    bits=None,
    big_endian=True,
    version="FCS3.1",
    keywords=None,
    delimiter="/",
    escape=True,
    header_data=None,
    supplement=None,
    trailing=b"",
):
    """Return the bytes of an FCS file.

    Parameters
    ----------
    events
        Array (events, channels), written as they are (nothing is rescaled).
    names
        Channel names.
    datatype, bits
        ``$DATATYPE`` and, per channel, the width in bits (32 for F, 64 for D, else 16).
    keywords
        Further keywords, or other values for those that the writer sets; None leaves one out.
    escape
        Double delimiters in values, as the standard has it.
    header_data
        First and last byte of the data as stated in the HEADER, if not the right ones.
    supplement
        Keywords of a supplemental TEXT segment, written after the data.
    trailing
        Bytes after everything else.
    """
    events = np.asarray(events)
    bits = bits or [{"F": 32, "D": 64}.get(datatype, 16)] * len(names)
    data = pack(events, datatype, bits, big_endian)
    stated = _stated(events, names, datatype, bits, big_endian) | dict(keywords or {})
    more = b"" if supplement is None else _text(supplement, delimiter, escape)
    text = _text(stated, delimiter, escape)
    for _ in range(2):  # offsets have a fixed width, so the second pass is final
        begin = HEADER_BYTES + len(text)
        end = begin + len(data) - 1
        places = {"$BEGINDATA": f"{begin:010d}", "$ENDDATA": f"{end:010d}"}
        if more:
            places |= {"$BEGINSTEXT": f"{end + 1:010d}", "$ENDSTEXT": f"{end + len(more):010d}"}
        text = _text(places | stated, delimiter, escape)
    in_header = (begin, end) if end <= 99_999_999 else (0, 0)  # eight digits are all there is
    spans = (HEADER_BYTES, HEADER_BYTES + len(text) - 1, *(header_data or in_header), 0, 0)
    header = f"{version}    " + "".join(f"{place:>8}" for place in spans)
    return header.encode() + text + data + more + trailing


def pack(events, datatype, bits, big_endian=True):
    """Return the DATA segment."""
    if datatype in "FD":
        order = ">" if big_endian else "<"
        return np.asarray(events).astype(f"{order}f{8 if datatype == 'D' else 4}").tobytes()
    order = "big" if big_endian else "little"
    return b"".join(
        int(value).to_bytes(width // 8, order)
        for event in events
        for value, width in zip(event, bits, strict=True)
    )


def _stated(events, names, datatype, bits, big_endian):
    stated = {
        "$BEGINANALYSIS": "0",
        "$ENDANALYSIS": "0",
        "$BYTEORD": "4,3,2,1" if big_endian else "1,2,3,4",
        "$DATATYPE": datatype,
        "$MODE": "L",
        "$NEXTDATA": "0",
        "$PAR": str(len(names)),
        "$TOT": str(len(events)),
    }
    for number, (name, width) in enumerate(zip(names, bits, strict=True), start=1):
        stated |= {
            f"$P{number}N": name,
            f"$P{number}B": str(width),
            f"$P{number}R": "262144" if datatype in "FD" else str(2**width),
            f"$P{number}E": "0,0",
        }
    return stated


def _text(keywords, delimiter, escape):
    written = delimiter
    for key, value in keywords.items():
        if value is not None:
            shown = str(value).replace(delimiter, delimiter * 2) if escape else str(value)
            written += f"{key}{delimiter}{shown}{delimiter}"
    return written.encode()
