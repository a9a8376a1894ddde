"""The one limit that ties the measured values of everybody, and p without it.

All values below the highest limit of a censored value are tied, so a single tube of few events can
tie most of what was measured in the others. The test stays valid and loses power; a reader must be
told whose tube it was, and what the rest say.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from correlates.analyses.common_limits import ABOVE, BELOW, OBSERVED, CommonLimits
from correlates.analyses.comparison import Groups
from correlates.analyses.lanes import EXACT_TEST, permitted
from correlates.analyses.ranks import exact_p, rank_scores
from correlates.analyses.wording import number, p_value, unit_words

COLUMNS = [
    *("floor_set_by", "n_tied_by_floor", "ceiling_set_by", "n_tied_by_ceiling"),
    *("is_limit_costly", "n_sensitivity", "p_sensitivity"),
]
# a limit that alone ties more than this share of the measured values is told of
COSTLY = 0.25
_NAMED_PATIENTS = 5


@dataclass(frozen=True)
class Deciding:
    """The limit that decides the floor (or the ceiling), and what it costs.

    Parameters
    ----------
    limit
        As measured; NaN where nothing lies beyond a limit.
    is_its
        Which patients' values have this limit.
    n_tied
        Measured values that are tied for it and for no other limit.
    is_costly
        Whether these are more than a share COSTLY of the measured values.
    """

    limit: float
    is_its: np.ndarray
    n_tied: int
    is_costly: bool


def deciding(groups: Groups, side: int) -> Deciding:
    """Find the highest limit of a value below one (side BELOW), or the lowest of one above."""
    sign = -side
    beyond, measured = groups.side == side, groups.side == OBSERVED
    if not beyond.any():
        return Deciding(np.nan, beyond, 0, False)
    limits = sign * groups.measured
    limit = limits[beyond].max()
    is_its = beyond & (limits == limit)
    rest = limits[beyond & ~is_its]
    next_limit = rest.max() if rest.size else -np.inf
    n_tied = int((measured & (limits < limit) & (limits >= next_limit)).sum())
    return Deciding(float(sign * limit), is_its, n_tied, n_tied > COSTLY * measured.sum())


def highest_limit_of(groups: Groups) -> dict:
    """Describe the limits that decide floor and ceiling.

    Returns
    -------
    The columns COLUMNS: who has the limit, joined by semicolons, how many measured values it ties
    that no other limit does, whether that is costly, and where it is, the patients left and the p
    of the same test without the values whose limit it is (NaN where too few are left): a
    sensitivity result, never the primary one.
    """
    floor, ceiling = deciding(groups, BELOW), deciding(groups, ABOVE)
    described = {
        "floor_set_by": ";".join(map(str, groups.patients[floor.is_its])),
        "n_tied_by_floor": floor.n_tied,
        "ceiling_set_by": ";".join(map(str, groups.patients[ceiling.is_its])),
        "n_tied_by_ceiling": ceiling.n_tied,
        "is_limit_costly": floor.is_costly or ceiling.is_costly,
    }
    left_out = np.zeros(groups.side.size, dtype=bool)
    for one in (floor, ceiling):
        left_out |= one.is_its & one.is_costly
    if not left_out.any():
        return described | {"n_sensitivity": np.nan, "p_sensitivity": np.nan}
    is_event = groups.is_event[~left_out]
    value, side = groups.value[~left_out], groups.side[~left_out]
    p = np.nan
    lanes = permitted(int(is_event.sum()), int((~is_event).sum()))
    if lanes.permits(EXACT_TEST) and np.unique(CommonLimits.of(value, side).tied).size > 1:
        p = exact_p(rank_scores(value, side), is_event)
    return described | {"n_sensitivity": is_event.size, "p_sensitivity": p}


def costly_limit_words(groups: Groups) -> str:
    """Return who has the limits that tie the measured values, for a refusal; empty if none do."""
    unit = unit_words(groups.unit)
    return " ".join(
        _whose(where, list(map(str, groups.patients[one.is_its])), one.limit, unit)
        + _advice(where, groups.marker)
        for where, side in (("floor", BELOW), ("ceiling", ABOVE))
        if (one := deciding(groups, side)).is_costly
    )


def highest_limit_sentence(row: Mapping) -> str:
    """Return whose limit ties how many measured values, what to do, and p without it."""
    if not row["is_limit_costly"]:
        return ""
    total = int(row["n_events"]) + int(row["n_non_events"])
    measured = total - int(row["n_censored"])
    unit, parts, without = unit_words(row["unit"]), [], []
    for where in ("floor", "ceiling"):
        tied = int(row[f"n_tied_by_{where}"])
        if tied > COSTLY * measured:
            who = row[f"{where}_set_by"].split(";")
            cost = f"; it alone ties {tied} of the {measured} measured values"
            whose = _whose(where, who, row[where], unit, cost)
            parts.append(whose + _advice(where, row["feature"]))
            without += who
    p = row["p_sensitivity"]
    found = (
        "too few are left to test" if np.isnan(p) else f"exact two-sided uncorrected {p_value(p)}"
    )
    parts.append(f"Sensitivity, not the primary result: without {_names(without)} {found}.")
    return " ".join(parts)


def _whose(where: str, patients: list[str], limit: float, unit: str, cost: str = "") -> str:
    limit_words = f"{number(limit)} {unit}".strip()
    return f"The {where} is the limit of {_names(patients)} ({limit_words}){cost}."


def _advice(where: str, marker: str) -> str:
    """Say what lowers the limit of a cell count; other limits do not follow the events."""
    if where != "floor" or not marker.partition("@")[0].endswith("__abs"):
        return ""
    return (
        " More events in that tube would lower it, and a higher flow.min_leukocytes, set before "
        "results are seen, would leave such a tube out."
    )


def _names(patients: list[str]) -> str:
    if len(patients) > _NAMED_PATIENTS:
        return f"{', '.join(patients[:_NAMED_PATIENTS])} and {len(patients) - _NAMED_PATIENTS} more"
    return " and ".join(filter(None, [", ".join(patients[:-1]), patients[-1]]))
