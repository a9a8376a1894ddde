"""What the config's ``flow.unsupervised`` block means to each rule; light: it is parsed often."""

from collections.abc import Mapping
from pathlib import Path

from correlates.intake.acquisitions import FULL
from correlates.intake.duplicates import find_duplicates
from correlates.intake.records import Plan
from correlates.problems import Problem, did_you_mean


def chosen_events(flow: Mapping) -> dict:
    """Return how a file's events are chosen, for ``subsample.Choice``; {} if they are not.

    Parameters
    ----------
    flow
        The config's ``flow`` block.
    """
    block = flow["unsupervised"]
    if not block["enabled"]:
        return {}
    names = ("events_per_sample", "population", "seed")
    scale = {"width": block["logicle_w"], "decades": flow["scale"]["m"]}
    return {name: block[name] for name in names} | scale


def clustering(flow: Mapping) -> dict:
    """Return how pooled events are clustered, for ``atlas.Settings``."""
    names = ("seed", "grid", "metaclusters", "thin_dense", "far_quantile")
    names += ("neighbours", "resolution", "umap_events")
    return {name: flow["unsupervised"][name] for name in names}


def files_of_panel(plan: Plan, panel: str) -> list[dict]:
    """Return the full tubes of a panel, each with why it is left out (``excluded``), or empty.

    The other tubes lack a stain, so their events lie elsewhere for no reason of biology.
    """
    copies = find_duplicates(plan.acquisitions, plan.listed)
    return [
        one.as_row() | {"excluded": copies.get(one.acquisition, "")}
        for one in plan.acquisitions
        if one.panel == panel and (one.tube or FULL) == FULL
    ]


def clustered_panels(plan: Plan) -> list[str]:
    """Return the panels of which any full tube is in the study."""
    return [panel for panel in plan.gating if files_of_panel(plan, panel)]


def frozen_map_problems(config: Mapping, plan: Plan) -> list[Problem]:
    """Return what is wrong with the maps that the config names; each stops the run."""
    problems = []
    for panel, path in config["flow"]["unsupervised"].get("frozen_map", {}).items():
        column = f"flow.unsupervised.frozen_map.{panel}"
        if panel not in plan.gating:
            remedy = did_you_mean(panel, list(plan.gating))
            problem = "this panel has no gating in study.gating"
            problems.append(Problem("config", problem, remedy, column=column))
        for file in (Path(path), Path(path).with_suffix(".npz")):
            if not file.is_file():
                remedy = f"Copy map.json and map.npz together; looked for {file.absolute()}."
                problem = "there is no such file"
                problems.append(Problem("config", problem, remedy, column=column, value=str(file)))
    return problems
