"""Concentrations over time: each patient's line, linear and semi-logarithmic."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from correlates.assays.figures import COLOURS, INK, MUTED, dress, empty_figure, new_figure, save_svg
from correlates.assays.pk.profiles import Profile

_MOST_PANELS = 10
# a median of fewer lines is one of them
_FEWEST_FOR_MEDIAN = 3


def draw_profiles(profiles: Sequence[Profile], path: str | Path) -> None:
    """Draw all profiles, a row of two panels for each analyte and visit.

    Parameters
    ----------
    profiles
        What is drawn: a thin line a patient, open triangles for values below the limit of
        quantification (at that limit), and the median over patients at each planned time.
    path
        SVG file to write.
    """
    groups: dict[tuple[str, str, str], list[Profile]] = {}
    for one in profiles:
        groups.setdefault((one.analyte, one.visit, one.kind), []).append(one)
    if not groups:
        save_svg(empty_figure("No profile of concentrations."), path)
        return
    shown = list(groups.items())[:_MOST_PANELS]
    figure = new_figure(7.2, 2.4 * len(shown) + 0.4)
    axes = figure.subplots(len(shown), 2, squeeze=False)
    for place, ((analyte, visit, kind), own) in enumerate(shown):
        words = f"{analyte}, {visit}, {kind.replace('_', ' ')} (n = {len(own)})"
        colour = COLOURS[place % len(COLOURS)]
        for axis, is_log in zip(axes[place], (False, True), strict=True):
            _draw(axis, own, colour, is_log)
            dress(axis, words if not is_log else "semi-logarithmic", "h after dose", "ng/mL")
    note = "Thin: patients. Thick: median at planned times. Triangles: below the limit, at it."
    if len(groups) > len(shown):
        note += f" The first {len(shown)} of {len(groups)} groups; profiles.tsv has all."
    figure.supxlabel(note, fontsize=7, color=MUTED)
    save_svg(figure, path)


def _draw(axis, profiles: Sequence[Profile], colour: str, is_log: bool) -> None:
    blq, lines = [], []
    for profile in profiles:
        known = [(one.hours, one.conc.value) for one in profile.points if one.conc.is_quantified]
        limits = [one for one in profile.points if not one.conc.is_quantified and one.conc.lloq]
        blq += [(one.hours, one.conc.lloq) for one in limits]
        # one path for all of them: the file stays small
        lines += [*known, (np.nan, np.nan)]
    axis.plot(*zip(*lines, strict=True), color=colour, lw=0.8, alpha=0.55)
    if blq:
        style = {"marker": "v", "facecolors": "none", "edgecolors": INK, "s": 14, "lw": 0.7}
        axis.scatter(*zip(*blq, strict=True), **style, zorder=4)
    median = _medians(profiles)
    if median:
        axis.plot(*zip(*median, strict=True), color=INK, lw=1.8, zorder=3)
    if is_log:
        axis.set_yscale("log")
    else:
        axis.set_ylim(bottom=0)


def _medians(profiles: Sequence[Profile]) -> list[tuple[float, float]]:
    """Return the median at each planned time; none where half of the values or more are below."""
    if len(profiles) < _FEWEST_FOR_MEDIAN:
        return []
    by_time: dict[float, list[float]] = {}
    for profile in profiles:
        for one in profile.points:
            hours = one.row.get("nominal_h")
            value = one.conc.value if one.conc.is_quantified else -np.inf
            by_time.setdefault(one.hours if hours is None else hours, []).append(value)
    found = [(hours, float(np.median(values))) for hours, values in sorted(by_time.items())]
    return [(hours, value) for hours, value in found if np.isfinite(value) and value > 0]
