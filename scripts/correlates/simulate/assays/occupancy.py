"""Simulated occupancy: plates of ELISA and TR-FRET, and tubes of flow, with known truth.

Occupancy falls between doses as new protein is made, total BTK falls under treatment, and
lenalidomide changes nothing. Defects are planted one a patient, and named beside the truth.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from correlates.simulate.assays.occupancy_tubes import write_tubes
from correlates.simulate.trial import Patient
from correlates.tables import write_tsv

COLUMNS = (
    *("run", "well", "role", "name", "patient", "visit", "timepoint", "specimen", "cell"),
    *("study_day", "hours_post_ibr", "missed_dose_72h", "target", "assay", "signal_free"),
    *("signal_total", "lloq_free", "lloq_total", "unit", "shared_calibrator", "purity_pct"),
    *("btk_mut_vaf", "probe_specificity", "note_simulated"),
)
TRUTH = (
    *("patient", "visit", "timepoint", "assay", "target", "cell", "free_fraction"),
    *("occupancy_pct", "total_left"),
)
DEFECTS = ("where", "defect", "expected")
# Day, hours after the dose; of the first there is none.
DRAWS = {
    ("C0D1", "pre"): (1, None),
    ("C0D1", "h4"): (1, 4.0),
    ("C0D28", "h4"): (28, 4.0),
    ("C1D1", "pre"): (29, 24.0),
    ("C2D1", "pre"): (57, 24.0),
    ("C2D1", "h4"): (57, 4.0),
}
N_FLOW, N_ITK = 2, 8
_A_PLATE = 7
_LLOQ = {"signal_free": 0.15, "signal_total": 0.30}
_WELL_CV, _K_PER_DAY = 0.05, 0.144
_LEVELS = {"QC-low": (1.2, 4.0), "QC-high": (8.0, 9.0)}
_FAILED_RUN, _FAILED_BY = "ELISA-3", 0.6
_ROWS = "ABCDEFGH"


@dataclass
class _Plate:
    """Wells of one plate, filled row by row."""

    run: str
    target: str
    assay: str
    unit: str
    rng: np.random.Generator
    gain: float = 1.0
    rows: list[dict] = field(default_factory=list)

    def add(self, free: float, total: float, cv: float = _WELL_CV, **what) -> None:
        place = len(self.rows)
        drawn = [value * self.gain * self.rng.lognormal(0, cv) for value in (free, total)]
        self.rows.append(
            {
                **{"run": self.run, "well": f"{_ROWS[place // 12]}{place % 12 + 1}"},
                **{"role": "sample", "target": self.target, "assay": self.assay},
                **{"unit": self.unit, "note_simulated": "simulated"},
                **{"signal_free": f"{drawn[0]:.4g}", "signal_total": f"{drawn[1]:.4g}"},
                **what,
            }
        )


def write_occupancy(folder: Path, patients: Sequence[Patient], rng: np.random.Generator) -> None:
    """Write ``assays/occupancy/``, ``truth/occupancy.tsv`` and ``truth/occupancy_defects.tsv``.

    Parameters
    ----------
    folder
        Folder of the simulated cohort, whose sheets of the flow assay stand.
    patients
        The trial's patients. The first two who take lenalidomide are read by flow, the others by
        ELISA of CLL lysates; of eight of them ITK is read too, by TR-FRET of T-cell lysates.
    rng
        Source of randomness.
    """
    treated = [one for one in patients if one.clinical["lenalidomide_start_day"] is not None]
    by_flow, by_plate = treated[:N_FLOW], treated[N_FLOW:]
    truth, defects = write_tubes(folder, by_flow, rng)
    planted = _Planted.on(by_plate)
    place = folder / "assays" / "occupancy"
    for plate in _elisa_plates(by_plate, planted, truth, rng):
        write_tsv(place / f"{plate.run}.tsv", COLUMNS, plate.rows)
    plate = _trfret_plate(by_plate[:N_ITK], planted, truth, rng)
    write_tsv(place / f"{plate.run}.tsv", COLUMNS, plate.rows)
    write_tsv(folder / "truth" / "occupancy.tsv", TRUTH, truth)
    all_defects = [*defects, *planted.rows()]
    write_tsv(folder / "truth" / "occupancy_defects.tsv", DEFECTS, all_defects)


@dataclass(frozen=True)
class _Planted:
    """Who has which defect; an empty key where there are too few patients."""

    no_pre_dose: str = ""
    low_signal: str = ""
    bad_replicate: str = ""
    mutant: str = ""
    few_mutant: str = ""
    late_trough: str = ""
    missed_dose: str = ""
    impure: str = ""
    is_man: bool = True

    @classmethod
    def on(cls, patients: Sequence[Patient]) -> "_Planted":
        keys = [one.key for one in patients] + [""] * 8
        is_man = len(patients) > 3 and patients[3].clinical["sex"] == "M"
        return cls(*keys[:7], keys[0], is_man)

    def rows(self) -> Iterator[dict]:
        share = 20.0 if self.is_man else 40.0
        told = (
            (self.no_pre_dose, "no sample before treatment", "within; no_pre_dose"),
            (self.low_signal, "hardly any BTK before treatment", "low_pre_dose_signal"),
            (self.bad_replicate, "C1D1: replicates differ threefold", "replicates_differ"),
            (self.mutant, f"C2D1: {share:g} % mutant cells", "occ_uninterpretable_mutant"),
            (self.few_mutant, "C2D1: VAF 1 %", "mutant_bias"),
            (self.late_trough, "C2D1 drawn 31 h after the dose", "outside_window_trough"),
            (self.missed_dose, "C1D1 after a missed dose", "missed_dose"),
            (self.impure, "C2D1: T cells of 91 % purity", "purity_below_limit"),
        )
        for who, defect, expected in told:
            if who:
                yield dict(zip(DEFECTS, (who, defect, expected), strict=True))
        what = f"controls {_FAILED_BY:.0%} of what they are; its samples repeated on ELISA-3R"
        yield dict(zip(DEFECTS, (_FAILED_RUN, what, "run_failed"), strict=True))


def _elisa_plates(
    patients: Sequence[Patient], planted: _Planted, truth: list[dict], rng: np.random.Generator
) -> Iterator[_Plate]:
    for number in range(-(-len(patients) // _A_PLATE)):
        of_plate = patients[number * _A_PLATE : (number + 1) * _A_PLATE]
        run = f"ELISA-{number + 1}"
        levels = {one.key: list(_levels(one, planted, rng)) for one in of_plate}
        for rows in levels.values():
            truth += [told for *_, told in rows if told is not None]
        yield _elisa(run, levels, planted, rng, _FAILED_BY if run == _FAILED_RUN else 1.0)
        if run == _FAILED_RUN:
            yield _elisa(f"{run}R", levels, planted, rng, 1.0)


def _elisa(run: str, levels, planted: _Planted, rng: np.random.Generator, gain: float) -> _Plate:
    plate = _Plate(run, "btk", "elisa", "ng_ml", rng, gain)
    for rows in levels.values():
        for free, total, about, _ in rows:
            is_bad = (about["patient"], about["visit"]) == (planted.bad_replicate, "C1D1")
            for repeat in range(2):
                level = free * (3.0 if is_bad and repeat else 1.0)
                plate.add(level, total, **about, **_LLOQ_COLUMNS, shared_calibrator="yes")
    for name, (free, total) in _LEVELS.items():
        for _ in range(2):
            plate.add(free, total, role="control", name=name, shared_calibrator="yes")
    for _ in range(4):
        plate.add(0.02, 0.03, 0.3, role="blank")
    return plate


_LLOQ_COLUMNS = {"lloq_free": _LLOQ["signal_free"], "lloq_total": _LLOQ["signal_total"]}


def _levels(
    patient: Patient, planted: _Planted, rng: np.random.Generator
) -> Iterator[tuple[float, float, dict, dict | None]]:
    """Yield free and total BTK of each draw, what the sheet says of it, and its truth."""
    before = float(rng.lognormal(np.log(9.5), 0.2))
    share_free = float(rng.uniform(0.9, 1.0))
    if patient.key == planted.low_signal:
        before, share_free = 0.4, 0.3
    left = float(rng.uniform(0.5, 0.75))
    peak = float(np.exp(rng.normal(np.log(0.012), 0.35)))
    # What is left free at trough beside new protein: some drug is still there when it is made.
    making = _K_PER_DAY * float(rng.uniform(0.25, 0.55))
    for (visit, timepoint), (planned, hours) in DRAWS.items():
        if patient.key == planted.no_pre_dose and hours is None:
            continue
        is_trough = hours == 24.0
        drawn_at = None if hours is None else hours + float(rng.normal(0, 0.5))
        if patient.key == planted.late_trough and visit == "C2D1" and is_trough:
            drawn_at = 31.0
        fraction = 1.0
        if hours is not None:
            made = 1 - np.exp(-making * max(0.0, drawn_at - 4) / 24)
            fraction = (peak + (1 - peak) * made) * float(rng.lognormal(0, 0.08))
        missed = patient.key == planted.missed_dose and visit == "C1D1"
        fraction = min(1.0, fraction * (2.5 if missed else 1.0))
        remains = 1.0 if planned == 1 else left
        day = patient.study_day(visit) if visit in patient.visits else planned
        about = {
            **{"patient": patient.key, "visit": visit, "timepoint": timepoint, "cell": "cll"},
            **{"specimen": "cryo_pbmc", "study_day": day, "purity_pct": 95},
            "hours_post_ibr": None if drawn_at is None else f"{drawn_at:.1f}",
            "missed_dose_72h": "yes" if missed else "no",
            "btk_mut_vaf": _vaf(patient.key, visit, planted),
            "probe_specificity": "selective",
        }
        told = {
            **{"patient": patient.key, "visit": visit, "timepoint": timepoint, "assay": "elisa"},
            **{"target": "btk", "cell": "cll", "free_fraction": fraction},
            **{"occupancy_pct": 100 * (1 - fraction), "total_left": remains},
        }
        yield before * share_free * remains * fraction, before * remains, about, told


def _vaf(patient: str, visit: str, planted: _Planted) -> float | None:
    if visit != "C2D1" or not patient:
        return None
    return {planted.mutant: 0.19, planted.few_mutant: 0.01}.get(patient)


def _trfret_plate(
    patients: Iterable[Patient], planted: _Planted, truth: list[dict], rng: np.random.Generator
) -> _Plate:
    plate, blank = _Plate("TRFRET-1", "itk", "trfret", "ratio", rng), 0.12
    for patient in patients:
        level, left = float(rng.uniform(2.0, 3.0)), float(rng.uniform(0.9, 1.05))
        share = float(np.exp(rng.normal(np.log(0.22), 0.2)))
        for visit, timepoint in (("C0D1", "pre"), ("C1D1", "pre"), ("C2D1", "pre")):
            planned, hours = DRAWS[visit, timepoint]
            fraction = 1.0 if hours is None else share * float(rng.lognormal(0, 0.1))
            remains = 1.0 if hours is None else left
            is_impure = patient.key == planted.impure and visit == "C2D1"
            about = {
                **{"patient": patient.key, "visit": visit, "timepoint": timepoint, "cell": "t"},
                **{"specimen": "cryo_pbmc", "purity_pct": 91 if is_impure else 97},
                "study_day": patient.study_day(visit),
                "hours_post_ibr": hours,
                "probe_specificity": "tec_family",
            }
            for _ in range(2):
                free, total = level * remains * fraction, 1.2 * level * remains
                plate.add(free + blank, total + blank, 0.03, **about)
            truth.append(
                {
                    **{"patient": patient.key, "visit": visit, "timepoint": timepoint},
                    **{"assay": "trfret", "target": "itk", "cell": "t"},
                    **{"free_fraction": fraction, "occupancy_pct": 100 * (1 - fraction)},
                    "total_left": remains,
                }
            )
    for _ in range(6):
        plate.add(blank, blank, 0.08, role="blank")
    for _ in range(2):
        plate.add(1.4, 2.2, 0.03, role="control", name="Jurkat lysate")
    return plate
