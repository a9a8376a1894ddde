"""The two baselines: B0 before the first ibrutinib dose, B1 before the first lenalidomide dose.

Ibrutinib itself changes T cells and the clone, and flare can only start after lenalidomide: flare
predictors are taken at B1, percent changes are measured from B0.

A draw without a recorded day stands at the day that `correlates.cohort.phases` found for it, and
every reason that rests on such a day says so.
"""

import math
from collections.abc import Iterable, Mapping

import pandas as pd

from correlates.cohort.dosing import dosing_of
from correlates.cohort.phases import (
    DAY_FROM_FIRST_DOSE,
    DAY_PLANNED,
    IBR_RUNIN,
    SCREENING,
    hours_after_dose,
)

B0 = "B0"
B1 = "B1"
COLUMNS = ["patient", "specimen", "baseline", "visit", "timepoint", "sample", "day", "reason"]
_DRAW = ["patient", "specimen", "visit", "timepoint"]
_SAMPLE = [*_DRAW, "sample", "day", "hours_post_dose", "phase", "guess"]
NOT_AT_RISK = "never received lenalidomide: no B1, and not at risk of flare"


def choose_baselines(
    measurements: pd.DataFrame, patients: Iterable[Mapping], b1_max_days_before: float
) -> pd.DataFrame:
    """Choose the sample of each baseline, for each patient and specimen.

    Parameters
    ----------
    measurements
        The cohort's measurement table, with days and phases.
    patients
        Rows of the patients sheet.
    b1_max_days_before
        Most days by which B1 may lie before the first lenalidomide dose.

    Returns
    -------
    ``patient``, ``specimen``, ``baseline``, then ``visit``, ``timepoint``, ``sample`` and ``day``
    of the chosen sample (blank and NaN where there is none) and the ``reason`` for it, or why there
    is none. Every patient of the sheet has a row for every specimen of the cohort.
    """
    samples = measurements.drop_duplicates(_DRAW)
    samples = samples.assign(guess=[_guess(flags) for flags in samples["flags"]])[_SAMPLE]
    of = dict(iter(samples.groupby(["patient", "specimen"], sort=False)))
    specimens = sorted(set(samples["specimen"])) or [""]
    chosen = []
    for patient in patients:
        start = dosing_of(patient).lenalidomide_start_day
        for specimen in specimens:
            key = {"patient": str(patient["patient"]), "specimen": specimen}
            rows = of.get(tuple(key.values()))
            candidates = [] if rows is None else rows.to_dict("records")
            chosen.append(key | {"baseline": B0} | _b0(candidates))
            chosen.append(key | {"baseline": B1} | _b1(candidates, start, b1_max_days_before))
    return pd.DataFrame(chosen, columns=COLUMNS).astype({"day": float})


def _b0(samples: list[dict]) -> dict:
    before = [sample for sample in samples if sample["phase"] == SCREENING]
    if before:
        last = _last(before)
        return _chosen(last, f"last sample before the first ibrutinib dose{_unrecorded(last)}")
    if not samples:
        return _none("no evaluable sample of this specimen")
    return _none(f"no sample before the first ibrutinib dose; {_first_of(samples)}")


def _b1(samples: list[dict], start_day: float | None, most_days: float) -> dict:
    if start_day is None:
        return _none(NOT_AT_RISK)
    if not samples:
        return _none("no evaluable sample of this specimen")
    run_in = [sample for sample in samples if sample["phase"] == IBR_RUNIN]
    if not run_in:
        return _none(
            "no sample between the first ibrutinib dose and the first lenalidomide dose "
            f"(day {start_day:g})"
        )
    last = _last(run_in)
    days_before = start_day - math.floor(last["day"])
    if days_before > most_days:
        return _none(
            f"the last sample before lenalidomide ({last['visit']}, {_on_day(last)}) lies "
            f"{days_before:g} days before it, more than {most_days:g}"
        )
    return _chosen(
        last,
        f"last sample before the first lenalidomide dose, {days_before:g} days before it"
        f"{_unrecorded(last)}",
    )


def _last(samples: list[dict]) -> dict:
    """Return the latest sample; a screening visit without a day precedes all with one."""

    def moment(sample: dict) -> tuple[float, float]:
        hours = sample["hours_post_dose"]
        hours = hours_after_dose(
            sample["visit"], sample["timepoint"], None if math.isnan(hours) else hours
        )
        unknown = math.isnan(sample["day"])
        return (-math.inf if unknown else math.floor(sample["day"])), hours

    return max(samples, key=moment)


def _first_of(samples: list[dict]) -> str:
    dated = [sample for sample in samples if not math.isnan(sample["day"])]
    if not dated:
        return "no sample has a study day"
    first = min(dated, key=lambda sample: sample["day"])
    return f"the first is {first['visit']}, {_on_day(first)}"


def _guess(flags: Iterable[str]) -> str:
    """Return the flag of a day that nobody recorded."""
    return next((flag for flag in flags if flag in (DAY_PLANNED, DAY_FROM_FIRST_DOSE)), "")


def _on_day(sample: Mapping) -> str:
    """Say on which day a sample was drawn, and how that is known."""
    if sample["guess"] == DAY_PLANNED:
        return f"planned day {sample['day']:g}; no day was recorded"
    if sample["guess"] == DAY_FROM_FIRST_DOSE:
        return (
            f"day {sample['day']:g} of the first lenalidomide dose, by its label; "
            "no day was recorded"
        )
    return f"day {sample['day']:g}"


def _unrecorded(sample: Mapping) -> str:
    return f" ({_on_day(sample)})" if sample["guess"] else ""


def _chosen(sample: dict, reason: str) -> dict:
    return {key: sample[key] for key in ("visit", "timepoint", "sample", "day")} | {
        "reason": reason
    }


def _none(reason: str) -> dict:
    return {"visit": "", "timepoint": "", "sample": "", "day": math.nan, "reason": reason}
