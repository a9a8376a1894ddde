"""The patient flow drawn: the trial from above, the endpoints, and every marker step by step."""

from collections.abc import Iterable, Sequence
from html import escape

from correlates.cohort.patient_flow.chain import ENDPOINT, MARKER, TRIAL, Chain, Step
from correlates.cohort.patient_flow.markers import STEPS
from correlates.cohort.patient_flow.trial import FLARE, RESPONSE, SURVIVAL
from correlates.flow.figures.svg import document, element, number, text, wrap

INK, FAINT, LINE = "#22272e", "#59626d", "#8a949e"
BOX, SIDE, LOST = "#eef3f8", "#fdf3ec", "#b3450b"
_WIDTH, _MARGIN = 360, 8
_MAIN, _SIDE_LEFT = 168, 196
_TEXT, _SMALL, _ROW = 12.5, 11.5, 15
_MOST_NAMED = 12
# A cell is as dark as the share of the enrolled who reach it.
_DARK, _PALE = (33, 88, 138), (232, 240, 247)
# From this share on white numbers are the more legible ones.
_DARK_FROM = 0.72
_HEADINGS = {
    "at risk": ("at", "risk"),
    "draw": ("", "draw"),
    "file": ("file", "used"),
    "tube": ("tube", "sound"),
    "value": ("value", "usable"),
    "endpoint": ("end-", "point"),
    "analysed": ("in the", "test"),
}
_FAMILIES = {RESPONSE: "Response", FLARE: "Tumor flare", SURVIVAL: "Time to event"}


def patient_flow_svg(chains: Sequence[Chain]) -> str:
    """Draw every chain, one below the other, legible on the width of a phone.

    Parameters
    ----------
    chains
        The trial's chain, those of endpoints, those of markers.

    Returns
    -------
    A standalone SVG document, 360 pixels wide. Markers without an analysis that have the same
    numbers for the same reasons share a row.
    """
    parts: list[str] = []
    y = 6.0
    of_kind = {kind: [one for one in chains if one.kind == kind] for kind in (TRIAL, ENDPOINT)}
    for one in of_kind[TRIAL]:
        y = _trial(one, parts, y)
    if of_kind[ENDPOINT]:
        y = _endpoints(of_kind[ENDPOINT], parts, y)
    markers = [one for one in chains if one.kind == MARKER]
    y = _markers([one for one in markers if one.names.get("analysis")], parts, y, "Markers tested")
    rest = [one for one in markers if not one.names.get("analysis")]
    y = _markers(rest, parts, y, "Populations measured")
    label = "Patient flow: how many patients reach each step of the trial and of every marker"
    return document(_WIDTH, y + 6, *parts, label=label)


def _trial(chain: Chain, parts: list[str], y: float) -> float:
    """Draw the main column, with a box beside it for those who fall out at each step."""
    before = None
    for step in chain.steps:
        if before is not None:
            y = _fallen(before, step, parts, y)
        y = _main_box(step, parts, y)
        before = step
    return y + 14


def _main_box(step: Step, parts: list[str], y: float) -> float:
    lines = wrap(step.name[:1].upper() + step.name[1:], 24)
    height = 12 + _ROW * (len(lines) + 1)
    parts.append(_box(_MARGIN, y, _MAIN, height, BOX))
    middle = _MARGIN + _MAIN / 2
    parts += [_middle(line, middle, y + 18 + _ROW * i) for i, line in enumerate(lines)]
    count = f"n = {len(step.kept)}"
    parts.append(_middle(count, middle, y + 18 + _ROW * len(lines), font_weight=700))
    return y + height


def _fallen(before: Step, step: Step, parts: list[str], y: float) -> float:
    """Draw the way from one box to the next, and who does not take it."""
    x = _MARGIN + _MAIN / 2
    lines = _reason_lines(step, 23)
    height = max(22.0, 16 + 14 * len(lines)) if lines else 22.0
    bottom = y + height + (8 if lines else 0)
    parts.append(_arrow(x, y, x, bottom))
    if lines:
        side = _WIDTH - _MARGIN - _SIDE_LEFT
        parts.append(_arrow(x, y + height / 2 + 4, _SIDE_LEFT, y + height / 2 + 4))
        parts.append(_box(_SIDE_LEFT, y + 4, side, height, SIDE))
        parts += [
            text(line, _SIDE_LEFT + 8, y + 20 + 14 * i, font_size=_SMALL, fill=INK)
            for i, line in enumerate(lines)
        ]
    return bottom


def _reason_lines(step: Step, width: int) -> list[str]:
    return [
        ("" if i == 0 else "  ") + line
        for why, count in step.reasons.items()
        for i, line in enumerate(wrap(f"{count} {why}", width))
    ]


def _endpoints(chains: Sequence[Chain], parts: list[str], y: float) -> float:
    """Draw who is evaluable for each endpoint, by family; endpoints of equal flow share a line."""
    y = _heading("Evaluable for an endpoint", parts, y)
    for family in _FAMILIES:
        of = [one for one in chains if one.names["analysis"] == family]
        if not of:
            continue
        parts.append(
            text(_FAMILIES[family], _MARGIN, y + 13, font_size=_TEXT, font_weight=700, fill=INK)
        )
        y += 20
        for alike in _alike(of):
            y = _endpoint_line(alike, parts, y)
        y += 4
    return y + 8


def _endpoint_line(alike: Sequence[Chain], parts: list[str], y: float) -> float:
    step = alike[0].steps[-1]
    names = wrap(", ".join(one.names["endpoint"] for one in alike), 44)
    reasons = _reason_lines(step, 52)
    height = 10 + 15 * len(names) + 13.5 * len(reasons)
    parts.append(_box(_MARGIN, y, _WIDTH - 2 * _MARGIN, height, BOX))
    parts.append(
        text(f"n = {len(step.kept)}", _WIDTH - _MARGIN - 8, y + 17, font_size=_TEXT, fill=INK,
             font_weight=700, text_anchor="end")
    )  # fmt: skip
    parts += [
        text(line, _MARGIN + 8, y + 17 + 15 * i, font_size=_SMALL, fill=INK)
        for i, line in enumerate(names)
    ]
    parts += [
        text(line, _MARGIN + 8, y + 17 + 15 * len(names) + 13.5 * i, font_size=11, fill=LOST)
        for i, line in enumerate(reasons)
    ]
    return y + height + 6


def _markers(chains: Sequence[Chain], parts: list[str], y: float, heading: str) -> float:
    """Draw a row of cells for each marker, each with the number that reaches its step."""
    if not chains:
        return y
    everybody = len(chains[0].steps[0].kept)
    y = _heading(heading, parts, y)
    note = f"of {everybody} enrolled; below each number, how many fell out there"
    parts.append(text(note, _MARGIN, y + 11, font_size=11, fill=FAINT))
    y = _column_names(chains[0].steps[1:], parts, y + 20)
    for alike in _alike(chains):
        y = _marker_row(alike, everybody, parts, y)
    return y + 10


def _column_names(steps: Sequence[Step], parts: list[str], y: float) -> float:
    width = (_WIDTH - 2 * _MARGIN) / len(STEPS)
    for place, step in enumerate(steps):
        x = _MARGIN + width * (place + 0.5)
        # One word stands on the lower line.
        parts += [
            text(words, x, y + 10 + 12 * line, font_size=11, fill=FAINT, text_anchor="middle")
            for line, words in enumerate(_HEADINGS[step.name])
            if words
        ]
    return y + 28


def _marker_row(alike: Sequence[Chain], everybody: int, parts: list[str], y: float) -> float:
    for line in _title_lines(alike):
        parts.append(text(line, _MARGIN, y + 12, font_size=12, font_weight=700, fill=INK))
        y += 15
    chain = alike[0]
    width, height = (_WIDTH - 2 * _MARGIN) / len(STEPS), 34
    for place, step in enumerate(chain.steps[1:]):
        parts.append(_cell(step, _MARGIN + width * place, y + 2, width - 2, height, everybody))
    y += height + 4
    notes = [_told(step) for step in chain.steps[1:] if step.out] + _beyond(chain)
    for note in notes:
        for i, line in enumerate(wrap(note, 56)):
            parts.append(text(line, _MARGIN + (8 if i else 0), y + 11, font_size=11, fill=FAINT))
            y += 13
    return y + 9


def _told(step: Step) -> str:
    reasons = "; ".join(f"{count} {why}" for why, count in step.reasons.items())
    name = " ".join(filter(None, _HEADINGS[step.name])).replace("- ", "")
    return f"{name}: {reasons}"


def _beyond(chain: Chain) -> list[str]:
    """Say how many of the values that are used at last are known by a limit alone."""
    last = chain.steps[-1]
    if not chain.names.get("analysis") or not last.n_censored:
        return []
    return [f"{last.n_censored} of the {len(last.kept)} values beyond their limit"]


def _title_lines(alike: Sequence[Chain]) -> list[str]:
    names = alike[0].names
    if names.get("analysis"):
        of = "" if names["analysis"].endswith(names["endpoint"]) else f", {names['endpoint']}"
        return wrap(f"{names['analysis']}: {names['marker']}{of}", 48)
    where = f"at {names['baseline']}, {names['specimen']}: "
    populations = [one.names["feature"].partition("__")[0] for one in alike]
    named = ", ".join(populations[:_MOST_NAMED])
    if len(populations) > _MOST_NAMED:
        named += f" and {len(populations) - _MOST_NAMED} more"
    return wrap(where + named, 48)


def _cell(step: Step, x: float, y: float, width: float, height: float, everybody: int) -> str:
    share = len(step.kept) / everybody if everybody else 0.0
    fill = "#" + "".join(
        f"{round(pale + share * (dark - pale)):02x}"
        for pale, dark in zip(_PALE, _DARK, strict=True)
    )
    ink = "#fff" if share > _DARK_FROM else INK
    middle = x + width / 2
    told = f"{step.name}: {len(step.kept)}. {_told(step) if step.out else ''}"
    parts = [
        element("title", escape(told)),
        element("rect", x=x, y=y, width=width, height=height, rx=3, fill=fill),
        text(str(len(step.kept)), middle, y + (15 if step.out else 22), text_anchor="middle",
             font_size=14, font_weight=700, fill=ink),
    ]  # fmt: skip
    if step.out:
        parts.append(
            text(f"−{len(step.out)}", middle, y + 29, text_anchor="middle", font_size=11, fill=ink)
        )
    return element("g", *parts)


def _alike(chains: Iterable[Chain]) -> list[list[Chain]]:
    """Group chains without an analysis of their own by where and for what patients fall out."""

    def flow(chain: Chain):
        is_own = chain.kind == MARKER and bool(chain.names.get("analysis"))
        own = (chain.names.get("analysis"), chain.names.get("marker")) if is_own else ()
        place = (chain.names.get("baseline", ""), chain.names.get("specimen", ""))
        return own, place, tuple((step.kept, tuple(step.reasons.items())) for step in chain.steps)

    groups: dict[tuple, list[Chain]] = {}
    for chain in chains:
        groups.setdefault(flow(chain), []).append(chain)
    return list(groups.values())


def _heading(words: str, parts: list[str], y: float) -> float:
    parts.append(text(words, _MARGIN, y + 15, font_size=14.5, font_weight=700, fill=INK))
    return y + 24


def _box(x: float, y: float, width: float, height: float, fill: str) -> str:
    return element(
        "rect", x=x, y=y, width=width, height=height, rx=4, fill=fill, stroke=LINE, stroke_width=1
    )


def _middle(words: str, x: float, y: float, **more) -> str:
    return text(words, x, y, text_anchor="middle", font_size=_TEXT, fill=INK, **more)


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    """Draw a line with a head at its end; it runs down or to the right."""
    line = element("path", d=f"M{number(x1)},{number(y1)}L{number(x2)},{number(y2)}", stroke=LINE)
    tips = (
        [(x2 - 4, y2 - 6), (x2 + 4, y2 - 6)] if x1 == x2 else [(x2 - 6, y2 - 4), (x2 - 6, y2 + 4)]
    )
    corners = " ".join(f"{number(x)},{number(y)}" for x, y in [(x2, y2), *tips])
    return line + element("path", d=f"M{corners}Z", fill=LINE)
