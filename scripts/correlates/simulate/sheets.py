"""The sheets that a study would hand in with the simulated files."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

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
)
_SAMPLE_COLUMNS = ("sample", "patient", "visit", "study_day", "specimen", "panel", "batch")
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


def write_sheets(
    folder: Path, patients: Iterable[Patient], draws: Iterable[Draw], rng: np.random.Generator
) -> None:
    """Write patients.tsv, samples.tsv, cbc.tsv and panels.tsv.

    samples.tsv names no files: names tell whose they are, and its rows add what names do not say,
    the recorded day and the batch.

    Parameters
    ----------
    folder
        Where they stand; ``fcs/`` beside them holds the files.
    patients, draws
        Of the cohort.
    rng
        Source of randomness: the error of the blood count.
    """
    draws = list(draws)
    clinical = ({"patient": patient.key} | patient.clinical for patient in patients)
    write_tsv(folder / "patients.tsv", _PATIENT_COLUMNS, clinical)
    write_tsv(folder / "samples.tsv", _SAMPLE_COLUMNS, map(_sample_row, draws))
    write_tsv(folder / "cbc.tsv", _CBC_COLUMNS, [_cbc_row(draw, rng) for draw in draws])
    channels = [*zip(FLUORESCENCE, MARKERS, strict=True), *((name, "") for name in SCATTER)]
    rows = [{"panel": PANEL, "channel": name, "marker": marker} for name, marker in channels]
    write_tsv(folder / "panels.tsv", ("panel", "channel", "marker"), rows)


def _sample_row(draw: Draw) -> dict:
    return {
        "sample": draw.sample,
        "patient": draw.patient.key,
        "visit": draw.visit,
        "study_day": draw.patient.study_day(draw.visit),
        "specimen": "fresh_wb",
        "panel": PANEL,
        "batch": draw.batch,
    }


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
