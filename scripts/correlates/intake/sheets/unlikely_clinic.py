"""What hardly is true within one row of the clinic's sheets: told of, and used as it is."""

from collections.abc import Iterable, Iterator, Mapping

from correlates.intake.sheets.values import number_of
from correlates.intake.sheets.visits import CYCLE_DAYS, parse_visit
from correlates.problems import Problem

TREATMENTS = ("none", "nsaid", "steroid", "opioid")
"""What a flare is treated with, in the words of the flares sheet."""

Rows = Iterable[tuple[int, Mapping]]


def unlikely_clinic(kind: str, name: str, rows: Rows) -> Iterator[Problem]:
    """Yield warnings of single rows.

    Parameters
    ----------
    kind, name
        Kind of the sheet; its name, for messages.
    rows
        Number and values of each row that is good by itself.
    """
    if kind == "flares":
        yield from _unknown_treatments(name, rows)
    elif kind == "samples":
        yield from _other_cycle(name, rows)


def _unknown_treatments(name: str, rows: Rows) -> Iterator[Problem]:
    for number, values in rows:
        words = [word.strip() for word in (values.get("treatment") or "").split(";")]
        unknown = [word for word in words if word and word.lower() not in TREATMENTS]
        if unknown:
            problem = "this treatment of a flare is not known"
            remedy = f"Write {', '.join(TREATMENTS)}, several divided by semicolons."
            shown = "; ".join(unknown)
            yield Problem(name, problem, remedy, number, "treatment", shown, stops="nothing")


def _other_cycle(name: str, rows: Rows) -> Iterator[Problem]:
    """Hold cycle and day of the cycle, which a sheet may have beside the visit, against it."""
    for number, values in rows:
        # In a sheet's own words ("run-in") they tell nothing that could be compared.
        cycle, day = (number_of(values.get(column)) for column in ("cycle", "cycle_day"))
        parsed = parse_visit(values.get("visit") or "")
        if None in (cycle, day) or parsed is None or parsed.planned_day is None:
            continue
        if CYCLE_DAYS * cycle + day != parsed.planned_day:
            problem = f"cycle {cycle:g} and cycle_day {day:g} are not the visit {parsed.name}"
            remedy = "Correct one of them; the visit is what is used."
            column, shown = "cycle, cycle_day", f"{cycle:g}, {day:g}"
            yield Problem(name, problem, remedy, number, column, shown, stops="nothing")
