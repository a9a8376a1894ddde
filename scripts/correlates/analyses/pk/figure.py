"""Exposure to ibrutinib in both phases: each patient's line, and the ratio with its interval."""

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path

import numpy as np

from correlates.analyses.pk.interaction import FEATURES
from correlates.analyses.pk.pairs import Pairs
from correlates.assays.figures import COLOURS, INK, MUTED, dress, empty_figure, new_figure, save_svg

_SHORT = {
    "ibrutinib__auc_tau_dn": "AUC0-tau",
    "ibrutinib__cmax_dn": "Cmax",
    "pci45227__auc_ratio__ibrutinib": "PCI / parent",
}


def draw_interaction(
    pairs: Mapping[str, Pairs],
    answers: Sequence[Mapping],
    bound: tuple[float, float],
    path: str | Path,
) -> None:
    """Draw the pairs of each exposure, and the ratios over the no-effect bound.

    Parameters
    ----------
    pairs
        By feature.
    answers
        Of the same features: ``feature``, ``estimate``, ``ci_low``, ``ci_high``.
    bound
        The no-effect bound.
    path
        SVG file to write.
    """
    shown = [feature for feature in FEATURES if len(pairs[feature].table)]
    if not shown:
        save_svg(empty_figure("No patient has a profile in both phases."), path)
        return
    figure = new_figure(7.2, 4.6)
    above, below = figure.subfigures(2, 1, height_ratios=[1.7, 1])
    axes = above.subplots(1, len(shown), squeeze=False).ravel()
    for place, (axis, feature) in enumerate(zip(axes, shown, strict=True)):
        table = pairs[feature].table
        both = table[["alone", "combination"]].to_numpy(float).T
        axis.plot([0, 1], both, color=COLOURS[place], lw=0.8, alpha=0.7, marker=".", ms=4)
        axis.set_yscale("log")
        axis.set_xlim(-0.25, 1.25)
        unit = "ng h/mL/mg" if "auc_tau" in feature else "ng/mL/mg" if "cmax" in feature else ""
        dress(axis, f"{_SHORT[feature]}, n = {len(table)}", "", unit)
        axis.set_xticks([0, 1], ["alone", "with len."])
        ticks = _ticks(float(both.min()), float(both.max()))
        axis.set_yticks(ticks, [f"{tick:.3g}" for tick in ticks])
        axis.set_yticks([], minor=True)
    _draw_ratios(below.subplots(), [one for one in answers if one["feature"] in shown], bound)
    save_svg(figure, path)


def _ticks(low: float, high: float) -> list[float]:
    """Return some round numbers in a range of a logarithmic axis."""
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), tuple(range(1, 10)), np.arange(10, 100, 5) / 10):
        ticks = [float(step * 10.0**decade) for decade in decades for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) >= 3:
            return inside
    return [low, high]


def _draw_ratios(axis, answers: Sequence[Mapping], bound: tuple[float, float]) -> None:
    axis.axvspan(*bound, color="#e8eef4", zorder=0)
    axis.axvline(1, color=MUTED, lw=0.8)
    for place, one in enumerate(answers):
        if one["estimate"] is None:
            continue
        ends = [one["ci_low"], one["ci_high"]]
        if all(isfinite(end) and end > 0 for end in ends):
            axis.plot(ends, [place, place], color=INK, lw=1.6)
        axis.plot([one["estimate"]], [place], "s", color=COLOURS[place], ms=6)
    axis.set_xscale("log")
    ends = [one[name] for one in answers for name in ("ci_low", "ci_high") if one[name]]
    ends = [end for end in (*ends, *bound) if isfinite(end) and end > 0]
    axis.set_xlim(0.92 * min(ends), 1.08 * max(ends))
    low, high = 0.9 * min(ends), 1.1 * max(ends)
    ticks = [tick for tick in (0.25, 0.5, 0.8, 1, 1.25, 2, 4) if low < tick < high]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_xticks([], minor=True)
    axis.set_ylim(len(answers) - 0.4, -0.6)
    names = [_SHORT[one["feature"]] for one in answers]
    axis.set_yticks(np.arange(len(answers)), names, fontsize=7)
    dress(axis, "ratio with 90 % interval" if not answers else _level(answers), "with / without")


def _level(answers: Sequence[Mapping]) -> str:
    return f"ratio, {100 * answers[0]['confidence']:g} % interval"
