"""All tables of safety and dose, from the clinical records."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from correlates.clinical.records import ClinicalRecords
from correlates.clinical.safety.adverse_events import adverse_event_rows
from correlates.clinical.safety.clinical_tls import tls_rows
from correlates.clinical.safety.cohort_rates import event_rates, tls_rates, value_rates
from correlates.clinical.safety.dose_levels import dose_level_rows
from correlates.clinical.safety.dose_limiting import dose_limiting_row
from correlates.clinical.safety.haematology import haematology_rows
from correlates.clinical.safety.intensity import dose_intensity_rows, level_rows
from correlates.clinical.safety.patients import safety_patients
from correlates.clinical.safety.rates import PER_PATIENT, Measure, rate_row
from correlates.clinical.safety.settings import SafetySettings
from correlates.clinical.safety.words import NO, NOT_EVALUABLE, YES


@dataclass(frozen=True)
class SafetyTables:
    """Rows of every table, named as their files are."""

    tls: list[dict] = field(default_factory=list)
    haematology: list[dict] = field(default_factory=list)
    adverse_events: list[dict] = field(default_factory=list)
    safety_rates: list[dict] = field(default_factory=list)
    dose_limiting: list[dict] = field(default_factory=list)
    dose_levels: list[dict] = field(default_factory=list)
    dose_intensity: list[dict] = field(default_factory=list)


def safety_tables(records: ClinicalRecords, settings: SafetySettings) -> SafetyTables:
    """Compute every table of safety and dose.

    Parameters
    ----------
    records
        The study's clinical records, up to the data cut.
    settings
        The block ``clinical/safety`` of the config.
    """
    tables = SafetyTables()
    patients = safety_patients(records, settings.cycle_days)
    for patient in patients:
        values = _sheet(records, "laboratory", patient.key)
        events = _sheet(records, "adverse_events", patient.key)
        death = records.death_day(patient.key)
        tls = tls_rows(patient, values, events, death, settings.tls)
        # Of a lysis that was found, no row that is left out could take anything back.
        lacking = records.why_unknown(patient.key, "laboratory")
        tables.tls.extend(_unless_unknown(row, lacking) for row in tls)
        tables.haematology.extend(haematology_rows(patient, values, events, settings))
        unknown = records.why_unknown(patient.key, "adverse_events")
        tables.adverse_events.extend(adverse_event_rows(patient, events, unknown))
        unknown = records.why_unknown(patient.key, "adverse_events", "exposure")
        unknown = unknown or _never_said(records)
        limiting = dose_limiting_row(patient, values, events, settings, unknown)
        tables.dose_limiting.append(limiting)
        tables.dose_intensity.extend(dose_intensity_rows(patient, settings))
    by_patient = None
    if records.has("adverse_events"):
        by_patient = {one.key: records.of("adverse_events", one.key) for one in patients}
    unknown = {one.key for one in patients if records.why_unknown(one.key, "adverse_events")}
    tables.safety_rates.extend(event_rates(patients, by_patient, settings, unknown))
    tables.safety_rates.extend(value_rates(patients, tables.haematology, settings))
    tables.safety_rates.extend(tls_rates(patients, tables.tls, settings))
    tables.safety_rates.append(_dlt_rate(tables.dose_limiting, settings))
    tables.dose_levels.extend(dose_level_rows(tables.dose_limiting, settings))
    tables.dose_intensity.extend(level_rows(tables.dose_intensity, settings))
    return tables


def _dlt_rate(rows: list[Mapping], settings: SafetySettings) -> dict:
    at_risk = [row for row in rows if row.get("window_first_day") is not None]
    return rate_row(
        Measure("dose-limiting toxicity", "evaluable for DLT, all dose levels together"),
        [{YES: True, NO: False}.get(row["dlt"]) for row in at_risk],
        PER_PATIENT,
        settings.confidence,
        "levels differ in dose: dose_levels.tsv has each",
    )


def _unless_unknown(row: dict, unknown: str) -> dict:
    """Return a row of tumor lysis whose "no" is not evaluable where values are left out."""
    if not unknown or row["laboratory_tls"] != NO:
        return row
    verdict = {"laboratory_tls": NOT_EVALUABLE, "laboratory_reason": unknown}
    if row["clinical_tls"] == NO:
        verdict |= {"clinical_tls": NOT_EVALUABLE, "clinical_reason": unknown}
    return row | verdict


def _never_said(records: ClinicalRecords) -> str:
    """Say it where no adverse event of the study tells whether it was dose-limiting.

    Without the column, or under a mistyped one, every patient would read as free of it.
    """
    events = records.rows("adverse_events")
    if not events or any(row["dlt"] is not None for row in events):
        return ""
    return "no row of the adverse events says whether it was dose-limiting (column dlt)"


def _sheet(records: ClinicalRecords, kind: str, patient: str) -> list[dict] | None:
    return records.of(kind, patient) if records.has(kind) else None
