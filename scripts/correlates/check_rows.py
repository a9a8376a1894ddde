"""Findings of the checks as rows: what each of them says, and where it was found."""

COLUMNS = ("rule", "severity", "patient", "visit", "finding", "resolve", "source")
ERROR, WARNING, NOTE = "error", "warning", "note"


def row(
    rule: str,
    severity: str,
    finding: str,
    resolve: str,
    patient: str = "",
    visit: str = "",
    source: str = "",
) -> dict:
    """Return one finding with exactly ``COLUMNS``.

    Parameters
    ----------
    rule
        Key of the check.
    severity
        ``error``, ``warning`` or ``note``.
    finding, resolve
        What was found, and what would resolve it, each in a sentence.
    patient, visit
        Whose and when; empty where it is of nobody or of no one visit.
    source
        Where it was found.
    """
    values = (rule, severity, patient, visit, finding, resolve, source)
    return dict(zip(COLUMNS, values, strict=True))
