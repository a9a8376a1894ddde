"""What of an assay's input gives no measurement, and why."""

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
