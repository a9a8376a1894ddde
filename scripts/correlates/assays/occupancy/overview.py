"""The figure by which occupancy is judged: free sites of each patient over the visits.

Free sites and not occupancy, on a logarithmic scale: between 95 and 99 % the free sites fall to a
fifth, which a linear axis of occupancy does not show.
"""

from collections.abc import Iterable, Sequence
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
from correlates.intake.sheets.visits import parse_visit

_ASSAYS = {"flow_probe": ("o", "flow"), "elisa": ("s", "ELISA"), "trfret": ("D", "TR-FRET")}
_HIGHEST = 240.0
_OCCUPANCIES = (0, 50, 80, 90, 95, 98, 99, 99.5, 99.9)
# In the order of the panels.
CELL_NAMES = {
    "cll": "CLL cells",
    "b_normal": "normal B cells",
    "t_cd4": "CD4 T cells",
    "t_cd8": "CD8 T cells",
    "t": "T cells",
    "pbmc": "mononuclear cells",
}


def draw_overview(found: Iterable[Occupancy], path: str | Path) -> None:
    """Draw the free fraction of each draw, a panel for each target and kind of cell.

    A line joins the draws of a patient. What lies below the assay's floor is a triangle at the
    floor that points down: the free sites are there or fewer. What is not evaluable and still has
    a number is a grey cross, which no line touches. A short bar is the floor of every draw.

    Parameters
    ----------
    found
        One of each draw, target and kind of cell.
    path
        SVG file to write.
    """
    drawn = [one for one in found if one.fraction is not None]
    panels = sorted({(one.reading.target, one.reading.cell) for one in drawn}, key=_panel_order)
    if not panels:
        save_svg(empty_figure("No occupancy could be computed."), path)
        return
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(7.2, 2.9 * rows + 0.7)
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    lowest = _lowest(drawn)
    for axis, panel in zip(axes, panels, strict=False):
        of_panel = [one for one in drawn if (one.reading.target, one.reading.cell) == panel]
        _draw_panel(axis, panel, of_panel, lowest)
    for axis in axes[len(panels) :]:
        axis.set_axis_off()
    _legend(figure, axes[0], drawn)
    save_svg(figure, path)


def draw_label(one: Occupancy) -> str:
    """Return a draw as the axis names it: ``C1D1``, ``C2D1 h4``."""
    timepoint = one.reading.timepoint
    return one.reading.visit if timepoint == "pre" else f"{one.reading.visit} {timepoint}"


def ordered_draws(found: Iterable[Occupancy]) -> list[str]:
    """Return the labels of draws in the order of the schedule."""
    return [label for _, label in sorted({(_when(one), draw_label(one)) for one in found})]


def _panel_order(panel: tuple[str, str]) -> tuple[str, int, str]:
    target, cell = panel
    known = [*CELL_NAMES]
    return target, known.index(cell) if cell in known else len(known), cell


def _lowest(drawn: Iterable[Occupancy]) -> float:
    """Return the lower end of the axis, in percent: 0.5, or less where something lies below."""
    floors = (1 - one.ceiling / 100 for one in drawn if one.ceiling is not None)
    least = 100 * min((*floors, *(_shown(one) for one in drawn)))
    return next((end for end in (0.5, 0.1) if least > 1.2 * end), 0.02)


def _when(one: Occupancy) -> tuple[float, float]:
    visit = parse_visit(one.reading.visit)
    planned = visit.planned_day if visit else None
    if planned is None:
        planned = one.reading.day
    timepoint = one.reading.timepoint
    hours = float(timepoint[1:]) if timepoint.startswith("h") and timepoint[1:2].isdigit() else 0.0
    # screening has no planned day, and goes first
    return (-1e3 if planned is None else float(planned)), hours


def _draw_panel(axis, panel: tuple[str, str], found: Sequence[Occupancy], lowest: float) -> None:
    labels = ordered_draws(found)
    places = {label: place for place, label in enumerate(labels)}
    patients: dict[str, list[Occupancy]] = {}
    for one in found:
        patients.setdefault(one.reading.patient, []).append(one)
    spread = np.linspace(-0.28, 0.28, len(patients)) if len(patients) > 1 else [0.0]
    for shift, several in zip(spread, patients.values(), strict=True):
        _draw_patient(axis, [(places[draw_label(one)] + shift, one) for one in several], lowest)
    axis.set_yscale("log")
    axis.set_ylim(lowest, 1.05 * _HIGHEST)
    axis.set_yticks([1, 10, 100], ["1", "10", "100"])
    axis.set_xticks(range(len(labels)), labels, rotation=35, ha="right")
    axis.set_xlim(-0.6, len(labels) - 0.4)
    axis.axhline(100, color=LINE, lw=0.8, zorder=0)
    for level in (10, 5, 1):
        axis.axhline(level, color=LINE, lw=0.5, ls=":", zorder=0)
    target, cell = panel
    n = len(patients)
    words = f"{target.upper()}, {CELL_NAMES.get(cell, cell)} ({n} patient{'s' * (n != 1)})"
    dress(axis, words, "", "free sites, %")
    right = axis.secondary_yaxis("right")
    shown = [one for one in _OCCUPANCIES if 100 - one >= lowest]
    right.set_yticks([100 - one for one in shown], [f"{one:g}" for one in shown])
    right.minorticks_off()
    right.tick_params(labelsize=7, colors=MUTED)
    right.set_ylabel("occupancy, %", fontsize=8, color=MUTED)


def _draw_patient(axis, placed: Sequence[tuple[float, Occupancy]], lowest: float) -> None:
    placed = sorted(placed, key=lambda item: item[0])
    line = [(x, 100 * _shown(one)) for x, one in placed if one.has_value]
    if line:
        axis.plot(*zip(*line, strict=True), color=LINE, lw=1, zorder=1)
    for x, one in placed:
        percent = min(_HIGHEST, max(lowest, 100 * _shown(one)))
        marker = _ASSAYS[one.reading.assay][0]
        if one.ceiling is not None and one.formula != REFERENCE and one.ceiling < 100:
            axis.plot(x, 100 - one.ceiling, marker="_", ms=7, mec=MUTED, zorder=2)
        if not one.has_value:
            axis.plot(x, percent, marker="x", ms=5, mec=MUTED, ls="", zorder=3)
        elif one.status == CENSORED:
            axis.plot(x, percent, marker="v", ms=6, mfc="white", mec=COLOURS[1], ls="", zorder=4)
        else:
            _interval(axis, x, one, lowest)
            face = "white" if one.formula == REFERENCE else COLOURS[0]
            axis.plot(x, percent, marker=marker, ms=4.5, mfc=face, mec=COLOURS[0], zorder=4)


def _interval(axis, x: float, one: Occupancy, lowest: float) -> None:
    if one.fraction_interval is not None and one.formula != REFERENCE:
        low, high = (max(lowest, 100 * end) for end in one.fraction_interval)
        axis.plot([x, x], [low, high], color=COLOURS[0], lw=0.7, alpha=0.6, zorder=3)


def _shown(one: Occupancy) -> float:
    """Return the free fraction that is drawn: at the floor where only a bound is known."""
    return 1 - one.ceiling / 100 if one.status == CENSORED else one.fraction


def _legend(figure, axis, drawn: Sequence[Occupancy]) -> None:
    used = {one.reading.assay for one in drawn}
    handles = [
        axis.plot([], [], marker=mark, ms=4.5, mfc=COLOURS[0], mec=COLOURS[0], ls="", label=name)[0]
        for key, (mark, name) in _ASSAYS.items()
        if key in used
    ]
    more = (
        ({"marker": "o", "mfc": "white", "mec": COLOURS[0]}, "before treatment"),
        ({"marker": "v", "mfc": "white", "mec": COLOURS[1]}, "at the assay's ceiling or above"),
        ({"marker": "_", "mec": MUTED, "ms": 8}, "ceiling of that draw"),
        ({"marker": "x", "mec": MUTED}, "not evaluable"),
    )
    handles += [
        axis.plot([], [], **({"ms": 5, "ls": ""} | style), label=label)[0] for style, label in more
    ]
    legend = figure.legend(
        handles=handles, loc="outside lower center", ncols=4, fontsize=7, frameon=False
    )
    for text in legend.get_texts():
        text.set_color(INK)
