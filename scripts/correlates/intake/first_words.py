"""What is said of a study before anything runs, and by a dry run too."""

from correlates.intake.files.folder import FCS_ENDINGS
from correlates.intake.records import Plan
from correlates.problems import folded, problem_line

_KINDS_SHOWN = 3


def first_words(plan: Plan, has_tables: bool = False) -> list[str]:
    """Say it before anything runs if there is no file to work on, and which rows are left out.

    Parameters
    ----------
    plan
        The plan.
    has_tables
        Whether the study has exported tables, which are a study without any file too.
    """
    return [
        *_without_files(plan, has_tables),
        *_sheets_left_out(plan),
        *_rows_left_out(plan),
    ]


def _without_files(plan: Plan, has_tables: bool) -> list[str]:
    if plan.acquisitions:
        return []
    files = [one for one in plan.listed if one.path.lower().endswith(FCS_ENDINGS)]
    if not files:
        return [] if has_tables else ["No FCS file was found. See study.drop or study.samples."]
    used = (
        "The only FCS file is not used"
        if len(files) == 1
        else f"None of the {len(files)} FCS files is used; the first"
    )
    first = files[0]
    return [f"{used}: {first.path}: {first.reason.rstrip('.')}. {first.remedy}"]


def _sheets_left_out(plan: Plan) -> list[str]:
    """Name every sheet that is left out as a whole: each takes many samples with it."""
    whole = [one for one in plan.problems if one.stops == "row" and one.row is None]
    return [problem_line(kind) for kind in folded(one.as_row() for one in whole)]


def _rows_left_out(plan: Plan) -> list[str]:
    """Name the commonest reasons for which rows of the sheets are left out."""
    of_rows = [one for one in plan.problems if one.stops == "row" and one.row is not None]
    if not of_rows:
        return []
    rows = len({(one.file, one.row) for one in of_rows})
    kinds = sorted(folded(one.as_row() for one in of_rows), key=lambda kind: -kind["count"])
    said = [problem_line(kind) for kind in kinds[:_KINDS_SHOWN]]
    others = len(kinds) - len(said)
    more = [f"And {others} more problems of rows."] if others else []
    head = "1 row of the sheets is" if rows == 1 else f"{rows} rows of the sheets are"
    place = "results/intake/problems.tsv has all of them at the end of a run."
    return [f"{head} left out.", *said, *more, place]
