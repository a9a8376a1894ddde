"""The paired changes of the named genes, patient by patient."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from correlates.analyses.rnaseq.named import Asked
from correlates.analyses.rnaseq.sentences import feature_words
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

_MOST = 40


def draw_changes(asked: Sequence[Asked], path: str | Path) -> None:
    """Draw each patient's change, their mean and its interval, one line a feature and contrast.

    Parameters
    ----------
    asked
        What was tested; changes of inclusion stand in points beside the log2 changes.
    path
        SVG file to write.
    """
    parts = {
        "log2 change": [one for one in asked if one.pairs and "__psi10" not in one.feature],
        "change of inclusion": [one for one in asked if one.pairs and "__psi10" in one.feature],
    }
    parts = {name: shown[:_MOST] for name, shown in parts.items() if shown}
    if not parts:
        save_svg(empty_figure("No patient has both draws of a contrast."), path)
        return
    lines = [len(shown) for shown in parts.values()]
    figure = new_figure(7.2, 0.8 * len(parts) + 0.27 * sum(lines))
    axes = figure.subplots(len(parts), 1, squeeze=False, height_ratios=lines).ravel()
    for axis, (name, shown) in zip(axes, parts.items(), strict=True):
        _draw_part(axis, name, shown)
    save_svg(figure, path)


def _draw_part(axis, name: str, shown: Sequence[Asked]) -> None:
    contrasts = list(dict.fromkeys(one.contrast.name for one in shown))
    axis.axvline(0, color=LINE, lw=1, zorder=0)
    for place, one in enumerate(shown):
        colour = COLOURS[contrasts.index(one.contrast.name) % len(COLOURS)]
        known = [pair for pair in one.pairs if not pair.is_censored]
        for pair in known:
            axis.scatter(pair.low, place, s=9, color=colour, alpha=0.5,
                         marker="x" if pair.is_doubtful else "o")  # fmt: skip
        shift = one.shift
        if shift is None or shift.mean_low != shift.mean_high:
            continue
        if np.isfinite([shift.low, shift.high]).all():
            axis.plot([shift.low, shift.high], [place, place], color=INK, lw=1.2)
        axis.scatter(shift.mean_low, place, s=26, marker="D", color=INK, zorder=4)
    labels = [f"{feature_words(one.feature)}, {one.contrast.name}" for one in shown]
    axis.set_yticks(range(len(shown)), labels)
    # room above the first and below the last, which would else lie on the axes
    axis.set_ylim(len(shown) - 0.4, -0.6)
    dress(axis, "", name, "")
    axis.tick_params(axis="y", labelsize=6, length=0)
    if name == "log2 change":
        said = "dots: patients (x: flagged); diamond and line: mean with its interval"
        axis.set_title(said, fontsize=7, loc="left", color=MUTED)
