"""The swap alarm as a figure: every draw against its own and the nearest other patient.

To the left a dot a draw. To the right, for each alarm, the features in which two patients differ
most: where the tube in question lies between what the one's and the other's draws lead to expect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.cohort.integrity.lineage.alarm import Alarm
from correlates.cohort.integrity.lineage.distances import Distances
from correlates.flow.figures.svg import document, element, halo, path, shorten, text

INK, GREY, FAINT, RULE_GREY = "#16191d", "#6b7280", "#9aa3ad", "#d5dae0"
ALARM, NOTE = "#c2185b", "#b3720b"
ONE, OTHER = "#35608d", "#3d8b5f"
VERDICTS = {
    "own": (FAINT, "looks like its own patient"),
    "exchanged": (ALARM, "probable swap"),
    "like_another": (ALARM, "looks like another patient"),
    "unlike_its_own": (NOTE, "does not look like the others"),
}
_LEFT, _TOP, _SIDE = 58, 62, 380
_PROFILE_LEFT, _PROFILE_WIDTH = 490, 560
_LABEL_WIDTH, _STRIP_WIDTH, _ROW = 176, 200, 21
_FEATURES, _MOST_PROFILES = 8, 4
# Where the strip ends, with 0 as the one patient and 1 as the other.
_STRIP = (-0.75, 1.75)
_HEADER, _FOOTER = 66, 34


@dataclass(frozen=True)
class Panel:
    """One specimen to draw: its scores, and what they were made of."""

    specimen: str
    scores: pd.DataFrame
    distances: Distances
    alarms: Sequence[Alarm]


def draw_fingerprints(panels: Sequence[Panel], why_none: str = "") -> str:
    """Draw the swap alarm.

    Parameters
    ----------
    panels
        The specimens that were judged.
    why_none
        What is written if there is none.

    Returns
    -------
    A standalone SVG; what is not judged is not in it.
    """
    width = _PROFILE_LEFT + _PROFILE_WIDTH + 10
    if not panels:
        said = text(f"Swap alarm: {why_none}", 12, 30, font_size=13, fill=INK)
        return document(width, 50, said, label=f"Swap alarm: {why_none}")
    parts, top = [], 0.0
    for panel in panels:
        drawn, height = _panel(panel)
        parts.append(element("g", *drawn, transform=f"translate(0 {top:g})"))
        top += height
    spoken = "; ".join(_spoken(panel) for panel in panels)
    return document(width, top, *parts, label=f"Swap alarm. {spoken}")


def _spoken(panel: Panel) -> str:
    flagged = panel.scores[~panel.scores["verdict"].isin(("own", "not_judged"))]
    named = [f"{one.patient} {one.visit} ({one.verdict})" for one in flagged.itertuples()]
    return f"{panel.specimen}: {', '.join(named) or 'every draw looks like its own patient'}"


def _panel(panel: Panel) -> tuple[list[str], float]:
    judged = panel.scores[panel.scores["judged"].astype(bool)]
    features = len(panel.distances.prints.names)
    title = f"Does each draw look like its patient's other draws? ({panel.specimen})"
    about = (
        f"{len(judged)} draws of {judged['patient'].nunique()} patients, {features} lineage "
        "features, adjusted for visit and batch; nothing was moved or left out"
    )
    parts = [
        text(title, 12, 22, font_size=14, font_weight=600, fill=INK),
        text(about, 12, 40, font_size=11, fill=GREY),
        *_dots(judged),
    ]
    top = _TOP
    for alarm in panel.alarms[:_MOST_PROFILES]:
        drawn, height = _profile(panel, alarm, top)
        parts += drawn
        top += height
    if not panel.alarms:
        said = "No draw fits another patient better than chance lets any draw fit."
        parts.append(text(said, _PROFILE_LEFT, top + 14, font_size=12, fill=GREY))
    more = len(panel.alarms) - _MOST_PROFILES
    if more > 0:
        said = f"{more} more in results/cohort/fingerprints.tsv"
        parts.append(text(said, _PROFILE_LEFT, top + 12, font_size=11, fill=GREY))
        top += 20
    return parts, max(top, _TOP + _SIDE + 74) + 10


def _dots(judged: pd.DataFrame) -> list[str]:
    """Draw own distance against that to the nearest other patient, on equal axes."""
    own, other = (judged[name].astype(float) for name in ("own_distance", "other_distance"))
    most = 1.08 * max(own.max(), other.max(), 1.0)
    bottom = _TOP + _SIDE

    def across(value: float) -> float:
        return _LEFT + _SIDE * value / most

    def up(value: float) -> float:
        return bottom - _SIDE * value / most

    corners = [(_LEFT, bottom), (_LEFT + _SIDE, bottom), (_LEFT + _SIDE, _TOP)]
    parts = [path(corners, closed=True, fill="#faf1f5")]
    parts.append(path([corners[0], corners[2]], stroke=GREY, stroke_dasharray="4 3"))
    frame = {"x": _LEFT, "y": _TOP, "width": _SIDE, "height": _SIDE}
    parts.append(element("rect", **frame, fill="none", stroke="#444"))
    for tick in _ticks(most):
        said = {"font_size": 11, "fill": INK}
        parts.append(text(f"{tick:g}", across(tick), bottom + 16, text_anchor="middle", **said))
        parts.append(text(f"{tick:g}", _LEFT - 7, up(tick) + 4, text_anchor="end", **said))
    middle = _LEFT + _SIDE / 2
    below = "distance to its own patient's other draws (SD)"
    beside = "distance to the nearest other patient (SD)"
    named = {"font_size": 12, "fill": INK, "text_anchor": "middle"}
    parts.append(text(below, middle, bottom + 34, **named))
    turned = f"rotate(-90 18 {_TOP + _SIDE / 2:g})"
    parts.append(text(beside, 18, _TOP + _SIDE / 2, transform=turned, **named))
    quiet = {"font_size": 11, "fill": GREY}
    parts.append(text("like its own patient", _LEFT + 8, _TOP + 16, **quiet))
    end = {"x": _LEFT + _SIDE - 8, "y": bottom - 10}
    parts.append(text("like another patient", *end.values(), text_anchor="end", **quiet))
    rows = judged.sort_values("verdict", key=lambda one: one != "own", kind="stable")
    places = [
        (across(float(r.own_distance)), up(float(r.other_distance))) for r in rows.itertuples()
    ]
    for one, (x, y) in zip(rows.itertuples(), places, strict=True):
        parts.append(_mark(one.verdict, x, y))
    parts += _names(rows, places)
    return parts + _legend(rows, bottom + 56)


def _ticks(most: float) -> list[float]:
    step = next(size for size in (0.25, 0.5, 1, 2, 5, 10, 20, 50) if most / size <= 6)
    return [round(step * number, 4) for number in range(int(most / step) + 1)]


def _mark(verdict: str, x: float, y: float) -> str:
    colour, _ = VERDICTS.get(verdict, VERDICTS["own"])
    if verdict == "own":
        return element("circle", cx=x, cy=y, r=3.2, fill=colour, fill_opacity=0.75)
    if verdict == "unlike_its_own":
        corners = [(x, y - 6), (x + 5.5, y + 4.5), (x - 5.5, y + 4.5)]
        return path(corners, closed=True, fill=colour, stroke="#fff")
    corners = [(x, y - 6.5), (x + 6.5, y), (x, y + 6.5), (x - 6.5, y)]
    return path(corners, closed=True, fill=colour, stroke="#fff")


def _names(rows: pd.DataFrame, places: list[tuple[float, float]]) -> list[str]:
    """Label what is not its own patient's, one below the other where labels would meet."""
    parts, taken = [], []
    labelled = [
        (y, x, one)
        for one, (x, y) in zip(rows.itertuples(), places, strict=True)
        if one.verdict != "own"
    ]
    for y, x, one in sorted(labelled, key=lambda label: label[:2]):
        said = f"{one.patient} {one.visit}"
        if one.verdict != "unlike_its_own":
            said += f", like {one.nearest_other}"
        is_right = x > _LEFT + 0.62 * _SIDE
        at = y + 4
        while any(abs(at - other) < 13 for other in taken):
            at += 13
        taken.append(at)
        colour, _ = VERDICTS[one.verdict]
        anchor = "end" if is_right else "start"
        label = text(
            said, x - 10 if is_right else x + 10, at, font_size=11, fill=colour, text_anchor=anchor
        )
        parts.append(halo([label]))
    return parts


def _legend(rows: pd.DataFrame, y: float) -> list[str]:
    parts, x = [], _LEFT
    for verdict, (_, words) in VERDICTS.items():
        if (rows["verdict"] == verdict).any():
            parts += [_mark(verdict, x + 5, y - 4), text(words, x + 15, y, font_size=11, fill=INK)]
            x += 30 + 5.9 * len(words)
    return parts


def _profile(panel: Panel, alarm: Alarm, top: float) -> tuple[list[str], float]:
    """Draw where the draws of two patients lie between the two, in their most telling features."""
    distances = panel.distances
    prints = distances.prints
    one, other = int(prints.patient_of[alarm.draws[0]]), alarm.patients[0]
    names = prints.patients[one], prints.patients[other]
    draws = np.flatnonzero(np.isin(prints.patient_of, (one, other)))
    placed = {draw: distances.between(draw, one, other) for draw in draws}
    apart = np.mean([gap for _, gap in placed.values()], axis=0)
    chosen = sorted(np.argsort(-apart, kind="stable")[:_FEATURES], key=lambda f: -apart[f])
    suspects = set(alarm.draws)
    left, strip = _PROFILE_LEFT, _PROFILE_LEFT + _LABEL_WIDTH
    verdict = "Probable swap" if len(suspects) == 2 else "Looks like another patient"
    said = " and ".join(_named(prints, draw) for draw in alarm.draws)
    parts = [
        text(f"{verdict}: {said}", left, top + 4, font_size=13, font_weight=600, fill=ALARM),
        *_key(names, left, top + 22),
    ]
    heads = (*((_at(at), f"as {name}") for at, name in zip((0, 1), names, strict=True)),)
    base = top + _HEADER
    bottom = base + _ROW * len(chosen) - 6
    for x, head in heads:
        parts.append(path([(strip + x, base - 12), (strip + x, bottom)], stroke=RULE_GREY))
        shown = {"font_size": 11, "fill": GREY, "text_anchor": "middle"}
        parts.append(text(shorten(head, 14), strip + x, base - 17, **shown))
    numbers = strip + _STRIP_WIDTH + 12
    first, second = (shorten(name, 8) for name in names)
    headings = (f"{first}, others", "in doubt", f"{second}, others")
    columns = (numbers + 66, numbers + 108, numbers + 180)
    for x, heading in zip(columns, headings, strict=True):
        parts.append(text(heading, x, base - 17, font_size=10, fill=GREY, text_anchor="end"))
    for number, feature in enumerate(chosen):
        y = base + _ROW * number
        label = shorten(_readable(prints.names[feature]), 30)
        parts.append(text(label, left, y + 4, font_size=11, fill=INK))
        for draw in sorted(draws, key=lambda place: place in suspects):
            at = placed[draw][0][feature]
            if np.isfinite(at):
                is_one = prints.patient_of[draw] == one
                parts.append(_strip_mark(strip + _at(at), y, is_one, draw in suspects))
        for x, value in zip(columns, _values(prints, feature, draws, alarm, one), strict=True):
            parts.append(text(value, x, y + 4, font_size=10, fill=INK, text_anchor="end"))
    return parts, _HEADER + _ROW * len(chosen) + _FOOTER


def _at(place: float) -> float:
    low, high = _STRIP
    return _STRIP_WIDTH * (min(max(place, low), high) - low) / (high - low)


def _named(prints, draw: int) -> str:
    one = prints.draws.iloc[draw]
    return f"{one['patient']} {one['visit']}"


def _key(names: tuple[str, str], x: float, y: float) -> list[str]:
    """Say what the marks of a profile are."""
    parts = []
    for name, is_one in zip(names, (True, False), strict=True):
        for is_suspect, words in (
            (False, f"{name}, other draws"),
            (True, f"{name}, tube in doubt"),
        ):
            parts.append(_strip_mark(x + 5, y - 4, is_one, is_suspect))
            parts.append(text(words, x + 14, y, font_size=11, fill=INK))
            x += 28 + 5.9 * len(words)
    return parts


def _strip_mark(x: float, y: float, is_one: bool, is_suspect: bool) -> str:
    colour = ONE if is_one else OTHER
    if is_suspect:
        corners = [(x, y - 6.5), (x + 6.5, y), (x, y + 6.5), (x - 6.5, y)]
        return path(corners, closed=True, fill=colour, stroke=ALARM, stroke_width=1.8)
    return element("circle", cx=x, cy=y, r=3.6, fill="#fff", stroke=colour, stroke_width=1.6)


def _readable(feature: str) -> str:
    population, _, rest = feature.partition("__")
    statistic, _, of = rest.partition("__")
    return f"{population}, % of {of}" if statistic == "pct" else f"{of} intensity of {population}"


def _values(prints, feature: int, draws, alarm: Alarm, one: int) -> tuple[str, str, str]:
    """Return ranges of the others of both patients, and the value of the tube, as measured."""
    column = prints.values[:, feature]
    is_share = "__pct__" in prints.names[feature]
    shown = 100 / (1 + np.exp(-column)) if is_share else np.exp(column)
    others = [draw for draw in draws if draw not in alarm.draws]
    own = shown[[draw for draw in others if prints.patient_of[draw] == one]]
    theirs = shown[[draw for draw in others if prints.patient_of[draw] != one]]
    unit = "" if not is_share else " %"
    return _range(own, unit), _range(shown[[alarm.draws[0]]], unit), _range(theirs, unit)


def _range(values: np.ndarray, unit: str) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return "none"
    ends = dict.fromkeys(_short(value) for value in (known.min(), known.max()))
    return f"{'–'.join(ends)}{unit}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"
