"""The HEADER and TEXT segments of an FCS file: its version, its keywords, where its data should be.

Source: FCS 3.1, Cytometry A 2010;77A:97 (FCS 2.0, 3.0 and 3.2 differ in what is required only).
"""

import stat
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from correlates.intake.fcs.findings import COPY_AGAIN, ERROR, WARNING, FcsError, Finding
from correlates.intake.fcs.keywords import parse_keywords, whole_number

HEADER_BYTES = 58
MOST_TEXT_BYTES = 1 << 24  # of real files the largest TEXT is well below 1 MB
VERSIONS = ("FCS2.0", "FCS3.0", "FCS3.1", "FCS3.2")
_LFS_POINTER = b"version https://git-lfs"
_OTHER_FORMATS = {
    b"PK": "a ZIP archive (ACS, XLSX)",
    b"\x1f\x8b": "a gzip archive",
    b"<": "XML or a web page",
    b"\x89HDF": "an HDF5 file",
}


@dataclass(frozen=True)
class FcsText:
    """HEADER and TEXT of one data set.

    Parameters
    ----------
    path
        The file.
    size
        Its length, in bytes.
    base
        Where the data set begins; the offsets in it count from there.
    version
        ``FCS3.1`` and the like.
    keywords
        Values by upper-cased keyword, primary and supplemental TEXT together.
    text_span, data_span
        First and last byte of TEXT and of DATA as the HEADER has them; None where it has none.
    findings
        What was odd but readable.
    """

    path: Path
    size: int
    base: int
    version: str
    keywords: dict[str, str]
    text_span: tuple[int, int]
    data_span: tuple[int, int] | None
    findings: tuple[Finding, ...] = field(default=())

    @property
    def next_data(self) -> int:
        """Bytes from this data set to the next; 0 if it is the last."""
        return whole_number(self.keywords.get("$NEXTDATA")) or 0


@contextmanager
def open_fcs(path: Path):
    """Open a file for reading and give it with its size.

    Raises
    ------
    FcsError
        ``unreadable_file`` if it is not there, not a file, or not to be read; also for what fails
        while it is being read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FcsError(
                Finding(
                    "unreadable_file",
                    "This is not a regular file.",
                    "Give the path of an FCS file.",
                    ERROR,
                )
            )
        with path.open("rb") as stream:
            yield stream, status.st_size
    except OSError as error:
        raise FcsError(
            Finding(
                "unreadable_file",
                f"The file cannot be read: {error.strerror or error}.",
                "Check that it is still there and that this account may read it.",
                ERROR,
            )
        ) from error


def read_text(path: str | Path, base: int = 0) -> FcsText:
    """Read HEADER and TEXT of the data set that begins at ``base``.

    Raises
    ------
    FcsError
        ``unreadable_file``, ``empty_file``, ``git_lfs_pointer``, ``not_fcs``,
        ``unknown_version``, ``bad_header``, ``truncated_text``, ``bad_text``.
    """
    path = Path(path)
    with open_fcs(path) as (stream, size):
        head = _read_span(stream, base, base + HEADER_BYTES - 1)
        version = _check_version(head, size)
        text_span, data_span = (_header_span(head, place) for place in (10, 26))
        if text_span is None or text_span[0] < HEADER_BYTES:
            raise FcsError(
                Finding(
                    "bad_header", "The header does not say where the TEXT is.", COPY_AGAIN, ERROR
                )
            )
        if base + text_span[1] >= size:
            raise _truncated_text(size, base + text_span[1] + 1)
        if text_span[1] - text_span[0] >= MOST_TEXT_BYTES:
            raise FcsError(
                Finding("bad_header", "The header makes the TEXT absurdly long.", COPY_AGAIN, ERROR)
            )
        raw = _read_span(stream, base + text_span[0], base + text_span[1])
        keywords, findings = parse_keywords(raw)
        more, about_more = _read_supplement(stream, size, base, keywords, raw[:1], text_span)
    findings += about_more
    return FcsText(
        path, size, base, version, more | keywords, text_span, data_span, tuple(findings)
    )


def read_later_sets(text: FcsText) -> tuple[list[FcsText], list[Finding]]:
    """Read HEADER and TEXT of the data sets that follow in the file, where they can be read."""
    later, findings = [], []
    while text.next_data:
        base = text.base + text.next_data
        try:
            if text.next_data < HEADER_BYTES or base >= text.size:
                raise _truncated_text(text.size, base + HEADER_BYTES)
            text = read_text(text.path, base)
        except FcsError as error:
            message = f"A further data set is announced at byte {base:,}, but cannot be read there."
            remedy = f"If the file should hold one: {error.finding.remedy}"
            findings.append(Finding("next_set_unreadable", message, remedy, WARNING))
            break
        later.append(text)
    return later, findings


def _check_version(head: bytes, size: int) -> str:
    if not size:
        raise FcsError(Finding("empty_file", "The file is empty.", COPY_AGAIN, ERROR))
    if head.startswith(_LFS_POINTER):
        message = "This is a git-lfs pointer, a note about the file and not the file itself."
        raise FcsError(
            Finding("git_lfs_pointer", message, "Fetch the content with `git lfs pull`.", ERROR)
        )
    if not head.startswith(b"FCS"):
        known = [name for magic, name in _OTHER_FORMATS.items() if head.startswith(magic)]
        message = "This is not an FCS file: it does not begin with the letters FCS."
        if known:
            message = f"This is not an FCS file: it looks like {known[0]}."
        remedy = "Export the sample as FCS, or take the file out of the folder."
        raise FcsError(Finding("not_fcs", message, remedy, ERROR))
    if len(head) < HEADER_BYTES:
        raise _truncated_text(size, HEADER_BYTES)
    version = head[:6].decode("latin-1")
    if version not in VERSIONS:
        message = f"The file says it is of version {version!r}; {', '.join(VERSIONS)} are read."
        raise FcsError(
            Finding("unknown_version", message, "Export the sample again as FCS 3.1.", ERROR)
        )
    return version


def _header_span(head: bytes, place: int) -> tuple[int, int] | None:
    start, end = (
        whole_number(head[begin : begin + 8].decode("latin-1")) for begin in (place, place + 8)
    )
    return (start, end) if start and end and start <= end else None


def _truncated_text(size: int, needed: int) -> FcsError:
    message = (
        f"The file ends after {size:,} bytes, before its description does (at least {needed:,})."
    )
    return FcsError(Finding("truncated_text", message, COPY_AGAIN, ERROR))


def _read_span(stream: BinaryIO, start: int, end: int) -> bytes:
    stream.seek(start)
    return stream.read(end - start + 1)


def _read_supplement(stream, size, base, keywords, delimiter, text_span):
    start, end = (whole_number(keywords.get(name)) or 0 for name in ("$BEGINSTEXT", "$ENDSTEXT"))
    if not start or end <= start or (start, end) == text_span:
        return {}, []
    message = "The supplemental TEXT segment is not where $BEGINSTEXT and $ENDSTEXT say."
    if base + end >= size:
        return {}, [Finding("truncated_text", message, COPY_AGAIN, WARNING)]
    end = min(end, start + MOST_TEXT_BYTES)
    raw = _read_span(stream, base + start, base + end)
    try:
        if raw[:1] == delimiter:
            return parse_keywords(raw)
    except FcsError:
        message = "The supplemental TEXT segment is empty."
    return {}, [Finding("bad_supplement", message, COPY_AGAIN, WARNING)]
