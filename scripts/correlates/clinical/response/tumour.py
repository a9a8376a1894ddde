"""Tumour load (group A) and what shows progression by itself, one verdict a parameter.

Source: iwCLL, Blood 2018;131:2745 and Blood 2008;111:5446, tables of response. That spleens are
judged by what exceeds the normal length, and by how much one must grow, are project defaults; that
a spleen of normal length must grow by 2 cm follows the Lugano criteria.
"""

from collections.abc import Mapping

from correlates.clinical.response.readings import (
    UNKNOWN,
    Finding,
    History,
    Reading,
    at_least,
    at_most,
    names_of,
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


def judge_nodes(now: Finding, history: History, limits: Mapping) -> Verdict:
    """Judge the nodes by the sum of products, and by whether any is still enlarged.

    Nodes that are all of normal size are normal, whatever their sum did.
    """
    spd, longest = now.reading("spd_mm2"), now.reading("longest_mm")
    baseline, nadir = history.baseline("spd_mm2"), history.lowest("spd_mm2")
    said = {
        "reading": spd,
        "baseline": baseline,
        "reference": nadir,
        "unit": "mm2",
        "change_pct": percent_change(spd.value, baseline.value),
        "threshold": f"CR: no node of {limits['node_mm']:g} mm; PR: "
        f"-{limits['decrease_pct']:g} % of baseline; PD: +{limits['increase_pct']:g} % of nadir",
        "was_abnormal": _nodes_were_enlarged(history, limits),
    }
    notes = [f"longest {longest.value:g} mm" if longest.is_known else longest.note]
    if longest.is_known and not at_least(longest.value, limits["node_mm"]):
        return Verdict("nodes", NORMAL, reason=_joined(notes), **said)
    if not spd.is_known or not baseline.is_known:
        missing = spd.note or "no SPD"
        notes.append(missing if not spd.is_known else "no SPD before the first dose")
        return Verdict("nodes", UNKNOWN_VERDICT, reason=_joined(notes), **said)
    if nadir.value == 0 and spd.value > 0 and not longest.is_known:
        notes.append("growth from 0 mm2 has no percentage, and the longest node is not known")
        return Verdict("nodes", UNKNOWN_VERDICT, reason=_joined(notes), **said)
    grown = at_least(spd.value, nadir.value * (1 + limits["increase_pct"] / 100))
    if grown and spd.value > 0:
        verdict = WORSE
    elif at_most(spd.value, baseline.value * (1 - limits["decrease_pct"] / 100)):
        verdict = IMPROVED
    else:
        verdict = STABLE
    return Verdict("nodes", verdict, reason=_joined(notes), **said)


def _nodes_were_enlarged(history: History, limits: Mapping) -> bool | None:
    longest = history.baseline("longest_mm")
    if longest.is_known:
        return at_least(longest.value, limits["node_mm"])
    spd = history.baseline("spd_mm2")
    return spd.value > 0 if spd.is_known else None


def judge_single_site(now: Finding, history: History, limits: Mapping) -> Verdict:
    """Look for one site, once enlarged, that grew by half since it was smallest."""
    worst, growth = None, None
    for lesion in now.lesions.values():
        earlier = [one.ld_mm for one in history.lesion(lesion.name)]
        if lesion.ld_mm is None or not earlier or not at_least(max(earlier), limits["node_mm"]):
            continue
        change = percent_change(lesion.ld_mm, min(earlier))
        grown = at_least(lesion.ld_mm, min(earlier) * (1 + limits["increase_pct"] / 100))
        if not grown or not at_least(lesion.ld_mm, limits["node_mm"]):
            continue
        if worst is None or (change or float("inf")) > (growth or float("inf")):
            worst, growth = lesion, change
    threshold = (
        f"PD: +{limits['increase_pct']:g} % in the longest diameter of a site that had "
        f"{limits['node_mm']:g} mm"
    )
    if worst is None:
        verdict = STABLE if now.lesions else UNKNOWN_VERDICT
        note = "" if now.lesions else "no lesions recorded"
        return Verdict("single_site", verdict, unit="mm", threshold=threshold, reason=note)
    smallest = min(history.lesion(worst.name), key=lambda one: one.ld_mm)
    return Verdict(
        "single_site",
        WORSE,
        Reading(worst.ld_mm, worst.day, "lesions"),
        reference=Reading(smallest.ld_mm, smallest.day, "lesions"),
        unit="mm",
        change_pct=growth,
        threshold=threshold,
        reason=f"lesion {worst.name}",
    )


def judge_new_lesion(now: Finding, history: History, limits: Mapping) -> Verdict:
    """Look for lesions that were not there, of the size of an enlarged node or more.

    One that was there before the first dose is not new, whatever its rows say.
    """
    old = {name for finding in history.before for name in finding.lesions}
    new = [one for one in now.lesions.values() if one.role == "new" and one.name not in old]
    sized = [lesion for lesion in new if lesion.ld_mm is not None]
    unsized = [lesion.name for lesion in new if lesion.ld_mm is None]
    large = [lesion for lesion in sized if at_least(lesion.ld_mm, limits["node_mm"])]
    largest = max(sized, key=lambda lesion: lesion.ld_mm, default=None)
    reading = UNKNOWN if largest is None else Reading(largest.ld_mm, largest.day, "lesions")
    said = {"unit": "mm", "threshold": f"PD: a new lesion of {limits['node_mm']:g} mm"}
    if large:
        names = names_of(lesion.name for lesion in large)
        return Verdict("new_lesion", WORSE, reading, reason=f"new lesion {names}", **said)
    if unsized:
        note = f"new lesion {names_of(unsized)} was not measured"
        return Verdict("new_lesion", UNKNOWN_VERDICT, reading, reason=note, **said)
    verdict = STABLE if now.lesions else UNKNOWN_VERDICT
    note = "" if now.lesions else "no lesions recorded"
    return Verdict("new_lesion", verdict, reading, reason=note, **said)


def judge_nontarget(now: Finding, history: History, limits: Mapping) -> Verdict:
    """Look for lesions that are said to have progressed and were not measured, or are no target."""
    grown = [
        lesion.name
        for lesion in now.lesions.values()
        if lesion.status == "progressed" and (lesion.role == "nontarget" or lesion.ld_mm is None)
    ]
    threshold = "PD: a lesion recorded as progressed"
    if grown:
        return Verdict(
            "nontarget", WORSE, threshold=threshold, reason=f"lesion {names_of(grown)} progressed"
        )
    verdict = STABLE if now.lesions else UNKNOWN_VERDICT
    note = "" if now.lesions else "no lesions recorded"
    return Verdict("nontarget", verdict, threshold=threshold, reason=note)


def judge_new_organ(now: Finding, history: History, limits: Mapping) -> Verdict:
    """Look for disease in an organ that was free."""
    return _sign(now, "new_organ", "PD: disease in an organ that was free")


def judge_transformation(now: Finding, history: History, limits: Mapping) -> Verdict:
    """Look for a transformation (Richter), recorded as such or shown by the biopsy."""
    if now.row.get("biopsy") == "transformation":
        return Verdict(
            "transformation",
            WORSE,
            Reading("transformation", now.day, "assessment"),
            threshold="PD: always",
            reason="shown by biopsy",
        )
    return _sign(now, "transformation", "PD: always")


def _sign(now: Finding, name: str, threshold: str) -> Verdict:
    value = now.row.get(name)
    reading = Reading(value, now.day, "assessment")
    if value is None:
        return Verdict(name, UNKNOWN_VERDICT, threshold=threshold, reason="not recorded")
    return Verdict(name, WORSE if value else STABLE, reading, threshold=threshold)


def judge_symptoms(now: Finding, history: History, limits: Mapping) -> Verdict:
    """Judge constitutional symptoms: they keep from CR, and alone are no progression."""
    reading, baseline = now.reading("symptoms"), history.baseline("symptoms")
    said = {"reading": reading, "baseline": baseline, "threshold": "CR: none"}
    if not reading.is_known:
        return Verdict("symptoms", UNKNOWN_VERDICT, reason="not recorded", **said)
    return Verdict("symptoms", STABLE if reading.value else NORMAL, **said)


def _joined(notes) -> str:
    return "; ".join(note for note in notes if note)
