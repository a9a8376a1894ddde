"""Levey-Jennings limits from few batches, and the rules by which a batch is out of them."""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

OTHERS, PREVIOUS = "others", "previous"
IN, WARNING, OUT, NO_LIMITS = "in", "warning", "out", "no_limits"
# By these a batch is out; 1_2s only warns.
REJECTING = ("1_3s", "2_2s", "R_4s", "4_1s", "10_x")
# No score of a batch is known better than this; infinite ones would not be drawn.
_FURTHEST = 8.0
_FAR = 3.0


def chart_limits(
    values: Sequence[float], limits_from: str, min_batches: int, least_sd: float = 0.0
) -> list[dict]:
    """Judge each batch by the others, never by itself.

    Parameters
    ----------
    values
        One value a batch, in their order; NaN where there is none.
    limits_from
        ``others`` (all batches but the judged one) or ``previous`` (those before it).
    min_batches
        Fewest batches of a chart with limits, the judged one among them.
    least_sd
        SD that batches have at least, such as the error of counting: two that agree by chance to
        the last event say nothing of a third.

    Returns
    -------
    One mapping a batch: ``n_others``, ``centre`` and ``sd`` of the others, ``low3``, ``low2``,
    ``high2``, ``high3`` (limits) and ``score``; NaN where there are too few others.

    Notes
    -----
    Mean and SD of m batches are estimates themselves. The limits are those between which the next
    batch lies as often as a value within 2 or 3 SD does when both are known:
    ``centre +- t(m - 1) x SD x sqrt(1 + 1/m)``. A score is the batch's distance, turned into the SD
    of a normal distribution in the same way. Two others set limits that next to nothing exceeds.
    What lies beyond 3 SD of the others sets no limits for them: it would hide the next one. Two
    that are off by as much on one side still hide each other.
    """
    values = np.asarray(values, dtype=float)
    far = np.zeros(len(values), dtype=bool)
    # Once to see which are out, and again without them among the others.
    for _ in range(2):
        sound = np.where(far, np.nan, values)
        judged = [
            _judged(value, _others(sound, place, limits_from), min_batches, least_sd)
            for place, value in enumerate(values)
        ]
        far = np.array([abs(one["score"]) > _FAR for one in judged], dtype=bool)
    return judged


def reach_of_limits(n_others: int, sds: float = 3.0) -> float:
    """Return how many SD of so many other batches the limits lie from their mean.

    Parameters
    ----------
    n_others
        Batches behind the limits, 2 or more.
    sds
        Which limits.
    """
    if n_others < 2:
        return np.inf
    return float(np.sqrt(1 + 1 / n_others) * stdtrit(n_others - 1, ndtr(sds)))


def rules_broken(scores: Sequence[float]) -> list[list[str]]:
    """Name the rules that each batch breaks, from its own score and those just before it.

    Parameters
    ----------
    scores
        Distance from the centre in SD, one a batch in their order. Where it is NaN, the rules over
        several batches start anew.

    Returns
    -------
    Rule names: ``1_2s`` (a warning), ``1_3s``, ``2_2s`` (two in a row beyond 2 SD on one side),
    ``R_4s`` (two in a row beyond 2 SD on either side), ``4_1s``, ``10_x``.

    Notes
    -----
    Source: Westgard et al., Clin Chem 1981;27:493. Theirs are runs of one day with two controls;
    here a batch is a run, so that ``R_4s`` looks at two batches in a row.
    """
    scores = np.asarray(scores, dtype=float)
    return [_rules_of(scores[: place + 1]) for place in range(len(scores))]


def verdict(score: float, rules: Sequence[str]) -> str:
    """Say what a batch's score and rules amount to."""
    if np.isnan(score):
        return NO_LIMITS
    if set(rules) & set(REJECTING):
        return OUT
    return WARNING if rules else IN


def _others(values: np.ndarray, place: int, limits_from: str) -> np.ndarray:
    others = values[:place] if limits_from == PREVIOUS else np.delete(values, place)
    return others[~np.isnan(others)]


def _judged(value: float, others: np.ndarray, min_batches: int, least_sd: float) -> dict:
    count = len(others)
    names = ("centre", "sd", "low3", "low2", "high2", "high3", "score")
    if count < max(min_batches - 1, 2):
        return {"n_others": count} | dict.fromkeys(names, np.nan)
    centre, sd = others.mean(), max(others.std(ddof=1), least_sd)
    spread = sd * np.sqrt(1 + 1 / count)
    reach = {sds: sd * reach_of_limits(count, sds) for sds in (2, 3)}
    limits = {f"low{sds}": centre - far for sds, far in reach.items()}
    limits |= {f"high{sds}": centre + far for sds, far in reach.items()}
    score = _score(value - centre, spread, count - 1)
    return {"n_others": count, "centre": centre, "sd": sd, **limits, "score": score}


def _score(distance: float, spread: float, degrees: int) -> float:
    if np.isnan(distance):
        return np.nan
    if spread == 0:
        return float(np.sign(distance) * _FURTHEST)
    # By its smaller tail, whose probability is not rounded to 1.
    tail = stdtr(degrees, -abs(distance) / spread)
    return float(np.clip(-np.sign(distance) * ndtri(tail), -_FURTHEST, _FURTHEST))


def _rules_of(scores: np.ndarray) -> list[str]:
    """Return the rules that the last score breaks."""
    own = scores[-1]
    if np.isnan(own):
        return []
    same = scores * np.sign(own)
    held = {
        "1_2s": abs(own) > 2,
        "1_3s": abs(own) > 3,
        "2_2s": _all_beyond(same, 2, 2),
        "R_4s": abs(own) > 2 and len(same) > 1 and same[-2] < -2,
        "4_1s": _all_beyond(same, 4, 1),
        "10_x": _all_beyond(same, 10, 0),
    }
    return [rule for rule, holds in held.items() if holds]


def _all_beyond(same_side: np.ndarray, count: int, sds: float) -> bool:
    last = same_side[-count:]
    return len(last) == count and bool((last > sds).all())
