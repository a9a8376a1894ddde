"""Grades derived from values beside those that were reported as adverse events."""

from collections.abc import Mapping, Sequence
from math import floor

from correlates.clinical.safety.settings import SafetySettings
from correlates.clinical.safety.words import OK, joined, word_match


def beside_reported(
    row: Mapping,
    parameter: str,
    events: Sequence[Mapping] | None,
    settings: SafetySettings,
) -> dict:
    """Set the worst reported grade of a parameter beside the worst grade of its values.

    Parameters
    ----------
    row
        Worst grade of the values and the days that it is of.
    parameter
        ``anc``, ``plt`` or ``hb``.
    events
        Adverse events of the patient; None where the study has no such sheet.
    settings
        Terms under which each parameter may have been reported.

    Returns
    -------
    Columns ``reported_grade``, ``reported_terms`` and ``disagreement``; neither overwrites the
    other. Without a sheet of adverse events there is nothing to compare, and all are empty.
    """
    if events is None:
        return {}
    terms = settings.reported_terms[parameter]
    found = [
        event
        for event in events
        if word_match(event["term"], terms) and touches(event, row["first_day"], row["last_day"])
    ]
    grades = [event["grade"] for event in found if event.get("grade") is not None]
    reported = max(grades, default=None if found else 0)
    said = {
        "reported_grade": reported,
        "reported_terms": joined(sorted({event["term"] for event in found})),
    }
    if row["status"] != OK:
        unchecked = "reported, but not evaluable from the values" if found else ""
        return said | {"disagreement": unchecked}
    if reported is None:
        return said | {"disagreement": "reported without a grade"}
    worst = row["worst_grade"]
    if worst == reported:
        return said | {"disagreement": ""}
    if not found:
        return said | {"disagreement": f"grade {worst} by the values, not reported"}
    return said | {"disagreement": f"grade {worst} by the values, reported as grade {reported}"}


def touches(event: Mapping, first: float, last: float) -> bool:
    """Say whether an event began within these days or was going on; an unknown onset may have."""
    onset, end = event.get("onset_day"), event.get("resolution_day")
    return (onset is None or floor(onset) <= last) and (end is None or end >= first)
