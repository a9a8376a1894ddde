"""Day 7 and day 28: what changes in each soluble marker, told with its censored values."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from correlates.analyses.answers import answer
from correlates.analyses.multiplicity import ALPHA, FDR, benjamini_hochberg
from correlates.analyses.paired_draws import correction_words, left_out_words, p_to_correct
from correlates.analyses.soluble.estimates import RATIO, Change, change_of, is_rise
from correlates.analyses.soluble.pairs import BELOW, Pairs, is_usable, pairs_of
from correlates.analyses.wording import number, p_value, patients, smallest
from correlates.assays.soluble.handling import handling_of
from correlates.clinical.dosing.settings import VisitSettings, draw_of, name_of_draw

ASSAY, QUESTION = "soluble", "change"
RISES, FALLS, NOT_SHOWN = "rises", "falls", "no change shown"
TOO_FEW, NO_PAIRS = "too few pairs", "no pairs"
VERDICTS = (RISES, FALLS, NOT_SHOWN, TOO_FEW, NO_PAIRS)
CONCENTRATION = "__conc__"


def change_answers(
    measurements: pd.DataFrame,
    contrasts: Sequence[Sequence[str]],
    censoring: Mapping,
    visits: VisitSettings,
    confidence: float,
    design_note: str = "",
    labels: Mapping[str, str] = MappingProxyType({}),
) -> list[dict]:
    """Compare every marker between two draws of the same patients.

    Parameters
    ----------
    measurements
        The cohort's table.
    contrasts
        Each the draw before and the draw after.
    censoring
        Shares below the limit that decide how a marker is handled, as of `handling_of`.
    visits
        Which draws may be one and the same.
    confidence
        Of the intervals.
    design_note
        What the design of the trial keeps apart.
    labels
        Names of the markers by key.

    Returns
    -------
    An answer a marker, specimen and contrast; none where the marker was measured in nobody at one
    of the draws, since nothing was asked there. Their p are corrected together (Benjamini and
    Hochberg), and a change is claimed at 0.05 and a false discovery rate of 0.10.
    """
    rows = measurements[measurements["feature"].str.contains(CONCENTRATION, regex=False)]
    found = []
    for (feature, specimen), own in rows.groupby(["feature", "specimen"], sort=True):
        usable = [row for row in own.to_dict("records") if is_usable(row)]
        below = sum(row["status"] in BELOW for row in usable)
        handling = handling_of(below, len(usable), censoring)
        for draws in contrasts:
            if not all(_was_measured(own, draw, visits) for draw in draws):
                continue
            pairs = pairs_of(own, draws, visits)
            change = change_of(pairs, handling, confidence) if pairs.n else None
            row = answer(ASSAY, QUESTION, feature, f"{draws[1]} - {draws[0]} ({specimen})")
            key = feature.partition("__")[0]
            head = f"{labels.get(key, key)} in {specimen}, {draws[1]} against {draws[0]}"
            found.append((row, pairs, change, head))
    p_values = [p_to_correct(change) for _, _, change, _ in found]
    q_values = benjamini_hochberg(p_values) if p_values else []
    return [
        _told(row, pairs, change, head, float(q), (len(found), confidence, design_note))
        for (row, pairs, change, head), q in zip(found, q_values, strict=True)
    ]


def _was_measured(rows: pd.DataFrame, draw: str, visits: VisitSettings) -> bool:
    """Tell whether a marker was measured at a draw in anybody, also if it cannot be evaluated."""
    drawn = zip(rows["visit"], rows["timepoint"], strict=True)
    return not {name_of_draw(*one) for one in drawn}.isdisjoint(visits.names_of(draw_of(draw)))


def _told(
    row: dict,
    pairs: Pairs,
    change: Change | None,
    head: str,
    q: float,
    shared: tuple[int, float, str],
) -> dict:
    size, confidence, note = shared
    caution = " ".join(part for part in (_left_out(pairs), note.strip()) if part)
    if change is None:
        said = f"{head}: no patient has two values that can be compared."
        return row | {"n": 0, "verdict": NO_PAIRS, "sentence": said, "caution": caution}
    verdict = _verdict(change, q)
    said = f"{head}: {_size(change, confidence)}; {patients(pairs.n)}{_censored(pairs)}."
    return row | {
        **{"n": pairs.n, "n_censored": pairs.n_censored, "estimate": change.estimate},
        **{"unit": change.unit, "ci_low": change.low, "ci_high": change.high},
        **{"confidence": confidence, "p": change.p, "verdict": verdict},
        "sentence": f"{said} {_tested(change, q, size)}",
        "caution": caution,
    }


def _size(change: Change, confidence: float) -> str:
    level = f"{100 * confidence:g} % interval"
    if not np.isfinite(change.estimate):
        return "too little lies within the limits for an estimate"
    if change.unit != RATIO:
        share = f"{change.rose} of {change.rose + change.fell} pairs with a direction rose"
        return f"{share} ({level} {100 * change.low:.0f} to {100 * change.high:.0f} %)"
    ends = [
        number(end) if np.isfinite(end) and end > 0 else words
        for end, words in ((change.low, "no lower end"), (change.high, "no upper end"))
    ]
    return f"{number(change.estimate)} times as high ({level} {ends[0]} to {ends[1]})"


def _censored(pairs: Pairs) -> str:
    count = pairs.n_censored
    return f", {count} of them with a value beyond a limit" if count else ""


def _tested(change: Change, q: float, size: int) -> str:
    said = f"{change.method[:1].upper()}{change.method[1:]}: {p_value(change.p)}"
    if change.p_least < change.p:
        said += f" at worst, {p_value(change.p_least)} at best, whatever the limits hide"
    said += f"; the smallest attainable is {smallest(change.smallest_p)}"
    if change.smallest_p > ALPHA:
        return f"{said}, so {ALPHA:g} cannot be reached and no change can be claimed."
    return f"{said}. {correction_words(q, size, 'change')}"


def _verdict(change: Change, q: float) -> str:
    if change.smallest_p > ALPHA:
        return TOO_FEW
    # no claim against its own 95 % interval, however many others of the family are small
    if q > FDR or change.p > ALPHA:
        return NOT_SHOWN
    rises = is_rise(change) if np.isfinite(change.estimate) else change.rose > change.fell
    return RISES if rises else FALLS


def _left_out(pairs: Pairs) -> str:
    parts = [
        (pairs.n_without_draw, "without one of the two draws"),
        (pairs.n_of_other_phase, "drawn in another phase of treatment than the visit's"),
        (pairs.n_not_evaluable, "with a value that is not evaluable"),
    ]
    return left_out_words(parts)
