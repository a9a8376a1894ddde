"""Messenger against protein: every draw, the draws of a patient joined."""

import math
from pathlib import Path

import pandas as pd

from correlates.analyses.cells import CELLS
from correlates.analyses.concordance.answers import ASSAYS
from correlates.analyses.concordance.pairs import SERIES
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
from correlates.clinical.dosing.phases import COMBO

_COLUMNS, _MOST = 2, 12


def draw_concordance(pairs: pd.DataFrame, path: str | Path) -> None:
    """Draw a panel a gene, kind of cell, messenger and method.

    Circles are draws without lenalidomide, triangles draws on it; a line joins the draws of one
    patient in order of time; an open mark lies beyond a limit. A fall straight down is a protein
    that goes while its messenger stays.
    """
    groups = list(pairs.groupby(SERIES, sort=True)) if len(pairs) else []
    if not groups:
        save_svg(empty_figure("No draw has a messenger and its protein in the same cells."), path)
        return
    shown = sorted(groups, key=lambda one: -one[1]["patient"].nunique())[:_MOST]
    shown.sort(key=lambda one: one[0])
    rows, columns = math.ceil(len(shown) / _COLUMNS), min(_COLUMNS, len(shown))
    figure = new_figure(3.6 * columns, 2.7 * rows + 0.3)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, (key, those) in zip(axes, shown, strict=False):
        _draw(axis, dict(zip(SERIES, key, strict=True)), those)
    for axis in axes[len(shown) :]:
        axis.set_axis_off()
    words = "Circle: without lenalidomide; triangle: on it. Lines join the draws of a patient."
    if len(groups) > _MOST:
        words += f" {_MOST} of {len(groups)} pairs; the tables have all."
    figure.supxlabel(words, fontsize=7, color=MUTED)
    save_svg(figure, path)


def _draw(axis, asked: dict, those: pd.DataFrame) -> None:
    for _, draws in those.groupby("patient", sort=True):
        axis.plot(draws["log2_mrna"], draws["log2_protein"], color=LINE, lw=0.8, zorder=1)
    on_drug = those["phase"] == COMBO
    beyond = (those["side_mrna"] != 0) | (those["side_protein"] != 0)
    for is_on, mark, colour in ((False, "o", COLOURS[0]), (True, "^", COLOURS[1])):
        for is_open in (False, True):
            of = those[(on_drug == is_on) & (beyond == is_open)]
            axis.scatter(
                of["log2_mrna"].astype(float),
                of["log2_protein"].astype(float),
                marker=mark,
                s=16,
                facecolors="none" if is_open else colour,
                edgecolors=colour,
                zorder=2,
            )
    analyte = asked["analyte"].upper()
    x = f"log2 {analyte}, {ASSAYS[asked['assay']]}"
    dress(axis, "", x, f"log2 protein, {METHODS[asked['method']]}")
    axis.set_title(
        f"{asked['gene'].upper()}, {CELLS.get(asked['cell'], asked['cell'])}",
        fontsize=9,
        loc="left",
    )
