"""All files of single cells together: measurements, verdicts, controls, and what was left out."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from correlates.assays.left_out import left_out, place_of
from correlates.assays.quality import FAIL, LOG2, Reason, control_row, run_row, sample_row
from correlates.assays.rows import as_table
from correlates.assays.scrna.measure import ASSAY, LOG2_CPM, measure_sample
from correlates.assays.scrna.planning import NamedFile
from correlates.assays.scrna.sizes import PLAIN, effective_sizes
from correlates.assays.scrna.verdicts import judge_batch, judge_sample, usual_depth

CONTROL = "control"
GROUP_COLUMNS = (
    *("file", "sample", "patient", "visit", "timepoint", "specimen", "batch", "type"),
    *("n_cells", "library", "median_counts"),
)


@dataclass
class Collected:
    """What the assay writes of all files.

    Parameters
    ----------
    measurements
        The measurement table; controls are not in it.
    left_out
        What gave no measurement.
    runs, samples, controls
        Verdicts of batches and samples, and what controls vary by.
    groups
        Cells and counts of each type in each sample, columns `GROUP_COLUMNS`.
    judged
        In the order of the sheet: row, summary and reasons of each sample.
    """

    measurements: pd.DataFrame
    left_out: list[dict] = field(default_factory=list)
    runs: list[dict] = field(default_factory=list)
    samples: list[dict] = field(default_factory=list)
    controls: list[dict] = field(default_factory=list)
    groups: list[dict] = field(default_factory=list)
    judged: list[tuple[Mapping, Mapping, list[Reason]]] = field(default_factory=list)


def collect_files(
    rows: Sequence[Mapping],
    files: Mapping[str, NamedFile],
    summaries: Mapping[str, Mapping],
    refused_rows: Iterable[Mapping],
    settings: Mapping,
    pseudobulks: Mapping[str, pd.DataFrame] | None = None,
) -> Collected:
    """Bring the samples of all files together.

    Parameters
    ----------
    rows
        Rows of the sheet.
    files
        The files that they name, by key.
    summaries
        What came of each file, by its key.
    refused_rows
        Rows of the sheet that were left out, as far as they could be read.
    settings
        The config's block ``scrna``.
    pseudobulks
        Summed counts of each file, by its key; without them sizes are the counts alone.
    """
    summaries = _with_sizes(summaries, pseudobulks or {}, settings)
    of_row = _samples_by_row(files, summaries)
    usual = usual_depth(one for _, one in of_row.values() if one["state"] == "measured")
    collected = Collected(as_table([]))
    measured, codes = [], {}
    for place, row in enumerate(rows):
        key, one = of_row[place]
        reasons = judge_sample(one, settings, usual)
        codes[place] = [code for code, _ in reasons]
        words = [reason for _, reason in reasons]
        collected.judged.append((row, one, words))
        collected.samples.append(sample_row(ASSAY, _run_of(row), row, words, item=row["file"]))
        collected.groups += _group_rows(key, row, one)
        if row.get("role") != CONTROL:
            measured += measure_sample(row, one, summaries[key], codes[place], settings)
        if any(reason.verdict == FAIL for reason in words):
            collected.left_out.append(_left_out(row, words))
    collected.measurements = as_table(measured)
    collected.runs = list(_runs(collected.judged))
    collected.controls = list(_controls(collected.judged, settings))
    collected.left_out += [_of_sheet(row) for row in refused_rows]
    collected.left_out += list(_of_nobody(files, summaries))
    return collected


def _with_sizes(
    summaries: Mapping[str, Mapping], pseudobulks: Mapping[str, pd.DataFrame], settings: Mapping
) -> dict[str, dict]:
    """Return the summaries with ``size`` and ``scaled_by`` of each type of each sample."""
    libraries = {
        (key, one["place"], group["type"]): group["library"]
        for key, summary in summaries.items()
        for one in summary["samples"]
        if key in pseudobulks
        for group in one.get("groups", ())
        if group["n_cells"] >= settings["min_cells"]
    }
    sizes = effective_sizes(pseudobulks, libraries, settings["lloq_counts"])
    return {
        key: dict(summary)
        | {
            "samples": [
                dict(one) | {"groups": [_sized(key, one, group, sizes) for group in one["groups"]]}
                if "groups" in one
                else one
                for one in summary["samples"]
            ]
        }
        for key, summary in summaries.items()
    }


def _sized(key: str, one: Mapping, group: Mapping, sizes: Mapping) -> dict:
    size, scaled_by = sizes.get((key, one["place"], group["type"]), (group["library"], PLAIN))
    return dict(group) | {"size": size, "scaled_by": scaled_by}


def _samples_by_row(
    files: Mapping[str, NamedFile], summaries: Mapping[str, Mapping]
) -> dict[int, tuple[str, Mapping]]:
    """Return file and summary of each row; a file that was refused refuses all its samples."""
    found = {}
    for key, file in files.items():
        summary = summaries[key]
        of_place = {one["place"]: one for one in summary["samples"]}
        for number, place in enumerate(file.places):
            found[place] = key, of_place.get(number, summary)
    return found


def _run_of(row: Mapping) -> str:
    return row.get("batch") or "no batch"


def _left_out(row: Mapping, reasons: Iterable[Reason]) -> dict:
    words = " ".join(one.words for one in reasons if one.verdict == FAIL)
    item = f"{row['file']} ({place_of(row)})"
    return left_out("cells", item, words, row.get("patient") or "", row.get("visit") or "")


def _of_sheet(row: Mapping) -> dict:
    reason = "Its row is left out: the list of problems of the sheets says why."
    item = place_of(row)
    return left_out("cells", item, reason, row.get("patient") or "", row.get("visit") or "")


def _of_nobody(files: Mapping[str, NamedFile], summaries: Mapping[str, Mapping]) -> Iterable[dict]:
    for key, summary in summaries.items():
        if summary.get("n_of_nobody"):
            reason = (
                f"{summary['n_of_nobody']} of {summary['n_barcodes']} barcodes belong to no row of "
                "the sheet. Add a row for each sample of the file that shall be measured."
            )
            yield left_out("cells", files[key].path, reason)


def _group_rows(key: str, row: Mapping, one: Mapping) -> Iterable[dict]:
    whose = {name: row.get(name) or "" for name in GROUP_COLUMNS[1:7]}
    for group in one.get("groups", ()):
        shown = {name: group[name] for name in GROUP_COLUMNS[7:]}
        yield {"file": key} | whose | shown


def _runs(judged: Sequence[tuple[Mapping, Mapping, list[Reason]]]) -> Iterable[dict]:
    by_run: dict[str, list] = {}
    for row, one, reasons in judged:
        by_run.setdefault(_run_of(row), []).append((row, one, reasons))
    for run, of_run in by_run.items():
        failed = sum(any(r.verdict == FAIL for r in reasons) for *_, reasons in of_run)
        kept = sum(one.get("n_kept", 0) for _, one, _ in of_run)
        reasons = judge_batch([row for row, *_ in of_run], failed)
        yield run_row(ASSAY, run, reasons, len(of_run), f"{kept} sound cells")


def _controls(
    judged: Sequence[tuple[Mapping, Mapping, list[Reason]]], settings: Mapping
) -> Iterable[dict]:
    """Yield what each gene varies by between batches, in each type of each control.

    Only where the counts of every batch are so many that counting them makes less than two thirds
    of the CV allowed: of fewer, the CV would be of the counting and not of the batches.
    """
    limit = settings["max_control_cv_pct"]
    fewest = max((1.5 * 100 / limit) ** 2, settings["lloq_counts"])
    runs: dict[str, set] = {}
    values: dict[tuple[str, str], dict[str, list[float]]] = {}
    for row, one, _ in judged:
        if row.get("role") == CONTROL and one["state"] == "measured":
            runs.setdefault(row["sample"] or CONTROL, set()).add(_run_of(row))
            for feature, value in _control_values(one, fewest):
                of_run = values.setdefault((feature, row["sample"] or CONTROL), {})
                of_run.setdefault(_run_of(row), []).append(value)
    for (feature, control), by_run in sorted(values.items()):
        if len(by_run) == len(runs[control]):
            means = [sum(of_run) / len(of_run) for of_run in by_run.values()]
            yield control_row(ASSAY, feature, control, means, limit, LOG2)


def _control_values(one: Mapping, fewest: float) -> Iterable[tuple[str, float]]:
    for group in one["groups"]:
        for gene, seen in group["genes"].items():
            if seen["count"] >= fewest:
                feature = f"{gene.lower()}__{LOG2_CPM}__{group['type']}"
                yield feature, math.log2(1e6 * seen["count"] / group["size"])
