"""Which file each row of the overrides sheet means, as far as intake can tell."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from correlates.intake.acquisitions import Acquisition
from correlates.intake.files.names import Names
from correlates.intake.sheets.sheet import Sheet, SheetRow
from correlates.problems import did_you_mean

# A day, a month and a year in any usual order, as a free text may hold them.
_DATE = re.compile(
    r"\b(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|\d{1,2}\.? ?[A-Za-z]{3,9}\.? \d{4}|[A-Za-z]{3,9} \d{1,2},? \d{4})\b"
)


def read_overrides(
    sheet: Sheet | None, acquisitions: Sequence[Acquisition], gating: Mapping[str, str]
) -> tuple[dict, ...]:
    """Find the file of every row of the overrides sheet.

    Parameters
    ----------
    sheet
        The overrides sheet, each row checked by itself; None if the study has none. Rows whose file
        is not known, and rows that say two things of one gate, are refused in it.
    acquisitions
        The files that are worked on.
    gating
        Path of the gating of each panel.

    Returns
    -------
    ``acquisition``, ``population``, ``marker``, ``threshold``, ``author``, ``reason``,
    ``outcomes_open``, and where it stands: ``sheet`` and ``row``. Not the date: no file that the
    pipeline writes holds calendar dates, so it stays in the sheet.
    """
    if sheet is None:
        return ()
    known = {one.acquisition: one for one in acquisitions}
    by_tube = {(one.sample, one.panel, one.tube): one.acquisition for one in acquisitions}
    meant: dict[int, str] = {}
    for row in sheet.rows:
        _check_texts(sheet, row)
        name = _named(sheet, row, known) if row.get("acquisition") else None
        name = name or _by_sample(sheet, row, by_tube, Names(gating, by_likeness=True))
        if name:
            meant[row.number] = name
    sheet.settle()
    _refuse_twice(sheet, meant)
    sheet.settle()
    return tuple(_as_plain(row, meant[row.number], sheet.name) for row in sheet.rows)


def _check_texts(sheet: Sheet, row: SheetRow) -> None:
    try:
        date.fromisoformat(row.get("date"))
    except ValueError:
        sheet.refuse(row, "there is no such day", "Correct the date.", "date")
    for column in ("reason", "author"):
        if _DATE.search(row.get(column)):
            problem = "this text holds a calendar date, and it stands in results"
            remedy = "Leave it out; the column date, which stays in this sheet, has it."
            sheet.refuse(row, problem, remedy, column)


def _named(sheet: Sheet, row: SheetRow, known: Mapping[str, Acquisition]) -> str | None:
    name = row.get("acquisition")
    if name not in known:
        remedy = f"{did_you_mean(name, list(known)[:20])} See results/intake/files.tsv."
        sheet.refuse(row, "no file of this key is worked on", remedy, "acquisition", name)
        return None
    one = known[name]
    for column in ("sample", "panel", "tube"):
        if row.get(column) not in (None, getattr(one, column)):
            problem = f"this file's {column} is {getattr(one, column)}"
            sheet.refuse(row, problem, "Name the file once.", column, row.get(column))
            return None
    return name


def _by_sample(
    sheet: Sheet, row: SheetRow, by_tube: Mapping[tuple, str], panels: Names
) -> str | None:
    if row.get("acquisition"):
        return None
    sample = row.get("sample")
    if sample is None:
        remedy = "Give its acquisition, or its sample and panel."
        sheet.refuse(row, "nothing tells which file is meant", remedy, "acquisition")
        return None
    panel = row.get("panel") or (next(iter(panels.known)) if len(panels.known) == 1 else None)
    if panel is None:
        remedy = "Name the panel of this row."
        sheet.refuse(row, "the panel is missing", remedy, "panel")
        return None
    found = by_tube.get((sample, panels.canonical(panel) or panel, row.get("tube") or "full"))
    if found is None:
        samples = sorted({key[0] for key in by_tube})
        if sample in samples:
            tubes = ", ".join(sorted(f"{key[1]} {key[2]}" for key in by_tube if key[0] == sample))
            remedy, column = f"Of this sample there are: {tubes}.", "panel"
        else:
            remedy, column = did_you_mean(sample, samples[:20]), "sample"
        value = sample if column == "sample" else panel
        sheet.refuse(row, "no such file is worked on", remedy, column, value)
    return found


def _refuse_twice(sheet: Sheet, meant: Mapping[int, str]) -> None:
    """Refuse the rows of one threshold of one file, which its key and its sample both name."""
    first: dict[tuple, list[SheetRow]] = {}
    for row in sheet.rows:
        key = (meant[row.number], row.get("population"), row.get("marker").lower())
        first.setdefault(key, []).append(row)
    for rows in first.values():
        for row in rows if len(rows) > 1 else ():
            others = ", ".join(str(other.number) for other in rows if other is not row)
            problem = f"row {others} sets the same threshold of the same file"
            sheet.refuse(row, problem, "Keep the right row; all of them are left out.", "marker")


def _as_plain(row: SheetRow, acquisition: str, sheet: str) -> dict:
    kept = ("population", "marker", "threshold", "author", "reason", "outcomes_open")
    plain = {column: row.get(column) for column in kept}
    return {"acquisition": acquisition} | plain | {"sheet": sheet, "row": row.number}
