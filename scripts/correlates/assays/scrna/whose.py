"""Whose the cells of a file are: by its obs, by the ends of its barcodes, or all of one sample."""

from collections.abc import Mapping, Sequence

import numpy as np

from correlates.assays.scrna.refusals import (
    CELLS_OF_SEVERAL_ROWS,
    OBS_COLUMN_MISSING,
    ROWS_CONTRADICT,
    SAMPLE_NOT_IN_FILE,
    Refused,
)
from correlates.assays.scrna.source import CellSource
from correlates.intake.sheets.dates import code_dates
from correlates.problems import nearest


def lane_of(row: Mapping) -> str:
    """Return the lane of a row: aggregated matrices have one for each end of their barcodes."""
    return row.get("lane") or row.get("barcode_suffix") or row.get("batch") or ""


def shared(rows: Sequence[Mapping], column: str) -> str:
    """Return what the rows of a file say of it in one column.

    Raises
    ------
    Refused
        If they differ.
    """
    said = sorted({row.get(column) or "" for row in rows} - {""})
    if len(said) > 1:
        problem = f"rows of this file differ in {column}: {', '.join(said)}"
        raise Refused(ROWS_CONTRADICT, problem, "Give one value in all of them.")
    return said[0] if said else ""


def words_of(refused: Refused) -> dict:
    """Return what a refusal says, as it is written."""
    return {"code": refused.code, "problem": refused.problem, "remedy": refused.remedy}


def cells_of_rows(
    source: CellSource, rows: Sequence[Mapping]
) -> tuple[dict[int, np.ndarray], list[dict]]:
    """Return which cells belong to each row of a sheet.

    Parameters
    ----------
    source
        The file.
    rows
        Its rows of the sheet.

    Returns
    -------
    By the place of a row, one boolean a cell; and the rows that have none, with the reason.
    """
    chosen, refused = {}, []
    for place, row in enumerate(rows):
        try:
            chosen[place] = _cells_of(source, row, len(rows))
        except Refused as error:
            refused.append({"place": place, "state": "refused", **words_of(error)})
    taken = np.sum([*chosen.values(), np.zeros(len(source.barcodes), dtype=int)], axis=0)
    for place in [p for p, own in chosen.items() if (taken[own] > 1).any()]:
        error = Refused(
            CELLS_OF_SEVERAL_ROWS,
            "some of its cells belong to another row of the sheet too",
            "Tell the samples of the file apart by obs_column and obs_value, or barcode_suffix.",
        )
        refused.append({"place": place, "state": "refused", **words_of(error)})
        del chosen[place]
    return chosen, refused


def _cells_of(source: CellSource, row: Mapping, n_rows: int) -> np.ndarray:
    suffix, column = row.get("barcode_suffix"), row.get("obs_column")
    if suffix:
        ends = f"-{suffix.lstrip('-')}"
        own = np.array([str(one).endswith(ends) for one in source.barcodes], dtype=bool)
        found = sorted({str(one).rpartition("-")[2] for one in source.barcodes})
        what, value = "barcode suffix", suffix
    elif column:
        if column not in source.obs:
            problem = f"the file has no obs column {column!r}"
            near = nearest(column, list(map(str, source.obs.columns)))
            hint = f"Is {near[0]!r} meant?" if near else "Correct the column obs_column."
            raise Refused(OBS_COLUMN_MISSING, problem, hint)
        value = row.get("obs_value") or row.get("sample") or ""
        # in the sheet, dates in names are coded
        labels = np.array([code_dates(str(one)) for one in source.obs[column]], dtype=object)
        own, found = labels == value, sorted(set(labels))
        what = f"value of {column}"
    elif n_rows > 1:
        problem = f"{n_rows} rows of the sheet name this file, and nothing tells their cells apart"
        remedy = "Give obs_column (and obs_value), or barcode_suffix."
        raise Refused(CELLS_OF_SEVERAL_ROWS, problem, remedy)
    else:
        return np.ones(len(source.barcodes), dtype=bool)
    if not own.any():
        problem = f"no cell has the {what} {value!r}; there are {', '.join(found[:8])}"
        raise Refused(SAMPLE_NOT_IN_FILE, problem, "Correct the row, or the file.")
    return own
