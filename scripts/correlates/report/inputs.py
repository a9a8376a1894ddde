"""What the report reads: tables, checked for their columns before anything is drawn."""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from correlates.measurements import read_measurements
from correlates.pages.assay_quality import AssayFiles
from correlates.pages.words import is_true
from correlates.tables import read_json, read_tsv

NEEDED = {
    "files": (
        "path acquisition patient visit panel tube state reason remedy notes n_events sha256 "
        "simulated compensated_by"
    ),
    "problems": "file row column value problem remedy stops",
    "baselines": "patient specimen baseline visit sample day n_features reason",
    "endpoints": "patient endpoint kind value event criteria_version evaluable reason",
    "exclusions": "what patient visit item status reason",
    "contrasts": (
        "id family feature baseline marker endpoint direction source note event n_events "
        "n_non_events n_missing_events n_missing_non_events missing_events missing_non_events unit "
        "flags median_events median_events_sign median_non_events median_non_events_sign "
        "q1_events q1_events_sign q3_events q3_events_sign q1_non_events q1_non_events_sign "
        "q3_non_events q3_non_events_sign scale estimate ci_low ci_high confidence "
        "pairs_higher p p_missing_events_lowest p_missing_events_highest p_sensitivity "
        "is_limit_costly smallest_p_with_ties p_holm q family_size status sentence permits "
        "family_sentence caution"
    ),
    "contrast_values": "contrast patient group value censored unit",
    "predictions": "endpoint patient is_event probability",
}


class ReportError(ValueError):
    """A table that the report cannot read; says which, and what is missing in it."""


@dataclass(frozen=True)
class ReportInputs:
    """Where everything stands that the report shows.

    Parameters
    ----------
    title
        Title of the study.
    files, problems
        Tables of intake.
    measurements, baselines, endpoints, exclusions
        Tables of the cohort; the first is Parquet.
    contrasts, contrast_values, model, predictions
        What the analyses wrote; the model is a JSON list, one result an endpoint.
    figures
        Gating figure (SVG) by acquisition.
    settings
        The config that was used, by its sections ``flow``, ``cohort``, ``analyses``, ``report``.
    reconciliation
        Our counts beside those of a FlowJo workspace, where one gates.
    overrides, contrasts_as_templated
        Where a person set thresholds: what each did, and the contrasts repeated without them.
    double_gating
        Where files were gated twice: how well the two gatings agree.
    not_detected
        How often each count was not detected, by tertile of the lymphocyte count.
    confounding
        How far the batches go together with each endpoint.
    plan
        The plan of the run, whose digest identifies it.
    patients_sheet
        The patients sheet as problems name it, which tells how many patients it held.
    clinical
        Tables of the clinic, by the name of their file.
    integrity, flow_diagram, fingerprints
        Findings of the checks of the cohort; how many patients reach each step (SVG); whether the
        samples of a patient look alike (SVG).
    assays
        Results of the assays beside flow, and of the questions that were asked of them.
    """

    title: str
    files: Path
    problems: Path
    measurements: Path
    baselines: Path
    endpoints: Path
    exclusions: Path
    contrasts: Path
    contrast_values: Path
    model: Path
    predictions: Path
    figures: Mapping[str, Path]
    settings: Mapping
    reconciliation: Path | None = None
    overrides: Path | None = None
    contrasts_as_templated: Path | None = None
    double_gating: Path | None = None
    not_detected: Path | None = None
    confounding: Path | None = None
    plan: Path | None = None
    patients_sheet: str = ""
    clinical: Mapping[str, Path] = field(default_factory=dict)
    integrity: Path | None = None
    flow_diagram: Path | None = None
    fingerprints: Path | None = None
    assays: Sequence[AssayFiles] = ()


@dataclass(frozen=True)
class Content:
    """The tables themselves; every row of text, as it stands in its file."""

    files: list[dict]
    problems: list[dict]
    baselines: list[dict]
    endpoints: list[dict]
    exclusions: list[dict]
    contrasts: list[dict]
    contrast_values: list[dict]
    predictions: list[dict]
    measurements: pd.DataFrame
    model: list[dict]
    reconciliation: list[dict] = field(default_factory=list)
    overrides: list[dict] = field(default_factory=list)
    contrasts_as_templated: list[dict] = field(default_factory=list)
    double_gating: list[dict] = field(default_factory=list)
    not_detected: list[dict] = field(default_factory=list)
    confounding: list[dict] = field(default_factory=list)
    patients_sheet: str = ""
    clinical: dict[str, list[dict]] = field(default_factory=dict)
    integrity: list[dict] = field(default_factory=list)

    @property
    def is_simulated(self) -> bool:
        """Whether any file says that it is simulated."""
        return any(is_true(row["simulated"]) for row in self.files)

    @property
    def idle(self) -> dict[str, str]:
        """Why an accepted file gives no measurement, by acquisition; reference tubes are such."""
        rows = (row for row in self.exclusions if row["what"] == "acquisition")
        return {row["item"]: row["reason"] for row in rows}


def read_content(inputs: ReportInputs) -> Content:
    """Read every table.

    Raises
    ------
    ReportError
        If a table lacks a column that the report shows, or the model is no list.
    """
    tables = {
        name: read_checked(getattr(inputs, name), columns.split())
        for name, columns in NEEDED.items()
    }
    try:
        model = read_json(inputs.model)
    except json.JSONDecodeError as error:
        msg = f"{inputs.model} is no JSON: {error}"
        raise ReportError(msg) from error
    if not isinstance(model, list):
        msg = f"{inputs.model} holds no list of results, one an endpoint."
        raise ReportError(msg)
    reconciliation = read_tsv(inputs.reconciliation) if inputs.reconciliation else []
    repeated = inputs.contrasts_as_templated
    return Content(
        **tables,
        measurements=read_measurements(inputs.measurements),
        model=model,
        reconciliation=reconciliation,
        overrides=read_tsv(inputs.overrides) if inputs.overrides else [],
        double_gating=read_tsv(inputs.double_gating) if inputs.double_gating else [],
        not_detected=read_tsv(inputs.not_detected) if inputs.not_detected else [],
        confounding=read_tsv(inputs.confounding) if inputs.confounding else [],
        contrasts_as_templated=(
            read_checked(repeated, NEEDED["contrasts"].split()) if repeated else []
        ),
        patients_sheet=inputs.patients_sheet,
        clinical={name: read_tsv(path) for name, path in inputs.clinical.items()},
        integrity=read_tsv(inputs.integrity) if inputs.integrity else [],
    )


def read_checked(path: str | Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read a table and make sure of its columns, also where it has no row.

    Raises
    ------
    ReportError
        If a column is missing; names every one.
    """
    with Path(path).open(encoding="utf-8", newline="") as stream:
        header = next(csv.reader(stream, delimiter="\t"), [])
    absent = [name for name in columns if name not in header]
    if absent:
        held = ", ".join(header) or "nothing"
        msg = f"{path} lacks the column {', '.join(absent)}; it holds {held}."
        raise ReportError(msg)
    return read_tsv(path)


def digest_of(path: str | Path) -> str:
    """Return the sha256 of a file."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
