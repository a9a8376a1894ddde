"""Figures of the protein assay: lanes in their order, and what its quality is judged by."""

import math
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
from correlates.assays.protein.lanes import DILUTION, SAMPLE
from correlates.assays.protein.western import Western
from correlates.assays.quality import FAIL, FLAG, PASS

_LABEL = "log2 of ratio to control or FMO"


def draw_layout(measured: Sequence[Mapping], western: Western, path: str | Path) -> None:
    """Draw lanes in the order of the blots, and stains in the order of their batches."""
    lanes = [
        {
            "run": lane["blot"],
            "analyte": f"{lane['marker']}, western",
            "value": lane["log2_to_control"],
            "verdict": FAIL if lane["refused"] else FLAG if lane["flags"] else PASS,
        }
        for lane in western.lanes
        if lane["role"] != DILUTION
    ]
    stains = [row for row in measured if "__mfir__" in row["feature"]]
    ordered = [
        {
            "run": row["run"],
            "analyte": f"{row['feature'].split('__')[0].upper()}, flow",
            "value": math.log2(row["value"]) if row["value"] else None,
            "verdict": PASS if row["status"] == "ok" else FAIL,
        }
        for row in sorted(stains, key=lambda row: (row["feature"].split("__")[0], row["run"]))
    ]
    draw_run_order([*lanes, *ordered], path, label=_LABEL, empty="No protein was measured.")


def draw_overview(
    measured: Sequence[Mapping],
    western: Western,
    medians: Mapping[tuple, float],
    path: str | Path,
) -> None:
    """Draw linearity, agreement of blots, and stains against their background.

    Parameters
    ----------
    measured
        Measurement rows of the assay.
    western
        What the blots gave.
    medians
        Median of the full tube by the key and feature of each net signal.
    path
        SVG file to write.
    """
    parts = []
    if any(lane["role"] == DILUTION for lane in western.lanes):
        parts.append(lambda axis: _draw_linearity(axis, western))
    if any(
        lane["role"] == SAMPLE and lane["log2_to_control"] is not None for lane in western.lanes
    ):
        parts.append(lambda axis: _draw_agreement(axis, western))
    if medians:
        parts.append(lambda axis: _draw_stains(axis, measured, medians))
    if not parts:
        save_svg(empty_figure("No protein was measured."), path)
        return
    columns = min(2, len(parts))
    n_rows = math.ceil(len(parts) / columns)
    figure = new_figure(3.6 * columns, 3.2 * n_rows)
    axes = figure.subplots(n_rows, columns, squeeze=False).ravel()
    for axis, draw in zip(axes, parts, strict=False):
        draw(axis)
    for axis in axes[len(parts) :]:
        axis.set_axis_off()
    save_svg(figure, path)


def _draw_linearity(axis, western: Western) -> None:
    refused = {(one["blot"], one["marker"]): one for one in western.blots}
    for (blot, marker), one in refused.items():
        lanes = [
            lane
            for lane in western.lanes
            if (lane["blot"], lane["marker"], lane["role"]) == (blot, marker, DILUTION)
            and lane["band"] is not None
            and lane["load_ug"] is not None
        ]
        if not lanes:
            continue
        lanes.sort(key=lambda lane: lane["load_ug"])
        top = max(lane["band"] for lane in lanes) or 1.0
        verdict = FAIL if one["linearity"] == "not_linear" else PASS
        axis.plot(
            [lane["load_ug"] for lane in lanes],
            [lane["band"] / top for lane in lanes],
            marker=VERDICT_MARK[verdict],
            ms=3.5,
            lw=0.9,
            color=VERDICT_COLOUR[verdict],
            label=f"{blot} {marker}: not linear" if verdict == FAIL else None,
        )
    dress(axis, "Dilution series", "protein loaded (µg)", "signal / largest of its series")
    axis.set_ylim(bottom=0)
    axis.set_xlim(left=0)
    if axis.get_legend_handles_labels()[0]:
        axis.legend(fontsize=7, frameon=False)


def _draw_agreement(axis, western: Western) -> None:
    """Draw how far the lanes of one sample lie from their mean, by their mean."""
    values: dict[tuple, list[float]] = {}
    for lane in western.lanes:
        if lane["role"] == SAMPLE and lane["log2_to_control"] is not None:
            draw = (lane[name] for name in ("patient", "visit", "timepoint", "specimen", "cell"))
            values.setdefault((lane["marker"], *draw), []).append(lane["log2_to_control"])
    for place, marker in enumerate(sorted({key[0] for key in values})):
        of = [np.array(one) for key, one in values.items() if key[0] == marker and len(one) > 1]
        means = np.concatenate([np.full(one.size, one.mean()) for one in of]) if of else []
        apart = np.concatenate([one - one.mean() for one in of]) if of else []
        axis.scatter(means, apart, s=12, color=COLOURS[place % len(COLOURS)], label=marker)
    axis.axhline(0, color=LINE, lw=0.8, zorder=0)
    dress(axis, "Lanes of one sample", "mean log2 ratio to control", "lane minus mean (log2)")
    axis.legend(fontsize=7, frameon=False)


def _draw_stains(axis, measured: Sequence[Mapping], medians: Mapping[tuple, float]) -> None:
    points: dict[str, list[tuple[float, float]]] = {}
    for row in measured:
        full = medians.get((row["patient"], row["visit"], row["timepoint"], row["feature"]))
        if "__net__" in row["feature"] and row["value"] is not None and full is not None:
            lineage = row["feature"].split("__")[2]
            points.setdefault(lineage, []).append((full - row["value"], full))
    for place, (lineage, pairs) in enumerate(sorted(points.items())):
        x, y = np.array(pairs).T
        axis.scatter(x, y, s=12, color=COLOURS[place % len(COLOURS)], label=lineage)
    both = np.array([pair for pairs in points.values() for pair in pairs])
    ends = [max(both[both > 0].min(), 1e-3), both.max()] if (both > 0).any() else [1, 10]
    axis.plot(ends, ends, color=MUTED, lw=0.8, ls="--", label="no signal")
    axis.set_xscale("symlog", linthresh=10)
    axis.set_yscale("symlog", linthresh=10)
    dress(axis, "Stain against FMO", "median of the FMO", "median of the full stain")
    axis.legend(fontsize=7, frameon=False)
