"""Cells per microlitre carried from a tube with beads to another tube of the same draw.

``abs_pop = n_pop / n_anchor x abs_anchor``: the anchor (T cells, or NK cells) was counted by beads
in one tube, and its events in the other say what one event there stands for.
"""

import numpy as np
import pandas as pd

from correlates.flow.counts.absolute import DRAW
from correlates.flow.counts.beads import WAY
from correlates.flow.counts.settings import FlowSettings


def bridge_counts(
    tubes: pd.DataFrame, counts: pd.DataFrame, beads: pd.DataFrame, settings: FlowSettings
) -> pd.DataFrame:
    """Say of each tube without a count by beads what its anchor's events stand for.

    Parameters
    ----------
    tubes
        ``patient``, ``visit``, ``timepoint`` and ``failed``, indexed by acquisition.
    counts
        ``acquisition``, ``population``, ``n``.
    beads
        What `correlates.flow.counts.beads.bead_counts` gave.
    settings
        Anchors of bridges, the preferred one first, and how many events they need.

    Returns
    -------
    The columns of `bead_counts`, and ``anchor``; one row a tube of a draw in which another
    evaluable tube was counted by beads. Of several such tubes the one with most bead events
    counts. The coefficient of variation is that of the anchor's count: of its events and the
    beads' there, and of the volumes.
    """
    open_ones = beads[beads["status"] == ""]
    sound = [key for key in open_ones.index if not tubes.loc[key, "failed"]]
    sources: dict[tuple, list[str]] = {}
    for key in sorted(sound, key=lambda one: (-open_ones.loc[one, "n_reference"], one)):
        sources.setdefault(_draw_of(tubes, key), []).append(key)
    if not sources:
        return pd.DataFrame(columns=[*WAY, "anchor"])
    wanted = counts[counts["population"].isin(settings.bridge_anchors)]
    events = wanted.set_index(["acquisition", "population"])["n"].to_dict()
    rows = {
        key: _of_tube(key, sources[_draw_of(tubes, key)][0], events, open_ones, settings)
        for key in tubes.index
        if key not in open_ones.index and _draw_of(tubes, key) in sources
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=[*WAY, "anchor"])


def _draw_of(tubes: pd.DataFrame, key: str) -> tuple:
    return tuple(tubes.loc[key, DRAW])


def _of_tube(
    key: str,
    source: str,
    events: dict[tuple[str, str], float],
    beads: pd.DataFrame,
    settings: FlowSettings,
) -> list:
    counted = beads.loc[source]
    for anchor in settings.bridge_anchors:
        here, there = events.get((key, anchor), 0), events.get((source, anchor), 0)
        if min(here, there) < settings.lloq_events:
            continue
        per_ul = there / counted["n_reference"] * counted["per_ul"]
        cv = np.sqrt(1 / there + 1 / counted["n_reference"] + counted["cv"] ** 2)
        return [f"bridge:{anchor}", per_ul, here, cv, "", counted["flags"], anchor]
    return ["bridge", np.nan, np.nan, np.nan, "not_evaluable", "bridge_anchor_not_quantified", ""]
