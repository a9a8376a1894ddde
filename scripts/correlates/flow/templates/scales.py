"""The scale on which a channel is shown and its valleys are looked for, chosen for each file.

A scale moves no number that stands in a template: those are linear. It decides where valleys lie,
how straight the edges of polygons and ellipses are, and how plots look.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from correlates.flow.gating import transforms
from correlates.flow.gating.biex import CHANNELS
from correlates.flow.gating.gates import Transform
from correlates.flow.templates.cofactor import Cofactor, find_cofactor
from correlates.intake.panels import plain_name

KINDS = ("logicle", "biexponential", "asinh", "hyperlog")
AUTO = "auto"
# How a parameter came about, as the table of scales says it.
GIVEN = "given"
FROM_NEGATIVES = "from_negatives"
NO_NEGATIVES = "no_negatives"

DETECTOR_RANGE = 262144.0
# Decades below zero that an asinh scale has room for, as a logicle scale has by its width.
ASINH_NEGATIVE_DECADES = 1.0
_WIDTHS = (0.5, 1.6)
_NEGATIVE_PERCENTILE = 5
_NEGATIVE_SHARE = 0.01
# A hyperlog without any width is not defined.
_NARROWEST = 0.01


@dataclass(frozen=True)
class ScaleSettings:
    """What may be chosen about scales.

    Parameters
    ----------
    kind
        One of ``KINDS``.
    m
        Decades of the positive axis (logicle, hyperlog, biexponential).
    w
        Half of the decades that are drawn nearly linear around zero (logicle, hyperlog), or
        ``auto``: from the negative values of each channel. FlowJo's width basis of the
        biexponential is ``-10 ** (2 w)``.
    cofactor
        Linear value at which asinh turns from linear to logarithmic, or ``auto``.
    markers
        What is otherwise for some markers: any of the above, by ``plain_name`` of the marker.
    """

    kind: str = "logicle"
    m: float = 4.5
    w: float | str = AUTO
    cofactor: float | str = AUTO
    markers: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @classmethod
    def of_config(cls, block: Mapping) -> "ScaleSettings":
        """Return the settings of the config's block ``flow.scale``."""
        markers = {plain_name(name): dict(other) for name, other in block["markers"].items()}
        return cls(**{**block, "markers": markers})

    def of_marker(self, marker: str) -> "ScaleSettings":
        """Return what holds for one marker."""
        return replace(self, **self.markers.get(plain_name(marker), {}))


@dataclass(frozen=True)
class Scale:
    """A channel's scale and how it came about.

    Parameters
    ----------
    transform
        The scale.
    chosen
        How its parameter came about: ``given``, ``from_negatives``, ``no_negatives`` (the narrowest
        width), or the rule of its cofactor.
    cofactor
        Of an asinh scale whose cofactor was looked for.
    """

    transform: Transform
    chosen: str
    cofactor: Cofactor | None = None


def choose_scale(values: np.ndarray, top: float | None, settings: ScaleSettings) -> Scale:
    """Return the scale of one channel.

    Parameters
    ----------
    values
        Linear compensated values, finite or not, thinned to what a density needs.
    top
        Detector range (``$PnR``).
    settings
        What holds for its marker.
    """
    top = range_or_usual(top)
    values = values[np.isfinite(values)]
    if settings.kind == "asinh":
        return _asinh(values, top, settings)
    width, chosen = settings.w, GIVEN
    if width == AUTO:
        width, chosen = _width(values, top, settings.m)
    width = round(min(float(width), settings.m / 2), 3)
    if settings.kind == "biexponential":
        given = {"negative": 0.0, "width": -(10.0 ** (2 * width))}
        given |= {"positive": settings.m, "max_value": top}
        return Scale(Transform("biex", given), chosen)
    if settings.kind == "hyperlog":
        width = max(width, _NARROWEST)
    given = {"t": top, "w": width, "m": settings.m, "a": 0.0}
    return Scale(Transform(settings.kind, given), chosen)


def linear_scale(top: float | None) -> Transform:
    """Return the scale of a scatter channel: 0 to 1 over the detector."""
    return Transform("linear", {"t": range_or_usual(top), "a": 0.0})


def asinh_scale(top: float, cofactor: float) -> Transform:
    """Return GatingML's asinh whose linear part ends at a cofactor: ``asinh(x / cofactor)``.

    GatingML's M is what makes ``T / sinh(M ln 10)`` the cofactor.
    """
    decades = float(np.arcsinh(top / cofactor) / np.log(10))
    return Transform("asinh", {"t": top, "m": decades, "a": ASINH_NEGATIVE_DECADES})


def cofactor_of(transform: Transform) -> float:
    """Return the cofactor of an asinh scale, in linear units."""
    return float(transform.parameters["t"] / np.sinh(transform.parameters["m"] * np.log(10)))


def length_of(transform: Transform) -> float:
    """Return where a scale's detector ends: 1 by GatingML, 4,096 on FlowJo's biexponential."""
    return float(CHANNELS) if transform.kind == "biex" else 1.0


def to_unit(transform: Transform, linear) -> np.ndarray:
    """Return linear values on a scale as shares of its length."""
    return transforms.apply(transform, np.asarray(linear, dtype=float)) / length_of(transform)


def from_unit(transform: Transform, shares) -> np.ndarray:
    """Return the linear values of shares of a scale's length."""
    return transforms.inverse(transform, np.asarray(shares, dtype=float) * length_of(transform))


def range_or_usual(top: float | None) -> float:
    """Return a detector's range, the usual one where the file gives none that can be used."""
    return float(top) if top and np.isfinite(top) and top > 0 else DETECTOR_RANGE


def _width(values: np.ndarray, top: float, decades: float) -> tuple[float, str]:
    """Return W and how it came about.

    Half of the decades between the top and the 5th percentile of the negative values, so that
    these are on scale, kept between 0.5 and 1.6. Fewer than 1 % of the events below zero are
    strays, not a population, and leave 0.5. Source: Parks, Cytometry A 2006;69:541.
    """
    negative = values[values < 0]
    if len(negative) <= _NEGATIVE_SHARE * len(values):
        return _WIDTHS[0], NO_NEGATIVES
    reach = -float(np.percentile(negative, _NEGATIVE_PERCENTILE))
    return float(np.clip((decades - np.log10(top / reach)) / 2, *_WIDTHS)), FROM_NEGATIVES


def _asinh(values: np.ndarray, top: float, settings: ScaleSettings) -> Scale:
    if settings.cofactor != AUTO:
        return Scale(asinh_scale(top, float(settings.cofactor)), GIVEN)
    # Peaks are told apart on the logicle scale, which needs to know nothing of them.
    width, _ = _width(values, top, ScaleSettings.m)
    spread_out = Transform("logicle", {"t": top, "w": round(width, 3), "m": 4.5, "a": 0.0})
    found = find_cofactor(values, spread_out, top)
    return Scale(asinh_scale(top, found.value), found.rule, found)
