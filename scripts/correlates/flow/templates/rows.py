"""One row of a gating template: read, and everything that is wrong with it by itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from correlates.flow.templates.args import (
    ArgumentsError,
    names_in,
    parse_arguments,
    parse_expression,
)
from correlates.flow.templates.method_arguments import (
    QUADRANTS,
    Method,
    argument_faults,
    method_named,
    nearest_method,
)
from correlates.flow.templates.tubes import tube_of
from correlates.problems import Problem

_KEY = re.compile(r"[A-Za-z0-9.+-]+(_[A-Za-z0-9.+-]+)*")
_NAMED_SIGNS = re.compile(r"[^+\-/*]*(\+/-|-/\+|[+\-*])[^+\-/*]*(\+/-|-/\+|[+-])?")
_POOLED = {
    "collapseDataForGating": "gates are set for each file by itself, since a result may depend on "
    "its own file only, not on which others have arrived",
    "groupBy": "gates are set for each file by itself, since a result may depend on its own file "
    "only, not on which others have arrived",
    "preprocessing_method": "there is no preprocessing step: the prior of a gate is its gate_range",
    "preprocessing_args": "there is no preprocessing step: the prior of a gate is its gate_range",
}
_EMPTY = ("", "FALSE", "F", "NA", "NULL")


@dataclass(frozen=True)
class Row:
    """One row of a template.

    Parameters
    ----------
    number
        Row as a spreadsheet counts it; the header is row 1.
    aliases
        The populations it makes, in the order of ``signs``.
    signs
        The side of each population: ``+`` or ``-`` for each dimension.
    parent
        Population whose events it divides, or ``root``.
    dims
        Markers or scatter channels.
    method
        As openCyto spells it.
    arguments
        Values by name.
    references
        refGate: the populations whose thresholds it takes over.
    expression
        boolGate: tree of names, ``Not`` and ``Join``.
    """

    number: int
    aliases: tuple[str, ...]
    signs: tuple[str, ...]
    parent: str
    dims: tuple[str, ...]
    method: str
    arguments: dict[str, object] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    expression: object = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Every population that must stand before this row can be gated."""
        operands = () if self.expression is None else tuple(names_in(self.expression))
        negative = self.arguments.get("negative")
        named = (str(negative),) if negative else ()
        return (self.parent, *self.references, *operands, *named)

    @property
    def tube(self) -> str:
        """Key of the reference tube in which its threshold is found; empty: in the file itself."""
        return tube_of(self.method, self.dims, self.arguments)


def read_row(cells: Mapping[str, str], number: int, file: str) -> tuple[Row | None, list[Problem]]:
    """Read one row.

    Parameters
    ----------
    cells
        Text by column.
    number
        Row as a spreadsheet counts it.
    file
        The template, for the problems.

    Returns
    -------
    The row, or None where it is too broken to be one, and all its problems.
    """
    if None in cells:
        remedy = "Put quotes around a cell that holds commas."
        return None, [Problem(file, "more cells than columns", remedy, number)]
    reading = _Reading(cells, number, file)
    row = reading.row()
    return row, reading.problems


class _Reading:
    """The problems of one row, gathered while it is read."""

    def __init__(self, cells: Mapping[str, str], number: int, file: str):
        self.cells = cells
        self.number = number
        self.file = file
        self.problems: list[Problem] = []

    def cell(self, column: str) -> str:
        return (self.cells.get(column) or "").strip()

    def report(self, column: str, problem: str, remedy: str, value: str | None = None) -> None:
        value = self.cell(column) if value is None else value
        self.problems.append(Problem(self.file, problem, remedy, self.number, column, value))

    def row(self) -> Row | None:
        self._check_pooling()
        method = self._method()
        parent = self._parent()
        dims = self._dims(method)
        if method is None:
            self._aliases(dims, _sides(self.cell("pop")))
            return None
        signs = self._signs(method, dims)
        aliases = self._aliases(dims, signs)
        arguments, references, expression = self._arguments(method, dims)
        if self.problems and not (aliases and parent):
            return None
        return Row(
            self.number,
            aliases,
            signs,
            parent,
            dims,
            method.name,
            arguments,
            references,
            expression,
        )

    def _check_pooling(self) -> None:
        for column, reason in _POOLED.items():
            if self.cell(column).upper() not in _EMPTY:
                self.report(column, f"must be empty: {reason}", "Empty this cell, or write FALSE.")

    def _method(self) -> Method | None:
        name = self.cell("gating_method")
        method = method_named(name)
        if method is None:
            problem = "no gating method" if not name else "this gating method is not supported"
            self.report("gating_method", problem, nearest_method(name))
        return method

    def _parent(self) -> str:
        parent = self.cell("parent")
        if not parent:
            self.report("parent", "no parent", "Write the alias of another row, or root.")
        if "," in parent:
            self.report(
                "parent",
                "several parents in one row would make populations of one name",
                "Write one row a parent, each with its own alias.",
            )
            return ""
        return parent

    def _dims(self, method: Method | None) -> tuple[str, ...]:
        dims = _parts(self.cell("dims"))
        if method is not None and len(dims) not in method.dims:
            wanted = " or ".join(map(str, method.dims))
            self.report(
                "dims",
                f"{method.name} works on {wanted} dimensions, not {len(dims)}",
                "Name markers or scatter channels, separated by commas.",
            )
        if (
            method is not None
            and method.name == "steadyGate"
            and dims[:1]
            and not _is_time(dims[0])
        ):
            self.report("dims", "steadyGate works on the time of acquisition", "Write Time.")
        if len({dim.lower() for dim in dims}) < len(dims):
            self.report("dims", "one dimension stands twice", "Name two different ones.")
        return dims

    def _signs(self, method: Method, dims: tuple[str, ...]) -> tuple[str, ...]:
        pop = self.cell("pop").replace("-/+", "+/-")
        if not pop and method.name == "boolGate":
            pop = "+"
        allowed = method.pops.get(len(dims))
        if allowed is None:
            return ("+",)
        if pop not in allowed:
            self._report_pop(pop, method, allowed)
            pop = allowed[0]
        return _sides(pop)

    def _report_pop(self, pop: str, method: Method, allowed: tuple[str, ...]) -> None:
        remedy = f"Write one of: {'  '.join(allowed)}"
        named = _NAMED_SIGNS.fullmatch(pop)
        bare = "".join(part or "" for part in named.groups()) if named else ""
        if bare.replace("-/+", "+/-") in allowed:
            remedy = f"Write only the signs: {bare}"
        elif pop == "-":
            remedy = "Write + here and a boolGate row with !name for the events outside."
        self.report("pop", f"not what {method.name} on these dims can make", f"{remedy}.")

    def _aliases(self, dims: tuple[str, ...], signs: tuple[str, ...]) -> tuple[str, ...]:
        aliases = _expanded(_parts(self.cell("alias")), dims, signs)
        for alias in aliases:
            if not _KEY.fullmatch(alias) or alias.lower() == "root":
                self.report(
                    "alias",
                    "not a population key",
                    "Use letters, digits, dot, plus, minus and single underscores; root is taken.",
                    alias,
                )
        if len(aliases) != len(signs):
            self.report(
                "alias",
                f"{len(aliases)} names for {len(signs)} populations",
                f"Name them in this order, separated by commas: {'  '.join(signs)}.",
            )
            return ()
        return aliases

    def _arguments(self, method: Method, dims: tuple[str, ...]):
        text = self.cell("gating_args")
        try:
            if method.name == "boolGate":
                return {}, (), self._expression(text)
            if method.name == "refGate":
                return {}, self._references(text, len(dims)), None
            arguments = parse_arguments(text)
        except ArgumentsError as error:
            self.report(
                "gating_args", f"cannot be read: {error}", "See resources/gating/README.md."
            )
            return {}, (), None
        for name, problem, remedy in argument_faults(method, arguments, len(dims)):
            self.report("gating_args", problem, remedy, f"{name} in {text}" if text else name)
        return arguments, (), None

    def _expression(self, text: str):
        expression = parse_expression(text)
        if isinstance(expression, str):
            self.report(
                "gating_args",
                "a boolean gate of one population is that population",
                "Combine two or more with & or |, or put ! before it.",
            )
        return expression

    def _references(self, text: str, dims: int) -> tuple[str, ...]:
        references = tuple(part.strip() for part in text.split(":") if part.strip())
        if len(references) not in (1, dims):
            self.report(
                "gating_args",
                f"refGate takes 1 population, or one a dimension, not {len(references)}",
                "Name the populations whose thresholds to use, separated by a colon.",
            )
        return references


def names_of(cells: Mapping[str, str]) -> tuple[str, ...]:
    """Return the populations that a row would make, as far as one that cannot be read says so."""
    alias, dims, pop = ((cells.get(column) or "").strip() for column in ("alias", "dims", "pop"))
    return _expanded(_parts(alias), _parts(dims), _sides(pop))


def _is_time(dim: str) -> bool:
    return dim.lower() == "time"


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _sides(pop: str) -> tuple[str, ...]:
    pop = pop.replace("-/+", "+/-")
    if pop in ("*", "+/-+/-"):
        return QUADRANTS
    return ("+", "-") if pop == "+/-" else (pop,)


def _expanded(
    aliases: tuple[str, ...], dims: tuple[str, ...], signs: tuple[str, ...]
) -> tuple[str, ...]:
    """Name each side where one alias stands for all of them."""
    if aliases == ("*",):
        return tuple(
            "".join(dim + sign for dim, sign in zip(dims, side, strict=False)) for side in signs
        )
    if len(signs) == 2 and len(aliases) == 1:
        return (f"{aliases[0]}+", f"{aliases[0]}-")
    return aliases


def filled_rows(rows: Iterator[Mapping[str, str]]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (row as a spreadsheet counts it, cells) of the rows that are not blank."""
    for number, cells in enumerate(rows, start=2):
        texts = [value for column, value in cells.items() if column is not None and value]
        if any(text.strip() for text in texts):
            yield number, cells
