"""Drift of the cytometer: the brightest peak of rainbow or calibration beads in every batch."""

import numpy as np
import pandas as pd

from correlates.flow.controls.charts import SERIES, ControlSettings, natural_order, tube_table
from correlates.flow.controls.limits import IN, NO_LIMITS, OUT
from correlates.intake.records import Plan

BEADS = "beads"
# In beads of eight equal peaks it lies within the brightest, in beads of one within that one.
PEAK = 0.95
_RULE = "drift"


def bead_tubes(plan: Plan) -> pd.DataFrame:
    """Return the calibration beads of a plan, indexed by acquisition."""
    return tube_table(one for one in plan.acquisitions if one.is_calibration_beads)


def drift_rows(
    tubes: pd.DataFrame, quantiles: pd.DataFrame, settings: ControlSettings
) -> list[dict]:
    """Compare the beads' brightest peak of every channel between the batches.

    Parameters
    ----------
    tubes
        What `bead_tubes` gave.
    quantiles
        ``acquisition``, ``marker``, ``n``, ``probability``, ``value`` of all events of the beads,
        not compensated.
    settings
        How far a batch may drift from the mean of the others, in percent.

    Returns
    -------
    Rows of the control charts, with the statistic ``peak__<marker>``. ``low3`` and ``high3`` are
    the tolerance about the mean of the other batches; one other batch is enough.
    """
    if tubes.empty or quantiles.empty:
        return []
    rows = quantiles[np.isclose(quantiles["probability"].astype(float), PEAK)]
    rows = rows.join(tubes, on="acquisition", how="inner")
    rows = rows.assign(
        population=BEADS,
        statistic="peak__" + rows["marker"],
        value=rows["value"].astype(float),
        unit="1",
    ).sort_values("batch", key=natural_order, kind="stable")
    columns = ["acquisition", *SERIES, "batch", "value", "unit", "n"]
    return [
        row
        for _, series in rows[columns].groupby(SERIES, sort=True)
        for row in _judged(series.to_dict("records"), settings.max_drift_pct / 100)
    ]


def _judged(series: list[dict], tolerance: float) -> list[dict]:
    values = np.array([row["value"] for row in series])
    found = []
    for place, row in enumerate(series):
        others = np.delete(values, place)
        if not len(others) or others.mean() <= 0:
            no_limits = {"rules": "", "verdict": NO_LIMITS, "reason": "no other batch"}
            found.append(row | {"n_others": len(others), "centre": "", **no_limits})
            continue
        centre = others.mean()
        is_off = abs(row["value"] / centre - 1) > tolerance
        limits = {"centre": centre, "low3": centre * (1 - tolerance)}
        limits |= {"high3": centre * (1 + tolerance), "n_others": len(others)}
        limits |= {"low2": limits["low3"], "high2": limits["high3"]}
        said = {"rules": _RULE if is_off else "", "verdict": OUT if is_off else IN}
        found.append(row | limits | said)
    return found
