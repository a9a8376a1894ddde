"""Simulated soluble markers: cytokines by beads, and what a clinical laboratory reports.

Values are log-normal within and between patients; what lies below a plate's lower limit of
quantification is written as such, as the reader of the beads does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from correlates.simulate.trial import Patient
from correlates.tables import write_tsv

SIMULATED = "SIMULATED DATA, not measured"
# Median before treatment and lower limit of quantification in pg/mL, SD between patients and change
# of log2 on day 7 and on day 28 of lenalidomide.
CYTOKINES = {
    "IL-2": (0.35, 1.2, 1.2, 0.0, 0.0),
    "IL-6": (6.0, 1.5, 1.0, 1.3, 0.3),
    "IL-8": (14.0, 2.0, 0.8, 0.2, 0.0),
    "IL-10": (3.0, 1.6, 1.0, 0.9, 0.2),
    "IFN-γ": (2.0, 2.0, 1.1, 0.4, 0.2),
    "TNF-alpha": (11.0, 1.8, 0.7, 0.5, 0.1),
    "sTNFR1": (1900.0, 40.0, 0.5, 0.5, 0.2),
    "VEGF": (75.0, 9.0, 0.9, 0.0, -0.4),
}
# Median before treatment and unit in which the simulated clinical laboratory reports.
CLINICAL = {"IgG": (5.5, "g/L"), "IgA": (0.6, "g/L"), "IgM": (0.35, "g/L"), "b2m": (3.6, "mg/L")}
VISITS = ("C0D1", "C1D1", "C1D8", "C2D1")
_CLINICAL_VISITS = ("C0D1", "C1D1", "C2D1")
_UPPER_FOLD = 2500.0
_CONTROLS = {"QC low": 5.0, "QC high": 120.0}
_STANDARDS = (1.0, 4.0, 16.0, 64.0, 256.0, 1024.0)
_SAMPLES_A_PLATE = 34
_WELL_CV, _PLATE_SD, _WITHIN_SD = 0.07, 0.05, 0.35
_COLUMNS = (
    *("plate", "well", "sample", "patient", "visit", "timepoint", "specimen", "study_day"),
    *("analyte", "value", "unit", "role", "expected", "lloq", "uloq", "bead_n", "note_origin"),
)
_CLINICAL_COLUMNS = (
    *("patient", "visit", "timepoint", "specimen", "study_day", "analyte", "value", "unit"),
    *("last_ivig_day", "crcl_ml_min", "note_origin"),
)
_TRUTH_COLUMNS = ("patient", "visit", "analyte", "unit", "value")
_DEFECT_COLUMNS = ("file", "row_of", "what")


@dataclass
class _Plate:
    """Rows of one plate; wells are filled down the columns, as a multichannel pipette does."""

    name: str
    shift: dict[str, float]
    rng: np.random.Generator
    rows: list[dict] = field(default_factory=list)
    n_wells: int = 0

    def next_well(self) -> str:
        """Return the next well of a plate of 8 by 12."""
        column, row = divmod(self.n_wells, 8)
        self.n_wells += 1
        return f"{'ABCDEFGH'[row]}{column + 1}"

    def add(self, well: str, analyte: str, true: float, whose: dict, role: str, **more) -> dict:
        """Measure one marker in one well."""
        lloq = CYTOKINES[analyte][1]
        noise = self.shift[analyte] + self.rng.normal(0, _WELL_CV)
        seen = true * float(np.exp(noise))
        value = f"<{lloq:g}" if seen < lloq and role == "sample" else f"{seen:.4g}"
        row = whose | {"plate": self.name, "well": well, "analyte": analyte, "value": value}
        row |= {"unit": "pg/mL", "role": role, "lloq": lloq, "uloq": lloq * _UPPER_FOLD}
        row |= {"bead_n": int(self.rng.integers(75, 160)), "note_origin": SIMULATED} | more
        self.rows.append(row)
        return row


def write_soluble(folder: Path, patients: Sequence[Patient], rng: np.random.Generator) -> None:
    """Write ``assays/soluble/`` and ``truth/soluble*.tsv``.

    Parameters
    ----------
    folder
        Folder of the simulated cohort.
    patients
        The trial's patients.
    rng
        Source of randomness.

    Plates of cytokines in duplicate with standards, two controls and a blank; and immunoglobulins
    and beta-2 microglobulin as a clinical laboratory reports them, partly in mg/dL.
    ``truth/soluble.tsv`` holds the concentration of every sample, ``truth/soluble_defects.tsv``
    what was spoilt.
    """
    truth: list[dict] = []
    defects: list[tuple[str, str, str]] = []
    samples = [one for patient in patients for one in _cytokines_of(patient, rng, truth)]
    plates = []
    for number, first in enumerate(range(0, len(samples), _SAMPLES_A_PLATE), start=1):
        of_plate = samples[first : first + _SAMPLES_A_PLATE]
        plates.append(_fill(f"lx{number:02d}", of_plate, rng))
    _spoil_plates(plates, defects)
    out = folder / "assays" / "soluble"
    for plate in plates:
        write_tsv(out / f"{plate.name}.tsv", _COLUMNS, plate.rows)
    clinical = [row for patient in patients for row in _clinical_of(patient, rng, truth)]
    _spoil_clinical(clinical, defects)
    write_tsv(out / "clinical_chemistry.tsv", _CLINICAL_COLUMNS, clinical)
    write_tsv(folder / "truth" / "soluble.tsv", _TRUTH_COLUMNS, truth)
    found = (dict(zip(_DEFECT_COLUMNS, one, strict=True)) for one in defects)
    write_tsv(folder / "truth" / "soluble_defects.tsv", _DEFECT_COLUMNS, found)


def _cytokines_of(
    patient: Patient, rng: np.random.Generator, truth: list[dict]
) -> Iterator[tuple[dict, dict[str, float]]]:
    own = {name: rng.normal(0, spec[2]) for name, spec in CYTOKINES.items()}
    for visit in VISITS:
        if visit not in patient.visits:
            continue
        whose = _whose(patient, visit, "plasma") | {"sample": f"{patient.key}_{visit}_plasma"}
        values = {}
        for name, (median, _, _, day7, day28) in CYTOKINES.items():
            change = {"C1D8": day7, "C2D1": day28}.get(visit, 0.0)
            log2 = np.log2(median) + own[name] + change + rng.normal(0, _WITHIN_SD)
            values[name] = float(2**log2)
            truth.append(_true(patient, visit, name, "pg/mL", values[name]))
        yield whose, values


def _whose(patient: Patient, visit: str, specimen: str) -> dict:
    return {
        **{"patient": patient.key, "visit": visit, "timepoint": "pre", "specimen": specimen},
        "study_day": patient.study_day(visit),
    }


def _true(patient: Patient, visit: str, analyte: str, unit: str, value: float) -> dict:
    whose = {"patient": patient.key, "visit": visit, "analyte": analyte, "unit": unit}
    return whose | {"value": f"{value:.6g}"}


def _fill(
    name: str, samples: Sequence[tuple[dict, dict[str, float]]], rng: np.random.Generator
) -> _Plate:
    shift = {analyte: float(rng.normal(0, _PLATE_SD)) for analyte in CYTOKINES}
    plate = _Plate(name, shift, rng)
    for level in _STANDARDS:
        well = plate.next_well()
        for analyte, spec in CYTOKINES.items():
            nominal = level * spec[1]
            named = {"sample": f"S{level:g}"}
            plate.add(well, analyte, nominal, named, "standard", expected=f"{nominal:g}")
    well = plate.next_well()
    for analyte, spec in CYTOKINES.items():
        plate.add(well, analyte, spec[1] / 20, {"sample": "blank"}, "blank")
    for control, level in _CONTROLS.items():
        for well in (plate.next_well(), plate.next_well()):
            for analyte, spec in CYTOKINES.items():
                nominal = level * spec[1]
                named = {"sample": control}
                plate.add(well, analyte, nominal, named, "control", expected=f"{nominal:g}")
    for whose, values in samples:
        for well in (plate.next_well(), plate.next_well()):
            for analyte, value in values.items():
                plate.add(well, analyte, value, whose, "sample")
    return plate


def _spoil_plates(plates: list[_Plate], defects: list[tuple[str, str, str]]) -> None:
    def note(plate: _Plate, row: dict, what: str) -> None:
        defects.append((f"{plate.name}.tsv", f"{row['well']} {row['analyte']}", what))

    first = [row for row in plates[0].rows if row["role"] == "sample"]
    few = next(row for row in first if row["analyte"] == "IL-8")
    few["bead_n"] = 12
    note(plates[0], few, "few beads in one well")
    apart = [row for row in first if row["analyte"] == "VEGF"][2]
    apart["value"] = f"{float(apart['value'].lstrip('<')) * 4:.4g}"
    note(plates[0], apart, "replicates that disagree")
    if len(plates) > 1:
        # a vial of control that was left in the warmth
        for row in plates[1].rows:
            if row["role"] == "control" and row["analyte"] == "IL-10":
                row["value"] = f"{float(row['value']) * 0.45:.4g}"
                note(plates[1], row, "controls do not recover")


def _clinical_of(patient: Patient, rng: np.random.Generator, truth: list[dict]) -> Iterator[dict]:
    own = {name: float(rng.normal(0, 0.4)) for name in CLINICAL}
    clearance = float(np.clip(rng.normal(78, 22), 32, 140))
    for visit in _CLINICAL_VISITS:
        if visit not in patient.visits:
            continue
        for name, (median, unit) in CLINICAL.items():
            value = median * float(np.exp(own[name] + rng.normal(0, 0.06)))
            if name == "b2m":
                # less is cleared, and treatment lowers the mass of the clone
                value *= (78 / clearance) ** 0.5 * {"C2D1": 0.8}.get(visit, 1.0)
            truth.append(_true(patient, visit, name, unit, value))
            row = _whose(patient, visit, "serum") | {"analyte": name, "note_origin": SIMULATED}
            # one site of the laboratory reports immunoglobulins in mg/dL
            in_mg_dl = name.startswith("Ig") and int(patient.key[1:]) % 2 == 0
            row |= {"value": f"{value * 100 if in_mg_dl else value:.4g}"}
            row |= {"unit": "mg/dL" if in_mg_dl else unit, "last_ivig_day": None}
            yield row | {"crcl_ml_min": round(clearance, 1) if name == "b2m" else None}


def _spoil_clinical(rows: list[dict], defects: list[tuple[str, str, str]]) -> None:
    """Infuse one patient with immunoglobulin, let another's IgG double, and forget one unit."""
    name = "clinical_chemistry.tsv"
    patients = list(dict.fromkeys(row["patient"] for row in rows))
    for row in rows:
        whose = f"{row['patient']} {row['visit']} {row['analyte']}"
        if row["patient"] == patients[0]:
            row["last_ivig_day"] = -40
            if row["analyte"] == "IgG" and row["study_day"] + 40 < 84:
                defects.append(
                    (name, whose, "immunoglobulin was infused less than 12 weeks before")
                )
        if len(patients) > 3 and row["patient"] == patients[3] and row["analyte"] == "IgM":
            if row["visit"] == "C2D1":
                row["value"] = f"{float(row['value']) * 2:.4g}"
                defects.append((name, whose, "doubled"))
            if row["visit"] == "C1D1":
                row["unit"] = None
                defects.append((name, whose, "the unit was forgotten"))
