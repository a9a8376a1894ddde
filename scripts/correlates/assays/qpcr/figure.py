"""The overview of RT-qPCR: what somebody who runs the assay looks at before believing a value."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from correlates.assays.figures import (
    COLOURS,
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
from correlates.assays.qpcr.measure import SampleValues
from correlates.assays.qpcr.negatives import NO_RT, NTC
from correlates.assays.qpcr.plates import STANDARD, Plates
from correlates.assays.qpcr.references import ReferenceChoice
from correlates.assays.qpcr.replicates import BELOW_LOD, MEASURED, UNUSABLE
from correlates.assays.qpcr.rows import feature_of
from correlates.assays.qpcr.settings import QpcrSettings
from correlates.pages.analytes import analyte_name, with_cells_named

_MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
# Where a control that never came up is drawn, in cycles after the weakest sample.
_NEVER = 16.0
_MOST_FEATURES = 24
_FEWEST_BARS = 4
_CURVES_A_ROW, _CURVE_HEIGHT = 4, 1.25
_STATUS = {"ok": ("o", COLOURS[0]), "lt_lloq": ("v", COLOURS[1]), "nd": ("v", COLOURS[3])}


def draw_overview(
    plates: Plates,
    choices: Sequence[ReferenceChoice],
    values: Sequence[SampleValues],
    settings: QpcrSettings,
    path: str | Path,
) -> None:
    """Draw all that speaks for or against the values, one panel below the other.

    Parameters
    ----------
    plates, choices, values, settings
        As `measure_samples` has and returns them.
    path
        SVG file to write: standard curves, efficiencies, scatter of replicates, stability of
        references, calibrators over plates, negative controls, and the values.
    """
    genes = [gene for gene, one in plates.series.items() if one.efficiency.curve]
    panels = _panels(plates, choices, values, settings, genes)
    if not panels:
        save_svg(empty_figure("No wells that could be used."), path)
        return
    n_rows = math.ceil(len(genes) / _CURVES_A_ROW)
    heights = [_CURVE_HEIGHT * n_rows, *(height for height, _ in panels)]
    figure = new_figure(5.2, sum(heights) + 0.3 * len(heights))
    grid = figure.add_gridspec(
        1 + len(panels), 1, height_ratios=[max(heights[0], 0.01), *heights[1:]]
    )
    if genes:
        title = "Dilution series: Cq by log10 quantity"
        figure.suptitle(title, fontsize=10, x=0.02, ha="left", color=INK)
        small = grid[0].subgridspec(n_rows, _CURVES_A_ROW)
        for number, gene in enumerate(genes):
            _curve(figure.add_subplot(small[divmod(number, _CURVES_A_ROW)]), plates, gene)
    for place, (_, draw) in enumerate(panels, 1):
        draw(figure.add_subplot(grid[place]))
    save_svg(figure, path)


def _panels(
    plates: Plates,
    choices: Sequence[ReferenceChoice],
    values: Sequence[SampleValues],
    settings: QpcrSettings,
    genes: Sequence[str],
) -> list[tuple[float, Callable]]:
    """Return height in inches and drawing of each panel that there is something to draw in."""
    panels: list[tuple[float, Callable]] = []
    if genes:
        panels.append(
            (0.9 + 0.17 * len(genes), lambda axis: _efficiencies(axis, plates, genes, settings))
        )
    if plates.groups:
        panels.append((2.2, lambda axis: _scatter(axis, plates, settings)))
    for choice in choices:
        if choice.stability.ranking:
            panels.append((2.0, lambda axis, one=choice: _stability(axis, one, settings)))
    if any(one.levels for one in plates.series.values()):
        panels.append((2.2, lambda axis: _calibrators(axis, plates)))
    if plates.negatives:
        panels.append((2.2, lambda axis: _negatives(axis, plates, settings)))
    features = _by_feature(values)
    if features:
        shown = dict(list(features.items())[:_MOST_FEATURES])
        panels.append((0.9 + 0.24 * len(shown), lambda axis: _values(axis, shown, len(features))))
    return panels


def _curve(axis, plates: Plates, gene: str) -> None:
    """Draw Cq against log10 quantity; plates are brought to the gene's mean intercept."""
    curve = plates.series[gene].efficiency.curve
    mean = sum(curve.intercepts.values()) / len(curve.intercepts)
    wells = [
        row
        for row in plates.wells
        if (row["gene"], row["task"]) == (gene, STANDARD) and row["cq"] is not None
    ]
    x = np.array([math.log10(row["std_qty"]) for row in wells])
    y = [row["cq"] - curve.intercepts[row["plate"]] + mean for row in wells]
    accepted = "pass" if plates.series[gene].efficiency.is_accepted else "fail"
    axis.scatter(x, y, s=7, color=COLOURS[0], alpha=0.7, lw=0)
    ends = np.array([x.min(), x.max()])
    axis.plot(ends, mean + curve.slope * ends, lw=0.9, color=VERDICT_COLOUR[accepted])
    dress(axis)
    axis.set_title(f"{analyte_name(gene)}\nR² {curve.r2:.3f}", fontsize=7.5, loc="left", color=INK)
    axis.tick_params(labelsize=6)


def _efficiencies(axis, plates: Plates, genes: Sequence[str], settings: QpcrSettings) -> None:
    low, high = settings.efficiency["min"], settings.efficiency["max"]
    axis.axvspan(low, high, color=LINE, alpha=0.5, lw=0)
    for place, gene in enumerate(genes):
        efficiency = plates.series[gene].efficiency
        ends = [min(max(end, 1.5), 2.5) for end in efficiency.curve.interval() if end == end]
        if ends:
            axis.plot(ends, [place, place], color=INK, lw=1)
        verdict = "pass" if efficiency.is_accepted else "fail"
        value = efficiency.curve.efficiency
        style = {"color": VERDICT_COLOUR[verdict], "marker": VERDICT_MARK[verdict], "zorder": 3}
        axis.scatter([value], [place], s=18, **style)
    axis.set_yticks(range(len(genes)), list(map(analyte_name, genes)))
    axis.invert_yaxis()
    title = f"Efficiency; accepted {low:g} to {high:g}"
    dress(axis, title, "factor a cycle, with 95 % interval")


def _scatter(axis, plates: Plates, settings: QpcrSettings) -> None:
    """Draw the SD of replicate wells against their mean Cq, before any well is dropped."""
    groups = [*plates.groups.values(), *plates.calibrators.values()]
    kinds = {
        "used": ("o", COLOURS[0], lambda one: one.state in (MEASURED, BELOW_LOD)),
        "a well dropped": ("^", COLOURS[1], lambda one: bool(one.dropped)),
        "unusable": ("X", VERDICT_COLOUR["fail"], lambda one: one.state == UNUSABLE),
    }
    for label, (mark, colour, belongs) in kinds.items():
        own = [one for one in groups if belongs(one) and len(one.every) > 1]
        if label == "used":
            own = [one for one in own if not one.dropped]
        x = [float(np.mean(one.every)) for one in own]
        y = [float(np.std(one.every, ddof=1)) for one in own]
        axis.scatter(x, y, marker=mark, color=colour, s=9, alpha=0.7, lw=0, label=label)
    axis.axhline(settings.replicates["max_sd"], color=MUTED, ls="--", lw=0.8)
    axis.set_ylim(bottom=0)
    axis.legend(fontsize=6, frameon=False, loc="upper left")
    dress(axis, "Replicate wells", "mean Cq", "SD, cycles")


def _stability(axis, choice: ReferenceChoice, settings: QpcrSettings) -> None:
    """Draw M of each candidate, and V of the steps, the most stable genes first."""
    stability, places = choice.stability, range(len(choice.stability.ranking))
    colours = [COLOURS[0] if gene in choice.genes else LINE for gene in stability.ranking]
    values = [stability.m[gene] for gene in stability.ranking]
    axis.bar(places, values, width=0.5, color=colours)
    for n, v in stability.v.items():
        words = f"V{n}/{n + 1} {v:.2f}"
        axis.text(n - 0.5, max(values) * 1.06, words, fontsize=7, ha="center", color=INK)
    for limit in (settings.references["good_m"], settings.references["max_m"]):
        axis.axhline(limit, color=MUTED, ls="--", lw=0.8)
    axis.set_ylim(0, max(settings.references["max_m"] * 1.05, max(values) * 1.2))
    axis.set_xticks(places, list(map(analyte_name, stability.ranking)))
    axis.set_xlim(-0.6, max(len(places), _FEWEST_BARS) - 0.4)
    title = f"Stability of references, {choice.panel.name} (n = {stability.n_samples} samples)"
    dress(axis, title, "blue: used", "geNorm M")


def _calibrators(axis, plates: Plates) -> None:
    """Draw the calibrators' Cq on each plate, less the gene's mean over plates."""
    names = [name for name in plates.names if any(key[0] == name for key in plates.calibrators)]
    genes = [gene for gene, one in plates.series.items() if one.levels]
    for number, gene in enumerate(genes):
        levels = plates.series[gene].levels
        mean = sum(one.cq for one in levels.values()) / len(levels)
        shown = [(names.index(plate), one.cq - mean) for plate, one in levels.items()]
        x, y = zip(*shown, strict=True)
        style = {"color": COLOURS[number % len(COLOURS)], "marker": _MARKS[number % len(_MARKS)]}
        axis.plot(x, y, ms=3.5, lw=0.6, label=analyte_name(gene), **style)
    axis.axhline(0, color=LINE, lw=0.8)
    axis.set_xticks(range(len(names)), names, rotation=40 if len(names) > 4 else 0, ha="right")
    low, high = axis.get_ylim()
    axis.set_ylim(low, high + 0.45 * (high - low))
    axis.legend(fontsize=6, frameon=False, ncols=5, loc="upper center")
    dress(axis, "Inter-plate calibrators, before calibration", "", "Cq − mean of plates")


def _negatives(axis, plates: Plates, settings: QpcrSettings) -> None:
    """Draw how many cycles after the weakest sample each negative control comes up."""
    genes = sorted({one.gene for one in plates.negatives})
    for kind, mark, shift in ((NTC, "o", -0.15), (NO_RT, "s", 0.15)):
        own = [one for one in plates.negatives if one.kind == kind and one.gap is not None]
        x = [genes.index(one.gene) + shift for one in own]
        y = [min(one.gap, _NEVER) for one in own]
        colours = [VERDICT_COLOUR["pass" if one.is_clear else "fail"] for one in own]
        axis.scatter(x, y, marker=mark, c=colours, s=14, lw=0, alpha=0.7, label=kind)
    axis.axhline(settings.negatives["min_gap_cq"], color=MUTED, ls="--", lw=0.8)
    ticks = [0, settings.negatives["min_gap_cq"], 10, _NEVER]
    labels = ["0", f"{settings.negatives['min_gap_cq']:g}", "10", "never"]
    axis.set_yticks(ticks, labels)
    names = list(map(analyte_name, genes))
    axis.set_xticks(range(len(genes)), names, rotation=40, ha="right")
    axis.legend(fontsize=6, frameon=False, loc="lower left")
    dress(axis, "Negative controls (red: too near)", "", "cycles after the weakest sample")


def _by_feature(values: Sequence[SampleValues]) -> dict[str, list]:
    features: dict[str, list] = {}
    for one in values:
        for gene, value in one.values.items():
            cells = feature_of(gene, one.draw).partition("__log2_cnrq")[2].removeprefix("__")
            words = (analyte_name(gene), with_cells_named(cells))
            features.setdefault(", ".join(filter(None, words)), []).append(value)
    return dict(sorted(features.items()))


def _values(axis, features: dict[str, list], n_features: int) -> None:
    """Draw all values of each feature; censored ones stand at their limit as triangles."""
    for place, values in enumerate(features.values()):
        for status, (mark, colour) in _STATUS.items():
            own = [one for one in values if one.status == status]
            x = [one.log2 if status == "ok" else one.limit for one in own]
            spread = place + np.linspace(-0.22, 0.22, len(x)) if len(x) > 1 else [place] * len(x)
            style = {"marker": mark, "color": colour, "s": 9, "alpha": 0.7, "lw": 0}
            axis.scatter(x, spread, **style)
    labels = [
        f"{name} ({sum(one.status != 'not_evaluable' for one in values)}/{len(values)})"
        for name, values in features.items()
    ]
    axis.set_yticks(range(len(features)), labels)
    axis.invert_yaxis()
    more = f", the first {len(features)} of {n_features}" if n_features > len(features) else ""
    dress(axis, f"Values (evaluable/all){more}", "log2 CNRQ; triangles: censored, at their limit")
