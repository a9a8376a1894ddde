"""What the clinic recorded, row by row, as far as the data cut lets it be known.

The sheets are read once, in the main process. Jobs get their good rows from a file of its own, so
that those who gate never hold an outcome. What came after the data cut is not in it: nothing that
works on these records need know that there is a cut.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from correlates.intake.sheets.schemas import load_schema
from correlates.tables import write_text

FORMAT = 2
# The day by which a row of a sheet is placed, and the days that end or follow it.
DAY_OF = {
    "exposure": "start_day",
    "lesions": "study_day",
    "assessments": "study_day",
    "flares": "onset_study_day",
    "laboratory": "study_day",
    "adverse_events": "onset_day",
    "follow_up": "study_day",
    "samples": "study_day",
}
LATER_DAYS = {
    "exposure": ("stop_day",),
    "flares": ("resolution_study_day",),
    "adverse_events": ("resolution_day",),
    "follow_up": ("death_day", "new_therapy_day", "off_study_day"),
}
KINDS = ("patients", *DAY_OF)
_TRIAL_DRUGS = (None, "ibrutinib", "lenalidomide")
# What the patients sheet may type in; of no day, so that no cut can be applied to it.
WITHOUT_DAY = ("response", "tfr_grade")


@dataclass(frozen=True)
class DataCut:
    """A data cut: what came later is not known.

    Parameters
    ----------
    name
        As tables print it. Its date is printed nowhere: with a patient's day of censoring it would
        tell the date of the first dose.
    days
        Last study day that counts, per patient.
    """

    name: str
    days: Mapping[str, float] = field(default_factory=dict)

    def has_begun(self, patient: str) -> bool:
        """Say whether a patient's treatment had begun by the cut."""
        return self.days.get(patient, math.inf) >= 1

    def is_after(self, patient: str, day: float | None) -> bool:
        """Say whether a study day of a patient lies after the cut; an unknown day does not."""
        return day is not None and math.floor(day) > self.days.get(patient, math.inf)


@dataclass(frozen=True)
class ClinicalRecords:
    """Good rows of the clinical sheets.

    Parameters
    ----------
    sheets
        Rows by kind of sheet: canonical column to typed value, None where empty; ``row`` is the
        row's number in the sheet, ``sheet`` the sheet as the user named it. Kinds that the study
        does not have are absent. Flares have both ``onset_day_from_len`` and ``onset_study_day``
        wherever the first lenalidomide dose is known.
    cut
        The data cut, if there is one. Rows after it are not among the sheets; doses, events and
        contacts that go on beyond it end with it or are open.
    after_cut
        How many rows of each kind were left out by it.
    left_out
        Rows of each kind that were left out since something in them is wrong, as far as they could
        be read: that nothing is recorded says nothing of their patients.
    """

    sheets: Mapping[str, list[dict]] = field(default_factory=dict)
    cut: DataCut | None = None
    after_cut: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, list[dict]] = field(default_factory=dict)

    def has(self, kind: str) -> bool:
        """Say whether the study has a sheet of this kind."""
        return kind in self.sheets

    def rows(self, kind: str) -> list[dict]:
        """Return the rows of a kind of sheet; none if the study has no such sheet."""
        return list(self.sheets.get(kind, ()))

    def of(self, kind: str, patient: str) -> list[dict]:
        """Return one patient's rows of a kind in the order of their day; unknown days come last."""
        return self._by_patient.get((kind, patient), [])

    def patient(self, patient: str) -> dict:
        """Return the row of the patients sheet; empty if it has none."""
        return next(iter(self.of("patients", patient)), {})

    def why_unknown(self, patient: str, *kinds: str) -> str:
        """Say which rows of a patient are left out, on which what is asked for may depend.

        Parameters
        ----------
        patient
            Key of the patient.
        *kinds
            Kinds of sheets that it depends on. Of ``exposure`` only rows count that may be of a
            trial drug.

        Returns
        -------
        The rows and what to do; empty if none is left out.
        """
        rows = [
            row
            for kind in kinds
            for row in self.left_out.get(kind, ())
            if row["patient"] == patient and (kind != "exposure" or row["drug"] in _TRIAL_DRUGS)
        ]
        if not rows:
            return ""
        named = ", ".join(f"row {row['row']} of {row['sheet']}" for row in rows)
        return f"not known until {named} is mended, which is left out"

    @property
    def patients(self) -> list[str]:
        """Keys of the patients, in the order of their sheet."""
        return [row["patient"] for row in self.rows("patients")]

    @property
    def cut_name(self) -> str:
        """Name of the data cut, as tables print it; ``none`` without one."""
        return self.cut.name if self.cut else "none"

    def death_day(self, patient: str) -> float | None:
        """Return the first day on which a patient is recorded to have died; None without any."""
        return self._first_told(patient, "death_day")

    def new_therapy_day(self, patient: str) -> float | None:
        """Return the first day on which another therapy of the leukemia began; None without any."""
        return self._first_told(patient, "new_therapy_day")

    def _first_told(self, patient: str, column: str) -> float | None:
        days = (row[column] for row in self.of("follow_up", patient))
        return min((day for day in days if day is not None), default=None)

    def last_known_day(self, patient: str) -> float | None:
        """Return the last study day of which anything is recorded; None if nothing is.

        Days on which a dose ends are such days only if they were recorded: an open dose ends
        nowhere.
        """
        days = []
        for kind, column in DAY_OF.items():
            for row in self.of(kind, patient):
                days += [row.get(name) for name in (column, *LATER_DAYS.get(kind, ()))]
        known = [day for day in days if day is not None]
        return max(known) if known else None

    @cached_property
    def _by_patient(self) -> dict[tuple[str, str], list[dict]]:
        found: dict[tuple[str, str], list[dict]] = {}
        for kind, rows in self.sheets.items():
            for row in sorted(rows, key=lambda row: _place(kind, row)):
                found.setdefault((kind, row["patient"]), []).append(row)
        return found

    def to_json(self) -> str:
        """Return the records as JSON; equal records are equal text, and no date is in it."""
        content = {
            "format": FORMAT,
            "sheets": {kind: list(rows) for kind, rows in self.sheets.items()},
            "cut": None if self.cut is None else {"name": self.cut.name, "days": self.cut.days},
            "after_cut": dict(self.after_cut),
            "left_out": dict(self.left_out),
        }
        return json.dumps(content, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "ClinicalRecords":
        """Read records that ``to_json`` wrote.

        Raises
        ------
        ValueError
            If the text holds no records of this format.
        """
        content = json.loads(text)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            msg = f"these are no clinical records of format {FORMAT}"
            raise ValueError(msg)
        cut = content["cut"] and DataCut(content["cut"]["name"], content["cut"]["days"])
        return cls(content["sheets"], cut, content["after_cut"], content["left_out"])


def _place(kind: str, row: Mapping) -> tuple:
    day = row.get(DAY_OF.get(kind, ""))
    return (math.inf if day is None else day, row.get("hour") or 0, row["row"])


def cut_records(records: ClinicalRecords, cut: DataCut) -> ClinicalRecords:
    """Return the records as they were known at a data cut.

    Rows of later days are left out and counted. A dose that ended later is going on, an event that
    resolved later has not; a patient of whom a later contact is recorded was alive at the cut,
    since only the living are contacted or die later. Of who began treatment later nothing is known.
    What is typed into the patients sheet without a day goes, where another sheet tells it by day.
    """
    computed = load_schema("patients")["computed"]
    told = [column for column in WITHOUT_DAY if records.has(computed[column])]
    sheets, after = {}, {}
    for kind, rows in records.sheets.items():
        begun = [row for row in rows if cut.has_begun(row["patient"])]
        kept = [_as_of(kind, row, cut) for row in begun]
        if kind == "patients":
            kept = [row | dict.fromkeys(told) for row in kept]
        sheets[kind] = [row for row in kept if row is not None]
        after[kind] = len(rows) - len(sheets[kind])
    left_out = {
        kind: [
            row
            for row in rows
            if cut.has_begun(row["patient"]) and not cut.is_after(row["patient"], row["day"])
        ]
        for kind, rows in records.left_out.items()
    }
    counts = {kind: count for kind, count in after.items() if count}
    return ClinicalRecords(sheets, cut, counts, left_out)


def _as_of(kind: str, row: dict, cut: DataCut) -> dict | None:
    patient = row["patient"]
    if kind == "patients":
        late = [name for name in row if name.endswith("_day") and cut.is_after(patient, row[name])]
        return row | dict.fromkeys(late)
    if kind == "follow_up":
        return _contact_as_of(row, cut)
    if cut.is_after(patient, row.get(DAY_OF[kind])):
        return None
    late = [name for name in LATER_DAYS.get(kind, ()) if cut.is_after(patient, row.get(name))]
    if kind == "flares" and late:
        late.append("resolution_day_from_len")
    return row | dict.fromkeys(late)


def _contact_as_of(row: dict, cut: DataCut) -> dict:
    patient = row["patient"]
    known = dict(row)
    died_later = cut.is_after(patient, row["death_day"])
    for name, also in (
        ("death_day", ("death_cause",)),
        ("new_therapy_day", ()),
        ("off_study_day", ("off_study_reason",)),
    ):
        if cut.is_after(patient, row[name]):
            known |= dict.fromkeys((name, *also))
    if cut.is_after(patient, row["study_day"]):
        if known["off_study_day"] is None:
            # Who left without a day may have left after the cut.
            known["off_study_reason"] = None
        known["study_day"] = cut.days[patient]
        if known["death_day"] is None:
            # A death without a day may lie on either side of the cut.
            known["alive"] = True if row["alive"] or died_later else None
            known["death_cause"] = None
    elif died_later:
        known["alive"] = True
    return known


def first_lenalidomide_day(records: ClinicalRecords, patient: str) -> float | None:
    """Return the day of the first lenalidomide dose: of the exposure sheet, else as typed in."""
    doses = [
        row["start_day"]
        for row in records.of("exposure", patient)
        # A period without its dose is a period in which the drug was taken.
        if row["drug"] == "lenalidomide" and row["dose_mg"] != 0
    ]
    if doses:
        return min(doses)
    return records.patient(patient).get("lenalidomide_start_day")


def with_flare_days(records: ClinicalRecords) -> ClinicalRecords:
    """Return the records with both days of each flare, as far as the first dose tells them."""
    if not records.has("flares"):
        return records
    rows = []
    for row in records.rows("flares"):
        start = first_lenalidomide_day(records, row["patient"])
        days = dict(row)
        for from_dose, study in (
            ("onset_day_from_len", "onset_study_day"),
            ("resolution_day_from_len", "resolution_study_day"),
        ):
            if start is not None and row[study] is None and row[from_dose] is not None:
                days[study] = start + row[from_dose]
            elif start is not None and row[from_dose] is None and row[study] is not None:
                days[from_dose] = row[study] - start
        rows.append(days)
    return replace(records, sheets=dict(records.sheets) | {"flares": rows})


def write_records(records: ClinicalRecords, folder: str | Path) -> Path:
    """Write the records under the digest of their content, and return the file's path."""
    text = records.to_json()
    path = Path(folder) / f"clinical-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
    if not path.exists():
        write_text(path, text)
    return path


def read_records(path: str | Path) -> ClinicalRecords:
    """Read the clinical records of a run."""
    return ClinicalRecords.from_json(Path(path).read_text(encoding="utf-8"))


def rows_with_place(name: str, columns: Iterable[str], rows: Iterable) -> list[dict]:
    """Return a sheet's good rows with every column of its schema, and where each stands."""
    columns = list(columns)
    return [
        {column: row.get(column) for column in columns} | {"row": row.number, "sheet": name}
        for row in rows
    ]


def left_out_rows(kind: str, name: str, rows: Iterable) -> list[dict]:
    """Return what is known of rows that are left out: patient, day, drug, and where each stands."""
    return [
        {
            "patient": row.get("patient"),
            "day": row.get(DAY_OF.get(kind, "")),
            "drug": row.get("drug"),
            "row": row.number,
            "sheet": name,
        }
        for row in rows
        if row.get("patient") is not None
    ]
