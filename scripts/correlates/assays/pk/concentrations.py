"""One sample's concentration, as the laboratory wrote it, in ng/mL."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Molar mass in g/mol, and what an analyte is a metabolite of.
ANALYTES = {
    "ibrutinib": ("ibrutinib", 440.50, ""),
    "PCI-45227": ("pci45227", 474.52, "ibrutinib"),
    "lenalidomide": ("lenalidomide", 259.26, ""),
}
KEYS = {analyte: key for analyte, (key, _, _) in ANALYTES.items()}
PARENTS = {analyte: parent for analyte, (_, _, parent) in ANALYTES.items() if parent}
_PER_MASS = {"ng/mL": 1.0, "ug/L": 1.0, "ug/mL": 1e3, "mg/L": 1e3, "pg/mL": 1e-3}
# ng/mL of one unit, by molar mass: 1 nmol/L of 440.5 g/mol is 440.5 ng/L
_PER_MOLE = {"nmol/L": 1e-3, "umol/L": 1.0}
UNITS = (*_PER_MASS, *_PER_MOLE)
_LIMIT = re.compile(r"<\s*=?\s*(?P<limit>[\d.]+(?:[eE][+-]?\d+)?)")
_WORDS = frozenset({"blq", "bql", "<lloq", "<loq", "nd", "bloq"})


class Unreadable(ValueError):
    """A concentration that says nothing; the message says why and what to do."""


@dataclass(frozen=True)
class Concentration:
    """A concentration in ng/mL.

    Parameters
    ----------
    value
        None where it is below the limit of quantification.
    lloq
        That limit; None where nobody said it.
    """

    value: float | None
    lloq: float | None

    @property
    def is_quantified(self) -> bool:
        """Whether there is a number above the limit."""
        return self.value is not None


def molar_mass(analyte: str) -> float:
    """Return g/mol of an analyte."""
    return ANALYTES[analyte][1]


def factor_to_ng_ml(unit: str, analyte: str) -> float:
    """Return what a concentration of a unit is multiplied by.

    Raises
    ------
    Unreadable
        If the unit is not declared, or not known.
    """
    if unit in _PER_MASS:
        return _PER_MASS[unit]
    if unit in _PER_MOLE:
        return _PER_MOLE[unit] * molar_mass(analyte)
    declared = f"the unit {unit!r} is not known" if unit else "no unit is declared"
    msg = f"{declared}; write one of {', '.join(UNITS)} in the column unit, or use conc_ng_ml"
    raise Unreadable(msg)


def read_concentration(row: Mapping) -> Concentration:
    """Read the concentration of a row of the pk sheet.

    Parameters
    ----------
    row
        ``analyte``; ``conc_ng_ml`` and ``lloq_ng_ml``, or ``conc`` and ``lloq`` with their
        ``unit``.

    Returns
    -------
    Concentration; a number below the limit of quantification, and a zero, are below it.

    Raises
    ------
    Unreadable
        If there is none, two, one without a unit, or one above the range of the assay.
    """
    own, other = row.get("conc_ng_ml"), row.get("conc")
    if own is None and other is None:
        msg = "no concentration is given; write BLQ where it was below the limit"
        raise Unreadable(msg)
    if own is not None and other is not None:
        msg = "two concentrations are given, conc_ng_ml and conc; keep one of them"
        raise Unreadable(msg)
    factor = 1.0 if own is not None else factor_to_ng_ml(row.get("unit") or "", row["analyte"])
    lloq = _in_ng_ml(row, "lloq")
    text = str(own if own is not None else other).strip()
    if text.startswith(">"):
        msg = f"{text} is above the range of the assay; measure a dilution"
        raise Unreadable(msg)
    limit = _LIMIT.fullmatch(text)
    if limit:
        stated = float(limit["limit"]) * factor
        return Concentration(None, stated if lloq is None else max(stated, lloq))
    if text.lower().replace(" ", "") in _WORDS:
        return Concentration(None, lloq)
    value = float(text) * factor
    is_below = value <= 0 or (lloq is not None and value < lloq)
    return Concentration(None if is_below else value, lloq)


def nominal_ng_ml(row: Mapping) -> float | None:
    """Return the nominal concentration of a standard or a quality control, in ng/mL."""
    return _in_ng_ml(row, "nominal")


def _in_ng_ml(row: Mapping, name: str) -> float | None:
    """Return a limit in ng/mL, from the column of that unit or from the one of the row's unit."""
    own, other = row.get(f"{name}_ng_ml"), row.get(name)
    if own is not None:
        return float(own)
    if other is None:
        return None
    return float(other) * factor_to_ng_ml(row.get("unit") or "", row["analyte"])
