"""Genes that tell cells apart: those that vary more than others of their mean."""

import numpy as np
from scipy import sparse

# Counts to which a cell is scaled before cells are compared; for looking only.
_SCALE = 1e4


def log_shares(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return ln(1 + counts per 10,000) of each cell: for likeness and markers, never measured."""
    library = np.asarray(counts.sum(axis=1)).ravel().astype(float)
    scale = np.divide(_SCALE, library, out=np.zeros(len(library)), where=library > 0)
    shares = sparse.csr_matrix(counts, dtype=np.float32, copy=True)
    shares.data *= np.repeat(scale, np.diff(shares.indptr)).astype(np.float32)
    np.log1p(shares.data, out=shares.data)
    return shares


def variable_genes(shares: sparse.csr_matrix, count: int, min_cells: int = 1) -> np.ndarray:
    """Return the places of the genes that vary most for their mean, in ascending order.

    Parameters
    ----------
    shares
        As `log_shares` gives them, shape (cells, genes).
    count
        How many at most.
    min_cells
        Cells in which a gene must be seen.
    """
    n_cells = shares.shape[0]
    seen = np.bincount(shares.indices, minlength=shares.shape[1])
    # Of counts, and not of their logarithms, the variance goes with the mean.
    linear = np.expm1(shares.data.astype(float))
    mean = np.bincount(shares.indices, linear, shares.shape[1]) / n_cells
    spread = np.bincount(shares.indices, linear**2, shares.shape[1]) / n_cells - mean**2
    excess = np.where(seen >= min_cells, spread / np.maximum(mean, 1e-12), -1.0)
    order = np.argsort(-excess, kind="stable")[:count]
    return np.sort(order[excess[order] >= 0])
