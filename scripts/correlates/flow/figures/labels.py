"""What stands written on one plot of the gating figure: heading, counts, shares and flags."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from correlates.flow.figures.axes import Axis
from correlates.flow.figures.places import Places
from correlates.flow.figures.plots import Outline, Plot
from correlates.flow.figures.svg import CHARACTER_EM, element, halo, path, shorten, text

PLOT_WIDTH = 252
PLOT_HEIGHT = 282
LEFT, TOP = 48, 40
SMALL = 11
INK = "#16191d"
_LINE = 13
_FLAG = "#b3450b"
# What a flag of a gate says, as short as the room beside a heading asks for.
FLAG_WORDS = {
    "fallback_no_valley": "no valley found",
    "fallback_few_events": "too few events",
    "fallback_no_events": "no events",
    "valley_outside_prior": "valley out of range",
    "quantile_outside_prior": "quantile out of range",
    "fallback_no_spread": "all of one value",
    "fallback_no_cluster": "no cluster found",
    "fallback_no_convergence": "mixture not settled",
    "fallback_own_events": "own events",
    "negative_below_floor": "few negatives",
    "clamped_to_gate_range": "end of range",
}
# Flags of a reference tube begin with its kind: fmo_missing, control_refused_no_events.
_TUBES = {"fmo": "FMO", "control": "control", "unstim": "unstim", "unstained": "unstained"}
_TUBES["single"] = "single stain"
_OF_TUBES = (
    ("missing", "no {}"),
    ("parent_below_floor", "{} too small"),
    ("refused", "{} refused"),
    ("batch_median", "{} of batch"),
)


@dataclass(frozen=True)
class PlotData:
    """What one plot needs.

    Parameters
    ----------
    plot
        Its gates.
    axes
        One or two axes.
    columns
        Linear values of the drawn events, one array an axis.
    rows
        Rows of the populations table by population.
    """

    plot: Plot
    axes: list[Axis]
    columns: list[np.ndarray]
    rows: Mapping[str, Mapping[str, Any]]


def percent_text(n: int, n_parent: int) -> str:
    """Return a share of the parent with about three significant digits; ``–`` without a parent."""
    if n_parent == 0:
        return "–"
    share = 100 * n / n_parent
    if n in (0, n_parent):
        return f"{share:.0f} %"
    digits = 1 if share >= 10 else 2 if share >= 0.1 else 3
    return f"{share:.{digits}f} %"


def gate_labels(drawn: PlotData, outlines: list[Outline], ink: np.ndarray) -> str:
    """Return the share and the count of each gate on a pale plate, off lines and other labels.

    Parameters
    ----------
    drawn
        The plot.
    outlines
        Its gates, in order.
    ink
        Where events are drawn: bool, rows from the top.
    """
    places = Places(ink, [outline.points for outline in outlines])
    plates, labels = [], []
    for outline in outlines:
        layouts = _layouts(drawn, outline.population, len(outlines) > 1)
        sizes = [_size(lines) for lines in layouts]
        chosen, x, y = places.put(outline.points, sizes)
        width, height = sizes[chosen]
        plates.append(element("rect", x=x - width / 2, y=y, width=width, height=height, rx=2))
        labels += [
            text(line, x, y + _LINE * i + 11, font_weight=600 if i == 0 else None)
            for i, line in enumerate(layouts[chosen])
        ]
    style = {"font_size": SMALL, "text_anchor": "middle", "fill": INK}
    # events below a plate still show
    return element("g", *plates, fill="#fff", fill_opacity=0.72) + halo(labels, **style)


def _size(lines: list[str]) -> tuple[float, float]:
    return max(map(len, lines)) * SMALL * CHARACTER_EM + 2, _LINE * len(lines) + 2


def _layouts(drawn: PlotData, population: str, named: bool) -> list[list[str]]:
    """Return the ways to write a label, the widest first."""
    row = drawn.rows.get(population)
    if row is None:
        return [[shorten(population, 26)]]
    n, n_parent = int(row["n"]), int(row["n_parent"])
    share = percent_text(n, n_parent)
    if not named:
        return [[share, f"n = {n:,}"]]
    name = shorten(_own_name(population, drawn.plot.parent), 22)
    return [[name, f"{share} ({n:,})"], [name, share, f"({n:,})"]]


def _own_name(population: str, parent: str) -> str:
    return population.removeprefix(f"{parent}_")


def heading(drawn: PlotData) -> list[str]:
    """Return the title, the events behind the plot, and a mark where a gate carries a flag."""
    plot, names = drawn.plot, drawn.plot.populations
    parent = "all events" if plot.parent == "root" else plot.parent
    own = [_own_name(name, plot.parent) for name in names]
    title = f"{parent} → {names[0] if len(names) == 1 else ', '.join(own)}"
    if len(names) > 1 and len(title) > 36:
        title = f"{parent} → {len(names)} populations"
    total = _parent_events(drawn)
    count = f"{total:,} parent events"
    # a histogram of a sample is the same curve, dots that are left out are missing dots
    shown = len(drawn.columns[0])
    if shown < total and len(drawn.axes) == 2:
        count += f", {shown:,} drawn"
    parts = [
        text(shorten(title, 37), 6, 15, font_size=12, font_weight=600, fill=INK),
        text(count, 6, 31, font_size=SMALL, fill="#444"),
    ]
    flags = _flags(drawn)
    if flags:
        parts.append(_flag_mark(flags, PLOT_WIDTH - 14 - len(count) * SMALL * CHARACTER_EM))
    return parts


def _flag_mark(flags: list[str], room: float) -> str:
    """Return a sign and the flags, as many as the room (px) beside the count of events holds."""
    right = PLOT_WIDTH - 4
    triangle = path(
        [(right - 16, 18), (right, 18), (right - 8, 4)], True, fill=_FLAG, stroke="none"
    )
    sign = path([(right - 8, 9), (right - 8, 13.5)], stroke="#fff", stroke_width=1.8)
    dot = element("circle", cx=right - 8, cy=16, r=1, fill="#fff")
    shown = text(
        _that_fit(flags, int(room / (SMALL * CHARACTER_EM))), right, 31, font_size=SMALL,
        fill=_FLAG, text_anchor="end", font_weight=600,
    )  # fmt: skip
    return element("g", triangle, sign, dot, shown, class_="flag")


def _that_fit(flags: list[str], characters: int) -> str:
    shown = ", ".join(flags)
    while len(shown) > characters and len(flags) > 1:
        # the others stand in the populations table and on the laboratory's page
        flags = flags[:-1]
        shown = f"{', '.join(flags)} ..."
    return shorten(shown, max(characters, 8))


def _in_words(flag: str) -> str:
    kind, _, rest = flag.partition("_")
    if kind in _TUBES:
        for begin, said in _OF_TUBES:
            if rest.startswith(begin):
                return said.format(_TUBES[kind])
    return FLAG_WORDS.get(flag, flag.replace("_", " "))


def _flags(drawn: PlotData) -> list[str]:
    """Return the flags of a plot's gates in words."""
    found: dict[str, None] = {}
    for name in drawn.plot.populations:
        for flag in str(drawn.rows.get(name, {}).get("flags") or "").split(";"):
            if flag.startswith("saturated_"):
                found["saturated detector"] = None
            elif flag.strip():
                found[_in_words(flag.strip())] = None
    return list(found)


def _parent_events(drawn: PlotData) -> int:
    for name in drawn.plot.populations:
        if name in drawn.rows:
            return int(drawn.rows[name]["n_parent"])
    # parts of an expression have no row of their own; their parent has
    own = drawn.rows.get(drawn.plot.parent)
    return len(drawn.columns[0]) if own is None else int(own["n"])


def description(drawn: PlotData) -> str:
    """Return in words what the plot shows, for who cannot see it."""
    plot = drawn.plot
    shares = []
    for name in plot.populations:
        row = drawn.rows.get(name)
        if row is not None:
            n, n_parent = int(row["n"]), int(row["n_parent"])
            shares.append(f"{name} {percent_text(n, n_parent)} ({n:,} of {n_parent:,})")
    axes = " against ".join(axis.label for axis in drawn.axes)
    flags = _flags(drawn)
    tail = f". Flags: {', '.join(flags)}" if flags else ""
    return f"{axes}, events of {plot.parent}: {'; '.join(shares)}{tail}"
