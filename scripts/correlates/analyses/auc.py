"""The AUC of pairs of patients held out together: its permutation p and its interval."""

from math import sqrt
from statistics import NormalDist

import numpy as np
from scipy.optimize import brentq

from correlates.analyses.lanes import auc_variance

# scores nearer than this are a tie: solvers agree far below it, patients differ far above it
_TIE = 1e-9

# settings simulated, and the lowest and highest percentage of cohorts whose 95 % interval held the
# true AUC; measured by benchmarks/auc_interval.py
SIMULATED = (33, 94, 100)


def in_order(scores: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count for each patient the pairs in the right order with the patients of the other class.

    Parameters
    ----------
    scores
        Shape (permutations, held out).
    y
        Shape (held out,), 0 or 1.

    Returns
    -------
    Pairs in the right order, a tie counting half, shape (permutations, held out); pairs there are,
    shape (held out,).
    """
    is_event = y == 1
    lead = scores[:, is_event][:, :, None] - scores[:, ~is_event][:, None, :]
    won = (lead > _TIE) + 0.5 * (np.abs(lead) <= _TIE)
    right = np.empty(scores.shape)
    right[:, is_event], right[:, ~is_event] = won.sum(axis=2), won.sum(axis=1)
    return right, np.where(is_event, (~is_event).sum(), is_event.sum())


def concordance(scores: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, int]:
    """Count pairs of a patient with and one without the event in the right order.

    Returns
    -------
    Pairs in the right order, shape (permutations,), and pairs there are, as of ``in_order``.
    """
    right, pairs = in_order(scores, y)
    return right[:, y == 1].sum(axis=1), int(pairs[y == 1].sum())


def permutation_p(aucs: np.ndarray) -> float:
    """Return ``(b + 1) / (m + 1)``: the first AUC against the m that follow, one-sided."""
    at_least = int((aucs[1:] >= aucs[0] - _TIE).sum())
    return (at_least + 1) / aucs.size


def widening_of(aucs: np.ndarray, events: int, non_events: int) -> float:
    """Return how much wider the permuted AUCs spread than those of a fixed score, at least 1.

    A score fitted in each fold varies with the patients that trained it, so a cross-validated AUC
    spreads more (1.25 to 1.35 times at 16 to 50 patients).
    """
    fixed = sqrt(auc_variance(0.5, events, non_events))
    return max(1.0, float(aucs[1:].std()) / fixed)


def excess_of(placement: np.ndarray, y: np.ndarray, auc: float) -> float:
    """Return DeLong's standard error in units of Hanley and McNeil's, at least 1.

    Hanley and McNeil presume groups of about equal spread, and permutation makes them so. Where
    the smaller group spreads more, the AUC is less certain than both say.

    Parameters
    ----------
    placement
        Shape (patients,): the share of the other class that stands on the right side of each
        patient. Their variances give DeLong's (Biometrics 1988;44:837).
    y
        Shape (patients,), 0 or 1; each class at least 2.
    auc
        The cross-validated AUC.
    """
    events, others = placement[y == 1], placement[y == 0]
    presumed = auc_variance(auc, events.size, others.size)
    if presumed <= 0:
        return 1.0
    delong = events.var(ddof=1) / events.size + others.var(ddof=1) / others.size
    return max(1.0, sqrt(delong / presumed))


def auc_interval(
    auc: float,
    events: int,
    non_events: int,
    widening: float = 1.0,
    apparent: float = 0.0,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return an approximate interval of a cross-validated AUC, ends within 0 and 1.

    Inverts the score test with Hanley and McNeil's variance at the AUC tested (Newcombe, Stat Med
    2006;25:559), its standard error times ``widening``, the product of ``widening_of`` and
    ``excess_of``. The upper end is at least that of the apparent AUC, unwidened.

    Cross-validation estimates the AUC of such ridges on average, not that of the one fitted here
    (Bates, Hastie, Tibshirani, JASA 2024;119:1434). Where markers are correlated these differ: a
    cohort may teach their contrast well or not at all, which the cross-validated AUC hardly shows,
    and the misses are nearly all upper ends too low. The apparent AUC shows it and is optimistic.

    Coverage of 95 % intervals, of the AUC of the very ridge that was fitted, 600 cohorts each
    (``benchmarks/auc_interval.py``); of the average AUC of such ridges it is as high or higher
    within 1 point:

    ======================================================  ================  =======  =====
    events v others, markers (r: correlation), true AUC     permuted spread   present  width
    ======================================================  ================  =======  =====
    8 v 16, 2, no signal                                    98 %              99 %     0.59
    8 v 16, 2, AUC 0.67                                     94 %              100 %    0.53
    9 v 15, 2, AUC 0.85                                     98 %              99 %     0.43
    10 v 13, 1, AUC 0.70                                    94 %              98 %     0.49
    20 v 30, 4, AUC 0.68                                    98 %              100 %    0.40
    15 v 15, 10, AUC 0.61                                   95 %              99 %     0.58
    8 v 16, 2 of r 0.9, AUC 0.76                            90 %              99 %     0.52
    8 v 16, 2 of r 0.95, AUC 0.78                           84 %              99 %     0.51
    8 v 16, 2 of r 0.99, AUC 0.80                           77 %              99 %     0.50
    20 v 30, 2 of r 0.9, AUC 0.81                           96 %              99 %     0.33
    15 v 15, 10 of r 0.9, AUC 0.81                          81 %              100 %    0.47
    8 v 16, 2 of r 0.9, heavy tails, AUC 0.68               89 %              99 %     0.53
    6 v 6, 2, AUC 0.65                                      94 %              100 %    0.67
    6 v 60, 2, AUC 0.67                                     95 %              100 %    0.53
    8 v 16, 2, SD of events threefold, no signal            89 %              96 %     0.62
    6 v 60, 2, SD of events threefold, AUC 0.54             84 %              95 %     0.63
    6 v 24, 2, SD of events fivefold, no signal             73 %              94 %     0.66
    ======================================================  ================  =======  =====

    "Permuted spread" is the same interval without ``excess_of`` and without the apparent AUC. The
    price is an upper end that is usually too high: with many markers the apparent AUC nears 1.
    The misses left where events spread more are lower ends too high (5 to 6 % of cohorts).

    Parameters
    ----------
    auc
        Cross-validated.
    events, non_events
        Patients with and without the event.
    widening
        Factor of the standard error.
    apparent
        AUC of the ridge fitted to all patients, in the same patients.
    confidence
        Nominal level.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    low, high = _score_interval(auc, events, non_events, widening * z)
    return low, max(high, _score_interval(apparent, events, non_events, z)[1])


def _score_interval(auc: float, events: int, non_events: int, z: float) -> tuple[float, float]:
    def excess(tested: float, sign: int) -> float:
        return sign * (auc - tested) - z * sqrt(auc_variance(tested, events, non_events))

    edge = 1e-9
    low = brentq(excess, edge, min(auc, 1 - edge), args=(1,)) if auc > 2 * edge else 0.0
    high = brentq(excess, max(auc, edge), 1 - edge, args=(-1,)) if auc < 1 - 2 * edge else 1.0
    return float(low), float(high)
