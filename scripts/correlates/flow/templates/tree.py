"""The rows of a template as a tree: names, references and the order of gating."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from correlates.flow.gating.gates import ROOT
from correlates.flow.templates.args import Join, Not
from correlates.flow.templates.method_arguments import METHODS
from correlates.flow.templates.rows import Row
from correlates.problems import Problem, did_you_mean


def link_rows(
    rows: Iterable[Row], file: str, broken: Mapping[str, int]
) -> tuple[list[Row], list[Problem]]:
    """Resolve every name and put each row after those it needs.

    Parameters
    ----------
    rows
        Rows in the order of the file.
    file
        The template, for the problems.
    broken
        Populations of the rows that could not be read, and those rows' numbers: they are taken for
        known, so that one mistake is one problem.

    Returns
    -------
    The rows with every path resolved to its population, parents first (the file's order otherwise),
    and the problems.
    """
    rows = list(rows)
    makers = {alias: row for row in reversed(rows) for alias in row.aliases}
    problems = _duplicates(rows, broken, file)
    linked = []
    for row in rows:
        resolver = _Resolver(row, makers, broken, file)
        linked.append(resolver.resolved())
        problems += resolver.problems
    makers = {alias: row for row in reversed(linked) for alias in row.aliases}
    for row in linked:
        if makers.keys() >= set(row.references):
            problems += _reference_faults(row, makers, file)
    ordered = _ordered(linked, makers)
    left = [row for row in linked if row not in ordered]
    return ordered, problems + _circle_problems(left, file)


def cut_row(reference: str, dim: str, makers: dict[str, Row]) -> Row | None:
    """Return the row that sets the threshold of a dimension for a population, or None."""
    row = makers.get(reference)
    if row is None or not METHODS[row.method].cuts:
        return None
    return row if dim.lower() in (own.lower() for own in row.dims) else None


def _duplicates(rows: list[Row], broken: Mapping[str, int], file: str) -> list[Problem]:
    made = [(row.number, alias) for row in rows for alias in row.aliases]
    made += [(number, name) for name, number in broken.items()]
    first: dict[str, int] = {}
    problems = []
    for number, alias in sorted(made, key=lambda one: one[0]):
        if alias in first:
            problem = f"the name is already taken by row {first[alias]}"
            remedy = "Give each population its own name."
            problems.append(Problem(file, problem, remedy, number, "alias", alias))
        first.setdefault(alias, number)
    return problems


class _Resolver:
    """The names of one row, made populations; the problems are gathered on the way."""

    def __init__(self, row: Row, makers: dict[str, Row], broken: Mapping[str, int], file: str):
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
        if isinstance(arguments.get("negative"), str):
            arguments["negative"] = self.population(arguments["negative"], "gating_args")
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
            known = [*self.makers, *self.broken, *([ROOT] if column == "parent" else [])]
            self._report("no row makes this population", did_you_mean(last, known), column, name)
        elif not self._may_be_on_path(last, path):
            true = "/".join(["", *_ancestors(last, self.makers)[::-1], last])
            self._report(
                "the path does not lead to this population", f"It is {true}.", column, name
            )
        return last

    def _may_be_on_path(self, name: str, path: list[str]) -> bool:
        # What lies above a row that could not be read is not known.
        is_known = not set(_ancestors(name, self.makers)).intersection(self.broken)
        return not is_known or _is_on_path(name, path, self.makers)

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


def _ordered(rows: list[Row], makers: dict[str, Row]) -> list[Row]:
    """Return the rows after what they need, as far as no circle is in the way.

    What no row makes is a problem of its own and holds nobody up.
    """
    waiting, ordered, done = list(rows), [], set()
    while True:
        ready = next(
            (row for row in waiting if done.issuperset(makers.keys() & set(row.sources))), None
        )
        if ready is None:
            return ordered
        waiting.remove(ready)
        ordered.append(ready)
        done.update(ready.aliases)


def _circle_problems(rows: list[Row], file: str) -> list[Problem]:
    """Name the rows that need themselves, of those that cannot be put in order."""
    needs = {row.number: {r.number for r in rows if {*r.aliases} & {*row.sources}} for row in rows}
    reached = {number: _reached(number, needs) for number in needs}
    problem = "needs itself, by way of its parent or of what it refers to"
    problems = []
    for row in rows:
        # Of what a row needs, that which needs it too is in one circle with it.
        circle = [r for r in rows if r.number in reached[row.number]]
        circle = [r for r in circle if row.number in reached[r.number]]
        if circle:
            names = ", ".join(alias for r in circle for alias in r.aliases)
            remedy, value = f"Break the circle of: {names}.", ",".join(row.aliases)
            problems.append(Problem(file, problem, remedy, row.number, "alias", value))
    return problems


def _reached(start: int, needs: dict[int, set[int]]) -> set[int]:
    """Return every row that a row needs, directly or not."""
    reached: set[int] = set()
    further = set(needs[start])
    while further:
        reached |= further
        further = set().union(*(needs[number] for number in further)) - reached
    return reached


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
