"""The occupancies of a cohort, one series a feature and specimen, and the readings of one draw."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from correlates.analyses.cells import CELLS, SPECIMENS
from correlates.analyses.occupancy.readings import Reading, find_reading, parts_of
from correlates.analyses.occupancy.settings import (
    PRIMARY_SERIES,
    Comparison,
    Draw,
    OccupancySettings,
)
from correlates.clinical.dosing.dosing import Dosing
from correlates.clinical.dosing.phases import COMBO, IBR_RUNIN


@dataclass(frozen=True)
class Series:
    """One feature in one specimen: its rows, and what it is of."""

    feature: str
    specimen: str
    target: str
    cell: str
    rows: pd.DataFrame
    named: str


def series_of(measurements: pd.DataFrame, settings: OccupancySettings) -> list[Series]:
    """Return the occupancies of the targets that have a margin, one a cell and specimen.

    That of the primary question is the first; then targets as their margins, cells as `CELLS`.
    """
    found = []
    is_one = measurements["feature"].map(lambda name: parts_of(name) is not None).astype(bool)
    for feature, rows in measurements[is_one].groupby("feature", sort=True):
        target, cell = parts_of(feature)
        if target not in settings.margins:
            continue
        several = rows["specimen"].nunique() > 1
        for specimen, own in rows.groupby("specimen", sort=True):
            named = f" ({SPECIMENS.get(specimen, specimen)})" if several else ""
            found.append(Series(feature, specimen, target, cell, own, named))
    return sorted(found, key=lambda one: _place(one, list(settings.margins)))


def _place(series: Series, targets: list[str]) -> tuple:
    cells = list(CELLS)
    at = cells.index(series.cell) if series.cell in cells else len(cells)
    is_other = (series.target, series.cell) != PRIMARY_SERIES
    return is_other, targets.index(series.target), at, series.feature, series.specimen


def draws_of(settings: OccupancySettings) -> list[tuple[Draw, str, str]]:
    """Return every draw of the comparisons once, with its window and phase."""
    sides = [
        (side, one.window, phase)
        for one in settings.comparisons
        for side, phase in ((one.alone, IBR_RUNIN), (one.combination, COMBO))
    ]
    return list(dict.fromkeys(sides))


def usable_readings(
    series: Series,
    draw: Draw,
    window: str,
    phase: str,
    dosing: Mapping[str, Dosing],
    settings: OccupancySettings,
) -> list[Reading]:
    """Return each patient's reading of one draw that nothing is against."""
    asked = Comparison("", draw, draw, window)
    found = [
        find_reading(own, asked, phase == IBR_RUNIN, dosing.get(str(patient)), settings)
        for patient, own in series.rows.groupby("patient", sort=True)
    ]
    return [one for one in found if one is not None and not one.causes]
