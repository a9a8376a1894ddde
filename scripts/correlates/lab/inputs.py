"""What the laboratory's page reads: tables of intake and flow, and nothing of the clinic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from correlates.flow.gating.gates import Strategy, from_json
from correlates.pages.assay_quality import AssayFiles
from correlates.tables import read_json, read_tsv


@dataclass(frozen=True)
class LabInputs:
    """Where everything stands that the page shows.

    Parameters
    ----------
    title
        Title of the study.
    files, problems
        Tables of intake.
    placements
        Where the thresholds of each file lie against those of the others.
    control_charts
        Bridging controls over the batches.
    ledgers, populations, strategies, figures, courses
        Per acquisition: events kept at each step, counts, concrete gates (JSON), gating figure and
        the course of the acquisition (SVG).
    sheets_shown
        Sheets, and folders of sheets, whose problems the laboratory is told; not those of the
        clinic.
    max_figures
        Files whose figures stand on the page.
    max_others
        Files whose gates are drawn behind those of each.
    max_charts
        Series of the bridging controls that are drawn.
    report
        Link to the report, which shows outcomes; empty while the laboratory is blinded.
    assays
        Quality tables and layouts of the assays beside flow.
    """

    title: str
    files: Path
    problems: Path
    placements: Path
    populations: Mapping[str, Path]
    strategies: Mapping[str, Path]
    figures: Mapping[str, Path]
    ledgers: Mapping[str, Path] = field(default_factory=dict)
    courses: Mapping[str, Path] = field(default_factory=dict)
    control_charts: Path | None = None
    sheets_shown: frozenset[str] = frozenset()
    max_figures: int = 24
    max_others: int = 40
    max_charts: int = 24
    report: str = ""
    assays: Sequence[AssayFiles] = ()


@dataclass(frozen=True)
class LabContent:
    """The tables themselves, as text."""

    files: list[dict]
    problems: list[dict]
    outliers: dict[str, list[dict]]
    control_charts: list[dict]
    ledgers: dict[str, list[dict]]
    flags: dict[str, list[tuple[str, str]]]
    finished: dict[str, float]
    strategies: dict[str, Strategy] = field(default_factory=dict)


def read_lab_content(inputs: LabInputs) -> LabContent:
    """Read every table, and the gates of every file."""
    outliers: dict[str, list[dict]] = {}
    for row in read_tsv(inputs.placements):
        if row["outlier"] == "yes":
            outliers.setdefault(row["acquisition"], []).append(row)
    files = read_tsv(inputs.files)
    shown = {Path(name) for name in (*inputs.sheets_shown, *(row["path"] for row in files)) if name}
    problems = [
        row
        for row in read_tsv(inputs.problems)
        if row["file"] and {Path(row["file"]), Path(row["file"]).parent} & shown
    ]
    strategies = {name: from_json(read_json(path)) for name, path in inputs.strategies.items()}
    return LabContent(
        files=files,
        problems=problems,
        outliers=outliers,
        control_charts=read_tsv(inputs.control_charts) if inputs.control_charts else [],
        ledgers={name: read_tsv(path) for name, path in inputs.ledgers.items()},
        flags={name: _flags(path) for name, path in inputs.populations.items()},
        finished={name: path.stat().st_mtime for name, path in inputs.figures.items()},
        strategies=strategies,
    )


def _flags(path: Path) -> list[tuple[str, str]]:
    """Return the populations whose gate is flagged, each with its flags in words."""
    return [
        (row["population"], row["flags"].replace("_", " ").replace(";", ", "))
        for row in read_tsv(path)
        if row.get("flags")
    ]
