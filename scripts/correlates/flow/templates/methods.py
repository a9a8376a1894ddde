"""Gating methods as arithmetic: thresholds, singlet bands and scales from one file's events.

None of these fails on data; what cannot be found comes from a stated rule and is flagged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from correlates.flow.gating.gates import Transform
from correlates.flow.quality.steadiness import Steadiness
from correlates.flow.templates.density import (
    FEW_EVENTS,
    GRID,
    NO_EVENTS,
    NO_SPREAD,
    Cut,
    find_valley,
    tail_of_peak,
)
from correlates.flow.templates.ellipse import Ellipse, find_ellipse
from correlates.flow.templates.scales import ScaleSettings, from_unit, range_or_usual, to_unit

# Flag of a threshold that a person set.
OVERRIDDEN = "overridden"
DETECTOR_RANGE = 262144.0
_WIDTHS = (0.5, 1.6)
_NEGATIVE_PERCENTILE = 5
_NEGATIVE_SHARE = 0.01
_USUAL_RATIO = 1.0
_USUAL_SPREAD = 0.06
# Of openCyto's gate_quantile.
_USUAL_QUANTILE = 0.999
QUANTILE_OUTSIDE = "quantile_outside_prior"
# Of a detector: no single cell is so dim, and a ratio to nothing is no number.
_LEAST_AREA = 1e-6


@dataclass(frozen=True)
class Settings:
    """What may be chosen about data-driven gates.

    Parameters
    ----------
    min_events
        Below this number of events no valley is looked for and no line fitted.
    keep_share
        Share of a population that a gate with ``keeps`` must hold.
    scale
        On which scale each channel's density is taken.
    max_density_events
        A density is taken of at most this many events, evenly spaced over the acquisition; more do
        not move a valley.
    fmo_percentile
        Percentile of a reference tube's parent, or of a negative population, above which an event
        is positive, unless a row's ``probs`` says otherwise.
    min_reference_events
        Fewest events that such a percentile, or a borrowed threshold, must rest on.
    steadiness
        When an acquisition counts as steady.
    overrides
        Linear thresholds that a person set in this file, by population and dimension; they go
        before what the density says.
    """

    min_events: int = 50
    keep_share: float = 0.95
    scale: ScaleSettings = field(default_factory=ScaleSettings)
    max_density_events: int = 100_000
    fmo_percentile: float = 99.5
    min_reference_events: int = 1000
    steadiness: Steadiness = Steadiness()
    overrides: Mapping[tuple[str, str], float] = field(default_factory=dict)


def valley_cut(
    values: np.ndarray,
    scale: Transform,
    prior: tuple[float, float] | None,
    arguments: dict,
    settings: Settings,
) -> Cut:
    """Cut one channel at the valley of its density.

    Parameters
    ----------
    values
        Linear values of the parent's events.
    scale
        The channel's scale.
    prior
        Linear range that the threshold keeps to; None is the whole scale.
    arguments
        ``adjust``, ``min_depth``, and ``min`` and ``max``: events outside these are not looked at.
    settings
        Settings.

    Returns
    -------
    The cut, as a share of the scale's length.
    """
    low, high = prior_on_scale(prior, scale)
    inside = (values >= arguments.get("min", -np.inf)) & (values <= arguments.get("max", np.inf))
    return find_valley(
        on_scale(values[inside], scale, settings),
        low,
        high,
        adjust=arguments.get("adjust", 1.0),
        min_events=settings.min_events,
        min_depth=arguments.get("min_depth", 3.0),
    )


def tail_cut(
    values: np.ndarray,
    scale: Transform,
    prior: tuple[float, float] | None,
    arguments: dict,
    settings: Settings,
) -> Cut:
    """Cut one channel at the tail of its dominating peak, ``sds`` of its deviations from the mode.

    Parameters are those of :func:`valley_cut`; the argument ``side`` is that of the tail.
    """
    low, high = prior_on_scale(prior, scale)
    if len(values) == 0:
        return Cut((low + high) / 2, NO_EVENTS)
    scaled = on_scale(values, scale, settings)
    sign = -1 if arguments.get("side", "right") == "left" else 1
    cut = tail_of_peak(scaled, low, high, sds=arguments.get("sds", 3.0), side=sign)
    if len(values) < settings.min_events:
        return Cut(cut, FEW_EVENTS)
    return Cut(cut, NO_SPREAD if np.ptp(scaled) == 0 else None)


def quantile_cut(
    values: np.ndarray,
    scale: Transform,
    prior: tuple[float, float] | None,
    arguments: dict,
    settings: Settings,
) -> Cut:
    """Cut one channel at a quantile of the parent's events (``probs``), kept to the prior.

    Parameters are those of :func:`valley_cut`. A quantile that fewer events than one lie beyond, or
    that rests on fewer than ``min_events``, is flagged ``fallback_few_events``; one that the prior
    does not allow ``quantile_outside_prior``.
    """
    low, high = prior_on_scale(prior, scale)
    inside = (values >= arguments.get("min", -np.inf)) & (values <= arguments.get("max", np.inf))
    values = values[inside]
    if len(values) == 0:
        return Cut((low + high) / 2, NO_EVENTS)
    share = arguments.get("probs", _USUAL_QUANTILE)
    place = float(to_unit(scale, [np.quantile(values, share)])[0])
    cut = float(np.clip(place, low, high))
    if len(values) < max(settings.min_events, 1 / min(share, 1 - share)):
        return Cut(cut, FEW_EVENTS)
    if np.ptp(values) == 0:
        return Cut(cut, NO_SPREAD)
    return Cut(cut, QUANTILE_OUTSIDE if prior is not None and cut != place else None)


def fitted_ellipse(
    columns: list[np.ndarray], scales: list[Transform], arguments: dict, settings: Settings
) -> Ellipse:
    """Draw an ellipse around one population of two dimensions.

    Parameters
    ----------
    columns
        Linear values of the parent's events, one array a dimension.
    scales
        The dimensions' scales; scatter has one too.
    arguments
        ``gate_range``, ``target``, ``min`` and ``max`` in linear intensities, and what
        :func:`find_ellipse` takes.
    settings
        Settings.

    Returns
    -------
    The ellipse, in shares of the scales' lengths.
    """
    kept = np.logical_and.reduce([np.isfinite(column) for column in columns])
    for name, is_allowed in (("min", np.greater_equal), ("max", np.less_equal)):
        ends = arguments.get(name, ())
        for column, end in zip(columns, ends, strict=False):
            kept &= is_allowed(column, end)
    points = np.column_stack(
        [
            on_scale(column[kept], scale, settings)
            for column, scale in zip(columns, scales, strict=True)
        ]
    )
    box, target = arguments.get("gate_range"), arguments.get("target")
    if box is not None:
        ranges = box if isinstance(box[0], tuple) else (box, box)
        box = tuple(map(prior_on_scale, ranges, scales))
    if target is not None:
        places = zip(target, scales, strict=True)
        target = tuple(float(to_unit(scale, [value])[0]) for value, scale in places)
    return find_ellipse(points, box, target, arguments, settings.min_events)


def on_scale(values: np.ndarray, scale: Transform, settings: Settings) -> np.ndarray:
    """Return values on a scale, within the density's grid and thinned evenly to what it needs.

    Interpolated between the grid's own points, which is exact to far less than a step of it and
    costs a tenth of the transform. Gates are decided elsewhere, and exactly. The unit is the
    scale's length, and what lies beyond a scale that ends is at its end.
    """
    shares = np.interp(thinned(values, settings), _grid_on_linear(scale), GRID)
    return np.clip(shares, *_ends_of(scale.kind, tuple(scale.parameters.items())))


def thinned(values: np.ndarray, settings: Settings) -> np.ndarray:
    """Return at most ``max_density_events`` of the values, evenly spaced."""
    return values[:: -(-len(values) // settings.max_density_events) or 1]


def _grid_on_linear(scale: Transform) -> np.ndarray:
    return _grid_of(scale.kind, tuple(scale.parameters.items()))


@lru_cache(maxsize=256)
def _grid_of(kind: str, parameters: tuple) -> np.ndarray:
    return from_unit(Transform(kind, dict(parameters)), GRID)


@lru_cache(maxsize=256)
def _ends_of(kind: str, parameters: tuple) -> tuple[float, float]:
    """Return the least and the greatest share that a scale can give, within the grid."""
    linear = _grid_of(kind, parameters)[[0, -1]]
    low, high = np.clip(to_unit(Transform(kind, dict(parameters)), linear), GRID[0], GRID[-1])
    return float(low), float(high)


def prior_on_scale(prior: tuple[float, float] | None, scale: Transform) -> tuple[float, float]:
    """Return a linear prior range as shares of a scale, within the grid of the density."""
    if prior is None:
        return _ends_of(scale.kind, tuple(scale.parameters.items()))
    linear = np.clip(prior, *_grid_on_linear(scale)[[0, -1]])
    low, high = np.clip(to_unit(scale, linear), GRID[0], GRID[-1])
    return float(low), float(high)


def singlet_band(
    area: np.ndarray, height: np.ndarray, top: float | None, arguments: dict, settings: Settings
) -> tuple[tuple[tuple[float, float], ...], str | None]:
    """Return the polygon around the events whose height goes with their area.

    Parameters
    ----------
    area, height
        Linear values, (n,).
    top
        Detector range of the area.
    arguments
        ``prediction_level``: share of the singlets that the band holds if they are normal (0.9999);
        ``wider_gate``: half as wide again.
    settings
        Settings.

    Returns
    -------
    Four corners (area, height), and a flag. The line is fitted by repeated least squares of what
    lies within three deviations, on the relative error, from the commonest ratio: doublets have
    twice the area at little more height, and would tilt an ordinary fit.
    """
    top = range_or_usual(top)
    level = arguments.get("prediction_level", 0.9999)
    reach = NormalDist().inv_cdf(0.5 + level / 2) * (1.5 if arguments.get("wider_gate") else 1.0)
    usable = (area > _LEAST_AREA * top) & (height > 0) & (area < 0.999 * top)
    area, height = thinned(area[usable], settings), thinned(height[usable], settings)
    flag = None
    if len(area) < settings.min_events:
        ratio = float(np.median(height / area)) if len(area) else _USUAL_RATIO
        offset, slope, spread, flag = 0.0, ratio, _USUAL_SPREAD * ratio, FEW_EVENTS
    else:
        offset, slope, spread = _fit_line(area, height)
        flag = NO_SPREAD if np.ptp(area) == 0 else None
    # beyond the scale on both sides, so that only the band decides
    corners = []
    for sign, ends in ((-1, (0.0, 1.1 * top)), (1, (1.1 * top, 0.0))):
        for x in ends:
            margin = reach * spread * x + 0.002 * top
            corners.append((x, offset + slope * x + sign * margin))
    return tuple(corners), flag


def _fit_line(area: np.ndarray, height: np.ndarray) -> tuple[float, float, float]:
    """Return offset, slope and the deviation relative to the area."""
    ratio = height / area
    counts, edges = np.histogram(ratio, bins=200, range=(0.0, 3 * float(np.median(ratio)) + 1e-12))
    smooth = np.convolve(counts, np.ones(5), mode="same")
    mode = float(edges[int(np.argmax(smooth))] + edges[1] / 2) if smooth.any() else 1.0
    offset, slope, spread = 0.0, mode, 0.1 * mode
    for _ in range(8):
        error = (height - offset - slope * area) / area
        kept = np.abs(error) <= 3 * spread
        if kept.sum() < 10:
            break
        # errors relative to the area: both columns of the design divided by it
        design = np.column_stack([1 / area[kept], np.ones(kept.sum())])
        (offset, slope), *_ = np.linalg.lstsq(design, ratio[kept], rcond=None)
        error = np.abs((height[kept] - offset - slope * area[kept]) / area[kept])
        spread = max(float(np.quantile(error, 0.683)), 0.002 * abs(float(slope)), 1e-9)
    return float(offset), float(slope), spread
