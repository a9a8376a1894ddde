"""Patients without a value: in which group, for what cause, and how far they could move p."""

from collections.abc import Mapping

import numpy as np

from correlates.analyses.common_limits import HIGHEST, LOWEST, CommonLimits
from correlates.analyses.comparison import Groups
from correlates.analyses.ranks import exact_p, midranks, pairs_higher
from correlates.analyses.wording import p_value

COUNTED = [
    *("n_missing", "n_missing_events", "n_missing_non_events"),
    *("missing", "missing_events", "missing_non_events"),
]
BOUNDS = [
    *("p_missing_events_lowest", "p_missing_events_highest"),
    *("way_missing_events_lowest", "way_missing_events_highest"),
]


def missing_counts(groups: Groups) -> dict:
    """Count who is left out: all of them, and of each group those who lack a value, by cause.

    Returns
    -------
    The columns COUNTED; ``missing`` also counts those without an evaluable endpoint, who are in
    neither group. Causes are written ``cause=count;cause=count``.
    """
    by_column = {
        "missing": groups.missing,
        "missing_events": groups.missing_events,
        "missing_non_events": groups.missing_non_events,
    }
    counted = {f"n_{name}": sum(causes.values()) for name, causes in by_column.items()}
    written = {
        name: ";".join(f"{cause}={count}" for cause, count in causes.items())
        for name, causes in by_column.items()
    }
    return counted | written


def missing_bounds(groups: Groups) -> dict:
    """Return p and direction for the two extremes of what the missing values may have been.

    Returns
    -------
    The columns BOUNDS, empty where nobody lacks a value: once with the missing values of the
    patients with the event tied at the lowest and those of the others at the highest, and once the
    other way round. What lies beyond the common limits stays tied there.
    """
    with_event = sum(groups.missing_events.values())
    without = sum(groups.missing_non_events.values())
    if not with_event + without:
        return {}
    tied = CommonLimits.of(groups.value, groups.side).tied
    members = np.concatenate([groups.is_event, np.arange(with_event + without) < with_event])
    bounds = {}
    for name, own, others in (("lowest", LOWEST, HIGHEST), ("highest", HIGHEST, LOWEST)):
        filled = np.concatenate([tied, np.full(with_event, own), np.full(without, others)])
        scores = midranks(filled)
        higher = pairs_higher(scores, members)
        way = "higher" if higher > 0.5 else "lower" if higher < 0.5 else "equal"
        bounds[f"p_missing_events_{name}"] = exact_p(scores, members)
        bounds[f"way_missing_events_{name}"] = way
    return bounds


def missing_sentence(row: Mapping) -> str:
    """Say how far the missing values could move p; empty where nobody lacks one."""
    with_event, without = int(row["n_missing_events"]), int(row["n_missing_non_events"])
    if not with_event + without:
        return ""
    low, high = (
        f"uncorrected {p_value(row[f'p_missing_events_{end}'])} "
        f"({_way_words(row[f'way_missing_events_{end}'])})"
        for end in ("lowest", "highest")
    )
    if with_event and without:
        first = "been the lowest of all values with the event and the highest without it"
        second = "been the other way round"
    else:
        ends = ("lowest", "highest") if with_event else ("highest", "lowest")
        first, second = (f"all been the {end} of all values" for end in ends)
    return (
        f"Had the missing values ({with_event} with the event, {without} without) {first}, "
        f"the test would give {low}; had they {second}, {high}."
    )


def _way_words(way: str) -> str:
    return "no direction" if way == "equal" else f"{way} with the event"
