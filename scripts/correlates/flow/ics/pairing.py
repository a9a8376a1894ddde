"""Which stimulated tube is read against which unstimulated one."""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from correlates.flow.counts.settings import FlowSettings
from correlates.flow.counts.tubes import (
    recorded_day,
    with_sample_gates,
)
from correlates.intake.acquisitions import is_of_stimulation
from correlates.intake.fcs.verdict import REFUSED

UNSTIM = "unstim"
_OF_TUBE = ["n", "n_parent", "failed", "tube_flags"]


def agent_of(tube: str) -> str:
    """Return the agent of a stimulated tube as features name it: ``cmv`` of ``stim_CMV``."""
    return re.sub(r"[^a-z0-9.+-]+", "-", tube.removeprefix("stim_").lower()).strip("-")


def stimulation_tubes(
    acquisitions: Iterable[Mapping],
    verdicts: Mapping[str, Mapping],
    excluded: Mapping[str, str],
    counted: set[str],
    populations: pd.DataFrame,
    settings: FlowSettings,
) -> tuple[pd.DataFrame, list[dict]]:
    """Choose the accepted tubes of stimulations, and judge each by its viability.

    Parameters
    ----------
    acquisitions
        The plan, one mapping a file.
    verdicts
        By acquisition.
    excluded
        Why an accepted acquisition is left out.
    counted
        Acquisitions in which combinations of functions were counted.
    populations
        Counts of their populations.
    settings
        Floors and anchors.

    Returns
    -------
    The plan's columns with ``agent`` (empty for the unstimulated), ``failed`` and ``tube_flags``,
    indexed by acquisition; and what was left out.
    """
    tubes, left_out = [], []
    for planned in acquisitions:
        verdict = verdicts.get(planned["acquisition"], {})
        if not is_of_stimulation(planned) or verdict.get("verdict") in (None, REFUSED):
            continue
        reason = excluded.get(planned["acquisition"], "")
        if not reason and planned["acquisition"] not in counted:
            reason = "its gating holds none of the functions that ics.combinations names"
        if reason:
            left_out.append(left_out_row(planned, planned["acquisition"], reason))
            continue
        codes = [f["code"] for f in verdict.get("findings", ()) if f.get("severity") == "warning"]
        tubes.append(
            dict(planned)
            | {
                "day": recorded_day(planned),
                "timepoint": planned.get("timepoint") or "pre",
                "tube_flags": ";".join(codes),
                "agent": "" if planned["tube"] == UNSTIM else agent_of(planned["tube"]),
            }
        )
    if not tubes:
        return pd.DataFrame(), left_out
    return with_sample_gates(pd.DataFrame(tubes).set_index("acquisition"), populations, settings), (
        left_out
    )


def left_out_row(planned: Mapping, acquisition: str, reason: str) -> dict:
    """Return the row of an acquisition that gives no measurement."""
    place = {"what": "acquisition", "patient": planned["patient"], "visit": planned["visit"]}
    return place | {"item": acquisition, "status": "excluded", "reason": reason}


def paired_counts(tubes: pd.DataFrame, counts: pd.DataFrame) -> tuple[pd.DataFrame, list[dict]]:
    """Put beside each count of a stimulated tube that of the unstimulated one.

    Parameters
    ----------
    tubes
        As `stimulation_tubes` gives them.
    counts
        ``acquisition``, ``parent``, ``combination``, ``kind``, ``n``, ``n_parent``.

    Returns
    -------
    Rows of the stimulated tubes, with the unstimulated one's ``n_u``, ``n_parent_u``, ``failed_u``
    and ``tube_flags_u``, which are missing where the draw has none in the panel; and the
    unstimulated tubes that no stimulated one needs.
    """
    rows = counts.merge(
        tubes[["sample", "panel", "agent", "failed", "tube_flags"]],
        left_on="acquisition",
        right_index=True,
    )
    place = ["sample", "panel", "parent", "combination", "kind"]
    resting = rows[rows["agent"] == ""]
    renamed = {name: f"{name}_u" for name in _OF_TUBE} | {"acquisition": "unstim"}
    resting = resting[[*place, "acquisition", *_OF_TUBE]].rename(columns=renamed)
    stimulated = rows[rows["agent"] != ""]
    paired = stimulated.merge(resting, on=place, how="left")
    used = set(paired["unstim"].dropna())
    alone = tubes[(tubes["agent"] == "") & ~tubes.index.isin(used)]
    reason = "no stimulated tube of its draw and panel is read against it"
    return paired, [left_out_row(row, key, reason) for key, row in alone.to_dict("index").items()]
