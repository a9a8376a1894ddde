"""A sheet's bytes as rows of text: encoding, separator, quotes and blank lines."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from correlates.problems import Problem

SEPARATORS = ("\t", ",", ";")
_SAVE_AS = "In the spreadsheet program: Save as, 'CSV UTF-8' or 'Text (tab delimited)'."
_WORKBOOKS = {b"PK\x03\x04": "an Excel workbook (.xlsx)", b"\xd0\xcf\x11\xe0": "an Excel workbook"}


@dataclass(frozen=True)
class TextTable:
    """A table as it stands in the file.

    Parameters
    ----------
    header
        Fields of the first line that is not blank, stripped.
    header_row
        Its row as a spreadsheet counts it.
    rows
        (row number, stripped fields) of every later line that is not blank.
    problems
        What is wrong with the file as a whole, and with fields that are among ``told``.
    told
        Row number and column of fields of which a problem is noted already.
    labels
        What the user calls a column, by row number (None for all) and column, where the header
        here is not theirs.
    """

    header: list[str]
    header_row: int
    rows: list[tuple[int, list[str]]]
    problems: list[Problem]
    told: frozenset[tuple[int, str]] = frozenset()
    labels: Mapping[tuple[int | None, str], str] = field(default_factory=dict)


def read_text_table(path: str | Path, name: str) -> TextTable:
    """Read a sheet in TSV or CSV form; what cannot be read is a problem, never an exception.

    Parameters
    ----------
    path
        Where the file is.
    name
        The file as the user named it, for messages.
    """
    problems: list[Problem] = []
    text = decode_sheet(Path(path), name, problems)
    if text is None:
        return TextTable([], 0, [], problems)
    first = next((line for line in text.splitlines() if line.strip(" \t,;")), "")
    separator = _separator(first, Path(path).suffix.lower())
    stream = io.StringIO(text, newline="")
    reader = csv.reader(stream, delimiter=separator, skipinitialspace=True)
    lines = []
    try:
        for number, fields in enumerate(reader, start=1):
            stripped = [field.strip() for field in fields]
            if any(stripped):
                lines.append((number, stripped))
    except csv.Error as error:
        remedy = "Look for a quotation mark that is never closed."
        problems.append(Problem(name, f"the sheet cannot be read ({error})", remedy))
    if not lines and not problems:
        problems.append(Problem(name, "the sheet is empty", "Write a header and one line per row."))
    if not lines:
        return TextTable([], 0, [], problems)
    (header_row, header), *rows = lines
    return TextTable(header, header_row, rows, problems)


def decode_sheet(path: Path, name: str, problems: list[Problem]) -> str | None:
    """Return the text of a file, in whatever encoding; None if it is none, with the problem."""
    try:
        content = path.read_bytes()
    except OSError as error:
        remedy = f"Looked for it at {path.absolute()}."
        problems.append(Problem(name, f"the sheet cannot be read ({error.strerror})", remedy))
        return None
    for magic, kind in _WORKBOOKS.items():
        if content.startswith(magic):
            problems.append(Problem(name, f"this is {kind}, not a text table", _SAVE_AS))
            return None
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content:
        problems.append(Problem(name, "this is a binary file, not a text table", _SAVE_AS))
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        problem = "the sheet is not in UTF-8, and was read as Latin-1"
        remedy = "Check letters with accents, and save it as UTF-8."
        problems.append(Problem(name, problem, remedy, stops="nothing"))
        return content.decode("latin-1")


def _separator(line: str, suffix: str) -> str:
    """Return the separator that divides the header most often; the file's ending breaks a tie."""
    preferred = "\t" if suffix in (".tsv", ".txt", ".tab") else ","
    counts = {mark: len(next(csv.reader([line], delimiter=mark), [])) for mark in SEPARATORS}
    return max(SEPARATORS, key=lambda mark: (counts[mark], mark == preferred))
