"""Where the label of a gate stands: in or by its gate, off lines, events and other labels."""

from collections.abc import Sequence

import numpy as np
from flowutils.gating import points_in_polygon

SIDE = 196  # pixels of the square that holds the events
CELLS = 98  # the grid of two by two pixels on which places are compared
_CELL = SIDE / CELLS
_MARGIN = 3
# What a label covers, by cell, as far as a reader minds it: an event may show through, a line is
# crossed by the text, another label makes both unreadable.
_EVENT, _LINE, _LABEL = 2.0, 20.0, 1000.0
# Outside its own gate a label is read as another gate's, where the plot has others.
_OUTSIDE_ALONE, _OUTSIDE_AMONG = 0.2, 3.0
_BY_DISTANCE = 0.5  # of a pixel away from where labels are looked for
_OF_LATER_LAYOUTS = 25.0

Size = tuple[float, float]
Box = tuple[float, float, float, float]


class Places:
    """The room for labels in one plot.

    Parameters
    ----------
    ink
        Where events are drawn: bool, rows from the top, of any shape.
    outlines
        Points of every gate in places (0 to 1 along each axis), each of shape (n, axes).
    """

    def __init__(self, ink: np.ndarray, outlines: Sequence[np.ndarray]):
        rows, columns = (np.arange(CELLS) * size // CELLS for size in ink.shape)
        self._cost = _EVENT * ink[np.ix_(rows, columns)].astype(float)
        self._outside = _OUTSIDE_AMONG if len(outlines) > 1 else _OUTSIDE_ALONE
        for points in outlines:
            self._cost[_on_line(points)] += _LINE

    def put(self, points: np.ndarray, layouts: Sequence[Size]) -> tuple[int, float, float]:
        """Choose the layout and the place of a label; what it covers is taken from then on.

        Parameters
        ----------
        points
            Outline of its gate, one of ``outlines``.
        layouts
            Widths and heights in pixels of the ways to write it, the best liked first.

        Returns
        -------
        Number of the layout, and the label's middle and top in pixels.
        """
        cost = self._cost + self._outside * ~_inside(points)
        found = [_cheapest(cost, size, points) for size in layouts]
        # min keeps the first of equals
        chosen = min(range(len(found)), key=lambda i: found[i][0] + i * _OF_LATER_LAYOUTS)
        width, height = layouts[chosen]
        _, left, top = found[chosen]
        self._cost[_cells((left, top, left + width, top + height))] += _LABEL
        return chosen, left + width / 2, top


def _cheapest(cost: np.ndarray, size: Size, points: np.ndarray) -> tuple[float, float, float]:
    """Return the least cost of a label of a size, and its left and top."""
    width, height = size
    across, down = (min(int(np.ceil(edge / _CELL)) + 1, CELLS) for edge in size)
    sums = np.zeros((CELLS + 1, CELLS + 1))
    sums[1:, 1:] = cost.cumsum(axis=0).cumsum(axis=1)
    covered = sums[down:, across:] - sums[:-down, across:] - sums[down:, :-across]
    covered = covered + sums[:-down, :-across]
    tops, lefts = (np.arange(count) * _CELL + 1 for count in covered.shape)
    x, y = _wanted(points, height)
    far = np.hypot((lefts + width / 2 - x)[None, :], (tops - y)[:, None])
    # rounded, so that no machine's last digit decides between equals
    total = np.round(covered + _BY_DISTANCE * far, 6)
    row, column = np.unravel_index(int(np.argmin(total)), total.shape)
    return float(total[row, column]), float(lefts[column]), float(tops[row])


def _wanted(points: np.ndarray, height: float) -> tuple[float, float]:
    """Return the middle and top that a label has where nothing is in its way."""
    seen = np.clip(points, 0, 1)
    x = float(seen[:, 0].min() + seen[:, 0].max()) / 2 * SIDE
    if points.shape[1] == 1:
        return x, _MARGIN
    top = float(1 - seen[:, 1].max()) * SIDE
    return x, min(top + _MARGIN, SIDE - height - _MARGIN)


def _inside(points: np.ndarray) -> np.ndarray:
    """Return which cells lie within an outline."""
    middles = (np.arange(CELLS) + 0.5) / CELLS
    if points.shape[1] == 1:
        low, high = points[:, 0]
        return np.broadcast_to((middles >= low) & (middles <= high), (CELLS, CELLS))
    x, y = np.meshgrid(middles, 1 - middles)
    cells = np.column_stack([x.ravel(), y.ravel()])
    return np.asarray(points_in_polygon(points, cells), bool).reshape(CELLS, CELLS)


def _on_line(points: np.ndarray) -> np.ndarray:
    """Return which cells an outline goes through."""
    held = np.zeros((CELLS, CELLS), bool)
    if points.shape[1] == 1:
        columns = points[(points >= 0) & (points <= 1)]
        held[:, np.minimum(columns * CELLS, CELLS - 1).astype(int)] = True
        return held
    seen = np.clip(points, -1, 2)
    steps = np.linspace(0, 1, 4 * CELLS)[:, None, None]
    line = (seen + steps * (np.roll(seen, -1, axis=0) - seen)).reshape(-1, 2)
    line = line[((line >= 0) & (line < 1)).all(axis=1)]
    rows = ((1 - line[:, 1]) * CELLS).astype(int).clip(max=CELLS - 1)
    held[rows, (line[:, 0] * CELLS).astype(int)] = True
    return held


def _cells(box: Box) -> tuple[slice, slice]:
    left, top, right, bottom = (edge / _CELL for edge in box)
    return slice(int(top), int(np.ceil(bottom))), slice(int(left), int(np.ceil(right)))
