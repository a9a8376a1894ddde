"""NK cells by CD16 alone are refused: neutrophils are CD16 bright, and many times as many.

Among leukocytes without CD3, CD19 and CD14, CD16+CD56- is an NK cell only if something keeps the
neutrophils out: CD7, which they lack, or a scatter gate. Whether a template lets a neutrophil into
its NK cells follows from its rows, with every gate that says nothing of a neutrophil left open.
"""

from collections.abc import Iterator, Mapping

from correlates.flow.gating.gates import ROOT
from correlates.flow.templates.args import Not
from correlates.flow.templates.rows import Row
from correlates.intake.panels import plain_name
from correlates.problems import Problem

_NEUTROPHIL = {"cd16": True, "cd56": False, "ncam": False, "cd7": False}
_NEUTROPHIL |= {"cd3": False, "cd19": False, "cd14": False, "ssca": True, "ssch": True}
_DRAWN = ("polygonGate", "ellipseGate")
# an upper limit of SSC above this many units of a usual detector is the end of its scale
_END_OF_SCALE = 200_000.0


def nk_problems(rows: tuple[Row, ...], file: str) -> Iterator[Problem]:
    """Yield a problem for each row that lets neutrophils into its NK cells.

    Parameters
    ----------
    rows
        Rows of a template, each after those it needs.
    file
        The template, for the problems.
    """
    makers = {alias: row for row in rows for alias in row.aliases}
    offending: set[str] = set()
    for row in rows:
        for alias in row.aliases:
            if not _is_nk(alias):
                continue
            # It matters only where CD16 makes the difference.
            if _holds(alias, _NEUTROPHIL, makers) is False:
                continue
            if _holds(alias, _NEUTROPHIL | {"cd16": False}, makers) is not False:
                continue
            if not offending & {row.parent, *row.sources}:
                problem = "CD16+CD56- cells count as NK here, which neutrophils are too"
                remedy = (
                    "Ask for CD7 beside CD16, or gate lymphocytes by scatter (SSC-A low) above "
                    "this row, or take CD56+ cells only."
                )
                yield Problem(file, problem, remedy, row.number, "gating_args", alias)
            offending.add(alias)


def _is_nk(alias: str) -> bool:
    name = plain_name(alias)
    return name.startswith("nk") and not name.startswith("nkt")


def _holds(population: str, cell: Mapping[str, bool], makers: Mapping[str, Row]) -> bool | None:
    """Tell whether a population holds a cell: yes, no, or None where it depends on other things."""
    row = makers.get(population)
    if population == ROOT or row is None:
        return True if population == ROOT else None
    if row.expression is not None:
        own = _of_tree(row.expression, cell, makers)
    else:
        own = _within(row, row.signs[row.aliases.index(population)], cell)
    return _all([_holds(row.parent, cell, makers), own])


def _within(row: Row, signs: str, cell: Mapping[str, bool]) -> bool | None:
    names = [plain_name(dim) for dim in row.dims]
    if row.method in _DRAWN:
        # drawn around lymphocytes by whoever draws scatter
        return False if any(name.startswith("ssc") for name in names) else None
    if row.method == "boundary":
        return _below_maximum(row, names)
    if len(signs) != len(names) or row.method in ("steadyGate", "marginGate", "singletGate"):
        return None
    sides = zip(names, signs, strict=True)
    return _all([cell[name] == (sign == "+") if name in cell else None for name, sign in sides])


def _below_maximum(row: Row, names: list[str]) -> bool | None:
    limits = row.arguments.get("max", ())
    limits = limits if isinstance(limits, tuple) else (limits,)
    for name, limit in zip(names, limits, strict=False):
        if name.startswith("ssc") and limit < _END_OF_SCALE:
            return False
    return None


def _of_tree(tree, cell: Mapping[str, bool], makers: Mapping[str, Row]) -> bool | None:
    if isinstance(tree, str):
        return _holds(tree, cell, makers)
    if isinstance(tree, Not):
        held = _of_tree(tree.operand, cell, makers)
        return None if held is None else not held
    held = [_of_tree(operand, cell, makers) for operand in tree.operands]
    if tree.operation == "and":
        return _all(held)
    inverse = _all([None if one is None else not one for one in held])
    return None if inverse is None else not inverse


def _all(held: list[bool | None]) -> bool | None:
    if False in held:
        return False
    return None if None in held else True
