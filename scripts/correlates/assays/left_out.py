"""What of an assay's input gives no measurement, and why."""

from collections.abc import Mapping

from correlates.intake.sheets.dates import hide_dates
from correlates.measurements import LEFT_OUT

COLUMNS = LEFT_OUT


def left_out(
    what: str, item: str, reason: str, patient: str = "", visit: str = "", status: str = "left out"
) -> dict:
    """Return one row of an assay's list of what it left out.

    Parameters
    ----------
    what
        What was left out: ``well``, ``library``, ``cells``, ``profile``, ...
    item
        Which one, as its user knows it.
    reason
        Why, and what would mend it, in a sentence. Dates in this and in ``item`` are hidden.
    patient, visit
        Whose it was, as far as that is known.
    status
        What became of it.
    """
    # names of files and columns are free, and no date goes into results
    cells = (what, patient, visit, hide_dates(item), status, hide_dates(reason))
    return dict(zip(COLUMNS, cells, strict=True))


def place_of(row: Mapping) -> str:
    """Return where a row stands, ``row 7 of plate.tsv``; empty for one that nobody wrote."""
    return f"row {row.get('row')} of {row.get('sheet')}" if row.get("row") else ""


def row_left_out(what: str, item: str, reason: str, row: Mapping) -> dict:
    """Return what `left_out` does of a row of a sheet, with its place and whose it is.

    Parameters
    ----------
    what, item
        As of `left_out`.
    reason
        Why, as a sentence without its capital and its full stop.
    row
        The row: ``row`` and ``sheet``, ``patient`` and ``visit`` as far as they are known.
    """
    place = place_of(row)
    words = f"{reason[:1].upper()}{reason[1:].rstrip('.')}{f' ({place})' if place else ''}."
    return left_out(what, item, words, row.get("patient") or "", row.get("visit") or "")
