"""Several pre-specified contrasts at once: corrected, and whether the correction can be passed.

The levels are those of the analysis plan and follow no setting: a confidence level is that of the
intervals and moves neither.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import false_discovery_control

from correlates.analyses.wording import smallest as smallest_text

# two-sided level of the primary family, and false discovery rate of the secondary one
ALPHA, FDR = 0.05, 0.10


def holm(p_values: Sequence[float], size: int = 0) -> np.ndarray:
    """Adjust the p-values of a family after Holm.

    Parameters
    ----------
    p_values
        Shape (k,); NaN for a contrast that was pre-specified and could not be tested. It stays in
        the family, as if its p were 1.
    size
        How many hypotheses the family holds, where it is more than k; the rest counts likewise.

    Returns
    -------
    Shape (k,), NaN where NaN came in.

    Notes
    -----
    Source: Holm, Scand J Stat 1979;6:65.
    """
    p = _filled(p_values, size)
    order = np.argsort(p, kind="stable")
    steps = p[order] * np.arange(p.size, 0, -1)
    adjusted = np.empty(p.size)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return _where_tested(adjusted, p_values)


def benjamini_hochberg(p_values: Sequence[float], size: int = 0) -> np.ndarray:
    """Return the q-values of a family, with the parameters of ``holm``.

    Notes
    -----
    Source: Benjamini and Hochberg, J R Stat Soc B 1995;57:289.
    """
    p = _filled(p_values, size)
    return _where_tested(false_discovery_control(p, method="bh") if p.size else p, p_values)


def _filled(p_values: Sequence[float], size: int) -> np.ndarray:
    p = np.asarray(p_values, dtype=float)
    unlisted = np.ones(max(0, size - p.size))
    return np.concatenate([np.where(np.isnan(p), 1.0, p), unlisted])


def _where_tested(adjusted: np.ndarray, p_values: Sequence[float]) -> np.ndarray:
    p = np.asarray(p_values, dtype=float)
    return np.where(np.isnan(p), np.nan, adjusted[: p.size])


def family_verdict(
    smallest: Sequence[float], size: int = 0, is_primary: bool = True
) -> tuple[bool, str]:
    """Say whether a family can reach its level with these group sizes and ties.

    Parameters
    ----------
    smallest
        Shape (k,): smallest attainable p of each contrast given its ties, which is known without
        knowing who is in which group; NaN where it cannot be tested.
    size
        How many hypotheses the family holds, where it is more than k.
    is_primary
        Whether it is corrected after Holm, else after Benjamini and Hochberg.

    Returns
    -------
    Whether the correction can be passed, and a sentence that says so.
    """
    listed, size = len(smallest), max(size, len(smallest))
    tested = [p for p in smallest if not np.isnan(p)]
    holds = "one contrast" if size == 1 else f"{size} contrasts"
    sentence = f"The {'primary' if is_primary else 'secondary'} family holds {holds}"
    if size > listed:
        sentence += f", {size - listed} of them not listed here"
        of_them = f"; of the {listed} listed, "
    else:
        of_them = ", of which "
    if not tested:
        return False, f"{sentence}; none could be tested."
    if len(tested) < listed:
        sentence += f"{of_them}{len(tested)} could be tested"
    best, level = min(tested), ALPHA if is_primary else FDR
    sentence += f". The smallest p attainable, given the ties, is {smallest_text(best)}"
    reached = min(1.0, best * size)
    if is_primary and size > 1:
        sentence += f"; times {size} that is {smallest_text(reached)}"
    elif not is_primary:
        reached = float(np.nanmin(benjamini_hochberg(smallest, size)))
        sentence += f", and the smallest q (Benjamini and Hochberg) {smallest_text(reached)}"
    is_reachable = bool(reached <= level)
    can = "can" if is_reachable else "cannot"
    sentence += f", so the family {can} reach {level:g} at these numbers of patients."
    return is_reachable, sentence
