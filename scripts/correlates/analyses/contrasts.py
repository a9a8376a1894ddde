"""Pre-specified contrasts: one marker, one endpoint, two groups, one exact test each.

A contrast that the data do not permit is a row with a reason and a sentence, never an error.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from correlates.analyses.censoring import COLUMNS as CENSORING
from correlates.analyses.censoring import censoring_of, median_of
from correlates.analyses.comparison import (
    PRIMARY,
    Contrast,
    Groups,
    groups_of,
    values_table,
)
from correlates.analyses.lanes import permitted
from correlates.analyses.markers import tables_of
from correlates.analyses.multiplicity import family_verdict, holm
from correlates.analyses.quality import COLUMNS as QUALITY
from correlates.analyses.quality import quality_of
from correlates.analyses.ranks import exact_p, rank_scores, smallest_p, smallest_p_of_sizes
from correlates.analyses.refusals import Refused
from correlates.analyses.requirements import require_an_order, require_both_classes
from correlates.analyses.sentences import contrast_sentence
from correlates.analyses.shift import hodges_lehmann
from correlates.analyses.wording import AFTER_BASELINE, BASELINES, CAUTION, caution_of

SPECIFIED = [
    "id",
    "family",
    "feature",
    "baseline",
    "specimen",
    "endpoint",
    "direction",
    "transform",
    "source",
]
HELD = ["marker"]
COUNTS = ["event", "n_events", "n_non_events", "n_missing", "missing", "unit"]
MEDIANS = [f"median_{group}{part}" for group in ("events", "non_events") for part in ("", "_sign")]
TESTED = ["scale", "estimate", "ci_low", "ci_high", "confidence", "p"]
SMALLEST = ["smallest_p", "smallest_p_with_ties", "p_holm", "family_size"]
WORDS = ["status", "reason", "sentence", "permits", "family_sentence", "caution"]
COLUMNS = SPECIFIED + HELD + COUNTS + QUALITY + CENSORING + MEDIANS + TESTED + SMALLEST + WORDS
TEXTS = [
    "marker",
    "flags",
    "event",
    "missing",
    "unit",
    "scale",
    "permits",
    "reason",
    *MEDIANS[1::2],
]
VALUE_COLUMNS = ["contrast", "patient", "group", "value", "censored", "unit"]


def run_contrasts(
    cohort,
    contrasts: pd.DataFrame | Iterable[Mapping],
    confidence: float = 0.95,
    alpha: float = 0.05,
    design_note: str = "",
) -> pd.DataFrame:
    """Test every pre-specified contrast.

    Parameters
    ----------
    cohort
        The cohort's AnnData, or CohortTables.
    contrasts
        Rows with id, feature, baseline, endpoint, and optionally direction, transform (``log2`` or
        ``none``), source, family (``primary`` by default), event (its wording) and specimen.
    confidence
        Of the intervals.
    alpha
        Level of the primary family, kept by Holm's correction over all its contrasts, those that
        could not be tested included.
    design_note
        What the trial's design keeps from being told apart; printed with every result.

    Returns
    -------
    One row a contrast, with the columns COLUMNS. ``estimate`` is the Hodges-Lehmann shift of the
    patients with the event against those without: a ratio after log2, else a difference. Where
    ``status`` is ``refused``, ``reason`` and ``sentence`` say why, and nothing was tested.
    """
    tables = tables_of(cohort)
    rows = [_row(contrast, tables, confidence) for contrast in _read(contrasts)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table = _corrected(table, alpha)
    table["sentence"] = [
        contrast_sentence(row) if row["status"] == "ok" else row["sentence"]
        for row in table.to_dict("records")
    ]
    table["caution"] = [caution_of(design_note, caution) for caution in table["caution"]]
    table[TEXTS] = table[TEXTS].fillna("")
    return table


def contrast_values(cohort, contrasts: pd.DataFrame | Iterable[Mapping]) -> pd.DataFrame:
    """Return the values behind every contrast, by patient, as they were measured.

    Returns
    -------
    Columns contrast, patient, group (``event`` or ``non-event``), value (the limit where
    censored), censored (``below``, ``above`` or empty) and unit. Contrasts with too few events
    to be tested are listed too; those without groups or values have no rows.
    """
    tables = tables_of(cohort)
    parts = []
    for contrast in _read(contrasts):
        try:
            parts.append(values_table(contrast, groups_of(contrast, tables)))
        except Refused:
            continue
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=VALUE_COLUMNS)


def _read(contrasts) -> list[Contrast]:
    if isinstance(contrasts, pd.DataFrame):
        contrasts = contrasts.to_dict("records")
    return [Contrast.of(row) for row in contrasts]


def _corrected(table: pd.DataFrame, alpha: float) -> pd.DataFrame:
    is_primary = (table["family"] == PRIMARY).to_numpy()
    _, verdict = family_verdict(table.loc[is_primary, "smallest_p_with_ties"].tolist(), alpha)
    table.loc[is_primary, "p_holm"] = holm(table.loc[is_primary, "p"].to_numpy(dtype=float))
    table.loc[is_primary, "family_size"] = int(is_primary.sum())
    other = "Not in the primary family: its p is not corrected, and exploratory."
    table["family_sentence"] = np.where(is_primary, verdict, other)
    return table


def _row(contrast: Contrast, tables, confidence: float) -> dict:
    row = {name: getattr(contrast, name) for name in SPECIFIED}
    row |= dict.fromkeys(["p", "smallest_p", "smallest_p_with_ties", "p_holm"], np.nan)
    caution = CAUTION if contrast.baseline in BASELINES else f"{CAUTION} {AFTER_BASELINE}"
    row |= {"confidence": confidence, "caution": caution, "family_size": 0}
    try:
        groups = groups_of(contrast, tables)
        row |= _described(groups)
        require_both_classes(groups)
        require_an_order(groups)
    except Refused as refusal:
        return row | {"status": "refused", "reason": refusal.code, "sentence": refusal.sentence}
    return row | _tested(contrast, groups, confidence)


def _described(groups: Groups) -> dict:
    described = {
        "marker": groups.marker,
        "event": groups.event,
        "n_events": groups.n_events,
        "n_non_events": groups.n_non_events,
        "n_missing": sum(groups.missing.values()),
        "missing": ";".join(f"{cause}={count}" for cause, count in groups.missing.items()),
        "unit": groups.unit,
        "permits": permitted(groups.n_events, groups.n_non_events).sentence,
    }
    described |= quality_of(groups.flags) | censoring_of(groups)
    for name, members in (("events", groups.is_event), ("non_events", ~groups.is_event)):
        middle, sign = median_of(groups.measured[members], groups.side[members])
        described |= {f"median_{name}": middle, f"median_{name}_sign": sign}
    return described


def _tested(contrast: Contrast, groups: Groups, confidence: float) -> dict:
    scores = rank_scores(groups.value, groups.side)
    shift = hodges_lehmann(groups.value, groups.is_event, groups.side, confidence)
    ends = np.array([shift.estimate, shift.low, shift.high])
    is_ratio = contrast.transform == "log2"
    estimate, low, high = (np.exp2(ends) if is_ratio else ends).tolist()
    return {
        "scale": "ratio" if is_ratio else "difference",
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "p": exact_p(scores, groups.is_event),
        "smallest_p": smallest_p_of_sizes(groups.n_events, groups.n_non_events),
        "smallest_p_with_ties": smallest_p(scores, groups.n_events),
        "status": "ok",
        "reason": "",
    }
