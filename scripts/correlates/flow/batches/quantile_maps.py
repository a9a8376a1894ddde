"""Monotone maps of intensity from one batch to another, from the quantiles of their controls.

Gates that a sample's own density sets do not move against its events under such a map, so that it
changes no count; it changes intensities, and the median of the mapped events is the mapped median.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class QuantileMap:
    """A map of linear intensities, drawn on an asinh scale.

    Parameters
    ----------
    source, goal
        The same quantiles of both controls on the asinh scale, ascending; those of the source
        differ from each other.
    cofactor
        Intensity at which the scale turns from linear to logarithmic.
    """

    source: np.ndarray
    goal: np.ndarray
    cofactor: float

    def __call__(self, intensities: ArrayLike) -> np.ndarray:
        """Map linear intensities; beyond the outermost quantiles the shift there is kept."""
        values = np.arcsinh(np.asarray(intensities, dtype=float) / self.cofactor)
        inside = np.interp(values, self.source, self.goal)
        # np.interp holds the ends, so that what lies beyond them is added to them.
        beyond = values - np.clip(values, self.source[0], self.source[-1])
        return np.sinh(inside + beyond) * self.cofactor


def quantile_map(source: ArrayLike, goal: ArrayLike, cofactor: float) -> QuantileMap:
    """Make the map that takes one control's quantiles to another's.

    Parameters
    ----------
    source, goal
        Linear intensities at the same probabilities, ascending.
    cofactor
        See `QuantileMap`.

    Returns
    -------
    A map that never inverts an order: straight between the quantiles on the asinh scale, a
    constant shift on that scale beyond them. Quantiles of the source that are equal, as in a
    channel that is cut off, become one, at the mean of the goal's.

    Raises
    ------
    ValueError
        If quantiles are not ascending, are not numbers, or are not as many.
    """
    ends = [np.asarray(one, dtype=float) for one in (source, goal)]
    if ends[0].shape != ends[1].shape or not len(ends[0]):
        msg = f"{len(ends[0])} quantiles of one control, {len(ends[1])} of the other"
        raise ValueError(msg)
    if any(np.isnan(one).any() or (np.diff(one) < 0).any() for one in ends):
        msg = "the quantiles of a control are not ascending numbers"
        raise ValueError(msg)
    scaled = [np.arcsinh(one / cofactor) for one in ends]
    places, first = np.unique(scaled[0], return_index=True)
    goals = np.add.reduceat(scaled[1], first) / np.diff([*first, len(scaled[1])])
    return QuantileMap(places, goals, cofactor)
