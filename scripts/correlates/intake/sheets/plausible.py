"""Values that are legal one by one, but cannot be true beside the others, or hardly can."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from statistics import median

from correlates.intake.sheets.impossible_clinic import impossible_clinic
from correlates.intake.sheets.unlikely_clinic import unlikely_clinic
from correlates.problems import Problem

# Parts may exceed the whole by 20 %: with an error of 3 % in each count (science reference 1.3),
# lymphocytes that are nearly all of the white cells do so by 10 % once in a hundred counts.
# Small counts are rounded, so that 0.1 x 10^9/L are always passed.
ERROR, ROUNDING_10E9_L = 0.20, 0.1
# Counts above this do occur in CLL, but a count per microlitre in this column is likelier.
HIGH_10E9_L = 500
# A count this many times the patient's others is likelier given in another unit.
LEAP = 50
PARTS = ("alc_10e9_l", "amc_10e9_l", "anc_10e9_l")
WHOLE = "wbc_10e9_l"
_CHECK = "Check the unit: 900 per uL is 0.9. Nothing need be done if it is right."

Rows = Iterable[tuple[int, Mapping]]


def impossible_rows(kind: str, name: str, rows: Rows) -> Iterator[Problem]:
    """Yield why rows cannot be true: blood counts whose parts are more than the whole.

    Nor can the beads of a tube be counted from a lot that tells them in no way, or in two.

    Parameters
    ----------
    kind, name
        The sheet's schema; the file as the user named it.
    rows
        Number and values of each row that is good by itself.
    """
    if kind == "beads":
        yield from _untold_beads(name, rows)
    yield from impossible_clinic(kind, name, rows)
    if kind != "cbc":
        return
    for number, values in rows:
        whole = values.get(WHOLE)
        parts = {part: values[part] for part in PARTS if values.get(part) is not None}
        if whole is None or not _exceeds(sum(parts.values()), whole):
            continue
        # one part that is too much by itself is the wrong one
        parts = {part: one for part, one in parts.items() if _exceeds(one, whole)} or parts
        shown = " + ".join(f"{one:g}" for one in parts.values())
        problem = f"this is more than all white blood cells together ({WHOLE} {whole:g})"
        remedy = (
            "Give every count in 10^9/L (900 per uL is 0.9), none in percent, "
            "and correct the one that is wrong."
        )
        yield Problem(name, problem, remedy, number, ", ".join(parts), shown, stops="row")


def _untold_beads(name: str, rows: Rows) -> Iterator[Problem]:
    """Yield the lots that do not say in one way how many beads are in a tube."""
    columns = "beads_per_tube, beads_per_ul, beads_ul"
    for number, values in rows:
        per_tube, per_ul, volume = (values.get(column) for column in columns.split(", "))
        if (per_tube is not None) == (per_ul is not None and volume is not None):
            both = per_tube is not None
            problem = "beads of a tube are told " + ("twice" if both else "in no way")
            remedy = "Give beads_per_tube, or beads_per_ul and beads_ul, and leave the other empty."
            yield Problem(name, problem, remedy, number, columns, stops="row")


def _exceeds(part: float, whole: float) -> bool:
    # the last term keeps a sum such as 0.1 + 0.2 from exceeding 0.3
    return part > whole + max(ERROR * whole, ROUNDING_10E9_L) + 1e-9


def unlikely_rows(kind: str, name: str, rows: Rows) -> Iterator[Problem]:
    """Yield warnings of values that are hardly true, with the parameters of `impossible_rows`."""
    if kind == "patients":
        yield from _early_starts(name, rows)
    elif kind == "cbc":
        yield from _high_counts(name, list(rows))
    yield from unlikely_clinic(kind, name, rows)


def _early_starts(name: str, rows: Rows) -> Iterator[Problem]:
    column = "lenalidomide_start_day"
    for number, values in rows:
        day = values.get(column)
        if day is not None and day < 1:
            problem = "lenalidomide before ibrutinib, which in this trial is given first"
            remedy = (
                "Check the day: the first ibrutinib dose is day 1. "
                "Nothing need be done if it is right."
            )
            yield Problem(name, problem, remedy, number, column, f"{day:g}", stops="nothing")


def _high_counts(name: str, rows: list[tuple[int, Mapping]]) -> Iterator[Problem]:
    by_patient = defaultdict(list)
    for _, values in rows:
        by_patient[values.get("patient")].append(values)
    for number, values in rows:
        others = [other for other in by_patient[values.get("patient")] if other is not values]
        high, leaps = {}, {}
        for column in (WHOLE, *PARTS):
            count = values.get(column)
            if count is None:
                continue
            if count > HIGH_10E9_L:
                high[column] = count
            elif _leaps(count, [other.get(column) for other in others]):
                leaps[column] = count
        for found, problem in (
            (high, f"this is more than {HIGH_10E9_L} x 10^9/L"),
            (leaps, f"this is {LEAP} times or more what this patient's other counts are"),
        ):
            if found:
                shown = ", ".join(f"{count:g}" for count in found.values())
                yield Problem(
                    name, problem, _CHECK, number, ", ".join(found), shown, stops="nothing"
                )


def _leaps(count: float, others: list[float | None]) -> bool:
    known = [other for other in others if other is not None]
    usual = median(known) if known else 0
    return usual > 0 and count >= LEAP * usual
