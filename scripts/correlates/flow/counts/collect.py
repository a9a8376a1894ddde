"""What the flow assay's cohort step takes from the plan and from the gating jobs."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from correlates.flow.counts.dependents import PLACEMENT, marked
from correlates.flow.counts.placements import outlying_populations
from correlates.flow.gating.reconcile import reconcile
from correlates.flow.gating.workspaces import FlowJoWorkspace, NotInWorkspace
from correlates.flow.sources import read_source
from correlates.flow.templates.template import Template, read_template
from correlates.intake.records import Plan
from correlates.tables import read_tsv


def acquisition_rows(plan: Plan) -> list[dict]:
    """Return the plan's files with the measurement table's name for the study day."""
    return [one.as_row() | {"day": one.study_day} for one in plan.acquisitions]


def templates_of(plan: Plan, paths: Iterable[str | Path]) -> dict[str, Template]:
    """Return the template of each acquisition that a template gates.

    Parameters
    ----------
    plan
        The plan.
    paths
        Its templates, as ``plan.gating`` names them.
    """
    templates = {str(path): read_template(path) for path in paths}
    gated = {one.acquisition: plan.gating_of(one.acquisition) for one in plan.acquisitions}
    return {key: templates[path] for key, path in gated.items() if path in templates}


def placement_marks(
    plan: Plan, placements: str | Path, templates: Mapping[str, Template]
) -> dict[tuple[str, str], list[str]]:
    """Return the flag of each population that rests on an outlying threshold."""
    rows = read_tsv(placements)
    own = outlying_populations(pd.DataFrame(rows)) if rows else {}
    return marked(own, templates, PLACEMENT)


def reconciliation_rows(
    plan: Plan, populations: pd.DataFrame, strategies: Iterable[str | Path]
) -> Iterator[dict]:
    """Yield our counts beside FlowJo's for each file that a workspace gated.

    Parameters
    ----------
    plan
        The plan.
    populations
        Table of all jobs, with ``acquisition``, ``population`` and ``n``.
    strategies
        What was read of each panel's workspace; the file is named after the panel. One that could
        not be read has been told of with each file of its panel.
    """
    # A table of no file at all, each of them refused, has no columns.
    by_file = () if populations.empty else populations.groupby("acquisition")
    counts = {
        name: dict(zip(rows["population"], rows["n"].astype(int), strict=True))
        for name, rows in by_file
    }
    for path in strategies:
        workspace = read_source(path).gates
        if not isinstance(workspace, FlowJoWorkspace):
            continue
        for one in plan.acquisitions:
            # A refused file has no counts, and its reason is told of elsewhere.
            if one.panel != Path(path).stem or one.acquisition not in counts:
                continue
            try:
                sample = workspace.sample_of(Path(one.path).name)
            except NotInWorkspace:
                continue
            for row in reconcile(sample, counts[one.acquisition]):
                yield {"acquisition": one.acquisition} | row
