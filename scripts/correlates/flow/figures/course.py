"""The course of one acquisition: flow rate and signals over time, and what was removed of it."""

from collections.abc import Mapping

import numpy as np

from correlates.flow.figures.svg import document, element, path, shorten, text, wrap
from correlates.flow.quality.acquisition_time import DRIFT, NO_MAJORITY, TimeRanges
from correlates.flow.quality.clock import BACKWARDS, COARSE, CONSTANT, FEW, NO_NUMBER, NO_TIME
from correlates.flow.quality.steadiness import Course, quantile_words

_WIDTH, _HEIGHT = 720, 88
_LEFT, _TOP, _GAP, _BOTTOM = 66, 74, 36, 44
_SIGNALS = 4
_LINE = "#1f5a91"
_REMOVED = "#f6c7a8"
_MARK = "#b3450b"
_MUTED = "#5b6470"
_TICKS = 6
# A signal is drawn over no less than this on its asinh scale, so that noise looks like noise.
_LEAST_SPAN = 0.5
_REASONS = {
    NO_TIME: "The file has no Time channel, so that its acquisition cannot be judged.",
    CONSTANT: "The Time channel holds one value, so that the acquisition cannot be judged.",
    BACKWARDS: "The Time channel goes back, so that the acquisition cannot be judged.",
    NO_NUMBER: "The Time channel holds no numbers, so that the acquisition cannot be judged.",
    COARSE: "The Time channel is too coarse to judge the acquisition by.",
    FEW: "The file holds too few events to judge its acquisition.",
}


def draw_course(found: TimeRanges | None, markers: Mapping[str, str], title: str) -> str:
    """Draw the flow rate, and the signals of the channels that stray furthest, over time.

    Parameters
    ----------
    found
        What was found; None where the file was refused, or no template row looked at it.
    markers
        Marker by channel.
    title
        The acquisition.

    Returns
    -------
    A standalone SVG document; what is not steady is shaded in every plot.
    """
    head = text(shorten(f"Course of {title}", 90), 14, 26, font_size=15, font_weight=600)
    width = _LEFT + _WIDTH + 20
    if found is None or found.steady is None:
        flag = found.flags[0] if found is not None and found.flags else ""
        why = _REASONS.get(flag, "Nobody looked at the course of this acquisition.")
        lines = [text(line, 14, 52 + 18 * n, font_size=12) for n, line in enumerate(wrap(why, 100))]
        return document(width, 110, head, *lines, label=f"Course of {title}: {why}")
    said = _said(found)
    courses = [("events per second", found.steady.rate, True)]
    courses += [
        (_signal_label(name, markers.get(name, ""), course), course, False)
        for name, course in list(found.steady.signals.items())[:_SIGNALS]
    ]
    plots = [
        _plot(found, label, course, is_rate, _TOP + number * (_HEIGHT + _GAP))
        for number, (label, course, is_rate) in enumerate(courses)
    ]
    height = _TOP + len(plots) * (_HEIGHT + _GAP) + _BOTTOM - _GAP
    below = text(
        "seconds from the first event", _LEFT + _WIDTH, height - 8, font_size=11, text_anchor="end"
    )
    words = text(said, 14, 46, font_size=12, fill=_MUTED)
    return document(width, height, head, words, *plots, below, label=f"Course of {title}: {said}")


def _signal_label(name: str, marker: str, course: Course) -> str:
    label = f"{marker} ({name})" if marker else name
    return label if course.share == 0.5 else f"{label}, {quantile_words(course.share)}"


def _said(found: TimeRanges) -> str:
    share = f"{100 * found.unsteady_share:.1f} % of the events"
    if NO_MAJORITY in found.flags:
        return f"{share} are not steady (shaded); none was removed, for want of a steady part."
    if DRIFT in found.flags:
        return "Some dyes drift throughout; none of the events was removed."
    if not found.unsteady_share:
        return "Steady throughout: no event was removed."
    return f"{share} are not steady (shaded)."


def _plot(found: TimeRanges, label: str, course: Course, is_rate: bool, top: float) -> str:
    begin, end = map(float, found.moments.seconds[[0, -1]])

    def across(time):
        return _LEFT + _WIDTH * (time - begin) / max(end - begin, 1e-12)

    low, high = _span(course, is_rate)
    bounds = found.moments.at(course.starts)
    middles = (bounds[:-1] + bounds[1:]) / 2
    heights = top + _HEIGHT * (1 - (np.clip(course.values, low, high) - low) / (high - low))
    usual = top + _HEIGHT * (1 - (course.usual - low) / (high - low))
    shades = [
        element("rect", x=x, y=top, width=max(w, 1), height=_HEIGHT, fill=_REMOVED)
        for x, w in _shades(found, across)
    ]
    frame = element(
        "rect", x=_LEFT, y=top, width=_WIDTH, height=_HEIGHT, fill="none", stroke="#999"
    )
    level = path([(_LEFT, usual), (_LEFT + _WIDTH, usual)], stroke=_MARK, stroke_dasharray="4 3")
    line = path(zip(across(middles), heights, strict=True), fill="none", stroke=_LINE)
    words = text(shorten(label, 60), _LEFT, top - 5, font_size=11)
    ends = [
        text(_short(value), _LEFT - 5, y, font_size=10, text_anchor="end", fill=_MUTED)
        for value, y in ((high, top + 9), (low, top + _HEIGHT))
    ]
    ticks = [
        text(_short(time - begin), across(time), top + _HEIGHT + 13, font_size=10, fill=_MUTED)
        for time in np.linspace(begin, end, _TICKS)[:-1].tolist()
    ]
    return element("g", *shades, frame, level, line, words, *ends, *ticks)


def _span(course: Course, is_rate: bool) -> tuple[float, float]:
    """Return the ends of the axis: a rate from nothing, a signal around what it does."""
    low, high = np.quantile(course.values, [0.005, 0.995])
    if is_rate:
        return 0.0, float(max(1.3 * high, 1.5 * course.usual, 1e-9))
    middle, half = (low + high) / 2, max((high - low) * 0.7, _LEAST_SPAN / 2)
    return float(middle - half), float(middle + half)


def _shades(found: TimeRanges, across) -> list[tuple[float, float]]:
    ends = [found.moments.at(np.array(removed)) for removed in found.steady.removed]
    return [(float(across(a)), float(across(b) - across(a))) for a, b in ends]


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 or value == 0 else f"{value:.2g}"
