"""The three layouts of an exported table, as rows of one sample each.

``wide``: a header and one row a sample. ``flowjo``: the same as FlowJo's table editor writes it,
the file's name in the first column, a statistic a column, and rows of means below. ``facsdiva``:
blocks of populations, one block a tube, each below lines that name specimen and tube; it is turned
into columns called ``<population> | <statistic>``, with the first column ``sample``.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from correlates.intake.sheets.tabular import read_text_table
from correlates.problems import Problem

WIDE, FLOWJO, FACSDIVA = "wide", "flowjo", "facsdiva"
SAMPLE = "sample"
# What FlowJo writes below the samples.
SUMMARY_ROWS = frozenset(
    {"mean", "sd", "stdev", "std dev", "median", "cv", "%cv", "cv (%)", "min", "max", "sem"}
)
_POPULATION, _PARENT = "population", "parent name"


@dataclass(frozen=True)
class TableRow:
    """One sample of a table.

    Parameters
    ----------
    row
        Its row, as a spreadsheet counts.
    cells
        Text by header.
    rows
        Rows of cells that stand elsewhere, by header.
    """

    row: int
    cells: Mapping[str, str]
    rows: Mapping[str, int] = field(default_factory=dict)

    def row_of(self, header: str) -> int:
        """Return the row in which a cell stands."""
        return self.rows.get(header, self.row)


@dataclass(frozen=True)
class Layout:
    """A table as rows of samples.

    Parameters
    ----------
    header
        Columns in their order, blanks squeezed; the first of an export may be ``""``.
    rows
        One a sample.
    problems
        What is wrong with the file as a whole.
    """

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    problems: tuple[Problem, ...]


def squeezed(text: str) -> str:
    """Return a header with single blanks, as it is compared."""
    return " ".join(text.split())


def read_layout(path: str | Path, name: str, layout: str) -> Layout:
    """Read a table.

    Parameters
    ----------
    path, name
        The file, and how the user named it.
    layout
        ``wide``, ``flowjo`` or ``facsdiva``.
    """
    table = read_text_table(path, name)
    problems = list(table.problems)
    if not table.header:
        return Layout((), (), tuple(problems))
    if layout == FACSDIVA:
        return _of_blocks([(table.header_row, table.header), *table.rows], name, problems)
    # FlowJo leaves the header of the files' names blank, and writes a blank column last.
    header = (squeezed(table.header[0]) or SAMPLE, *map(squeezed, table.header[1:]))
    rows = []
    for number, fields in table.rows:
        if layout == FLOWJO and fields[0].lower() in SUMMARY_ROWS:
            continue
        if any(fields[len(header) :]):
            problem = f"this row has {len(fields)} fields, the header {len(header)}"
            remedy = "Look for a separator inside a field."
            problems.append(Problem(name, problem, remedy, number, stops="row"))
            continue
        padded = fields + [""] * (len(header) - len(fields))
        named = zip(header, padded, strict=False)
        rows.append(TableRow(number, {key: text for key, text in named if key}))
    return Layout(header, tuple(rows), tuple(problems))


def _of_blocks(lines: list[tuple[int, list[str]]], name: str, problems: list[Problem]) -> Layout:
    rows = []
    for about, start, heads, populations in _blocks(lines):
        cells = {SAMPLE: _sample_name(about), **about}
        places: dict[str, int] = {}
        many = Counter(fields.get(_POPULATION, "") for _, fields in populations)
        for number, fields in populations:
            population = squeezed(fields[_POPULATION])
            if many[fields[_POPULATION]] > 1:
                population = f"{squeezed(fields.get(_PARENT, ''))}/{population}"
            for head in heads:
                key = squeezed(f"{population} | {head}")
                if key in cells:
                    problem = "a population of this name stands twice in one block"
                    remedy = "Export with the column Parent Name, or rename it."
                    problems.append(Problem(name, problem, remedy, number, column=key))
                cells[key], places[key] = fields.get(head.lower(), ""), number
        rows.append(TableRow(start, cells, places))
    if not rows:
        remedy = "Export statistics with the columns Population, #Events, %Parent; or layout: wide."
        problems.append(Problem(name, "no line begins with Population", remedy))
    header = tuple(dict.fromkeys(key for row in rows for key in row.cells))
    return Layout(header, tuple(rows), tuple(problems))


def _blocks(lines: list[tuple[int, list[str]]]) -> Iterator[tuple]:
    """Yield of each block: its lines of names, its first row, its statistics, its populations."""
    about: dict[str, str] = {}
    heads: list[str] = []
    populations: list[tuple[int, dict[str, str]]] = []
    start = 0
    for number, fields in lines:
        if fields[0].lower() == _POPULATION:
            heads, start = fields, number
            continue
        # A line of names has two fields; a population fills the columns of its statistics.
        if fields[0].endswith(":") or not heads:
            if populations:
                yield about, start, _statistics(heads), populations
                about, heads, populations = {}, [], []
            about[squeezed(fields[0].rstrip(":"))] = fields[1] if len(fields) > 1 else ""
        elif _is_name(fields, heads):
            yield about, start, _statistics(heads), populations
            about = {squeezed(fields[0]): fields[1]}
            heads, populations = [], []
        else:
            named = zip((head.lower() for head in heads), fields, strict=False)
            populations.append((number, dict(named)))
    if populations:
        yield about, start, _statistics(heads), populations


def _is_name(fields: list[str], heads: list[str]) -> bool:
    """Tell whether a line after populations begins the next block."""
    return (
        len(heads) > 2
        and fields[0].lower().endswith((" name", " date", " id"))
        and (len(fields) == 2 or not any(fields[2:]))
    )


def _statistics(heads: list[str]) -> list[str]:
    return [head for head in heads[1:] if head and head.lower() != _PARENT]


def _sample_name(about: Mapping[str, str]) -> str:
    named = {key.lower(): value for key, value in about.items()}
    parts = [named.get("specimen name", ""), named.get("tube name", "")]
    return "_".join(filter(None, parts))
