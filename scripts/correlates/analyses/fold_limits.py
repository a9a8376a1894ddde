"""The common floor and ceiling of each marker of a model, learned from training patients alone.

A fixed stand-in for a value below its limit (half of it, say) tells a model how high the limit was,
and limits follow the white count. So here too everything below the highest limit is tied there, in
each fold by the limits of its training patients; a held-out patient's limits are never used.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


@dataclass(frozen=True)
class FoldLimits:
    """What training patients say of each marker; arrays of shape (..., markers).

    Parameters
    ----------
    floor, ceiling
        The highest limit of a value below its limit, the lowest one of a value above it; infinite
        where there is none.
    lowest, highest
        Where a held-out value beyond its limit stands if there is no floor or ceiling: the smallest
        value in training (positive on a log scale) and the largest.
    """

    floor: np.ndarray
    ceiling: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray

    @classmethod
    def learn(cls, bounds: np.ndarray, is_log: bool) -> "FoldLimits":
        """Learn them.

        Parameters
        ----------
        bounds
            Shape (..., patients, markers, 2): both the value where it was observed; -inf and the
            limit where below it (a limit of 0 on a log scale: below every positive number); the
            limit and inf where above it.
        is_log
            Whether zeros have no place on the scale.
        """
        low, high = bounds[..., 0], bounds[..., 1]
        is_below, is_above = np.isneginf(low), np.isposinf(high)
        known = np.where(is_below, high, low)
        if is_log:
            positive = np.where(known > 0, known, np.inf).min(axis=-2)
            smallest = np.where(np.isinf(positive), 1.0, positive)
            high = np.where(is_below & (high == 0), smallest[..., None, :], high)
        else:
            smallest = np.where(is_below | is_above, np.inf, known).min(axis=-2)
        return cls(
            floor=np.where(is_below, high, -np.inf).max(axis=-2),
            ceiling=np.where(is_above, low, np.inf).min(axis=-2),
            lowest=smallest,
            highest=np.where(is_below | is_above, -np.inf, known).max(axis=-2),
        )

    def apply(self, bounds: np.ndarray) -> np.ndarray:
        """Return values, shape (..., patients, markers), tied beyond floor and ceiling."""
        floor, ceiling = self.floor[..., None, :], self.ceiling[..., None, :]
        bottom = np.where(np.isfinite(floor), floor, self.lowest[..., None, :])
        top = np.where(np.isfinite(ceiling), ceiling, self.highest[..., None, :])
        low, high = bounds[..., 0], bounds[..., 1]
        value = np.where(np.isneginf(low), bottom, np.where(np.isposinf(high), top, low))
        return np.minimum(np.maximum(value, floor), ceiling)


class AtCommonLimits(TransformerMixin, BaseEstimator):
    """Bounds of values to values, tied beyond the limits of the training patients.

    Parameters
    ----------
    is_log
        Whether to take log2, and to hold a zero as below every positive number.
    """

    def __init__(self, is_log: bool = True):
        self.is_log = is_log

    def fit(self, X, y=None):
        """Learn the limits of each marker from bounds, shape (patients, markers, 2)."""
        self.limits_ = FoldLimits.learn(np.asarray(X, dtype=float), self.is_log)
        self.n_features_in_ = np.shape(X)[1]
        return self

    def transform(self, X):
        """Return values, shape (patients, markers), as log2 where so set."""
        values = self.limits_.apply(np.asarray(X, dtype=float))
        return np.log2(values) if self.is_log else values


def observed(X: np.ndarray) -> np.ndarray:
    """Return the bounds of values that were all observed, shape (..., markers, 2)."""
    X = np.asarray(X, dtype=float)
    return np.stack([X, X], axis=-1)
