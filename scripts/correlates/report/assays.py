"""The assays beside flow, one block each, and the answers to what was asked of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

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
QUESTIONS = {
    "degradation": "Degradation of CRBN, IKZF1 and IKZF3 on lenalidomide",
    "concordance": "mRNA against protein",
}
TABLES = ("runs", "samples", "controls")
PICTURES = {
    "overview": "Overview",
    "layout": "Layout of the runs",
}
# Findings of one verdict that are shown before the rest is folded away.
MOST_SHOWN = 6
_VERDICTS = ("fail", "flag", "pass")
_ANSWER_PICTURE = "figure"


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


def files_of_assays(paths: Iterable[str | Path]) -> list[AssayFiles]:
    """Return the files by the folder that they stand in; one folder of results and one of analyses.

    Parameters
    ----------
    paths
        ``results/<assay>/...`` and ``results/analyses/<assay>/...``.
    """
    found: dict[str, dict[str, Path]] = {}
    for path in map(Path, paths):
        found.setdefault(path.parent.name, {})[path.stem] = path
    order = [*TITLES, *QUESTIONS]
    keys = sorted(found, key=lambda key: order.index(key) if key in order else len(order))
    return [AssayFiles(key, found[key]) for key in keys]


def assay_views(assays: Sequence[AssayFiles], measurements: pd.DataFrame, picture) -> list[dict]:
    """Return one block an assay, as the page shows it.

    Parameters
    ----------
    assays
        Files of each assay.
    measurements
        The cohort's measurement table, of which rows are counted.
    picture
        Function of a path and a label: the figure as markup.
    """
    return [_view(one, measurements, picture) for one in assays]


def _view(files: AssayFiles, measurements: pd.DataFrame, picture) -> dict:
    title = TITLES.get(files.key) or QUESTIONS.get(files.key) or files.key
    tables = {name: _rows(files.paths.get(name)) for name in TABLES}
    of_assay = measurements[measurements["assay"] == files.key]
    answers = _rows(files.paths.get("answers"))
    return {
        "key": files.key,
        "title": title,
        "verdicts": {
            name: [(one, _of_verdict(tables[name], one)) for one in _VERDICTS]
            for name in ("runs", "samples")
        },
        "n_runs": len(tables["runs"]),
        "n_samples": len(tables["samples"]),
        "controls": tables["controls"],
        "features": _features(of_assay),
        "pictures": [
            (words, picture(files.paths[name], f"{words}: {title}"))
            for name, words in PICTURES.items()
            if name in files.paths
        ],
        "questions": _questions(answers),
        "answer_picture": (
            picture(files.paths[_ANSWER_PICTURE], f"Answers: {title}")
            if _ANSWER_PICTURE in files.paths
            else ""
        ),
    }


def _rows(path: Path | None) -> list[dict]:
    return read_tsv(path) if path is not None else []


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
    draw = " ".join(row[name] for name in ("patient", "visit", "timepoint", "cell") if row[name])
    return ", ".join(part for part in (draw or row["sample"] or row["run"], row["item"]) if part)


def _features(rows: pd.DataFrame) -> list[dict]:
    """Return, feature by feature, of how many patients and draws there are rows, by status."""
    found = []
    for feature, of_it in rows.groupby("feature", sort=True):
        counts = Counter(of_it["status"])
        ok, lost = counts["ok"], counts["not_evaluable"] + counts["missing"]
        found.append(
            {
                "feature": feature,
                "unit": of_it["unit"].iloc[0],
                "patients": of_it["patient"].nunique(),
                "rows": len(of_it),
                "ok": ok,
                "censored": len(of_it) - ok - lost,
                "lost": lost,
            }
        )
    return found


def _questions(answers: Sequence[Mapping]) -> list[tuple[str, list[Mapping]]]:
    """Return the answers by question, in their order."""
    by_question: dict[str, list[Mapping]] = {}
    for row in answers:
        by_question.setdefault(row["question"], []).append(row)
    return list(by_question.items())
