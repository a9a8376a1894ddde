"""The list of every file that was seen, with what became of it and what to do about it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from correlates.intake.duplicates import find_duplicates
from correlates.intake.records import Acquisition, Listed, Plan
from correlates.problems import Problem
from correlates.tables import write_tsv

FILE_COLUMNS = (
    *("path", "acquisition", "patient", "visit", "timepoint", "specimen", "panel", "tube"),
    *("batch", "state", "reason", "remedy", "n_events", "cytometer", "sha256", "simulated"),
)
PROBLEM_COLUMNS = ("file", "row", "column", "value", "problem", "remedy", "stops")
IDENTITY = ("patient", "visit", "timepoint", "specimen", "panel", "tube", "batch")
DUPLICATE_REMEDY = (
    "Find out which name is the true one, correct or remove the other file, and run again."
)


def list_files(plan: Plan, verdicts: Iterable[Mapping]) -> list[dict]:
    """Return one row for every file that was seen and every row of a sheet without a file.

    Parameters
    ----------
    plan
        The plan.
    verdicts
        What each gating job found, with the key ``acquisition``.

    Returns
    -------
    Rows with ``FILE_COLUMNS``, in order of their paths.
    """
    by_name = {verdict["acquisition"]: verdict for verdict in verdicts}
    copies = find_duplicates(plan.acquisitions, plan.listed)
    rows = [_planned(one, by_name[one.acquisition], copies) for one in plan.acquisitions]
    rows += [_listed(one) for one in plan.listed]
    return sorted(rows, key=lambda row: (row["path"], row["acquisition"]))


def write_files(path: str | Path, rows: Iterable[Mapping]) -> None:
    """Write the list of files."""
    write_tsv(path, FILE_COLUMNS, rows)


def write_problems(path: str | Path, problems: Iterable[Problem]) -> None:
    """Write the problems of config and sheets."""
    write_tsv(path, PROBLEM_COLUMNS, (problem.as_row() for problem in problems))


def _planned(one: Acquisition, verdict: Mapping, copies: Mapping[str, str]) -> dict:
    findings = [finding for finding in verdict["findings"] if finding["severity"] != "info"]
    row = {key: getattr(one, key) for key in IDENTITY} | {
        "path": one.path,
        "acquisition": one.acquisition,
        "state": verdict["verdict"],
        "reason": " ".join(finding["message"] for finding in findings),
        "remedy": " ".join(dict.fromkeys(finding["remedy"] for finding in findings)),
        "n_events": verdict["n_events"],
        "cytometer": verdict["cytometer"],
        "sha256": one.sha256,
        "simulated": "yes" if verdict["simulated"] else "no",
    }
    if one.acquisition in copies and verdict["verdict"] != "refused":
        row |= {"state": "duplicate", "reason": copies[one.acquisition], "remedy": DUPLICATE_REMEDY}
    return row


def _listed(one: Listed) -> dict:
    known = {key: value for key, value in one.as_row().items() if key in FILE_COLUMNS}
    return {"acquisition": ""} | known
