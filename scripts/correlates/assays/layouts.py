"""Layout plots: the wells of plates, and values in the order in which they were run.

Edge effects, drifting columns and a failed row are seen on the plate and nowhere else.
"""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from correlates.assays.figures import (
    INK,
    LINE,
    MUTED,
    VERDICT_COLOUR,
    VERDICT_MARK,
    dress,
    empty_figure,
    new_figure,
    save_svg,
)

_WELL = re.compile(r"\s*([A-Za-z]{1,2})\s*0*(\d{1,2})\s*")
_SHAPES = ((8, 12), (16, 24), (32, 48))
_MOST_PLATES = 12
_COLUMNS = 2


def well_place(well: str) -> tuple[int, int] | None:
    """Return row and column of a well, from 0; None for what names none: ``A1``, ``P24``, ``AF48``.

    A plain number, as some instruments write it, has no place without the plate's size.
    """
    found = _WELL.fullmatch(well or "")
    if not found:
        return None
    letters, number = found.groups()
    row = 0
    for letter in letters.upper():
        row = row * 26 + ord(letter) - ord("A") + 1
    place = row - 1, int(number) - 1
    return place if place[0] < _SHAPES[-1][0] and 0 <= place[1] < _SHAPES[-1][1] else None


def draw_plates(
    wells: Sequence[Mapping], path: str | Path, *, label: str, empty: str = "No wells."
) -> None:
    """Draw every plate with its wells coloured by value and outlined by verdict.

    Parameters
    ----------
    wells
        ``run`` (the plate), ``well``, ``value`` (None: nothing was measured, drawn as a cross),
        ``verdict`` (``pass``, ``flag``, ``fail``) and ``kind`` (``sample``, or a control, whose
        first letters are written into the well).
    path
        SVG file to write.
    label
        What the values are, with their unit.
    empty
        What is said if there are none.
    """
    plates: dict[str, list] = {}
    for one in wells:
        place = well_place(one["well"])
        if place is not None:
            plates.setdefault(one["run"], []).append((*place, one))
    if not plates:
        save_svg(empty_figure(empty), path)
        return
    shown = list(plates.items())[:_MOST_PLATES]
    values = [one["value"] for _, placed in shown for _, _, one in placed]
    scale = _limits(values)
    rows = math.ceil(len(shown) / _COLUMNS)
    columns = min(_COLUMNS, len(shown))
    figure = new_figure(3.6 * columns + 0.6, 2.6 * rows + 0.3)
    axes = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
    drawn = None
    for axis, (name, placed) in zip(axes, shown, strict=False):
        drawn = _draw_plate(axis, name, placed, scale) or drawn
    for axis in axes[len(shown) :]:
        axis.set_axis_off()
    if drawn is not None:
        bar = figure.colorbar(drawn, ax=list(axes), shrink=0.7, pad=0.01)
        bar.set_label(label, fontsize=8)
        bar.ax.tick_params(labelsize=7)
    _say_rest(figure, len(plates), [one["kind"] for _, placed in shown for *_, one in placed])
    save_svg(figure, path)


def _say_rest(figure: Figure, n_plates: int, kinds: Sequence[str]) -> None:
    words = "Outline: passed thin, flagged orange dashed, failed red. x: nothing measured."
    others = [kind for kind in dict.fromkeys(kinds) if kind != "sample"]
    if others:
        meant = ", ".join(f"{kind[:3]} {kind.replace('_', ' ')}" for kind in others)
        words += f"\nBelow small plates' wells: {meant}."
    if n_plates > _MOST_PLATES:
        words += f" The first {_MOST_PLATES} of {n_plates} plates; the tables have all."
    figure.supxlabel(words, fontsize=7, color=MUTED)


def _limits(values: Sequence[float | None]) -> tuple[float, float]:
    finite = [value for value in values if value is not None and math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _draw_plate(axis, name: str, placed: Sequence, limits: tuple[float, float]):
    shape = next(
        (
            one
            for one in _SHAPES
            if all(row < one[0] and column < one[1] for row, column, _ in placed)
        ),
        _SHAPES[-1],
    )
    size = 0.38 if shape[0] == 8 else 0.42
    dots = 62.0 * (8 / shape[0]) ** 2
    known = [(r, c, one) for r, c, one in placed if one["value"] is not None]
    drawn = None
    if known:
        drawn = axis.scatter(
            [c for _, c, _ in known],
            [r for r, _, _ in known],
            c=[one["value"] for *_, one in known],
            vmin=limits[0],
            vmax=limits[1],
            cmap="viridis",
            s=dots,
            edgecolors=[VERDICT_COLOUR[one["verdict"]] for *_, one in known],
            linewidths=[0.4 if one["verdict"] == "pass" else 1.8 for *_, one in known],
        )
    missing = [(r, c) for r, c, one in placed if one["value"] is None]
    if missing:
        rows, columns = zip(*missing, strict=True)
        axis.scatter(columns, rows, marker="x", c=MUTED, s=dots * 0.4, linewidths=0.9)
    for row, column, one in placed:
        if one["kind"] != "sample" and shape[0] == 8:
            axis.text(column, row + size + 0.22, one["kind"][:3], fontsize=4.5, ha="center")
    axis.set_xlim(-0.7, shape[1] - 0.3)
    axis.set_ylim(shape[0] - 0.2, -0.8)
    step = 1 if shape[0] == 8 else 3
    axis.set_xticks(range(0, shape[1], step), [str(n + 1) for n in range(0, shape[1], step)])
    axis.set_yticks(range(0, shape[0], step), [_letters(n) for n in range(0, shape[0], step)])
    axis.tick_params(labelsize=6, length=0)
    axis.set_title(name, fontsize=8, loc="left", color=INK)
    axis.set_aspect("equal")
    for spine in axis.spines.values():
        spine.set_color(LINE)
    return drawn


def _letters(row: int) -> str:
    return chr(ord("A") + row) if row < 26 else "A" + chr(ord("A") + row - 26)


def draw_run_order(
    values: Sequence[Mapping], path: str | Path, *, label: str, empty: str = "No runs."
) -> None:
    """Draw values in the order of their runs, one panel an analyte, with limits where given.

    Parameters
    ----------
    values
        In order: ``run``, ``analyte``, ``value`` (None is left out), ``verdict``, and optionally
        ``low`` and ``high``, the limits that hold for this value.
    path
        SVG file to write.
    label
        What the values are, with their unit.
    empty
        What is said if there are none.
    """
    panels: dict[str, list] = {}
    for one in values:
        if one["value"] is not None and math.isfinite(one["value"]):
            panels.setdefault(one["analyte"], []).append(one)
    if not panels:
        save_svg(empty_figure(empty), path)
        return
    columns = min(_COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = new_figure(3.6 * columns, 2.1 * rows + 0.3)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, (name, ordered) in zip(axes, panels.items(), strict=False):
        _draw_order(axis, name, ordered, label)
    for axis in axes[len(panels) :]:
        axis.set_axis_off()
    save_svg(figure, path)


def _draw_order(axis, name: str, ordered: Sequence[Mapping], label: str) -> None:
    places = np.arange(len(ordered))
    for limit in ("low", "high"):
        given = [one.get(limit) for one in ordered]
        if any(value is not None for value in given):
            line = [math.nan if value is None else value for value in given]
            axis.step(places, line, where="mid", color=MUTED, lw=0.8, ls="--")
    for verdict, colour in VERDICT_COLOUR.items():
        at = [
            place for place, one in zip(places, ordered, strict=True) if one["verdict"] == verdict
        ]
        if at:
            axis.scatter(
                at,
                [ordered[place]["value"] for place in at],
                marker=VERDICT_MARK[verdict],
                c=colour,
                s=14,
                label=verdict,
                zorder=3,
            )
    firsts = [n for n, one in enumerate(ordered) if n == 0 or one["run"] != ordered[n - 1]["run"]]
    for place in firsts[1:]:
        axis.axvline(place - 0.5, color=LINE, lw=0.8)
    names = [ordered[place]["run"] for place in firsts]
    axis.set_xticks(firsts, names, rotation=40 if len(names) > 4 else 0, ha="left")
    dress(axis, name, "", label)
    axis.tick_params(labelsize=6)
