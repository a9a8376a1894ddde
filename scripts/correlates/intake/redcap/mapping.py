"""The mapping that a study writes: which fields of its REDCap project are which columns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from correlates.intake.against_schema import against_schema
from correlates.intake.config_files import repeated_keys
from correlates.problems import Problem

_BACK = {True: "yes", False: "no"}


@dataclass(frozen=True)
class ColumnSource:
    """What gives one column of a sheet.

    Parameters
    ----------
    header
        The column as the mapping names it: its own name, one with another unit, or one of dates.
    place
        Where it stands in the mapping, for messages.
    field, boxes
        A field or one box of a checkbox; a checkbox whose ticked choices are listed.
    constant
        What stands in every row instead.
    values
        Value of each code; ``"codes"`` for the codes themselves; None where labels tell it.
    unit
        Unit that the study declares the field to have.
    of_record
        Whether the field stands on another line of the record.
    """

    header: str
    place: str
    field: str = ""
    boxes: str = ""
    constant: str = ""
    values: Mapping[str, str | None] | str | None = None
    unit: str = ""
    of_record: bool = False

    def of(self, number: str) -> "ColumnSource":
        """Return the source for one of the numbers that ``{n}`` runs over."""
        parts = {name: getattr(self, name) for name in ("field", "boxes", "constant")}
        parts = {name: text.replace("{n}", number) for name, text in parts.items()}
        return ColumnSource(
            self.header,
            self.place,
            **parts,
            values=self.values,
            unit=self.unit,
            of_record=self.of_record,
        )

    @property
    def has_number(self) -> bool:
        """Whether ``{n}`` stands in the name of its field."""
        return "{n}" in self.field + self.boxes


@dataclass(frozen=True)
class Source:
    """Lines of the export that give rows of one sheet.

    Parameters
    ----------
    kind
        Kind of the sheet.
    place
        Where it stands in the mapping, for messages.
    columns
        What gives each column.
    instrument
        Instrument of the fields; empty where the mapping leaves it to the dictionary.
    events
        Events whose lines are read; empty for all.
    numbers
        What ``{n}`` runs over; one empty text where nothing does.
    """

    kind: str
    place: str
    columns: tuple[ColumnSource, ...]
    instrument: str = ""
    events: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class RedcapMap:
    """A mapping, sound by itself.

    Parameters
    ----------
    name
        The file as the user named it.
    sources
        Sources by kind of sheet.
    visits
        Visit of each event; None for an event that is no visit.
    missing_codes
        Missing data codes of the project.
    """

    name: str
    sources: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    visits: Mapping[str, str | None] = field(default_factory=dict)
    missing_codes: frozenset[str] = frozenset()


def read_mapping(path: str | Path, name: str) -> tuple[RedcapMap, list[Problem]]:
    """Read a mapping and check it against its schema; fields are not looked for yet.

    Returns
    -------
    The mapping, empty if anything is wrong with it, and every problem.
    """
    import yaml  # only the main process reads it, and the script that writes results back

    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        remedy = f"Looked for it at {Path(path).absolute()}; write it in UTF-8."
        return RedcapMap(name), [Problem(name, f"the mapping cannot be read ({error})", remedy)]
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        problem = f"this is no YAML ({getattr(error, 'problem', None) or 'it cannot be parsed'})"
        remedy = "Look for tabs, quotation marks that are never closed, and a blank after each `:`."
        return RedcapMap(name), [Problem(name, problem, remedy, None if line is None else line + 1)]
    if not isinstance(content, dict):
        remedy = "Write `sheets:` and below it each sheet with its sources."
        return RedcapMap(name), [Problem(name, "the mapping is empty or a list", remedy)]
    content = _with_text_keys(content)
    problems = [_named(problem, name) for problem in repeated_keys([path])]
    problems += against_schema(content, "redcap_map", name)
    problems += list(_against_each_other(content, name)) if not problems else []
    return (_made(content, name), []) if not problems else (RedcapMap(name), problems)


def _named(problem: Problem, name: str) -> Problem:
    return Problem(name, problem.problem, problem.remedy, problem.row, problem.column)


def _with_text_keys(content):
    """Return the content with codes as text; YAML makes numbers and truth values of 1 and yes."""
    if isinstance(content, dict):
        return {
            _BACK.get(key, key) if isinstance(key, bool) else str(key): _with_text_keys(value)
            for key, value in content.items()
        }
    return [_with_text_keys(one) for one in content] if isinstance(content, list) else content


def _against_each_other(content: Mapping, name: str) -> Iterator[Problem]:
    for kind, sources in content["sheets"].items():
        for index, source in enumerate(sources):
            place = f"sheets.{kind}[{index}]"
            yield from _wrong_columns(source, place, name)
            if "n" in source and not any("{n}" in _field_of(c) for c in source["columns"].values()):
                problem = "no field of the columns has {n} in its name"
                remedy = "Write lesion{n}_ld for lesion1_ld, lesion2_ld; or leave n out."
                yield Problem(name, problem, remedy, column=f"{place}.n")


def _field_of(column: str | Mapping) -> str:
    if isinstance(column, str):
        return column
    return column.get("field", "") + column.get("boxes", "")


def _wrong_columns(source: Mapping, place: str, name: str) -> Iterator[Problem]:
    for header, column in source["columns"].items():
        where = f"{place}.columns.{header}"
        if "n" not in source and "{n}" in _field_of(column):
            problem = "{n} stands here, and nothing says what it runs over"
            yield Problem(name, problem, "Give the source n, such as [1, 2, 3].", column=where)
        if isinstance(column, str):
            continue
        if len({"field", "boxes", "constant"} & set(column)) != 1:
            problem = "a column is given by one of field, boxes and constant"
            yield Problem(name, problem, "Keep one of them.", column=where)
        if isinstance(column.get("values"), str) and column["values"] != "codes":
            problem = "this is neither codes with their values nor the word codes"
            shown = column["values"]
            remedy = "Legal: codes and values, such as {1: CR, 9: null}; or codes."
            yield Problem(name, problem, remedy, column=f"{where}.values", value=shown)


def _made(content: Mapping, name: str) -> RedcapMap:
    return RedcapMap(
        name,
        {
            kind: tuple(_source(kind, index, one) for index, one in enumerate(sources))
            for kind, sources in content["sheets"].items()
        },
        content.get("visits", {}),
        frozenset(str(code) for code in content.get("missing_codes", [])),
    )


def _source(kind: str, index: int, content: Mapping) -> Source:
    place = f"sheets.{kind}[{index}]"
    return Source(
        kind,
        place,
        tuple(_column(place, header, one) for header, one in content["columns"].items()),
        content.get("instrument", ""),
        tuple(content.get("events", ())),
        tuple(str(number) for number in content.get("n", ("",))),
    )


def _column(place: str, header: str, content: str | Mapping) -> ColumnSource:
    content = {"field": content} if isinstance(content, str) else content
    values = content.get("values")
    if isinstance(values, Mapping):
        values = {code: _as_text(value) for code, value in values.items()}
    return ColumnSource(
        header,
        f"{place}.columns.{header}",
        content.get("field", ""),
        content.get("boxes", ""),
        _as_text(content.get("constant")) or "",
        values,
        content.get("unit", ""),
        content.get("of") == "record",
    )


def _as_text(value) -> str | None:
    if isinstance(value, bool):
        return _BACK[value]
    return None if value is None else str(value)
