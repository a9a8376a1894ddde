"""Which laboratory values came before a dose: study days have no clock, visits sometimes do."""

from collections.abc import Iterable, Mapping


def is_before(row: Mapping, start_day: float) -> bool:
    """Say whether a value came before the dose of a day.

    A value of an earlier day did. One of the day itself did only if its visit says so
    (``C1D1_PRE``): without that it may be the first sign of what the dose did.
    """
    if row["study_day"] < start_day:
        return True
    said = (row.get("visit") or "").upper()
    return row["study_day"] == start_day and said.endswith("_PRE")


def before_start(rows: Iterable[Mapping], start_day: float) -> Mapping | None:
    """Return the last of the rows that came before the dose of a day; None if none did."""
    before = [row for row in rows if is_before(row, start_day)]
    # Of one day, what was drawn before the dose of that day is the later one.
    return max(before, key=lambda row: row["study_day"], default=None)
