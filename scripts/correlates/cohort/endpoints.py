"""Endpoints from the clinical sheet as given: depth of response and tumor flare reaction."""

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from correlates.cohort.dosing import dosing_of
from correlates.intake.sheets.values import is_blank, number_of

COLUMNS = [
    *("patient", "endpoint", "kind", "value", "time", "event", "criteria_version"),
    *("evaluable", "reason"),
]
# Categories by depth; PR-L is PR in nodes and spleen with lymphocytes not down by half.
DEPTH = {"CR": 3, "CRi": 3, "nPR": 2, "PR": 2, "PR-L": 1, "SD": 0, "PD": 0}
RESPONSES = frozenset({"CR", "CRi", "nPR", "PR"})
NOT_ASSESSED = "NE"
_SPELLINGS = {name.lower().replace("-", ""): name for name in [*DEPTH, NOT_ASSESSED]}
_SEPARATORS = str.maketrans("", "", "- _")
_CTCAE = re.compile(r"^(NCI[- ]?)?(CTC(AE)?)?[ ,]*(version|v)?[. ]*", re.I)
MAX_GRADE = 5
TFR_KINDS = {"tfr_any": "binary", "tfr_ge2": "binary", "tfr_ordinal": "ordinal"}


def endpoint_table(patients: Iterable[Mapping], response_criteria: str) -> pd.DataFrame:
    """Put every endpoint of every patient into one table.

    Parameters
    ----------
    patients
        Rows of the patients sheet: ``patient``, ``response``, ``tfr_grade``,
        ``lenalidomide_start_day``; ``response_criteria`` where rows differ, ``ctcae_version``.
    response_criteria
        Version of the response criteria, for the rows that name none. Of the flare grades nothing
        is assumed: versions of the CTCAE differ in whether they have the term.

    Returns
    -------
    ``patient``, ``endpoint``, ``kind`` (``binary`` or ``ordinal``), ``value``, ``time`` and
    ``event`` (NaN: none of these is a survival endpoint), ``criteria_version``, ``evaluable`` and
    ``reason``. What is not evaluable has no value; a reason beside a value says how it came about.
    """
    rows = []
    for patient in patients:
        criteria = str(patient.get("response_criteria") or response_criteria)
        grades = _flare_criteria(patient.get("ctcae_version"))
        found = _response(patient) | _flare(patient)
        rows += [
            {
                "patient": str(patient["patient"]),
                "endpoint": endpoint,
                "kind": kind,
                "value": value,
                "time": np.nan,
                "event": np.nan,
                "criteria_version": grades if endpoint in TFR_KINDS else criteria,
                "evaluable": not np.isnan(value),
                "reason": reason,
            }
            for endpoint, (kind, value, reason) in found.items()
        ]
    numbers = dict.fromkeys(["value", "time", "event"], float)
    return pd.DataFrame(rows, columns=COLUMNS).astype(numbers | {"evaluable": bool})


def _flare_criteria(version: object) -> str:
    """Return ``CTCAE v5.0`` for 5.0, v5.0 or CTCAE 5.0, and say so where no version is stated."""
    if is_blank(version):
        return "version not stated"
    number = _CTCAE.sub("", str(version).strip())
    return f"CTCAE v{number}" if number[:1].isdigit() else str(version)


def _response(patient: Mapping) -> dict[str, tuple[str, float, str]]:
    """Kind, value and reason of the response endpoints.

    Not assessed (NE) stays in the denominator of the response rate as no response, and is left out
    of the depth, of which it says nothing. A blank is neither.
    """
    given = "" if is_blank(patient.get("response")) else str(patient["response"]).strip()
    category = _SPELLINGS.get(given.lower().translate(_SEPARATORS))
    if category in DEPTH:
        depth = float(DEPTH[category])
        values = {
            "response_depth": depth,
            "cr": float(depth == DEPTH["CR"]),
            "orr": float(category in RESPONSES),
            "orr_l": float(category in RESPONSES | {"PR-L"}),
        }
        reasons = dict.fromkeys(values, "")
    elif category == NOT_ASSESSED:
        values = {"response_depth": np.nan, "cr": np.nan, "orr": 0.0, "orr_l": 0.0}
        left_out = "response not evaluable (NE)"
        counted = "response not evaluable (NE): in the denominator as no response"
        reasons = {name: left_out if np.isnan(values[name]) else counted for name in values}
    else:
        values = dict.fromkeys(["response_depth", "cr", "orr", "orr_l"], np.nan)
        known = ", ".join([*DEPTH, NOT_ASSESSED])
        reason = f"response {given!r} is none of {known}" if given else "response not recorded"
        reasons = dict.fromkeys(values, reason)
    kinds = {"response_depth": "ordinal"}
    return {name: (kinds.get(name, "binary"), values[name], reasons[name]) for name in values}


def _flare(patient: Mapping) -> dict[str, tuple[str, float, str]]:
    """Kind, value and reason of the flare endpoints."""
    given = patient.get("tfr_grade")
    grade = number_of(given)
    treated = dosing_of(patient).lenalidomide_start_day is not None
    reason = ""
    if not treated:
        reason = "never received lenalidomide: not at risk of flare"
        if grade is not None and grade > 0:
            reason = f"flare of grade {grade:g} recorded, but no lenalidomide_start_day"
    elif is_blank(given):
        reason = "flare grade not recorded"
    elif grade is None or grade != int(grade) or not 0 <= grade <= MAX_GRADE:
        reason = f"flare grade {given!r} is not a whole number from 0 to {MAX_GRADE}"
    if reason:
        return {name: (kind, np.nan, reason) for name, kind in TFR_KINDS.items()}
    values = {"tfr_any": float(grade >= 1), "tfr_ge2": float(grade >= 2), "tfr_ordinal": grade}
    return {name: (TFR_KINDS[name], value, "") for name, value in values.items()}
