"""Ratios of geometric means of paired exposures, and how many pairs a verdict needs."""

from dataclasses import dataclass
from math import ceil, exp, expm1, inf, log, log1p, nan, sqrt

import numpy as np
from scipy.integrate import quad
from scipy.stats import chi2, norm, t


@dataclass(frozen=True)
class Ratio:
    """A geometric mean ratio.

    Parameters
    ----------
    estimate, low, high
        Ratio and ends of its interval; the ends of a single pair are 0 and infinite.
    n
        Pairs, or patients.
    sd_log
        Standard deviation of the log ratios; NaN of one.
    confidence
        Of the interval.
    """

    estimate: float
    low: float
    high: float
    n: int
    sd_log: float
    confidence: float

    @property
    def cv_within(self) -> float:
        """Coefficient of variation within a patient, as a share of 1, from differences of two."""
        return sqrt(expm1(self.sd_log**2 / 2))

    @property
    def cv(self) -> float:
        """Coefficient of variation of the ratios themselves, as a share of 1."""
        return sqrt(expm1(self.sd_log**2))


def geometric_mean_ratio(log_ratios: np.ndarray, confidence: float = 0.90) -> Ratio:
    """Return the ratio of geometric means with its t interval.

    Parameters
    ----------
    log_ratios
        Natural logarithms, shape (n,), n of 1 or more: differences of a patient's two log values.
    confidence
        Level of the interval; 0.90 is that of two one-sided tests at 0.05.

    Raises
    ------
    ValueError
        If there is none.
    """
    logs = np.asarray(log_ratios, dtype=float)
    if logs.size == 0:
        msg = "no pair: no ratio can be estimated"
        raise ValueError(msg)
    mean = float(logs.mean())
    if logs.size == 1:
        return Ratio(exp(mean), 0.0, inf, 1, nan, confidence)
    sd = float(logs.std(ddof=1))
    reach = float(t.ppf((1 + confidence) / 2, logs.size - 1)) * sd / sqrt(logs.size)
    return Ratio(exp(mean), exp(mean - reach), exp(mean + reach), logs.size, sd, confidence)


def sd_of_pairs(cv_within: float) -> float:
    """Return the standard deviation of paired log ratios of a within-patient CV (share of 1)."""
    return sqrt(2 * log1p(cv_within**2))


def power_of_pairs(
    n: int, cv_within: float, low: float, high: float, confidence: float = 0.90
) -> float:
    """Return the chance that the interval of n pairs lies within a bound, if the true ratio is 1.

    Parameters
    ----------
    n
        Pairs, 2 or more.
    cv_within
        Coefficient of variation within a patient, as a share of 1, more than 0.
    low, high
        The no-effect bound.
    confidence
        Of the interval.

    Notes
    -----
    The mean of the log ratios is normal and independent of their standard deviation, over whose
    distribution the chance is integrated.
    Source: Schuirmann, J Pharmacokinet Biopharm 1987;15:657.
    """
    error, df = sd_of_pairs(cv_within) / sqrt(n), n - 1
    quantile = float(t.ppf((1 + confidence) / 2, df))
    ends = log(low), log(high)
    # beyond this standard error no mean is within both ends
    most = (ends[1] - ends[0]) / (2 * quantile)

    def density(share: float) -> float:
        """Return the chance at a ratio of observed to true standard error, times its density."""
        reach = quantile * share * error
        inside = norm.cdf((ends[1] - reach) / error) - norm.cdf((ends[0] + reach) / error)
        return max(float(inside), 0.0) * float(chi2.pdf(df * share**2, df)) * 2 * df * share

    upper = min(most / error, 1 + 12 / sqrt(2 * df))
    return float(quad(density, 0, upper, limit=200)[0])


def pairs_for_power(
    cv_within: float, low: float, high: float, power: float = 0.80, confidence: float = 0.90
) -> int:
    """Return about how many pairs an interval within a bound needs, if the true ratio is 1.

    Parameters
    ----------
    cv_within
        Coefficient of variation within a patient, as a share of 1.
    low, high
        The no-effect bound.
    power, confidence
        Chance that the interval lies within it; level of the interval.

    Notes
    -----
    By the normal approximation, ``((z_conf + z_power) sd / bound)^2``, as such numbers are usually
    told: a within-patient CV of 40 % needs 52 pairs for 80 % power at 0.80 to 1.25. By the t
    distribution (`power_of_pairs`) 52 have 79.6 %, and 53 are needed.
    """
    z = float(norm.ppf((1 + confidence) / 2)) + float(norm.ppf((1 + power) / 2))
    return max(2, ceil((z * sd_of_pairs(cv_within) / min(-log(low), log(high))) ** 2))
