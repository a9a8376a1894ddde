"""From true expression to what the instrument writes: light, photons, noise, saturation."""

from dataclasses import dataclass

import numpy as np

from correlates.simulate.nk import NkTraits, draw_nk, label_codes, with_nk_expression
from correlates.simulate.panel import (
    AUTOFLUORESCENCE,
    DETECTOR_RANGE,
    ELECTRONIC_SD,
    MARKERS,
    PHOTOELECTRONS,
    TIMESTEP_S,
    Batch,
    spillover_matrix,
)
from correlates.simulate.populations import CODES, LOG_MEDIAN, LOG_SD, SCATTER_PROFILE

_HEIGHT_PER_AREA = 0.78
_HEIGHT_CV = 0.03
_AUTOFLUORESCENCE_SD = 0.12
# a larger cell carries more of everything: what size adds to log10 expression, and its share of
# the variance of FSC
_SIZE_SD = 0.05
_SIZE_SHARE_OF_FSC = 0.5
_SPILLOVER = spillover_matrix()
_VIABILITY = MARKERS.index("Viability")


@dataclass(frozen=True)
class Blood:
    """What a tube is filled with.

    Parameters
    ----------
    counts
        Cells per microlitre by leukocyte label.
    shift
        What the donor adds to log10 expression, shape (labels, markers).
    traits
        The donor's NK continuum.
    """

    counts: dict[str, float]
    shift: np.ndarray
    traits: NkTraits


@dataclass(frozen=True)
class Cells:
    """Cells before they meet the instrument.

    Parameters
    ----------
    codes
        Labels, shape (cells,), uint8.
    signals
        Expression at nominal gain, shape (cells, markers).
    optics
        FSC, SSC and the factor of autofluorescence against a resting lymphocyte, shape (cells, 3).
    """

    codes: np.ndarray
    signals: np.ndarray
    optics: np.ndarray


def draw_cells(codes: np.ndarray, blood: Blood, rng: np.random.Generator) -> Cells:
    """Draw what each cell truly expresses and scatters.

    Parameters
    ----------
    codes
        Label of each cell, shape (cells,). NK cells are all given as ``nk_dim``: which NK label a
        cell gets, its expression decides.
    blood
        Whose cells they are.
    rng
        Source of randomness.
    """
    size = rng.standard_normal(len(codes))
    log_signals = rng.standard_normal((len(codes), len(MARKERS)))
    log_signals *= LOG_SD[codes]
    log_signals += (LOG_MEDIAN + blood.shift)[codes]
    log_signals += _SIZE_SD * size[:, None]
    signals = np.exp(np.log(10) * log_signals)
    codes = codes.copy()
    nk = np.flatnonzero(codes == CODES["nk_dim"])
    drawn = draw_nk(len(nk), blood.traits, rng)
    signals[nk] = with_nk_expression(signals[nk], drawn)
    codes[nk] = label_codes(drawn["CD56"], drawn["CD57"])
    return Cells(codes, signals, _draw_optics(codes, size, rng))


def _draw_optics(codes: np.ndarray, size: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    profile = SCATTER_PROFILE[codes]
    deviates = rng.standard_normal((len(codes), 3))
    deviates[:, 0] *= np.sqrt(1 - _SIZE_SHARE_OF_FSC)
    deviates[:, 0] += np.sqrt(_SIZE_SHARE_OF_FSC) * size
    deviates[:, :2] *= profile[:, 2:4]
    deviates[:, 2] *= _AUTOFLUORESCENCE_SD
    return profile[:, [0, 1, 4]] * 10**deviates


def dead(
    signals: np.ndarray, optics: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return cells as they look dead: dye inside, antibodies stuck, smaller, more granular.

    Parameters
    ----------
    signals, optics
        As in ``Cells``, of the cells that died.
    rng
        Source of randomness.
    """
    count = len(signals)
    kept = signals * 10 ** rng.normal(-0.2, 0.15, (count, 1))
    stuck = 10 ** rng.normal(2.2, 0.35, (count, 1)) * 10 ** rng.normal(0, 0.2, signals.shape)
    stained = kept + stuck
    stained[:, _VIABILITY] = 10 ** rng.normal(4.1, 0.30, count)
    return stained, optics * [0.72, 1.35, 3.0]


def detect(
    signals: np.ndarray, autofluorescence: np.ndarray, batch: Batch, rng: np.random.Generator
) -> np.ndarray:
    """Return detected intensities before compensation, shape (cells, detectors).

    Dyes spill into every detector, photons arrive as a Poisson process and electronics add noise;
    after compensation this leaves negative values and a spread that grows with the brightness of
    the neighbouring dyes.

    Parameters
    ----------
    signals
        True expression at nominal gain, shape (cells, fluorochromes).
    autofluorescence
        Factor against a resting lymphocyte, shape (cells,).
    batch
        Gains of the day.
    rng
        Source of randomness.
    """
    light = signals @ _SPILLOVER
    light += autofluorescence[:, None] * AUTOFLUORESCENCE
    light *= PHOTOELECTRONS
    detected = rng.poisson(light) / PHOTOELECTRONS
    detected += rng.standard_normal(detected.shape) * ELECTRONIC_SD
    detected *= batch.gain
    return np.minimum(detected, DETECTOR_RANGE - 1)


def scatter(
    areas: np.ndarray, heights: np.ndarray, batch: Batch, rng: np.random.Generator
) -> np.ndarray:
    """Return FSC-A, FSC-H and SSC-A, shape (cells, 3).

    Parameters
    ----------
    areas
        FSC and SSC of each event, shape (cells, 2).
    heights
        Largest FSC of a single cell within the event, times the overlap of its pulses, shape
        (cells,); of a single cell its own FSC.
    batch
        Gains of the day.
    rng
        Source of randomness.
    """
    noise = 1 + _HEIGHT_CV * rng.standard_normal(len(heights))
    out = np.column_stack([areas[:, 0], heights * _HEIGHT_PER_AREA * noise, areas[:, 1]])
    out *= [batch.scatter_gain[0], batch.scatter_gain[0], batch.scatter_gain[1]]
    return np.minimum(out, DETECTOR_RANGE - 1)


def on_margin(
    scatters: np.ndarray, detected: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return events at the edge of the scale: half saturate scatter, half read zero throughout."""
    saturated = (rng.random(len(scatters)) < 0.5)[:, None]
    edge = np.where(saturated, DETECTOR_RANGE - 1.0, 0.0) + np.zeros_like(scatters)
    return edge, np.where(saturated, detected, 0.0)


def arrival_ticks(count: int, per_second: float, rng: np.random.Generator) -> np.ndarray:
    """Return arrival times in ticks of ``$TIMESTEP``, ascending, of a Poisson stream of events."""
    return np.floor(np.cumsum(rng.exponential(1 / per_second, count)) / TIMESTEP_S)
