"""Libraries of one kind of cell on one scale: filter, TMM factors, log2 counts per million."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from correlates.assays.normalise import is_expressed, log2_cpm, tmm_factors
from correlates.assays.rnaseq.genes import SEX_GENES
from correlates.assays.rnaseq.libraries import Library
from correlates.assays.rnaseq.settings import RnaseqSettings


@dataclass(frozen=True)
class Expression:
    """Libraries that were normalised together.

    Parameters
    ----------
    cell
        Whose RNA it is.
    libraries
        Those with counts, in the order of the columns.
    genes
        Shape (genes,): ids of the genes that passed the filter.
    counts
        Shape (genes, libraries).
    factors
        Shape (libraries,): TMM factors; 1 where there is one library only.
    log_cpm
        Shape (genes, libraries).
    smallest_group
        Libraries of the smallest group, which the filter took.
    """

    cell: str
    libraries: list[Library]
    genes: np.ndarray
    counts: np.ndarray
    factors: np.ndarray
    log_cpm: np.ndarray
    smallest_group: int

    @cached_property
    def sizes(self) -> np.ndarray:
        """Effective sizes: reads of the genes that were kept, times TMM factor."""
        return self.counts.sum(axis=0) * self.factors

    @property
    def of_both_sexes(self) -> np.ndarray:
        """Shape (genes,), bool: genes by which libraries of men and women are not told apart."""
        named = {*SEX_GENES, *SEX_GENES.values()}
        return np.array([gene not in named for gene in self.genes], dtype=bool)


def normalise_cells(
    libraries: Sequence[Library], settings: RnaseqSettings
) -> dict[str, Expression]:
    """Normalise the libraries of each kind of cell together.

    Cells are not normalised with each other: a T cell differs from a CLL cell in more than the few
    genes that the trimming sees through, and a library more of one shall not move the other.

    Parameters
    ----------
    libraries
        Libraries; those without counts, or without a read, are passed over.
    settings
        ``min_cpm`` and ``prior_count``.
    """
    by_cell: dict[str, list[Library]] = {}
    for one in libraries:
        if one.counted_reads > 0:
            by_cell.setdefault(one.cell, []).append(one)
    return {cell: _normalise(cell, together, settings) for cell, together in by_cell.items()}


def _normalise(cell: str, libraries: list[Library], settings: RnaseqSettings) -> Expression:
    table = _common_genes(libraries)
    counts = table.to_numpy(dtype=float)
    smallest = smallest_group(libraries)
    kept = is_expressed(counts, counts.sum(axis=0), smallest, settings.min_cpm)
    # A panel of few genes, or a broken file, may lose all of them: then none can be left out.
    kept = kept if counts[kept].sum(axis=0).all() else np.ones(len(counts), dtype=bool)
    counts = counts[kept]
    factors = tmm_factors(counts)
    factors = np.where(np.isfinite(factors), factors, 1.0)
    log_cpm = log2_cpm(counts, counts.sum(axis=0) * factors, settings.prior_count)
    genes = table.index.to_numpy(dtype=object)[kept]
    return Expression(cell, libraries, genes, counts, factors, log_cpm, smallest)


def smallest_group(libraries: Sequence[Library]) -> int:
    """Return how many libraries the smallest visit has; 1 at least."""
    visits = pd.Series([f"{one.row.get('visit')} {one.row.get('timepoint')}" for one in libraries])
    return int(visits.value_counts().min())


def _common_genes(libraries: Sequence[Library]) -> pd.DataFrame:
    """Return genes by libraries, of the genes that all of their files have, each in one row."""
    parts, seen = [], {}
    for one in libraries:
        if id(one.matrix) not in seen:
            names = pd.DataFrame(one.matrix.counts, index=one.matrix.ids)
            repeats = names.index.duplicated(keep=False)
            # a row that stands twice is no more reads; two rows of one name are added
            once = names[repeats].reset_index().drop_duplicates().set_index("index")
            summed = once.groupby(level=0, sort=False).sum()
            seen[id(one.matrix)] = pd.concat([names[~repeats], summed])
        parts.append(seen[id(one.matrix)][one.column].rename(len(parts)))
    if len(seen) == 1:
        return pd.concat(parts, axis=1)
    return pd.concat(parts, axis=1, join="inner")
