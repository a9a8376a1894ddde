"""What the config says of counts; light, since it is imported wherever the rules are parsed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class FlowSettings:
    """What the config's ``flow`` block says of counts; the names are its keys.

    Parameters
    ----------
    min_parent_events
        Fewest parent events for a percentage.
    lod_events, lloq_events
        Fewest events that are detected, and quantified.
    min_leukocytes
        Fewest viable CD45+ events of an evaluable tube.
    subset_floor
        ``min_leukocytes`` that the rare ``populations`` take in a draw of more lymphocytes than
        ``above_alc_10e9_l``.
    min_viability_pct
        Lowest percentage of singlets that are viable, for ``fresh`` and for ``cryo`` specimens.
    cv_cbc, cv_vol
        Coefficient of variation of the blood count, and of the volumes of a tube with counting
        beads, as fractions.
    count_platforms
        ``dual``, ``single``, ``bridge``, the preferred way to cells per microlitre first.
    bridge_anchors
        Populations by which a count is carried to another tube, the preferred one first.
    min_bead_events
        Bead events below which counts by beads are flagged.
    bead_ratio_tolerance, platform_tolerance
        How far the ratio of two kinds of beads, and two ways of counting, may differ; fractions.
    anchors
        Population keys of ``leukocytes``, ``lymphocytes``, ``monocytes``, ``viable``, ``singlets``,
        ``beads``, ``beads_a``, ``beads_b``.
    cbc_max_offset_h
        Hours between draw and blood count beyond which absolute counts are flagged.
    fractions
        Denominators of percentages: ``parent``, ``grandparent``, ``leukocytes``.
    clone_free, clone
        Populations, with all below them, that hold no cell of the clone, and that hold no other.
    extended_clone
        Share of the lymphocytes, ``below_pct``, under which the clone takes one of ``markers``.
    light_chains
        Largest ``ratio`` of the parts of ``polyclonal`` populations, which those of ``restricted``
        ones must exceed; each a population and its two parts.
    """

    min_parent_events: int
    lod_events: int
    lloq_events: int
    min_leukocytes: int
    subset_floor: Mapping
    min_viability_pct: Mapping[str, float]
    cv_cbc: float
    cv_vol: float
    count_platforms: Sequence[str]
    bridge_anchors: Sequence[str]
    min_bead_events: int
    bead_ratio_tolerance: float
    platform_tolerance: float
    anchors: Mapping[str, str]
    cbc_max_offset_h: float
    fractions: Sequence[str]
    clone_free: Sequence[str]
    clone: Sequence[str]
    extended_clone: Mapping
    light_chains: Mapping


def settings_of_counts(flow: Mapping) -> dict:
    """Return the part of the config's ``flow`` block that `FlowSettings` is made of."""
    return {field.name: flow[field.name] for field in fields(FlowSettings)}
