"""Axes of the gating figure: which scale, which part of it, and where the ticks stand.

Three kinds of number meet here: *linear* values (a detector, after compensation), *scaled*
values (after the gate's transform) and *places* (0 at the low end of the axis, 1 at the high end).
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from correlates.flow.gating.gates import Dimension, Transform
from correlates.flow.gating.transforms import apply, inverse

# Channels that people read on a linear axis: scatter, time, and what Coulter files call them.
_LINEAR_CHANNEL = re.compile(
    r"^(FSC|SSC|FS|SS|TIME|EVENT|WIDTH|LENGTH)\b|^(FSC|SSC|TIME|EVENT)", re.I
)
DEFAULT_RANGE = 262144.0
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_POWERS = range(7, -3, -1)
_DECADES = np.array([[digit * 10.0**power for digit in range(1, 10)] for power in _POWERS])
_SAMPLE = 5000
_NEAREST_TICKS = 0.125
_NARROWEST_STEP = 0.025  # from 1 to 2


@dataclass(frozen=True)
class Axis:
    """One axis of a plot.

    Parameters
    ----------
    dimension
        The gate's dimension that it shows.
    transform
        The scale on which it is drawn; None is the linear scale as read.
    is_linear
        Whether the axis is drawn linear.
    gate_is_linear
        Whether gates of this dimension are written in linear values.
    low, high
        Scaled values at the ends of the axis.
    label
        What is written on it.
    """

    dimension: Dimension
    transform: Transform | None
    is_linear: bool
    gate_is_linear: bool
    low: float
    high: float
    label: str

    def to_json(self) -> dict:
        """Return how linear values are placed, as plain JSON values; ``place_on`` reads it."""
        return {
            "transform": None if self.transform is None else asdict(self.transform),
            "low": self.low,
            "high": self.high,
        }

    def place(self, linear) -> np.ndarray:
        """Return the places of linear values; off the axis is below 0 or above 1."""
        linear = np.asarray(linear, float)
        scaled = apply(self.transform, linear.reshape(-1)).reshape(linear.shape)
        return (scaled - self.low) / (self.high - self.low)

    def place_of_gate(self, value) -> np.ndarray:
        """Return the places of values as the gate gives them."""
        if self.gate_is_linear:
            return self.place(value)
        return (np.asarray(value, float) - self.low) / (self.high - self.low)

    def bins(self, linear: np.ndarray, count: int) -> np.ndarray:
        """Return which of ``count`` bins holds each event; off-axis events are in the end bins.

        Only the edges are transformed, not the events, which is what makes a figure cheap.
        """
        if self.is_linear:
            share = self.place(linear) * count
            return np.clip(np.nan_to_num(share), 0, count - 1).astype(np.intp)
        edges = inverse(self.transform, np.linspace(self.low, self.high, count + 1)[1:-1])
        return np.searchsorted(edges.astype(linear.dtype), linear, side="right")

    def ticks(self) -> tuple[list[tuple[float, str]], list[float]]:
        """Return labelled ticks as (place, label), and the places of unlabelled ones."""
        return self._linear_ticks() if self.is_linear else self._decade_ticks()

    def _linear_ticks(self) -> tuple[list[tuple[float, str]], list[float]]:
        first, last = inverse(self.transform, np.array([self.low, self.high]))
        step = _nice_step((last - first) / 5)
        counts = range(int(np.ceil(first / step)), int(np.floor(last / step)) + 1)
        return [(float(self.place(step * i)), short_number(step * i)) for i in counts], []

    def _decade_ticks(self) -> tuple[list[tuple[float, str]], list[float]]:
        values = np.concatenate([[0.0], _DECADES.ravel(), -_DECADES.ravel()])
        scaled = apply(self.transform, values)
        # a scale that ends gives every value beyond its end one place: such a tick would lie
        is_true = np.isclose(inverse(self.transform, scaled), values, rtol=0.01, atol=1.0)
        places = np.where(is_true, (scaled - self.low) / (self.high - self.low), np.nan)
        zero, by_sign = places[0], places[1:].reshape(2, *_DECADES.shape)
        labelled = [(float(zero), "0")] if 0 <= zero <= 1 else []
        for sign, rows in zip((1, -1), by_sign, strict=True):
            for power, place in zip(_POWERS, rows[:, 0], strict=True):
                clear = all(abs(place - other) >= _NEAREST_TICKS for other, _ in labelled)
                if 0 <= place <= 1 and clear:
                    labelled.append((float(place), _power_label(sign, power)))
        # within a narrow decade the ticks would be a smear
        is_wide = np.abs(by_sign[:, :, 1:2] - by_sign[:, :, :1]) > _NARROWEST_STEP
        return sorted(labelled), by_sign[is_wide & (by_sign >= 0) & (by_sign <= 1)].tolist()


def make_axis(
    dimension: Dimension,
    transform: Transform | None,
    linear: np.ndarray,
    bounds: list[float],
    *,
    channel_range: float | None,
    label: str,
) -> Axis:
    """Choose the axis of a dimension for the events and gates that a plot shows.

    Parameters
    ----------
    dimension
        The dimension.
    transform
        The scale on which to draw; None is the linear scale as read.
    linear
        Linear values of the events that are drawn.
    bounds
        Every finite bound that gates have on this dimension, as the gates give them.
    channel_range
        The detector's range (``$PnR``), where known.
    label
        What to write on it.
    """
    top = channel_range or DEFAULT_RANGE
    gate_is_linear = dimension.transform is None
    is_linear = transform is None or transform.kind == "linear"
    scaled = np.array(bounds, float)
    if gate_is_linear:
        scaled = apply(transform, scaled)
    ends = _linear_ends if is_linear else _curved_ends
    low, high = ends(transform, _sample(linear), scaled[np.isfinite(scaled)], top)
    return Axis(dimension, transform, is_linear, gate_is_linear, low, high, label)


def place_on(axis: Mapping, linear: np.ndarray) -> np.ndarray:
    """Return the places of linear values on an axis that ``Axis.to_json`` gave."""
    transform = None if axis["transform"] is None else Transform(**axis["transform"])
    low, high = axis["low"], axis["high"]
    return (apply(transform, np.asarray(linear, float)) - low) / (high - low)


def is_linear_channel(channel: str) -> bool:
    """Tell whether people read this channel on a linear axis (scatter, time)."""
    return bool(_LINEAR_CHANNEL.match(channel))


def short_number(value: float) -> str:
    """Return a linear tick label: ``50K``, ``1.5M``, ``0``."""
    for size, unit in ((1e6, "M"), (1e3, "K")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}".replace("-", "−")
    return f"{value:g}".replace("-", "−")


def _sample(linear: np.ndarray) -> np.ndarray:
    few = linear[:: max(1, len(linear) // _SAMPLE)]
    return few[np.isfinite(few)]


def _linear_ends(
    transform: Transform | None, few: np.ndarray, bounds: np.ndarray, top: float
) -> tuple[float, float]:
    tail = np.quantile(few, [0.001, 0.999]) if len(few) else np.array([0.0, top])
    zero, first, last, ceiling = apply(transform, np.array([0.0, *tail, top]))
    low = float(min(zero, first, *bounds))
    reach = float(max(last, *bounds, low))
    # a detector that uses less than half of its range would leave most of the plot empty
    is_full = 0.5 * (ceiling - zero) < reach - zero <= 1.02 * (ceiling - zero)
    high = float(ceiling) if is_full else reach + 0.08 * (reach - low)
    return (low, high) if high > low else (low, low + 1.0)


def _curved_ends(
    transform: Transform, few: np.ndarray, bounds: np.ndarray, top: float
) -> tuple[float, float]:
    tail = np.quantile(few, [0.001, 0.9995]) if len(few) else np.array([])
    scaled = apply(transform, np.array([0.0, transform.parameters.get("max_value", top), *tail]))
    zero, ceiling = float(scaled[0]), float(scaled[1])
    inside = [*scaled[2:][np.isfinite(scaled[2:])], *bounds]
    floor = zero if np.isfinite(zero) else float(min([*inside, ceiling]))
    span = ceiling - floor
    low = min([floor - 0.1 * span, *(value - 0.03 * span for value in inside)])
    high = max([ceiling, *(value + 0.02 * span for value in inside)])
    return float(max(low, floor - 0.6 * span)), float(min(high, ceiling + 0.3 * span))


def _nice_step(rough: float) -> float:
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(power * step for step in (1, 2, 2.5, 5, 10) if power * step >= rough))


def _power_label(sign: int, power: int) -> str:
    shown = "1" if power == 0 else "10" + str(power).translate(_SUPERSCRIPT)
    return ("−" if sign < 0 else "") + shown
