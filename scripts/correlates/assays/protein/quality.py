"""Verdicts on blots, staining batches and samples of the protein assay, and its controls."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import chi2

from correlates.assays.protein.intracellular import NO_BACKGROUND, UNCALIBRATED
from correlates.assays.protein.lanes import CONTROL, NO_BAND, NO_STAIN, SAMPLE, SATURATED, WHY
from correlates.assays.protein.linearity import NOT_SHOWN, OTHER_BLOT
from correlates.assays.protein.settings import IntracellularSettings, WesternSettings
from correlates.assays.protein.western import (
    DISAGREE,
    IMPURE,
    MIXED_CELLS,
    NO_LIMIT,
    NO_REPLICATION,
    ONE_LANE,
    REFUSED_BLOT,
    Western,
)
from correlates.assays.quality import (
    CONTROL_COLUMNS,
    FAIL,
    FLAG,
    LOG2,
    PASS,
    Reason,
    control_row,
    run_row,
    sample_row,
)

ASSAY = "protein"
_DRAW = ("patient", "visit", "timepoint", "specimen", "cell")
# What flags mean to a reader. Of a value that could not be evaluated they are why it failed.
WORDS = {
    **{name: f"{WHY[name][0].upper()}{WHY[name][1:]}." for name in (SATURATED, NO_BAND, NO_STAIN)},
    **{name: f"The blot is not used: {why}." for name, why in REFUSED_BLOT.items()},
    NO_LIMIT: "No band is seen, and no dilution series says what would be.",
    ONE_LANE: "One lane only: nothing tells how far a second would lie.",
    NO_REPLICATION: "No lane was repeated: there is no interval.",
    DISAGREE: "Its lanes disagree by more than the limit.",
    "load_off": "The load of a lane is far from that of its blot.",
    "outside_linear_range": "A band lies outside of the range that the dilution series covers.",
    OTHER_BLOT: "Linearity was shown on another blot only.",
    NOT_SHOWN: "Linearity was not shown.",
    "not_seen_in_all": "In some of its lanes no band is seen; the value is of the others.",
    MIXED_CELLS: "Cells were not sorted: the value follows their composition.",
    IMPURE: "Fewer of the cells are the wanted ones than the limit.",
    NO_BACKGROUND: "No FMO of this marker in the draw or its batch: the signal has no zero.",
}


def quality_rows(
    measured: Sequence[Mapping],
    western: Western,
    blanks: pd.DataFrame,
    settings: tuple[WesternSettings, IntracellularSettings],
) -> tuple[list[dict], list[dict], list[dict]]:
    """Judge runs, samples and controls.

    Parameters
    ----------
    measured
        All measurement rows of the assay.
    western
        What the blots gave.
    blanks
        Background of each batch, marker and lineage.
    settings
        Of blots and of intracellular stains.

    Returns
    -------
    Rows of ``runs.tsv`` (a blot, or a staining batch), ``samples.tsv`` and ``controls.tsv``.
    """
    stains = [row for row in measured if "__log2_ratio__" not in row["feature"]]
    runs = [*_blot_runs(western), *_batch_runs(stains)]
    samples = [_sample(row) for row in measured if "__mfir__" not in row["feature"]]
    controls = [
        *_blot_controls(western, settings[0].max_control_cv_pct),
        *_blank_controls(blanks, settings[1].max_blank_cv_pct),
    ]
    return runs, samples, controls


def _blot_runs(western: Western) -> list[dict]:
    rows = []
    for blot in dict.fromkeys(one["blot"] for one in western.blots):
        markers = [one for one in western.blots if one["blot"] == blot]
        reasons = [
            Reason(FAIL, f"{one['marker']}: {REFUSED_BLOT[one['refused']]}.")
            for one in markers
            if one["refused"]
        ]
        if len(reasons) < len(markers):
            reasons = [Reason(FLAG, one.words) for one in reasons]
        reasons += [
            Reason(FLAG, f"{one['marker']}: {WORDS[one['linearity']]}")
            for one in markers
            if one["linearity"] in (OTHER_BLOT, NOT_SHOWN) and not one["refused"]
        ]
        reasons += [
            Reason(FLAG, f"{one['marker']}: {one['n_saturated']} saturated lanes are not used.")
            for one in markers
            if one["n_saturated"]
        ]
        details = "; ".join(
            f"{one['marker']}: {one['n_control']} control lanes, "
            + (f"R2 {one['r2']:.4f}" if one["r2"] is not None else "no R2")
            for one in markers
        )
        n_samples = max(one["n_samples"] for one in markers)
        rows.append(run_row(ASSAY, blot, reasons, n_samples, details))
    return rows


def _batch_runs(stains: Sequence[Mapping]) -> list[dict]:
    rows = []
    for run in dict.fromkeys(row["run"] for row in stains):
        nets = [row for row in stains if row["run"] == run and "__net__" in row["feature"]]
        lacking = sorted(
            {row["feature"].split("__")[0] for row in nets if NO_BACKGROUND in row["flags"]}
        )
        markers = {row["feature"].split("__")[0] for row in nets}
        verdict = FAIL if markers and len(lacking) == len(markers) else FLAG
        reasons = []
        if lacking:
            words = f"No FMO of {', '.join(lacking)}: stain one in every batch."
            reasons.append(Reason(verdict, words))
        draws = {tuple(row[name] for name in ("patient", "visit", "timepoint")) for row in nets}
        is_calibrated = nets and not any(UNCALIBRATED in row["flags"] for row in nets)
        details = "calibrated (MESF)" if is_calibrated else "not calibrated: intensities of its day"
        rows.append(run_row(ASSAY, run, reasons, len(draws), details))
    return rows


def _sample(row: Mapping) -> dict:
    failed = row["status"] == "not_evaluable"
    words = [WORDS[flag] for flag in row["flags"] if flag in WORDS]
    if failed and not words:
        words = [f"Not evaluable in flow: {', '.join(row['flags']) or 'no value'}."]
    reasons = [Reason(FAIL if failed else FLAG, one) for one in words]
    cell = row["feature"].rpartition("__")[2]
    return sample_row(ASSAY, row["run"], row | {"cell": cell}, reasons, row["feature"])


def _blot_controls(western: Western, limit: float) -> Iterable[dict]:
    """Return the inter-blot control before normalisation, others after it, and samples pooled."""
    for marker in dict.fromkeys(one["marker"] for one in western.blots):
        used = [one for one in western.blots if one["marker"] == marker and not one["refused"]]
        if not used:
            continue
        control = used[0]["control"]
        # It is what normalisation takes away, so no limit is set to it.
        raw = [one["control_log2"] for one in used]
        row = control_row(ASSAY, marker, f"{control} (before normalisation)", raw, math.inf, LOG2)
        reasons = row["reasons"] or "What normalisation takes away: no limit."
        yield row | {"limit_pct": None, "reasons": reasons}
        lanes = [
            lane
            for lane in western.lanes
            if lane["marker"] == marker and lane["log2_to_control"] is not None
        ]
        others = {lane["material"] for lane in lanes if lane["role"] == CONTROL} - {control}
        for material in sorted(filter(None, others)):
            of = [lane for lane in lanes if lane["material"] == material]
            means = list(_means_by(of, ("blot",)).values())
            yield control_row(ASSAY, marker, material, means, limit, LOG2)
        yield from _replicates(marker, lanes, limit)


def _means_by(lanes: Iterable[Mapping], names: Sequence[str]) -> dict[tuple, float]:
    groups: dict[tuple, list[float]] = {}
    for lane in lanes:
        groups.setdefault(tuple(lane[name] for name in names), []).append(lane["log2_to_control"])
    return {key: float(np.mean(values)) for key, values in groups.items()}


def _replicates(marker: str, lanes: Iterable[Mapping], limit: float) -> Iterable[dict]:
    """Return what samples that stand on several blots vary by, pooled over the samples."""
    samples = [lane for lane in lanes if lane["role"] == SAMPLE]
    by_sample: dict[tuple, list[float]] = {}
    for (*sample, _), mean in _means_by(samples, (*_DRAW, "blot")).items():
        by_sample.setdefault(tuple(sample), []).append(mean)
    several = [np.array(values) for values in by_sample.values() if len(values) > 1]
    if not several:
        return
    df = sum(one.size - 1 for one in several)
    variance = sum(float(((one - one.mean()) ** 2).sum()) for one in several) / df
    ends = [math.sqrt(variance * df / float(chi2.ppf(tail, df))) for tail in (0.975, 0.025)]
    low, cv, high = (_cv_of_log2(one) for one in (ends[0], math.sqrt(variance), ends[1]))
    row = dict.fromkeys(CONTROL_COLUMNS) | {
        **{"assay": ASSAY, "analyte": marker, "control": "samples on several blots, pooled"},
        **{"scale": LOG2, "n_runs": len({lane["blot"] for lane in samples})},
        **{"sd": math.sqrt(variance), "cv_pct": cv, "cv_pct_low": low, "cv_pct_high": high},
        **{"limit_pct": limit, "verdict": FLAG if cv > limit else PASS},
    }
    words = f"CV {cv:.1f} % is above {limit:g} %." if cv > limit else ""
    yield row | {"reasons": words or f"{len(several)} samples, {df} degrees of freedom."}


def _cv_of_log2(sd: float) -> float:
    return 100 * math.sqrt(math.expm1(min((sd * math.log(2)) ** 2, 50.0)))


def _blank_controls(blanks: pd.DataFrame, limit: float) -> Iterable[dict]:
    for feature, rows in blanks.groupby("feature", sort=True):
        yield control_row(ASSAY, feature, "FMO background", rows["background"].tolist(), limit)
