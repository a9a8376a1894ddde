"""A table that somebody wrote: one row per well and target, under any header of the schema."""

from dataclasses import replace

from correlates.intake.qpcr.words import is_undetermined, sample_without_no_rt, task_of, well_name
from correlates.intake.sheets.headers import column_of
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.tabular import TextTable


def tidy_table(table: TextTable, plate: str) -> TextTable:
    """Return a sheet with its words brought to those of the schema.

    Parameters
    ----------
    table
        The sheet as it stands in the file.
    plate
        What the plate is called where no column says it.

    Returns
    -------
    The table with Undetermined and its like as an empty Cq, wells without leading zeros, and
    where they are not told, the plate and each well's task. Its numbers must be written with a
    decimal point, as in every sheet.
    """
    if not table.header:
        # it could not be read, of which it has told
        return table
    schema = load_schema("qpcr")
    of_column = [column_of(header, schema) for header in table.header]
    places = {column: place for place, column in enumerate(of_column) if column is not None}
    added = [column for column in ("plate", "task") if column not in places]
    width = len(table.header)
    rows = []
    for number, fields in table.rows:
        fields = [*fields, *[""] * (width - len(fields))]
        surplus = fields[width:]
        fields = [_word(fields[place], of_column[place]) for place in range(width)]
        sample = fields[places["sample"]] if "sample" in places else ""
        if "task" in places:
            fields[places["task"]] = task_of(fields[places["task"]], sample)
            if fields[places["task"]] == "no_rt" and "sample" in places:
                fields[places["sample"]] = sample_without_no_rt(sample)
        known = {"plate": plate, "task": task_of("", sample)}
        # what is too much in a row stays behind the columns that are added, so that it is told
        rows.append((number, [*fields, *(known[column] for column in added), *surplus]))
    labels = dict(table.labels)
    labels |= {(None, "plate"): "the file's name"} if "plate" in added else {}
    return replace(table, header=[*table.header, *added], rows=rows, labels=labels)


def _word(text: str, column: str | None) -> str:
    if column == "cq":
        return "" if is_undetermined(text) else text
    return well_name(text) if column == "well" else text
