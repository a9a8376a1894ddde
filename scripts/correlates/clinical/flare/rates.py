"""How frequent flares are: of patients, and in time on lenalidomide; never one for the other."""

from collections.abc import Sequence

import numpy as np

from correlates.clinical.flare.patients import GE2, MAX_GRADE, FlareOfPatient
from correlates.clinical.flare.versions import versions_note
from correlates.intervals import clopper_pearson, garwood

COLUMNS = [
    *("rate", "unit", "numerator", "denominator", "value", "ci_low", "ci_high", "confidence"),
    *("method", "note"),
]
PER_WEEKS = 100
_DAYS_OF_WEEK = 7
_FIRST_CYCLE_DAYS = 28


def flare_rates(flares: Sequence[FlareOfPatient], confidence: float) -> list[dict]:
    """Return every rate of the cohort, each with its unit.

    Parameters
    ----------
    flares
        One a patient.
    confidence
        Level of the intervals, between 0 and 1.

    Returns
    -------
    Rows of ``COLUMNS``: percent of the evaluable patients at risk (Clopper-Pearson); flares per 100
    patient-weeks on lenalidomide (Garwood's exact Poisson interval), of the patients whose days on
    it are known; and percent of flares that began within 28 days of the first dose. Of the patients
    those are left out, with a flare or without, whose window goes on: a flare is known before it is
    over and that there was none only then, so that what is known would overstate the rate.
    """
    note = versions_note([event.version for one in flares for event in one.counted])
    rows = [*_of_patients(flares, confidence), *_of_time(flares, confidence)]
    rows.append(_of_flares(flares, confidence))
    return [row | {"note": "; ".join(filter(None, [row["note"], note]))} for row in rows]


def _of_patients(flares: Sequence[FlareOfPatient], confidence: float) -> list[dict]:
    at_risk = [one for one in flares if one.at_risk.first_day is not None]
    over = [one for one in at_risk if not one.goes_on]
    rows = []
    for name, values in (
        ("any flare", [one.any_flare for one in over]),
        (f"grade {GE2} or more", [one.ge2 for one in over]),
        (f"grade {MAX_GRADE}", [_is_fatal(one) for one in over]),
    ):
        known = [value for value in values if value is not None]
        left_out = [
            f"{len(flares) - len(at_risk)} not at risk",
            f"{len(over) - len(known)} not evaluable",
        ]
        if len(at_risk) > len(over):
            left_out.append(f"{len(at_risk) - len(over)} whose window goes on")
        rows.append(
            _share(
                name,
                "% of patients",
                sum(known),
                len(known),
                confidence,
                f"{', '.join(left_out[:-1])} and {left_out[-1]} are left out",
            )
        )
    return rows


def _is_fatal(one: FlareOfPatient) -> bool | None:
    # A worst grade of a flare without a grade is not known.
    return None if one.worst_grade is None else one.worst_grade == MAX_GRADE


def _of_time(flares: Sequence[FlareOfPatient], confidence: float) -> list[dict]:
    known = [one for one in flares if one.at_risk.exposure_days]
    at_risk = sum(one.at_risk.first_day is not None for one in flares)
    weeks = sum(one.at_risk.exposure_days for one in known) / _DAYS_OF_WEEK
    rows = []
    for name, least in (("any flare", None), (f"grade {GE2} or more", GE2)):
        n = sum(
            least is None or (event.grade or 0) >= least for one in known for event in one.counted
        )
        ungraded = sum(event.grade is None for one in known for event in one.counted)
        note = f"of {len(known)} of {at_risk} patients, whose days on it are known"
        if least is not None and ungraded:
            note += f"; {ungraded} of no recorded grade not counted"
        low, high = map(float, garwood(n, confidence))
        per = PER_WEEKS / weeks if weeks else np.nan
        rows.append(
            {
                "rate": name,
                "unit": f"flares per {PER_WEEKS} patient-weeks on lenalidomide",
                "numerator": n,
                "denominator": weeks,
                "value": n * per,
                "ci_low": low * per,
                "ci_high": high * per,
                "confidence": confidence,
                "method": "Garwood",
                "note": note,
            }
        )
    return rows


def _of_flares(flares: Sequence[FlareOfPatient], confidence: float) -> dict:
    onsets = [event.onset_d for one in flares for event in one.counted]
    early = sum(onset < _FIRST_CYCLE_DAYS for onset in onsets)
    words = "several flares of one patient are not independent"
    return _share(
        "began in the first 28 days", "% of flares", early, len(onsets), confidence, words
    )


def _share(name: str, unit: str, n: int, of: int, confidence: float, note: str) -> dict:
    low, high = clopper_pearson(n, of, confidence)
    return {
        "rate": name,
        "unit": unit,
        "numerator": n,
        "denominator": of,
        "value": 100 * n / of if of else np.nan,
        "ci_low": 100 * float(low),
        "ci_high": 100 * float(high),
        "confidence": confidence,
        "method": "Clopper-Pearson",
        "note": note,
    }
