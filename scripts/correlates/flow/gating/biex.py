"""FlowJo's biexponential scale, which is a table of 4,097 points and straight lines between them.

Source: the biexponential of the open cytolib (Cytometry A 2018;93:1189), which FlowKit
follows too. Workspaces are gated on the table, so it is rebuilt step by step rather than in closed
form: the order of operations decides on which side of a gate an integer event falls.
"""

from functools import lru_cache

import numpy as np

CHANNELS = 4096


@lru_cache(maxsize=256)
def biex_table(
    negative: float, width: float, positive: float, max_value: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the table of one biexponential scale.

    Parameters
    ----------
    negative
        Extra negative decades; below 0 counts as 0.
    width
        FlowJo's width basis, a negative number: -10 is narrow, -1000 wide.
    positive
        Decades of the scale.
    max_value
        Linear value at the top.

    Returns
    -------
    Linear values, ascending, and the scaled values 0 to 4,096 that belong to them, (4097,) each.
    """
    half_width = np.log10(-width) / 2
    extra = max(negative, 0) + half_width
    decades = positive - half_width
    zero = int(min(int(extra * CHANNELS / (extra + decades)), CHANNELS / 2))
    if zero > 0:
        decades = extra * CHANNELS / zero
    basis = 2 * half_width / (2 * decades)
    rise = np.log(10.0) * decades
    fall = _falling_rate(rise, basis)

    scaled = np.arange(CHANNELS + 1)
    linear = np.exp(scaled / float(CHANNELS + 1) * rise)
    mirror = np.exp(scaled / float(CHANNELS + 1) * -fall)
    mirror *= np.exp((rise + fall) * (basis + extra / decades))
    at_zero = linear[zero] - mirror[zero]
    upper = linear[zero:] - mirror[zero:]
    linear[zero:] = max_value / np.exp(rise) * (upper - at_zero)
    linear[:zero] = -linear[2 * zero - np.arange(zero)]
    order = np.argsort(linear, kind="stable")
    return linear[order], scaled[order].astype(float)


def _falling_rate(rise: float, width: float) -> float:
    """Solve 2 ln(d / rise) + width (d + rise) = 0 for d by Newton steps kept inside a bracket."""
    if width == 0:
        return rise
    low, high = 0, rise
    rate = (low + high) / 2
    step = last_step = abs(int(low - high))
    constant = -2 * np.log(rise) + width * rise
    value = 2.0 * np.log(rate) + width * rise + constant
    slope = 2 / rate + width
    for _ in range(100):
        outside = ((rate - high) * slope - value) - ((rate - low) * slope - value) > 0
        if outside or abs(2 * value) > abs(last_step * slope):
            step = (high - low) / 2
            moved = low + step
            stuck = moved == low
        else:
            step = value / slope
            moved = rate - step
            stuck = moved == rate
        rate = moved
        if stuck or abs(step) < 1e-12:
            break
        last_step = step
        value = 2 * np.log(rate) + width * rate + constant
        slope = 2 / rate + width
        if value < 0:
            low = rate
        else:
            high = rate
    return rate
