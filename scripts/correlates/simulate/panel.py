"""The simulated T/NK panel: channels, markers, spillover and what each detector sees."""

from dataclasses import dataclass

import numpy as np

PANEL = "tnk"
DETECTOR_RANGE = 262144
SCATTER = ("FSC-A", "FSC-H", "SSC-A")
TIME = "Time"
TIMESTEP_S = 0.01

# fluorescence channel: marker, autofluorescence of a resting lymphocyte (intensity), photoelectrons
# detected per unit of intensity, standard deviation of the electronic noise (intensity)
_FLUORESCENCE = {
    "BUV395-A": ("CD45RA", 30.0, 0.05, 18.0),
    "BUV496-A": ("CD4", 60.0, 0.06, 20.0),
    "BUV737-A": ("CD56", 20.0, 0.06, 20.0),
    "BUV805-A": ("CD8", 15.0, 0.04, 22.0),
    "BV421-A": ("CCR7", 50.0, 0.12, 15.0),
    "V500-A": ("CD45", 90.0, 0.08, 18.0),
    "BV605-A": ("CD3", 50.0, 0.07, 18.0),
    "BV711-A": ("CD57", 25.0, 0.06, 20.0),
    "BV786-A": ("CD16", 15.0, 0.05, 22.0),
    "FITC-A": ("CD5", 60.0, 0.15, 15.0),
    "PE-A": ("CD19", 30.0, 0.20, 15.0),
    "PE-Cy7-A": ("CD14", 15.0, 0.10, 18.0),
    "APC-A": ("CD7", 20.0, 0.10, 18.0),
    "eF780-A": ("Viability", 25.0, 0.06, 22.0),
}

# fluorochrome: the share of its signal that each other detector sees. Neighbours on one laser and
# one emission band on two lasers dominate, as in a 14-colour panel on five lasers.
_SPILLOVER = {
    "BUV395-A": {"BUV496-A": 0.02, "BV421-A": 0.01},
    "BUV496-A": {"V500-A": 0.10, "FITC-A": 0.03, "BUV737-A": 0.01, "BV605-A": 0.02},
    "BUV737-A": {"BUV805-A": 0.22, "BV711-A": 0.12, "BV786-A": 0.08, "eF780-A": 0.05},
    "BUV805-A": {"BUV737-A": 0.03, "BV786-A": 0.18, "eF780-A": 0.12, "PE-Cy7-A": 0.01},
    "BV421-A": {"BUV395-A": 0.02, "V500-A": 0.10, "BV605-A": 0.01},
    "V500-A": {"BUV496-A": 0.20, "BV421-A": 0.05, "BV605-A": 0.30, "BV711-A": 0.04, "FITC-A": 0.08},
    "BV605-A": {"BV711-A": 0.35, "BV786-A": 0.10, "PE-A": 0.12, "PE-Cy7-A": 0.01, "V500-A": 0.01},
    "BV711-A": {
        "BUV737-A": 0.30,
        "BUV805-A": 0.08,
        "BV786-A": 0.35,
        "APC-A": 0.02,
        "eF780-A": 0.04,
    },
    "BV786-A": {
        "BUV737-A": 0.03,
        "BUV805-A": 0.25,
        "BV711-A": 0.06,
        "PE-Cy7-A": 0.05,
        "eF780-A": 0.08,
    },
    "FITC-A": {"BUV496-A": 0.08, "V500-A": 0.02, "PE-A": 0.02},
    "PE-A": {"BV605-A": 0.08, "BV711-A": 0.02, "FITC-A": 0.01, "PE-Cy7-A": 0.03},
    "PE-Cy7-A": {"BUV805-A": 0.06, "BV786-A": 0.06, "PE-A": 0.01, "eF780-A": 0.10},
    "APC-A": {"BUV737-A": 0.10, "BV711-A": 0.06, "PE-Cy7-A": 0.01, "eF780-A": 0.08},
    "eF780-A": {"BUV805-A": 0.20, "BV786-A": 0.08, "PE-Cy7-A": 0.08, "APC-A": 0.03},
}

FLUORESCENCE = tuple(_FLUORESCENCE)
MARKERS = tuple(marker for marker, *_ in _FLUORESCENCE.values())
CHANNELS = (*SCATTER, *FLUORESCENCE, TIME)
AUTOFLUORESCENCE = np.array([values[1] for values in _FLUORESCENCE.values()])
PHOTOELECTRONS = np.array([values[2] for values in _FLUORESCENCE.values()])
ELECTRONIC_SD = np.array([values[3] for values in _FLUORESCENCE.values()])


def spillover_matrix() -> np.ndarray:
    """Return spillover at nominal gain, shape (fluorochromes, detectors), with diagonal 1."""
    matrix = np.eye(len(FLUORESCENCE))
    for row, fluorochrome in enumerate(FLUORESCENCE):
        for detector, share in _SPILLOVER[fluorochrome].items():
            matrix[row, FLUORESCENCE.index(detector)] = share
    return matrix


@dataclass(frozen=True)
class Batch:
    """The cytometer as it was set for one period.

    Parameters
    ----------
    name
        Batch key.
    gain
        Gain of each fluorescence detector against nominal, shape (detectors,).
    scatter_gain
        The same for FSC (area and height alike) and SSC, shape (2,).
    recorded_spillover
        The matrix that single-stained controls gave, as it stands in ``$SPILLOVER``: gains and a
        small error of estimation included, shape (fluorochromes, detectors).
    """

    name: str
    gain: np.ndarray
    scatter_gain: np.ndarray
    recorded_spillover: np.ndarray


def draw_batch(name: str, rng: np.random.Generator, error: float = 0.01) -> Batch:
    """Draw the settings of one batch.

    Parameters
    ----------
    name
        Batch key.
    rng
        Source of randomness.
    error
        Relative standard deviation of the recorded spillover coefficients.

    Notes
    -----
    Gains vary by about 10 % (at most 20 %). Signal that dye i leaves in detector j grows with the
    gain of j, and its own with that of i, so the coefficient scales with their ratio.
    """
    gain = np.exp(np.clip(rng.normal(0, 0.1, len(FLUORESCENCE)), -0.2, 0.2))
    scatter_gain = np.exp(rng.normal(0, 0.03, 2))
    matrix = spillover_matrix() * gain[None, :] / gain[:, None]
    off_diagonal = ~np.eye(len(matrix), dtype=bool)
    matrix[off_diagonal] *= 1 + rng.normal(0, error, off_diagonal.sum())
    return Batch(name, gain, scatter_gain, matrix)
