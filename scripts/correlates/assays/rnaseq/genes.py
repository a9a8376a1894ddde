"""Genes that are asked for, found in a matrix by Ensembl id or symbol, and in no other way."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from correlates.assays.rnaseq.matrix import CountMatrix

# Ensembl ids by symbol: XIST, and genes of the Y chromosome outside its pseudoautosomal ends.
SEX_GENES = {
    "XIST": "ENSG00000229807",
    "RPS4Y1": "ENSG00000129824",
    "DDX3Y": "ENSG00000067048",
    "KDM5D": "ENSG00000012817",
    "EIF1AY": "ENSG00000198692",
}
# Symbols that older annotations use; none is the current symbol of another gene.
_FORMER = {
    "RHOH": ("ARHH",),
    "IKZF1": ("ZNFN1A1",),
    "IKZF3": ("ZNFN1A3",),
    "KDM5D": ("JARID1D", "SMCY"),
    "DDX3Y": ("DBY",),
    "RPS4Y1": ("RPS4Y",),
}
CRBN = "CRBN"
# Reads of the gene are reads of all its transcripts: a marker of its own among those of CRBN.
_ANALYTES = {CRBN: "crbn_total"}


@dataclass(frozen=True)
class FoundGene:
    """A gene in a matrix.

    Parameters
    ----------
    symbol
        As it was asked for.
    rows
        Places of its rows; several only where they hold different counts.
    note
        What a reader must know of how it was found.
    """

    symbol: str
    rows: tuple[int, ...]
    note: str = ""

    def counts(self, matrix: CountMatrix) -> np.ndarray:
        """Return its counts, shape (libraries,)."""
        return matrix.counts[list(self.rows)].sum(axis=0)


def analyte(symbol: str) -> str:
    """Return the word for a gene in the name of a feature."""
    return _ANALYTES.get(symbol, symbol.lower())


def find_genes(matrix: CountMatrix, wanted: Mapping[str, str]) -> dict[str, FoundGene]:
    """Find genes in a matrix.

    Parameters
    ----------
    matrix
        The counts.
    wanted
        Ensembl id by symbol.

    Returns
    -------
    By symbol, those that the matrix has. By Ensembl id first; by symbol, current or former, only in
    rows that have no Ensembl id of another gene.
    """
    found = {}
    for symbol, ensembl in wanted.items():
        rows = matrix.rows_by_id.get(ensembl, [])
        note = ""
        for name in () if rows else (symbol, *_FORMER.get(symbol, ())):
            rows = [
                each
                for each in matrix.rows_by_symbol.get(name.upper(), [])
                if not str(matrix.ids[each]).startswith("ENSG")
            ]
            if rows:
                note = f"the matrix calls it {name}" if name != symbol else ""
                break
        if rows:
            found[symbol] = _of_rows(symbol, rows, note, matrix)
    return found


def _of_rows(symbol: str, rows: list[int], note: str, matrix: CountMatrix) -> FoundGene:
    """Keep rows that repeat each other once, and say where rows are added."""
    different: list[int] = []
    for row in rows:
        if not any(np.array_equal(matrix.counts[row], matrix.counts[one]) for one in different):
            different.append(row)
    if len(different) < len(rows):
        note = "; ".join(filter(None, [note, f"{len(rows)} equal rows, counted once"]))
    if len(different) > 1:
        note = "; ".join(filter(None, [note, f"counts of {len(different)} rows of it are added"]))
    return FoundGene(symbol, tuple(different), note)
