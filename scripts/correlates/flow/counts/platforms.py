"""Cells per microlitre of every population, by each way that is open, and which one counts."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from correlates.flow.counts.absolute import MISSING, SEPARATED, absolute_counts
from correlates.flow.counts.beads import bead_counts
from correlates.flow.counts.bridge import bridge_counts
from correlates.flow.counts.counting import LT_LLOQ, ND, OK
from correlates.flow.counts.dependents import flags_of_references
from correlates.flow.counts.settings import FlowSettings

DUAL, SINGLE, BRIDGE = "dual", "single", "bridge"
DISAGREE = "platforms_disagree"
COMPARISON = (
    *("acquisition", "patient", "visit", "timepoint", "feature", "platform", "primary", "method"),
    *("value", "ci_low", "ci_high", "n", "n_reference", "limit", "status", "flags"),
    "ratio_to_dual",
)
_USABLE = {OK, LT_LLOQ, ND}
_KEY = ["acquisition", "name"]


def ways_of_counting(
    tubes: pd.DataFrame, counts: pd.DataFrame, lots: Iterable[Mapping], settings: FlowSettings
) -> dict[str, pd.DataFrame]:
    """Return, for ``single`` and ``bridge``, what the reference of each tube stands for.

    Parameters
    ----------
    tubes
        Indexed by acquisition.
    counts
        Of all populations, the beads among them.
    lots
        Rows of the beads sheet.
    settings
        What the config says.
    """
    beads = bead_counts(tubes, counts, lots, settings)
    return {SINGLE: beads, BRIDGE: bridge_counts(tubes, counts, beads, settings)}


def absolute_rows(
    counts: pd.DataFrame,
    ways: Mapping[str, pd.DataFrame],
    tubes: pd.DataFrame,
    settings: FlowSettings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count every population by each way that its tube allows, and choose.

    Parameters
    ----------
    counts
        Populations with the references of `correlates.flow.counts.references.with_references`,
        without the beads.
    ways
        Of `ways_of_counting`.
    tubes
        ``specimen``, and what the comparison names a tube by, indexed by acquisition.
    settings
        Errors, limits, the order of the ways, and how far two of them may differ.

    Returns
    -------
    One row a population of the measurement table: the first way of ``settings.count_platforms``
    that gives a value, or the first that was tried. And the comparison: every way of the tubes
    that have more than the blood count, with ``ratio_to_dual``, ``primary`` yes or no.
    """
    counts = counts.assign(reference_flags=flags_of_references(counts))
    rows = counts[counts["countable"]].reset_index(drop=True)
    tried = {DUAL: _by_blood_count(rows, settings)}
    tried[SINGLE] = _by_tube(rows, ways[SINGLE], settings)
    tried[BRIDGE] = _by_bridge(rows, ways[BRIDGE], tubes, settings)
    parts = [tried[way].assign(platform=way) for way in settings.count_platforms]
    parts = [part for part in parts if len(part)]
    parts += [part for part in [_without_any(rows, parts)] if len(part)]
    if not parts:
        return pd.DataFrame(), pd.DataFrame(columns=list(COMPARISON))
    table = pd.concat(parts, ignore_index=True)
    table = _compared(table, settings.platform_tolerance)
    unusable = ~table["status"].isin(_USABLE)
    table = table.assign(unusable=unusable).sort_values("unusable", kind="stable")
    is_first = ~table.duplicated(_KEY)
    several = table["acquisition"].isin(table.loc[table["platform"] != DUAL, "acquisition"])
    comparison = table[several].assign(primary=np.where(is_first[several], "yes", "no"))
    chosen = _with_refusals(table[is_first], table[~is_first])
    columns = ["acquisition", "feature", "value", "unit", "ci_low", "ci_high", "n", "limit"]
    return chosen[[*columns, "status", "method", "flags"]], _named(comparison, tubes)


def _by_blood_count(rows: pd.DataFrame, settings: FlowSettings) -> pd.DataFrame:
    paired = rows["pair_status"] == ""
    inside = rows["in_reference"].astype(bool)
    empty = paired & (rows["n_reference"] == 0)
    flags = rows["pair_flags"] + ";" + rows["reference_flags"]
    flags = flags + np.where(paired & ~inside, ";outside_reference_population", "")
    way = pd.DataFrame(
        {
            "method": rows["pair"],
            "per_ul": rows["per_ul"].where(inside),
            "n_reference": rows["n_reference"],
            "cv": settings.cv_cbc,
            "status": rows["pair_status"],
            "flags": flags + np.where(empty, ";reference_population_empty", ""),
        }
    )
    return _measured(rows, way, settings)


def _by_tube(rows: pd.DataFrame, way: pd.DataFrame, settings: FlowSettings) -> pd.DataFrame:
    rows = rows[rows["acquisition"].isin(way.index)].reset_index(drop=True)
    return _measured(rows, way.reindex(rows["acquisition"]).reset_index(drop=True), settings)


def _by_bridge(
    rows: pd.DataFrame, way: pd.DataFrame, tubes: pd.DataFrame, settings: FlowSettings
) -> pd.DataFrame:
    """Count what the anchor of a tube carries over.

    The anchor itself was counted in the other tube, and is no measurement of this one. Separated
    cells have lost their granulocytes, so that only mononuclear cells are counted there.
    """
    anchor = rows["acquisition"].map(way["anchor"] if len(way) else {})
    separated = rows["acquisition"].map(tubes["specimen"]).isin(SEPARATED)
    kept = anchor.notna() & (anchor != rows["population"]) & (rows["mononuclear"] | ~separated)
    return _by_tube(rows[kept], way, settings)


def _measured(rows: pd.DataFrame, way: pd.DataFrame, settings: FlowSettings) -> pd.DataFrame:
    if rows.empty:
        return pd.DataFrame()
    measured = absolute_counts(
        rows["n"],
        way["n_reference"],
        way["per_ul"],
        cv_cbc=way["cv"],
        lod_events=settings.lod_events,
        lloq_events=settings.lloq_events,
    )
    return measured.assign(
        status=measured["status"].where(way["status"] == "", way["status"]),
        acquisition=rows["acquisition"],
        name=rows["name"],
        feature=rows["name"] + "__abs",
        unit="/uL",
        n=rows["n"],
        n_reference=way["n_reference"],
        method=way["method"],
        flags=rows["flags"] + ";" + way["flags"],
    )


def _without_any(rows: pd.DataFrame, parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the populations that no way was tried for, as missing."""
    counted = {key for part in parts for key in zip(*(part[key] for key in _KEY), strict=True)}
    keys = zip(*(rows[key] for key in _KEY), strict=True)
    left = rows[np.array([key not in counted for key in keys], dtype=bool)]
    return left[["acquisition", "name", "n"]].assign(
        **dict.fromkeys(["value", "ci_low", "ci_high", "limit", "n_reference"], np.nan),
        feature=left["name"] + "__abs",
        unit="/uL",
        status=MISSING,
        method="none",
        platform=DUAL,
        flags=left["flags"] + ";no_way_of_counting",
    )


def _compared(table: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """Add each value's ratio to that by the blood count, and flag both where they differ much."""
    # One event of a tube stands for one number of cells, whatever its population.
    per_event = table["value"] / table["n"].where(table["n"] > 0)
    is_dual = table["platform"] == DUAL
    of_dual = per_event[is_dual].set_axis(pd.MultiIndex.from_frame(table.loc[is_dual, _KEY]))
    ratio = per_event / of_dual.reindex(pd.MultiIndex.from_frame(table[_KEY])).to_numpy()
    off = (table["platform"] == SINGLE) & (abs(ratio - 1) > tolerance + 1e-9)
    tubes = set(table.loc[off, "acquisition"])
    is_pair = table["acquisition"].isin(tubes) & table["platform"].isin([DUAL, SINGLE])
    flags = table["flags"] + np.where(is_pair, f";{DISAGREE}", "")
    return table.assign(flags=flags, ratio_to_dual=ratio)


def _with_refusals(chosen: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Let a measurement say why another way was not open.

    Beads that count nothing are always told of, since somebody put them there; a bridge that does
    not hold only where nothing else holds either.
    """
    keys = pd.MultiIndex.from_frame(chosen[_KEY])
    refused = others[others["unusable"] & (others["platform"] != DUAL)]
    in_vain = pd.MultiIndex.from_frame(refused[_KEY]).isin(keys[chosen["unusable"]])
    refused = refused[(refused["platform"] == SINGLE) | in_vain]
    if refused.empty:
        return chosen
    why = refused.groupby(_KEY)["flags"].agg(";".join)
    return chosen.assign(flags=chosen["flags"] + ";" + why.reindex(keys).fillna("").to_numpy())


def _named(comparison: pd.DataFrame, tubes: pd.DataFrame) -> pd.DataFrame:
    of = tubes.reindex(comparison["acquisition"])
    draw = {key: of[key].to_numpy() for key in ("patient", "visit", "timepoint")}
    flags = [";".join(dict.fromkeys(filter(None, text.split(";")))) for text in comparison["flags"]]
    named = comparison.assign(**draw, flags=flags)
    return named.sort_values(["acquisition", "feature"], kind="stable")[list(COMPARISON)]
