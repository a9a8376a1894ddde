"""Distributions of the probe on the target cells: what a cytometrist looks at before any number."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from correlates.assays.figures import (
    COLOURS,
    INK,
    LINE,
    MUTED,
    dress,
    empty_figure,
    new_figure,
    save_svg,
)
from correlates.assays.occupancy.judging import CENSORED, REFERENCE, Occupancy
from correlates.assays.occupancy.overview import CELL_NAMES, draw_label
from correlates.assays.occupancy.readings import FLOW
from correlates.intake.acquisitions import PROBE, PROBE_BACKGROUND

_MOST_PANELS = 12
_COLUMNS = 2
# Where a linear part around zero gives way to a logarithmic one.
_COFACTOR = 150.0
_TICKS = (0, 100, 1_000, 10_000, 100_000)
_GRID = 160


def draw_distributions(
    quantiles: Iterable[Mapping[str, str]],
    found: Iterable[Occupancy],
    probes: Mapping[str, str],
    path: str | Path,
) -> None:
    """Draw probe and background of each draw, a panel for each patient and kind of cell.

    Parameters
    ----------
    quantiles
        Rows of ``probe_tube_quantiles.tsv``; every value is text.
    found
        Occupancy of the draws.
    probes
        Marker of the probe, by target.
    path
        SVG file to write.
    """
    curves: dict[tuple, list[tuple[float, float]]] = {}
    for row in quantiles:
        draw = tuple(row[name] for name in ("patient", "visit", "timepoint", "specimen"))
        key = *draw, row["population"], row["marker"].strip().lower(), row["tube"]
        curves.setdefault(key, []).append((float(row["probability"]), float(row["value"])))
    panels: dict[tuple, list[tuple[Occupancy, list, list]]] = {}
    for one in found:
        reading = one.reading
        place = *reading.draw, reading.cell, probes.get(reading.target, "").lower()
        tubes = [curves.get((*place, tube)) for tube in (PROBE_BACKGROUND, PROBE)]
        if reading.assay == FLOW and all(tubes):
            key = reading.patient, reading.target, reading.cell
            panels.setdefault(key, []).append((one, *tubes))
    if not panels:
        save_svg(empty_figure("No tubes of flow: there are no distributions to draw."), path)
        return
    _draw_all(panels, path)


def density(points: Sequence[tuple[float, float]], grid: np.ndarray) -> np.ndarray:
    """Return a smooth density on the scale asinh(x / 150) from quantiles, its largest value 1.

    Parameters
    ----------
    points
        Probability and linear value.
    grid
        Where it is wanted, on that scale.
    """
    shares, values = np.array(sorted(points)).T
    scaled = np.arcsinh(values / _COFACTOR)
    # Events between two quantiles are taken as evenly spread; the kernel is that of a histogram's
    # bin, wide enough to hide the corners.
    events = np.interp(np.linspace(shares[0], shares[-1], 400), shares, scaled)
    width = max(0.06, 0.35 * float(np.std(events)))
    heights = np.exp(-(((grid[:, None] - events[None, :]) / width) ** 2) / 2).sum(axis=1)
    return heights / heights.max()


def _draw_all(panels: Mapping[tuple, Sequence], path: str | Path) -> None:
    shown = list(panels.items())[:_MOST_PANELS]
    most = max(len(of) for _, of in shown)
    rows = -(-len(shown) // _COLUMNS)
    figure = new_figure(7.2, rows * (0.45 * most + 0.7) + 0.4)
    axes = figure.subplots(rows, min(_COLUMNS, len(shown)), squeeze=False, sharex=True).ravel()
    highest = max(
        value for _, of in shown for _, *tubes in of for tube in tubes for _, value in tube
    )
    grid = np.linspace(np.arcsinh(-1.5), np.arcsinh(1.3 * highest / _COFACTOR), _GRID)
    for axis, (key, of) in zip(axes, shown, strict=False):
        _draw_panel(axis, key, of, grid)
    for axis in axes[len(shown) :]:
        axis.set_axis_off()
    words = "Probe on the gated cells, linear intensity; grey: sites saturated before (background)."
    if len(panels) > _MOST_PANELS:
        words += f" The first {_MOST_PANELS} of {len(panels)} panels."
    figure.supxlabel(words, fontsize=7, color=MUTED)
    save_svg(figure, path)


def _draw_panel(axis, key: tuple, of: Sequence, grid: np.ndarray) -> None:
    for place, (one, background, probe) in enumerate(of):
        base = len(of) - 1 - place
        low, high = (base + 0.85 * density(points, grid) for points in (background, probe))
        axis.fill_between(grid, base, low, color=LINE, lw=0)
        colour = COLOURS[1] if one.status == CENSORED else COLOURS[0]
        axis.plot(grid, high, color=colour if one.has_value else MUTED, lw=1.2)
        axis.text(
            0.02,
            base + 0.42,
            _said(one),
            fontsize=6.5,
            color=INK,
            transform=axis.get_yaxis_transform(),
        )
    axis.set_ylim(-0.05, len(of))
    axis.set_yticks([])
    axis.set_xlim(grid[0], grid[-1])
    axis.set_xticks(np.arcsinh(np.array(_TICKS) / _COFACTOR), ["0", "100", "10³", "10⁴", "10⁵"])
    axis.set_xlim(grid[0], grid[-1])
    patient, target, cell = key
    dress(axis, f"{patient}: {target.upper()} in {CELL_NAMES.get(cell, cell)}")
    axis.spines["left"].set_visible(False)


def _said(one: Occupancy) -> str:
    """Return a draw with its occupancy; never 100 %, which no assay can tell."""
    if one.formula == REFERENCE:
        return f"{draw_label(one)}: before treatment"
    if not one.has_value:
        return f"{draw_label(one)}: not evaluable"
    if one.status == CENSORED:
        return f"{draw_label(one)}: > {_floored(one.ceiling)} %"
    return f"{draw_label(one)}: {_floored(one.raw_pct)} %"


def _floored(percent: float) -> str:
    """Return a percentage with one decimal, not rounded up to 100."""
    return f"{min(percent, 99.9) if percent < 100 else percent:.1f}"
