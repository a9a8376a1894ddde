"""One floor and one ceiling for all patients, where each was measured with limits of their own.

Limits follow what they depend on (the limit of a cell count follows the white count), so they can
differ between two groups although the markers do not. A test that ranks values by their own limits
then finds the limits: at a null marker with limits three times as high in one group it rejected up
to 28 % of times at 5 %. So whatever lies below the highest limit of a value below its limit is tied
there, measured or not (the advice for several detection limits in Helsel, Statistics for Censored
Environmental Data, 2nd ed., Wiley 2012), and whatever lies above the lowest limit of a value above
its limit likewise. All that is left is what every patient's measurement could have shown.
"""

from dataclasses import dataclass

import numpy as np

BELOW, OBSERVED, ABOVE = -1, 0, 1
# values are compared on a grid of 2**-40 of the largest one, so that equal differences are ties
GRID_BITS = 40
LOWEST, HIGHEST = -(2**60), 2**60


@dataclass(frozen=True)
class CommonLimits:
    """Values as even integers, so that the middle of two differences is an integer too.

    Parameters
    ----------
    numbers
        Shape (n,): values in units of the grid; LOWEST and HIGHEST where beyond an own limit.
    floor, ceiling
        In the same units; LOWEST and HIGHEST where there is none.
    unit
        What 1 of these units is on the scale of the values.
    """

    numbers: np.ndarray
    floor: int
    ceiling: int
    unit: float

    @classmethod
    def of(cls, values: np.ndarray, side: np.ndarray | None = None) -> "CommonLimits":
        """Find them.

        Parameters
        ----------
        values
            Shape (n,): the value where observed, else the limit.
        side
            Shape (n,): 0 observed, -1 known only to be below the limit, 1 known only to be above
            it. Omitted: all observed.
        """
        values = np.asarray(values, dtype=float)
        side = np.zeros(values.size, dtype=int) if side is None else np.asarray(side)
        largest = float(np.abs(values).max())
        exponent = int(np.frexp(largest)[1]) if largest else 0
        unit = 2.0 ** (exponent - GRID_BITS)
        numbers = 2 * np.rint(values / unit).astype(np.int64)
        is_below, is_above = side == BELOW, side == ABOVE
        floor = int(numbers[is_below].max()) if is_below.any() else LOWEST
        ceiling = int(numbers[is_above].min()) if is_above.any() else HIGHEST
        numbers[is_below], numbers[is_above] = LOWEST, HIGHEST
        return cls(numbers, floor, ceiling, unit / 2)

    @property
    def tied(self) -> np.ndarray:
        """The values with everything beyond the common limits tied."""
        return tie_beyond(self.numbers, self.floor, self.ceiling)

    @property
    def is_any(self) -> bool:
        """Whether any value lies beyond a limit."""
        return self.floor > LOWEST or self.ceiling < HIGHEST

    @property
    def share_tied(self) -> float:
        """Share of all values that are tied beyond a common limit."""
        return float((np.abs(self.tied) >= HIGHEST).mean())


def tie_beyond(numbers: np.ndarray, floor: int, ceiling: int) -> np.ndarray:
    """Tie what lies below the floor, and above the ceiling; a value at a limit is within.

    Where the floor is above the ceiling nothing can be told apart, and everything is tied.
    """
    if floor > ceiling:
        return np.full(numbers.size, LOWEST)
    return np.where(numbers < floor, LOWEST, np.where(numbers > ceiling, HIGHEST, numbers))
