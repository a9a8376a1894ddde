"""What is wrong with somebody's input, said so that they can mend it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches


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
    """

    file: str
    problem: str
    remedy: str
    row: int | None = None
    column: str = ""
    value: str = ""
    stops: str = "run"

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column:
            place += f", {self.column}"
        found = f" (found {self.value!r})" if self.value else ""
        return f"{place}: {self.problem.rstrip('.')}{found}. {self.remedy}"

    def as_row(self) -> dict:
        """Return the problem as a row of ``problems.tsv``."""
        return asdict(self)


class UserError(Exception):
    """Something that the user is told in words of its own; where it arose does not matter."""


class StudyError(UserError):
    """Every problem that keeps a study from being planned, in one message."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        count = len(self.problems)
        head = "1 problem stops the run:" if count == 1 else f"{count} problems stop the run:"
        super().__init__("\n  - ".join([head, *map(str, self.problems)]))


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
