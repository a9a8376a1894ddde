"""The correction of medians by the bridging controls of their batches, or why there is none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.flow.batches.confounding import NONE, aliasing
from correlates.flow.batches.quantile_maps import QuantileMap, quantile_map

OFF, CONTROL_QUANTILE = "none", "control_quantile"
CORRECTED, UNCORRECTED = "batch_corrected", "batch_uncorrected"
METHOD = "median_compensated_linear;control_quantile"
_ENDS = ("low", "high")
_CORRECTED_ENDS = ("corrected_low", "corrected_high")
MEDIAN_COLUMNS = (
    *("acquisition", "population", "marker", "median", "corrected", *_CORRECTED_ENDS, "status"),
)


@dataclass(frozen=True)
class CorrectionSettings:
    """What the config says of the correction of batches.

    Parameters
    ----------
    method
        ``none`` or ``control_quantile``.
    goal
        Batch whose control the others are brought to.
    min_control_events
        Fewest leukocytes of a control that makes a map.
    cofactor
        Of the asinh scale on which maps are drawn.
    """

    method: str
    goal: str
    min_control_events: int
    cofactor: float


@dataclass(frozen=True)
class BatchMap:
    """The map of one marker of one batch, or the reason why there is none.

    Parameters
    ----------
    panel, batch, marker
        What it is of; the marker is empty where all are refused for one reason.
    reason
        Why nothing is corrected; empty if it is.
    of
        The map; None where there is none.
    source, goal
        Linear quantiles of the batch's control and of the goal's; empty without a map.
    """

    panel: str
    batch: str
    marker: str
    reason: str = ""
    of: QuantileMap | None = None
    source: tuple[float, ...] = ()
    goal: tuple[float, ...] = ()


def batch_maps(
    draws: pd.DataFrame,
    controls: pd.DataFrame,
    quantiles: pd.DataFrame,
    settings: CorrectionSettings,
) -> list[BatchMap]:
    """Make the map of every marker of every batch that has samples.

    Parameters
    ----------
    draws
        Full tubes of samples: ``panel``, ``batch``, ``visit``.
    controls
        Bridging controls: ``panel``, ``control``, ``lot``, ``batch``, indexed by acquisition.
    quantiles
        ``acquisition``, ``marker``, ``n``, ``probability``, ``value`` of the controls.
    settings
        The goal, and what a control needs.

    Returns
    -------
    Maps, or refusals: of a whole panel where batch and visit are aliased (``aliased_with_visit``)
    or the goal has no control; of a batch without a control of the goal's material and lot, or of
    one with too few events. The goal itself is mapped to itself.
    """
    held = {
        key: rows.set_index("marker") for key, rows in quantiles.groupby("acquisition", sort=False)
    }
    maps = []
    for panel, rows in draws.groupby("panel", sort=True):
        batches = sorted(set(rows["batch"]))
        own = controls[controls["panel"] == panel]
        known = rows[rows["batch"] != ""]
        aliased = aliasing(known["batch"].tolist(), known["visit"].tolist()) if len(known) else NONE
        goal = _usable(own[own["batch"] == settings.goal], held, settings)
        for batch in batches:
            reason = ""
            if not batch:
                reason = "no_batch_given"
            elif aliased != NONE:
                reason = "aliased_with_visit"
            elif not goal:
                reason = "goal_without_control"
            if reason:
                maps.append(BatchMap(panel, batch, "", reason))
                continue
            maps += _maps_of(panel, batch, own[own["batch"] == batch], goal, held, settings)
    return maps


def corrected_medians(
    intensities: pd.DataFrame, tubes: pd.DataFrame, maps: Iterable[BatchMap]
) -> pd.DataFrame:
    """Map the medians of full tubes.

    Parameters
    ----------
    intensities
        ``acquisition``, ``population``, ``marker``, ``median``; ``low`` and ``high`` if known.
    tubes
        ``panel`` and ``batch``, indexed by acquisition.
    maps
        Of `batch_maps`.

    Returns
    -------
    ``MEDIAN_COLUMNS``: the median as measured, ``corrected`` with its interval (whose ends a
    monotone map takes along), and ``status`` ``batch_corrected`` or ``batch_uncorrected`` (the
    median then stands as it was measured).
    """
    rows = intensities[intensities["acquisition"].isin(tubes.index)]
    rows = rows[rows["marker"].fillna("") != ""].join(tubes[["panel", "batch"]], on="acquisition")
    by_key = {(one.panel, one.batch, one.marker): one.of for one in maps if one.of is not None}
    values = rows.reindex(columns=["median", *_ENDS]).to_numpy(float)
    corrected, status = values.copy(), np.full(len(rows), UNCORRECTED, dtype=object)
    groups = rows.groupby(["panel", "batch", "marker"], sort=False).indices
    for key, places in groups.items():
        if key in by_key:
            corrected[places] = by_key[key](values[places])
            status[places] = CORRECTED
    columns = rows[["acquisition", "population", "marker", "median"]]
    done = dict(zip(("corrected", *_CORRECTED_ENDS), corrected.T, strict=True))
    return columns.assign(**done, status=status)[list(MEDIAN_COLUMNS)]


def with_corrections(intensities: pd.DataFrame, rows: Iterable[Mapping[str, str]]) -> pd.DataFrame:
    """Put corrected medians in the place of measured ones, and flag what was done.

    Parameters
    ----------
    intensities
        ``acquisition``, ``population``, ``marker``, ``median``, and ``median_flags`` if any.
    rows
        Of the table of corrected medians; none where the correction is off.
    """
    rows = pd.DataFrame(rows)
    if rows.empty or intensities.empty:
        return intensities
    key = ["acquisition", "population", "marker"]
    done = rows.set_index(key)
    places = pd.MultiIndex.from_frame(intensities[key])
    value = {
        name: pd.to_numeric(done[of]).reindex(places).to_numpy(float)
        for name, of in zip(("median", *_ENDS), ("corrected", *_CORRECTED_ENDS), strict=True)
        if name in intensities
    }
    status = done["status"].reindex(places).fillna("").to_numpy()
    is_done = status == CORRECTED
    held = intensities["median_flags"] + ";" if "median_flags" in intensities else ""
    return intensities.assign(
        **{name: np.where(is_done, to, intensities[name]) for name, to in value.items()},
        median_method=np.where(is_done, METHOD, ""),
        median_flags=held + pd.Series(status, index=intensities.index),
    )


def _usable(
    tubes: pd.DataFrame, held: Mapping[str, pd.DataFrame], settings: CorrectionSettings
) -> dict[tuple[str, str], pd.DataFrame]:
    """Return the quantiles of the controls that have enough events, by material and lot."""
    return {
        (tube["control"], tube["lot"]): held[key]
        for key, tube in tubes.sort_values(["control", "lot"]).to_dict("index").items()
        if key in held and held[key]["n"].min() >= settings.min_control_events
    }


def _maps_of(
    panel: str,
    batch: str,
    tubes: pd.DataFrame,
    goal: Mapping[tuple[str, str], pd.DataFrame],
    held: Mapping[str, pd.DataFrame],
    settings: CorrectionSettings,
) -> list[BatchMap]:
    """Map one batch, by the first material that it and the goal share."""
    own = _usable(tubes, held, settings)
    shared = [material for material in goal if material in own]
    if not shared:
        return [BatchMap(panel, batch, "", _why_none(tubes, own, held))]
    source, to = own[shared[0]], goal[shared[0]]
    maps = []
    for marker in sorted(set(source.index)):
        if marker not in to.index:
            maps.append(BatchMap(panel, batch, marker, "marker_not_in_goal"))
            continue
        ends = [
            one.loc[[marker]].sort_values("probability")["value"].to_numpy(float)
            for one in (source, to)
        ]
        made = quantile_map(*ends, settings.cofactor)
        maps.append(BatchMap(panel, batch, marker, "", made, tuple(ends[0]), tuple(ends[1])))
    return maps


def _why_none(tubes: pd.DataFrame, own: Mapping, held: Mapping) -> str:
    if tubes.empty:
        return "no_control"
    if own:
        return "another_material_or_lot"
    return "control_too_few_events" if set(tubes.index) & set(held) else "control_not_gated"
