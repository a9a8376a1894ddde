"""The detectors of a five-laser cytometer, and where each dye's light goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

# detector, named by its usual dye: autofluorescence of a resting lymphocyte (intensity),
# photoelectrons detected per unit of intensity, standard deviation of the electronic noise
_DETECTORS = {
    "BUV395-A": (30.0, 0.05, 18.0),
    "BUV496-A": (60.0, 0.06, 20.0),
    "BUV661-A": (25.0, 0.06, 20.0),
    "BUV737-A": (20.0, 0.06, 20.0),
    "BUV805-A": (15.0, 0.04, 22.0),
    "BV421-A": (50.0, 0.12, 15.0),
    "V500-A": (90.0, 0.08, 18.0),
    "BV605-A": (50.0, 0.07, 18.0),
    "BV650-A": (30.0, 0.08, 18.0),
    "BV711-A": (25.0, 0.06, 20.0),
    "BV786-A": (15.0, 0.05, 22.0),
    "FITC-A": (60.0, 0.15, 15.0),
    "BB700-A": (30.0, 0.10, 16.0),
    "PE-A": (30.0, 0.20, 15.0),
    "PE-CF594-A": (25.0, 0.15, 15.0),
    "PE-Cy7-A": (15.0, 0.10, 18.0),
    "APC-A": (20.0, 0.10, 18.0),
    "AF700-A": (15.0, 0.06, 20.0),
    "eF780-A": (25.0, 0.06, 22.0),
}

# dye: the share of its signal that each other detector sees
_SPILLOVER = {
    "BUV395-A": {"BUV496-A": 0.02, "BV421-A": 0.01},
    "BUV496-A": {"V500-A": 0.08, "FITC-A": 0.03, "BV605-A": 0.02, "BUV661-A": 0.01},
    "BUV661-A": {"BUV737-A": 0.20, "BV650-A": 0.12, "APC-A": 0.15, "BUV805-A": 0.04},
    "BUV737-A": {"BUV805-A": 0.22, "BV711-A": 0.10, "BV786-A": 0.06, "AF700-A": 0.06},
    "BUV805-A": {"BUV737-A": 0.03, "BV786-A": 0.15, "eF780-A": 0.10, "PE-Cy7-A": 0.01},
    "BV421-A": {"BUV395-A": 0.02, "V500-A": 0.08, "BV605-A": 0.01},
    "V500-A": {"BUV496-A": 0.15, "BV421-A": 0.04, "BV605-A": 0.20, "FITC-A": 0.06},
    "BV605-A": {"BV650-A": 0.25, "BV711-A": 0.12, "PE-CF594-A": 0.10, "PE-A": 0.08},
    "BV650-A": {"BV711-A": 0.25, "BUV661-A": 0.12, "APC-A": 0.12, "BV786-A": 0.08},
    "BV711-A": {"BV786-A": 0.30, "BUV737-A": 0.20, "AF700-A": 0.08, "BB700-A": 0.05},
    "BV786-A": {"BUV805-A": 0.20, "BV711-A": 0.05, "PE-Cy7-A": 0.05, "eF780-A": 0.08},
    "FITC-A": {"BUV496-A": 0.05, "V500-A": 0.02, "PE-A": 0.02},
    "BB700-A": {"BV711-A": 0.12, "BUV737-A": 0.06, "PE-Cy7-A": 0.04, "AF700-A": 0.05},
    "PE-A": {"PE-CF594-A": 0.20, "BV605-A": 0.06, "FITC-A": 0.01, "PE-Cy7-A": 0.02},
    "PE-CF594-A": {"BB700-A": 0.12, "BV605-A": 0.06, "PE-A": 0.15, "PE-Cy7-A": 0.03},
    "PE-Cy7-A": {"BUV805-A": 0.05, "BV786-A": 0.06, "PE-A": 0.01, "eF780-A": 0.08},
    "APC-A": {"AF700-A": 0.12, "BV650-A": 0.08, "BUV661-A": 0.10, "eF780-A": 0.06},
    "AF700-A": {"eF780-A": 0.15, "BUV737-A": 0.08, "APC-A": 0.02, "BV711-A": 0.05},
    "eF780-A": {"BUV805-A": 0.15, "BV786-A": 0.06, "PE-Cy7-A": 0.06, "AF700-A": 0.04},
}


@dataclass(frozen=True)
class Detectors:
    """The detectors that a panel uses, in the order of the file.

    Parameters
    ----------
    names
        Channels, each with the dye that it is named after.
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, markers: Mapping[str, str]) -> "Detectors":
        """Return the detectors of a panel: its marker by channel.

        Raises
        ------
        ValueError
            If there is no such detector; names every one.
        """
        unknown = [name for name in markers if name not in _DETECTORS]
        if unknown:
            msg = f"no such detectors: {', '.join(unknown)}; there are {', '.join(_DETECTORS)}"
            raise ValueError(msg)
        return cls(tuple(markers))

    @cached_property
    def autofluorescence(self) -> np.ndarray:
        """Of a resting lymphocyte, shape (detectors,)."""
        return self._column(0)

    @cached_property
    def photoelectrons(self) -> np.ndarray:
        """Detected per unit of intensity, shape (detectors,)."""
        return self._column(1)

    @cached_property
    def electronic_sd(self) -> np.ndarray:
        """Standard deviation of the electronic noise, shape (detectors,)."""
        return self._column(2)

    @cached_property
    def spillover(self) -> np.ndarray:
        """Spillover at nominal gain, shape (dyes, detectors), with diagonal 1."""
        matrix = np.eye(len(self.names))
        for row, dye in enumerate(self.names):
            for detector, share in _SPILLOVER[dye].items():
                if detector in self.names:
                    matrix[row, self.names.index(detector)] = share
        return matrix

    def _column(self, place: int) -> np.ndarray:
        return np.array([_DETECTORS[name][place] for name in self.names])


def read_light(
    signals: np.ndarray,
    autofluorescence: np.ndarray,
    detectors: Detectors,
    gain: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return detected intensities before compensation and saturation, shape (cells, detectors).

    Parameters
    ----------
    signals
        True signal of each dye at nominal gain, shape (cells, dyes).
    autofluorescence
        Factor against a resting lymphocyte, shape (cells,).
    detectors
        The panel's.
    gain
        Of each detector against nominal, shape (detectors,).
    rng
        Source of randomness.
    """
    light = signals @ detectors.spillover
    light += autofluorescence[:, None] * detectors.autofluorescence
    light *= detectors.photoelectrons
    detected = rng.poisson(light) / detectors.photoelectrons
    detected += rng.standard_normal(detected.shape) * detectors.electronic_sd
    return detected * gain
