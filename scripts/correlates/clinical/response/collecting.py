"""From the rows of the sheets to what was found at each assessment of a patient."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from correlates.clinical.response.judged import ResponseSettings
from correlates.clinical.response.lesions import (
    lesions_by_day,
    names_before,
    node_readings,
    targets_of,
)
from correlates.clinical.response.readings import (
    FROM_ASSESSMENT,
    FROM_LABORATORY,
    Finding,
    History,
    Reading,
)

BLOOD = ("alc_10e9_l", "plt_10e9_l", "hb_g_dl", "anc_10e9_l")
PLAIN = ("spleen_cm", "spleen_below_costal_cm", "liver_enlarged", "liver_cm", "symptoms")
MARROW = ("marrow", "marrow_lymphocytes_pct", "marrow_cll_pct")
NOT_DONE = "not_done"


def findings_of(
    assessments: Sequence[Mapping],
    lesions: Sequence[Mapping],
    laboratory: Sequence[Mapping],
    settings: ResponseSettings,
    first_dose_day: float,
) -> tuple[History, tuple[Finding, ...]]:
    """Collect what was found of one patient.

    Parameters
    ----------
    assessments, lesions, laboratory
        The patient's rows of these sheets.
    settings
        ``baseline_last_day``, ``lesion_window_days``, ``lab_window_days``, ``marrow_valid_days``.
    first_dose_day
        Study day of the first ibrutinib dose.

    Returns
    -------
    The history up to the first dose, and the findings under treatment in the order of their days.
    """
    # Of the first dose itself `baseline_last_day` says 1, since it is given on study day 1.
    last_before = first_dose_day - 1 + settings["baseline_last_day"]
    rows = {row["study_day"]: row for row in assessments}
    held = lesions_by_day(lesions, list(rows), settings["lesion_window_days"], last_before)
    days = sorted({*rows, *held})
    targets = targets_of(held.get(day, {}) for day in days if day <= last_before)
    if not targets:
        first = next((held[day] for day in days if held.get(day)), {})
        targets = targets_of([first])
    patient = next((row["patient"] for row in (*assessments, *lesions, *laboratory)), "")
    visits = {row["study_day"]: row.get("visit") or "" for row in lesions}
    window = settings["lab_window_days"]
    found: list[Finding] = []
    for day in days:
        row = rows.get(day, {})
        known = names_before(found)
        readings = node_readings(row, day, held.get(day, {}), targets, known)
        readings |= {name: Reading(row.get(name), day, FROM_ASSESSMENT) for name in PLAIN}
        readings |= _marrow(row, day, found, last_before, settings["marrow_valid_days"])
        blood, transfused, gcsf = _blood(row, day, laboratory, last_before, window)
        visit = row.get("visit") or visits.get(day, "")
        finding = Finding(patient, day, visit, readings | blood, held.get(day, {}), row)
        found.append(replace(finding, transfused=transfused, gcsf=gcsf, epo=bool(row.get("epo"))))
    before = [one for one in found if one.day <= last_before]
    before = _with_last_laboratory(before, patient, laboratory, last_before)
    return History(tuple(before)), tuple(one for one in found if one.day > last_before)


def _blood(
    row: Mapping,
    day: float,
    laboratory: Sequence[Mapping],
    last_before: float,
    window: float,
) -> tuple[dict[str, Reading], bool, bool]:
    """Blood values of an assessment: its own, else those of the nearest day of the laboratory.

    The first dose is never crossed. Of two days equally near the earlier counts, as the one that
    was known at the assessment.
    """
    readings, used = {}, []
    for measure in BLOOD:
        if row.get(measure) is not None:
            readings[measure] = Reading(row[measure], day, FROM_ASSESSMENT)
            continue
        near = [
            one
            for one in laboratory
            if one.get(measure) is not None
            and abs(one["study_day"] - day) <= window
            and (one["study_day"] <= last_before) == (day <= last_before)
        ]
        best = min(
            near, key=lambda one: (abs(one["study_day"] - day), one["study_day"]), default=None
        )
        if best is None:
            note = f"not measured within {window:g} days"
            readings[measure] = Reading(None, day, FROM_LABORATORY, note)
        else:
            used.append(best)
            readings[measure] = Reading(best[measure], best["study_day"], FROM_LABORATORY)
    transfused, gcsf = (
        any(one.get(name) for one in (row, *used)) for name in ("transfused_7d", "gcsf_7d")
    )
    return readings, transfused, gcsf


def _with_last_laboratory(
    before: list[Finding], patient: str, laboratory: Sequence[Mapping], last_before: float
) -> list[Finding]:
    """Add blood values before the first dose that no assessment took: the last one is baseline."""
    own = [
        Finding(
            patient,
            row["study_day"],
            row.get("visit") or "",
            {
                name: Reading(row[name], row["study_day"], FROM_LABORATORY)
                for name in BLOOD
                if row.get(name) is not None
            },
            transfused=bool(row.get("transfused_7d")),
            gcsf=bool(row.get("gcsf_7d")),
        )
        for row in laboratory
        if row["study_day"] <= last_before
    ]
    # Of several draws of a day the first is the one before the dose, if any is; laboratory rows
    # come in the order of their hours. The assessment's own value goes before all of them.
    return sorted([*reversed(own), *before], key=lambda one: (one.day, bool(one.row)))


def _marrow(
    row: Mapping, day: float, found: Sequence[Finding], last_before: float, valid_days: float
) -> dict[str, Reading]:
    """Marrow of an assessment: its own, else the last one under treatment that still counts."""
    if row.get("marrow") == NOT_DONE or all(row.get(name) is None for name in MARROW):
        for one in reversed(found):
            done = one.reading("marrow")
            if done.is_known and done.day > last_before:
                if day - done.day <= valid_days:
                    return {name: one.reading(name) for name in MARROW}
                break
        return {}
    readings = {name: Reading(row.get(name), day, FROM_ASSESSMENT) for name in MARROW}
    if row.get("marrow") is None:
        # Only percentages are given: they say that it was done, and what they say is judged.
        readings["marrow"] = Reading("percentages", day, FROM_ASSESSMENT)
    return readings
