"""Dates turned into study days, before anything else reads a sheet."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from correlates.intake.sheets.cells import HIDDEN, CellError, is_empty
from correlates.intake.sheets.dates import date_reader, hide_dates
from correlates.intake.sheets.headers import column_of, plain
from correlates.intake.sheets.tabular import TextTable
from correlates.problems import Problem

PATIENT = "patient"
_NO_KEY = (
    "Name a sheet of patient and first_ibrutinib_date as study.dates, or give study days: days "
    "since the first ibrutinib dose, plus 1."
)


@dataclass(frozen=True)
class DateKey:
    """What turns dates into study days; it stays in the process that reads the sheets.

    Parameters
    ----------
    name
        The key file as the user named it.
    first_dose
        Date of the first ibrutinib dose, by patient.
    declared
        How dates are written besides ISO 8601 (``study.date_format``).
    today
        The day of this run; no date may lie beyond the next.
    """

    name: str
    first_dose: Mapping[str, date] = field(repr=False)
    declared: str | None = None
    today: date = field(default_factory=date.today)

    def day_of(self, patient: str, when: date) -> int:
        """Return the study day of a date: the first ibrutinib dose is day 1, the day before 0.

        Raises
        ------
        KeyError
            If the key file does not have the patient.
        """
        return (when - self.first_dose[patient]).days + 1


def with_days(table: TextTable, schema: Mapping, name: str, key: DateKey | None) -> TextTable:
    """Return a table whose dates are study days.

    Parameters
    ----------
    table
        The sheet as it stands in the file.
    schema
        The sheet's schema; a column whose day may come as a date names its headers in ``dates``.
    name
        The file as the user named it, for messages.
    key
        First dates; None if the study has no such file.

    Returns
    -------
    The table with each column of dates as its column of days; a field that could not be turned is
    empty and among ``told``, its problem among ``problems``. No date is left in such a column.
    """
    headers = {
        header: column for column, spec in schema["properties"].items() for header in _dates(spec)
    }
    for place, header in enumerate(table.header):
        column = headers.get(plain(header))
        if column is not None:
            table = _turned(table, schema, name, key, place, column)
    return table


def _dates(spec: Mapping) -> list[str]:
    return spec.get("dates", [])


def _turned(
    table: TextTable, schema: Mapping, name: str, key: DateKey | None, place: int, column: str
) -> TextTable:
    """Turn one column of dates; where its days stand in another column too, into that one."""
    label = table.header[place]
    header = list(table.header)
    of_column = [column_of(other, schema) for other in header]
    target = of_column.index(column) if column in of_column else place
    header[place] = "" if target != place else column
    problems, told = list(table.problems), set(table.told)
    patients = of_column.index(PATIENT) if PATIENT in of_column else None
    if key is None:
        problem = "this column holds dates, and no key file tells what their study days are"
        problems.append(Problem(name, problem, _NO_KEY, table.header_row, label))
    turn = _turner(schema["properties"][column], key, date_reader(key.declared if key else None))
    rows = []
    for number, fields in table.rows:
        fields = [*fields, *[""] * (len(header) - len(fields))]
        text, own = fields[place], fields[target] if target != place else ""
        fields[place] = ""
        if not is_empty(text) and key is not None:
            patient = fields[patients] if patients is not None else ""
            try:
                fields[target] = _agreed(turn(patient, text), own, column)
            except CellError as error:
                fields[target] = ""
                told.add((number, column))
                problems.append(
                    Problem(name, error.problem, error.remedy, number, label, error.shown, "row")
                )
        rows.append((number, fields))
    labels = {**table.labels, (None, column): label} if target == place else table.labels
    return replace(
        table, header=header, rows=rows, problems=problems, told=frozenset(told), labels=labels
    )


def _turner(spec: Mapping, key: DateKey | None, read: Callable) -> Callable[[str, str], int]:
    low, high = spec.get("minimum", -math.inf), spec.get("maximum", math.inf)

    def turn(patient: str, text: str) -> int:
        when = read(text)
        refuse_future(when, key.today)
        if patient not in key.first_dose:
            problem = "the key file has no first ibrutinib date of this patient"
            remedy = f"Add the patient to {key.name}, or mend the row there."
            raise CellError(problem, remedy, HIDDEN)
        day = key.day_of(patient, when)
        if not low <= day <= high:
            where = f"{-day} days before" if day < low else f"{day} days after"
            problem = f"this date lies {where} the first ibrutinib dose"
            remedy = f"Check the year, here and in {key.name}. Legal: {spec['legal']}."
            raise CellError(problem, remedy, HIDDEN)
        return day

    return turn


def refuse_future(when: date, today: date) -> None:
    """Refuse a date after the next day: clocks of two places may be a day apart, and no more.

    Raises
    ------
    CellError
        If the date lies beyond.
    """
    if when > today + timedelta(days=1):
        problem = "this date has not come yet"
        raise CellError(problem, "Correct the date; planned ones are left empty.", HIDDEN)


def _agreed(day: int, own: str, column: str) -> str:
    """Return the day as text; a day that is given beside its date must be the same."""
    if is_empty(own):
        return str(day)
    try:
        given = math.floor(float(own))
    except ValueError:
        # what this is instead of a day, the reader of the column says
        return own
    if given != day:
        problem = f"{column} says day {hide_dates(own)}, and the date is day {day}"
        raise CellError(problem, "Correct the one that is wrong, or leave it empty.", HIDDEN)
    return own
