"""The two baselines: B0 before either drug, B1 before the first lenalidomide dose.

Ibrutinib itself changes T cells and the clone, and flare can only start after lenalidomide: flare
predictors are taken at B1, percent changes are measured from B0.

A baseline is chosen per feature: of the draws that may stand for it, the last with a usable value.
So one tube that failed, or a panel that was stained a day earlier, does not cost the patient the
baseline; too few cells of one kind in a sound tube are a result, and no earlier draw is taken for
it. What was not taken from the last draw is flagged ``earlier_draw``, and the table of draws says
what was passed over: the features of one patient may then come from several days.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from correlates.clinical.dosing.days import first_day
from correlates.clinical.dosing.dosing import Dosing
from correlates.clinical.dosing.draws import DRAW
from correlates.clinical.dosing.hours import hours_after_dose
from correlates.clinical.dosing.phases import IBR_RUNIN, SCREENING
from correlates.cohort.baseline_reasons import (
    B0,
    B1,
    days_before,
    days_known,
    draw_name,
    passed_over,
    why_none,
)
from correlates.measurements import KEY, USABLE

# Flag of a value that is not of the last draw of its baseline.
EARLIER_DRAW = "earlier_draw"
# A tube that failed says nothing of its cells. Too few cells of one kind do: to take an earlier
# draw for them would choose by the result.
_TOO_FEW = frozenset({"too_few_events", "parent_below_floor", "leukocytes_below_subset_floor"})
_TUBE_FAILED = frozenset({"viability_below_floor", "leukocytes_below_floor"})
COLUMNS = [
    *("patient", "specimen", "baseline", "visit", "timepoint", "sample", "day"),
    *("n_features", "passed_over", "reason"),
]
_BASELINE = ["patient", "specimen", "baseline"]


@dataclass(frozen=True)
class Baselines:
    """Which draws stand for the baselines, as a whole and feature by feature.

    Parameters
    ----------
    draws
        One row a draw that gave usable values: ``patient``, ``specimen``, ``baseline``, the
        ``visit``, ``timepoint``, ``sample`` and ``day`` of the draw, ``n_features`` taken from it,
        the later draws ``passed_over`` for them, and the ``reason``. Where no draw gave any, one
        row with these blank, NaN or 0 and the reason why. Every patient of the sheet has a row for
        every specimen of the cohort and each baseline; the latest draw comes first.
    features
        One row a feature of a patient at a baseline: the key of its measurement, ``baseline`` and
        ``earlier_draw``, whether a later draw was passed over. A feature without a usable value has
        its last measurement.
    """

    draws: pd.DataFrame
    features: pd.DataFrame


def choose_baselines(
    measurements: pd.DataFrame,
    dosing: Mapping[str, Dosing],
    b1_max_days_before: float,
    b0_max_days_before: float = math.inf,
) -> Baselines:
    """Choose the draws of each baseline, for each patient, specimen and feature.

    Parameters
    ----------
    measurements
        The cohort's measurement table, with days and phases.
    dosing
        What each patient of the sheet took.
    b1_max_days_before
        Most days by which B1 may lie before the first lenalidomide dose.
    b0_max_days_before
        Most days by which B0 may lie before the first ibrutinib dose. A screening draw without a
        day is not judged by it.
    """
    most_days = {B0: b0_max_days_before, B1: b1_max_days_before}
    draws = place_draws(measurements, dosing, most_days)
    rows = _rows_at_baselines(measurements, draws)
    features = _last_usable(rows)
    of_draws = _groups(draws, ["patient", "specimen"])
    of_rows, of_features = _groups(rows, _BASELINE), _groups(features, _BASELINE)
    table = []
    for patient, specimen, baseline in product(
        dosing, sorted(set(draws["specimen"])) or [""], (B0, B1)
    ):
        key = (patient, specimen, baseline)
        drawn = of_draws.get(key[:2], draws[:0])
        measured = of_rows.get(key, rows[:0])
        found = _told(drawn, measured, of_features.get(key, features[:0]), baseline)
        if not found:
            reason = why_none(
                baseline, drawn.to_dict("records"), measured, dosing[patient], most_days[baseline]
            )
            found = [{"day": math.nan, "n_features": 0, "reason": reason}]
        table += [dict(zip(_BASELINE, key, strict=True)) | row for row in found]
    told = pd.DataFrame(table, columns=COLUMNS).fillna(
        {"visit": "", "timepoint": "", "sample": "", "passed_over": ""}
    )
    return Baselines(
        told.astype({"day": float, "n_features": int}),
        _of_features(features),
    )


def baseline_features(
    measurements: pd.DataFrame,
    dosing: Mapping[str, Dosing],
    b1_max_days_before: float,
    b0_max_days_before: float = math.inf,
) -> pd.DataFrame:
    """Return `Baselines.features` alone, for a question that tells nobody how they were chosen.

    Parameters
    ----------
    measurements, dosing, b1_max_days_before, b0_max_days_before
        As of `choose_baselines`, which takes several times as long for its words.
    """
    most_days = {B0: b0_max_days_before, B1: b1_max_days_before}
    draws = place_draws(measurements, dosing, most_days)
    return _of_features(_last_usable(_rows_at_baselines(measurements, draws)))


def _rows_at_baselines(measurements: pd.DataFrame, draws: pd.DataFrame) -> pd.DataFrame:
    """Return the measurements of draws that may be a baseline, and which of them settle it."""
    at_baseline = draws.loc[draws["baseline"] != "", [*DRAW, "baseline", "place"]]
    rows = measurements[[*KEY, "status", "flags"]].merge(at_baseline, on=DRAW)
    rows["usable"] = rows["status"].isin(USABLE)
    is_too_few = [
        bool(_TOO_FEW & set(flags)) and not _TUBE_FAILED & set(flags) for flags in rows["flags"]
    ]
    rows["settles"] = rows["usable"] | np.array(is_too_few, dtype=bool)
    return rows


def _of_features(features: pd.DataFrame) -> pd.DataFrame:
    return features[[*KEY, "baseline", "earlier_draw"]].reset_index(drop=True)


def _groups(table: pd.DataFrame, by: list[str]) -> dict[tuple, pd.DataFrame]:
    return dict(iter(table.groupby(by, sort=False)))


def place_draws(
    measurements: pd.DataFrame, dosing: Mapping[str, Dosing], most_days: Mapping[str, float]
) -> pd.DataFrame:
    """Set draws in the windows of the baselines.

    Parameters
    ----------
    measurements
        Rows of draws: the columns of DRAW, ``sample``, ``day``, ``hours_post_dose``, ``phase`` and
        ``flags``.
    dosing
        What each patient of the sheet took.
    most_days
        By baseline, the most days by which it may lie before the first dose of its drug.

    Returns
    -------
    One row a draw, in the order of time within a patient and specimen (``place``), with the
    ``baseline`` in whose window it lies, or a blank.
    """
    draws = measurements.drop_duplicates(DRAW)
    draws = draws[[*DRAW, "day", "hours_post_dose", "phase", "flags"]].reset_index(drop=True)
    samples = measurements.groupby(DRAW)["sample"].agg(lambda names: ", ".join(sorted(set(names))))
    draws = draws.join(samples.rename("sample"), on=DRAW)
    start = draws["patient"].map({key: one.first_lenalidomide for key, one in dosing.items()})
    first = draws["patient"].map({key: first_day(one) for key, one in dosing.items()})
    # A screening visit without a day precedes all that have one.
    whole = np.floor(draws["day"].astype(float)).fillna(-math.inf)
    draws["days_before"] = start.astype(float) - whole
    draws["days_before_ibrutinib"] = first.astype(float) - whole
    is_b1 = (draws["phase"] == IBR_RUNIN) & (draws["days_before"] <= most_days[B1])
    is_old = np.isfinite(whole) & (draws["days_before_ibrutinib"] > most_days[B0])
    is_b0 = (draws["phase"] == SCREENING) & ~is_old
    draws["baseline"] = np.select([is_b0, is_b1], [B0, B1], default="")
    draws["whole"] = whole
    draws["hours"] = [
        hours_after_dose(visit, timepoint, None if pd.isna(hours) else hours)
        for visit, timepoint, hours in zip(
            draws["visit"], draws["timepoint"], draws["hours_post_dose"], strict=True
        )
    ]
    ordered = draws.sort_values(["patient", "specimen", "whole", "hours", "day"], kind="stable")
    return ordered.reset_index(drop=True).assign(place=np.arange(len(ordered)))


def _last_usable(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep one measurement of each feature at each baseline: the last that settles it, or the last.

    A usable value settles it, and so does a tube in which the cells were too few to measure.
    """
    ordered = rows.sort_values(["settles", "place"], kind="stable")
    kept = ordered.drop_duplicates([*_BASELINE, "feature"], keep="last").sort_values(KEY)
    last = rows.groupby(_BASELINE)["place"].max().rename("last")
    kept = kept.join(last, on=_BASELINE)
    return kept.assign(earlier_draw=kept["usable"] & (kept["place"] < kept["last"]))


def _told(
    draws: pd.DataFrame, rows: pd.DataFrame, taken: pd.DataFrame, baseline: str
) -> list[dict]:
    """Return a row for each draw of one baseline that gave usable values, the latest first."""
    usable = taken[taken["usable"]]
    found = []
    for draw in draws[draws["place"].isin(usable["place"])].to_dict("records")[::-1]:
        features = usable.loc[usable["place"] == draw["place"], "feature"]
        later = draws[(draws["place"] > draw["place"]) & (draws["baseline"] == baseline)]
        reason = f"last sample {_before(draw, baseline)}"
        if len(later):
            which = "all" if len(features) == len(usable) else f"{len(features)} of {len(usable)}"
            reason = (
                f"last sample with a usable value of {which} features {_before(draw, baseline)}; "
                + passed_over(later.to_dict("records"), rows, features)
            )
        found.append(
            {name: draw[name] for name in ("visit", "timepoint", "sample", "day")}
            | {
                "n_features": len(features),
                "passed_over": ", ".join(draw_name(one) for one in later.to_dict("records")),
                "reason": reason,
            }
        )
    return found


def _before(draw: Mapping, baseline: str) -> str:
    if baseline == B0:
        return f"before the first ibrutinib dose{days_known(draw)}"
    return f"before the first lenalidomide dose, {days_before(draw)}{days_known(draw)}"
