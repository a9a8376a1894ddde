"""What the question of degradation is told by the config."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class DegradationSettings:
    """Settings of the question; the keys of ``protein.degradation`` in the config.

    Parameters
    ----------
    markers
        Proteins that are asked for.
    min_points
        Fewest draws after the first dose for a curve.
    below_pct
        Percent remaining below which time is counted.
    max_half_life_share
        Longest half-life that is told, against the time observed.
    off_days
        Whole days without a dose after which a draw is one off the drug.
    mid_cycle_days
        First and last day of a cycle that are its middle.
    peak_hours
        Hours after a dose within which a draw shows the height of the effect.
    uncalibrated_across_batches
        Whether intensities that are not calibrated are compared between batches.
    min_patients
        Fewest patients for a sentence about the cohort.
    draws, seed
        Random draws behind the intervals of what is read off a course.
    """

    markers: Sequence[str] = ("crbn", "ikzf1", "ikzf3")
    min_points: int = 4
    below_pct: float = 50.0
    max_half_life_share: float = 1.0
    off_days: float = 3.0
    mid_cycle_days: Sequence[int] = (8, 21)
    peak_hours: Sequence[float] = (3.0, 8.0)
    uncalibrated_across_batches: bool = False
    min_patients: int = 3
    draws: int = 1000
    seed: int = 1
