"""The sheets of a study as tables of text, made of the lines of an export."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from correlates.intake.redcap.cells import Project
from correlates.intake.redcap.checks import SourceChecks
from correlates.intake.redcap.columns import PATIENT, Column, Compiler
from correlates.intake.redcap.events import EventMap
from correlates.intake.redcap.export import EVENT, OWN, Export, Line
from correlates.intake.redcap.mapping import RedcapMap, Source
from correlates.intake.redcap.visits import VISIT, Visits
from correlates.intake.sheets.cells import CellError
from correlates.intake.sheets.dates import hide_dates
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.tabular import TextTable
from correlates.problems import Problem


@dataclass
class _Rows:
    """Rows of one sheet, which has this name, while they are made."""

    name: str
    header: list[str]
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    labels: dict[tuple[int | None, str], str] = field(default_factory=dict)
    told: set[tuple[int, str]] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def table(self) -> TextTable:
        """Return the rows as the table of a sheet."""
        rows = [
            (number, [cells.get(name, "") for name in self.header]) for number, cells in self.rows
        ]
        return TextTable(
            self.header, 1, rows, self.problems, frozenset(self.told), dict(self.labels)
        )


def sheet_name(export: str, kind: str) -> str:
    """Return what a sheet that comes out of an export is called: several have its file."""
    return f"{export} ({kind})"


class SheetMaker:
    """Makes tables of the lines of an export, and notes everything that is wrong with a mapping.

    Parameters
    ----------
    mapping
        The mapping, sound by itself.
    project
        What is known of the project.
    export
        The export.
    events
        The instrument-event map; None in a classic project.
    """

    def __init__(
        self, mapping: RedcapMap, project: Project, export: Export, events: EventMap | None
    ):
        self.mapping, self.project, self.export, self.events = mapping, project, export, events
        self.compiler = Compiler(project, export.columns, mapping.name)
        self.visits = Visits(mapping, events, self.compiler.note)
        self.checks = SourceChecks(self.compiler, export, events)

    def tables(self) -> tuple[dict[str, TextTable], list[Problem]]:
        """Return the table of each mapped sheet, and every problem that is not of a table."""
        compiled = {
            kind: [self._compiled(source) for source in sources]
            for kind, sources in self.mapping.sources.items()
        }
        for kind, sources in self.mapping.sources.items():
            self.checks.needed_columns(kind, sources, compiled[kind])
        problems = self.compiler.problems
        if problems:
            return {}, problems
        tables = {kind: self._rows(kind, of_kind).table() for kind, of_kind in compiled.items()}
        return tables, [*self.compiler.problems, *self.visits.notes(), *self._unknown_fields()]

    def _compiled(self, source: Source) -> list[tuple[Source, list[Column]]]:
        """Return the columns of a source, once for each of its numbers."""
        schema = load_schema(source.kind)
        found = []
        for number in source.numbers:
            columns = [self.compiler.column(one, number, schema) for one in source.columns]
            found.append((source, [column for column in columns if column is not None]))
        self.checks.source(source, found[0][1])
        return found

    def _rows(self, kind: str, compiled: list) -> _Rows:
        numbered = [one for of_source in compiled for one in of_source]
        has_visit = VISIT in load_schema(kind)["properties"] and self.export.is_longitudinal
        header = [PATIENT, *dict.fromkeys(c.header for _, columns in numbered for c in columns)]
        adds_visit = has_visit and VISIT not in header
        name = sheet_name(self.export.name, kind)
        rows = _Rows(name, [*header, VISIT] if adds_visit else header)
        rows.labels[(None, PATIENT)] = self.project.dictionary.record
        if adds_visit:
            rows.labels[(None, VISIT)] = EVENT
        if kind == "patients":
            self._add_patients(rows, numbered)
            return rows
        for line in self.export.lines:
            for source, columns in numbered:
                if self._is_of(line, source, columns):
                    self._add_row(rows, line, columns, kind if adds_visit else "")
        return rows

    def _is_of(self, line: Line, source: Source, columns: list[Column]) -> bool:
        forms = {column.form for column in columns if column.form}
        if source.instrument:
            forms.add(source.instrument)
        if source.events and line.event not in source.events:
            return False
        return not line.instrument or line.instrument in forms

    def _add_row(self, rows: _Rows, line: Line, columns: list[Column], kind: str) -> None:
        """Add the row that a line holds, if anybody wrote anything into it."""
        cells, problems, labels = self._cells(line, columns, rows.name)
        wide = any(column.is_numbered for column in columns)
        telling = (c for c in columns if c.is_evidence and (c.is_numbered or not wide))
        # of several on a line, a box that is not ticked does not show that one is there
        unsaid = ("", "0") if wide else ("",)
        said = (cells.get(c.header, "") not in (unsaid if c.is_box else ("",)) for c in telling)
        if not problems and not any(said):
            return
        if kind:
            cells[VISIT] = self.visits.of(line, kind)
        rows.rows.append((line.number, {PATIENT: line.record} | cells))
        rows.problems += [problem for _, problem in problems]
        rows.told |= {(line.number, column) for column, _ in problems}
        rows.labels |= labels

    def _cells(self, line: Line, columns: list[Column], name: str) -> tuple[dict, list, dict]:
        cells, problems, labels = {}, [], {}
        for column in columns:
            for header in (column.header, column.column):
                labels[(line.number, header)] = column.group
            try:
                cells[column.header] = column.read(line)
            except CellError as error:
                problems.append((column.column, _problem(error, line, column, name)))
        return cells, problems, labels

    def _add_patients(self, rows: _Rows, numbered: list[tuple[Source, list[Column]]]) -> None:
        """Add one row a record; each column stands on one of its lines."""
        for record, lines in self.project.of_record.items():
            first, cells = lines[0].number, {PATIENT: record}
            for line in lines:
                for source, columns in numbered:
                    if self._is_of(line, source, columns):
                        self._add_to_patient(rows, cells, first, line, columns)
            rows.rows.append((first, cells))

    def _add_to_patient(
        self, rows: _Rows, cells: dict, first: int, line: Line, columns: list[Column]
    ) -> None:
        found, problems, _ = self._cells(line, columns, rows.name)
        for column, problem in problems:
            rows.problems.append(problem)
            rows.told.add((first, column))
            if line.number != first:
                # the row is that of the record's first line
                rows.problems.append(_at(problem, first, line.number))
        for column in columns:
            text = found.get(column.header, "")
            if not text:
                continue
            where = f"{column.label} (row {line.number})" if line.number != first else column.label
            if cells.get(column.header) not in (None, text):
                problem = "lines of this record hold different values"
                remedy = "Correct them in REDCap, or give the source the events that count."
                rows.told.add((first, column.column))
                rows.problems.append(Problem(rows.name, problem, remedy, first, where, stops="row"))
                continue
            cells[column.header] = text
            for name in (column.header, column.column):
                rows.labels[(first, name)] = where

    def _unknown_fields(self) -> Iterator[Problem]:
        used = self.compiler.used | OWN | {self.project.dictionary.record}
        forms = {f"{form}_complete" for form in self.project.dictionary.forms}
        known = {c for one in self.project.dictionary.fields.values() for c in one.columns}
        unused = [name for name in self.export.columns if name not in used | forms]
        undescribed = [name for name in unused if name and name not in known]
        unmapped = [name for name in unused if name in known]
        for names, problem in (
            (unmapped, "these fields are not mapped, and not used"),
            (undescribed, f"{self.project.dictionary.name} does not have these fields"),
        ):
            if names:
                remedy = "Nothing need be done if they are not needed."
                column = ", ".join(names)
                yield Problem(self.export.name, problem, remedy, 1, column, stops="nothing")


def _problem(error: CellError, line: Line, column: Column, name: str) -> Problem:
    shown = hide_dates(error.shown)
    return Problem(name, error.problem, error.remedy, line.number, column.label, shown, "row")


def _at(problem: Problem, row: int, line: int) -> Problem:
    told = f"a field of row {line}, which belongs to the same record, cannot be read"
    return Problem(problem.file, told, "Mend that row.", row, problem.column, stops="row")
