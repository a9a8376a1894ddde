"""Two draws of the same patients, each marker's values as intervals where a limit hides them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.analyses.paired_draws import is_of_another_phase, row_of_draw
from correlates.assays.soluble.handling import log_ends
from correlates.clinical.dosing.phases import planned_phase
from correlates.clinical.dosing.settings import VisitSettings, draw_of
from correlates.measurements import CENSORED

BELOW = frozenset({"lt_lloq", "nd"})
_LN2 = math.log(2)


@dataclass(frozen=True)
class Pairs:
    """Patients with a usable value at both draws.

    Parameters
    ----------
    before, after
        Rows of the measurement table, one a patient, in the same order.
    n_without_draw, n_not_evaluable, n_of_other_phase
        Patients without one of the draws, with one that is not evaluable, and with one in another
        phase of treatment than its name means.
    """

    before: tuple[Mapping, ...]
    after: tuple[Mapping, ...]
    n_without_draw: int
    n_not_evaluable: int
    n_of_other_phase: int = 0

    @property
    def n(self) -> int:
        """How many."""
        return len(self.before)

    @property
    def n_censored(self) -> int:
        """Pairs of which a value lies beyond a limit."""
        return sum(
            one["status"] in CENSORED or other["status"] in CENSORED
            for one, other in zip(self.before, self.after, strict=True)
        )

    def differences(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of each difference of log2, after minus before, shape (n,)."""
        low, high = [], []
        for one, other in zip(self.before, self.after, strict=True):
            (low_one, high_one), (low_other, high_other) = log_ends(one), log_ends(other)
            low.append((low_other - high_one) / _LN2)
            high.append((high_other - low_one) / _LN2)
        return np.array(low, dtype=float), np.array(high, dtype=float)

    def levels(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """Return the low and high ends of log2 of each value, before and after, shape (n,) each."""
        sides = []
        for side in (self.before, self.after):
            ends = np.array([log_ends(row) for row in side], dtype=float).reshape(-1, 2) / _LN2
            sides.append((ends[:, 0], ends[:, 1]))
        return sides[0], sides[1]

    def detected(self) -> tuple[np.ndarray, np.ndarray]:
        """Return whether each value is detected at the highest limit of all pairs, shape (n,).

        Plates have limits of their own, and a value between two of them would otherwise be detected
        on one plate and not on another.
        """
        rows = (*self.before, *self.after)
        limit = max((row["limit"] for row in rows if row["status"] in BELOW), default=0.0)
        return tuple(
            np.array([row["status"] not in BELOW and row["value"] >= limit for row in side])
            for side in (self.before, self.after)
        )


def pairs_of(rows: pd.DataFrame, draws: Sequence[str], visits: VisitSettings) -> Pairs:
    """Put the values of one marker in one specimen side by side.

    Parameters
    ----------
    rows
        Rows of the cohort's table of one feature and specimen.
    draws
        The draw before and the draw after, such as ``C1D1 pre`` and ``C1D8 pre``.
    visits
        Which draws may be one and the same.
    """
    before, after, without, unfit, other = [], [], 0, 0, 0
    planned = [planned_phase(*draw_of(one)) for one in draws]
    for _, own in rows.groupby("patient", sort=True):
        both = [row_of_draw(own, one, visits, is_usable) for one in draws]
        if None in both:
            without += 1
        elif any(map(is_of_another_phase, both, planned)):
            other += 1
        elif all(is_usable(one) for one in both):
            before.append(both[0])
            after.append(both[1])
        else:
            unfit += 1
    return Pairs(tuple(before), tuple(after), without, unfit, other)


def is_usable(row: Mapping) -> bool:
    """Tell whether a row has a positive number, or a limit."""
    if row["status"] in CENSORED:
        return row["limit"] > 0
    return row["status"] == "ok" and row["value"] > 0
