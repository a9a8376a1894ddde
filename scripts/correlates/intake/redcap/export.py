"""A flat export: one line a record, event, repeated instrument and instance."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from correlates.intake.redcap.dictionary import Dictionary
from correlates.intake.redcap.events import EventMap
from correlates.intake.sheets.tabular import TextTable, read_text_table
from correlates.problems import Problem, did_you_mean

EVENT, INSTRUMENT, INSTANCE = (
    "redcap_event_name",
    "redcap_repeat_instrument",
    "redcap_repeat_instance",
)
# Columns that REDCap itself adds.
OWN = {EVENT, INSTRUMENT, INSTANCE, "redcap_data_access_group", "redcap_survey_identifier"}
_LABELS = {"event name", "repeat instrument", "repeat instance", "data access group"}
_RAW = "Export again: My Reports & Exports, Export Data, CSV / Microsoft Excel (raw data)."


@dataclass(frozen=True)
class Line:
    """One line of an export.

    Parameters
    ----------
    number
        Its row, as a spreadsheet counts it.
    record
        The record.
    event
        Unique event name; empty in a classic project.
    instrument
        The repeating instrument whose instance this is; empty on every other line.
    instance
        Instance of a repeating instrument or event; empty where nothing repeats.
    cells
        Text of each column.
    """

    number: int
    record: str
    event: str
    instrument: str
    instance: str
    cells: Mapping[str, str] = field(repr=False)

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Export:
    """A flat export.

    Parameters
    ----------
    name
        The file as the user named it.
    columns
        Its header.
    lines
        Lines that tell whose and of which event they are.
    """

    name: str
    columns: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def is_longitudinal(self) -> bool:
        """Whether lines are of events."""
        return EVENT in self.columns

    @property
    def repeats(self) -> bool:
        """Whether anything of the project repeats."""
        return INSTANCE in self.columns

    def of_record(self) -> dict[str, list[Line]]:
        """Return the lines of each record, records in their order."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.record, []).append(line)
        return found


def read_export(
    path: str | Path, name: str, dictionary: Dictionary, events: EventMap | None
) -> tuple[Export, list[Problem]]:
    """Read a raw flat export, and say what is wrong with it as a whole and with its lines.

    Parameters
    ----------
    path, name
        The file, and how the user named it.
    dictionary, events
        The project's data dictionary and instrument-event map; None without one.

    Returns
    -------
    The export without the lines that cannot be placed, and every problem.
    """
    table = read_text_table(path, name)
    problems = list(table.problems)
    if not table.header or not dictionary.fields:
        return Export(name), problems
    wrong = _wrong_header(table, name, dictionary, events)
    if wrong is not None:
        return Export(name), [*problems, wrong]
    for title, count in Counter(table.header).items():
        if count > 1:
            problem = f"{count} columns have this name"
            problems.append(Problem(name, problem, _RAW, table.header_row, title))
    lines = tuple(_lines(table, name, dictionary.record, events, problems))
    return Export(name, tuple(table.header), lines), problems


def _wrong_header(
    table: TextTable, name: str, dictionary: Dictionary, events: EventMap | None
) -> Problem | None:
    """Say why an export cannot be read by its header, if it cannot."""
    row, header = table.header_row, set(table.header)
    titles = {title.lower() for title in header}
    known = {column for one in dictionary.fields.values() for column in one.columns}
    if titles & _LABELS or not header & known:
        problem = "the header holds labels, and not the names of fields"
        return Problem(name, problem, _RAW, row)
    if dictionary.record not in header:
        problem = f"the field of the record, {dictionary.record!r}, is missing"
        remedy = f"Export it too; it is the first field of {dictionary.name}."
        return Problem(name, problem, remedy, row, dictionary.record)
    if EVENT in header and events is None:
        problem = "the project has events, and no instrument-event map is given"
        remedy = (
            "Download it (Designate Instruments for My Events) and name it as study.redcap.events."
        )
        return Problem(name, problem, remedy, row, EVENT)
    return None


def _lines(
    table: TextTable,
    name: str,
    record: str,
    events: EventMap | None,
    problems: list[Problem],
) -> Iterator[Line]:
    width = len(table.header)
    for number, texts in table.rows:
        if any(texts[width:]):
            problem = f"the row has {len(texts)} fields, the header {width}"
            problems.append(Problem(name, problem, _RAW, number, stops="row"))
            continue
        cells = dict(zip(table.header, texts, strict=False))
        if not cells[record]:
            problem, remedy = "the record is missing", "Export it again, or remove the row."
            problems.append(Problem(name, problem, remedy, number, record, stops="row"))
            continue
        event = cells.get(EVENT, "")
        if event and events is not None and event not in events.forms:
            problem = f"{events.name} does not have this event"
            remedy = f"{did_you_mean(event, list(events.forms))} Or download the map again."
            problems.append(Problem(name, problem, remedy, number, EVENT, event, "row"))
            continue
        yield Line(
            number, cells[record], event, cells.get(INSTRUMENT, ""), cells.get(INSTANCE, ""), cells
        )
