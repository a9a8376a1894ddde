"""The few SVG elements that a figure needs, as text; every string from outside is escaped here."""

from collections.abc import Iterable
from html import escape

NAMESPACE = "http://www.w3.org/2000/svg"
FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"

# Most fonts give a lower-case Latin letter between 0.5 and 0.6 em; the larger value keeps text in.
CHARACTER_EM = 0.58


def number(value: float) -> str:
    """Return a coordinate with at most two decimals and no trailing zeros."""
    rounded = round(float(value), 2)
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)


def element(tag: str, *children: str, **attributes) -> str:
    """Return one element; children are markup already, attribute values are escaped.

    Parameters
    ----------
    tag
        Name of the element.
    children
        Markup, joined as it is.
    attributes
        Numbers are shortened; ``_`` in a name stands for ``-``, one at its end is dropped (so that
        ``class_`` can be written); None leaves the attribute out.
    """
    parts = [tag]
    for name, value in attributes.items():
        if value is None:
            continue
        shown = number(value) if isinstance(value, int | float) else escape(str(value))
        parts.append(f'{name.rstrip("_").replace("_", "-")}="{shown}"')
    head = " ".join(parts)
    return f"<{head}>{''.join(children)}</{tag}>" if children else f"<{head}/>"


def text(content: str, x: float, y: float, **attributes) -> str:
    """Return a line of text at its anchor."""
    return element("text", escape(content), x=x, y=y, **attributes)


def halo(lines: Iterable[str], **attributes) -> str:
    """Return lines of text with a white rim, legible on any density below them."""
    rim = {"stroke": "#fff", "stroke_width": 3, "stroke_linejoin": "round", "paint_order": "stroke"}
    return element("g", *lines, **(rim | attributes))


def path(points: Iterable[tuple[float, float]], closed: bool = False, **attributes) -> str:
    """Return straight lines through points."""
    line = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return element("path", d=f"M{line}{'Z' if closed else ''}", **attributes)


def wrap(content: str, width: int) -> list[str]:
    """Break text into lines of at most ``width`` characters; a longer word is cut."""
    lines = [""]
    for word in content.split():
        while len(word) > width:
            room = width - len(lines[-1]) - bool(lines[-1])
            lines[-1] += (" " if lines[-1] else "") + word[: max(room, 0)]
            word = word[max(room, 0) :]
            lines.append("")
        if len(lines[-1]) + bool(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return [line.strip() for line in lines if line.strip()]


def shorten(content: str, width: int) -> str:
    """Cut text to ``width`` characters, the last of them an ellipsis."""
    return content if len(content) <= width else content[: width - 1].rstrip() + "…"


def document(width: float, height: float, *children: str, label: str) -> str:
    """Return a standalone SVG document that scales with its container.

    Parameters
    ----------
    width, height
        Size in pixels, and the view box.
    children
        Markup.
    label
        What the figure shows, for readers who do not see it.
    """
    return (
        element(
            "svg",
            element("rect", width=width, height=height, fill="#fff"),
            *children,
            xmlns=NAMESPACE,
            width=width,
            height=height,
            viewBox=f"0 0 {number(width)} {number(height)}",
            font_family=FONT,
            role="img",
            aria_label=label,
        )
        + "\n"
    )
