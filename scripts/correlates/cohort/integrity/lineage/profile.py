"""One alarm as a figure: where two patients' draws lie between the two, feature by feature."""

from collections.abc import Sequence

import numpy as np

from correlates.cohort.integrity.lineage.alarm import Alarm
from correlates.cohort.integrity.lineage.distances import Distances
from correlates.cohort.integrity.lineage.features import Fingerprints
from correlates.flow.figures.svg import element, path, shorten, text

INK, GREY, ALARM = "#16191d", "#6b7280", "#c2185b"
_ONE, _OTHER, _RULE = "#35608d", "#3d8b5f", "#d5dae0"
_LABEL_WIDTH, _STRIP_WIDTH, _ROW = 176, 200, 21
# Right ends of the columns of numbers, from where the strip ends.
_COLUMNS = (72, 130, 198)
_FEATURES = 8
# Where the strip ends, with 0 as the one patient and 1 as the other.
_STRIP = (-0.75, 1.75)
_HEADER, _FOOTER = 66, 34


def draw_profile(
    distances: Distances, alarm: Alarm, left: float, top: float
) -> tuple[list[str], float]:
    """Draw an alarm in the features in which its two patients differ most.

    Parameters
    ----------
    distances
        Of the specimen.
    alarm
        The alarm.
    left, top
        Where to draw it.

    Returns
    -------
    Markup, and the height that it takes.
    """
    prints = distances.prints
    pair = int(prints.patient_of[alarm.draws[0]]), alarm.patients[0]
    names = prints.patients[pair[0]], prints.patients[pair[1]]
    draws = np.flatnonzero(np.isin(prints.patient_of, pair))
    placed = {draw: distances.between(draw, *pair) for draw in draws}
    apart = np.mean([gap for _, gap in placed.values()], axis=0)
    chosen = np.argsort(-apart, kind="stable")[:_FEATURES]
    verdict = "Probable swap" if len(alarm.draws) == 2 else "Looks like another patient"
    said = f"{verdict}: {' and '.join(_named(prints, draw) for draw in alarm.draws)}"
    base = top + _HEADER
    parts = [
        text(said, left, top + 4, font_size=13, font_weight=600, fill=ALARM),
        *_key(names, left, top + 22),
        *_heads(names, left, base, base + _ROW * len(chosen) - 6),
    ]
    for number, feature in enumerate(chosen):
        y = base + _ROW * number
        label = shorten(_readable(prints.names[feature]), 30)
        parts.append(text(label, left, y + 4, font_size=11, fill=INK))
        at = {draw: place[feature] for draw, (place, _) in placed.items()}
        parts += _strip(prints, alarm, at, left + _LABEL_WIDTH, y)
        parts += _numbers(_values(prints, feature, draws, alarm), left, y + 4, INK)
    return parts, _HEADER + _ROW * len(chosen) + _FOOTER


def _heads(names: tuple[str, str], left: float, base: float, bottom: float) -> list[str]:
    """Draw the two lines of a strip and the headings of its columns."""
    parts, strip = [], left + _LABEL_WIDTH
    for at, name in zip((0, 1), names, strict=True):
        x = strip + _at(at)
        parts.append(path([(x, base - 12), (x, bottom)], stroke=_RULE))
        shown = {"font_size": 11, "fill": GREY, "text_anchor": "middle"}
        parts.append(text(shorten(f"as {name}", 14), x, base - 17, **shown))
    first, second = (shorten(name, 7) for name in names)
    headings = (f"{first}, others", f"{first} tube", f"{second}, others")
    return parts + _numbers(headings, left, base - 17, GREY)


def _numbers(words: Sequence[str], left: float, y: float, colour: str) -> list[str]:
    ends = (left + _LABEL_WIDTH + _STRIP_WIDTH + column for column in _COLUMNS)
    return [
        text(word, x, y, font_size=10, fill=colour, text_anchor="end")
        for word, x in zip(words, ends, strict=True)
    ]


def _strip(
    prints: Fingerprints, alarm: Alarm, at: dict[int, float], left: float, y: float
) -> list[str]:
    """Draw one feature of all draws of both patients, those in doubt on top."""
    one = prints.patient_of[alarm.draws[0]]
    return [
        _mark(left + _at(at[draw]), y, prints.patient_of[draw] == one, draw in alarm.draws)
        for draw in sorted(at, key=lambda place: place in alarm.draws)
        if np.isfinite(at[draw])
    ]


def _at(place: float) -> float:
    low, high = _STRIP
    return _STRIP_WIDTH * (min(max(place, low), high) - low) / (high - low)


def _named(prints: Fingerprints, draw: int) -> str:
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
            parts.append(_mark(x + 5, y - 4, is_one, is_suspect))
            parts.append(text(words, x + 14, y, font_size=11, fill=INK))
            x += 28 + 5.9 * len(words)
    return parts


def _mark(x: float, y: float, is_one: bool, is_suspect: bool) -> str:
    colour = _ONE if is_one else _OTHER
    if is_suspect:
        corners = [(x, y - 6.5), (x + 6.5, y), (x, y + 6.5), (x - 6.5, y)]
        return path(corners, closed=True, fill=colour, stroke=ALARM, stroke_width=1.8)
    return element("circle", cx=x, cy=y, r=3.6, fill="#fff", stroke=colour, stroke_width=1.6)


def _readable(feature: str) -> str:
    population, _, rest = feature.partition("__")
    statistic, _, of = rest.partition("__")
    return f"{population}, % of {of}" if statistic == "pct" else f"{of} intensity of {population}"


def _values(
    prints: Fingerprints, feature: int, draws: np.ndarray, alarm: Alarm
) -> tuple[str, str, str]:
    """Return ranges of the others of both patients, and the value of the tube, as measured."""
    one = prints.patient_of[alarm.draws[0]]
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
