"""Quantiles of every marker in a population: of bridging controls, by which batches are corrected.

Of tubes of occupancy they draw the distributions of the probe on the target cells.

The per-file job writes them, so nothing heavier than numpy is imported here.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from correlates.flow.gating.gates import ROOT, UNCOMPENSATED
from correlates.flow.outcome import Outcome
from correlates.tables import write_tsv

# Beyond 1 and 99 % a few events decide.
PROBABILITIES = (0.01, *(round(0.05 * step, 2) for step in range(1, 20)), 0.99)
COLUMNS = ("population", "marker", "channel", "n", "probability", "value")


def write_quantiles(path: str | Path, outcome: Outcome, wanted: str | Sequence[str]) -> None:
    """Write the quantiles of one population or several; a table without rows if none is wanted."""
    populations = [wanted] if isinstance(wanted, str) else wanted
    rows = [row for one in populations if one for row in quantile_rows(outcome, one)]
    write_tsv(path, COLUMNS, rows)


def quantile_rows(outcome: Outcome, population: str) -> list[dict]:
    """Return the quantiles of each marker's linear, compensated values in one population.

    Parameters
    ----------
    outcome
        A gated file; a refused one has none.
    population
        Key of the population, such as the leukocytes; no rows if it is not gated, or empty. All
        events (``root``) are taken as the detectors saw them, not compensated: they are beads,
        which carry no dye that a matrix is of.
    """
    if outcome.gated is None or not outcome.gated.counts.get(population):
        return []
    members = np.flatnonzero(outcome.gated.members(population))
    rows = []
    for channel, marker in outcome.markers.items():
        if population == ROOT:
            values = outcome.events.values(channel, UNCOMPENSATED)
        else:
            values = outcome.gated.intensities[channel, outcome.compensation][members]
        values = values[~np.isnan(values)]
        if not marker or not len(values):
            continue
        about = {"population": population, "marker": marker, "channel": channel, "n": len(values)}
        found = np.quantile(values.astype(float), PROBABILITIES)
        rows += [
            about | {"probability": probability, "value": f"{value:.8g}"}
            for probability, value in zip(PROBABILITIES, found.tolist(), strict=True)
        ]
    return rows
