"""Figures by which libraries are judged: depth and RIN by batch, how alike they are, and sex."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from correlates.assays.figures import (
    COLOURS,
    LINE,
    MUTED,
    VERDICT_COLOUR,
    VERDICT_MARK,
    dress,
    empty_figure,
    new_figure,
    save_svg,
)
from correlates.assays.layouts import draw_run_order
from correlates.assays.normalise import log2_cpm
from correlates.assays.quality import FAIL, Reason, verdict_of
from correlates.assays.rnaseq.expression import Expression
from correlates.assays.rnaseq.genes import SEX_GENES, find_genes
from correlates.assays.rnaseq.libraries import CONTROL, Library
from correlates.assays.rnaseq.settings import RnaseqSettings

_MOST_VARIABLE = 500
_XIST = "XIST"


def draw_layout(
    libraries: Sequence[Library],
    reasons: Mapping[str, Mapping[str, Reason]],
    settings: RnaseqSettings,
    path: str | Path,
) -> None:
    """Draw reads, RIN and ribosomal RNA of every library in the order of batches, with limits."""
    ordered = sorted(libraries, key=lambda one: one.batch)
    least_reads = settings.min_assigned / 1e6
    panels = (
        ("reads assigned, millions", lambda one: one.assigned_reads / 1e6, "low", least_reads),
        ("RIN", lambda one: one.row.get("rin"), "low", settings.min_rin),
        ("ribosomal RNA, %", lambda one: one.row.get("rrna_pct"), "high", settings.max_rrna_pct),
    )
    values = [
        {
            **{"run": one.batch or "no batch", "analyte": name, "value": value_of(one)},
            **{"verdict": verdict_of(reasons[one.name].values())[0], side: limit},
        }
        for name, value_of, side, limit in panels
        for one in ordered
    ]
    draw_run_order(values, path, label="", empty="No libraries.")


def principal_coordinates(
    log_cpm: np.ndarray, is_sound: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first two principal components of libraries, and their shares of the variance.

    Parameters
    ----------
    log_cpm
        Shape (genes, libraries); the 500 genes that vary most are taken.
    is_sound
        Shape (libraries,), bool: whose components these are. The others are set among them, so
        that one spoilt library does not squeeze all others into a point.

    Returns
    -------
    Shapes (libraries, 2) and (2,).
    """
    is_sound = is_sound if is_sound.sum() > 2 else np.ones_like(is_sound)
    sound = log_cpm[:, is_sound]
    varying = np.argsort(-sound.var(axis=1), kind="stable")[:_MOST_VARIABLE]
    middle = sound[varying].mean(axis=1, keepdims=True)
    axes, sizes, _ = np.linalg.svd(sound[varying] - middle, full_matrices=False)
    # a sign that does not hang on the machine
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    scores, shares = np.zeros((log_cpm.shape[1], 2)), np.zeros(2)
    n = min(2, sizes.size)
    scores[:, :n] = ((log_cpm[varying] - middle).T @ (axes * signs))[:, :n]
    shares[:n] = (sizes**2 / max((sizes**2).sum(), 1e-12))[:n]
    return scores, shares


def sex_levels(expression: Expression, settings: RnaseqSettings) -> np.ndarray:
    """Return log2 CPM of XIST and the mean of the Y genes, shape (libraries, 2); NaN if absent."""
    n = len(expression.libraries)
    levels = np.full((n, len(SEX_GENES)), np.nan)
    for place, one in enumerate(expression.libraries):
        found = find_genes(one.matrix, SEX_GENES)
        counts = np.zeros((len(SEX_GENES), n))
        for row, symbol in enumerate(SEX_GENES):
            if symbol in found:
                counts[row, place] = found[symbol].counts(one.matrix)[one.column]
        values = log2_cpm(counts, expression.sizes, settings.prior_count)[:, place]
        levels[place] = [
            value if symbol in found else np.nan
            for symbol, value in zip(SEX_GENES, values, strict=True)
        ]
    y_genes = levels[:, 1:]
    known = np.isfinite(y_genes).any(axis=1)
    mean = np.full(n, np.nan)
    mean[known] = np.nanmean(y_genes[known], axis=1)
    return np.column_stack([levels[:, 0], mean])


def draw_overview(
    expressions: Mapping[str, Expression],
    reasons: Mapping[str, Mapping[str, Reason]],
    settings: RnaseqSettings,
    path: str | Path,
) -> None:
    """Draw how alike libraries of each kind of cell are, and XIST against the Y genes.

    Parameters
    ----------
    expressions
        By cell; those of the control are drawn as well.
    reasons
        What is wrong with each library.
    settings
        ``prior_count``.
    path
        SVG file to write.
    """
    drawn = {cell: one for cell, one in expressions.items() if len(one.libraries) > 2}
    if not expressions:
        save_svg(empty_figure("No library has counts."), path)
        return
    figure = new_figure(7.2, 3.3 * len(drawn) + 3.3 if len(drawn) > 1 else 3.3)
    panels = len(drawn) + 1
    columns = 2
    figure.set_size_inches(7.2, 3.3 * -(-panels // columns))
    axes = figure.subplots(-(-panels // columns), columns, squeeze=False).ravel()
    for axis, (cell, one) in zip(axes, drawn.items(), strict=False):
        _draw_components(axis, cell, one, reasons)
    _draw_sex(axes[len(drawn)], expressions, reasons, settings)
    for axis in axes[panels:]:
        axis.set_axis_off()
    save_svg(figure, path)


def _draw_components(axis, cell: str, one: Expression, reasons) -> None:
    is_sound = np.array([not _is_told(reasons[library.name]) for library in one.libraries])
    scores, shares = principal_coordinates(one.log_cpm[one.of_both_sexes], is_sound)
    batches = sorted({library.batch for library in one.libraries})
    for number, batch in enumerate(batches):
        here = [n for n, library in enumerate(one.libraries) if library.batch == batch]
        colour = COLOURS[number % len(COLOURS)]
        axis.scatter(*scores[here].T, s=16, color=colour, label=batch or "no batch", alpha=0.85)
    for place, library in enumerate(one.libraries):
        if not is_sound[place]:
            axis.annotate(library.name, scores[place], fontsize=6, color=MUTED, xytext=(3, 3),
                          textcoords="offset points")  # fmt: skip
    dress(axis, f"{cell}: {len(one.libraries)} libraries",
          f"PC1, {100 * shares[0]:.0f} %", f"PC2, {100 * shares[1]:.0f} %")  # fmt: skip
    if len(batches) <= len(COLOURS):
        axis.legend(fontsize=6, frameon=False, title="batch", title_fontsize=6)


def _is_told(reasons: Mapping[str, Reason]) -> bool:
    """Tell whether a library is an outlier, or failed."""
    return "outlier" in reasons or verdict_of(reasons.values())[0] == FAIL


def _draw_sex(axis, expressions, reasons, settings: RnaseqSettings) -> None:
    found = 0
    for cell, one in expressions.items():
        if cell == CONTROL:
            continue
        levels = sex_levels(one, settings)
        for place, (xist, y_mean) in enumerate(levels):
            if not np.isfinite([xist, y_mean]).all():
                continue
            found += 1
            verdict = verdict_of(reasons[one.libraries[place].name].values())[0]
            axis.scatter(y_mean, xist, s=14, marker=VERDICT_MARK[verdict],
                         color=VERDICT_COLOUR[verdict], alpha=0.8)  # fmt: skip
    dress(axis, "XIST and Y genes", "mean of the Y genes, log2 CPM", f"{_XIST}, log2 CPM")
    if not found:
        axis.text(0.05, 0.5, "not both in the counts", fontsize=8, color=MUTED,
                  transform=axis.transAxes)  # fmt: skip
        return
    ends = np.array([axis.get_xlim(), axis.get_ylim()])
    low, high = float(ends.min()), float(ends.max())
    axis.plot([low, high], [low, high], color=LINE, lw=1, zorder=0)
    axis.text(0.03, 0.97, "women", fontsize=7, color=MUTED, va="top", transform=axis.transAxes)
    axis.text(0.97, 0.03, "men", fontsize=7, color=MUTED, ha="right", transform=axis.transAxes)
    axis.text(0.03, 0.03, "neither: loss of Y?", fontsize=7, color=MUTED, transform=axis.transAxes)
