"""Whether messenger and protein agree, in sentences."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.analyses.answers import answer
from correlates.analyses.cells import CELLS
from correlates.analyses.concordance.changes import (
    BOTH_FELL,
    CONSISTENT,
    DISCORDANT,
    EXPECTED,
    NO_FALL,
    TOO_FEW,
    UNCLEAR,
    UNREACHABLE,
    Changes,
    changes_of,
)
from correlates.analyses.concordance.correlations import Correlation, spearman, within_patients
from correlates.analyses.concordance.pairs import SERIES
from correlates.analyses.concordance.settings import ConcordanceSettings
from correlates.analyses.multiplicity import ALPHA, FDR, benjamini_hochberg
from correlates.analyses.proteins import METHODS
from correlates.analyses.sign_flip import PairedShift
from correlates.analyses.wording import number, p_value, patients, smallest
from correlates.clinical.dosing.phases import COMBO

ACROSS, WITHIN, CHANGE = "across_patients", "within_patients", "change_on_lenalidomide"
CORRELATED, INVERSE, NOT_SHOWN = "correlated", "inverse", "not_shown"
NOT_EVALUABLE = "not_evaluable"
ASSAYS = {"qpcr": "RT-qPCR", "rnaseq": "RNA sequencing", "scrna": "single-cell RNA"}
_CHANGE_WORDS = {
    EXPECTED: (
        "Protein down with its messenger unchanged is the expected pharmacology of lenalidomide, "
        "which has this protein degraded; it is no sign of a technical failure."
    ),
    CONSISTENT: (
        "That the messenger does not change is not shown within the margin; a fall of the protein "
        "is the expected pharmacology of lenalidomide and no sign of a technical failure."
    ),
    BOTH_FELL: "Both fell, so that degradation alone need not explain the protein.",
    NO_FALL: "A fall of the protein is not shown.",
    DISCORDANT: (
        "Protein down with its messenger unchanged is not expected of this gene: a change after "
        "transcription, or one of the two assays."
    ),
    UNCLEAR: "Whether the messenger changes with it is not shown.",
    UNREACHABLE: "No result of so few patients could pass the level.",
}
_NOT_ONE_SCALE = "net signals are not calibrated and of several batches"


@dataclass(frozen=True)
class Concordance:
    """Answers, and the changes behind them."""

    answers: list[dict]
    changes: list[dict]


def concordance_answers(
    pairs: pd.DataFrame,
    baselines: Mapping[str, set[tuple[str, str]]],
    settings: ConcordanceSettings,
    confidence: float,
    design_note: str,
) -> Concordance:
    """Answer for every gene, kind of cell, messenger and method of the protein.

    Parameters
    ----------
    pairs
        Of `expression_pairs`.
    baselines
        Draws that stand for B1, by patient.
    settings
        Fewest patients, margin, genes that are degraded.
    confidence
        Of the intervals.
    design_note
        What the design of the trial keeps apart.

    Returns
    -------
    Rank correlation over the patients at each visit, correlation within patients over their
    draws, and the changes on lenalidomide. Genes and kinds of cell are never pooled, nor are the
    messengers of one gene. Differences in level between messenger and protein mean nothing: their
    units differ.
    """
    answers, changes, asked_changes = [], [], []
    for key, those in pairs.groupby(SERIES, sort=True):
        asked = dict(zip(SERIES, key, strict=True))
        asked["name"] = _name(asked)
        asked["feature"] = _feature(asked, those)
        asked["caution"] = _caution(asked, those, design_note)
        asked["is_degraded"] = asked["gene"] in settings.degraded_by_drug
        n = those["patient"].nunique()
        if n < settings.min_patients:
            # One sentence is enough where nothing can be asked.
            answers.append(_too_few(asked, ACROSS, "all draws", n, settings))
            continue
        for (visit, timepoint), of in those.groupby(["visit", "timepoint"], sort=True):
            answers.append(_across(asked, visit, timepoint, of, settings, confidence))
        answers.append(_within(asked, those, settings, confidence))
        found = changes_of(
            those,
            baselines,
            settings.unchanged_log2,
            asked["is_degraded"],
            settings.min_patients,
        )
        # its place is kept, since it is told once all of them are known
        asked_changes.append((len(answers), asked, found))
        answers.append({})
        changes += found.rows
    for (place, asked, found), q in zip(asked_changes, _q_of(asked_changes), strict=True):
        answers[place] = _changed(asked, found, settings, float(q), len(asked_changes))
    return Concordance(_corrected(answers), changes)


def _q_of(asked_changes: Sequence[tuple]) -> np.ndarray:
    """Correct the falls of all proteins together; one that cannot be reached counts as p = 1."""
    return benjamini_hochberg(
        [
            np.nan if found.protein is None or found.protein.smallest_p > ALPHA else found.protein.p
            for _, _, found in asked_changes
        ]
    )


def _corrected(answers: list[dict]) -> list[dict]:
    """Correct the correlations of all genes, cells and visits together.

    So many are asked that some would pass 0.05 of themselves.
    """
    of_all = [one for one in answers if one["question"] in (ACROSS, WITHIN) and _has_p(one)]
    reached = (CORRELATED, INVERSE, NOT_SHOWN)
    p = [one["p"] if one["verdict"] in reached else np.nan for one in of_all]
    for one, q in zip(of_all, benjamini_hochberg(p), strict=True):
        if not math.isnan(q):
            over = f"Over the {len(of_all)} correlations" if len(of_all) > 1 else "Alone"
            one["sentence"] += (
                f" {over} (Benjamini and Hochberg): {p_value(float(q)).replace('p', 'q', 1)}."
            )
        if one["verdict"] in (CORRELATED, INVERSE) and q > FDR:
            one["verdict"] = NOT_SHOWN
            one["sentence"] += " It does not pass the correction, so none is claimed."
    return answers


def _has_p(one: Mapping) -> bool:
    return one.get("p") is not None and not math.isnan(one["p"])


def _name(asked: Mapping) -> str:
    assay, method = ASSAYS[asked["assay"]], METHODS[asked["method"]]
    analyte = asked["analyte"].upper() if asked["analyte"] != asked["gene"] else "messenger"
    cell = CELLS.get(asked["cell"], asked["cell"])
    return f"{asked['gene'].upper()} in {cell}, {analyte} by {assay} and protein by {method}"


def _feature(asked: Mapping, those: pd.DataFrame) -> str:
    return f"{asked['gene']}__{those['statistic'].iloc[0]}__{asked['cell']}"


def _caution(asked: Mapping, those: pd.DataFrame, design_note: str) -> str:
    parts = [design_note.strip(), "An association is not a cause."]
    if (those["specimen_mrna"] != those["specimen_protein"]).any():
        parts.append("RNA and protein are of different preparations of the draw.")
    if asked["gene"] == "crbn":
        parts.append(
            "CRBN has several transcripts, and messenger and protein are known to agree weakly."
        )
    return " ".join(part for part in parts if part)


def _across(asked, visit, timepoint, of, settings, confidence) -> dict:
    contrast = f"patients at {visit}" + ("" if timepoint == "pre" else f" {timepoint}")
    n = of["patient"].nunique()
    if n < settings.min_patients:
        return _too_few(asked, ACROSS, contrast, n, settings)
    if (of["statistic"] == "net").any() and of["run"].nunique() > 1:
        sentence = f"{asked['name']}, {contrast}: not correlated, since {_NOT_ONE_SCALE}."
        return _told(asked, ACROSS, contrast, n, NOT_EVALUABLE, sentence)
    found = spearman(
        of["log2_mrna"].to_numpy(float),
        of["log2_protein"].to_numpy(float),
        (of["side_mrna"].to_numpy(int), of["side_protein"].to_numpy(int)),
        confidence,
        settings.permutations,
        settings.seed,
    )
    censored = int(((of["side_mrna"] != 0) | (of["side_protein"] != 0)).sum())
    how = {"exact": "exact", "sampled": "permutation"}.get(found.p_how, "")
    least = f"the smallest that {n} patients allow is {smallest(found.smallest_p)}"
    sentence = (
        f"{asked['name']}, {contrast}: Spearman's rho {number(found.r)} ({patients(n)}, "
        f"{_interval(found, confidence)}). Two-sided {how} {p_value(found.p)}; {least}."
        if not math.isnan(found.r)
        else f"{asked['name']}, {contrast}: one of the two does not vary, so there is no rho."
    )
    return _correlated(asked, ACROSS, contrast, n, found, sentence, confidence, censored)


def _within(asked, those, settings, confidence) -> dict:
    contrast = "draws of the same patient"
    measured = those[(those["side_mrna"] == 0) & (those["side_protein"] == 0)]
    beyond = len(those) - len(measured)
    several = measured.groupby("patient")["visit"].transform("size") > 1
    measured = measured[several]
    n = measured["patient"].nunique()
    batches = measured.groupby("patient")["run"].nunique()
    if n < settings.min_patients:
        return _too_few(asked, WITHIN, contrast, n, settings)
    if (measured["statistic"] == "net").any() and (batches > 1).any():
        sentence = f"{asked['name']}, {contrast}: not correlated, since {_NOT_ONE_SCALE}."
        return _told(asked, WITHIN, contrast, n, NOT_EVALUABLE, sentence)
    found = within_patients(
        measured["log2_mrna"],
        measured["log2_protein"],
        measured["patient"],
        confidence,
        (measured["phase"] == COMBO).to_numpy(),
    )
    sentence = (
        f"{asked['name']}, {contrast}: repeated-measures correlation {number(found.r)} "
        f"({len(measured)} draws of {patients(n)}, {_interval(found, confidence)}). "
        f"Two-sided {p_value(found.p)} (t, {found.df} degrees of freedom). What all change by on "
        "lenalidomide is taken out."
        if not math.isnan(found.r)
        else f"{asked['name']}, {contrast}: too few draws for a correlation within patients."
    )
    if beyond:
        sentence += f" Left out: {beyond} draws with a value beyond a limit."
    return _correlated(asked, WITHIN, contrast, n, found, sentence, confidence, 0)


def _correlated(asked, question, contrast, n, found, sentence, confidence, censored) -> dict:
    verdict = NOT_EVALUABLE
    if not math.isnan(found.r):
        verdict = NOT_SHOWN
        if found.smallest_p > ALPHA:
            verdict = UNREACHABLE
        elif found.p <= ALPHA:
            verdict = CORRELATED if found.r > 0 else INVERSE
    if verdict == NOT_SHOWN:
        sentence += " An agreement is not shown, which is not to say that there is none."
    return _told(
        asked,
        question,
        contrast,
        n,
        verdict,
        sentence,
        **{"n_censored": censored, "estimate": found.r, "unit": "1", "p": found.p},
        **{"ci_low": found.low, "ci_high": found.high, "confidence": confidence},
    )


def _changed(asked, found: Changes, settings, q: float, size: int) -> dict:
    contrast = "draws on the combination against B1"
    n = len(found.rows)
    if found.verdict == TOO_FEW:
        return _too_few(asked, CHANGE, contrast, n, settings)
    fold = 2**settings.unchanged_log2
    verdict = found.verdict
    if verdict not in (UNREACHABLE, NO_FALL) and q > FDR:
        verdict = NO_FALL
    corrected = ""
    if size > 1 and not math.isnan(q):
        corrected = (
            f"Over the {size} changes (Benjamini and Hochberg): {p_value(q).replace('p', 'q', 1)}. "
        )
    sentence = (
        f"{asked['name']}, {contrast}: protein {_times(found.protein, 95)}, "
        f"{p_value(found.protein.p)}; messenger {_times(found.equivalence, 90)}, to be called "
        f"unchanged within {number(1 / fold)} to {number(fold)} times ({patients(n)}; the smallest "
        f"p that {n} pairs allow is {smallest(found.protein.smallest_p)}). "
        f"{corrected}{_CHANGE_WORDS[verdict]}"
    )
    ends = {"ci_low": 2**found.protein.low, "ci_high": 2**found.protein.high}
    bounds = sum(row["is_bound"] for row in found.rows)
    return _told(
        asked,
        CHANGE,
        contrast,
        n,
        verdict,
        sentence,
        **{"n_censored": bounds, "estimate": _estimate(found.protein), "unit": "1"},
        **ends,
        **{"confidence": 0.95, "p": found.protein.p},
    )


def _estimate(shift: PairedShift) -> float | None:
    """Return the mean change as a ratio, or the bound that values beyond a limit leave of it."""
    bounds = [2**end for end in (shift.mean_high, shift.mean_low) if math.isfinite(end)]
    return bounds[0] if bounds else None


def _times(shift: PairedShift, level: int) -> str:
    estimate = _estimate(shift)
    if estimate is None:
        return "not known, since values lie beyond their limits before and on the drug"
    bound = ""
    if shift.mean_low < shift.mean_high:
        bound = "at most " if math.isfinite(shift.mean_high) else "at least "
    said = f"{bound}{number(estimate)} times"
    if not shift.is_bounded:
        return f"{said} (no {level} % interval with both ends is attainable)"
    return f"{said} ({level} % interval {number(2**shift.low)} to {number(2**shift.high)})"


def _interval(found: Correlation, confidence: float) -> str:
    level = f"{100 * confidence:g} % interval"
    if math.isnan(found.low):
        return f"no {level}"
    return f"{level} {number(found.low)} to {number(found.high)}, {found.interval_by}"


def _too_few(asked, question, contrast, n, settings) -> dict:
    sentence = (
        f"{asked['name']}, {contrast}: {patients(n)} with both, fewer than {settings.min_patients}."
    )
    return _told(asked, question, contrast, n, TOO_FEW, sentence)


def _told(asked, question, contrast, n, verdict, sentence, **more) -> dict:
    return answer(
        "protein",
        question,
        asked["feature"],
        contrast,
        n=n,
        verdict=verdict,
        sentence=sentence,
        caution=asked["caution"],
        **more,
    )
