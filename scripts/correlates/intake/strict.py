"""What ``strict: true`` counts as a failure, although the rest of the work is done."""

from collections.abc import Iterable, Mapping

from correlates.problems import UserError

ACCEPTED = frozenset({"accepted", "accepted_with_warning"})


class Incomplete(UserError):
    """Everything that was left out of a run that had to be complete."""

    def __init__(self, missed: list[str], page: str):
        shown = "\n  - ".join(missed)
        super().__init__(
            f"strict: true, and {len(missed)} of the study's files or rows were left out "
            f"(the report is at {page}):\n  - {shown}"
        )


def left_out(files: Iterable[Mapping[str, str]], problems: Iterable[Mapping[str, str]]) -> list:
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
    missed += [
        f"{row['file']}, row {row['row']}, {row['column']}: {row['problem'].rstrip('.')}. "
        f"{row['remedy']}"
        for row in problems
        if row["stops"] == "row"
    ]
    return missed
