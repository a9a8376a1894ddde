"""Tables of this floor, each of which says by which data cut it was made."""

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from pathlib import Path

from correlates.intake.clinical import ClinicalRecords
from correlates.tables import write_tsv

DATA_CUT = "data_cut"


def write_clinical_table(
    path: str | Path,
    columns: Sequence[str],
    rows: Iterable[Mapping],
    records: ClinicalRecords,
) -> None:
    """Write rows as tab-separated text with these columns and ``data_cut``, whole.

    Parameters
    ----------
    path
        Where the table shall stand.
    columns
        Its columns, without ``data_cut``.
    rows
        A missing value is None or NaN and becomes an empty field; truth values become yes and no.
    records
        The records that it was made of, which know the cut.
    """
    made = ({name: _written(row.get(name)) for name in columns} for row in rows)
    named = (row | {DATA_CUT: records.cut_name} for row in made)
    write_tsv(path, [*columns, DATA_CUT], named)


def _written(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return None if isnan(value) else f"{value:.10g}"
    return value
