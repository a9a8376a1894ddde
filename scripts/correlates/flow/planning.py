"""What can be wrong with a study's gating before any file is read; light, as it is parsed often."""

from collections.abc import Iterator

from correlates.flow.templates.panel import panel_of
from correlates.flow.templates.template import check_template, load_template
from correlates.intake.records import Plan
from correlates.problems import Problem


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
    return [*_of_templates(plan), *_of_matrices(plan)]


def _of_templates(plan: Plan) -> Iterator[Problem]:
    for panel, path in plan.gating.items():
        if path.lower().endswith(".csv"):
            template, problems = load_template(path)
            yield from problems
            yield from check_template(template, panel_of(_panel_rows(plan), panel))


def _panel_rows(plan: Plan) -> list[dict[str, str]]:
    return [
        {"panel": panel, "channel": channel, "marker": marker}
        for panel, markers in plan.panels.items()
        for channel, marker in markers.items()
    ]


def _of_matrices(plan: Plan) -> Iterator[Problem]:
    paths = {path for path in plan.compensation.values() if path not in ("file", "none")}
    if not paths:
        return
    from correlates.flow.gating.compensation import BadMatrix, read_csv  # numpy: 0.1 s

    for path in sorted(paths):
        try:
            read_csv(path)
        except BadMatrix as bad:
            yield from bad.problems
        except (OSError, UnicodeDecodeError) as error:
            remedy = "Save it as CSV in UTF-8 and check the path."
            yield Problem(path, f"the compensation cannot be read: {error}", remedy)
