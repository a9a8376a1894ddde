"""Rows of the samples sheet that name no file, and the files that they mean."""

from collections.abc import Iterable
from dataclasses import replace

from correlates.intake.files.identity import Identity, IdentityError, identity_of_row
from correlates.intake.files.names import Names
from correlates.intake.sheets.sheet import Sheet, SheetRow
from correlates.problems import Problem

_SHARED = ("timepoint", "panel", "tube", "specimen")


class RowIndex:
    """Rows of the samples sheet that name no file, found by what they say of the draw.

    Rows that are left out are among them: the file of such a row is not to be measured with
    defaults in place of what the row meant to say.

    Parameters
    ----------
    sheet
        The samples sheet; None if the study has none.
    panels
        Known panels.
    """

    def __init__(self, sheet: Sheet | None, panels: Names):
        self.used: set[int] = set()
        self._by_visit: dict[tuple[str, str], list[tuple[Identity, SheetRow]]] = {}
        self._wrong: dict[int, list[Problem]] = {}
        if sheet is None:
            return
        self._name = sheet.name
        for row in sheet.rows:
            if not row.get("fcs"):
                self._add(row, identity_of_row(row))
        self._wrong = {row.number: [] for row in sheet.refused}
        for problem in sheet.problems:
            if problem.stops == "row" and problem.row in self._wrong:
                self._wrong[problem.row].append(problem)
        for row in sheet.refused:
            if not row.get("fcs") and row.get("patient") and row.get("visit"):
                self._add(row, _readable(row, self._wrong[row.number], panels))

    def complete(self, identity: Identity) -> Identity:
        """Return an identity with what its row adds; unchanged if no row is meant.

        The row that agrees in most of timepoint, panel, tube and specimen is meant. A field that
        either side leaves empty, or that cannot be read, agrees with all.

        Raises
        ------
        IdentityError
            If two rows are equally near, or the row is left out.
        """
        fitting = []
        for said, row in self._by_visit.get((identity.patient, identity.visit), ()):
            pairs = [(getattr(said, name), getattr(identity, name)) for name in _SHARED]
            if all(mine == theirs or not mine or not theirs for mine, theirs in pairs):
                fitting.append((sum(mine == theirs != "" for mine, theirs in pairs), row))
        if not fitting:
            return identity
        best = max(agreement for agreement, _ in fitting)
        rows = [row for agreement, row in fitting if agreement == best]
        wrong = [row for row in rows if row.number in self._wrong]
        if wrong:
            # the good rows that could mean this file as well are not without one
            self.used.update(row.number for row in rows)
            raise IdentityError(self._why_left_out(wrong[0]), "Mend that row and run again.")
        if len(rows) > 1:
            numbers = ", ".join(str(row.number) for row in rows)
            reason = f"rows {numbers} of the samples sheet could all mean this file"
            raise IdentityError(
                reason, "Name its panel, tube or specimen, or its file, in the row."
            )
        self.used.add(rows[0].number)
        return _merged(identity, identity_of_row(rows[0]))

    def _add(self, row: SheetRow, said: Identity) -> None:
        self._by_visit.setdefault((said.patient, said.visit), []).append((said, row))

    def _why_left_out(self, row: SheetRow) -> str:
        said = "; ".join(_in_short(problem) for problem in self._wrong[row.number])
        return f"left out: its row {row.number} of {self._name} is wrong: {said}"


def _readable(row: SheetRow, problems: Iterable[Problem], panels: Names) -> Identity:
    """Return what a row that is left out says; ``""`` for what cannot be read."""
    said = identity_of_row(row)
    columns = {problem.column for problem in problems}
    unread = columns & set(_SHARED)
    if "visit" in columns:
        # the visit was read: it and the column say two timepoints
        unread.add("timepoint")
    if "" in columns:
        # a row with too many fields: they may stand in the wrong columns
        unread |= set(_SHARED)
    panel = panels.canonical(said.panel) if said.panel else None
    return replace(said, **({"panel": panel or ""} | dict.fromkeys(unread, "")))


def _in_short(problem: Problem) -> str:
    # a problem of the whole key would name every column of it
    place = f"{problem.column}: " if problem.column and "," not in problem.column else ""
    found = f" (found {problem.value!r})" if place and problem.value else ""
    return f"{place}{problem.problem}{found}"


def _merged(name: Identity, row: Identity) -> Identity:
    """Return what the name says, laid over by what the row says."""
    added = {key: value for key, value in vars(row).items() if value not in ("", None)}
    return replace(name, **added)
