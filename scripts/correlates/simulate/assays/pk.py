"""Simulated concentrations of ibrutinib, its metabolite and lenalidomide, with known exposure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from correlates.simulate.assays.germline import exposure_factor
from correlates.simulate.trial import Patient
from correlates.tables import write_tsv

COLUMNS = (
    *("patient", "visit", "timepoint", "profile", "specimen", "study_day", "analyte", "kind"),
    *("dose_mg", "nominal_h", "actual_h", "conc_ng_ml", "conc", "unit", "lloq_ng_ml", "lloq"),
    *("fed", "run", "injection", "role", "level", "nominal_ng_ml", "comment"),
)
TRUTH = ("patient", "visit", "analyte", "quantity", "value", "defect")
IBRUTINIB_H = (0, 1, 2, 4, 6, 24)
LENALIDOMIDE_H = (0, 0.5, 1, 2, 4, 6, 8, 24)
# true ratio of exposure to ibrutinib with lenalidomide to that without
GMR = 1.0
# log SD of clearance between patients, and between occasions of one patient
BETWEEN, WITHIN = 0.55, 0.22
IBRUTINIB_CL, IBRUTINIB_HALF_LIFE = 593.0, 7.0
LENALIDOMIDE_AUC_PER_MG, RENAL_SHARE, REFERENCE_CRCL = 85.2, 0.82, 80.0
LENALIDOMIDE_V = 62.0
METABOLITE_RATIO = 1.6
LLOQ = {"ibrutinib": 0.5, "PCI-45227": 0.5, "lenalidomide": 0.5}
_LEVELS = {"low": 3.0, "mid": 40.0, "high": 400.0}
_PATIENTS_A_RUN = 5
_ASSAY_CV = 0.05
_DOSE_MG, _REDUCED_MG = 420.0, 280.0
_IBRUTINIB_VISITS = ("C0D28", "C2D1")
_LENALIDOMIDE_VISITS = (("C1D1", "single"), ("C2D1", "steady_state"))
_NEXT_DAY = {"C0D28": ("C1D1", "pre"), "C1D1": ("C1D2", "pre"), "C2D1": ("C2D2", "pre")}
_NOTE = "simulated"
_DAYS = {"C0D28": 28, "C1D1": 29, "C1D2": 30, "C2D1": 57, "C2D2": 58}


@dataclass
class _Made:
    rows: list[dict] = field(default_factory=list)
    truth: list[dict] = field(default_factory=list)

    def note(self, patient: str, visit: str, analyte: str, quantity: str, value, defect="") -> None:
        told = (patient, visit, analyte, quantity, value, defect)
        self.truth.append(dict(zip(TRUTH, told, strict=True)))


def write(folder: Path, patients: Sequence[Patient], rng: np.random.Generator) -> None:
    """Write ``assays/pk/pk.tsv`` and ``truth/pk.tsv``.

    Parameters
    ----------
    folder
        Folder of the simulated cohort.
    patients
        Its patients; those who never took lenalidomide have the profile of ibrutinib alone.
    rng
        Source of randomness.

    Notes
    -----
    Ibrutinib follows one compartment with absorption of the first order at steady state, its
    metabolite is proportional to it; lenalidomide is cleared as its renal share of creatinine
    clearance asks. Defects are planted in the first patients and the last one, and named in the
    truth.
    """
    made = _Made()
    for number, patient in enumerate(patients):
        run = f"LC{number // _PATIENTS_A_RUN + 1:02d}"
        if number == len(patients) - 1 and len(patients) > 1:
            run = "LC99"
        _draw_ibrutinib(made, patient, number, run, rng)
        if patient.clinical["lenalidomide_start_day"] is not None:
            _draw_lenalidomide(made, patient, run, rng)
    _plant(made, [patient.key for patient in patients])
    _add_controls(made, rng)
    write_tsv(folder / "assays" / "pk" / "pk.tsv", COLUMNS, made.rows)
    write_tsv(folder / "truth" / "pk.tsv", TRUTH, made.truth)


def _draw_ibrutinib(
    made: _Made, patient: Patient, number: int, run: str, rng: np.random.Generator
) -> None:
    own = IBRUTINIB_CL * float(np.exp(rng.normal(0, BETWEEN)))
    own /= exposure_factor(patient)
    has_combination = patient.clinical["lenalidomide_start_day"] is not None
    for visit in _IBRUTINIB_VISITS[: 2 if has_combination else 1]:
        is_reduced = number == 2 and visit == "C2D1"
        dose = _REDUCED_MG if is_reduced else _DOSE_MG
        ratio = GMR if visit == "C2D1" else 1.0
        clearance = own / ratio * float(np.exp(rng.normal(0, WITHIN)))
        hours = _actual(IBRUTINIB_H, rng)
        at = np.maximum(hours, 0)
        k, ka = np.log(2) / IBRUTINIB_HALF_LIFE, float(np.exp(rng.normal(0, 0.2)))
        true = _steady(at, 1e3 * dose / clearance, k, ka)
        made.note(patient.key, visit, "ibrutinib", "auc_tau", round(1e3 * dose / clearance, 3))
        common = {"profile": visit, "kind": "steady_state", "dose_mg": dose, "run": run}
        common["fed"] = "yes" if number == 3 and visit == "C2D1" else "no"
        for analyte, factor in (("ibrutinib", 1.0), ("PCI-45227", METABOLITE_RATIO)):
            _add(made, patient, visit, analyte, IBRUTINIB_H, hours, factor * true, common, rng)


def _draw_lenalidomide(made: _Made, patient: Patient, run: str, rng: np.random.Generator) -> None:
    renal = RENAL_SHARE * patient.crcl_ml_min / REFERENCE_CRCL + 1 - RENAL_SHARE
    own = 1e3 / LENALIDOMIDE_AUC_PER_MG * renal * float(np.exp(rng.normal(0, 0.15)))
    dose = patient.clinical["dose_level_mg"]
    for visit, kind in _LENALIDOMIDE_VISITS:
        clearance = own * float(np.exp(rng.normal(0, 0.1)))
        hours = _actual(LENALIDOMIDE_H, rng)
        at, k = np.maximum(hours, 0), clearance / LENALIDOMIDE_V
        area = 1e3 * dose / clearance
        made.note(patient.key, visit, "lenalidomide", "auc", round(area, 3))
        true = _steady(at, area, k, 2.5) if kind == "steady_state" else _first(at, area, k, 2.5)
        common = {"profile": visit, "kind": kind, "dose_mg": dose, "run": run, "fed": "no"}
        _add(made, patient, visit, "lenalidomide", LENALIDOMIDE_H, hours, true, common, rng)


def _actual(nominal: Sequence[float], rng: np.random.Generator) -> np.ndarray:
    """Return recorded hours: minutes off the planned ones, and before the dose at 0."""
    hours = np.asarray(nominal, dtype=float)
    off = rng.normal(0, 0.03, hours.size) * np.sqrt(np.maximum(hours, 0.25))
    return np.round(np.where(hours == 0, -np.abs(off) - 0.05, hours + off), 2)


def _steady(at: np.ndarray, area: float, k: float, ka: float, tau: float = 24.0) -> np.ndarray:
    """Return concentrations at steady state whose area over the interval is ``area``."""
    scale = area * k * ka / (ka - k)
    ends = [np.exp(-rate * at) / (1 - np.exp(-rate * tau)) for rate in (k, ka)]
    return scale * (ends[0] - ends[1])


def _first(at: np.ndarray, area: float, k: float, ka: float) -> np.ndarray:
    """Return concentrations after a first dose whose area to infinity is ``area``."""
    return area * k * ka / (ka - k) * (np.exp(-k * at) - np.exp(-ka * at))


def _add(
    made: _Made,
    patient: Patient,
    visit: str,
    analyte: str,
    nominal: Sequence[float],
    actual: np.ndarray,
    true: np.ndarray,
    common: dict,
    rng: np.random.Generator,
) -> None:
    start = patient.clinical["lenalidomide_start_day"] or 29
    measured = true * np.exp(rng.normal(0, _ASSAY_CV, true.size))
    for planned, hours, conc in zip(nominal, actual, measured, strict=True):
        drawn, timepoint = visit, "pre" if planned == 0 else f"h{planned:g}"
        if planned == 24:
            drawn, timepoint = _NEXT_DAY[visit]
        day = _DAYS[drawn] + (start - 29 if _DAYS[drawn] > 28 else 0)
        made.rows.append(
            common
            | {
                **{"patient": patient.key, "visit": drawn, "timepoint": timepoint},
                **{"specimen": "plasma", "study_day": day, "analyte": analyte},
                **{"nominal_h": planned, "actual_h": f"{hours:g}", "lloq_ng_ml": LLOQ[analyte]},
                "conc_ng_ml": "BLQ" if conc < LLOQ[analyte] else f"{conc:.4g}",
                **{"role": "sample", "comment": _NOTE},
            }
        )


def _plant(made: _Made, keys: list[str]) -> None:
    """Plant the defects that a truth test looks for."""

    def rows_of(key: str, visit: str, analyte: str, hours: float) -> list[dict]:
        wanted = key, visit, analyte, hours
        columns = ("patient", "profile", "analyte", "nominal_h")
        return [row for row in made.rows if tuple(row[name] for name in columns) == wanted]

    if len(keys) < 6:
        return
    for row in rows_of(keys[0], "C0D28", "ibrutinib", 24):
        made.rows.remove(row)
        made.note(keys[0], "C0D28", "ibrutinib", "", "", "no sample at 24 h")
    for hours in (0, 24):
        for row in rows_of(keys[1], "C0D28", "ibrutinib", hours):
            made.rows.remove(row)
    made.note(keys[1], "C0D28", "ibrutinib", "", "", "no sample before the dose and at 24 h")
    made.note(keys[2], "C2D1", "ibrutinib", "", "", "dose reduced to 280 mg")
    made.note(keys[3], "C2D1", "ibrutinib", "", "", "dose taken with food")
    for row in rows_of(keys[4], "C0D28", "ibrutinib", 4):
        row["actual_h"] = ""
        made.note(keys[4], "C0D28", "ibrutinib", "", "", "time not recorded at 4 h")
    for row in rows_of(keys[4], "C0D28", "ibrutinib", 2):
        nmol = float(row["conc_ng_ml"]) / 0.4405
        row |= {"conc_ng_ml": "", "lloq_ng_ml": "", "conc": f"{nmol:.6g}", "unit": "nmol/L"}
        row["lloq"] = f"{LLOQ['ibrutinib'] / 0.4405:.4g}"
        made.note(keys[4], "C0D28", "ibrutinib", "", "", "2 h in nmol/L")
    for row in rows_of(keys[5], "C0D28", "PCI-45227", 2):
        row |= {"conc": row["conc_ng_ml"], "conc_ng_ml": ""}
        made.note(keys[5], "C0D28", "PCI-45227", "", "", "2 h without a unit")


def _add_controls(made: _Made, rng: np.random.Generator) -> None:
    """Add standards, blanks and controls to each run; those of LC99 are far too high."""
    for run in dict.fromkeys(row["run"] for row in made.rows):
        bias = 1.4 if run == "LC99" else float(np.exp(rng.normal(0, 0.03)))
        for analyte in LLOQ:
            known = [("standard", f"S{n}", LLOQ[analyte] * 4**n) for n in range(7)]
            known += [("qc", level, conc) for level, conc in _LEVELS.items() for _ in range(2)]
            for role, level, nominal in known:
                conc = nominal * np.exp(rng.normal(0, 0.04)) * (bias if role == "qc" else 1.0)
                made.rows.append(
                    _control(run, analyte, role, made)
                    | {"level": level, "nominal_ng_ml": nominal, "conc_ng_ml": f"{conc:.4g}"}
                )
            blank = {"level": "blank", "conc_ng_ml": "BLQ"}
            made.rows.append(_control(run, analyte, "blank", made) | blank)
        if run == "LC99":
            made.note("", "", "", "", "", "run LC99: controls 40 % too high")


def _control(run: str, analyte: str, role: str, made: _Made) -> dict:
    return {
        **{"analyte": analyte, "run": run, "injection": len(made.rows) + 1, "role": role},
        **{"lloq_ng_ml": LLOQ[analyte], "comment": _NOTE},
    }
