"""Batches against the visits of each panel; outcomes are known on a later floor only."""

import numpy as np
import pandas as pd

from correlates.flow.batches.confounding import NONE, WHOLLY, Score, score_confounding
from correlates.flow.counts.tubes import FULL
from correlates.intake.acquisitions import SAMPLE
from correlates.intake.records import Plan

SCORE_COLUMNS = (
    *("panel", "factor", "unit", "n", "n_batches", "n_levels", "cramers_v", "p", "aliased"),
    "sentence",
)
FACTORS = ("visit", "specimen")
# Above this, batch and factor go together so closely that either may stand for the other.
STRONG = 0.5


def full_tubes(plan: Plan) -> pd.DataFrame:
    """Return the measured tubes of samples, indexed by acquisition."""
    rows = [
        one.as_row() | {"day": one.study_day}
        for one in plan.acquisitions
        if one.role == SAMPLE and (one.tube or FULL) == FULL
    ]
    columns = ["acquisition", "panel", "batch", "visit", "timepoint", "specimen", "patient", "day"]
    return pd.DataFrame(rows, columns=columns).set_index("acquisition")


def visit_scores(tubes: pd.DataFrame, permutations: int, seed: int) -> list[dict]:
    """Score the batches of each panel against its visits and specimens.

    Parameters
    ----------
    tubes
        Of `full_tubes`; tubes without a batch are left out.
    permutations, seed
        Of the p-values.
    """
    rows = []
    for panel, own in tubes[tubes["batch"] != ""].groupby("panel", sort=True):
        for factor in FACTORS:
            # What never changes within a patient was not assigned draw by draw.
            is_of_patient = (own.groupby("patient")[factor].nunique() == 1).all()
            owners, unit = (own["patient"], "patient") if is_of_patient else (None, "draw")
            score = score_confounding(own["batch"], own[factor], permutations, seed, owners)
            rows.append({"panel": panel} | score_row(score, factor, unit))
    return rows


def score_row(score: Score, factor: str, unit: str) -> dict:
    """Return a score as a row, with a sentence on what it means."""
    return {
        "factor": factor,
        "unit": unit,
        "n": score.n,
        "n_batches": score.n_batches,
        "n_levels": score.n_levels,
        "cramers_v": "" if np.isnan(score.cramers_v) else f"{score.cramers_v:.4g}",
        "p": "" if np.isnan(score.p) else f"{score.p:.4g}",
        "aliased": score.aliased,
        "sentence": _sentence(score, factor),
    }


def _sentence(score: Score, factor: str) -> str:
    if score.n_batches < 2:
        return "All are of one batch."
    if score.n_levels < 2:
        return f"All are of one {factor}."
    if score.aliased == WHOLLY:
        return (
            f"No batch holds more than one {factor}, so a difference between them may be one of "
            "the batches: nothing can tell."
        )
    if score.aliased != NONE:
        return (
            f"Some differences of {factor} lie between batches only, and may be theirs: "
            "nothing can tell."
        )
    if not np.isnan(score.cramers_v) and score.cramers_v > STRONG:
        return f"Batch and {factor} go together closely; they can be told apart, but badly."
    return f"Batch and {factor} can be told apart."
