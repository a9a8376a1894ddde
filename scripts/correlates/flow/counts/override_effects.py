"""What overrides did: each population that rests on one, with it and as the template gates it."""

from collections.abc import Iterable, Iterator, Mapping

from correlates.flow.counts.dependents import OPEN, resting_on
from correlates.flow.templates.methods import OVERRIDDEN
from correlates.flow.templates.template import Template
from correlates.intake.records import Plan

COLUMNS = (
    *("acquisition", "gate", "marker", "threshold", "threshold_as_templated"),
    *("author", "reason", "outcomes_open", "population", "parent"),
    *("n", "n_as_templated", "percent", "percent_as_templated", "points"),
)


def override_effects(
    overrides: Iterable[Mapping],
    templates: Mapping[str, Template],
    populations: tuple[Mapping[str, list[dict]], Mapping[str, list[dict]]],
    thresholds: Mapping[str, list[dict]],
) -> Iterator[dict]:
    """Yield a row for each override and each population that rests on it.

    Parameters
    ----------
    overrides
        Those of the plan.
    templates
        Template by acquisition.
    populations
        Rows of each overridden file's populations: with its overrides, and as templated.
    thresholds
        Rows of its thresholds as templated.

    Yields
    ------
    Rows with `COLUMNS`: ``percent`` is of the parent, ``points`` the difference of the two, empty
    where a parent holds no event. With several overrides in one file the counts are those with all
    of them. A refused file has no counts, and no row.
    """
    for override in overrides:
        key = override["acquisition"]
        with_it, without = ({row["population"]: row for row in each[key]} for each in populations)
        found = {(row["population"], row["marker"]): row["threshold"] for row in thresholds[key]}
        resting = resting_on(templates[key])
        gates = _sharing(templates[key], override["population"])
        about = {column: override[column] for column in ("marker", "threshold", "author")}
        about |= {"acquisition": key, "gate": override["population"], "reason": override["reason"]}
        about["outcomes_open"] = "yes" if override["outcomes_open"] else "no"
        about["threshold_as_templated"] = found.get((override["population"], override["marker"]))
        affected = frozenset().union(*(resting[gate] for gate in gates))
        for name in (each for each in with_it if each in affected and each in without):
            yield about | _compared(name, with_it[name], without[name])


def override_marks(
    plan: Plan, templates: Mapping[str, Template]
) -> dict[tuple[str, str], list[str]]:
    """Return the flags of every population that rests on an override, by file and population."""
    marks: dict[tuple[str, str], list[str]] = {}
    for override in plan.overrides:
        key = override["acquisition"]
        flags = [OVERRIDDEN, OPEN] if override["outcomes_open"] else [OVERRIDDEN]
        resting = resting_on(templates[key])
        for gate in _sharing(templates[key], override["population"]):
            for population in resting[gate]:
                marks[key, population] = [*marks.get((key, population), ()), *flags]
    return marks


def _sharing(template: Template, population: str) -> tuple[str, ...]:
    """Return the populations of the row that makes one: its thresholds are theirs."""
    return next(row.aliases for row in template.rows if population in row.aliases)


def _compared(name: str, with_it: Mapping, without: Mapping) -> dict:
    percent, percent_without = _percent(with_it), _percent(without)
    known = percent is not None and percent_without is not None
    return {
        "population": name,
        "parent": with_it["parent"],
        "n": with_it["n"],
        "n_as_templated": without["n"],
        "percent": percent,
        "percent_as_templated": percent_without,
        "points": round(percent - percent_without, 4) if known else None,
    }


def _percent(row: Mapping) -> float | None:
    parent = int(row["n_parent"] or 0)
    return round(100 * int(row["n"]) / parent, 4) if parent else None
