"""The assays beside flow, one block each, and the answers to what was asked of them."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from correlates.pages.assay_quality import AssayFiles, Picture, quality_view, rows_of

QUESTIONS = {
    "degradation": "Degradation of CRBN, IKZF1 and IKZF3 on lenalidomide",
    "concordance": "mRNA against protein",
}


def assay_views(
    assays: Sequence[AssayFiles], measurements: pd.DataFrame, picture: Picture
) -> list[dict]:
    """Return one block an assay, as the page shows it.

    Parameters
    ----------
    assays
        Files of each assay.
    measurements
        The cohort's measurement table, of which rows are counted.
    picture
        What makes a figure of the page of a file.
    """
    return [_view(one, measurements, picture) for one in assays]


def _view(files: AssayFiles, measurements: pd.DataFrame, picture: Picture) -> dict:
    view = quality_view(files, picture)
    title = QUESTIONS.get(files.key, view["title"])
    pictures = {
        name: picture(files.paths[name], f"{words}: {title}") if name in files.paths else ""
        for name, words in (("overview", "Overview"), ("figure", "Answers"))
    }
    return view | {
        "title": title,
        "features": _features(measurements[measurements["assay"] == files.key]),
        "questions": _questions(rows_of(files, "answers")),
        **pictures,
    }


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
