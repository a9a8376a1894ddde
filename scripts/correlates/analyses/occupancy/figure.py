"""Occupancy as its question asks: each patient's line over the draws, and the difference."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from correlates.analyses.cells import CELLS
from correlates.analyses.occupancy.answers import Drawn
from correlates.analyses.occupancy.pairs import Pair
from correlates.analyses.occupancy.readings import Reading
from correlates.analyses.occupancy.settings import TROUGH, OccupancySettings
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

_PATIENT, _CEILING, _LEFT_OUT = COLOURS[0], COLOURS[1], "#b9c0c8"
_BAND = "#e3f1ea"
_ROW_INCHES = 2.9


def draw_occupancy(drawn: Sequence[Drawn], settings: OccupancySettings, path: str | Path) -> None:
    """Draw each target and cell in a row: its pairs, and its differences with their margin.

    Parameters
    ----------
    drawn
        Every comparison of every series, those of one series together.
    settings
        Margins and level.
    path
        SVG file to write. Without any series it says so.
    """
    rows: dict[tuple[str, str], list[Drawn]] = {}
    for one in drawn:
        rows.setdefault((one.series.feature, one.series.specimen), []).append(one)
    if not rows:
        words = "No occupancy of a target with a margin was measured."
        save_svg(empty_figure(words), path)
        return
    figure = new_figure(7.2, _ROW_INCHES * len(rows) + 0.5)
    grid = figure.subplots(len(rows), 2, squeeze=False, gridspec_kw={"width_ratios": (3, 2)})
    for axes, of_series in zip(grid, rows.values(), strict=True):
        series = of_series[0].series
        name = f"{series.target.upper()}, {CELLS.get(series.cell, series.cell)}{series.named}"
        _draw_lines(axes[0], name, [one for one in of_series if one.comparison.window == TROUGH])
        _draw_differences(axes[1], of_series, settings.margins[series.target])
    level = f"{100 * settings.confidence:g} %"
    figure.supxlabel(
        "Left: a line a patient, troughs; triangle: at the ceiling or above it, up to 100 %; grey: "
        f"left out.\nRight: mean paired difference, {level} interval; thick: what censored values "
        "allow; green: margin.",
        fontsize=7.5,
        color=MUTED,
    )
    save_svg(figure, path)


def _draw_lines(axis, name: str, comparisons: Sequence[Drawn]) -> None:
    """Draw the troughs of every patient, one place a draw."""
    draws = [comparisons[0].comparison.alone]
    draws += [one.comparison.combination for one in comparisons]
    lowest = 100.0
    for patient, line in _lines(comparisons).items():
        known = [(place, one, used) for place, one, used in line if not np.isnan(one.low)]
        if not known:
            continue
        offset = 0.05 * np.sin(sum(map(ord, patient)))
        x = [place + offset for place, *_ in known]
        y = [one.low for _, one, _ in known]
        is_used = any(used for *_, used in known)
        axis.plot(x, y, color=_PATIENT if is_used else _LEFT_OUT, lw=0.8, alpha=0.55, zorder=2)
        for at, (_, one, used) in zip(x, known, strict=True):
            _draw_reading(axis, at, one, used)
        lowest = min([lowest, *y])
    axis.set_xticks(range(len(draws)), [_draw_words(one, n) for n, one in enumerate(draws)])
    axis.set_xlim(-0.4, len(draws) - 0.6)
    axis.set_ylim(max(-5.0, lowest - 3), 100.8)
    axis.axhline(100, color=LINE, lw=0.8, zorder=1)
    dress(axis, name, "", "occupancy (%)")


def _draw_words(draw: tuple[str, str], place: int) -> str:
    drugs = "combination" if place else "ibrutinib alone"
    return f"{' '.join(draw)}\n{drugs}"


def _lines(comparisons: Sequence[Drawn]) -> Mapping[str, list[tuple[int, Reading, bool]]]:
    """Return each patient's readings by place; the first comparison's are those of place 0."""
    found: dict[str, list] = {}
    for place, one in enumerate(comparisons, 1):
        for pair in one.pairs:
            line = found.setdefault(pair.patient, [])
            sides = ((0, pair.alone),) if place == 1 else ()
            for at, reading in (*sides, (place, pair.combination)):
                if reading is not None:
                    line.append((at, reading, pair.is_used or _is_used_later(pair, comparisons)))
    return found


def _is_used_later(pair: Pair, comparisons: Sequence[Drawn]) -> bool:
    return any(
        other.is_used for one in comparisons for other in one.pairs if other.patient == pair.patient
    )


def _draw_reading(axis, x: float, reading: Reading, is_used: bool) -> None:
    colour = _LEFT_OUT if not is_used or reading.causes else _PATIENT
    if not reading.is_censored:
        axis.scatter([x], [reading.low], s=13, c=colour, zorder=3)
        return
    colour = _LEFT_OUT if colour == _LEFT_OUT else _CEILING
    axis.plot([x, x], [reading.low, reading.high], color=colour, lw=1.2, ls=":", zorder=2)
    axis.scatter(
        [x], [reading.low], s=26, marker="^", facecolors="#fff", edgecolors=colour, zorder=3
    )


def _draw_differences(axis, comparisons: Sequence[Drawn], margin: float) -> None:
    """Draw the difference of each comparison with its interval over the margin of equivalence."""
    axis.axvspan(-margin, margin, color=_BAND, zorder=0)
    axis.axvline(0, color=MUTED, lw=0.8, zorder=1)
    reach = 1.25 * max([margin, *_finite_ends(comparisons)])
    for place, one in enumerate(comparisons):
        used = [pair for pair in one.pairs if pair.is_used]
        row = one.difference
        words = f"{one.comparison.name}, n = {len(used)}: {row['verdict']}"
        axis.text(-reach, place - 0.24, words, fontsize=6.8, color=INK, va="bottom")
        if not used:
            continue
        ends = np.clip([row["ci_low"], row["ci_high"]], -reach, reach)
        axis.plot(ends, [place, place], color=INK, lw=1.2, zorder=2)
        for end, value, arrow in zip(ends, (row["ci_low"], row["ci_high"]), "<>", strict=True):
            mark = "|" if np.isfinite(value) else arrow
            axis.plot([end], [place], marker=mark, color=INK, ms=5, zorder=3)
        low, high = (
            float(np.mean([getattr(pair, name) for pair in used])) for name in ("low", "high")
        )
        if low < high:
            axis.plot([low, high], [place, place], color=_CEILING, lw=4, solid_capstyle="butt")
        else:
            axis.scatter([low], [place], s=26, c=_PATIENT, zorder=4)
    axis.set_ylim(len(comparisons) - 0.5, -0.75)
    axis.set_xlim(-reach, reach)
    axis.set_yticks([])
    dress(axis, "combination - ibrutinib alone", "difference (points)", "")
    axis.spines["left"].set_visible(False)


def _finite_ends(comparisons: Sequence[Drawn]) -> list[float]:
    rows = [one.difference for one in comparisons]
    ends = [row[name] for row in rows for name in ("ci_low", "ci_high") if row[name] is not None]
    return [abs(end) for end in ends if np.isfinite(end)]
