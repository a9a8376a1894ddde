"""What can be wrong with a study's exported tables, found before any job; it imports little."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from correlates.flow.gated_tables.columns import map_problems, missing_header
from correlates.flow.gated_tables.draws import sample_column
from correlates.flow.gated_tables.layouts import WIDE, Layout, read_layout, squeezed
from correlates.flow.gated_tables.table import decimal_problem, read_gated_table
from correlates.intake.files.pattern import PatternError, compile_pattern
from correlates.intake.records import Plan
from correlates.problems import Problem

_KEY = "study.gated_tables"


def gated_table_problems(config: Mapping, plan: Plan, root: str | Path = ".") -> list[Problem]:
    """Return every problem of the tables that a study names.

    Parameters
    ----------
    config
        The whole config.
    plan
        Its plan. Where something stops the run already, patients are not known and rows are not
        looked at; where the tables' own part of the config is malformed, nothing is.
    root
        The working directory.

    Returns
    -------
    What is wrong with a file or its map stops the run; what is wrong with a row leaves it out, and
    with a cell, the cell.
    """
    study = config.get("study")
    tables = study.get("gated_tables") if isinstance(study, Mapping) else None
    if not tables or any(one.column.startswith(_KEY) for one in plan.problems):
        return []
    problems: list[Problem] = list(_repeated_names(tables))
    panels = list(study["gating"]) if isinstance(study.get("gating"), Mapping) else []
    is_planned = all(one.stops != "run" for one in plan.problems)
    for number, block in enumerate(tables):
        place = f"{_KEY}[{number}]"
        path = Path(root) / block["path"]
        layout = read_layout(path, block["path"], block.get("layout", WIDE))
        wrong = [*layout.problems, *_of_block(block, layout, panels, place)]
        if not layout.rows or any(one.stops == "run" for one in wrong):
            problems += wrong or [Problem(block["path"], "no row is a sample", "Add rows.")]
            continue
        undecided = decimal_problem(block, layout, place)
        if undecided:
            problems.append(undecided)
        elif is_planned:
            table = read_gated_table(block, path, plan.patients, study.get("specimen", ""), panels)
            problems += table.problems
    return problems


def _repeated_names(tables: list[Mapping]) -> Iterator[Problem]:
    names = [block["name"] for block in tables]
    for number, name in enumerate(names):
        if name in names[:number]:
            problem, remedy = "another table has this name", "Give each table a name of its own."
            yield Problem("config", problem, remedy, column=f"{_KEY}[{number}].name", value=name)


def _of_block(block: Mapping, layout: Layout, panels: list[str], place: str) -> Iterator[Problem]:
    if not layout.header:
        return
    yield from map_problems(block["map"], layout.header, f"{place}.map", block["path"])
    columns = block.get("columns", {})
    for part, name in columns.items():
        if squeezed(name) not in layout.header:
            where = f"{place}.columns.{part}"
            yield missing_header(name, layout.header, where, block["path"])
    named = block.get("sample_name")
    if named is None:
        for part in ("patient", "visit"):
            if part not in columns:
                remedy = "Name its column, or give sample_name with a pattern."
                where = f"{place}.columns.{part}"
                yield Problem("config", f"nothing tells the {part}", remedy, column=where)
        return
    column = sample_column(named, layout.header)
    if column not in layout.header:
        where = f"{place}.sample_name.column"
        yield missing_header(column, layout.header, where, block["path"])
    try:
        compile_pattern(named["pattern"], panels)
    except PatternError as error:
        where = f"{place}.sample_name.pattern"
        yield Problem("config", error.problem, error.remedy, column=where, value=named["pattern"])
