"""What someone who knows single cells looks at first: cells, types, markers, detection."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

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
from correlates.assays.layouts import draw_run_order
from correlates.assays.quality import Reason, verdict_of
from correlates.assays.scrna.cell_types import CONFLICT, UNASSIGNED
from correlates.assays.scrna.lanes import DOUBLET
from correlates.assays.scrna.measure import AT_DEPTH, DETECTED
from correlates.assays.scrna.verdicts import doublet_share

Judged = Sequence[tuple[Mapping, Mapping, list[Reason]]]
_MOST_SAMPLES, _MOST_MARKERS = 40, 34
_GREY = {UNASSIGNED: "#c9ced4", CONFLICT: "#5b6570"}
_POINTS = 150


def draw_layout(judged: Judged, settings: Mapping, path: str | Path) -> None:
    """Draw cells, depth, mitochondrial share and doublets of the samples, in run order."""
    ordered = sorted(judged, key=lambda one: one[0].get("batch") or "")
    limits, values = settings["verdicts"], []
    for row, one, reasons in ordered:
        if one["state"] != "measured":
            continue
        share = doublet_share(one, settings)
        for analyte, value, low, high in (
            ("sound cells", one["n_kept"], limits["min_sample_cells"], None),
            ("median counts a cell", one["median_counts"], limits["min_median_counts"], None),
            ("median % mitochondrial", one["median_mito_pct"], None, limits["max_median_mito_pct"]),
            (
                *("estimated % doublets", None if share is None else 100 * share, None),
                limits["max_doublet_pct"],
            ),
        ):
            values.append(
                {
                    **{"run": row.get("batch") or "no batch", "analyte": analyte, "value": value},
                    **{"verdict": verdict_of(reasons)[0], "low": low, "high": high},
                }
            )
    draw_run_order(values, path, label="", empty="No file of single cells could be read.")


def draw_overview(
    judged: Judged,
    cells: Mapping[str, pd.DataFrame],
    places: Mapping[int, tuple[str, int]],
    markers: Sequence[Mapping],
    measurements: pd.DataFrame,
    settings: Mapping,
    path: str | Path,
) -> None:
    """Draw the figure by which the assay is judged.

    Parameters
    ----------
    judged
        Row, summary and reasons of each sample, in the order of the sheet.
    cells
        By file, every barcode (`lanes.CELL_COLUMNS`).
    places
        By place of a row in the sheet, its file and its place within it.
    markers
        What the files say of markers, type by type, added up over files.
    measurements
        The measurement table.
    settings
        The config's block ``scrna``.
    path
        SVG file to write.
    """
    shown = [(place, *one) for place, one in enumerate(judged) if one[1]["state"] == "measured"][
        :_MOST_SAMPLES
    ]
    if not shown:
        save_svg(empty_figure("No file of single cells could be read."), path)
        return
    height = 0.2 * len(shown)
    heights = [1.5, 1.2, height + 0.7, 2.6, 2.2]
    figure = new_figure(7.2, sum(heights) + 1.4)
    counts, mito, types, dots, genes = figure.subplots(5, 1, height_ratios=heights)
    names = [_name_of(row) for _, row, *_ in shown]
    own = [_barcodes_of(cells, places[place]) for place, *_ in shown]
    _violins(counts, own, "counts", names, logarithmic=True)
    dress(counts, "Counts a cell: sound (blue), left out (grey points)", "", "counts")
    _violins(mito, own, "mito_pct", names, logarithmic=False)
    dress(mito, "Mitochondrial counts", "", "%")
    _composition(types, [one for _, _, one, _ in shown], names, settings)
    _dot_plot(dots, markers, settings)
    _detection(genes, measurements, settings)
    save_svg(figure, path)


def _name_of(row: Mapping) -> str:
    whose = " ".join(str(row.get(name) or "") for name in ("patient", "visit")).strip()
    return whose or f"{row.get('sample') or 'control'} ({row.get('batch') or 'no batch'})"


def _barcodes_of(cells: Mapping[str, pd.DataFrame], place: tuple[str, int]) -> pd.DataFrame:
    key, number = place
    table = cells[key]
    return table[table["place"] == number]


def _violins(
    axis, samples: Sequence[pd.DataFrame], column: str, names: Sequence[str], *, logarithmic: bool
) -> None:
    rng = np.random.default_rng(0)
    for place, table in enumerate(samples):
        is_sound = table["verdict"].isin(("kept", DOUBLET)).to_numpy()
        values = table[column].to_numpy(float)
        values = np.log10(np.maximum(values, 1)) if logarithmic else values
        known = np.isfinite(values)
        sound, rest = values[is_sound & known], values[~is_sound & known]
        if len(sound) > 1 and np.ptp(sound) > 0:
            body = axis.violinplot([sound], [place], widths=0.8, showextrema=False)["bodies"][0]
            body.set(facecolor=COLOURS[0], alpha=0.55, linewidth=0)
            axis.plot([place - 0.25, place + 0.25], [np.median(sound)] * 2, color=INK, lw=1)
        some = rng.permutation(rest)[:_POINTS]
        axis.scatter(place + rng.uniform(-0.2, 0.2, len(some)), some, s=2, c=MUTED, lw=0)
    if logarithmic:
        low, high = axis.get_ylim()
        ticks = np.arange(np.ceil(low), np.floor(high) + 1)
        axis.set_yticks(ticks, [f"{10**tick:,.0f}" for tick in ticks])
    axis.set_xticks(range(len(names)), names, rotation=90)
    axis.set_xlim(-0.6, len(names) - 0.4)


def _composition(axis, samples: Sequence[Mapping], names: Sequence[str], settings) -> None:
    """Draw the cells of each sample by type; the number beside a bar is how many there are."""
    kinds = [*_leaves(settings), UNASSIGNED, CONFLICT]
    colour = _colours_of(settings)
    left = np.zeros(len(samples))
    totals = np.array([max(sum(one["types"].values()), 1) for one in samples], dtype=float)
    for kind in kinds:
        share = 100 * np.array([one["types"].get(kind, 0) for one in samples]) / totals
        if share.any():
            axis.barh(range(len(samples)), share, left=left, color=colour[kind], label=kind)
        left += share
    for place, one in enumerate(samples):
        axis.text(101, place, str(sum(one["types"].values())), fontsize=7, va="center", color=INK)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.set_xlim(0, 108)
    axis.legend(
        ncols=5, fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(0, -0.02)
    )  # fmt: skip
    dress(axis, "Types of the sound cells, and how many cells", "", "")
    axis.set_xticks([0, 25, 50, 75, 100], [f"{tick} %" for tick in (0, 25, 50, 75, 100)])
    axis.xaxis.tick_top()


def _leaves(settings: Mapping) -> list[str]:
    """Return the types in the order of drawing: children behind their parents."""
    rules = settings["types"]
    roots = [name for name, rule in rules.items() if not rule.get("within")]
    ordered = []
    for root in roots:
        ordered += [name for name, rule in rules.items() if rule.get("within") == root]
        ordered.append(root)
    return ordered


def _colours_of(settings: Mapping) -> dict[str, str]:
    palette = [*COLOURS[:6], "#332288", "#882255", "#44aa99", "#999933", "#ddcc77"]
    names = _leaves(settings)
    return {name: palette[n % len(palette)] for n, name in enumerate(names)} | _GREY


def _dot_plot(axis, markers: Sequence[Mapping], settings: Mapping) -> None:
    """Draw by how many cells of each type each marker is shown: size, and mean value: colour."""
    wanted = [g for rule in settings["types"].values() for g in rule.get("genes", ())]
    sums: dict[tuple[str, str], np.ndarray] = {}
    for one in markers:
        key = one["type"], one["gene"]
        numbers = np.array([one["n_cells"], one["n_positive"], one["sum"]], dtype=float)
        sums[key] = sums.get(key, np.zeros(3)) + numbers
    genes = [gene for gene in dict.fromkeys(wanted) if any(g == gene for _, g in sums)]
    genes = genes[:_MOST_MARKERS]
    kinds = [kind for kind in _leaves(settings) if any(k == kind for k, _ in sums)]
    dots = [
        (genes.index(gene), kinds.index(kind), *numbers)
        for (kind, gene), numbers in sums.items()
        if gene in genes and kind in kinds and numbers[0]
    ]
    if not dots:
        axis.set_axis_off()
        return
    x, y, n_cells, positive, total = (np.array(column) for column in zip(*dots, strict=True))
    drawn = axis.scatter(
        *(x, y), s=70 * positive / n_cells, c=total / n_cells, cmap="viridis_r", lw=0.3, ec=MUTED
    )
    axis.set_xticks(range(len(genes)), genes, rotation=90)
    axis.set_yticks(range(len(kinds)), kinds)
    axis.invert_yaxis()
    axis.margins(x=0.03, y=0.12)
    dress(axis, "Markers: dot size is the share of cells with a count", "", "")
    bar = axis.figure.colorbar(drawn, ax=axis, pad=0.01, shrink=0.8)
    bar.set_label("mean ln(1 + counts\nper 10,000)", fontsize=7)
    bar.ax.tick_params(labelsize=7)


def _detection(axis, measurements: pd.DataFrame, settings: Mapping) -> None:
    """Draw how many cells show each gene, draw by draw, at the depth that all share."""
    kinds = [kind for kind in settings["report_types"] if kind in ("cll", "t", "nk")]
    kinds = kinds or settings["report_types"][:3]
    genes = list(settings["genes"])
    statistic = AT_DEPTH
    if measurements.empty or not _rows(measurements, genes, kinds, AT_DEPTH)["value"].notna().any():
        statistic = DETECTED
    for number, kind in enumerate(kinds):
        for place, gene in enumerate(genes):
            rows = _rows(measurements, [gene], [kind], statistic)
            rows = rows[rows["value"].notna()]
            spread = np.linspace(-0.09, 0.09, len(rows)) if len(rows) > 1 else np.zeros(len(rows))
            at = place + 0.27 * (number - (len(kinds) - 1) / 2) + spread
            ends = [rows["value"] - rows["ci_low"], rows["ci_high"] - rows["value"]]
            axis.errorbar(
                *(at, rows["value"]), yerr=np.clip(np.array(ends, dtype=float), 0, None),
                fmt="o", ms=2.6, lw=0.6, color=COLOURS[number],
            )  # fmt: skip
    lacking = [g for g in genes if not _rows(measurements, [g], kinds, statistic)["value"].any()]
    axis.set_xticks(range(len(genes)), [f"{g}*" if g in lacking else g for g in genes])
    for place in range(1, len(genes)):
        axis.axvline(place - 0.5, color=LINE, lw=0.8)
    axis.set_ylim(bottom=0)
    depth = f" at {settings['detection_depth']:,} counts" if statistic == AT_DEPTH else ""
    note = "* nothing to show: see the table" if lacking else ""
    dress(axis, f"Cells with a count of the gene{depth}: a point a draw", note, "% of cells")
    dots = [Line2D([], [], ls="", marker="o", ms=4, color=COLOURS[n]) for n in range(len(kinds))]
    axis.legend(dots, kinds, fontsize=7, frameon=False, ncols=len(kinds), loc="upper right")


def _rows(
    measurements: pd.DataFrame, genes: Sequence[str], kinds: Sequence[str], statistic: str
) -> pd.DataFrame:
    names = [f"{gene.lower()}__{statistic}__{kind}" for gene in genes for kind in kinds]
    return measurements[measurements["feature"].isin(names)]
