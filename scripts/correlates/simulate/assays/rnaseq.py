"""Simulated bulk RNA-seq: counts of purified CLL and T cells, junctions of CRBN, and defects."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from correlates.simulate.trial import Patient
from correlates.tables import whole_file, write_tsv

VISITS = ("C0D1", "C1D1", "C2D1")
BATCH_OF_PATIENTS = 8
N_BACKGROUND = 900
# log2 CPM before treatment in CLL and in T cells, by symbol and Ensembl id
GENES = {
    "RHOH": ("ENSG00000168421.14", 7.2, 6.0),
    "CRBN": ("ENSG00000113851.16", 5.6, 5.4),
    "IKZF1": ("ENSG00000185811.20", 6.8, 7.4),
    "IKZF3": ("ENSG00000161405.17", 7.6, 6.6),
    "BTK": ("ENSG00000010671.17", 6.4, 0.5),
    "ITK": ("ENSG00000113263.12", -5.5, 7.0),
}
XIST = ("ENSG00000229807.13", 6.5)
Y_GENES = {
    "RPS4Y1": ("ENSG00000129824.16", 6.0),
    "DDX3Y": ("ENSG00000067048.17", 4.6),
    "KDM5D": ("ENSG00000012817.16", 3.9),
    "EIF1AY": ("ENSG00000198692.10", 3.6),
}
# log2 difference between visits in CLL cells: RHOH falls on lenalidomide; IKZF1 and IKZF3 lose
# their protein and not their RNA
RHOH_ON_LENALIDOMIDE = -0.6
BTK_ON_IBRUTINIB = -0.3
N_CHANGED, CHANGE = 45, 1.2
_DISPERSION = 0.01
_ABSENT = -6.0
_PSI_MEAN, _PSI_SPREAD = 0.88, 40.0
_HEADER = "# Program:simulated counts in the layout of featureCounts; no patient is behind them"


@dataclass
class _Simulation:
    """What is drawn once for all libraries."""

    patients: Sequence[Patient]
    rng: np.random.Generator

    def __post_init__(self):
        n = N_BACKGROUND
        rng = self.rng
        self.base = rng.normal(5.5, 2.4, n)
        # T cells differ in a third of the genes, so that cells are told apart at a glance
        self.t_shift = np.where(rng.random(n) < 0.35, rng.normal(0, 2.5, n), 0.0)
        self.changed = np.zeros(n)
        self.changed[:N_CHANGED] = CHANGE * rng.choice([-1, 1], N_CHANGED)
        self.lengths = np.round(np.exp(rng.normal(7.6, 0.7, n + 11))).astype(int)
        self.of_patient = {one.key: rng.normal(0, 0.35, n + len(GENES)) for one in self.patients}
        a, b = _PSI_MEAN * _PSI_SPREAD, (1 - _PSI_MEAN) * _PSI_SPREAD
        self.psi = {one.key: float(rng.beta(a, b)) for one in self.patients}
        men = [one.key for one in self.patients if one.clinical["sex"] == "M"]
        self.lost_y = men[2] if len(men) > 3 else None

    @property
    def ids(self) -> list[str]:
        """Names of the rows of the matrix."""
        named = [each[0] for each in GENES.values()]
        sex = [XIST[0], *(each[0] for each in Y_GENES.values())]
        return [*named, *sex, *(f"ENSG9{n:010d}.1" for n in range(N_BACKGROUND))]

    def expression(self, patient: Patient, visit: str, cell: str) -> np.ndarray:
        """Return the true log2 CPM, up to a constant, of every row."""
        on_ibrutinib, on_both = visit != "C0D1", visit == "C2D1"
        named = np.array([each[2 if cell == "t" else 1] for each in GENES.values()])
        named = named + 0.6 * self.of_patient[patient.key][: len(GENES)]
        if cell == "cll":
            named[0] += RHOH_ON_LENALIDOMIDE * on_both
            named[4] += BTK_ON_IBRUTINIB * on_ibrutinib
        is_man = patient.clinical["sex"] == "M"
        has_y = is_man and patient.key != self.lost_y
        sex = [XIST[1] if not is_man else _ABSENT]
        sex += [each[1] if has_y else _ABSENT for each in Y_GENES.values()]
        rest = self.base + self.of_patient[patient.key][len(GENES) :]
        rest = rest + (self.t_shift if cell == "t" else self.changed * on_ibrutinib)
        return np.concatenate([named, sex, rest])

    def counts(self, expression: np.ndarray, reads: float, noise: float = 0.0) -> np.ndarray:
        """Draw negative binomial counts of one library."""
        blurred = expression + self.rng.normal(0, noise, expression.size) if noise else expression
        share = 2.0**blurred
        mean = reads * share / share.sum()
        shape = 1 / _DISPERSION
        return self.rng.poisson(self.rng.gamma(shape, mean / shape))


def write(folder: Path, patients: Sequence[Patient], rng: np.random.Generator) -> None:
    """Write counts, sheets and truth.

    Parameters
    ----------
    folder
        Folder of the simulated cohort: ``assays/rnaseq/`` and ``truth/rnaseq.tsv`` are written.
    patients
        The trial's patients.
    rng
        Source of randomness.
    """
    simulation = _Simulation(patients, rng)
    libraries = _plan(simulation)
    _plant(simulation, libraries)
    columns = [_library_counts(simulation, one) for one in libraries]
    controls, control_counts = _controls(simulation)
    names = [one["library"] for one in [*libraries, *controls] if not one.get("is_lost")]
    counts = [
        column
        for one, column in zip([*libraries, *controls], [*columns, *control_counts], strict=True)
        if not one.get("is_lost")
    ]
    for one, column in zip([*libraries, *controls], [*columns, *control_counts], strict=True):
        one["assigned_reads"] = int(column.sum())
    place = folder / "assays" / "rnaseq"
    _write_counts(place / "counts.tsv", simulation, names, np.column_stack(counts))
    sheet = ("library", "role", "patient", "visit", "specimen", "cell", "study_day", "batch",
             "assigned_reads", "rin", "rrna_pct", "purity_pct")  # fmt: skip
    _write_rows(place / "libraries.tsv", sheet, [*libraries, *controls])
    _write_junctions(place / "junctions.tsv", simulation, libraries)
    _write_truth(folder / "truth" / "rnaseq.tsv", simulation, libraries)


def _plan(simulation: _Simulation) -> list[dict]:
    """Return the libraries: CLL cells of everybody, T cells of the first batch."""
    rng, rows = simulation.rng, []
    for number, patient in enumerate(simulation.patients):
        for visit in VISITS:
            if visit not in patient.visits:
                continue
            for cell in ("cll", "t") if number < BATCH_OF_PATIENTS else ("cll",):
                rows.append(
                    {
                        **{"library": f"{patient.key}_{visit}_{cell}", "role": "sample"},
                        **{"patient": patient.key, "visit": visit, "specimen": "fresh_pbmc"},
                        **{"cell": cell, "study_day": patient.study_day(visit)},
                        "batch": f"seq{number // BATCH_OF_PATIENTS + 1}",
                        "rin": round(float(np.clip(rng.normal(8.6, 0.5), 7.1, 9.9)), 1),
                        "rrna_pct": round(float(rng.uniform(1, 6)), 1),
                        "purity_pct": round(float(rng.uniform(96, 99.5)), 1),
                        **{"of": (patient, visit, cell), "reads": rng.uniform(14e6, 26e6)},
                        **{"noise": 0.0, "defect": ""},
                    }
                )
    return rows


def _plant(simulation: _Simulation, libraries: list[dict]) -> None:
    """Plant defects, each named in the truth; a small cohort has those that fit in."""
    cll = [one for one in libraries if one["cell"] == "cll"]
    if len(cll) < 12:
        return
    for one in libraries:
        if one["patient"] == simulation.lost_y:
            one["defect"] = "loss of Y"
    sound = [one for one in cll if not one["defect"]]
    at = {
        sex: next(
            one for one in sound if one["visit"] == "C1D1" and one["of"][0].clinical["sex"] == sex
        )
        for sex in ("F", "M")
        if any(one["of"][0].clinical["sex"] == sex and one["visit"] == "C1D1" for one in sound)
    }
    if len(at) == 2:
        woman, man = at["F"], at["M"]
        woman["of"], man["of"] = man["of"], woman["of"]
        for one, other in ((woman, man), (man, woman)):
            one["defect"] = f"swapped with {other['library']}"
    rest = [one for one in sound if not one["defect"]]
    for one, defect, changes in zip(
        rest[-4:],
        ("low depth", "outlier", "low RIN", "lost: no column of counts"),
        ({"reads": 2.1e6}, {"noise": 3.0}, {"rin": 5.4, "noise": 0.3}, {"is_lost": True}),
        strict=True,
    ):
        one |= {"defect": defect, **changes}


def _library_counts(simulation: _Simulation, library: dict) -> np.ndarray:
    expression = simulation.expression(*library["of"])
    return simulation.counts(expression, library["reads"], library["noise"])


def _controls(simulation: _Simulation) -> tuple[list[dict], list[np.ndarray]]:
    """Return one library of a reference RNA in each batch; a fraction of its genes drifts."""
    rng = simulation.rng
    n_batches = (len(simulation.patients) - 1) // BATCH_OF_PATIENTS + 1
    named = np.array([(each[1] + each[2]) / 2 for each in GENES.values()])
    sex = np.full(len(Y_GENES) + 1, 2.0)
    truth = np.concatenate([named, sex, simulation.base])
    rows, counts = [], []
    for number in range(n_batches):
        rows.append(
            {"library": f"control_seq{number + 1}", "role": "control", "batch": f"seq{number + 1}",
             "rin": 9.1, "rrna_pct": 2.0}
        )  # fmt: skip
        drift = rng.normal(0, 0.12, truth.size)
        counts.append(simulation.counts(truth + drift, rng.uniform(16e6, 20e6)))
    return rows, counts


def _write_counts(path: Path, simulation: _Simulation, names: list[str], counts: np.ndarray):
    """Write featureCounts' layout: a comment, six columns on the gene, one a library."""
    with whole_file(path) as stream:
        stream.write(f"{_HEADER}\n")
        stream.write("\t".join(["Geneid", "Chr", "Start", "End", "Strand", "Length"]))
        stream.write("".join(f"\tbam/{name}.sorted.bam" for name in names) + "\n")
        for gene, length, row in zip(simulation.ids, simulation.lengths, counts, strict=True):
            cells = "\t".join(map(str, row.tolist()))
            stream.write(f"{gene}\tchr1\t1\t{length}\t+\t{length}\t{cells}\n")


def _write_rows(path: Path, columns: Sequence[str], rows: Sequence[dict]) -> None:
    write_tsv(path, columns, [{name: one.get(name) for name in columns} for one in rows])


def _write_junctions(path: Path, simulation: _Simulation, libraries: list[dict]) -> None:
    """Write reads across the three junctions of exon 10, of every fifth library too few."""
    rng, rows = simulation.rng, []
    columns = ("patient", "visit", "specimen", "cell", "gene", "junction", "transcript", "reads")
    for number, one in enumerate(libraries):
        psi = simulation.psi[one["of"][0].key]
        molecules = 8 if number % 5 == 4 else 60
        means = (molecules * psi, molecules * psi, molecules * (1 - psi))
        for junction, mean in zip(("9-10", "10-11", "9-11"), means, strict=True):
            row = {name: one[name] for name in columns[:4]}
            row |= {"gene": "CRBN", "junction": junction, "transcript": "NM_016302.4"}
            rows.append(row | {"reads": int(rng.poisson(mean))})
    write_tsv(path, columns, rows)


def _write_truth(path: Path, simulation: _Simulation, libraries: list[dict]) -> None:
    """Write what each library truly is: log2 of each named gene up to a constant, PSI, defect."""
    columns = (
        "library",
        "content_of",
        "defect",
        *(f"log2_{one.lower()}" for one in GENES),
        "psi10",
    )
    rows = []
    for one in libraries:
        patient, visit, cell = one["of"]
        levels = simulation.expression(patient, visit, cell)[: len(GENES)]
        row = {"library": one["library"], "content_of": f"{patient.key}_{visit}_{cell}"}
        row |= {"defect": one["defect"], "psi10": round(simulation.psi[patient.key], 4)}
        row |= {
            f"log2_{name.lower()}": round(float(value), 4)
            for name, value in zip(GENES, levels, strict=True)
        }
        rows.append(row)
    write_tsv(path, columns, rows)
