"""What ``strict: true`` counts as a failure, although the rest of the work is done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from correlates.problems import UserError, folded, problem_line

ACCEPTED = frozenset({"accepted", "accepted_with_warning"})


@dataclass(frozen=True)
class Missed:
    """What was left out or contradicts itself: how much of it, and in lines what and why."""

    count: int
    lines: tuple[str, ...]


class Incomplete(UserError):
    """Everything that was left out of a run that had to be complete."""

    def __init__(self, missed: Missed, page: str):
        shown = "\n  - ".join(missed.lines)
        super().__init__(
            f"strict: true, and {missed.count} of the study's files or rows were left out, or "
            f"contradict each other (the report is at {page}):\n  - {shown}"
        )


def left_out(
    files: Iterable[Mapping[str, str]],
    problems: Iterable[Mapping[str, str]],
    integrity: Iterable[Mapping[str, str]] = (),
) -> Missed:
    """Say each file that was not accepted, each row that was excluded, each contradiction.

    Parameters
    ----------
    files, problems, integrity
        Rows of ``files.tsv``, ``problems.tsv`` and ``integrity.tsv``, of which errors count.
    """
    missed = [
        f"{row['path']}: {row['state']}. {row['reason'].rstrip('.')}. {row['remedy']}"
        for row in files
        if row["state"] not in ACCEPTED
    ]
    of_rows = [row for row in problems if row["stops"] == "row"]
    rows = {(row["file"], row["row"]) for row in of_rows}
    errors = [
        f"{row['rule']}: {' '.join(filter(None, (row['patient'], row['visit'])))}: "
        f"{row['finding'].rstrip('.')}. {row['resolve']}"
        for row in integrity
        if row["severity"] == "error"
    ]
    return Missed(
        len(missed) + len(rows) + len(errors),
        (*missed, *map(problem_line, folded(of_rows)), *errors),
    )
