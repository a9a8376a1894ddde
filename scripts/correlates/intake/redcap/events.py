"""The instrument-event map of a longitudinal project: which instrument is filled in when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from correlates.intake.sheets.tabular import read_text_table
from correlates.problems import Problem

_NEEDED = ("unique_event_name", "form")
_DOWNLOAD = (
    "Download it again: Designate Instruments for My Events, Download instrument-event mappings."
)


@dataclass(frozen=True)
class EventMap:
    """Instruments by event.

    Parameters
    ----------
    name
        The file as the user named it.
    forms
        Instruments of each unique event name.
    """

    name: str = ""
    forms: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read_events(path: str | Path, name: str) -> tuple[EventMap, list[Problem]]:
    """Read an instrument-event map (arm_num, unique_event_name, form)."""
    table = read_text_table(path, name)
    problems = list(table.problems)
    header = [title.lower() for title in table.header]
    missing = [column for column in _NEEDED if column not in header]
    if not table.header or missing:
        if table.header:
            problem = f"this is no instrument-event map: missing is {', '.join(missing)}"
            problems.append(Problem(name, problem, _DOWNLOAD, table.header_row))
        return EventMap(name), problems
    forms: dict[str, set[str]] = {}
    for _, texts in table.rows:
        cells = dict(zip(header, texts, strict=False))
        forms.setdefault(cells["unique_event_name"], set()).add(cells.get("form", ""))
    return EventMap(name, {event: frozenset(of) for event, of in forms.items()}), problems
