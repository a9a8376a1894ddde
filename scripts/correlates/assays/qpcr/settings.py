"""How RT-qPCR is computed, as the configuration has it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from correlates.assays.qpcr.genes import GeneNames, GenePanel, read_panels


@dataclass(frozen=True)
class QpcrSettings:
    """The block ``qpcr`` of the configuration; config/config.yaml says what each key means."""

    panels: Mapping[str, Mapping]
    names: Mapping[str, str]
    efficiency: Mapping
    replicates: Mapping
    undetermined: Mapping
    negatives: Mapping
    references: Mapping
    calibration: Mapping
    haemolysis: Mapping
    sample: Mapping
    gene_names: GeneNames = field(init=False)

    def __post_init__(self):
        """Read the aliases once: every well is looked up in them."""
        object.__setattr__(self, "gene_names", GeneNames(self.names))

    @cached_property
    def gene_panels(self) -> list[GenePanel]:
        """Panels, with the keys of their genes."""
        return read_panels(self.panels, self.gene_names)

    @cached_property
    def discouraged(self) -> frozenset[str]:
        """Keys of genes that are warned of as references."""
        return frozenset(map(self.gene_names.key, self.references["discouraged"]))

    @cached_property
    def declared(self) -> dict[str, float]:
        """Declared efficiencies by gene key."""
        return self.gene_names.by_key(self.efficiency["declared"])

    @cached_property
    def lods(self) -> dict[str, float]:
        """Cq at the limit of detection by gene key, where it is not that of all."""
        return self.gene_names.by_key(self.undetermined["lod_cq_of"])

    def lod_cq(self, gene: str) -> float:
        """Cq at the limit of detection of a gene."""
        return self.lods.get(gene, self.undetermined["lod_cq"])
