"""Lesions, spleen, marrow and counts of a simulated patient at each assessment."""

from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from correlates.simulate.clinic.blood import Blood, counts_at
from correlates.simulate.clinic.course import Check, Course

_SITES = ("cervical", "axillary left", "axillary right", "inguinal", "mesenteric", "iliac")
_CLEARED = frozenset({"complete", "hypocellular", "nodules"})
_SHRUNK = frozenset({"partial", "lymphocytosis", "drug_platelets", "blood_unchanged"})
# marrow, lymphocytes and CLL cells in percent
_MARROW = {
    "baseline": ("cll", 75, 70),
    "complete": ("normal", 12, 0),
    "hypocellular": ("hypocellular", 10, 0),
    "nodules": ("nodules", 24, 4),
}
# Large enough to be enlarged still when disease is stable.
FEWEST_MM = 19.0
_FEWEST_OTHER_MM = 16.0
# What is to grow again must not shrink further: a site below 1.5 cm does not count as one.
_STEADY = frozenset({"late_growth", "single_site", "missed_two"})
_DRAWN = ("alc_10e9_l", "anc_10e9_l", "hb_g_dl", "plt_10e9_l")


@dataclass
class Body:
    """Sizes as they are now; each assessment moves them on.

    Parameters
    ----------
    before_mm, shape
        Longest diameters at baseline, and the short ones as a share of them.
    level
        SPD against baseline under ibrutinib alone, which a stable disease keeps.
    spleen_before_cm, liver, symptoms
        Spleen at baseline, enlarged liver, constitutional symptoms.
    cleared_mm, new_mm
        Longest diameters in complete remission, and of the lesion that is new in progression.
    ratio
        SPD against baseline now.
    lymphocytes
        Against the first draw now, where they are not cleared.
    """

    before_mm: list[float]
    shape: list[float]
    level: float
    spleen_before_cm: float
    liver: bool
    symptoms: bool
    cleared_mm: list[float]
    new_mm: float
    ratio: float = 1.0
    lymphocytes: float = 1.0
    spleen_cm: float = 0.0
    has_shrunk: bool = False
    has_grown: bool = False
    ld_mm: list[float] = field(default_factory=list)
    sd_mm: list[float] = field(default_factory=list)

    def size(self, ratio: float) -> None:
        """Let all lesions have an SPD of ``ratio`` times that at baseline."""
        self.ratio = ratio
        self.ld_mm = [one * sqrt(ratio) for one in self.before_mm]
        self.sd_mm = [ld * shape for ld, shape in zip(self.ld_mm, self.shape, strict=True)]


def draw_body(course: Course, rng: np.random.Generator) -> Body:
    """Draw a patient's disease before treatment; its largest node is the patient's."""
    largest = max(course.patient.clinical["largest_node_cm"] * 10, FEWEST_MM)
    others = rng.uniform(0.6, 0.95, int(rng.integers(2, 5))) * largest
    before = [largest, *(max(float(one), _FEWEST_OTHER_MM) for one in others)]
    enlarged = rng.random() < 0.6
    spleen = float(rng.uniform(14.8, 21) if enlarged else rng.uniform(9.5, 12.2))
    body = Body(
        before_mm=before,
        shape=[float(one) for one in rng.uniform(0.6, 0.9, len(before))],
        level=float(rng.uniform(0.68, 0.85)),
        spleen_before_cm=spleen,
        liver=bool(rng.random() < 0.15),
        symptoms=bool(rng.random() < 0.3),
        cleared_mm=[float(one) for one in rng.uniform(6, 12, len(before))],
        new_mm=float(rng.uniform(20, 30)),
        spleen_cm=spleen,
    )
    body.size(1.0)
    return body


def image(
    course: Course, blood: Blood, cbc: dict[str, dict], rng: np.random.Generator
) -> tuple[list[dict], list[dict]]:
    """Return the rows of the lesions and of the assessments sheet of one patient.

    Parameters
    ----------
    course, blood
        Of the patient.
    cbc
        Rows of the blood count at the draws, by visit.
    rng
        Source of randomness.

    Returns
    -------
    Lesions in mm, and assessments whose ``investigator_category`` is the true one.
    """
    body = draw_body(course, rng)
    lesions, assessed = [], []
    for check in course.checks:
        row = {
            "patient": course.patient.key,
            "study_day": check.day,
            "visit": check.visit,
            "criteria_version": "iwCLL2018",
            "investigator_category": check.category or None,
        }
        if check.pattern == "not_assessed":
            assessed.append(row | {"not_assessable_reason": "CT not done"})
            continue
        _move(body, check.pattern, course, rng)
        measured = _measure(body, check, rng)
        lesions += [row_of | {"patient": course.patient.key} for row_of in measured]
        counts = counts_at(check.pattern, blood, body.lymphocytes, rng)
        if check.visit in cbc:
            counts |= {name: cbc[check.visit][name] for name in _DRAWN}
        longest = max(one["ld_mm"] for one in measured) / 10
        found = {"longest_node_cm": round(longest, 2)} | _findings(body, check)
        assessed.append(row | counts | found)
    return lesions, assessed


def _move(body: Body, pattern: str, course: Course, rng: np.random.Generator) -> None:
    """Let the sizes be those of a pattern."""
    excess = max(body.spleen_before_cm - 13, 0)
    if pattern in _CLEARED:
        cleared = zip(body.cleared_mm, body.ld_mm, strict=True)
        body.ld_mm = [min(small, 0.95 * now) for small, now in cleared]
        body.cleared_mm = list(body.ld_mm)
        body.sd_mm = [ld * shape for ld, shape in zip(body.ld_mm, body.shape, strict=True)]
        body.spleen_cm = min(body.spleen_cm, 12.0)
        body.liver = body.symptoms = False
    elif pattern in _SHRUNK:
        _shrink(body, pattern, course, rng)
        body.spleen_cm = min(body.spleen_cm, 13 + 0.25 * excess)
        body.liver = body.symptoms = False
    elif pattern == "stable":
        body.size(body.level * float(rng.uniform(0.98, 1.02)))
        body.spleen_cm = min(body.spleen_before_cm, 13 + 0.85 * excess)
        body.lymphocytes = 0.8
    elif pattern == "flare":
        body.size(body.level * float(rng.uniform(1.6, 1.85)))
        body.lymphocytes = 1.35
    elif pattern in ("growth", "single_site") and not body.has_grown:
        body.has_grown = True
        if pattern == "growth":
            body.size(body.ratio * float(rng.uniform(1.75, 2.0)))
        else:
            # One site, and its longest diameter alone: the sum grows by less than half.
            body.ld_mm[0] *= 1.6


def _shrink(body: Body, pattern: str, course: Course, rng: np.random.Generator) -> None:
    if not body.has_shrunk:
        body.has_shrunk = True
        body.size(float(rng.uniform(0.30, 0.42)))
        body.lymphocytes = float(rng.uniform(0.2, 0.4))
    elif course.fate not in _STEADY:
        body.size(max(body.ratio * float(rng.uniform(0.82, 1.0)), 0.1))
    if pattern == "lymphocytosis":
        body.lymphocytes = float(rng.uniform(0.65, 0.95))
    elif body.lymphocytes > 0.5:
        body.lymphocytes = float(rng.uniform(0.2, 0.4))


def _measure(body: Body, check: Check, rng: np.random.Generator) -> list[dict]:
    """Return the lesions as measured: within 1.5 % of what they are, exactly so at baseline."""
    error = 0.0 if check.pattern == "baseline" else 0.015
    rows = []
    for number, (ld, sd) in enumerate(zip(body.ld_mm, body.sd_mm, strict=True)):
        noise = float(rng.uniform(1 - error, 1 + error))
        rows.append(
            {
                "study_day": check.day,
                "visit": check.visit,
                "lesion_id": f"T{number + 1}",
                "role": "target",
                "site": _SITES[number],
                "ld_mm": round(ld * noise, 1),
                "sd_mm": round(sd * noise, 1),
                "status": "present",
                "method": "ct",
            }
        )
    if check.pattern == "new_lesion":
        new = {"lesion_id": "N1", "role": "new", "site": _SITES[-1]}
        rows.append(rows[0] | new | {"ld_mm": round(body.new_mm, 1), "sd_mm": 15.0})
    return rows


def _findings(body: Body, check: Check) -> dict:
    marrow, lymphocytes, cll = _MARROW.get(check.pattern, ("not_done", None, None))
    is_transformed = check.pattern == "transformation"
    cytopenia = check.pattern in ("hypocellular", "drug_platelets")
    progressed = check.category == "PD"
    return {
        "new_organ": False,
        "transformation": is_transformed,
        "spleen_cm": round(body.spleen_cm, 1),
        "liver_enlarged": body.liver,
        "symptoms": body.symptoms,
        "marrow": marrow,
        "marrow_lymphocytes_pct": lymphocytes,
        "marrow_cll_pct": cll,
        "transfused_7d": False,
        "epo": False,
        "gcsf_7d": False,
        "cytopenia_cause": "drug" if cytopenia else None,
        "biopsy": "transformation" if is_transformed else "cll" if progressed else "none",
        "tender_nodes": check.pattern == "flare",
    }
