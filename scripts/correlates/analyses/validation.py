"""Patient-level cross-validation, and again in every permutation."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.model_selection import RepeatedStratifiedKFold
from threadpoolctl import threadpool_limits

from correlates.analyses.auc import concordance, in_order
from correlates.analyses.ridge import permuted_logits, ridge_pipeline

_CHUNK = 500
_AGREEMENT = 1e-6


@dataclass(frozen=True)
class Fold:
    """Indices of the patients that train and of those held out, in one repeat."""

    repeat: int
    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class CrossValidation:
    """What cross-validation gave; arrays of shape (repeats, patients).

    Parameters
    ----------
    probability
        Of the event, for each patient while held out.
    auc
        Share of pairs held out together that are in the right order (ties count half).
    pairs
        Pairs compared, over all repeats.
    placement
        The same share for each patient: among the pairs that hold it, shape (patients,).
    brier
        Mean squared error of the probability.
    brier_null
        The same of the training patients' share of events, which knows no marker.
    """

    probability: np.ndarray
    auc: float
    pairs: int
    placement: np.ndarray
    brier: float
    brier_null: float


def plan_folds(y: np.ndarray, repeats: int, max_folds: int, seed: int) -> list[Fold]:
    """Split patients into repeated stratified folds, as many as leave both classes in each.

    Parameters
    ----------
    y
        Shape (patients,), 0 or 1; each class at least 2.
    repeats
        Times that the whole split is drawn again.
    max_folds
        Most folds a repeat.
    seed
        Of the split.
    """
    folds = folds_for(y, max_folds)
    splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    splits = splitter.split(np.zeros((y.size, 1)), y)
    return [Fold(number // folds, train, test) for number, (train, test) in enumerate(splits)]


def folds_for(y: np.ndarray, max_folds: int) -> int:
    """Return the number of folds that leaves both classes in each."""
    return int(min(max_folds, np.bincount(y, minlength=2).min()))


def cross_validate(X, y, folds: list[Fold], transform: str, C: float) -> CrossValidation:
    """Fit scikit-learn's pipeline in every fold and score the patients held out.

    Pairs are compared only within a fold: pooling folds compares scores of different models, which
    biases the AUC below 0.5 where there is no signal.
    """
    repeats = 1 + max(fold.repeat for fold in folds)
    logit = np.full((repeats, y.size), np.nan)
    share = np.full((repeats, y.size), np.nan)
    with threadpool_limits(limits=1):
        for fold in folds:
            model = ridge_pipeline(transform, C).fit(X[fold.train], y[fold.train])
            logit[fold.repeat, fold.test] = model.decision_function(X[fold.test])
            share[fold.repeat, fold.test] = y[fold.train].mean()
    right, pairs = np.zeros(y.size), np.zeros(y.size, int)
    for fold in folds:
        right_here, pairs_here = in_order(logit[None, fold.repeat, fold.test], y[fold.test])
        right[fold.test] += right_here[0]
        pairs[fold.test] += pairs_here
    probability = expit(logit)
    return CrossValidation(
        probability=probability,
        auc=float(right[y == 1].sum() / pairs[y == 1].sum()),
        pairs=int(pairs[y == 1].sum()),
        placement=right / pairs,
        brier=float(((probability - y) ** 2).mean()),
        brier_null=float(((share - y) ** 2).mean()),
    )


def require_same_auc(observed: float, aucs: np.ndarray) -> None:
    """Check that the permutations start from the AUC that is reported.

    Raises
    ------
    ArithmeticError
        If the first AUC, of the permutations' own arithmetic, is not scikit-learn's.
    """
    if abs(observed - aucs[0]) > _AGREEMENT:
        msg = f"the permutations' ridge has an AUC of {aucs[0]:.6f}, scikit-learn's {observed:.6f}"
        raise ArithmeticError(msg)


def permutation_aucs(X, y, folds, transform: str, C: float, permutations: int, seed: int):
    """Return the cross-validated AUC as observed, then with the patients' markers permuted.

    The rows of X are shuffled against (endpoint, folds), which is the same as shuffling the
    endpoint and drawing its stratified folds again; the whole pipeline is fitted anew each time.

    Returns
    -------
    Shape (permutations + 1,): the observed AUC first.

    Raises
    ------
    ArithmeticError
        If the observed predictions differ from scikit-learn's by more than 1e-6.
    """
    rng = np.random.default_rng(seed)
    shuffled = [rng.permutation(y.size) for _ in range(permutations)]
    orders = np.array([np.arange(y.size), *shuffled])
    aucs = []
    with threadpool_limits(limits=1):
        _check_against_sklearn(X, y, folds[0], transform, C)
        for start in range(0, len(orders), _CHUNK):
            right, pairs = 0.0, 0
            for fold in folds:
                chunk = orders[start : start + _CHUNK]
                logits = permuted_logits(X, chunk, fold.train, fold.test, y, transform, C)
                right_here, pairs_here = concordance(logits, y[fold.test])
                right, pairs = right + right_here, pairs + pairs_here
            aucs.append(right / pairs)
    return np.concatenate(aucs)


def _check_against_sklearn(X, y, fold: Fold, transform: str, C: float) -> None:
    orders = np.arange(y.size)[None, :]
    ours = permuted_logits(X, orders, fold.train, fold.test, y, transform, C)[0]
    model = ridge_pipeline(transform, C).fit(X[fold.train], y[fold.train])
    difference = float(np.abs(ours - model.decision_function(X[fold.test])).max())
    if difference > _AGREEMENT:
        msg = f"the permutations' ridge differs from scikit-learn's by {difference:.2g}"
        raise ArithmeticError(msg)
