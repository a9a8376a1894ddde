"""One measurement table of a cohort from those of its assays."""

from collections.abc import Mapping

import pandas as pd

from correlates.clinical.dosing.dosing import Dosing
from correlates.clinical.dosing.draws import DrawNote
from correlates.clinical.dosing.settings import VisitSettings
from correlates.cohort.placing import assign_phases
from correlates.measurements import COLUMNS, KEY, conform, faults


class MeasurementError(ValueError):
    """An assay's table breaks the contract; says every way in which it does."""


def merge_measurements(
    tables: Mapping[str, pd.DataFrame],
    dosing: Mapping[str, Dosing],
    notes: Mapping[tuple, DrawNote] | None = None,
    settings: VisitSettings | None = None,
) -> pd.DataFrame:
    """Merge the tables of all assays into the cohort's one.

    Parameters
    ----------
    tables
        Measurement tables by the name that errors shall give them.
    dosing
        What each patient of the sheet took.
    notes, settings
        As in `assign_phases`.

    Returns
    -------
    All rows, sorted by key, with day, phase and the flags of the draw filled.

    Raises
    ------
    MeasurementError
        If a table breaks the contract, or if two of them hold one key or give one feature in
        different units; names all offenders.
    """
    broken = [f"{name}: {fault}" for name, table in tables.items() for fault in faults(table)]
    if broken:
        raise MeasurementError("; ".join(broken))
    filled = [conform(table) for table in tables.values() if len(table)]
    if not filled:
        return conform(pd.DataFrame(columns=COLUMNS))
    merged = pd.concat(filled, ignore_index=True)
    between = faults(merged) if len(filled) > 1 else []
    if between:
        msg = f"{' and '.join(tables)}: {'; '.join(between)}"
        raise MeasurementError(msg)
    merged = assign_phases(merged, dosing, notes, settings)
    return merged.sort_values(KEY, kind="stable").reset_index(drop=True)
