"""Batches against outcomes, patient by patient; no floor below knows any outcome."""

from collections.abc import Iterable, Mapping

import pandas as pd

from correlates.flow.batches.confounding import score_confounding
from correlates.flow.batches.scores import SCORE_COLUMNS, score_row
from correlates.pages.words import is_true

COLUMNS = ("baseline", "specimen", *SCORE_COLUMNS)
_WITH_LEVELS = ("binary", "ordinal")
_DRAW = ["patient", "visit", "timepoint", "specimen"]


def outcome_scores(
    tubes: pd.DataFrame,
    baselines: Iterable[Mapping[str, str]],
    endpoints: Iterable[Mapping[str, str]],
    permutations: int,
    seed: int,
) -> list[dict]:
    """Score the batches of each panel, at each baseline, against each endpoint with levels.

    Parameters
    ----------
    tubes
        Of `correlates.flow.batches.scores.full_tubes`.
    baselines
        Rows of ``baselines.tsv``: the draw that stands for each patient's baseline.
    endpoints
        Rows of ``endpoints.tsv``; times and continuous endpoints have no levels and are passed
        over.
    permutations, seed
        Of the p-values.

    Returns
    -------
    Rows of ``COLUMNS``; the unit is a patient, and where a draw was measured in several batches
    (by the same panel) the first by name counts.
    """
    draws = pd.DataFrame(baselines)
    outcomes = pd.DataFrame(endpoints)
    if draws.empty or outcomes.empty or tubes.empty:
        return []
    tubes = tubes.assign(timepoint=tubes["timepoint"].replace("", "pre"))
    with_batch = tubes[tubes["batch"] != ""].sort_values("batch")
    placed = draws[draws["visit"] != ""].merge(with_batch, on=_DRAW, suffixes=("", "_of_tube"))
    evaluable = outcomes["evaluable"].map(is_true)
    outcomes = outcomes[evaluable & outcomes["kind"].isin(_WITH_LEVELS)]
    joined = placed.merge(outcomes[["patient", "endpoint", "value"]], on="patient")
    joined = joined.drop_duplicates(["panel", "baseline", "specimen", "endpoint", "patient"])
    rows = []
    for key, own in joined.groupby(["panel", "baseline", "specimen", "endpoint"], sort=True):
        panel, baseline, specimen, endpoint = key
        levels = own["value"].astype(str)
        score = score_confounding(own["batch"], levels, permutations, seed)
        about = {"panel": panel, "baseline": baseline, "specimen": specimen}
        rows.append(about | score_row(score, endpoint, "patient"))
    return rows
