"""Tables beside the measurements: verdicts, controls between batches, TPM, counts of all genes."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from correlates.assays.normalise import log2_cpm, tpm
from correlates.assays.quality import (
    FLAG,
    LOG2,
    Reason,
    control_row,
    run_row,
    sample_row,
    verdict_of,
)
from correlates.assays.rnaseq.expression import Expression
from correlates.assays.rnaseq.genes import analyte, find_genes
from correlates.assays.rnaseq.libraries import CONTROL, Library
from correlates.assays.rnaseq.measure import ASSAY
from correlates.assays.rnaseq.settings import RnaseqSettings

LIBRARY_COLUMNS = (
    *("library", "patient", "visit", "timepoint", "specimen", "cell", "batch", "role"),
    *("assigned_reads", "counted_reads", "rin", "rrna_pct", "purity_pct", "cll_pct"),
    *("genes_expressed", "tmm_factor", "libraries_together", "smallest_group", "verdict"),
)
TPM_COLUMNS = ("library", "patient", "visit", "cell", "gene", "reads", "length", "tpm")
_MOST_FAILED = 0.5


def library_rows(
    libraries: Iterable[Library],
    expressions: Mapping[str, Expression],
    reasons: Mapping[str, Mapping[str, Reason]],
) -> list[dict]:
    """Return what is known of each library, which is a column of the table of all genes."""
    places = {
        one.name: (expression, n)
        for expression in expressions.values()
        for n, one in enumerate(expression.libraries)
    }
    rows = []
    for one in libraries:
        told = {name: one.row.get(name) for name in LIBRARY_COLUMNS if name in one.row}
        row = dict.fromkeys(LIBRARY_COLUMNS) | told
        row |= {"library": one.name, "cell": one.cell, "batch": one.batch}
        row |= {"assigned_reads": round(one.assigned_reads)}
        row |= {"counted_reads": round(one.counted_reads)}
        row["verdict"], _ = verdict_of(reasons[one.name].values())
        if one.name in places:
            expression, n = places[one.name]
            row["genes_expressed"] = int((expression.counts[:, n] > 0).sum())
            row["tmm_factor"] = round(float(expression.factors[n]), 6)
            row["libraries_together"] = len(expression.libraries)
            row["smallest_group"] = expression.smallest_group
        rows.append(row)
    return rows


def sample_rows(
    libraries: Iterable[Library], reasons: Mapping[str, Mapping[str, Reason]]
) -> list[dict]:
    """Return the verdict on each library."""
    rows = []
    for one in libraries:
        draw = {**one.row, "cell": one.cell}
        rows.append(sample_row(ASSAY, one.batch, draw, reasons[one.name].values(), one.name))
    return rows


def run_rows(
    libraries: Sequence[Library],
    reasons: Mapping[str, Mapping[str, Reason]],
    notes: Iterable[str],
) -> list[dict]:
    """Return the verdict on each batch; ``notes`` are of the files of counts."""
    batches: dict[str, list[Library]] = {}
    for one in libraries:
        batches.setdefault(one.batch, []).append(one)
    rows = []
    for name, together in batches.items():
        found = []
        verdicts = [verdict_of(reasons[one.name].values())[0] for one in together]
        failed = verdicts.count("fail")
        if failed > _MOST_FAILED * len(together):
            found.append(Reason(FLAG, f"{failed} of its {len(together)} libraries failed."))
        if not name:
            found.append(Reason(FLAG, "No batch is recorded, so none can be told from another."))
        reads = [one.assigned_reads for one in together]
        details = f"median {np.median(reads) / 1e6:.1f} M reads assigned"
        rows.append(run_row(ASSAY, name, found, len(together), details))
    rows += [run_row(ASSAY, "counts", [Reason(FLAG, f"{note}.")], 0) for note in notes]
    return rows


def control_rows(expressions: Mapping[str, Expression], settings: RnaseqSettings) -> list[dict]:
    """Return by how much each gene varies between batches in the control that is in all of them."""
    expression = expressions.get(CONTROL)
    if expression is None:
        return []
    by_name: dict[str, list[int]] = {}
    for place, one in enumerate(expression.libraries):
        by_name.setdefault(one.row.get("sample") or CONTROL, []).append(place)
    rows = []
    for name, places in by_name.items():
        for symbol in settings.genes:
            by_batch: dict[str, list[float]] = {}
            for place in places:
                one = expression.libraries[place]
                gene = find_genes(one.matrix, {symbol: settings.genes[symbol]}).get(symbol)
                if gene is None:
                    continue
                count = gene.counts(one.matrix)[one.column]
                by_batch.setdefault(one.batch, []).append(
                    _log_cpm(count, place, expression, settings)
                )
            means = [float(np.mean(values)) for values in by_batch.values()]
            limit = settings.control_max_cv_pct
            rows.append(control_row(ASSAY, analyte(symbol), name, means, limit, LOG2))
    return rows


def _log_cpm(count: float, place: int, expression: Expression, settings: RnaseqSettings) -> float:
    row = np.zeros((1, len(expression.libraries)))
    row[0, place] = count
    return float(log2_cpm(row, expression.sizes, settings.prior_count)[0, place])


def tpm_rows(libraries: Iterable[Library], settings: RnaseqSettings) -> list[dict]:
    """Return TPM of the genes asked for, to be shown, where the counts' file gives lengths."""
    rows, known = [], {}
    for one in libraries:
        if one.matrix is None or not np.isfinite(one.matrix.lengths).any():
            continue
        if id(one.matrix) not in known:
            known[id(one.matrix)] = (
                tpm(one.matrix.counts, one.matrix.lengths), find_genes(one.matrix, settings.genes)
            )  # fmt: skip
        values, found = known[id(one.matrix)]
        for symbol, gene in found.items():
            places = list(gene.rows)
            whose = {name: one.row.get(name) for name in ("patient", "visit")}
            rows.append(
                {"library": one.name, **whose, "cell": one.cell, "gene": symbol}
                | {
                    "reads": float(one.matrix.counts[places, one.column].sum()),
                    "length": float(one.matrix.lengths[places].mean()),
                    "tpm": round(float(values[places, one.column].sum()), 4),
                }
            )
    return rows


def gene_table(expressions: Mapping[str, Expression]) -> pd.DataFrame:
    """Return counts of the genes that passed the filter, by cell: what contrasts of all genes take.

    Returns
    -------
    Columns ``cell``, ``gene`` and one a library, NaN where the gene was not kept for its cells.
    """
    parts = []
    for cell, one in expressions.items():
        if cell == CONTROL:
            continue
        names = [library.name for library in one.libraries]
        part = pd.DataFrame(one.counts, columns=names)
        part.insert(0, "gene", one.genes)
        part.insert(0, "cell", cell)
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["cell", "gene"])
