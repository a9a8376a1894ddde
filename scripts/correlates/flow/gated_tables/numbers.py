"""A spreadsheet's cell as a number, a limit, or nothing; what is none of these is told."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from correlates.intake.sheets.cells import CellError, is_empty

NUMBER, BLANK, BELOW, ABOVE, NOT_DETECTED = "number", "blank", "below", "above", "not_detected"
POINT, COMMA = "point", "comma"
# What FACSDiva and spreadsheets write where there is nothing to divide, and what people write.
_NOTHING = {"-", "--", "\u2013", "####", "#div/0!", "#value!", "#ref!", "."}
_NOT_DETECTED = {"nd", "n.d.", "n.d", "n. d.", "not detected"}
_DIGITS = {
    POINT: re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?([eE][+-]?\d+)?"),
    COMMA: re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)?(,\d*)?([eE][+-]?\d+)?"),
}
_GROUP_MARK = re.compile("(?<=\\d)[ \u00a0\u2009\u202f'\u2019](?=\\d{3}(?!\\d))")


@dataclass(frozen=True)
class Reading:
    """What a cell says.

    Parameters
    ----------
    kind
        ``number``, ``blank``, ``below`` or ``above`` (a limit), or ``not_detected`` (no limit
        given).
    value
        The number or the limit, as written; None where there is none.
    is_percent
        Whether a ``%`` stands in the cell.
    """

    kind: str
    value: float | None = None
    is_percent: bool = False


def read_cell(text: str, decimal: str = POINT) -> Reading:
    """Read a cell.

    Parameters
    ----------
    text
        What stands in it: ``12,5``, ``45.2 %``, ``1 234``, ``<0.01``, ``n.d.``, or nothing.
    decimal
        ``point`` or ``comma``; the other one may divide thousands.

    Raises
    ------
    CellError
        If it is none of these.
    """
    text = text.strip()
    word = text.lower()
    if word in _NOT_DETECTED:
        return Reading(NOT_DETECTED)
    if is_empty(text) or word in _NOTHING:
        return Reading(BLANK)
    kind = {"<": BELOW, ">": ABOVE}.get(text[0], NUMBER)
    body = text.lstrip("<>=\u2264\u2265 ") if kind != NUMBER else text
    is_percent = body.endswith("%")
    digits = _GROUP_MARK.sub("", body.rstrip("% ").strip())
    if not any(mark.isdigit() for mark in digits) or not _DIGITS[decimal].fullmatch(digits):
        other = COMMA if decimal == POINT else POINT
        if any(mark.isdigit() for mark in digits) and _DIGITS[other].fullmatch(digits):
            problem = f"this number does not fit the table's decimal {decimal}"
            raise CellError(problem, "Write all numbers of a table in one way.", text)
        remedy = "Write a number, <limit, >limit or n.d.; leave the cell empty if not measured."
        problem = "this is not a number"
        raise CellError(problem, remedy, text)
    thousands, mark = (",", ".") if decimal == POINT else (".", ",")
    return Reading(kind, float(digits.replace(thousands, "").replace(mark, ".")), is_percent)


def decimal_mark(cells: Iterable[str]) -> str:
    """Tell from a table's cells whether its decimals are written with a point or a comma.

    Parameters
    ----------
    cells
        Text of every cell that shall hold a number.

    Returns
    -------
    ``point`` or ``comma``; ``""`` if the cells contradict each other, or if commas could divide
    thousands as well as decimals and nothing tells which.
    """
    told = {_tells(cell) for cell in cells}
    if {POINT, COMMA} <= told or ("either" in told and not told & {POINT, COMMA}):
        return ""
    return COMMA if COMMA in told else POINT


def _tells(cell: str) -> str:
    """Return the decimal mark that a cell shows, ``either`` for 1,234, or ``""``."""
    hit = re.fullmatch(r"[<>=\u2264\u2265 +-]*([\d.,]*\d[\d.,]*)\s*%?", cell.strip())
    if hit is None:
        return ""
    digits = hit[1]
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        return POINT if digits.rfind(".") > digits.rfind(",") else COMMA
    if points > 1 or commas > 1:
        return COMMA if points else POINT
    if not points + commas:
        return ""
    before, after = re.split(r"[.,]", digits)
    if len(after) == 3 and 1 <= len(before) <= 3 and before != "0":
        # 1.234 is a number with decimals unless other cells say that points divide thousands.
        return "either" if commas else ""
    return POINT if points else COMMA
