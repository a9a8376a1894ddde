"""Gating figures on the page: their plots taken out of the file, so that they can wrap."""

import json
import xml.etree.ElementTree as ElementTree
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

from markupsafe import Markup

_SVG = "{http://www.w3.org/2000/svg}"
_TAGS = frozenset({"svg", "g", "rect", "path", "circle", "text", "title", "image"})
_PICTURE = "data:image/png;base64,"


class UnsafeFigure(ValueError):
    """A figure that holds what no figure of this pipeline holds."""


def plots_in(path: str | Path, behind: Callable[[int, list[dict]], str] | None = None) -> list[str]:
    """Return the plots of a gating figure as markup that can stand in a page.

    Parameters
    ----------
    path
        SVG file; nested ``svg`` elements of class ``plot`` are its plots. A figure without any (of
        a refused file) is returned whole.
    behind
        From the number of a plot and its axes to one SVG element that is drawn over the events and
        behind the gates, or to nothing.

    Raises
    ------
    UnsafeFigure
        If the file is no SVG, or holds an element, a handler or an address that could do more than
        be looked at.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        msg = f"{path} is no SVG: {error}"
        raise UnsafeFigure(msg) from error
    for node in root.iter():
        _check(node, path)
    plots = [node for node in root.iter("svg") if node.get("class") == "plot"] or [root]
    for place, plot in enumerate(plots):
        plot.set("role", "img")
        axes = plot.attrib.pop("data-axes", None)
        if behind is not None and axes is not None:
            _put_behind(plot, behind(place, json.loads(axes)))
    return [ElementTree.tostring(plot, encoding="unicode") for plot in plots]


def _put_behind(plot: ElementTree.Element, markup: str) -> None:
    square = plot.find(".//svg[@class='events']")
    if markup and square is not None:
        square.insert(1, ElementTree.fromstring(markup))


def _check(node: ElementTree.Element, path: str | Path) -> None:
    if not isinstance(node.tag, str) or not node.tag.startswith(_SVG):
        msg = f"{path} holds an element that is not SVG: {node.tag}"
        raise UnsafeFigure(msg)
    node.tag = node.tag.removeprefix(_SVG)
    unsafe = [] if node.tag in _TAGS else [f"<{node.tag}>"]
    for name, value in node.attrib.items():
        is_address = name.split("}")[-1] == "href" and not value.startswith(_PICTURE)
        if name.startswith("on") or is_address or "url(" in value or "script:" in value.lower():
            unsafe.append(name)
    if unsafe:
        msg = f"{path} holds what a gating figure never does: {', '.join(unsafe)}"
        raise UnsafeFigure(msg)


def picture_of(path: Path | None, label: str) -> Markup:
    """Return a figure as a picture on the page; nothing of it can do more than be looked at."""
    if path is None:
        return Markup("")
    content = b64encode(path.read_bytes()).decode()
    return Markup('<img alt="{}" src="data:image/svg+xml;base64,{}">').format(label, content)
