"""What can be wrong with a study's gating before any file is read; light, as it is parsed often."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from correlates.flow.templates.template import Template, check_template, load_template
from correlates.intake.panels import PanelRow, plain_name, rows_of_batch
from correlates.intake.records import Plan
from correlates.problems import Problem, did_you_mean

# File servers are often a second or two ahead.
_SKEW_SECONDS = 5


def gating_problems(plan: Plan) -> list[Problem]:
    """Return every problem of the templates and compensation tables that a plan names.

    Parameters
    ----------
    plan
        The plan; one whose problems stop the run names no gating.

    Returns
    -------
    All of them stop the run: a wrong template would otherwise fail in the job of each file.
    """
    matrices = {path for path in plan.compensation.values() if path not in ("file", "none")}
    return [
        *_of_templates(plan),
        *_of_matrices(sorted(matrices)),
        *_from_the_future({*plan.gating.values(), *matrices}),
    ]


def scale_problems(plan: Plan, scale: Mapping) -> list[Problem]:
    """Return the markers of ``flow.scale.markers`` that no template of the plan looks at.

    Parameters
    ----------
    plan
        The plan; one whose problems stop the run names no gating.
    scale
        The config's block.
    """
    templates = [load_template(path)[0] for path in plan.templates.values()]
    known = list(dict.fromkeys(dim for one in templates for dim in one.dimensions))
    plain = {plain_name(dim) for dim in known}
    problem, place = "no template of the study has this marker", "flow.scale.markers."
    without = "Leave it out: only gates of a template have a scale to choose."
    return [
        Problem(
            "config",
            problem,
            did_you_mean(marker, known) if known else without,
            column=f"{place}{marker}",
        )
        for marker in scale["markers"]
        if plan.gating and plain_name(marker) not in plain
    ]


def goal_problems(plan: Plan, correction: Mapping) -> list[Problem]:
    """Return the goal of ``flow.batch_correction`` if no file is of that batch.

    Parameters
    ----------
    plan
        The plan; without files there is no batch to compare with.
    correction
        The config's block.
    """
    goal = correction["goal"]
    batches = sorted({one.batch for one in (*plan.acquisitions, *plan.listed) if one.batch})
    if correction["method"] == "none" or not goal or not batches or goal in batches:
        return []
    problem = "no file is of the batch that the others are to be brought to"
    remedy = did_you_mean(goal, batches)
    return [
        Problem("config", problem, remedy, column="flow.batch_correction.goal", value=str(goal))
    ]


def tubes_needed(plan: Plan) -> dict[str, list[str]]:
    """Return the keys of the reference tubes that each panel's template takes thresholds from.

    It stands in the plan, so that a job of a cluster need not read the templates again. Panels that
    need none are not named.
    """
    templates = {panel: load_template(path)[0] for panel, path in plan.templates.items()}
    return {panel: list(template.tubes) for panel, template in templates.items() if template.tubes}


def _of_templates(plan: Plan) -> Iterator[Problem]:
    for panel, path in plan.templates.items():
        template, problems = load_template(path)
        yield from problems
        yield from _unknown_dimensions(template, plan, panel)


def _unknown_dimensions(template: Template, plan: Plan, panel: str) -> list[Problem]:
    """Return what a template asks of its panel in vain, in any batch of its files."""
    rows = plan.panels.get(panel, ())
    told = {row.batch for row in rows if row.batch}
    used = {
        one.batch if one.batch in told else "" for one in plan.acquisitions if one.panel == panel
    }
    found: dict[Problem, list[str]] = {}
    for batch in sorted(used or told or {""}):
        for one in check_template(template, _names_of(rows_of_batch(rows, batch))):
            found.setdefault(one, []).append(batch)
    return [
        replace(one, problem=f"{one.problem} in batch {', '.join(batches)}")
        if any(batches)
        else one
        for one, batches in found.items()
    ]


def _names_of(rows: Iterable[PanelRow]) -> dict[str, str]:
    """Return the channel of each name of a marker that a template may use."""
    stained = [row for row in rows if row.marker]
    aliases = {alias: row.channel for row in stained for alias in row.aliases}
    return aliases | {row.marker: row.channel for row in stained}


def _from_the_future(paths: Iterable[str]) -> Iterator[Problem]:
    """Name the files that would seem newer than whatever is made of them, which fails the job."""
    now = time.time()
    for path in sorted(paths):
        file = Path(path)
        if file.exists() and file.stat().st_mtime > now + _SKEW_SECONDS:
            until = datetime.fromtimestamp(file.stat().st_mtime).isoformat(" ", "seconds")
            problem = "the file was changed in the future, as this machine's clock has it"
            remedy = f"Compare the clocks, then give the file today's time: touch {path}"
            yield Problem(path, problem, remedy, value=until)


def _of_matrices(paths: Sequence[str]) -> Iterator[Problem]:
    if not paths:
        return
    from correlates.flow.gating.compensation import BadMatrix, read_csv  # numpy: 0.1 s

    for path in paths:
        try:
            read_csv(path)
        except BadMatrix as bad:
            yield from bad.problems
        except (OSError, UnicodeDecodeError) as error:
            remedy = "Save it as CSV in UTF-8 and check the path."
            yield Problem(path, f"the compensation cannot be read: {error}", remedy)
