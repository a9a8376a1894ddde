"""Whose immunoglobulins rise, and how beta-2 microglobulin goes with creatinine clearance."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import linregress, t

from correlates.analyses.answers import answer
from correlates.analyses.paired_draws import row_of_draw
from correlates.analyses.soluble.changes import ASSAY, CONCENTRATION
from correlates.analyses.soluble.pairs import is_usable
from correlates.analyses.wording import number, patients
from correlates.assays.soluble.handling import log_ends
from correlates.clinical.dosing.settings import VisitSettings
from correlates.intervals import clopper_pearson

COUNTED, NOBODY = "counted", "no patient"
GOES_WITH, NOT_SHOWN, TOO_FEW = "goes with clearance", "no relation shown", "too few patients"
VERDICTS = (COUNTED, NOBODY, GOES_WITH, NOT_SHOWN, TOO_FEW)
CLASSES = ("igg", "iga", "igm")
_B2M, _CLEARANCE = f"b2m{CONCENTRATION}", "crcl__rate"
_FEWEST = 5


def rise_answers(
    measurements: pd.DataFrame,
    settings: Mapping,
    visits: VisitSettings,
    confidence: float,
    design_note: str = "",
) -> list[dict]:
    """Count the patients whose immunoglobulins rose by a share of their baseline.

    Parameters
    ----------
    measurements
        The cohort's table.
    settings
        ``baseline``, a draw such as ``C0D1 pre``, and ``rise_pct``.
    visits
        Which draws may be one and the same.
    confidence
        Of the exact interval.
    design_note
        What the design of the trial keeps apart.

    Returns
    -------
    An answer a class and specimen, over patients with an evaluable value at the baseline and after.
    """
    found = []
    for name in CLASSES:
        rows = measurements[measurements["feature"].str.startswith(f"{name}{CONCENTRATION}")]
        for feature, own in rows.groupby("feature", sort=True):
            found.append(_rise(feature, own, settings, visits, confidence, design_note))
    return found


def _rise(
    feature: str,
    rows: pd.DataFrame,
    settings: Mapping,
    visits: VisitSettings,
    confidence: float,
    note: str,
) -> dict:
    least = 1 + settings["rise_pct"] / 100
    ends, lost, draws = [], 0, []
    for _, own in rows.groupby("patient", sort=True):
        first = row_of_draw(own, settings["baseline"], visits, is_usable)
        later = [
            row
            for row in own.to_dict("records")
            if first is not None and row["day"] > first["day"] and is_usable(row)
        ]
        if first is None or not is_usable(first) or not later:
            lost += 1
            continue
        ends.append(_highest(first, later))
        draws.append(len(later))
    contrast = f"best after {settings['baseline']}, rise of {settings['rise_pct']:g} % or more"
    row = answer(ASSAY, "rise", feature, contrast)
    name = feature.partition("__")[0]
    words = f"{name[:2].capitalize()}{name[2:].upper()}"
    if not ends:
        said = f"{words}: no patient has an evaluable value at {settings['baseline']} and after."
        return row | {"n": 0, "verdict": NOBODY, "sentence": said, "caution": note.strip()}
    n, count = len(ends), sum(low >= least for low, _ in ends)
    unknown = sum(low < least <= high for low, high in ends)
    low = float(clopper_pearson(count, n, confidence)[0])
    high = float(clopper_pearson(count + unknown, n, confidence)[1])
    censored = sum(one < other for one, other in ends)
    caution = (
        f"The highest of {np.median(draws):g} later draws (median) is compared, which rises with "
        f"their number. {patients(lost)} without both values."
    )
    limits = f"; in {patients(unknown)} more a limit hides whether it did" if unknown else ""
    said = (
        f"{words} rose by {settings['rise_pct']:g} % or more in {count} of {patients(n)} "
        f"({100 * count / n:.0f} %, exact {100 * confidence:g} % interval {100 * low:.0f} to "
        f"{100 * high:.0f} %){limits}; the median of the highest values is {_middle(ends)} the "
        "baseline."
    )
    return row | {
        **{"n": n, "n_censored": censored, "estimate": count / n, "unit": "share of patients"},
        **{"ci_low": low, "ci_high": high, "confidence": confidence, "verdict": COUNTED},
        **{"sentence": said, "caution": f"{caution} {note.strip()}".strip()},
    }


def _highest(first: Mapping, later: Sequence[Mapping]) -> tuple[float, float]:
    """Return the ends of the highest later value over the baseline, as limits leave them."""
    start_low, start_high = (math.exp(end) for end in log_ends(first))
    tops = [log_ends(row) for row in later]
    low, high = (math.exp(max(end)) for end in zip(*tops, strict=True))
    return low / start_high, high / start_low if start_low else math.inf


def _middle(ends: Sequence[tuple[float, float]]) -> str:
    """Return the median of the ratios in words, or the ends between which limits leave it."""
    low, high = (float(np.median(one)) for one in zip(*ends, strict=True))
    if low == high:
        return f"{number(low)} times"
    return (
        f"{number(low)} times or more"
        if math.isinf(high)
        else f"{number(low)} to {number(high)} times"
    )


def clearance_answers(
    measurements: pd.DataFrame, baseline: str, visits: VisitSettings, confidence: float
) -> list[dict]:
    """Tell how beta-2 microglobulin goes with creatinine clearance at one draw.

    Returns
    -------
    An answer a specimen: the slope of log2 concentration on log2 clearance with its interval by
    Student's t; -1 is what clearance alone would make. Nothing where clearance was not recorded.
    """
    rows = measurements[measurements["feature"].str.startswith(_B2M)]
    found = []
    for feature, own in rows.groupby("feature", sort=True):
        specimen = feature.rpartition("__")[2]
        clearances = measurements[
            (measurements["feature"] == _CLEARANCE) & (measurements["specimen"] == specimen)
        ]
        pairs = _levels(own, clearances, baseline, visits)
        if pairs:
            found.append(_relation(feature, np.array(pairs), baseline, confidence))
    return found


def _levels(
    own: pd.DataFrame, clearances: pd.DataFrame, baseline: str, visits: VisitSettings
) -> list[tuple[float, float]]:
    pairs = []
    for patient, rows in own.groupby("patient", sort=True):
        of_patient = clearances[clearances["patient"] == patient]
        both = [row_of_draw(one, baseline, visits, is_usable) for one in (of_patient, rows)]
        if None not in both and all(one["status"] == "ok" and one["value"] > 0 for one in both):
            pairs.append(tuple(float(np.log2(one["value"])) for one in both))
    return pairs


def _relation(feature: str, pairs: np.ndarray, baseline: str, confidence: float) -> dict:
    row = answer(ASSAY, "clearance", feature, f"log2 on log2 clearance at {baseline}")
    clearance, level = pairs.T
    row |= {"n": len(pairs), "n_censored": 0, "unit": "slope", "confidence": confidence}
    if len(pairs) < _FEWEST or np.ptp(clearance) == 0:
        said = f"Beta-2 microglobulin and clearance: {patients(len(pairs))}, too few for a line."
        return row | {"verdict": TOO_FEW, "sentence": said}
    fit = linregress(clearance, level)
    half = float(t.ppf((1 + confidence) / 2, len(pairs) - 2)) * fit.stderr
    low, high = fit.slope - half, fit.slope + half
    verdict = GOES_WITH if high < 0 else NOT_SHOWN
    said = (
        f"Beta-2 microglobulin at {baseline}: half the creatinine clearance goes with "
        f"{number(2**-fit.slope)} times the concentration ({100 * confidence:g} % interval "
        f"{number(2**-high)} to {number(2**-low)}; {patients(len(pairs))})."
    )
    caution = "Compare patients at equal clearance: what the kidneys hold back is not the disease."
    return row | {
        **{"estimate": float(fit.slope), "ci_low": low, "ci_high": high, "p": float(fit.pvalue)},
        **{"verdict": verdict, "sentence": said, "caution": caution},
    }
