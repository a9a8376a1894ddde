"""The list of every file that was seen, with what became of it and what to do about it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from correlates.intake.acquisitions import Acquisition, Listed
from correlates.intake.duplicates import find_duplicates, listed_copies
from correlates.intake.records import Plan
from correlates.problems import Problem
from correlates.tables import write_tsv

FILE_COLUMNS = (
    *("path", "acquisition", "patient", "visit", "timepoint", "specimen", "panel", "tube"),
    *("batch", "state", "reason", "remedy", "notes", "n_events", "cytometer", "sha256"),
    *("simulated", "compensated_by"),
)
PROBLEM_COLUMNS = ("file", "row", "column", "value", "problem", "remedy", "stops", "patient")
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
    copies_of = listed_copies(plan.acquisitions, plan.listed)
    rows += [_listed(one, *copies_of.get(one.path, ("", False))) for one in plan.listed]
    return sorted(rows, key=lambda row: (row["path"], row["acquisition"]))


def write_files(path: str | Path, rows: Iterable[Mapping]) -> None:
    """Write the list of files."""
    write_tsv(path, FILE_COLUMNS, rows)


def write_problems(path: str | Path, problems: Iterable[Problem]) -> None:
    """Write the problems of config and sheets."""
    write_tsv(path, PROBLEM_COLUMNS, (problem.as_row() for problem in problems))


def _planned(one: Acquisition, verdict: Mapping, copies: Mapping[str, str]) -> dict:
    state = verdict["verdict"]
    findings = [finding for finding in verdict["findings"] if finding["severity"] != "info"]
    notes = [finding for finding in verdict["findings"] if finding["severity"] == "info"]
    reasons = [finding["message"] for finding in findings]
    remedies = [finding["remedy"] for finding in findings]
    if one.acquisition in copies:
        # what decides the state is said first
        place = len(findings) if state == "refused" else 0
        reasons.insert(place, copies[one.acquisition])
        remedies.insert(place, DUPLICATE_REMEDY)
        state = state if state == "refused" else "duplicate"
    return {key: getattr(one, key) for key in IDENTITY} | {
        "path": one.path,
        "acquisition": one.acquisition,
        "state": state,
        "reason": " ".join(reasons),
        "remedy": " ".join(dict.fromkeys(remedies)),
        "notes": " ".join(finding["message"] for finding in notes),
        "n_events": verdict["n_events"],
        "cytometer": verdict["cytometer"],
        "sha256": one.sha256,
        "simulated": "yes" if verdict["simulated"] else "no",
        "compensated_by": verdict["compensated_by"],
    }


def _listed(one: Listed, others: str, is_why_excluded: bool) -> dict:
    """Return the row of a file that nothing is done with, and of which others are copies."""
    row = {key: value for key, value in one.as_row().items() if key in FILE_COLUMNS}
    if others:
        row["reason"] = f"{one.reason.rstrip('.')}; its content is that of {others}."
    if is_why_excluded:
        row["remedy"] = f"{one.remedy} {DUPLICATE_REMEDY}".strip()
    return {"acquisition": "", "notes": ""} | row
