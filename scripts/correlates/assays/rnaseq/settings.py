"""Settings of the assay, as the config gives them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from correlates.assays.rnaseq.junctions import JunctionSettings


@dataclass(frozen=True)
class RnaseqSettings:
    """What the config's block ``rnaseq`` says; its comments there say what each means.

    Parameters
    ----------
    genes
        Ensembl id by symbol.
    crbn
        Junctions of exon 10.
    """

    genes: Mapping[str, str]
    crbn: JunctionSettings
    star_column: str = "unstranded"
    scaled_counts: bool = False
    min_cpm: float = 1.0
    prior_count: float = 2.0
    min_assigned: float = 10e6
    min_rin: float = 7.0
    max_rrna_pct: float = 10.0
    outlier_mad: float = 5.0
    refuses: tuple[str, ...] = ("assigned",)
    min_purity_pct: float = 95.0
    control_max_cv_pct: float = 30.0

    @classmethod
    def of_config(cls, block: Mapping) -> "RnaseqSettings":
        """Take what belongs here of the config's block."""
        known = {one.name for one in fields(cls)}
        values = {name: value for name, value in block.items() if name in known}
        values["genes"] = dict(one.split() for one in values["genes"])
        crbn = values["crbn"]
        values["crbn"] = JunctionSettings(
            crbn["transcript"], *crbn["junctions"], min_reads=crbn["min_reads"]
        )
        values["refuses"] = tuple(values["refuses"])
        return cls(**values)
