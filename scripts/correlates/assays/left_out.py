"""What of an assay's input gives no measurement, and why."""

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
        Why, and what would mend it, in a sentence.
    patient, visit
        Whose it was, as far as that is known.
    status
        What became of it.
    """
    return dict(zip(COLUMNS, (what, patient, visit, item, status, reason), strict=True))
