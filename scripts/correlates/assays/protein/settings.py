"""What the protein assay is told by the config."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class WesternSettings:
    """Acceptance of blots and of their lanes.

    Parameters
    ----------
    min_dilutions
        Fewest amounts of protein that a dilution series must have.
    min_r2
        Least coefficient of determination of signal on amount.
    min_blots
        Fewest blots from which the variance between blots is estimated; below it each blot is
        compared with its own control alone.
    min_replicates
        Lanes of a sample below which its value is flagged.
    max_replicate_sd_log2
        Standard deviation of a sample's lanes, log2, above which it is flagged.
    max_load_fold
        Total-protein stain of a lane against the median of its blot, beyond which it is flagged.
    max_control_cv_pct
        Coefficient of variation of a control between blots, in %, above which it is flagged.
    min_purity_pct
        Share of the wanted cells below which a sample is flagged.
    """

    min_dilutions: int = 3
    min_r2: float = 0.98
    min_blots: int = 3
    min_replicates: int = 2
    max_replicate_sd_log2: float = 0.5
    max_load_fold: float = 2.0
    max_control_cv_pct: float = 25.0
    min_purity_pct: float = 95.0


@dataclass(frozen=True)
class IntracellularSettings:
    """How intracellular stains are read.

    Parameters
    ----------
    markers
        Names that flow's features may have, by the name that ours get: ``{"ikzf1": ["ikzf1",
        "ikaros"]}``.
    lineages
        Populations in which they are read.
    tube_cv
        Coefficient of variation of a median between two tubes of the same cells.
    use_isotype
        Whether an isotype tube may stand in for a missing FMO.
    max_blank_cv_pct
        Coefficient of variation of the background between batches, in %, above which it is flagged.
    """

    markers: Mapping[str, Sequence[str]]
    lineages: Sequence[str]
    tube_cv: float = 0.05
    use_isotype: bool = False
    max_blank_cv_pct: float = 30.0

    @classmethod
    def of(cls, block: Mapping) -> "IntracellularSettings":
        """Return those of the config's block ``protein``."""
        markers = {names[0]: names for names in block["markers"]}
        return cls(markers=markers, **block["intracellular"])
