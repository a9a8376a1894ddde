"""Rank correlation over patients, and correlation within patients over their draws."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy.stats import bootstrap, norm
from scipy.stats import t as student

from correlates.analyses.ranks import rank_scores

EXACT, SAMPLED, STUDENT = "exact", "sampled", "t"
BONETT_WRIGHT, BOOTSTRAP, FISHER = "Bonett-Wright", "BCa bootstrap of patients", "Fisher's z"
# All orders of so many patients are counted; of more, some are drawn.
_MOST_COUNTED = 8
_FEWEST_FOR_BOOTSTRAP = 20
_RESAMPLES = 2000
_TIED = 1e-12


@dataclass(frozen=True)
class Correlation:
    """A correlation.

    Parameters
    ----------
    r
        The coefficient; NaN where one side does not vary.
    low, high
        Ends of its interval; NaN where there is none.
    n, df
        Patients (or draws, within patients), and degrees of freedom.
    p, p_how
        Two-sided p, and whether it is ``exact``, ``sampled`` or of a ``t`` distribution.
    smallest_p
        The smallest that these patients and ties allow.
    interval_by
        How the interval was made.
    """

    r: float
    low: float
    high: float
    n: int
    df: int
    p: float
    p_how: str
    smallest_p: float
    interval_by: str = ""


def spearman(
    x: np.ndarray,
    y: np.ndarray,
    sides: tuple[np.ndarray, np.ndarray] | None = None,
    confidence: float = 0.95,
    n_permutations: int = 9999,
    seed: int = 1,
) -> Correlation:
    """Return the rank correlation of two measurements of the same patients.

    Parameters
    ----------
    x, y
        Shape (n,), one of each patient.
    sides
        0 measured, -1 below the limit that stands for it, 1 above it; shape (n,) each. What lies
        beyond a limit common to all is tied.
    confidence
        Of the interval.
    n_permutations, seed
        Where not all orders can be counted.

    Returns
    -------
    Up to 8 patients the p is exact, all orders enumerated with their ties; beyond, it is
    ``(b + 1) / (m + 1)`` of m drawn ones. The interval is Bonett and Wright's below 20 patients and
    the BCa bootstrap of patients from 20 on.

    Notes
    -----
    Source: Bonett and Wright, Psychometrika 2000;65:23: Fisher's z with the variance
    ``(1 + r^2 / 2) / (n - 3)``.
    """
    sides = sides or (np.zeros(len(x)), np.zeros(len(y)))
    one, other = (
        rank_scores(np.asarray(values, dtype=float), np.asarray(side, dtype=int)).astype(float)
        for values, side in zip((x, y), sides, strict=True)
    )
    n = one.size
    if n < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return Correlation(math.nan, math.nan, math.nan, n, max(n - 2, 0), math.nan, "", 1.0)
    one, other = _standardised(one), _standardised(other)
    r = float(np.clip(one @ other, -1, 1))
    p, how, least = _permuted(one, other, abs(r), n_permutations, seed)
    low, high, by = _rank_interval(one, other, r, confidence, seed)
    return Correlation(r, low, high, n, n - 2, p, how, least, by)


def _standardised(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean()
    return centred / np.linalg.norm(centred)


def _permuted(one, other, seen: float, m: int, seed: int) -> tuple[float, str, float]:
    n = one.size
    if n <= _MOST_COUNTED:
        orders = np.array(list(permutations(range(n))))
        found = np.abs(other[orders] @ one)
        p = float(np.mean(found >= seen - _TIED))
        return p, EXACT, float(np.mean(found >= found.max() - _TIED))
    rng = np.random.default_rng(seed)
    orders = rng.permuted(np.tile(np.arange(n), (m, 1)), axis=1)
    found = np.abs(other[orders] @ one)
    return float((np.sum(found >= seen - _TIED) + 1) / (m + 1)), SAMPLED, 1 / (m + 1)


def _rank_interval(one, other, r: float, confidence: float, seed: int):
    n = one.size
    if n < 4:
        return math.nan, math.nan, ""
    if n < _FEWEST_FOR_BOOTSTRAP or abs(r) > 1 - 1e-9:
        variance = (1 + r**2 / 2) / (n - 3)
        return *_fisher(r, math.sqrt(variance), confidence), BONETT_WRIGHT

    def of(a, b):
        return float(np.corrcoef(a, b)[0, 1]) if np.ptp(a) and np.ptp(b) else r

    found = bootstrap(
        (one, other),
        of,
        paired=True,
        vectorized=False,
        n_resamples=_RESAMPLES,
        confidence_level=confidence,
        method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high), BOOTSTRAP


def _fisher(r: float, se: float, confidence: float) -> tuple[float, float]:
    z, reach = math.atanh(min(max(r, -1 + 1e-12), 1 - 1e-12)), norm.ppf((1 + confidence) / 2) * se
    return math.tanh(z - reach), math.tanh(z + reach)


def within_patients(
    x: np.ndarray,
    y: np.ndarray,
    patients: Sequence[str],
    confidence: float = 0.95,
    phases: Sequence[str] | None = None,
) -> Correlation:
    """Return the repeated-measures correlation: one slope for all, a level of each patient's own.

    Parameters
    ----------
    x, y
        Shape (draws,).
    patients
        Whose each draw is; those with a single draw say nothing here and are left out.
    confidence
        Of the interval.
    phases
        What was taken at each draw; the mean difference between phases is then taken out of both
        sides. Left in, a drug that lowers one of them in everybody makes a correlation out of
        whichever way the mean of the other happens to go.

    Returns
    -------
    ``df = draws - patients - 1``, less the phases beyond one; NaN where fewer than one is left, or
    a side does not vary within patients.

    Notes
    -----
    Source: Bland and Altman, BMJ 1995;310:446; Bakdash and Marusich, Front Psychol 2017;8:456,
    whose interval is Fisher's z with ``df - 1`` in the place of ``n - 3``.
    """
    x, y, who = np.asarray(x, dtype=float), np.asarray(y, dtype=float), np.asarray(patients)
    names, counts = np.unique(who, return_counts=True)
    kept = np.isin(who, names[counts > 1])
    x, y, who = x[kept], y[kept], who[kept]
    n, k = x.size, np.unique(who).size
    dx, dy = _centred(x, who), _centred(y, who)
    df = n - k - 1
    if phases is not None and n:
        dx, dy, taken = _without_phases(dx, dy, who, np.asarray(phases)[kept])
        df -= taken
    if df < 1 or not (dx @ dx > 0 and dy @ dy > 0):
        return Correlation(math.nan, math.nan, math.nan, n, max(df, 0), math.nan, "", math.nan)
    r = float(np.clip(dx @ dy / math.sqrt((dx @ dx) * (dy @ dy)), -1, 1))
    rest = max(1 - r**2, np.finfo(float).tiny)
    p = float(2 * student.sf(abs(r) * math.sqrt(df / rest), df))
    low = high = math.nan
    if df > 1:
        low, high = _fisher(r, 1 / math.sqrt(df - 1), confidence)
    return Correlation(r, low, high, n, df, p, STUDENT, 0.0, FISHER)


def _without_phases(dx, dy, who, phases):
    """Return both sides without what phases differ by, and how many parameters that took."""
    names = np.unique(phases)[1:]
    shifts = [_centred((phases == name).astype(float), who) for name in names]
    design = np.column_stack([np.zeros(len(who)), *shifts])
    left = [one - design @ np.linalg.lstsq(design, one, rcond=None)[0] for one in (dx, dy)]
    # what is left of a side that the phases explain is rounding
    left = [
        np.where(np.abs(one) > _TIED * np.abs(whole).max(), one, 0.0)
        for one, whole in zip(left, (dx, dy), strict=True)
    ]
    return *left, int(np.linalg.matrix_rank(design))


def _centred(values: np.ndarray, who: np.ndarray) -> np.ndarray:
    found = values.copy()
    for name in np.unique(who):
        found[who == name] -= found[who == name].mean()
    return found
