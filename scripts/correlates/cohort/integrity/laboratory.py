"""Laboratory values that look like another unit, leap, or contradict each other."""

from collections.abc import Iterator, Mapping
from statistics import median

from correlates.check_rows import ERROR, WARNING
from correlates.cohort.integrity.evidence import Evidence, day_words, place
from correlates.cohort.integrity.registry import Finding, check
from correlates.intake.sheets.plausible import ERROR as PARTS_TOLERANCE
from correlates.intake.sheets.plausible import PARTS, WHOLE

# Values that occur in adults who are treated, and by what those in another unit are divided to be
# of these. The spans are wide on purpose: beyond them another unit is likelier than the patient.
_OTHER_UNITS = {
    "wbc_10e9_l": ((0.05, 900), (("per uL", 1000),)),
    "alc_10e9_l": ((0.0, 900), (("per uL", 1000),)),
    "anc_10e9_l": ((0.0, 80), (("per uL", 1000),)),
    "plt_10e9_l": ((1, 1500), (("per uL", 1000),)),
    "hb_g_dl": ((3, 22), (("g/L", 10), ("mmol/L", 0.6206))),
    "uric_acid_mg_dl": ((0.5, 25), (("umol/L", 59.48),)),
    "calcium_mg_dl": ((5, 16), (("mmol/L", 0.2495),)),
    "creatinine_mg_dl": ((0.2, 15), (("umol/L", 88.42),)),
    "potassium_mmol_l": ((1.8, 9), ()),
    "phosphate_mg_dl": ((0.8, 20), ()),
}
# So far beyond the span, as a factor, another unit is near certain. Nearer, what is rare may be
# true: uric acid of 30 mg/dL in tumor lysis, 1000 x 10^9/L of white blood cells.
_CERTAIN_FOLD = 1.5
_FEWEST_OTHERS = 2
# Terms of adverse events, small letters, that account for a value far from the patient's others.
_TERMS = {
    "hb_g_dl": ("anemia", "anaemia", "hemoglobin", "bleed", "hemorrhage", "hemolysis"),
    "plt_10e9_l": ("platelet", "thrombocytop", "thrombopenia"),
    "anc_10e9_l": ("neutrop", "neutrophil"),
    "wbc_10e9_l": ("white blood", "leukop", "neutrop"),
    "creatinine_mg_dl": ("creatinine", "renal", "kidney", "tumor lysis"),
    "uric_acid_mg_dl": ("tumor lysis", "uric"),
    "potassium_mmol_l": ("tumor lysis", "potassium", "kalemia"),
    "phosphate_mg_dl": ("tumor lysis", "phosph"),
    "calcium_mg_dl": ("tumor lysis", "calc"),
}
_DAYS_ABOUT_EVENT = 7


@check(ERROR, ("laboratory|assessments",))
def laboratory_unit(evidence: Evidence) -> Iterator[Finding]:
    """Find laboratory values that look like another unit, such as Hb 112 g/dL."""
    for row, column, value in _values(evidence):
        (low, high), units = _OTHER_UNITS[column]
        if low <= value <= high:
            continue
        likely = [unit for unit, factor in units if low <= value / factor <= high]
        other = f"; it looks like {' or '.join(likely)}" if likely else ""
        is_certain = likely and not low / _CERTAIN_FOLD <= value <= high * _CERTAIN_FOLD
        yield Finding(
            f"{column} is {value:g} on {day_words(row['study_day'])}, where {low:g} to {high:g} "
            f"occur{other}",
            "Give the value in the unit of the column, or the column the name of its unit "
            "(hb_g_l, creatinine_umol_l, plt_per_ul); nothing need be done if it is right.",
            row["patient"],
            row["visit"] or "",
            place(row),
            severity=ERROR if is_certain else WARNING,
        )


@check(WARNING, ("laboratory|assessments",))
def laboratory_unit_of_patient(evidence: Evidence) -> Iterator[Finding]:
    """Find unexplained values that fit the patient's others only in another unit."""
    # Haemoglobin of 7.4 mmol/L and calcium of 2.4 mmol/L are written into g/dL and mg/dL unseen.
    for row, column, value in _values(evidence):
        (low, high), units = _OTHER_UNITS[column]
        others = _others(evidence, row, column)
        if not units or len(others) < _FEWEST_OTHERS or not low <= value <= high:
            continue
        usual = median(others)
        slips = [unit for unit, factor in units if _is_near(value / factor, usual)]
        fold = evidence.settings.leap_fold.get(column)
        is_far = bool(fold) and _fold(value, usual) >= min(fold, 1.5) and _is_steady(others)
        if slips and is_far and not _is_told(evidence, row, column):
            yield Finding(
                f"{column} is {value:g} on {day_words(row['study_day'])}, "
                f"{_fold(value, usual):.2g} times off the patient's other {len(others)} values "
                f"(median {usual:g}); it looks like {' or '.join(slips)}",
                "Correct the unit of this value; nothing need be done if it is right.",
                row["patient"],
                row["visit"] or "",
                place(row),
            )


@check(WARNING, ("laboratory",))
def laboratory_leap(evidence: Evidence) -> Iterator[Finding]:
    """Find laboratory values far from both neighbours in time that no adverse event explains."""
    for column, fold in evidence.settings.leap_fold.items():
        for patient in evidence.records.patients:
            rows = [row for row in evidence.records.of("laboratory", patient) if row.get(column)]
            for before, row, after in zip(rows, rows[1:], rows[2:], strict=False):
                folds = [_fold(row[column], other[column]) for other in (before, after)]
                same_way = (row[column] > before[column]) == (row[column] > after[column])
                if min(folds) >= fold and same_way and not _is_told(evidence, row, column):
                    yield Finding(
                        f"{column} is {row[column]:g} on {day_words(row['study_day'])}, between "
                        f"{before[column]:g} on {day_words(before['study_day'])} and "
                        f"{after[column]:g} on {day_words(after['study_day'])}",
                        "Check value, unit, day and patient; nothing need be done if it is right.",
                        patient,
                        row["visit"] or "",
                        place(row, before, after),
                    )


@check(WARNING, ("laboratory",))
def laboratory_parts(evidence: Evidence) -> Iterator[Finding]:
    """Find blood counts whose parts exceed all white blood cells."""
    for row in evidence.records.rows("laboratory"):
        whole = row[WHOLE]
        parts = {part: row[part] for part in PARTS if row[part] is not None}
        total = sum(parts.values())
        if whole is not None and total > whole * (1 + PARTS_TOLERANCE) + 0.1:
            named = " + ".join(f"{part} {value:g}" for part, value in parts.items())
            yield Finding(
                f"{named} = {total:g}, and {WHOLE} is {whole:g}",
                "Give every count in 10^9/L, none in percent, and correct the one that is wrong.",
                row["patient"],
                row["visit"] or "",
                place(row),
            )


@check(WARNING, ("laboratory",))
def counts_of_two_sheets(evidence: Evidence) -> Iterator[Finding]:
    """Find blood counts that differ between two sheets at one visit."""
    by_visit = {}
    for row in evidence.records.rows("laboratory"):
        by_visit.setdefault((row["patient"], row["visit"]), []).append(row)
    for count in evidence.cbc:
        if (count.get("timepoint") or "pre") != "pre":
            continue
        others = by_visit.get((count["patient"], count["visit"]), [])
        for column in (WHOLE, "alc_10e9_l"):
            known = [row for row in others if row[column] and count.get(column)]
            if known and all(_fold(row[column], count[column]) >= 2 for row in known):
                yield Finding(
                    f"{column} is {count[column]:g} in the blood counts and "
                    f"{known[0][column]:g} in the laboratory sheet ({count['visit']})",
                    "Correct one of the two; cells per microlitre rest on the blood counts.",
                    count["patient"],
                    count["visit"],
                    f"the sheet of blood counts (study.cbc); {place(*known)}",
                )


def _values(evidence: Evidence) -> Iterator[tuple[dict, str, float]]:
    for kind in ("laboratory", "assessments"):
        for row in evidence.records.rows(kind):
            for column in _OTHER_UNITS:
                if row.get(column) is not None:
                    yield row, column, row[column]


def _others(evidence: Evidence, row: Mapping, column: str) -> list[float]:
    """Return the other values of a patient in a column."""
    return [
        other[column]
        for kind in ("laboratory", "assessments")
        for other in evidence.records.of(kind, row["patient"])
        if other is not row and other.get(column)
    ]


def _is_told(evidence: Evidence, row: Mapping, column: str) -> bool:
    """Say whether an adverse event about that day accounts for a value."""
    day, terms = row["study_day"], _TERMS.get(column, ())
    return any(
        any(term in event["term"].lower() for term in terms)
        and event["onset_day"] is not None
        and event["onset_day"] - _DAYS_ABOUT_EVENT <= day
        and day <= (event["resolution_day"] or event["onset_day"]) + _DAYS_ABOUT_EVENT
        for event in evidence.records.of("adverse_events", row["patient"])
    )


def _fold(value: float, other: float) -> float:
    """Return by which factor two positive numbers differ; 0 where either is none."""
    return max(value / other, other / value) if value > 0 and other > 0 else 0.0


def _is_near(value: float, usual: float) -> bool:
    return 0 < _fold(value, usual) <= 1.2


def _is_steady(others: list[float]) -> bool:
    """Say whether values hardly differ, so that one that does asks for a reason."""
    usual = median(others)
    return all(_fold(other, usual) <= 1.4 for other in others)


CHECKS = (
    laboratory_unit,
    laboratory_unit_of_patient,
    laboratory_leap,
    laboratory_parts,
    counts_of_two_sheets,
)
