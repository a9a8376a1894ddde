"""Families of contrasts: how many hypotheses each holds, and what a result must pass in it."""

from collections.abc import Iterable
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

CORRECTED = ["p_holm", "q", "family_size", "family_sentence", "claim"]
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
        One row a contrast, with ``family``, ``p``, ``smallest_p_with_ties`` and ``pairs_higher``.
    families
        Of ``families_of``.

    Returns
    -------
    The table with the columns CORRECTED filled: ``claim`` is ``higher`` or ``lower`` where the
    corrected p passes the level of its family, else empty.
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
        adjusted = (holm if is_primary else benjamini_hochberg)(p, family.size)
        _, verdict = family_verdict(smallest.tolist(), family.size, is_primary)
        table.loc[rows, "p_holm" if is_primary else "q"] = adjusted
        table.loc[rows, "family_size"] = family.size
        table.loc[rows, "family_sentence"] = verdict
        higher = table.loc[rows, "pairs_higher"].to_numpy(dtype=float)
        claim = np.where(higher > 0.5, "higher", "lower")
        is_passed = adjusted <= (ALPHA if is_primary else FDR)
        table.loc[rows, "claim"] = np.where(is_passed, claim, "")
    return table
