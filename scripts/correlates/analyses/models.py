"""One model for each endpoint that the config names."""

from collections.abc import Mapping

import pandas as pd

from correlates.analyses.design import ModelSettings
from correlates.analyses.model import PREDICTION_COLUMNS, run_model
from correlates.analyses.wording import caution_of


def run_models(
    cohort, settings: Mapping, confidence: float = 0.95, design_note: str = ""
) -> tuple[list[dict], pd.DataFrame]:
    """Fit, or refuse, the model of every endpoint.

    Parameters
    ----------
    cohort
        The cohort's AnnData.
    settings
        The config's ``analyses/model``: ``endpoints``, ``features``, ``baseline``, ``penalty_c``,
        ``folds``, ``repeats``, ``permutations``, ``seed``, ``min_eff``
        and, where features were measured in several, ``specimen``.
    confidence
        Of the intervals.
    design_note
        What the trial's design keeps from being told apart; printed with every result.

    Returns
    -------
    One result an endpoint, as ``run_model`` gives it, and all predictions with ``endpoint`` first.
    """
    markers = tuple(f"{feature}@{settings['baseline']}" for feature in settings["features"])
    results, tables = [], []
    for endpoint in settings["endpoints"]:
        result, predictions = run_model(
            cohort,
            ModelSettings(
                endpoint=endpoint,
                features=markers,
                C=settings["penalty_c"],
                repeats=settings["repeats"],
                max_folds=settings["folds"],
                permutations=settings["permutations"],
                seed=settings["seed"],
                confidence=confidence,
                min_eff=settings["min_eff"],
                specimen=settings.get("specimen") or "",
            ),
        )
        results.append(result | {"always": caution_of(design_note, result["always"])})
        predictions.insert(0, "endpoint", endpoint)
        tables.append(predictions)
    filled = [table for table in tables if len(table)]
    empty = pd.DataFrame(columns=["endpoint", *PREDICTION_COLUMNS])
    return results, pd.concat(filled, ignore_index=True) if filled else empty
