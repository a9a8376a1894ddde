"""When a patient took what: the recorded dosing of one row of the patients sheet."""

from collections.abc import Mapping
from dataclasses import dataclass

from correlates.intake.sheets.values import is_blank, number_of


@dataclass(frozen=True)
class Dosing:
    """Study days of one patient's recorded dosing; None where there was no such day.

    Parameters
    ----------
    lenalidomide_start_day
        Day of the first dose; None for a patient who never received it.
    lenalidomide_stop_day, ibrutinib_stop_day
        Days of the last doses.
    """

    lenalidomide_start_day: float | None = None
    lenalidomide_stop_day: float | None = None
    ibrutinib_stop_day: float | None = None


def dosing_of(patient: Mapping) -> Dosing:
    """Read the dosing of one row of the patients sheet; a blank or an absent column is None.

    Raises
    ------
    ValueError
        If a day is no number: read as none, it would make a treated patient untreated.
    """
    columns = ("lenalidomide_start_day", "lenalidomide_stop_day", "ibrutinib_stop_day")
    wrong = [
        f"{column} {patient[column]!r}"
        for column in columns
        if not is_blank(patient.get(column)) and number_of(patient[column]) is None
    ]
    if wrong:
        msg = f"patient {patient.get('patient')}: {', '.join(wrong)} is not a study day"
        raise ValueError(msg)
    return Dosing(*(number_of(patient.get(column)) for column in columns))
