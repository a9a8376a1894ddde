"""The spread of each group, and whether it is so unequal that the exact test may err.

The test is exact where patients are exchangeable. Of two normal groups with one center and 3
against 20 patients it rejects at 5 % in 14 % of cohorts if the values of the three spread twice as
much as those of the others, and in 18 % if three times; with 10 against 14 in 7 % and 9 %.
"""

from collections.abc import Mapping

import numpy as np

from correlates.analyses.censoring import quantile_of, quantile_words
from correlates.analyses.common_limits import ABOVE, BELOW
from correlates.analyses.comparison import Groups
from correlates.analyses.wording import unit_words

QUARTILES = [
    f"{quartile}_{group}{part}"
    for group in ("events", "non_events")
    for quartile in ("q1", "q3")
    for part in ("", "_sign")
]
COLUMNS = [*QUARTILES, "iqr_events", "iqr_non_events", "spread_ratio"]
# a rarer group below this share of the other, spread more than this many times as much, is told of
UNEQUAL_SIZES, UNEQUAL_SPREAD = 0.5, 2.0
# the quartiles of so few values tell next to nothing of a spread
_TOO_FEW = 5


def spread_of(groups: Groups) -> dict:
    """Describe the spread of both groups.

    Returns
    -------
    The columns COLUMNS: quartiles of each group as measured, with ``<=`` or ``>=`` where only a
    bound is known; the interquartile range of what is tested, on the scale of the contrast and tied
    at the common limits; and that of the rarer group over that of the other. NaN where a group is
    empty, or both do not spread.
    """
    tested = _within_limits(groups.value, groups.side)
    described, ranges = {}, {}
    for name, members in (("events", groups.is_event), ("non_events", ~groups.is_event)):
        measured, side = groups.measured[members], groups.side[members]
        for quartile, share in (("q1", 0.25), ("q3", 0.75)):
            value, sign = quantile_of(measured, side, share)
            described |= {f"{quartile}_{name}": value, f"{quartile}_{name}_sign": sign}
        ranges[name] = _interquartile(tested[members])
        described[f"iqr_{name}"] = ranges[name]
    rarer = "events" if groups.n_events <= groups.n_non_events else "non_events"
    other = "non_events" if rarer == "events" else "events"
    return described | {"spread_ratio": _ratio(ranges[rarer], ranges[other])}


def spread_sentence(row: Mapping) -> str:
    """Return the spread of each group, with a caution where sizes and spreads are unequal."""
    unit = unit_words(row["unit"])
    ranges = [
        f"{quantile_words(row, f'q1_{group}')} to {quantile_words(row, f'q3_{group}')} {unit}"
        for group in ("events", "non_events")
    ]
    with_event, without = (said.rstrip() for said in ranges)
    sentence = f"Quartiles: {with_event} with the event, {without} without."
    sizes = int(row["n_events"]), int(row["n_non_events"])
    is_rarer_wider = row["spread_ratio"] > UNEQUAL_SPREAD
    if min(sizes) >= UNEQUAL_SIZES * max(sizes):
        return sentence
    if not is_rarer_wider:
        few = f"Spread cannot be judged from {min(sizes)} values."
        return f"{sentence} {few}" if min(sizes) <= _TOO_FEW else sentence
    return (
        f"{sentence} Caution: the {min(sizes)} of the rarer group spread more than twice as much "
        f"as the {max(sizes)} others (interquartile range), and such a test rejects more often "
        "than its p says."
    )


def _within_limits(value: np.ndarray, side: np.ndarray) -> np.ndarray:
    low = value[side == BELOW].max() if (side == BELOW).any() else -np.inf
    high = value[side == ABOVE].min() if (side == ABOVE).any() else np.inf
    return np.minimum(np.maximum(value, low), high)


def _interquartile(value: np.ndarray) -> float:
    return float(np.diff(np.quantile(value, [0.25, 0.75]))[0]) if value.size else np.nan


def _ratio(rarer: float, other: float) -> float:
    if np.isnan(rarer) or np.isnan(other) or (rarer == 0 and other == 0):
        return np.nan
    return np.inf if other == 0 else rarer / other
