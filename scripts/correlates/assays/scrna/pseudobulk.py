"""From cells to one number a draw and cell type: summed counts, detection, and what limits them.

Cells of one draw are no replicates of it: whatever is compared is compared between draws, and no
test here counts cells.
"""

from collections.abc import Mapping

import numpy as np
from scipy import sparse
from scipy.special import gammaln

from correlates.assays.scrna.overdispersion import interval_of_sum
from correlates.intervals import clopper_pearson

PER_MILLION = 1e6
# Mean count at which a gene is seen at all with a probability of 95 %.
UNSEEN = 3.0


def sum_by_group(counts: sparse.csr_matrix, groups: np.ndarray, n_groups: int) -> np.ndarray:
    """Sum raw counts over the cells of each group.

    Parameters
    ----------
    counts
        Raw counts, shape (cells, features).
    groups
        Group of each cell, from 0; -1 belongs to none.
    n_groups
        How many groups there are.

    Returns
    -------
    Integers, shape (groups, features).
    """
    member = np.flatnonzero(groups >= 0)
    ones = np.ones(len(member), dtype=np.int64)
    picks = sparse.csr_matrix((ones, (groups[member], member)), shape=(n_groups, counts.shape[0]))
    return np.asarray((picks @ counts).todense(), dtype=np.int64)


def log2_cpm(
    count: float,
    size: float,
    limits: Mapping,
    confidence: float,
    variance: float | None = None,
    n_cells: int = 0,
) -> dict:
    """Return log2 counts per million of one gene of one pseudobulk, never with a count added.

    Parameters
    ----------
    count, size
        Counts of the gene; effective size of the pseudobulk, its counts times its TMM factor.
    limits
        ``lloq_counts``: counts from which the number is quantified.
    confidence
        Level of the interval.
    variance, n_cells
        Variance of the count as the cells show it, and how many they are; without it the interval
        is of counting alone.

    Returns
    -------
    ``value``, ``ci_low``, ``ci_high``, ``status``, ``limit``. The interval is that of the draw's
    own mean: the error of counting molecules and of which cells were caught, and nothing of what
    differs between draws. No count at all is ``nd`` with the limit of 3 counts, a mean that is seen
    with a probability of 95 %; fewer than ``lloq_counts`` are ``lt_lloq``.
    """
    low, high = interval_of_sum(count, variance, n_cells, confidence)
    scaled = PER_MILLION / size
    lloq = limits["lloq_counts"]
    status = "ok" if count >= lloq else "lt_lloq" if count > 0 else "nd"
    limit = UNSEEN if count == 0 else lloq
    shown = count if count > 0 else UNSEEN
    return {
        "value": float(np.log2(scaled * shown)),
        "ci_low": float(np.log2(scaled * low)) if low > 0 else None,
        "ci_high": float(np.log2(scaled * high)) if np.isfinite(high) else None,
        "status": status,
        "limit": float(np.log2(scaled * limit)),
    }


def detected_share(n_positive: int, n_cells: int, confidence: float) -> dict:
    """Return the percentage of cells with at least one count, with its exact interval.

    Parameters
    ----------
    n_positive, n_cells
        Cells with a count of the gene, and all cells of the type.
    confidence
        Level of the interval, which is that of this draw's cells alone.

    Returns
    -------
    ``value``, ``ci_low``, ``ci_high``, ``status``, ``limit``; in no cell is ``nd``, with the upper
    end of the interval as its limit.
    """
    low, high = (100 * float(end) for end in clopper_pearson(n_positive, n_cells, confidence))
    seen = n_positive > 0
    return {
        "value": 100.0 * n_positive / n_cells,
        **{"ci_low": low, "ci_high": high},
        "status": "ok" if seen else "nd",
        "limit": None if seen else high,
    }


def thinned_share(counts: np.ndarray, library: np.ndarray, depth: int) -> tuple[float, int]:
    """Return the share of cells in which a gene would be seen at one common depth.

    Parameters
    ----------
    counts, library
        Counts of the gene, and of all genes, of each cell.
    depth
        Counts to which each cell is thinned.

    Returns
    -------
    Expected percentage over the cells that have at least so many counts (NaN if none has), and how
    many those are. No randomness: of ``library`` molecules with ``counts`` of the gene, ``depth``
    drawn without replacement miss it with the hypergeometric probability of none.
    """
    deep = library >= depth
    seen, whole = counts[deep].astype(float), library[deep].astype(float)
    if not len(seen):
        return (np.nan, 0)
    rest = whole - seen
    possible = rest >= depth
    missed = np.zeros(len(seen))
    missed[possible] = np.exp(
        gammaln(rest[possible] + 1)
        - gammaln(rest[possible] - depth + 1)
        - gammaln(whole[possible] + 1)
        + gammaln(whole[possible] - depth + 1)
    )
    return (float(100 * (1 - missed).mean()), int(deep.sum()))


def centred_log_ratio(sums: np.ndarray, counts_in: np.ndarray | None = None) -> np.ndarray:
    """Return ln of each antibody's sum over the geometric mean of all that were seen.

    Parameters
    ----------
    sums
        Summed counts of the antibodies of one pseudobulk.
    counts_in
        Which antibodies enter the mean; all where not given.

    Returns
    -------
    One number an antibody; NaN where its sum is zero, of which there is no logarithm.
    """
    sums = np.asarray(sums, dtype=float)
    chosen = np.ones(len(sums), dtype=bool) if counts_in is None else counts_in
    logs = np.full(len(sums), np.nan)
    np.log(sums, out=logs, where=sums > 0)
    inside = logs[chosen & (sums > 0)]
    return logs - inside.mean() if len(inside) else np.full(len(sums), np.nan)
