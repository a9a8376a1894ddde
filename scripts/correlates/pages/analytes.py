"""What analytes and cells of the assays are called on pages; what has no name keeps its key."""

import re

# Names that capitals alone do not give.
ANALYTES = {
    **{"mir155": "miR-155", "igg": "IgG", "iga": "IgA", "igm": "IgM"},
    **{"b2m": "β2-microglobulin", "ibrutinib": "ibrutinib", "lenalidomide": "lenalidomide"},
    **{"pci45227": "PCI-45227", "crcl": "creatinine clearance", "vegf": "VEGF", "bfgf": "bFGF"},
    **{"stnfr1": "sTNFR1", "svegfr2": "sVEGFR2", "ifng": "IFN-γ", "tnfa": "TNF-α"},
    **{"il12p70": "IL-12p70", "synapse": "synapse", "cel_mir39": "cel-miR-39"},
}
# The cells that a sample may be of (the column `cell`).
CELLS = {
    "cll": "CLL cells",
    "b_normal": "normal B cells",
    "b": "B cells",
    "t": "T cells",
    "t_cd4": "CD4+ T cells",
    "t_cd8": "CD8+ T cells",
    "nk": "NK cells",
    "mono": "monocytes",
    "pbmc": "PBMC",
    "wb": "whole blood",
    "plasma": "plasma",
    "serum": "serum",
}
_NUMBERED = ((re.compile(r"il(\d+)"), "IL-{}"), (re.compile(r"mir(\d+\w*)"), "miR-{}"))
# A key made of small letters, as the tables have it; anything else is a name already.
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_WORD = re.compile(r"\w+(?:-\w+)*")


def analyte_name(key: str) -> str:
    """Return an analyte in words: ``rhoh`` as ``RHOH``, ``il6`` as ``IL-6``, ``tnfa`` as ``TNF-α``.

    Parameters
    ----------
    key
        The analyte as tables have it; a name in capitals stays as it is.
    """
    if key in ANALYTES or not _KEY.fullmatch(key):
        return ANALYTES.get(key, key)
    for pattern, name in _NUMBERED:
        found = pattern.fullmatch(key)
        if found:
            return name.format(found[1])
    return key.replace("_", " ").upper()


def controlled_name(text: str) -> str:
    """Return what a control is of, in words: ``crbn t_cd4`` as ``CRBN CD4+ T cells``.

    The first word is the analyte; of a feature its analyte and cells are told.
    """
    analyte, _, rest = text.replace("__", " ").partition(" ")
    words = rest.split()
    # the statistic of a feature is not what is controlled
    rest = " ".join(words[1:]) if "__" in text else rest
    return " ".join(part for part in (analyte_name(analyte), with_cells_named(rest)) if part)


def with_cells_named(text: str) -> str:
    """Return a text with the keys of cells in words: ``BTK in cll`` as ``BTK in CLL cells``."""
    return _WORD.sub(lambda word: CELLS.get(word[0], word[0]), text)
