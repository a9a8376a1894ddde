"""The bridging control of a simulated cohort: one healthy donor, run anew in every batch."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from correlates.simulate.counts import blood_of
from correlates.simulate.cytometer import Blood
from correlates.simulate.nk import NkTraits
from correlates.simulate.panel import MARKERS, PANEL, Batch
from correlates.simulate.populations import LABELS
from correlates.simulate.sample import Tube, draw_artefacts, draw_tube
from correlates.tables import write_tsv

CONTROL = "bridge"
_COLUMNS = ("reference", "tube", "panel", "batch", "fcs", "lot")
# cells per microlitre of a healthy adult, by class of cell
_HEALTHY = {
    "cll": 0.0,
    "t_cd4": 800.0,
    "t_cd8": 450.0,
    "t_dn": 50.0,
    "nkt_like": 60.0,
    "nk": 250.0,
    "b_normal": 220.0,
    "mono": 450.0,
    "neutrophil": 3600.0,
    "eosinophil": 150.0,
    "basophil": 40.0,
}
_MEMORY = {
    "t_cd4": np.array([0.42, 0.32, 0.22, 0.04]),
    "t_cd8": np.array([0.38, 0.16, 0.26, 0.20]),
}


def draw_controls(batches: Mapping[str, Batch], n_events: int, seed: list[int]) -> dict[str, Tube]:
    """Draw the control's tube in each batch.

    Parameters
    ----------
    batches
        Settings of the cytometer, by batch.
    n_events
        Events of a tube.
    seed
        Seed of the draws; the same cells would be drawn in no two batches, as in life.
    """
    counts = blood_of(_HEALTHY, _MEMORY, NkTraits(bright=0.08, cd57=0.45))
    blood = Blood(counts, np.zeros((len(LABELS), len(MARKERS))), NkTraits(bright=0.08, cd57=0.45))
    tubes = {}
    for number, (name, batch) in enumerate(batches.items()):
        rng = np.random.default_rng([*seed, number])
        tubes[name] = draw_tube(n_events, blood, draw_artefacts(rng), batch, rng)
    return tubes


def write_references(folder: Path, batches: Mapping[str, Path]) -> None:
    """Write references.tsv.

    Parameters
    ----------
    folder
        Where it stands.
    batches
        File of the control, by batch.
    """
    rows = [
        {
            "reference": CONTROL,
            "tube": "control",
            "panel": PANEL,
            "batch": name,
            "fcs": str(path.relative_to(folder)),
            "lot": "donor1",
        }
        for name, path in batches.items()
    ]
    write_tsv(folder / "references.tsv", _COLUMNS, rows)
