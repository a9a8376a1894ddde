"""Simulated tubes of occupancy: probe, background and total of two patients, with known truth."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from correlates.simulate.assays.tubes import add_panel, add_to_sheet
from correlates.simulate.panels.celltypes import (
    B_NORMAL,
    CLL,
    LEUKOCYTES,
    T_CD4,
    T_CD8,
    expression_of,
)
from correlates.simulate.panels.tube import draw_panel_tube
from correlates.simulate.trial import Patient

PANEL, TUBES = "occupancy", ("probe", "probe_bg", "total")
CELLS = {"cll": CLL, "b_normal": B_NORMAL, "t_cd4": T_CD4, "t_cd8": (*T_CD8, "nkt_like")}
TARGETS = {"cll": "btk", "b_normal": "btk", "t_cd4": "itk", "t_cd8": "itk"}
# Planned day, and hours after the dose of the day before.
DRAWS = {"C0D1": (1, None), "C1D1": (29, 24.2), "C2D1": (57, 23.6)}
_EVENTS = 9_000
# Share of each kind of cell: enough of every target cell in a small file.
_SHARES = {
    **{"t_cd4_naive": 0.05, "t_cd4_cm": 0.05, "t_cd4_em": 0.04, "t_cd8_naive": 0.04},
    **{"t_cd8_em": 0.05, "t_cd8_temra": 0.03, "nk_dim": 0.05, "cll_kappa": 0.55},
    **{"b_normal_kappa": 0.045, "b_normal_lambda": 0.035, "mono": 0.06},
}
_UNSPECIFIC, _UNSPECIFIC_CV, _STAIN_CV = 300.0, 0.04, 0.03


def draw_free(rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """Draw the free fraction of each target at each draw, and what is left of its protein.

    Lenalidomide changes neither: the free fraction of a patient at both troughs differs by chance
    alone.
    """
    btk = float(np.exp(rng.normal(np.log(0.08), 0.3)))
    itk = float(np.exp(rng.normal(np.log(0.25), 0.25)))
    left = float(rng.uniform(0.55, 0.75))
    found = {"C0D1": {"btk": 1.0, "itk": 1.0, "left_btk": 1.0, "left_itk": 1.0}}
    for visit in ("C1D1", "C2D1"):
        one = {"btk": btk, "itk": itk, "left_btk": left, "left_itk": 0.95}
        found[visit] = {name: value * float(rng.lognormal(0, 0.06)) for name, value in one.items()}
    return found


def write_tubes(
    folder: Path, patients: Sequence[Patient], rng: np.random.Generator
) -> tuple[list[dict], list[dict]]:
    """Write three tubes for each draw, and add them to the sheets of the flow assay.

    Parameters
    ----------
    folder
        Folder of the simulated cohort, whose ``samples.tsv`` and ``panels.tsv`` stand.
    patients
        Whose tubes; all of one patient are stained and run together, a batch of their own. The last
        one has too few normal B cells at C2D1.
    rng
        Source of randomness.

    Returns
    -------
    Rows of the truth, and the defects that were planted.
    """
    place = folder / "assays" / "occupancy" / "fcs"
    place.mkdir(parents=True, exist_ok=True)
    samples, truth, defects = [], [], []
    for patient in patients:
        donor, free = int(rng.integers(1, 10**6)), draw_free(rng)
        for visit, (planned, hours) in DRAWS.items():
            day = patient.study_day(visit) if visit in patient.visits else planned
            is_short = patient is patients[-1] and visit == "C2D1"
            shares = _SHARES | (dict.fromkeys(B_NORMAL, 0.003) if is_short else {})
            for tube in TUBES:
                path = place / f"{patient.key}_{visit}_{PANEL}_{tube}.fcs"
                medians = medians_of(tube, free[visit], rng)
                drawn = draw_panel_tube(
                    PANEL, _EVENTS, rng, donor=donor, medians=medians, shares=shares
                )
                drawn.write(path, {"$COM": "SIMULATED"})
                samples.append(
                    {
                        "sample": f"{patient.key}_{visit}_cryo",
                        **{"patient": patient.key, "visit": visit, "study_day": day},
                        **{"specimen": "cryo_pbmc", "panel": PANEL, "tube": tube},
                        **{"batch": f"occ_{patient.key}", "occasion": "scheduled"},
                        **{"hours_post_dose": hours, "fcs": str(path.relative_to(folder))},
                    }
                )
            truth += _truth(patient.key, visit, free[visit])
            if is_short:
                where = f"{patient.key} {visit} b_normal"
                told = "not_evaluable (few_target_cells)"
                defects.append({"where": where, "defect": "few normal B cells", "expected": told})
    add_to_sheet(folder / "samples.tsv", samples)
    add_panel(folder, PANEL)
    return truth, defects


def medians_of(
    tube: str, free: Mapping[str, float], rng: np.random.Generator
) -> dict[str, dict[str, float]]:
    """Return the medians of probe, BTK and ITK of each kind of cell in one tube.

    What the probe binds beside its targets differs a little from tube to tube, as does staining.
    """
    unspecific = _UNSPECIFIC * float(rng.lognormal(0, _UNSPECIFIC_CV))
    stain = float(rng.lognormal(0, _STAIN_CV))
    dark = dict.fromkeys((*LEUKOCYTES, "erythroid", "debris"), 0.0)
    if tube == "total":
        levels = {
            marker: {
                label: expression_of(label, marker)[0] * free[f"left_{marker.lower()}"] * stain
                for label in LEUKOCYTES
            }
            for marker in ("BTK", "ITK")
        }
        return {"Probe": dark, **levels}
    probe = {}
    for label in LEUKOCYTES:
        sites = max(0.0, expression_of(label, "Probe")[0] - _UNSPECIFIC)
        target = "itk" if label.startswith(("t_", "nk", "treg")) else "btk"
        taken = free[target] * free[f"left_{target}"] if tube == "probe" else 0.0
        probe[label] = unspecific + sites * taken * stain
    return {"Probe": dark | probe, "BTK": dark, "ITK": dark}


def _truth(patient: str, visit: str, free: Mapping[str, float]) -> list[dict]:
    return [
        {
            **{"patient": patient, "visit": visit, "timepoint": "pre", "assay": "flow_probe"},
            **{"target": target, "cell": cell, "free_fraction": free[target]},
            **{"occupancy_pct": 100 * (1 - free[target]), "total_left": free[f"left_{target}"]},
        }
        for cell, target in TARGETS.items()
    ]
