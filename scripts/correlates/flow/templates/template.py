"""Gating templates: openCyto's ten CSV columns, read into rows with parents first.

Every problem of a template is reported at once. Which columns there are is openCyto's
(Finak et al., PLoS Comput Biol 2014;10:e1003806); numbers are linear intensities, as on a plot's
ticks. ``resources/gating/README.md`` says it for those who write templates.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from correlates.flow.templates.nk_rule import nk_problems
from correlates.flow.templates.panel import is_known, known_dimensions
from correlates.flow.templates.rows import Row, filled_rows, names_of, read_row
from correlates.flow.templates.tree import link_rows
from correlates.problems import Problem, StudyError, did_you_mean

COLUMNS = (
    "alias",
    "pop",
    "parent",
    "dims",
    "gating_method",
    "gating_args",
    "collapseDataForGating",
    "groupBy",
    "preprocessing_method",
    "preprocessing_args",
)
_NEEDED = COLUMNS[:6]


@dataclass(frozen=True)
class Template:
    """A gating template.

    Parameters
    ----------
    file
        Where it stands.
    rows
        Its rows, each after its parent and the populations that it refers to.
    """

    file: str
    rows: tuple[Row, ...]

    @property
    def populations(self) -> tuple[str, ...]:
        """Every population in the order of the rows."""
        return tuple(alias for row in self.rows for alias in row.aliases)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Every marker and scatter channel that a gate needs, each once.

        Time is not among them: a file without it is gated all the same, and flagged.
        """
        rows = [row for row in self.rows if row.method != "steadyGate"]
        return tuple(dict.fromkeys(dim for row in rows for dim in row.dims))

    @property
    def tubes(self) -> tuple[str, ...]:
        """Keys of the reference tubes that its thresholds come from, each once, sorted."""
        return tuple(sorted({row.tube for row in self.rows} - {""}))


def read_template(path: str | Path) -> Template:
    """Read a template.

    Raises
    ------
    StudyError
        With every problem of the file.
    """
    template, problems = load_template(path)
    if problems:
        raise StudyError(problems)
    return template


def load_template(path: str | Path) -> tuple[Template, list[Problem]]:
    """Read what can be read of a template, and report every problem of the rest."""
    file = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        problem = Problem(
            file, f"cannot be read: {error.strerror}", "Check the path in the config."
        )
        return Template(file, ()), [problem]
    except UnicodeDecodeError:
        problem = Problem(file, "is not UTF-8 text", "Save it as CSV in UTF-8.")
        return Template(file, ()), [problem]
    return parse_template(text, file)


def parse_template(text: str, file: str) -> tuple[Template, list[Problem]]:
    """Read the text of a template; see :func:`load_template`."""
    reader = csv.DictReader(io.StringIO(text))
    header = [name.strip() for name in reader.fieldnames or []]
    reader.fieldnames = header
    problems = _header_problems(header, file)
    if any(name not in header for name in _NEEDED):
        return Template(file, ()), problems
    rows: list[Row] = []
    broken: dict[str, int] = {}
    filled = list(filled_rows(reader))
    for number, cells in filled:
        row, row_problems = read_row(cells, number, file)
        problems += row_problems
        if row is None:
            broken |= {name: number for name in names_of(cells) if name not in broken}
        else:
            rows.append(row)
    if not filled:
        problems.append(Problem(file, "holds no gates", "Write one row a population."))
    linked, tree_problems = link_rows(rows, file, broken)
    problems = sorted(problems + tree_problems, key=lambda problem: problem.row or 0)
    return Template(file, tuple(linked)), problems


def check_template(template: Template, panel: Mapping[str, str]) -> list[Problem]:
    """Report every dimension that the panel does not know, and NK cells that are no NK cells.

    Parameters
    ----------
    template
        A template.
    panel
        Channel by marker.
    """
    known = list(dict.fromkeys(known_dimensions(panel)))
    nk = nk_problems(template.rows, template.file)
    return [*_unknown_markers(template, panel), *nk] + [
        Problem(
            template.file,
            "the panel has no such marker or channel",
            did_you_mean(dim, known),
            row.number,
            "dims",
            dim,
        )
        for row in template.rows
        for dim in row.dims
        if not is_known(dim, panel)
    ]


def _unknown_markers(template: Template, panel: Mapping[str, str]) -> list[Problem]:
    """Report every FMO tube of a marker that the panel does not have."""
    problem = "the panel has no such marker, so no tube is without it"
    return [
        Problem(
            template.file,
            problem,
            did_you_mean(marker, list(panel)),
            row.number,
            "gating_args",
            f"from={row.arguments['from']}",
        )
        for row in template.rows
        if row.tube.startswith("fmo_") and "from" in row.arguments
        for marker in [row.tube.removeprefix("fmo_")]
        if not is_known(marker, panel)
    ]


def _header_problems(header: Iterable[str], file: str) -> list[Problem]:
    header = list(header)
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        remedy = "Save it with commas between the cells, numbers with a decimal point."
        return [Problem(file, "the cells are not separated by commas", remedy, 1)]
    problems = [
        Problem(file, f"has no column {name}", "A template has openCyto's columns.", 1, name)
        for name in _NEEDED
        if name not in header
    ]
    problem = "is no column of a template"
    problems += [
        Problem(file, problem, did_you_mean(name, COLUMNS), 1, name)
        for name in header
        if name not in COLUMNS
    ]
    return problems
