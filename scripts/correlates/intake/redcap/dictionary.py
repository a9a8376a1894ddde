"""The data dictionary of a REDCap project: what each field is, and what its codes mean."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from correlates.intake.sheets.tabular import TextTable, read_text_table
from correlates.problems import Problem

# The 18 columns as a project downloads them, and as the API names them.
COLUMNS = {
    "Variable / Field Name": "field_name",
    "Form Name": "form_name",
    "Section Header": "section_header",
    "Field Type": "field_type",
    "Field Label": "field_label",
    "Choices, Calculations, OR Slider Labels": "select_choices_or_calculations",
    "Field Note": "field_note",
    "Text Validation Type OR Show Slider Number": "text_validation_type_or_show_slider_number",
    "Text Validation Min": "text_validation_min",
    "Text Validation Max": "text_validation_max",
    "Identifier?": "identifier",
    "Branching Logic (Show field only if...)": "branching_logic",
    "Required Field?": "required_field",
    "Custom Alignment": "custom_alignment",
    "Question Number (surveys only)": "question_number",
    "Matrix Group Name": "matrix_group_name",
    "Matrix Ranking?": "matrix_ranking",
    "Field Annotation": "field_annotation",
}
_NEEDED = ("field_name", "form_name", "field_type")
_WITH_CHOICES = ("radio", "dropdown", "checkbox")
# Types whose choices REDCap fixes, and types that hold nothing to read.
_FIXED = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
WITHOUT_VALUE = ("descriptive", "file")
_TAG = re.compile(r"<[^>]*>")
_DOWNLOAD = "Download it again: Project Setup, Download the current Data Dictionary."


@dataclass(frozen=True)
class Field:
    """One field of a project.

    Parameters
    ----------
    name, form, kind
        Its variable name, instrument and field type.
    label, note
        As people who enter data see them.
    choices
        Label of each code; of ``yesno`` and ``truefalse`` those that REDCap fixes.
    validation
        Type of validation, such as ``date_dmy`` or ``number_1dp_comma_decimal``.
    is_identifier
        Whether it is marked as one that tells who somebody is.
    branching
        Logic by which it is shown.
    row
        Its row in the dictionary.
    """

    name: str
    form: str
    kind: str
    label: str = ""
    note: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    validation: str = ""
    is_identifier: bool = False
    branching: str = ""
    row: int = 0

    @property
    def holds_date(self) -> bool:
        """Whether REDCap lets only dates into it."""
        return self.validation.startswith("date")

    @property
    def columns(self) -> list[str]:
        """Columns of the raw export: one, or one a choice of a checkbox."""
        if self.kind != "checkbox":
            return [self.name]
        return [box_column(self.name, code) for code in self.choices]


def box_column(name: str, code: str) -> str:
    """Return the column of one box: ``fish___3``; of code ``-99`` it is ``fish____99``."""
    return f"{name}___{re.sub(r'[^a-z0-9_]', '_', code.lower())}"


@dataclass(frozen=True)
class Dictionary:
    """The fields of a project.

    Parameters
    ----------
    name
        The file as the user named it.
    fields
        Fields by name, in their order; the first is that of the record.
    """

    name: str
    fields: Mapping[str, Field] = field(default_factory=dict)

    @property
    def record(self) -> str:
        """Name of the field that holds the record."""
        return next(iter(self.fields), "")

    @property
    def forms(self) -> list[str]:
        """Instruments, in their order."""
        return list(dict.fromkeys(one.form for one in self.fields.values()))

    def box(self, column: str) -> tuple[Field, str] | None:
        """Return the checkbox and the code of a column such as ``fish___3``; None if it is none."""
        one = self.fields.get(column.partition("___")[0])
        for code in one.choices if one and one.kind == "checkbox" else ():
            if box_column(one.name, code) == column:
                return one, code
        return None


def read_dictionary(path: str | Path, name: str) -> tuple[Dictionary, list[Problem]]:
    """Read a data dictionary as REDCap or its API writes it, and say what is wrong with it."""
    table = read_text_table(path, name)
    problems = list(table.problems)
    if not table.header:
        return Dictionary(name), problems
    verbose = {title.lower(): short for title, short in COLUMNS.items()}
    header = [verbose.get(title.lower(), title.lower()) for title in table.header]
    missing = [column for column in _NEEDED if column not in header]
    if missing:
        problem = f"this is no data dictionary: columns are missing ({', '.join(missing)})"
        problems.append(Problem(name, problem, _DOWNLOAD, table.header_row))
        return Dictionary(name), problems
    return Dictionary(name, _fields(table, header, name, problems)), problems


def _fields(
    table: TextTable, header: list[str], name: str, problems: list[Problem]
) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for number, texts in table.rows:
        cells = dict(zip(header, texts, strict=False))
        one = _field(cells, number)
        if one.name in found:
            problem = f"this field stands in row {found[one.name].row} already"
            problems.append(Problem(name, problem, _DOWNLOAD, number, "field_name", one.name))
            continue
        found[one.name] = one
    return found


def _field(cells: Mapping[str, str], number: int) -> Field:
    kind = cells["field_type"].lower()
    choices = _FIXED.get(kind, {})
    if kind in _WITH_CHOICES:
        choices = parse_choices(cells.get("select_choices_or_calculations", ""))
    return Field(
        name=cells["field_name"],
        form=cells["form_name"],
        kind=kind,
        label=_TAG.sub(" ", cells.get("field_label", "")).strip(),
        note=_TAG.sub(" ", cells.get("field_note", "")).strip(),
        choices=choices,
        validation=cells.get("text_validation_type_or_show_slider_number", "").lower(),
        is_identifier=cells.get("identifier", "").lower() == "y",
        branching=cells.get("branching_logic", ""),
        row=number,
    )


def parse_choices(text: str) -> dict[str, str]:
    """Return the label of each code of ``1, Yes | 2, No, never``; a label may hold commas."""
    choices = {}
    for part in text.split("|"):
        code, mark, label = part.strip().partition(",")
        if code.strip():
            choices[code.strip()] = _TAG.sub(" ", label).strip() if mark else code.strip()
    return choices
