"""The true safety of a simulated patient: tumor lysis, worst grades, doses taken."""

from correlates.simulate.clinic.course import Course
from correlates.simulate.clinic.doses import Doses
from correlates.simulate.clinic.toxicity import Toxicity

# Values below which a grade begins, from grade 2 on: grade 1 depends on a laboratory's own limits.
_LIMITS = {
    "anc": ("anc_10e9_l", {2: 1.5, 3: 1.0, 4: 0.5}),
    "plt": ("plt_10e9_l", {2: 75, 3: 50, 4: 25}),
    "hb": ("hb_g_dl", {2: 10.0, 3: 8.0}),
}
SAFETY_COLUMNS = (
    *("patient", "tls_laboratory", "tls_clinical", "near_miss", "dlt"),
    *("worst_anc_grade", "worst_plt_grade", "worst_hb_grade"),
)
DOSE_COLUMNS = (
    *("patient", "drug", "first_day", "last_day", "days_taken", "days_held", "cumulative_mg"),
    *("first_dose_mg", "highest_dose_mg", "lowest_dose_mg", "was_raised"),
)


def true_safety(course: Course, toxicity: Toxicity, laboratory: list[dict]) -> dict:
    """Return tumor lysis, dose-limiting toxicity and worst grades of one patient.

    Parameters
    ----------
    course, toxicity
        Of the patient.
    laboratory
        Rows of the patient's laboratory sheet.

    Returns
    -------
    Columns of ``SAFETY_COLUMNS``. Worst grades are those of 2 and more from day 1 on; below that
    they are 0, for a grade 1 depends on the laboratory's own limit.
    """
    worst = {
        f"worst_{name}_grade": max(
            (_grade(row.get(column), limits) for row in laboratory), default=0
        )
        for name, (column, limits) in _LIMITS.items()
    }
    return {
        "patient": course.patient.key,
        "tls_laboratory": toxicity.lysis in ("laboratory", "clinical"),
        "tls_clinical": toxicity.lysis == "clinical",
        "near_miss": toxicity.lysis if toxicity.lysis in ("one_value", "late") else "",
        "dlt": toxicity.dlt,
    } | worst


def _grade(value: float | None, limits: dict[int, float]) -> int:
    if value is None:
        return 0
    return max((grade for grade, limit in limits.items() if value < limit), default=0)


def true_doses(course: Course, doses: Doses) -> list[dict]:
    """Return what was taken of ibrutinib and lenalidomide, added up day by day."""
    rows = []
    for drug in ("ibrutinib", "lenalidomide"):
        taken = doses.taken(drug)
        if not taken:
            continue
        first, last = min(taken), max(taken)
        rows.append(
            {
                "patient": course.patient.key,
                "drug": drug,
                "first_day": first,
                "last_day": last,
                "days_taken": len(taken),
                "days_held": last - first + 1 - len(taken),
                "cumulative_mg": sum(taken.values()),
                "first_dose_mg": taken[first],
                "highest_dose_mg": max(taken.values()),
                "lowest_dose_mg": min(taken.values()),
                "was_raised": any(
                    taken[day] > taken[before]
                    for before, day in zip(list(taken)[:-1], list(taken)[1:], strict=True)
                ),
            }
        )
    return rows
