"""Simulated single cells with antibodies: folders of 10x matrices, their sheet, and the truth.

One folder holds several samples as ``cellranger aggr`` joins them (version 3, gzipped, antibodies
among its features). A second, of version 2 and not gzipped, holds a sample of empty droplets only.
In a third the list of barcodes is that of another matrix. Genes whose names begin with SIM stand
for no gene. Planted: RHOH of the clone falls under lenalidomide; one sample is full of doublets;
one patient's matrix lacks nothing but cells.
"""

import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from correlates.simulate.trial import Patient
from correlates.tables import whole_file, write_tsv

RHOH_FALL_LOG2 = -1.0
CONTROL = "HD1"
N_PATIENTS, N_CELLS, N_FILLERS = 4, 220, 1150
VISITS = ("C0D1", "C2D1")
DOUBLET_SHARE, DOUBLET_RICH = 0.04, 0.30
_DEPTH, _DEPTH_SD, _SOUP = 1600, 0.25, 0.02
_DYING, _BROKEN = 0.04, 0.04
# Share of each type among the cells: of a patient, and of the control, a donor without leukemia.
SHARES = {
    **{"cll": 0.60, "b_normal": 0.02, "t_cd4": 0.13, "t_cd8": 0.11},
    **{"nk": 0.07, "mono": 0.07},
}
CONTROL_SHARES = {
    **{"cll": 0.0, "b_normal": 0.14, "t_cd4": 0.32, "t_cd8": 0.20},
    **{"nk": 0.14, "mono": 0.20},
}
TYPES = tuple(SHARES)
# Counts of each gene per 10,000 of a cell, by type; what is not named is 0.
GENES: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "RHOH": ("ENSG00000168421", {"cll": 4, "b_normal": 1.7, "t_cd4": 2, "t_cd8": 2, "nk": 1}),
    "CRBN": ("ENSG00000113851", dict.fromkeys(TYPES, 1.5)),
    "IKZF1": ("ENSG00000185811", dict.fromkeys(TYPES, 2.5)),
    "IKZF3": ("ENSG00000161405", {"cll": 3, "b_normal": 2, "t_cd4": 2, "t_cd8": 2, "nk": 2}),
    "BTK": ("ENSG00000010671", {"cll": 1.2, "b_normal": 1, "mono": 1}),
    "ITK": ("ENSG00000113263", {"t_cd4": 2.5, "t_cd8": 2, "nk": 1}),
    **{
        symbol: (f"ENSG{number:011d}", levels)
        for number, (symbol, levels) in enumerate(
            {
                "CD19": {"cll": 2, "b_normal": 3},
                "CD79A": {"cll": 12, "b_normal": 15},
                "CD79B": {"cll": 3, "b_normal": 9},
                "MS4A1": {"cll": 3, "b_normal": 10},
                "BANK1": {"cll": 3, "b_normal": 4},
                "CD5": {"cll": 3, "t_cd4": 3, "t_cd8": 2},
                "ROR1": {"cll": 2},
                "FMOD": {"cll": 3},
                "LEF1": {"cll": 4, "t_cd4": 4, "t_cd8": 2},
                "CD200": {"cll": 3},
                "IGKC": {"b_normal": 30},
                "IGLC2": {"b_normal": 20},
                "CD3D": {"t_cd4": 9, "t_cd8": 9},
                "CD3E": {"t_cd4": 8, "t_cd8": 8, "nk": 0.5},
                "CD3G": {"t_cd4": 4, "t_cd8": 4},
                "TRAC": {"t_cd4": 12, "t_cd8": 9},
                "CD4": {"t_cd4": 3, "mono": 2},
                "CD8A": {"t_cd8": 6, "nk": 0.3},
                "CD8B": {"t_cd8": 5},
                "KLRF1": {"nk": 4},
                "NCAM1": {"nk": 2},
                "KLRD1": {"nk": 7, "t_cd8": 2},
                "NKG7": {"nk": 25, "t_cd8": 10},
                "GNLY": {"nk": 35, "t_cd8": 5},
                "LYZ": {"mono": 80},
                "CD14": {"mono": 6},
                "S100A8": {"mono": 60},
                "FCN1": {"mono": 12},
                "VCAN": {"mono": 6},
            }.items(),
            start=90000000001,
        )
    },
}
_MITO = ("MT-CO1", "MT-CO2", "MT-ND1", "MT-CYB")
_MITO_SHARE, _DYING_SHARE = 0.03, 0.35
# Antibodies: mean counts of a cell that has the protein, by type, on a background of all.
ANTIBODIES: Mapping[str, Mapping[str, float]] = {
    "CD19_TotalSeqB": {"cll": 120, "b_normal": 140},
    "CD20_TotalSeqB": {"cll": 60, "b_normal": 250},
    "CD5_TotalSeqB": {"cll": 70, "t_cd4": 150, "t_cd8": 130},
    "CD3_TotalSeqB": {"t_cd4": 180, "t_cd8": 170},
    "CD4_TotalSeqB": {"t_cd4": 200, "mono": 40},
    "CD8a_TotalSeqB": {"t_cd8": 220, "nk": 20},
    "CD56_TotalSeqB": {"nk": 90},
    "CD14_TotalSeqB": {"mono": 180},
    "IgG1_isotype_TotalSeqB": {},
}
_BACKGROUND = 4.0
_SHEET = (
    *("file", "barcode_suffix", "sample", "patient", "visit", "specimen", "study_day", "role"),
    *("batch", "lane", "chemistry", "ambient"),
)
_TRUTH = (
    *("sample", "patient", "visit", "batch", "defect", "type", "n_cells", "gene", "log2_cpm"),
    *("detected_pct", "doublet_pct"),
)


@dataclass(frozen=True)
class Sample:
    """One sample: whose, of which type which share, how many of its barcodes hold two cells."""

    name: str
    patient: str
    visit: str
    day: int | None
    batch: str
    shares: Mapping[str, float]
    doublet_share: float = DOUBLET_SHARE
    defect: str = ""


def write_scrna(folder: Path, patients: Sequence[Patient], rng: np.random.Generator) -> None:
    """Write ``assays/scrna/`` and ``truth/scrna.tsv``.

    Parameters
    ----------
    folder
        Folder of the simulated cohort.
    patients
        The trial's patients; the first few with both visits give samples.
    rng
        Source of randomness.
    """
    own = [one for one in patients if set(VISITS) <= set(one.visits)][:N_PATIENTS]
    target = folder / "assays" / "scrna"
    samples = [*_samples_of(own), *_controls(own)]
    levels = _base_levels(rng)
    sheet, truth, parts = [], [], []
    for number, sample in enumerate(samples, start=1):
        profile = _profiles(levels, sample)
        counts, proteins, types, doublets = _draw_cells(sample, profile, rng)
        parts.append((f"-{number}", counts, proteins))
        sheet.append(_sheet_row("pool", sample, str(number)))
        truth += _truth_rows(sample, profile, types, doublets)
    _write_pool(target / "pool", parts, rng)
    if own:
        sheet += _write_defects(target, own, levels, rng)
    write_tsv(target / "scrna.tsv", _SHEET, sheet)
    write_tsv(folder / "truth" / "scrna.tsv", _TRUTH, truth)


def _samples_of(patients: Sequence[Patient]) -> list[Sample]:
    samples = []
    for number, one in enumerate(patients):
        for visit in VISITS:
            rich = number == 1 and visit == VISITS[1]
            samples.append(
                Sample(
                    *(f"{one.key}_{visit}", one.key, visit, one.study_day(visit)),
                    *(f"sc{1 + number // 2}", SHARES),
                    *((DOUBLET_RICH, "doublet_rich") if rich else ()),
                )
            )
    return samples


def _controls(patients: Sequence[Patient]) -> list[Sample]:
    batches = sorted({f"sc{1 + number // 2}" for number in range(len(patients))})
    return [Sample(CONTROL, "", "", None, one, CONTROL_SHARES) for one in batches]


def symbols() -> list[str]:
    """Return the genes of a simulated matrix, in its order."""
    return [*GENES, *_MITO, *(f"SIM{number:04d}" for number in range(N_FILLERS))]


def _base_levels(rng: np.random.Generator) -> np.ndarray:
    """Return counts per 10,000 of each gene that is named, and weights of the others, by type."""
    named = [[levels.get(kind, 0.0) for _, levels in GENES.values()] for kind in TYPES]
    common = rng.gamma(0.5, 1.0, N_FILLERS)
    fillers = common * np.exp(rng.normal(0, 0.8, (len(TYPES), N_FILLERS)))
    mito = np.zeros((len(TYPES), len(_MITO)))
    return np.hstack([np.array(named), mito, fillers])


def _profiles(levels: np.ndarray, sample: Sample) -> np.ndarray:
    """Return what share each gene is of a cell's counts, shape (types, genes); rows add up to 1."""
    profile = levels.copy()
    n_named, n_mito = len(GENES), len(_MITO)
    if sample.visit == VISITS[1]:
        profile[TYPES.index("cll"), list(GENES).index("RHOH")] *= 2**RHOH_FALL_LOG2
    # The clone has one light chain: kappa in some patients, lambda in the others.
    chain = "IGKC" if sum(map(ord, sample.patient)) % 2 else "IGLC2"
    profile[TYPES.index("cll"), list(GENES).index(chain)] = 35
    profile[:, :n_named] /= 1e4
    profile[:, n_named : n_named + n_mito] = _MITO_SHARE / n_mito
    rest = 1 - profile[:, : n_named + n_mito].sum(axis=1, keepdims=True)
    fillers = profile[:, n_named + n_mito :]
    profile[:, n_named + n_mito :] = rest * fillers / fillers.sum(axis=1, keepdims=True)
    return profile


def _draw_cells(
    sample: Sample, profile: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return counts, counts of antibodies, types, and which barcodes hold two cells."""
    weights = np.array([sample.shares[kind] for kind in TYPES])
    types = rng.choice(len(TYPES), N_CELLS, p=weights / weights.sum())
    partner = rng.choice(len(TYPES), N_CELLS, p=weights / weights.sum())
    doublets = rng.random(N_CELLS) < sample.doublet_share
    soup = weights @ profile / weights.sum()
    mixed = profile[types] + doublets[:, None] * profile[partner]
    expected = (1 - _SOUP) * mixed / mixed.sum(axis=1, keepdims=True) + _SOUP * soup
    depth = _DEPTH * np.exp(rng.normal(0, _DEPTH_SD, N_CELLS)) * (1 + doublets)
    state = rng.random(N_CELLS)
    dying, broken = state < _DYING, state > 1 - _BROKEN
    depth[broken] *= 0.1
    mito = slice(len(GENES), len(GENES) + len(_MITO))
    expected[dying] *= 1 - _DYING_SHARE
    expected[dying, mito] += _DYING_SHARE / len(_MITO)
    counts = rng.poisson(expected * depth[:, None])
    levels = np.array([[of.get(kind, 0.0) for of in ANTIBODIES.values()] for kind in TYPES])
    means = _BACKGROUND + levels[types] + doublets[:, None] * levels[partner]
    wobble = np.exp(rng.normal(0, 0.3, (N_CELLS, 1)))
    return counts, rng.poisson(means * wobble), types, doublets


def _sheet_row(place: str, sample: Sample, suffix: str = "") -> dict:
    is_control = not sample.patient
    return {
        **{"file": place, "barcode_suffix": suffix, "sample": sample.name},
        **{"patient": sample.patient, "visit": sample.visit, "study_day": sample.day},
        "specimen": "" if is_control else "cryo_pbmc",
        **{"role": "control" if is_control else "sample", "batch": sample.batch},
        **{"lane": "", "chemistry": "3p_v3", "ambient": "none"},
    }


def _truth_rows(
    sample: Sample, profile: np.ndarray, types: np.ndarray, doublets: np.ndarray
) -> Iterable[dict]:
    """Yield what each gene asked for truly is in each type, as a cell's share of counts."""
    for place, kind in enumerate(TYPES):
        n_cells = int(((types == place) & ~doublets).sum())
        for gene in list(GENES)[:6]:
            share = profile[place, symbols().index(gene)]
            yield {
                **{"sample": sample.name, "patient": sample.patient, "visit": sample.visit},
                **{"batch": sample.batch, "defect": sample.defect},
                **{"type": kind, "n_cells": n_cells, "gene": gene},
                "log2_cpm": f"{np.log2(share * 1e6):.4f}" if share > 0 else "",
                "detected_pct": f"{100 * (1 - np.exp(-share * _DEPTH)):.3f}",
                "doublet_pct": f"{100 * sample.doublet_share:.1f}",
            }


def _barcodes(count: int, suffix: str, rng: np.random.Generator) -> list[str]:
    letters = np.array(list("ACGT"))[rng.integers(0, 4, (count, 16))]
    return ["".join(row) + suffix for row in letters]


def _write_pool(folder: Path, parts: Sequence, rng: np.random.Generator) -> None:
    """Write samples into one folder of version 3, told apart by the ends of their barcodes."""
    if not parts:
        return
    counts = np.vstack([np.hstack([genes, proteins]) for _, genes, proteins in parts])
    names = [code for end, genes, _ in parts for code in _barcodes(len(genes), end, rng)]
    _write_matrix(folder, counts, names, [*_gene_lines(), *_antibody_lines()])


def _write_defects(
    target: Path, patients: Sequence[Patient], levels: np.ndarray, rng: np.random.Generator
) -> list[dict]:
    """Write the folder without cells and the one with another's barcodes; return their rows."""
    patient = patients[0]
    day = patient.study_day("C1D1")
    empty = Sample(f"{patient.key}_C1D1", patient.key, "C1D1", day, "sc1", SHARES)
    soup = _profiles(levels, empty)[0]
    droplets = rng.poisson(soup * rng.uniform(20, 200, (60, 1)))
    lines = [line.rsplit("\t", 1)[0] for line in _gene_lines()]
    _write_matrix(target / "empty", droplets, _barcodes(60, "-1", rng), lines, version=2)
    patient = patients[-1]
    day = patient.study_day("C1D1")
    mislabelled = Sample(f"{patient.key}_C1D1", patient.key, "C1D1", day, "sc2", SHARES)
    counts, *_ = _draw_cells(mislabelled, _profiles(levels, mislabelled), rng)
    names = _barcodes(N_CELLS - 9, "-1", rng)
    _write_matrix(target / "mislabelled", counts[:60], names, _gene_lines())
    return [_sheet_row("empty", empty), _sheet_row("mislabelled", mislabelled)]


def _gene_lines() -> list[str]:
    ids = {symbol: place for symbol, (place, _) in GENES.items()}
    return [
        f"{ids.get(symbol, f'SIMULATED_{symbol}')}\t{symbol}\tGene Expression"
        for symbol in symbols()
    ]


def _antibody_lines() -> list[str]:
    return [f"{name}\t{name}\tAntibody Capture" for name in ANTIBODIES]


def _write_matrix(
    folder: Path,
    counts: np.ndarray,
    barcodes: Sequence[str],
    features: Sequence[str],
    version: int = 3,
) -> None:
    """Write a matrix folder, features by barcodes; version 2 is not gzipped and has genes.tsv."""
    cells, genes = np.nonzero(counts)
    about = '{"software_version": "simulated", "format_version": 2, "simulated": true}'
    lines = [
        "%%MatrixMarket matrix coordinate integer general",
        f"%metadata_json: {about}",
        f"{counts.shape[1]} {counts.shape[0]} {len(cells)}",
    ]
    values = counts[cells, genes].tolist()
    pairs = zip((genes + 1).tolist(), (cells + 1).tolist(), values, strict=True)
    lines += [f"{gene} {cell} {value}" for gene, cell, value in pairs]
    names = ("matrix.mtx", "features.tsv" if version == 3 else "genes.tsv", "barcodes.tsv")
    for name, content in zip(names, (lines, features, barcodes), strict=True):
        _write_lines(folder / (f"{name}.gz" if version == 3 else name), content)


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    content = ("\n".join(lines) + "\n").encode()
    with whole_file(path, "wb") as stream:
        # No time and no name in the header: the same cohort is the same bytes.
        stream.write(gzip.compress(content, 4, mtime=0) if path.suffix == ".gz" else content)
