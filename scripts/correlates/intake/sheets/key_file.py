"""The key file: the date of each patient's first ibrutinib dose, which goes no further."""

from datetime import date

from correlates.intake.sheets.cells import HIDDEN, CellError
from correlates.intake.sheets.dates import date_reader
from correlates.intake.sheets.days import PATIENT, DateKey, refuse_future
from correlates.intake.sheets.sheet import Sheet

FIRST_DOSE = "first_ibrutinib_date"
# The first dose of ibrutinib in man; no patient can have started before it. Source: K.
FIRST_IN_MAN = date(2009, 1, 1)


def read_key(sheet: Sheet, declared: str | None = None, today: date | None = None) -> DateKey:
    """Return the key of a sheet of dates; rows without a plausible date are refused in it.

    Parameters
    ----------
    sheet
        The sheet, read by the schema ``dates``.
    declared, today
        As in ``DateKey``; without ``today`` that of the machine.
    """
    today = date.today() if today is None else today
    read, first_dose = date_reader(declared), {}
    for row in sheet.rows:
        text = row.get(FIRST_DOSE)
        if text is None:
            continue
        try:
            when = read(text)
            _check_plausible(when, today)
        except CellError as error:
            sheet.refuse(row, error.problem, error.remedy, FIRST_DOSE, error.shown)
            continue
        first_dose[row.get(PATIENT)] = when
    sheet.settle()
    return DateKey(sheet.name, first_dose, declared, today)


def _check_plausible(when: date, today: date) -> None:
    refuse_future(when, today)
    if when < FIRST_IN_MAN:
        problem = f"this date is before ibrutinib was given to anybody ({FIRST_IN_MAN.year})"
        raise CellError(problem, "Correct the date.", HIDDEN)
