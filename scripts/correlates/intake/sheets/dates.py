"""Calendar dates: read at the door, and hidden in whatever goes on to others."""

import hashlib
import re
from collections.abc import Callable
from datetime import date

from correlates.intake.sheets.cells import HIDDEN, CellError

ISO = "YYYY-MM-DD"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "MON": r"(?P<word>[A-Za-z]{3,9})\.?",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
}
_TIME = r"([T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?( ?(Z|[+-]\d{2}:?\d{2}))?)?"
_WORDS = "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
_WORDS += "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
_MONTH = rf"(?:{_WORDS})(?![a-z])\.?"
_YEAR = r"(?:19|20)\d{2}"
_UNKNOWN_DAY = r"(un|unk|uk|xx|nk|00|-+|\?+)?"
_PARTIAL = re.compile(
    rf"{_YEAR}|{_YEAR}[-/.]\d{{1,2}}[-/.]?{_UNKNOWN_DAY}|\d{{1,2}}[-/.]{_YEAR}"
    rf"|{_YEAR}[-/.](un|unk|uk|xx|nk)[-/.]\w*|{_UNKNOWN_DAY}[-/. ]?{_MONTH}[-/. ]*{_YEAR}",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _TIME)
_SHORT_YEAR = re.compile(rf"\d{{1,2}}[-/. ]?(\d{{1,2}}|{_MONTH})[-/. ]\d{{2}}", re.IGNORECASE)
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
# What reads as a date wherever it stands in a text, whole or without its day.
_ANYWHERE = re.compile(
    rf"(?<![\d.])(?:{_YEAR}[-/.]\d{{1,2}}[-/.]\d{{1,2}}"
    rf"|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})"
    rf"|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    rf"|{_YEAR}-(?:0[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])/{_YEAR})(?!\d)"
    rf"|(?<![\d.])\d{{1,2}}(?:st|nd|rd|th)?[-/. ]*{_MONTH}[-/., ]*(?:\d{{4}}|\d{{2}})(?!\d)"
    rf"|\b{_MONTH}[-/ ]*\d{{1,2}}(?:st|nd|rd|th)?,? *{_YEAR}(?!\d)"
    rf"|\b{_MONTH}[-/ ]*{_YEAR}(?!\d)",
    re.IGNORECASE,
)


def hide_dates(text: str) -> str:
    """Return a text in which every date, whole or partial, is ``(a date)``."""
    return _ANYWHERE.sub(HIDDEN, text)


def code_dates(text: str) -> str:
    """Return a name in which every date is a short code, the same one for the same date.

    Runs and samples that differ in nothing but their date stay apart, and a name that stands in two
    files stays one name. The code keeps a date from being read in passing; it is no secret.
    """
    return _ANYWHERE.sub(lambda found: f"d{_short_digest(found.group())}", text)


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def format_pattern(declared: str) -> re.Pattern[str]:
    """Return the expression of a way to write dates; a time of day may follow.

    Parameters
    ----------
    declared
        ``YYYY``, ``MM`` or ``MON``, and ``DD`` with what stands between them: ``DD/MM/YYYY``.

    Raises
    ------
    ValueError
        If year, month and day are not each named once.
    """
    rest, expression, named = declared, "", []
    while rest:
        part = next((name for name in _PARTS if rest.startswith(name)), "")
        expression += _PARTS[part] if part else re.escape(rest[0])
        named += [part] if part else []
        rest = rest[len(part) or 1 :]
    if sorted(named) not in (["DD", "MM", "YYYY"], ["DD", "MON", "YYYY"]):
        msg = f"{declared!r} does not name YYYY, MM or MON, and DD once each"
        raise ValueError(msg)
    return re.compile(expression + _TIME)


def date_reader(declared: str | None = None) -> Callable[[str], date]:
    """Return the function that turns a field into a date; of a date with a time, the day.

    Parameters
    ----------
    declared
        How the study writes dates besides ISO 8601, as ``format_pattern`` takes it.

    Returns
    -------
    A function of the text, which raises ``CellError`` for what is no whole and unambiguous date.
    """
    patterns = [format_pattern(ISO), *([format_pattern(declared)] if declared else [])]

    def read(text: str) -> date:
        for pattern in patterns:
            found = pattern.fullmatch(text.strip())
            if found:
                return _as_date(found)
        raise _no_date(text.strip(), declared)

    return read


def _as_date(found: re.Match) -> date:
    parts = found.groupdict()
    word = (parts.get("word") or "")[:3].lower()
    month = MONTHS.index(word) + 1 if word in MONTHS else int(parts.get("month") or 0)
    try:
        return date(int(parts["year"]), month, int(parts["day"]))
    except ValueError:
        problem = "there is no such day in the calendar"
        raise CellError(problem, "Correct the date.", HIDDEN) from None


def _no_date(text: str, declared: str | None) -> CellError:
    if _PARTIAL.fullmatch(text):
        remedy = (
            "Give the day too, or leave the field empty: a day that is guessed would shift all "
            "that is computed from it."
        )
        return CellError("this date is not complete", remedy, HIDDEN)
    remedy = f"Write dates as {ISO}"
    remedy += f" or {declared}, as study.date_format says." if declared else ", or declare how"
    remedy += "" if declared else " they are written in study.date_format, such as DD.MM.YYYY."
    numeric = _NUMERIC.fullmatch(text)
    if numeric and declared is None and max(int(numeric[1]), int(numeric[2])) <= 12:
        problem = "this date can be read in two ways, the day first or the month first"
        return CellError(problem, remedy, HIDDEN)
    if _SHORT_YEAR.fullmatch(text):
        return CellError("the year of this date has two digits", remedy, HIDDEN)
    if _SERIAL.fullmatch(text):
        problem = "this is a number, into which a spreadsheet may have turned a date"
        return CellError(problem, f"Format the column as a date. {remedy}", HIDDEN)
    shown = hide_dates(text)
    if shown != text or numeric:
        return CellError("this date is not written as declared", remedy, HIDDEN)
    return CellError("this is no date", remedy, shown)
