"""What cannot be true within one row of a sheet of the clinic."""

from collections.abc import Iterable, Iterator, Mapping

from correlates.problems import Problem

Rows = Iterable[tuple[int, Mapping]]
# A day that cannot come before another one, by sheet.
_IN_ORDER = {
    "exposure": [("start_day", "stop_day")],
    "adverse_events": [("onset_day", "resolution_day")],
    "flares": [
        ("onset_day_from_len", "resolution_day_from_len"),
        ("onset_study_day", "resolution_study_day"),
    ],
}


def impossible_clinic(kind: str, name: str, rows: Rows) -> Iterator[Problem]:
    """Yield what cannot be true of single rows, which are then left out.

    Parameters
    ----------
    kind, name
        Kind of the sheet; its name, for messages.
    rows
        Number and values of each row that is good by itself.
    """
    for number, values in rows:
        for first, last in _IN_ORDER.get(kind, ()):
            start, stop = values.get(first), values.get(last)
            if start is not None and stop is not None and stop < start:
                problem = f"this is before {first} ({start:g})"
                remedy = "Correct one of the two days."
                yield Problem(name, problem, remedy, number, last, f"{stop:g}", stops="row")
        for column, problem, remedy, value in _AGAINST_EACH_OTHER.get(kind, _nothing)(values):
            yield Problem(name, problem, remedy, number, column, value, stops="row")


def _nothing(values: Mapping) -> Iterator[tuple]:
    yield from ()


def _lesion(values: Mapping) -> Iterator[tuple]:
    long, short = values.get("ld_mm"), values.get("sd_mm")
    if long is not None and short is not None and short > long:
        problem = f"the perpendicular diameter is longer than the longest one (ld_mm {long:g})"
        yield "sd_mm", problem, "Exchange them, or correct one.", f"{short:g}"
    if values.get("status") == "resolved" and (long or 0) > 0:
        problem = f"a lesion that is resolved is measured (ld_mm {long:g})"
        yield "status", problem, "Empty the status, or give 0 for the diameters.", "resolved"


def _flare(values: Mapping) -> Iterator[tuple]:
    from_dose, day = values.get("onset_day_from_len"), values.get("onset_study_day")
    columns = "onset_day_from_len, onset_study_day"
    if (values.get("grade") or 0) > 0 and from_dose is None and day is None:
        remedy = "Give one of them: days since the first lenalidomide dose, or the study day."
        yield columns, "nothing tells when this flare began", remedy, ""


def _contact(values: Mapping) -> Iterator[tuple]:
    day, death = values.get("study_day"), values.get("death_day")
    if values.get("alive") and death is not None and day is not None and death <= day:
        problem = f"alive on day {day:g}, and dead since this day"
        yield "death_day", problem, "Correct alive, death_day or study_day.", f"{death:g}"


_AGAINST_EACH_OTHER = {
    "lesions": _lesion,
    "flares": _flare,
    "follow_up": _contact,
}
