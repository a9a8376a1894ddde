"""Several pre-specified contrasts at once: Holm's correction, and whether it can be passed."""

from collections.abc import Sequence

import numpy as np

from correlates.analyses.wording import smallest as smallest_text


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Adjust the p-values of a family after Holm.

    Parameters
    ----------
    p_values
        Shape (k,); NaN for a contrast that was pre-specified and could not be tested. It stays in
        the family, as if its p were 1.

    Returns
    -------
    Shape (k,), NaN where NaN came in.

    Notes
    -----
    Source: Holm, Scand J Stat 1979;6:65.
    """
    p = np.asarray(p_values, dtype=float)
    filled = np.where(np.isnan(p), 1.0, p)
    order = np.argsort(filled, kind="stable")
    steps = filled[order] * np.arange(p.size, 0, -1)
    adjusted = np.empty(p.size)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return np.where(np.isnan(p), np.nan, adjusted)


def family_verdict(smallest: Sequence[float], alpha: float = 0.05) -> tuple[bool, str]:
    """Say whether a family can reach its level with these group sizes and ties.

    Parameters
    ----------
    smallest
        Shape (k,): smallest attainable p of each contrast given its ties, which is known without
        knowing who is in which group; NaN where it cannot be tested.
    alpha
        Level of the family.

    Returns
    -------
    Whether Holm's first step can be passed, and a sentence that says so.
    """
    size = len(smallest)
    tested = [p for p in smallest if not np.isnan(p)]
    holds = "one contrast" if size == 1 else f"{size} contrasts"
    if not tested:
        return False, f"The primary family holds {holds}; none could be tested."
    best = min(tested)
    is_reachable = bool(best * size <= alpha)
    sentence = f"The primary family holds {holds}"
    if len(tested) < size:
        sentence += f", of which {len(tested)} could be tested"
    sentence += f". The smallest p attainable, given the ties, is {smallest_text(best)}"
    if size > 1:
        sentence += f"; times {size} that is {smallest_text(min(1.0, best * size))}"
    can = "can" if is_reachable else "cannot"
    sentence += f", so the family {can} reach {alpha:g} at these numbers of patients."
    return is_reachable, sentence
