"""Write a simulated cohort: FCS files, the sheets of a study, and the truth beside them."""

from pathlib import Path

import numpy as np

from correlates.simulate import truth
from correlates.simulate.assays.write import write_assays
from correlates.simulate.clinic.clinic import draw_clinic
from correlates.simulate.clinic.write import write_clinic
from correlates.simulate.cytometer import Blood
from correlates.simulate.draws import SHEETS_STREAM, Draw, draw_trial
from correlates.simulate.fcs_writer import spillover_keyword, write_fcs
from correlates.simulate.panel import (
    CHANNELS,
    DETECTOR_RANGE,
    FLUORESCENCE,
    MARKERS,
    PANEL,
    TIMESTEP_S,
    Batch,
    draw_batch,
)
from correlates.simulate.populations import CODES, LABELS
from correlates.simulate.references import CONTROL, draw_controls, write_references
from correlates.simulate.sample import Tube, draw_artefacts, draw_tube
from correlates.simulate.sheets import cbc_rows, write_sheets
from correlates.simulate.trial import NO_EFFECTS, Effects, Patient

N_EVENTS = 40_000
_DONOR_SD = 0.04
# streams of randomness under one seed, so that the files' events do not move with the sheets
_BATCHES, _DONORS, _TUBES, _CONTROLS = 1, 3, 4, 5


def simulate_cohort(
    folder: str | Path,
    n_patients: int = 24,
    n_events: int = N_EVENTS,
    seed: int = 1,
    effects: bool = True,
    assays: bool = False,
) -> None:
    """Write a cohort whose truth is known; the same arguments give the same bytes.

    Parameters
    ----------
    folder
        Where ``fcs/``, ``controls/``, the sheets and ``truth/`` are written. Files of a larger
        cohort that stood there before are left.
    n_patients
        How many patients.
    n_events
        Events of a file; each file holds up to a tenth more or fewer.
    seed
        Seed of every draw.
    effects
        Plant the effects of ``truth/effects.tsv``; without them, a null cohort.
    assays
        Write the raw data of the assays beside flow too; their tubes join the sheets.
    """
    folder = Path(folder)
    planted = Effects() if effects else NO_EFFECTS
    patients, draws, swap = draw_trial(n_patients, planted, seed)
    cbc = cbc_rows(draws, np.random.default_rng([seed, SHEETS_STREAM]))
    clinic = draw_clinic(patients, draws, cbc, seed)
    write_sheets(folder, patients, draws, cbc, clinic)
    write_clinic(folder, clinic)
    batches = _draw_batches(draws, np.random.default_rng([seed, _BATCHES]))
    rows = []
    for number, draw in enumerate(draws):
        source = swap.get(number, number)
        content, batch = draws[source], batches[draws[source].batch]
        tube = _draw_tube(content, batch, n_events, seed, source)
        _write_tube(folder / "fcs" / f"{draw.stem}.fcs", tube, batch)
        truth.write_labels(folder / "truth" / "events" / f"{draw.stem}.npz", tube.codes)
        rows += truth.population_rows(draw.stem, content.sample, tube.codes, content.counts)
    controls = {name: folder / "controls" / f"{CONTROL}_{name}_{PANEL}.fcs" for name in batches}
    for name, tube in draw_controls(batches, n_events, [seed, _CONTROLS]).items():
        _write_tube(controls[name], tube, batches[name])
    write_references(folder, controls)
    truth.write_populations(folder / "truth" / "populations.tsv", rows)
    truth.write_effects(folder / "truth" / "effects.tsv", planted)
    pairs = [(draws[a].sample, draws[b].sample) for a, b in swap.items()]
    truth.write_swaps(folder / "truth" / "swaps.tsv", pairs)
    if assays:
        # At the end: assays that have FCS tubes add them to the sheets.
        write_assays(folder, patients, seed)


def _draw_batches(draws: list[Draw], rng: np.random.Generator) -> dict[str, Batch]:
    names = dict.fromkeys(draw.batch for draw in draws)
    return {name: draw_batch(name, rng) for name in names}


def _draw_tube(draw: Draw, batch: Batch, n_events: int, seed: int, number: int) -> Tube:
    rng = np.random.default_rng([seed, _TUBES, number])
    blood = Blood(draw.counts, _expression_shift(draw.patient, seed), draw.patient.traits)
    count = int(n_events * rng.uniform(0.9, 1.1))
    return draw_tube(count, blood, draw_artefacts(rng), batch, rng)


def _expression_shift(patient: Patient, seed: int) -> np.ndarray:
    """Return what donor and clone add to log10 expression, shape (labels, markers)."""
    rng = np.random.default_rng([seed, _DONORS, patient.enrolled_day])
    shift = np.tile(rng.normal(0, _DONOR_SD, len(MARKERS)), (len(LABELS), 1))
    for marker, value in patient.clone_shift.items():
        shift[CODES["cll"], MARKERS.index(marker)] = value
    return shift


def _write_tube(path: Path, tube: Tube, batch: Batch) -> None:
    keywords = {
        "$CYT": "Simulated",
        # the same in every file of a batch, as on many instruments: identity is not to be had here
        "$FIL": f"Specimen_001_{batch.name}.fcs",
        "$TIMESTEP": str(TIMESTEP_S),
        "$SPILLOVER": spillover_keyword(FLUORESCENCE, batch.recorded_spillover),
        "CORRELATES_SIMULATED": "1",
    }
    markers = dict(zip(FLUORESCENCE, MARKERS, strict=True))
    write_fcs(path, tube.events, CHANNELS, markers, keywords, DETECTOR_RANGE)
