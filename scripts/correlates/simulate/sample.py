"""One simulated tube of blood: which events it holds and what the cytometer read of them."""

from dataclasses import dataclass

import numpy as np

from correlates.simulate import cytometer
from correlates.simulate.cytometer import Blood, Cells
from correlates.simulate.panel import Batch
from correlates.simulate.populations import CODES, LEUKOCYTES, NK_LABELS

_EVENTS_PER_SECOND = 600.0
_LARGEST_OVERLAP = 1.45
_MADE_OF_LEUKOCYTES = ("dead", "doublet", "margin")
# NK cells are drawn as one kind; which of their labels they get, their expression decides
_LEUKOCYTE_CODES = np.array(
    [CODES["nk_dim" if label in NK_LABELS else label] for label in LEUKOCYTES], dtype=np.uint8
)


@dataclass(frozen=True)
class Artefacts:
    """Share of all events that are no single live leukocyte."""

    debris: float
    erythroid: float
    dead: float
    doublet: float
    margin: float


@dataclass(frozen=True)
class Tube:
    """Events in the order of their arrival.

    Parameters
    ----------
    events
        Scatter, fluorescence and time as written, shape (events, channels).
    codes
        True label of each event, shape (events,), uint8.
    """

    events: np.ndarray
    codes: np.ndarray


def draw_artefacts(rng: np.random.Generator) -> Artefacts:
    """Draw how clean one tube is."""
    return Artefacts(
        debris=rng.uniform(0.04, 0.10),
        erythroid=rng.uniform(0.005, 0.02),
        dead=rng.uniform(0.02, 0.06),
        doublet=rng.uniform(0.02, 0.05),
        margin=rng.uniform(0.001, 0.003),
    )


def draw_tube(
    n_events: int, blood: Blood, artefacts: Artefacts, batch: Batch, rng: np.random.Generator
) -> Tube:
    """Draw the events of one tube.

    Parameters
    ----------
    n_events
        How many events the cytometer stops at.
    blood
        Leukocytes; events are a multinomial draw from their counts.
    artefacts
        Shares of what is no single live leukocyte.
    batch
        Settings of the cytometer.
    rng
        Source of randomness.
    """
    labels = _draw_labels(n_events, blood, artefacts, rng)
    cells, heights = _draw_contents(labels, blood, rng)
    detected = cytometer.detect(cells.signals, cells.optics[:, 2], batch, rng)
    scatters = cytometer.scatter(cells.optics[:, :2], heights, batch, rng)
    margin = np.flatnonzero(labels == CODES["margin"])
    edge = cytometer.on_margin(scatters[margin], detected[margin], rng)
    scatters[margin], detected[margin] = edge
    ticks = cytometer.arrival_ticks(n_events, _EVENTS_PER_SECOND, rng)
    events = np.column_stack([scatters, detected, ticks]).astype(np.float32)
    is_artefact = np.isin(labels, [CODES[name] for name in _MADE_OF_LEUKOCYTES])
    return Tube(events, np.where(is_artefact, labels, cells.codes).astype(np.uint8))


def _draw_contents(
    labels: np.ndarray, blood: Blood, rng: np.random.Generator
) -> tuple[Cells, np.ndarray]:
    """Return the cell in each event, and its FSC pulse height as an area of equal shape.

    A doublet is the sum of two random cells one after the other: areas add up, while the height
    is that of the larger one, raised by however much the two pulses overlap.
    """
    codes = labels.copy()
    for artefact in _MADE_OF_LEUKOCYTES:
        chosen = np.flatnonzero(labels == CODES[artefact])
        codes[chosen] = _draw_leukocytes(len(chosen), blood, rng)
    cells = cytometer.draw_cells(codes, blood, rng)
    gone = np.flatnonzero(labels == CODES["dead"])
    as_dead = cytometer.dead(cells.signals[gone], cells.optics[gone], rng)
    cells.signals[gone], cells.optics[gone] = as_dead
    heights = cells.optics[:, 0].copy()
    pairs = np.flatnonzero(labels == CODES["doublet"])
    partners = cytometer.draw_cells(_draw_leukocytes(len(pairs), blood, rng), blood, rng)
    larger = np.maximum(heights[pairs], partners.optics[:, 0])
    heights[pairs] = larger * rng.uniform(1.0, _LARGEST_OVERLAP, len(pairs))
    cells.signals[pairs] += partners.signals
    cells.optics[pairs] += partners.optics
    return cells, heights


def _draw_labels(
    n_events: int, blood: Blood, artefacts: Artefacts, rng: np.random.Generator
) -> np.ndarray:
    shares = vars(artefacts)
    leukocytes = _leukocyte_shares(blood) * (1 - sum(shares.values()))
    drawn = rng.multinomial(n_events, [*shares.values(), *leukocytes])
    codes = np.concatenate([[CODES[name] for name in shares], _LEUKOCYTE_CODES])
    return rng.permutation(np.repeat(codes, drawn).astype(np.uint8))


def _draw_leukocytes(count: int, blood: Blood, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(_LEUKOCYTE_CODES, count, p=_leukocyte_shares(blood))


def _leukocyte_shares(blood: Blood) -> np.ndarray:
    counts = np.array([blood.counts[label] for label in LEUKOCYTES])
    return counts / counts.sum()
