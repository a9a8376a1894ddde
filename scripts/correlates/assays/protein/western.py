"""Western densitometry: from the rows of the sheet to a protein level of every sample."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from correlates.assays.left_out import left_out, place_of
from correlates.assays.protein.blot_model import Levels, levels_over_blots
from correlates.assays.protein.lanes import (
    CONTROL,
    OTHER_EXPOSURE,
    SAMPLE,
    WHY,
    BlotMarker,
    Lane,
    judge_lanes,
)
from correlates.assays.protein.linearity import NOT_LINEAR, Linearity, flags_of, linearities
from correlates.assays.protein.settings import WesternSettings
from correlates.assays.rows import measurement

NO_CONTROL, ONE_LANE, DISAGREE = "no_inter_blot_control", "one_lane", "replicates_disagree"
MIXED_CELLS, IMPURE = "composition_confounded", "purity_below_limit"
NO_LIMIT, PARTLY_SEEN, NO_REPLICATION = "no_limit_of_detection", "not_seen_in_all", "no_replication"
REFUSED_BLOT = {
    NO_CONTROL: "no usable lane of the inter-blot control, so nothing ties this blot to the others",
    NOT_LINEAR: "its dilution series is not linear, so that signals are no amounts",
}


@dataclass(frozen=True)
class Western:
    """What the blots measured.

    Parameters
    ----------
    rows
        Measurement rows, one a sample and marker.
    lanes
        Every lane with what came of it.
    blots
        Every marker of every blot: control, linearity and verdict.
    left_out
        Lanes that were refused.
    """

    rows: list[dict] = field(default_factory=list)
    lanes: list[dict] = field(default_factory=list)
    blots: list[dict] = field(default_factory=list)
    left_out: list[dict] = field(default_factory=list)


def measure_western(rows: Iterable[Mapping], settings: WesternSettings) -> Western:
    """Measure every sample of every marker over all blots.

    Parameters
    ----------
    rows
        Of the sheet ``western``, with patient, visit, timepoint, specimen and cell of the samples.
    settings
        What is accepted.

    Returns
    -------
    ``<marker>__log2_ratio__<cell>`` = log2 of (band / total-protein stain) over the same ratio of
    the inter-blot control. A sample none of whose lanes can be used keeps its row, not evaluable
    and with the reason.
    """
    judged = judge_lanes(rows, settings)
    shown = linearities(judged, settings)
    measured = Western()
    for marker in sorted({one.marker for one in judged}):
        blots = [one for one in judged if one.marker == marker]
        _measure_marker(marker, blots, shown, settings, measured)
    return measured


def control_material(blots: Sequence[BlotMarker]) -> str:
    """Return the material that ties most blots together; the first by name where several do."""
    on = Counter(
        material
        for blot in blots
        for material in {lane.unit[1] for lane in blot.of_role(CONTROL) if lane.is_detected}
    )
    return min(on, key=lambda name: (-on[name], name)) if on else ""


def _measure_marker(
    marker: str,
    blots: Sequence[BlotMarker],
    shown: Mapping[tuple[str, str], Linearity],
    settings: WesternSettings,
    into: Western,
) -> None:
    control = (CONTROL, control_material(blots))
    refused = {one.blot: _why_refused(one, control, shown[one.blot, marker]) for one in blots}
    usable = [one for one in blots if not refused[one.blot]]
    lanes = [
        (blot, lane)
        for blot in usable
        for lane in blot.lanes
        if lane.is_detected and lane.row["role"] in (SAMPLE, CONTROL)
    ]
    levels = None
    if lanes:
        levels = levels_over_blots(
            [lane.log2_ratio for _, lane in lanes],
            [lane.unit for _, lane in lanes],
            [blot.blot for blot, _ in lanes],
            control,
            settings.min_blots,
        )
    of_control = {blot.blot: _mean_of(blot, control) for blot in usable}
    into.blots.extend(
        _blot_row(one, control, shown[one.blot, marker], refused[one.blot]) for one in blots
    )
    for blot in blots:
        into.lanes.extend(
            _lane_row(blot, lane, of_control.get(blot.blot, math.nan)) for lane in blot.lanes
        )
        into.left_out.extend(
            _refused(blot, lane) for lane in (*blot.lanes, *blot.others) if lane.refused
        )
    held: dict[tuple, list[tuple[BlotMarker, Lane]]] = {}
    for blot in blots:
        for lane in blot.of_role(SAMPLE):
            held.setdefault(lane.unit, []).append((blot, lane))
    for unit, those in sorted(held.items()):
        context = _Context(marker, levels, refused, shown, of_control, settings)
        into.rows.append(_sample_row(unit, those, context))


def _why_refused(blot: BlotMarker, control: tuple, shown: Linearity) -> str:
    if shown.passed is False:
        return NOT_LINEAR
    has_control = any(lane.is_detected and lane.unit == control for lane in blot.lanes)
    return "" if has_control else NO_CONTROL


def _mean_of(blot: BlotMarker, unit: tuple) -> float:
    return float(
        np.mean([one.log2_ratio for one in blot.lanes if one.is_detected and one.unit == unit])
    )


@dataclass(frozen=True)
class _Context:
    marker: str
    levels: Levels | None
    refused: Mapping[str, str]
    shown: Mapping[tuple[str, str], Linearity]
    of_control: Mapping[str, float]
    settings: WesternSettings


def _sample_row(unit: tuple, held: Sequence[tuple[BlotMarker, Lane]], at: _Context) -> dict:
    """Return the measurement row of one sample and marker."""
    first = held[0][1].row
    used = [(blot, lane) for blot, lane in held if lane.is_detected and not at.refused[blot.blot]]
    unseen = [
        (blot, lane)
        for blot, lane in held
        if not lane.refused and not lane.is_detected and not at.refused[blot.blot]
    ]
    if used:
        what = _quantified(unit, used, unseen, at)
    elif unseen:
        what = _not_seen(unseen, at)
    else:
        why = {lane.refused or at.refused[blot.blot] for blot, lane in held}
        what = {"status": "not_evaluable", "flags": sorted(why)}
    flags = [*what.pop("flags"), *_handling(first, at.settings)]
    value = what.pop("value", None)
    return measurement(
        first,
        "protein",
        f"{at.marker.lower()}__log2_ratio__{cell_of(first)}",
        value,
        "1",
        run=";".join(sorted({blot.blot for blot, _ in (used or held)})),
        n=len(used),
        flags=flags,
        **what,
    )


def _quantified(unit, used, unseen, at: _Context) -> dict:
    place = at.levels.units.index(unit)
    low, high = at.levels.interval()
    apart = [lane.log2_ratio - at.of_control[blot.blot] for blot, lane in used]
    flags = {flag for _, lane in used for flag in lane.flags}
    for blot, lane in used:
        flags.update(flags_of(at.shown[blot.blot, at.marker], [lane.row["band"]]))
    if len(used) < at.settings.min_replicates:
        flags.add(ONE_LANE)
    elif np.std(apart, ddof=1) > at.settings.max_replicate_sd_log2:
        flags.add(DISAGREE)
    if unseen:
        flags.add(PARTLY_SEEN)
    if at.levels.df < 1:
        flags.add(NO_REPLICATION)
    return {
        "value": float(at.levels.estimate[place]),
        "ci_low": float(low[place]),
        "ci_high": float(high[place]),
        "status": "ok",
        "method": f"western_{at.levels.method}",
        "flags": sorted(flags),
    }


def _not_seen(unseen, at: _Context) -> dict:
    """Return a value below the limit of detection, where a dilution series gives one."""
    limits = [
        math.log2(shown.low / lane.row["total_protein_stain"]) - at.of_control[blot.blot]
        for blot, lane in unseen
        if (shown := at.shown[blot.blot, at.marker]).low > 0
    ]
    if not limits:
        return {"status": "not_evaluable", "flags": [NO_LIMIT]}
    limit = max(limits)
    return {
        "value": limit,
        "limit": limit,
        "status": "nd",
        "method": "western_smallest_amount_of_the_series",
        "flags": [],
    }


def cell_of(row: Mapping) -> str:
    """Return the cells that a value is of; of what was not sorted, all of them."""
    if row.get("cell"):
        return row["cell"]
    return "pbmc" if "pbmc" in (row.get("specimen") or "") else "wb"


def _handling(row: Mapping, settings: WesternSettings) -> list[str]:
    """Return what the cells themselves ask a reader to know."""
    flags = [MIXED_CELLS] if cell_of(row) in ("pbmc", "wb") else []
    purity = row.get("purity_pct")
    return flags + ([IMPURE] if purity is not None and purity < settings.min_purity_pct else [])


def _blot_row(blot: BlotMarker, control: tuple, shown: Linearity, refused: str) -> dict:
    of_control = [one.log2_ratio for one in blot.lanes if one.is_detected and one.unit == control]
    return {
        "blot": blot.blot,
        "marker": blot.marker,
        "exposure": blot.exposure,
        "control": control[1],
        "n_control": len(of_control),
        "control_log2": float(np.mean(of_control)) if of_control else None,
        "n_samples": len({one.unit for one in blot.of_role(SAMPLE)}),
        "n_saturated": sum(bool(one.row.get("saturated")) for one in blot.lanes),
        "n_dilutions": shown.n,
        "r2": None if math.isnan(shown.r2) else shown.r2,
        "linearity": shown.source or ("linear" if shown.passed else NOT_LINEAR),
        "refused": refused,
    }


def _lane_row(blot: BlotMarker, lane: Lane, of_control: float) -> dict:
    apart = lane.log2_ratio - of_control
    kept = ("row", "sheet", "lane", "role", "material", "sample", "patient", "visit", "timepoint")
    kept += ("specimen", "cell", "load_ug", "band", "total_protein_stain")
    return {name: lane.row.get(name) for name in kept} | {
        "blot": blot.blot,
        "marker": blot.marker,
        "log2_ratio": None if math.isnan(lane.log2_ratio) else lane.log2_ratio,
        "log2_to_control": None if math.isnan(apart) else apart,
        "refused": lane.refused,
        "flags": ";".join(lane.flags),
    }


LANE_COLUMNS = (
    *("blot", "marker", "lane", "role", "material", "sample", "patient", "visit", "timepoint"),
    *("specimen", "cell", "load_ug", "band", "total_protein_stain", "log2_ratio"),
    *("log2_to_control", "refused", "flags", "row", "sheet"),
)


def _refused(blot: BlotMarker, lane: Lane) -> dict:
    row = lane.row
    return left_out(
        "band",
        f"{blot.marker} on {blot.blot}, lane {row['lane']}",
        f"{WHY[lane.refused]} ({place_of(row)})",
        row.get("patient") or "",
        row.get("visit") or "",
        "not used" if lane.refused == OTHER_EXPOSURE else "left out",
    )


BLOT_COLUMNS = (
    *("blot", "marker", "exposure", "control", "n_control", "control_log2", "n_samples"),
    *("n_saturated", "n_dilutions", "r2", "linearity", "refused"),
)
