"""The peaks of calibration beads: singlets by scatter, then one population a level of dye.

Nothing heavier than numpy, since it runs beside the gating jobs. Values are uncompensated: each
bead carries one dye, in the channel that it calibrates.
"""

from dataclasses import dataclass

import numpy as np

from correlates.flow.gating.medians import Centre, centre_of

_STEP = 0.01
_BANDWIDTH = 0.05
_REACH = 5
# A window of scatter never reaches the doublets, which have twice the area.
_WIDEST = 0.35
_SMALLEST_SHARE = 0.02
_MIN_DEPTH = 4.0
_DEEP = 0.5
_FEWEST = 200
_LEAST_COFACTOR = 50.0
_OFF_SCALE = 0.99
OFF_SCALE = "off_scale"


@dataclass(frozen=True)
class Peak:
    """One level of dye on one channel.

    Parameters
    ----------
    centre
        Linear median with its interval and robust deviation.
    n
        Beads in it.
    share
        Of the single beads.
    flags
        ``off_scale`` where its median lies in the last percent of the detector.
    """

    centre: Centre
    n: int
    share: float
    flags: tuple[str, ...] = ()


def single_beads(scatter: dict[str, np.ndarray]) -> np.ndarray:
    """Return which events are single beads, bool, (n,).

    Parameters
    ----------
    scatter
        Linear values by name, such as ``FSC-A``, ``FSC-H`` and ``SSC-A``; all of one length, one
        channel at least.

    Returns
    -------
    Events within five robust deviations of the commonest value of each channel, and of the
    commonest ratio of area to height; beads are alike, so what is not is debris or a doublet.
    """
    columns = {name: values for name, values in scatter.items() if name.endswith("A")} or scatter
    areas = [np.asarray(values, float) for values in columns.values()]
    if {"FSC-A", "FSC-H"} <= scatter.keys():
        height = np.maximum(np.asarray(scatter["FSC-H"], float), 1.0)
        areas.append(np.asarray(scatter["FSC-A"], float) / height)
    kept = np.ones(len(areas[0]), dtype=bool)
    for values in areas:
        kept &= _around_mode(values, kept)
    return kept


def find_peaks(values: np.ndarray, top: float | None) -> list[Peak]:
    """Find the levels of dye on one channel, dimmest first.

    Parameters
    ----------
    values
        Linear values of single beads, (n,).
    top
        Detector range; None where the file states none.

    Returns
    -------
    The maxima of the density on an asinh scale that stand four standard errors, and twice their
    height, above the valleys beside them, and hold 2 % of the beads; none of fewer than 200 beads.
    """
    values = values[np.isfinite(values)]
    if len(values) < _FEWEST:
        return []
    cofactor = cofactor_of(values)
    scaled = np.arcsinh(values / cofactor)
    grid, density = density_of(scaled)
    bounds = [-np.inf, *(grid[valley] for valley in _valleys(density)), np.inf]
    peaks = []
    for low, high in zip(bounds[:-1], bounds[1:], strict=True):
        inside = values[(scaled >= low) & (scaled < high)]
        if len(inside) >= _SMALLEST_SHARE * len(values):
            centre = centre_of(inside)
            is_off = bool(top) and centre.median >= _OFF_SCALE * top
            flags = (OFF_SCALE,) if is_off else ()
            peaks.append(Peak(centre, len(inside), len(inside) / len(values), flags))
    return peaks


def cofactor_of(values: np.ndarray) -> float:
    """Return below what intensity the scale is drawn linear: thrice what blank beads scatter."""
    negative = values[values < 0]
    if len(negative) < _SMALLEST_SHARE * len(values):
        return _LEAST_COFACTOR
    return max(_LEAST_COFACTOR, 3 * float(-np.median(negative)))


def density_of(scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a grid on the asinh scale, and the expected events a step of it (Gaussian kernel)."""
    low, high = float(scaled.min()) - 0.5, float(scaled.max()) + 0.5
    grid = np.arange(low, high + _STEP, _STEP)
    places = np.rint((scaled - low) / _STEP).astype(np.intp)
    counts = np.bincount(places, minlength=len(grid)).astype(float)[: len(grid)]
    offsets = np.arange(-4 * _BANDWIDTH, 4 * _BANDWIDTH + _STEP / 2, _STEP) / _BANDWIDTH
    kernel = np.exp(-0.5 * offsets**2)
    return grid, np.convolve(counts, kernel / kernel.sum(), mode="same")


def _valleys(density: np.ndarray) -> list[int]:
    """Return the lowest places between the maxima that are real."""
    root = np.sqrt(density)
    # The standard error of a smoothed count's root, in events a step.
    error = 0.5 / np.sqrt(2 * np.sqrt(np.pi) * _BANDWIDTH / _STEP)
    rises = np.diff(np.concatenate([[0.0], density, [0.0]]))
    tops = list(np.flatnonzero((rises[:-1] > 0) & (rises[1:] <= 0)))
    while len(tops) > 1:
        pairs = list(zip(tops[:-1], tops[1:], strict=True))
        depths = [min(root[a], root[b]) - root[a:b].min() for a, b in pairs]
        shares = [density[a:b].min() / min(density[a], density[b]) for a, b in pairs]
        shallow = [
            depth if depth < _MIN_DEPTH * error or share > _DEEP else np.inf
            for depth, share in zip(depths, shares, strict=True)
        ]
        worst = int(np.argmin(shallow))
        if np.isinf(shallow[worst]):
            break
        a, b = pairs[worst]
        tops.remove(a if density[a] < density[b] else b)
    return [a + int(np.argmin(density[a:b])) for a, b in zip(tops[:-1], tops[1:], strict=True)]


def _around_mode(values: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return what lies around the commonest of the values that are kept so far."""
    inside = values[kept & np.isfinite(values) & (values > 0)]
    if len(inside) < _FEWEST:
        return kept
    logs = np.log(inside)
    counts, edges = np.histogram(logs, bins=400)
    smooth = np.convolve(counts, np.ones(9), mode="same")
    mode = float(np.exp(edges[int(np.argmax(smooth))] + (edges[1] - edges[0]) / 2))
    near = inside[np.abs(inside / mode - 1) < _WIDEST]
    centre = centre_of(near)
    reach = min(_REACH * (centre.rsd or 0.0), _WIDEST * centre.median)
    return np.abs(values - centre.median) <= max(reach, 1e-3 * centre.median)
