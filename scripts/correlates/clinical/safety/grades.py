"""Grades of neutrophils, platelets and haemoglobin, from a value and what it is held against.

CTCAE 5.0: a grade reaches from below its upper bound to its lower bound itself, so that
neutrophils of 1.0 x 10^9/L are grade 2 and those of 0.99 are grade 3. Grade 4 of haemoglobin
("life-threatening consequences") is no value, so none is given. Lymphocytes are not graded: their
fall is the aim of treatment in CLL.

iwCLL: the fall of haemoglobin and platelets from the value before treatment, and neutrophils as
they are. Source: Hallek et al., Blood 2008;111:5446, table 5; bounds of reference 4.4.
"""

from dataclasses import dataclass, replace

from correlates.clinical.safety.words import tidy

PARAMETERS = {"anc": "anc_10e9_l", "plt": "plt_10e9_l", "hb": "hb_g_dl"}
"""Column of the laboratory sheet of each parameter that is graded."""
NAMES = {"anc": "neutrophils", "plt": "platelets", "hb": "haemoglobin"}
VERSIONS = {"ctcae5": "CTCAE 5.0", "iwcll": "iwCLL 2008, table 5"}

# Upper bounds, each of which its own grade does not reach.
_CTCAE5 = {
    "anc": ((0.5, 4), (1.0, 3), (1.5, 2)),
    "plt": ((25, 4), (50, 3), (75, 2)),
    "hb": ((8.0, 3), (10.0, 2)),
}
_IWCLL_ANC = ((0.5, 4), (1.0, 3), (1.5, 2), (2.0, 1))
_IWCLL_FALL_PCT = ((75, 4), (50, 3), (25, 2), (11, 1))
_IWCLL_PLT_GRADE4 = 20
_IWCLL_ANC_NOT_EVALUABLE = 1.0


def most_by_values(parameter: str, scale: str) -> int:
    """Return the highest grade that values alone can have.

    Parameters
    ----------
    parameter
        Its name in tables, one of `NAMES`.
    scale
        ``ctcae5`` or ``iwcll``.
    """
    return 3 if scale == "ctcae5" and parameter == NAMES["hb"] else 4


@dataclass(frozen=True)
class Grade:
    """Grade of one value.

    Parameters
    ----------
    grade
        None where it cannot be told.
    reason
        Why not.
    at_most
        The worst that an untold grade may be.
    """

    grade: int | None
    reason: str = ""
    at_most: int = 4


def grade_ctcae5(parameter: str, value: float, limits: tuple[float, float]) -> Grade:
    """Grade a value by CTCAE 5.0.

    Parameters
    ----------
    parameter
        ``anc`` or ``plt`` (both in 10^9/L), or ``hb`` (g/dL).
    value
        The value.
    limits
        Lowest and highest lower limit of normal that may apply to the patient.

    Returns
    -------
    0 to 4, for haemoglobin to 3. None for a value between two limits, of which nobody knows which
    applies.
    """
    value = tidy(value)
    for bound, grade in _CTCAE5[parameter]:
        if value < bound:
            return Grade(grade)
    return _below_normal(value, limits)


def grade_iwcll(
    parameter: str, value: float, baseline: float | None, limits: tuple[float, float]
) -> Grade:
    """Grade a value by the scale for CLL.

    Parameters
    ----------
    parameter
        ``anc``, ``plt`` or ``hb``, as in `grade_ctcae5`.
    value
        The value.
    baseline
        The last value before treatment; without it nothing is gradable.
    limits
        As in `grade_ctcae5`: what is normal is grade 0 whatever its fall.

    Returns
    -------
    0 to 4. A fall of between 10 % and 11 % is grade 0. None without a baseline, and for patients
    whose baseline was as low as the worst grade.
    """
    if baseline is None:
        return Grade(None, "no value before treatment")
    value, baseline = tidy(value), tidy(baseline)
    if parameter == "anc":
        if baseline < _IWCLL_ANC_NOT_EVALUABLE:
            return Grade(None, "neutrophils were below 1.0 before treatment")
        return Grade(next((grade for bound, grade in _IWCLL_ANC if value < bound), 0))
    if parameter == "plt" and baseline < _IWCLL_PLT_GRADE4:
        return Grade(None, "platelets were below 20 before treatment")
    if parameter == "plt" and value < _IWCLL_PLT_GRADE4:
        return Grade(4)
    fall = tidy(100 * (baseline - value) / baseline) if baseline > 0 else 0.0
    grade = next((grade for bound, grade in _IWCLL_FALL_PCT if fall >= bound), 0)
    normal = _below_normal(value, limits)
    if grade and normal.grade is None:
        return replace(normal, at_most=grade)
    return Grade(grade if normal.grade else 0)


def _below_normal(value: float, limits: tuple[float, float]) -> Grade:
    if value < limits[0]:
        return Grade(1)
    if value >= limits[1]:
        return Grade(0)
    reason = "the lower limit of normal is not known, since the sex is not recorded"
    return Grade(None, reason, at_most=1)
