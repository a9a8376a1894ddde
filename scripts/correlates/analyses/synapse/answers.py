"""Change of the immune synapse between two draws: medians of patients, paired, tested exactly.

Every sample is one number here. Conjugates are nested in patients, and a test that took each of
them for a patient would find a difference in anything.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.analyses.answers import answer
from correlates.analyses.cells import CELLS, SPECIMENS
from correlates.analyses.multiplicity import ALPHA, FDR, benjamini_hochberg
from correlates.analyses.paired_draws import (
    correction_words,
    is_of_another_phase,
    left_out_words,
    p_to_correct,
    row_of_draw,
    sign_flip_words,
)
from correlates.analyses.sign_flip import PairedShift, paired_shift
from correlates.analyses.wording import number, p_value, patients, smallest
from correlates.clinical.dosing.phases import planned_phase
from correlates.clinical.dosing.settings import VisitSettings, draw_of

ASSAY = "synapse"
HIGHER, LOWER, NOT_SHOWN = "higher", "lower", "no change shown"
TOO_FEW, NO_PAIRS = "too few pairs", "no pairs"
VERDICTS = (HIGHER, LOWER, NOT_SHOWN, TOO_FEW, NO_PAIRS)
_FEATURE = re.compile(r"synapse(?:_b_normal)?__(?P<statistic>rri|area|gzmb)(?:__\w+)?")
_WORDS = {
    "rri": "Recruitment of F-actin to the synapse (median index)",
    "gzmb": "Conjugates with polarised granzyme B",
    "area": "Area of the synapse (median)",
}
_POINTS = "gzmb"


@dataclass(frozen=True)
class Pairs:
    """The pairs of one feature: differences of log2 (of points for a share), shape (n,)."""

    differences: np.ndarray
    n_without_draw: int
    n_other_phase: int
    n_not_evaluable: int
    n_unblinded: int


def answer_synapse(
    measurements: pd.DataFrame,
    contrasts: Sequence[Sequence[str]],
    visits: VisitSettings,
    confidence: float,
    design_note: str = "",
) -> list[dict]:
    """Compare each statistic of the synapse between two draws of the same patients.

    Parameters
    ----------
    measurements
        The cohort's table.
    contrasts
        Each the draw before and the draw after, such as ``C1D1 pre`` and ``C2D1 pre``.
    visits
        Which draws may be one and the same.
    confidence
        Of the intervals.
    design_note
        What the design of the trial keeps apart.

    Returns
    -------
    An answer a feature, specimen and contrast. Their p are corrected together (Benjamini and
    Hochberg), and a change is claimed at a false discovery rate of 0.10 if its interval also
    excludes none.
    """
    is_one = measurements["feature"].map(lambda name: bool(_FEATURE.fullmatch(name))).astype(bool)
    found = []
    groups = measurements[is_one].groupby(["feature", "specimen"])
    for (feature, specimen), rows in sorted(groups, key=lambda one: _place(one[0])):
        for before, after in contrasts:
            pairs = _pairs(rows, before, after, visits)
            where = SPECIMENS.get(specimen, specimen)
            row = answer(ASSAY, "Change of the synapse", feature, f"{after} - {before} ({where})")
            found.append((row, pairs, _shift(pairs, confidence), (before, after)))
    p_values = [p_to_correct(shift) for _, _, shift, _ in found]
    q_values = benjamini_hochberg(p_values) if p_values else []
    return [
        _told(*one, float(q), len(found), design_note)
        for one, q in zip(found, q_values, strict=True)
    ]


def _place(name: tuple[str, str]) -> tuple:
    """Return where a feature stands: the index first, then granzyme B, then the area."""
    statistic = _FEATURE.fullmatch(name[0])["statistic"]
    return list(_WORDS).index(statistic), name


def _pairs(rows: pd.DataFrame, before: str, after: str, visits: VisitSettings) -> Pairs:
    statistic = _FEATURE.fullmatch(rows["feature"].iloc[0])["statistic"]
    differences, without, other, unfit, unblinded = [], 0, 0, 0, 0
    planned = [planned_phase(*draw_of(one)) for one in (before, after)]
    for _, own in rows.groupby("patient", sort=True):
        both = [row_of_draw(own, one, visits, _is_ok) for one in (before, after)]
        if None in both:
            without += 1
            continue
        if any(map(is_of_another_phase, both, planned)):
            other += 1
            continue
        values = [float(one["value"]) if one["status"] == "ok" else np.nan for one in both]
        if statistic != _POINTS:
            values = [np.log2(one) if one > 0 else np.nan for one in values]
        if np.isnan(values).any():
            unfit += 1
            continue
        differences.append(values[1] - values[0])
        unblinded += any("unblinded" in one["flags"] for one in both)
    return Pairs(np.array(differences), without, other, unfit, unblinded)


def _is_ok(row: dict) -> bool:
    return row["status"] == "ok"


def _shift(pairs: Pairs, confidence: float) -> PairedShift | None:
    if not pairs.differences.size:
        return None
    return paired_shift(pairs.differences, None, confidence)


def _told(
    row: dict,
    pairs: Pairs,
    shift: PairedShift | None,
    draws: tuple[str, str],
    q: float,
    size: int,
    note: str,
) -> dict:
    statistic = _FEATURE.fullmatch(row["feature"])["statistic"]
    head = f"{_WORDS[statistic]}, {_conjugates(row['feature'])}, {draws[1]} against {draws[0]}"
    caution = " ".join(part for part in (*_left_out(pairs), note.strip()) if part)
    if shift is None:
        said = f"{head}: no patient has two values that can be compared."
        return row | {"n": 0, "verdict": NO_PAIRS, "sentence": said, "caution": caution}
    is_points = statistic == _POINTS
    values = [shift.mean_low, shift.low, shift.high]
    estimate, low, high = values if is_points else [2.0**one for one in values]
    unit = "points" if is_points else "ratio"
    size_said = f"mean paired difference {number(estimate)} points"
    if not is_points:
        size_said = f"{number(estimate)} times as high (ratio of geometric means)"
    of_each = "share" if is_points else "median"
    verdict = _verdict(shift, q)
    return row | {
        **{"n": shift.n, "n_censored": 0, "estimate": estimate, "unit": unit, "ci_low": low},
        **{"ci_high": high, "confidence": shift.confidence, "p": shift.p, "verdict": verdict},
        "sentence": f"{head}: {size_said} ({_interval(low, high, shift)}; "
        f"{patients(shift.n)}, a {of_each} of conjugates each). "
        f"{_tested(shift, q, size, verdict)}",
        "caution": caution,
    }


def _conjugates(feature: str) -> str:
    """Return which cells form the synapse: ``CD8+ T cells with CLL cells``."""
    analyte, _, *cell = feature.split("__")
    target = "a healthy donor's B cells" if analyte.endswith("b_normal") else "CLL cells"
    return f"{CELLS.get(cell[0], cell[0]) if cell else 'effector cells'} with {target}"


def _interval(low: float, high: float, shift: PairedShift) -> str:
    level = f"{100 * shift.confidence:g} % interval"
    if shift.is_bounded:
        return f"{level} {number(low)} to {number(high)}"
    return f"no end of a {level} is attainable"


def _tested(shift: PairedShift, q: float, size: int, verdict: str) -> str:
    allow = "allows" if shift.n == 1 else "allow"
    said = f"{sign_flip_words(shift.n)} {p_value(shift.p)}; the smallest that "
    said += f"{patients(shift.n)} {allow} is {smallest(shift.smallest_p)}"
    if shift.smallest_p > ALPHA:
        return f"{said}, so {ALPHA:g} cannot be reached and no change can be claimed."
    said += f". {correction_words(q, size, 'question')}"
    if verdict != NOT_SHOWN:
        return said
    return f"{said} A change is not shown, which is not to say that there is none."


def _verdict(shift: PairedShift, q: float) -> str:
    if shift.smallest_p > ALPHA:
        return TOO_FEW
    if q > FDR or shift.low <= 0 <= shift.high:
        return NOT_SHOWN
    return HIGHER if shift.mean_low > 0 else LOWER


def _left_out(pairs: Pairs) -> list[str]:
    parts = [
        (pairs.n_without_draw, "without one of the two draws"),
        (pairs.n_other_phase, "drawn in another phase of treatment than the visit's"),
        (pairs.n_not_evaluable, "with too few conjugates, or none scored"),
    ]
    told = [left_out_words(parts)]
    if pairs.n_unblinded:
        told.append(f"Not scored blinded: {patients(pairs.n_unblinded)} of those compared.")
    return told
