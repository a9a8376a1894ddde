"""A Levey-Jennings chart as SVG: a control's value in every batch, and the limits it is held to."""

import math
from collections.abc import Mapping, Sequence

from correlates.flow.figures.svg import document, element, halo, path, shorten, text

INK, GREY = "#16191d", "#6b7280"
_BAND3, _BAND2 = "#eef2f6", "#d9e5ee"
_MARKS = {
    "in": ("#35608d", "within limits"),
    "warning": ("#b3720b", "warning (2 SD)"),
    "out": ("#c2185b", "out"),
    "no_limits": ("#6b7280", "no limits yet"),
}
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 16, 46, 62
_HEIGHT = 170
_STEP, _NARROWEST = 46, 330
_LABEL = 9


def draw_levey_jennings(rows: Sequence[Mapping], title: str, unit: str = "") -> str:
    """Draw one series of the control charts.

    Parameters
    ----------
    rows
        Batches in order: ``batch``, ``value``, ``centre``, ``low3``, ``low2``, ``high2``,
        ``high3``, ``verdict`` and ``rules``, as in ``control_charts.tsv``; numbers or text, empty
        or NaN where there is none.
    title
        What is charted.
    unit
        Written behind the title.

    Returns
    -------
    A standalone SVG. Limits differ between batches, since none is judged by itself, so that they
    are drawn as steps; a batch's verdict is told by the shape of its mark and in colour, and the
    rules that it breaks stand above it.
    """
    rows = [dict(row) | {key: _number(row.get(key)) for key in _NUMBERS} for row in rows]
    width = _LEFT + max(_NARROWEST, _STEP * len(rows)) + _RIGHT
    low, high, ticks = _axis(rows)
    step = (width - _LEFT - _RIGHT) / max(len(rows), 1)

    def across(place: float) -> float:
        return _LEFT + step * (place + 0.5)

    def up(value: float) -> float:
        return _TOP + _HEIGHT * (high - value) / (high - low)

    named = f"{title} ({unit})" if unit and unit != "1" else title
    parts = [text(shorten(named, int(width / 8)), 10, 20, font_size=13, fill=INK, font_weight=600)]
    parts.append(text(_subtitle(rows), 10, 36, font_size=11, fill=GREY))
    parts += _limits(rows, step, up)
    for tick in ticks:
        parts.append(path([(_LEFT - 4, up(tick)), (_LEFT, up(tick))], stroke=GREY))
        parts.append(
            text(f"{tick:g}", _LEFT - 7, up(tick) + 4, font_size=11, text_anchor="end", fill=INK)
        )
    frame = {"x": _LEFT, "y": _TOP, "width": width - _LEFT - _RIGHT, "height": _HEIGHT}
    parts.append(element("rect", **frame, fill="none", stroke="#444"))
    known = [(across(place), up(row["value"])) for place, row in enumerate(rows) if _has(row)]
    if len(known) > 1:
        parts.append(path(known, fill="none", stroke=INK, stroke_width=1))
    for place, row in enumerate(rows):
        parts += _batch(row, across(place), up)
    parts += _legend(rows)
    return document(width, _TOP + _HEIGHT + _BOTTOM, *parts, label=_spoken(title, rows))


_NUMBERS = ("value", "centre", "low3", "low2", "high2", "high3")


def _number(value) -> float:
    return math.nan if value in ("", None) else float(value)


def _has(row: Mapping) -> bool:
    return not math.isnan(row["value"])


def _axis(rows: Sequence[Mapping]) -> tuple[float, float, list[float]]:
    """Return an axis that holds every value and the 2 SD limits; wider ones run out of it."""
    shown = [row[key] for row in rows for key in ("value", "low2", "high2", "centre")]
    values = [row["value"] for row in rows if _has(row)]
    shown = [one for one in shown if not math.isnan(one)]
    if not shown:
        return 0.0, 1.0, []
    low, high = min(shown), max(shown)
    if values:
        # The limits of three batches are so wide that the values would be one line.
        middle, reach = (min(values) + max(values)) / 2, max(values) - min(values)
        reach = 2.5 * (reach or abs(middle) * 0.1 or 1.0)
        low, high = max(low, middle - reach), min(high, middle + reach)
        low, high = min([low, *values]), max([high, *values])
    margin = 0.08 * ((high - low) or abs(high) or 1.0)
    low, high = low - margin, high + margin
    size = 10 ** math.floor(math.log10((high - low) / 2))
    size *= next(one for one in (1, 2, 5, 10) if (high - low) / (size * one) <= 6)
    first = math.ceil(low / size)
    ticks = [round(place * size, 12) for place in range(first, math.floor(high / size) + 1)]
    return low, high, ticks


def _limits(rows: Sequence[Mapping], step: float, up) -> list[str]:
    """Draw the bands and the centre of each batch that has limits, cut at the frame."""

    def within(value: float) -> float:
        return min(max(up(value), _TOP), _TOP + _HEIGHT)

    bands, centres = [], []
    for place, row in enumerate(rows):
        if math.isnan(row["centre"]):
            continue
        left, right = _LEFT + step * place, _LEFT + step * (place + 1)
        for ends, colour in (("3", _BAND3), ("2", _BAND2)):
            top, bottom = within(row[f"high{ends}"]), within(row[f"low{ends}"])
            size = {"x": left, "y": top, "width": right - left, "height": bottom - top}
            bands.append(element("rect", **size, fill=colour))
        middle = within(row["centre"])
        centres.append(path([(left, middle), (right, middle)], stroke=GREY, stroke_dasharray="4 3"))
    return [*bands, *centres]


def _batch(row: Mapping, x: float, up) -> list[str]:
    """Draw a batch's mark, the rules it breaks, and its name."""
    name = shorten(str(row["batch"]), _LABEL)
    bottom = _TOP + _HEIGHT + 15
    parts = [text(name, x, bottom, font_size=11, text_anchor="middle", fill=INK)]
    if not _has(row):
        parts.append(text("none", x, bottom - 19, font_size=10, text_anchor="middle", fill=GREY))
        return parts
    y = up(row["value"])
    parts.append(_mark(row["verdict"], x, y))
    rules = [rule for rule in str(row.get("rules") or "").split(";") if rule]
    worst = [rule for rule in rules if rule != "1_2s"] or rules
    if worst:
        colour = _MARKS.get(row["verdict"], _MARKS["no_limits"])[0]
        above = y - 9 if y - 20 > _TOP else y + 18
        said = worst[0] + (" ..." if len(worst) > 1 else "")
        said = text(said, x, above, font_size=10, text_anchor="middle", fill=colour)
        parts.append(halo([said]))
    return parts


def _mark(said: str, x: float, y: float) -> str:
    colour, _ = _MARKS.get(said, _MARKS["no_limits"])
    if said == "out":
        corners = [(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)]
        return path(corners, closed=True, fill=colour, stroke="#fff")
    if said == "warning":
        corners = [(x, y - 6), (x + 5.5, y + 4.5), (x - 5.5, y + 4.5)]
        return path(corners, closed=True, fill=colour, stroke="#fff")
    hollow = said != "in"
    return element(
        "circle",
        cx=x,
        cy=y,
        r=4,
        fill="#fff" if hollow else colour,
        stroke=colour,
        stroke_width=1.5,
    )


def _legend(rows: Sequence[Mapping]) -> list[str]:
    found = {row["verdict"] for row in rows if _has(row)}
    parts, x, y = [], _LEFT + 6, _TOP + _HEIGHT + 40
    for said, (_, words) in _MARKS.items():
        if said in found:
            parts += [_mark(said, x, y - 4), text(words, x + 10, y, font_size=11, fill=INK)]
            x += 24 + 6.4 * len(words)
    return parts


def _subtitle(rows: Sequence[Mapping]) -> str:
    count = sum(_has(row) for row in rows)
    batches = f"{count} batch{'' if count == 1 else 'es'}"
    if all(math.isnan(row["centre"]) for row in rows):
        return f"{batches}; too few for limits"
    return f"{batches}; bands: 2 and 3 SD of the others, wider where these are few"


def _spoken(title: str, rows: Sequence[Mapping]) -> str:
    out = [str(row["batch"]) for row in rows if row["verdict"] == "out"]
    said = f"out of limits: {', '.join(out)}" if out else "no batch is out of limits"
    return f"Levey-Jennings chart of {title}; {said}"
