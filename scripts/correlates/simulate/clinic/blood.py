"""Blood values of a simulated patient over time: counts, chemistry, and the laboratory sheet."""

from dataclasses import dataclass

import numpy as np

from correlates.simulate.clinic.course import Course
from correlates.simulate.clinic.toxicity import Toxicity

_RESPONDING = frozenset(
    {"complete", "hypocellular", "nodules", "partial", "lymphocytosis", "drug_platelets"}
)
_CLEARED = frozenset({"complete", "hypocellular", "nodules"})
_MALE_CREATININE_ULN = 1.2
_FEMALE_CREATININE_ULN = 1.0
_LDH_ULN = 250
_ASSESSED = ("alc_10e9_l", "anc_10e9_l", "hb_g_dl", "plt_10e9_l")
_COUNTED = ("wbc_10e9_l", "amc_10e9_l", *_ASSESSED)


@dataclass(frozen=True)
class Blood:
    """What a patient's blood is like, apart from what befalls it.

    Parameters
    ----------
    alc
        Lymphocytes at the first draw, 10^9/L.
    hb, plt
        Before treatment, in g/dL and 10^9/L.
    better_hb, better_plt
        In response.
    cleared_alc
        Lymphocytes in complete remission, 10^9/L.
    chemistry
        Usual uric acid, potassium, phosphate, calcium and creatinine.
    creatinine_uln
        Upper limit of normal, mg/dL.
    """

    alc: float
    hb: float
    plt: float
    better_hb: float
    better_plt: float
    cleared_alc: float
    chemistry: dict[str, float]
    creatinine_uln: float


def draw_blood(course: Course, cbc: dict[str, dict], rng: np.random.Generator) -> Blood:
    """Draw what a patient's blood is like.

    Parameters
    ----------
    course
        Of the patient.
    cbc
        Rows of the blood count at the draws, by visit.
    rng
        Source of randomness.
    """
    # Well away from the limits of grades and of response, so that noise crosses none of them.
    hb = float(
        rng.choice(
            [rng.uniform(8.8, 9.6), rng.uniform(10.2, 10.8), rng.uniform(11.4, 14)],
            p=[0.15, 0.2, 0.65],
        )
    )
    plt = float(
        rng.choice(
            [rng.uniform(56, 71), rng.uniform(79, 96), rng.uniform(106, 240)], p=[0.1, 0.2, 0.7]
        )
    )
    if course.fate == "blood_unchanged":
        hb, plt = 9.2, 85.0
    elif course.fate == "drug_platelets":
        hb, plt = 12.5, 140.0
    elif course.patient.clinical["response"] == "CRi":
        plt = float(rng.uniform(108, 140))
    is_male = course.patient.clinical["sex"] == "M"
    uln = _MALE_CREATININE_ULN if is_male else _FEMALE_CREATININE_ULN
    return Blood(
        alc=cbc["C0D1"]["alc_10e9_l"],
        hb=hb,
        plt=plt,
        better_hb=max(hb + 1.4, 11.5) if hb < 11 else hb + float(rng.uniform(0, 0.4)),
        better_plt=max(1.65 * plt, 110) if plt < 100 else plt * float(rng.uniform(1.0, 1.1)),
        cleared_alc=float(rng.uniform(1.1, 3.2)),
        chemistry={
            "uric_acid_mg_dl": float(rng.uniform(4.0, 6.0)),
            "potassium_mmol_l": float(rng.uniform(3.8, 4.5)),
            "phosphate_mg_dl": float(rng.uniform(2.9, 3.7)),
            "calcium_mg_dl": float(rng.uniform(8.9, 9.8)),
            "creatinine_mg_dl": uln * float(rng.uniform(0.65, 0.85)),
        },
        creatinine_uln=uln,
    )


def counts_at(
    pattern: str, blood: Blood, alc_ratio: float, rng: np.random.Generator
) -> dict[str, float]:
    """Return the blood count that goes with a pattern of response, without the draw's ALC.

    Parameters
    ----------
    pattern
        As of ``course``.
    blood
        Of the patient.
    alc_ratio
        Lymphocytes against the first draw, where they are not cleared.
    rng
        Source of randomness.
    """
    better = pattern in _RESPONDING
    hb, plt = (blood.better_hb, blood.better_plt) if better else (blood.hb, blood.plt)
    if pattern == "hypocellular":
        plt = float(rng.uniform(77, 90))
    elif pattern == "drug_platelets":
        plt = 0.42 * blood.plt
    alc = blood.cleared_alc if pattern in _CLEARED else blood.alc * alc_ratio
    return {
        "alc_10e9_l": round(alc * float(rng.uniform(0.97, 1.03)), 2),
        "plt_10e9_l": round(plt * float(rng.uniform(1.0, 1.02))),
        "hb_g_dl": round(hb * float(rng.uniform(1.0, 1.01)), 1),
        "anc_10e9_l": round(float(rng.uniform(2.2, 4.5)), 2),
    }


def laboratory_rows(
    course: Course,
    blood: Blood,
    drawn: dict[int, dict],
    assessed: list[dict],
    toxicity: Toxicity,
    rng: np.random.Generator,
) -> list[dict]:
    """Return the laboratory sheet of one patient, one row a day.

    Parameters
    ----------
    course, blood, toxicity
        Of the patient.
    drawn
        Rows of the blood count by study day; the laboratory says the same of them.
    assessed
        Rows of the assessments sheet, whose counts are those of this sheet.
    toxicity
        What befalls the blood between them.
    rng
        Source of randomness.
    """
    rows: dict[int, dict] = {}
    for check in assessed:
        if "alc_10e9_l" in check:
            rows[check["study_day"]] = {name: check[name] for name in ("visit", *_ASSESSED)}
    for day, count in drawn.items():
        counts = {name: count[name] for name in ("visit", *_COUNTED) if name in count}
        rows[day] = rows.get(day, {}) | counts
    for fall in toxicity.falls:
        usual = counts_at("stable", blood, 1.0, rng) | {"visit": fall.visit}
        rows[fall.day] = rows.get(fall.day, usual) | fall.values
    for change in toxicity.chemistry:
        rows.setdefault(change.day, {"visit": change.visit})
    changed = {change.day: change.values for change in toxicity.chemistry}
    fixed = {
        "patient": course.patient.key,
        "creatinine_uln_mg_dl": blood.creatinine_uln,
        "ldh_uln_u_l": _LDH_ULN,
    }
    return [
        fixed | {"study_day": day} | row | _chemistry(blood, changed.get(day, {}), rng)
        for day, row in sorted(rows.items())
    ]


def _chemistry(blood: Blood, changed: dict, rng: np.random.Generator) -> dict:
    """Return a day's chemistry: within 3 % of what is usual, but for what has changed."""
    usual = {
        name: round(value * float(rng.uniform(0.97, 1.03)), 2)
        for name, value in blood.chemistry.items()
    }
    return usual | {"ldh_u_l": round(float(rng.uniform(150, 320)))} | changed
