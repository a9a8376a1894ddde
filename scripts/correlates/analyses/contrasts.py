"""Pre-specified contrasts: one marker, one endpoint, two groups, one exact test each.

A contrast that the data do not permit is a row with a reason and a sentence, never an error.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from correlates.analyses.censoring import COLUMNS as CENSORING
from correlates.analyses.censoring import censoring_of, quantile_of
from correlates.analyses.comparison import Contrast, Groups, groups_of, values_table
from correlates.analyses.families import CORRECTED, Family, corrected, families_of
from correlates.analyses.highest_limit import COLUMNS as HIGHEST_LIMIT
from correlates.analyses.highest_limit import highest_limit_of
from correlates.analyses.lanes import permitted
from correlates.analyses.markers import tables_of
from correlates.analyses.missingness import BOUNDS, COUNTED, missing_bounds, missing_counts
from correlates.analyses.quality import COLUMNS as QUALITY
from correlates.analyses.quality import quality_of
from correlates.analyses.ranks import (
    exact_p,
    pairs_higher,
    rank_scores,
    smallest_p,
    smallest_p_of_sizes,
)
from correlates.analyses.refusals import Refused
from correlates.analyses.requirements import require_an_order, require_both_classes
from correlates.analyses.sentences import contrast_sentence
from correlates.analyses.shift import hodges_lehmann
from correlates.analyses.spread import COLUMNS as SPREAD
from correlates.analyses.spread import QUARTILES, spread_of
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
    "note",
]
HELD = ["marker"]
COUNTS = ["event", "n_events", "n_non_events", *COUNTED, "unit"]
MEDIANS = [f"median_{group}{part}" for group in ("events", "non_events") for part in ("", "_sign")]
TESTED = ["scale", "estimate", "ci_low", "ci_high", "confidence", "pairs_higher", "p"]
SMALLEST = ["smallest_p", "smallest_p_with_ties"]
WORDS = ["status", "reason", "sentence", "permits", "caution"]
COLUMNS = [
    *(*SPECIFIED, *HELD, *COUNTS, *QUALITY, *CENSORING, *HIGHEST_LIMIT, *MEDIANS, *SPREAD),
    *(*TESTED, *BOUNDS, *SMALLEST, *CORRECTED, *WORDS),
]
TEXTS = [
    *("marker", "flags", "event", "unit", "scale", "permits", "reason", "claim"),
    *("family_sentence", "fragile"),
    *(
        "floor_set_by",
        "ceiling_set_by",
        *COUNTED[3:],
        *MEDIANS[1::2],
        *QUARTILES[1::2],
        *BOUNDS[2:],
    ),
]
VALUE_COLUMNS = ["contrast", "patient", "group", "value", "censored", "unit"]


def run_contrasts(
    cohort,
    contrasts: pd.DataFrame | Iterable[Mapping],
    confidence: float = 0.95,
    design_note: str = "",
) -> pd.DataFrame:
    """Test every pre-specified contrast.

    Parameters
    ----------
    cohort
        The cohort's AnnData, or CohortTables.
    contrasts
        Rows with id, feature, baseline, endpoint, and optionally direction, transform (``log2`` or
        ``none``), source, note, family (``primary`` by default), family_size, event (its wording)
        and specimen.
    confidence
        Of the intervals; it moves no claim.
    design_note
        What the trial's design keeps from being told apart; printed with every result.

    Returns
    -------
    One row a contrast, with the columns COLUMNS. ``estimate`` is the Hodges-Lehmann shift of the
    patients with the event against those without: a ratio after log2, else a difference.
    ``claim`` says which way it went where the corrected p carries that: Holm's at 0.05 in the
    primary family, Benjamini and Hochberg's q at 0.10 in the secondary one, over all contrasts of
    the family, those included that could not be tested. Where ``status`` is ``refused``,
    ``reason`` and ``sentence`` say why, and nothing was tested.
    """
    tables, asked = tables_of(cohort), _read(contrasts)
    families = families_of(asked)
    rows = [_row(contrast, tables, confidence, families[contrast.family]) for contrast in asked]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table[TEXTS] = table[TEXTS].astype(object).fillna("")
    table = corrected(table, families)
    table["sentence"] = [
        contrast_sentence(row) if row["status"] == "ok" else row["sentence"]
        for row in table.to_dict("records")
    ]
    table["caution"] = [caution_of(design_note, caution) for caution in table["caution"]]
    return table


def contrast_values(cohort, contrasts: pd.DataFrame | Iterable[Mapping]) -> pd.DataFrame:
    """Return the values behind every contrast, by patient, as they were measured.

    Returns
    -------
    Columns contrast, patient, group (``event`` or ``non-event``), value (the limit where
    censored), censored (``below``, ``above`` or empty) and unit. Contrasts with too few events
    to be tested are listed too; those without groups or values, or with values that were measured
    in several ways, have no rows.
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


def _row(contrast: Contrast, tables, confidence: float, family: Family) -> dict:
    row = {name: getattr(contrast, name) for name in SPECIFIED}
    row |= dict.fromkeys(["p", "pairs_higher", *SMALLEST, "p_holm", "q"], np.nan)
    caution = CAUTION if contrast.baseline in BASELINES else f"{CAUTION} {AFTER_BASELINE}"
    row |= {"confidence": confidence, "caution": caution, "family_size": 0}
    try:
        groups = groups_of(contrast, tables)
        row |= _described(groups, family)
        require_both_classes(groups)
        require_an_order(groups)
    except Refused as refusal:
        return row | {"status": "refused", "reason": refusal.code, "sentence": refusal.sentence}
    return row | _tested(contrast, groups, confidence)


def _described(groups: Groups, family: Family) -> dict:
    best = {}
    if 0 < groups.n_events < groups.is_event.size:
        best["smallest_p"] = smallest_p(rank_scores(groups.value, groups.side), groups.n_events)
        best |= {"level": family.level, "level_words": family.level_words}
    described = {
        "marker": groups.marker,
        "event": groups.event,
        "n_events": groups.n_events,
        "n_non_events": groups.n_non_events,
        "unit": groups.unit,
        "permits": permitted(groups.n_events, groups.n_non_events, **best).sentence,
    }
    described |= missing_counts(groups) | quality_of(groups.flags) | spread_of(groups)
    described |= censoring_of(groups) | highest_limit_of(groups)
    for name, members in (("events", groups.is_event), ("non_events", ~groups.is_event)):
        middle, sign = quantile_of(groups.measured[members], groups.side[members])
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
        "pairs_higher": pairs_higher(scores, groups.is_event),
        "p": exact_p(scores, groups.is_event),
        "smallest_p": smallest_p_of_sizes(groups.n_events, groups.n_non_events),
        "smallest_p_with_ties": smallest_p(scores, groups.n_events),
        "status": "ok",
        "reason": "",
    } | missing_bounds(groups)
