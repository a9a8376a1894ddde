"""Lymphocytes, and what the marrow makes (group B), one verdict a parameter.

Source: iwCLL, Blood 2018;131:2745 and Blood 2008;111:5446, tables of response.
"""

from collections.abc import Mapping

from correlates.clinical.response.readings import (
    Finding,
    History,
    Reading,
    at_least,
    at_most,
    percent_change,
)
from correlates.clinical.response.verdicts import (
    HYPOCELLULAR,
    IMPROVED,
    NODULES,
    NORMAL,
    STABLE,
    UNKNOWN_VERDICT,
    WORSE,
    Verdict,
)

NOT_MEASURED = "not measured"
# Column, limit and unit of each line.
_LINES = {
    "platelets": ("plt_10e9_l", "platelets_10e9_l", "10*9/L"),
    "hemoglobin": ("hb_g_dl", "hemoglobin_g_dl", "g/dL"),
    "neutrophils": ("anc_10e9_l", "neutrophils_10e9_l", "10*9/L"),
}


def judge_lymphocytes(
    now: Finding, history: History, limits: Mapping, *, from_best: bool
) -> Verdict:
    """Judge the lymphocytes; that a rise is no progression on ibrutinib is judged later.

    Parameters
    ----------
    now, history
        The assessment and what was known before.
    limits
        ``alc_normal_10e9_l``, ``alc_progression_10e9_l``, ``decrease_pct``, ``increase_pct``.
    from_best
        Whether a rise is measured from the nadir and not, as the criteria say, from baseline.
    """
    reading, baseline = now.reading("alc_10e9_l"), history.baseline("alc_10e9_l")
    reference = history.lowest("alc_10e9_l") if from_best else baseline
    normal, floor = limits["alc_normal_10e9_l"], limits["alc_progression_10e9_l"]
    said = {
        "reading": reading,
        "baseline": baseline,
        "reference": reference,
        "unit": "10*9/L",
        "change_pct": percent_change(reading.value, baseline.value),
        "threshold": f"CR: below {normal:g}; PR: -{limits['decrease_pct']:g} % of baseline; PD: "
        f"+{limits['increase_pct']:g} % and {floor:g} or more",
        "was_abnormal": at_least(baseline.value, normal) if baseline.is_known else None,
    }
    if not reading.is_known:
        return Verdict("lymphocytes", UNKNOWN_VERDICT, reason=reading.note or NOT_MEASURED, **said)
    if not at_least(reading.value, normal):
        return Verdict("lymphocytes", NORMAL, **said)
    if not baseline.is_known:
        return Verdict(
            "lymphocytes", UNKNOWN_VERDICT, reason="not measured before the first dose", **said
        )
    rise = reference.value * (1 + limits["increase_pct"] / 100)
    if at_least(reading.value, rise) and at_least(reading.value, floor):
        return Verdict("lymphocytes", WORSE, **said)
    fallen = at_most(reading.value, baseline.value * (1 - limits["decrease_pct"] / 100))
    return Verdict("lymphocytes", IMPROVED if fallen else STABLE, **said)


def judge_line(
    parameter: str, now: Finding, history: History, limits: Mapping, *, from_best: bool
) -> Verdict:
    """Judge platelets, haemoglobin or neutrophils.

    A fall is progression only where the cytopenia is recorded as due to CLL. What was given to
    raise a value makes its improvement worth nothing; a baseline that was raised so counts as
    abnormal.
    """
    measure, limit, unit = _LINES[parameter]
    normal = limits[limit]
    reading, baseline = now.reading(measure), history.baseline(measure)
    reference = history.highest(measure) if from_best else baseline
    source = history.baseline_finding(measure)
    was_abnormal = None
    if baseline.is_known:
        was_abnormal = not at_least(baseline.value, normal) or bool(given(parameter, source))
    said = {
        "reading": reading,
        "baseline": baseline,
        "reference": reference,
        "unit": unit,
        "change_pct": percent_change(reading.value, baseline.value),
        "threshold": _threshold_of_line(parameter, normal, limits),
        "was_abnormal": was_abnormal,
    }
    if not reading.is_known:
        return Verdict(parameter, UNKNOWN_VERDICT, reason=reading.note or NOT_MEASURED, **said)
    note = ""
    if reference.is_known and _has_fallen(parameter, reading.value, reference.value, limits):
        cause = now.row.get("cytopenia_cause")
        if cause == "cll":
            return Verdict(parameter, WORSE, reason="cytopenia due to CLL", **said)
        recorded = f"due to {cause}" if cause else "cause not recorded"
        note = f"fallen, but {recorded}: no progression"
    is_normal = at_least(reading.value, normal)
    risen = baseline.is_known and at_least(
        reading.value, baseline.value * (1 + limits["recovery_pct"] / 100)
    )
    if (is_normal or risen) and given(parameter, now):
        note = f"improvement does not count: {given(parameter, now)}"
        return Verdict(parameter, STABLE, reason=note, **said)
    if is_normal:
        return Verdict(parameter, NORMAL, reason=note, **said)
    if not baseline.is_known:
        note = "not measured before the first dose"
        return Verdict(parameter, UNKNOWN_VERDICT, reason=note, **said)
    return Verdict(parameter, IMPROVED if risen else STABLE, reason=note, **said)


def given(parameter: str, finding: Finding) -> str:
    """Return what was given that raises a value by itself, in words; empty if nothing was."""
    if parameter == "neutrophils":
        return "G-CSF within 7 days" if finding.gcsf else ""
    words = ["transfused within 7 days"] if finding.transfused else []
    if parameter == "hemoglobin" and finding.epo:
        words.append("on erythropoietin")
    return ", ".join(words)


def _has_fallen(parameter: str, value: float, reference: float, limits: Mapping) -> bool:
    if parameter == "hemoglobin":
        return at_least(reference - value, limits["hemoglobin_fall_g_dl"])
    if parameter == "platelets":
        return at_most(value, reference * (1 - limits["fall_pct"] / 100))
    return False


def _threshold_of_line(parameter: str, normal: float, limits: Mapping) -> str:
    words = f"CR: {normal:g} or more; PR: that, or +{limits['recovery_pct']:g} % of baseline"
    if parameter == "hemoglobin":
        return f"{words}; PD: -{limits['hemoglobin_fall_g_dl']:g} g/dL due to CLL"
    if parameter == "platelets":
        return f"{words}; PD: -{limits['fall_pct']:g} % due to CLL"
    return words


def judge_marrow(
    now: Finding, history: History, limits: Mapping, *, by_lymphocytes: bool
) -> Verdict:
    """Judge the marrow: by CLL cells (2018), or by the share of its lymphocytes (2008).

    Parameters
    ----------
    now, history
        The assessment and what was known before; worsening is measured from the biopsy before.
    limits
        ``marrow_lymphocytes_pct``, ``increase_pct``.
    by_lymphocytes
        Whether lymphocytes below the limit are enough (criteria of 2008), CLL cells or not.
    """
    result = now.reading("marrow")
    measure = "marrow_lymphocytes_pct" if by_lymphocytes else "marrow_cll_pct"
    share, baseline = now.reading(measure), history.baseline(measure)
    before = [one for one in history.known(measure) if one.day != share.day]
    reference = before[-1] if before else Reading()
    limit = limits["marrow_lymphocytes_pct"]
    said = {
        "reading": share if share.is_known else result,
        "baseline": baseline if share.is_known else history.baseline("marrow"),
        "reference": reference,
        "unit": "%" if share.is_known else "",
        "change_pct": percent_change(share.value, reference.value) if share.is_known else None,
        "threshold": _threshold_of_marrow(limits, by_lymphocytes),
    }
    if not result.is_known:
        return Verdict("marrow", UNKNOWN_VERDICT, reason="not done", **said)
    if (
        share.is_known
        and reference.is_known
        and _marrow_is_worse(share.value, reference.value, limits, by_lymphocytes)
    ):
        return Verdict("marrow", WORSE, reason=str(result.value), **said)
    is_clean = _marrow_is_clean(now, limit, by_lymphocytes)
    verdict = IMPROVED
    if result.value == "nodules":
        verdict = NODULES
    elif is_clean:
        verdict = HYPOCELLULAR if result.value == "hypocellular" else NORMAL
    note = str(result.value)
    if result.day != now.day:
        note += f", biopsy of day {result.day:g}"
    return Verdict("marrow", verdict, reason=note, **said)


def _threshold_of_marrow(limits: Mapping, by_lymphocytes: bool) -> str:
    if by_lymphocytes:
        limit = f"{limits['marrow_lymphocytes_pct']:g} %"
        return f"CR: no nodules, lymphocytes below {limit}; PD: from below to {limit} or more"
    rise = f"+{limits['increase_pct']:g} % of the biopsy before"
    return f"CR: normocellular, no CLL cells, no nodules; PD: CLL cells {rise}"


def _marrow_is_clean(now: Finding, limit: float, by_lymphocytes: bool) -> bool:
    result, lymphocytes = now.value("marrow"), now.value("marrow_lymphocytes_pct")
    if by_lymphocytes and lymphocytes is not None:
        return not at_least(lymphocytes, limit)
    cll = now.value("marrow_cll_pct")
    if result == "percentages":
        return not by_lymphocytes and cll == 0
    return result in ("normal", "hypocellular") and not cll


def _marrow_is_worse(share: float, before: float, limits: Mapping, by_lymphocytes: bool) -> bool:
    if by_lymphocytes:
        limit = limits["marrow_lymphocytes_pct"]
        return at_least(share, limit) and not at_least(before, limit)
    # Of none before, a rise has no percentage; it keeps from CR all the same.
    return before > 0 and at_least(share, before * (1 + limits["increase_pct"] / 100))
