"""Draw one tube of a panel: a full stain, one without a marker, stimulated or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from correlates.simulate.fcs_writer import spillover_keyword, write_fcs
from correlates.simulate.optics import read_light
from correlates.simulate.panel import DETECTOR_RANGE, SCATTER, TIME, TIMESTEP_S
from correlates.simulate.panels.celltypes import LEUKOCYTES, expression_of, scatter_of
from correlates.simulate.panels.specs import SPECS, PanelSpec
from correlates.simulate.panels.traits import (
    EXPRESSION_OF_FUNCTIONS,
    STIMULATED,
    TRAITS,
    UNSTIMULATED,
    Responses,
    draw_functions,
    draw_traits,
)

_ARTEFACTS = {"debris": 0.06, "erythroid": 0.01, "dead": 0.05, "doublet": 0.03}
_SHARE_SD = 0.20
_DONOR_SD = 0.07
_SIZE_SD = 0.05
_HEIGHT_PER_AREA = 0.78
_HEIGHT_CV = 0.03
_EVENTS_PER_SECOND = 600.0
_GAIN_SD = 0.05
_SPILLOVER_ERROR = 0.01
VIABILITY = "Viability"
# one dye for the dead, one antibody mix for what is not wanted: channels that several stains share
_SHARED = {"Dump": ("CD14", "CD19"), VIABILITY: ()}


@dataclass(frozen=True)
class PanelTube:
    """One simulated tube, with its truth.

    Parameters
    ----------
    spec
        Its panel.
    events
        As the instrument wrote them, shape (events, channels).
    labels
        Kind of each event (``celltypes.LABELS``), shape (events,).
    traits
        Who has which trait or function, shape (events,) each.
    spillover
        The matrix of the file, shape (detectors, detectors).
    without
        Marker that was left out, if one was.
    """

    spec: PanelSpec
    events: np.ndarray
    labels: np.ndarray
    traits: Mapping[str, np.ndarray]
    spillover: np.ndarray
    without: str | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels in the order of the columns."""
        return (*SCATTER, *self.spec.markers, TIME)

    def is_member(self, population: str) -> np.ndarray:
        """Return which events truly belong to a population of the template, shape (events,)."""
        truth = self.spec.populations[population]
        member = np.isin(self.labels, truth.labels)
        for trait in truth.has:
            member &= self.traits[trait]
        for trait in truth.lacks:
            member &= ~self.traits[trait]
        return member

    def write(self, path: str | Path, keywords: Mapping[str, str] | None = None) -> None:
        """Write the tube as FCS 3.1; the channel of a marker that was left out has no label."""
        markers = {name: one for name, one in self.spec.markers.items() if one != self.without}
        stated = {
            "$CYT": "Simulated",
            "$TIMESTEP": str(TIMESTEP_S),
            "$SPILLOVER": spillover_keyword(tuple(self.spec.markers), self.spillover),
            "CORRELATES_SIMULATED": "1",
        }
        stated |= dict(keywords or {})
        write_fcs(path, self.events, self.channels, markers, stated, DETECTOR_RANGE)


def draw_panel_tube(
    panel: str,
    n_events: int,
    rng: np.random.Generator,
    *,
    without: str | None = None,
    stimulated: bool = False,
    responses: Responses | None = None,
    shares: Mapping[str, float] | None = None,
    trait_shares: Mapping[str, Mapping[str, float]] | None = None,
    donor: int | None = None,
    medians: Mapping[str, Mapping[str, float]] | None = None,
) -> PanelTube:
    """Draw one tube of a panel.

    Parameters
    ----------
    panel
        ``tnk``, ``t_subsets``, ``cll``, ``intracellular``, ``ics``, ``t_memory``, ``occupancy`` or
        ``ikzf``.
    n_events
        How many events the cytometer stops at.
    rng
        Source of randomness; the same state gives the same tube.
    without
        A marker whose antibody is left out: the FMO control of that marker.
    stimulated
        ICS only: whether the cells were stimulated, with the shares of ``traits.STIMULATED`` or
        ``traits.UNSTIMULATED``.
    responses
        ICS only: the planted shares instead of these, by lineage and combination of functions, such
        as ``{"t_cd4": {("IFNg", "TNF"): 0.01}}``.
    shares
        Share of the leukocytes by kind of cell, instead of the panel's own; they are scaled to 1.
    trait_shares
        Share of the cells with a trait, by trait and kind, instead of ``traits.TRAITS``.
    donor
        Seed of the donor and of the day's instrument: tubes with the same one (a full stain and its
        FMO, stimulated and not) have the same cells' expression, gains and matrix. Without it each
        tube draws its own.
    medians
        Median of a marker's signal by marker and kind of cell, instead of the kind's own: a probe
        whose sites a drug has taken. 0 is a stain that is not in the tube.

    Raises
    ------
    ValueError
        For a panel, marker, kind of cell or function that is not simulated.
    """
    spec = _spec_of(panel, without)
    of_donor = rng if donor is None else np.random.default_rng(donor)
    chances = _shares_of(spec, shares, of_donor)
    gain = np.exp(np.clip(of_donor.normal(0, _GAIN_SD, len(spec.markers)), -0.1, 0.1))
    shift = of_donor.normal(0, _DONOR_SD, len(spec.markers))
    matrix = _recorded_matrix(spec, gain, of_donor)
    kinds, labels = _draw_labels(n_events, chances, rng)
    of_traits = {name: TRAITS[name].shares for name in spec.traits} | dict(trait_shares or {})
    traits = draw_traits(kinds, of_traits, rng)
    if spec.responds:
        usual = STIMULATED if stimulated else UNSTIMULATED
        traits |= draw_functions(kinds, usual if responses is None else responses, rng)
    stains = gain, shift, without, medians or {}
    events = _measure(spec, kinds, labels, traits, stains, rng)
    return PanelTube(spec, events, labels, traits, matrix, without)


def _spec_of(panel: str, without: str | None) -> PanelSpec:
    if panel not in SPECS:
        msg = f"no panel {panel!r} is simulated; there are {', '.join(SPECS)}"
        raise ValueError(msg)
    spec = SPECS[panel]
    if without is not None and without not in spec.markers.values():
        msg = f"panel {panel} has no marker {without!r}; it has {', '.join(spec.markers.values())}"
        raise ValueError(msg)
    return spec


def _shares_of(
    spec: PanelSpec, shares: Mapping[str, float] | None, rng: np.random.Generator
) -> np.ndarray:
    """Return the share of each kind of leukocyte, shape (leukocytes,), summing to 1."""
    unknown = set(shares or ()) - set(LEUKOCYTES)
    if unknown:
        msg = f"no such kinds of cell: {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    usual = np.array([spec.shares.get(label, 0.0) for label in LEUKOCYTES])
    drawn = usual * np.exp(rng.normal(0, _SHARE_SD, len(usual)))
    if shares is not None:
        drawn = np.array([shares.get(label, 0.0) for label in LEUKOCYTES])
    return drawn / drawn.sum()


def _recorded_matrix(spec: PanelSpec, gain: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    matrix = spec.detectors.spillover * gain[None, :] / gain[:, None]
    error = 1 + rng.normal(0, _SPILLOVER_ERROR, matrix.shape)
    return np.where(np.eye(len(matrix), dtype=bool), 1.0, matrix * error)


def _draw_labels(
    n_events: int, chances: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the kind of cell in each event, and its label: what is dead or doubled says so."""
    of_all = [*_ARTEFACTS.values(), *(chances * (1 - sum(_ARTEFACTS.values())))]
    counts = rng.multinomial(n_events, of_all)
    labels = rng.permutation(np.repeat(np.array([*_ARTEFACTS, *LEUKOCYTES]), counts))
    kinds = labels.copy()
    made_of_cells = np.isin(labels, ("dead", "doublet"))
    kinds[made_of_cells] = rng.choice(LEUKOCYTES, made_of_cells.sum(), p=chances)
    return kinds, labels


def _measure(
    spec: PanelSpec,
    kinds: np.ndarray,
    labels: np.ndarray,
    traits: Mapping[str, np.ndarray],
    tube: tuple[np.ndarray, np.ndarray, str | None, Mapping],
    rng: np.random.Generator,
) -> np.ndarray:
    """Return scatter, fluorescence and time of every event, shape (events, channels)."""
    gain, shift, without, planted = tube
    markers = tuple(spec.markers.values())
    size = rng.standard_normal(len(kinds))
    signals = _draw_signals(markers, kinds, traits, size, planted, rng) * 10**shift
    optics = _draw_optics(kinds, size, rng)
    dead = np.flatnonzero(labels == "dead")
    _kill(signals, optics, dead, markers, rng)
    heights = optics[:, 0].copy()
    pairs = np.flatnonzero(labels == "doublet")
    partners = rng.permutation(np.flatnonzero(np.isin(labels, LEUKOCYTES)))[: len(pairs)]
    larger = np.maximum(heights[pairs], heights[partners])
    heights[pairs] = larger * rng.uniform(1.0, 1.4, len(pairs))
    signals[pairs] += signals[partners]
    optics[pairs] += optics[partners]
    if without is not None:
        signals[:, markers.index(without)] = 0.0
    light = read_light(signals, optics[:, 2], spec.detectors, gain, rng)
    heights *= _HEIGHT_PER_AREA * (1 + _HEIGHT_CV * rng.standard_normal(len(heights)))
    values = np.column_stack([optics[:, 0], heights, optics[:, 1], light])
    ticks = np.floor(np.cumsum(rng.exponential(1 / _EVENTS_PER_SECOND, len(kinds))) / TIMESTEP_S)
    values = np.minimum(values, DETECTOR_RANGE - 1)
    return np.column_stack([values, ticks]).astype(np.float32)


def _draw_signals(
    markers: Sequence[str],
    kinds: np.ndarray,
    traits: Mapping[str, np.ndarray],
    size: np.ndarray,
    planted: Mapping[str, Mapping[str, float]],
    rng: np.random.Generator,
) -> np.ndarray:
    names, which = np.unique(kinds, return_inverse=True)
    table = np.array([[_expression(label, marker) for marker in markers] for label in names])
    for marker, by_label in planted.items():
        usual = table[:, markers.index(marker), 0]
        given = [by_label.get(label, value) for label, value in zip(names, usual, strict=True)]
        table[:, markers.index(marker), 0] = given
    medians, deviations = table[which, :, 0], table[which, :, 1]
    for name, members in traits.items():
        for marker, (median, deviation) in _expression_of_trait(name).items():
            if marker in markers:
                column = markers.index(marker)
                medians[members, column], deviations[members, column] = median, deviation
    deviates = rng.standard_normal(medians.shape) * deviations + _SIZE_SD * size[:, None]
    return medians * 10**deviates


def _expression(label: str, marker: str) -> tuple[float, float]:
    """Return what a kind of cell shows in a channel: the brightest of the stains that share it."""
    return max(expression_of(label, one) for one in _SHARED.get(marker) or (marker,))


def _expression_of_trait(name: str) -> Mapping[str, tuple[float, float]]:
    if name in EXPRESSION_OF_FUNCTIONS:
        return {name: EXPRESSION_OF_FUNCTIONS[name]}
    return TRAITS[name].expression


def _draw_optics(kinds: np.ndarray, size: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return FSC, SSC and the factor of autofluorescence of each cell, shape (events, 3)."""
    names, which = np.unique(kinds, return_inverse=True)
    profile = np.array([scatter_of(label) for label in names])[which]
    deviates = rng.standard_normal((len(kinds), 3))
    deviates[:, 0] = (deviates[:, 0] + size) * np.sqrt(0.5)
    deviates *= np.column_stack([profile[:, 2:4], np.full(len(kinds), 0.12)])
    return profile[:, [0, 1, 4]] * 10**deviates


def _kill(
    signals: np.ndarray,
    optics: np.ndarray,
    dead: np.ndarray,
    markers: Sequence[str],
    rng: np.random.Generator,
) -> None:
    """Make cells look dead: dye inside, antibodies stuck, smaller, more granular."""
    signals[dead] *= 10 ** rng.normal(-0.2, 0.15, (len(dead), 1))
    signals[dead] += 10 ** rng.normal(2.2, 0.35, (len(dead), 1))
    signals[dead, markers.index(VIABILITY)] = 10 ** rng.normal(4.1, 0.30, len(dead))
    optics[dead] *= [0.72, 1.35, 3.0]
