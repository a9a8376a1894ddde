"""The ridge pipeline: scikit-learn's, and the same arithmetic for thousands of permutations.

A permutation test that refits the whole pipeline 2,000 times in each held-out fold is about
100,000 fits. Through scikit-learn that is 6 ms a fit, ten minutes, nearly all of it overhead on
tables of 20 rows. So the permutations are fitted many at once with NumPy: the same common limits,
scaling and penalised likelihood, solved by Newton's method. scikit-learn is the reference: every
estimate and prediction that is reported comes from its pipeline, and the observed predictions of
both must agree to 1e-6, or the analysis stops.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from correlates.analyses.fold_limits import AtCommonLimits, FoldLimits

_NEWTON_STEPS = 50
_HALVINGS = 12
_GRADIENT = 1e-9


def ridge_pipeline(transform: str, C: float) -> Pipeline:
    """Return the pipeline: common limits, logarithm, scaling, fixed-penalty ridge.

    It takes bounds of values, shape (patients, markers, 2), as ``FoldLimits.learn`` does.

    Parameters
    ----------
    transform
        ``log2`` or ``none``.
    C
        Inverse penalty of scikit-learn's LogisticRegression (L2, intercept not penalised). Fixed
        beforehand; nothing is tuned.
    """
    return Pipeline(
        [
            ("limits", AtCommonLimits(is_log=transform == "log2")),
            ("scale", StandardScaler()),
            ("ridge", LogisticRegression(C=C, solver="newton-cholesky", tol=1e-10, max_iter=200)),
        ]
    )


def permuted_logits(X, orders, train, test, y, transform: str, C: float) -> np.ndarray:
    """Fit the pipeline once for each permutation of the rows of X and score the held-out patients.

    Parameters
    ----------
    X
        Shape (patients, markers, 2): bounds of the values.
    orders
        Shape (permutations, patients): row ``orders[b, i]`` of X stands for patient i.
    train, test
        Indices of the patients that train and of those held out.
    y
        Shape (patients,): 0 or 1, not permuted.
    transform, C
        As in ``ridge_pipeline``.

    Returns
    -------
    Shape (permutations, held out): the linear predictor of the ridge.
    """
    bounds, is_log = X[orders[:, train]], transform == "log2"
    limits = FoldLimits.learn(bounds, is_log)
    training, held_out = limits.apply(bounds), limits.apply(X[orders[:, test]])
    if is_log:
        training, held_out = np.log2(training), np.log2(held_out)
    mean = training.mean(axis=1, keepdims=True)
    variance = training.var(axis=1, keepdims=True)
    # as scikit-learn tells a constant column from one of tiny variance
    eps, rows = np.finfo(float).eps, training.shape[1]
    is_constant = variance <= rows * eps * variance + (rows * mean * eps) ** 2
    spread = np.sqrt(np.where(is_constant, 1.0, variance))
    weights = _newton((training - mean) / spread, y[train].astype(float), C)
    return (_with_intercept((held_out - mean) / spread) @ weights[:, :, None])[:, :, 0]


def _newton(Z, y, C: float) -> np.ndarray:
    """Minimise ``C * logistic loss + |w|^2 / 2`` for a stack of designs; the intercept is first.

    Z has shape (stack, rows, features), the result (stack, features + 1).
    """
    Z = _with_intercept(Z)
    penalty = np.ones(Z.shape[2])
    penalty[0] = 0.0
    weights = np.zeros((Z.shape[0], Z.shape[2]))
    loss = _loss(Z, y, weights, penalty, C)
    for _ in range(_NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-(Z @ weights[:, :, None])[:, :, 0]))
        gradient = C * ((chance - y)[:, None, :] @ Z)[:, 0, :] + penalty * weights
        if np.abs(gradient).max() < _GRADIENT:
            return weights
        curvature = C * (Z * (chance * (1 - chance))[:, :, None]).transpose(0, 2, 1) @ Z
        step = np.linalg.solve(curvature + np.diag(penalty), gradient[:, :, None])[:, :, 0]
        weights, loss = _descend(Z, y, weights, step, loss, penalty, C)
    msg = f"the ridge did not converge in {_NEWTON_STEPS} steps"
    raise ArithmeticError(msg)


def _descend(Z, y, weights, step, loss, penalty, C: float):
    """Take the Newton step, halved wherever it would not lower the loss."""
    size = np.ones(len(weights))
    for _ in range(_HALVINGS):
        candidate = weights - size[:, None] * step
        lower = _loss(Z, y, candidate, penalty, C)
        is_worse = lower > loss * (1 + 1e-12)
        if not is_worse.any():
            break
        size = np.where(is_worse, size / 2, size)
    return candidate, lower


def _loss(Z, y, weights, penalty, C: float) -> np.ndarray:
    logit = (Z @ weights[:, :, None])[:, :, 0]
    return C * (np.logaddexp(0, logit) - y * logit).sum(axis=1) + (weights**2 @ penalty) / 2


def _with_intercept(Z) -> np.ndarray:
    return np.concatenate([np.ones((*Z.shape[:2], 1)), Z], axis=2)
