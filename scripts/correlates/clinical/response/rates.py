"""Response rates of the cohort: with and without PR-L, confirmed or not, by each source."""

from collections.abc import Iterator, Mapping, Sequence

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
    *("ci_low", "ci_high", "confidence", "method", "n_not_evaluable", "n_not_recorded"),
    *("criteria_version", "note"),
]
COMPLETE = frozenset({"CR", "CRi"})
RATES: Mapping[str, frozenset] = {
    "orr": RESPONSES,
    "orr_l": RESPONSES_WITH_LYMPHOCYTOSIS,
    "cr": COMPLETE,
}


def response_rates(responses: Sequence[PatientResponse], confidence: float) -> list[dict]:
    """Return every rate with its exact interval.

    Parameters
    ----------
    responses
        One an enrolled patient.
    confidence
        Level of the two-sided interval, between 0 and 1.

    Returns
    -------
    Rows of ``COLUMNS``, in percent of patients: ``orr`` (CR, CRi, nPR, PR), ``orr_l`` (PR-L too)
    and ``cr`` (CR, CRi). NE stays in the denominator as no response; a patient without any record
    of response is in no denominator, and counted.

    Notes
    -----
    Source: Clopper and Pearson, Biometrika 1934;26:404.
    """
    rows = []
    for source, courses in _by_source(responses):
        kinds = ("as given",) if source == TYPED else ("confirmed", "unconfirmed")
        for kind in kinds:
            best = [_best(course, kind) for course in courses]
            rows += [
                _row(rate, names, best, source, kind, confidence) for rate, names in RATES.items()
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
    best: Sequence[str | None],
    source: str,
    kind: str,
    confidence: float,
) -> dict:
    known = [category for category in best if category is not None]
    responders, n = sum(category in names for category in known), len(known)
    low, high = (float(end) for end in clopper_pearson(responders, n, confidence))
    missing = len(best) - n
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
        "n_not_recorded": missing,
        "note": "no response is recorded of any patient" if not n else "",
    }
