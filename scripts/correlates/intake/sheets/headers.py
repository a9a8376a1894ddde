"""Which column of a sheet is which, whatever the laboratory calls it."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from correlates.intake.sheets.tabular import TextTable
from correlates.intake.sheets.typos import is_typo
from correlates.problems import Problem, nearest

# A column of the user's own that is called like one that decides: note_specimen.
OWN = "note_"
# Letters from which another header of a column is looked for in mistyped ones: path, run and the
# like are near to too much.
_LONG_ALIAS = 5


@dataclass
class _Notes:
    """Problems of a sheet's header."""

    name: str
    row: int
    problems: list[Problem] = field(default_factory=list)

    def add(self, problem: str, remedy: str, column: str, stops: str = "run") -> None:
        self.problems.append(Problem(self.name, problem, remedy, self.row, column, stops=stops))


def plain(header: str) -> str:
    """Return a header without what people vary: capitals, blanks and separators."""
    return re.sub(r"[\W_]+", "_", header.strip().lower()).strip("_")


def column_of(header: str, schema: Mapping) -> str | None:
    """Return the column that a header means, by its own name or an alias; None if it is unknown."""
    word = plain(header)
    for column, spec in schema["properties"].items():
        if word == plain(column) or word in (*spec["aliases"], *spec.get("units", ())):
            return column
    return None


def find_columns(
    table: TextTable, schema: Mapping, name: str
) -> tuple[dict[str, int], list[Problem]]:
    """Find each column of a sheet by its own name or by an alias, whatever case and separators.

    Parameters
    ----------
    table
        The sheet as it stands in the file.
    schema
        The sheet's schema; its columns have ``aliases``.
    name
        The file as the user named it, for messages.

    Returns
    -------
    The place of each column that is there; and what is amiss: a missing column, one that seems
    mistyped, or two that mean the same, stop the run; an unknown one is listed.
    """
    notes = _Notes(name, table.header_row)
    meant: dict[str, list[int]] = {}
    names = {plain(name): name for name in schema["properties"]}
    aliases = {
        other: name
        for name, spec in schema["properties"].items()
        for other in (*spec["aliases"], *spec.get("units", ()))
    }
    found = [names.get(plain(header)) or aliases.get(plain(header)) for header in table.header]
    unknown = []
    for place, header in enumerate(table.header):
        column = _beside(header, schema, found) or found[place]
        if column is not None:
            meant.setdefault(column, []).append(place)
        elif header:
            unknown.append(header)
    places = {column: _choose(notes, table, column, meant[column]) for column in meant}
    hinted = _note_missing(notes, schema, places, unknown)
    unknown = [header for header in unknown if header not in hinted]
    mistyped = _note_mistyped(notes, schema, places, unknown)
    _note_unknown(notes, [header for header in unknown if header not in mistyped])
    return places, notes.problems


def _beside(header: str, schema: Mapping, present: Collection[str | None]) -> str | None:
    """Return the column that a header means because of the columns that it stands beside.

    ``resolution_day`` counts from lenalidomide where the onset does, and is a study day elsewhere.
    """
    for column, spec in schema["properties"].items():
        beside = spec.get("aliases_beside", {}).get(plain(header))
        if beside and beside["with"] in present and beside["without"] not in present:
            return column
    return None


def factor_of(header: str, spec: Mapping) -> float:
    """Return what a column's values are multiplied by: its header may declare another unit."""
    return spec.get("units", {}).get(plain(header), 1.0)


def _choose(notes: _Notes, table: TextTable, column: str, candidates: list[int]) -> int:
    """Return the place of a column that several headers may mean; its own name goes first."""
    own = [place for place in candidates if plain(table.header[place]) == plain(column)]
    chosen = own if own else candidates
    headers = [table.header[place] for place in candidates]
    if len(chosen) > 1:
        problem = f"{len(headers)} columns mean {column!r}: {', '.join(headers)}"
        notes.add(problem, "Keep one of them, or rename the others.", column)
    elif len(candidates) > 1:
        others = ", ".join(header for header in headers if header != table.header[chosen[0]])
        problem = f"not used, since {column!r} is there: {others}"
        notes.add(problem, "Nothing need be done.", column, stops="nothing")
    return chosen[0]


def _note_missing(
    notes: _Notes, schema: Mapping, places: Mapping, unknown: Sequence[str]
) -> set[str]:
    """Note each required column that is not there; return the headers that may mean one."""
    hinted = set()
    for column in schema["required"]:
        if column in places:
            continue
        spec = schema["properties"][column]
        near = nearest(column, unknown) if unknown else []
        hinted.update(near)
        hint = f"Is {near[0]!r} meant? " if near else ""
        others = f" (or {', '.join(spec['aliases'][:3])})" if spec["aliases"] else ""
        remedy = f"{hint}Name the column {column!r}{others}: {spec['description']}"
        notes.add("this column is missing", remedy, column)
    return hinted


def _note_mistyped(
    notes: _Notes, schema: Mapping, places: Mapping, unknown: Iterable[str]
) -> set[str]:
    """Note each unknown column whose name seems to be that of an absent one; return them.

    Without it the run would go on with the absent column's default: day, specimen or tube.
    """
    absent = {
        column: [column, *(alias for alias in spec["aliases"] if len(alias) >= _LONG_ALIAS)]
        for column, spec in schema["properties"].items()
        if column not in places
    }
    mistyped = set()
    for header in unknown:
        column = _meant(plain(header), absent)
        if column is not None:
            mistyped.add(header)
            problem = f"this column is not known, and looks like {column!r}, which is missing"
            remedy = (
                f"Rename it to {column!r} if that is meant; if it is a column of your own, "
                f"begin its name with {OWN}."
            )
            notes.add(problem, remedy, header)
    return mistyped


def _meant(header: str, absent: Mapping[str, Collection[str]]) -> str | None:
    if header.startswith(OWN):
        return None
    return next((c for c, names in absent.items() if any(is_typo(header, n) for n in names)), None)


def _note_unknown(notes: _Notes, unknown: Sequence[str]) -> None:
    if unknown:
        problem = "these columns are not known, and not used"
        remedy = "Nothing need be done if they are notes of your own."
        notes.add(problem, remedy, ", ".join(unknown), stops="nothing")
