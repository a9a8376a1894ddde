"""Simulated RT-qPCR: RNA of purified CLL and T cells and microRNA of plasma, on plates.

What is amplified follows from copies: a well of n copies crosses the threshold at cycle
``37 - log_E(n)``, and how many copies reach a well is Poisson. So genes that a cell does not
express come up late, scatter and are missed now and then, as on a real plate.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from correlates.simulate.assays.qpcr_files import Well, write_export, write_rdml, write_tidy
from correlates.simulate.trial import COMPLETE, Patient
from correlates.tables import write_tsv

SIMULATED = "SIMULATED DATA, not measured"
REFERENCES = ("TBP", "HPRT1", "GUSB")
MIR_REFERENCES = ("hsa-miR-103a-3p", "hsa-miR-191-5p", "hsa-miR-423-5p", "cel-miR-39-3p")
# Efficiency of each assay, and its copies a well at average input, in pure CLL and pure T cells.
GENES = {
    "RHOH": (1.95, 5000.0, 1800.0),
    "CRBN": (1.98, 900.0, 900.0),
    "IKZF1": (1.92, 3000.0, 3500.0),
    "IKZF3": (1.97, 4500.0, 1500.0),
    "BTK": (2.00, 3500.0, 0.5),
    "ITK": (1.94, 0.3, 4000.0),
    "TBP": (1.96, 300.0, 300.0),
    "HPRT1": (1.93, 1800.0, 1800.0),
    "GUSB": (1.99, 1400.0, 1400.0),
}
MIRS = {
    "hsa-miR-155-5p": (1.93, 400.0),
    "hsa-miR-23a-3p": (1.96, 3000.0),
    "hsa-miR-451a": (1.98, 24000.0),
    "hsa-miR-103a-3p": (1.94, 2500.0),
    "hsa-miR-191-5p": (1.97, 1500.0),
    "hsa-miR-423-5p": (1.95, 1800.0),
    "cel-miR-39-3p": (1.99, 20000.0),
}
VISITS = ("C0D1", "C1D1", "C2D1")
CELLS = ("cll", "t")
_ONE_COPY = 37.0
_CYCLES = 40
_WELL_SD, _PLATE_SD, _INPUT_SD, _REFERENCE_SD, _VISIT_SD = 0.08, 0.35, 0.35, 0.12, 0.12
_REPLICATES, _PATIENTS_A_PLATE, _PATIENTS_A_MIR_PLATE = 3, 2, 12
_STANDARDS = (1e6, 1e5, 1e4, 1e3, 1e2, 2e1)
_ALIQUOT_COLUMNS = (
    *("sample", "patient", "visit", "timepoint", "specimen", "cell", "study_day"),
    *("purity_pct", "rin", "process_delay_h", "storage", "thaw_n"),
)
_TRUTH_COLUMNS = ("sample", "patient", "visit", "cell", "gene", "log2_per_reference")
_DEFECT_COLUMNS = ("file", "well", "what")


@dataclass(frozen=True)
class QpcrEffects:
    """Planted effects, in log2 of the quantity per reference genes.

    Parameters
    ----------
    rhoh_on_lenalidomide
        RHOH of CLL cells at C2D1 against before lenalidomide (H16).
    mir155_complete
        miR-155 of plasma before treatment, complete responders against the rest (H17).
    between_patients
        Standard deviation of each gene between patients. IKZF1, IKZF3 and CRBN do not change on
        treatment: what lenalidomide degrades is the protein.
    """

    rhoh_on_lenalidomide: float = -0.9
    mir155_complete: float = -1.2
    between_patients: float = 0.55


@dataclass
class _Sample:
    """One aliquot: its row in the sheet, and what a well of it holds by gene."""

    row: dict
    copies: dict[str, float]
    truth: dict[str, float] = field(default_factory=dict)


@dataclass
class _Plate:
    """Wells of a plate in their order, and the shift that every gene has on it."""

    name: str
    efficiency: Mapping[str, float]
    shift: Mapping[str, float]
    rng: np.random.Generator
    wells: list[Well] = field(default_factory=list)

    def add(self, sample: str, gene: str, task: str, copies: float, quantity=None, n=1) -> None:
        """Pipette so many wells of a sample."""
        for _ in range(n):
            cq = self._cq(gene, copies)
            self.wells.append(Well(len(self.wells) + 1, sample, gene, task, cq, quantity))

    def _cq(self, gene: str, copies: float) -> float | None:
        found = self.rng.poisson(copies)
        if found == 0:
            return None
        cq = _ONE_COPY - np.log(found) / np.log(self.efficiency[gene]) + self.shift[gene]
        cq += self.rng.normal(0, _WELL_SD)
        return round(float(cq), 3) if cq < _CYCLES else None


def write_qpcr(
    folder: Path,
    patients: Sequence[Patient],
    rng: np.random.Generator,
    effects: QpcrEffects = QpcrEffects(),
) -> None:
    """Write ``assays/qpcr/``, ``assays/aliquots/qpcr.tsv`` and ``truth/qpcr*.tsv``.

    Parameters
    ----------
    folder
        Folder of the simulated cohort.
    patients
        The trial's patients.
    rng
        Source of randomness.
    effects
        What is planted.

    Plates are written in turn as an instrument's text export, as RDML and as a table; the plate of
    standards is a table, the plates of plasma are exports. ``truth/qpcr.tsv`` holds log2 of each
    target per reference genes in every aliquot, up to a constant of the gene;
    ``truth/qpcr_defects.tsv`` what was spoilt.
    """
    samples = [one for patient in patients for one in _rna_of(patient, effects, rng)]
    plasma = [_plasma_of(patient, effects, rng) for patient in patients]
    defects: list[tuple[str, str, str]] = []
    _spoil_samples(samples, plasma, defects)
    efficiency = {gene: spec[0] for gene, spec in GENES.items()}
    names = list(dict.fromkeys(one.row["patient"] for one in samples))
    plates = [_standard_plate(efficiency, rng)]
    for number, first in enumerate(range(0, len(names), _PATIENTS_A_PLATE), start=1):
        of_plate = names[first : first + _PATIENTS_A_PLATE]
        held = [one for one in samples if one.row["patient"] in of_plate]
        plates.append(_sample_plate(f"rna{number:02d}", held, efficiency, rng))
    _spoil_plates(plates, defects)
    mirs = {gene: spec[0] for gene, spec in MIRS.items()}
    mir_plates = [
        _mir_plate(f"mir{number:02d}", plasma[first : first + _PATIENTS_A_MIR_PLATE], mirs, rng)
        for number, first in enumerate(range(0, len(plasma), _PATIENTS_A_MIR_PLATE), start=1)
    ]
    _write_plates(folder / "assays" / "qpcr", plates, mir_plates)
    rows = [one.row for one in (*samples, *plasma)]
    write_tsv(folder / "assays" / "aliquots" / "qpcr.tsv", _ALIQUOT_COLUMNS, rows)
    _write_truth(folder / "truth", [*samples, *plasma], defects)


def _rna_of(patient: Patient, effects: QpcrEffects, rng: np.random.Generator) -> Iterator[_Sample]:
    own = {gene: rng.normal(0, effects.between_patients) for gene in GENES}
    for visit in VISITS:
        for cell in CELLS if visit in patient.visits else ():
            purity = float(np.clip(rng.normal(98.3, 0.6), 95.5, 99.8))
            log2 = {}
            for gene, (_, in_cll, in_t) in GENES.items():
                pure, other = (in_cll, in_t) if cell == "cll" else (in_t, in_cll)
                log2[gene] = float(np.log2(pure * purity / 100 + other * (1 - purity / 100)))
                if gene not in REFERENCES:
                    log2[gene] += own[gene] + rng.normal(0, _VISIT_SD)
            if visit == "C2D1" and cell == "cll":
                log2["RHOH"] += effects.rhoh_on_lenalidomide
            yield _sample(patient, visit, cell, log2, GENES, REFERENCES, rng, purity)


def _plasma_of(patient: Patient, effects: QpcrEffects, rng: np.random.Generator) -> _Sample:
    log2 = {gene: float(np.log2(copies)) for gene, (_, copies) in MIRS.items()}
    log2["hsa-miR-155-5p"] += rng.normal(0, effects.between_patients)
    if patient.clinical["response"] in COMPLETE:
        log2["hsa-miR-155-5p"] += effects.mir155_complete
    for gene in ("hsa-miR-23a-3p", "hsa-miR-451a"):
        log2[gene] += rng.normal(0, 0.3)
    return _sample(patient, "C0D1", "plasma", log2, MIRS, MIR_REFERENCES, rng, None)


def _sample(
    patient: Patient,
    visit: str,
    cell: str,
    log2: dict[str, float],
    genes: Mapping,
    references: Sequence[str],
    rng: np.random.Generator,
    purity: float | None,
) -> _Sample:
    """Return an aliquot: input varies for all its genes alike, and each reference a little."""
    is_plasma = cell == "plasma"
    truth = {gene: log2[gene] for gene in genes if gene not in references}
    amount = rng.normal(0, _INPUT_SD)
    copies = {
        gene: 2 ** (log2[gene] + amount + (gene in references) * rng.normal(0, _REFERENCE_SD))
        for gene in genes
    }
    row = {
        "sample": f"{patient.key}_{visit}_{cell}_{'mir' if is_plasma else 'cdna'}",
        **{"patient": patient.key, "visit": visit, "timepoint": "pre"},
        "specimen": "plasma" if is_plasma else "fresh_pbmc",
        "cell": "" if is_plasma else cell,
        "study_day": patient.study_day(visit),
        "purity_pct": "" if purity is None else round(purity, 1),
        "rin": "" if is_plasma else round(float(np.clip(rng.normal(8.8, 0.4), 7.2, 9.9)), 1),
        "process_delay_h": round(float(rng.uniform(1, 4)), 1),
        **{"storage": "-80C", "thaw_n": 0},
    }
    return _Sample(row, copies, truth)


def _plate(name: str, efficiency: Mapping[str, float], rng: np.random.Generator) -> _Plate:
    shift = {gene: float(rng.normal(0, _PLATE_SD)) for gene in efficiency}
    return _Plate(name, efficiency, shift, rng)


def _standard_plate(efficiency: Mapping[str, float], rng: np.random.Generator) -> _Plate:
    plate = _plate("standards", efficiency, rng)
    _add_standards(plate)
    for gene in efficiency:
        plate.add("NTC", gene, "ntc", 0.0)
    return plate


def _add_standards(plate: _Plate) -> None:
    for gene in plate.efficiency:
        for copies in _STANDARDS:
            plate.add(f"S{copies:.0e}", gene, "std", copies, copies, n=2)


def _sample_plate(
    name: str, samples: Sequence[_Sample], efficiency: Mapping[str, float], rng: np.random.Generator
) -> _Plate:
    plate = _plate(name, efficiency, rng)
    for gene in efficiency:
        for one in samples:
            plate.add(one.row["sample"], gene, "sample", one.copies[gene], n=_REPLICATES)
        mixed = (GENES[gene][1] + GENES[gene][2]) / 2
        plate.add("IPC", gene, "ipc", mixed, n=_REPLICATES)
        plate.add("NTC", gene, "ntc", 0.0)
        if samples:
            # traces of genomic DNA in the first aliquot of the plate
            plate.add(samples[0].row["sample"], gene, "no_rt", 0.4)
    return plate


def _mir_plate(
    name: str, samples: Sequence[_Sample], efficiency: Mapping[str, float], rng: np.random.Generator
) -> _Plate:
    plate = _plate(name, efficiency, rng)
    _add_standards(plate)
    for gene in efficiency:
        for one in samples:
            plate.add(one.row["sample"], gene, "sample", one.copies[gene], n=_REPLICATES)
        plate.add("IPC", gene, "ipc", MIRS[gene][1], n=_REPLICATES)
        plate.add("NTC", gene, "ntc", 0.0)
    return plate


def _spoil_samples(
    samples: list[_Sample], plasma: list[_Sample], defects: list[tuple[str, str, str]]
) -> None:
    """Spoil aliquots: degraded RNA, impure cells, haemolysis; drop one that was never drawn."""

    def note(one: _Sample, what: str) -> None:
        defects.append(("", one.row["sample"], what))

    if len(samples) >= 12:
        samples[3].row["rin"] = 4.1
        note(samples[3], "degraded RNA")
        samples[7].row["purity_pct"] = 88.0
        note(samples[7], "impure cells, as the sheet says")
        lost = samples.pop(10)
        note(lost, "no aliquot")
    for number, cycles, what in ((1, 5.4, "haemolysed"), (2, 3.2, "haemolysis suspected")):
        if len(plasma) > number:
            plasma[number].copies["hsa-miR-451a"] *= 1.98**cycles
            note(plasma[number], what)


def _spoil_plates(plates: list[_Plate], defects: list[tuple[str, str, str]]) -> None:
    """Spoil wells and a plate: a bubble, a well taken out, a contaminated reagent."""

    def change(plate: _Plate, place: int, what: str, change: Callable[[Well], Well]) -> None:
        plate.wells[place] = change(plate.wells[place])
        defects.append((plate.name, plate.wells[place].position(24), what))

    change(plates[1], 1, "bubble: two cycles late", lambda well: replace(well, cq=well.cq + 2.0))
    change(plates[1], 4, "taken out at the instrument", lambda well: replace(well, excluded=True))
    if len(plates) > 3:
        plate = plates[3]
        for place, well in enumerate(plate.wells):
            if well.gene == "CRBN" and well.task == "ntc":
                shown = "contaminated reagent: the well without template comes up"
                change(plate, place, shown, lambda well: replace(well, cq=28.4))
        empty = [(one.task != "sample", n) for n, one in enumerate(plate.wells) if one.cq is None]
        if empty:
            place = min(empty)[1]
            change(plate, place, "undetermined, typed as 40", lambda well: replace(well, cq=40.0))


def _write_plates(folder: Path, plates: Sequence[_Plate], mir_plates: Sequence[_Plate]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    standards, *of_samples = plates
    write_tidy(folder / "standards.tsv", standards.wells, SIMULATED)
    writers = ((write_export, ".txt"), (write_rdml, ".rdml"), (write_tidy, ".tsv"))
    for number, plate in enumerate(of_samples):
        write, ending = writers[number % len(writers)]
        write(folder / f"{plate.name}{ending}", plate.wells, SIMULATED)
    for plate in mir_plates:
        write_export(folder / f"{plate.name}.txt", plate.wells, SIMULATED)


def _write_truth(
    folder: Path, samples: Sequence[_Sample], defects: Sequence[tuple[str, str, str]]
) -> None:
    rows = [
        {name: one.row[name] for name in ("sample", "patient", "visit", "cell")}
        | {"gene": gene, "log2_per_reference": round(value, 4)}
        for one in samples
        for gene, value in one.truth.items()
    ]
    write_tsv(folder / "qpcr.tsv", _TRUTH_COLUMNS, rows)
    found = (dict(zip(_DEFECT_COLUMNS, one, strict=True)) for one in defects)
    write_tsv(folder / "qpcr_defects.tsv", _DEFECT_COLUMNS, found)
