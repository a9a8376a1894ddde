"""Tables of response: one row an assessment, a parameter, a patient."""

from collections.abc import Iterable, Iterator

from correlates.clinical.response.course import Assessment, PatientResponse
from correlates.clinical.response.judged import (
    DEPTH,
    RESPONSES,
    RESPONSES_WITH_LYMPHOCYTOSIS,
    TYPED,
    Course,
)
from correlates.clinical.response.rates import COMPLETE
from correlates.clinical.response.readings import Finding, Reading
from correlates.clinical.response.verdicts import GROUP_OF, Verdict

_MEASURES = (
    *("spd_mm2", "longest_mm", "spleen_cm", "liver_enlarged", "symptoms", "alc_10e9_l"),
    *("plt_10e9_l", "hb_g_dl", "anc_10e9_l", "marrow"),
)
ASSESSMENT_COLUMNS = [
    *("patient", "study_day", "visit", "role", "category", "confirmed", "is_progression"),
    *("is_adequate", "exemption", "investigator_category", "spd_pct_change", *_MEASURES),
    *("reason", "criteria_version"),
]
CRITERIA_COLUMNS = [
    *("patient", "study_day", "visit", "parameter", "group", "verdict", "value", "unit"),
    *("source", "source_day", "baseline", "baseline_day", "reference", "reference_day"),
    *("change_pct", "threshold", "was_abnormal", "exemption", "reason", "criteria_version"),
]
RESPONSE_COLUMNS = [
    *("patient", "enrolled", "source", "best", "best_kind", "computed_confirmed"),
    *("computed_unconfirmed", "investigator_confirmed", "investigator_unconfirmed", "typed"),
    *("depth", "orr", "orr_l", "cr", "spd_pct_change_best", "spd_best_day"),
    *("first_response_day", "time_to_response_days", "first_response_l_day"),
    *("time_to_response_l_days", "first_progression_day", "progression_confirmed"),
    *("n_assessments", "n_adequate", "last_adequate_day", "reason", "criteria_version"),
]


def assessment_rows(response: PatientResponse, criteria: str) -> Iterator[dict]:
    """Yield the assessments of a patient: those up to the first dose, then those judged."""
    for finding in response.history.before:
        # Blood counts alone are no assessment, though they may be the baseline.
        if finding.row or finding.lesions:
            yield _finding_row(finding) | {"role": "baseline", "criteria_version": criteria}
    if response.computed is None:
        return
    for one, judged in zip(response.assessments, response.computed.assessments, strict=True):
        yield _finding_row(one.finding) | {
            "role": "treatment",
            "category": judged.category,
            "confirmed": judged.confirmed,
            "is_progression": judged.is_progression,
            "is_adequate": judged.is_adequate,
            "exemption": judged.exemption,
            "spd_pct_change": judged.spd_pct_change,
            "reason": judged.reason,
            "criteria_version": criteria,
        }


def _finding_row(finding: Finding) -> dict:
    return {
        "patient": finding.patient,
        "study_day": finding.day,
        "visit": finding.visit,
        "investigator_category": finding.row.get("investigator_category"),
    } | {name: finding.value(name) for name in _MEASURES}


def criteria_rows(response: PatientResponse, criteria: str) -> Iterator[dict]:
    """Yield one row for each parameter of each assessment under treatment."""
    for one in response.assessments:
        for verdict in one.progression.verdicts.values():
            yield _criterion_row(one, verdict) | {
                "patient": response.patient,
                "criteria_version": criteria,
            }


def _criterion_row(one: Assessment, verdict: Verdict) -> dict:
    reading = verdict.reading
    return {
        "study_day": one.finding.day,
        "visit": one.finding.visit,
        "parameter": verdict.parameter,
        "group": GROUP_OF[verdict.parameter],
        "verdict": verdict.verdict,
        "value": reading.value,
        "unit": verdict.unit,
        "source": reading.source if reading.is_known else None,
        "source_day": reading.day if reading.is_known else None,
        "baseline": verdict.baseline.value,
        "baseline_day": _day_of(verdict.baseline),
        "reference": verdict.reference.value,
        "reference_day": _day_of(verdict.reference),
        "change_pct": verdict.change_pct,
        "threshold": verdict.threshold,
        "was_abnormal": verdict.was_abnormal,
        "exemption": verdict.exemption,
        "reason": verdict.reason,
    }


def _day_of(reading: Reading) -> float | None:
    return reading.day if reading.is_known else None


def response_row(
    response: PatientResponse,
    typed: str | None,
    best_kind: str,
    *,
    enrolled: bool,
    at_best: str | None = None,
    why_open: str = "",
    unknown: str = "",
) -> dict:
    """Return the row of one patient, by the source that endpoints are derived from.

    Parameters
    ----------
    response
        What was judged of the patient.
    typed
        Response of the patients sheet.
    best_kind
        ``confirmed`` or ``unconfirmed``: which best response stands in ``best``.
    enrolled
        Whether the patient is no failure of screening.
    at_best, why_open
        The category that the best response may still come to, and why; None if it stands. What may
        still change by it (depth and rates) is left empty.
    unknown
        Why the best response is not known, since a row that may tell it is left out; all of them
        are then left empty.
    """
    chosen, computed, investigator = response.chosen, response.computed, response.investigator
    change, day = best_spd_change(computed)
    best = None if unknown and chosen.source != TYPED else chosen.best
    return {
        "patient": response.patient,
        "enrolled": enrolled,
        "source": chosen.source,
        "best": chosen.best,
        "best_kind": "as given" if chosen.source == TYPED else best_kind,
        "computed_confirmed": computed and computed.best_confirmed,
        "computed_unconfirmed": computed and computed.best_unconfirmed,
        "investigator_confirmed": investigator and investigator.best_confirmed,
        "investigator_unconfirmed": investigator and investigator.best_unconfirmed,
        "typed": typed,
        "depth": DEPTH.get(best) if at_best is None else _same_depth(best, at_best),
        "orr": _is_among(best, RESPONSES, at_best),
        "orr_l": _is_among(best, RESPONSES_WITH_LYMPHOCYTOSIS, at_best),
        "cr": _is_among(best, COMPLETE, at_best),
        "spd_pct_change_best": change,
        "spd_best_day": day,
        "first_response_day": chosen.first_response_day,
        "time_to_response_days": chosen.days_from_first_dose(chosen.first_response_day),
        "first_response_l_day": chosen.first_response_l_day,
        "time_to_response_l_days": chosen.days_from_first_dose(chosen.first_response_l_day),
        "first_progression_day": chosen.first_progression_day,
        "progression_confirmed": next(
            (one.confirmed for one in chosen.assessments if one.is_progression), None
        ),
        "n_assessments": len(chosen.assessments),
        "n_adequate": len(chosen.adequate_days),
        "last_adequate_day": chosen.last_adequate_day,
        "reason": unknown or why_open or chosen.reason,
        "criteria_version": chosen.criteria,
    }


def _is_among(category: str | None, names: Iterable[str], at_best: str | None) -> bool | None:
    if category is None or (at_best in names and category not in names):
        return None
    return category in names


def _same_depth(category: str | None, at_best: str) -> int | None:
    """Return the depth of a best response that is not known yet, if it can be no other."""
    return DEPTH.get(category) if DEPTH.get(category) == DEPTH[at_best] else None


def best_spd_change(course: Course | None) -> tuple[float | None, float | None]:
    """Return the deepest change of the sum of products from baseline in percent, and its day.

    It ends with the first progression that counts, which may itself be the deepest of a patient who
    only grew.
    """
    until = course.first_progression_day if course else None
    known = [
        (one.spd_pct_change, one.study_day)
        for one in (course.counted if course else ())
        if one.spd_pct_change is not None and (until is None or one.study_day <= until)
    ]
    return min(known, default=(None, None))
