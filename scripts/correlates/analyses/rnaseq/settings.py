"""Settings of the questions on RNA."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Contrast:
    """Two draws of a patient that are compared.

    Parameters
    ----------
    name
        In words.
    before, after
        ``B0``, ``B1``, or a visit and a timepoint such as ``C2D1 pre``.
    """

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class RnaseqQuestions:
    """What the config's block ``analyses: rnaseq`` says; its comments there say what each means.

    Parameters
    ----------
    genes
        Symbol by Ensembl id.
    """

    contrasts: tuple[Contrast, ...]
    genes: Mapping[str, str]
    confidence: float = 0.95
    fdr: float = 0.10
    min_pairs_all_genes: int = 4
    most_flips: int = 128
    min_pairs_adjusted: int = 8

    @classmethod
    def of(cls, block: Mapping, genes: list[str], confidence: float) -> "RnaseqQuestions":
        """Take the block, the genes of the assay's block, and the confidence of all analyses."""
        values = dict(block)
        values["contrasts"] = tuple(Contrast(*one) for one in values["contrasts"])
        symbols = dict(reversed(one.split()) for one in genes)
        return cls(genes=symbols, confidence=confidence, **values)
