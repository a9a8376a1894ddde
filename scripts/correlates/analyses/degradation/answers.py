"""What the courses of all patients say of a protein, in sentences."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from correlates.analyses.answers import answer
from correlates.analyses.cells import CELLS
from correlates.analyses.degradation.courses import NOT_EVALUABLE, Course
from correlates.analyses.degradation.kinetics import (
    FITTED,
    LOWER_ONLY,
    NO_FALL,
    NOT_IDENTIFIED,
    UPPER_ONLY,
    Decay,
)
from correlates.analyses.degradation.settings import DegradationSettings
from correlates.analyses.degradation.shifts import mid_ends, mid_shift, off_ends, off_shift
from correlates.analyses.degradation.timing import OFF
from correlates.analyses.multiplicity import ALPHA, FDR, benjamini_hochberg
from correlates.analyses.paired_draws import p_to_correct
from correlates.analyses.proteins import METHODS
from correlates.analyses.sign_flip import PairedShift, smallest_p_of_pairs
from correlates.analyses.wording import number, p_value, patients, smallest

REMAINING, KINETICS, WEEK_OFF = "remaining", "kinetics", "time_off"
FELL, ROSE, UNCHANGED = "fell", "rose", "no_change_shown"
RECOVERS, NO_RECOVERY, NO_TIME_OFF = "recovers", "no_recovery_shown", "no_time_off"
TOO_FEW, UNREACHABLE = "too_few_patients", "not_attainable"
_TOLD = ("half_life_h", "plateau_pct")
_PHARMACOLOGY = {
    "ikzf1": "A fall is the expected effect of lenalidomide on this protein.",
    "ikzf3": "A fall is the expected effect of lenalidomide on this protein.",
}
_SAID = {
    FITTED: "with a half-life that has both ends",
    UPPER_ONLY: "over before the first draws could show how fast",
    LOWER_ONLY: "still falling at the end",
    NOT_IDENTIFIED: "falling, at a speed that these draws cannot tell",
    NO_FALL: "without a change that is shown",
}


def degradation_answers(
    courses: Sequence[Course],
    settings: DegradationSettings,
    confidence: float,
    design_note: str,
) -> list[dict]:
    """Answer for every protein, kind of cell and method.

    Parameters
    ----------
    courses
        Of all patients.
    settings
        Fewest patients, and the days that are the middle of a cycle.
    confidence
        Of the intervals.
    design_note
        What the design of the trial keeps apart.

    Returns
    -------
    Three answers each: how much remains in the middle of the cycles against B1 (geometric mean over
    the patients, exact sign-flip test), how fast it went, and whether it comes back off the drug.
    """
    groups: dict[tuple, list[Course]] = {}
    for one in courses:
        of = one.profile
        groups.setdefault((of.marker, of.cell, of.method, of.specimen), []).append(one)
    ordered = sorted(groups.items())
    q_values = [
        _q_of([of(those, settings, confidence) for _, those in ordered])
        for of in (mid_shift, off_shift)
    ]
    found = []
    for (key, those), q_remaining, q_off in zip(ordered, *q_values, strict=True):
        asked = {"name": _name(key), "feature": those[0].profile.feature, "marker": key[0]}
        caution = _caution(key, those, design_note)
        found += [
            _remaining(asked, those, settings, (confidence, *q_remaining), caution),
            _kinetics(asked, those, settings, caution),
        ]
        if any(point.timing.window == OFF for one in those for point in one.profile.told):
            found.append(_time_off(asked, those, settings, (confidence, *q_off), caution))
    if courses and not any(one["question"] == WEEK_OFF for one in found):
        found.append(_nobody_off(settings, design_note))
    return found


def _q_of(shifts: Sequence[PairedShift | None]) -> list[tuple[float, int]]:
    """Correct one question over all proteins and cells: q of each, and how many are tested.

    Those with fewer patients than are asked for have no test and are none of the family; those
    whose pairs cannot reach the level are, as if their p were 1.
    """
    tested = [one for one in shifts if one is not None]
    q_values = iter(benjamini_hochberg([p_to_correct(one) for one in tested]))
    return [(math.nan if one is None else float(next(q_values)), len(tested)) for one in shifts]


def _nobody_off(settings: DegradationSettings, design_note: str) -> dict:
    """Return one answer for all proteins where no draw was taken off the drug."""
    sentence = (
        "No draw was taken off lenalidomide. Where it is taken on all 28 days of a cycle there is "
        "no week off, so the recovery that a 21-day schedule shows cannot be looked for."
    )
    asked = {"feature": ""}
    contrast = _off_contrast(settings)
    return _answer(asked, WEEK_OFF, contrast, 0, NO_TIME_OFF, sentence, design_note.strip())


def _off_contrast(settings: DegradationSettings) -> str:
    return f"{settings.off_days:g} days or more without lenalidomide against mid-cycle"


def _name(key: tuple) -> str:
    marker, cell, method, specimen = key
    return f"{marker.upper()} in {CELLS.get(cell, cell)} ({METHODS[method]}, {specimen})"


def _caution(key: tuple, those: Iterable[Course], design_note: str) -> str:
    parts = [design_note.strip(), "Percentages are of B1, which is already on ibrutinib."]
    rows = [point.row for one in those for point in one.profile.told]
    if any("uncalibrated" in row["flags"] for row in rows):
        parts.append("Intensities are not calibrated: only draws of one batch are compared.")
    if key[2] == "flow":
        parts.append("Net signals have an assumed error of the tube beside that of the events.")
    return " ".join(part for part in parts if part)


def _corrected(q: float, size: int) -> str:
    if size < 2 or math.isnan(q):
        return ""
    said = p_value(q).replace("p", "q", 1)
    return f" Over the {size} proteins and kinds of cell (Benjamini and Hochberg): {said}."


def _remaining(asked, those, settings, level, caution) -> dict:
    confidence, q, size = level
    first, last = settings.mid_cycle_days
    contrast = f"days {first} to {last} of the cycles on lenalidomide against B1"
    by_patient = mid_ends(those, settings)
    n = len(by_patient)
    left_out = len(those) - n
    if n < settings.min_patients:
        sentence = (
            f"{asked['name']}: {patients(n)} with a percent remaining in the middle of a cycle, "
            f"fewer than {settings.min_patients}. {_left_out(left_out, those)}"
        ).strip()
        return _answer(asked, REMAINING, contrast, n, TOO_FEW, sentence, caution)
    shift = mid_shift(those, settings, confidence)
    verdict = _verdict_of(shift, q, (FELL, ROSE, UNCHANGED))
    estimate, low, high = (100 * 2**end for end in (shift.mean_high, shift.low, shift.high))
    shares = sorted(100 * 2**high for _, high in by_patient)
    censored = sum(low < high for low, high in by_patient)
    sentence = (
        f"{asked['name']}: {'at most ' if censored else ''}{number(estimate)} % of B1 remains on "
        f"days {first} to {last} of the cycles (geometric mean of {patients(n)}, "
        f"{_interval(low, high, confidence)}; from {number(shares[0])} to {number(shares[-1])} %). "
        f"Exact two-sided {p_value(shift.p)}; the smallest that {n} pairs allow is "
        f"{smallest(shift.smallest_p)}.{_corrected(q, size)} {_words(verdict, asked)} "
        f"{_left_out(left_out, those)}"
    )
    return _answer(
        asked,
        REMAINING,
        contrast,
        n,
        verdict,
        sentence.strip(),
        caution,
        **{"n_censored": censored, "estimate": estimate, "unit": "%", "p": shift.p},
        **{"ci_low": low, "ci_high": high, "confidence": confidence},
    )


def _words(verdict: str, asked: Mapping) -> str:
    if verdict == FELL:
        return _PHARMACOLOGY.get(asked["marker"], "")
    if verdict == UNREACHABLE:
        return "No result of so few patients could pass the level."
    if verdict == UNCHANGED:
        return "A change is not shown, which is not to say that there is none."
    return ""


def _kinetics(asked, those, settings, caution) -> dict:
    counts = Counter(one.verdict for one in those)
    fitted = [one for one in those if one.decay is not None]
    known = [one.decay for one in fitted if one.verdict == FITTED]
    contrast = "from the first dose of lenalidomide on"
    said = [f"{counts[verdict]} {words}" for verdict, words in _SAID.items() if counts[verdict]]
    summarised = len(those) - len(fitted) - counts[NOT_EVALUABLE]
    parts = [f"{asked['name']}: a curve was fitted to {len(fitted)} of {patients(len(those))}"]
    parts[0] += f": {', '.join(said)}." if said else "."
    if summarised:
        parts.append(f"{summarised} have too few draws for one and are summarised.")
    if known:
        parts.append(_half_lives(known))
    bounds = [one.decay.half_life_high for one in fitted if one.verdict == UPPER_ONLY]
    if bounds:
        parts.append(f"Where it was over before, it is at most {number(max(bounds))} h.")
    verdict = FITTED if len(known) >= settings.min_patients else _mostly(counts, len(those))
    estimate = median(one.half_life_h for one in known) if known else None
    parts.append(_left_out(counts[NOT_EVALUABLE], those))
    sentence = " ".join(part for part in parts if part)
    more = {"estimate": estimate, "unit": "h"} if known else {}
    return _answer(asked, KINETICS, contrast, len(fitted), verdict, sentence, caution, **more)


def _half_lives(known: Sequence[Decay]) -> str:
    """Tell of the half-lives that have both ends."""
    halves, plateaus = ([getattr(one, name) for one in known] for name in _TOLD)
    if len(known) == 1:
        low, high = known[0].half_life_low, known[0].half_life_high
        said = f"{number(halves[0])} h (95 % interval {number(low)} to {number(high)} h)"
        return f"Half-life {said}, down to {number(plateaus[0])} % of B1."
    return (
        f"Half-life where it has both ends: median {number(median(halves))} h (from "
        f"{number(min(halves))} to {number(max(halves))} h), down to a median of "
        f"{number(median(plateaus))} % of B1."
    )


def _mostly(counts: Counter, n: int) -> str:
    """Return what most profiles are, if that is one thing."""
    verdict, most = counts.most_common(1)[0]
    return verdict if most > n / 2 else "mixed"


def _time_off(asked, those, settings, level, caution) -> dict:
    confidence, q, size = level
    contrast = _off_contrast(settings)
    pairs = off_ends(those, settings)
    n = len(pairs)
    if not n:
        sentence = (
            f"{asked['name']}: nobody has draws both in the middle of a cycle and off the drug."
        )
        return _answer(asked, WEEK_OFF, contrast, 0, NO_TIME_OFF, sentence, caution)
    if n < settings.min_patients:
        sentence = f"{asked['name']}: only {patients(n)} with draws on and off the drug."
        return _answer(asked, WEEK_OFF, contrast, n, TOO_FEW, sentence, caution)
    shift = off_shift(those, settings, confidence)
    verdict = _verdict_of(shift, q, (NO_RECOVERY, RECOVERS, NO_RECOVERY))
    low, high = 2**shift.low, 2**shift.high
    censored = sum(one[0] < one[1] for one in pairs)
    # The bound that values below their limits leave of the mean, if they leave one.
    bounds = [2**end for end in (shift.mean_low, shift.mean_high) if math.isfinite(end)]
    estimate = bounds[0] if bounds else None
    times = "a ratio that values below their limits hide"
    if estimate is not None:
        bound = "at least " if math.isfinite(shift.mean_low) else "at most "
        times = f"{bound if censored else ''}{number(estimate)} times as much"
    sentence = (
        f"{asked['name']}: {times} off the drug as in the middle of a cycle ({patients(n)}, "
        f"{_interval(low, high, confidence, '')}). Exact two-sided {p_value(shift.p)}; the "
        f"smallest that {n} pairs allow is {smallest(shift.smallest_p)}.{_corrected(q, size)}"
    )
    return _answer(
        asked,
        WEEK_OFF,
        contrast,
        n,
        verdict,
        sentence,
        caution,
        **{"n_censored": censored, "estimate": estimate, "unit": "1", "p": shift.p},
        **{"ci_low": low, "ci_high": high, "confidence": confidence},
    )


def _verdict_of(shift: PairedShift, q: float, words: tuple[str, str, str]) -> str:
    """Return what is claimed: lower, higher or neither, where these pairs can claim at all.

    A claim passes 0.05 itself, and 0.10 corrected over all proteins and kinds of cell.
    """
    if smallest_p_of_pairs(shift.n) > ALPHA:
        return UNREACHABLE
    if shift.p > ALPHA or q > FDR:
        return words[2]
    return words[0] if shift.mean_high < 0 else words[1]


def _interval(low: float, high: float, confidence: float, unit: str = " %") -> str:
    level = f"{100 * confidence:g} % interval"
    if low == 0 and math.isinf(high):
        return f"no end of a {level} is attainable"
    if math.isinf(high):
        return f"{level} from {number(low)}{unit}, without an upper end"
    return f"{level} {number(low)} to {number(high)}{unit}"


def _left_out(count: int, those: Iterable[Course]) -> str:
    reasons = Counter(one.reason for one in those if one.verdict == NOT_EVALUABLE)
    if not count or not reasons:
        return ""
    told = "; ".join(f"{n}: {reason}" for reason, n in reasons.most_common(3))
    return f"Not evaluable: {told}."


def _answer(asked, question, contrast, n, verdict, sentence, caution, **more) -> dict:
    return answer(
        "protein",
        question,
        asked["feature"],
        contrast,
        n=n,
        verdict=verdict,
        sentence=sentence,
        caution=caution,
        **more,
    )
