"""Exports, dictionaries and event maps as REDCap writes them, made of plain rows."""

import csv
import io
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import yaml

from correlates.intake.redcap.dictionary import COLUMNS
from correlates.intake.sheets.schemas import load_schema

TITLE_OF_VALIDATION = "text_validation_type_or_show_slider_number"
TITLES = list(COLUMNS)
SHORT = list(COLUMNS.values())


def dictionary_text(fields, titles=TITLES) -> str:
    """Return a data dictionary; a field is name, form, type and then any column by its short name.

    Parameters
    ----------
    fields
        Tuples of name, form and type, with a dict of further columns at the end if need be.
    titles
        The header: as a project downloads it, or as the API names it.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow(titles)
    for name, form, kind, *more in fields:
        cells = {"field_name": name, "form_name": form, "field_type": kind, "field_label": name}
        cells |= more[0] if more else {}
        writer.writerow([cells.get(column, "") for column in SHORT])
    return stream.getvalue()


def export_text(columns, rows, separator=",") -> str:
    """Return a flat export; a row is a dict, what it leaves out is blank."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, delimiter=separator, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def events_text(pairs) -> str:
    """Return an instrument-event map of pairs of event and instrument."""
    return "arm_num,unique_event_name,form\n" + "".join(f"1,{e},{form}\n" for e, form in pairs)


def write_project(folder: Path, fields, columns, rows, mapping, events=None) -> dict:
    """Write the files of a project, and return the config's ``study.redcap``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dictionary.csv").write_text(dictionary_text(fields), encoding="utf-8")
    (folder / "export.csv").write_text(export_text(columns, rows), encoding="utf-8")
    text = mapping if isinstance(mapping, str) else yaml.safe_dump(mapping, sort_keys=False)
    (folder / "map.yaml").write_text(text, encoding="utf-8")
    block = {"export": "export.csv", "dictionary": "dictionary.csv", "mapping": "map.yaml"}
    if events is not None:
        (folder / "events.csv").write_text(events_text(events), encoding="utf-8")
        block["events"] = "events.csv"
    return block


BASELINE = "baseline_arm_1"
STRUCTURE = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")


class ProjectOfSheets:
    """A longitudinal project that holds what sheets hold: days as dates, words as codes.

    Each sheet is an instrument that repeats, at the event of the row's visit; patients are a form
    of the baseline.

    Parameters
    ----------
    sheets
        Rows of each sheet, all values as text.
    first_dose
        Date of each patient's first ibrutinib dose.
    """

    def __init__(self, sheets, first_dose):
        self.first_dose = first_dose
        self.fields = [("record_id", "patients", "text")]
        self.columns = ["record_id", *STRUCTURE]
        self.mapping, self.rows, self.events = {"sheets": {}}, [], {(BASELINE, "patients")}
        for kind, rows in sheets.items():
            self._add(kind, rows)
        self._add_key()

    def write(self, folder: Path) -> dict:
        """Write the project's files, and return the config's ``study.redcap``."""
        events = sorted(self.events)
        # fields of one instrument stand together, the record first
        fields = sorted(self.fields, key=lambda field: field[1] != "patients")
        return write_project(folder, fields, self.columns, self.rows, self.mapping, events)

    def dates(self) -> set[str]:
        """Return every date of the project."""
        texts = {text for row in self.rows for text in row.values()}
        return {text for text in texts if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text)}

    def _add(self, kind, rows):
        names = [name for name in rows[0] if name not in ("patient", "visit")]
        told = {name: self._field(kind, name, [row[name] for row in rows]) for name in names}
        self.mapping["sheets"][kind] = [{"columns": {h: f for h, f, _ in told.values()}}]
        instances = Counter()
        for row in rows:
            visit = row.get("visit")
            event = f"{visit.lower()}_arm_1" if visit else BASELINE
            self.events.add((event, kind))
            cells = {"record_id": row["patient"], "redcap_event_name": event}
            if kind != "patients":
                instances[row["patient"], event] += 1
                number = instances[row["patient"], event]
                cells |= {"redcap_repeat_instrument": kind, "redcap_repeat_instance": str(number)}
            for name in names:
                _, field, write = told[name]
                cells[field] = write(row["patient"], row[name]) if row[name] else ""
            self.rows.append(cells)
        self.columns.append(f"{kind}_complete")

    def _field(self, kind, name, texts):
        """Describe a field; return the header that it is mapped as, its name, and its writer."""
        spec = load_schema(kind)["properties"][name]
        field, more, header = f"{kind}_{name}", {}, name
        field_type, write = "text", lambda patient, text: text
        if "enum" in spec:
            codes = {value: str(code) for code, value in enumerate(spec["enum"], start=1)}
            field_type, write = "radio", lambda patient, text: codes[text]
            choices = " | ".join(f"{code}, {value}" for value, code in codes.items())
            more = {"select_choices_or_calculations": choices}
        elif spec["type"] == "boolean":
            field_type, write = "yesno", lambda patient, text: {"yes": "1", "no": "0"}[text]
        elif "dates" in spec and not any("." in text for text in texts):
            header, more = spec["dates"][0], {TITLE_OF_VALIDATION: "date_dmy"}
            write = self._date
        self.fields.append((field, kind, field_type, more))
        self.columns.append(field)
        return header, field, write

    def _date(self, patient, day):
        return (self.first_dose[patient] + timedelta(days=int(day) - 1)).isoformat()

    def _add_key(self):
        self.fields.append(("ibr_start", "patients", "text", {TITLE_OF_VALIDATION: "date_dmy"}))
        self.columns.append("ibr_start")
        self.mapping["sheets"]["dates"] = [{"columns": {"first_ibrutinib_date": "ibr_start"}}]
        for row in self.rows:
            if not row.get("redcap_repeat_instrument"):
                row["ibr_start"] = self.first_dose[row["record_id"]].isoformat()
