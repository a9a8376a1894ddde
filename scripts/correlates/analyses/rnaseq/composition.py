"""The change that is left when the share of CLL cells among unsorted cells stays the same."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from correlates.analyses.rnaseq.pairs import Pair
from correlates.analyses.rnaseq.settings import RnaseqQuestions

MIXED = ("pbmc", "wb")
_LEAST_SHARE = 0.5


@dataclass(frozen=True)
class Adjusted:
    """Change at an unchanged share of CLL cells, with its t interval and the pairs behind it."""

    change: float
    low: float
    high: float
    n: int


def adjusted_change(asked, cll_pct: Mapping[str, float], settings: RnaseqQuestions):
    """Regress the differences on those of the log odds of the share of CLL cells.

    Parameters
    ----------
    asked
        A feature, with ``feature`` and ``pairs``.
    cll_pct
        Share of CLL cells by library, in percent.
    settings
        ``min_pairs_adjusted`` and ``confidence``.

    Returns
    -------
    `Adjusted`, the intercept of the regression; None for purified cells, where a value is
    censored, or where fewer pairs than asked for have both shares.
    """
    if asked.feature.rpartition("__")[2] not in MIXED:
        return None
    known = [
        one
        for one in asked.pairs
        if {one.before.sample, one.after.sample} <= set(cll_pct) and not one.is_censored
    ]
    if len(known) < settings.min_pairs_adjusted:
        return None
    differences = np.array([one.low for one in known])
    shifts = np.array([_log_odds_shift(one, cll_pct) for one in known])
    design = np.column_stack([np.ones(len(known)), shifts])
    beta, _, rank, _ = np.linalg.lstsq(design, differences, rcond=None)
    if rank < 2:
        return None
    rest = differences - design @ beta
    df = len(known) - 2
    error = np.sqrt(rest @ rest / df * np.linalg.inv(design.T @ design)[0, 0])
    half = student.ppf((1 + settings.confidence) / 2, df) * error
    return Adjusted(float(beta[0]), float(beta[0] - half), float(beta[0] + half), len(known))


def _log_odds_shift(pair: Pair, cll_pct: Mapping[str, float]) -> float:
    before, after = (
        np.clip(cll_pct[name], _LEAST_SHARE, 100 - _LEAST_SHARE)
        for name in (pair.before.sample, pair.after.sample)
    )
    return float(np.log(after / (100 - after)) - np.log(before / (100 - before)))
