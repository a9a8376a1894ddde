"""The calibration as a figure: the peaks of each channel, and the line through them."""

from collections.abc import Iterable, Mapping

import numpy as np

from correlates.flow.calibration.curve import ACCEPTED
from correlates.flow.figures.svg import document, element, halo, path, text, wrap

_SIDE, _LEFT, _TOP, _GAP, _FOOT = 260, 70, 56, 90, 62
_WIDTH = _LEFT + 2 * _SIDE + _GAP + 24
_HEIGHT = _TOP + _SIDE + _FOOT
_INK, _FAINT, _LINE, _BAD = "#222", "#bbb", "#00695c", "#b71c1c"
_POWERS = {0: "1", 1: "10", 2: "100", 3: "10³", 4: "10⁴", 5: "10⁵", 6: "10⁶", 7: "10⁷", 8: "10⁸"}
_PER_LINE = 88


def draw_calibration(
    curves: Iterable[Mapping], points: Iterable[Mapping], seen: Mapping[str, Mapping]
) -> str:
    """Draw every curve beneath the other.

    Parameters
    ----------
    curves, points
        Rows of the calibration table, and of its peaks.
    seen
        Of each bead tube its densities by channel, as `read_beads` gives them.

    Returns
    -------
    A standalone SVG document: on the left the density of the single beads with their peaks, on the
    right MESF over median intensity, both axes logarithmic, with the line and its verdict.
    """
    curves, points = list(curves), list(points)
    if not curves:
        note = text("No tube of calibration beads.", 20, 40, font_size=14, fill=_INK)
        return document(_WIDTH, 70, note, label="No calibration beads")
    parts = []
    for number, curve in enumerate(curves):
        key = curve["acquisition"], curve["channel"]
        own = [one for one in points if (one["acquisition"], one["channel"]) == key]
        density = seen[curve["acquisition"]].get("density", {}).get(curve["channel"], {})
        drawn = _heading(curve) + _densities(density, own) + _line(curve, own)
        parts.append(element("g", drawn, transform=f"translate(0 {number * _HEIGHT})"))
    return document(_WIDTH, _HEIGHT * len(curves), *parts, label="Calibration of intensities")


def _heading(curve: Mapping) -> str:
    names = (curve["channel"] or "", curve["fluorochrome"] or "")
    title = f"{' '.join(filter(None, names))}, lot {curve['lot'] or '?'}: {curve['acquisition']}"
    is_good = curve["verdict"] == ACCEPTED
    said = curve["verdict"] if is_good else f"{curve['verdict']}: {curve['reason']}"
    if curve["slope"] is not None:
        said += (
            f"; log10(MESF) = {curve['intercept']:.3f} + {curve['slope']:.3f} log10(MFI), largest "
            f"error {curve['max_error_pct']:.1f} %"
        )
    lines = [
        text(line, _LEFT, 36 + 13 * place, font_size=11, fill=_INK if is_good else _BAD)
        for place, line in enumerate(wrap(said, _PER_LINE)[:2])
    ]
    return text(title, _LEFT, 20, font_size=13, font_weight="bold", fill=_INK) + "".join(lines)


def _densities(density: Mapping, points: list[Mapping]) -> str:
    frame = _frame(_LEFT, "Intensity (asinh scale)", "Single beads")
    if not density.get("position"):
        return frame
    place, events = np.array(density["position"]), np.array(density["events"])
    span, most = place[-1] - place[0], max(float(events.max()), 1e-9)

    def across(values):
        return _LEFT + _SIDE * (np.asarray(values) - place[0]) / span

    heights = _TOP + _SIDE * (1 - 0.9 * events / most)
    outline = path(zip(across(place), heights, strict=True), fill="none", stroke=_INK)
    marks = []
    for one in points:
        x = float(across(np.arcsinh(one["mfi"] / density["cofactor"])))
        marks.append(
            path([(x, _TOP + 14), (x, _TOP + _SIDE)], stroke=_LINE, stroke_dasharray="3 3")
            + text(str(one["peak"]), x, _TOP + 11, font_size=10, text_anchor="middle", fill=_LINE)
        )
    return frame + outline + "".join(marks) + _asinh_ticks(density["cofactor"], place, across)


def _asinh_ticks(cofactor: float, place: np.ndarray, across) -> str:
    values = [-1e3, -1e2, 0.0, *(10.0**power for power in range(2, 8))]
    drawn, last = [], -np.inf
    for value in values:
        at = np.arcsinh(value / cofactor)
        x = float(across(at))
        if place[0] <= at <= place[-1] and x - last > 26:
            sign = "−" if value < 0 else ""
            name = "0" if value == 0 else sign + _POWERS[round(np.log10(abs(value)))]
            drawn.append(_tick_below(x, name))
            last = x
    return "".join(drawn)


def _line(curve: Mapping, points: list[Mapping]) -> str:
    left = _LEFT + _SIDE + _GAP
    frame = _frame(left, "Median intensity (MFI)", "MESF")
    shown = [one for one in points if one["mfi"] > 0 and (one["mesf"] or 0) > 0]
    if not shown:
        return frame
    x, y = (np.log10([one[name] for one in shown]) for name in ("mfi", "mesf"))
    low_x, high_x, low_y, high_y = (
        *(np.floor(x.min()), np.ceil(x.max() + 1e-9)),
        *(np.floor(y.min()), np.ceil(y.max() + 1e-9)),
    )

    def place(log_x, log_y):
        across = left + _SIDE * (log_x - low_x) / (high_x - low_x)
        return float(across), float(_TOP + _SIDE * (1 - (log_y - low_y) / (high_y - low_y)))

    ticks = [_tick_below(place(at, low_y)[0], _power(at)) for at in np.arange(low_x, high_x + 1)]
    heights = np.arange(low_y, high_y + 1)
    ticks += [_tick_beside(left, place(low_x, at)[1], _power(at)) for at in heights]
    drawn = []
    if curve["slope"] is not None:
        ends = [place(at, curve["intercept"] + curve["slope"] * at) for at in (x.min(), x.max())]
        drawn.append(path(ends, stroke=_LINE, stroke_width=1.5, fill="none"))
    for one, log_x, log_y in zip(shown, x, y, strict=True):
        across, down = place(log_x, log_y)
        is_used = one["error_pct"] is not None
        fill = _LINE if is_used else "#fff"
        drawn.append(element("circle", cx=across, cy=down, r=4, fill=fill, stroke=_LINE))
        if is_used:
            label = text(f"{one['error_pct']:+.1f} %", across - 8, down - 6, font_size=10)
            drawn.append(halo([label], text_anchor="end", fill=_INK))
    return frame + "".join(ticks) + "".join(drawn)


def _power(log: float) -> str:
    return _POWERS.get(int(log), f"1e{int(log)}")


def _frame(left: float, below: str, beside: str) -> str:
    middle = _TOP + _SIDE / 2
    turned = f"rotate(-90 {left - 46} {middle})"
    return (
        element("rect", x=left, y=_TOP, width=_SIDE, height=_SIDE, fill="none", stroke=_FAINT)
        + text(below, left + _SIDE / 2, _TOP + _SIDE + 36, font_size=11, text_anchor="middle")
        + text(beside, left - 46, middle, font_size=11, text_anchor="middle", transform=turned)
    )


def _tick_below(x: float, name: str) -> str:
    bottom = _TOP + _SIDE
    return path([(x, bottom), (x, bottom + 4)], stroke=_FAINT) + text(
        name, x, bottom + 17, font_size=10, text_anchor="middle", fill=_INK
    )


def _tick_beside(left: float, y: float, name: str) -> str:
    return path([(left - 4, y), (left, y)], stroke=_FAINT) + text(
        name, left - 8, y + 3, font_size=10, text_anchor="end", fill=_INK
    )
