"""How long a patient was at risk of a flare: days observed, days on lenalidomide, prophylaxis."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from correlates.clinical.dosing.dosing import LENALIDOMIDE, STEROIDS, Dosing
from correlates.intake.sheets.values import is_blank

PROPHYLAXIS = "prophylaxis"
NSAID = "nsaid"
STEROID = "steroid"


@dataclass(frozen=True)
class AtRisk:
    """A patient's time at risk of a flare.

    Parameters
    ----------
    first_day
        Study day of the first lenalidomide dose; None for who never received it.
    observed_days
        Days from it to the last day of which anything is known.
    exposure_days
        Days on which lenalidomide was taken, and ``window_exposure_days`` those within the window;
        None where the doses are not known to any end.
    prophylaxis
        ``none``, or kinds of drug joined by semicolons; empty if not known.
    prophylaxis_source
        Sheet that says so.
    """

    first_day: float | None
    observed_days: float | None = None
    exposure_days: int | None = None
    window_exposure_days: int | None = None
    prophylaxis: str = ""
    prophylaxis_source: str = ""


def at_risk_of(
    dosing: Dosing, patient: Mapping, window_days: float, first_onset: float | None
) -> AtRisk:
    """Return a patient's time at risk.

    Parameters
    ----------
    dosing
        What the patient took.
    patient
        Row of the patients sheet.
    window_days
        Days after the first dose in which flares are looked for; that day itself is 0.
    first_onset
        Study day of the first flare, before which prophylaxis must have begun; None for none.
    """
    first = dosing.first_lenalidomide
    if first is None:
        return AtRisk(None)
    taken = _days_taken(dosing)
    end = math.floor(first) + window_days
    kinds, source = _prophylaxis(dosing, patient, end if first_onset is None else first_onset)
    last = dosing.last_day
    return AtRisk(
        first_day=first,
        observed_days=None if last is None else max(last - first, 0),
        exposure_days=None if taken is None else len(taken),
        window_exposure_days=None if taken is None else sum(day <= end for day in taken),
        prophylaxis=kinds,
        prophylaxis_source=source,
    )


def _days_taken(dosing: Dosing) -> tuple[int, ...] | None:
    """Return the days on lenalidomide; None where a typed-in start has no known end."""
    if not dosing.is_by_day and dosing.last_lenalidomide is None:
        return None
    if dosing.last_day is None and dosing.last_lenalidomide is None:
        return None
    return dosing.days_taken((LENALIDOMIDE,))


def _prophylaxis(dosing: Dosing, patient: Mapping, before: float) -> tuple[str, str]:
    """Return the kinds of prophylaxis that began by a day and went on to the first dose or beyond.

    The exposure sheet says it by day; without such rows, what the patients sheet says stands.
    """
    first = dosing.first_lenalidomide
    given = [
        one
        for one in dosing.all_intervals
        if one.reason == PROPHYLAXIS
        and one.is_taken
        and one.drug in (*STEROIDS, NSAID)
        and one.first <= before
        and one.last >= math.floor(first)
    ]
    kinds = sorted({NSAID if one.drug == NSAID else STEROID for one in given})
    if kinds:
        return ";".join(kinds), "exposure"
    typed = patient.get("prophylaxis")
    if not is_blank(typed):
        return str(typed).strip(), "patients"
    return ("none", "exposure") if dosing.is_by_day else ("", "")
