"""Genotype with exposure, toxicity and response: exact tests, pooled by the declared model."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, inf, isinf

import numpy as np
import pandas as pd

from correlates.analyses.answers import answer
from correlates.analyses.genotype.permutation import Slope, permuted_slope
from correlates.analyses.genotype.trend import Trend, exact_trend
from correlates.analyses.multiplicity import ALPHA, FDR, benjamini_hochberg, family_verdict
from correlates.analyses.wording import event_of, number, p_value
from correlates.analyses.wording import smallest as smallest_text

QUESTION = "Are germline genotypes associated with exposure, toxicity or response?"
ASSOCIATED, NOT_SHOWN, CANNOT, NOT_TESTED = "associated", "not_shown", "cannot_reach", "not_tested"
ADDITIVE, DOMINANT = "additive", "dominant"
LOW_RATE = "call_rate_below_limit"
CAUTION = (
    "An association with few patients is a hint for other cohorts; that none is shown says "
    "nothing of effects that so few cannot show."
)


@dataclass(frozen=True)
class AssociationSettings:
    """The config's block ``genotype.associations`` with the least cell."""

    exposures: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    min_cell: int = 3
    confidence: float = 0.95
    permutations: int = 20_000
    seed: int = 1


@dataclass(frozen=True)
class Genotypes:
    """Copies of a variant's effect allele.

    Parameters
    ----------
    key, name
        First part of the feature, and the variant in words.
    effect
        The effect allele.
    copies
        By patient.
    ancestry
        By patient, as far as recorded.
    is_flagged
        Whether fewer patients were called than asked for.
    """

    key: str
    name: str
    effect: str
    copies: Mapping[str, int]
    ancestry: Mapping[str, str] = field(default_factory=dict)
    is_flagged: bool = False


@dataclass(frozen=True)
class Outcome:
    """What genotypes are held against: log exposure, or a binary endpoint, by patient."""

    name: str
    words: str
    values: Mapping[str, float]
    is_binary: bool


def association_answers(
    genotypes: Sequence[Genotypes],
    outcomes: Sequence[Outcome],
    settings: AssociationSettings,
    design_note: str = "",
) -> list[dict]:
    """Test each variant against each outcome, corrected for all of them.

    Parameters
    ----------
    genotypes, outcomes
        What is tested.
    settings
        Least cell, confidence, permutations.
    design_note
        Printed with the caution.

    Returns
    -------
    One row of `answers.COLUMNS` each; ``p`` is not corrected, the sentence has q. What cannot be
    tested stays, with the reason.
    """
    tests = [_tested(one, outcome, settings) for one in genotypes for outcome in outcomes]
    p = [test["p"] if test["p"] is not None else np.nan for test in tests]
    q = benjamini_hochberg(p)
    smallest = [test.get("smallest_p", np.nan) for test in tests]
    _, verdict = family_verdict(smallest, is_primary=False) if tests else (False, "")
    return [
        _finished(test, float(own), verdict, settings, design_note)
        for test, own in zip(tests, q, strict=True)
    ]


def model_of(copies: np.ndarray, min_cell: int) -> tuple[str, np.ndarray, str]:
    """Return the model that the cells allow, what is tested, and why nothing is.

    Genotypes are pooled by the dominant model, which is declared beforehand, as soon as one of
    them that occurs, or that lies between, has fewer patients than ``min_cell``.
    """
    counts = [int((copies == one).sum()) for one in range(3)]
    if min(counts) >= min_cell:
        return ADDITIVE, copies, ""
    carriers = (copies > 0).astype(int)
    cells = counts[0], counts[1] + counts[2]
    if min(cells) < min_cell:
        who = "carrier" if cells[1] < cells[0] else "patient without the allele"
        n = min(cells)
        return DOMINANT, carriers, f"{n} {who}{'' if n == 1 else 's'}, fewer than {min_cell}"
    return DOMINANT, carriers, ""


def _tested(one: Genotypes, outcome: Outcome, settings: AssociationSettings) -> dict:
    patients = [patient for patient in one.copies if patient in outcome.values]
    copies = np.array([one.copies[patient] for patient in patients], dtype=int)
    values = np.array([outcome.values[patient] for patient in patients], dtype=float)
    found = {"genotype": one, "outcome": outcome, "n": len(patients), "p": None}
    model, x, why = model_of(copies, settings.min_cell)
    if not why and outcome.is_binary and len(set(values)) < 2:
        why = "all patients have the same outcome"
    if not why and not outcome.is_binary and np.ptp(values) == 0:
        why = "all values are equal"
    found |= {"model": model, "why": why, "cells": _cells(copies, values, outcome)}
    if why:
        return found
    common = {"confidence": settings.confidence, "permutations": settings.permutations}
    if outcome.is_binary:
        result = exact_trend(x, values == 1, settings.confidence)
    else:
        result = permuted_slope(x, values, **common, seed=settings.seed)
    found |= {"result": result, "p": result.p, "smallest_p": result.smallest_p}
    strata = np.array([one.ancestry.get(patient, "") for patient in patients])
    if len(set(strata)) > 1:
        within = permuted_slope(x, values, strata=strata, **common, seed=settings.seed)
        found["p_within"] = within.p
    return found


def _cells(copies: np.ndarray, values: np.ndarray, outcome: Outcome) -> str:
    said = []
    for one in range(3):
        own = values[copies == one]
        if outcome.is_binary:
            said.append(f"{int((own == 1).sum())} of {own.size} with {one}")
        else:
            middle = f", median {number(exp(float(np.median(own))))}" if own.size else ""
            said.append(f"{own.size} with {one}{middle}")
    return f"{'; '.join(said)} copies"


def _finished(
    test: dict, q: float, family: str, settings: AssociationSettings, design_note: str
) -> dict:
    one, outcome = test["genotype"], test["outcome"]
    per = f"per copy of {one.effect}" if test["model"] == ADDITIVE else f"carriers of {one.effect}"
    contrast = f"{outcome.words}, {per}"
    asked = answer("genotype", QUESTION, f"{one.key}__copies", contrast, n=test["n"], n_censored=0)
    cautions = [CAUTION, _of_ancestry(one), design_note.strip()]
    if one.is_flagged:
        cautions.insert(0, "Fewer patients were called than the least call rate asks for.")
    asked |= {"caution": " ".join(text for text in cautions if text)}
    asked |= {"unit": "odds ratio" if outcome.is_binary else "ratio"}
    about = f"{one.name} and {outcome.words} ({test['cells']})"
    if test["why"]:
        sentence = f"{about}: not tested, {test['why']}."
        return asked | {"verdict": NOT_TESTED, "sentence": sentence}
    estimate, low, high = _numbers(test["result"])
    # no claim against its own interval, nor of what the ancestries alone may make
    stands = test["p"] <= ALPHA and test.get("p_within", 0.0) <= ALPHA
    verdict = ASSOCIATED if q <= FDR and stands else NOT_SHOWN
    if test["smallest_p"] > ALPHA:
        verdict = CANNOT
    sentence = (
        f"{about}: {_size(test, per, estimate)} ({_interval(low, high, settings.confidence)}). "
        f"{_how(test)} {p_value(test['p'])}, q = {number(q)} over all associations (Benjamini and "
        f"Hochberg); the smallest p that these genotypes allow is "
        f"{smallest_text(test['smallest_p'])}. {_meaning(verdict)} {family}"
    )
    found = {"estimate": estimate, "ci_low": low, "ci_high": high, "p": test["p"]}
    return (
        asked
        | found
        | {
            "confidence": settings.confidence,
            "verdict": verdict,
            "sentence": sentence.strip(),
        }
    )


def _numbers(result: Slope | Trend) -> tuple[float, float, float]:
    """Return estimate and interval as ratios; slopes are of natural logarithms."""
    if isinstance(result, Trend):
        return result.estimate, result.low, result.high
    low = 0.0 if isinf(result.low) else exp(result.low)
    return exp(result.estimate), low, inf if isinf(result.high) else exp(result.high)


def _size(test: dict, per: str, estimate: float) -> str:
    pooled = (
        f"cells below the least were pooled by the declared dominant model, {per} against none, "
        if test["model"] == DOMINANT
        else f"{per}, "
    )
    what = "odds ratio" if test["outcome"].is_binary else "ratio of geometric means"
    size = "unbounded" if isinf(estimate) else number(estimate)
    return f"{pooled}{what} {size}"


def _interval(low: float, high: float, confidence: float) -> str:
    level = f"{100 * confidence:g} % interval"
    if low == 0 and isinf(high):
        return f"no end of a {level} is attainable"
    if isinf(high):
        return f"{level} from {number(low)}, without an upper end"
    return f"{level} {number(low)} to {number(high)}"


def _how(test: dict) -> str:
    result = test["result"]
    within = ""
    if "p_within" in test:
        within = f"Shuffled within ancestries {p_value(test['p_within'])}. "
    if isinstance(result, Trend):
        return f"{within}Exact conditional test:"
    kind = "All" if result.is_exact else "Sampled"
    return f"{within}{kind} {result.n_assignments:,} assignments of genotypes:"


def _meaning(verdict: str) -> str:
    return {
        ASSOCIATED: "An association passes the correction.",
        NOT_SHOWN: "No association is shown, which does not show that there is none.",
        CANNOT: "With these numbers no result could have reached p = 0.05.",
    }[verdict]


def _of_ancestry(one: Genotypes) -> str:
    counts = Counter(one.ancestry.get(patient) or "not recorded" for patient in one.copies)
    said = ", ".join(f"{name} {count}" for name, count in counts.most_common())
    if len(counts) == 1:
        return f"Ancestry: {said}."
    return f"Ancestry: {said}; allele frequencies and outcomes may both differ between them."


def genotypes_of(
    calls: Sequence[Mapping], loci: Sequence[Mapping], limit: float
) -> list[Genotypes]:
    """Read the tables of the assay: one object a variant, in their order."""
    found = []
    for locus in (one for one in loci if one["ancestry"] == "all"):
        own = [one for one in calls if one["rsid"] == locus["rsid"]]
        copies = {one["patient"]: int(one["copies"]) for one in own if one["copies"] != ""}
        ancestry = {one["patient"]: one["ancestry"] for one in own}
        key = f"{locus['gene'].lower()}_{locus['rsid']}"
        name = f"{locus['gene']} {locus['rsid']} ({locus['name']})"
        is_low = float(locus["call_rate"]) < limit
        found.append(Genotypes(key, name, locus["effect"], copies, ancestry, is_low))
    return found


def exposures_of(measurements: pd.DataFrame, features: Sequence[str]) -> list[Outcome]:
    """Return the log exposure of each patient: the first that is evaluable, by day."""
    outcomes = []
    for feature in features:
        rows = measurements[(measurements["feature"] == feature) & (measurements["status"] == "ok")]
        rows = rows[rows["value"] > 0].sort_values("day", kind="stable")
        first = rows.drop_duplicates("patient")
        logs = np.log(first["value"].to_numpy(float))
        values = dict(zip(first["patient"].astype(str), logs.tolist(), strict=True))
        outcomes.append(Outcome(feature, feature, values, is_binary=False))
    return outcomes


def endpoints_of(endpoints: pd.DataFrame, names: Sequence[str]) -> list[Outcome]:
    """Return the binary endpoints of each patient who is evaluable."""
    outcomes = []
    for name in names:
        rows = endpoints[(endpoints["endpoint"] == name) & endpoints["evaluable"]]
        values = dict(zip(rows["patient"].astype(str), rows["value"].astype(float), strict=True))
        outcomes.append(Outcome(name, event_of(name), values, is_binary=True))
    return outcomes
