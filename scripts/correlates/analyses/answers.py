"""Answers to the questions that the trial asks of its assays, in one form for all of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from correlates.tables import write_tsv

COLUMNS = (
    *("assay", "question", "feature", "contrast", "n", "n_censored", "estimate", "unit"),
    *("ci_low", "ci_high", "confidence", "p", "verdict", "sentence", "caution"),
)


def answer(assay: str, question: str, feature: str, contrast: str, **found) -> dict:
    """Return one answer with exactly `COLUMNS`.

    Parameters
    ----------
    assay, question, feature, contrast
        What was asked, in words.
    **found
        ``n`` and ``n_censored`` (patients), ``estimate`` with ``unit`` and interval (``ci_low``,
        ``ci_high`` at ``confidence``; an unattainable end is infinite), ``p`` (None where none is
        honest), ``verdict`` (a word of the question's closed list), ``sentence`` (what is printed)
        and ``caution``. What is not given stays empty.

    Raises
    ------
    ValueError
        If something is found that is no column.
    """
    unknown = sorted(set(found) - set(COLUMNS))
    if unknown:
        msg = f"no column of an answer: {', '.join(unknown)}"
        raise ValueError(msg)
    asked = {"assay": assay, "question": question, "feature": feature, "contrast": contrast}
    return dict.fromkeys(COLUMNS) | asked | found


def write_answers(path: str | Path, answers: Iterable[Mapping]) -> None:
    """Write answers as a table; numbers keep ten digits, an infinite end reads ``inf``."""
    rows = (
        {
            name: f"{value:.10g}" if isinstance(value, float) else value
            for name, value in one.items()
        }
        for one in answers
    )
    write_tsv(path, COLUMNS, rows)
