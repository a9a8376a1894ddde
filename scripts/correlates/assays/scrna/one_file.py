"""One file of single cells measured: whose the cells are, which are sound, their sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from correlates.assays.scrna.lanes import CELL_COLUMNS, Lanes
from correlates.assays.scrna.refusals import Refused
from correlates.assays.scrna.source import open_cells
from correlates.assays.scrna.whose import cells_of_rows, lane_of, shared, words_of


@dataclass
class FileResult:
    """What came of one file.

    Parameters
    ----------
    summary
        ``state`` (``measured`` or ``refused``, then ``code``, ``problem``, ``remedy``), what the
        file is, and ``samples``: one mapping a row of the sheet, by its ``place`` among them.
    cells
        One row a barcode of a sample, columns `CELL_COLUMNS`.
    pseudobulk
        Raw counts summed, one row a gene (``gene_id``, ``symbol``), one column a sample and type
        (``<place>|<type>``).
    """

    summary: dict
    cells: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(CELL_COLUMNS)))
    pseudobulk: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["gene_id", "symbol"])
    )


def measure_file(path: str | Path, rows: Sequence[Mapping], settings: Mapping) -> FileResult:
    """Measure the samples of one file.

    Parameters
    ----------
    path
        File or folder of counts.
    rows
        Its rows of the sheet ``scrna``: who stands for which of its cells.
    settings
        The config's block ``scrna``.

    Returns
    -------
    What came of it; a file or sample that is refused says why, and nothing is raised for bad data.
    """
    try:
        source = open_cells(path, shared(rows, "layer"))
    except Refused as refused:
        return FileResult({"state": "refused", **words_of(refused), "samples": []})
    chosen, samples = cells_of_rows(source, rows)
    lanes = Lanes(source, rows, settings)
    try:
        for lane in dict.fromkeys(lane_of(rows[place]) for place in chosen):
            lanes.measure({p: c for p, c in chosen.items() if lane_of(rows[p]) == lane})
    except Refused as refused:
        return FileResult({"state": "refused", **words_of(refused), "samples": []})
    nobody = ~np.any([*chosen.values(), np.zeros(len(source.barcodes), dtype=bool)], axis=0)
    summary = {
        **{"state": "measured", "kind": source.kind, "layer": source.layer},
        "n_barcodes": len(source.barcodes),
        "n_genes": int(source.features.is_gene.sum()),
        "n_antibodies": int(source.features.is_antibody.sum()),
        "n_of_nobody": int(nobody.sum()),
        "samples": sorted([*samples, *lanes.samples], key=lambda one: one["place"]),
        "markers": lanes.markers,
    }
    return FileResult(summary, lanes.cell_table(), lanes.sum_table())
