"""The assays beside flow, one block each, and the answers to what was asked of them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from correlates.pages.assay_quality import AssayFiles, Picture, quality_view, rows_of
from correlates.report.names import sentence_case

# Verdicts that leave a question open hold one of these.
WEAK_VERDICTS = (
    *("not ", "no change", "no relation", "no reference", "no recovery", "no time", "no patient"),
    *("no pairs", "too few", "refused", "bounded", "estimate", "exploratory", "unclear"),
)
# Those that ask for somebody's attention hold one of these.
ALARMS = ("below expected", "mismatch")
GOOD, OPEN, ALARM = "good", "off", "accepted_with_warning"
# Verdicts whose key could be read as its opposite: that an effect is absent was shown.
SAID = {
    "no_effect_shown": "within the no-effect bound",
    "effect_beyond_bound": "beyond the no-effect bound",
}
# Questions that the tables name by a key, as a reader would ask them.
ASKED = {
    ("soluble", "change"): "Which soluble markers change between the draws?",
    ("soluble", "rise"): "Whose immunoglobulins rise?",
    ("soluble", "clearance"): "Does β2-microglobulin follow creatinine clearance?",
    ("rnaseq", "change"): "Does the RNA of the named genes change between the draws?",
    ("rnaseq", "sex"): "Does the RNA fit the recorded sex?",
    ("degradation", "remaining"): "How much protein remains on lenalidomide?",
    ("degradation", "kinetics"): "How fast does the protein fall?",
    ("degradation", "time_off"): "Does the protein come back off lenalidomide?",
    ("concordance", "across_patients"): "Do patients with more mRNA have more protein?",
    ("concordance", "within_patients"): "Do mRNA and protein move together within a patient?",
    ("concordance", "change_on_lenalidomide"): "Do mRNA and protein change alike on lenalidomide?",
}
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
        "questions": _questions(files.key, rows_of(files, "answers")),
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


def _questions(key: str, answers: Sequence[Mapping]) -> list[dict]:
    """Return the answers by question, in their order, with the cautions that hold for all of them.

    A caution is sentences; one that every answer to a question carries is said once.
    """
    by_question: dict[str, list[Mapping]] = {}
    for row in answers:
        by_question.setdefault(row["question"], []).append(row)
    found = []
    for question, rows in by_question.items():
        said = [_sentences(row["caution"]) for row in rows]
        common = [one for one in said[0] if all(one in other for other in said)]
        own = [" ".join(one for one in other if one not in common) for other in said]
        found.append(
            {
                "words": ASKED.get((key, question)) or sentence_case(question.replace("_", " ")),
                "rows": [
                    dict(row)
                    | {"caution": caution, "badge": _badge(row["verdict"])}
                    | {"verdict": SAID.get(row["verdict"], row["verdict"])}
                    for row, caution in zip(rows, own, strict=True)
                ],
                "cautions": " ".join(common),
            }
        )
    return found


def told_first(views: Sequence[Mapping]) -> list[dict]:
    """Return what the summary says of each assay that was asked something.

    Parameters
    ----------
    views
        Blocks of `assay_views`.

    Returns
    -------
    One row an assay: ``key``, ``title``, ``question``, ``answer`` (the first; none is chosen by
    what came of it), ``others`` (how many more answers have which verdict, in words).
    """
    found = []
    for view in views:
        if not view["questions"]:
            continue
        first = view["questions"][0]
        rows = first["rows"]
        verdicts = Counter(row["verdict"].replace("_", " ") for row in rows[1:])
        found.append(
            {
                **{"key": view["key"], "title": view["title"], "question": first["words"]},
                "answer": rows[0],
                "others": ", ".join(f"{n} {verdict}" for verdict, n in verdicts.items()),
            }
        )
    return found


def _sentences(text: str) -> list[str]:
    return [one for one in re.split(r"(?<=[.!?]) +(?=[A-Z])", text) if one]


def _badge(verdict: str) -> str:
    """Return the look of a verdict: something is shown, left open, or asks for attention."""
    words = verdict.replace("_", " ")
    if any(one in words for one in ALARMS):
        return ALARM
    return OPEN if any(one in words for one in WEAK_VERDICTS) else GOOD
