"""Amplification efficiency of each gene, from its dilution series."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

LOG2_OF_10 = math.log2(10)
CONFIDENCE = 0.95
MEASURED, DECLARED, ASSUMED, NONE = "measured", "declared", "assumed", "none"


@dataclass(frozen=True)
class StandardCurve:
    """The line of Cq on log10 quantity that the dilution series of one gene share.

    ``slope_se`` rests on ``df`` degrees of freedom, those of the dilution levels; ``r2`` is that
    of the wells. ``intercepts`` are per plate, and the quantities span ``cq_low`` to ``cq_high``.
    """

    gene: str
    slope: float
    slope_se: float
    df: int
    r2: float
    n_wells: int
    n_levels: int
    intercepts: Mapping[str, float]
    cq_low: float
    cq_high: float

    @property
    def efficiency(self) -> float:
        """Factor by which a cycle multiplies the product; 2 is perfect doubling."""
        return efficiency_of(self.slope)

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Return the interval of the efficiency: that of the slope, carried through the formula."""
        if self.df < 1:
            return math.nan, math.nan
        half = stdtrit(self.df, (1 + confidence) / 2) * self.slope_se
        low, high = self.slope - half, self.slope + half
        return efficiency_of(low), efficiency_of(high) if high < 0 else math.inf

    @property
    def log2_se(self) -> float:
        """Standard error of the efficiency's log2, by the delta method."""
        return LOG2_OF_10 / self.slope**2 * self.slope_se


@dataclass(frozen=True)
class Efficiency:
    """The efficiency a gene is counted with, and why it is accepted or not.

    ``reason`` is empty for an accepted one. ``log2_se`` is 0 for one that nobody measured here.
    """

    gene: str
    value: float | None
    source: str
    log2_se: float = 0.0
    df: int = 0
    curve: StandardCurve | None = None
    reason: str = ""

    @property
    def is_accepted(self) -> bool:
        """Whether quantities may be computed with it."""
        return self.value is not None and not self.reason

    @property
    def log2(self) -> float:
        """Doublings a cycle."""
        return math.log2(self.value)


def efficiency_of(slope: float) -> float:
    """Return ``10^(-1/slope)``; a slope of -3.32 is perfect doubling.

    Notes
    -----
    Source: MIQE, Clin Chem 2009;55:611.
    """
    return 10 ** (-1 / slope)


def fit_standard_curve(gene: str, wells: Iterable[Mapping]) -> StandardCurve | None:
    """Fit one slope to the dilution series of a gene on all of its plates.

    Parameters
    ----------
    gene
        Its key.
    wells
        Rows of standards of this gene: ``plate``, ``std_qty`` (any unit, above 0), ``cq`` in
        cycles; a well without a Cq is left out.

    Returns
    -------
    The curve, or None where the wells do not span two levels on any plate, or do not get later as
    they get weaker. Plates share the slope and have intercepts of their own, since a threshold
    that differs between plates shifts a line and does not tilt it. The error of the slope is that
    of the level means about the line: wells of one level share its pipetting error.
    """
    used = [row for row in wells if row["cq"] is not None and (row["std_qty"] or 0) > 0]
    if not used:
        return None
    plate = np.array([row["plate"] for row in used])
    x = np.log10([float(row["std_qty"]) for row in used])
    y = np.array([float(row["cq"]) for row in used])
    x_in, y_in = _within(x, plate), _within(y, plate)
    sxx = float(x_in @ x_in)
    slope = float(x_in @ y_in) / sxx if sxx > 0 else 0.0
    if slope >= 0:
        return None
    rest = y_in - slope * x_in
    levels = list(dict.fromkeys(zip(plate, x, strict=True)))
    between = sum(_level_square(rest, (plate == p) & (x == level)) for p, level in levels)
    plates = sorted(set(plate))
    df = len(levels) - len(plates) - 1
    return StandardCurve(
        gene=gene,
        slope=slope,
        slope_se=math.sqrt(between / df / sxx) if df > 0 else math.nan,
        df=df,
        r2=1 - float(rest @ rest) / float(y_in @ y_in),
        n_wells=len(used),
        n_levels=len(set(x)),
        intercepts={p: float(np.mean((y - slope * x)[plate == p])) for p in plates},
        cq_low=float(y.min()),
        cq_high=float(y.max()),
    )


def settle_efficiency(
    gene: str, curve: StandardCurve | None, settings: Mapping, declared: Mapping[str, float]
) -> Efficiency:
    """Decide which efficiency a gene is counted with.

    Parameters
    ----------
    gene
        Its key.
    curve
        What its dilution series gave, if it has any.
    settings
        ``min``, ``max``, ``min_r2``, ``min_levels`` of an accepted curve; ``assumed``, counted with
        where there is neither a curve nor a declaration, or None.
    declared
        Efficiencies that the laboratory declares, by gene key; these go first.

    Returns
    -------
    The efficiency. One without a value, or with a reason, must not be counted with.
    """
    if gene in declared:
        return Efficiency(gene, float(declared[gene]), DECLARED, curve=curve)
    if curve is not None:
        return Efficiency(
            gene,
            curve.efficiency,
            MEASURED,
            curve.log2_se if curve.df > 0 else 0.0,
            curve.df,
            curve,
            "; ".join(_objections(curve, settings)),
        )
    if settings["assumed"] is not None:
        return Efficiency(gene, float(settings["assumed"]), ASSUMED)
    reason = "no dilution series, and no efficiency declared under qpcr: efficiency: declared"
    return Efficiency(gene, None, NONE, reason=reason)


def _objections(curve: StandardCurve, settings: Mapping) -> Iterable[str]:
    if curve.n_levels < settings["min_levels"]:
        yield f"{curve.n_levels} dilution levels, fewer than {settings['min_levels']}"
    if not settings["min"] <= curve.efficiency <= settings["max"]:
        yield (
            f"efficiency {curve.efficiency:.3f} (slope {curve.slope:.3f}) is outside "
            f"{settings['min']:.2f} to {settings['max']:.2f}"
        )
    if curve.r2 < settings["min_r2"]:
        yield f"R2 {curve.r2:.4f} is below {settings['min_r2']}"


def _within(values: np.ndarray, plate: np.ndarray) -> np.ndarray:
    """Return what is left of each plate's values when its mean is taken away."""
    means = {p: values[plate == p].mean() for p in set(plate)}
    return values - np.array([means[p] for p in plate])


def _level_square(rest: np.ndarray, of_level: np.ndarray) -> float:
    """Squared mean residual of a level, weighted by its wells."""
    return float(of_level.sum() * rest[of_level].mean() ** 2)
