"""The course of every patient on one page: the swimmer plot."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from correlates.flow.figures.svg import element, number, shorten, text
from correlates.report.plot_axes import FAINT, GRID, INK, plot_svg

IBRUTINIB, COMBINATION, HELD = "#c3d7ea", "#e9b872", "#ffffff"
RESPONSE, PROGRESSION, FLARE = "#0b4f43", "#b3450b", "#7a1046"
_WIDTH = 360
_LEFT, _RIGHT, _TOP = 44, 14, 8
_ROW, _BAR = 17, 9
_LEGEND_ROW = 17
_DAYS_OF_MONTH = 365.25 / 12
# What is drawn, in the order of the legend.
_PERIODS = {"ibrutinib": IBRUTINIB, "lenalidomide": COMBINATION, "hold": HELD}
_LEGEND = (
    ("ibrutinib", "ibrutinib"),
    ("lenalidomide", "with lenalidomide"),
    ("hold", "held"),
    ("flare", "tumor flare, with its grade"),
    ("response", "first response"),
    ("progression", "progression"),
    ("death", "death"),
    ("ongoing", "goes on"),
)


def swimmer_plot(rows: Sequence[Mapping], label: str) -> str:
    """Draw one lane a patient, the longest on top.

    Parameters
    ----------
    rows
        Of ``courses.tsv``: ``patient``, ``what`` (``ibrutinib``, ``lenalidomide``, ``hold``,
        ``flare``, ``response``, ``progression``, ``death``, ``ongoing``), ``start_day``,
        ``stop_day`` (of periods), ``label``.
    label
        What the plot shows, for who cannot see it.
    """
    by_patient: dict[str, list[Mapping]] = {}
    for row in rows:
        by_patient.setdefault(row["patient"], []).append(row)
    lanes = sorted(by_patient.items(), key=lambda lane: (-_last(lane[1]), lane[0]))
    last = max((_last(own) for _, own in lanes), default=28.0)
    bottom = _TOP + _ROW * len(lanes)
    axis = [_tick(months, last, bottom) for months in _tick_months(last - 1)]
    drawn = [_lane(name, own, _TOP + _ROW * at, last) for at, (name, own) in enumerate(lanes)]
    used = {row["what"] for row in rows}
    legend = _legend([one for one in _LEGEND if one[0] in used], bottom + 32)
    height = bottom + 32 + _LEGEND_ROW * ((len(legend) + 1) // 2)
    title = text("Months since the first ibrutinib dose", (_LEFT + _WIDTH) / 2, bottom + 24,
                 text_anchor="middle", font_size=11, fill=INK)  # fmt: skip
    return plot_svg(_WIDTH, height, *axis, *drawn, title, *legend, label=label, class_="swimmer")


def _last(rows: Iterable[Mapping]) -> float:
    days = [float(row[name]) for row in rows for name in ("start_day", "stop_day") if row[name]]
    return max(days, default=1.0)


def _tick_months(last: float) -> list[int]:
    """Return the months of the ticks: at most eight, evenly apart."""
    most = last / _DAYS_OF_MONTH
    step = next((one for one in (1, 2, 3, 6, 12, 24) if most / one <= 8), 48)
    return list(range(0, int(most) + 1, step))


def _x(day: float, last: float) -> float:
    return _LEFT + (day - 1) / max(last - 1, 1) * (_WIDTH - _LEFT - _RIGHT)


def _tick(months: int, last: float, bottom: float) -> str:
    x = _x(1 + months * _DAYS_OF_MONTH, last)
    return element(
        "g",
        element("path", d=f"M{number(x)},{_TOP - 4}V{number(bottom)}", stroke=GRID),
        text(f"{months}", x, bottom + 11, text_anchor="middle", font_size=10, fill=FAINT),
    )


def _lane(name: str, rows: Sequence[Mapping], top: float, last: float) -> str:
    middle = top + _ROW / 2
    # A hold lies upon the drug that is held.
    periods = sorted(
        (row for row in rows if row["what"] in _PERIODS),
        key=lambda row: list(_PERIODS).index(row["what"]),
    )
    marks = [row for row in rows if row["what"] not in _PERIODS]
    return element(
        "g",
        text(shorten(name, 7), _LEFT - 5, middle + 4, text_anchor="end", font_size=10, fill=INK),
        *[_period(row, middle, last) for row in periods],
        *[_placed(row, middle, last) for row in marks],
    )


def _period(row: Mapping, middle: float, last: float) -> str:
    start = _x(max(float(row["start_day"]), 1.0), last)
    stop = _x(float(row["stop_day"] or last), last)
    return element(
        "rect",
        element("title", escape(_told(row))),
        x=start,
        y=middle - _BAR / 2,
        width=max(stop - start, 1.0),
        height=_BAR,
        fill=_PERIODS[row["what"]],
        stroke=INK,
        stroke_width=0.4,
    )


def _told(row: Mapping) -> str:
    end = f" to {float(row['stop_day']):g}" if row["stop_day"] else ""
    said = f": {row['label']}" if row["label"] else ""
    return f"{row['patient']}, {row['what']}, day {float(row['start_day']):g}{end}{said}"


def _placed(row: Mapping, middle: float, last: float) -> str:
    mark = _mark(row["what"], _x(float(row["start_day"]), last), middle, row["label"])
    return element("g", element("title", escape(_told(row))), mark)


def _mark(what: str, x: float, y: float, label: str = "") -> str:
    if what == "flare":
        disc = element("circle", cx=x, cy=y, r=5.2, fill="#fff", stroke=FLARE, stroke_width=1.4)
        grade = text(label[:1], x, y + 3, text_anchor="middle", font_size=8.5, font_weight=700,
                     fill=FLARE)  # fmt: skip
        return disc + grade
    if what == "response":
        return element("path", d=_diamond(x, y, 4.8), fill=RESPONSE, stroke="#fff")
    if what == "progression":
        cross = f"M{number(x - 4)},{number(y - 4)}l8,8m0,-8l-8,8"
        return element("path", d=cross, stroke=PROGRESSION, stroke_width=2.6)
    if what == "death":
        return element("rect", x=x - 3.5, y=y - 5.5, width=7, height=11, fill=INK)
    arrow = f"M{number(x)},{number(y - 4)}l8,4l-8,4z"
    return element("path", d=arrow, fill=FAINT)


def _diamond(x: float, y: float, size: float) -> str:
    return f"M{number(x)},{number(y - size)}l{size},{size}l-{size},{size}l-{size},-{size}z"


def _legend(names: Sequence[tuple[str, str]], top: float) -> list[str]:
    """Return what each sign means, in two columns."""
    drawn = []
    for place, (what, words) in enumerate(names):
        x = 14 + (place % 2) * (_WIDTH / 2)
        y = top + _LEGEND_ROW * (place // 2) + 8
        if what in _PERIODS:
            sign = element("rect", x=x - 7, y=y - _BAR / 2, width=14, height=_BAR,
                           fill=_PERIODS[what], stroke=INK, stroke_width=0.4)  # fmt: skip
        else:
            sign = _mark(what, x - (4 if what == "ongoing" else 0), y, "2")
        drawn.append(element("g", sign, text(words, x + 14, y + 4, font_size=11, fill=INK)))
    return drawn
