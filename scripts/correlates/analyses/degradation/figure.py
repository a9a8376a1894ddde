"""Courses of proteins under lenalidomide: every patient with the curve that was fitted."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from correlates.analyses.cells import CELLS
from correlates.analyses.degradation.courses import Course
from correlates.analyses.degradation.kinetics import FITTED, UPPER_ONLY
from correlates.analyses.degradation.timing import OFF
from correlates.analyses.proteins import METHODS
from correlates.assays.figures import (
    COLOURS,
    LINE,
    MUTED,
    dress,
    empty_figure,
    new_figure,
    save_svg,
)

_COLUMNS, _MOST = 2, 12
_DAY = 24.0
# Hours and weeks on one axis: linear below a day, logarithmic above.
_LINEAR_DAYS = 1.0
_TICKS = (0, 1, 7, 14, 28, 56)


def draw_courses(courses: Sequence[Course], path: str | Path) -> None:
    """Draw a panel a protein, kind of cell and method, and all its patients in it.

    Filled marks are draws, with their 95 % intervals; open ones lie below a limit; crosses are off
    the drug. A full line is a fitted fall whose speed the draws tell, or bound; a dashed one joins
    draws that no curve was fitted to.
    """
    groups: dict[tuple, list[Course]] = {}
    for one in courses:
        if one.profile.told:
            of = one.profile
            groups.setdefault((of.marker, of.method, of.cell), []).append(one)
    shown = sorted(groups.items(), key=lambda one: (-len(one[1]), one[0]))[:_MOST]
    if not shown:
        save_svg(empty_figure("No protein has a baseline and a draw on lenalidomide."), path)
        return
    shown.sort(key=lambda one: (one[0][1] != "western", one[0]))
    rows = math.ceil(len(shown) / _COLUMNS)
    columns = min(_COLUMNS, len(shown))
    figure = new_figure(3.6 * columns, 2.5 * rows + 0.3)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, ((marker, method, cell), those) in zip(axes, shown, strict=False):
        for place, course in enumerate(those):
            _draw(axis, course, COLOURS[place % len(COLOURS)])
        _finish(axis, f"{marker.upper()}, {CELLS.get(cell, cell)}, {METHODS[method]}")
    for axis in axes[len(shown) :]:
        axis.set_axis_off()
    words = "Each colour a patient. Line: fitted fall; dashed: draws joined. x: off the drug."
    if len(groups) > _MOST:
        words += f" {_MOST} of {len(groups)} proteins; the tables have all."
    figure.supxlabel(words, fontsize=7, color=MUTED)
    save_svg(figure, path)


def _draw(axis, course: Course, colour: str) -> None:
    told = course.profile.told
    days = np.array([one.timing.hours / _DAY for one in told])
    pct = np.array([one.pct for one in told])
    reach = np.array([[one.pct - one.low, one.high - one.pct] for one in told]).T
    reach = np.where(np.isfinite(reach), np.maximum(reach, 0), 0)
    axis.errorbar(days, pct, yerr=reach, fmt="none", ecolor=colour, elinewidth=0.5, alpha=0.5)
    off = np.array([one.timing.window == OFF for one in told])
    below = np.array([one.level.is_censored for one in told])
    axis.scatter(days[~off & ~below], pct[~off & ~below], s=9, color=colour)
    axis.scatter(days[below], pct[below], s=11, facecolors="none", edgecolors=colour)
    axis.scatter(days[off], pct[off], s=14, marker="x", color=colour)
    if course.decay is not None and course.verdict in (FITTED, UPPER_ONLY):
        grid = np.concatenate([np.linspace(0, 1, 60), np.geomspace(1, max(days.max(), 1.1), 60)])
        axis.plot(grid, course.decay.at(grid * _DAY), color=colour, lw=1.0)
    else:
        axis.plot([0, *days], [100, *pct], color=colour, lw=0.7, ls="--")


def _finish(axis, title: str) -> None:
    axis.axhline(100, color=LINE, lw=0.8, zorder=0)
    axis.axhline(50, color=LINE, lw=0.8, ls=":", zorder=0)
    axis.set_xscale("symlog", linthresh=_LINEAR_DAYS)
    top = axis.get_xlim()[1]
    axis.set_xlim(-0.1, top)
    ticks = [tick for tick in _TICKS if tick <= top * 1.05]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.set_ylim(bottom=0)
    dress(axis, "", "days since the first dose", "% of B1")
    axis.set_title(title, fontsize=8.5, loc="left")
