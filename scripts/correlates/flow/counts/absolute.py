"""Cells per microlitre by two platforms: events of the tube, leukocytes of the blood count.

``abs = n_pop / n_ref x REF``. Which events stand for which count of the CBC depends on the specimen
and on nothing else: whole blood pairs CD45+ with the WBC, since smudge cells bias the lymphocyte
count in CLL; separated mononuclear cells hold no granulocytes, so their CD45+ never meet the WBC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri

from correlates.flow.counts.counting import limit_events, status_by_count
from correlates.intervals import garwood

WHOLE_BLOOD = frozenset({"fresh_wb"})
SEPARATED = frozenset({"fresh_pbmc", "cryo_pbmc"})
MISSING = "missing"
NOT_EVALUABLE = "not_evaluable"
# 10^9 cells a litre are 1,000 cells a microlitre.
PER_UL = 1000.0
# Below this the log-normal interval is no longer near the exact one. Source: reference 1.3.
SMALL_COUNT = 20
# Error of the reference that the exact interval of a small count leaves out: up to here the count's
# own interval covers 95 %, and at 0.2 it would cover 91.5 %. Source: simulation in test_absolute.
NEGLIGIBLE_CV = 0.03
DRAW = ["patient", "visit", "timepoint"]
CBC_COLUMNS = ("wbc_10e9_l", "alc_10e9_l", "amc_10e9_l", "cbc_offset_h")


@dataclass(frozen=True)
class Pair:
    """Which events of one tube stand for which count of its CBC, or why none can.

    Parameters
    ----------
    method
        Names the pair, as in ``dual_platform:cd45/wbc``.
    populations
        Population keys whose events are summed to the reference; they do not overlap.
    per_ul
        What the CBC says of them, cells per microlitre; NaN if unknown.
    status, reason
        Empty where a pair was found; else ``missing`` or ``not_evaluable``, and a flag that says
        why.
    """

    method: str
    populations: tuple[str, ...] = ()
    per_ul: float = np.nan
    status: str = ""
    reason: str = ""


def choose_pair(
    specimen: str, cbc: Mapping[str, float], gated: set[str], anchors: Mapping[str, str]
) -> Pair:
    """Choose the pair of events and blood count for one tube.

    Parameters
    ----------
    specimen
        ``fresh_wb``, ``fresh_pbmc``, ``cryo_pbmc``; every other specimen has no absolute count.
    cbc
        ``wbc_10e9_l``, ``alc_10e9_l``, ``amc_10e9_l`` in 10^9/L; NaN or absent where unknown.
    gated
        Population keys that were counted in this tube.
    anchors
        Population keys by role: ``leukocytes``, ``lymphocytes``, ``monocytes``.
    """
    if specimen in WHOLE_BLOOD:
        return _pair((anchors["leukocytes"],), ("wbc",), cbc, gated)
    if specimen not in SEPARATED:
        return Pair("dual_platform", status=NOT_EVALUABLE, reason="no_blood_count_for_specimen")
    both = (anchors["lymphocytes"], anchors["monocytes"])
    if gated.issuperset(both):
        pair = _pair(both, ("alc", "amc"), cbc, gated)
        if not pair.status:
            return pair
    return _pair((anchors["lymphocytes"],), ("alc",), cbc, gated)


def _pair(
    populations: tuple[str, ...],
    counts: tuple[str, ...],
    cbc: Mapping[str, float],
    gated: set[str],
) -> Pair:
    method = f"dual_platform:{'+'.join(populations)}/{'+'.join(counts)}"
    if not gated.issuperset(populations):
        return Pair(method, status=NOT_EVALUABLE, reason="reference_population_not_gated")
    values = [cbc.get(f"{count}_10e9_l", np.nan) for count in counts]
    if any(np.isnan(value) for value in values):
        return Pair(method, status=MISSING, reason=f"cbc_{counts[0]}_missing")
    # A monocyte count of 0 is possible, leukocytes or lymphocytes of 0 are not.
    if values[0] <= 0 or min(values) < 0:
        return Pair(method, status=NOT_EVALUABLE, reason=f"cbc_{counts[0]}_not_positive")
    return Pair(method, populations, sum(values) * PER_UL)


def absolute_counts(
    n_events: ArrayLike,
    n_reference: ArrayLike,
    per_ul: ArrayLike,
    *,
    cv_cbc: ArrayLike,
    lod_events: int,
    lloq_events: int,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Turn counts of events into cells per microlitre with their intervals and limits.

    Parameters
    ----------
    n_events
        Events of the populations; like the next two a scalar or one-dimensional, and broadcast.
    n_reference
        Events of their references, in the same tubes.
    per_ul
        Cells per microlitre that the references stand for.
    cv_cbc
        Coefficient of variation of what the reference stands for, as a fraction: of the blood
        count, of the volumes of a tube with beads, of a count that is carried over. Broadcast too.
    lod_events, lloq_events
        Fewest events that are detected, and quantified.
    confidence
        Level of the two-sided interval.

    Returns
    -------
    One row a count: ``value``, ``ci_low``, ``ci_high``, ``limit`` in cells per microlitre, and
    ``status`` by the count of events. All are NaN, and the status ``not_evaluable``, where the
    reference holds no event or its count is unknown.

    Notes
    -----
    ``CV^2 = 1/n_pop + 1/n_ref + CV_cbc^2``, interval ``abs x exp(+-1.96 CV)``. Under 20 events the
    exact Poisson interval of the count takes its place. What the reference adds to it beyond a CV
    of 0.03 widens it: its log distances from ``n`` (lower end) and ``n + 1`` (upper end), the means
    of the gamma distributions whose quantiles they are, are combined in quadrature with
    ``1.96^2 (1/n_ref + CV_cbc^2 - 0.03^2)``. By simulation it covers at least 95 % up to a CV of 1.
    """
    n, reference, per_ul, cv = np.broadcast_arrays(
        *(
            np.atleast_1d(np.asarray(v, dtype=float))
            for v in (n_events, n_reference, per_ul, cv_cbc)
        )
    )
    reference = np.where(reference > 0, reference, np.nan)
    per_event = per_ul / reference
    value = n * per_event
    z = ndtri(0.5 + confidence / 2)
    variance = 1 / reference + cv**2
    spread = np.exp(z * np.sqrt(1 / np.where(n > 0, n, np.nan) + variance))
    beyond = z * np.sqrt(np.maximum(variance - NEGLIGIBLE_CV**2, 0))
    small_low, small_high = _small_count(n, beyond, confidence)
    small = n < SMALL_COUNT
    status = status_by_count(n, lod_events, lloq_events)
    return pd.DataFrame(
        {
            "value": value,
            "ci_low": np.where(small, small_low * per_event, value / spread),
            "ci_high": np.where(small, small_high * per_event, value * spread),
            "limit": limit_events(n, lod_events, lloq_events) * per_event,
            "status": np.where(np.isnan(value), NOT_EVALUABLE, status),
        }
    )


def _small_count(
    n: np.ndarray, widening: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the exact interval of a count, each end widened on the log scale; 0 stays 0."""
    low, high = garwood(n, confidence)
    below = np.log(np.where(n > 0, n, 1.0) / np.where(low > 0, low, 1.0))
    above = np.log(high / (n + 1))
    return n * np.exp(-np.hypot(below, widening)), (n + 1) * np.exp(np.hypot(above, widening))


def read_blood_counts(cbc: pd.DataFrame | Iterable[Mapping]) -> pd.DataFrame:
    """Put the rows of a CBC sheet into numbers, one row a draw.

    Parameters
    ----------
    cbc
        ``patient``, ``visit``, ``timepoint`` (``pre`` where blank) and any of ``wbc_10e9_l``,
        ``alc_10e9_l``, ``amc_10e9_l`` (10^9/L) and ``cbc_offset_h`` (hours between draw and count);
        text or numbers, blank where unknown. No rows is a study without blood counts.

    Returns
    -------
    Those columns as floats, indexed by patient, visit and timepoint. A draw that stands in several
    rows is left without numbers and has ``repeated`` set, since nothing says which row is right.
    """
    rows = pd.DataFrame(cbc)
    draws = {key: rows.get(key, pd.Series(index=rows.index, dtype=object)) for key in DRAW}
    draws["timepoint"] = draws["timepoint"].fillna("").replace("", "pre")
    counts = {
        column: pd.to_numeric(rows.get(column, pd.Series(index=rows.index)), errors="coerce")
        for column in CBC_COLUMNS
    }
    index = pd.MultiIndex.from_frame(pd.DataFrame(draws).astype(str))
    numbers = pd.DataFrame(counts).astype(float).set_axis(index)
    numbers["repeated"] = numbers.index.duplicated(keep=False)
    numbers.loc[numbers["repeated"], list(CBC_COLUMNS)] = np.nan
    return numbers[~numbers.index.duplicated()]
