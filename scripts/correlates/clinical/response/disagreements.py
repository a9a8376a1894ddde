"""Where the computed category and another one differ, and which criterion decided it.

Neither overwrites the other: the list is for a person to settle.
"""

from collections.abc import Iterator, Sequence

from correlates.clinical.response.categories import Judgement
from correlates.clinical.response.course import Assessment, PatientResponse
from correlates.clinical.response.judged import RANK, Course
from correlates.clinical.response.readings import names_of
from correlates.clinical.response.verdicts import Verdicts

COLUMNS = [
    *("patient", "level", "study_day", "visit", "computed", "other", "other_source"),
    *("difference", "deciding_criterion", "detail", "criteria_version", "other_criteria"),
]
ASSESSMENT = "assessment"
BEST = "best response"


def disagreements_of(
    response: PatientResponse, typed: str | None, typed_criteria: str | None
) -> list[dict]:
    """List every difference of one patient.

    Parameters
    ----------
    response
        What was judged of the patient.
    typed
        Best response of the patients sheet, None if it has none.
    typed_criteria
        Criteria that the sheet names for it, None if it names none.

    Returns
    -------
    Rows of ``COLUMNS``: one a differing assessment, then one for each best response that differs.
    """
    if response.computed is None:
        return []
    return [
        *_of_assessments(response),
        *_of_best(response, typed, typed_criteria),
    ]


def _of_assessments(response: PatientResponse) -> Iterator[dict]:
    criteria = response.computed.criteria
    for one in response.assessments:
        row = one.finding.row
        given, computed = row.get("investigator_category"), one.judgement.category
        if not given or given == computed:
            continue
        parameters, detail = deciding_criterion(one, given)
        yield {
            "patient": response.patient,
            "level": ASSESSMENT,
            "study_day": one.finding.day,
            "visit": one.finding.visit,
            "computed": computed,
            "other": given,
            "other_source": "investigator",
            "difference": _difference(computed, given),
            "deciding_criterion": names_of(parameters),
            "detail": detail,
            "criteria_version": criteria,
            "other_criteria": row.get("criteria_version") or criteria,
        }


def _difference(computed: str, other: str) -> str:
    if "NE" in (computed, other):
        return "one is not evaluable"
    return "computed is better" if RANK[computed] < RANK[other] else "computed is worse"


def deciding_criterion(one: Assessment, given: str) -> tuple[Sequence[str], str]:
    """Return the parameters on which a difference hangs, and the same in words.

    Parameters
    ----------
    one
        The assessment.
    given
        The other category. Where it is the better one, what kept the assessment from it decides;
        where it is the worse one, what the computed category rests on.
    """
    judgement, verdicts = one.judgement, one.progression.verdicts
    if judgement.category == "PD" or RANK[given] < RANK[judgement.category]:
        parameters = judgement.kept_from.get(given, ()) or judgement.because
        return parameters, _detail(judgement, verdicts, parameters)
    if given == "PD":
        exempt = [name for name, verdict in verdicts.items() if verdict.exemption]
        said = "no parameter is worse by as much as progression asks for"
        if exempt:
            return exempt, f"no progression: {_described(verdicts, exempt)}"
        return judgement.because, f"{said}; {judgement.reason}"
    return judgement.because, judgement.reason


def _detail(judgement: Judgement, verdicts: Verdicts, parameters: Sequence[str]) -> str:
    known = [name for name in parameters if name in verdicts]
    return _described(verdicts, known) if known else judgement.reason


def _described(verdicts: Verdicts, names: Sequence[str]) -> str:
    return "; ".join(_one_described(verdicts, name) for name in names)


def _one_described(verdicts: Verdicts, name: str) -> str:
    verdict = verdicts[name]
    value = verdict.reading.value
    shown = f"{value:g}" if isinstance(value, float | int) and not isinstance(value, bool) else ""
    shown = f" {shown} {verdict.unit}".rstrip() if shown else ""
    # In whole percent, -49.8 would read as the -50 that it misses.
    change = "" if verdict.change_pct is None else f", {verdict.change_pct:+.4g} %"
    note = f", {verdict.reason}" if verdict.reason else ""
    return f"{name}{shown} is {verdict.verdict}{change}{note} ({verdict.threshold})"


def _of_best(
    response: PatientResponse, typed: str | None, typed_criteria: str | None
) -> Iterator[dict]:
    computed = response.computed
    others = [("patients sheet", typed, typed_criteria)]
    if response.investigator is not None:
        best = response.investigator.best
        others.append(("investigator's assessments", best, response.investigator.criteria))
    for source, other, criteria in others:
        if not other or other == computed.best:
            continue
        day, detail = _place_of_best(computed)
        yield {
            "patient": response.patient,
            "level": BEST,
            "study_day": day,
            "visit": "",
            "computed": computed.best,
            "other": other,
            "other_source": source,
            "difference": _difference(computed.best, other),
            "deciding_criterion": _deciding_best(response, day, other),
            "detail": detail,
            "criteria_version": computed.criteria,
            "other_criteria": criteria or computed.criteria,
        }


def _deciding_best(response: PatientResponse, day: float | None, other: str) -> str:
    """Return what a difference of best responses hangs on: confirmation, or parameters."""
    if response.computed.best_unconfirmed == other:
        return "confirmation"
    at_best = [one for one in response.assessments if one.finding.day == day]
    if not at_best:
        return "no assessment"
    parameters, _ = deciding_criterion(at_best[0], other)
    return names_of(parameters)


def _place_of_best(course: Course) -> tuple[float | None, str]:
    """Return the assessment that the best response rests on, and what is said of it."""
    until = course.first_progression_day
    at_best = [
        one
        for one in course.assessments
        if one.category == course.best and (until is None or one.study_day <= until)
    ]
    if not at_best:
        return None, course.reason
    notes = [course.reason, f"unconfirmed {course.best_unconfirmed}", at_best[0].reason]
    if course.best_unconfirmed == course.best:
        notes.pop(1)
    return at_best[0].study_day, "; ".join(note for note in notes if note)
