"""The column map of a table: which header is which feature, in which unit, with which counts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from correlates.flow.gated_tables.layouts import squeezed
from correlates.problems import Problem, nearest

PERCENT, FRACTION, PER_UL, PER_NL = "%", "1", "/uL", "10*9/L"
# What a unit is multiplied by to become the statistic's own.
FACTORS = {
    ("pct", PERCENT): 1.0,
    ("pct", FRACTION): 100.0,
    ("abs", PER_UL): 1.0,
    ("abs", PER_NL): 1000.0,
    ("mfi", FRACTION): 1.0,
    ("mfir", FRACTION): 1.0,
    ("dmfi", FRACTION): 1.0,
}
UNITS = {"pct": PERCENT, "abs": PER_UL, "mfi": FRACTION, "mfir": FRACTION, "dmfi": FRACTION}
_NAME = r"[A-Za-z0-9.+/-]+(?:_[A-Za-z0-9.+/-]+)*"
_FEATURE = re.compile(rf"({_NAME})__(abs|(?:pct|mfir|mfi|dmfi)__({_NAME}))")
_GRAMMAR = (
    "Write <population>__abs, <population>__pct__<parent> or <population>__mfi__<marker>, such as "
    "t_cd4__pct__t."
)


@dataclass(frozen=True)
class Column:
    """A column of a table that holds a feature.

    Parameters
    ----------
    header
        Of the column.
    feature, population, statistic, against
        ``t_cd4__pct__t``, ``t_cd4``, ``pct``, ``t`` (parent or marker; empty for ``abs``).
    unit
        As the table has it.
    is_declared
        Whether the config gives the unit, and it is not only what is usual.
    n, n_parent
        Headers of the events of the population and of its parent; empty where there are none.
    limit
        What was not detected lies below it, in the table's unit; None where nobody gives it.
    inside
        Populations in which the parent lies, as far as the config says.
    overlaps
        Whether it shares cells with other children of its parent.
    """

    header: str
    feature: str
    population: str
    statistic: str
    against: str
    unit: str
    is_declared: bool
    n: str = ""
    n_parent: str = ""
    limit: float | None = None
    inside: tuple[str, ...] = ()
    overlaps: bool = False

    @property
    def factor(self) -> float:
        """What turns the table's unit into that of the measurement table."""
        return FACTORS[self.statistic, self.unit]

    @property
    def headers(self) -> tuple[str, ...]:
        """The columns that it is read from."""
        return tuple(filter(None, (self.header, self.n, self.n_parent)))


def columns_of(entries: Mapping[str, str | Mapping]) -> list[Column]:
    """Return the columns of a map whose problems are none."""
    return [_column(header, entry) for header, entry in entries.items()]


def map_problems(
    entries: Mapping[str, str | Mapping], header: Sequence[str], place: str, file: str
) -> Iterator[Problem]:
    """Yield what is wrong with a map.

    Parameters
    ----------
    entries
        Header to feature, or to a block with ``feature``, ``unit``, ``n``, ``n_parent``, ...
    header
        Headers of the table.
    place
        Where the map stands in the config.
    file
        The table, as the user named it.
    """
    taken: dict[str, str] = {}
    for name, entry in entries.items():
        column = f"{place}.{name}"
        block = {"feature": entry} if isinstance(entry, str) else entry
        feature = block["feature"]
        hit = _FEATURE.fullmatch(feature)
        if hit is None:
            yield Problem("config", "this is no feature", _GRAMMAR, column=column, value=feature)
        else:
            statistic = hit[2].split("__")[0]
            legal = [unit for kind, unit in FACTORS if kind == statistic]
            if block.get("unit", UNITS[statistic]) not in legal:
                problem = f"this is no unit of {feature}"
                remedy = f"Legal: {', '.join(legal)}."
                yield Problem("config", problem, remedy, column=column, value=block["unit"])
        if feature in taken:
            problem = f"{taken[feature]!r} is this feature already"
            yield Problem("config", problem, "Keep one of them.", column=column, value=feature)
        taken.setdefault(feature, name)
        for key, wanted in (("", name), ("n", block.get("n")), ("n_parent", block.get("n_parent"))):
            if wanted and squeezed(wanted) not in header:
                where = f"{column}.{key}" if key else column
                yield missing_header(wanted, header, where, file)
            elif wanted and header.count(squeezed(wanted)) > 1:
                yield Problem(file, "two columns have this header", "Rename one.", column=wanted)


def missing_header(wanted: str, header: Sequence[str], place: str, file: str) -> Problem:
    """Say that a table lacks a column, with the nearest headers that it has."""
    near = nearest(squeezed(wanted), [one for one in header if one], 3)
    named = [repr(one) for one in near or header[:8]]
    remedy = f"{'Nearest' if near else 'Its first'} headers: {', '.join(named)}."
    return Problem("config", f"{file} has no such column", remedy, column=place, value=wanted)


def _column(header: str, entry: str | Mapping) -> Column:
    block = {"feature": entry} if isinstance(entry, str) else entry
    population, rest, against = _FEATURE.fullmatch(block["feature"]).groups()
    statistic = rest.split("__")[0]
    inside = block.get("inside", [])
    return Column(
        header=squeezed(header),
        feature=block["feature"],
        population=population,
        statistic=statistic,
        against=against or "",
        unit=block.get("unit", UNITS[statistic]),
        is_declared="unit" in block,
        n=squeezed(block.get("n", "")),
        n_parent=squeezed(block.get("n_parent", "")),
        limit=block.get("limit"),
        inside=(inside,) if isinstance(inside, str) else tuple(inside),
        overlaps=bool(block.get("overlaps", False)),
    )
