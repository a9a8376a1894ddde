"""Lesions of an assessment: the sum of the products of their diameters, and the longest node."""

from collections.abc import Iterable, Mapping, Sequence

from correlates.clinical.response.readings import (
    FROM_ASSESSMENT,
    FROM_LESIONS,
    Finding,
    Lesion,
    Reading,
    names_of,
)

TARGET = "target"
RESOLVED = "resolved"
NOT_ASSESSED = "not_assessed"


def lesion_of(row: Mapping) -> Lesion:
    """Read one row of the lesions sheet; a lesion that has gone measures nothing."""
    status = row.get("status") or ""
    ld, sd = row.get("ld_mm"), row.get("sd_mm")
    if status == NOT_ASSESSED:
        ld = sd = None
    elif (status == RESOLVED and ld is None) or ld == 0:
        ld = sd = 0.0
    return Lesion(row["lesion_id"], row.get("role") or TARGET, ld, sd, status, row["study_day"])


def lesions_by_day(
    rows: Sequence[Mapping], days: Sequence[float], window: float, last_before: float
) -> dict[float, dict[str, Lesion]]:
    """Give each lesion row to the one assessment that it was measured for.

    Parameters
    ----------
    rows
        One patient's rows of the lesions sheet.
    days
        Study days of the assessments.
    window
        Most days between the measurement and its assessment, whose day may be another.
    last_before
        Last day of the baseline: no row crosses the first dose.

    Returns
    -------
    By day of the assessment; a row that no assessment lies near stands under its own day, as an
    assessment of the lesions alone. Each lesion is that of the nearest day.
    """
    found: dict[float, dict[str, Lesion]] = {}
    for row in rows:
        lesion = lesion_of(row)
        is_before = lesion.day <= last_before
        near = [
            day
            for day in days
            if abs(day - lesion.day) <= window and (day <= last_before) == is_before
        ]
        # A scan is usually made before the visit at which it is judged.
        day = min(near, key=lambda day: (abs(day - lesion.day), -day), default=lesion.day)
        held = found.setdefault(day, {})
        other = held.get(lesion.name)
        if other is None or abs(lesion.day - day) < abs(other.day - day):
            held[lesion.name] = lesion
    return found


def targets_of(before: Iterable[Mapping[str, Lesion]]) -> tuple[str, ...]:
    """Return the names of the target lesions chosen up to the first dose, in order."""
    names = (
        lesion.name for lesions in before for lesion in lesions.values() if lesion.role == TARGET
    )
    return tuple(dict.fromkeys(names))


def spd_of(lesions: Mapping[str, Lesion], targets: Sequence[str]) -> Reading:
    """Sum the products of both diameters over the target lesions, in mm2.

    A target lesion that was not measured leaves no sum: it is never a smaller one. Nor does one
    that was not measured at baseline, which there is nothing to compare with.
    """
    day = max(lesion.day for lesion in lesions.values())
    added = [
        lesion.name
        for lesion in lesions.values()
        if lesion.role == TARGET and lesion.name not in targets
    ]
    missing = [
        name
        for name in targets
        if name not in lesions or None in (lesions[name].ld_mm, lesions[name].sd_mm)
    ]
    notes = []
    if missing:
        notes.append(f"SPD not evaluable: target lesion {names_of(missing)} was not measured")
    if added:
        notes.append(
            f"SPD not evaluable: target lesion {names_of(added)} was not measured at baseline"
        )
    if not targets:
        notes.append("SPD not evaluable: no target lesion")
    if notes:
        return Reading(None, day, FROM_LESIONS, "; ".join(notes))
    total = sum(lesions[name].ld_mm * lesions[name].sd_mm for name in targets)
    return Reading(float(total), day, FROM_LESIONS)


def longest_of(lesions: Mapping[str, Lesion], known_before: Iterable[str]) -> Reading:
    """Return the longest diameter of all lesions in mm; unknown if one is of unknown size.

    Parameters
    ----------
    lesions
        Of the assessment.
    known_before
        Names of lesions recorded earlier: each must be accounted for.
    """
    day = max(lesion.day for lesion in lesions.values())
    names = dict.fromkeys([*known_before, *lesions])
    missing = [name for name in names if name not in lesions or lesions[name].ld_mm is None]
    if missing:
        note = f"longest node not known: {names_of(missing)} was not measured"
        return Reading(None, day, FROM_LESIONS, note)
    longest = max((lesion.ld_mm for lesion in lesions.values()), default=0.0)
    return Reading(float(longest), day, FROM_LESIONS)


def node_readings(
    row: Mapping,
    day: float,
    lesions: Mapping[str, Lesion],
    targets: Sequence[str],
    known_before: Iterable[str],
) -> dict[str, Reading]:
    """Return ``spd_mm2`` and ``longest_mm`` of an assessment, and where each comes from.

    Lesions go before what the assessment says; a typed longest node counts where it is longer, or
    where the lesions leave it open.
    """
    typed = row.get("longest_node_cm")
    typed_mm = None if typed is None else 10 * typed
    if not lesions:
        return {
            "spd_mm2": Reading(row.get("spd_mm2"), day, FROM_ASSESSMENT),
            "longest_mm": Reading(typed_mm, day, FROM_ASSESSMENT),
        }
    longest = longest_of(lesions, known_before)
    if typed_mm is not None and (not longest.is_known or typed_mm > longest.value):
        longest = Reading(typed_mm, day, FROM_ASSESSMENT)
    return {"spd_mm2": spd_of(lesions, targets), "longest_mm": longest}


def names_before(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the names of all lesions that earlier findings recorded."""
    return tuple(dict.fromkeys(name for one in findings for name in one.lesions))
