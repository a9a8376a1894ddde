"""What a marker's change between two draws comes to, by how its censored values are handled."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from correlates.analyses.sign_flip import paired_shift, smallest_p_of_pairs
from correlates.analyses.soluble.pairs import Pairs
from correlates.assays.soluble.censored_pairs import fit_change
from correlates.assays.soluble.handling import DETECTED, MODEL

RATIO, SHARE = "ratio", "share of pairs"


@dataclass(frozen=True)
class Change:
    """The change of one marker.

    Parameters
    ----------
    estimate, low, high, unit
        A ratio of geometric means, or the share of pairs with a direction that rose, with its
        interval. NaN where there is none.
    p, p_least
        Exact two-sided p; over all that censored values could have been, the largest and the
        smallest.
    smallest_p
        Smallest p that these pairs allow, whatever their directions.
    rose, fell
        Pairs whose direction is known.
    method
        In words.
    """

    estimate: float
    low: float
    high: float
    unit: str
    p: float
    p_least: float
    smallest_p: float
    rose: int
    fell: int
    method: str


def change_of(pairs: Pairs, handling: str, confidence: float) -> Change:
    """Estimate the change of one marker over one pair of draws or more.

    Parameters
    ----------
    pairs
        With a usable value at both draws.
    handling
        ``model``, ``ranks`` or ``detected``, by the share of the marker's values below the limit.
    confidence
        Of the interval.
    """
    if handling == MODEL:
        return _modelled(pairs, confidence)
    if handling == DETECTED:
        before, after = pairs.detected()
        gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
        return _directions(gained, lost, confidence, "exact McNemar test of being detected")
    low, high = pairs.differences()
    rose, fell = int((low > 0).sum()), int((high < 0).sum())
    return _directions(rose, fell, confidence, "exact sign test, what limits hide being tied")


def _modelled(pairs: Pairs, confidence: float) -> Change:
    """Estimate a ratio of geometric means: exactly, or by likelihood where limits hide values."""
    low, high = pairs.differences()
    shift = paired_shift(low, high, confidence)
    rose, fell = int((low > 0).sum()), int((high < 0).sum())
    ends = shift.mean_low, shift.low, shift.high
    method = "paired differences of log2, exact sign-flip test and its interval"
    if pairs.n_censored:
        fit = fit_change(*pairs.levels(), confidence)
        ends = (math.nan,) * 3 if fit is None else (fit.mean, fit.low, fit.high)
        method = "censored maximum likelihood of both log2 values of each pair (profile interval)"
    estimate, below, above = (2.0**one for one in ends)
    return Change(
        *(estimate, below, above, RATIO, shift.p, shift.p_least),
        *(shift.smallest_p, rose, fell, method),
    )


def _directions(rose: int, fell: int, confidence: float, method: str) -> Change:
    """Test whether more pairs rose than fell, among those whose direction is known."""
    known = rose + fell
    if not known:
        nothing = (math.nan, math.nan, math.nan, SHARE, 1.0, 1.0, 1.0)
        return Change(*nothing, rose, fell, method)
    test = binomtest(rose, known, 0.5)
    interval = test.proportion_ci(confidence, method="exact")
    p = float(test.pvalue)
    ends = rose / known, float(interval.low), float(interval.high)
    return Change(*ends, SHARE, p, p, smallest_p_of_pairs(known), rose, fell, method)


def is_rise(change: Change) -> bool:
    """Tell in which direction a change goes."""
    middle = 1.0 if change.unit == RATIO else 0.5
    return bool(np.isfinite(change.estimate) and change.estimate > middle)
