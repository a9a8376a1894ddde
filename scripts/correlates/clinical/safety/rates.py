"""How often: rates per patient and per cycle of a patient, never mixed (``safety_rates.tsv``).

A rate per cycle is lower than the rate per patient by as many cycles as patients had, so each row
names its unit. Patients are independent of each other and get an exact interval; cycles of one
patient are not, so a rate of cycles has none.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from correlates.intervals import clopper_pearson

COLUMNS = [
    *("measure", "term", "grade", "attribution", "population", "unit_of_analysis"),
    *("numerator", "denominator", "n_not_evaluable", "rate_pct", "ci_low_pct", "ci_high_pct"),
    *("confidence", "interval", "note"),
]
PER_PATIENT = "patient"
PER_CYCLE = "patient-cycle"


@dataclass(frozen=True)
class Measure:
    """What a rate is of.

    Parameters
    ----------
    name
        ``adverse event``, ``grade from values``, ``laboratory TLS`` and so on.
    population
        Whom it is among: ``treated with lenalidomide``.
    term
        Reported term or parameter; empty where all count.
    grade
        ``any``, ``>=3``; empty where there are no grades.
    attribution
        ``any`` or the drug to which the event was attributed.
    """

    name: str
    population: str
    term: str = ""
    grade: str = ""
    attribution: str = ""

    def columns(self) -> dict:
        """Return the columns that name the measure."""
        return {
            "measure": self.name,
            "term": self.term,
            "grade": self.grade,
            "attribution": self.attribution,
            "population": self.population,
        }


def rate_row(
    measure: Measure,
    outcomes: Iterable[bool | None],
    unit: str,
    confidence: float,
    note: str = "",
) -> dict:
    """Count one outcome.

    Parameters
    ----------
    measure
        What it is.
    outcomes
        One a patient, or one a cycle of a patient; None where it is not known, which counts in
        neither the numerator nor the denominator.
    unit
        ``patient`` or ``patient-cycle``.
    confidence
        Level of the interval.
    note
        What a reader must know.
    """
    outcomes = list(outcomes)
    known = [one for one in outcomes if one is not None]
    hits = sum(known)
    row = measure.columns() | {
        "unit_of_analysis": unit,
        "numerator": hits,
        "denominator": len(known),
        "n_not_evaluable": len(outcomes) - len(known),
        "rate_pct": 100 * hits / len(known) if known else None,
        "note": note,
    }
    if unit != PER_PATIENT:
        return row | {"interval": "none: cycles of one patient are not independent"}
    if not known:
        return row | {"interval": "none: no patient is evaluable"}
    low, high = exact_percent(hits, len(known), confidence)
    exact = {"ci_low_pct": low, "ci_high_pct": high, "confidence": confidence}
    return row | exact | {"interval": "Clopper-Pearson"}


def exact_percent(hits: int, total: int, confidence: float) -> tuple[float | None, float | None]:
    """Return the exact interval of a share of patients in percent; None of no patients."""
    if not total:
        return None, None
    low, high = clopper_pearson(hits, total, confidence)
    return 100 * float(low), 100 * float(high)
