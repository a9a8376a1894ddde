"""Thresholds that a person set in one file: which of them the panel's gating can take."""

from collections.abc import Mapping

from correlates.flow.templates.method_arguments import METHODS
from correlates.flow.templates.rows import Row
from correlates.flow.templates.template import Template, load_template
from correlates.intake.records import Plan
from correlates.problems import Problem, did_you_mean


def check_overrides(plan: Plan) -> tuple[tuple[dict, ...], list[Problem]]:
    """Check the overrides of a plan against the templates that they change.

    Parameters
    ----------
    plan
        A plan whose templates have no problems.

    Returns
    -------
    The overrides that can be applied, each with its marker as the template spells it; and a problem
    for every other one, which is left out. Populations of one row of a template share its
    thresholds, so two overrides of one such threshold are a contradiction, and neither is applied.
    """
    templates: dict[str, Template] = {}
    kept, problems = [], []
    for override in plan.overrides:
        path = plan.templates.get(plan[override["acquisition"]].panel)
        if path is None:
            elsewhere = plan.gating_of(override["acquisition"])
            problem = f"the gates of this file were drawn elsewhere, in {elsewhere}"
            remedy = "Change the drawing there, and save it again."
            problems.append(_problem(override, "acquisition", problem, remedy))
            continue
        if plan[override["acquisition"]].is_reference:
            problem = "other files may take their thresholds from this tube"
            remedy = "Set the threshold in the files that use it."
            problems.append(_problem(override, "acquisition", problem, remedy))
            continue
        if path not in templates:
            templates[path], _ = load_template(path)
        checked = _checked(override, templates[path])
        if isinstance(checked, Problem):
            problems.append(checked)
        else:
            kept.append(checked)
    return _without_contradictions(kept, plan, templates, problems), problems


def row_of(template: Template, population: str) -> Row | None:
    """Return the row that makes a population."""
    return next((row for row in template.rows if population in row.aliases), None)


def _checked(override: Mapping, template: Template) -> dict | Problem:
    """Return the override with its marker spelt as in the template, or what is wrong with it."""
    population = override["population"]
    row = row_of(template, population)
    if row is None:
        remedy = did_you_mean(population, template.populations)
        problem = f"{template.file} makes no such population"
        return _problem(override, "population", problem, remedy)
    if not METHODS[row.method].cuts:
        able = [name for r in template.rows if METHODS[r.method].cuts for name in r.aliases]
        problem = f"the gate is a {row.method}, which has no threshold that a sample could move"
        remedy = f"Change it in the template, for all files. With a threshold: {', '.join(able)}."
        return _problem(override, "population", problem, remedy)
    by_case = {dim.lower(): dim for dim in row.dims}
    dim = by_case.get(override["marker"].lower())
    if dim is None:
        problem = f"the gate of {population} has no threshold on this marker"
        return _problem(override, "marker", problem, f"It has one on {', '.join(row.dims)}.")
    return dict(override) | {"marker": dim}


def _without_contradictions(
    kept: list[dict], plan: Plan, templates: Mapping[str, Template], problems: list[Problem]
) -> tuple[dict, ...]:
    by_cut: dict[tuple, list[dict]] = {}
    for override in kept:
        template = templates[plan.gating_of(override["acquisition"])]
        aliases = row_of(template, override["population"]).aliases
        key = (override["acquisition"], aliases, override["marker"])
        by_cut.setdefault(key, []).append(override)
    for same in by_cut.values():
        for override in same if len(same) > 1 else ():
            others = ", ".join(str(other["row"]) for other in same if other is not override)
            problem = f"row {others} sets the same threshold, which these populations share"
            remedy = "Keep one row for it; all of them are left out."
            problems.append(_problem(override, "population", problem, remedy))
    return tuple(one for one in kept for same in by_cut.values() if same == [one])


def _problem(override: Mapping, column: str, problem: str, remedy: str) -> Problem:
    value = str(override[column])
    return Problem(override["sheet"], problem, remedy, override["row"], column, value, "row")
