"""The fixed-penalty ridge: refused where n is small, honest where it is fitted."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from correlates.analyses.auc import (
    SIMULATED,
    auc_interval,
    concordance,
    excess_of,
    in_order,
    permutation_p,
)
from correlates.analyses.fold_limits import AtCommonLimits, observed
from correlates.analyses.lanes import auc_variance
from correlates.analyses.markers import MEASUREMENT_COLUMNS, CohortTables
from correlates.analyses.model import PREDICTION_COLUMNS, run_model
from correlates.analyses.models import run_models
from correlates.analyses.ridge import permuted_logits, ridge_pipeline
from correlates.analyses.validation import (
    cross_validate,
    folds_for,
    permutation_aucs,
    plan_folds,
    require_same_auc,
)

MARKERS = ["t_cd4__abs@B1", "nk__abs@B1", "nk_cd57__abs@B1", "cll__abs@B0"]
SETTINGS = {"endpoint": "cr", "features": MARKERS[:2], "permutations": 60, "repeats": 2}


def labels(events, others):
    return np.r_[np.ones(events, int), np.zeros(others, int)]


def simulated(y, shift=0.0, markers=4, seed=0):
    """Marker values of which the first is `shift` SD higher with the event, on the log2 scale."""
    drawn = np.random.default_rng(seed).normal(size=(y.size, markers))
    drawn[:, 0] += shift * y
    return np.exp2(8 + drawn)


def cohort(y, X, status=None, limit=None, **endpoints):
    names = [f"P{number:02d}" for number in range(y.size)]
    long = pd.DataFrame(
        {
            "patient": np.repeat(names, X.shape[1]),
            "marker": MARKERS[: X.shape[1]] * y.size,
            "value": X.ravel(),
            "status": np.where(np.isnan(X.ravel()), "missing", "ok") if status is None else status,
            "limit": np.nan if limit is None else limit,
            "unit": "/uL",
        }
    )
    ends = pd.DataFrame({"cr": y} | endpoints, index=names, dtype=float)
    return CohortTables(ends, long[MEASUREMENT_COLUMNS])


def renamed(tables, names):
    return replace(tables, measurements=tables.measurements.replace({"marker": names}))


@pytest.fixture(scope="module")
def fitted():
    y = labels(10, 14)
    return run_model(cohort(y, simulated(y, shift=2.0)), SETTINGS | {"permutations": 2000})


def test_a_strong_marker_is_found(fitted):
    result, predictions = fitted

    assert result["status"] == "ok"
    assert result["auc"]["estimate"] > 0.8
    assert result["auc"]["low"] > 0.5
    assert result["permutation"]["p"] < 0.05
    assert result["brier"]["estimate"] < result["brier"]["without_markers"]
    markers = result["coefficients"]["markers"]
    assert max(markers, key=lambda name: markers[name]["log_odds_per_sd"]) == MARKERS[0]
    assert list(predictions.columns) == PREDICTION_COLUMNS
    assert len(predictions) == 24


def test_the_result_is_json(fitted):
    assert json.loads(json.dumps(fitted[0], allow_nan=False)) == fitted[0]


def test_at_ten_events_nothing_is_claimed(fitted):
    result, _ = fitted

    assert result["caution"]["code"] == "estimate_only"
    assert "claims no performance in other patients" in result["caution"]["text"]
    assert "explore" not in result["lanes"]


def test_from_fifteen_events_the_model_is_exploratory():
    y = labels(15, 15)
    result, _ = run_model(cohort(y, simulated(y)), SETTINGS | {"features": MARKERS})

    assert result["caution"]["code"] == "exploratory"
    assert "of 4 parameters" in result["caution"]["text"]


def test_equal_seeds_give_equal_results():
    y = labels(7, 12)
    tables = cohort(y, simulated(y))
    (first, one), (second, two) = run_model(tables, SETTINGS), run_model(tables, SETTINGS)

    assert first == second
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize(
    ("tables", "changed", "reason", "sentence"),
    [
        pytest.param(
            cohort(labels(5, 15), simulated(labels(5, 15))),
            {},
            "too_few_events",
            "5 of 20 patients had a complete response (CR or CRi). A model needs at least 6 "
            "patients in the rarer class; 5 permits exact tests of single pre-specified markers, "
            "and no claim about a model's performance. No model was fitted.",
            id="five events",
        ),
        pytest.param(
            cohort(labels(15, 4), simulated(labels(15, 4))),
            {},
            "too_few_events",
            "4 of 19 patients did not have a complete response (CR or CRi). A model needs at "
            "least 6 patients in the rarer class; 4 permits exact tests of single pre-specified "
            "markers, and no claim about a model's performance. No model was fitted.",
            id="four non-events",
        ),
        pytest.param(
            cohort(labels(8, 8), simulated(labels(8, 8)), orr=np.ones(16)),
            {"endpoint": "orr"},
            "one_class",
            "All 16 evaluable patients had a response (PR or better), so nothing can be compared.",
            id="everybody responded",
        ),
        pytest.param(
            cohort(labels(8, 8), simulated(labels(8, 8))),
            {"features": ["t_cd4__abs@C1D8"]},
            "not_a_baseline",
            "t_cd4__abs@C1D8: not taken at a baseline (B0 or B1), so perhaps a consequence of the "
            "event, and never part of a prediction; no model was fitted.",
            id="a marker taken after the baselines",
        ),
        pytest.param(
            cohort(labels(8, 8), simulated(labels(8, 8))),
            {"features": ["t_cd4__ab@B1"]},
            "unknown_feature",
            "The cohort holds no marker t_cd4__ab@B1. Nearest: t_cd4__abs@B1, nk_cd57__abs@B1, "
            "nk__abs@B1.",
            id="a mistyped marker",
        ),
        pytest.param(
            cohort(labels(8, 8), simulated(labels(8, 8)) * [1, np.nan, 1, 1]),
            {},
            "all_missing",
            "No evaluable patient has a value of t_cd4__abs@B1 and nk__abs@B1; no model was "
            "fitted. Left out: 16 patients lacking a marker (8 with the event and 8 without): of "
            "nk__abs@B1 16 without a measurement.",
            id="a marker nobody has",
        ),
        pytest.param(
            cohort(labels(8, 8), simulated(labels(8, 8)) * [1, -1, 1, 1]),
            {},
            "negative_values",
            "nk__abs@B1 holds negative values and has no logarithm, so no model was fitted.",
            id="a negative value has no logarithm",
        ),
        pytest.param(
            renamed(
                cohort(labels(8, 8), simulated(labels(8, 8))),
                {"nk__abs@B1": "t_cd8__net_cmv__ifng@B1"},
            ),
            {"features": ["t_cd8__net_cmv__ifng@B1"]},
            "negative_values",
            "t_cd8__net_cmv__ifng@B1 is a difference that may be negative, so no model was fitted.",
            id="a difference has no logarithm",
        ),
        pytest.param(
            cohort(labels(8, 8), simulated(labels(8, 8))),
            {"features": ["nk__abs@B1", "t_cd4__abs@B1", "nk__abs@B1"]},
            "repeated_marker",
            "nk__abs@B1 is named more than once among the markers of the model, which then counts "
            "it twice; name each once. No model was fitted.",
            id="one marker twice",
        ),
        pytest.param(
            cohort(labels(8, 8), simulated(labels(8, 8))),
            {"features": []},
            "no_features",
            "No marker was pre-specified, so no model was fitted.",
            id="no marker",
        ),
        pytest.param(
            cohort(labels(14, 14), simulated(labels(14, 14))),
            {"features": MARKERS[:3]},
            "too_many_markers",
            "The model names 3 markers, and 14 patients in the rarer class carry at most 2 (from "
            "15 on, more may be explored). No model was fitted.",
            id="three markers below the lane to explore",
        ),
        pytest.param(
            cohort(
                labels(6, 9),
                simulated(labels(6, 9)) * np.where(np.arange(15) == 2, np.nan, 1)[:, None],
            ),
            {},
            "too_few_events",
            "5 of 14 patients had a complete response (CR or CRi). A model needs at least 6 "
            "patients in the rarer class; 5 permits exact tests of single pre-specified markers, "
            "and no claim about a model's performance. No model was fitted. Left out: 1 patient "
            "lacking a marker (1 with the event): of t_cd4__abs@B1 1 without a measurement; of "
            "nk__abs@B1 1 without a measurement.",
            id="too few events have every marker",
        ),
    ],
)
def test_refusals(tables, changed, reason, sentence):
    result, predictions = run_model(tables, SETTINGS | changed)

    assert (result["status"], result["reason"]) == ("refused", reason)
    assert result["sentence"] == sentence
    assert list(predictions.columns) == PREDICTION_COLUMNS
    assert predictions.empty
    json.dumps(result, allow_nan=False)


def test_who_lacks_a_marker_is_left_out_and_counted_by_cause():
    y = np.r_[labels(8, 10), 0]
    X = simulated(y, markers=2)
    X[0], X[3, 1] = np.nan, np.nan
    status = np.where(np.isnan(X), "missing", "ok").astype(object)
    status[3, 1], status[4, 0] = "not_evaluable", "lt_lloq"
    limit = np.where(status == "lt_lloq", 64.0, np.nan)
    ends = np.r_[y[:-1], np.nan]
    result, predictions = run_model(cohort(ends, X, status.ravel(), limit.ravel()), SETTINGS)

    assert (result["n"], result["n_events"]) == (16, 6)
    assert result["left_out"] == {"endpoint_not_evaluable": 1, "marker_missing": 2}
    assert result["lacking"] == {"events": 2, "non_events": 0}
    assert result["missing"] == {
        "t_cd4__abs@B1": {"missing": 1},
        "nk__abs@B1": {"missing": 1, "not_evaluable": 1},
    }
    assert result["censored"] == {"t_cd4__abs@B1": 1, "nk__abs@B1": 0}
    assert not {"P00", "P03", "P18"} & set(predictions["patient"])
    assert result["sentence"].endswith(
        "Values beyond their limit: t_cd4__abs@B1 1 of 16; each fold ties them, and what else "
        "lies there, at the limit common to its training patients. Left out: 1 patient without an "
        "evaluable endpoint, 2 patients lacking a marker (2 with the event): of t_cd4__abs@B1 1 "
        "without a measurement; of nk__abs@B1 1 without a measurement, 1 whose value could "
        "not be evaluated."
    )


def test_a_model_takes_the_specimen_that_it_names():
    y = labels(8, 10)
    plain = cohort(y, simulated(y, markers=2))
    parts = [
        plain.measurements.assign(marker=plain.measurements["marker"] + f"@{specimen}")
        for specimen in ("fresh_wb", "marrow")
    ]
    tables = CohortTables(plain.endpoints, pd.concat(parts))
    settings = {"features": ["t_cd4__abs", "nk__abs"], "endpoints": ["cr"], "baseline": "B1"}
    settings |= {"penalty_c": 0.1, "folds": 5, "repeats": 1, "permutations": 20, "seed": 1}
    settings |= {"min_eff": 6}
    (without,), _ = run_models(tables, settings)
    (named,), _ = run_models(tables, settings | {"specimen": "marrow"})

    assert without["reason"] == "several_specimens"
    assert "fresh_wb and marrow" in without["sentence"]
    assert list(named["coefficients"]["markers"]) == ["t_cd4__abs@B1@marrow", "nk__abs@B1@marrow"]


def test_p_comes_first_and_says_what_it_is(fitted):
    result, _ = fitted

    p = result["permutation"]["p"]
    assert result["sentence"].startswith(
        f"One-sided permutation p = {p:.2g} from 2,000 permutations, not corrected across models. "
        "A ridge of 2 markers, on 24 patients with all of them, put "
    )
    assert "held-out patients with (10) and without (14) a complete response" in result["sentence"]


def test_the_interval_says_how_far_it_was_tried(fitted):
    low, high = fitted[0]["auc"]["low"], fitted[0]["auc"]["high"]
    settings, fewest, most = SIMULATED

    assert (
        f"(approximate 95 % interval {low:.2f} to {high:.2f}; in {settings} simulated settings "
        f"{fewest} to {most} % of such 95 % intervals held the true AUC)"
    ) in fitted[0]["sentence"]


BELOW_16, BELOW_64, ABOVE_512 = (-np.inf, 16), (-np.inf, 64), (512, np.inf)


@pytest.mark.parametrize(
    ("training", "held_out", "expected"),
    [
        pytest.param([8, BELOW_64, 100], [20, 200], [64, 200], id="below the floor is tied there"),
        pytest.param(
            [8, BELOW_16, BELOW_64], [BELOW_16], [64], id="the highest limit is the floor"
        ),
        pytest.param(
            [8, BELOW_16], [BELOW_64], [16], id="the limit of who is held out is not used"
        ),
        pytest.param([8, 100], [BELOW_64, 4], [8, 4], id="without a floor: the lowest value"),
        pytest.param([8, ABOVE_512], [600, ABOVE_512, 9], [512, 512, 9], id="above a ceiling"),
        pytest.param([8, 100], [ABOVE_512], [100], id="without a ceiling: the highest value"),
        pytest.param([8, (-np.inf, 0)], [(-np.inf, 0), 4], [8, 8], id="a zero ends at the lowest"),
    ],
)
def test_limits_are_learned_from_training(training, held_out, expected):
    def bounds(rows):
        pairs = [row if isinstance(row, tuple) else (row, row) for row in rows]
        return np.array(pairs, dtype=float)[:, None, :]

    fitted = AtCommonLimits().fit(bounds(training))

    assert fitted.transform(bounds(held_out))[:, 0].tolist() == pytest.approx(np.log2(expected))


def test_a_model_does_not_learn_the_limits():
    """A null marker whose limits are three times as high with the event tells nothing."""
    y = labels(10, 14)
    rng = np.random.default_rng(4)
    folds = plan_folds(y, repeats=1, max_folds=5, seed=1)
    cohorts, rejected = 150, 0
    for seed in range(cohorts):
        value = np.exp(rng.normal(np.log(60), 0.6, (24, 2)))
        limit = np.where(y == 1, 100.0, 33.0)[:, None] * np.exp(rng.normal(0, 0.3, (24, 1)))
        is_below = value < limit
        low = np.where(is_below, -np.inf, value)
        X = np.stack([low, np.where(is_below, limit, value)], axis=-1)
        aucs = permutation_aucs(X, y, folds, "log2", 0.1, permutations=39, seed=seed)
        rejected += permutation_p(aucs) <= 0.05

    assert rejected <= stats.binom.ppf(0.999, cohorts, 0.05)


@pytest.mark.parametrize("C", [0.01, 0.1, 1.0, 100.0])
@pytest.mark.parametrize("transform", ["log2", "none"])
def test_the_permutations_ridge_is_scikit_learns(transform, C):
    y = labels(9, 15)
    X = observed(simulated(y, shift=1.0))
    X[[3, 20], [1, 0], 0] = -np.inf
    X[[7, 8], 2] = (-np.inf, 0)
    X[[9, 10], 0, 1] = np.inf
    X[:, 3] = 5.0
    folds = plan_folds(y, repeats=1, max_folds=5, seed=3)
    orders = np.array([np.random.default_rng(seed).permutation(24) for seed in range(6)])

    for fold in folds:
        ours = permuted_logits(X, orders, fold.train, fold.test, y, transform, C)
        for order, logits in zip(orders, ours, strict=True):
            shuffled = X[order]
            model = ridge_pipeline(transform, C).fit(shuffled[fold.train], y[fold.train])

            assert logits == pytest.approx(
                model.decision_function(shuffled[fold.test]), abs=1e-6, rel=0
            )


def test_the_observed_auc_is_that_of_scikit_learn():
    y = labels(9, 15)
    X = observed(simulated(y, shift=1.0))
    folds = plan_folds(y, repeats=3, max_folds=5, seed=3)
    weighted = []
    for fold in folds:
        model = ridge_pipeline("log2", 0.1).fit(X[fold.train], y[fold.train])
        pairs = y[fold.test].sum() * (1 - y[fold.test]).sum()
        weighted.append(
            (pairs, roc_auc_score(y[fold.test], model.predict_proba(X[fold.test])[:, 1]))
        )
    pairs, aucs = np.array(weighted).T
    expected = (pairs * aucs).sum() / pairs.sum()

    assert cross_validate(X, y, folds, "log2", 0.1).auc == pytest.approx(expected)
    assert permutation_aucs(X, y, folds, "log2", 0.1, 5, 1)[0] == pytest.approx(expected)


def test_another_auc_than_scikit_learns_stops_the_analysis():
    require_same_auc(0.7, np.array([0.7, 0.5]))

    with pytest.raises(ArithmeticError, match="0.700000"):
        require_same_auc(0.7, np.array([0.69, 0.5]))


def test_brier_by_hand():
    y = labels(6, 6)
    validated = cross_validate(np.ones((12, 1, 2)), y, plan_folds(y, 2, 3, 1), "log2", 0.1)

    # one constant marker and equal classes: every probability is a half
    assert validated.brier == pytest.approx(0.25)
    assert validated.brier_null == pytest.approx(0.25)
    assert validated.auc == 0.5


@pytest.mark.parametrize(
    ("events", "others", "folds"), [(6, 18, 5), (4, 18, 4), (18, 3, 3)], ids=str
)
def test_every_fold_holds_both_classes(events, others, folds):
    y = labels(events, others)

    assert folds_for(y, 5) == folds
    for fold in plan_folds(y, repeats=4, max_folds=5, seed=2):
        assert set(y[fold.test]) == {0, 1}
        assert not set(fold.train) & set(fold.test)


def test_concordance_by_hand():
    right, pairs = concordance(np.array([[0.9, 0.4, 0.4, 0.1]]), np.array([1, 1, 0, 0]))

    # 0.9 beats both, 0.4 ties with one and beats the other
    assert (right.tolist(), pairs) == ([3.5], 4)


def test_pairs_in_order_of_each_patient_by_hand():
    right, pairs = in_order(np.array([[0.9, 0.4, 0.4, 0.1, 0.2]]), np.array([1, 0, 1, 0, 0]))

    # the first beats all three, the third ties with one and beats two
    assert right.tolist() == [[3, 1.5, 2.5, 2, 2]]
    assert pairs.tolist() == [3, 2, 3, 2, 2]


def test_placements_are_shares_of_the_pairs_held_out_with_each_patient():
    y = labels(7, 12)
    X = observed(simulated(y, shift=1.0))
    folds = plan_folds(y, repeats=3, max_folds=5, seed=3)
    won, held = np.zeros(19), np.zeros(19)
    for fold in folds:
        model = ridge_pipeline("log2", 0.1).fit(X[fold.train], y[fold.train])
        scores = dict(zip(fold.test, model.decision_function(X[fold.test]), strict=True))
        for event in fold.test[y[fold.test] == 1]:
            for other in fold.test[y[fold.test] == 0]:
                for patient in (event, other):
                    won[patient] += scores[event] > scores[other]
                    held[patient] += 1

    assert cross_validate(X, y, folds, "log2", 0.1).placement == pytest.approx(won / held)


@pytest.mark.parametrize("spread", [0.3, 3.0])
def test_excess_is_the_jackknifes_standard_error_over_hanley_and_mcneils(spread):
    y = labels(9, 14)
    scores = np.random.default_rng(2).normal(size=23) * np.where(y, spread, 1) + 0.8 * y
    right, pairs = in_order(scores[None], y)
    auc = roc_auc_score(y, scores)
    variance = 0.0
    for members in (np.flatnonzero(y == 1), np.flatnonzero(y == 0)):
        without = [roc_auc_score(np.delete(y, i), np.delete(scores, i)) for i in members]
        variance += (members.size - 1) * np.var(without)
    expected = (variance / auc_variance(auc, 9, 14)) ** 0.5

    assert excess_of(right[0] / pairs, y, auc) == pytest.approx(max(1, expected))
    assert (expected > 1) == (spread > 1)


@pytest.mark.parametrize("auc", [0.0, 1.0])
def test_without_a_pair_out_of_order_there_is_no_excess(auc):
    assert excess_of(np.full(12, auc), labels(6, 6), auc) == 1


@pytest.mark.parametrize(
    ("aucs", "expected"),
    [
        pytest.param([0.8, 0.5, 0.8, 0.9], 3 / 4, id="as good counts"),
        pytest.param([0.8, 0.5, 0.6, 0.7], 1 / 4, id="never zero"),
    ],
)
def test_permutation_p(aucs, expected):
    assert permutation_p(np.array(aucs)) == expected


def test_the_permutation_test_keeps_its_size():
    y = labels(8, 12)
    folds = plan_folds(y, repeats=1, max_folds=4, seed=1)
    cohorts, rejected = 250, 0
    for seed in range(cohorts):
        X = observed(simulated(y, markers=3, seed=seed))
        aucs = permutation_aucs(X, y, folds, "log2", 0.1, permutations=39, seed=seed)
        rejected += permutation_p(aucs) <= 0.05

    low, high = stats.binom.ppf([0.001, 0.999], cohorts, 0.05)
    assert low <= rejected <= high


def test_permuted_aucs_are_centred_on_a_half():
    y = labels(8, 16)
    folds = plan_folds(y, repeats=2, max_folds=5, seed=1)
    aucs = permutation_aucs(
        observed(simulated(y)), y, folds, "log2", 0.1, permutations=2000, seed=4
    )

    assert aucs[1:].mean() == pytest.approx(0.5, abs=4 * aucs[1:].std() / np.sqrt(2000))


@pytest.mark.parametrize("auc", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_an_interval_is_inside_0_and_1_and_has_a_mirror_image(auc):
    low, high = auc_interval(auc, 12, 12)
    mirrored = auc_interval(1 - auc, 12, 12)

    assert 0 <= low <= auc <= high <= 1
    assert high - low > 0.1
    # exponential scores are not quite even-handed
    assert (low, high) == pytest.approx((1 - mirrored[1], 1 - mirrored[0]), abs=0.02)


def test_the_ends_of_an_interval_are_just_not_rejected():
    low, high = auc_interval(0.7, 9, 15, widening=1.3)

    for end in (low, high):
        assert abs(0.7 - end) == pytest.approx(1.3 * 1.959964 * auc_variance(end, 9, 15) ** 0.5)


def test_the_upper_end_is_at_least_that_of_the_apparent_auc():
    low, high = auc_interval(0.6, 9, 15, widening=1.3)

    assert auc_interval(0.6, 9, 15, 1.3, apparent=0.6) == (low, high)
    assert auc_interval(0.6, 9, 15, 1.3, apparent=0.9) == (low, auc_interval(0.9, 9, 15)[1])


def test_the_apparent_auc_is_that_of_scikit_learns_fit_to_all_patients():
    y = labels(8, 12)
    X = simulated(y, shift=1.0, markers=2)
    auc = run_model(cohort(y, X), SETTINGS)[0]["auc"]
    scores = ridge_pipeline("log2", 0.1).fit(observed(X), y).decision_function(observed(X))

    assert auc["apparent"] == pytest.approx(roc_auc_score(y, scores))
    expected = auc_interval(auc["estimate"], 8, 12, auc["widening"], auc["apparent"])
    assert (auc["low"], auc["high"]) == pytest.approx(expected)


def test_an_interval_widens_where_the_events_spread_more():
    y = labels(7, 28)
    X = simulated(y, markers=2)
    wide = np.where(y[:, None] == 1, 256 * (X / 256) ** 5, X)
    widenings = [run_model(cohort(y, v), SETTINGS)[0]["auc"]["widening"] for v in (X, wide)]

    assert widenings[1] > 1.15 * widenings[0]


def test_the_interval_holds_the_true_auc_where_markers_are_correlated():
    """Widened to the permuted spread alone it holds in about 77 % of these cohorts."""
    y = labels(8, 16)
    folds = plan_folds(y, repeats=2, max_folds=5, seed=1)
    share, shift = np.array([[1, 0.99], [0.99, 1]]), np.array([0.8, 0])
    rng = np.random.default_rng(5)
    cohorts, held = 80, 0
    for _ in range(cohorts):
        X = observed(rng.multivariate_normal([0, 0], share, size=24) + y[:, None] * shift)
        seen = cross_validate(X, y, folds, "none", 0.1)
        model = ridge_pipeline("none", 0.1).fit(X, y)
        right, pairs = concordance(model.decision_function(X)[None], y)
        widening = 1.28 * excess_of(seen.placement, y, seen.auc)
        low, high = auc_interval(seen.auc, 8, 16, widening, right[0] / pairs)
        weights = model.named_steps["ridge"].coef_[0] / model.named_steps["scale"].scale_
        true = stats.norm.cdf(weights @ shift / (2 * weights @ share @ weights) ** 0.5)
        held += low <= true <= high

    assert held >= stats.binom.ppf(0.001, cohorts, 0.95)


def test_the_study_may_ask_for_more_patients_than_the_rule():
    y = labels(8, 12)

    result, predictions = run_model(cohort(y, simulated(y)), SETTINGS | {"min_eff": 9})

    assert (result["status"], result["reason"]) == ("refused", "too_few_events")
    assert "at least 9 patients in the rarer class" in result["sentence"]
    assert predictions.empty


def test_what_the_design_keeps_apart_is_said_with_every_model():
    settings = {
        "endpoints": ["cr"],
        "features": ["t_cd4__abs"],
        "baseline": "B1",
        "penalty_c": 0.1,
        "folds": 5,
        "repeats": 1,
        "permutations": 99,
        "seed": 1,
        "min_eff": 6,
    }
    y = labels(4, 12)

    results, _ = run_models(cohort(y, simulated(y)), settings, design_note="One drug comes first.")

    assert results[0]["always"] == "One drug comes first. An association is not a cause."
