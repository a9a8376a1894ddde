"""One fixed-penalty ridge of pre-specified markers, or the reason why none is fitted.

Everything that learns from data is fitted inside patient-level cross-validation, and the whole
pipeline again in every permutation. Nothing is tuned and nothing is selected.
"""

from collections.abc import Mapping
from dataclasses import asdict

import pandas as pd

from correlates.analyses.auc import auc_interval, permutation_p, widening_of
from correlates.analyses.design import Design, ModelSettings, design_of
from correlates.analyses.lanes import permitted
from correlates.analyses.markers import tables_of
from correlates.analyses.model_words import caution_of, model_sentence
from correlates.analyses.refusals import Refused
from correlates.analyses.ridge import ridge_pipeline
from correlates.analyses.validation import (
    cross_validate,
    folds_for,
    permutation_aucs,
    plan_folds,
    require_same_auc,
)
from correlates.analyses.wording import CAUTION, event_of

PREDICTION_COLUMNS = ["patient", "is_event", "probability", "probability_sd"]


def run_model(cohort, settings: ModelSettings | Mapping) -> tuple[dict, pd.DataFrame]:
    """Fit and validate the model, or say why the cohort does not permit it.

    Parameters
    ----------
    cohort
        The cohort's AnnData, or CohortTables.
    settings
        ModelSettings, or a mapping of its fields.

    Returns
    -------
    The result as plain values for JSON (``status`` ok or refused, ``reason``, ``sentence``,
    ``caution``, counts, ``auc``, ``brier``, ``permutation``, ``coefficients``), and a table of the
    probability of each patient while held out, averaged over repeats (empty where refused).
    """
    if not isinstance(settings, ModelSettings):
        settings = ModelSettings(**{**settings, "features": tuple(settings["features"])})
    result = {"endpoint": settings.endpoint, "event": event_of(settings.endpoint)}
    result |= {"settings": _plain(settings), "always": CAUTION}
    try:
        design = design_of(tables_of(cohort), settings)
        result |= _counts(design)
        caution = caution_of(design, settings.min_eff)
    except Refused as refusal:
        result |= {"status": "refused", "reason": refusal.code, "sentence": refusal.sentence}
        return result, pd.DataFrame(columns=PREDICTION_COLUMNS)
    validated, predictions = _validated(design, settings)
    result |= {"status": "ok", "reason": "", "caution": caution} | validated
    result |= {"coefficients": _coefficients(design, settings)}
    return result | {"sentence": model_sentence(result, design)}, predictions


def _counts(design: Design) -> dict:
    events, total = int(design.y.sum()), design.y.size
    permission = permitted(events, total - events)
    return {
        "event": design.event,
        "n": total,
        "n_events": events,
        "n_non_events": total - events,
        "eff": permission.eff,
        "lanes": list(permission.lanes),
        "permits": permission.sentence,
        "missing": design.missing,
        "censored": design.censored,
        "left_out": design.left_out,
    }


def _validated(design: Design, settings: ModelSettings) -> tuple[dict, pd.DataFrame]:
    X, y = design.X, design.y
    events, others = int(y.sum()), int((1 - y).sum())
    penalised = (settings.transform, settings.C)
    folds = plan_folds(y, settings.repeats, settings.max_folds, settings.seed)
    seen = cross_validate(X, y, folds, *penalised)
    aucs = permutation_aucs(X, y, folds, *penalised, settings.permutations, settings.seed)
    require_same_auc(seen.auc, aucs)
    widening = widening_of(aucs, events, others)
    low, high = auc_interval(seen.auc, events, others, widening, settings.confidence)
    method = "score interval, Hanley-McNeil variance widened to the permuted spread; approximate"
    validated = {
        "folds": folds_for(y, settings.max_folds),
        "auc": {
            "estimate": seen.auc,
            "low": low,
            "high": high,
            "confidence": settings.confidence,
            "method": method,
            "widening": widening,
            "pairs": seen.pairs,
        },
        "brier": {"estimate": seen.brier, "without_markers": seen.brier_null},
        "permutation": {
            "p": permutation_p(aucs),
            "permutations": settings.permutations,
            "statistic": "AUC of pairs held out together, one-sided",
            "mean_auc": float(aucs[1:].mean()),
        },
    }
    predictions = {
        "patient": design.patients,
        "is_event": y,
        "probability": seen.probability.mean(axis=0),
        "probability_sd": seen.probability.std(axis=0),
    }
    return validated, pd.DataFrame(predictions, columns=PREDICTION_COLUMNS)


def _coefficients(design: Design, settings: ModelSettings) -> dict:
    """Return the ridge fitted to all patients, per standard deviation of each marker."""
    model = ridge_pipeline(settings.transform, settings.C).fit(design.X, design.y)
    scale, ridge = model.named_steps["scale"], model.named_steps["ridge"]
    return {
        "intercept": float(ridge.intercept_[0]),
        "markers": {
            name: {"log_odds_per_sd": float(weight), "mean": float(mean), "sd": float(spread)}
            for name, weight, mean, spread in zip(
                design.markers, ridge.coef_[0], scale.mean_, scale.scale_, strict=True
            )
        },
    }


def _plain(settings: ModelSettings) -> dict:
    return asdict(settings) | {"features": list(settings.features)}
