"""Fractions in a column in which others can be nothing but percent."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from correlates.intake.sheets.headers import factor_of
from correlates.intake.sheets.values import number_of

if TYPE_CHECKING:
    from correlates.intake.sheets.sheet import Sheet

PERCENT = 0.01


def is_fraction(header: str, spec: Mapping) -> bool:
    """Tell whether a column holds fractions that another header would declare as percent."""
    return PERCENT in spec.get("units", {}).values() and factor_of(header, spec) != PERCENT


def refuse_mixed_fractions(sheet: "Sheet", column: str, spec: Mapping) -> None:
    """Refuse the fractions of a column in which others are refused since they may be percent.

    0.5 below 12 and 30 is half a percent and no half.

    Parameters
    ----------
    sheet
        The sheet, its rows read; what was refused is among its problems.
    column, spec
        A column of fractions, and its part of the schema.
    """
    above = {p.row for p in sheet.problems if p.column == column and _is_percent(p.value)}
    declared = next(header for header, factor in spec["units"].items() if factor == PERCENT)
    remedy = f"Name the column {declared} if it is in percent, or write fractions throughout."
    for row in sheet.rows if above else ():
        if row.get(column):
            problem = f"row {min(above)} has more than 1 here, so that this may be percent"
            sheet.refuse(row, problem, remedy, column, row.get(column))


def _is_percent(text: str) -> bool:
    number = number_of(text.rstrip("% "))
    return number is not None and (1 < number <= 100 or text.endswith("%"))
