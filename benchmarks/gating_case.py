"""The file and the gates of the gating benchmark: a T/NK panel of 18 channels, 25 populations."""

from pathlib import Path

import numpy as np

from correlates.flow.gating.gates import (
    FROM_FILE,
    ROOT,
    BooleanGate,
    Dimension,
    Divider,
    EllipsoidGate,
    Operand,
    PolygonGate,
    Quadrant,
    QuadrantGate,
    RectangleGate,
    Strategy,
    Transform,
)
from correlates.simulate.cytometer import Blood
from correlates.simulate.fcs_writer import spillover_keyword, write_fcs
from correlates.simulate.panel import CHANNELS as TNK_CHANNELS
from correlates.simulate.panel import DETECTOR_RANGE, FLUORESCENCE, TIMESTEP_S, draw_batch
from correlates.simulate.panel import MARKERS as TNK
from correlates.simulate.populations import LABELS
from correlates.simulate.sample import draw_artefacts, draw_tube
from correlates.simulate.trial import NO_EFFECTS, draw_patients

_PART = 100_000

MARKERS = {
    "BUV395-A": "CD45RA",
    "BUV496-A": "CD4",
    "BUV737-A": "CD56",
    "BUV805-A": "CD8",
    "BV421-A": "CCR7",
    "V500-A": "CD45",
    "BV605-A": "CD3",
    "BV711-A": "CD57",
    "BV786-A": "CD16",
    "FITC-A": "CD5",
    "PE-A": "CD19",
    "PE-Cy7-A": "CD14",
    "APC-A": "CD7",
    "eF780-A": "Viability",
}
CHANNELS = ("FSC-A", "FSC-H", "SSC-A", *MARKERS, "Time")
_CHANNEL = {marker: channel for channel, marker in MARKERS.items()}
# share, forward and side scatter, and the markers that are bright (1), middling (0.6) or dim (0.3)
_CELLS = (
    (0.50, 90e3, 30e3, {"CD45": 1, "CD19": 1, "CD5": 0.6}),
    (0.04, 90e3, 30e3, {"CD45": 1, "CD19": 1}),
    (0.08, 90e3, 30e3, {"CD45": 1, "CD3": 1, "CD4": 1, "CD5": 1, "CCR7": 1, "CD45RA": 1}),
    (0.06, 90e3, 30e3, {"CD45": 1, "CD3": 1, "CD4": 1, "CD5": 1}),
    (0.06, 90e3, 30e3, {"CD45": 1, "CD3": 1, "CD8": 1, "CD5": 1, "CD45RA": 1, "CD57": 0.6}),
    (0.02, 90e3, 30e3, {"CD45": 1, "CD3": 1, "CD8": 1, "CD56": 0.6}),
    (0.05, 95e3, 35e3, {"CD45": 1, "CD56": 0.6, "CD16": 1, "CD7": 1, "CD57": 0.6}),
    (0.01, 95e3, 35e3, {"CD45": 1, "CD56": 1, "CD7": 1}),
    (0.06, 130e3, 80e3, {"CD45": 0.8, "CD14": 1, "CD4": 0.4}),
    (0.06, 60e3, 60e3, {"CD45": 0.6, "Viability": 1}),
    (0.06, 20e3, 15e3, {}),
)


def write_events(path: Path, count: int) -> None:
    """Write a synthetic FCS 3.1 file of ``count`` events with a spillover matrix."""
    rng = np.random.default_rng(count)
    kinds = rng.choice(len(_CELLS), size=count, p=[cell[0] for cell in _CELLS])
    events = np.empty((count, len(CHANNELS)), dtype=np.float32)
    forward = np.array([cell[1] for cell in _CELLS])[kinds]
    events[:, 0] = forward * rng.lognormal(0, 0.12, count)
    events[:, 1] = (
        events[:, 0] * rng.normal(0.85, 0.03, count) / rng.choice([1, 1.9], count, p=[0.95, 0.05])
    )
    events[:, 2] = np.array([cell[2] for cell in _CELLS])[kinds] * rng.lognormal(0, 0.25, count)
    dyes = np.empty((count, len(MARKERS)))
    for column, marker in enumerate(MARKERS.values()):
        strength = np.array([cell[3].get(marker, 0) for cell in _CELLS])[kinds]
        signal = np.where(strength > 0, 10 ** (2.2 + 2.2 * strength), 40)
        dyes[:, column] = signal * rng.lognormal(0, 0.35, count)
    matrix = spillover()
    seen = dyes @ matrix
    events[:, 3:17] = seen + rng.normal(0, 1, seen.shape) * (30 + np.sqrt(seen))
    events[:, 17] = np.arange(count)
    keywords = {"$SPILLOVER": spillover_keyword(list(MARKERS), matrix), "$CYT": "Synthetic"}
    write_fcs(path, events, CHANNELS, MARKERS, keywords, 262144)


def write_simulated(path: Path, count: int) -> dict[str, str]:
    """Write a simulated tube of the T/NK panel with ``count`` events; return marker by channel."""
    rng = np.random.default_rng(count)
    patient = draw_patients(1, NO_EFFECTS, rng)[0]
    batch = draw_batch("run1", rng)
    blood = Blood(
        patient.counts_per_ul("C0D1", rng), np.zeros((len(LABELS), len(TNK))), patient.traits
    )
    parts, ticks = [], 0.0
    # in parts, so that the simulation of a large file fits into memory
    for start in range(0, count, _PART):
        size = min(_PART, count - start)
        events = draw_tube(size, blood, draw_artefacts(rng), batch, rng).events
        events[:, -1] += ticks
        ticks = float(events[-1, -1]) + 1
        parts.append(events)
    markers = dict(zip(FLUORESCENCE, TNK, strict=True))
    keywords = {"$SPILLOVER": spillover_keyword(FLUORESCENCE, batch.recorded_spillover)}
    keywords |= {"$TIMESTEP": str(TIMESTEP_S), "$CYT": "Simulated"}
    write_fcs(path, np.concatenate(parts), TNK_CHANNELS, markers, keywords, DETECTOR_RANGE)
    return markers


def spillover() -> np.ndarray:
    """Return the spillover matrix: most into the neighbours, a little into all."""
    places = np.arange(len(MARKERS))
    distance = np.abs(places[:, None] - places[None, :])
    return np.where(distance == 0, 1.0, np.round(0.22 * np.exp(-0.9 * (distance - 1.0)), 4))


def strategy() -> Strategy:
    """Return 25 populations: polygons, ranges, an ellipsoid, quadrants and a boolean gate."""
    scales = {
        channel: Transform("logicle", {"t": 262144.0, "w": 0.7, "m": 4.5, "a": 0.0})
        for channel in MARKERS
    }
    square = ((10e3, 12e3), (200e3, 5e3), (250e3, 200e3), (80e3, 200e3), (12e3, 90e3))
    gates = (
        _polygon("cells", ROOT, ("FSC-A", "SSC-A"), [(x + 25e3, y - 6e3) for x, y in square]),
        _polygon(
            "singlets",
            "cells",
            ("FSC-A", "FSC-H"),
            [(20e3, 14e3), (250e3, 185e3), (250e3, 240e3), (20e3, 24e3)],
        ),
        _range("viable", "singlets", Viability=(None, 0.62)),
        _polygon(
            "cd45", "viable", ("CD45", "SSC-A"), [(0.55, 0), (1, 0), (1, 250e3), (0.6, 250e3)]
        ),
        EllipsoidGate(
            "lymph",
            "cd45",
            "lymph",
            (_axis("FSC-A"), _axis("SSC-A")),
            (92e3, 31e3),
            ((2.0e8, 0.3e8), (0.3e8, 1.0e8)),
            9.0,
        ),
        _range("t", "lymph", CD3=(0.55, None), CD19=(None, 0.55)),
        _quadrants("t_by", "t", "CD4", "CD8", ("t_cd4", "t_cd8", "t_dn", "t_dp")),
        *(
            _quadrants(
                f"{parent}_by",
                parent,
                "CD45RA",
                "CCR7",
                tuple(f"{parent}_{part}" for part in ("temra", "cm", "em", "naive")),
            )
            for parent in ("t_cd4", "t_cd8")
        ),
        _range("nkt_like", "t", CD56=(0.5, None)),
        _polygon("nk_all", "lymph", ("CD56", "CD7"), [(0.5, 0.5), (1, 0.45), (1, 1), (0.55, 1)]),
        BooleanGate("nk", "nk_all", "nk", "and", (Operand("t", True), Operand("viable"))),
        _polygon("nk_dim", "nk", ("CD56", "CD16"), [(0.5, 0.55), (0.8, 0.55), (0.8, 1), (0.5, 1)]),
        _range("nk_cd57", "nk", CD57=(0.5, None)),
        _range("cll", "lymph", CD19=(0.6, None), CD5=(0.45, 0.75)),
        _range("mono", "cd45", CD14=(0.6, None)),
    )
    return Strategy(gates, scales)


def _axis(name: str, low: float | None = None, high: float | None = None) -> Dimension:
    if name in _CHANNEL:
        channel = _CHANNEL[name]
        return Dimension(channel, FROM_FILE, channel, low, high)
    return Dimension(name, minimum=low, maximum=high)


def _range(key: str, parent: str, **ranges) -> RectangleGate:
    return RectangleGate(
        key, parent, key, tuple(_axis(name, *ends) for name, ends in ranges.items())
    )


def _polygon(key: str, parent: str, axes, vertices) -> PolygonGate:
    return PolygonGate(key, parent, key, tuple(map(_axis, axes)), tuple(map(tuple, vertices)))


def _quadrants(key: str, parent: str, across: str, up: str, names) -> QuadrantGate:
    dividers = (
        Divider(f"{key}_x", _axis(across), (0.55,)),
        Divider(f"{key}_y", _axis(up), (0.55,)),
    )
    sides = (((0.55, None), (None, 0.55)), ((None, 0.55), (0.55, None)))
    sides += (((None, 0.55), (None, 0.55)), ((0.55, None), (0.55, None)))
    quadrants = tuple(
        Quadrant(name, {f"{key}_x": x, f"{key}_y": y})
        for name, (x, y) in zip(names, sides, strict=True)
    )
    return QuadrantGate(key, parent, key, dividers, quadrants)
