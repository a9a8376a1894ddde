"""What cannot be: children of an empty parent, shares beyond 100 %, parts beyond their whole.

A table tells of a tree only what its features say: ``t_cd4__pct__t`` puts ``t_cd4`` below ``t``.
All leukocytes lie below the leukocytes' anchor.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from correlates.flow.gated_tables.columns import Column

ZERO_PARENT = "impossible_zero_parent"
OUT_OF_RANGE = "percent_out_of_range"
NEGATIVE = "negative_count"
BEYOND_PARENT = "children_exceed_parent"
COUNT_BEYOND_PARENT = "count_exceeds_parent"
# Rows with these are not evaluable; the others are only flagged.
GRAVE = frozenset({ZERO_PARENT, OUT_OF_RANGE, NEGATIVE, COUNT_BEYOND_PARENT})


def ancestors_of(
    columns: Iterable[Column], leukocytes: str = "", beside: Iterable[str] = ()
) -> dict[str, set[str]]:
    """Return the populations in which each one lies, as far as the columns tell.

    Parameters
    ----------
    columns
        Of one table.
    leukocytes
        Population in which all others lie; empty for none.
    beside
        Populations that do not lie in the leukocytes, such as singlets.
    """
    direct = _direct(columns)
    lines = {one: _line(one, direct) for one in direct}
    outside = {*beside, *lines.get(leukocytes, ()), leukocytes}
    for one, line in lines.items():
        if leukocytes and one not in outside:
            line.add(leukocytes)
    return lines


def impossible_flags(
    values: Mapping[str, float],
    events: Mapping[str, tuple[int | None, int | None]],
    columns: Iterable[Column],
    ancestors: Mapping[str, set[str]],
    tolerance: float,
) -> dict[str, list[str]]:
    """Return the flags of the features of one draw that cannot be.

    Parameters
    ----------
    values
        By feature, in percent or cells per microlitre; what is blank or beyond a limit is absent.
    events
        Events of population and parent by feature; None where the table has none.
    columns
        Of the table.
    ancestors
        As `ancestors_of` gives them.
    tolerance
        By how much children may exceed their parent, as a fraction.
    """
    flags: dict[str, list[str]] = defaultdict(list)
    by_feature = {one.feature: one for one in columns if one.feature in values}
    for feature, column in by_feature.items():
        if column.statistic == "pct" and not 0 <= values[feature] <= 100:
            flags[feature].append(OUT_OF_RANGE)
        if column.statistic == "abs" and values[feature] < 0:
            flags[feature].append(NEGATIVE)
    for feature, (n, n_parent) in events.items():
        if n is not None and n_parent is not None and n > n_parent:
            flags[feature].append(COUNT_BEYOND_PARENT)
    for feature in _of_empty_parents(values, events, by_feature, ancestors):
        flags[feature].append(ZERO_PARENT)
    for feature in _beyond_parents(values, by_feature, ancestors, tolerance):
        flags[feature].append(BEYOND_PARENT)
    return dict(flags)


def _direct(columns: Iterable[Column]) -> dict[str, set[str]]:
    direct: dict[str, set[str]] = defaultdict(set)
    for column in columns:
        child = column.population
        direct[child] |= set()
        if column.statistic == "pct":
            direct[child].add(column.against)
            child = column.against
        direct[child] |= set(column.inside)
    return dict(direct)


def _line(population: str, direct: Mapping[str, set[str]]) -> set[str]:
    """Return all ancestors of a population; a circle ends where it began."""
    line: set[str] = set()
    waiting = list(direct.get(population, ()))
    while waiting:
        one = waiting.pop()
        if one not in line and one != population:
            line.add(one)
            waiting += direct.get(one, ())
    return line


def _of_empty_parents(values, events, columns, ancestors) -> set[str]:
    """Return the zeros of parents with something in them, and what is in them."""
    zeros, others = defaultdict(set), defaultdict(set)
    for feature, column in columns.items():
        if column.statistic in ("pct", "abs"):
            (others if values[feature] else zeros)[column.population].add(feature)
    found: set[str] = set()
    for feature, (n, n_parent) in events.items():
        if n_parent == 0 and (n or values.get(feature)):
            found.add(feature)
    for population, features in others.items():
        for parent in ancestors.get(population, set()) & set(zeros):
            found |= features | zeros[parent]
    return found


def _beyond_parents(values, columns, ancestors, tolerance: float) -> set[str]:
    found: set[str] = set()
    shares, parts = defaultdict(dict), defaultdict(dict)
    for feature, column in columns.items():
        if column.statistic == "pct":
            shares[column.against][feature] = column
        elif column.statistic == "abs":
            for parent in ancestors.get(column.population, ()):
                if f"{parent}__abs" in columns:
                    parts[parent][feature] = column
    direct = _direct(columns.values())
    for children in shares.values():
        found |= _beyond(children, set(children), values, ancestors, 100 * (1 + tolerance))
    for parent, children in parts.items():
        whole = f"{parent}__abs"
        # Of one that only must lie below the leukocytes, nobody knows beside what it lies.
        known = {key for key, one in children.items() if parent in direct[one.population]}
        beyond = _beyond(children, known, values, ancestors, values[whole] * (1 + tolerance))
        found |= beyond | ({whole} if beyond else set())
    return found


def _beyond(
    children: Mapping[str, Column], summed: set[str], values, ancestors, most: float
) -> set[str]:
    """Return the children whose sum, or each of which alone, is more than the most there can be.

    A child of another child of the sum is not added to it.
    """
    populations = {children[feature].population for feature in summed}
    apart = {
        feature
        for feature in summed
        if not children[feature].overlaps
        and not ancestors.get(children[feature].population, set()) & populations
    }
    found = {feature for feature in children if values[feature] > most}
    if sum(values[feature] for feature in apart) > most:
        found |= apart
    return found
