"""Which barcodes are sound cells: floors, and distances from the median of their sample."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

# Scales a median absolute deviation to the standard deviation of a normal distribution.
MAD_TO_SD = 1.4826
KEPT = "kept"
# What a barcode can be left out for, in the order in which it is looked at.
REASONS = ("few_counts", "few_genes", "outlying_counts", "outlying_genes", "high_mito")


@dataclass(frozen=True)
class CellLimits:
    """Limits of one sample, on the scale on which each is judged.

    Parameters
    ----------
    counts, genes
        Lowest and highest counts and genes of a cell.
    mito_pct
        Highest share of mitochondrial counts, in percent; NaN where no such gene is in the matrix.
    """

    counts: tuple[float, float]
    genes: tuple[float, float]
    mito_pct: float


def cell_metrics(counts: sparse.csr_matrix, is_mito: np.ndarray) -> pd.DataFrame:
    """Return counts, genes and the mitochondrial share of each cell.

    Parameters
    ----------
    counts
        Raw counts of genes, shape (cells, genes).
    is_mito
        Which genes are mitochondrial.

    Returns
    -------
    Columns ``counts``, ``genes``, ``mito_pct``; the last is NaN without mitochondrial genes, or
    where a cell has no counts.
    """
    total = np.asarray(counts.sum(axis=1)).ravel().astype(float)
    mito = np.asarray(counts[:, is_mito].sum(axis=1)).ravel().astype(float)
    share = np.full(len(total), np.nan)
    if is_mito.any():
        np.divide(100 * mito, total, out=share, where=total > 0)
    genes = np.asarray((counts > 0).sum(axis=1)).ravel().astype(float)
    return pd.DataFrame({"counts": total, "genes": genes, "mito_pct": share})


def judge_cells(metrics: pd.DataFrame, settings: Mapping) -> tuple[np.ndarray, CellLimits]:
    """Judge the barcodes of one sample.

    Parameters
    ----------
    metrics
        As `cell_metrics` gives them.
    settings
        ``min_counts``, ``min_genes`` (floors, below which a barcode is no cell and counts for no
        median), ``nmads_counts``, ``nmads_genes``, ``nmads_mito``, ``mito_never_below_pct``,
        ``mito_always_above_pct``.

    Returns
    -------
    One word a barcode: `KEPT`, or the first reason of `REASONS`; and the limits.

    Notes
    -----
    Counts and genes are judged on the logarithm, to either side; the mitochondrial share to the
    upper side only. Source: Germain et al., Genome Biol 2020;21:227, as in the scverse handbook of
    best practices.
    """
    enough = (metrics["counts"] >= settings["min_counts"]).to_numpy()
    genes_enough = (metrics["genes"] >= settings["min_genes"]).to_numpy()
    cells = metrics[enough & genes_enough]
    limits = CellLimits(
        _spread(cells["counts"], settings["nmads_counts"]),
        _spread(cells["genes"], settings["nmads_genes"]),
        _mito_limit(cells["mito_pct"], settings),
    )
    wrong = {
        "few_counts": ~enough,
        "few_genes": ~genes_enough,
        "outlying_counts": _outside(metrics["counts"], limits.counts),
        "outlying_genes": _outside(metrics["genes"], limits.genes),
        "high_mito": (metrics["mito_pct"] > limits.mito_pct).to_numpy(),
    }
    verdicts = np.full(len(metrics), KEPT, dtype=object)
    for reason in reversed(REASONS):
        verdicts[wrong[reason]] = reason
    return verdicts, limits


def _spread(values: pd.Series, nmads: float) -> tuple[float, float]:
    if values.empty:
        return (np.nan, np.nan)
    logs = np.log(values.to_numpy())
    middle = np.median(logs)
    reach = nmads * MAD_TO_SD * np.median(np.abs(logs - middle))
    return (float(np.exp(middle - reach)), float(np.exp(middle + reach)))


def _mito_limit(shares: pd.Series, settings: Mapping) -> float:
    """Return the upper limit, not below a floor (tight samples) nor above a cap (dying ones)."""
    known = shares.dropna().to_numpy()
    if not len(known):
        return np.nan
    middle = np.median(known)
    reach = settings["nmads_mito"] * MAD_TO_SD * np.median(np.abs(known - middle))
    low, high = settings["mito_never_below_pct"], settings["mito_always_above_pct"]
    return float(np.clip(middle + reach, low, high))


def _outside(values: pd.Series, limits: tuple[float, float]) -> np.ndarray:
    # Cells that differ from the median by rounding alone are no outliers.
    low, high = limits
    return ((values < low * (1 - 1e-9)) | (values > high * (1 + 1e-9))).to_numpy()
