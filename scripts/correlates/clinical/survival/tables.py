"""Tables of times: medians and follow-up of the cohort, and who is counted at each landmark."""

from collections import Counter
from collections.abc import Mapping, Sequence

from correlates.clinical.survival.kaplan_meier import MedianTime, median_follow_up, median_time
from correlates.clinical.survival.landmark import INCLUDED
from correlates.clinical.survival.outcomes import FROM_LANDMARKS, NAMES, Outcome
from correlates.clinical.survival.times import TimeToEvent

FOLLOW_UP_COLUMNS = [
    *("measure", "endpoint", "starts", "unit", "n_patients", "n_evaluable", "n_events"),
    *("n_censored", "median_days", "ci_low", "ci_high", "confidence", "min_days", "max_days"),
    *("method", "events", "censored", "not_evaluable", "status", "reason"),
]
LANDMARK_COLUMNS = [
    *("patient", "endpoint", "landmark", "landmark_day", "state", "included", "time", "event"),
    "reason",
]
_METHOD = "Kaplan-Meier, log-log interval (Brookmeyer-Crowley)"
_REVERSE = "reverse Kaplan-Meier, log-log interval"
_STARTS = {"dor": "first PR or better", "dor_l": "first PR-L or better"}
_START = "first ibrutinib dose (C0D1)"
_NEEDS = {
    "os": "the follow-up sheet (study.follow_up)",
    "pfs": "the follow-up and the assessments sheets (study.follow_up, study.assessments)",
}


def follow_up_rows(outcomes: Sequence[Outcome], confidence: float) -> list[dict]:
    """Return one row an endpoint, and the median follow-up for survival and for progression.

    Parameters
    ----------
    outcomes
        One a patient.
    confidence
        Level of the intervals, between 0 and 1.

    Returns
    -------
    Rows of ``FOLLOW_UP_COLUMNS``, all in days. An endpoint that the study's sheets cannot give has
    a row that says what it needs.
    """
    by_name: dict[str, list[TimeToEvent]] = {}
    for outcome in outcomes:
        for name, time in outcome.all_times.items():
            by_name.setdefault(name, []).append(time)
    starts = {
        f"{name}_{one.visit.lower()}": f"landmark {one.visit}"
        for outcome in outcomes
        for one in outcome.landmarks
        for name in FROM_LANDMARKS
    } | _STARTS
    rows = [
        _row("follow_up", name, by_name[name], _START, confidence)
        for name in ("os", "pfs")
        if name in by_name
    ]
    rows += [
        _row("time", name, times, starts.get(name, _START), confidence)
        for name, times in by_name.items()
    ]
    return rows + [_absent(name, len(outcomes)) for name in NAMES if name not in by_name]


def landmark_rows(outcomes: Sequence[Outcome]) -> list[dict]:
    """Return one row a patient, landmark and endpoint: included with a time, or why not."""
    return [
        {
            "patient": outcome.history.patient,
            "endpoint": one.endpoint,
            "landmark": one.visit,
            "landmark_day": one.day,
            "state": one.state,
            "included": one.state == INCLUDED,
            "time": one.time.days,
            "event": None if one.time.event is None else int(one.time.event),
            "reason": one.time.reason,
        }
        for outcome in outcomes
        for one in outcome.landmarks
    ]


def _row(
    measure: str, name: str, times: Sequence[TimeToEvent], starts: str, confidence: float
) -> dict:
    known = [time for time in times if time.is_evaluable]
    days, events = [time.days for time in known], [time.event for time in known]
    reverse = measure == "follow_up"
    found = (median_follow_up if reverse else median_time)(days, events, confidence)
    return {
        "measure": measure,
        "endpoint": name,
        "starts": starts,
        "unit": "days",
        "n_patients": len(times),
        "n_evaluable": len(known),
        "n_events": sum(events),
        "n_censored": len(known) - sum(events),
        "min_days": min(days, default=None),
        "max_days": max(days, default=None),
        "method": _REVERSE if reverse else _METHOD,
        "events": _counted(time.why for time in known if time.event),
        "censored": _counted(time.why for time in known if not time.event),
        "not_evaluable": _counted(time.why for time in times if not time.is_evaluable),
    } | _median(found, len(known), reverse, confidence)


def _median(found: MedianTime, n: int, reverse: bool, confidence: float) -> Mapping:
    if not n:
        return {"status": "not_evaluable", "reason": "no patient is evaluable"}
    reason = ""
    if found.median is None:
        reason = "more than half are followed on" if reverse else "more than half have no event"
    return {
        "median_days": found.median,
        "ci_low": found.low,
        "ci_high": found.high,
        "confidence": confidence,
        "status": "ok" if found.median is not None else "not_reached",
        "reason": reason,
    }


def _absent(name: str, n: int) -> dict:
    return {
        "measure": "time",
        "endpoint": name,
        "starts": _STARTS.get(name, _START),
        "unit": "days",
        "n_patients": n,
        "status": "not_computed",
        "reason": f"needs {_NEEDS.get(name, _NEEDS['pfs'])}",
    }


def _counted(keys) -> str:
    """Write how often each key occurs: ``data_cut 3; lost 1``."""
    counts = Counter(keys)
    return "; ".join(f"{key} {counts[key]}" for key in sorted(counts))
