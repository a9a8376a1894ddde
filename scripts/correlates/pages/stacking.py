"""Tables that a narrow screen can stack: every cell says which column it belongs to."""

import re

# The templates are our own: tables never nest, and all text in them is escaped.
_TABLE = re.compile(r"<table\b.*?</table>", re.S)
_HEADER = re.compile(r'<th scope="col"[^>]*>(.*?)</th>', re.S)
_ROW = re.compile(r"<tr\b[^>]*>.*?</tr>", re.S)
_CELL = re.compile(r'<(?:td|th scope="row")(?=[ >])')
_TAG = re.compile(r"<[^>]+>")


def label_cells(page: str) -> str:
    """Return a page whose cells carry the name of their column as ``data-label``."""
    return _TABLE.sub(lambda found: _labelled(found[0]), page)


def _labelled(table: str) -> str:
    # what was escaped for text is escaped for an attribute as well, but for quotation marks
    names = [_TAG.sub("", name).strip().replace('"', "&quot;") for name in _HEADER.findall(table)]
    return _ROW.sub(lambda found: _labelled_row(found[0], names), table)


def _labelled_row(row: str, names: list[str]) -> str:
    if "colspan" in row or len(_CELL.findall(row)) != len(names):
        return row
    left = iter(names)
    return _CELL.sub(lambda found: f'{found[0]} data-label="{next(left)}"', row)
