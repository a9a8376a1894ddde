"""How soluble markers are judged, as the configuration has it, and what their names mean."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

CYTOKINE, IMMUNOGLOBULIN, B2M = "cytokine", "immunoglobulin", "b2m"
# What kits and laboratories call the markers besides; the config's names go first.
_COMMON = {
    **{"ifngamma": "ifng", "tnfalpha": "tnfa", "tnf": "tnfa", "cxcl8": "il8", "il12": "il12p70"},
    **dict.fromkeys(("tnfri", "tnfr1", "stnfri", "tnfrsf1a"), "stnfr1"),
    **{"mcp1": "ccl2", "mip1alpha": "ccl3", "mip1a": "ccl3", "mip1beta": "ccl4", "mip1b": "ccl4"},
    **{"mig": "cxcl9", "ip10": "cxcl10", "vegfa": "vegf", "fgf2": "bfgf", "fgfbasic": "bfgf"},
    **dict.fromkeys(("vegfr2", "svegfrii", "skdr"), "svegfr2"),
    **dict.fromkeys(("beta2microglobulin", "b2microglobulin", "b2mg", "beta2m"), "b2m"),
}
_GREEK = str.maketrans({"α": "a", "β": "b", "γ": "g", "κ": "k", "δ": "d", "λ": "l"})


def plain_key(name: str) -> str:
    """Return a name as features have it: ``IL-12(p70)`` is ``il12p70``, ``IFN-γ`` is ``ifng``."""
    return re.sub(r"[^a-z0-9]+", "", name.lower().translate(_GREEK))


@dataclass(frozen=True)
class Analyte:
    """One marker: its key, the panel that it is of, and the unit that it is reported in."""

    key: str
    panel: str
    unit: str


@dataclass(frozen=True)
class SolubleSettings:
    """The block ``soluble`` of the configuration; config/config.yaml says what each key means."""

    panels: Mapping[str, Mapping]
    names: Mapping[str, str]
    wells: Mapping
    plates: Mapping
    censoring: Mapping
    ivig_weeks: float
    min_crcl_ml_min: float

    @cached_property
    def _meant(self) -> dict[str, str]:
        own = {plain_key(name): plain_key(analyte) for name, analyte in self.names.items()}
        return _COMMON | own

    @cached_property
    def _analytes(self) -> dict[str, Analyte]:
        return {
            plain_key(name): Analyte(plain_key(name), panel, of["unit"])
            for panel, of in self.panels.items()
            for name in of["analytes"]
        }

    def analyte(self, name: str) -> Analyte | None:
        """Return the marker that a laboratory's name means; None if no panel has it."""
        key = plain_key(name)
        return self._analytes.get(key) or self._analytes.get(self._meant.get(key, key))

    @property
    def labels(self) -> dict[str, str]:
        """Markers as the configuration writes them, by key and in the order of the panels."""
        return labels_of(self.panels)


def labels_of(panels: Mapping[str, Mapping]) -> dict[str, str]:
    """Return the markers of the panels as the configuration writes them, by key and in order."""
    return {plain_key(name): name for of in panels.values() for name in of["analytes"]}
