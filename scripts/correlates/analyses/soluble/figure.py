"""The figure of changes: each marker's ratio with its interval, and what has only directions."""

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path

from correlates.analyses.soluble.changes import FALLS, QUESTION, RISES
from correlates.analyses.soluble.estimates import RATIO
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

_LOWEST, _HIGHEST = 1 / 16, 16.0
_SHOWN = {RISES: COLOURS[1], FALLS: COLOURS[0]}


def draw_changes(answers: Sequence[Mapping], labels: Mapping[str, str], path: str | Path) -> None:
    """Draw the ratios of each contrast, one panel a contrast.

    Parameters
    ----------
    answers
        Of the question of changes.
    labels
        Names of the markers by key, in the order of the config.
    path
        SVG file to write. An interval without an end runs to the edge; a marker of which only
        directions are known stands as text.
    """
    asked = [one for one in answers if one["question"] == QUESTION and one["n"]]
    contrasts = _contrasts(asked)
    if not contrasts:
        save_svg(empty_figure("No marker has two values of one patient."), path)
        return
    order = list(labels)
    features = sorted({one["feature"] for one in asked}, key=lambda name: _place(name, order))
    figure = new_figure(7.2, 0.24 * len(features) + 1.0)
    axes = figure.subplots(1, len(contrasts), squeeze=False, sharey=True).ravel()
    for axis, contrast in zip(axes, contrasts, strict=True):
        own = {one["feature"]: one for one in asked if one["contrast"].startswith(f"{contrast} (")}
        axis.set_xscale("log", base=2)
        axis.set_xlim(_LOWEST, _HIGHEST)
        axis.axvline(1, color=LINE, lw=1)
        for place, feature in enumerate(features):
            if feature in own:
                _draw_change(axis, place, own[feature])
        ticks = (0.125, 0.25, 0.5, 1, 2, 4, 8)
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        dress(axis, contrast, "times as high", "")
    names = [_name(feature, labels) for feature in features]
    axes[0].set_yticks(range(len(features)), names)
    # room above the first and below the last, whose text would else lie on the axis
    axes[0].set_ylim(len(features) - 0.4, -0.6)
    words = "Filled: a change is claimed (q 0.10). Text: pairs that rose of those with a direction."
    figure.supxlabel(words, fontsize=7, color=MUTED)
    save_svg(figure, path)


def _contrasts(asked: Sequence[Mapping]) -> list[str]:
    """Return the contrasts in the order of the config, as the marker with most of them has it."""
    of_feature: dict[str, list[str]] = {}
    for one in asked:
        contrast = one["contrast"].rpartition(" (")[0]
        of_feature.setdefault(one["feature"], []).append(contrast)
    ordered = sorted(of_feature.values(), key=len, reverse=True)
    return list(dict.fromkeys(contrast for of in ordered for contrast in of))


def _draw_change(axis, place: int, one: Mapping) -> None:
    colour = _SHOWN.get(one["verdict"], MUTED)
    if one["unit"] != RATIO:
        said = "all tied"
        if isfinite(one["estimate"]):
            share, low, high = (100 * one[name] for name in ("estimate", "ci_low", "ci_high"))
            said = f"{share:.0f} % rose ({low:.0f} to {high:.0f})"
        axis.text(1.15, place, said, fontsize=7, va="center", color=colour)
        return
    if not isfinite(one["estimate"]):
        axis.text(1.15, place, "not estimable", fontsize=7, va="center", color=MUTED)
        return
    low, high = max(one["ci_low"], _LOWEST), min(one["ci_high"], _HIGHEST)
    axis.plot([low, high], [place, place], color=colour, lw=1.2)
    face = colour if one["verdict"] in _SHOWN else "white"
    axis.plot(one["estimate"], place, "o", ms=4, color=colour, mfc=face, mec=colour or INK)


def _place(feature: str, order: Sequence[str]) -> tuple[int, str]:
    key = feature.partition("__")[0]
    return (order.index(key) if key in order else len(order), feature)


def _name(feature: str, labels: Mapping[str, str]) -> str:
    key, _, rest = feature.partition("__")
    return f"{labels.get(key, key)}, {rest.rpartition('__')[2]}"
