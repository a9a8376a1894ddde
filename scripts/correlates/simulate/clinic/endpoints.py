"""The true endpoints of a simulated patient, read off the course and not off what was measured."""

from dataclasses import replace

from correlates.simulate.clinic.course import Check, Course

_ORDER = ("CR", "CRi", "nPR", "PR", "PR-L", "SD", "PD", "NE")
_RESPONSES = ("CR", "CRi", "nPR", "PR")
_NOT_ASSESSED = "NE"
_CONFIRMED_AFTER_DAYS = 56
_STABLE_FOR_DAYS = 56
COLUMNS = (
    *("patient", "fate", "best_response", "best_unconfirmed", "response_day", "progression_day"),
    *("time_to_response_d", "dor_d", "dor_event", "pfs_d", "pfs_event", "pfs_c1d1_d"),
    *("os_d", "os_event", "spd_pct_change_best"),
    *("at_risk_of_flare", "tfr_any", "tfr_ge2", "tfr_ordinal", "tfr_onset_d"),
)


def true_endpoints(
    course: Course, lesions: list[dict], is_at_risk: bool, cut_day: float | None = None
) -> dict:
    """Return the true endpoints of one patient.

    Parameters
    ----------
    course
        Of the patient.
    lesions
        Rows of the patient's lesions, whose products of diameters are summed here.
    is_at_risk
        Whether lenalidomide was ever taken.
    cut_day
        Last study day that is known; None for all.

    Returns
    -------
    Columns of ``COLUMNS``; intervals are differences of study days, None where there is none.
    """
    cut = float("inf") if cut_day is None else cut_day
    counted = [check for check in _counted(course) if check.day <= cut]
    confirmed = [check for check in counted if _is_confirmed(check, counted)]
    responded = next((check.day for check in confirmed if check.category in _RESPONSES), None)
    progressed = next((check.day for check in course.checks if check.category == "PD"), None)
    end, event = _progression_free(course, counted, cut)
    death = course.death_day if course.death_day is not None and course.death_day <= cut else None
    alive = min(course.last_day, cut)
    start = course.calendar.start
    flared = is_at_risk and course.flare_onset is not None
    grade = course.grade if flared and start + course.flare_onset <= cut else 0
    treated = is_at_risk and start <= cut
    return {
        "patient": course.patient.key,
        "fate": course.fate,
        "best_response": _best(_or_stable(counted, confirmed)),
        "best_unconfirmed": _best(_long_enough(counted)),
        "response_day": responded,
        "progression_day": progressed if progressed is not None and progressed <= cut else None,
        "time_to_response_d": None if responded is None else responded - 1,
        "dor_d": None if responded is None else end - responded,
        "dor_event": None if responded is None else event,
        "pfs_d": end - 1,
        "pfs_event": event,
        "pfs_c1d1_d": end - start if treated and end >= start else None,
        "os_d": (alive if death is None else death) - 1,
        "os_event": death is not None,
        "spd_pct_change_best": _best_change(counted, lesions),
        "at_risk_of_flare": treated,
        "tfr_any": grade > 0 if treated else None,
        "tfr_ge2": grade >= 2 if treated else None,
        "tfr_ordinal": grade if treated else None,
        "tfr_onset_d": course.flare_onset if grade else None,
    }


def _counted(course: Course) -> list[Check]:
    """Return the assessments after baseline that count: none after another treatment began."""
    until = course.new_therapy_day or float("inf")
    return [check for check in course.checks if check.category and check.day < until]


def _progression_free(course: Course, counted: list[Check], cut: float) -> tuple[int, bool]:
    """Return the study day on which progression-free survival ends, and whether in an event.

    By construction two assessments in a row are missed in one fate alone, and a death follows an
    assessment without any missed.
    """
    if course.fate == "missed_two":
        before = course.day_of("C13D1")
        counted = [check for check in counted if check.day < before]
    for check in counted:
        if check.category == "PD":
            return check.day, True
    if course.death_day is not None and course.death_day <= cut:
        return course.death_day, True
    adequate = [check.day for check in counted if check.category != _NOT_ASSESSED]
    return (adequate[-1] if adequate else 1), False


def _best(checks: list[Check]) -> str:
    return min((check.category for check in checks), key=_ORDER.index, default=_NOT_ASSESSED)


def _is_confirmed(check: Check, counted: list[Check]) -> bool:
    """Say whether a response was found again two months later, as good or better.

    By construction no response is lost and found again.
    """
    return check.category in (*_RESPONSES, "PR-L") and any(
        _ORDER.index(later.category) <= _ORDER.index(check.category)
        and later.day - check.day >= _CONFIRMED_AFTER_DAYS
        for later in counted
    )


def _or_stable(counted: list[Check], confirmed: list[Check]) -> list[Check]:
    """Return the assessments with those responses that are not confirmed as stable disease."""
    return _long_enough(
        [
            check
            if check in confirmed or check.category in ("PD", _NOT_ASSESSED)
            else replace(check, pattern="stable")
            for check in counted
        ]
    )


def _long_enough(checks: list[Check]) -> list[Check]:
    """Leave out disease that was stable before that could be said of it."""
    return [check for check in checks if check.category != "SD" or check.day > _STABLE_FOR_DAYS]


def _best_change(counted: list[Check], lesions: list[dict]) -> float | None:
    """Return the largest fall of the sum of the products of diameters, in percent.

    What follows the first progression is not counted.
    """
    progressed = min((check.day for check in counted if check.category == "PD"), default=None)
    if progressed is not None:
        counted = [check for check in counted if check.day <= progressed]
    sums: dict[int, float] = {}
    for row in lesions:
        if row["role"] == "target":
            day = row["study_day"]
            sums[day] = sums.get(day, 0.0) + row["ld_mm"] * row["sd_mm"]
    after = [sums[check.day] for check in counted if check.day in sums]
    if not after:
        return None
    return 100 * (min(after) / sums[min(sums)] - 1)
