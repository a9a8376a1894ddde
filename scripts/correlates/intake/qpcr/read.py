"""Any qPCR file as a table of the schema, told by its content and not by its ending."""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from correlates.intake.qpcr.exports import export_table, is_export
from correlates.intake.qpcr.rdml import is_rdml_text
from correlates.intake.qpcr.rdml_table import rdml_table
from correlates.intake.qpcr.tidy import tidy_table
from correlates.intake.qpcr.words import RUN_CYCLES
from correlates.intake.sheets.dates import hide_dates
from correlates.intake.sheets.headers import column_of
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.tabular import TextTable, decode_sheet, read_text_table
from correlates.intake.sheets.values import number_of
from correlates.problems import Problem

# What a folder of plates is searched for: what can be read, and what is refused with a remedy.
ENDINGS = (".tsv", ".csv", ".txt", ".rdml", ".rdm", ".xml", ".eds", ".xlsx", ".xls", ".lc96p")
_TEXT_EXPORT = "In its software: Export, 'Results' as text (.txt) or CSV; or save the run as RDML."
_ZIPPED = {
    "apldbio": "an instrument's run file (.eds)",
    "xl/": "an Excel workbook (.xlsx)",
}
_UNNAMED = re.compile(r"[^A-Za-z0-9.+-]+")


def read_qpcr_table(path: str | Path, name: str) -> TextTable:
    """Read one qPCR file; what cannot be read is a problem, never an exception.

    Parameters
    ----------
    path
        A table in TSV or CSV form, a text export of QuantStudio, ViiA 7, StepOne, 7500 or CFX, or
        RDML (1.0 to 1.4, zipped or not).
    name
        The file as the user named it, for messages.

    Returns
    -------
    A table in columns of the schema ``qpcr``; an undetermined Cq is empty. Of an instrument's file,
    labels name its own columns, and rows are lines of the file (of RDML, its reactions in order).
    """
    path = Path(path)
    problems: list[Problem] = []
    plate = _plate(path, name, problems)
    try:
        kind = _kind(path)
    except OSError:
        # the reader of tables says that it cannot be read
        kind = "text"
    if kind in _ZIPPED.values():
        problems.append(Problem(name, f"this is {kind}, which is not read", _TEXT_EXPORT))
        return TextTable([], 0, [], problems)
    if kind == "rdml":
        return _with_typed_told(rdml_table(path, name, plate, problems), name)
    text = decode_sheet(path, name, told := []) if kind == "text" else None
    if text is not None and is_export(text):
        return _with_typed_told(export_table(text, name, plate, problems + told), name)
    table = tidy_table(read_text_table(path, name), plate)
    is_named = (None, "plate") not in table.labels
    table = replace(table, problems=([] if is_named else problems) + table.problems)
    return _with_typed_told(table, name)


def _kind(path: Path) -> str:
    """Return ``rdml``, ``text`` or what a zipped file is."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    if not start.startswith(b"PK"):
        return "rdml" if is_rdml_text(start) else "text"
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        # broken, or of a kind of zip that the reader will name
        return "rdml"
    found = (kind for mark, kind in _ZIPPED.items() if any(one.startswith(mark) for one in names))
    return next(found, "rdml")


def _plate(path: Path, name: str, problems: list[Problem]) -> str:
    """Return the file's name as that of its plate; a date in it is not shown."""
    stem = path.stem
    if hide_dates(stem) != stem:
        plate = f"plate-{hashlib.sha256(stem.encode()).hexdigest()[:6]}"
        problem = f"the file's name holds a date; its plate is called {plate}, as results show it"
        remedy = "Nothing need be done; or rename the file."
        problems.append(Problem(name, problem, remedy, stops="nothing"))
        return plate
    return _UNNAMED.sub("_", stem).strip("_") or "plate"


def _with_typed_told(table: TextTable, name: str) -> TextTable:
    """Warn of a Cq that is exactly a run's number of cycles, as people type it."""
    return replace(table, problems=[*table.problems, *_typed(table, name)])


def _typed(table: TextTable, name: str) -> Iterator[Problem]:
    schema = load_schema("qpcr")
    place = next((n for n, one in enumerate(table.header) if column_of(one, schema) == "cq"), None)
    for number, fields in table.rows if place is not None else ():
        text = fields[place] if place < len(fields) else ""
        if number_of(text) in RUN_CYCLES:
            problem = "this is exactly a number of cycles, as it is typed for 'undetermined'"
            remedy = (
                "Leave the field empty where nothing was amplified: as a number it is used as if "
                "it had been measured."
            )
            column = table.header[place]
            yield Problem(name, problem, remedy, number, column, text, stops="nothing")
