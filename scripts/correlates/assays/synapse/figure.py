"""Synapses as an expert looks at them: every conjugate, and each patient's line over the visits."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from correlates.assays.figures import COLOURS, INK, MUTED, dress, empty_figure, new_figure, save_svg
from correlates.assays.synapse.conjugates import GZMB, RRI, relative_recruitment
from correlates.assays.synapse.judging import Sample

_DOTS, _MOST_DOTS = "#b7c3cf", 60


def draw_synapses(samples: Sequence[Sample], min_conjugates: int, path: str | Path) -> None:
    """Draw index and granzyme B of each kind of conjugate over the visits.

    Parameters
    ----------
    samples
        Every sample.
    min_conjugates
        With fewer its mark is hollow.
    path
        SVG file to write. Of each sample at most 60 conjugates are drawn, evenly by rank.
    """
    groups: dict[str, list[Sample]] = {}
    for one in samples:
        groups.setdefault(one.name, []).append(one)
    if not groups:
        save_svg(empty_figure("No conjugates of patients."), path)
        return
    figure = new_figure(7.2, 2.9 * len(groups) + 0.4)
    grid = figure.subplots(len(groups), 2, squeeze=False, gridspec_kw={"width_ratios": (3, 2)})
    for axes, (name, own) in zip(grid, groups.items(), strict=True):
        _draw(axes[0], own, RRI, min_conjugates)
        dress(axes[0], name, "", "relative recruitment index")
        axes[0].axhline(1, color=MUTED, lw=0.8, ls="--")
        _draw(axes[1], own, GZMB, min_conjugates)
        dress(axes[1], "granzyme B", "", "polarised (% of conjugates)")
        axes[1].set_ylim(-3, 103)
    words = (
        "Small grey: conjugates. Large: a patient's median (share), joined over visits; hollow: "
    )
    figure.supxlabel(
        f"{words}fewer than {min_conjugates} conjugates.\nDashed: no recruitment.",
        fontsize=7.5,
        color=MUTED,
    )
    save_svg(figure, path)


def _draw(axis, samples: Sequence[Sample], statistic: str, fewest: int) -> None:
    visits = sorted({one.first["visit"] for one in samples}, key=_in_time)
    lines: dict[str, list[tuple[int, float, int]]] = {}
    dots: list[tuple[float, float]] = []
    for sample in samples:
        place = visits.index(sample.first["visit"])
        one = next(one for one in sample.summaries if one.statistic == statistic)
        if one.value is None:
            continue
        lines.setdefault(sample.first["patient"], []).append((place, one.value, one.n))
        dots += _conjugates(sample, place) if statistic == RRI else []
    if dots:
        axis.scatter(*zip(*dots, strict=True), s=1.5, c=_DOTS, linewidths=0, rasterized=False)
        top = float(np.quantile([value for _, value in dots], 0.995))
        axis.set_ylim(0, max(1.2, 1.05 * top))
    for line in lines.values():
        line.sort()
        x, y, n = zip(*line, strict=True)
        axis.plot(x, y, color=COLOURS[0], lw=0.8, alpha=0.6)
        fills = [COLOURS[0] if count >= fewest else "#fff" for count in n]
        axis.scatter(x, y, s=15, c=fills, edgecolors=COLOURS[0], linewidths=0.8, zorder=3)
    axis.set_xticks(range(len(visits)), visits, color=INK)
    axis.set_xlim(-0.5, len(visits) - 0.5)


def _conjugates(sample: Sample, place: int) -> list[tuple[float, float]]:
    """Return some conjugates of a sample beside its place, spread so that they can be seen."""
    values = sorted(one for row in sample.rows if (one := relative_recruitment(row)) is not None)
    chosen = np.unique(np.linspace(0, len(values) - 1, min(len(values), _MOST_DOTS)).astype(int))
    spread = 0.28 * np.modf(np.arange(chosen.size) * 0.618034)[0] + 0.1
    return [(place + float(off), values[index]) for off, index in zip(spread, chosen, strict=True)]


def _in_time(visit: str) -> tuple[int, int, str]:
    found = re.fullmatch(r"C(\d+)D(\d+)", visit)
    if found:
        return int(found[1]), int(found[2]), visit
    return (-1 if visit == "SCR" else 99), 0, visit
