"""What is told of all patients together: medians, the sensitivity model, implausible troughs."""

from collections.abc import Mapping

import numpy as np

from correlates.analyses.answers import answer
from correlates.analyses.occupancy import sentences as say
from correlates.analyses.occupancy.readings import Reading, reading_of
from correlates.analyses.occupancy.reference import judge_trough, median_of, peak_before
from correlates.analyses.occupancy.series import Series, draws_of, usable_readings
from correlates.analyses.occupancy.settings import (
    ASSAY,
    PEAK,
    TROUGH,
    WINDOW_WORDS,
    OccupancySettings,
)
from correlates.analyses.occupancy.within_patient import Observation, fit_within
from correlates.clinical.dosing.dosing import IBRUTINIB, Dosing
from correlates.clinical.dosing.hours import HOURS_BETWEEN_DOSES
from correlates.clinical.dosing.phases import COMBO, IBR_RUNIN

_BEFORE_DOSE = ("pre", "trough", "h24")


def median_answers(
    series: Series, dosing: Mapping[str, Dosing], settings: OccupancySettings
) -> list[dict]:
    """Return the median at each draw, held against what is known of the drug."""
    found = []
    for draw, window, phase in draws_of(settings):
        readings = usable_readings(series, draw, window, phase, dosing, settings)
        if not readings:
            continue
        least = settings.reference.get(series.target, {}).get(window)
        median = median_of(readings, least)
        where = f"at {' '.join(draw)} ({WINDOW_WORDS[window]}){series.named}"
        row = answer(ASSAY, "Median of the cohort", series.feature, " ".join(draw) + series.named)
        is_known = median.low == median.high
        found.append(
            row
            | {
                **{"n": median.n, "n_censored": median.n_censored, "unit": "%"},
                **{"estimate": median.low if is_known else None, "verdict": median.verdict},
                **{"ci_low": median.ci_low, "ci_high": median.ci_high, "confidence": 0.95},
                "sentence": say.median_sentence(series.target, series.cell, where, median),
                "caution": "",
            }
        )
    return found


def model_answer(series: Series, dosing: Mapping[str, Dosing], settings: OccupancySettings) -> dict:
    """Return the sensitivity model over all troughs of the comparisons."""
    readings = [
        (one, phase == COMBO)
        for draw, window, phase in draws_of(settings)
        if window == TROUGH
        for one in usable_readings(series, draw, window, phase, dosing, settings)
    ]
    observed = [(one, both) for one, both in readings if not one.is_censored and one.low < 100]
    timed = [
        Observation(
            one.patient, float(np.log10(1 - one.low / 100)), both, one.hours, _dose(one, dosing)
        )
        for one, both in observed
        if not np.isnan(one.hours)
    ]
    n_censored = sum(one.is_censored for one, _ in readings)
    model = fit_within(timed, n_censored, len(observed) - len(timed), settings.confidence)
    feature = f"{series.target}__log10_ff__{series.cell}"
    contrast = "combination - ibrutinib alone, all troughs" + series.named
    row = answer(ASSAY, "Free fraction at trough, within patients", feature, contrast)
    ends = [None] * 3
    if not model.refusal:
        ends = [10**one for one in (model.estimate, model.low, model.high)]
    return row | {
        **{"n": model.n_patients, "n_censored": n_censored, "unit": "ratio"},
        **dict(zip(("estimate", "ci_low", "ci_high"), ends, strict=True)),
        **{"confidence": settings.confidence, "p": None if model.refusal else model.p},
        "verdict": "refused" if model.refusal else "estimate",
        "sentence": say.model_sentence(series.target, series.cell, model, settings.confidence),
    }


def _dose(reading: Reading, dosing: Mapping[str, Dosing]) -> float:
    taken = dosing.get(reading.patient)
    if taken is None or np.isnan(reading.day):
        return np.nan
    dose = taken.dose_on(IBRUTINIB, reading.day - 1)
    return np.nan if dose is None else float(dose)


def judged_troughs(
    series: Series, dosing: Mapping[str, Dosing], settings: OccupancySettings
) -> list[dict]:
    """Hold every trough under treatment against the making of new protein."""
    found = []
    rate = settings.k_per_day.get(series.target)
    if rate is None:
        return found
    for patient, own in series.rows.groupby("patient", sort=True):
        rows = own[own["phase"].isin((IBR_RUNIN, COMBO))].to_dict("records")
        taken = dosing.get(str(patient))

        def read(window: str, rows=rows, taken=taken) -> list[Reading]:
            judged = [reading_of(row, window, row["phase"], taken, settings) for row in rows]
            return [one for one in judged if not {"not_evaluable", "mutant"} & set(one.causes)]

        peaks = [one for one in read(PEAK) if "window" not in one.causes and _is_timed(one)]
        for one in read(TROUGH):
            if not _is_trough(one):
                continue
            who = (series.feature, series.specimen, one.patient, one.visit, one.timepoint)
            names = ("feature", "specimen", "patient", "visit", "timepoint")
            judged = judge_trough(one, peak_before(one, peaks), rate, settings)
            found.append(dict(zip(names, who, strict=True)) | dict(judged))
    return found


def _is_trough(reading: Reading) -> bool:
    """Whether a reading was taken before the next dose, by its label and, if known, its hours."""
    return reading.timepoint in _BEFORE_DOSE and not reading.hours < HOURS_BETWEEN_DOSES


def _is_timed(reading: Reading) -> bool:
    """Whether a reading was taken some hours after a dose, by its hours or by its label."""
    return not np.isnan(reading.hours) or reading.timepoint.startswith("h4")
