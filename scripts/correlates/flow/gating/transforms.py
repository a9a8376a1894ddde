"""Scales of a dimension: GatingML 2.0's and FlowJo's, there and back.

Events are transformed only where a gate cannot be decided otherwise: ``preimage`` carries a
threshold to the linear scale, with a margin inside which the transform itself has the last word.
"""

from functools import lru_cache

import numpy as np
from flowutils import transforms as scales

from correlates.flow.gating.biex import CHANNELS, biex_table
from correlates.flow.gating.gates import Transform

# Share of the scale's length around a threshold inside which rounding could decide. The transforms
# are exact to about 1e-15 of it.
_MARGIN = 1e-9


class UnknownTransform(ValueError):
    """A transform of a kind that nobody here can compute."""


def apply(transform: Transform | None, values: np.ndarray) -> np.ndarray:
    """Return linear values on a scale.

    Parameters
    ----------
    transform
        The scale; None is the linear scale as read.
    values
        Linear values, (n,), float64. Not changed.

    Returns
    -------
    Scaled values, (n,), float64: 0 to 1 over GatingML's scales, 0 to 4,096 over ``biex``. The
    logarithm of a negative value is not a number and lies in no range.

    Raises
    ------
    UnknownTransform
        If the kind is not one of those that ``gates.Transform`` names.
    """
    values = np.asarray(values, dtype=np.float64)
    if transform is None:
        return values
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        scaled = _forward(transform)(values, **transform.parameters)
    if transform.bound_min is not None or transform.bound_max is not None:
        scaled = np.clip(scaled, transform.bound_min, transform.bound_max)
    return scaled


def inverse(transform: Transform | None, scaled: np.ndarray) -> np.ndarray:
    """Return scaled values on the linear scale; beyond a scale that saturates, its end.

    Parameters and errors are those of ``apply``.
    """
    scaled = np.asarray(scaled, dtype=np.float64)
    if transform is None:
        return scaled
    with np.errstate(over="ignore"):
        return _backward(transform)(scaled, **transform.parameters)


def is_monotone(transform: Transform | None) -> bool:
    """Return whether a scale rises everywhere, so that thresholds can move to linear values."""
    if transform is None or transform.kind not in ("linear", "asinh"):
        return True
    given = transform.parameters
    if transform.kind == "linear":
        return given["t"] + given["a"] > 0
    return given["t"] > 0 and given["m"] > 0 and given["m"] + given["a"] > 0


def span(transform: Transform | None) -> tuple[float, float]:
    """Return the lowest and highest value that a scale can give."""
    if transform is None:
        return -np.inf, np.inf
    low, high = {"biex": (0.0, float(CHANNELS)), "flowjo_log": (0.0, np.inf)}.get(
        transform.kind, (-np.inf, np.inf)
    )
    if transform.bound_min is not None:
        low = max(low, transform.bound_min)
    if transform.bound_max is not None:
        high = min(high, transform.bound_max)
    return low, high


def preimage(transform: Transform | None, threshold: float) -> tuple[float, float]:
    """Carry a threshold of a rising scale to linear values.

    Parameters
    ----------
    transform
        A scale for which ``is_monotone`` holds.
    threshold
        A value on it.

    Returns
    -------
    ``(low, high)``: linear values below ``low`` are surely below the threshold, those from ``high``
    on surely not; those between must be transformed to know. The linear scale needs no margin, so
    there both are the threshold.
    """
    if transform is None:
        return threshold, threshold
    return _preimage(
        transform.kind,
        tuple(transform.parameters.items()),
        (transform.bound_min, transform.bound_max),
        threshold,
    )


@lru_cache(maxsize=4096)
def _preimage(kind: str, parameters: tuple, bounds: tuple, threshold: float) -> tuple:
    transform = Transform(kind, dict(parameters), *bounds)
    bottom, top = span(transform)
    if threshold <= bottom:
        return -np.inf, -np.inf
    if threshold > top:
        return np.inf, np.inf
    margin = _MARGIN * (CHANNELS if kind == "biex" else 1.0 + abs(threshold))
    low, high = inverse(transform, np.array([threshold - margin, threshold + margin]))
    return (
        float(low) if threshold - margin > bottom else -np.inf,
        float(high) if threshold + margin <= top else np.inf,
    )


def _linear(x, t, a):
    return (x + a) / (t + a)


def _linear_inverse(y, t, a):
    return y * (t + a) - a


def _flowjo_log(x, offset, decades):
    floored = np.where(x < offset, offset, x)
    return 1.0 / decades * (np.log10(floored) - np.log10(offset))


def _flowjo_log_inverse(y, offset, decades):
    return np.maximum(offset * 10 ** (y * decades), offset)


def _biex(x, negative, width, positive, max_value):
    return np.interp(x, *biex_table(negative, width, positive, max_value))


def _biex_inverse(y, negative, width, positive, max_value):
    linear, scaled = biex_table(negative, width, positive, max_value)
    return np.interp(y, scaled, linear)


def _of_flowutils(function):
    def applied(x, **parameters):
        return function(x, None, **parameters)

    return applied


_FORWARD = {
    "linear": _linear,
    "log": _of_flowutils(scales.log),
    "asinh": _of_flowutils(scales.asinh),
    "logicle": _of_flowutils(scales.logicle),
    "hyperlog": _of_flowutils(scales.hyperlog),
    "biex": _biex,
    "flowjo_log": _flowjo_log,
}
_BACKWARD = {
    "linear": _linear_inverse,
    "log": _of_flowutils(scales.log_inverse),
    "asinh": _of_flowutils(scales.asinh_inverse),
    "logicle": _of_flowutils(scales.logicle_inverse),
    "hyperlog": _of_flowutils(scales.hyperlog_inverse),
    "biex": _biex_inverse,
    "flowjo_log": _flowjo_log_inverse,
}


def _forward(transform: Transform):
    return _known(_FORWARD, transform)


def _backward(transform: Transform):
    return _known(_BACKWARD, transform)


def _known(functions: dict, transform: Transform):
    if transform.kind not in functions:
        msg = f"Unknown transform {transform.kind!r}; known: {', '.join(sorted(functions))}."
        raise UnknownTransform(msg)
    return functions[transform.kind]
