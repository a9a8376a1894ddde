"""Spleen and liver (group A): what exceeds the normal size, and how it changed."""

from collections.abc import Mapping

from correlates.clinical.response.readings import (
    Finding,
    History,
    at_least,
    at_most,
    percent_change,
)
from correlates.clinical.response.verdicts import (
    IMPROVED,
    NORMAL,
    STABLE,
    UNKNOWN_VERDICT,
    WORSE,
    Verdict,
)

LENGTH = "spleen_cm"
PALPATED = "spleen_below_costal_cm"


def judge_spleen(now: Finding, history: History, limits: Mapping, *, palpated: bool) -> Verdict:
    """Judge the spleen by what of its length exceeds the normal one.

    Parameters
    ----------
    now, history
        The assessment and what was known before.
    limits
        ``spleen_cm``, ``spleen_growth_cm``, ``spleen_new_growth_cm``, ``decrease_pct``,
        ``increase_pct``.
    palpated
        Whether the extent below the costal margin counts where it is recorded (criteria of 2008):
        all of it is excess.
    """
    by_hand = palpated and now.reading(PALPATED).is_known
    measure, normal = (PALPATED, 0.0) if by_hand else (LENGTH, limits["spleen_cm"])
    reading, baseline = now.reading(measure), history.baseline(measure)
    nadir = history.lowest(measure)
    limit = "not palpable" if by_hand else f"below {normal:g} cm"
    said = {
        "reading": reading,
        "baseline": baseline,
        "reference": nadir,
        "unit": "cm",
        "threshold": f"CR: {limit}; PR: excess -{limits['decrease_pct']:g} % of baseline; "
        f"PD: excess +{limits['increase_pct']:g} % of nadir and "
        f"+{limits['spleen_growth_cm']:g} cm; from normal +{limits['spleen_new_growth_cm']:g} cm",
        "was_abnormal": _is_enlarged(baseline.value, normal, by_hand),
    }
    if not reading.is_known:
        return Verdict("spleen", UNKNOWN_VERDICT, reason="not measured", **said)
    excess = reading.value - normal
    if baseline.is_known:
        said["change_pct"] = percent_change(excess, max(0.0, baseline.value - normal))
    if not _is_enlarged(reading.value, normal, by_hand):
        return Verdict("spleen", NORMAL, **said)
    if not baseline.is_known:
        return Verdict("spleen", UNKNOWN_VERDICT, reason="not measured before the dose", **said)
    growth, nadir_excess = reading.value - nadir.value, nadir.value - normal
    if at_most(nadir_excess, 0):
        is_worse = at_least(growth, limits["spleen_new_growth_cm"])
    else:
        is_worse = at_least(excess, nadir_excess * (1 + limits["increase_pct"] / 100))
        is_worse = is_worse and at_least(growth, limits["spleen_growth_cm"])
    if is_worse:
        return Verdict("spleen", WORSE, **said)
    target = (baseline.value - normal) * (1 - limits["decrease_pct"] / 100)
    improved = said["was_abnormal"] and baseline.value > normal and at_most(excess, target)
    return Verdict("spleen", IMPROVED if improved else STABLE, **said)


def _is_enlarged(value: float | None, normal: float, by_hand: bool) -> bool | None:
    if value is None:
        return None
    return value > normal if by_hand else at_least(value, normal)


def judge_liver(now: Finding, history: History, limits: Mapping) -> Verdict:
    """Judge the liver: normal or enlarged, and by its size where that is recorded."""
    reading, baseline = now.reading("liver_enlarged"), history.baseline("liver_enlarged")
    size, size_before = now.reading("liver_cm"), history.baseline("liver_cm")
    nadir = history.lowest("liver_cm")
    said = {
        "reading": reading,
        "baseline": baseline,
        "threshold": f"CR: not enlarged; PR: size -{limits['decrease_pct']:g} % of baseline; PD: "
        f"enlarged after it was not, or size +{limits['increase_pct']:g} % of nadir",
        "change_pct": percent_change(size.value, size_before.value),
        "was_abnormal": baseline.value,
    }
    if not reading.is_known:
        return Verdict("liver", UNKNOWN_VERDICT, reason="not recorded", **said)
    if not reading.value:
        return Verdict("liver", NORMAL, **said)
    earlier = history.known("liver_enlarged")
    if not earlier:
        return Verdict("liver", UNKNOWN_VERDICT, reason="not recorded before", **said)
    if any(one.value is False for one in earlier):
        return Verdict("liver", WORSE, reason="enlarged after it was not", **said)
    if size.is_known and nadir.is_known:
        said["reference"] = nadir
        if nadir.value and at_least(size.value, nadir.value * (1 + limits["increase_pct"] / 100)):
            return Verdict("liver", WORSE, reason=f"{size.value:g} cm", **said)
    target = (size_before.value or 0) * (1 - limits["decrease_pct"] / 100)
    if size.is_known and size_before.value and at_most(size.value, target):
        return Verdict("liver", IMPROVED, reason=f"{size.value:g} cm", **said)
    return Verdict("liver", STABLE, **said)
