"""Sizes of pseudobulks: counts of a type in a sample, scaled by TMM so that samples compare.

Summed counts of one type over samples are normalised as libraries of bulk RNA are; a type whose
cells changed one large programme would otherwise shift all of its other genes.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from correlates.assays.normalise import tmm_factors

TMM, PLAIN = "TMM", "library size"
# A trimmed mean over fewer genes rests on a handful of them.
FEWEST_GENES = 50

Group = tuple[str, int, str]


def effective_sizes(
    pseudobulks: Mapping[str, pd.DataFrame],
    libraries: Mapping[Group, float],
    min_counts: int,
) -> dict[Group, tuple[float, str]]:
    """Return the effective size of each pseudobulk, and what it is scaled by.

    Parameters
    ----------
    pseudobulks
        By file: ``gene_id`` and, named ``<place>|<type>``, the summed raw counts of each sample
        and type, shape (genes, samples x types).
    libraries
        Counts of all genes of the pseudobulks that have cells enough, by file, place of the
        sample in it, and type. The others take no part.
    min_counts
        Counts that a gene must have in at least half of the pseudobulks of its type to take part.

    Returns
    -------
    By file, place and type: counts times TMM factor, whose geometric mean within a type is 1; or
    the counts alone, for all samples of a type of which there is one pseudobulk only, or fewer than
    `FEWEST_GENES` genes that all its files know and enough counts were seen of.

    Notes
    -----
    Source: Robinson and Oshlack, Genome Biol 2010;11:R25, on sums over cells.
    """
    sizes: dict[Group, tuple[float, str]] = {}
    for kind in dict.fromkeys(kind for _, _, kind in libraries):
        groups = [group for group in libraries if group[2] == kind]
        factors = _factors(pseudobulks, groups, min_counts)
        for group, factor in zip(groups, factors, strict=True):
            scaled = (libraries[group] * factor, TMM) if np.isfinite(factor) else None
            sizes[group] = scaled or (libraries[group], PLAIN)
    return sizes


def _factors(
    pseudobulks: Mapping[str, pd.DataFrame], groups: Sequence[Group], min_counts: int
) -> np.ndarray:
    """Return the TMM factor of each pseudobulk of one type; NaN of all if there can be none."""
    none = np.full(len(groups), np.nan)
    if len(groups) < 2:
        return none
    columns = [
        pseudobulks[key].groupby("gene_id", sort=False)[f"{place}|{kind}"].sum()
        for key, place, kind in groups
    ]
    counts = pd.concat(columns, axis=1, join="inner").to_numpy(dtype=float)
    seen = (counts >= min_counts).sum(axis=1) >= len(groups) / 2
    if seen.sum() < FEWEST_GENES:
        return none
    factors = tmm_factors(counts[seen])
    return factors if np.isfinite(factors).all() else none
