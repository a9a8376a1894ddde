"""Rows of the exposure sheet as intervals: one drug at one dose from one day to another."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from correlates.intake.sheets.values import number_of

STOPPED = "stop"


@dataclass(frozen=True)
class Interval:
    """One drug at one dose, over days that follow each other.

    Parameters
    ----------
    drug
        As in the exposure sheet.
    start_day, stop_day
        First and last study day at this dose; a ``stop_day`` of None is ongoing.
    dose_mg
        Milligrams a day: 0 is a drug that was held, None one that was taken at a dose that nobody
        recorded.
    reason
        Why this dose began, as in the sheet; empty if not given.
    cycle
        The cycle that begins on ``start_day``; None if none does.
    row, sheet
        Where the interval was read; None and empty if in no exposure sheet.
    """

    drug: str
    start_day: float
    stop_day: float | None = None
    dose_mg: float | None = None
    reason: str = ""
    cycle: int | None = None
    row: int | None = None
    sheet: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether a dose was taken: one that nobody recorded the size of is a dose too."""
        return self.dose_mg is None or self.dose_mg > 0

    @property
    def first(self) -> int:
        """The whole day on which the interval begins."""
        return math.floor(self.start_day)

    @property
    def last(self) -> float:
        """The whole day on which the interval ends; infinite while it is ongoing."""
        return math.inf if self.stop_day is None else math.floor(self.stop_day)

    def covers(self, day: float) -> bool:
        """Say whether a study day lies in the interval; parts of a day do not count."""
        return self.first <= math.floor(day) <= self.last

    def overlaps(self, other: "Interval") -> bool:
        """Say whether two intervals share a day."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Hold:
    """Days between the doses of a drug on which none was taken.

    Parameters
    ----------
    first, last
        First and last study day without a dose; a ``last`` of None is a hold that goes on.
    """

    first: int
    last: int | None

    @property
    def days(self) -> float:
        """Length in days; infinite while it goes on."""
        return math.inf if self.last is None else self.last - self.first + 1

    def covers(self, day: float) -> bool:
        """Say whether a study day lies in the hold."""
        return self.first <= math.floor(day) and (self.last is None or math.floor(day) <= self.last)


def intervals_of(rows: Iterable[Mapping]) -> list[Interval]:
    """Read rows of the exposure sheet, in order of drug, first day, last day and row."""
    found = [
        Interval(
            drug=str(row["drug"]),
            start_day=float(row["start_day"]),
            stop_day=number_of(row.get("stop_day")),
            dose_mg=number_of(row.get("dose_mg")),
            reason=str(row.get("reason") or ""),
            cycle=None if row.get("cycle") is None else int(row["cycle"]),
            row=row.get("row"),
            sheet=str(row.get("sheet") or ""),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.drug, one.first, one.last, one.row or 0))


def spells_of(intervals: Iterable[Interval]) -> list[tuple[int, float]]:
    """Join the intervals in which a drug was taken into spells without a day between them.

    Returns
    -------
    First and last day of each spell, in order; the last day of one that is ongoing is infinite.
    """
    spells: list[tuple[int, float]] = []
    for one in sorted((one for one in intervals if one.is_taken), key=lambda one: one.first):
        if spells and one.first <= spells[-1][1] + 1:
            spells[-1] = (spells[-1][0], max(spells[-1][1], one.last))
        else:
            spells.append((one.first, one.last))
    return spells
