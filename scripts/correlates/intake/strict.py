"""What ``strict: true`` counts as a failure, although the rest of the work is done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from correlates.problems import UserError, folded, problem_line

ACCEPTED = frozenset({"accepted", "accepted_with_warning"})


@dataclass(frozen=True)
class Missed:
    """What was left out: how many files and rows, and in lines which and why."""

    count: int
    lines: tuple[str, ...]


class Incomplete(UserError):
    """Everything that was left out of a run that had to be complete."""

    def __init__(self, missed: Missed, page: str):
        shown = "\n  - ".join(missed.lines)
        super().__init__(
            f"strict: true, and {missed.count} of the study's files or rows were left out "
            f"(the report is at {page}):\n  - {shown}"
        )


def left_out(files: Iterable[Mapping[str, str]], problems: Iterable[Mapping[str, str]]) -> Missed:
    """Say each file that was not accepted and each row of a sheet that was excluded.

    Parameters
    ----------
    files, problems
        Rows of ``files.tsv`` and ``problems.tsv``.
    """
    missed = [
        f"{row['path']}: {row['state']}. {row['reason'].rstrip('.')}. {row['remedy']}"
        for row in files
        if row["state"] not in ACCEPTED
    ]
    of_rows = [row for row in problems if row["stops"] == "row"]
    rows = {(row["file"], row["row"]) for row in of_rows}
    return Missed(len(missed) + len(rows), (*missed, *map(problem_line, folded(of_rows))))
