"""The difference of occupancy between two draws, and the ratio of the free fractions."""

from collections.abc import Sequence

import numpy as np

from correlates.analyses.answers import answer
from correlates.analyses.equivalence import NO_PAIRS, TOO_FEW, equivalence_verdict
from correlates.analyses.occupancy import sentences as say
from correlates.analyses.occupancy.pairs import Pair
from correlates.analyses.occupancy.series import Series
from correlates.analyses.occupancy.settings import (
    ASSAY,
    DEFAULT_MARGINS,
    Comparison,
    OccupancySettings,
)
from correlates.analyses.sign_flip import PairedShift, paired_shift

# above this share of pairs censored at both times neither an estimate nor a p means anything
MOST_CENSORED = 0.5


def difference_answer(
    series: Series, comparison: Comparison, used: Sequence[Pair], settings: OccupancySettings
) -> dict:
    """Return the paired difference in points, with its verdict of equivalence."""
    margin = settings.margins[series.target]
    ends = [one.low for one in used], [one.high for one in used]
    verdict, shift = equivalence_verdict(*ends, margin, settings.confidence)
    head = say.asked(series.target, series.cell, comparison) + series.named
    row = answer(ASSAY, comparison.question, series.feature, comparison.name + series.named)
    if verdict == NO_PAIRS:
        said = f"{head}: no patient has two values that can be compared."
        return row | {"n": 0, "n_censored": 0, "verdict": verdict, "sentence": said}
    n_censored = sum(one.is_censored for one in used)
    at_both = sum(one.alone.is_above_ceiling and one.combination.is_above_ceiling for one in used)
    is_hidden = at_both > MOST_CENSORED * len(used)
    judged = say.verdict_sentence(
        verdict, margin, shift, is_default=margin == DEFAULT_MARGINS.get(series.target)
    )
    if verdict != TOO_FEW:
        judged = f"{judged} {say.single_patients_sentence(used, margin)}"
    if is_hidden:
        said = f"{head}: {say.ceiling_sentence(used, shift)}. {judged}"
    else:
        size = say.difference_sentence(shift, n_censored)
        said = f"{head}: {size}, {say.pairs_words(shift.n)}. {say.p_sentence(shift)} {judged}"
    return row | {
        **{"n": shift.n, "n_censored": n_censored, "unit": "points"},
        **{"estimate": None if n_censored else shift.mean_low},
        **{"ci_low": shift.low, "ci_high": shift.high, "confidence": settings.confidence},
        **{"p": None if is_hidden else shift.p, "verdict": verdict, "sentence": said.strip()},
    }


def ratio_answer(
    series: Series, comparison: Comparison, used: Sequence[Pair], settings: OccupancySettings
) -> dict:
    """Return the ratio of the geometric mean free fractions; an estimate without a verdict."""
    feature = f"{series.target}__ff__{series.cell}"
    name = comparison.question.replace("Occupancy", "Free fraction")
    row = answer(ASSAY, name, feature, comparison.name + series.named)
    head = say.asked(series.target, series.cell, comparison, "free fraction") + series.named
    # A free fraction of nothing or less, by the noise of a signal, has no logarithm.
    kept = [one for one in used if one.alone.low < 100 and one.combination.low < 100]
    if not kept:
        said = f"{head}: no patient has two values that can be compared."
        return row | {"n": 0, "n_censored": 0, "verdict": "estimate", "sentence": said}
    ends = np.array([_log10_ends(one) for one in kept])
    shift = paired_shift(ends[:, 0], ends[:, 1], settings.confidence)
    n_censored = sum(one.is_censored for one in kept)
    ratio = _ratio_words(shift, n_censored)
    lost = len(used) - len(kept)
    at_both = sum(one.alone.is_above_ceiling and one.combination.is_above_ceiling for one in kept)
    # a free fraction without a lower end would make any p one of what is not known
    is_hidden = at_both > MOST_CENSORED * len(kept) or not np.isfinite(ends).all()
    p = "No p is given." if is_hidden else say.p_sentence(shift)
    said = f"{head}: {ratio}, {say.pairs_words(shift.n)}. {p}"
    if lost:
        has = "has" if lost == 1 else "have"
        said += f" {say.pairs_words(lost)} without any free signal {has} no ratio: left out here."
    return row | {
        **{"n": shift.n, "n_censored": n_censored, "unit": "ratio"},
        **{"estimate": None if n_censored else 10**shift.mean_low},
        **{"ci_low": 10**shift.low, "ci_high": 10**shift.high, "confidence": settings.confidence},
        **{"p": None if is_hidden else shift.p, "verdict": "estimate", "sentence": said},
    }


def _log10_ends(pair: Pair) -> tuple[float, float]:
    def log(occupancy: float) -> float:
        free = 1 - occupancy / 100
        return float(np.log10(free)) if free > 0 else -np.inf

    # the highest occupancy is the lowest free fraction
    low = log(pair.combination.high) - log(pair.alone.low)
    return low, log(pair.combination.low) - log(pair.alone.high)


def _ratio_words(shift: PairedShift, n_censored: int) -> str:
    low, high = 10**shift.low, 10**shift.high
    level = f"{100 * shift.confidence:g} % interval"
    ends = say.interval_words(low if low > 0 else -np.inf, high, shift.confidence)
    if not n_censored:
        return f"ratio of geometric means {say.number(10**shift.mean_low)} ({ends})"
    return (
        f"ratio of geometric means not estimable for {say.the_pairs(n_censored)} beyond a "
        f"limit ({ends.replace(level, f'{level} over all that they could be')})"
    )
