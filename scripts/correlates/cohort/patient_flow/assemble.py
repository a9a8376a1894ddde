"""The chains of a study, put together from its tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.clinical.dosing.draws import DRAW
from correlates.clinical.records import ClinicalRecords
from correlates.cohort.baseline_reasons import B0, B1
from correlates.cohort.draws import DrawContext
from correlates.cohort.patient_flow.chain import MARKER, Chain
from correlates.cohort.patient_flow.markers import (
    Analysis,
    MarkerAt,
    Measured,
    Sources,
    marker_chain,
)
from correlates.cohort.patient_flow.trial import (
    ENROLLED,
    endpoint_chains,
    trial_chain,
    why_no_lenalidomide,
    why_not_evaluable,
)
from correlates.cohort.patient_flow.windows import Windows
from correlates.flow.counts.features import feature_names
from correlates.measurements import STATUSES

_MEASURED_TUBES = ("full", "stim_")


@dataclass(frozen=True)
class StudyTables:
    """The tables that the flow is read from.

    Parameters
    ----------
    records
        The clinic's records.
    context
        Dosing, notes and settings of draws.
    windows
        Draws in the windows of the baselines.
    files, problems, endpoints, contrasts, contrast_values, predictions
        Rows of these tables, as text.
    models
        Results of the model, one an endpoint.
    populations
        Ids of the populations counted in each acquisition.
    measured
        The cohort's measurement table.
    cohort
        Its AnnData.
    """

    records: ClinicalRecords
    context: DrawContext
    windows: Windows
    files: Sequence[Mapping]
    problems: Sequence[Mapping]
    endpoints: Sequence[Mapping]
    contrasts: Sequence[Mapping]
    contrast_values: Sequence[Mapping]
    models: Sequence[Mapping]
    predictions: Sequence[Mapping]
    populations: Mapping[str, Iterable[str]]
    measured: pd.DataFrame
    cohort: object


def patient_flow(study: StudyTables) -> list[Chain]:
    """Return every chain: of the trial, of endpoints, of markers tested, of all markers."""
    trial = trial_chain(study.records, study.context.dosing, study.problems)
    enrolled = trial.step(ENROLLED).kept
    markers = _markers(study.cohort)
    tested = [
        (marker, analysis)
        for analysis, wanted in _analyses(study)
        for marker in [_find(markers, *wanted)]
    ]
    shown = [(marker, None) for marker in markers]
    features = {marker.feature for marker, _ in (*tested, *shown)}
    sources = _sources(study, features)
    return [
        trial,
        *endpoint_chains(enrolled, study.endpoints),
        *(marker_chain(marker, enrolled, sources, of) for marker, of in (*tested, *shown)),
    ]


def drawn_chains(chains: Iterable[Chain]) -> list[Chain]:
    """Return the chains of the figure: of what was measured one of each population, its count.

    Parameters
    ----------
    chains
        Of `patient_flow`, all of which stand in the table.

    Returns
    -------
    Those of the trial, of endpoints and of markers tested; and one for each population, baseline
    and specimen, in this order.
    """
    kept: list[Chain] = []
    best: dict[tuple, Chain] = {}
    for one in chains:
        if one.kind != MARKER or one.names.get("analysis"):
            kept.append(one)
            continue
        population = one.names["feature"].partition("__")[0]
        key = (one.names["baseline"], one.names["specimen"], population)
        if key not in best or _rank(one) < _rank(best[key]):
            best[key] = one
    return [*kept, *(best[key] for key in sorted(best))]


def _rank(one: Chain) -> tuple[int, str]:
    feature = one.names["feature"]
    statistic = feature.partition("__")[2].partition("__")[0]
    return {"abs": 0, "pct": 1}.get(statistic, 2), feature


def _markers(cohort) -> list[MarkerAt]:
    """Return every marker of the cohort with the measurement chosen for each patient."""
    status, flags = np.asarray(cohort.layers["status"]), np.asarray(cohort.layers["flags"])
    codes = [str(code) for code in cohort.uns["flag_codes"]]
    found = []
    for place, (name, row) in enumerate(cohort.var.iterrows()):
        chosen = {
            str(patient): Measured(
                STATUSES[int(status[i, place])],
                [code for bit, code in enumerate(codes) if int(flags[i, place]) >> bit & 1],
            )
            for i, patient in enumerate(cohort.obs_names)
        }
        parts = (str(row[column]) for column in ("feature", "baseline", "specimen"))
        found.append(MarkerAt(str(name), *parts, chosen))
    return found


def _find(
    markers: Iterable[MarkerAt], name: str, feature: str, baseline: str, specimen: str
) -> MarkerAt:
    """Return the marker that an analysis names, by its name in the cohort or by its parts."""
    for one in markers:
        is_named = one.name == name if name else (one.feature, one.baseline) == (feature, baseline)
        if is_named and specimen in ("", one.specimen):
            return one
    return MarkerAt(name or f"{feature}@{baseline}", feature, baseline, specimen)


def _analyses(study: StudyTables) -> Iterable[tuple[Analysis, tuple[str, str, str, str]]]:
    """Yield each analysis of one marker, and what names the marker."""
    for row in study.contrasts:
        used = {one["patient"] for one in study.contrast_values if one["contrast"] == row["id"]}
        refused = "" if row["status"] == "ok" else row["reason"] or "no reason was given"
        analysis = Analysis(
            row["id"],
            row["endpoint"],
            _why_not_evaluable(study, row["endpoint"]),
            frozenset(used),
            refused,
        )
        yield analysis, (row["marker"], row["feature"], row["baseline"], row["specimen"])
    for model in study.models:
        endpoint, settings = model["endpoint"], model["settings"]
        used = {one["patient"] for one in study.predictions if one["endpoint"] == endpoint}
        analysis = Analysis(
            f"model {endpoint}",
            endpoint,
            _why_not_evaluable(study, endpoint),
            frozenset(used),
            "" if model["status"] == "ok" else model["reason"],
            "another marker of the model is lacking",
        )
        for marker in settings["features"]:
            feature, _, rest = marker.partition("@")
            baseline, _, specimen = rest.partition("@")
            yield analysis, ("", feature, baseline, specimen or settings.get("specimen") or "")


def _why_not_evaluable(study: StudyTables, endpoint: str):
    """Return a function that says why an analysis has no endpoint of a patient."""
    held = study.cohort.obs[endpoint] if endpoint in study.cohort.obs else pd.Series(dtype=float)
    known = {str(patient) for patient in held.index[held.notna()]}
    why = why_not_evaluable(row for row in study.endpoints if row["endpoint"] == endpoint)
    return lambda patient: "" if patient in known else why(patient) or "no value of the endpoint"


def _sources(study: StudyTables, features: set[str]) -> Sources:
    not_at_risk = {}
    for patient, dosing in study.context.dosing.items():
        if dosing.first_ibrutinib is None:
            not_at_risk[B0, patient] = "no dose of ibrutinib"
        if dosing.first_lenalidomide is None:
            not_at_risk[B1, patient] = why_no_lenalidomide(study.records, patient)
    ids = {one for of in study.populations.values() for one in of}
    names = feature_names(ids)
    measured: dict[str, dict[tuple, Measured]] = {feature: {} for feature in features}
    rows = study.measured[study.measured["feature"].isin(features)]
    for row in rows.to_dict("records"):
        draw = tuple(row[column] for column in DRAW)
        measured[row["feature"]][draw] = Measured(row["status"], row["flags"])
    by_draw: dict[tuple, list[Mapping]] = {}
    for row in study.files:
        if (row["tube"] or "full").startswith(_MEASURED_TUBES):
            place = (row["patient"], row["specimen"], row["visit"], row["timepoint"] or "pre")
            by_draw.setdefault(place, []).append(row)
    assays = rows.groupby("feature")["assay"].first()
    in_files = assays.index[assays.isin(("flow", "ics"))]
    return Sources(
        not_at_risk,
        study.windows.draws,
        study.windows.why_none,
        by_draw,
        {key: frozenset(names[one] for one in of) for key, of in study.populations.items()},
        {feature: of for feature, of in measured.items() if of},
        frozenset(in_files) if study.files else frozenset(),
    )
