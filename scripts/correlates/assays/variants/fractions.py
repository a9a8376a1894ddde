"""Allele fractions with their intervals, limits of detection, and shares of the clone."""

from dataclasses import dataclass

from scipy.optimize import brentq
from scipy.stats import binom

from correlates.intervals import clopper_pearson

MALE, FEMALE = "M", "F"


def interval_of(alt: int, depth: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact binomial interval of an allele fraction."""
    low, high = clopper_pearson(alt, depth, confidence)
    return float(low), float(high)


def detection_limit(depth: int, min_alt: int = 5, probability: float = 0.95) -> float:
    """Return the allele fraction at which a depth shows enough reads with a probability.

    Parameters
    ----------
    depth
        Reads.
    min_alt
        Fewest reads with the variant that count as detected.
    probability
        That they are seen.

    Returns
    -------
    A fraction of 1; 1 where the depth is less than ``min_alt``.
    """
    if depth < min_alt or binom.sf(min_alt - 1, depth, 1.0) < probability:
        return 1.0
    return float(brentq(lambda vaf: binom.sf(min_alt - 1, depth, vaf) - probability, 0.0, 1.0))


def depth_needed(vaf: float, min_alt: int = 5, probability: float = 0.95) -> int:
    """Return the fewest reads with which an allele fraction is detected: 913 for 1 %.

    The chance rises with depth, so the fewest reads are found by halving.
    """
    low, high = min_alt - 1, min_alt
    while binom.sf(min_alt - 1, high, vaf) < probability:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        is_enough = binom.sf(min_alt - 1, middle, vaf) >= probability
        low, high = (low, middle) if is_enough else (middle, high)
    return high


@dataclass(frozen=True)
class CloneShare:
    """Share of the clone's cells that have a variant, as a fraction of 1, at most 1.

    ``raw`` is what the formula gives, which exceeds 1 where its assumptions do not hold.
    """

    value: float
    raw: float

    @property
    def is_capped(self) -> bool:
        """Whether the formula gave more than all cells."""
        return self.raw > 1


def clone_share(vaf: float, purity: float, is_x_linked: bool, sex: str | None) -> CloneShare | None:
    """Return the share of the clone's cells that have a variant.

    Parameters
    ----------
    vaf
        Allele fraction.
    purity
        Share of the clone among the cells whose DNA was read, more than 0.
    is_x_linked
        Whether the gene is on the X chromosome: men have one copy of it.
    sex
        ``M``, ``F`` or None.

    Returns
    -------
    ``VAF / purity`` in men for an X-linked gene, else ``2 VAF / purity``; None for an X-linked
    gene where the sex is not known.

    Notes
    -----
    Takes the variant to be on one copy, the gene to be neither lost nor gained, and normal cells
    to be of the same sex.
    """
    if is_x_linked and sex not in (MALE, FEMALE):
        return None
    copies = 1 if is_x_linked and sex == MALE else 2
    raw = copies * vaf / purity
    return CloneShare(min(raw, 1.0), raw)
