"""From the cells of an exported table to rows of the measurement table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.flow.counts.counting import (
    ND,
    OK,
    limit_events,
    status_by_count,
)
from correlates.flow.counts.tubes import DISPLAY_ONLY
from correlates.flow.gated_tables.columns import UNITS, Column, columns_of
from correlates.flow.gated_tables.impossible import GRAVE, ancestors_of, impossible_flags
from correlates.flow.gated_tables.numbers import ABOVE, BELOW, BLANK, NOT_DETECTED, NUMBER
from correlates.flow.gated_tables.table import Cell, GatedTable, TableDraw
from correlates.intervals import clopper_pearson, garwood
from correlates.measurements import COLUMNS, conform

NOT_EVALUABLE, MISSING = "not_evaluable", "missing"
NO_COUNT = "no_event_count"
BLANK_CELL = "blank_in_table"
# Half of the last digit of a percentage that is written with one decimal.
_ROUNDING = 0.05


@dataclass(frozen=True)
class TableSettings:
    """What the config's ``flow`` block says of exported tables.

    Parameters
    ----------
    min_parent_events
        Fewest parent events for a percentage, where the table has them.
    lod_events, lloq_events
        Fewest events that are detected, and quantified, where the table has them.
    anchors
        Populations by role: ``leukocytes``, ``viable``, ``singlets``.
    clone_free, clone
        Populations that hold no cell of the clone, and that hold no other.
    tolerance
        By how much children may exceed their parent, as a fraction.
    """

    min_parent_events: int
    lod_events: int
    lloq_events: int
    anchors: Mapping[str, str]
    clone_free: Sequence[str]
    clone: Sequence[str]
    tolerance: float


def table_measurements(
    block: Mapping, table: GatedTable, specimen: str, settings: TableSettings
) -> pd.DataFrame:
    """Measure what a table holds.

    Parameters
    ----------
    block
        The table's part of the config.
    table
        The table, as it was read.
    specimen
        The study's usual one, which is no part of a sample's name.
    settings
        Limits and names.

    Returns
    -------
    A measurement table; ``method`` is ``gated_table:<name>``. With counts of events, intervals and
    statuses are those of gated files; without, intervals are absent, ``n`` is missing and the row
    is flagged ``no_event_count``. Blank cells are ``missing``.
    """
    columns = columns_of(block["map"])
    beside = [settings.anchors[role] for role in ("viable", "singlets")]
    tree = ancestors_of(columns, settings.anchors["leukocytes"], beside)
    pure = _pure(columns, settings)
    rows = []
    for draw in table.draws:
        flags = _flags_of_draw(draw, columns, tree, settings.tolerance)
        for feature, cell in draw.cells.items():
            noted = list(flags.get(feature, ()))
            noted += ["unit_unclear"] if feature in table.suspects else []
            noted += [] if pure[feature] else [DISPLAY_ONLY]
            rows.append(_keys(draw, block["name"], specimen) | _row(cell, noted, settings))
    return conform(pd.DataFrame(rows, columns=COLUMNS))


def _pure(columns: Sequence[Column], settings: TableSettings) -> dict[str, bool]:
    """Say which features measure their population and not the burden of the clone.

    The population of an absolute count may be anything; the parent of a percentage, and the
    population of an intensity, must lie in what is declared to be the clone, or free of it.
    """
    tree = ancestors_of(columns)
    declared = {*settings.clone_free, *settings.clone}

    def is_pure(column: Column) -> bool:
        if column.statistic == "abs":
            return True
        base = column.against if column.statistic == "pct" else column.population
        return bool({base, *tree.get(base, ()), *column.inside} & declared)

    return {column.feature: is_pure(column) for column in columns}


def _value(cell: Cell) -> float:
    """Return the number or limit of a cell in the unit of the measurement table."""
    reading = cell.reading
    return reading.value * (1.0 if reading.is_percent else cell.column.factor)


def _flags_of_draw(
    draw: TableDraw, columns: Sequence[Column], tree: Mapping, tolerance: float
) -> dict[str, list[str]]:
    values = {
        feature: _value(cell) for feature, cell in draw.cells.items() if cell.reading.kind == NUMBER
    }
    events = {feature: (cell.n, cell.n_parent) for feature, cell in draw.cells.items()}
    return impossible_flags(values, events, columns, tree, tolerance)


def _keys(draw: TableDraw, name: str, specimen: str) -> dict:
    who = draw.who
    return {
        "patient": who.patient,
        "visit": who.visit,
        "timepoint": who.timepoint,
        "specimen": who.specimen,
        "sample": who.sample_key(specimen),
        "day": who.study_day,
        "hours_post_dose": None,
        "phase": "",
        "run": who.batch or name,
        "assay": "flow",
        "method": f"gated_table:{name}",
    }


def _row(cell: Cell, flags: list[str], settings: TableSettings) -> dict:
    column = cell.column
    row = {"feature": column.feature, "unit": UNITS[column.statistic]}
    row |= dict.fromkeys(("value", "ci_low", "ci_high", "limit"), np.nan) | {"n": cell.n}
    kind = cell.reading.kind
    if kind == BLANK:
        return row | {"status": MISSING, "n": None, "flags": [cell.flag or BLANK_CELL]}
    if kind == NOT_DETECTED:
        row |= _not_detected(cell, flags, settings)
    elif kind in (BELOW, ABOVE):
        limit = _value(cell)
        status = "lt_lloq" if kind == BELOW else "gt_uloq"
        row |= {"value": limit, "limit": limit, "status": status}
    else:
        row |= {"value": _value(cell), "status": OK} | _counted(cell, flags, settings)
    if cell.n is None:
        flags.append(NO_COUNT)
    if GRAVE & set(flags) or "unit_unclear" in flags:
        row["status"] = NOT_EVALUABLE
    return row | {"flags": list(dict.fromkeys(flags))}


def _not_detected(cell: Cell, flags: list[str], settings: TableSettings) -> dict:
    """Return what is known of what was not detected: the limit, if somebody gives it."""
    limit = np.nan
    if cell.column.limit is not None:
        limit = cell.column.limit * cell.column.factor
    elif cell.column.statistic == "pct" and cell.n_parent:
        limit = 100 * settings.lod_events / cell.n_parent
    if np.isnan(limit):
        flags.append("not_detected_without_limit")
        return {"status": NOT_EVALUABLE}
    return {"value": limit, "limit": limit, "status": ND}


def _counted(cell: Cell, flags: list[str], settings: TableSettings) -> dict:
    """Return interval, limit and status of a value whose events the table has."""
    statistic = cell.column.statistic
    if cell.n is None or GRAVE & set(flags) or statistic not in ("pct", "abs"):
        return {}
    if statistic == "abs":
        return _counted_absolute(cell, flags, settings)
    if not cell.n_parent:
        return {}
    known = _percent_of_counts(cell, settings)
    if cell.n_parent < settings.min_parent_events:
        flags.append("parent_below_floor")
        known["status"] = NOT_EVALUABLE
    counted = 100 * cell.n / cell.n_parent
    if abs(_value(cell) - counted) > max(_ROUNDING, settings.tolerance * counted):
        flags.append("percent_disagrees_with_counts")
        known["status"] = NOT_EVALUABLE
    return known


def _percent_of_counts(cell: Cell, settings: TableSettings) -> dict:
    low, high = clopper_pearson(cell.n, cell.n_parent)
    events = limit_events(cell.n, settings.lod_events, settings.lloq_events)
    return {
        "ci_low": 100 * float(low),
        "ci_high": 100 * float(high),
        "limit": 100 * float(events) / cell.n_parent,
        "status": str(status_by_count(cell.n, settings.lod_events, settings.lloq_events)),
    }


def _counted_absolute(cell: Cell, flags: list[str], settings: TableSettings) -> dict:
    """Return the interval that the events alone give; the reference's own error is not known."""
    value = _value(cell)
    if not cell.n or not value:
        # Without an event, nothing tells how many cells one would stand for.
        both = not cell.n and not value
        flags.append("no_event_and_no_limit" if both else "count_disagrees_with_events")
        return {"status": NOT_EVALUABLE}
    per_event = value / cell.n
    low, high = garwood(cell.n)
    events = limit_events(cell.n, settings.lod_events, settings.lloq_events)
    flags.append("interval_of_events_only")
    return {
        "ci_low": float(low) * per_event,
        "ci_high": float(high) * per_event,
        "limit": float(events) * per_event,
        "status": str(status_by_count(cell.n, settings.lod_events, settings.lloq_events)),
    }
