"""Which tube's measurement counts where several of one draw give the same feature."""

from collections.abc import Mapping, Sequence

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
    # A row that says why it has no value gives way to a value, unless that is of a failed tube.
    absent = table["value"].isna() & (table["status"] != "ok")
    places = table.assign(
        failed=table["acquisition"].map(ranked["failed"]),
        absent=absent,
        rank=table["acquisition"].map(rank),
    )[["failed", "absent", "rank"]].reset_index(drop=True)
    order = places.sort_values(["failed", "absent", "rank"], kind="stable").index
    ordered = table.iloc[order]
    later = ordered.duplicated(KEY)
    if not later.any():
        return ordered, []
    first = ordered[~later]
    kept = {tuple(row[key] for key in KEY): row for row in first.to_dict("records")}
    left_out = [
        {
            "what": "measurement",
            "patient": row["patient"],
            "visit": row["visit"],
            "item": row["feature"],
            "status": "superseded",
            "reason": _why_superseded(row, kept[tuple(row[key] for key in KEY)], ranked),
        }
        for row in ordered[later].to_dict("records")
    ]
    return first, left_out


def _best_first(tubes: pd.DataFrame, panel_order: Sequence[str]) -> pd.DataFrame:
    """Sort tubes: evaluable ones, then by the order of panels, then by name."""
    places = {name: place for place, name in enumerate(panel_order)}
    place = tubes["panel"].map(places).fillna(len(places))
    ranked = tubes.assign(place=place).rename_axis("acquisition").reset_index()
    ranked = ranked.sort_values(["failed", "place", "panel", "sample", "acquisition"])
    return ranked.set_index("acquisition", drop=False)


def _why_superseded(row: Mapping, won: Mapping, ranked: pd.DataFrame) -> str:
    lost, kept = ranked.loc[row["acquisition"]], ranked.loc[won["acquisition"]]
    if lost["failed"] and not kept["failed"]:
        why = "comes first, since it is evaluable and the other is not"
    elif pd.isna(row["value"]) and pd.notna(won["value"]):
        why = "comes first, since it has a value and the other has none"
    elif lost["panel"] != kept["panel"]:
        why = "comes first in the order of panels"
    else:
        why = "comes first by name"
    return f"{lost['acquisition']} measured it too; {kept['acquisition']} {why}"
