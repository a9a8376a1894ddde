"""Which tubes are measured, and whether each one's cells are alive and many enough."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.intake.records import REFERENCE, is_of_stimulation

# The tube that is measured; the others (FMO, single stains) are references of it.
FULL = "full"
REFUSED = "refused"
# Of what measures the burden of the clone rather than the population.
DISPLAY_ONLY = "display_only_compositional"


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


def evaluable_tubes(
    acquisitions: Iterable[Mapping],
    verdicts: Mapping[str, Mapping],
    excluded: Mapping[str, str],
    counted: set[str],
) -> tuple[pd.DataFrame, list[dict]]:
    """Choose the full tubes whose files were accepted.

    Parameters
    ----------
    acquisitions
        The plan, one mapping a file.
    verdicts
        By acquisition; a file without one was not gated.
    excluded
        Why an accepted acquisition is left out.
    counted
        Acquisitions in which the gating counted anything.

    Returns
    -------
    The plan's columns, with ``day`` (recorded only), ``timepoint`` (``pre`` where blank) and
    ``tube_flags`` (codes of the file's warnings), indexed by acquisition; and a row for each
    accepted tube that is left out, reference tubes among them. Refused files are intake's to list,
    and tubes of a stimulation are the assay ics's.
    """
    tubes, left_out = [], []
    for planned in acquisitions:
        key = planned["acquisition"]
        verdict = verdicts.get(key, {})
        # A declared reference is nobody's, so that nothing of a patient is left out with it.
        if verdict.get("verdict") in (None, REFUSED) or planned.get("role") == REFERENCE:
            continue
        if is_of_stimulation(planned):
            continue
        reason = excluded.get(key) or _why_not_measured(planned, counted)
        if reason:
            place = {"what": "acquisition", "patient": planned["patient"]}
            place |= {"visit": planned["visit"], "item": key}
            left_out.append(place | {"status": "excluded", "reason": reason})
            continue
        warned = [f["code"] for f in verdict.get("findings", ()) if f.get("severity") == "warning"]
        tubes.append(
            dict(planned)
            | {
                "day": recorded_day(planned),
                "timepoint": planned.get("timepoint") or "pre",
                "tube_flags": ";".join(warned),
            }
        )
    return pd.DataFrame(tubes).set_index("acquisition") if tubes else pd.DataFrame(), left_out


def _why_not_measured(planned: Mapping, counted: set[str]) -> str:
    """Say why an accepted tube gives no measurement; ``""`` if it does."""
    if (planned.get("tube") or FULL) != FULL:
        return "reference tube: others are judged by it"
    return "" if planned["acquisition"] in counted else "the gating counted nothing"


def recorded_day(planned: Mapping) -> float | None:
    """Return the day that somebody recorded; a planned one is filled in, and flagged, later on."""
    if planned.get("study_day_source") == "planned":
        return None
    return planned.get("study_day", planned.get("day"))


def with_sample_gates(
    tubes: pd.DataFrame, counts: pd.DataFrame, settings: FlowSettings
) -> pd.DataFrame:
    """Judge each tube by its viability and its viable leukocytes.

    Parameters
    ----------
    tubes
        Indexed by acquisition, with ``specimen`` and ``tube_flags``.
    counts
        ``acquisition``, ``population``, ``n``.
    settings
        Floors and anchors.

    Returns
    -------
    The tubes with ``failed``, and the reasons appended to ``tube_flags``. A template without the
    gates that a floor needs cannot be judged by it: that is a flag, and no failure.
    """

    def events(role: str) -> pd.Series:
        rows = counts[counts["population"] == settings.anchors[role]]
        return rows.set_index("acquisition")["n"].reindex(tubes.index)

    viable, singlets, leukocytes = events("viable"), events("singlets"), events("leukocytes")
    share = 100 * viable / singlets.where(singlets > 0)
    cryo = tubes["specimen"].str.startswith("cryo")
    floor = np.where(cryo, settings.min_viability_pct["cryo"], settings.min_viability_pct["fresh"])
    # No singlet at all is as bad as none alive.
    too_dead = (share < floor) | (viable.notna() & (singlets == 0))
    too_few = leukocytes < settings.min_leukocytes
    notes = {
        "viability_below_floor": too_dead,
        "leukocytes_below_floor": too_few,
        "viability_not_gated": viable.isna() | singlets.isna(),
        "leukocytes_not_gated": leukocytes.isna(),
    }
    flags = tubes["tube_flags"]
    for note, holds in notes.items():
        flags = flags + np.where(holds, f";{note}", "")
    return tubes.assign(tube_flags=flags, failed=too_dead | too_few)
