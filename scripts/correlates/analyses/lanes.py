"""What a number of patients permits, and what it can show at best.

The limits are a default of this project, never a standard.
"""

from dataclasses import dataclass
from math import ceil, exp, log, sqrt
from statistics import NormalDist

from correlates.analyses.ranks import smallest_p_of_sizes
from correlates.analyses.wording import smallest

DESCRIBE, EXACT_TEST, RIDGE, TWO_PARAMETERS = "describe", "exact_test", "ridge", "two_parameters"
PENALISED, SCREEN, EXPLORE = "penalised", "screen", "explore"

# fewest of the rarer class for each lane
FROM = {
    DESCRIBE: 0,
    EXACT_TEST: 3,
    RIDGE: 6,
    SCREEN: 6,
    TWO_PARAMETERS: 10,
    EXPLORE: 15,
    PENALISED: 20,
}
# most markers of a fixed-penalty ridge below the lane to explore
MOST_BELOW_EXPLORE = 2
_RIDGE_ONLY = f"a fixed-penalty ridge of at most {MOST_BELOW_EXPLORE} markers as an estimate only"
_ALLOWED = (
    (
        20,
        "a penalised model of up to {tenth} parameters, tuned only inside nested resampling, or a "
        "fixed-penalty ridge to explore",
    ),
    (15, "at most 2 unpenalised parameters, or a fixed-penalty ridge to explore"),
    (10, f"at most 2 unpenalised parameters, or {_RIDGE_ONLY}"),
    (6, f"one unpenalised parameter, or {_RIDGE_ONLY}"),
    (3, "exact tests of single pre-specified markers, and no claim about a model's performance"),
    (0, "a description and a line listing only"),
)


@dataclass(frozen=True)
class Permission:
    """What is permitted.

    Parameters
    ----------
    eff
        ``min(events, non-events)``.
    lanes
        Names of the lanes that are open, from the least demanding.
    allowed
        What may be done, to follow 'permits'.
    sentence
        The rule in words, with the smallest attainable p and the power for an AUC of 0.8 at the
        level that this p must reach.
    """

    eff: int
    lanes: tuple[str, ...]
    allowed: str
    sentence: str

    def permits(self, lane: str) -> bool:
        """Return whether a lane is open."""
        return lane in self.lanes


def permitted(
    events: int,
    non_events: int,
    smallest_p: float | None = None,
    level: float = 0.05,
    level_words: str = "0.05",
) -> Permission:
    """Return what this many patients with and without the event permit.

    The table is for unpenalised candidate parameters, which cost a degree of freedom each; a ridge
    of fixed penalty costs less, and below ``explore`` is held to two markers and called an
    estimate only. ``screen`` (a list under FDR control, never a performance) and ``explore`` (a
    fixed-penalty model, permutation p first) stand beside the table.

    Parameters
    ----------
    events, non_events
        Patients of each class.
    smallest_p
        The smallest p that is attainable with the ties and limits at hand; omitted: without any.
    level, level_words
        What p must not exceed, and how it is written.
    """
    eff = min(events, non_events)
    lanes = tuple(lane for lane, fewest in FROM.items() if eff >= fewest)
    allowed = next(text for fewest, text in _ALLOWED if eff >= fewest).format(tenth=eff // 10)
    sentence = f"The rarer class holds {eff}, which permits {allowed}."
    if eff > 0:
        sentence += f" {_can_show(events, non_events, smallest_p, level, level_words)}"
    return Permission(eff, lanes, allowed, sentence)


def _can_show(events: int, non_events: int, tied_p: float | None, level, level_words) -> str:
    untied_p = smallest_p_of_sizes(events, non_events)
    best = untied_p if tied_p is None else tied_p
    has_costly_ties = best > untied_p * (1 + 1e-9)
    sentence = (
        f"With {events} against {non_events}{' and their ties' if has_costly_ties else ''} the "
        f"smallest attainable two-sided p of a rank test is {smallest(best)}"
    )
    if best > level:
        return f"{sentence}: above {level_words}, so there is no power at that level."
    power = f"{100 * approximate_power(events, non_events, alpha=level):.0f} %"
    less = ", less for the ties" if has_costly_ties else ""
    about = f"the power to see an AUC of 0.8 at {level_words} is about {power}{less}"
    return f"{sentence}, and {about}."


def approximate_power(events: int, non_events: int, auc: float = 0.8, alpha: float = 0.05) -> float:
    """Return the approximate power of the two-sided rank-sum test for a true AUC.

    Normal approximation with the variance under the alternative of Hanley and McNeil (Radiology
    1982;143:29); 0.38 for 6 against 6, 0.66 for 10 against 10, where simulation gives 0.40 and
    0.68. Zero where no p below ``alpha`` is attainable.
    """
    if smallest_p_of_sizes(events, non_events) > alpha:
        return 0.0
    pairs = events * non_events
    null_sd = sqrt((events + non_events + 1) / (12 * pairs))
    margin = auc - 0.5 - NormalDist().inv_cdf(1 - alpha / 2) * null_sd
    return NormalDist().cdf(margin / sqrt(auc_variance(auc, events, non_events)))


def auc_variance(auc: float, events: int, non_events: int) -> float:
    """Return the variance of an AUC under exponential scores (Hanley and McNeil 1982)."""
    two_events = auc / (2 - auc)
    two_non_events = 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc)
    variance += (events - 1) * (two_events - auc**2) + (non_events - 1) * (two_non_events - auc**2)
    return variance / (events * non_events)


def patients_needed(
    parameters: int, prevalence: float, nagelkerke: float = 0.15
) -> tuple[int, int]:
    """Return the patients a prediction model needs: for a shrinkage of 0.9, for risk within 0.05.

    Source: Riley et al., BMJ 2020;368:m441.
    """
    log_likelihood = prevalence * log(prevalence) + (1 - prevalence) * log(1 - prevalence)
    cox_snell = nagelkerke * (1 - exp(2 * log_likelihood))
    shrinkage = ceil(parameters / (-0.1 * log(1 - cox_snell / 0.9)))
    risk = ceil((1.96 / 0.05) ** 2 * prevalence * (1 - prevalence))
    return shrinkage, risk
