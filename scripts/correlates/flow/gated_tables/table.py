"""One exported table, read cell by cell into draws and what they hold."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from correlates.flow.gated_tables.columns import Column, columns_of
from correlates.flow.gated_tables.draws import DrawReader
from correlates.flow.gated_tables.layouts import WIDE, Layout, TableRow, read_layout
from correlates.flow.gated_tables.numbers import (
    BLANK,
    NOT_DETECTED,
    NUMBER,
    POINT,
    Reading,
    decimal_mark,
    read_cell,
)
from correlates.intake.files.identity import Identity
from correlates.intake.sheets.cells import CellError
from correlates.problems import Problem

NOT_DONE = "not_done"
_MAYBE_FRACTIONS = {
    "pct": (
        "every value of this column is at most 1: these may be fractions, not percentages",
        "Give the column its unit in the map: unit: '1' for fractions, unit: '%' for percentages.",
    ),
    "abs": (
        "every value of this column is at most 1: these may be 10^9/L or fractions, not cells/uL",
        "Give the column its unit in the map: unit: '10*9/L' or unit: '/uL'.",
    ),
}


@dataclass(frozen=True)
class Cell:
    """One value of one draw.

    Parameters
    ----------
    column
        What it measures.
    reading
        What the cell says.
    n, n_parent
        Events, where the table has them; None if not, or if their cells are blank.
    flag
        Why the reading is none, where it is not that the cell is blank.
    """

    column: Column
    reading: Reading
    n: int | None = None
    n_parent: int | None = None
    flag: str = ""


@dataclass(frozen=True)
class TableDraw:
    """One draw of a table: who and when, and its cells by feature."""

    who: Identity
    row: int
    cells: Mapping[str, Cell]


@dataclass
class GatedTable:
    """An exported table as far as it can be read.

    Parameters
    ----------
    draws
        Rows of known draws.
    problems
        Everything wrong with rows and cells.
    suspects
        Features whose column looks to be in another unit than is taken.
    """

    draws: list[TableDraw] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    suspects: set[str] = field(default_factory=set)


def read_gated_table(
    block: Mapping,
    path: str | Path,
    patients: Iterable[str],
    specimen: str,
    panels: Iterable[str] = (),
) -> GatedTable:
    """Read a table whose part of the config was checked.

    Parameters
    ----------
    block
        An entry of ``study.gated_tables``.
    path
        The table.
    patients
        Known patients.
    specimen
        Of the study's samples, where the table does not tell; may be empty.
    panels
        Panels that a sample's name may hold.
    """
    name = block["path"]
    layout = read_layout(path, name, block.get("layout", WIDE))
    found = GatedTable(problems=list(layout.problems))
    columns = columns_of(block["map"])
    decimal = block.get("decimal") or decimal_mark(_texts(layout, columns)) or POINT
    draws = DrawReader(block, layout.header, patients, specimen, panels)
    by_key: dict[tuple, list[TableDraw]] = defaultdict(list)
    for row in layout.rows:
        who = draws.draw_of(row, name)
        if isinstance(who, Problem):
            found.problems.append(who)
        elif who is not None:
            cells = _Cells(name, decimal, block.get("n_d", ""), found.problems)
            read = {column.feature: cells.read(column, row) for column in columns}
            key = (who.patient, who.visit, who.timepoint, who.specimen)
            by_key[key].append(TableDraw(who, row.row, read))
    found.draws = list(_without_repeats(by_key, name, found.problems))
    _look_at_units(columns, found, name)
    return found


def decimal_problem(block: Mapping, layout: Layout, place: str) -> Problem | None:
    """Say that nothing tells what a comma means in a table, if so."""
    if "decimal" in block or decimal_mark(_texts(layout, columns_of(block["map"]))):
        return None
    problem = f"in {block['path']} nothing tells whether 1,234 is 1.234 or 1234"
    remedy = "Say which: decimal: comma, or decimal: point."
    return Problem("config", problem, remedy, column=f"{place}.decimal")


def _texts(layout: Layout, columns: Iterable[Column]) -> Iterator[str]:
    headers = {header for column in columns for header in column.headers}
    return (row.cells.get(header, "") for row in layout.rows for header in headers)


def _without_repeats(
    by_key: Mapping[tuple, list[TableDraw]], name: str, problems: list[Problem]
) -> Iterator[TableDraw]:
    for key, draws in by_key.items():
        if len(draws) == 1:
            yield draws[0]
            continue
        for draw in draws:
            others = ", ".join(str(other.row) for other in draws if other is not draw)
            problem = f"row {others} is of the same draw: {' '.join(key)}"
            remedy = "Keep the right row, or tell the draws apart by visit, timepoint or specimen."
            problems.append(Problem(name, problem, remedy, draw.row, stops="row"))


@dataclass
class _Cells:
    """Reads the cells of a row, and notes what is wrong with them."""

    file: str
    decimal: str
    n_d: str
    problems: list[Problem]

    def read(self, column: Column, row: TableRow) -> Cell:
        n = self._count(column.n, row)
        n_parent = self._count(column.n_parent, row)
        reading, flag = self._reading(column.header, row)
        if reading.kind == NOT_DETECTED and self.n_d != "not_detected":
            if not self.n_d:
                problem = "this may mean not detected, or not done"
                remedy = "Say it for the table: n_d: not_detected, or n_d: not_done."
                self._note(problem, remedy, column.header, row)
            flag = "not_done" if self.n_d == NOT_DONE else "n_d_unexplained"
            reading = Reading(BLANK)
        if reading.is_percent and column.statistic != "pct":
            problem = f"a percentage stands where {column.feature} is expected"
            self._note(problem, "Map the column to a __pct__ feature.", column.header, row)
            reading, flag = Reading(BLANK), "percentage_in_column_of_another_unit"
        return Cell(column, reading, n, n_parent, flag)

    def _reading(self, header: str, row: TableRow) -> tuple[Reading, str]:
        try:
            return read_cell(row.cells.get(header, ""), self.decimal), ""
        except CellError as error:
            self._note(error.problem, error.remedy, header, row, error.shown)
            return Reading(BLANK), "unreadable_cell"

    def _count(self, header: str, row: TableRow) -> int | None:
        """Return a count of events; None where there is none that can be one."""
        reading, _ = self._reading(header, row) if header else (Reading(BLANK), "")
        if reading.kind != NUMBER:
            return None
        if reading.value < 0 or reading.value != int(reading.value):
            problem, remedy = "this is no count of events", "Give a whole number, 0 or more."
            self._note(problem, remedy, header, row, row.cells[header])
            return None
        return int(reading.value)

    def _note(
        self, problem: str, remedy: str, header: str, row: TableRow, value: str | None = None
    ) -> None:
        shown = row.cells.get(header, "") if value is None else value
        place = row.row_of(header)
        # The cell is left out, and its row is not.
        self.problems.append(
            Problem(self.file, problem, remedy, place, header, shown, stops="nothing")
        )


def _look_at_units(columns: Iterable[Column], found: GatedTable, name: str) -> None:
    """Note the columns whose values are all at most 1, unless the config gives their unit."""
    for column in columns:
        said = _MAYBE_FRACTIONS.get(column.statistic)
        if column.is_declared or said is None:
            continue
        readings = [draw.cells[column.feature].reading for draw in found.draws]
        if any(one.is_percent for one in readings):
            continue
        values = [one.value for one in readings if one.kind == NUMBER]
        if any(values) and max(values) <= 1:
            found.suspects.add(column.feature)
            found.problems.append(
                Problem(name, said[0], said[1], column=column.header, stops="nothing")
            )
