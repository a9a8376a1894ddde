"""Exports, dictionaries and event maps as REDCap writes them, made of plain rows."""

import csv
import io
from pathlib import Path

import yaml

from correlates.intake.redcap.dictionary import COLUMNS

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
