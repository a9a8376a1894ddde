"""Where to cut one channel: the valley of its density between two populations.

Everything here works on values of the channel's own display scale (logicle, or linear for scatter,
where 0 to 1 is the whole detector) and never fails on data: where there is no valley, or too few
events to see one, the cut comes from a stated rule and says so.
"""

from dataclasses import dataclass

import numpy as np

GRID = np.linspace(-0.3, 1.1, 1401)
STEP = float(GRID[1] - GRID[0])
BANDWIDTHS = (0.05, 0.036, 0.026, 0.018, 0.013)

NO_VALLEY = "fallback_no_valley"
FEW_EVENTS = "fallback_few_events"
NO_EVENTS = "fallback_no_events"
NO_SPREAD = "fallback_no_spread"
OUTSIDE_PRIOR = "valley_outside_prior"


@dataclass(frozen=True)
class Cut:
    """A threshold on the display scale, and the flag of the rule that made it, if not a valley."""

    value: float
    flag: str | None = None


def kernel_density(values: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the expected events per grid step, smoothed with a Gaussian kernel.

    Parameters
    ----------
    values
        Values on the display scale, any number; those beyond the grid count at its ends, since an
        event off the scale still belongs to the population on that side.
    bandwidth
        Standard deviation of the kernel on the same scale.

    Returns
    -------
    Events per step at each point of ``GRID``, by convolution of the binned events.
    """
    return _smooth(_binned(values), bandwidth)


def find_valley(
    values: np.ndarray,
    low: float,
    high: float,
    *,
    adjust: float = 1.0,
    min_events: int = 50,
    min_depth: float = 3.0,
) -> Cut:
    """Cut at the deepest valley between two populations inside the prior range.

    The density is smoothed from coarse to fine until a valley shows inside the range that is deeper
    than chance: both peaks beside it stand ``min_depth`` standard errors above it on the scale of
    square roots, where the error of a count is one half. The valley is then followed to the finest
    smoothing that still shows it, since coarse smoothing pushes it towards the smaller population.

    Parameters
    ----------
    values
        Values on the display scale.
    low, high
        The prior range on that scale; the cut never leaves it.
    adjust
        Factor on all bandwidths; above 1 looks for coarser valleys.
    min_events
        Below this number of events no valley is looked for.
    min_depth
        How many standard errors a valley must be deep.

    Returns
    -------
    The cut. ``fallback_no_valley``: the end of the dominating peak, clipped to the range.
    ``fallback_few_events``: the same of what there is, drawn to the middle of the range in
    proportion to what is lacking. ``fallback_no_events``: the middle of the range.
    ``valley_outside_prior``: the density still falls at the end of the range, where the cut is.
    """
    middle = (low + high) / 2
    if len(values) == 0:
        return Cut(middle, NO_EVENTS)
    if len(values) < min_events:
        weight = len(values) / min_events
        tail = end_of_peak(values, low, high)
        return Cut(weight * tail + (1 - weight) * middle, FEW_EVENTS)
    counts = _binned(values)
    found: Cut | None = None
    for bandwidth in BANDWIDTHS:
        width = bandwidth * adjust
        root = np.sqrt(_smooth(counts, width))
        # the standard error of a smoothed count's root, in events per step
        error = 0.5 / np.sqrt(2 * np.sqrt(np.pi) * width / STEP)
        near = None if found is None else (found.value, 1.5 * width)
        valley = _deepest(root, error, low, high, min_depth, near)
        if valley is None and found is not None:
            break
        found = valley or found
    return found or Cut(end_of_peak(values, low, high), NO_VALLEY)


def end_of_peak(values: np.ndarray, low: float, high: float) -> float:
    """Return where the dominating peak gives way to something else, clipped to the prior range.

    The peak's flank is continued as a parabola of the logarithm of its density (a normal peak is
    one). The cut is where that is half of what is there, so that as many events are lost as are
    let in; or where the flank expects no event any more. This finds a shoulder that has no valley.
    """
    width = BANDWIDTHS[-1]
    density = kernel_density(values, width)
    events_per_kernel = 2 * np.sqrt(np.pi) * width / STEP
    mode = int(np.argmax(density))
    step = 1 if GRID[mode] < (low + high) / 2 else -1
    flank = density[mode:] if step == 1 else density[mode::-1]
    below_half = _first(flank < 0.5 * flank[0])
    below_all = _first(flank < max(0.01 * flank[0], 1 / events_per_kernel))
    places = np.arange(below_half, max(below_all, below_half + 3))
    if places[-1] >= len(flank):
        return float(np.clip(GRID[mode], low, high))
    rows = np.log(np.maximum(flank[places], 1e-6))
    bent, slope, level = np.polyfit(places * STEP, rows, 2, w=np.sqrt(flank[places]))
    if bent >= 0:
        return tail_of_peak(values, low, high, side=step)
    distance = np.arange(len(flank)) * STEP
    expected = np.exp(np.minimum(bent * distance**2 + slope * distance + level, 50.0))
    is_over = (flank >= 2 * expected + 2 / events_per_kernel) | (
        expected * events_per_kernel < 0.05
    )
    is_over[: places[-1]] = False
    return float(np.clip(GRID[mode] + step * _first(is_over) * STEP, low, high))


def tail_of_peak(
    values: np.ndarray, low: float, high: float, *, side: int, sds: float = 3.0
) -> float:
    """Return the point ``sds`` deviations from the dominating peak, clipped to the prior range.

    ``side`` is 1 for the right tail, -1 for the left. The deviation comes from the peak's other
    side, where nothing leans on it: the distance that holds 68 % of the events beyond the mode.
    """
    density = kernel_density(values, BANDWIDTHS[1])
    mode = float(GRID[int(np.argmax(density))])
    outer = np.abs(values[(values - mode) * side <= 0] - mode)
    spread = float(np.quantile(outer, 0.683)) if len(outer) else 0.0
    return float(np.clip(mode + side * sds * spread, low, high))


def _first(condition: np.ndarray) -> int:
    """Return the first place where a condition holds, the length if nowhere."""
    places = np.flatnonzero(condition)
    return int(places[0]) if len(places) else len(condition)


def _binned(values: np.ndarray) -> np.ndarray:
    places = np.rint((np.clip(values, GRID[0], GRID[-1]) - GRID[0]) / STEP).astype(np.intp)
    return np.bincount(places, minlength=len(GRID)).astype(float)


def _smooth(counts: np.ndarray, bandwidth: float) -> np.ndarray:
    reach = min(int(np.ceil(4 * bandwidth / STEP)), len(GRID) // 2)
    offsets = np.arange(-reach, reach + 1) * STEP / bandwidth
    kernel = np.exp(-0.5 * offsets**2)
    return np.convolve(counts, kernel / kernel.sum(), mode="same")


def _deepest(
    root: np.ndarray,
    error: float,
    low: float,
    high: float,
    min_depth: float,
    near: tuple[float, float] | None,
) -> Cut | None:
    """Return the lowest point inside the range with a real peak on either side, if there is one.

    ``root`` is the square root of the density and ``error`` its standard error, the same
    everywhere; ``near`` (a place and a distance) keeps to the valley of a coarser smoothing.
    """
    left = np.maximum.accumulate(root)
    right = np.maximum.accumulate(root[::-1])[::-1]
    depth = np.minimum(left, right) - root
    inside = (low <= GRID) & (high >= GRID) & (depth >= min_depth * error)
    if near is not None:
        inside &= np.abs(GRID - near[0]) <= near[1]
    places = np.flatnonzero(inside)
    if len(places) == 0:
        return None
    best = int(places[np.argmin(root[places])])
    flat = np.flatnonzero((root <= root[best] + error) & inside)
    place = float(GRID[flat[_run_around(flat, best)]].mean())
    is_at_end = min(place - low, high - place) <= 2 * STEP
    beyond = np.array([best - 20, best + 20]).clip(0, len(GRID) - 1)
    falls_on = bool((root[beyond] < root[best]).any())
    return Cut(place, OUTSIDE_PRIOR if is_at_end and falls_on else None)


def _run_around(places: np.ndarray, centre: int) -> np.ndarray:
    """Return the indices of the unbroken run of ``places`` that holds ``centre``."""
    run_ids = np.cumsum(np.diff(places, prepend=places[0]) > 1)
    return np.flatnonzero(run_ids == run_ids[np.searchsorted(places, centre)])
