"""The formulas of occupancy: a free signal over what it would be with every site free.

All are one quotient, the free fraction ``ff = S / D``, and differ in their denominator D. Occupancy
is ``100 (1 - ff)``. Source: science reference 2.2.
"""

import math
from dataclasses import dataclass

ADJUSTED, PRE_DOSE, WITHIN, DONORS = "adjusted", "pre_dose", "within", "donors"
WORDS = {
    ADJUSTED: "100 (1 - (S/T) / (S0/T0))",
    PRE_DOSE: "100 (1 - S/S0)",
    WITHIN: "100 (1 - S/T)",
    DONORS: "100 (1 - (S/T) / median (S/T) of untreated donors)",
}
_Z = 1.959964


@dataclass(frozen=True)
class Signal:
    """A net signal: what was measured less its background.

    Parameters
    ----------
    value
        In whatever unit; may be negative.
    se
        Its standard error; 0 where nothing is known of it.
    """

    value: float
    se: float = 0.0

    @property
    def relative_variance(self) -> float:
        """Square of the standard error over the value; infinite where the value is 0."""
        return (self.se / self.value) ** 2 if self.value else math.inf


@dataclass(frozen=True)
class Denominator:
    """The free signal that the draw would have if no site were taken.

    Parameters
    ----------
    formula
        ``adjusted``, ``pre_dose``, ``within`` or ``donors``.
    value
        Above 0.
    relative_variance
        Of the value.
    """

    formula: str
    value: float
    relative_variance: float = 0.0


def pre_dose(before: Signal) -> Denominator:
    """Return the denominator of formula 1: the free signal before the first dose."""
    return Denominator(PRE_DOSE, before.value, before.relative_variance)


def within(total: Signal) -> Denominator:
    """Return the denominator of formula 2: the total of the same draw, on the same calibrator."""
    return Denominator(WITHIN, total.value, total.relative_variance)


def adjusted(before: Signal, total_before: Signal, total: Signal) -> Denominator:
    """Return the denominator of formula 3: the free signal before, scaled by the change of total.

    The protein falls under treatment, and with it the free signal, with no site taken.
    """
    variances = (one.relative_variance for one in (before, total_before, total))
    value = before.value * total.value / total_before.value
    return Denominator(ADJUSTED, value, sum(variances))


def donors(median_ratio: float, total: Signal) -> Denominator:
    """Return the denominator by untreated donors of the run: their free signal per total."""
    return Denominator(DONORS, median_ratio * total.value, total.relative_variance)


def free_fraction(free: Signal, of: Denominator) -> float:
    """Return the free fraction, signed and not limited."""
    return free.value / of.value


def free_fraction_interval(free: Signal, of: Denominator) -> tuple[float, float] | None:
    """Return the interval of the free fraction at 95 %; None where no error is known.

    The error of the free signal enters as it is, so that it may be near 0; that of the denominator
    relative to it (first order).
    """
    fraction = free_fraction(free, of)
    variance = (free.se / of.value) ** 2 + fraction**2 * of.relative_variance
    if not variance or not math.isfinite(variance):
        return None
    half = _Z * math.sqrt(variance)
    return fraction - half, fraction + half


def occupancy_pct(fraction: float) -> float:
    """Return the occupancy of a free fraction, in percent, signed."""
    return 100 * (1 - fraction)


def ceiling_pct(lloq_free: float, of: Denominator) -> float:
    """Return the highest occupancy that the assay can tell: at a free signal of its LLOQ."""
    return occupancy_pct(lloq_free / of.value)


def clamped_pct(occupancy: float) -> float:
    """Return an occupancy as it is reported: from 0 to 100."""
    return min(100.0, max(0.0, occupancy))


def mutant_ccf_pct(vaf: float, purity_pct: float | None, sex: str | None) -> float | None:
    """Return the share of the clone's cells that have a variant of BTK, in percent.

    Parameters
    ----------
    vaf
        Variant allele fraction, 0 to 1.
    purity_pct
        Clonal cells among those whose DNA was read; 100 where None.
    sex
        ``M`` or ``F``: BTK is on the X chromosome. Where it is None the larger share counts.

    Returns
    -------
    100 at most. Source: science reference 5 (resistance).
    """
    copies = 1 if sex == "M" else 2
    return min(100.0, 100 * copies * vaf / ((purity_pct or 100.0) / 100))
