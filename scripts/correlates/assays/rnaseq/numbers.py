"""Cells of a table of counts as numbers: with points, commas, or separators of thousands."""

import pandas as pd

# 1,234 and 12,345,678; a number of counts has no zeros in front.
_GROUPS = {mark: rf"[1-9]\d{{0,2}}([{mark}]\d{{3}})+" for mark in ",."}


def to_numbers(cells: pd.Series) -> pd.Series | None:
    """Return cells as numbers, NaN where they are none.

    Parameters
    ----------
    cells
        One column of the table, as text.

    Returns
    -------
    Numbers; None where nothing tells what a mark in them means. ``1,234`` is 1234 where another
    cell has two such marks or a decimal point (``1,234,567``, ``1,234.5``), and 1.234 where another
    can be nothing but a decimal (``0,5``, ``1234,5``).
    """
    marked = {mark: cells[cells.str.contains(mark, regex=False)] for mark in ",."}
    for mark, other in ((",", "."), (".", ",")):
        own = marked[mark]
        if own.empty or not marked[other].empty:
            continue
        are_groups = own.str.fullmatch(_GROUPS[mark])
        if (own.str.count(rf"[{mark}]") > 1).any() and are_groups.all():
            return _numbers(cells.str.replace(mark, "", regex=False))
        if are_groups.all() and not _has_decimals_beside(cells, own):
            return None
        return _numbers(cells.str.replace(mark, ".", regex=False))
    if marked[","].empty or marked["."].empty:
        return _numbers(cells)
    for mark, decimal in ((",", "."), (".", ",")):
        whole = cells.str.partition(decimal)[0]
        if whole.str.fullmatch(rf"-?\d+|-?{_GROUPS[mark]}").all():
            plain = cells.str.replace(mark, "", regex=False)
            return _numbers(plain.str.replace(decimal, ".", regex=False))
    return _numbers(cells)


def _has_decimals_beside(cells: pd.Series, own: pd.Series) -> bool:
    """Tell whether the other cells show that marks are decimal: some are of four digits or more."""
    others = cells[~cells.index.isin(own.index)]
    return bool(others.str.fullmatch(r"\d{4,}").any())


def _numbers(cells: pd.Series) -> pd.Series:
    return pd.to_numeric(cells, errors="coerce")
