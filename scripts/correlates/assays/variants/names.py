"""Names of protein changes in one spelling, and which of them are known to cause resistance."""

import re
from collections.abc import Mapping, Sequence

_LETTERS = {
    **{"ala": "A", "arg": "R", "asn": "N", "asp": "D", "cys": "C", "gln": "Q", "glu": "E"},
    **{"gly": "G", "his": "H", "ile": "I", "leu": "L", "lys": "K", "met": "M", "phe": "F"},
    **{"pro": "P", "ser": "S", "thr": "T", "trp": "W", "tyr": "Y", "val": "V", "ter": "*"},
}
_THREE = re.compile("|".join(_LETTERS), re.IGNORECASE)
_RESIDUE = re.compile(r"([A-Z*])(\d+)")
# In the sheet: the gene was looked at, and none of its known variants was found.
NONE = "none"


def short_change(hgvs_p: str | None) -> str:
    """Return a protein change in one-letter code: ``p.(Cys481Ser)`` as ``C481S``.

    Parameters
    ----------
    hgvs_p
        As a report writes it, with or without ``p.``, brackets and a transcript before a colon;
        ``none`` (or nothing) where the gene was looked at and no variant found.

    Returns
    -------
    The change; ``none`` where there is none.
    """
    text = (hgvs_p or "").strip().rpartition(":")[2]
    text = re.sub(r"^p\.|[()\[\]\s]", "", text)
    if text.lower() in ("", NONE, "wt", "wildtype", "wild-type", "=", "notdetected"):
        return NONE
    short = _THREE.sub(lambda found: _LETTERS[found[0].lower()], text)
    found = re.match(r"([A-Za-z*])(\d+)(.*)", short)
    return f"{found[1].upper()}{found[2]}{_tail(found[3])}" if found else short


def _tail(text: str) -> str:
    return text.upper() if len(text) == 1 else text


def residue_of(change: str) -> str:
    """Return the residue of a change, such as ``C481`` of ``C481S``; empty if it names none."""
    found = _RESIDUE.match(change)
    return found[0] if found else ""


def is_known(gene: str, change: str, known: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether a change is on the list: itself, or by its residue."""
    listed = known.get(gene.upper(), ())
    return change in listed or residue_of(change) in listed


def key_of(gene: str, change: str) -> str:
    """Return the first part of the features of a variant: ``btk_c481s``."""
    plain = re.sub(r"[^a-z0-9]", "", f"{change.replace('*', 'ter')}".lower())
    return f"{gene.lower()}_{plain}"
