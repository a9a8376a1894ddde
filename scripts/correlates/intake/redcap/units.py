"""Whether a field's label names another unit than the column that it is to become."""

import re

from correlates.intake.redcap.dictionary import Field

# What ends the name of a column, and how people write this unit.
_PATTERNS = {
    unit: re.compile(text, re.IGNORECASE)
    for unit, text in {
        "10e9_l": r"10 ?(?:\^|\*\*|e)? ?9 ?/ ?l|(?:\bk|10 ?(?:\^|\*\*|e)? ?3) ?/ ?[uµμ]l",
        "per_ul": r"(?:cells? ?|[ (\[]|^)/ ?(?:[uµμ]l|mm\^?3)|per (?:[uµμ]l|microlit)",
        "g_dl": r"(?<![a-z])g ?/ ?dl",
        "g_l": r"(?<![a-z])g ?/ ?l",
        "mg_dl": r"mg ?/ ?dl",
        "mg_l": r"mg ?/ ?l",
        "umol_l": r"(?:[uµμ]|micro)mol ?/ ?l",
        "mmol_l": r"mmol ?/ ?l",
        "meq_l": r"meq ?/ ?l",
        "u_l": r"\bi?u ?/ ?l",
        "mm2": r"\bmm ?(?:2|²|\^2)",
        "cm2": r"\bcm ?(?:2|²|\^2)",
        "mm": r"\bmm\b(?! ?[\^2²3])",
        "cm": r"\bcm\b(?! ?[\^2²3])",
        "pct": r"%|\bpercent\b",
    }.items()
}
# One unit in two spellings: of ions of one charge, and G/L for 10^9/L.
_ALIKE = {"mmol_l": {"meq_l"}, "meq_l": {"mmol_l"}, "10e9_l": {"g_l"}}


def unit_of(header: str) -> str:
    """Return the unit that the name of a column ends with; ``""`` if it names none."""
    ends = [unit for unit in _PATTERNS if header == unit or header.endswith(f"_{unit}")]
    return max(ends, key=len, default="")


def other_unit(field: Field, header: str) -> str:
    """Return the unit that a field's label or note names, if it is another than the column's.

    Parameters
    ----------
    field
        The field.
    header
        The column's name, whose end names its unit.
    """
    unit = unit_of(header)
    text = f"{field.label} {field.note}"
    named = [other for other, pattern in _PATTERNS.items() if pattern.search(text)]
    if not unit or not named or unit in named or _ALIKE.get(unit, set()) & set(named):
        return ""
    return named[0]
