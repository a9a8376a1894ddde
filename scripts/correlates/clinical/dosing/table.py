"""What each patient took, in one row a patient and drug."""

from collections.abc import Iterable

from correlates.clinical.dosing.dosing import IBRUTINIB, LENALIDOMIDE, Dosing

COLUMNS = [
    *("patient", "drug", "known_from", "first_day", "last_day", "is_ongoing", "days_on"),
    *("first_dose_mg", "last_dose_mg", "highest_dose_mg", "n_holds", "days_held", "holds"),
    *("starts", "increases", "findings"),
]


def dosing_rows(dosing: Iterable[Dosing], hold_days: float) -> list[dict]:
    """Return a row for each patient and drug that has any; ibrutinib and lenalidomide always.

    Parameters
    ----------
    dosing
        What each patient took.
    hold_days
        Fewest days without a dose that are a hold.

    Returns
    -------
    ``known_from`` is ``exposure`` or ``patients``: of the latter no dose and no hold is known, none
    is counted, and a blank ``last_day`` need not be ongoing. ``days_on`` are the days with a dose,
    up to the last day that anything is known of. A patient who never took a drug has blanks, which
    are no zeros.
    """
    return [
        _row(one, drug, hold_days)
        for one in dosing
        for drug in dict.fromkeys((IBRUTINIB, LENALIDOMIDE, *one.drugs))
    ]


def _row(dosing: Dosing, drug: str, hold_days: float) -> dict:
    findings = [one for one in dosing.findings if one.drug in ("", drug)]
    row = {
        "patient": dosing.patient,
        "drug": drug,
        "known_from": dosing.source,
        "findings": "; ".join(f"{one.source}: {one.finding}" for one in findings),
    }
    first = dosing.first_dose(drug)
    if first is None:
        return row
    last = dosing.last_dose(drug)
    row |= {"first_day": first, "last_day": last}
    if not dosing.is_by_day:
        return row
    holds = dosing.holds(drug, hold_days)
    days = dosing.days_taken([drug])
    taken = [one for one in dosing.intervals(drug) if one.is_taken]
    doses = [one.dose_mg for one in taken if one.dose_mg is not None]
    return row | {
        "is_ongoing": last is None,
        "days_on": len(days) if last is not None or dosing.last_day is not None else None,
        "first_dose_mg": dosing.dose_on(drug, first),
        "last_dose_mg": taken[-1].dose_mg,
        "highest_dose_mg": max(doses, default=None),
        "n_holds": len(holds),
        "days_held": sum(hold.days for hold in holds if hold.last is not None),
        "holds": ", ".join(_span(hold.first, hold.last) for hold in holds),
        "starts": ", ".join(f"{day:g}" for day in dosing.starts(drug, hold_days)),
        "increases": ", ".join(f"{day:g}" for day in dosing.increases(drug)),
    }


def _span(first: int, last: int | None) -> str:
    return f"{first} to {'now' if last is None else last}"
