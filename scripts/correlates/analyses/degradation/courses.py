"""What is read off a course: lowest value, time below a limit, area above the curve, or a fit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from correlates.analyses.degradation.kinetics import (
    FITTED,
    LOWER_ONLY,
    NO_FALL,
    NOT_IDENTIFIED,
    UPPER_ONLY,
    Decay,
    fit_decay,
)
from correlates.analyses.degradation.profiles import Point, Profile
from correlates.analyses.degradation.remaining import (
    LOG2,
    Level,
    draw_percent,
    percent_remaining,
)
from correlates.analyses.degradation.settings import DegradationSettings
from correlates.analyses.degradation.timing import OFF

SUMMARISED, NOT_EVALUABLE = "summarised", "not_evaluable"
VERDICTS = (FITTED, UPPER_ONLY, LOWER_ONLY, NOT_IDENTIFIED, NO_FALL, SUMMARISED, NOT_EVALUABLE)
_HOURS_A_DAY = 24.0


@dataclass(frozen=True)
class Read:
    """A number with its 95 % interval; NaN where there is none."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Course:
    """What one profile says.

    Parameters
    ----------
    profile
        The profile.
    verdict
        One of `VERDICTS`.
    reason
        Why it was not fitted, or not evaluated; empty where it was.
    decay
        The fitted fall, if one was.
    nadir_pct, nadir_hours
        The lowest percent remaining, with its interval, and when it was.
    hours_below
        Hours below the limit, by straight lines between the draws.
    area_pct_days
        Area between 100 % and the course, in percent times days; negative for a rise.
    observed_hours
        From the first dose to the last draw on the drug.
    """

    profile: Profile
    verdict: str
    reason: str = ""
    decay: Decay | None = None
    nadir_pct: Read = Read()
    nadir_hours: float = math.nan
    hours_below: Read = Read()
    area_pct_days: Read = Read()
    observed_hours: float = math.nan


def read_course(profile: Profile, settings: DegradationSettings) -> Course:
    """Fit or summarise one profile.

    Parameters
    ----------
    profile
        The course of one protein.
    settings
        Fewest points, limits and draws.

    Returns
    -------
    Fitted where at least ``min_points`` draws on the drug have a percent and an error, and none of
    them is below a limit; otherwise summarised. Draws off the drug belong to neither. The interval
    of the lowest value is that of the lowest true one: each draw had its chance to be the lowest.
    """
    if profile.reason:
        return Course(profile, NOT_EVALUABLE, profile.reason)
    points = [one for one in profile.told if one.timing.window != OFF and one.timing.hours > 0]
    if not points:
        reasons = sorted({one.reason for one in profile.points if one.reason})
        return Course(profile, NOT_EVALUABLE, "; ".join(reasons) or "no draw on the drug")
    summary = _summary(profile, points, settings)
    why = _why_not_fitted(profile, points, settings)
    if why:
        return Course(profile, SUMMARISED, why, **summary)
    levels = [_linear(one) for one in (profile.level, *(point.level for point in points))]
    hours = [0.0, *(point.timing.hours for point in points)]
    values, errors = np.array(levels).T
    decay = fit_decay(np.array(hours), values, errors, settings.max_half_life_share)
    return Course(profile, decay.verdict, "", decay, **summary)


def _why_not_fitted(profile: Profile, points: Sequence[Point], settings) -> str:
    if len(points) < settings.min_points:
        return f"{len(points)} draws on the drug, a curve needs {settings.min_points}"
    if any(point.level.is_censored for point in points):
        return "a draw is below its limit: a curve would rest on a number that was not measured"
    known = [profile.level, *(point.level for point in points)]
    if any(math.isnan(one.se) or one.se <= 0 for one in known):
        return "a value without a standard error"
    return ""


def _linear(level: Level) -> tuple[float, float]:
    """Return value and error on a linear scale."""
    if level.scale != LOG2:
        return level.value, level.se
    value = 2.0**level.value
    return value, value * math.log(2) * level.se


def _summary(profile: Profile, points: Sequence[Point], settings) -> dict:
    hours = np.array([0.0, *(point.timing.hours for point in points)])
    pct = np.array([100.0, *(point.pct for point in points)])
    lowest = int(np.argmin(pct[1:])) + 1
    limit = settings.below_pct
    found = [pct[1:].min(), hours_below(hours, pct, limit), area_above(hours, pct)]
    ends = np.full((3, 2), math.nan)
    ends[0] = _lowest(points, profile.level)
    levels = [point.level for point in points]
    if all(level.is_censored or not math.isnan(level.se) for level in levels) and not math.isnan(
        profile.level.se
    ):
        rng = np.random.default_rng(settings.seed)
        drawn = draw_percent(levels, profile.level, settings.draws, rng)
        drawn = np.column_stack([np.full(len(drawn), 100.0), drawn])
        several = [
            np.array([hours_below(hours, one, limit) for one in drawn]),
            np.array([area_above(hours, one) for one in drawn]),
        ]
        ends[1:] = np.array([np.quantile(one, [0.025, 0.975]) for one in several])
    reads = [Read(float(one), *map(float, end)) for one, end in zip(found, ends, strict=True)]
    names = ("nadir_pct", "hours_below", "area_pct_days")
    return dict(zip(names, reads, strict=True)) | {
        "nadir_hours": float(hours[lowest]),
        "observed_hours": float(hours[-1]),
    }


def _lowest(points: Sequence[Point], baseline: Level) -> tuple[float, float]:
    """Return the interval of the lowest of the true percentages at these draws.

    It lies above the lowest of all lower ends. Any of the upper ends may be too low by chance, and
    the lowest of them is the likeliest to be: each is that of an interval of ``1 - 0.05 / k``.
    """
    z = float(ndtri(1 - 0.025 / len(points)))
    lows = [point.low for point in points]
    highs = [percent_remaining(point.level, baseline, z)[2] for point in points]
    return float(np.min(lows)), float(np.min(highs))


def hours_below(hours: np.ndarray, pct: np.ndarray, limit: float) -> float:
    """Return how long a course of straight lines lies below a limit, in hours."""
    total = 0.0
    for start, end, one, other in zip(hours[:-1], hours[1:], pct[:-1], pct[1:], strict=True):
        below = sorted((one - limit, other - limit))
        if below[1] <= 0:
            share = 1.0
        elif below[0] >= 0:
            share = 0.0
        else:
            share = -below[0] / (below[1] - below[0])
        total += share * (end - start)
    return float(total)


def area_above(hours: np.ndarray, pct: np.ndarray) -> float:
    """Return the area between 100 % and a course of straight lines, in percent times days."""
    return float(np.trapezoid(100.0 - pct, hours) / _HOURS_A_DAY)
