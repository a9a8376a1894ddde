"""The answers about occupancy in words."""

from collections.abc import Mapping, Sequence

import numpy as np

from correlates.analyses import equivalence
from correlates.analyses.cells import CELLS
from correlates.analyses.multiplicity import ALPHA
from correlates.analyses.occupancy.pairs import Pair
from correlates.analyses.occupancy.readings import CAUSES, EVERYTHING
from correlates.analyses.occupancy.reference import Median
from correlates.analyses.occupancy.settings import PRIMARY_SERIES, WINDOW_WORDS, Comparison
from correlates.analyses.occupancy.within_patient import WithinPatient
from correlates.analyses.paired_draws import left_out_words, sign_flip_words
from correlates.analyses.sign_flip import PairedShift
from correlates.analyses.wording import number, p_value, patients, percent, smallest
from correlates.intervals import clopper_pearson


def what(target: str, cell: str, measured: str = "occupancy") -> str:
    """Return ``BTK occupancy of CLL cells``."""
    return f"{target.upper()} {measured} of {CELLS.get(cell, cell)}"


def asked(target: str, cell: str, comparison: Comparison, measured: str = "occupancy") -> str:
    """Return what was compared, up to a colon."""
    alone, both = " ".join(comparison.alone), " ".join(comparison.combination)
    return (
        f"{what(target, cell, measured)} at {WINDOW_WORDS[comparison.window]}, ibrutinib + "
        f"lenalidomide ({both}) against ibrutinib alone ({alone})"
    )


def pairs_words(count: int) -> str:
    """Return ``1 pair`` or ``n pairs``."""
    return "1 pair" if count == 1 else f"{count} pairs"


def pairs_allow(count: int) -> str:
    """Return ``1 pair allows`` or ``n pairs allow``."""
    return f"{pairs_words(count)} {'allows' if count == 1 else 'allow'}"


def the_pairs(count: int) -> str:
    """Return ``the pair`` or ``the n pairs``."""
    return "the pair" if count == 1 else f"the {count} pairs"


def interval_words(low: float, high: float, confidence: float) -> str:
    """Return an interval, and what is to be said where it lacks an end."""
    level = f"{100 * confidence:g} % interval"
    if np.isfinite(low) and np.isfinite(high):
        return f"{level} {number(low)} to {number(high)}"
    if np.isfinite(low):
        return f"{level} from {number(low)}, without an upper end"
    if np.isfinite(high):
        return f"{level} up to {number(high)}, without a lower end"
    return f"no end of a {level} is attainable"


def difference_sentence(shift: PairedShift, n_censored: int, unit: str = "points") -> str:
    """Return the mean paired difference with its interval, over what censored values could be."""
    interval = interval_words(shift.low, shift.high, shift.confidence)
    if not n_censored:
        return f"mean paired difference {number(shift.mean_low)} {unit} ({interval})"
    return (
        f"mean paired difference between {number(shift.mean_low)} and {number(shift.mean_high)} "
        f"{unit}, over all that {the_pairs(n_censored)} beyond a limit could be "
        f"({interval}, over the same)"
    )


def p_sentence(shift: PairedShift) -> str:
    """Return the exact p with the smallest that so many pairs can reach."""
    if shift.p_least < shift.p:
        seen = f"p between {smallest(shift.p_least)} and {smallest(shift.p)}, by what censored "
        seen += "values were"
    else:
        seen = p_value(shift.p)
    said = f"{sign_flip_words(shift.n)} {seen}; the smallest that {pairs_allow(shift.n)} is "
    said += smallest(shift.smallest_p)
    if shift.smallest_p > ALPHA:
        said += f", so {pairs_words(shift.n)} cannot reach {ALPHA:g}"
    return f"{said}."


def verdict_sentence(
    verdict: str, margin: float, shift: PairedShift | None, *, is_default: bool
) -> str:
    """Return what the verdict of equivalence does and does not say, with whose margin it is."""
    whose = "a default of this project" if is_default else "the margin that the study's config sets"
    within = f"±{margin:g} points ({whose})"
    words = {
        equivalence.EQUIVALENT: f"The whole interval lies within {within}: equivalent.",
        equivalence.BEYOND: f"The whole interval lies beyond {within}.",
        equivalence.NOT_SHOWN: (
            f"The interval does not lie within {within}: equivalence is not shown, which is not "
            "the same as an influence."
        ),
        equivalence.BY_CEILING: (
            f"Bounded by the assay's ceiling: whether the difference lies within {within} hangs on "
            "what the censored values were."
        ),
    }
    if verdict == equivalence.TOO_FEW and shift is not None:
        return (
            f"{pairs_allow(shift.n).capitalize()} no {100 * shift.confidence:g} % interval, so "
            "equivalence cannot be judged."
        )
    return words.get(verdict, "")


def ceiling_sentence(used: Sequence[Pair], shift: PairedShift) -> str:
    """Return the counts at or above the ceiling, and the bound, in place of an estimate and a p."""
    alone = sum(one.alone.is_above_ceiling for one in used)
    both = sum(one.combination.is_above_ceiling for one in used)
    interval = interval_words(shift.low, shift.high, shift.confidence)
    return (
        "in more than half of the pairs both values lie at or above the assay's ceiling: "
        f"{alone} of {len(used)} under ibrutinib alone and {both} of {len(used)} under the "
        f"combination. The mean paired difference lies between {number(shift.mean_low)} and "
        f"{number(shift.mean_high)} points ({interval}, over all that they could be); no p is given"
    )


def left_out_sentence(causes: Mapping[str, int]) -> str:
    """Return who is left out and why; empty where nobody is."""
    return left_out_words((count, CAUSES[cause]) for cause, count in causes.items())


def hours_sentence(used: Sequence[Pair]) -> str:
    """Say how many pairs are in the window by their labels alone."""
    count = sum(one.lacks_hours for one in used)
    if not count:
        return ""
    lie = "lies" if count == 1 else "lie"
    return f"{pairs_words(count).capitalize()} without recorded hours {lie} there by label alone."


def median_sentence(target: str, cell: str, where: str, found: Median) -> str:
    """Return the median of the cohort at one draw, held against what is known of the drug."""
    head = f"Median {what(target, cell)} {where}"
    size = f"{percent(found.low)} %"
    if found.low < found.high:
        above = found.high == EVERYTHING
        size = (
            f"at or above {percent(found.low)} %" if above else f"{size} to {percent(found.high)} %"
        )
    said = f"{head}: {size} ({_median_interval(found)}{patients(found.n)}, {found.n_censored} "
    said += "beyond a limit)."
    if not found.least:
        return f"{said} No source gives a percentage in patients to hold it against."
    if found.ci_low is None:
        said += " So few patients say little of a median."
    verdicts = {
        "as expected": f"At least {number(found.least)} % is expected.",
        "below expected": f"That is below the {number(found.least)} % that is expected at least.",
    }
    unknown = f"Whether it reaches the {number(found.least)} % expected, the ceiling hides."
    return f"{said} {verdicts.get(found.verdict, unknown)}"


def _median_interval(found: Median) -> str:
    if found.ci_low is None:
        return "no 95 % interval is attainable; "
    if found.ci_high == EVERYTHING:
        return f"95 % interval from {percent(found.ci_low)}; "
    return f"95 % interval {percent(found.ci_low)} to {percent(found.ci_high)}; "


def single_patients_sentence(used: Sequence[Pair], margin: float) -> str:
    """Say how many patients changed by the margin or more, which a mean hides.

    With it stands what share of such patients may do so: the upper end of a one-sided 95 % interval
    (Clopper and Pearson), as if every change that a limit leaves open were one.
    """
    n = len(used)
    surely = sum(one.low >= margin or one.high <= -margin for one in used)
    perhaps = sum(one.high >= margin or one.low <= -margin for one in used)
    count = str(perhaps) if surely == perhaps else f"between {surely} and {perhaps}"
    low, high = min(one.low for one in used), max(one.high for one in used)
    share = 100 * float(clopper_pearson(perhaps, n, 0.90)[1])
    said = f"Of single patients {'none' if count == '0' else count} of {n} changed by {margin:g} "
    over = ", over all that they could be" if any(one.is_censored for one in used) else ""
    said += f"points or more ({number(low)} to {number(high)}{over})"
    return said + (f"; up to {share:.0f} % may (95 % upper bound)." if perhaps < n else ".")


def standing_sentence(is_primary: bool, comparisons: int) -> str:
    """Say what an answer is worth among the others: one question only was set beforehand."""
    primary = f"{what(*PRIMARY_SERIES)} at trough"
    if is_primary:
        return f"This is the primary answer ({primary}); the others on occupancy are exploratory."
    made = "1 comparison was" if comparisons == 1 else f"{comparisons} comparisons were"
    return f"Exploratory: the primary question is {primary}, and {made} made without correction."


SYMMETRY = (
    "Test and interval take the differences to lie evenly about their mean; where a few patients "
    "change much and the others hardly, equivalence is claimed more often than it should."
)


def model_sentence(target: str, cell: str, found: WithinPatient, confidence: float) -> str:
    """Return the sensitivity model's ratio of free fractions, or why it was not fitted."""
    head = f"{what(target, cell, 'free fraction')} at trough within patients, hours accounted for"
    if found.refusal:
        return f"{head}: not fitted: {found.refusal}."
    ratio, low, high = (10**one for one in (found.estimate, found.low, found.high))
    terms = " and ".join(found.terms) or "nothing else varies"
    return (
        f"{head}: {number(ratio)} times as high under the combination "
        f"({interval_words(low, high, confidence)}; {found.n_draws} draws of "
        f"{patients(found.n_patients)}; beside the phase: {terms}; {p_value(found.p)}, which rests "
        "on normal residuals)."
    )
