"""The tables behind the answers: every profile and every draw, each with its reason."""

import math
from collections.abc import Iterable, Iterator

from correlates.analyses.degradation.courses import Course
from correlates.analyses.degradation.kinetics import NO_FALL

_OF = ("patient", "specimen", "marker", "cell", "method", "feature")
_FIT = (
    *("half_life_h", "half_life_low", "half_life_high"),
    *("plateau_pct", "plateau_low", "plateau_high", "misfit"),
)
_READ = {"nadir_pct": "nadir", "hours_below": "hours_below", "area_pct_days": "area"}
PROFILE_COLUMNS = (
    *_OF,
    *("b1_visit", "b1_value", "b1_ci_low", "b1_ci_high", "n_points", "verdict", "reason"),
    *_FIT,
    *("nadir_pct", "nadir_low", "nadir_high", "nadir_hours"),
    *("hours_below", "hours_below_low", "hours_below_high", "observed_hours"),
    *("area_pct_days", "area_low", "area_high"),
)
POINT_COLUMNS = (
    *_OF,
    *("visit", "timepoint", "day", "phase", "hours_since_first_dose", "hours_post_len", "window"),
    *("cycle_day", "days_missed", "value", "status", "pct", "ci_low", "ci_high", "reason", "flags"),
)


def profile_rows(courses: Iterable[Course]) -> Iterator[dict]:
    """Yield a row a profile."""
    for course in courses:
        profile, base, fit = course.profile, course.profile.baseline or {}, course.decay
        row = {name: getattr(profile, name) for name in _OF} | {
            **{"b1_visit": base.get("visit"), "b1_value": base.get("value")},
            **{"b1_ci_low": base.get("ci_low"), "b1_ci_high": base.get("ci_high")},
            **{"n_points": len(profile.told), "verdict": course.verdict, "reason": course.reason},
            **{"nadir_hours": course.nadir_hours, "observed_hours": course.observed_hours},
        }
        for name, key in _READ.items():
            read = getattr(course, name)
            row |= {name: read.value, f"{key}_low": read.low, f"{key}_high": read.high}
        if fit is not None:
            # Of what does not change there is no half-life.
            told = _FIT[3:] if course.verdict == NO_FALL else _FIT
            row |= {name: getattr(fit, name) for name in told}
        yield _written(row)


def point_rows(courses: Iterable[Course]) -> Iterator[dict]:
    """Yield a row a draw after the first dose."""
    for course in courses:
        profile = course.profile
        for point in profile.points:
            timing = point.timing
            row = {name: getattr(profile, name) for name in _OF}
            row |= {name: point.row[name] for name in ("visit", "timepoint", "day", "phase")}
            row |= {"value": point.row["value"], "status": point.row["status"]}
            row |= {"pct": point.pct, "ci_low": point.low, "ci_high": point.high}
            row |= {"reason": point.reason, "flags": ";".join(point.row["flags"])}
            if timing is not None:
                row |= {
                    **{"hours_since_first_dose": timing.hours, "window": timing.window},
                    **{"hours_post_len": timing.hours_post_len, "cycle_day": timing.cycle_day},
                    "days_missed": timing.days_missed,
                }
            yield _written(row)


def _written(row: dict) -> dict:
    return {name: _text(value) for name, value in row.items()}


def _text(value):
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else f"{value:.6g}"
