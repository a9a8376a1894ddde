"""Which laboratory values came before a dose: study days have no clock, visits sometimes do."""

from collections.abc import Iterable, Mapping

from correlates.clinical.dosing.hours import BEFORE_DOSE


def is_before(row: Mapping, start_day: float) -> bool:
    """Say whether a value came before the dose of a day.

    A value of an earlier day did. One of the day itself did only if its visit (``C1D1_PRE``) or
    its timepoint says so: without that it may be the first sign of what the dose did.
    """
    if row["study_day"] < start_day:
        return True
    return row["study_day"] == start_day and row.get("timepoint") in BEFORE_DOSE


def before_start(rows: Iterable[Mapping], start_day: float) -> Mapping | None:
    """Return the last of the rows that came before the dose of a day; None if none did."""
    before = [row for row in rows if is_before(row, start_day)]
    # Of one day, what was drawn before the dose of that day is the later one.
    return max(before, key=lambda row: row["study_day"], default=None)
