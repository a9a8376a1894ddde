"""One fixed-penalty ridge of pre-specified markers, or the reason why none is fitted.

Everything that learns from data is fitted inside patient-level cross-validation, and the whole
pipeline again in every permutation. Nothing is tuned and nothing is selected.
"""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from correlates.analyses.auc import (
    auc_interval,
    concordance,
    excess_of,
    permutation_p,
    widening_of,
)
from correlates.analyses.design import Design, ModelSettings, design_of
from correlates.analyses.lanes import permitted
from correlates.analyses.markers import tables_of
from correlates.analyses.model_words import caution_of, model_sentence
from correlates.analyses.refusals import Refused
from correlates.analyses.ridge import ridge_pipeline
from correlates.analyses.validation import (
    CrossValidation,
    cross_validate,
    folds_for,
    permutation_aucs,
    plan_folds,
    require_same_auc,
)
from correlates.analyses.wording import CAUTION, event_of

PREDICTION_COLUMNS = ["patient", "is_event", "probability", "probability_sd"]
_INTERVAL = (
    "score interval, Hanley-McNeil variance widened to the permuted spread and to DeLong's; the "
    "upper end at least that of the apparent AUC; approximate"
)


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
    fitted = ridge_pipeline(settings.transform, settings.C).fit(design.X, design.y)
    validated, predictions = _validated(design, settings, fitted.decision_function(design.X))
    result |= {"status": "ok", "reason": "", "caution": caution} | validated
    result |= {"coefficients": _coefficients(design, fitted)}
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
        "lacking": design.lacking,
    }


def _validated(
    design: Design, settings: ModelSettings, own_scores: np.ndarray
) -> tuple[dict, pd.DataFrame]:
    X, y = design.X, design.y
    penalised = (settings.transform, settings.C)
    folds = plan_folds(y, settings.repeats, settings.max_folds, settings.seed)
    seen = cross_validate(X, y, folds, *penalised)
    aucs = permutation_aucs(X, y, folds, *penalised, settings.permutations, settings.seed)
    require_same_auc(seen.auc, aucs)
    validated = {
        "folds": folds_for(y, settings.max_folds),
        "auc": _auc(y, seen, aucs, own_scores, settings.confidence),
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


def _auc(y, seen: CrossValidation, aucs, own_scores, confidence: float) -> dict:
    events, others = int(y.sum()), int((1 - y).sum())
    widening = widening_of(aucs, events, others) * excess_of(seen.placement, y, seen.auc)
    right, pairs = concordance(own_scores[None], y)
    apparent = float(right[0]) / pairs
    low, high = auc_interval(seen.auc, events, others, widening, apparent, confidence)
    return {
        "estimate": seen.auc,
        "low": low,
        "high": high,
        "confidence": confidence,
        "method": _INTERVAL,
        "apparent": apparent,
        "widening": widening,
        "pairs": seen.pairs,
    }


def _coefficients(design: Design, fitted: Pipeline) -> dict:
    """Return the ridge fitted to all patients, per standard deviation of each marker."""
    scale, ridge = fitted.named_steps["scale"], fitted.named_steps["ridge"]
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
