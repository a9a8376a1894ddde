"""Response rates of the cohort: with and without PR-L, confirmed or not, by each source."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from correlates.clinical.response.course import PatientResponse
from correlates.clinical.response.judged import (
    RESPONSES,
    RESPONSES_WITH_LYMPHOCYTOSIS,
    TYPED,
    Course,
)
from correlates.intervals import clopper_pearson

COLUMNS = [
    *("rate", "responses", "source", "unit", "numerator", "denominator", "value"),
    *("ci_low", "ci_high", "confidence", "method", "n_not_evaluable", "n_not_yet"),
    *("n_not_recorded", "criteria_version", "note"),
]
COMPLETE = frozenset({"CR", "CRi"})
RATES: Mapping[str, frozenset] = {
    "orr": RESPONSES,
    "orr_l": RESPONSES_WITH_LYMPHOCYTOSIS,
    "cr": COMPLETE,
}


def response_rates(
    responses: Sequence[PatientResponse],
    confidence: float,
    at_best: Callable[[str, Course, bool], str | None] = lambda *_: None,
    unknown: Collection[str] = (),
) -> list[dict]:
    """Return every rate with its exact interval.

    Parameters
    ----------
    responses
        One an enrolled patient.
    confidence
        Level of the two-sided interval, between 0 and 1.
    at_best
        Of a patient, a course and whether responses must be confirmed, the category that a best
        response may still come to because nothing that would tell was due; None if it stands.
    unknown
        Patients whose response by day is not known, since a row that may tell it is left out.

    Returns
    -------
    Rows of ``COLUMNS``, in percent of patients: ``orr`` (CR, CRi, nPR, PR), ``orr_l`` (PR-L too)
    and ``cr`` (CR, CRi). NE stays in the denominator as no response. Who may still come to a
    response that the rate counts, and a patient without any record of response, are in no
    denominator, and counted.

    Notes
    -----
    Source: Clopper and Pearson, Biometrika 1934;26:404.
    """
    rows = []
    for source, courses in _by_source(responses):
        kinds = ("as given",) if source == TYPED else ("confirmed", "unconfirmed")
        for kind in kinds:
            best = [
                None if one.patient in unknown and source != TYPED else _best(course, kind)
                for one, course in zip(responses, courses, strict=True)
            ]
            may_be = [
                course and at_best(one.patient, course, kind == "confirmed")
                for one, course in zip(responses, courses, strict=True)
            ]
            rows += [
                _row(rate, names, list(zip(best, may_be, strict=True)), source, kind, confidence)
                for rate, names in RATES.items()
            ]
    criteria = next((one.chosen.criteria for one in responses), "")
    return [row | {"criteria_version": criteria} for row in rows]


def _by_source(
    responses: Sequence[PatientResponse],
) -> Iterator[tuple[str, list[Course | None]]]:
    """Yield each source that has any course, with one course or none a patient."""
    for source in ("computed", "investigator", TYPED):
        courses = [
            one.chosen
            if source == TYPED and one.chosen.source == TYPED
            else getattr(one, source, None)
            for one in responses
        ]
        if any(course is not None for course in courses):
            yield source, courses


def _best(course: Course | None, kind: str) -> str | None:
    if course is None:
        return None
    return course.best_confirmed if kind == "confirmed" else course.best_unconfirmed


def _row(
    rate: str,
    names: frozenset,
    best: Sequence[tuple[str | None, str | None]],
    source: str,
    kind: str,
    confidence: float,
) -> dict:
    recorded = [pair for pair in best if pair[0] is not None]
    # Who has the response has it, and who cannot come to it has not; the rest is not known yet.
    open_ = [later in names and category not in names for category, later in recorded]
    known = [pair[0] for pair, is_open in zip(recorded, open_, strict=True) if not is_open]
    responders, n = sum(category in names for category in known), len(known)
    low, high = (float(end) for end in clopper_pearson(responders, n, confidence))
    return {
        "rate": rate,
        "responses": kind,
        "source": source,
        "unit": "% of patients",
        "numerator": responders,
        "denominator": n,
        "value": 100 * responders / n if n else None,
        "ci_low": 100 * low,
        "ci_high": 100 * high,
        "confidence": confidence,
        "method": "Clopper-Pearson",
        "n_not_evaluable": known.count("NE"),
        "n_not_yet": sum(open_),
        "n_not_recorded": len(best) - len(recorded),
        "note": "" if n else "no response is known of any patient",
    }
