"""Endpoints of response: rates, depth and shrinkage, from the best response of a patient."""

from dataclasses import replace

from correlates.clinical.endpoints.rows import BINARY, CONTINUOUS, ORDINAL, Endpoint
from correlates.clinical.response.judged import (
    DEPTH,
    ORDER,
    RESPONSES,
    RESPONSES_WITH_LYMPHOCYTOSIS,
    Course,
)
from correlates.clinical.response.tables import best_spd_change

KINDS = {"response_depth": ORDINAL, "cr": BINARY, "orr": BINARY, "orr_l": BINARY}
SHRINKAGE = "spd_pct_change_best"
NOT_ASSESSED = "NE"
_SEPARATORS = str.maketrans("", "", "- _")
_SPELLINGS = {name.lower().translate(_SEPARATORS): name for name in ORDER}


def response_endpoints(given: str | None, why: str = "") -> list[Endpoint]:
    """Return depth, complete and overall response of a best response.

    Parameters
    ----------
    given
        The category, in any spelling; None or empty if nothing is recorded.
    why
        What kept it from a better one.

    Returns
    -------
    Not assessed (NE) stays in the denominator of the response rate as no response, and is left out
    of the depth, of which it says nothing. A blank is neither.
    """
    text = "" if given is None else str(given).strip()
    category = _SPELLINGS.get(text.lower().translate(_SEPARATORS))
    if category in DEPTH:
        depth = DEPTH[category]
        values = {
            "response_depth": depth,
            "cr": int(depth == DEPTH["CR"]),
            "orr": int(category in RESPONSES),
            "orr_l": int(category in RESPONSES_WITH_LYMPHOCYTOSIS),
        }
        reasons = dict.fromkeys(values, why)
    elif category == NOT_ASSESSED:
        values = dict.fromkeys(KINDS) | {"orr": 0, "orr_l": 0}
        told = f"response not evaluable (NE{': ' + why if why else ''})"
        counted = f"{told}: in the denominator as no response"
        reasons = {name: told if values[name] is None else counted for name in values}
    else:
        known = ", ".join(ORDER)
        reason = f"response {text!r} is none of {known}" if text else why or "response not recorded"
        return no_response_endpoints(reason)
    return [Endpoint(name, kind, values[name], reasons[name]) for name, kind in KINDS.items()]


def no_response_endpoints(reason: str) -> list[Endpoint]:
    """Return the endpoints of someone of whom there is nothing to say."""
    return [Endpoint(name, kind, None, reason) for name, kind in KINDS.items()]


def unless_known(found: list[Endpoint], at_best: list[Endpoint], reason: str) -> list[Endpoint]:
    """Take back what may still change: endpoints of the best category that may yet come.

    Parameters
    ----------
    found, at_best
        Endpoints of the best response so far, and of the best that it may become.
    reason
        Why it is not known.
    """
    return [
        now
        if now.value is not None and now.value == later.value
        else replace(now, value=None, reason=reason)
        for now, later in zip(found, at_best, strict=True)
    ]


def shrinkage_endpoint(course: Course | None, unknown: str = "") -> Endpoint:
    """Return the best change of the sum of products from baseline, in percent.

    Parameters
    ----------
    course
        The course that was computed from measurements; None where there is none.
    unknown
        Why nothing can be said of it; empty if something can.

    Returns
    -------
    The lowest change (most shrinkage) up to the first progression that counts, which may itself be
    the lowest of a patient who only grew, and not after another therapy.
    """
    if unknown:
        return Endpoint(SHRINKAGE, CONTINUOUS, None, unknown)
    best, _ = best_spd_change(course)
    reason = "" if best is not None else "no sum of products both before and under treatment"
    return Endpoint(SHRINKAGE, CONTINUOUS, best, reason)
