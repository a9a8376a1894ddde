"""Both baselines beside every later value, and the change from each.

A count or an intensity changes by a factor, told as its log2; a percentage by points; a feature
that is a difference or a logarithm itself by a difference in its own unit. No change is told from
or to what is censored, nor between values that were measured by different methods.
"""

import re

import numpy as np
import pandas as pd

from correlates.clinical.dosing.draws import DRAW
from correlates.clinical.dosing.phases import SCREENING
from correlates.cohort.baseline_reasons import B0, B1
from correlates.cohort.baselines import Baselines
from correlates.measurements import CENSORED, KEY, USABLE, is_difference

LOG2, POINTS, DIFFERENCE = "log2", "points", "difference"
_LOGARITHM = re.compile(r"__log(2|10)_")
_FEATURE = ["patient", "specimen", "feature"]
_SIDES = ("value", "status", "visit", "timepoint", "change", "reason")
COLUMNS = [
    *DRAW,
    *("sample", "day", "phase", "feature", "unit", "value", "status", "scale"),
    *(f"{name}_{side}" for side in ("b0", "b1") for name in _SIDES),
]


def change_table(measurements: pd.DataFrame, baselines: Baselines) -> pd.DataFrame:
    """Set both baselines beside every value that was drawn after ibrutinib began.

    Parameters
    ----------
    measurements
        The cohort's measurement table, with days and phases.
    baselines
        Which measurement of each feature stands for the baselines.

    Returns
    -------
    One row a measurement that is not of screening. ``scale`` says how changes are told: ``log2``
    of the ratio, percentage ``points``, or a ``difference`` in the unit. For each of B0 and B1
    (``_b0``, ``_b1``): its ``value``, ``status``, ``visit`` and ``timepoint``, the ``change`` from
    it, and the ``reason`` where there is none.
    """
    later = measurements[measurements["phase"] != SCREENING].reset_index(drop=True)
    later = later.assign(scale=later["feature"].map(_scales(measurements)).astype(object))
    chosen = measurements.merge(baselines.features[[*KEY, "baseline"]], on=KEY)
    own = ["value", "status", "visit", "timepoint", "day", "method"]
    for baseline in (B0, B1):
        of = chosen.loc[chosen["baseline"] == baseline, [*_FEATURE, *own]]
        side = f"_{baseline.lower()}"
        later = later.merge(
            of.rename(columns={name: name + side for name in own}), "left", _FEATURE
        )
        later[f"reason{side}"] = _reasons(later, side, baseline)
        changes = _changes(later, side)
        later[f"change{side}"] = changes.where(later[f"reason{side}"] == "")
        usable = later[f"status{side}"].isin(USABLE)
        later[f"value{side}"] = later[f"value{side}"].where(usable)
    # What failed has no value that anybody may read.
    later["value"] = later["value"].where(later["status"].isin(USABLE))
    return later[COLUMNS]


def _scales(measurements: pd.DataFrame) -> dict[str, str]:
    units = measurements.drop_duplicates("feature").set_index("feature")["unit"]
    return {feature: scale_of(feature, unit) for feature, unit in units.items()}


def scale_of(feature: str, unit: str) -> str:
    """Return how the change of a feature is told: ``log2``, ``points`` or ``difference``."""
    if unit == "%":
        return POINTS
    return DIFFERENCE if is_difference(feature) or _LOGARITHM.search(feature) else LOG2


def _changes(rows: pd.DataFrame, side: str) -> pd.Series:
    value, base = rows["value"].astype(float), rows[f"value{side}"].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log2(value / base)
    return ratio.where(rows["scale"] == LOG2, value - base)


def _reasons(rows: pd.DataFrame, side: str, baseline: str) -> np.ndarray:
    """Say why there is no change from a baseline; empty where there is one."""
    status, base = rows["status"], rows[f"status{side}"]
    is_it = (rows["visit"] == rows[f"visit{side}"]) & (
        rows["timepoint"] == rows[f"timepoint{side}"]
    )
    no_log = (rows["scale"] == LOG2) & ~((rows["value"] > 0) & (rows[f"value{side}"] > 0))
    reasons = {
        f"no {baseline} of this feature": base.isna(),
        f"it is {baseline} itself": is_it,
        f"drawn before {baseline}": rows["day"] < rows[f"day{side}"],
        "the value is not evaluable": ~status.isin(USABLE),
        f"{baseline} is not evaluable": ~base.isin(USABLE),
        "the value is beyond a limit": status.isin(CENSORED),
        f"{baseline} is beyond a limit": base.isin(CENSORED),
        f"{baseline} was measured by another method": rows["method"] != rows[f"method{side}"],
        "a ratio of what is not above zero has no logarithm": no_log,
    }
    return np.select([one.to_numpy(bool) for one in reasons.values()], list(reasons), default="")
