"""Where the label of a gate stands: by its gate, off other labels, on as few events as can be."""

import numpy as np

SIDE = 196  # pixels of the square that holds the events
_STEP = 13
_MARGIN = 3

Box = tuple[float, float, float, float]


def place_label(
    points: np.ndarray, size: tuple[float, float], counts: np.ndarray | None, taken: list[Box]
) -> tuple[float, float]:
    """Choose the place of a label.

    Parameters
    ----------
    points
        Outline of the gate, in places (0 to 1 along each axis), shape (n, axes).
    size
        Width and height of the label, in pixels.
    counts
        Events per pixel of the plot's picture, rows from the top; None in a histogram.
    taken
        Left, top, right and bottom of the labels that stand already, in pixels.

    Returns
    -------
    The label's middle and top, in pixels.
    """
    width, height = size
    seen = np.clip(points, 0, 1)
    left, right = seen[:, 0].min() * SIDE, seen[:, 0].max() * SIDE
    middle = (left + right) / 2
    x = float(min(max(middle, width / 2 + _MARGIN), SIDE - width / 2 - _MARGIN))
    lowest = SIDE - height - _MARGIN
    wanted = [min(max(y, 1.0), lowest) for y in _beside(points, seen, height)]
    steps = [sign * k * _STEP for k in range(1, SIDE // _STEP) for sign in (1, -1)]
    others = [wanted[0] + step for step in steps if 1.0 <= wanted[0] + step <= lowest]
    for candidates in (wanted, others):
        boxes = [(x - width / 2, y, x + width / 2, y + height) for y in candidates]
        free = [box for box in boxes if not any(_overlap(box, other) for other in taken)]
        if free:
            # min keeps the first of equals, which is the one that is liked best
            return x, float(min(free, key=lambda box: _events_in(box, counts))[1])
    return x, float(wanted[0])


def _beside(points: np.ndarray, seen: np.ndarray, height: float) -> list[float]:
    """Return tops of a label that belong to a gate, the best liked first."""
    if points.shape[1] == 1:
        return [_MARGIN]
    top, bottom = (1 - seen[:, 1].max()) * SIDE, (1 - seen[:, 1].min()) * SIDE
    is_box = len(points) == 4 and len(np.unique(points)) <= 4
    if is_box and bottom - top >= 2.2 * height:
        return [top + _MARGIN, bottom - height - _MARGIN]
    # a slanting or small gate would be crossed by its own label: above it, below it, or inside
    outside = [y for y in (top - height - 2, bottom + 2) if 2 <= y <= SIDE - height - 2]
    return outside or [top + 8]


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _events_in(box: Box, counts: np.ndarray | None) -> int:
    if counts is None:
        return 0
    pixels = len(counts) / SIDE
    left, top, right, bottom = (round(edge * pixels) for edge in box)
    return int(counts[top:bottom, max(left, 0) : right].sum())
