"""One field of one line as the text that a sheet would hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from correlates.intake.redcap.branching import is_shown
from correlates.intake.redcap.dictionary import Dictionary, Field, box_column
from correlates.intake.redcap.export import Line
from correlates.intake.sheets.cells import CellError, is_empty

_NO_LABELS = "Export again as raw data: this is a label, not a code."


@dataclass(frozen=True)
class Project:
    """What is known of a REDCap project when a field is read.

    Parameters
    ----------
    dictionary
        Its data dictionary.
    missing_codes
        Its missing data codes.
    of_record
        Lines of each record.
    """

    dictionary: Dictionary
    missing_codes: frozenset[str] = frozenset()
    of_record: Mapping[str, list[Line]] = field(default_factory=dict)

    @cached_property
    def of_form(self) -> dict[str, list[Field]]:
        """Fields of each instrument, without that of the record."""
        found: dict[str, list[Field]] = {}
        for one in self.dictionary.fields.values():
            if one.name != self.dictionary.record:
                found.setdefault(one.form, []).append(one)
        return found

    def text(self, line: Line, column: str) -> str:
        """Return a column's text; ``""`` where it is blank or holds a missing data code."""
        text = line[column]
        return "" if is_empty(text) or text in self.missing_codes else text


Cell = Callable[[Line], str]


def plain_cell(project: Project, one: Field, values: Mapping[str, str | None] | None) -> Cell:
    """Return the reader of a field without choices; ``values`` may rename some of its texts."""
    with_comma = "comma_decimal" in one.validation
    renamed = {text: value or "" for text, value in (values or {}).items()}

    def read(line: Line) -> str:
        text = project.text(line, one.name)
        if with_comma:
            text = text.replace(",", ".")
        return renamed.get(text, text)

    return read


def coded_cell(project: Project, one: Field, meaning: Mapping[str, str]) -> Cell:
    """Return the reader of a field with choices, by the text that each code stands for.

    Raises
    ------
    CellError
        By the reader, for what is no choice of the field.
    """

    def read(line: Line) -> str:
        text = project.text(line, one.name)
        if not text or text in meaning:
            return meaning.get(text, "")
        if text in one.choices.values():
            problem, remedy = "the export holds labels, and not codes", _NO_LABELS
        else:
            problem = f"this is no choice of the field {one.name!r}"
            remedy = (
                f"Choices: {', '.join(one.choices)}. Correct it in REDCap; a missing data code is "
                "named in missing_codes of the mapping."
            )
        raise CellError(problem, remedy, text)

    return read


def box_cell(project: Project, one: Field, code: str) -> Cell:
    """Return the reader of one box: ``1`` if it is ticked, ``0`` if not, ``""`` if nobody saw it.

    REDCap exports boxes that are not ticked as 0 even where the form was never filled in, where
    branching logic hid them, and where a missing data code was chosen: these are missing.
    """
    column = box_column(one.name, code)

    def read(line: Line) -> str:
        text = line[column]
        if text == "1":
            return "1"
        if text not in ("", "0"):
            problem = "a box is 1 or 0"
            raise CellError(problem, _NO_LABELS, text)
        return "0" if text == "0" and _was_seen(project, one, line) else ""

    return read


def boxes_cell(project: Project, one: Field, meaning: Mapping[str, str]) -> Cell:
    """Return the reader of a checkbox as the list of its ticked choices, divided by ``;``."""
    boxes = {code: box_cell(project, one, code) for code in one.choices}

    def read(line: Line) -> str:
        ticked = [meaning[code] for code, box in boxes.items() if box(line) == "1"]
        return ";".join(text for text in ticked if text)

    return read


def record_cell(project: Project, cell: Cell) -> Cell:
    """Return the reader of a field that stands on any line of the record.

    Raises
    ------
    CellError
        By the reader, if lines of the record hold different values.
    """

    def read(line: Line) -> str:
        lines = project.of_record.get(line.record, [])
        found = dict.fromkeys(text for text in map(cell, lines) if text)
        if len(found) > 1:
            problem = f"lines of this record hold {len(found)} different values"
            raise CellError(problem, "Correct them in REDCap, or map one event.", "")
        return next(iter(found), "")

    return read


def _was_seen(project: Project, one: Field, line: Line) -> bool:
    """Tell whether somebody saw a checkbox on a line, so that an empty box is an answer."""
    if any(line[box_column(one.name, code)] == "1" for code in project.missing_codes):
        return False
    if is_shown(one.branching, lambda name: line[name]) is not True:
        return False
    if line[f"{one.form}_complete"] in ("1", "2"):
        return True
    return any(
        line[column] == "1" if other.kind == "checkbox" else project.text(line, column)
        for other in project.of_form[one.form]
        for column in other.columns
    )
