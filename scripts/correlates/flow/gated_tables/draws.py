"""Whose draw a row of a table is: from its columns, or from a sample's name by a pattern."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from correlates.flow.gated_tables.layouts import SAMPLE, SUMMARY_ROWS, TableRow, squeezed
from correlates.intake.files.identity import Identity, IdentityError, NameReader
from correlates.intake.files.names import Names
from correlates.intake.files.pattern import Pattern, compile_pattern
from correlates.intake.sheets.cells import CellError, cell_reader, is_empty
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.visits import normal_tube
from correlates.problems import Problem

PARTS = ("patient", "visit", "timepoint", "specimen", "batch")
STUDY_DAY = "study_day"


class DrawReader:
    """Reads who and when of rows.

    Parameters
    ----------
    block
        The table's part of the config: ``columns`` and ``sample_name``.
    header
        Headers of the table.
    patients
        Known patients.
    specimen
        Of the study's samples where the table does not tell.
    panels
        Panels that a sample's name may hold.
    """

    def __init__(
        self,
        block: Mapping,
        header: tuple[str, ...],
        patients: Iterable[str],
        specimen: str,
        panels: Iterable[str] = (),
    ):
        self._columns = {part: squeezed(name) for part, name in block.get("columns", {}).items()}
        named = block.get("sample_name")
        self._pattern: Pattern | None = None
        self._sample = ""
        if named is not None:
            self._pattern = compile_pattern(named["pattern"], panels)
            self._sample = sample_column(named, header)
        self._names = NameReader(Names(patients), Names(()), {})
        self._study_day = cell_reader(load_schema("samples")["properties"][STUDY_DAY])
        self._specimen = specimen

    @property
    def _place(self) -> str:
        return self._sample if self._pattern else self._columns["patient"]

    def draw_of(self, row: TableRow, file: str) -> Identity | Problem | None:
        """Return whose draw a row is, or what is wrong with it; None of a row that is nobody's.

        Rows of means are nobody's, and so are FMO and other reference tubes.
        """
        text = row.cells.get(self._sample, "") if self._pattern else ""
        if text.lower() in SUMMARY_ROWS:
            return None
        held: dict[str, str] = {}
        if self._pattern:
            found = self._pattern.match(text)
            if found is None:
                problem = "the sample's name does not match the pattern"
                return self._problem(row, file, problem, self._pattern.remedy(text), text)
            held = {part: found[part] for part in (*PARTS, "tube") if part in found}
        for part, header in self._columns.items():
            value = row.cells.get(header, "")
            if part != STUDY_DAY and not is_empty(value):
                held[part] = value
        if normal_tube(held.pop("tube", "")) not in ("", "full"):
            return None
        for part in ("patient", "visit"):
            if part not in held:
                return self._problem(row, file, f"the row names no {part}", "Fill it in.", "")
        try:
            who = self._identity(held, row)
        except IdentityError as error:
            return self._problem(row, file, error.reason, error.remedy, "")
        except CellError as error:
            return self._problem(row, file, error.problem, error.remedy, error.shown)
        if who.specimen:
            return who
        remedy = "Give study.specimen, or a column for it in the table's columns."
        return self._problem(row, file, "nothing tells which specimen this is", remedy, "")

    def _identity(self, held: Mapping[str, str], row: TableRow) -> Identity:
        who = self._names.identity(held)
        day = row.cells.get(self._columns.get(STUDY_DAY, ""), "")
        return replace(
            who,
            specimen=who.specimen or self._specimen,
            study_day=None if is_empty(day) else self._study_day(day),
        )

    def _problem(self, row: TableRow, file: str, problem: str, remedy: str, value: str) -> Problem:
        return Problem(file, problem, remedy, row.row, self._place, value, stops="row")


def sample_column(named: Mapping, header: tuple[str, ...]) -> str:
    """Return the header of the column of sample names: the first one if none is given."""
    if "column" in named:
        return squeezed(named["column"])
    return SAMPLE if SAMPLE in header else header[0]
