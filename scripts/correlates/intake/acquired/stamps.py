"""The day on which a file was acquired, from ``$DATE`` and ``$BTIM`` of its header.

The standard writes ``dd-mmm-yyyy`` and ``hh:mm:ss[.cc]``; FCS 3.2 ``$BEGINDATETIME`` as ISO 8601.
Instruments deviate: two-digit years, the year first, figures for months, months in the language of
the computer. What may be read in two ways is not read. Source: FCS 3.1, Cytometry A 2010;77A:97.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

ABSENT, UNREADABLE, AMBIGUOUS, DEFAULT = "absent", "unreadable", "ambiguous", "default"

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan janv january januar enero ene gennaio gen janvier",
            "feb fev fevr february februar febrero febbraio fevrier",
            "mar mrz maer march maerz marz marzo mars",
            "apr avr abr april abril aprile avril",
            "may mai mag maj mayo maggio",
            "jun juin giu june juni junio giugno",
            "jul juil lug july juli julio luglio juillet",
            "aug aou aout ago august agosto",
            "sep sept set september septiembre settembre septembre",
            "oct okt ott october oktober octubre ottobre octobre",
            "nov november noviembre novembre",
            "dec dez dic december dezember diciembre dicembre decembre",
        ),
        start=1,
    )
    for name in names.split()
}
_DAY_NAME_YEAR = re.compile(r"(\d{1,2})[-./ ]+([a-z]+)\.?[-./ ]+(\d{4}|\d{2})")
_YEAR_NAME_DAY = re.compile(r"(\d{4})[-./ ]+([a-z]+)\.?[-./ ]+(\d{1,2})")
_NAME_DAY_YEAR = re.compile(r"([a-z]+)\.?[-/ ]+(\d{1,2}),?[-/ ]+(\d{4})")
_ISO = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_FIRST_BY_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})")
_FIGURES = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4}|\d{2})")
_TIME_BEHIND = re.compile(r"[T ]+\d{1,2}:\d{2}.*$", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.:]\d+)?(?:\s*([ap])\.?m\.?)?", re.IGNORECASE
)
# What a clock shows that was never set: the zeros of computers, and all from before flow cytometry
# was written to FCS files.
_EPOCHS = frozenset({date(year, 1, 1) for year in (2000, 2001)})
_FIRST_YEAR = 1990
_CENTURY_TURN = 70
_DAY_SECONDS = 86_400


def read_stamp(keywords: Mapping[str, str]) -> float | str:
    """Return when a file was acquired, or why that is not known.

    Parameters
    ----------
    keywords
        Of the file, by upper-cased name.

    Returns
    -------
    Days since some day long ago, with the time of day as a fraction: only differences mean
    anything. Or ``absent``, ``unreadable``, ``ambiguous`` (day and month cannot be told apart), or
    ``default`` (a clock that was never set).
    """
    text = _plain(keywords.get("$DATE", "")) or _plain(keywords.get("$BEGINDATETIME", ""))
    if not text:
        return ABSENT
    day = _parse_date(_TIME_BEHIND.sub("", text))
    if isinstance(day, str):
        return day
    if day.year < _FIRST_YEAR or day in _EPOCHS:
        return DEFAULT
    begun = keywords.get("$BTIM") or keywords.get("$BEGINDATETIME", "").upper().partition("T")[2]
    return day.toordinal() + _fraction(begun.strip())


def _plain(text: str) -> str:
    """Return text in small letters without accents, quotes and blanks around it."""
    parts = unicodedata.normalize("NFKD", text.strip(" \"'\t\0").lower())
    return "".join(mark for mark in parts if not unicodedata.combining(mark))


def _parse_date(text: str) -> date | str:
    if match := _DAY_NAME_YEAR.fullmatch(text):
        return _date(match[3], match[2], match[1])
    if match := _YEAR_NAME_DAY.fullmatch(text) or _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        return _date(*match.groups())
    if match := _NAME_DAY_YEAR.fullmatch(text):
        return _date(match[3], match[1], match[2])
    if match := _DAY_FIRST_BY_DOTS.fullmatch(text):
        return _date(match[3], match[2], match[1])
    if match := _FIGURES.fullmatch(text):
        one, other = int(match[1]), int(match[2])
        if one > 12 or one == other:
            return _date(match[3], match[2], match[1])
        return _date(match[3], match[1], match[2]) if other > 12 else AMBIGUOUS
    return UNREADABLE


def _date(year: str, month: str, day: str) -> date | str:
    number = _MONTHS.get(month) if month.isalpha() else int(month)
    full = int(year)
    if len(year) == 2:
        full += 1900 if full >= _CENTURY_TURN else 2000
    try:
        return date(full, number, int(day))
    except (ValueError, TypeError):
        return UNREADABLE


def _fraction(text: str) -> float:
    """Return a time of day as a fraction of the day; 0 where there is none."""
    match = _TIME.match(text)
    if match is None:
        return 0.0
    hours = int(match[1])
    if match[4]:
        hours = hours % 12 + 12 * (match[4].lower() == "p")
    seconds = 3600 * hours + 60 * int(match[2]) + int(match[3] or 0)
    return min(seconds / _DAY_SECONDS, 1.0)
