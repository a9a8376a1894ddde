"""Progression: told from a flare, confirmed by repeat imaging or biopsy, and whether it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from correlates.clinical.dosing.dosing import Dosing
from correlates.clinical.response.criteria import judge_parameters
from correlates.clinical.response.exemptions import (
    exempt_flare,
    exempt_lymphocytosis,
    flare_parameters,
    flare_window,
)
from correlates.clinical.response.judged import (
    CONFIRMED,
    PENDING,
    REFUTED,
    ResponseSettings,
)
from correlates.clinical.response.readings import Finding, History
from correlates.clinical.response.verdicts import UNKNOWN_VERDICT, WORSE, Verdict, Verdicts

ALWAYS = "always"
NEVER = "never"
OUTSIDE_FLARE_WINDOW = "outside_flare_window"


@dataclass(frozen=True)
class Context:
    """What is known of a patient besides the assessments.

    Parameters
    ----------
    dosing
        What was taken when.
    flares
        First and last day of each recorded flare.
    settings
        The config's block ``clinical.response``.
    """

    dosing: Dosing
    flares: Sequence[tuple[float, float]]
    settings: ResponseSettings


@dataclass(frozen=True)
class Progression:
    """What became of the worsening at one assessment.

    Parameters
    ----------
    verdicts
        The assessment's verdicts, exemptions marked.
    confirmed
        ``yes``, ``no``, ``not_yet``; empty if nothing worsened.
    counts
        Whether it is a progression that counts.
    """

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    confirmed: str = ""
    counts: bool = False


def verdicts_of(finding: Finding, history: History, context: Context) -> dict[str, Verdict]:
    """Judge every parameter, lymphocytosis on ibrutinib exempted."""
    verdicts = judge_parameters(finding, history, context.settings)
    return exempt_lymphocytosis(verdicts, finding, context.dosing, context.settings)


def judge_progression(
    finding: Finding, history: History, later: Sequence[Finding], context: Context
) -> Progression:
    """Judge whether an assessment shows progression.

    Parameters
    ----------
    finding, history
        The assessment and what was known before.
    later
        The assessments that follow: they tell regression from growth. Each is compared with what
        was known before this one, so that a lasting growth is not taken for a new baseline.
    context
        Dosing, flares and settings.
    """
    verdicts = verdicts_of(finding, history, context)
    worse = tuple(name for name, one in verdicts.items() if one.is_progression)
    if not worse:
        return Progression(verdicts)
    may_flare = flare_parameters(verdicts, context.settings)
    inside, signs = flare_window(finding, context.dosing, context.flares, context.settings)
    if inside and may_flare:
        why = signs or _regression(finding, history, later, may_flare, context)
        if why:
            verdicts = exempt_flare(verdicts, may_flare, why)
            worse = tuple(name for name in worse if name not in may_flare)
            if not worse:
                return Progression(verdicts)
    in_doubt = inside and set(worse) <= set(may_flare)
    confirmed = _confirmation(finding, history, later, worse, context)
    return Progression(verdicts, confirmed, _counts(finding, confirmed, in_doubt, context))


def _counts(finding: Finding, confirmed: str, in_doubt: bool, context: Context) -> bool:
    if confirmed == CONFIRMED:
        return True
    if _biopsy(finding) == REFUTED:
        return False
    rule = context.settings["progression"]["unconfirmed"]
    return rule == ALWAYS or (rule == OUTSIDE_FLARE_WINDOW and not in_doubt)


def _regression(
    finding: Finding,
    history: History,
    later: Sequence[Finding],
    names: Sequence[str],
    context: Context,
) -> str:
    """Say at which day what had grown was back, within the time that a flare takes."""
    limit = finding.day + context.settings["flare"]["regression_days"]
    for other in later:
        if other.day > limit:
            break
        verdicts = verdicts_of(other, history, context)
        if all(verdicts[name].verdict not in (WORSE, UNKNOWN_VERDICT) for name in names):
            return f"regressed by day {other.day:g}"
    return ""


def _confirmation(
    finding: Finding,
    history: History,
    later: Sequence[Finding],
    worse: Sequence[str],
    context: Context,
) -> str:
    if "transformation" in worse:
        return CONFIRMED
    if _biopsy(finding):
        return _biopsy(finding)
    repeat = context.settings["progression"]["repeat_days"]
    for other in later:
        if _biopsy(other):
            return _biopsy(other)
        verdicts = verdicts_of(other, history, context)
        if any(one.is_progression for one in verdicts.values()):
            if other.day - finding.day >= repeat:
                return CONFIRMED
        elif _shows(verdicts, worse):
            return REFUTED
    return PENDING


def _shows(verdicts: Verdicts, names: Sequence[str]) -> bool:
    """Say whether an assessment tells what became of every one of these parameters."""
    return all(verdicts[name].verdict != UNKNOWN_VERDICT for name in names)


def _biopsy(finding: Finding) -> str:
    result = finding.row.get("biopsy")
    if result in ("cll", "transformation"):
        return CONFIRMED
    return REFUTED if result == "reactive" else ""
