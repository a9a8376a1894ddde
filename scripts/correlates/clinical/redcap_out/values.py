"""Values of the derived fields, from the tables of results."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from correlates.clinical.redcap_out.fields import (
    DATA_CUT,
    INTEGER,
    NUMBER,
    OF_DOSE,
    OF_DRAWS,
    OF_LYSIS,
    OF_RESPONSE,
    RADIO,
    YESNO,
    Derived,
    of_endpoint,
)
from correlates.clinical.safety.words import NO, NOT_EVALUABLE, NOT_EXCLUDED, YES
from correlates.intake.sheets.dates import hide_dates

Rows = Iterable[Mapping[str, str]]
# What one window says goes before what another one does: a lysis in any of them is one.
_WORST_FIRST = (YES, NOT_EXCLUDED, NOT_EVALUABLE, NO)
_BLOOD = ("fresh_wb", "fresh_pbmc", "cryo_pbmc")
_TRUE = {"yes": "1", "true": "1", "1": "1", "1.0": "1", "no": "0", "false": "0", "0": "0"}
_TRUE |= {"0.0": "0"}


@dataclass
class Values:
    """Fields in the order in which they were met, and each patient's values.

    Parameters
    ----------
    fields
        Derived fields by name.
    of_patient
        Text of each field that has a value, by patient and name of the field.
    """

    fields: dict[str, Derived] = field(default_factory=dict)
    of_patient: dict[str, dict[str, str]] = field(default_factory=dict)

    def declare(self, fields: Iterable[Derived]) -> None:
        """Add fields that the instrument has even where nobody has a value."""
        for one in fields:
            self.fields.setdefault(one.name, one)

    def add(self, patient: str, one: Derived, text: str | None) -> None:
        """Note one value; nothing is noted of an empty one."""
        self.declare([one])
        code = as_code(one, text or "")
        if code:
            self.of_patient.setdefault(patient, {})[one.name] = code


def as_code(one: Derived, text: str) -> str:
    """Return a value as REDCap stores it: the code of a choice, 1 or 0, a plain number.

    Raises
    ------
    ValueError
        If it is no value of the field.
    """
    if not text:
        return ""
    if one.kind == RADIO:
        codes = {label: code for code, label in one.choices}
        if text not in codes:
            msg = f"{text!r} is no choice of {one.name}"
            raise ValueError(msg)
        return codes[text]
    if one.kind == YESNO:
        if text.lower() not in _TRUE:
            msg = f"{text!r} is neither yes nor no, in {one.name}"
            raise ValueError(msg)
        return _TRUE[text.lower()]
    if one.kind in (NUMBER, INTEGER):
        number = Decimal(text).normalize()
        if one.kind == INTEGER and number != number.to_integral_value():
            msg = f"{text!r} is no whole number, in {one.name}"
            raise ValueError(msg)
        return f"{number:f}"
    return hide_dates(text)


def values_of(tables: Mapping[str, list[Mapping[str, str]]]) -> Values:
    """Return the derived fields and their values, from the tables that the study has.

    Parameters
    ----------
    tables
        Rows of ``endpoints``, ``responses``, ``tls``, ``dose_intensity`` and ``draws``, as they are
        written; a table that is absent declares no field.
    """
    values = Values()
    values.declare([DATA_CUT])
    for name, add in _READERS.items():
        if name in tables:
            add(values, tables[name])
    for name in ("endpoints", "responses"):
        for row in tables.get(name, ()):
            values.add(row["patient"], DATA_CUT, row["data_cut"])
    return values


def _add_responses(values: Values, rows: Rows) -> None:
    values.declare(OF_RESPONSE.values())
    for row in rows:
        for column, one in OF_RESPONSE.items():
            values.add(row["patient"], one, row.get(column))


def _add_endpoints(values: Values, rows: Rows) -> None:
    for row in rows:
        for column, one in of_endpoint(row["endpoint"], row["kind"]).items():
            values.add(row["patient"], one, row[column])


def _add_lysis(values: Values, rows: Rows) -> None:
    """Add the worst of each patient's windows: the unit of the table is the window."""
    values.declare(OF_LYSIS.values())
    for column, one in OF_LYSIS.items():
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row["patient"], set()).add(row[column])
        for patient, verdicts in found.items():
            worst = next((word for word in _WORST_FIRST if word in verdicts), "")
            values.add(patient, one, worst)


def _add_doses(values: Values, rows: Rows) -> None:
    values.declare(OF_DOSE.values())
    for row in rows:
        # rows of single cycles are not of patients
        if row["unit_of_analysis"] == "patient":
            for (drug, column), one in OF_DOSE.items():
                if row["drug"] == drug:
                    values.add(row["patient"], one, row[column])


def _add_draws(values: Values, rows: Rows) -> None:
    values.declare(OF_DRAWS.values())
    days: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        if row["baseline"] in OF_DRAWS and row["specimen"] in _BLOOD and row["day"]:
            key, day = (row["patient"], row["baseline"]), Decimal(row["day"])
            days[key] = max(day, days.get(key, day))
    for (patient, baseline), day in days.items():
        values.add(patient, OF_DRAWS[baseline], str(day))


_READERS: dict[str, Callable[[Values, Rows], None]] = {
    "responses": _add_responses,
    "endpoints": _add_endpoints,
    "draws": _add_draws,
    "tls": _add_lysis,
    "dose_intensity": _add_doses,
}
