"""How counts and codes read on a page."""

STATES = {
    "accepted": "accepted",
    "accepted_with_warning": "accepted with a warning",
    "refused": "refused",
    "duplicate": "same content as another file",
    "waiting": "waiting: still growing",
    "unmatched": "not assigned",
    "missing": "named in a sheet, no file",
    "conflict": "conflicting identity",
}
NOTHING = "–"


def as_number(text: object) -> float | None:
    """Read a number; an empty field, ``nan`` and what is no number are None."""
    try:
        value = float(str(text))
    except ValueError:
        return None
    return None if value != value else value


def is_true(text: object) -> bool:
    """Read a truth value as any of the tables writes it."""
    return str(text).strip().lower() in ("true", "1", "yes")


def count(value: object) -> str:
    """Return a whole number with thousands set apart; a dash where there is none."""
    found = as_number(value)
    return NOTHING if found is None else f"{found:,.0f}"


def digits(value: object) -> str:
    """Return a number with three significant digits, as laboratories quote; a dash for none."""
    found = as_number(value)
    return NOTHING if found is None else f"{found:.3g}"


def plural(amount: int, one: str, many: str | None = None) -> str:
    """Return ``1 file``, ``2 files``."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def words(code: str) -> str:
    """Return a code as words: ``parent_below_floor`` as ``parent below floor``."""
    return code.replace("_", " ")
