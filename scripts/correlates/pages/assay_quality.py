"""The quality of the assays beside flow as pages show it: verdicts, controls, layouts.

Nothing of the clinic is in it, so that the laboratory's page can show it too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from correlates.pages.analytes import CELLS, analyte_name, with_cells_named
from correlates.tables import read_tsv

TITLES = {
    "occupancy": "BTK and ITK occupancy",
    "qpcr": "RT-qPCR",
    "rnaseq": "Bulk RNA sequencing and CRBN isoforms",
    "scrna": "Single-cell RNA sequencing",
    "protein": "Protein: intracellular flow and western blot",
    "pk": "Pharmacokinetics",
    "variants": "Variants of BTK and PLCG2",
    "genotype": "Pharmacogenetics",
    "soluble": "Soluble markers",
    "synapse": "Immune synapse",
}
TABLES = ("runs", "samples", "controls")
# Findings of one verdict that are shown before the rest is folded away.
MOST_SHOWN = 6
VERDICTS = {"fail": "failed", "flag": "flagged", "pass": "passed"}
# Assays whose samples are judged analyte by analyte.
_BY_ANALYTE = ("qpcr", "soluble")
# A figure as markup, from its path and what it is called.
Picture = Callable[[Path, str], Markup]


@dataclass(frozen=True)
class AssayFiles:
    """Where the results of one assay, or of the questions asked of it, stand.

    Parameters
    ----------
    key
        The assay, or what was asked: the name of the folder.
    paths
        Files by their stem: ``runs``, ``samples``, ``controls``, ``layout``, ``overview``,
        ``answers``, ``figure``.
    """

    key: str
    paths: Mapping[str, Path] = field(default_factory=dict)


def files_by_folder(paths: Iterable[str | Path]) -> list[AssayFiles]:
    """Return files by the name of the folder that they stand in, assays first and in their order.

    Parameters
    ----------
    paths
        ``results/<assay>/...`` and ``results/analyses/<assay>/...``.
    """
    found: dict[str, dict[str, Path]] = {}
    for path in map(Path, paths):
        found.setdefault(path.parent.name, {})[path.stem] = path
    order = list(TITLES)
    keys = sorted(found, key=lambda key: order.index(key) if key in order else len(order))
    return [AssayFiles(key, found[key]) for key in keys]


def quality_view(files: AssayFiles, picture: Picture) -> dict:
    """Return how the runs and samples of an assay passed their checks.

    Parameters
    ----------
    files
        Where its results stand.
    picture
        What makes a figure of the page of a file.
    """
    tables = {name: rows_of(files, name) for name in TABLES}
    title = TITLES.get(files.key, files.key)
    layout = files.paths.get("layout")
    return {
        "key": files.key,
        "title": title,
        "verdicts": {
            name: [(one, _of_verdict(tables[name], one)) for one in VERDICTS]
            for name in ("runs", "samples")
        },
        "n_runs": len(tables["runs"]),
        "n_samples": len(tables["samples"]),
        "controls": tables["controls"],
        "layout": picture(layout, f"Layout of the runs: {title}") if layout else "",
    }


def rows_of(files: AssayFiles, name: str) -> list[dict]:
    """Return the rows of one table of an assay; none if it has no such table."""
    return read_tsv(files.paths[name]) if name in files.paths else []


def _of_verdict(rows: Sequence[Mapping], verdict: str) -> dict:
    """Return how many rows have a verdict, and their reasons, those of one wording together."""
    of_it = [row for row in rows if row["verdict"] == verdict]
    by_reason: dict[str, list[str]] = {}
    for row in of_it:
        if row["reasons"]:
            by_reason.setdefault(row["reasons"], []).append(_called(row))
    said = [{"reasons": reasons, "items": items} for reasons, items in by_reason.items()]
    said.sort(key=lambda one: -len(one["items"]))
    return {"n": len(of_it), "shown": said[:MOST_SHOWN], "folded": said[MOST_SHOWN:]}


def _called(row: Mapping[str, str]) -> str:
    """Return what a run or a sample is called: its run, or its draw with what was judged of it."""
    if "sample" not in row:
        return row["run"]
    item = with_cells_named(row["item"])
    item = analyte_name(item) if row["assay"] in _BY_ANALYTE else item
    cell = CELLS.get(row["cell"], row["cell"])
    timepoint = "" if row["timepoint"] == "pre" else row["timepoint"]
    draw = " ".join(part for part in (row["patient"], row["visit"], timepoint) if part)
    named = draw or row["sample"] or row["run"]
    # what was judged often says of which cells it is
    parts = (named, "" if cell in item else cell, item)
    return ", ".join(part for part in parts if part)
