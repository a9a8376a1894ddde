"""Whether a correction brought batches together, and left what biology put within them."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.stats import wasserstein_distance

from correlates.flow.batches.correction import BatchMap
from correlates.flow.quantiles import PROBABILITIES

COLUMNS = (
    *("panel", "batch", "goal", "marker", "method", "status", "reason", "n_medians"),
    *("control_distance_before", "control_distance_after"),
    *("samples_distance_before", "samples_distance_after"),
    *("order_kept", "direction_kept", "change_variance_ratio", "biology_kept"),
)
_NUMBERS = COLUMNS[8:-1]
# Fewer draws than this have no distribution to compare.
_FEWEST = 3


def correction_rows(
    maps: Iterable[BatchMap],
    medians: pd.DataFrame,
    tubes: pd.DataFrame,
    *,
    goal: str,
    method: str,
    cofactor: float,
) -> list[dict]:
    """Describe each map, or each refusal.

    Parameters
    ----------
    maps
        Of `correlates.flow.batches.correction.batch_maps`.
    medians
        Of `correlates.flow.batches.correction.corrected_medians`.
    tubes
        ``panel``, ``batch``, ``patient``, ``day``, indexed by acquisition.
    goal, method, cofactor
        As in the config.

    Returns
    -------
    Rows of ``COLUMNS``. Distances are Wasserstein's, on the asinh scale (1 is nearly a factor of
    2.7 far from zero): between the controls, where after is small by construction, since the map
    was made of them; and between the medians of the batch's samples and of the goal's, the mean
    over populations, which holds differences of patients too. ``order_kept`` is the share of pairs
    of draws of the batch that stand in the same order as before, ``direction_kept`` that of changes
    within a patient and batch of the same sign, ``change_variance_ratio`` the variance of changes
    within patients after by before. Biology is kept if no order and no direction was turned.
    """
    scaled = medians.join(tubes[["panel", "batch", "patient", "day"]], on="acquisition")
    scaled = scaled.assign(
        before=np.arcsinh(scaled["median"].astype(float) / cofactor),
        after=np.arcsinh(scaled["corrected"].astype(float) / cofactor),
    ).dropna(subset=["before"])
    by_marker = dict(tuple(scaled.groupby(["panel", "marker"], sort=False)))
    rows = []
    for one in maps:
        about = {"panel": one.panel, "batch": one.batch, "goal": goal, "marker": one.marker}
        about |= {"method": method, "reason": one.reason}
        if one.of is None:
            rows.append(about | {"status": "refused"})
            continue
        of_marker = by_marker.get((one.panel, one.marker), scaled.iloc[:0])
        rows.append(about | _measured(one, of_marker, goal, cofactor))
    return rows


def _measured(one: BatchMap, of_marker: pd.DataFrame, goal: str, cofactor: float) -> dict:
    own = of_marker[of_marker["batch"] == one.batch]
    source, to = (np.arcsinh(np.array(ends) / cofactor) for ends in (one.source, one.goal))
    mapped = np.arcsinh(one.of(one.source) / cofactor)
    found = {
        "control_distance_before": _between_quantiles(source, to),
        "control_distance_after": _between_quantiles(mapped, to),
    }
    far = of_marker[of_marker["batch"] == goal]
    for when in ("before", "after"):
        found[f"samples_distance_{when}"] = _between_samples(own, far, when)
    found["order_kept"] = _order_kept(own)
    changes = _changes(own)
    found["direction_kept"] = _share(changes["before"] * changes["after"] >= 0)
    found["change_variance_ratio"] = _ratio(changes["after"].var(), changes["before"].var())
    kept = {found["order_kept"], found["direction_kept"]} - {None}
    said = "" if not kept else "yes" if kept == {1.0} else "no"
    shown = {key: _shown(found[key]) for key in _NUMBERS}
    return shown | {"status": "corrected", "n_medians": len(own), "biology_kept": said}


def _between_quantiles(a: np.ndarray, b: np.ndarray) -> float:
    """Return Wasserstein's distance between two distributions given by their quantiles."""
    span = PROBABILITIES[-1] - PROBABILITIES[0]
    return float(np.trapezoid(np.abs(a - b), PROBABILITIES) / span)


def _between_samples(own: pd.DataFrame, goal: pd.DataFrame, when: str) -> float | None:
    far = dict(tuple(goal.groupby("population")[when]))
    distances = [
        wasserstein_distance(values, far[population])
        for population, values in own.groupby("population")[when]
        if population in far and min(len(values), len(far[population])) >= _FEWEST
    ]
    return float(np.mean(distances)) if distances else None


def _order_kept(own: pd.DataFrame) -> float | None:
    kept = total = 0
    for _, rows in own.groupby("population"):
        before, after = rows["before"].to_numpy(), rows["after"].to_numpy()
        upper = np.triu_indices(len(rows), 1)
        turned = np.subtract.outer(before, before) * np.subtract.outer(after, after) < 0
        total += len(upper[0])
        kept += len(upper[0]) - int(turned[upper].sum())
    return kept / total if total else None


def _changes(own: pd.DataFrame) -> pd.DataFrame:
    """Return each change within a patient from one draw of the batch to the next."""
    ordered = own.sort_values(["population", "patient", "day"], kind="stable")
    return ordered.groupby(["population", "patient"])[["before", "after"]].diff().dropna()


def _share(holds: pd.Series) -> float | None:
    return float(holds.mean()) if len(holds) else None


def _ratio(after: float, before: float) -> float | None:
    return float(after / before) if before > 0 and not np.isnan(after) else None


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
