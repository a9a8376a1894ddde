"""Values of rows that a schema may not have typed: what is blank, and what is a number."""


def is_blank(value) -> bool:
    """Say whether a field of a sheet holds nothing; zero is something."""
    return value is None or str(value).strip().lower() in {"", "na", "n/a", "nan"}


def number_of(value) -> float | None:
    """Return a field as a number; None where it is blank or no number."""
    if is_blank(value):
        return None
    try:
        return float(value)
    except ValueError:
        return None
