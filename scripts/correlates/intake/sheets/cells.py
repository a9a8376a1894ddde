"""From a field's text to a value of its column, or to what is wrong with it."""

import re
from collections.abc import Callable, Mapping

from correlates.problems import nearest

EMPTY = {"", "na", "n/a", "nan", "null", "none given", "#n/a"}
TRUE = {"yes", "y", "true", "t", "1", "pos", "positive"}
FALSE = {"no", "n", "false", "f", "0", "neg", "negative"}
HIDDEN = "(a date)"

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|\d{1,2}[- ]?[A-Za-z]{3,9}[- ,]*\d{2,4}|[A-Za-z]{3,9} \d{1,2},? \d{4})([T ].*)?"
)
# A name may look like a short date (site 01-02-003); these cannot be anything else.
_DATED_NAME = re.compile(r"(19|20)\d{2}([-.])\d{1,2}\2\d{1,2}|\d{1,2}([-.])\d{1,2}\3(19|20)\d{2}")
_MADE_NUMBER = re.compile(r"(\d+)\.0+|(\d(?:\.\d+)?[eE]\+\d+)")


class CellError(ValueError):
    """A field that its column does not allow.

    Parameters
    ----------
    problem, remedy
        As in a ``Problem``.
    shown
        What may be shown of the value: a calendar date is not, since outputs go on to others.
    """

    def __init__(self, problem: str, remedy: str, shown: str):
        super().__init__(problem)
        self.problem, self.remedy, self.shown = problem, remedy, shown


def is_empty(text: str) -> bool:
    """Tell whether a field says that there is no value."""
    return text.lower() in EMPTY


def cell_reader(schema: Mapping, factor: float = 1.0) -> Callable[[str], object]:
    """Return the function that turns a field of a column, not empty, into its value.

    Parameters
    ----------
    schema
        The column's part of a sheet schema; its words ``type``, ``enum``, ``pattern``, ``minimum``,
        ``maximum``, ``exclusiveMinimum``, ``name`` (no number that a spreadsheet made) and
        ``undated`` (a name that is no date) are obeyed, ``legal`` and ``means`` help.
    factor
        What numbers are multiplied by, where the header declares another unit.

    Returns
    -------
    A function of the text, which raises ``CellError`` for a value that the column does not allow.
    """
    kind = schema["type"]
    if kind in ("number", "integer"):
        return _number_reader(schema, whole=kind == "integer", factor=factor)
    if kind == "boolean":
        return _read_boolean
    if "enum" in schema:
        return _enum_reader(schema)
    return _text_reader(schema)


def _number_reader(schema: Mapping, whole: bool, factor: float) -> Callable[[str], float]:
    legal = f"Legal: {schema['legal']}."
    low = schema.get("minimum", float("-inf"))
    above = schema.get("exclusiveMinimum", float("-inf"))
    high = schema.get("maximum", float("inf"))

    def read(text: str) -> float:
        if not _NUMBER.fullmatch(text):
            raise _no_number(text, schema, legal)
        # ten digits, so that 112 g/L is 11.2 g/dL and not 11.200000000000001
        value = float(text) if factor == 1 else float(f"{float(text) * factor:.10g}")
        if whole and value != int(value):
            problem = "this is not a whole number"
            raise CellError(problem, legal, text)
        if not low <= value <= high or value <= above:
            problem = "this number is out of range"
            raise CellError(problem, legal, text)
        return int(value) if whole else value

    return read


def _no_number(text: str, schema: Mapping, legal: str) -> CellError:
    if _DATE.fullmatch(text):
        remedy = legal
        if "study day" in schema["legal"]:
            remedy = "Give the study day: days since the first ibrutinib dose, plus 1. No dates."
        return CellError("this is a calendar date, not a number", remedy, HIDDEN)
    if _COMMA.fullmatch(text):
        remedy = "Write it with a decimal point, and thousands without a separator."
        return CellError("this number has a comma", remedy, text)
    if text[0] in "<>":
        remedy = "Give the number alone, or leave the field empty."
        return CellError("this is a limit, not a number", f"{remedy} {legal}", text)
    return CellError("this is not a number", legal, text)


def _read_boolean(text: str) -> bool:
    word = text.lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    problem = "this is neither yes nor no"
    raise CellError(problem, "Write yes or no; leave the field empty if it is not known.", text)


def _enum_reader(schema: Mapping) -> Callable[[str], str]:
    values = schema["enum"]
    spellings = {value.lower(): value for value in values} | schema.get("means", {})

    def read(text: str) -> str:
        value = spellings.get(text.lower())
        if value is None:
            near = nearest(text, list(spellings))
            remedy = f"Did you mean {spellings[near[0]]!r}? " if near else ""
            problem = "this value is not known"
            raise CellError(problem, f"{remedy}Legal: {schema['legal']}.", text)
        return value

    return read


def _text_reader(schema: Mapping) -> Callable[[str], str]:
    pattern = re.compile(schema["pattern"]) if "pattern" in schema else None
    legal = f"Legal: {schema['legal']}."
    is_name = schema.get("name", False)
    is_undated = schema.get("undated", pattern is not None) and not schema.get("dated", False)

    def read(text: str) -> str:
        if is_name:
            _refuse_made_number(text)
        if is_undated and _DATED_NAME.fullmatch(text):
            remedy = "Give it a name of its own, without a date: results show names as they are."
            problem = "this name is a calendar date"
            raise CellError(problem, remedy, HIDDEN)
        if pattern and not pattern.search(text):
            problem = "this text is not legal"
            if _COMMA.fullmatch(text):
                problem = "this number has a comma"
                remedy = f"Write it with a decimal point. {legal}"
                raise CellError(problem, remedy, text)
            raise CellError(problem, legal, HIDDEN if _DATE.fullmatch(text) else text)
        return text

    return read


def _refuse_made_number(text: str) -> None:
    """Refuse an id that a spreadsheet turned into a number, since its zeros are lost."""
    made = _MADE_NUMBER.fullmatch(text)
    if made:
        guess = f"Did you mean {made.group(1)!r}? " if made.group(1) else ""
        remedy = f"{guess}Format the column as text and type the name again; zeros may be lost."
        problem = "a spreadsheet made a number of this name"
        raise CellError(problem, remedy, text)
