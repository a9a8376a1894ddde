"""Where the level of a series changes: exact least-squares segmentation of several at once.

Source: optimal partitioning, Jackson et al., IEEE Signal Process Lett 2005;12:105; the penalty per
change grows with the logarithm of the length, as in Yao, Stat Probab Lett 1988;6:181.
"""

import numpy as np


def noise_of(series: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each series about its local level.

    Parameters
    ----------
    series
        Shape (length, series).

    Returns
    -------
    From the differences of neighbours, so that changes of level hardly count: the larger of what
    the middle and what 95 % of them say, since a tail makes a level seem to change too.
    """
    steps = np.sort(np.abs(np.diff(series, axis=0)), axis=0)
    middle = steps[len(steps) // 2] / 0.6745
    most = steps[min(len(steps) - 1, int(0.95 * len(steps)))] / 1.96
    return np.maximum(middle, most) / np.sqrt(2)


def change_points(series: np.ndarray, penalty: float) -> list[np.ndarray]:
    """Return where each series changes its level.

    Parameters
    ----------
    series
        In units of its noise, shape (length, series).
    penalty
        By how much a change must lower the sum of squares.

    Returns
    -------
    For each series the first place of every segment but the first, ascending.
    """
    length, count = series.shape
    sums = np.concatenate([np.zeros((1, count)), np.cumsum(series, axis=0)])
    squares = np.concatenate([np.zeros((1, count)), np.cumsum(series**2, axis=0)])
    best = np.empty((length + 1, count))
    best[0] = -penalty
    came_from = np.zeros((length + 1, count), dtype=int)
    sizes = np.arange(length, 0, -1, dtype=float)[:, None]
    for end in range(1, length + 1):
        within = sums[end] - sums[:end]
        cost = best[:end] - squares[:end] - within * within / sizes[length - end :]
        came_from[end] = cost.argmin(axis=0)
        best[end] = np.take_along_axis(cost, came_from[end][None], axis=0)[0]
        best[end] += squares[end] + penalty
    return [_walk_back(came_from[:, one]) for one in range(count)]


def levels_of(series: np.ndarray, changes: np.ndarray) -> np.ndarray:
    """Return the mean of the segment of each place, (length,), of one series."""
    starts = np.concatenate([[0], changes]).astype(int)
    sizes = np.diff(np.append(starts, len(series)))
    return np.repeat(np.add.reduceat(series, starts) / sizes, sizes)


def usual_level(levels: np.ndarray, reach: float) -> float:
    """Return the level that most places share.

    Parameters
    ----------
    levels
        Level of each place, (length,).
    reach
        How far levels may lie from each other and still be the same.

    Returns
    -------
    The median of the places within ``reach`` of the level that has most of them so near.
    """
    ordered = np.sort(levels)
    near = np.searchsorted(ordered, ordered + reach, "right")
    near -= np.searchsorted(ordered, ordered - reach, "left")
    centre = ordered[int(near.argmax())]
    return float(np.median(ordered[np.abs(ordered - centre) <= reach]))


def _walk_back(came_from: np.ndarray) -> np.ndarray:
    changes, place = [], len(came_from) - 1
    while place > 0:
        place = int(came_from[place])
        if place > 0:
            changes.append(place)
    return np.array(changes[::-1], dtype=int)
