"""The spread of each group, and whether it is so unequal that the exact test may err.

The test is exact where patients are exchangeable. Of two normal groups with one center and 3
against 20 patients it rejects at 5 % in 14 % of cohorts if the values of the three spread twice as
much as those of the others, and in 18 % if three times; with 10 against 14 in 7 % and 9 %.
"""

from collections.abc import Mapping

import numpy as np

from correlates.analyses.common_limits import ABOVE, BELOW
from correlates.analyses.comparison import Groups
from correlates.analyses.wording import number, unit_words

COLUMNS = [
    *("q1_events", "q3_events", "q1_non_events", "q3_non_events"),
    *("iqr_events", "iqr_non_events", "spread_ratio"),
]
# a rarer group below this share of the other, spread more than this many times as much, is told of
UNEQUAL_SIZES, UNEQUAL_SPREAD = 0.5, 2.0


def spread_of(groups: Groups) -> dict:
    """Describe the spread of both groups.

    Returns
    -------
    The columns COLUMNS: quartiles of each group as measured, what lies beyond a common limit
    standing at it; the interquartile range on the scale of the contrast; and that of the rarer
    group over that of the other. NaN where a group is empty, or both do not spread.
    """
    within = _within_limits(groups.value, groups.side)
    measured = _within_limits(groups.measured, groups.side)
    described, ranges = {}, {}
    for name, members in (("events", groups.is_event), ("non_events", ~groups.is_event)):
        quartiles = _quartiles(measured[members])
        described |= {f"q1_{name}": quartiles[0], f"q3_{name}": quartiles[1]}
        ranges[name] = float(np.diff(_quartiles(within[members]))[0])
        described[f"iqr_{name}"] = ranges[name]
    rarer = "events" if groups.n_events <= groups.n_non_events else "non_events"
    other = "non_events" if rarer == "events" else "events"
    return described | {"spread_ratio": _ratio(ranges[rarer], ranges[other])}


def spread_sentence(row: Mapping) -> str:
    """Return the spread of each group, with a caution where sizes and spreads are unequal."""
    unit = unit_words(row["unit"])
    with_event, without = (
        f"{number(row[f'q1_{group}'])} to {number(row[f'q3_{group}'])} {unit}".rstrip()
        for group in ("events", "non_events")
    )
    sentence = f"Quartiles: {with_event} with the event, {without} without."
    sizes = int(row["n_events"]), int(row["n_non_events"])
    is_rarer_wider = row["spread_ratio"] > UNEQUAL_SPREAD
    if not (is_rarer_wider and min(sizes) < UNEQUAL_SIZES * max(sizes)):
        return sentence
    return (
        f"{sentence} Caution: the {min(sizes)} of the rarer group spread more than twice as much "
        f"as the {max(sizes)} others (interquartile range), and such a test rejects more often "
        "than its p says."
    )


def _within_limits(value: np.ndarray, side: np.ndarray) -> np.ndarray:
    low = value[side == BELOW].max() if (side == BELOW).any() else -np.inf
    high = value[side == ABOVE].min() if (side == ABOVE).any() else np.inf
    return np.minimum(np.maximum(value, low), high)


def _quartiles(value: np.ndarray) -> np.ndarray:
    return np.quantile(value, [0.25, 0.75]) if value.size else np.full(2, np.nan)


def _ratio(rarer: float, other: float) -> float:
    if np.isnan(rarer) or np.isnan(other) or (rarer == 0 and other == 0):
        return np.nan
    return np.inf if other == 0 else rarer / other
