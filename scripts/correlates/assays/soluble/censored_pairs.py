"""Mean change of pairs of normal values either of which may lie beyond a limit."""

import math

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr, owens_t
from scipy.stats import t as student

from correlates.assays.soluble.censored_fit import FEWEST, NormalFit, end_of_profile

# Correlation of atanh 4 is 0.9993: nearer to 1 nothing of the probabilities changes.
_MOST = 4.0
_TINY = 1e-300
# Logarithm of the widest spread that is tried: beyond, numbers overflow.
_WIDEST = 40.0
# A gradient at which the likelihood is flat to what the intervals are told to.
_FLAT = 1e-3
_LOG_2PI = math.log(2 * math.pi)


def fit_change(
    before: tuple[np.ndarray, np.ndarray],
    after: tuple[np.ndarray, np.ndarray],
    confidence: float = 0.95,
) -> NormalFit | None:
    """Fit a bivariate normal distribution to pairs, and return the mean of after minus before.

    Parameters
    ----------
    before, after
        Low and high ends of each value, shape (n,) each: equal where it was measured, minus
        infinity below a limit, infinity above one.
    confidence
        Of the interval.

    Returns
    -------
    The fit, with the standard deviation of the difference; None where fewer than three pairs were
    measured at both draws, or their differences are all equal.

    Notes
    -----
    The levels before are taken to be normal over patients; where they are strongly skewed or of
    two kinds, most of the bias of the likelihood of differences stays.
    A pair below its limit at both draws, and a difference of which one end is known, tell of the
    levels and not only of the change: the likelihood of differences alone leaves that out, and is
    biased, since what is censored is not independent of how large the change is. The profile falls
    as in `censored_fit.fit_normal`, by the pairs measured at both draws; without censoring it
    is the interval by Student's t of the differences.
    Source: Lyles, Williams and Chuachoowong, Biometrics 2001;57:1238.
    """
    ends = [np.asarray(one, dtype=float) for one in (*before, *after)]
    both = (ends[0] == ends[1]) & (ends[2] == ends[3])
    change = ends[2][both] - ends[0][both]
    if change.size < FEWEST or np.ptp(change) == 0:
        return None
    cases = _Cases(*ends)
    best = _least(lambda p: -cases.log_likelihood(*p), _start(*ends))
    mean, sd = float(best.x[0]), _sd_of_change(best.x)
    quantile = float(student.ppf((1 + confidence) / 2, change.size - 1))
    drop = change.size / 2 * math.log1p(quantile**2 / (change.size - 1))

    def shortfall(other: float) -> float:
        inner = _least(lambda p: -cases.log_likelihood(other, *p), best.x[1:])
        return float(inner.fun - best.fun - drop)

    return NormalFit(
        mean=mean,
        sd=sd,
        low=end_of_profile(shortfall, mean, -sd),
        high=end_of_profile(shortfall, mean, sd),
        n=both.size,
        n_censored=int((~both).sum()),
        confidence=confidence,
    )


class _Cases:
    """Pairs by what is known of them; values beyond an upper limit are mirrored to a lower one."""

    def __init__(self, low_1, high_1, low_2, high_2) -> None:
        exact_1, exact_2 = low_1 == high_1, low_2 == high_2
        self.exact, self.neither = exact_1 & exact_2, ~exact_1 & ~exact_2
        self.only_1, self.only_2 = exact_1 & ~exact_2, ~exact_1 & exact_2
        self.sign_1, self.sign_2 = (np.where(np.isinf(h), -1.0, 1.0) for h in (high_1, high_2))
        # the value, or the one end of it that is known
        self.x = np.where(np.isinf(high_1), low_1, high_1)
        self.y = np.where(np.isinf(high_2), low_2, high_2)

    def log_likelihood(
        self, change: float, level: float, log_sd_1: float, log_sd_2: float, z_corr: float
    ) -> float:
        """Return it; ``level`` is the mean before, ``z_corr`` Fisher's z of the correlation."""
        corr = math.tanh(min(max(z_corr, -_MOST), _MOST))
        log_sd_1, log_sd_2 = (min(max(one, -_WIDEST), _WIDEST) for one in (log_sd_1, log_sd_2))
        a = (self.x - level) / math.exp(log_sd_1)
        b = (self.y - level - change) / math.exp(log_sd_2)
        rest = math.sqrt(1 - corr**2)
        log_a, log_b = (-0.5 * (z**2 + _LOG_2PI) for z in (a, b))
        ups_2, ups_1 = self.sign_2 * (b - corr * a) / rest, self.sign_1 * (a - corr * b) / rest
        within = -0.5 * (((b - corr * a) / rest) ** 2 + _LOG_2PI) - math.log(rest) - log_sd_2
        total = (log_a - log_sd_1 + within)[self.exact].sum()
        total += (log_a - log_sd_1 + log_ndtr(ups_2))[self.only_1].sum()
        total += (log_b - log_sd_2 + log_ndtr(ups_1))[self.only_2].sum()
        one, other = (self.sign_1 * a)[self.neither], (self.sign_2 * b)[self.neither]
        mass = quadrant(one, other, corr * (self.sign_1 * self.sign_2)[self.neither])
        return float(total + np.log(np.maximum(mass, _TINY)).sum())


def log_likelihood(
    low_1: np.ndarray, high_1: np.ndarray, low_2: np.ndarray, high_2: np.ndarray, shape: tuple
) -> float:
    """Return the log likelihood of pairs.

    Parameters
    ----------
    low_1, high_1, low_2, high_2
        Ends of the values before and after, shape (n,).
    shape
        Mean change, mean before, logarithms of both standard deviations, Fisher's z of the
        correlation.
    """
    return _Cases(low_1, high_1, low_2, high_2).log_likelihood(*shape)


def quadrant(a: np.ndarray, b: np.ndarray, corr: np.ndarray) -> np.ndarray:
    """Return the probability that two standard normal values lie below ``a`` and ``b``.

    Parameters
    ----------
    a, b
        Limits, shape (n,), finite.
    corr
        Correlation, shape (n,), between -1 and 1.

    Notes
    -----
    By the T function. Source: Owen, Ann Math Stat 1956;27:1075.
    """
    # none is exactly zero: the ratios of limits have no value there
    a, b = (np.where(np.abs(one) < 1e-12, 1e-12, one) for one in (a, b))
    rest = np.sqrt(1 - corr**2)
    parts = owens_t(a, (b / a - corr) / rest) + owens_t(b, (a / b - corr) / rest)
    mass = 0.5 * (ndtr(a) + ndtr(b)) - parts - np.where(a * b < 0, 0.5, 0.0)
    return np.clip(mass, 0.0, 1.0)


def _start(low_1, high_1, low_2, high_2) -> np.ndarray:
    """Return the start: moments, with a limit in place of what lies beyond it."""
    x, y = np.where(np.isinf(high_1), low_1, high_1), np.where(np.isinf(high_2), low_2, high_2)
    sd_1, sd_2 = (max(float(one.std()), 1e-3) for one in (x, y))
    level = float(x.mean())
    corr = float(np.mean((x - level) * (y - y.mean())) / (sd_1 * sd_2))
    z_corr = math.atanh(min(max(corr, -0.95), 0.95))
    return np.array([float(y.mean()) - level, level, math.log(sd_1), math.log(sd_2), z_corr])


def _sd_of_change(p: np.ndarray) -> float:
    sd_1, sd_2, corr = math.exp(p[2]), math.exp(p[3]), math.tanh(min(max(p[4], -_MOST), _MOST))
    return math.sqrt(max(sd_1**2 + sd_2**2 - 2 * corr * sd_1 * sd_2, _TINY))


def _least(function, start: np.ndarray):
    options = {"xatol": 1e-6, "fatol": 1e-8, "maxiter": 4000, "maxfev": 4000}
    quick = minimize(function, start, method="BFGS", options={"gtol": 1e-5})
    # where the numbers leave the gradient no way on, the simplex goes
    if np.isfinite(quick.fun) and np.abs(quick.jac).max() < _FLAT:
        return quick
    return minimize(
        function,
        quick.x if np.isfinite(quick.fun) else start,
        method="Nelder-Mead",
        options=options,
    )
