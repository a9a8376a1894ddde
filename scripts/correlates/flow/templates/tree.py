"""The rows of a template as a tree: names, references and the order of gating."""

from collections.abc import Iterable
from dataclasses import replace

from correlates.flow.gating.gates import ROOT
from correlates.flow.templates.args import Join, Not
from correlates.flow.templates.method_arguments import METHODS
from correlates.flow.templates.rows import Row
from correlates.problems import Problem, did_you_mean


def link_rows(
    rows: Iterable[Row], file: str, broken: Iterable[str] = ()
) -> tuple[list[Row], list[Problem]]:
    """Resolve every name and put each row after those it needs.

    Parameters
    ----------
    rows
        Rows in the order of the file.
    file
        The template, for the problems.
    broken
        Names of rows that could not be read: they are taken for known, so that one mistake is one
        problem.

    Returns
    -------
    The rows with every path resolved to its population, parents first (the file's order otherwise),
    and the problems.
    """
    rows, broken = list(rows), set(broken)
    makers = {alias: row for row in reversed(rows) for alias in row.aliases}
    problems = _duplicates(rows, file)
    linked = []
    for row in rows:
        resolver = _Resolver(row, makers, broken, file)
        linked.append(resolver.resolved())
        problems += resolver.problems
    if problems:
        return linked, problems
    makers = {alias: row for row in linked for alias in row.aliases}
    ordered, problems = _ordered(linked, file, broken)
    for row in linked:
        if not broken.intersection(row.references):
            problems += _reference_faults(row, makers, file)
    return ordered, problems


def cut_row(reference: str, dim: str, makers: dict[str, Row]) -> Row | None:
    """Return the row that sets the threshold of a dimension for a population, or None."""
    row = makers.get(reference)
    if row is None or not METHODS[row.method].cuts:
        return None
    return row if dim.lower() in (own.lower() for own in row.dims) else None


def _duplicates(rows: list[Row], file: str) -> list[Problem]:
    first: dict[str, int] = {}
    problems = []
    for row in rows:
        for alias in row.aliases:
            if alias in first:
                problem = f"the name is already taken by row {first[alias]}"
                remedy = "Give each population its own name."
                problems.append(Problem(file, problem, remedy, row.number, "alias", alias))
            first.setdefault(alias, row.number)
    return problems


class _Resolver:
    """The names of one row, made populations; the problems are gathered on the way."""

    def __init__(self, row: Row, makers: dict[str, Row], broken: set[str], file: str):
        self.row = row
        self.makers = makers
        self.broken = broken
        self.file = file
        self.problems: list[Problem] = []

    def resolved(self) -> Row:
        row = self.row
        arguments = dict(row.arguments)
        if isinstance(arguments.get("keeps"), dict):
            arguments["keeps"] = {
                name: self.population(str(population), "gating_args")
                for name, population in arguments["keeps"].items()
            }
        return replace(
            row,
            arguments=arguments,
            parent=self.population(row.parent, "parent"),
            references=tuple(self.population(name, "gating_args") for name in row.references),
            expression=None if row.expression is None else self.tree(row.expression),
        )

    def tree(self, tree):
        if isinstance(tree, str):
            return self.population(tree, "gating_args")
        if isinstance(tree, Not):
            return Not(self.tree(tree.operand))
        return Join(tree.operation, tuple(map(self.tree, tree.operands)))

    def population(self, name: str, column: str) -> str:
        *path, last = [part for part in name.split("/") if part] or [""]
        if last in self.broken or (last == ROOT and column == "parent"):
            return last
        if last not in self.makers:
            known = [*self.makers, ROOT] if column == "parent" else list(self.makers)
            self._report("no row makes this population", did_you_mean(last, known), column, name)
        elif not _is_on_path(last, path, self.makers):
            true = "/".join(["", *_ancestors(last, self.makers)[::-1], last])
            self._report(
                "the path does not lead to this population", f"It is {true}.", column, name
            )
        return last

    def _report(self, problem: str, remedy: str, column: str, value: str) -> None:
        self.problems.append(Problem(self.file, problem, remedy, self.row.number, column, value))


def _is_on_path(name: str, path: list[str], makers: dict[str, Row]) -> bool:
    ancestors = _ancestors(name, makers)
    wanted = [part for part in reversed(path) if part != ROOT]
    return ancestors[: len(wanted)] == wanted


def _ancestors(name: str, makers: dict[str, Row]) -> list[str]:
    """Return the populations above one, nearest first; stops at a repeat."""
    ancestors: list[str] = []
    while name in makers:
        name = makers[name].parent.rsplit("/", 1)[-1]
        if name == ROOT or name in ancestors:
            break
        ancestors.append(name)
    return ancestors


def _ordered(rows: list[Row], file: str, broken: set[str]) -> tuple[list[Row], list[Problem]]:
    waiting, done, ordered = list(rows), {ROOT, *broken}, []
    while waiting:
        ready = next((row for row in waiting if done.issuperset(row.sources)), None)
        if ready is None:
            return ordered, _circle_problems(waiting, file)
        waiting.remove(ready)
        ordered.append(ready)
        done.update(ready.aliases)
    return ordered, []


def _circle_problems(rows: list[Row], file: str) -> list[Problem]:
    problem = "needs itself, by way of its parent or of what it refers to"
    names = ", ".join(alias for row in rows for alias in row.aliases)
    remedy = f"Break the circle of: {names}."
    return [
        Problem(file, problem, remedy, row.number, "alias", ",".join(row.aliases)) for row in rows
    ]


def _reference_faults(row: Row, makers: dict[str, Row], file: str) -> list[Problem]:
    if row.method != "refGate":
        return []
    problems = []
    for dim in row.dims:
        if not any(cut_row(reference, dim, makers) for reference in row.references):
            names = [
                alias
                for alias, other in makers.items()
                if alias not in row.aliases and cut_row(alias, dim, makers)
            ]
            remedy = (
                f"Populations with a threshold on {dim}: {', '.join(names)}."
                if names
                else f"Add a mindensity row on {dim}."
            )
            problem = f"none of these populations has a threshold on {dim}"
            value = ":".join(row.references)
            problems.append(Problem(file, problem, remedy, row.number, "gating_args", value))
    return problems
