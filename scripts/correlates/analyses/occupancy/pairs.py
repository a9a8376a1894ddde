"""The pairs of a comparison: two readings of each patient, or why there are none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.analyses.occupancy.readings import (
    CAUSES,
    OF_TIMING,
    Reading,
    find_reading,
)
from correlates.analyses.occupancy.settings import Comparison, OccupancySettings
from correlates.clinical.dosing.dosing import Dosing

PAIR_COLUMNS = (
    *("feature", "specimen", "question", "contrast", "patient"),
    *("alone", "alone_ceiling", "alone_hours", "combination", "combination_ceiling"),
    *("combination_hours", "difference_low", "difference_high", "used", "left_out_for", "flags"),
)


@dataclass(frozen=True)
class Pair:
    """Two readings of one patient; None where there was no draw."""

    patient: str
    alone: Reading | None
    combination: Reading | None

    @property
    def causes(self) -> tuple[str, ...]:
        """Why the pair is left out, in the order of `CAUSES`."""
        both = [one for one in (self.alone, self.combination) if one is not None]
        found = {cause for one in both for cause in one.causes}
        if len(both) < 2:
            found = {"no_draw"}
        elif both[0].method != both[1].method and "not_evaluable" not in found:
            found.add("methods")
        return tuple(cause for cause in CAUSES if cause in found)

    @property
    def is_used(self) -> bool:
        """Whether nothing is against it."""
        return not self.causes

    @property
    def has_values(self) -> bool:
        """Whether both occupancies are known, whatever their timing."""
        return set(self.causes) <= OF_TIMING

    @property
    def low(self) -> float:
        """The lowest that combination minus alone may be, in points."""
        return self.combination.low - self.alone.high

    @property
    def high(self) -> float:
        """The highest that it may be."""
        return self.combination.high - self.alone.low

    @property
    def is_censored(self) -> bool:
        """Whether one of the two is known by a bound only."""
        return self.alone.is_censored or self.combination.is_censored

    @property
    def lacks_hours(self) -> bool:
        """Whether the hours of one of the two were not recorded."""
        return bool(np.isnan(self.alone.hours) or np.isnan(self.combination.hours))


def find_pairs(
    rows: pd.DataFrame,
    comparison: Comparison,
    dosing: Mapping[str, Dosing],
    settings: OccupancySettings,
) -> list[Pair]:
    """Find the two readings of each patient who has any value of a feature.

    Parameters
    ----------
    rows
        Measurements of one feature in one specimen.
    comparison
        Which draws.
    dosing
        What each patient took.
    settings
        What decides over them.
    """
    pairs = []
    for patient, own in rows.groupby("patient", sort=True):
        taken = dosing.get(str(patient))
        found = [find_reading(own, comparison, one, taken, settings) for one in (True, False)]
        pairs.append(Pair(str(patient), *found))
    return pairs


def counted_causes(pairs: Sequence[Pair]) -> dict[str, int]:
    """Count the patients left out, by the first cause of each."""
    counts = Counter(pair.causes[0] for pair in pairs if pair.causes)
    return {cause: counts[cause] for cause in CAUSES if counts[cause]}


def pair_row(pair: Pair, asked: Mapping) -> dict:
    """Return a pair as a row of `PAIR_COLUMNS`; ``asked`` holds those before ``patient``."""
    row = dict.fromkeys(PAIR_COLUMNS) | dict(asked) | {"patient": pair.patient}
    flags: list[str] = []
    for name in ("alone", "combination"):
        reading = getattr(pair, name)
        if reading is None:
            continue
        flags += reading.flags
        row[name] = None if reading.is_censored else _known(reading.low)
        row[f"{name}_ceiling"] = _known(reading.limit)
        row[f"{name}_hours"] = _known(reading.hours)
    if pair.has_values:
        row |= {"difference_low": _known(pair.low), "difference_high": _known(pair.high)}
    return row | {
        "used": "yes" if pair.is_used else "no",
        "left_out_for": ";".join(pair.causes),
        "flags": ";".join(dict.fromkeys(flags)),
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
