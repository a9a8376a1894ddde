"""Each column of a mapping held against the data dictionary, and made into a reader of lines."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from correlates.intake.redcap.cells import (
    Cell,
    Project,
    box_cell,
    boxes_cell,
    coded_cell,
    plain_cell,
    record_cell,
)
from correlates.intake.redcap.choices import meanings
from correlates.intake.redcap.dictionary import WITHOUT_VALUE, Field
from correlates.intake.redcap.mapping import ColumnSource
from correlates.intake.redcap.units import other_unit, unit_of
from correlates.intake.sheets.headers import column_of, plain
from correlates.problems import Problem, did_you_mean

PATIENT = "patient"


@dataclass(frozen=True)
class Column:
    """One column of one source, ready to read lines.

    Parameters
    ----------
    header, column
        As the mapping names it; the column of the schema that it is or becomes.
    label, group
        The REDCap field, for messages; the same with ``{n}`` where it is one of several.
    form
        Instrument of the field; empty for constants and for what stands on other lines.
    read
        Text of the column on a line.
    is_evidence
        Whether a value of it shows that the line holds a row: a constant does not.
    is_numbered
        Whether the field is one of several that ``{n}`` runs over.
    is_box
        Whether it is one box of a checkbox, which is 0 wherever its form was filled in.
    """

    header: str
    column: str
    label: str
    group: str
    form: str
    read: Cell
    is_evidence: bool
    is_numbered: bool = False
    is_box: bool = False


@dataclass(frozen=True)
class Target:
    """The column of a sheet that a header of the mapping means.

    Parameters
    ----------
    column, spec
        Its name and its part of the schema.
    is_date
        Whether the header is one under which its days come as dates.
    """

    column: str
    spec: Mapping
    is_date: bool


class Compiler:
    """Makes readers of the columns of a mapping, and notes everything that is wrong with them.

    Parameters
    ----------
    project
        What is known of the project.
    exported
        Columns of the export.
    file
        The mapping as the user named it, for messages.
    """

    def __init__(self, project: Project, exported: Sequence[str], file: str):
        self.project, self.exported, self.file = project, set(exported), file
        self.problems: list[Problem] = []
        self.used: set[str] = set()

    def note(self, problem: str, remedy: str, place: str, value: str = "") -> None:
        """Note what stops the run, once however often it is found."""
        found = Problem(self.file, problem, remedy, column=place, value=value)
        if found not in self.problems:
            self.problems.append(found)

    def target(self, source: ColumnSource, schema: Mapping) -> Target | None:
        """Return the column that a header means; None, and a note, if the sheet has no such."""
        for column, spec in schema["properties"].items():
            if plain(source.header) in spec.get("dates", ()):
                return Target(column, spec, is_date=True)
        column = column_of(source.header, schema)
        if column is None:
            names = [
                name
                for column, spec in schema["properties"].items()
                for name in (column, *spec.get("units", ()), *spec.get("dates", ()))
            ]
            problem = f"the {schema['title']} sheet has no such column"
            self.note(problem, did_you_mean(source.header, names), source.place)
            return None
        spec = schema["properties"][column]
        return Target(column, spec, is_date=spec.get("kept_back", False))

    def column(self, source: ColumnSource, number: str, schema: Mapping) -> Column | None:
        """Return the reader of one column, for one of the numbers that ``{n}`` runs over."""
        target = self.target(source, schema)
        if target is None:
            return None
        if target.column == PATIENT:
            problem = "the patient is the record, and not mapped"
            self.note(problem, "Remove the line.", source.place)
            return None
        of_number = source.of(number)
        if source.constant:
            read = _constant(of_number.constant)
            return Column(source.header, target.column, "a constant", "a constant", "", read, False)
        found = self._reader(of_number, target)
        if found is None:
            return None
        one, read = found
        if source.of_record:
            read = record_cell(self.project, read)
        return Column(
            header=source.header,
            column=target.column,
            label=of_number.field or of_number.boxes,
            group=source.field or source.boxes,
            form="" if source.of_record else one.form,
            read=read,
            is_evidence=not source.of_record,
            is_numbered=source.has_number,
            is_box=one.kind == "checkbox" and not source.boxes,
        )

    def _reader(self, source: ColumnSource, target: Target) -> tuple[Field, Cell] | None:
        dictionary = self.project.dictionary
        name = source.field or source.boxes
        box = dictionary.box(name)
        one = box[0] if box else dictionary.fields.get(name)
        if one is None:
            known = [column for field in dictionary.fields.values() for column in field.columns]
            problem = f"{dictionary.name} has no field {name!r}"
            self.note(problem, did_you_mean(name, known), source.place, name)
            return None
        absent = [column for column in ([name] if box else one.columns) if not self._has(column)]
        if absent:
            problem = "the export does not have this field"
            self.note(problem, "Export it too, or correct it.", source.place, ", ".join(absent))
            return None
        wrong = list(_misfits(one, source, target, is_box=box is not None))
        for problem, remedy, value in wrong:
            self.note(problem, remedy, source.place, value)
        if one.kind in WITHOUT_VALUE or _is_many(one, box) != bool(source.boxes):
            return None
        return one, self._cell(one, box[1] if box else None, source, target)

    def _has(self, column: str) -> bool:
        self.used.add(column)
        return column in self.exported

    def _cell(self, one: Field, code: str | None, source: ColumnSource, target: Target) -> Cell:
        if code is not None:
            cell = box_cell(self.project, one, code)
            return _renamed(cell, source.values) if source.values else cell
        if not one.choices:
            values = source.values if isinstance(source.values, Mapping) else None
            return plain_cell(self.project, one, values)
        meaning, wrong = meanings(one, target.column, target.spec, source.values)
        if source.boxes:
            cell = boxes_cell(self.project, one, meaning)
        else:
            cell = coded_cell(self.project, one, meaning)
        for problem, remedy, value in wrong:
            self.note(problem, remedy, f"{source.place}.values", value)
        return cell


def _constant(text: str) -> Cell:
    return lambda line: text.replace("{instance}", line.instance or "1")


def _renamed(cell: Cell, values: Mapping[str, str | None]) -> Cell:
    return lambda line: values.get(cell(line), cell(line)) or ""


def _is_many(one: Field, box: tuple | None) -> bool:
    return one.kind == "checkbox" and box is None


def _misfits(
    one: Field, source: ColumnSource, target: Target, is_box: bool
) -> Iterator[tuple[str, str, str]]:
    """Yield what keeps a field from being a column: its type, its dates, who it tells, its unit."""
    if one.kind in WITHOUT_VALUE:
        yield f"a field of type {one.kind} holds no value", "Name another field.", one.name
    elif one.kind == "checkbox" and not is_box and not source.boxes:
        yield (
            "a checkbox is several columns of the export",
            f"Name one box, such as {(one.columns or [one.name])[0]}; or all as boxes: {one.name}.",
            one.name,
        )
    elif source.boxes and (one.kind != "checkbox" or is_box):
        yield "this is no checkbox", "Give it as field.", one.name
    if one.holds_date and not target.is_date:
        headers = target.spec.get("dates", [])
        remedy = f"Map it as {headers[0]}." if headers else "No date goes any further: leave it."
        yield "the field holds dates", remedy, one.name
    if one.is_identifier and not target.is_date:
        remedy = "Leave it out; if it tells nobody, remove the mark Identifier? in REDCap."
        yield "the dictionary marks this field as an identifier", remedy, one.name
    unit = unit_of(source.header)
    if source.unit and source.unit != unit:
        remedy = f"Name a column that ends with _{source.unit}, if the sheet has one."
        yield f"the unit is not that of the column ({unit or 'none'})", remedy, source.unit
    elif not source.unit and other_unit(one, source.header):
        named = other_unit(one, source.header)
        remedy = (
            f"Name a column that ends with _{named}, if the sheet has one; or, if the label is "
            f"wrong, give unit: {unit}."
        )
        yield f"the field's label names another unit ({named})", remedy, one.name
