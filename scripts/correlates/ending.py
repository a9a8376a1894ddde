"""The end of a run: what the next one must not believe, and what the user is told last."""

import json
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from correlates.tables import read_json, read_tsv

# A file that vanished or changed while the run was on says nothing about the file as it will be.
PASSING_CODES = frozenset({"vanished", "changed_during_run"})
ACCEPTED = frozenset({"accepted", "accepted_with_warning"})
# Folders in the shape of results, of files that are gated otherwise too, and tables made of them.
BESIDE = {
    "as_templated": ("overrides.tsv",),
    "again": ("double_gating.tsv", "double_gating_values.tsv"),
}
OF_ONE_FILE = (
    *("populations", "intensities", "thresholds", "quantiles", "ledgers", "scales"),
    *("combinations", "verdicts", "gates", "figures", "events", "peaks"),
)
# Named after a panel, and after an exported table.
OF_ONE_PANEL = ("flow/strategies/*.json", "flow/workspaces/*.*", "clusters/*")
OF_ONE_TABLE = ("flow/gated_tables/*.parquet",)
# Made of all exported tables, and of all stimulated tubes.
OF_TABLES = ("flow/joined.parquet", "flow/joined_left_out.tsv")
OF_STIMULATIONS = "ics"


@dataclass(frozen=True)
class InStudy:
    """What a run's study consists of.

    Parameters
    ----------
    acquisitions
        Its files.
    panels, tables
        Names of its panels, and of its exported tables.
    has_stimulations
        Whether any of its tubes is of a stimulation.
    beside
        Those of its files that are gated for a folder of `BESIDE` as well.
    absent
        Results of sheets that it does not have, as paths beside the folder of results.
    """

    acquisitions: Collection[str]
    panels: Collection[str] = ()
    tables: Collection[str] = ()
    has_stimulations: bool = False
    beside: Mapping[str, Sequence[str]] = field(default_factory=dict)
    absent: Collection[str] = ()


def forget_what_is_past(
    results: Path, plan: Path, study: InStudy, records: Collection[Path] = ()
) -> None:
    """Remove what the next run, or a reader of the folders, would take for true.

    Parameters
    ----------
    results
        The folder of results.
    plan
        The plan of the run that ended.
    study
        What that plan is of.
    records
        The records of clinic and assays of that run; without them none are forgotten.
    """
    forget_passing_verdicts(results / "flow" / "verdicts")
    forget_other_files(results / "flow", study.acquisitions)
    forget_other_parts(results, study)
    for folder, also in study.beside.items():
        _forget_beside(results, folder, also)
    forget_old_plans(plan, records)


def _forget_beside(results: Path, folder: str, acquisitions: Sequence[str]) -> None:
    """Forget in a folder beside the results; without files it goes, with the tables made of it."""
    path = results / folder
    if acquisitions:
        forget_passing_verdicts(path / "flow" / "verdicts")
        forget_other_files(path / "flow", acquisitions)
    elif path.exists():
        shutil.rmtree(path)
        for table in BESIDE[folder]:
            (results / "flow" / table).unlink(missing_ok=True)


def forget_passing_verdicts(verdicts: Path) -> list[Path]:
    """Remove the verdicts on passing states, and say which.

    A file that was away for a moment and is back unchanged has the parameters of the job that
    missed it; without its verdict the job runs again.

    Parameters
    ----------
    verdicts
        Folder of verdict files.
    """
    removed = []
    for path in sorted(verdicts.glob("*.json")):
        text = path.read_text(encoding="utf-8")
        if not any(code in text for code in PASSING_CODES):
            continue
        codes = {finding["code"] for finding in json.loads(text)["findings"]}
        if codes & PASSING_CODES:
            path.unlink()
            removed.append(path)
    return removed


def forget_other_files(flow: Path, acquisitions: Iterable[str]) -> list[Path]:
    """Remove the results of files that are no longer in the study, and say which.

    A file that was renamed would otherwise keep gates and figures under its wrong name.

    Parameters
    ----------
    flow
        Folder of the flow assay's results.
    acquisitions
        The files that are in the study.
    """
    known = set(acquisitions)
    removed = []
    for kind in OF_ONE_FILE:
        for path in sorted((flow / kind).glob("*__*__*.*")):
            if path.is_file() and path.name.removesuffix(path.suffix) not in known:
                path.unlink()
                removed.append(path)
    return removed


def forget_other_parts(results: Path, study: InStudy) -> None:
    """Remove the results of panels, tables, stimulations and sheets that the study no longer has.

    Parameters
    ----------
    results
        The folder of results.
    study
        What is in the study.
    """
    for patterns, known in ((OF_ONE_PANEL, study.panels), (OF_ONE_TABLE, study.tables)):
        for path in (path for pattern in patterns for path in results.glob(pattern)):
            if path.name not in known and path.stem not in known:
                _remove(path)
    if not study.tables:
        for name in OF_TABLES:
            _remove(results / name)
    if not study.has_stimulations:
        _remove(results / OF_STIMULATIONS)
    for path in study.absent:
        _remove(results.parent / path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def forget_old_plans(current: Path, records: Collection[Path] = ()) -> None:
    """Remove the plans, and the records of clinic and assays, of earlier runs."""
    marks = {"acquisitions"} | ({"sheets", "rows", "assays"} if records else set())
    for path in current.parent.glob("*.json"):
        if path != current and path not in records and marks & set(read_json(path)):
            path.unlink()


def last_words(results: Path) -> list[str]:
    """Say how much of the study was used and where to read on.

    Parameters
    ----------
    results
        The folder of results; a run of single targets may lack its tables.
    """
    files, problems = results / "intake" / "files.tsv", results / "intake" / "problems.tsv"
    if not files.exists():
        return []
    rows = read_tsv(files)
    # A reference tube is accepted and gated, and gives no measurement.
    tables = (results / assay / "left_out.tsv" for assay in ("flow", "ics"))
    listed = [row for table in tables if table.exists() for row in read_tsv(table)]
    idle = {row["item"] for row in listed if row["what"] == "acquisition"}
    used = sum(row["state"] in ACCEPTED and row["acquisition"] not in idle for row in rows)
    lines = [f"{used} of {len(rows)} files are used."]
    if not rows:
        lines = [_without_files(results)]
    elif used < len(rows):
        places = f"{files}, {results / 'cohort' / 'exclusions.tsv'}"
        lines = [f"{used} of {len(rows)} files are used; why the others are not: {places}"]
    wrong = sum(row["stops"] == "row" for row in read_tsv(problems))
    if wrong:
        count = "1 problem" if wrong == 1 else f"{wrong} problems"
        lines.append(f"{count} in sheets left rows out: {problems}")
    return lines + _contradictions(results / "cohort" / "integrity.tsv") + _pages(results, files)


def _without_files(results: Path) -> str:
    """Say what a study without FCS files is measured by."""
    if (results / "flow" / "joined.parquet").exists():
        return "No FCS file was found: all measurements are from exported tables."
    assays = sorted(path.parent.name for path in results.glob("*/measurements.parquet"))
    assays = [name for name in assays if name not in ("flow", "cohort")]
    if assays:
        return f"No FCS file was found: measurements are of {', '.join(assays)}."
    return "No FCS file was found: nothing was measured. See study.drop or study.samples."


def _contradictions(integrity: Path) -> list[str]:
    """Say how many errors and warnings the checks of the cohort found, and where they stand."""
    found = [row["severity"] for row in read_tsv(integrity)] if integrity.exists() else []
    counts = {name: found.count(name) for name in ("error", "warning")}
    said = " and ".join(
        f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items() if count
    )
    return [f"The records were checked against each other, with {said}: {integrity}"] * bool(said)


def _pages(results: Path, files: Path) -> list[str]:
    """Name the pages; a report that is older than the table of files is not of this run."""
    lines = []
    report, lab = results / "report" / "report.html", results / "lab" / "lab.html"
    if report.exists():
        is_old = report.stat().st_mtime < files.stat().st_mtime
        name = "The report of an earlier run" if is_old else "The report"
        lines.append(f"{name}: {report.absolute()}")
    if lab.exists():
        lines.append(f"The laboratory's page: {lab.absolute()}")
    return lines
