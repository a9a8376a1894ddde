"""Covariates of dose and of what was taken beside it, by patient (``covariates.tsv``).

Steroids, growth factors and the dose itself move both the blood and the outcome. Each covariate is
of one time, which `TIMES` names: what was known when lenalidomide began may predict what follows;
what came together over treatment depends on how long a patient was treated, and predicts nothing.
"""

import math
from collections.abc import Iterable, Mapping

from correlates.clinical.dosing.dosing import (
    IBRUTINIB,
    LENALIDOMIDE,
    STEROIDS,
    Dosing,
    dosing_of_patient,
)
from correlates.clinical.flare.patients import flare_of_patient
from correlates.clinical.records import ClinicalRecords
from correlates.clinical.safety.intensity import dose_intensity_rows
from correlates.clinical.safety.patients import safety_patients
from correlates.clinical.safety.settings import DosePlan

BESIDE = {
    "steroid": STEROIDS,
    "nsaid": ("nsaid",),
    "allopurinol": ("allopurinol",),
    "g_csf": ("g_csf",),
    "aspirin": ("aspirin",),
    "lmwh": ("lmwh",),
}
"""Kinds of drug beside the trial's, and their names in the exposure sheet."""
AT_START = "first lenalidomide dose"
BEFORE_FLARE = "up to the first flare"
OVER_TREATMENT = "over treatment"
_INTENSITY = {
    "lenalidomide_start_mg": (LENALIDOMIDE, "start_mg"),
    "lenalidomide_current_mg": (LENALIDOMIDE, "current_mg"),
    "lenalidomide_cumulative_mg": (LENALIDOMIDE, "cumulative_mg"),
    "lenalidomide_dose_intensity_pct": (LENALIDOMIDE, "relative_dose_intensity_pct"),
    "lenalidomide_escalated": (LENALIDOMIDE, "escalated"),
    "ibrutinib_dose_intensity_pct": (IBRUTINIB, "relative_dose_intensity_pct"),
}
TIMES: Mapping[str, str] = (
    dict.fromkeys(_INTENSITY, OVER_TREATMENT)
    | {"lenalidomide_start_mg": AT_START, "flare_prophylaxis": BEFORE_FLARE}
    | {f"{kind}_at_lenalidomide": AT_START for kind in BESIDE}
    | {f"{kind}_days": OVER_TREATMENT for kind in BESIDE}
)
"""Covariate to the time that it is of."""
COLUMNS = ["patient", *TIMES, "reason"]


def covariate_rows(
    records: ClinicalRecords, plan: DosePlan, flare_window_days: float
) -> list[dict]:
    """Return the covariates of every enrolled patient.

    Parameters
    ----------
    records
        The study's records, up to the data cut.
    plan
        Planned doses, of which the dose intensity is a share.
    flare_window_days
        ``clinical.flare.window_days``: prophylaxis of a patient without a flare began within them.

    Returns
    -------
    Rows of ``COLUMNS``: doses in mg, ``*_at_lenalidomide`` whether the drug was taken on the day of
    the first lenalidomide dose, ``*_days`` the days on which it was taken from the first ibrutinib
    dose on. None is not known, and ``reason`` says why: a kind of drug that stands in no row of the
    whole exposure sheet was not recorded, and is no "no".
    """
    recorded = {row["drug"] for row in records.rows("exposure")}
    kinds = {kind: drugs for kind, drugs in BESIDE.items() if recorded & set(drugs)}
    rows = []
    for patient in safety_patients(records, plan.cycle_days):
        dosing = dosing_of_patient(records, patient.key)
        taken = {
            row["drug"]: row
            for row in dose_intensity_rows(patient, plan)
            if row["unit_of_analysis"] == "patient"
        }
        found = {name: taken[drug].get(column) for name, (drug, column) in _INTENSITY.items()}
        flare = flare_of_patient(records, patient.key, flare_window_days)
        found["flare_prophylaxis"] = flare.at_risk.prophylaxis or None
        found |= _beside(dosing, kinds)
        unknown = _left_out(records, patient.key)
        found |= dict.fromkeys(unknown)
        reasons = [f"{drug}: {row['reason']}" for drug, row in taken.items() if row.get("reason")]
        reasons += _why_not_known(dosing, kinds)
        if unknown:
            reasons.append(
                "a row of the exposure sheet is left out, which may tell of what is blank"
            )
        rows.append(
            {"patient": patient.key} | found | {"reason": "; ".join(reasons)},
        )
    return rows


def values_of(rows: Iterable[Mapping]) -> dict[str, dict]:
    """Return the covariates alone, by patient."""
    return {row["patient"]: {name: row.get(name) for name in TIMES} for row in rows}


def _beside(dosing: Dosing, kinds: Mapping[str, Iterable[str]]) -> dict:
    """Return what was taken beside the trial's drugs, of the kinds that the study records."""
    if not dosing.is_by_day:
        return {}
    found: dict = {}
    first, start = dosing.first_ibrutinib, dosing.first_lenalidomide
    for kind, drugs in kinds.items():
        if start is not None:
            found[f"{kind}_at_lenalidomide"] = any(dosing.was_taken(drug, start) for drug in drugs)
        if first is not None:
            days = dosing.days_taken(drugs)
            found[f"{kind}_days"] = sum(day >= math.floor(first) for day in days)
    return found


def _left_out(records: ClinicalRecords, patient: str) -> list[str]:
    """Return the covariates that hang on rows of the exposure sheet that are left out."""
    drugs = {
        row["drug"] for row in records.left_out.get("exposure", ()) if row["patient"] == patient
    }
    names: list[str] = []
    if drugs & {IBRUTINIB, LENALIDOMIDE, None}:
        names += [*_INTENSITY, *(name for name in TIMES if name.endswith("_at_lenalidomide"))]
        names.append("flare_prophylaxis")
    for kind, of_kind in BESIDE.items():
        if drugs & {*of_kind, None}:
            names += [f"{kind}_at_lenalidomide", f"{kind}_days"]
    if drugs & {*STEROIDS, "nsaid"}:
        names.append("flare_prophylaxis")
    return names


def _why_not_known(dosing: Dosing, kinds: Mapping) -> list[str]:
    if not dosing.is_by_day:
        return ["no row of the exposure sheet: what else was taken is not recorded"]
    lacking = [kind for kind in BESIDE if kind not in kinds]
    return [f"in no row of the exposure sheet: {', '.join(lacking)}"] if lacking else []
