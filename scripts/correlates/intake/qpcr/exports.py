"""Text exports of instruments: QuantStudio, ViiA 7, StepOne, 7500, CFX."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from correlates.intake.qpcr.words import (
    decimal_mark,
    is_undetermined,
    plain_number,
    sample_without_no_rt,
    task_of,
    well_name,
)
from correlates.intake.sheets.headers import plain
from correlates.intake.sheets.tabular import SEPARATORS, TextTable
from correlates.problems import Problem

RESULTS = "results"
COLUMNS = ("plate", "well", "sample", "gene", "cq", "task", "std_qty", "excluded", "well_flags")
# The т of "Cт" is Cyrillic, and comes out as other letters where the encoding was lost.
_HEADERS = {
    "well": ("well_position", "well", "position", "pos"),
    "sample": ("sample_name", "sample", "name"),
    "gene": ("target_name", "target", "detector", "detector_name", "gene", "gene_name"),
    "cq": ("ct", "cq", "cт", "cñ", "cò", "crt", "cp", "c"),
    "task": ("task", "content", "type"),
    "std_qty": ("quantity", "starting_quantity_sq", "qty", "standard"),
    "excluded": ("omit", "filtered"),
}
# One of these beside a Cq tells an instrument's table from one that somebody wrote.
_MARKS = frozenset(
    {
        *("well_position", "reporter", "quencher", "fluor", "content", "detector", "amp_status"),
        *("ct_mean", "cq_mean", "cт_mean", "crt_mean", "ct_threshold", "omit"),
    }
)
_STATUS = ("amp_status", "result_quality_issues")
_FINE = frozenset({"", "amp", "n", "no", "none", "false", "n/a"})
_FLAGS = frozenset(
    {
        *("ampnc", "badrox", "blfail", "ctfail", "cqfail", "drnmin", "expfail", "gtnoamp"),
        *("highqt", "highsd", "maxct", "mpoutlier", "mtp", "noamp", "noise", "nosample"),
        *("nosignal", "offscale", "outlierrg", "prfdrop", "prflow", "prfvar", "refnoise"),
        *("spike", "tholdfail"),
    }
)
_SECTION = re.compile(r"\[(.+)\]")
_TRUE = frozenset({"true", "yes", "y", "1", "omit", "x"})
_MOST_PREAMBLE = 400


@dataclass(frozen=True)
class _Table:
    """The lines of an export's table of results, and what its preamble says."""

    header: list[str]
    header_row: int
    rows: list[tuple[int, list[str]]]
    block: str = ""


def is_export(text: str) -> bool:
    """Tell whether a text is an instrument's export rather than a table with a header."""
    lines = [line for line in text.splitlines()[:_MOST_PREAMBLE] if line.strip(' \t,;"')]
    first = lines[0].lstrip(' "') if lines else ""
    if first.startswith(("*", "#")) or plain(first).startswith("block_type"):
        return True
    if any(_section_of(line) for line in lines):
        return True
    return any(_places(fields) and _is_marked(fields) for _, fields in _split(lines))


def export_table(text: str, name: str, plate: str, problems: list[Problem]) -> TextTable:
    """Return the results of an export in the columns of the schema.

    Parameters
    ----------
    text
        The file.
    name
        The file as the user named it, for messages.
    plate
        What the plate is called.
    problems
        What was found wrong so far, which the table takes over.

    Returns
    -------
    One row per well and target, its Cq empty where the instrument says Undetermined; row numbers
    and labels are those of the file. Wells that hold nothing are no rows.
    """
    table = _results(text)
    if table is None:
        problems.append(_no_results(text, name))
        return TextTable([], 0, [], problems)
    places = _places(table.header)
    mark = decimal_mark(_field(fields, places["cq"]) for _, fields in table.rows)
    columns = 24 if "384" in table.block else 12
    flags = _flag_places(table.header)
    rows = [
        (number, row)
        for number, fields in table.rows
        if (row := _row(fields, places, flags, plate, mark, columns)) is not None
    ]
    labels = {(None, column): table.header[place] for column, place in places.items()}
    labels[(None, "plate")] = "the file's name"
    return TextTable(list(COLUMNS), table.header_row, rows, problems, labels=labels)


def _row(
    fields: Sequence[str],
    places: dict[str, int],
    flags: dict[int, str],
    plate: str,
    mark: str | None,
    columns: int,
) -> list[str] | None:
    of = {column: _field(fields, place) for column, place in places.items()}
    if not (of["gene"] or of.get("sample")) and is_undetermined(of["cq"]):
        return None
    task = task_of(of.get("task", ""), of.get("sample", ""))
    quantity = of.get("std_qty", "") if task == "std" else ""
    excluded = "yes" if of.get("excluded", "").lower() in _TRUE else "no"
    sample = of.get("sample", "")
    return [
        *(plate, well_name(of["well"], columns)),
        sample_without_no_rt(sample) if task == "no_rt" else sample,
        of["gene"],
        "" if is_undetermined(of["cq"]) else plain_number(of["cq"], mark),
        *(task, plain_number(quantity, mark), excluded, ", ".join(_flags_of(fields, flags))),
    ]


def _flags_of(fields: Sequence[str], flags: dict[int, str]) -> Iterator[str]:
    for place, header in flags.items():
        value = _field(fields, place)
        if plain(header) in _STATUS:
            if value.lower() not in _FINE:
                yield value
        elif value.upper() == "Y":
            yield header


def _flag_places(header: Sequence[str]) -> dict[int, str]:
    known = _FLAGS | set(_STATUS)
    return {place: one for place, one in enumerate(header) if plain(one) in known}


def _field(fields: Sequence[str], place: int) -> str:
    return fields[place] if place < len(fields) else ""


def _places(header: Sequence[str]) -> dict[str, int]:
    """Return the place of each column; nothing if the line is no header of results."""
    words = [plain(one) for one in header]
    places = {
        column: next(words.index(one) for one in known if one in words)
        for column, known in _HEADERS.items()
        if set(known) & set(words)
    }
    return places if {"well", "gene", "cq"} <= set(places) else {}


def _is_marked(header: Sequence[str]) -> bool:
    return bool(_MARKS & {plain(one) for one in header})


def _results(text: str) -> _Table | None:
    """Return the table of the section Results, or the first table of results without sections."""
    lines = text.splitlines()
    block = next((line for line in lines[:_MOST_PREAMBLE] if "block type" in line.lower()), "")
    section = ""
    found: _Table | None = None
    for number, fields in _split(lines):
        line = lines[number - 1]
        if found is not None and (not any(fields) or _section_of(line)):
            if found.rows:
                break
            continue
        section = _section_of(line) or section
        if found is not None:
            found.rows.append((number, fields))
        elif section in ("", RESULTS) and _places(fields):
            found = _Table(fields, number, [], block)
    return found


def _split(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the fields of each line with its number; each line may have a separator of its own.

    A preamble holds commas, and the table below it tabs.
    """
    for number, line in enumerate(lines, start=1):
        mark = max(SEPARATORS, key=line.count)
        yield number, [field.strip() for field in next(csv.reader([line], delimiter=mark), [])]


def _section_of(line: str) -> str:
    found = _SECTION.fullmatch(line.strip(' \t,;"'))
    return found.group(1).strip().lower() if found else ""


def _no_results(text: str, name: str) -> Problem:
    sections = [one for one in map(_section_of, text.splitlines()) if one]
    held = f"; it holds {', '.join(dict.fromkeys(sections))}" if sections else ""
    problem = f"the export has no table of results with Cq values{held}"
    remedy = "Export it again with 'Results' ticked: well, sample, target, task and Ct (Cq)."
    return Problem(name, problem, remedy)
