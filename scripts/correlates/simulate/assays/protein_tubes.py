"""Simulated intracellular stains: full tubes of two patients on lenalidomide, FMO and isotype."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from correlates.simulate.assays.tubes import add_panel, add_to_sheet
from correlates.simulate.panels.celltypes import CLL, NK, T_CD4, T_CD8, expression_of
from correlates.simulate.panels.tube import draw_panel_tube
from correlates.simulate.trial import Patient

PANEL = "ikzf"
LINEAGES = {"cll": CLL, "t_cd4": T_CD4, "t_cd8": T_CD8, "nk": NK}
DRAWS = {
    ("C1D1", "pre"): (0.0, None),
    ("C1D1", "h5"): (0.0, 5.0),
    ("C1D8", "pre"): (7.0, 24.0),
    ("C1D15", "pre"): (14.0, 24.0),
    ("C2D1", "pre"): (28.0, 24.0),
}
# What remains in the end, in %, and the half-life of the fall in hours, by marker.
_COURSES = {"CRBN": (100.0, 24.0), "IKZF1": (40.0, 8.0), "IKZF3": (25.0, 6.0), "RHOH": (70.0, 60.0)}
_STAINED_FMO = (("CRBN", "IKZF1", "IKZF3", "RHOH"), ("CRBN", "IKZF1", "RHOH"))
_EVENTS = 9_000
_ISOTYPE = 120.0
_KINDS = [kind for labels in LINEAGES.values() for kind in labels]


def write_tubes(
    folder: Path, patients: Sequence[Patient], rng: np.random.Generator
) -> tuple[list[dict], list[dict]]:
    """Write full tubes and each batch's FMO tubes, and add them to the sheets.

    Parameters
    ----------
    folder
        Folder of the simulated cohort, whose ``samples.tsv``, ``references.tsv`` and
        ``panels.tsv`` stand.
    patients
        At most two, each a batch of its own; the second batch lacks the FMO of IKZF3.
    rng
        Source of randomness.

    Returns
    -------
    Rows of the truth, and the defects that were planted.
    """
    place = folder / "assays" / "protein" / "fcs"
    place.mkdir(parents=True, exist_ok=True)
    samples, references, truth, defects = [], [], [], []
    for number, (patient, with_fmo) in enumerate(zip(patients, _STAINED_FMO, strict=False)):
        batch, donor = f"ikzf{number + 1}", int(rng.integers(1, 10**6))
        for draw, (days, since) in DRAWS.items():
            hours = 0.0 if since is None else 24 * days + (since if draw[1] != "pre" else 0.0)
            left = {marker: _left(hours, *course) for marker, course in _COURSES.items()}
            name = "_".join((patient.key, draw[0], *([draw[1]] if draw[1] != "pre" else [])))
            path = place / f"{name}_{PANEL}.fcs"
            tube = draw_panel_tube(PANEL, _EVENTS, rng, donor=donor, medians=medians_of(left))
            tube.write(path)
            samples.append(_sample(patient, draw, (days, since), batch, path.relative_to(folder)))
            truth += _truth(patient, draw, hours, left)
        for marker in with_fmo:
            path = place / f"{batch}_fmo_{marker}.fcs"
            draw_panel_tube(PANEL, _EVENTS, rng, donor=donor, without=marker).write(path)
            references.append(_reference(batch, f"fmo_{marker}", path.relative_to(folder)))
        for marker in sorted(set(_COURSES) - set(with_fmo)):
            # An isotype sticks to cells that have none of the protein; it is declared, not used.
            path = place / f"{batch}_isotype_{marker}.fcs"
            sticks = {marker: dict.fromkeys(_KINDS, _ISOTYPE)}
            draw_panel_tube(PANEL, _EVENTS, rng, donor=donor, medians=sticks).write(path)
            references.append(_reference(batch, f"isotype_{marker}", path.relative_to(folder)))
            defects.append(
                {
                    "where": f"batch {batch}",
                    "defect": f"no FMO of {marker}",
                    "expected": "not_evaluable (fmo_missing)",
                }
            )
    add_to_sheet(folder / "samples.tsv", samples)
    add_to_sheet(folder / "references.tsv", references)
    add_panel(folder, PANEL)
    return truth, defects


def medians_of(left_pct: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return the medians of each marker by kind of cell, at so much of its usual expression."""
    return {
        marker: {kind: expression_of(kind, marker)[0] * left / 100 for kind in _KINDS}
        for marker, left in left_pct.items()
    }


def _left(hours: float, plateau: float, half_life: float) -> float:
    return plateau + (100 - plateau) * 2 ** (-hours / half_life)


def _sample(patient: Patient, draw, times, batch: str, path: Path) -> dict:
    visit, timepoint = draw
    days, since = times
    suffix = "" if timepoint == "pre" else f"_{timepoint}"
    return {
        "sample": f"{patient.key}_{visit}{suffix}",
        **{"patient": patient.key, "visit": visit, "timepoint": timepoint, "panel": PANEL},
        "study_day": int(patient.clinical["lenalidomide_start_day"] + days),
        **{"specimen": "fresh_wb", "batch": batch, "occasion": "scheduled", "tube": "full"},
        "hours_post_lenalidomide": since,
        "fcs": str(path),
    }


def _reference(batch: str, tube: str, path: Path) -> dict:
    return {
        **{"reference": "fmo-cells", "tube": tube, "panel": PANEL, "batch": batch},
        **{"fcs": str(path), "lot": "simulated"},
    }


def _truth(patient: Patient, draw, hours: float, left: Mapping[str, float]) -> list[dict]:
    return [
        {
            **{"method": "flow", "patient": patient.key, "visit": draw[0], "timepoint": draw[1]},
            **{"cell": lineage, "marker": marker, "hours": hours, "remaining_pct": pct},
            **{"plateau_pct": _COURSES[marker][0], "half_life_h": _COURSES[marker][1]},
        }
        for lineage in LINEAGES
        for marker, pct in left.items()
    ]
