"""Which responses are confirmed, and which of all is the best."""

from collections.abc import Sequence
from dataclasses import replace

from correlates.clinical.dosing.dosing import FIRST_IBRUTINIB_DAY
from correlates.clinical.response.judged import (
    CONFIRMED,
    PENDING,
    RANK,
    REFUTED,
    RESPONSES_WITH_LYMPHOCYTOSIS,
    TYPED,
    Course,
    Judged,
    ResponseSettings,
)

LEVELS = ("CR", "CRi", "nPR", "PR", "PR-L")


def confirm_responses(judged: Sequence[Judged], confirmation_days: float) -> tuple[Judged, ...]:
    """Say of each response whether it was confirmed; progressions keep what they say.

    Parameters
    ----------
    judged
        Assessments in the order of their days.
    confirmation_days
        Days after which a response must still be there, in the same category or a better one.
    """
    return tuple(
        replace(one, confirmed=confirmation(judged, place, one.category, confirmation_days))
        if one.category in RESPONSES_WITH_LYMPHOCYTOSIS
        else one
        for place, one in enumerate(judged)
    )


def confirmation(judged: Sequence[Judged], place: int, level: str, days: float) -> str:
    """Say whether an assessment at a level or better was followed by others that confirm it.

    A flare, a progression that does not count and an assessment that is not evaluable neither
    confirm nor refute; any other below the level refutes.
    """
    first = judged[place].study_day
    for later in judged[place + 1 :]:
        if later.is_neutral:
            continue
        if RANK[later.category] > RANK[level]:
            return REFUTED
        if later.study_day - first >= days:
            return CONFIRMED
    return PENDING


def before_progression(judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """Return the assessments before the first progression that counts."""
    first = next((place for place, one in enumerate(judged) if one.is_progression), len(judged))
    return tuple(judged[:first])


def best_response(
    judged: Sequence[Judged],
    settings: ResponseSettings,
    *,
    must_confirm: bool,
    first_dose_day: float = FIRST_IBRUTINIB_DAY,
) -> tuple[str, str]:
    """Choose the best response of a patient, and say what kept it from a better one.

    Parameters
    ----------
    judged
        Assessments in the order of their days; at least one.
    settings
        ``confirmation_days`` and ``stable_days``.
    must_confirm
        Whether a response counts only once it is confirmed. A response that is not is stable
        disease, if that lasted long enough.
    first_dose_day
        Study day of the first ibrutinib dose.

    Returns
    -------
    Category and reason. After a progression that counts nothing improves it.
    """
    until = before_progression(judged)
    for level in LEVELS:
        for place, one in enumerate(until):
            if RANK[one.category] > RANK[level]:
                continue
            if not must_confirm:
                return level, ""
            if confirmation(judged, place, level, settings["confirmation_days"]) == CONFIRMED:
                return level, ""
    shown = [one for one in until if RANK[one.category] <= RANK["SD"]]
    responded = any(one.category in RESPONSES_WITH_LYMPHOCYTOSIS for one in shown)
    reason = "a response was not confirmed" if responded else ""
    if any(one.study_day - first_dose_day >= settings["stable_days"] for one in shown):
        return "SD", reason
    if len(until) < len(judged):
        return "PD", reason
    if shown:
        early = f"stable disease before {settings['stable_days']:g} days does not count"
        return "NE", "; ".join(filter(None, [reason, early]))
    return "NE", "no assessment is evaluable" if until else ""


def first_response(
    judged: Sequence[Judged], level: str, settings: ResponseSettings, *, must_confirm: bool
) -> float | None:
    """Return the study day of the first response of a level or better before any progression."""
    for place, one in enumerate(before_progression(judged)):
        if RANK[one.category] > RANK[level]:
            continue
        if not must_confirm:
            return one.study_day
        if confirmation(judged, place, level, settings["confirmation_days"]) == CONFIRMED:
            return one.study_day
    return None


def course_of(
    patient: str,
    judged: Sequence[Judged],
    source: str,
    settings: ResponseSettings,
    first_dose_day: float = FIRST_IBRUTINIB_DAY,
    new_therapy_day: float | None = None,
) -> Course:
    """Make the course of a patient of the judged assessments under treatment.

    Those after another therapy began stand in it, and neither confirm, refute nor are a response.
    """
    made = Course(patient, settings["criteria"], source, tuple(judged), "NE", "NE", "NE")
    made = replace(made, first_dose_day=first_dose_day, new_therapy_day=new_therapy_day)
    after = made.assessments[len(made.counted) :]
    judged = confirm_responses(made.counted, settings["confirmation_days"])
    if not judged:
        before = " before another therapy" if after else ""
        return replace(made, reason=f"no assessment under treatment{before}")
    must_confirm = settings["best"] == "confirmed"
    confirmed, why_confirmed = best_response(
        judged, settings, must_confirm=True, first_dose_day=first_dose_day
    )
    unconfirmed, why = best_response(
        judged, settings, must_confirm=False, first_dose_day=first_dose_day
    )
    progressions = (one.study_day for one in (*judged, *after) if one.is_progression)
    return replace(
        made,
        assessments=(*judged, *after),
        best=confirmed if must_confirm else unconfirmed,
        best_confirmed=confirmed,
        best_unconfirmed=unconfirmed,
        first_progression_day=next(progressions, None),
        first_response_day=first_response(judged, "PR", settings, must_confirm=must_confirm),
        first_response_l_day=first_response(judged, "PR-L", settings, must_confirm=must_confirm),
        reason=why_confirmed if must_confirm else why,
    )


def typed_course(patient: str, category: str | None, criteria: str) -> Course:
    """Make the course of a patient of whom only the patients sheet has a response."""
    reason = "as typed in the patients sheet" if category else "response not recorded"
    return Course(patient, criteria, TYPED, (), category, category, category, reason=reason)
