"""What was typed in against what was computed or measured; neither overwrites the other."""

import math
from collections.abc import Iterator

from correlates.check_rows import ERROR, WARNING
from correlates.clinical.dosing.dosing import FIRST_IBRUTINIB_DAY
from correlates.cohort.integrity.evidence import Evidence, day_words, place
from correlates.cohort.integrity.registry import Finding, check

# What was rounded to the first decimal is no other value; nor are two readings of one picture that
# lie 2 mm apart.
_ROUNDING, _READING_CM = 0.05, 0.2 + 1e-9


@check(ERROR, ("table:responses", "patients.response"))
def typed_response(evidence: Evidence) -> Iterator[Finding]:
    """Find typed-in responses that are not the best one computed."""
    computed = {row["patient"]: row for row in evidence.tables["responses"]}
    for patient in evidence.records.rows("patients"):
        typed = patient.get("response")
        row = computed.get(patient["patient"], {})
        best = row.get(f"computed_{row.get('best_kind')}") or ""
        if typed and best and typed != best:
            yield Finding(
                f"response is typed in as {typed}, and the assessments give {best}",
                "Look at results/clinical/disagreements.tsv for the criterion that decides; "
                "correct a measurement or the typed category. The computed one is used.",
                patient["patient"],
                source=f"{place(patient)}; results/clinical/responses.tsv",
            )


@check(ERROR, ("patients.tfr_grade", "flares"))
def typed_flare_grade(evidence: Evidence) -> Iterator[Finding]:
    """Find typed-in grades of flare that are not the highest of the events."""
    for patient in evidence.records.rows("patients"):
        typed, rows = patient.get("tfr_grade"), evidence.records.of("flares", patient["patient"])
        grades = [row["grade"] for row in rows if row["grade"] is not None]
        if typed is None or (not grades and typed == 0):
            continue
        if not grades or max(grades) != typed:
            found = f"the highest of {len(grades)} events is {max(grades):g}" if grades else "none"
            yield Finding(
                f"tfr_grade is typed in as {typed:g}; of the flare events, {found}",
                "Add the event that is lacking, or correct the grade. The events are used.",
                patient["patient"],
                source=place(patient, *rows),
            )


@check(ERROR, ("patients.lenalidomide_start_day", "exposure"))
def typed_lenalidomide_start(evidence: Evidence) -> Iterator[Finding]:
    """Find typed-in first days of lenalidomide that dosing does not have."""
    for patient in evidence.records.rows("patients"):
        typed = patient.get("lenalidomide_start_day")
        doses = evidence.doses(patient["patient"], "lenalidomide")
        recorded = doses[0]["start_day"] if doses else None
        if typed is None or typed == recorded or not evidence.dosing(patient["patient"]).is_by_day:
            continue
        said = "no dose" if recorded is None else f"the first dose on {day_words(recorded)}"
        yield Finding(
            f"lenalidomide_start_day is typed in as {typed:g}, and {said} is recorded",
            "Correct one of the two; the recorded dosing is what is used.",
            patient["patient"],
            source=place(patient, *doses[:1]),
        )


@check(WARNING, ("patients.alc_b0",))
def typed_alc_b0(evidence: Evidence) -> Iterator[Finding]:
    """Find typed-in lymphocyte counts at B0 that were not measured."""
    for patient in evidence.records.rows("patients"):
        typed, measured = patient.get("alc_b0"), _last_alc(evidence, patient["patient"])
        if typed is not None and measured and _differs(evidence, typed, measured[0]):
            yield Finding(
                f"alc_b0 is typed in as {typed:g} x 10^9/L, and {measured[0]:g} were measured "
                f"{measured[1]}",
                "Correct one of the two; 60,000 per uL is 60.",
                patient["patient"],
                source="; ".join((place(patient), measured[2])),
            )


def _last_alc(evidence: Evidence, patient: str) -> tuple[float, str, str] | None:
    """Return the last lymphocyte count before ibrutinib, when, and where it stands."""
    rows = [
        (row["study_day"], row["alc_10e9_l"], place(row))
        for kind in ("laboratory", "assessments")
        for row in evidence.records.of(kind, patient)
        if row["alc_10e9_l"] is not None and row["study_day"] <= FIRST_IBRUTINIB_DAY
    ]
    if rows:
        day, value, source = max(rows, key=lambda row: row[0])
        return value, f"on {day_words(day)}", source
    for visit in ("C0D1", "SCR"):
        for row in evidence.cbc:
            named = (row["patient"], row["visit"], row.get("timepoint") or "pre")
            if named == (patient, visit, "pre") and row.get("alc_10e9_l") is not None:
                return row["alc_10e9_l"], f"at {visit}", "the sheet of blood counts (study.cbc)"
    return None


@check(WARNING, ("patients.largest_node_cm", "lesions"))
def typed_largest_node(evidence: Evidence) -> Iterator[Finding]:
    """Find typed-in largest nodes that are not the largest lesion measured."""
    for patient in evidence.records.rows("patients"):
        typed = patient.get("largest_node_cm")
        sizes = [
            (row["ld_mm"] / 10, row)
            for row in evidence.records.of("lesions", patient["patient"])
            if row["ld_mm"] is not None and row["study_day"] <= FIRST_IBRUTINIB_DAY
        ]
        if typed is None or not sizes:
            continue
        largest, row = max(sizes, key=lambda size: size[0])
        if _differs(evidence, typed, largest, _READING_CM):
            yield Finding(
                f"largest_node_cm is typed in as {typed:g}, and the largest lesion before "
                f"ibrutinib ({row['lesion_id']}) is {largest:g} cm",
                "Correct one of the two; 47 mm is 4.7 cm.",
                patient["patient"],
                row["visit"] or "",
                place(patient, row),
            )


@check(WARNING, ("patients.spleen_cm", "assessments.spleen_cm"))
def typed_spleen(evidence: Evidence) -> Iterator[Finding]:
    """Find typed-in spleens that are not the last one measured before ibrutinib."""
    for patient in evidence.records.rows("patients"):
        typed = patient.get("spleen_cm")
        rows = [
            row
            for row in evidence.records.of("assessments", patient["patient"])
            if row["spleen_cm"] is not None and row["study_day"] <= FIRST_IBRUTINIB_DAY
        ]
        if not rows or typed is None:
            continue
        if _differs(evidence, typed, rows[-1]["spleen_cm"], _READING_CM):
            yield Finding(
                f"spleen_cm is typed in as {typed:g}, and {rows[-1]['spleen_cm']:g} was measured "
                f"on {day_words(rows[-1]['study_day'])}",
                "Correct one of the two.",
                patient["patient"],
                rows[-1]["visit"] or "",
                place(patient, rows[-1]),
            )


def _differs(
    evidence: Evidence, typed: float, measured: float, rounding: float = _ROUNDING
) -> bool:
    tolerance = evidence.settings.typed_tolerance_pct / 100
    return not math.isclose(typed, measured, rel_tol=tolerance, abs_tol=rounding)


@check(WARNING, ("patients.age_y",))
def age_plausible(evidence: Evidence) -> Iterator[Finding]:
    """Find ages at which CLL hardly occurs."""
    for patient in evidence.records.rows("patients"):
        age = patient.get("age_y")
        if age is not None and age < evidence.settings.youngest_age_y:
            yield Finding(
                f"age {age:g} years, below {evidence.settings.youngest_age_y:g}",
                "Check the age; nothing need be done if it is right.",
                patient["patient"],
                source=place(patient),
            )


CHECKS = (
    typed_response,
    typed_flare_grade,
    typed_lenalidomide_start,
    typed_alc_b0,
    typed_largest_node,
    typed_spleen,
    age_plausible,
)
