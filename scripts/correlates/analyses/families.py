"""Families of contrasts: how many hypotheses each holds, and what a result must pass in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.analyses.comparison import PRIMARY, SECONDARY, Contrast
from correlates.analyses.multiplicity import (
    ALPHA,
    FDR,
    benjamini_hochberg,
    family_verdict,
    holm,
)

CORRECTED = ["p_holm", "q", "family_size", "family_sentence", "claim", "fragile"]
# p with other values than those tested, and the column of its direction where that is known
ALTERNATIVES = {
    "p_missing_events_lowest": "way_missing_events_lowest",
    "p_missing_events_highest": "way_missing_events_highest",
    "p_sensitivity": "",
}
_UNCORRECTED = (
    "Exploratory contrasts: p is not corrected, and no difference is claimed, however small it is."
)


@dataclass(frozen=True)
class Family:
    """One family.

    Parameters
    ----------
    name
        ``primary`` (Holm), ``secondary`` (Benjamini and Hochberg), or any other: exploratory.
    size
        Hypotheses in it, those included that are not listed.
    """

    name: str
    size: int

    @property
    def is_corrected(self) -> bool:
        """Whether its contrasts can claim a difference at all."""
        return self.name in (PRIMARY, SECONDARY)

    @property
    def level(self) -> float:
        """What the smallest p of the family must not exceed if the others tell nothing."""
        if not self.is_corrected:
            return ALPHA
        return (ALPHA if self.name == PRIMARY else FDR) / self.size

    @property
    def level_words(self) -> str:
        """The level with where it comes from: ``0.0125 (0.05 / 4)``."""
        if self.level in (ALPHA, FDR):
            return f"{self.level:g}"
        return f"{self.level:.3g} ({self.level * self.size:g} / {self.size})"


def families_of(contrasts: Iterable[Contrast]) -> dict[str, Family]:
    """Return the families of these contrasts by name.

    A family is as large as the contrasts listed, or larger where they say so by ``family_size``.
    """
    contrasts = list(contrasts)
    families = {}
    for name in dict.fromkeys(contrast.family for contrast in contrasts):
        own = [contrast for contrast in contrasts if contrast.family == name]
        families[name] = Family(name, max(len(own), *(one.family_size for one in own)))
    return families


def corrected(table: pd.DataFrame, families: dict[str, Family]) -> pd.DataFrame:
    """Correct the p-values of each family, and say which contrasts claim a difference.

    Parameters
    ----------
    table
        One row a contrast, with ``family``, ``p``, ``smallest_p_with_ties``, ``pairs_higher`` and
        the columns of ALTERNATIVES.
    families
        Of ``families_of``.

    Returns
    -------
    The table with the columns CORRECTED filled: ``claim`` is ``higher`` or ``lower`` where the
    corrected p passes the level of its family, else empty; ``fragile`` the names of ALTERNATIVES,
    joined by semicolons, with which, in place of its p, the claim would not be made.
    """
    table = table.copy()
    for name, family in families.items():
        rows = (table["family"] == name).to_numpy()
        p = table.loc[rows, "p"].to_numpy(dtype=float)
        smallest = table.loc[rows, "smallest_p_with_ties"].where(table.loc[rows, "p"].notna())
        if not family.is_corrected:
            table.loc[rows, "family_sentence"] = _UNCORRECTED
            continue
        is_primary = name == PRIMARY
        adjusted = _adjusted(family, p)
        _, verdict = family_verdict(smallest.tolist(), family.size, is_primary)
        table.loc[rows, "p_holm" if is_primary else "q"] = adjusted
        table.loc[rows, "family_size"] = family.size
        table.loc[rows, "family_sentence"] = verdict
        higher = table.loc[rows, "pairs_higher"].to_numpy(dtype=float)
        claim = np.where(higher > 0.5, "higher", "lower")
        claim = np.where(_is_passed(family, adjusted), claim, "")
        table.loc[rows, "claim"] = claim
        others = table.loc[rows].to_dict("records")
        table.loc[rows, "fragile"] = [
            _fragile(family, p, place, row) if claim[place] else ""
            for place, row in enumerate(others)
        ]
    return table


def _adjusted(family: Family, p: np.ndarray) -> np.ndarray:
    return (holm if family.name == PRIMARY else benjamini_hochberg)(p, family.size)


def _is_passed(family: Family, adjusted: np.ndarray) -> np.ndarray:
    return adjusted <= (ALPHA if family.name == PRIMARY else FDR)


def _fragile(family: Family, p: np.ndarray, place: int, row: Mapping) -> str:
    """Name the alternatives with which the claim of one row would not be made."""
    found = []
    for name, way in ALTERNATIVES.items():
        if np.isnan(row[name]):
            continue
        changed = p.copy()
        changed[place] = row[name]
        is_reversed = bool(way) and row[way] != row["claim"]
        if is_reversed or not _is_passed(family, _adjusted(family, changed))[place]:
            found.append(name)
    return ";".join(found)
