"""How often each population was not detected, by tertile of the lymphocyte count, for the page."""

from collections.abc import Iterable, Mapping

from correlates.report.names import feature_name

TERTILES = ("low", "middle", "high")


def censored_views(rows: Iterable[Mapping]) -> list[dict]:
    """Return one row a feature that was not detected in some draw.

    Parameters
    ----------
    rows
        Rows of ``not_detected_by_alc.tsv``: a feature and tertile each.

    Returns
    -------
    ``feature``, its ``name`` in words, and in ``cells`` what was not detected of how many draws, a
    text a tertile; a dash where a tertile holds no draw with a count that was judged.
    """
    features: dict[str, dict] = {}
    for row in rows:
        features.setdefault(row["feature"], {})[row["tertile"]] = row
    return [
        {
            "feature": feature,
            "name": feature_name(feature),
            "cells": [_cell(tertiles.get(name)) for name in TERTILES],
        }
        for feature, tertiles in features.items()
        if any(int(row["n_nd"]) for row in tertiles.values())
    ]


def tertile_ranges(rows: Iterable[Mapping]) -> list[str]:
    """Return the lymphocyte counts between which each tertile lies, over all features."""
    ranges = {name: [] for name in TERTILES}
    for row in rows:
        ranges[row["tertile"]] += [float(row["alc_low_10e9_l"]), float(row["alc_high_10e9_l"])]
    return [f"{min(held):g} to {max(held):g}" if held else "–" for held in ranges.values()]


def _cell(row: Mapping | None) -> str:
    return "–" if row is None else f"{row['n_nd']} of {row['n_draws']}"
