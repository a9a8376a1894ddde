"""Names of genes: how laboratories write them, and the keys under which they are counted."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# What laboratories commonly write, to the name that counts. The arm of a microRNA is told where the
# name that counts lacks it; the other arm keeps a name of its own.
COMMON_NAMES = {
    **{"HPRT": "HPRT1", "ABL": "ABL1", "Ikaros": "IKZF1", "Aiolos": "IKZF3", "RhoH/TTF": "RHOH"},
    **{"miR-155": "mir155", "miR-155-5p": "mir155", "miR-16": "mir16", "miR-16-5p": "mir16"},
    **{"miR-423": "mir423", "miR-423-5p": "mir423", "miR-93": "mir93", "miR-93-5p": "mir93"},
    **{"miR-103a": "mir103a", "miR-103a-3p": "mir103a"},
    **{"miR-191": "mir191", "miR-191-5p": "mir191", "miR-23a": "mir23a", "miR-23a-3p": "mir23a"},
    **{"miR-451a": "mir451a", "miR-451": "mir451a"},
    **{"cel-miR-39": "cel_mir39", "cel-miR-39-3p": "cel_mir39"},
}


def plain_key(name: str) -> str:
    """Return a name in lower case, without the species of a microRNA, with underscores only.

    ``hsa-miR-155-5p`` becomes ``mir_155_5p``, ``RHOH`` becomes ``rhoh``.
    """
    lower = re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
    return lower.removeprefix("hsa_")


class GeneNames:
    """Keys of genes by the names that laboratories give them.

    Parameters
    ----------
    aliases
        What a laboratory writes, to the gene that is meant, over `COMMON_NAMES`; case and
        punctuation do not matter.
    """

    def __init__(self, aliases: Mapping[str, str]):
        self._meant = {
            plain_key(name): plain_key(gene)
            for name, gene in (COMMON_NAMES | dict(aliases)).items()
        }

    def key(self, name: str) -> str:
        """Return the key of a gene, as features name it."""
        key = plain_key(name)
        return self._meant.get(key, key)

    def by_key(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return what is set by gene with their keys."""
        return {self.key(name): value for name, value in values.items()}


@dataclass(frozen=True)
class GenePanel:
    """Targets, and the genes that they are normalised to.

    ``spike_ins`` are references that were added to the sample; their stability over samples is that
    of the extraction, so that geNorm does not judge them.
    """

    name: str
    targets: tuple[str, ...]
    references: tuple[str, ...]
    spike_ins: tuple[str, ...]
    min_references: int

    @property
    def normalisers(self) -> tuple[str, ...]:
        """All genes that quantities may be divided by."""
        return (*self.references, *self.spike_ins)


def read_panels(panels: Mapping[str, Mapping], names: GeneNames) -> list[GenePanel]:
    """Return the panels of the configuration with keys in place of names."""
    return [
        GenePanel(
            name,
            _keys(panel["targets"], names),
            _keys(panel["references"], names),
            _keys(panel["spike_ins"], names),
            panel["min_references"],
        )
        for name, panel in panels.items()
    ]


def _keys(genes: Iterable[str], names: GeneNames) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names.key(gene) for gene in genes))
