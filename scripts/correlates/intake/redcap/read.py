"""REDCap in: export, data dictionary, event map and mapping read together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from correlates.intake.config import CONFIG
from correlates.intake.redcap.cells import Project
from correlates.intake.redcap.dictionary import Dictionary, read_dictionary
from correlates.intake.redcap.events import EventMap, read_events
from correlates.intake.redcap.export import Export, read_export
from correlates.intake.redcap.mapping import RedcapMap, read_mapping
from correlates.intake.redcap.tables import SheetMaker
from correlates.intake.sheets.tabular import TextTable
from correlates.problems import Problem, did_you_mean

# The instrument of derived results.
INSTRUMENT = "cll_correlates"
FILES = ("export", "dictionary", "events", "mapping")


@dataclass(frozen=True)
class Redcap:
    """What a study has of its REDCap project.

    Parameters
    ----------
    export, dictionary, events, mapping
        The files, as far as they could be read; ``events`` is None in a classic project.
    problems
        Everything wrong with them.
    """

    export: Export
    dictionary: Dictionary
    events: EventMap | None
    mapping: RedcapMap
    problems: tuple[Problem, ...] = ()

    def tables(self) -> tuple[dict[str, TextTable], list[Problem]]:
        """Return the table of each mapped sheet; none while a file cannot be relied on."""
        problems = list(self.problems)
        if any(problem.stops == "run" for problem in problems):
            return {}, problems
        project = Project(self.dictionary, self.mapping.missing_codes, self.export.of_record())
        maker = SheetMaker(self.mapping, project, self.export, self.events)
        tables, more = maker.tables()
        return tables, problems + more


@dataclass
class _Problems:
    found: list[Problem] = field(default_factory=list)

    def of(self, made: tuple):
        """Return what was read, and keep what is wrong with it."""
        content, problems = made
        self.found += problems
        return content


def read_redcap(block: Mapping, root: str | Path = ".") -> Redcap:
    """Read the files of a REDCap project.

    Parameters
    ----------
    block
        The config's ``study.redcap``: ``export``, ``dictionary``, ``mapping``, and ``events`` of a
        longitudinal project.
    root
        The working directory, to which the paths are relative.

    Returns
    -------
    All of them with every problem. Nothing is raised for what is wrong in them.
    """
    paths = {name: str(block[name]) for name in FILES if block.get(name)}
    root, problems = Path(root), _Problems()
    dictionary = problems.of(read_dictionary(root / paths["dictionary"], paths["dictionary"]))
    mapping = problems.of(read_mapping(root / paths["mapping"], paths["mapping"]))
    events = None
    if "events" in paths:
        events = problems.of(read_events(root / paths["events"], paths["events"]))
    export = problems.of(read_export(root / paths["export"], paths["export"], dictionary, events))
    if export.lines and isinstance(block.get("results"), Mapping):
        problems.found += _results_problems(block["results"], export, events)
    return Redcap(export, dictionary, events, mapping, tuple(problems.found))


def _results_problems(
    results: Mapping, export: Export, events: EventMap | None
) -> Iterator[Problem]:
    """Yield what keeps derived results from finding their place in the project."""
    event, column = results.get("event"), "study.redcap.results.event"
    if events is None or not export.is_longitudinal:
        if event:
            problem = "the project has no events"
            yield Problem(CONFIG, problem, "Leave the key out.", column=column, value=str(event))
    elif not event:
        problem = "nothing tells at which event results are to be stored"
        remedy = f"Give one of {', '.join(events.forms)}."
        yield Problem(CONFIG, problem, remedy, column=column)
    elif event not in events.forms:
        remedy = did_you_mean(str(event), list(events.forms))
        problem = f"{events.name} does not have this event"
        yield Problem(CONFIG, problem, remedy, column=column, value=str(event))
    elif INSTRUMENT not in events.forms[event]:
        problem = f"the instrument {INSTRUMENT} of the results is not designated for this event"
        remedy = (
            "Before the import add results/clinical/redcap_dictionary.csv to the data dictionary, "
            "and designate the instrument for the event."
        )
        yield Problem(CONFIG, problem, remedy, column=column, value=event, stops="nothing")
