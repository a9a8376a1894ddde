"""How occupancy falls between two doses when nothing but new protein dilutes it.

The inhibitor is covalent: once the drug is cleared, only newly made protein is free. What a model
of that alone predicts is a floor of plausibility for a trough. One well below it asks for a missed
dose, an exchanged sample or a failed stain; one above it is expected, since exposure lasts longer
than the model's four hours.
"""

import numpy as np
from numpy.typing import ArrayLike

HOURS_OF_PEAK = 4.0
HOURS_A_DAY = 24.0


def synthesis_rate(daily_share: float) -> float:
    """Return the rate of synthesis a day from the share of the protein made anew in a day.

    A median of 13.4 % a day is 0.144, a half-life of 4.8 days.
    Source: Blood 2018;132(S1):4401.
    """
    return float(-np.log1p(-daily_share))


def expected_free_fraction(ff_4h: ArrayLike, hours: ArrayLike, k_per_day: float) -> np.ndarray:
    """Return the free fraction some hours after a dose, after the drug was cleared at four.

    Parameters
    ----------
    ff_4h
        Free fraction four hours after the dose, 0 to 1.
    hours
        Hours since the dose; before the fourth nothing was made anew.
    k_per_day
        Rate of synthesis a day, as `synthesis_rate` gives it; 0 or more.

    Returns
    -------
    ``ff_4h + (1 - ff_4h) (1 - exp(-k (hours - 4) / 24))``, in the broadcast shape.

    Raises
    ------
    ValueError
        If a free fraction lies outside of 0 to 1, or the rate is negative.
    """
    start = np.asarray(ff_4h, dtype=float)
    if ((start < 0) | (start > 1)).any() or k_per_day < 0:
        msg = f"free fraction {start.tolist()} (0 to 1) and rate {k_per_day} (0 or more)"
        raise ValueError(msg)
    since = np.maximum(np.asarray(hours, dtype=float) - HOURS_OF_PEAK, 0) / HOURS_A_DAY
    return start + (1 - start) * -np.expm1(-k_per_day * since)


def expected_occupancy(ff_4h: ArrayLike, hours: ArrayLike, k_per_day: float) -> np.ndarray:
    """Return the occupancy in percent that `expected_free_fraction` leaves: 87.8 at 24 hours."""
    return 100 * (1 - expected_free_fraction(ff_4h, hours, k_per_day))
