"""The exact conditional trend test: copies of an allele in those with an event and those without.

Given how many patients have each genotype and how many have the event, the copies among those with
the event follow a distribution that depends on the odds ratio of one copy alone. With copies of 0
and 1 this is Fisher's test.
"""

from dataclasses import dataclass
from math import comb, inf, log

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp

_FAR = 60.0
_TIED = 1e-9


@dataclass(frozen=True)
class Trend:
    """Odds ratio of one copy with its exact interval, and the exact p.

    ``estimate`` is 0 or infinite where the event separates the genotypes; ``low`` and ``high``
    likewise where there is no end.
    """

    estimate: float
    low: float
    high: float
    p: float
    smallest_p: float


def exact_trend(copies: np.ndarray, event: np.ndarray, confidence: float = 0.95) -> Trend:
    """Estimate and test the odds ratio of one copy.

    Parameters
    ----------
    copies
        Shape (n,): 0, 1 or 2.
    event
        Shape (n,), bool; somebody must have the event and somebody not.
    confidence
        Of the interval.

    Raises
    ------
    ValueError
        If all have the event, none has, or all have equal copies.

    Notes
    -----
    p is twice the smaller tail. Source: Agresti, Categorical Data Analysis, 2013, 3.5 and 7.3.
    """
    copies, event = np.asarray(copies, dtype=int), np.asarray(event, dtype=bool)
    if event.all() or not event.any() or np.ptp(copies) == 0:
        msg = "the event or the genotype is the same in everybody"
        raise ValueError(msg)
    sums, logs = _null([int((copies == one).sum()) for one in range(3)], int(event.sum()))
    seen = int(copies[event].sum())
    tail = (1 - confidence) / 2

    def share(beta: float, side: str) -> float:
        weights = logs + beta * sums
        kept = sums >= seen if side == "high" else sums <= seen
        return float(np.exp(logsumexp(weights[kept]) - logsumexp(weights)))

    def mean(beta: float) -> float:
        weights = logs + beta * sums
        return float(np.exp(weights - logsumexp(weights)) @ sums) - seen

    is_lowest, is_highest = seen == sums[0], seen == sums[-1]
    estimate = 0.0 if is_lowest else inf if is_highest else float(np.exp(_root(mean)))
    low = 0.0 if is_lowest else float(np.exp(_root(lambda b: share(b, "high") - tail)))
    high = inf if is_highest else float(np.exp(_root(lambda b: tail - share(b, "low"))))
    chances = np.exp(logs - logsumexp(logs))
    tails = chances[sums <= seen].sum(), chances[sums >= seen].sum()
    return Trend(
        estimate,
        low,
        high,
        float(min(1.0, 2 * min(tails))),
        float(min(1.0, 2 * min(chances[0], chances[-1]))),
    )


def _null(counts: list[int], n_events: int) -> tuple[np.ndarray, np.ndarray]:
    """Return possible sums of copies among the events, and the log of how often each occurs."""
    ways: dict[int, int] = {}
    for one in range(min(counts[1], n_events) + 1):
        for two in range(min(counts[2], n_events - one) + 1):
            none = n_events - one - two
            if none <= counts[0]:
                product = comb(counts[0], none) * comb(counts[1], one) * comb(counts[2], two)
                ways[one + 2 * two] = ways.get(one + 2 * two, 0) + product
    sums = np.array(sorted(ways))
    return sums, np.array([log(ways[one]) for one in sums.tolist()])


def _root(function) -> float:
    """Return the log odds ratio at which a rising function is 0."""
    return float(brentq(function, -_FAR, _FAR, xtol=_TIED))
