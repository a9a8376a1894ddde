"""Stability of reference genes: geNorm's M by stepwise exclusion, and V."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Stability:
    """How stable candidate reference genes are over samples.

    ``m`` is that of each gene among all candidates. ``ranking`` goes from the most to the least
    stable by stepwise exclusion; its first two cannot be told apart. ``exclusions`` are the steps:
    the gene excluded, its M, and the mean M of those still there. ``v`` is V_n/n+1 by n.
    """

    m: dict[str, float]
    ranking: list[str]
    exclusions: list[tuple[str, float, float]]
    v: dict[int, float]
    n_samples: int


def pairwise_m(log2: np.ndarray) -> np.ndarray:
    """Mean pairwise variation M of each gene.

    Parameters
    ----------
    log2
        Log2 quantities, samples by genes; two of each or more, none missing.

    Returns
    -------
    ``M_j = mean over k of SD(log2 a_j/a_k)``, one a gene.

    Notes
    -----
    Source: Vandesompele et al., Genome Biol 2002;3:research0034.
    """
    differences = log2[:, :, None] - log2[:, None, :]
    variation = differences.std(axis=0, ddof=1)
    return variation.sum(axis=1) / (log2.shape[1] - 1)


def measure_stability(log2: ArrayLike, genes: Sequence[str]) -> Stability:
    """Rank candidate reference genes as geNorm does.

    Parameters
    ----------
    log2
        Log2 quantities, samples by genes. Samples that lack any gene are left out.
    genes
        Names of the columns, at least two.

    Returns
    -------
    The stability; nothing is ranked where fewer than two genes or samples are left.
    """
    log2 = np.asarray(log2, dtype=float)
    log2 = log2[np.isfinite(log2).all(axis=1)]
    if len(genes) < 2 or len(log2) < 2:
        return Stability({}, [], [], {}, len(log2))
    left = list(range(len(genes)))
    first = dict(zip(genes, pairwise_m(log2).tolist(), strict=True))
    exclusions, worst = [], []
    while len(left) > 2:
        m = pairwise_m(log2[:, left])
        place = int(np.argmax(m))
        exclusions.append((genes[left[place]], float(m[place]), float(m.mean())))
        worst.append(left.pop(place))
    last = pairwise_m(log2[:, left])
    exclusions.append((genes[left[0]] + " + " + genes[left[1]], float(last[0]), float(last.mean())))
    ranked = left + worst[::-1]
    return Stability(
        m=first,
        ranking=[genes[i] for i in ranked],
        exclusions=exclusions,
        v=_pairwise_v(log2[:, ranked]),
        n_samples=len(log2),
    )


def _pairwise_v(ranked: np.ndarray) -> dict[int, float]:
    """Return V_n/n+1: how much the normalisation factor changes when the next gene joins it."""
    factors = np.cumsum(ranked, axis=1) / np.arange(1, ranked.shape[1] + 1)
    return {
        n: float((factors[:, n - 1] - factors[:, n]).std(ddof=1)) for n in range(2, ranked.shape[1])
    }


def most_stable(stability: Stability, max_m: float, max_v: float, fewest: int) -> list[str]:
    """Choose reference genes: those with M within the limit, until one more changes little.

    Parameters
    ----------
    stability
        Of all candidates.
    max_m
        Largest M of a gene that is kept; genes leave one by one, the worst first.
    max_v
        V_n/n+1 below which the n most stable genes suffice.
    fewest
        Genes to choose at least, where so many are within ``max_m``.

    Returns
    -------
    The genes, the most stable ones first; none where even the best pair is not stable.
    """
    kept = len(stability.ranking)
    for _, m, _ in stability.exclusions:
        if m <= max_m:
            break
        kept -= 1
    else:
        return []
    enough = [n for n, v in stability.v.items() if n >= fewest and v < max_v]
    return stability.ranking[: min([kept, *enough])]
