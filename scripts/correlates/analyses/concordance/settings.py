"""What the question of concordance is told by the config."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ConcordanceSettings:
    """Settings of the question; the keys of ``protein.concordance`` in the config.

    Parameters
    ----------
    min_patients
        Fewest patients for a correlation, or for a sentence about changes.
    unchanged_log2
        Largest mean change of a messenger, log2, that counts as none.
    degraded_by_drug
        Proteins that lenalidomide degrades without touching their messengers.
    permutations, seed
        Where not all permutations can be counted.
    """

    min_patients: int = 5
    unchanged_log2: float = 0.585
    degraded_by_drug: Sequence[str] = ("ikzf1", "ikzf3")
    permutations: int = 9999
    seed: int = 1
