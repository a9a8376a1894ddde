"""Simulated conjugates of T cells and CLL cells, with known medians and a known change."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from correlates.simulate.trial import Patient
from correlates.tables import write_tsv

COLUMNS = (
    *("patient", "visit", "timepoint", "specimen", "cell", "study_day", "target", "role"),
    *("control", "run", "conjugate", "synapse_area_um2", "f_actin_syn", "f_actin_rest"),
    *("gzmb_polarised", "blinded", "comment"),
)
TRUTH = ("patient", "visit", "cell", "quantity", "value", "defect")
CELL, CONTROL = "t_cd8", "HD1"
VISITS = ("C0D1", "C1D1", "C2D1")
# Medians before treatment, and what ibrutinib alone, then lenalidomide beside it, multiply them by.
RRI, AREA, GZMB = 1.25, 9.0, 0.22
RATIOS = {"C0D1": 1.0, "C1D1": 1.0, "C2D1": 1.35}
# Log odds by which lenalidomide raises the share of polarised granzyme B.
GZMB_LOG_ODDS = {"C0D1": 0.0, "C1D1": 0.0, "C2D1": 0.9}
# log SD between patients, between draws of one patient, and between conjugates of one draw
BETWEEN, DRAW, WITHIN = 0.15, 0.06, 0.45
_CONJUGATES, _FEW = 60, 31
_PATIENTS, _PATIENTS_A_RUN = 12, 4
_NOTE = "simulated"


def write(folder: Path, patients: Sequence[Patient], rng: np.random.Generator) -> None:
    """Write ``assays/synapse/conjugates.tsv`` and ``truth/synapse.tsv``.

    Parameters
    ----------
    folder
        Folder of the simulated cohort.
    patients
        Its patients; synapses are imaged of the first twelve.
    rng
        Source of randomness.

    Notes
    -----
    All samples of a patient are imaged in one run, with a donor's cells as its control. The
    intensity that each run gives to F-actin falls out of the index. Defects: a sample of too few
    conjugates, one scored unblinded, conjugates without signal at the rest of the membrane,
    granzyme B that was not stained, and a run whose control is out.
    """
    rows: list[dict] = []
    truth: list[tuple] = []
    shown = patients[:_PATIENTS]
    runs = [f"S{number // _PATIENTS_A_RUN + 1:02d}" for number in range(len(shown))]
    gains = {run: float(np.exp(rng.normal(0, 0.3))) for run in runs}
    # One left before lenalidomide, so that the defects are planted in the first who did not.
    whole = [patient.key for patient in shown if "C2D1" in patient.visits]
    for patient, run in zip(shown, runs, strict=True):
        own = float(np.exp(rng.normal(0, BETWEEN)))
        for visit in (one for one in VISITS if one in patient.visits):
            is_few = whole[1:2] == [patient.key] and visit == "C2D1"
            median = RRI * own * RATIOS[visit] * float(np.exp(rng.normal(0, DRAW)))
            odds = GZMB / (1 - GZMB) * np.exp(GZMB_LOG_ODDS[visit] + rng.normal(0, 0.2))
            share = float(odds / (1 + odds))
            draw = {
                **{"patient": patient.key, "visit": visit, "timepoint": "pre"},
                **{"specimen": "fresh_pbmc", "study_day": patient.study_day(visit)},
                **{"cell": CELL, "target": "cll", "role": "sample", "run": run},
            }
            count = _FEW if is_few else _CONJUGATES
            rows += _conjugates(draw, count, median, share, gains[run], rng)
            truth.append((patient.key, visit, CELL, "rri", round(median, 4), ""))
            truth.append((patient.key, visit, CELL, "gzmb_pct", round(100 * share, 2), ""))
    for run in dict.fromkeys(runs):
        # of the last run its control is far too high
        bias = 1.6 if run == runs[-1] and len(set(runs)) > 2 else float(np.exp(rng.normal(0, 0.04)))
        control = {"role": "control", "control": CONTROL, "run": run, "target": "b_normal"}
        rows += _conjugates(control, _CONJUGATES, 1.8 * bias, 0.4, gains[run], rng)
        if bias == 1.6:
            truth.append(("", "", "", "", "", f"run {run}: its control is 60 % too high"))
    truth += _plant(rows, whole)
    write_tsv(folder / "assays" / "synapse" / "conjugates.tsv", COLUMNS, rows)
    lines = [dict(zip(TRUTH, one, strict=True)) for one in truth]
    write_tsv(folder / "truth" / "synapse.tsv", TRUTH, lines)


def _conjugates(
    draw: dict, count: int, median: float, share: float, gain: float, rng: np.random.Generator
) -> list[dict]:
    index = median * np.exp(rng.normal(0, WITHIN, count))
    rest = 800 * gain * np.exp(rng.normal(0, 0.25, count))
    area = AREA * np.exp(rng.normal(0, 0.5, count))
    polarised = rng.random(count) < share
    return [
        draw
        | {
            **{"conjugate": number + 1, "synapse_area_um2": f"{area[number]:.1f}"},
            **{"f_actin_syn": f"{rest[number] * index[number]:.1f}"},
            **{"f_actin_rest": f"{rest[number]:.1f}", "blinded": "yes", "comment": _NOTE},
            "gzmb_polarised": "yes" if polarised[number] else "no",
        }
        for number in range(count)
    ]


def _plant(rows: list[dict], keys: list[str]) -> list[tuple]:
    """Plant what a truth test looks for, and return what it is."""

    def of(number: int, visit: str) -> list[dict]:
        key = keys[number] if number < len(keys) else None
        return [row for row in rows if row.get("patient") == key and row.get("visit") == visit]

    found = []
    if of(1, "C2D1"):
        found.append((keys[1], "C2D1", CELL, "", "", f"{_FEW} conjugates only"))
    for row in of(2, "C1D1"):
        row["blinded"] = "no"
    if of(2, "C1D1"):
        found.append((keys[2], "C1D1", CELL, "", "", "scored unblinded"))
    for row in of(3, "C0D1"):
        row["gzmb_polarised"] = ""
    if of(3, "C0D1"):
        found.append((keys[3], "C0D1", CELL, "", "", "granzyme B not stained"))
    for row in of(0, "C0D1")[:2]:
        row["f_actin_rest"] = "0"
    if of(0, "C0D1"):
        found.append((keys[0], "C0D1", CELL, "", "", "no signal at the rest of two conjugates"))
    return found
