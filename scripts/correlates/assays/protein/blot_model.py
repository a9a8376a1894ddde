"""Samples over blots: each sample's level against the inter-blot control, blots as random effects.

    y_ij = level of what lane i holds + blot_j + e_ij,   y = log2(band / total-protein stain)

The estimate is the level of a sample minus that of the control. Where a blot holds both, its own
effect cancels; the model decides how much is to be learnt from lanes whose neighbours are not
shared. Variances are estimated by restricted maximum likelihood, the ratio of the two profiled.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import t as student

RANDOM, FIXED = "reml_blot_random", "blot_fixed"
# ratio of the variance between blots to that within: beyond these ends nothing changes any more
_LOG_RATIO = (-12.0, 12.0)


@dataclass(frozen=True)
class Levels:
    """Levels against the control.

    Parameters
    ----------
    units
        What the levels are of, without the control.
    estimate, se
        log2 level above the control and its standard error, shape (units,); NaN standard errors
        where nothing was replicated.
    df
        Degrees of freedom of the error within blots.
    sd_within, sd_between
        Standard deviations of lanes within a blot and of blots, log2; NaN where not estimated.
    method
        ``reml_blot_random`` or ``blot_fixed``.
    """

    units: tuple[Hashable, ...]
    estimate: np.ndarray
    se: np.ndarray
    df: int
    sd_within: float
    sd_between: float
    method: str

    def interval(self, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Return both ends by Student's t with the degrees of freedom within blots."""
        if self.df < 1:
            nothing = np.full(len(self.units), np.nan)
            return nothing, nothing
        reach = student.ppf((1 + confidence) / 2, self.df) * self.se
        return self.estimate - reach, self.estimate + reach


def levels_over_blots(
    y: Sequence[float],
    units: Sequence[Hashable],
    blots: Sequence[Hashable],
    control: Hashable,
    min_blots: int,
) -> Levels:
    """Estimate the level of every unit against the control.

    Parameters
    ----------
    y
        log2(band / total-protein stain) of each lane, shape (lanes,).
    units, blots
        What each lane holds, and on which blot, shape (lanes,).
    control
        The unit that stands on every blot.
    min_blots
        Fewest blots for which the variance between blots is estimated.

    Returns
    -------
    With fewer blots their effects are fixed: each sample is compared within blots only, which needs
    no variance of a handful of blots and is unbiased whatever the blots are like.

    Raises
    ------
    ValueError
        If a blot lacks the control, which must be seen to before.
    """
    y = np.asarray(y, dtype=float)
    names = [control, *sorted({one for one in units if one != control}, key=str)]
    on = sorted(set(blots), key=str)
    lacking = [blot for blot in on if (control, blot) not in set(zip(units, blots, strict=True))]
    if lacking:
        msg = f"no control lane on {', '.join(map(str, lacking))}"
        raise ValueError(msg)
    # Column 0 is the level of the control, the others are differences from it.
    x = np.column_stack(
        [np.ones(y.size), *([float(one == name) for one in units] for name in names[1:])]
    )
    z = np.array([[float(blot == name) for name in on] for blot in blots])
    df = y.size - int(np.linalg.matrix_rank(np.hstack([x, z])))
    if len(on) < min_blots or df < 1:
        return _fixed(y, x, z, names, df)
    return _random(y, x, z, names, df)


def _fixed(y, x, z, names, df: int) -> Levels:
    design = np.hstack([x, z[:, 1:]])
    beta, *_ = np.linalg.lstsq(design, y, rcond=None)
    rest = y - design @ beta
    variance = float(rest @ rest) / df if df > 0 else math.nan
    covariance = np.linalg.inv(design.T @ design) * variance
    kept = slice(1, len(names))
    se = np.sqrt(np.diag(covariance)[kept])
    return Levels(tuple(names[1:]), beta[kept], se, df, math.sqrt(variance), math.nan, FIXED)


def _random(y, x, z, names, df: int) -> Levels:
    ends = [_deviance(np.exp(end), y, x, z)[0] for end in _LOG_RATIO]
    found = minimize_scalar(
        lambda log_ratio: _deviance(np.exp(log_ratio), y, x, z)[0],
        bounds=_LOG_RATIO,
        method="bounded",
        options={"xatol": 1e-6},
    )
    ratio = math.exp(found.x)
    if ends[0] <= found.fun:
        # No blot effect at all is likelier than any.
        ratio = 0.0
    _, beta, covariance, variance = _deviance(ratio, y, x, z)
    se = np.sqrt(np.diag(covariance)[1:])
    return Levels(
        tuple(names[1:]),
        beta[1:],
        se,
        df,
        math.sqrt(variance),
        math.sqrt(variance * ratio),
        RANDOM,
    )


def _deviance(ratio: float, y, x, z):
    """Return -2 log restricted likelihood, profiled over levels and scale, and the estimates."""
    v = np.eye(y.size) + ratio * z @ z.T
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    beta = np.linalg.solve(information, x.T @ inverse @ y)
    rest = y - x @ beta
    df = y.size - x.shape[1]
    variance = max(float(rest @ inverse @ rest) / df, np.finfo(float).tiny)
    logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
    deviance = df * math.log(variance) + logs
    return deviance, beta, np.linalg.inv(information) * variance, variance
