"""Simulated proteins: western blots of CLL cells, and intracellular stains of two patients.

IKZF1 and IKZF3 are degraded from the first dose of lenalidomide, CRBN is not. How much of a protein
a patient has before follows its messenger in part, where that is simulated too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from correlates.simulate.assays.protein_tubes import write_tubes
from correlates.simulate.trial import Patient
from correlates.tables import read_tsv, write_tsv

MATERIAL = "SIMULATED lysate lot 1"
MARKERS = ("CRBN", "IKZF1", "IKZF3")
# Time points: day after the first lenalidomide dose, hours after the last dose.
DRAWS = {
    ("C1D1", "pre"): (0.0, None),
    ("C1D1", "h5"): (0.0, 5.0),
    ("C1D2", "pre"): (1.0, 24.0),
    ("C1D8", "pre"): (7.0, 24.0),
    ("C1D15", "pre"): (14.0, 24.0),
    ("C2D1", "pre"): (28.0, 24.0),
}
_N_PATIENTS, _A_BLOT, _REPLICATES = 10, 2, 2
_BLOT_SD, _LANE_SD, _LOAD_SD, _PROTEIN_SD = 0.5, 0.10, 0.12, 0.25
_OF_MESSENGER = 0.8
_LOADS = (5.0, 10.0, 20.0, 40.0)
_FULL_LOAD, _STAIN, _BAND = 20.0, 52_000.0, {"CRBN": 9_000.0, "IKZF1": 21_000.0, "IKZF3": 15_000.0}
_COLUMNS = (
    *("blot", "lane", "role", "material", "sample", "patient", "visit", "timepoint", "specimen"),
    *("cell", "study_day", "hours_post_len", "purity_pct", "load_ug", "marker", "exposure_s"),
    *("band", "total_protein_stain", "saturated"),
)
TRUTH_COLUMNS = (
    *("method", "patient", "visit", "timepoint", "cell", "marker", "hours", "log2_level"),
    *("remaining_pct", "plateau_pct", "half_life_h"),
)


@dataclass(frozen=True)
class ProteinEffects:
    """What lenalidomide leaves of each protein, and how fast the rest goes.

    Parameters
    ----------
    plateau_pct
        Median over the patients of what remains in the end, in %.
    half_life_h
        Median half-life of the fall, in hours.
    """

    plateau_pct: Mapping[str, float] = field(
        default_factory=lambda: {"CRBN": 100.0, "IKZF1": 35.0, "IKZF3": 25.0}
    )
    half_life_h: Mapping[str, float] = field(
        default_factory=lambda: {"CRBN": 24.0, "IKZF1": 16.0, "IKZF3": 10.0}
    )

    def draw(self, marker: str, rng: np.random.Generator) -> tuple[float, float]:
        """Draw plateau and half-life of one patient."""
        plateau = self.plateau_pct[marker]
        if plateau < 100:
            plateau *= float(np.exp(rng.normal(0, 0.2)))
        return plateau, self.half_life_h[marker] * float(np.exp(rng.normal(0, 0.2)))


def remaining_pct(hours: float, plateau: float, half_life: float) -> float:
    """Return what remains after hours on the drug."""
    return plateau + (100 - plateau) * 2 ** (-hours / half_life)


def write_protein(folder: Path, patients: Sequence[Patient], rng: np.random.Generator) -> None:
    """Write ``assays/protein/`` and ``truth/protein.tsv``, ``truth/protein_defects.tsv``.

    Parameters
    ----------
    folder
        Folder of the simulated cohort. If it holds ``truth/qpcr.tsv``, protein before lenalidomide
        follows those messengers of CLL cells.
    patients
        The trial's patients; the first ten who take lenalidomide are blotted, the first two of
        them stained.
    rng
        Source of randomness.
    """
    treated = [one for one in patients if one.clinical["lenalidomide_start_day"] is not None]
    chosen = treated[:_N_PATIENTS]
    truth = draw_truth(chosen, ProteinEffects(), _messengers(folder), rng)
    rows, defects = draw_blots(chosen, truth, rng)
    write_tsv(folder / "assays" / "protein" / "western.tsv", _COLUMNS, rows)
    stains, more = write_tubes(folder, chosen[:2], rng)
    write_tsv(folder / "truth" / "protein.tsv", TRUTH_COLUMNS, [*truth.values(), *stains])
    columns = ("where", "defect", "expected")
    write_tsv(folder / "truth" / "protein_defects.tsv", columns, [*defects, *more])


def _messengers(folder: Path) -> dict[tuple[str, str], float]:
    """Return each patient's messenger against the gene's mean, log2, before lenalidomide."""
    path = folder / "truth" / "qpcr.tsv"
    rows = read_tsv(path) if path.exists() else []
    found = {
        (row["patient"], row["gene"]): float(row["log2_per_reference"])
        for row in rows
        if (row["visit"], row["cell"]) == ("C1D1", "cll") and row["gene"] in MARKERS
    }
    means = {
        gene: np.mean([value for (_, of), value in found.items() if of == gene])
        for gene in {gene for _, gene in found}
    }
    return {key: value - means[key[1]] for key, value in found.items()}


def draw_truth(
    patients: Iterable[Patient],
    effects: ProteinEffects,
    messengers: Mapping[tuple[str, str], float],
    rng: np.random.Generator,
) -> dict[tuple, dict]:
    """Draw the level of every protein at every draw, by patient, draw and marker."""
    truth = {}
    for patient in patients:
        for marker in MARKERS:
            plateau, half_life = effects.draw(marker, rng)
            messenger = messengers.get((patient.key, marker), rng.normal(0, 0.4))
            level = _OF_MESSENGER * messenger + rng.normal(0, _PROTEIN_SD)
            for draw, (days, since) in DRAWS.items():
                # Doses are a day apart; the draw before the first one has none behind it.
                hours = 0.0 if since is None else 24 * days + (since if draw[1] != "pre" else 0.0)
                left = remaining_pct(hours, plateau, half_life)
                truth[patient.key, draw, marker] = {
                    **{"method": "western", "patient": patient.key, "visit": draw[0]},
                    **{"timepoint": draw[1], "cell": "cll", "marker": marker, "hours": hours},
                    **{"log2_level": level + np.log2(left / 100), "remaining_pct": left},
                    **{"plateau_pct": plateau, "half_life_h": half_life},
                }
    return truth


def draw_blots(
    patients: Sequence[Patient], truth: Mapping[tuple, Mapping], rng: np.random.Generator
) -> tuple[list[dict], list[dict]]:
    """Draw the blots: two patients each, every sample on two, control and dilutions on all."""
    rows = []
    pairs = [patients[at : at + _A_BLOT] for at in range(0, len(patients), _A_BLOT)]
    for number, pair in enumerate(pair for pair in pairs for _ in range(_REPLICATES)):
        lanes = [{"role": "control", "material": MATERIAL, "load_ug": _FULL_LOAD}] * 2
        lanes += [{"role": "dilution", "material": MATERIAL, "load_ug": load} for load in _LOADS]
        lanes += [_sample(patient, draw) for patient in pair for draw in DRAWS]
        rows += _draw_blot(f"wb{number + 1:02d}", lanes, truth, rng)
    return rows, _spoil(rows, patients)


def _sample(patient: Patient, draw: tuple[str, str]) -> dict:
    visit, timepoint = draw
    days, since = DRAWS[draw]
    start = patient.clinical["lenalidomide_start_day"]
    suffix = "" if timepoint == "pre" else f"_{timepoint}"
    return {
        **{"role": "sample", "sample": f"{patient.key}_{visit}{suffix}_CLL"},
        **{"patient": patient.key, "visit": visit, "timepoint": timepoint, "cell": "cll"},
        **{"specimen": "cryo_pbmc", "study_day": int(start + days), "hours_post_len": since},
        **{"purity_pct": 97, "load_ug": _FULL_LOAD},
    }


def _draw_blot(
    blot: str, lanes: Sequence[Mapping], truth: Mapping[tuple, Mapping], rng: np.random.Generator
) -> list[dict]:
    loads = [lane["load_ug"] * float(np.exp(rng.normal(0, _LOAD_SD))) for lane in lanes]
    rows = []
    for marker in MARKERS:
        gain = 2 ** rng.normal(0, _BLOT_SD)
        for place, (lane, load) in enumerate(zip(lanes, loads, strict=True)):
            level = 0.0
            if lane["role"] == "sample":
                key = lane["patient"], (lane["visit"], lane["timepoint"]), marker
                level = truth[key]["log2_level"]
            # A dilution is one lysate: its lanes differ by their load alone, and little else.
            noise = _LANE_SD if lane["role"] != "dilution" else 0.02
            load_seen = load if lane["role"] != "dilution" else lane["load_ug"]
            signal = gain * _BAND[marker] * load_seen / _FULL_LOAD
            rows.append(
                dict.fromkeys(_COLUMNS)
                | lane
                | {
                    **{"blot": blot, "lane": place + 1, "marker": marker, "exposure_s": 60},
                    "band": round(signal * 2 ** (level + rng.normal(0, noise))),
                    "total_protein_stain": round(_STAIN * load_seen / _FULL_LOAD),
                    "saturated": "no",
                }
            )
    return rows


def _spoil(rows: list[dict], patients: Sequence[Patient]) -> list[dict]:
    """Plant what goes wrong with blots, and tell of it."""
    told = []

    def find(blot, marker, **of):
        return [
            row
            for row in rows
            if (row["blot"], row["marker"]) == (blot, marker)
            and all(row[name] == value for name, value in of.items())
        ]

    def tell(where, defect, expected):
        told.append({"where": where, "defect": defect, "expected": expected})

    (lane,) = find("wb01", "IKZF1", lane=8)
    lane["saturated"] = "yes"
    tell("wb01 IKZF1 lane 8", "saturated band", "lane refused")
    for row in find("wb02", "CRBN"):
        rows.append(row | {"exposure_s": 300, "band": 4 * row["band"], "saturated": "yes"})
    tell("wb02 CRBN", "a second, saturated exposure", "the shorter one counts")
    if len(patients) >= 6:
        for row in find("wb05", "CRBN", role="control"):
            row["total_protein_stain"] = None
        tell("wb05 CRBN", "control without total-protein stain", "blot refused for CRBN")
        for row in find("wb06", "IKZF3", role="dilution"):
            row["band"] = round(16_000 * row["load_ug"] / (row["load_ug"] + 6))
        tell("wb06 IKZF3", "dilution series levels off", "blot refused for IKZF3")
    if len(patients) >= 8:
        key = patients[7].key
        baseline = (key, "C1D1", "pre")
        own = ("patient", "visit", "timepoint")
        rows[:] = [row for row in rows if tuple(row[name] for name in own) != baseline]
        tell(f"{key} C1D1", "not blotted", "no B1, so no percent remaining")
    first = patients[0].key
    for row in rows:
        if (row["patient"], row["visit"]) == (first, "C2D1"):
            row["purity_pct"] = 88
    tell(f"{first} C2D1", "purity 88 %", "flagged")
    return told
