"""What a count of events can say: an interval of its share, and when it is too small.

The target count matters, not the total: 100 events carry a counting error of 10 %, 20 of 22 %.
Everything is vectorised: scalars and arrays are broadcast against each other.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from correlates.intervals import checked_share

OK = "ok"
LT_LLOQ = "lt_lloq"
ND = "nd"


def wilson(
    n_events: ArrayLike, n_parent: ArrayLike, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of a share: narrower than the exact one, right on average.

    Parameters, result and errors are those of `correlates.intervals.clopper_pearson`.

    Notes
    -----
    Source: Wilson, J Am Stat Assoc 1927;22:209.
    """
    k, n = checked_share(n_events, n_parent)
    z = ndtri(0.5 + confidence / 2)
    n = np.where(n > 0, n, np.nan)
    share = k / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # Rounding may leave a hair below 0 or above 1 where the share itself is 0 or 1.
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def status_by_count(n_events: ArrayLike, lod_events: int, lloq_events: int) -> np.ndarray:
    """Say of each count whether it is quantified (``ok``), only detected (``lt_lloq``) or ``nd``.

    Parameters
    ----------
    n_events
        Events of the target population.
    lod_events
        Fewest events that count as detected.
    lloq_events
        Fewest events that are quantified.
    """
    n = np.asarray(n_events, dtype=float)
    return np.select([n >= lloq_events, n >= lod_events], [OK, LT_LLOQ], default=ND)


def limit_events(n_events: ArrayLike, lod_events: int, lloq_events: int) -> np.ndarray:
    """Return the limit that applies to each count, in events.

    What is not detected lies below the limit of detection; what is detected is held against the
    limit of quantification, which a quantified count has passed.
    """
    n = np.asarray(n_events, dtype=float)
    return np.where(n < lod_events, float(lod_events), float(lloq_events))
