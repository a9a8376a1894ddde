"""The cofactor of an asinh scale, from the channel's own events.

Where a channel has several density peaks, the cofactor makes their variances as equal as one
number can: the least of Bartlett's statistic over the peaks, as flowVS chooses it (BMC
Bioinformatics 2016;17:291). flowVS pools all samples of a study; here each file stands by itself,
so that its result does not change when others arrive, and the spread of a peak is the half distance
of its 16th and 84th percentile, which a few events between two peaks do not move.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from correlates.flow.gating import transforms
from correlates.flow.gating.gates import Transform
from correlates.flow.templates.density import GRID, STEP, kernel_density

BARTLETT = "bartlett"
AT_END = "bartlett_at_end"
NOISE = "noise_of_negatives"
USUAL = "usual"

# Of a detector of 262,144; another range has them in proportion.
_RANGE = 262144.0
_TRIED = np.logspace(0.5, 4.0, 71)
# What asinh scales of fluorescence are usually given by hand.
_USUAL = 150.0
# With one peak: where a population whose deviation is a fifth of its brightness would be as wide as
# the noise around zero.
_NOISES = 5.0
_NEGATIVE_SHARE = 0.01
_BANDWIDTH = 0.018
_MIN_DEPTH = 5.0
_MIN_EVENTS = 100
_MIN_SHARE = 0.01
_MOST_EVENTS = 20_000
_SATURATED = 0.99
_QUANTILES = (0.16, 0.5, 0.84)


@dataclass(frozen=True)
class Peak:
    """One peak of a channel's density: its events, and linear 16th, 50th and 84th percentile."""

    n_events: int
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Cofactor:
    """A cofactor and why it is that.

    Parameters
    ----------
    value
        The cofactor, a linear intensity, to three digits.
    rule
        ``bartlett``: the least of the criterion; ``bartlett_at_end``: it lies at the end of what
        was tried; ``noise_of_negatives``: fewer than two peaks, five deviations of the noise below
        zero; ``usual``: nothing below zero either.
    peaks
        The peaks.
    tried, criterion
        Cofactors, and Bartlett's statistic of each; empty with fewer than two peaks.
    """

    value: float
    rule: str
    peaks: tuple[Peak, ...] = ()
    tried: tuple[float, ...] = ()
    criterion: tuple[float, ...] = ()


def find_cofactor(values: np.ndarray, scale: Transform, top: float) -> Cofactor:
    """Choose the cofactor of a channel.

    Parameters
    ----------
    values
        Finite linear compensated values.
    scale
        Any scale that shows the channel's peaks apart, 0 to 1 over the detector.
    top
        Detector range.

    Returns
    -------
    The cofactor; the same for the same values, and never an error.
    """
    values = values[:: -(-len(values) // _MOST_EVENTS) or 1]
    values = values[values < _SATURATED * top]
    tried = _TRIED * (top / _RANGE)
    peaks = find_peaks(values, scale)
    if len(peaks) < 2:
        return _of_noise(values, peaks, tried, top)
    spreads = np.array([_spreads(peak, tried) for peak in peaks])
    criterion = bartlett([peak.n_events for peak in peaks], spreads**2)
    best = int(np.argmin(criterion))
    rule = AT_END if best in (0, len(tried) - 1) else BARTLETT
    place = _between_points(np.log10(tried), criterion, best)
    return Cofactor(
        _rounded(10**place), rule, peaks, tuple(tried.tolist()), tuple(criterion.tolist())
    )


def bartlett(counts: Sequence[int], variances: np.ndarray) -> np.ndarray:
    """Return Bartlett's statistic of equal variances.

    Parameters
    ----------
    counts
        Size of each of k samples, 2 or more.
    variances
        Their variances, (k,) or (k, n) for n statistics at once, above 0.

    Returns
    -------
    The statistic, a number or (n,). Source: Bartlett, Proc R Soc Lond A 1937;160:268.
    """
    variances = np.asarray(variances, dtype=float)
    freedom = np.asarray(counts, dtype=float) - 1
    total, k = freedom.sum(), len(freedom)
    pooled = np.tensordot(freedom, variances, axes=1) / total
    ratio = total * np.log(pooled) - np.tensordot(freedom, np.log(variances), axes=1)
    return ratio / (1 + ((1 / freedom).sum() - 1 / total) / (3 * (k - 1)))


def find_peaks(values: np.ndarray, scale: Transform) -> tuple[Peak, ...]:
    """Return the peaks of a channel's density that are real, lowest first.

    A peak is real if the valleys beside it are deeper than chance (on the scale of square roots,
    where the error of a count is one half), and if it holds a hundred events and 1 % of all. A peak
    without spread, such as of values that were cut off, is none.
    """
    if len(values) < 2 * _MIN_EVENTS:
        return ()
    scaled = np.interp(values, transforms.inverse(scale, GRID), GRID)
    root = np.sqrt(kernel_density(scaled, _BANDWIDTH))
    error = 0.5 / np.sqrt(2 * np.sqrt(np.pi) * _BANDWIDTH / STEP)
    edges = [-np.inf, *GRID[_valleys(root, _MIN_DEPTH * error)], np.inf]
    found = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        own = values[(scaled >= low) & (scaled < high)]
        if len(own) >= max(_MIN_EVENTS, _MIN_SHARE * len(values)):
            ends = [float(value) for value in np.quantile(own, _QUANTILES)]
            found += [Peak(len(own), *ends)] if ends[0] < ends[2] else []
    return tuple(found)


def _valleys(root: np.ndarray, depth: float) -> list[int]:
    """Return the places between which every peak rises ``depth`` above the valleys beside it."""
    padded = np.concatenate([[0.0], root, [0.0]])
    changes = np.flatnonzero(np.diff(padded) != 0)
    turns = changes[1:][np.diff(np.sign(np.diff(padded)[changes])) != 0]
    # Valley, peak, valley, ...: outside of the axis there is nothing.
    places = [0, *turns, len(padded) - 1]
    heights = [float(padded[place]) for place in places]
    while len(places) > 3:
        steps = np.abs(np.diff(heights))
        least = int(np.argmin(steps))
        if steps[least] >= depth:
            break
        # The shallowest peak and a valley beside it go; the ends stay.
        least = min(max(least, 1), len(places) - 3)
        del places[least : least + 2], heights[least : least + 2]
    return [place - 1 for place in places[2:-2:2]]


def _spreads(peak: Peak, cofactors: np.ndarray) -> np.ndarray:
    return (np.arcsinh(peak.high / cofactors) - np.arcsinh(peak.low / cofactors)) / 2


def _between_points(places: np.ndarray, heights: np.ndarray, best: int) -> float:
    """Return where a parabola through the least point and its neighbours is least."""
    if best in (0, len(places) - 1):
        return float(places[best])
    left, middle, right = heights[best - 1 : best + 2]
    bend = left - 2 * middle + right
    shift = 0.0 if bend <= 0 else 0.5 * (left - right) / bend
    return float(places[best] + np.clip(shift, -0.5, 0.5) * (places[1] - places[0]))


def _of_noise(values, peaks, tried: np.ndarray, top: float) -> Cofactor:
    """Return the cofactor of a channel whose peaks cannot be compared."""
    below = -values[values < 0]
    if len(below) <= _NEGATIVE_SHARE * len(values):
        return Cofactor(_rounded(_USUAL * top / _RANGE), USUAL, peaks)
    # Below zero there is noise alone: of a normal distribution around zero 68.3 % are within one
    # deviation, on that side as on both.
    noise = float(np.quantile(below, 0.683))
    return Cofactor(_rounded(np.clip(_NOISES * noise, tried[0], tried[-1])), NOISE, peaks)


def _rounded(value: float) -> float:
    return float(f"{float(value):.3g}")
