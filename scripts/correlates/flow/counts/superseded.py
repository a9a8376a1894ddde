"""Which tube's measurement counts where several of one draw give the same feature."""

from collections.abc import Sequence

import pandas as pd

KEY = ["patient", "visit", "timepoint", "specimen", "feature"]


def one_per_key(
    table: pd.DataFrame, tubes: pd.DataFrame, panel_order: Sequence[str]
) -> tuple[pd.DataFrame, list[dict]]:
    """Keep, where tubes give the same measurement, that of the best one.

    Parameters
    ----------
    table
        Measurements with their ``acquisition``.
    tubes
        ``sample``, ``panel`` and ``failed``, indexed by acquisition.
    panel_order
        Panels, the one first that goes before the others.

    Returns
    -------
    The measurements that are kept, and a row of what was left out for each of the others.
    """
    ranked = _best_first(tubes, panel_order)
    rank = {acquisition: place for place, acquisition in enumerate(ranked.index)}
    order = table["acquisition"].map(rank).argsort(kind="stable")
    ordered = table.iloc[order.to_numpy()]
    later = ordered.duplicated(KEY)
    if not later.any():
        return ordered, []
    kept = ordered[~later].set_index(KEY)["acquisition"]
    left_out = [
        {
            "what": "measurement",
            "patient": row["patient"],
            "visit": row["visit"],
            "item": row["feature"],
            "status": "superseded",
            "reason": _why_superseded(
                ranked.loc[row["acquisition"]], ranked.loc[kept[tuple(row[key] for key in KEY)]]
            ),
        }
        for row in ordered[later].to_dict("records")
    ]
    return ordered[~later], left_out


def _best_first(tubes: pd.DataFrame, panel_order: Sequence[str]) -> pd.DataFrame:
    """Sort tubes: evaluable ones, then by the order of panels, then by name."""
    places = {name: place for place, name in enumerate(panel_order)}
    place = tubes["panel"].map(places).fillna(len(places))
    ranked = tubes.assign(place=place).rename_axis("acquisition").reset_index()
    ranked = ranked.sort_values(["failed", "place", "panel", "sample", "acquisition"])
    return ranked.set_index("acquisition", drop=False)


def _why_superseded(lost: pd.Series, kept: pd.Series) -> str:
    if lost["failed"] and not kept["failed"]:
        why = "comes first, since it is evaluable and the other is not"
    elif lost["panel"] != kept["panel"]:
        why = "comes first in the order of panels"
    else:
        why = "comes first by name"
    return f"{lost['acquisition']} measured it too; {kept['acquisition']} {why}"
