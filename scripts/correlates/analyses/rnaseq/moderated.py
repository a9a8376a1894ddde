"""Moderated paired t tests of all genes, with weights by the precision of counts (limma-voom).

The model is ``~ patient + phase``. With two libraries a patient, its phase effect is the weighted
mean of the patients' differences, so nothing larger than that is fitted.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, polygamma
from scipy.stats import t as student
from statsmodels.nonparametric.smoothers_lowess import lowess

from correlates.analyses.multiplicity import benjamini_hochberg
from correlates.assays.normalise import PER_MILLION, tmm_factors

_SPAN = 0.5
_LEAST_VARIANCE = 1e-5
_NEWTON_STEPS = 50
_NEWTON_ENOUGH = 1e-8


@dataclass(frozen=True)
class ModeratedTest:
    """One test a gene, each array of shape (genes,).

    Parameters
    ----------
    change
        Log2 fold change from the first draw to the second.
    t
        Moderated t.
    p, q
        Two-sided p, and its false discovery rate after Benjamini and Hochberg.
    df
        Degrees of freedom, those that were borrowed from the other genes included.
    """

    change: np.ndarray
    t: np.ndarray
    p: np.ndarray
    q: np.ndarray
    df: float


def paired_differences(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the differences of pairs of libraries, and the precision of each.

    Parameters
    ----------
    before, after
        Shape (genes, pairs): counts.

    Returns
    -------
    Log2 differences and weights, each of shape (genes, pairs).

    Notes
    -----
    Source: Law et al., Genome Biol 2014;15:R29 (voom), with lowess over half of the genes.
    """
    counts = np.hstack([before, after])
    n = before.shape[1]
    sizes = counts.sum(axis=0) * tmm_factors(counts)
    logs = np.log2((counts + 0.5) / (sizes + 1) * PER_MILLION)
    differences = logs[:, n:] - logs[:, :n]
    change = differences.mean(axis=1, keepdims=True)
    spread = ((differences - change) ** 2).sum(axis=1) / 2 / (n - 1)
    to_counts = np.log2(sizes + 1) - np.log2(PER_MILLION)
    level = logs.mean(axis=1) + to_counts.mean()
    # between points nearer than this the curve is drawn straight, as by R
    near = 0.01 * np.ptp(level)
    trend = lowess(np.sqrt(np.sqrt(spread)), level, frac=_SPAN, it=3, delta=near)
    places, first = np.unique(trend[:, 0], return_index=True)
    middle = (logs[:, :n] + logs[:, n:]) / 2
    fitted = np.hstack([middle - change / 2, middle + change / 2]) + to_counts
    root = np.interp(fitted, places, trend[first, 1])
    variances = np.maximum(root, np.sqrt(np.sqrt(_LEAST_VARIANCE))) ** 4
    return differences, 1 / (variances[:, :n] + variances[:, n:])


def moderated_test(differences: np.ndarray, weights: np.ndarray) -> ModeratedTest:
    """Test each gene's weighted mean difference, with variances drawn towards each other.

    Parameters
    ----------
    differences, weights
        Shape (genes, pairs), three pairs or more.

    Notes
    -----
    Source: Smyth, Stat Appl Genet Mol Biol 2004;3:3.
    """
    n = differences.shape[1]
    total = weights.sum(axis=1)
    change = (weights * differences).sum(axis=1) / total
    variance = (weights * (differences - change[:, None]) ** 2).sum(axis=1) / (n - 1)
    posterior, prior_df = squeeze_variances(variance, n - 1)
    t = change * np.sqrt(total / posterior)
    # no gene can borrow more than all of them have
    df = min(n - 1 + prior_df, (n - 1) * len(change))
    p = 2 * student.sf(np.abs(t), df)
    return ModeratedTest(change, t, p, benjamini_hochberg(p), df)


def squeeze_variances(variances: np.ndarray, df: float) -> tuple[np.ndarray, float]:
    """Draw the variances of genes towards a common one.

    Parameters
    ----------
    variances
        Shape (genes,).
    df
        Degrees of freedom of each.

    Returns
    -------
    The posterior variances, and the prior degrees of freedom: infinite where the variances differ
    by no more than chance.

    Notes
    -----
    Source: fitFDist and squeezeVar of limma; Smyth 2004, section 6.2.
    """
    floored = np.maximum(variances, _LEAST_VARIANCE * np.median(variances))
    if len(floored) < 2 or not (floored > 0).all():
        return variances, 0.0
    logs = np.log(floored) - digamma(df / 2) + np.log(df / 2)
    excess = logs.var(ddof=1) - polygamma(1, df / 2)
    if excess <= 0:
        common = np.exp(logs.mean())
        return np.full_like(floored, common), np.inf
    prior_df = 2 * _inverse_trigamma(excess)
    prior = np.exp(logs.mean() + digamma(prior_df / 2) - np.log(prior_df / 2))
    return (df * floored + prior_df * prior) / (df + prior_df), prior_df


def _inverse_trigamma(value: float) -> float:
    """Solve trigamma(x) = value by Newton's method on 1 / trigamma, which is nearly linear."""
    x = 0.5 + 1 / value
    for _ in range(_NEWTON_STEPS):
        trigamma = polygamma(1, x)
        step = trigamma * (1 - trigamma / value) / polygamma(2, x)
        x += step
        if -step / x < _NEWTON_ENOUGH:
            break
    return float(x)


def listed_under_flips(
    differences: np.ndarray, weights: np.ndarray, fdr: float, most: int, seed: int = 1
) -> np.ndarray:
    """Count the genes that would be listed if the order of the draws meant nothing.

    Parameters
    ----------
    differences, weights
        As in `moderated_test`.
    fdr
        Level of q.
    most
        Patterns of signs that are tried: all, if there are no more, else as many at random.
    seed
        Of the choice.

    Returns
    -------
    Genes listed under each pattern; patterns that change nothing, and their mirror images, are
    left out, so it may be empty.
    """
    n = differences.shape[1]
    n_patterns = 2 ** (n - 1) - 1
    if n_patterns <= most:
        numbers = np.arange(1, n_patterns + 1)
    else:
        rng = np.random.default_rng(seed)
        numbers = rng.choice(n_patterns, size=most, replace=False) + 1
    # the first pair keeps its sign: a pattern and its mirror image list the same genes
    bits = (numbers[:, None] >> np.arange(n - 1)) & 1
    signs = np.hstack([np.ones((len(numbers), 1)), 1 - 2 * bits])
    return np.array(
        [int((moderated_test(differences * one, weights).q <= fdr).sum()) for one in signs],
        dtype=int,
    )
