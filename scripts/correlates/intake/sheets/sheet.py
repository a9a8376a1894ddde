"""One sheet: its columns found under any of their names, its rows turned into values and judged."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from correlates.intake.sheets.cells import CellError, cell_reader, is_empty
from correlates.intake.sheets.dates import code_dates, hide_dates
from correlates.intake.sheets.days import DateKey, with_days
from correlates.intake.sheets.headers import factor_of, find_columns
from correlates.intake.sheets.keys import apart_words, is_told_by_order, key_words
from correlates.intake.sheets.percent import is_fraction, refuse_mixed_fractions
from correlates.intake.sheets.plausible import impossible_rows, unlikely_rows
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.tabular import TextTable, read_text_table
from correlates.intake.sheets.visits import normal_timepoint, normal_tube, parse_visit, visit_remedy
from correlates.problems import Problem

MAX_AGE = 90
# Paths are not written about patients, but to find files.
_PATHS = {"fcs", "file"}
_PRENORMAL = {"timepoint": normal_timepoint, "tube": normal_tube, "specimen": str.lower}


@dataclass(frozen=True)
class SheetRow:
    """One row of a sheet.

    Parameters
    ----------
    number
        Row as a spreadsheet counts it: the header is row 1.
    values
        Canonical column to value, None where the field is empty or is not legal. Columns that the
        sheet does not have are absent.
    """

    number: int
    values: dict

    def get(self, column: str):
        """Return a value, None where it is empty or the sheet has no such column."""
        return self.values.get(column)


@dataclass
class Sheet:
    """What a sheet holds.

    Parameters
    ----------
    name
        The file as the user named it.
    columns
        Canonical columns that the sheet has.
    rows, refused
        Good rows; rows that are left out, with the values that could be read.
    problems
        Everything wrong with the sheet.
    labels
        What the user calls a column, as in ``TextTable``.
    """

    name: str
    columns: list[str] = field(default_factory=list)
    rows: list[SheetRow] = field(default_factory=list)
    refused: list[SheetRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    labels: Mapping[tuple[int | None, str], str] = field(default_factory=dict)

    def told(self) -> list[Problem]:
        """Return the problems as the user is told of them: columns as in the file, no date."""
        return [self._as_told(problem) for problem in self.problems]

    def _as_told(self, problem: Problem) -> Problem:
        columns = [self._label(problem.row, one) for one in problem.column.split(", ")]
        return replace(
            problem,
            column=", ".join(columns),
            value=hide_dates(problem.value),
            problem=hide_dates(problem.problem),
            remedy=hide_dates(problem.remedy),
        )

    def _label(self, row: int | None, column: str) -> str:
        return self.labels.get((row, column)) or self.labels.get((None, column)) or column

    def refuse(self, row: SheetRow, problem: str, remedy: str, column: str = "", value="") -> None:
        """Note why a row is left out; ``settle`` then moves it."""
        shown = "" if value is None else str(value)
        self.problems.append(
            Problem(
                self.name,
                problem,
                remedy,
                row.number,
                column,
                shown,
                stops="row",
                patient=str(row.get("patient") or ""),
            )
        )

    def settle(self) -> None:
        """Move the rows that have problems of their own from the good to the refused."""
        bad = {p.row for p in self.problems if p.stops == "row" and p.row is not None}
        self.refused += [row for row in self.rows if row.number in bad]
        self.rows = [row for row in self.rows if row.number not in bad]

    def row_to_mend(self, column: str) -> dict[object, int]:
        """Return, by a column's value, the row that is left out and is the first to mend.

        A row that is wrong in itself is left out before the rows that it takes with it.
        """
        return {row.get(column): row.number for row in reversed(self.refused)}


def read_sheet(
    path: str | Path,
    kind: str,
    name: str | None = None,
    *,
    may_be_empty: bool = False,
    key: DateKey | None = None,
) -> Sheet:
    """Read and check one sheet by itself.

    Parameters
    ----------
    path
        TSV or CSV file.
    kind
        ``patients``, ``samples``, ``panels``, ...: the schema to read it by.
    name
        The file as the user named it, for messages; ``path`` if not given.
    may_be_empty
        Whether a sheet without rows is only worth a note.
    key
        What turns dates into study days; None if the study has no key file.

    Returns
    -------
    The sheet with every problem. Nothing is raised for what is wrong in it.
    """
    name = str(path) if name is None else name
    return judge_table(read_text_table(path, name), kind, name, may_be_empty=may_be_empty, key=key)


def judge_table(
    table: TextTable,
    kind: str,
    name: str,
    *,
    may_be_empty: bool = False,
    key: DateKey | None = None,
) -> Sheet:
    """Check one sheet by itself, wherever its table comes from; parameters as of `read_sheet`."""
    schema = load_schema(kind)
    table = with_days(table, schema, name, key)
    sheet = Sheet(name, problems=list(table.problems), labels=table.labels)
    if not table.header:
        return sheet
    places, amiss = find_columns(table, schema, name)
    sheet.columns = list(places)
    sheet.problems += amiss
    _tell_of_unnamed(table, sheet)
    if not table.rows:
        stops = "nothing" if may_be_empty else "run"
        problem, remedy = "the sheet has a header and no rows", "Write one line per row."
        sheet.problems.append(Problem(name, problem, remedy, table.header_row, stops=stops))
    _read_rows(table, schema, places, sheet)
    if "visit" in places:
        _read_visits(sheet, schema)
    sheet.settle()
    sheet.problems += impossible_rows(kind, name, _good(sheet))
    sheet.settle()
    if all(column in places for column in schema["required"]):
        _refuse_repeated(sheet, schema)
    sheet.problems += unlikely_rows(kind, name, _good(sheet))
    return sheet


def _tell_of_unnamed(table: TextTable, sheet: Sheet) -> None:
    """Warn of columns that hold something and have no header, as merged cells leave them."""
    unnamed = {place for place, header in enumerate(table.header) if not header}
    held = {p for _, fields in table.rows for p in unnamed if p < len(fields) and fields[p]}
    if held:
        problem = "columns without a header hold values, which are not used"
        remedy = "Name them; a header that is merged over several columns names the first alone."
        shown = ", ".join(f"column {place + 1}" for place in sorted(held))
        note = Problem(sheet.name, problem, remedy, table.header_row, shown, stops="nothing")
        sheet.problems.append(note)


def with_patients(problems: Iterable[Problem], sheets: Iterable[Sheet]) -> list[Problem]:
    """Return problems with the patient of each row, as far as the row's patient could be read."""
    whose = {
        (sheet.name, row.number): str(row.get("patient"))
        for sheet in sheets
        for row in (*sheet.rows, *sheet.refused)
        if row.get("patient") is not None
    }
    return [
        replace(one, patient=one.patient or whose.get((one.file, one.row), "")) for one in problems
    ]


def _good(sheet: Sheet) -> list[tuple[int, dict]]:
    return [(row.number, row.values) for row in sheet.rows]


def _read_rows(table: TextTable, schema: Mapping, places: Mapping, sheet: Sheet) -> None:
    columns = schema["properties"]
    readers = {
        column: cell_reader(columns[column], factor_of(table.header[place], columns[column]))
        for column, place in places.items()
        if column != "visit"
    }
    readers["visit"] = str
    filled = set(schema["filled"])
    free_text = set(filter(_is_free_text(schema), places))
    width = len(table.header)
    for number, fields in table.rows:
        row = SheetRow(number, {})
        if any(fields[width:]):
            problem = f"the row has {len(fields)} fields, the header {width}"
            remedy = "Put quotation marks around a field that holds the separator."
            sheet.refuse(row, problem, remedy)
        for column, place in places.items():
            text = fields[place] if place < len(fields) else ""
            row.values[column] = None
            if (number, column) in table.told:
                continue
            if is_empty(text):
                if column in filled:
                    legal = f"Legal: {columns[column]['legal']}."
                    problem = "this field must not be empty"
                    problem += f", and {text} means empty" if text else ""
                    sheet.refuse(row, problem, legal, column, text)
                continue
            if column in free_text:
                text = _without_dates(sheet, number, column, text)
            elif columns[column].get("coded_dates"):
                text = _with_coded_dates(sheet, number, column, text)
            try:
                row.values[column] = readers[column](_as_written(column, text, sheet, number))
            except CellError as error:
                sheet.refuse(row, error.problem, error.remedy, column, error.shown)
        sheet.rows.append(row)
    for column in places:
        if is_fraction(table.header[places[column]], columns[column]):
            refuse_mixed_fractions(sheet, column, columns[column])


def _is_free_text(schema: Mapping) -> Callable[[str], bool]:
    """Tell columns of a sheet of patients into which anybody may have written anything."""
    columns = schema["properties"]
    ruled = {"enum", "pattern", "kept_back", "coded_dates"}
    return lambda column: (
        "patient" in columns
        and columns[column]["type"] == "string"
        and not ruled & set(columns[column])
        and column not in _PATHS
    )


def _without_dates(sheet: Sheet, number: int, column: str, text: str) -> str:
    """Return free text without the dates that somebody wrote into it, and tell of them."""
    hidden = hide_dates(text)
    if hidden != text:
        problem = "the text holds a date, which is left out of it"
        remedy = "Give study days, so that it is not lost."
        note = Problem(sheet.name, problem, remedy, number, column, stops="nothing")
        sheet.problems.append(note)
    return hidden


def _with_coded_dates(sheet: Sheet, number: int, column: str, text: str) -> str:
    """Return a name with a code in place of a date, and tell of it."""
    coded = code_dates(text)
    if coded != text:
        problem = f"this name holds a date; results call it {coded}"
        remedy = "Nothing need be done; or give it a name without a date wherever it stands."
        note = Problem(sheet.name, problem, remedy, number, column, stops="nothing")
        sheet.problems.append(note)
    return coded


def _as_written(column: str, text: str, sheet: Sheet, number: int) -> str:
    """Bring a field to the spelling that its column is checked in."""
    if column in _PRENORMAL:
        return _PRENORMAL[column](text)
    if column == "age_y" and re.fullmatch(r"\d{2,3}(\.\d+)?", text) and MAX_AGE < float(text) < 120:
        problem = f"an age over {MAX_AGE} was read as {MAX_AGE}, since it could tell who it is"
        remedy = f"Write {MAX_AGE} for {MAX_AGE} and over."
        sheet.problems.append(Problem(sheet.name, problem, remedy, number, column, stops="nothing"))
        return str(MAX_AGE)
    return text


def _read_visits(sheet: Sheet, schema: Mapping) -> None:
    """Divide each visit into its name and its timepoint, which a column may also give."""
    unsaid = schema["properties"].get("timepoint", {}).get("where_empty")
    for row in sheet.rows:
        text = row.get("visit")
        if text is None:
            continue
        visit = parse_visit(text)
        if visit is None:
            row.values["visit"] = None
            sheet.refuse(row, "this is no visit", visit_remedy(text), "visit", text)
            continue
        own = row.get("timepoint")
        if own is not None and visit.timepoint is not None and own != visit.timepoint:
            problem = f"the visit says {visit.timepoint!r}, the column timepoint {own!r}"
            sheet.refuse(row, problem, "Write the timepoint once.", "visit", text)
        row.values["visit"] = visit.name
        row.values["timepoint"] = own or visit.timepoint or unsaid


def _refuse_repeated(sheet: Sheet, schema: Mapping) -> None:
    """Refuse rows of one key; of rows that are wholly equal the first is kept.

    A row that is left out for another reason counts as well: which of the two was meant to be the
    right one is not told by which of them can be read.
    """
    key = schema["key"]
    groups: dict[tuple, list[SheetRow]] = {}
    for row in sheet.rows:
        if not is_told_by_order(schema, row):
            groups.setdefault(tuple(row.get(column) for column in key), []).append(row)
    left_out: dict[tuple, list[SheetRow]] = {}
    for row in _with_readable(key, sheet):
        left_out.setdefault(tuple(row.get(column) for column in key), []).append(row)
    copies = set()
    for values, rows in groups.items():
        columns, shown = key_words(key, values)
        if values in left_out:
            numbers = ", ".join(str(row.number) for row in left_out[values])
            for row in rows:
                problem = f"this key also stands in row {numbers}, which is left out"
                remedy = "Mend or remove that row; until then all rows of the key are left out."
                sheet.refuse(row, problem, remedy, columns, shown)
            continue
        if len(rows) == 1:
            continue
        if all(row.values == rows[0].values for row in rows):
            copies |= {row.number for row in rows[1:]}
            for row in rows[1:]:
                problem = f"the same as row {rows[0].number}"
                sheet.refuse(row, problem, "Remove one of them.", columns, shown)
            continue
        for row in rows:
            others = ", ".join(str(other.number) for other in rows if other is not row)
            problem = f"this key also stands in row {others}, with other values"
            remedy = f"Keep the right row; all of them are left out.{apart_words(schema, row)}"
            sheet.refuse(row, problem, remedy, columns, shown)
    # a mere copy claims nothing, so it is not among the refused
    sheet.rows = [row for row in sheet.rows if row.number not in copies]
    sheet.settle()


def _with_readable(key: Sequence[str], sheet: Sheet) -> list[SheetRow]:
    """Return the rows that are left out, but whose key could be read."""
    unread = {problem.row for problem in sheet.problems if problem.column in key}
    return [row for row in sheet.refused if row.number not in unread]
