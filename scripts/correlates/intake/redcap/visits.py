"""Visits of events: by the mapping, or by their own names."""

from collections.abc import Callable, Iterator

from correlates.intake.redcap.events import EventMap
from correlates.intake.redcap.export import Line
from correlates.intake.redcap.mapping import RedcapMap
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.visits import parse_visit, visit_remedy
from correlates.problems import Problem, did_you_mean

VISIT = "visit"


class Visits:
    """Tells the visit of a line from its event.

    Parameters
    ----------
    mapping
        The mapping, whose ``visits`` go before the names of events.
    events
        The instrument-event map; None in a classic project.
    note
        Notes a problem that stops the run: problem, remedy, place and value.
    """

    def __init__(self, mapping: RedcapMap, events: EventMap | None, note: Callable):
        self.mapping, self.note = mapping, note
        self._without: dict[str, set[str]] = {}
        for event, visit in mapping.visits.items():
            place = f"visits.{event}"
            if events is None or event not in events.forms:
                known = list(events.forms) if events else []
                problem = "the project has no such event"
                remedy = did_you_mean(event, known) if known else "Leave visits out."
                note(problem, remedy, place)
            if visit is not None and parse_visit(visit.replace("{n}", "1")) is None:
                note("this is no visit", visit_remedy(visit), place, visit)

    def of(self, line: Line, kind: str) -> str:
        """Return the visit of a line of a sheet's; ``""`` for an event that is none."""
        if line.event in self.mapping.visits:
            visit = self.mapping.visits[line.event] or ""
            return visit.replace("{n}", line.instance or "1")
        if parse_visit(line.event) is not None:
            return line.event
        self._without.setdefault(line.event, set()).add(kind)
        if VISIT in load_schema(kind)["required"]:
            problem = f"nothing tells which visit this event is, which the {kind} sheet needs"
            remedy = "Give it under visits, such as C1D1; or read the source's other events only."
            self.note(problem, remedy, f"visits.{line.event}")
        return ""

    def notes(self) -> Iterator[Problem]:
        """Yield the events without a visit whose rows are kept."""
        for event, kinds in self._without.items():
            problem = f"nothing tells which visit this event is; rows of {', '.join(sorted(kinds))}"
            remedy = "Give it under visits, such as C1D1; or null, if it is none."
            yield Problem(
                self.mapping.name,
                problem + " have none",
                remedy,
                column=f"visits.{event}",
                stops="nothing",
            )
