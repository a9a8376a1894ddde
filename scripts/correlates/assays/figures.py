"""One look of the assays' figures, and how they are written: the same content, the same bytes."""

from pathlib import Path

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from correlates.tables import whole_file

# Without these, text in an SVG would be outlines and its ids random.
matplotlib.rcParams["svg.fonttype"] = "none"
matplotlib.rcParams["svg.hashsalt"] = "assays"
matplotlib.rcParams["font.family"] = ["DejaVu Sans"]
# Told apart by people with any colour vision (Okabe and Ito), on white.
INK, MUTED, LINE = "#1b2026", "#56606b", "#d6dce2"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f")
# What stands for a verdict everywhere: colour and, since colour alone is not enough, a mark.
VERDICT_COLOUR = {"pass": "#1e6446", "flag": "#b26a00", "fail": "#a1160a"}
VERDICT_MARK = {"pass": "o", "flag": "^", "fail": "X"}


def new_figure(width: float = 7.2, height: float = 4.2) -> Figure:
    """Return an empty figure, in inches; one that shall be read on a phone is at most 7.2 wide."""
    return Figure(figsize=(width, height), layout="constrained")


def dress(axis, title: str = "", x: str = "", y: str = "") -> None:
    """Give an axis its title and labels, and take the frame's upper and right line away."""
    axis.set_title(title, fontsize=10, loc="left", color=INK)
    axis.set_xlabel(x, fontsize=9, color=INK)
    axis.set_ylabel(y, fontsize=9, color=INK)
    axis.tick_params(labelsize=8, colors=INK)
    axis.spines[["top", "right"]].set_visible(False)


def empty_figure(words: str) -> Figure:
    """Return a figure that says in words why there is nothing to draw."""
    figure = new_figure(7.2, 1.2)
    figure.text(0.02, 0.5, words, fontsize=10, color=MUTED, va="center", wrap=True)
    return figure


def save_svg(figure: Figure, path: str | Path) -> None:
    """Write a figure as SVG, whole; no date is in it.

    The canvas lays it out and draws it once; ``savefig`` would draw it a second time, unseen.
    """
    with whole_file(path, "wb") as stream:
        FigureCanvasSVG(figure).print_svg(stream, metadata={"Date": None})
