"""Sources of a mapping against the project: instruments, events, columns that are needed."""

from collections.abc import Mapping

from correlates.intake.redcap.columns import PATIENT, Column, Compiler
from correlates.intake.redcap.events import EventMap
from correlates.intake.redcap.export import Export
from correlates.intake.redcap.mapping import Source
from correlates.intake.redcap.visits import VISIT
from correlates.intake.sheets.schemas import load_schema
from correlates.problems import did_you_mean


class SourceChecks:
    """Checks sources, and notes what is wrong with them where their columns do.

    Parameters
    ----------
    compiler
        What made the columns; it keeps the notes.
    export
        The export.
    events
        The instrument-event map; None in a classic project.
    """

    def __init__(self, compiler: Compiler, export: Export, events: EventMap | None):
        self.note, self.dictionary = compiler.note, compiler.project.dictionary
        self.export, self.events = export, events
        self._repeated = {line.instrument for line in export.lines if line.instrument}

    def source(self, source: Source, columns: list[Column]) -> None:
        """Check one source, of which these columns could be made."""
        self._check_forms(source, columns)
        self._check_events(source, columns)
        self._check_repeated(source, columns)

    def _check_forms(self, source: Source, columns: list[Column]) -> None:
        forms = list(dict.fromkeys(column.form for column in columns if column.form))
        known = self.dictionary.forms
        if source.instrument and source.instrument not in known:
            remedy = did_you_mean(source.instrument, known)
            problem = f"{self.dictionary.name} has no such instrument"
            place = f"{source.place}.instrument"
            self.note(problem, remedy, place, source.instrument)
        elif source.instrument and set(forms) - {source.instrument}:
            others = ", ".join(form for form in forms if form != source.instrument)
            problem = f"fields are of other instruments than {source.instrument}"
            remedy = "Give a source of its own, or of: record for what the record holds once."
            self.note(problem, remedy, source.place, others)
        elif len(forms) > 1 and set(forms) & self._repeated:
            problem = "the fields are of several instruments, one of which repeats"
            remedy = "Give each instrument a source, or of: record for what the record holds once."
            self.note(problem, remedy, source.place, ", ".join(forms))

    def _check_events(self, source: Source, columns: list[Column]) -> None:
        if not source.events:
            return
        place = f"{source.place}.events"
        if self.events is None or not self.export.is_longitudinal:
            self.note("the project has no events", "Leave the key out.", place)
            return
        forms = {column.form for column in columns if column.form}
        for event in source.events:
            if event not in self.events.forms:
                remedy = did_you_mean(event, list(self.events.forms))
                problem = f"{self.events.name} does not have this event"
                self.note(problem, remedy, place, event)
            elif forms and not forms & self.events.forms[event]:
                problem = f"{self.events.name} has no {' or '.join(sorted(forms))} at this event"
                remedy = "Correct the event, or the instrument."
                self.note(problem, remedy, place, event)

    def _check_repeated(self, source: Source, columns: list[Column]) -> None:
        first: dict[str, str] = {}
        for column in columns:
            if column.column in first and not _is_day_and_date(source, column, first):
                problem = f"two columns of the source mean {column.column!r}"
                place = f"{source.place}.columns"
                self.note(problem, "Keep one of them.", place, column.header)
            first.setdefault(column.column, column.header)

    def needed_columns(self, kind: str, sources: tuple[Source, ...], compiled: list) -> None:
        """Note each column that a sheet needs, and a source does not map."""
        schema = load_schema(kind)
        for source, numbered in zip(sources, compiled, strict=True):
            if kind == "patients" and source is not sources[0]:
                continue
            given = {column.column for _, columns in numbered for column in columns} | {PATIENT}
            given |= {VISIT} if self.export.is_longitudinal else set()
            # a header that was refused is told of already
            given |= {one.header for one in source.columns}
            for column in schema["required"]:
                if column not in given and not self._is_date_of(source, schema, column):
                    spec = schema["properties"][column]
                    dates = "".join(f" or {name}" for name in spec.get("dates", [])[:1])
                    remedy = f"Map {column}{dates}: {spec['description']}"
                    problem = "this column is needed, and not mapped"
                    place = f"{source.place}.columns.{column}"
                    self.note(problem, remedy, place)

    @staticmethod
    def _is_date_of(source: Source, schema: Mapping, column: str) -> bool:
        dates = schema["properties"][column].get("dates", [])
        return any(one.header in dates for one in source.columns)


def _is_day_and_date(source: Source, column: Column, first: Mapping[str, str]) -> bool:
    dates = load_schema(source.kind)["properties"][column.column].get("dates", [])
    return (column.header in dates) != (first[column.column] in dates)
