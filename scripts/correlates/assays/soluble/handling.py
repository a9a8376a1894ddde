"""What may be done with a marker, by the share of its values that lie below the limit.

Source: BMC Immunol 2008;9:59: deleting what lies below the limit biases, and one number for all
of it understates the variance.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from correlates.assays.soluble.censored_fit import fit_normal
from correlates.intervals import clopper_pearson
from correlates.measurements import CENSORED

MODEL, RANKS, DETECTED = "model", "ranks", "detected"
COLUMNS = (
    *(
        "feature",
        "unit",
        "n",
        "n_patients",
        "n_below",
        "n_above",
        "pct_below",
        "handling",
        "method",
    ),
    *("geometric_mean", "ci_low", "ci_high", "geometric_sd", "n_detected", "pct_detected"),
    *("pct_detected_low", "pct_detected_high", "words"),
)
METHODS = {
    MODEL: "censored maximum likelihood (tobit) on the logarithm",
    RANKS: "ranks, values below the limit tied",
    DETECTED: "detected or not",
}


def handling_of(n_below: int, n: int, settings: Mapping) -> str:
    """Return ``model``, ``ranks`` or ``detected`` by the share below the limit.

    Parameters
    ----------
    n_below, n
        Values below their limit, and all that can be evaluated.
    settings
        ``model_up_to_pct`` and ``ranks_up_to_pct``, both included.
    """
    share = 100 * n_below / n if n else 0.0
    if share <= settings["model_up_to_pct"]:
        return MODEL
    return RANKS if share <= settings["ranks_up_to_pct"] else DETECTED


def handling_rows(measurements: Iterable[Mapping], settings: Mapping) -> list[dict]:
    """Return one row of `COLUMNS` a feature, from rows of the measurement table.

    Parameters
    ----------
    measurements
        Rows of all samples; those that are not evaluable do not count.
    settings
        As of `handling_of`.
    """
    of_feature = defaultdict(list)
    for row in measurements:
        if row["status"] == "ok" or row["status"] in CENSORED:
            of_feature[row["feature"]].append(row)
    return [_row(feature, rows, settings) for feature, rows in of_feature.items()]


def _row(feature: str, rows: Sequence[Mapping], settings: Mapping) -> dict:
    n = len(rows)
    below = [row["status"] in ("lt_lloq", "nd") for row in rows]
    n_below, n_above = sum(below), sum(row["status"] == "gt_uloq" for row in rows)
    handling = handling_of(n_below, n, settings)
    people = len({row.get("patient") for row in rows})
    low, high = (float(one) for one in clopper_pearson((n - n_below) * people / n, people))
    found = dict.fromkeys(COLUMNS) | {
        **{"feature": feature, "unit": rows[0]["unit"], "n": n, "n_patients": people},
        "n_below": n_below,
        **{"n_above": n_above, "pct_below": 100 * n_below / n, "handling": handling},
        **{"method": METHODS[handling], "n_detected": n - n_below},
        "pct_detected": 100 * (n - n_below) / n,
        **{"pct_detected_low": 100 * low, "pct_detected_high": 100 * high},
    }
    words = f"{n_below} of {n} values ({100 * n_below / n:.0f} %) lie below their limit"
    if handling == MODEL:
        found |= _estimate(rows, people)
        if found["geometric_mean"] is None:
            words += "; too few were measured for an estimate"
    if n_above:
        words += f", and {n_above} above the upper one"
    return found | {"words": f"{words}: {METHODS[handling]}."}


def _estimate(rows: Sequence[Mapping], people: int) -> dict:
    """Return the geometric mean of all rows with its interval, what is censored as intervals.

    The interval is as if the draws of one patient all said the same: it counts patients.
    """
    ends = [log_ends(row) for row in rows]
    lows, highs = (np.array(one) for one in zip(*ends, strict=True))
    fit = fit_normal(lows, highs, n_independent=people)
    if fit is None:
        return {}
    return {
        **{"geometric_mean": math.exp(fit.mean), "geometric_sd": math.exp(fit.sd)},
        **{"ci_low": math.exp(fit.low), "ci_high": math.exp(min(fit.high, 700.0))},
    }


def log_ends(row: Mapping) -> tuple[float, float]:
    """Return the ends of the natural logarithm of a measurement: equal where it was measured."""
    if row["status"] in ("lt_lloq", "nd"):
        return -math.inf, math.log(row["limit"])
    if row["status"] == "gt_uloq":
        return math.log(row["limit"]), math.inf
    value = math.log(row["value"]) if row["value"] > 0 else -math.inf
    return value, value
