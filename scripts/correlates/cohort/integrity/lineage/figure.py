"""The swap alarm as a figure: every draw against its own and the nearest other patient.

To the left a dot a draw. To the right, for each alarm, the features in which two patients differ
most: where the tube in question lies between what the one's and the other's draws lead to expect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from correlates.cohort.integrity.lineage.alarm import Alarm
from correlates.cohort.integrity.lineage.distances import Distances
from correlates.cohort.integrity.lineage.profile import ALARM, GREY, INK, draw_profile
from correlates.flow.figures.svg import document, element, halo, path, text

FAINT, NOTE = "#9aa3ad", "#b3720b"
VERDICTS = {
    "own": (FAINT, "looks like its own patient"),
    "exchanged": (ALARM, "probable swap"),
    "like_another": (ALARM, "looks like another patient"),
    "unlike_its_own": (NOTE, "does not look like the others"),
}
_LEFT, _TOP, _SIDE = 58, 62, 380
_PROFILE_LEFT, _PROFILE_WIDTH = 490, 576
_MOST_PROFILES = 4


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
        drawn, height = draw_profile(panel.distances, alarm, _PROFILE_LEFT, top)
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
