"""Which files a second gating covers, before any of them is read; light, as it is parsed often."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote

from correlates.flow.templates.template import check_template, load_template
from correlates.intake.acquisitions import FULL
from correlates.intake.config import CONFIG
from correlates.intake.records import Plan
from correlates.problems import Problem, did_you_mean

_ENDINGS = (".csv", ".wsp", ".xml")
_KEY = "study.double_gating"


@dataclass(frozen=True)
class DoubleGating:
    """What is gated a second time.

    Parameters
    ----------
    gating
        Path of the second gating, by panel.
    names
        Population of the first gating by that of the second, per panel, where they differ.
    acquisitions
        Files that are gated again: full tubes of these panels, of a workspace those that it names.
    """

    gating: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    acquisitions: tuple[str, ...] = ()


def plan_double_gating(study: Mapping, plan: Plan, root: str | Path = ".") -> tuple:
    """Return what is gated again, and every problem of what the config says of it.

    Parameters
    ----------
    study
        The config's ``study`` block.
    plan
        The plan, without problems that stop the run.
    root
        The working directory, to which the paths are relative.

    Returns
    -------
    A `DoubleGating` and a list of problems, all of which stop the run.
    """
    gating = dict(study.get("double_gating") or {})
    names = {panel: dict(of) for panel, of in (study.get("double_gating_names") or {}).items()}
    problems = []
    for panel, path in gating.items():
        problems += _problems_of(panel, path, plan, Path(root))
    for panel in sorted(names.keys() - gating.keys()):
        remedy = did_you_mean(panel, list(gating)) if gating else f"Give {_KEY} first."
        column = f"study.double_gating_names.{panel}"
        problems.append(Problem(CONFIG, "this panel is not gated twice", remedy, column=column))
    if problems:
        return DoubleGating(), problems
    held = {panel: _files_of(Path(root) / path) for panel, path in gating.items()}
    covered = tuple(
        one.acquisition
        for one in plan.acquisitions
        if one.panel in gating
        and not one.is_reference
        and (one.tube or FULL) == FULL
        and (held[one.panel] is None or Path(one.path).name in held[one.panel])
    )
    return DoubleGating(gating, names, covered), []


def _problems_of(panel: str, path: str, plan: Plan, root: Path) -> list[Problem]:
    column = f"{_KEY}.{panel}"
    if panel not in plan.gating:
        remedy = did_you_mean(panel, list(plan.gating))
        return [Problem(CONFIG, "this panel has no gating in study.gating", remedy, column=column)]
    if Path(path).suffix.lower() not in _ENDINGS:
        remedy = "Legal: .wsp (FlowJo 10), .xml (GatingML 2.0) or .csv (template)."
        problem = "a second gating of this kind is not known"
        return [Problem(CONFIG, problem, remedy, column=column, value=path)]
    if not (root / path).is_file():
        remedy = f"Looked for it at {(root / path).absolute()}."
        return [Problem(CONFIG, "there is no such file", remedy, column=column, value=path)]
    if Path(path).suffix.lower() != ".csv":
        return []
    template, problems = load_template(root / path)
    rows = plan.panels.get(panel, ())
    stained = {row.marker: row.channel for row in rows if row.marker}
    return [*problems, *check_template(template, stained)]


def _files_of(path: Path) -> set[str] | None:
    """Return the names of the FCS files that a workspace holds; None of what holds for any file."""
    if path.suffix.lower() != ".wsp":
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    addresses = re.findall(r'<DataSet\b[^>]*\buri="([^"]*)"', text)
    shown = re.findall(r'<SampleNode\b[^>]*\bname="([^"]*)"', text)
    return {PureWindowsPath(unquote(address)).name for address in addresses} | set(shown)
