"""Counts of genes on one scale: counts per million, TMM factors, log2 with a prior, TPM.

The numbers are those of edgeR, whose published values the tests reproduce. Counts may be fractions,
since salmon and tximport share a read among genes.
"""

import numpy as np
from scipy.stats import rankdata

PER_MILLION = 1e6
_TRIM_M, _TRIM_A = 0.30, 0.05
_NO_DIFFERENCE = 1e-6


def cpm(counts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return counts per million; a library without reads has none that are known.

    Parameters
    ----------
    counts
        Shape (genes, libraries).
    sizes
        Shape (libraries,): reads that each library's counts are a part of.
    """
    known = np.where(np.asarray(sizes, dtype=float) > 0, sizes, np.nan)
    return counts / known * PER_MILLION


def is_expressed(counts: np.ndarray, sizes: np.ndarray, smallest: int, min_cpm: float = 1.0):
    """Tell which genes more than ``min_cpm`` is seen of in at least ``smallest`` libraries.

    Parameters
    ----------
    counts
        Shape (genes, libraries).
    sizes
        Shape (libraries,): reads assigned.
    smallest
        Libraries of the smallest group that is compared.
    min_cpm
        Counts per million, without any factor.

    Returns
    -------
    Shape (genes,), bool.
    """
    return (cpm(counts, sizes) > min_cpm).sum(axis=1) >= max(1, smallest)


def tmm_factors(counts: np.ndarray) -> np.ndarray:
    """Trimmed mean of M values: what the size of each library is multiplied with.

    Parameters
    ----------
    counts
        Shape (genes, libraries), of the genes that passed the filter.

    Returns
    -------
    Shape (libraries,); their geometric mean is 1. NaN for a library without a read.

    Notes
    -----
    Source: Robinson and Oshlack, Genome Biol 2010;11:R25; the reference library, trimming and
    weights as in edgeR's calcNormFactors.
    """
    counts = np.asarray(counts, dtype=float)
    counts = counts[(counts > 0).any(axis=1)]
    sizes = counts.sum(axis=0)
    has_reads = sizes > 0
    factors = np.full(sizes.size, np.nan)
    if not has_reads.any():
        return factors
    counts, sizes = counts[:, has_reads], sizes[has_reads]
    reference = _reference_library(counts, sizes)
    logs = np.array(
        [
            _log_factor(counts[:, each], sizes[each], counts[:, reference], sizes[reference])
            for each in range(sizes.size)
        ]
    )
    factors[has_reads] = 2 ** (logs - logs.mean())
    return factors


def _reference_library(counts: np.ndarray, sizes: np.ndarray) -> int:
    """Return the library whose upper quartile is nearest to the mean one."""
    quartiles = np.quantile(counts, 0.75, axis=0) / sizes
    if np.median(quartiles) < 1e-20:
        return int(np.argmax(np.sqrt(counts).sum(axis=0)))
    return int(np.argmin(np.abs(quartiles - quartiles.mean())))


def _log_factor(counts: np.ndarray, size: float, reference: np.ndarray, ref_size: float) -> float:
    seen = (counts > 0) & (reference > 0)
    share, ref_share = counts[seen] / size, reference[seen] / ref_size
    ratio = np.log2(share / ref_share)
    if not ratio.size or np.abs(ratio).max() < _NO_DIFFERENCE:
        return 0.0
    level = np.log2(share * ref_share) / 2
    variance = (1 - share) / counts[seen] + (1 - ref_share) / reference[seen]
    kept = _untrimmed(ratio, _TRIM_M) & _untrimmed(level, _TRIM_A)
    if not kept.any():
        return 0.0
    weights = 1 / variance[kept]
    return float((ratio[kept] * weights).sum() / weights.sum())


def _untrimmed(values: np.ndarray, trim: float) -> np.ndarray:
    lowest = np.floor(values.size * trim) + 1
    ranks = rankdata(values)
    return (ranks >= lowest) & (ranks <= values.size + 1 - lowest)


def log2_cpm(counts: np.ndarray, sizes: np.ndarray, prior_count: float = 2.0) -> np.ndarray:
    """Log2 of counts per million, with a prior that shrinks what few reads say.

    Parameters
    ----------
    counts
        Shape (genes, libraries).
    sizes
        Shape (libraries,): effective sizes, reads times TMM factor.
    prior_count
        Reads added to each count of a library of mean size, and in proportion to those of others,
        so that a gene without any read is not higher in a smaller library.

    Notes
    -----
    Source: edgeR's cpm(log=TRUE) and addPriorCount. The prior is no log2(x + 1): it moves with the
    size of the library.
    """
    prior = prior_count * np.asarray(sizes) / np.mean(sizes)
    return np.log2((counts + prior) / (sizes + 2 * prior) * PER_MILLION)


def tpm(counts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Transcripts per million: (c / L) / sum(c / L) x 10^6, for display.

    Parameters
    ----------
    counts
        Shape (genes, libraries), of all genes.
    lengths
        Shape (genes,), in bases; genes without a length have no TPM and are no part of the sum.
    """
    lengths = np.asarray(lengths, dtype=float)
    rates = counts / np.where(lengths > 0, lengths, np.nan)[:, None]
    totals = np.nansum(rates, axis=0)
    return rates / np.where(totals > 0, totals, np.nan) * PER_MILLION
