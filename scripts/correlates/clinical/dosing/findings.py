"""What is wrong with a patient's rows of the exposure sheet; nothing of it is put right."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby, pairwise

from correlates.clinical.dosing.intervals import Interval

DAYS = ("start_day", "stop_day")


@dataclass(frozen=True)
class DosingFinding:
    """Something in the exposure sheet that a person must look at.

    Parameters
    ----------
    rule
        What was broken: ``dose_ends_before_it_starts``, ``dose_twice``, ``doses_overlap``,
        ``doses_contradict``, ``dose_unknown``, ``cycle_starts_contradict``,
        ``cycles_out_of_order``, ``first_ibrutinib_not_day_1``.
    severity
        ``error`` where the computation cannot rest on these rows, else ``warning``.
    patient, drug
        Whose rows they are, and of which drug; empty where several.
    sheet, rows, columns
        Where to look.
    finding, resolve
        What is wrong, and what to do about it, each in a sentence.
    """

    rule: str
    severity: str
    patient: str
    drug: str
    sheet: str
    rows: tuple[int, ...]
    columns: tuple[str, ...]
    finding: str
    resolve: str

    @property
    def source(self) -> str:
        """The place as one text: sheet, rows and columns."""
        rows = ", ".join(map(str, self.rows))
        where = f"row{'s' if len(self.rows) > 1 else ''} {rows}" if rows else ""
        return ", ".join(filter(None, [self.sheet, where, " ".join(self.columns)]))


def findings_of(patient: str, intervals: Sequence[Interval]) -> list[DosingFinding]:
    """List what is wrong with one patient's intervals, in order of drug and day."""

    def found(rule: str, severity: str, of: Sequence[Interval], columns, *told: str):
        drugs = {one.drug for one in of}
        return DosingFinding(
            rule,
            severity,
            patient,
            drugs.pop() if len(drugs) == 1 else "",
            of[0].sheet,
            tuple(one.row for one in of if one.row is not None),
            tuple(columns),
            *told,
        )

    listed = []
    for one in intervals:
        if one.last < one.first:
            listed.append(
                found(
                    "dose_ends_before_it_starts",
                    "error",
                    [one],
                    DAYS,
                    f"{one.drug} from day {one.start_day:g} ends on day {one.stop_day:g}; the row "
                    "takes no part",
                    "Correct the days.",
                )
            )
        elif one.dose_mg is None:
            listed.append(
                found(
                    "dose_unknown",
                    "warning",
                    [one],
                    ("dose_mg",),
                    f"{one.drug} from day {one.start_day:g} has no dose; it counts as taken",
                    "Give dose_mg, 0 for a drug that was held.",
                )
            )
    sound = sound_intervals(intervals)
    for _, of in groupby(sound, key=lambda one: one.drug):
        for first, second in combinations(of, 2):
            if first.overlaps(second):
                listed.append(found(*_overlap(first, second)))
    listed += [found(*told) for told in _cycle_findings(sound)]
    return listed


def sound_intervals(intervals: Iterable[Interval]) -> list[Interval]:
    """Leave out the intervals that end before they begin."""
    return [one for one in intervals if one.first <= one.last]


def cycle_starts(intervals: Iterable[Interval]) -> dict[int, float]:
    """Return the study day on which each cycle began, as far as the rows agree on it.

    A cycle that begins on several days, or not after the one before it, is left out:
    `findings_of` lists it.
    """
    starts = {
        cycle: min(one.start_day for one in of)
        for cycle, of in _by_cycle(intervals).items()
        if len({one.first for one in of}) == 1
    }
    wrong = {cycle for pair in _out_of_order(starts) for cycle in pair}
    return {cycle: day for cycle, day in starts.items() if cycle not in wrong}


def _overlap(first: Interval, second: Interval) -> tuple:
    day = max(first.first, second.first)
    both = f"{first.drug} has two rows for day {day}"
    if first.stop_day is None and second.first > first.first:
        remedy = "Close the earlier row: its stop_day is the last day at its dose."
    else:
        remedy = "Keep one row for each day, with the dose of the whole day."
    if first.dose_mg != second.dose_mg:
        doses = " and ".join(
            "an unknown dose" if one.dose_mg is None else f"{one.dose_mg:g} mg"
            for one in (first, second)
        )
        told = f"{both}, with {doses}: the dose of the days they share is not known"
        return "doses_contradict", "error", [first, second], (*DAYS, "dose_mg"), told, remedy
    if (first.first, first.last) == (second.first, second.last):
        told = f"{both}, with the same days and dose; it counts once"
        return "dose_twice", "warning", [first, second], (*DAYS, "dose_mg"), told, remedy
    told = f"{both}, with the same dose; it counts once"
    return "doses_overlap", "warning", [first, second], DAYS, told, remedy


def _cycle_findings(intervals: Sequence[Interval]) -> list[tuple]:
    by_cycle = _by_cycle(intervals)
    columns = ("start_day", "cycle")
    listed = []
    for cycle, of in sorted(by_cycle.items()):
        days = sorted({one.first for one in of})
        if len(days) > 1:
            told = f"cycle {cycle} begins on days {' and '.join(map(str, days))}; none is used"
            remedy = "Write the cycle in the rows of the day on which it began, and in no other."
            listed.append(("cycle_starts_contradict", "error", of, columns, told, remedy))
    starts = {
        cycle: of[0].start_day
        for cycle, of in by_cycle.items()
        if len({one.first for one in of}) == 1
    }
    for earlier, later in _out_of_order(starts):
        told = (
            f"cycle {later} begins on day {starts[later]:g}, and cycle {earlier} on day "
            f"{starts[earlier]:g}; neither is used"
        )
        rows = [*by_cycle[earlier], *by_cycle[later]]
        listed.append(
            ("cycles_out_of_order", "error", rows, columns, told, "Correct the days or cycles.")
        )
    return listed


def _by_cycle(intervals: Iterable[Interval]) -> dict[int, list[Interval]]:
    found: dict[int, list[Interval]] = {}
    for one in intervals:
        if one.cycle is not None:
            found.setdefault(one.cycle, []).append(one)
    return found


def _out_of_order(starts: Mapping[int, float]) -> list[tuple[int, int]]:
    return [pair for pair in pairwise(sorted(starts)) if starts[pair[1]] <= starts[pair[0]]]
