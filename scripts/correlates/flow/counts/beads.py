"""Cells per microlitre by counting beads in the tube itself (single platform).

``abs = n_pop / n_beads x beads_per_tube / V_blood x dilution``. It holds only where beads and cells
are lost alike, so never after a wash, and never in cells that were separated from their blood.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from correlates.flow.counts.absolute import NOT_EVALUABLE, SEPARATED, WHOLE_BLOOD
from correlates.flow.counts.references import line_of
from correlates.flow.counts.settings import FlowSettings

METHOD = "single_platform:beads"
LYSE_NO_WASH, WASHED = "lyse_no_wash", "washed"
ROLES = ("beads", "beads_a", "beads_b")
# What each way to cells per microlitre says of a tube; a status is empty where it is open.
WAY = ["method", "per_ul", "n_reference", "cv", "status", "flags"]


def bead_counts(
    tubes: pd.DataFrame, counts: pd.DataFrame, lots: Iterable[Mapping], settings: FlowSettings
) -> pd.DataFrame:
    """Say of each tube with counting beads what one bead stands for, or why nothing.

    Parameters
    ----------
    tubes
        ``specimen``, ``lot`` (of the beads; empty without any) and ``tube_prep``, indexed by
        acquisition.
    counts
        ``acquisition``, ``population``, ``n``.
    lots
        Rows of the beads sheet: ``lot``, ``beads_per_tube`` or ``beads_per_ul`` and ``beads_ul``,
        ``blood_ul``, ``dilution``, ``cv``, ``ratio_a_b``.
    settings
        Keys of the bead populations, the volumes' error, and when to flag.

    Returns
    -------
    One row a tube that has a lot, indexed by acquisition: ``method``, ``per_ul`` (cells per
    microlitre that all its beads stand for), ``n_reference`` (bead events), ``cv`` (of volumes and
    beads), ``status`` and ``flags``.
    """
    if "lot" not in tubes:
        return pd.DataFrame(columns=WAY)
    with_lot = tubes[tubes["lot"].fillna("") != ""]
    by_lot = {row["lot"]: row for row in lots}
    events = _bead_events(counts, settings)
    rows = {
        key: _of_tube(tube, by_lot.get(tube["lot"]), events.get(key, {}), settings)
        for key, tube in with_lot.to_dict("index").items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=WAY)


def without_beads(counts: pd.DataFrame, settings: FlowSettings) -> pd.DataFrame:
    """Leave out the populations of beads with all below them: nothing of a patient is in them."""
    roles = {settings.anchors[role] for role in ROLES}
    if not roles & set(counts["population"]):
        return counts
    is_bead = pd.Series(False, index=counts.index)
    for places in counts.groupby("acquisition", sort=False).indices.values():
        tube = counts.iloc[places]
        parents = dict(zip(tube["population"], tube["parent"], strict=True))
        is_bead.iloc[places] = [bool(line_of(key, parents) & roles) for key in parents]
    return counts[~is_bead].reset_index(drop=True)


def cells_per_ul(lot: Mapping) -> float:
    """Return the beads of a tube for each microlitre of undiluted blood in it."""
    per_tube = lot.get("beads_per_tube")
    if per_tube is None:
        per_tube = lot["beads_per_ul"] * lot["beads_ul"]
    return per_tube / lot["blood_ul"] * (lot.get("dilution") or 1.0)


def _bead_events(counts: pd.DataFrame, settings: FlowSettings) -> dict[str, dict[str, float]]:
    roles = {settings.anchors[role]: role for role in ROLES}
    rows = counts[counts["population"].isin(roles)]
    events: dict[str, dict[str, float]] = {}
    for key, population, n in rows[["acquisition", "population", "n"]].itertuples(index=False):
        events.setdefault(key, {})[roles[population]] = n
    return events


def _of_tube(
    tube: Mapping, lot: Mapping | None, events: Mapping[str, float], settings: FlowSettings
) -> list:
    refusal = _refusal(tube, lot, events)
    if refusal:
        return [METHOD, np.nan, np.nan, np.nan, NOT_EVALUABLE, refusal]
    flags = []
    if events["beads"] < settings.min_bead_events:
        flags.append("few_bead_events")
    if _is_off(events, lot.get("ratio_a_b") or 1.0, settings.bead_ratio_tolerance):
        flags.append("bead_ratio_off")
    cv = settings.cv_vol if lot.get("cv") is None else lot["cv"]
    return [METHOD, cells_per_ul(lot), events["beads"], cv, "", ";".join(flags)]


def _refusal(tube: Mapping, lot: Mapping | None, events: Mapping[str, float]) -> str:
    """Say why the beads of a tube count nothing; ``""`` if they do."""
    if tube["specimen"] in SEPARATED:
        return "beads_after_separation"
    if tube["specimen"] not in WHOLE_BLOOD:
        return "no_beads_for_specimen"
    if tube["tube_prep"] == WASHED:
        return "beads_after_wash"
    if tube["tube_prep"] != LYSE_NO_WASH:
        return "tube_preparation_not_told"
    if lot is None:
        return "bead_lot_unknown"
    if "beads" not in events:
        return "beads_not_gated"
    return "" if events["beads"] > 0 else "no_bead_events"


def _is_off(events: Mapping[str, float], expected: float, tolerance: float) -> bool:
    """Tell whether two kinds of beads stand in another ratio than the lot says."""
    if not {"beads_a", "beads_b"} <= set(events):
        return False
    if events["beads_b"] == 0:
        return True
    # A hair of rounding must not flag a ratio that is off by just the tolerance.
    off = abs(events["beads_a"] / events["beads_b"] / expected - 1)
    return off > tolerance + 1e-9
