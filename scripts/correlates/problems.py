"""What is wrong with somebody's input, said so that they can mend it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches

_SHOWN = 3


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one place.

    Parameters
    ----------
    file
        The sheet, config or FCS file, as the user named it.
    problem
        What was found, in a sentence.
    remedy
        What to do about it, in a sentence.
    row
        Row as a spreadsheet counts it: the header is row 1. None where no row is meant.
    column
        Column, config key (``flow/min_parent_events``) or FCS keyword.
    value
        The offending value as it stands in the file.
    stops
        ``run``: nothing can be planned; ``row``: this row or file is left out and listed;
        ``nothing``: a warning.
    patient
        Whose row it is, where that could be read.
    """

    file: str
    problem: str
    remedy: str
    row: int | None = None
    column: str = ""
    value: str = ""
    stops: str = "run"
    patient: str = ""

    def __str__(self) -> str:
        return problem_line(folded([self.as_row()])[0])

    def as_row(self) -> dict:
        """Return the problem as a row of ``problems.tsv``."""
        return asdict(self)


def folded(rows: Iterable[Mapping]) -> list[dict]:
    """Fold problems of one kind in one column of a sheet into one, for people to read.

    Parameters
    ----------
    rows
        Rows of ``problems.tsv``.

    Returns
    -------
    Rows in the order of the first of each kind, with its ``count``. ``row`` and ``value`` are text
    and name the first few: ``2, 3, 4 and 45 more``.
    """
    kinds: dict[tuple, list[Mapping]] = {}
    for number, row in enumerate(rows):
        # what is not in a row of a sheet is one of its kind
        place = number if row["row"] in (None, "") else None
        kind = (place, *(row[name] for name in ("file", "column", "problem", "remedy", "stops")))
        kinds.setdefault(kind, []).append(row)
    return [
        {
            **alike[0],
            "row": _first_few([str(row["row"]) for row in alike if row["row"] is not None]),
            "value": _values(alike),
            "count": len(alike),
        }
        for alike in kinds.values()
    ]


def problem_line(row: Mapping, *, with_file: bool = True) -> str:
    """Return one row of what ``folded`` returns as a sentence.

    Parameters
    ----------
    row
        The row.
    with_file
        Whether it begins with the file; without it, with the row.
    """
    rows = f"{'row' if row['count'] == 1 else 'rows'} {row['row']}" if row["row"] else ""
    place = ", ".join(part for part in (row["file"] * with_file, rows, row["column"]) if part)
    value = repr(row["value"]) if row["count"] == 1 else row["value"]
    found = f" (found {value})" if row["value"] else ""
    line = f"{place}: {row['problem'].rstrip('.')}{found}. {row['remedy']}"
    return line if with_file else line[:1].upper() + line[1:]


def _values(alike: Sequence[Mapping]) -> str:
    if len(alike) == 1:
        return alike[0]["value"]
    return _first_few(list(dict.fromkeys(repr(row["value"]) for row in alike if row["value"])))


def _first_few(names: Sequence[str]) -> str:
    """Return names as text: all of a few, the first and a count of many."""
    if len(names) > _SHOWN + 1:
        names = [*names[:_SHOWN], f"{len(names) - _SHOWN} more"]
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


class UserError(Exception):
    """Something that the user is told in words of its own; where it arose does not matter."""


class StudyError(UserError):
    """Every problem that keeps a study from being planned, in one message."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        count = len(self.problems)
        head = "1 problem stops the run:" if count == 1 else f"{count} problems stop the run:"
        lines = map(problem_line, folded(problem.as_row() for problem in self.problems))
        super().__init__("\n  - ".join([head, *lines]))


def nearest(name: str, names: Sequence[str], count: int = 1) -> list[str]:
    """Return the known names most like a mistyped one, best first; case is ignored."""
    by_lower = {known.lower(): known for known in names}
    return [by_lower[hit] for hit in get_close_matches(name.lower(), by_lower, n=count, cutoff=0.6)]


def did_you_mean(name: str, names: Sequence[str]) -> str:
    """Return a remedy that names the nearest right name, or all of them if none is near."""
    near = nearest(name, names)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known: {', '.join(sorted(names))}."
