"""What the config says of occupancy; light, since it is imported where the rules are parsed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class OccupancySettings:
    """The config's ``occupancy`` block; the names are its keys.

    Parameters
    ----------
    cells
        Populations of flow in which each target is read, by target.
    probe, total
        Marker of the probe, and of the antibody to all of the target, by target.
    probe_specificity
        ``selective``, ``tec_family`` or ``unknown``, of the probe of flow, by target.
    assays
        ``flow_probe``, ``elisa``, ``trfret``: which one counts where a draw has several.
    pre_dose_visits
        Visits whose draw before the dose may be the pre-dose sample where no day is recorded.
    min_target_events
        Fewest target cells in each tube.
    min_purity_pct
        Lowest purity of the T cells whose lysate is read for ITK.
    low_signal_sd, lloq_sd
        Standard deviations of the background that a pre-dose signal must exceed, and that are the
        LLOQ of the free signal where nobody gave one.
    min_backgrounds
        Fewest degrees of freedom of that standard deviation.
    technical_range_pct
        Signed occupancy outside of which something went wrong.
    max_mutant_ccf_pct
        Share of mutant clonal cells from which a low signal is no occupancy.
    windows_h
        Actual hours after the dose of ``h4`` and of ``trough`` draws.
    min_donors
        Fewest untreated donors of a run that stand in for a pre-dose sample.
    max_replicate_cv_pct, max_control_cv_pct, max_control_deviation_pct
        Of replicate wells; of a control over the runs; of one run's control from their median.
    """

    cells: Mapping[str, Sequence[str]]
    probe: Mapping[str, str]
    total: Mapping[str, str]
    probe_specificity: Mapping[str, str]
    assays: Sequence[str]
    pre_dose_visits: Sequence[str]
    min_target_events: int
    min_purity_pct: float
    low_signal_sd: float
    lloq_sd: float
    min_backgrounds: int
    technical_range_pct: Sequence[float]
    max_mutant_ccf_pct: float
    windows_h: Mapping[str, Sequence[float]]
    min_donors: int
    max_replicate_cv_pct: float
    max_control_cv_pct: float
    max_control_deviation_pct: float


def cells_of_flow(occupancy: Mapping) -> list[str]:
    """Return every population in which a target is read."""
    return sorted({cell for cells in occupancy["cells"].values() for cell in cells})


def markers_of_flow(occupancy: Mapping) -> list[str]:
    """Return every marker that is a probe or an antibody to a target."""
    return sorted({*occupancy["probe"].values(), *occupancy["total"].values()})
