"""What lies beyond a limit in a contrast: how much in each group, and what is tied for it."""

from collections.abc import Mapping

import numpy as np

from correlates.analyses.common_limits import ABOVE, BELOW, OBSERVED
from correlates.analyses.comparison import Groups
from correlates.analyses.wording import number, unit_words

COLUMNS = [
    *("n_censored", "n_censored_events", "n_censored_non_events"),
    *("floor", "n_floor", "n_floor_measured", "ceiling", "n_ceiling", "n_ceiling_measured"),
    "limit_ratio",
]
# medians of the groups' limits further apart than this are told of
FAR_APART = 1.5


def censoring_of(groups: Groups) -> dict:
    """Count what is beyond a limit.

    Returns
    -------
    The columns COLUMNS: values beyond their own limit, altogether and by group; the common floor
    in the unit of measurement, how many values are tied there, how many of these were measured
    (the ceiling likewise); and the median limit of quantification of the patients with the event
    over that of the others, NaN where a group has none.
    """
    is_censored = groups.side != OBSERVED
    described = {
        "n_censored": int(is_censored.sum()),
        "n_censored_events": int((is_censored & groups.is_event).sum()),
        "n_censored_non_events": int((is_censored & ~groups.is_event).sum()),
        "limit_ratio": _limit_ratio(groups),
    }
    is_measured = groups.side == OBSERVED
    for name, side, highest in (("floor", BELOW, np.max), ("ceiling", ABOVE, np.min)):
        is_beyond = groups.side == side
        limit = float(highest(groups.measured[is_beyond])) if is_beyond.any() else np.nan
        past = groups.measured < limit if side == BELOW else groups.measured > limit
        described |= {
            name: limit,
            f"n_{name}": int((is_beyond | past).sum()),
            f"n_{name}_measured": int((is_measured & past).sum()),
        }
    return described


def censoring_sentence(row: Mapping) -> str:
    """Return how many values are tied beyond a common limit, and how the groups differ in that."""
    if not row["n_censored"]:
        return ""
    events, others = int(row["n_events"]), int(row["n_non_events"])
    with_event, without = int(row["n_censored_events"]), int(row["n_censored_non_events"])
    parts = [
        f"Beyond their limit are {with_event} of the {events} values with the event "
        f"({100 * with_event / events:.0f} %) and {without} of the {others} without "
        f"({100 * without / others:.0f} %)."
    ]
    for name, where in (("floor", "below the highest"), ("ceiling", "above the lowest")):
        n_tied = int(row[f"n_{name}"])
        if n_tied > 1:
            measured = int(row[f"n_{name}_measured"])
            them = f", {measured} of them measured," if measured else ""
            which = "Both" if n_tied == 2 else f"All {n_tied}"
            limit = f"{number(row[name])} {unit_words(row['unit'])}".rstrip()
            parts.append(f"{which} values {where} of these limits ({limit}){them} are tied.")
    ratio = row["limit_ratio"]
    if ratio > FAR_APART or ratio < 1 / FAR_APART:
        parts.append(
            f"Caution: the limits of the two groups differ; their median is {number(ratio)} times "
            "as high in those with the event, so more can be hidden in one group than in the other."
        )
    return " ".join(parts)


def quantile_of(value: np.ndarray, side: np.ndarray, share: float = 0.5) -> tuple[float, str]:
    """Return a quantile for display, and ``<=`` or ``>=`` where only a bound of it is known."""
    if value.size == 0:
        return np.nan, ""
    far = np.finfo(float).max / 4
    lowest = np.quantile(np.where(side == BELOW, -far, value), share)
    highest = np.quantile(np.where(side == ABOVE, far, value), share)
    at_limits = float(np.quantile(value, share))
    if lowest == highest:
        return at_limits, ""
    return at_limits, "<=" if highest == at_limits else ">="


def quantile_words(row: Mapping, name: str) -> str:
    """Return a quantile of the table, such as ``median_events``, as a number or a bound of it."""
    bound = {"<=": "at most ", ">=": "at least "}.get(row[f"{name}_sign"], "")
    return f"{bound}{number(row[name])}"


def _limit_ratio(groups: Groups) -> float:
    # a value that was not detected holds its limit of detection, which is lower at equal numbers
    # of events: limits of two kinds would differ where the measurements do not
    is_known = groups.is_quantified & (groups.limit > 0)
    with_event = groups.limit[is_known & groups.is_event]
    without = groups.limit[is_known & ~groups.is_event]
    if not (with_event.size and without.size):
        return np.nan
    return float(np.median(with_event) / np.median(without))
