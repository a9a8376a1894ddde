"""The overview: every value of every marker by visit, what is censored, and the limits."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from correlates.assays.figures import (
    COLOURS,
    LINE,
    MUTED,
    dress,
    empty_figure,
    new_figure,
    save_svg,
)

_COLUMNS = 2
_VALUE, _CENSORED = COLOURS[0], COLOURS[1]
_BELOW = frozenset({"lt_lloq", "nd"})
_MOST = 30
_SPREAD = 0.22


def draw_overview(
    rows: Sequence[Mapping],
    handling: Sequence[Mapping],
    labels: Mapping[str, str],
    path: str | Path,
) -> None:
    """Draw each marker by visit on a logarithmic scale, one line a patient.

    Parameters
    ----------
    rows
        Rows of the measurement table.
    handling
        Rows of `handling.COLUMNS`; the title of a panel names the share below the limit.
    labels
        Names of the markers by key, in the order of the config.
    path
        SVG file to write. What lies beyond a limit stands at it, as a triangle that points on.
    """
    order = list(labels)
    shown = sorted(handling, key=lambda one: order.index(_marker(one)))[:_MOST]
    if not shown:
        save_svg(empty_figure("No soluble marker could be evaluated."), path)
        return
    n_rows = math.ceil(len(shown) / _COLUMNS)
    figure = new_figure(7.2, 2.0 * n_rows + 0.4)
    axes = figure.subplots(n_rows, _COLUMNS, squeeze=False).ravel()
    for axis, one in zip(axes, shown, strict=False):
        own = [row for row in rows if row["feature"] == one["feature"] and _height(row)]
        _draw_marker(axis, one, own, labels[_marker(one)])
    for axis in axes[len(shown) :]:
        axis.set_axis_off()
    words = "Triangles: beyond the limit of quantification, which dashed lines show (each plate's)."
    if len(handling) > _MOST:
        words += f" The first {_MOST} of {len(handling)}."
    figure.supxlabel(words, fontsize=7, color=MUTED)
    save_svg(figure, path)


def _height(row: Mapping) -> float | None:
    if row["status"] not in ("ok", "gt_uloq", *_BELOW):
        return None
    value = row["value"] if row["status"] == "ok" else row["limit"]
    return value if value and value > 0 else None


def _marker(one: Mapping) -> str:
    return one["feature"].partition("__")[0]


def _draw_marker(axis, one: Mapping, rows: Sequence[Mapping], label: str) -> None:
    days: dict[str, list[float]] = {}
    for row in rows:
        days.setdefault(row["visit"], []).append(math.nan if row["day"] is None else row["day"])
    visits = sorted(days, key=lambda visit: (_middle(days[visit]), visit))
    patients = dict.fromkeys(sorted({row["patient"] for row in rows}))
    # side by side, so that those at a limit do not hide each other
    offset = dict(zip(patients, np.linspace(-_SPREAD, _SPREAD, len(patients)), strict=True))
    place = {visit: number for number, visit in enumerate(visits)}
    points = [(place[row["visit"]] + offset[row["patient"]], _height(row), row) for row in rows]
    for patient in patients:
        own = sorted((x, y) for x, y, row in points if row["patient"] == patient)
        axis.plot(*zip(*own, strict=True), color=LINE, lw=0.6, zorder=1)
    for statuses, marker, colour in (
        (("ok",), "o", _VALUE),
        (_BELOW, "v", _CENSORED),
        (("gt_uloq",), "^", _CENSORED),
    ):
        of = [(x, y) for x, y, row in points if row["status"] in statuses]
        if of:
            axis.scatter(*zip(*of, strict=True), s=8, marker=marker, c=colour, zorder=2)
    for limit in sorted({row["limit"] for row in rows if row["status"] in _BELOW}):
        axis.axhline(limit, color=MUTED, lw=0.6, ls="--", zorder=0)
    axis.set_yscale("log")
    _label_scale(axis)
    axis.set_xticks(range(len(visits)), visits)
    axis.set_xlim(-0.4, len(visits) - 0.6)
    specimen = one["feature"].rpartition("__")[2]
    title = f"{label}, {specimen}: {one['pct_below']:.0f} % below ({one['handling']})"
    dress(axis, title, "", one["unit"])
    axis.title.set_fontsize(8)


def _label_scale(axis) -> None:
    """Write a few plain numbers at the scale, and no powers of ten."""
    axis.yaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0), numticks=8))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())


def _middle(days: Sequence[float]) -> float:
    known = [day for day in days if not math.isnan(day)]
    return float(np.median(known)) if known else math.inf
