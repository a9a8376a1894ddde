"""Which tubes are measured, and whether each one's cells are alive and many enough."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from correlates.flow.counts.settings import FlowSettings
from correlates.intake.acquisitions import FULL, REFERENCE, is_of_occupancy, is_of_stimulation
from correlates.intake.fcs.verdict import REFUSED

# Of what measures the burden of the clone rather than the population.
DISPLAY_ONLY = "display_only_compositional"


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
    tubes of a stimulation are the assay ics's, those of a probe the assay occupancy's.
    """
    tubes, left_out = [], []
    for planned in acquisitions:
        key = planned["acquisition"]
        verdict = verdicts.get(key, {})
        # A declared reference is nobody's, so that nothing of a patient is left out with it.
        if verdict.get("verdict") in (None, REFUSED) or planned.get("role") == REFERENCE:
            continue
        if is_of_stimulation(planned) or is_of_occupancy(planned):
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
