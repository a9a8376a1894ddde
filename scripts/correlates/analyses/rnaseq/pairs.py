"""The two draws of each patient that a contrast compares."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.analyses.rnaseq.settings import Contrast
from correlates.clinical.dosing.dosing import Dosing
from correlates.clinical.dosing.phases import UNASSIGNED
from correlates.cohort.baseline_reasons import B0, B1
from correlates.cohort.baselines import baseline_features
from correlates.measurements import KEY, USABLE

# Flags of libraries that stand, and that a second analysis does without.
DOUBTFUL = frozenset(
    {"low_depth", "low_rin", "high_rrna", "outlier_library", "low_purity", "assigned_reads_differ"}
)
_BELOW = ("nd", "lt_lloq")
# Why a pair is no comparison of the phases of one patient, with its words.
LEFT_OUT = {
    "two_people": "whose two libraries are of two people, by the sex that they express",
    "same_phase": "whose second draw is of the same phase of treatment as the first",
    "methods": "measured in two ways",
}


@dataclass(frozen=True)
class Side:
    """One draw of a pair.

    Parameters
    ----------
    visit, timepoint, sample
        Which draw, and its library.
    low, high
        The value; below a limit it may be anything up to it.
    is_doubtful
        Whether its library is flagged, or of the other sex.
    method
        How it was measured.
    is_swapped
        Whether it is of the other sex.
    phase
        Of treatment; empty where it is not known.
    """

    visit: str
    timepoint: str
    sample: str
    low: float
    high: float
    is_doubtful: bool
    method: str = ""
    is_swapped: bool = False
    phase: str = ""

    @property
    def draw(self) -> tuple[str, str]:
        """Visit and time within it."""
        return self.visit, self.timepoint


@dataclass(frozen=True)
class Pair:
    """Both draws of a patient.

    ``left_out_for`` is a key of `LEFT_OUT`, empty for a pair that counts.
    """

    patient: str
    before: Side
    after: Side
    left_out_for: str = ""

    @property
    def low(self) -> float:
        """Lower end of the difference, second draw less first."""
        return self.after.low - self.before.high

    @property
    def high(self) -> float:
        """Upper end of the difference."""
        return self.after.high - self.before.low

    @property
    def is_censored(self) -> bool:
        """Whether a value of it is only known to be below its limit."""
        return self.low != self.high

    @property
    def is_doubtful(self) -> bool:
        """Whether one of its libraries is flagged."""
        return self.before.is_doubtful or self.after.is_doubtful


def find_pairs(
    rows: pd.DataFrame,
    contrast: Contrast,
    dosing: Mapping[str, Dosing],
    most_days: Mapping[str, float],
    swapped: frozenset[tuple[str, str, str]] = frozenset(),
) -> tuple[list[Pair], int]:
    """Return the pairs of one feature in one specimen, and how many patients have one draw only.

    Parameters
    ----------
    rows
        Its measurements, with days and phases.
    contrast
        Which draws.
    dosing
        What each patient took, by which baselines are chosen.
    most_days
        By baseline, the most days before the first dose.
    swapped
        Patient, draw and cells of libraries of the other sex. One of a pair alone is somebody
        else's; where both are, the patients sheet may be wrong, and the pair is doubtful.
    """
    before = _draws(rows, contrast.before, dosing, most_days, swapped)
    after = _draws(rows, contrast.after, dosing, most_days, swapped)
    both = before.keys() & after.keys()
    pairs = []
    for patient in sorted(both):
        sides = before[patient], after[patient]
        pairs.append(Pair(patient, *sides, _why_left_out(*sides, contrast)))
    return pairs, len(before.keys() | after.keys()) - len(both)


def _why_left_out(before: Side, after: Side, contrast: Contrast) -> str:
    if before.draw == after.draw:
        return "same_phase"
    if before.is_swapped != after.is_swapped:
        return "two_people"
    is_known = before.phase not in ("", UNASSIGNED)
    is_of_phases = contrast.before in (B0, B1) and is_known
    return "same_phase" if is_of_phases and before.phase == after.phase else ""


def _draws(
    rows: pd.DataFrame,
    which: str,
    dosing: Mapping[str, Dosing],
    most_days: Mapping[str, float],
    swapped: frozenset[tuple[str, str, str]],
) -> dict[str, Side]:
    usable = rows[rows["status"].isin(USABLE)]
    if which in (B0, B1):
        chosen = baseline_features(usable, dosing, most_days[B1], most_days[B0])
        keys = chosen[chosen["baseline"] == which][KEY]
        usable = usable.merge(keys, on=KEY)
    else:
        visit, _, timepoint = which.partition(" ")
        at_visit = (usable["visit"] == visit) & (usable["timepoint"] == (timepoint or "pre"))
        usable = usable[at_visit]
    return {one["patient"]: _side(one, swapped) for one in usable.to_dict("records")}


def _side(row: Mapping, swapped: frozenset[tuple[str, str, str]]) -> Side:
    is_below = row["status"] in _BELOW
    value = float(row["limit"] if is_below else row["value"])
    draw = row["visit"] if row["timepoint"] in ("", "pre") else f"{row['visit']} {row['timepoint']}"
    is_swapped = (row["patient"], draw, row["feature"].rpartition("__")[2]) in swapped
    doubts = bool(DOUBTFUL & set(row["flags"])) or is_swapped
    low = -math.inf if is_below else value
    which, method = (row["visit"], row["timepoint"], row["sample"]), row["method"] or ""
    return Side(*which, low, value, doubts, method, is_swapped, row["phase"])


def ends_of(pairs: list[Pair]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper ends of the differences, each of shape (pairs,)."""
    return np.array([one.low for one in pairs]), np.array([one.high for one in pairs])
