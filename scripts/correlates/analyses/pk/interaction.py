"""Exposure to ibrutinib with lenalidomide against without: a ratio, and what it does not show."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf

import numpy as np
import pandas as pd
from scipy.stats import t

from correlates.analyses.answers import answer
from correlates.analyses.pk.mixed import phase_effect
from correlates.analyses.pk.pairs import TOLD, Pairs, pairs_of
from correlates.analyses.pk.ratio import Ratio, geometric_mean_ratio, pairs_for_power
from correlates.analyses.sign_flip import PairedShift, paired_shift
from correlates.analyses.wording import number

QUESTION = "Does lenalidomide change the exposure to ibrutinib?"
CONTRAST = "ibrutinib with lenalidomide / ibrutinib alone, within patients"
FEATURES = {
    "ibrutinib__auc_tau_dn": "AUC0-tau of ibrutinib, per mg",
    "ibrutinib__cmax_dn": "Cmax of ibrutinib, per mg",
    "pci45227__auc_ratio__ibrutinib": "The ratio of PCI-45227 to ibrutinib (AUC, molar)",
}
# what the exposure is when it is not divided by the dose: tells whether the doses differed
_NOT_BY_DOSE = {
    "ibrutinib__auc_tau_dn": "ibrutinib__auc_tau",
    "ibrutinib__cmax_dn": "ibrutinib__cmax",
}
SHOWN, BEYOND, NOT_SHOWN = "no_effect_shown", "effect_beyond_bound", "not_shown"
NOT_ESTIMABLE, TOO_FEW = "not_estimable", "too_few_pairs"
# The no-effect bound that ICH M12 names where nothing is known of exposure and effect.
ICH_M12 = (0.80, 1.25)
FED, FASTED = "dose_fed", "dose_fasted"


@dataclass(frozen=True)
class InteractionSettings:
    """The config's block ``pk.interaction``."""

    alone_visits: tuple[str, ...] = ("C0D28",)
    combination_visits: tuple[str, ...] = ("C2D1",)
    no_effect_low: float = 0.80
    no_effect_high: float = 1.25
    confidence: float = 0.90
    power: float = 0.80

    @property
    def bound(self) -> str:
        """The bound in words."""
        return f"{self.no_effect_low:.2f} to {self.no_effect_high:.2f}"


def interaction_answers(
    measurements: pd.DataFrame, settings: InteractionSettings, design_note: str
) -> tuple[list[dict], dict[str, Pairs]]:
    """Answer the question for each exposure.

    Parameters
    ----------
    measurements
        The cohort's table.
    settings
        Visits, bound, confidence and power.
    design_note
        What the design keeps apart; printed with each answer.

    Returns
    -------
    Rows of `answers.COLUMNS`, and the pairs by feature.
    """
    answers, pairs = [], {}
    for feature, words in FEATURES.items():
        visits = settings.alone_visits, settings.combination_visits
        own = pairs_of(measurements, feature, *visits)
        pairs[feature] = own
        changed = _dose_changed(measurements, feature, visits, own)
        answers.append(_answer(feature, words, own, settings, design_note, changed))
    return answers, pairs


def verdict_of(ratio: Ratio, exact: PairedShift, settings: InteractionSettings) -> str:
    """Return the verdict that both intervals allow: by Student's t, and of the sign-flip test.

    Of two to four pairs nothing is claimed: that their logarithms are normal cannot be seen, and
    without it the interval of two pairs that happen to agree may be as short as one likes.
    """
    judged = {
        _judged(*ends, settings)
        for ends in ((ratio.low, ratio.high), (exp(exact.low), exp(exact.high)))
    }
    if not exact.is_bounded:
        return TOO_FEW
    return judged.pop() if len(judged) == 1 else NOT_SHOWN


def _judged(low: float, high: float, settings: InteractionSettings) -> str:
    if settings.no_effect_low <= low and high <= settings.no_effect_high:
        return SHOWN
    if high < settings.no_effect_low or low > settings.no_effect_high:
        return BEYOND
    return NOT_SHOWN


def _answer(
    feature: str,
    words: str,
    pairs: Pairs,
    settings: InteractionSettings,
    design_note: str,
    changed: list[str],
) -> dict:
    asked = answer("pk", QUESTION, feature, CONTRAST, n=len(pairs.table), n_censored=_below(pairs))
    asked |= {"unit": "ratio", "confidence": settings.confidence}
    cautions = [design_note.strip(), _by_dose(changed), _flags_told(pairs), _food(pairs, settings)]
    asked["caution"] = " ".join(part for part in cautions if part)
    lost = _lost(pairs)
    if len(pairs.table) < 2:
        n = len(pairs.table)
        said = f"{words}: {n} patient{'' if n == 1 else 's'} with both profiles; two are needed "
        sentence = f"{said}for a ratio with an interval. {lost} {_elsewhere(pairs, settings)}"
        sentence = sentence.strip() if pairs.visits else f"{words} was measured in no profile."
        return asked | {"verdict": NOT_ESTIMABLE, "sentence": sentence}
    ratio = geometric_mean_ratio(pairs.log_ratios, settings.confidence)
    exact = paired_shift(pairs.log_ratios, confidence=settings.confidence)
    verdict = verdict_of(ratio, exact, settings)
    parts = [
        f"{words} with lenalidomide was {_three(ratio.estimate)} times that without "
        f"({_interval(ratio)}; n = {ratio.n} patients, paired; within-patient CV "
        f"{100 * ratio.cv_within:.0f} %).",
        _what_it_shows(ratio, verdict, settings),
        _extremes(pairs, settings),
        _without_normality(exact, settings),
        _mixed(pairs, settings),
        lost,
    ]
    found = {"estimate": ratio.estimate, "ci_low": ratio.low, "ci_high": ratio.high}
    return asked | found | {"verdict": verdict, "sentence": " ".join(one for one in parts if one)}


def _what_it_shows(ratio: Ratio, verdict: str, settings: InteractionSettings) -> str:
    low, high = settings.no_effect_low, settings.no_effect_high
    is_default = (low, high) == ICH_M12
    whose = "the default of ICH M12, which calls it conservative"
    whose = whose if is_default else "set by the study's config"
    bound = f"the no-effect bound {settings.bound} ({whose})"
    if verdict == SHOWN:
        off = "" if ratio.low <= 1 <= ratio.high else ", though it excludes a ratio of 1"
        return f"The interval lies within {bound}{off}: no relevant effect is shown."
    if verdict == BEYOND:
        return f"The whole interval lies outside {bound}: exposure differed between the phases."
    if verdict == TOO_FEW:
        return (
            "So few pairs show neither that there is no effect nor that there is one, whatever the "
            f"interval, which takes the logarithms of the ratios to be normal; {bound} is not "
            "asked of them."
        )
    needed = pairs_for_power(ratio.cv_within, low, high, settings.power, settings.confidence)
    return (
        f"The intervals do not both lie within {bound}: that there is no effect is not shown, and "
        f"neither is an interaction. With this CV, {100 * settings.power:g} % power to show it, if "
        f"there is no effect, needs about {needed} pairs."
    )


def _extremes(pairs: Pairs, settings: InteractionSettings) -> str:
    """Say the ratios of single patients: an interval of their mean hides a rare large one."""
    ratios = np.exp(pairs.log_ratios)
    out = (ratios < settings.no_effect_low) | (ratios > settings.no_effect_high)
    return (
        f"Ratios of single patients are {_three(float(ratios.min()))} to "
        f"{_three(float(ratios.max()))}, {int(out.sum())} of {ratios.size} outside "
        f"{settings.bound}; the verdict is of their mean alone."
    )


def _without_normality(shift: PairedShift, settings: InteractionSettings) -> str:
    """Say the interval of the exact sign-flip test, which assumes no distribution."""
    level = f"{100 * settings.confidence:g} %"
    if not shift.is_bounded:
        return f"The exact sign-flip test allows no {level} interval with so few pairs."
    return (
        "By the exact sign-flip test, which assumes no distribution, the interval is "
        f"{_three(exp(shift.low))} to {_three(exp(shift.high))}."
    )


def _mixed(pairs: Pairs, settings: InteractionSettings) -> str:
    """Say what patients with one profile add, by the mixed model; nothing where there are none."""
    if pairs.single.empty:
        return ""
    table = pairs.table
    values = np.concatenate([table["alone"], table["combination"], pairs.single["value"]])
    phase = np.concatenate([np.zeros(len(table)), np.ones(len(table)), pairs.single["phase"]])
    patient = np.concatenate([table["patient"], table["patient"], pairs.single["patient"]])
    fit = phase_effect(np.log(values.astype(float)), phase, patient)
    reach = float(t.ppf((1 + settings.confidence) / 2, fit.n_pairs - 1)) * fit.se
    low, high = exp(fit.effect - reach), exp(fit.effect + reach)
    n = len(pairs.single)
    more = f"{n} more patient{'' if n == 1 else 's'} with one profile{'' if n == 1 else ' each'}"
    return (
        f"With {more} (mixed model): {_three(exp(fit.effect))} ({_three(low)} to {_three(high)})."
    )


def _food(pairs: Pairs, settings: InteractionSettings) -> str:
    """Tell of pairs of which one dose was taken with food and one without."""
    differ = [
        row["patient"]
        for row in pairs.table.to_dict("records")
        if {FED, FASTED} <= {*row["alone_flags"], *row["combination_flags"]}
    ]
    if not differ:
        return ""
    said = f"One dose was taken with food and one without in {_people(differ)}"
    rest = pairs.without(differ)
    if len(rest.table) < 2:
        return f"{said}."
    ratio = geometric_mean_ratio(rest.log_ratios, settings.confidence)
    return f"{said}; without them the ratio is {_three(ratio.estimate)} ({_interval(ratio)})."


def _flags_told(pairs: Pairs) -> str:
    told = []
    for flag, words in TOLD.items():
        n = sum(
            flag in (*row["alone_flags"], *row["combination_flags"])
            for row in pairs.table.to_dict("records")
        )
        told += [f"in {n} of {len(pairs.table)} pairs {words}"] if n else []
    return f"{', '.join(told).capitalize()}." if told else ""


def _dose_changed(
    measurements: pd.DataFrame, feature: str, visits: tuple, pairs: Pairs
) -> list[str]:
    """Return the patients whose two doses differed: exposure and exposure per mg then disagree."""
    if feature not in _NOT_BY_DOSE:
        return []
    whole = pairs_of(measurements, _NOT_BY_DOSE[feature], *visits)
    other = dict(zip(whole.table["patient"], whole.log_ratios, strict=True))
    own = dict(zip(pairs.table["patient"], pairs.log_ratios, strict=True))
    return [one for one, ratio in own.items() if abs(other.get(one, ratio) - ratio) > 1e-6]


def _by_dose(changed: list[str]) -> str:
    if not changed:
        return ""
    return (
        f"The dose of ibrutinib differed between the two in {_people(changed)}: exposure is "
        "divided by it, which takes exposure to be proportional to dose."
    )


def _below(pairs: Pairs) -> int:
    return sum(
        count
        for by_reason in pairs.missing.values()
        for reason, count in by_reason.items()
        if reason.startswith("below")
    )


def _lost(pairs: Pairs) -> str:
    words = {"alone": "alone", "combination": "with lenalidomide"}
    said = [
        f"{words[phase]}: {count} {reason}"
        for phase, by_reason in pairs.missing.items()
        for reason, count in sorted(by_reason.items())
    ]
    return f"Patients without a value {'; '.join(said)}." if said else ""


def _elsewhere(pairs: Pairs, settings: InteractionSettings) -> str:
    """Say where profiles stand if none is of a visit that is asked for."""
    asked = (settings.alone_visits, settings.combination_visits)
    if all(set(visits) & set(pairs.visits) for visits in asked):
        return ""
    return (
        f"Profiles stand at {', '.join(pairs.visits)}: name the visits to compare in the config "
        "(pk: interaction: alone_visits, combination_visits)."
    )


def _people(keys: list[str]) -> str:
    return ", ".join(keys)


def _interval(ratio: Ratio) -> str:
    high = "unbounded" if ratio.high == inf else _three(ratio.high)
    return f"{100 * ratio.confidence:g} % interval {_three(ratio.low)} to {high}"


def _three(value: float) -> str:
    return number(value)


def settings_of(block: Mapping) -> InteractionSettings:
    """Read the settings of the config."""
    lists = {name: tuple(block[name]) for name in ("alone_visits", "combination_visits")}
    return InteractionSettings(**{**block, **lists})
