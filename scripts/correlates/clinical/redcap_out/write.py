"""The import file of derived results, and the rows of its instrument in the data dictionary."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from correlates.clinical.redcap_out.fields import (
    DICTIONARY_COLUMNS,
    INSTRUMENT,
    dictionary_rows,
    field_name,
)
from correlates.clinical.redcap_out.values import Values
from correlates.intake.redcap.export import EVENT, INSTANCE, Export
from correlates.intake.redcap.export import INSTRUMENT as REPEATED
from correlates.tables import whole_file

PREFIX = "cllc"
# Incomplete is 0, unverified 1, complete 2: nobody has looked at what a machine computed.
UNVERIFIED = "1"


def write_dictionary(path: str | Path, values: Values, prefix: str = PREFIX) -> None:
    """Write the instrument's rows of the data dictionary."""
    _write_csv(path, DICTIONARY_COLUMNS, dictionary_rows(values.fields.values(), prefix))


def write_import(
    path: str | Path,
    values: Values,
    export: Export,
    record: str,
    event: str = "",
    prefix: str = PREFIX,
) -> None:
    """Write the import file: one row for each record of the export that has a result.

    Parameters
    ----------
    path
        Where it shall stand.
    values
        The derived fields and their values. Patients who did not come in from REDCap are left out.
    export
        The export that the study was read from.
    record
        Name of the field that holds the record.
    event
        Event that the results are stored in; empty in a classic project.
    prefix
        What the names of the fields begin with.
    """
    structure = [record]
    structure += [EVENT] if export.is_longitudinal else []
    structure += [REPEATED, INSTANCE] if export.repeats else []
    names = {name: field_name(prefix, name) for name in values.fields}
    columns = [*structure, *names.values(), f"{INSTRUMENT}_complete"]
    instance = "1" if _is_repeating_event(export, event) else ""
    rows = []
    for patient in export.of_record():
        found = values.of_patient.get(patient)
        if found is None:
            continue
        row = {record: patient, EVENT: event, REPEATED: "", INSTANCE: instance}
        row = {column: text for column, text in row.items() if column in structure}
        row |= {names[name]: text for name, text in found.items()}
        rows.append(row | {f"{INSTRUMENT}_complete": UNVERIFIED})
    _write_csv(path, columns, rows)


def _is_repeating_event(export: Export, event: str) -> bool:
    return any(
        line.event == event and line.instance and not line.instrument for line in export.lines
    )


def _write_csv(path: str | Path, columns: Sequence[str], rows: Iterable[Mapping]) -> None:
    with whole_file(path) as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
