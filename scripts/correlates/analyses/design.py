"""The markers of a pre-specified model laid out as patients by columns, nothing learned yet."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from correlates.analyses.common_limits import ABOVE, BELOW, OBSERVED
from correlates.analyses.markers import NO_LIMIT, TRANSFORMS, CohortTables, read_marker
from correlates.analyses.methods import require_one_method
from correlates.analyses.refusals import Reason, Refused, endpoint_of, marker_of
from correlates.analyses.wording import (
    BASELINES,
    ENDPOINT_CAUSE,
    MARKER_CAUSE,
    RULES,
    left_out_of_model,
)
from correlates.measurements import is_difference


@dataclass(frozen=True)
class ModelSettings:
    """A model as the study pre-specified it.

    Parameters
    ----------
    endpoint
        Binary endpoint.
    features
        Markers as ``feature@baseline``; only the baselines B0 and B1 can predict.
    transform
        ``log2`` or ``none``, for all markers.
    C
        Inverse penalty, fixed.
    repeats, max_folds
        Repeats of the cross-validation, and the most folds in each.
    permutations, seed
        Permutations of the p-value, and the seed of folds and permutations.
    confidence
        Of the AUC's interval.
    min_eff
        Fewest patients in the rarer class; below 6 no setting permits a model.
    specimen
        Specimen of the markers, needed where the cohort holds one in several.
    """

    endpoint: str
    features: tuple[str, ...]
    transform: str = "log2"
    C: float = 0.1
    repeats: int = 10
    max_folds: int = 5
    permutations: int = 2000
    seed: int = 1
    confidence: float = 0.95
    min_eff: int = 6
    specimen: str = ""


@dataclass(frozen=True)
class Design:
    """The patients who have every marker: X has shape (patients, markers, 2), bounds of values.

    Parameters
    ----------
    missing
        By marker, how many evaluable patients lack it, by cause.
    censored
        By marker, how many of the values that are used lie beyond their limit.
    left_out
        Patients, by cause.
    lacking
        Evaluable patients who lack a marker: ``events`` and ``non_events``.
    """

    patients: np.ndarray
    X: np.ndarray
    y: np.ndarray
    event: str
    rule: str
    markers: tuple[str, ...]
    missing: dict[str, dict[str, int]]
    censored: dict[str, int]
    left_out: dict[str, int]
    lacking: dict[str, int]


def design_of(tables: CohortTables, settings: ModelSettings) -> Design:
    """Lay out the markers of the patients who have all of them; nothing is imputed.

    Values beyond a limit stay statements about it until each fold learns where to tie them.

    Raises
    ------
    Refused
        If a marker was not taken at a baseline, is unknown, named twice, negative on a log scale or
        measured in several ways, nobody has all of them, or the endpoint is unknown or has not two
        classes.
    """
    _require_settings(settings)
    endpoint, event = endpoint_of(settings.endpoint, tables)
    names = [_name(feature, settings.specimen, tables) for feature in settings.features]
    _require_distinct(names)
    read = [_bounds(name, tables, settings.transform) for name in names]
    cause = np.column_stack([one.cause for one in read])
    is_evaluable, is_complete = endpoint.notna().to_numpy(), (cause == "").all(axis=1)
    used = is_evaluable & is_complete
    missing = {
        name: dict(sorted(Counter(filter(None, column[is_evaluable])).items()))
        for name, column in zip(names, cause.T, strict=True)
    }
    left_out = {
        ENDPOINT_CAUSE: int((~is_evaluable).sum()),
        MARKER_CAUSE: int((is_evaluable & ~is_complete).sum()),
    }
    lacking = {
        name: int((~is_complete & (endpoint.to_numpy() == value)).sum())
        for name, value in (("events", 1), ("non_events", 0))
    }
    if not used.any():
        sentence = f"No evaluable patient has a value of {' and '.join(names)}; no model was fitted"
        said = left_out_of_model(left_out, missing, lacking)
        raise Refused(Reason.ALL_MISSING, f"{sentence}. {said}")
    patients = endpoint.index.to_numpy()[used]
    for name in names:
        require_one_method(name, tables.rows_of(name)["method"].to_numpy()[used], patients)
    return Design(
        patients=patients,
        X=np.stack([one.bounds[used] for one in read], axis=1),
        y=endpoint.to_numpy()[used].astype(int),
        event=event,
        rule=RULES.get(settings.endpoint, ""),
        markers=tuple(names),
        missing=missing,
        censored={
            name: int(one.is_censored[used].sum()) for name, one in zip(names, read, strict=True)
        },
        left_out=left_out,
        lacking=lacking,
    )


def _require_distinct(names: list[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        sentence = (
            f"{' and '.join(repeated)} is named more than once among the markers of the model, "
            "which then counts it twice; name each once. No model was fitted."
        )
        raise Refused(Reason.REPEATED_MARKER, sentence)


def _name(feature: str, specimen: str, tables: CohortTables) -> str:
    own = feature.split("@")
    return marker_of(own[0], own[1], "".join(own[2:]) or specimen, tables)


@dataclass(frozen=True)
class _Bounds:
    bounds: np.ndarray
    is_censored: np.ndarray
    cause: np.ndarray


def _bounds(name: str, tables: CohortTables, transform: str) -> _Bounds:
    """Return what is known of each patient's value, shape (patients, 2), as the folds take it."""
    marker = read_marker(tables.rows_of(name), "none")
    value, side, cause = marker.value, marker.side, marker.cause
    if transform == "log2":
        if is_difference(name.partition("@")[0]):
            sentence = f"{name} is a difference that may be negative, so no model was fitted."
            raise Refused(Reason.NEGATIVE_VALUES, sentence)
        if (value < 0).any():
            sentence = f"{name} holds negative values and has no logarithm, so no model was fitted."
            raise Refused(Reason.NEGATIVE_VALUES, sentence)
        # on a log scale a zero lies below its limit, or below every positive number
        is_zero = (value == 0) & (side == OBSERVED)
        value = np.where(is_zero & (marker.limit > 0), marker.limit, value)
        side = np.where(is_zero, BELOW, side)
        cause = np.where((value == 0) & (side == ABOVE), NO_LIMIT, cause)
    bounds = np.column_stack(
        [np.where(side == BELOW, -np.inf, value), np.where(side == ABOVE, np.inf, value)]
    )
    return _Bounds(bounds, side != OBSERVED, cause)


def _require_settings(settings: ModelSettings) -> None:
    if not settings.features:
        raise Refused(Reason.NO_FEATURES, "No marker was pre-specified, so no model was fitted.")
    if settings.transform not in TRANSFORMS:
        sentence = f"The transform {settings.transform!r} is unknown; it is log2 or none."
        raise Refused(Reason.UNKNOWN_TRANSFORM, sentence)
    late = [name for name in settings.features if f"{name}@".split("@")[1] not in BASELINES]
    if late:
        sentence = (
            f"{', '.join(late)}: not taken at a baseline ({' or '.join(BASELINES)}), so perhaps a "
            "consequence of the event, and never part of a prediction; no model was fitted."
        )
        raise Refused(Reason.NOT_A_BASELINE, sentence)
