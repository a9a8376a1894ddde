"""Where an unsteady stretch begins: to the event for a rate, at the foot of a ramp for a drift."""

import numpy as np

_RAMP_MARGIN = 6.0
_HALF = 0.5
_HALF_WINDOW = 2


def sharp_edge(
    seconds: np.ndarray,
    starts: np.ndarray,
    block: int,
    log_before: float,
    log_after: float,
    reach: int,
) -> int:
    """Return the event at which the rate changes, the likeliest of two Poisson streams.

    Parameters
    ----------
    seconds
        Times of all events, ascending.
    starts
        First event of each block.
    block
        Block with which the later stretch begins; their number where none does.
    log_before, log_after
        Logarithm of the rate before and after.
    reach
        Events to either side of the block's first within which the change is looked for.
    """
    count = len(seconds)
    if block == 0 or block == len(starts):
        return 0 if block == 0 else count
    middle = int(starts[block])
    low, high = max(0, middle - reach), min(count, middle + reach)
    times = seconds[low:high] - seconds[low]
    # ln of the likelihood of a change at event k, without what does not depend on k
    gain = np.arange(len(times)) * (log_before - log_after)
    gain -= times * (np.exp(log_before) - np.exp(log_after))
    return low + int(gain.argmax())


def onset(course: np.ndarray, first: int, end: int) -> int:
    """Return the block at which a series begins to leave its usual level for an unsteady run.

    Parameters
    ----------
    course
        Along the direction in which the run strays, in noise, usual level 0, (blocks,).
    first, end
        The run, as far as known.

    Returns
    -------
    The corner of the best of all steps and of all ramps that are 0 before it, by least squares; a
    ramp must be better than a step by more than chance, since it has a parameter more to its end.
    """
    smooth = _running_median(course)
    is_half = smooth[first:end] >= _HALF * float(np.quantile(smooth[first:end], 0.9))
    top = first + int(np.argmax(is_half)) + 1
    low = max(0, first - max(2 * (top - first), 20))
    part = smooth[low : max(top, min(end, first + 10))]
    places = np.arange(len(part), dtype=float)
    rises = [places >= start for start in range(len(part) - 1)]
    ramps = [np.maximum(places - start, 0.0) for start in range(len(part) - 1)]
    steps = np.array([_misfit(part, rise.astype(float)) for rise in rises])
    slopes = np.array([_misfit(part, ramp) for ramp in ramps])
    spread = max(1.0, float(np.median(np.abs(np.diff(part)))) / 0.9539) ** 2
    if slopes.min() < steps.min() - _RAMP_MARGIN * spread:
        return low + int(slopes.argmin()) + 1
    return low + int(steps.argmin())


def _misfit(part: np.ndarray, shape: np.ndarray) -> float:
    """Return the sum of squares that the best multiple of a shape, 0 or more, leaves."""
    size = float(shape @ shape)
    if size == 0:
        return float(part @ part)
    return float(part @ part) - max(0.0, float(part @ shape)) ** 2 / size


def _running_median(course: np.ndarray) -> np.ndarray:
    padded = np.pad(course, _HALF_WINDOW, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HALF_WINDOW + 1)
    return np.median(windows, axis=1)
