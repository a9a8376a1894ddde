"""The sheets that a study would hand in with the simulated files."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from correlates.simulate.clinic.clinic import Clinic
from correlates.simulate.draws import Draw
from correlates.simulate.panel import FLUORESCENCE, MARKERS, PANEL, SCATTER
from correlates.simulate.populations import OTHER_LEUKOCYTES
from correlates.simulate.trial import Patient
from correlates.tables import write_tsv

_CBC_CV = 0.03
_PATIENT_COLUMNS = (
    "patient",
    "age_y",
    "sex",
    "prior_lines",
    "dose_level_mg",
    "lenalidomide_start_day",
    "response",
    "tfr_grade",
    "largest_node_cm",
    "del17p",
    "ighv",
    "b2m_mg_l",
    "prophylaxis",
    "enrolment_order",
    "dose_cohort",
    "creatinine_uln_mg_dl",
    "crcl_ml_min",
)
_SAMPLE_COLUMNS = (
    *("sample", "patient", "visit", "study_day", "specimen", "panel", "batch", "occasion"),
    *("hours_post_lenalidomide", "steroid_7d"),
)
_CBC_COLUMNS = (
    "patient",
    "visit",
    "wbc_10e9_l",
    "alc_10e9_l",
    "amc_10e9_l",
    "anc_10e9_l",
    "hb_g_dl",
    "plt_10e9_l",
    "cbc_offset_h",
)


def cbc_rows(draws: Iterable[Draw], rng: np.random.Generator) -> list[dict]:
    """Return the blood count of every draw; its error comes from ``rng``."""
    return [_cbc_row(draw, rng) for draw in draws]


def write_sheets(
    folder: Path,
    patients: Iterable[Patient],
    draws: Iterable[Draw],
    cbc: Iterable[dict],
    clinic: Clinic,
) -> None:
    """Write patients.tsv, samples.tsv, cbc.tsv and panels.tsv.

    samples.tsv names no files: names tell whose they are, and its rows add what names do not say,
    the recorded day and the batch.

    Parameters
    ----------
    folder
        Where they stand; ``fcs/`` beside them holds the files.
    patients, draws, cbc
        Of the cohort.
    clinic
        Of the cohort: what the patients and samples sheets take from it.
    """
    clinical = [_patient_row(patient, clinic) for patient in patients]
    write_tsv(folder / "patients.tsv", _PATIENT_COLUMNS, clinical)
    samples = [_sample_row(draw, clinic) for draw in draws]
    write_tsv(folder / "samples.tsv", _SAMPLE_COLUMNS, samples)
    write_tsv(folder / "cbc.tsv", _CBC_COLUMNS, cbc)
    channels = [*zip(FLUORESCENCE, MARKERS, strict=True), *((name, "") for name in SCATTER)]
    rows = [{"panel": PANEL, "channel": name, "marker": marker} for name, marker in channels]
    write_tsv(folder / "panels.tsv", ("panel", "channel", "marker"), rows)


def _patient_row(patient: Patient, clinic: Clinic) -> dict:
    known = {"patient": patient.key, "crcl_ml_min": patient.crcl_ml_min}
    return known | patient.clinical | clinic.typed(patient.key)


def _sample_row(draw: Draw, clinic: Clinic) -> dict:
    late = clinic.plan.late_draw.get((draw.patient.key, draw.visit), 0)
    day = draw.patient.study_day(draw.visit) + late
    return {
        "sample": draw.sample,
        "patient": draw.patient.key,
        "visit": draw.visit,
        "study_day": day,
        "specimen": "fresh_wb",
        "panel": PANEL,
        "batch": draw.batch,
        "occasion": "scheduled",
    } | clinic.before_draw(draw.patient.key, day)


def _cbc_row(draw: Draw, rng: np.random.Generator) -> dict:
    """Return what the hematology analyser says; each count has an error of 3 %."""
    counts = draw.counts
    leukocytes = sum(counts.values())
    true = {
        "wbc_10e9_l": leukocytes,
        "alc_10e9_l": leukocytes - sum(counts[label] for label in OTHER_LEUKOCYTES),
        "amc_10e9_l": counts["mono"] + counts["mono_nonclassical"],
        "anc_10e9_l": counts["neutrophil"],
    }
    row = {name: round(value / 1000 * rng.normal(1, _CBC_CV), 2) for name, value in true.items()}
    return row | {
        "patient": draw.patient.key,
        "visit": draw.visit,
        "hb_g_dl": round(float(rng.normal(11.8, 1.3)), 1),
        "plt_10e9_l": round(float(np.exp(rng.normal(np.log(130), 0.4)))),
        "cbc_offset_h": round(float(rng.normal(0, 1.5)), 1),
    }
