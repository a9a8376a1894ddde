"""Concentrations as laboratories write them: declared units, and what lies beyond limits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# g/L of one unit
FACTORS = {
    **dict.fromkeys(("pg/mL", "ng/L"), 1e-9),
    **dict.fromkeys(("ng/mL", "ug/L"), 1e-6),
    **dict.fromkeys(("ug/mL", "mg/L"), 1e-3),
    **{"mg/dL": 1e-2, "g/L": 1.0, "g/dL": 10.0},
}
# Columns whose header declares the unit.
DECLARED = {"pg_ml": "pg/mL", "ng_ml": "ng/mL", "mg_l": "mg/L", "mg_dl": "mg/dL", "g_l": "g/L"}
BELOW, WITHIN, ABOVE = "below", "within", "above"
_NUMBER = re.compile(r"(?P<side>[<>]?)=?\s*(?P<number>[0-9.]+(?:[eE][+-]?[0-9]+)?)")
_SIDES = {"<": BELOW, ">": ABOVE, "": WITHIN}


class Unreadable(ValueError):
    """A row whose concentration cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Reading:
    """A concentration in the unit of its marker, undiluted.

    Parameters
    ----------
    value
        The number that was read; None where only a limit is known.
    side
        ``below`` or ``above`` where the laboratory says that it lies beyond a limit.
    lloq, uloq
        Limits of quantification; None where the row does not say them.
    expected
        Nominal concentration of a control or standard.
    """

    value: float | None
    side: str
    lloq: float | None
    uloq: float | None
    expected: float | None = None


def convert(value: float | None, unit: str, to: str) -> float | None:
    """Convert a mass concentration; None stays None."""
    # twelve digits, so that 650 mg/dL is 6.5 g/L and not 6.500000000000001
    return None if value is None else float(f"{value * FACTORS[unit] / FACTORS[to]:.12g}")


def read_row(row: Mapping, unit: str) -> Reading:
    """Read the concentration of a row of the sheet.

    Parameters
    ----------
    row
        ``value`` and ``unit``, or one of the columns whose header declares the unit; ``lloq``,
        ``uloq``, ``expected`` in the same unit and ``dilution``.
    unit
        Unit to convert to.

    Returns
    -------
    The reading, multiplied by the dilution like its limits.

    Raises
    ------
    Unreadable
        If there is no concentration, more than one, or one without a declared unit.
    """
    given = [name for name in ("value", *DECLARED) if row.get(name) is not None]
    if len(given) != 1:
        what = "no concentration is given" if not given else f"{' and '.join(given)} are given"
        msg = f"{what}; give value and unit, or one column that declares its unit"
        raise Unreadable(msg)
    own = DECLARED.get(given[0]) or row.get("unit")
    if own is None:
        msg = f"no unit is declared; write one of {', '.join(FACTORS)} in the column unit"
        raise Unreadable(msg)
    if given[0] in DECLARED and row.get("unit") not in (None, own):
        msg = f"the header {given[0]} declares {own}, the column unit {row['unit']}"
        raise Unreadable(msg)
    side, number = _split(row[given[0]])
    dilution = row.get("dilution") or 1.0

    def undiluted(value: float | None) -> float | None:
        return None if value is None else convert(value * dilution, own, unit)

    low, high = undiluted(row.get("lloq")), undiluted(row.get("uloq"))
    value = undiluted(number)
    if side != WITHIN and value is not None:
        # a limit that stands in the cell is that of this well
        low, high = (value, high) if side == BELOW else (low, value)
        value = None
    # controls are diluted like samples, and their nominal value is that of the undiluted material
    return Reading(value, side, low, high, convert(row.get("expected"), own, unit))


def _split(text: str) -> tuple[str, float | None]:
    """Return on which side of a limit a value lies, and its number or that of the limit."""
    text = str(text).strip()
    found = _NUMBER.fullmatch(text)
    if found:
        return _SIDES[found["side"]], float(found["number"])
    return (ABOVE if ">" in text or text.upper() == "ALQ" else BELOW), None
