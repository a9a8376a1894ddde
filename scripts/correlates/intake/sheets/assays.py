"""Sheets of the assays beside flow: one file or many a kind, and whose sample each row is of."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from correlates.intake.assay_records import AssayRows
from correlates.intake.clinical import rows_with_place
from correlates.intake.config import ASSAY_SHEETS, CONFIG
from correlates.intake.files.names import Names
from correlates.intake.qpcr.read import ENDINGS as QPCR_ENDINGS
from correlates.intake.qpcr.read import read_qpcr_table
from correlates.intake.sheets.crosschecks import check_patients
from correlates.intake.sheets.days import DateKey
from correlates.intake.sheets.keys import (
    apart_words,
    is_of_nobody,
    is_told_by_order,
    key_words,
)
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.sheet import Sheet, SheetRow, judge_table
from correlates.intake.sheets.tabular import TextTable, read_text_table
from correlates.problems import Problem

ALIQUOTS = ASSAY_SHEETS[0]
_TABLES = (".tsv", ".csv", ".txt")
# What a folder of a kind is searched for, where it is more than tables.
_ENDINGS: Mapping[str, tuple[str, ...]] = {"qpcr": QPCR_ENDINGS}
_READERS: Mapping[str, Callable[[Path, str], TextTable]] = {"qpcr": read_qpcr_table}
# In which a row may not contradict its aliquot; of the others the row's own stands.
_IDENTITY = ("patient", "visit", "timepoint", "specimen", "cell")


@dataclass
class AssaySheets:
    """The sheets of all assays.

    Parameters
    ----------
    by_kind
        The sheets of each kind that the study has, in the order of the config.
    problems
        What is wrong with the paths.
    """

    by_kind: dict[str, list[Sheet]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def all(self) -> Iterator[tuple[str, Sheet]]:
        """Yield every sheet with its kind."""
        for kind, sheets in self.by_kind.items():
            for sheet in sheets:
                yield kind, sheet


def read_assay_sheets(
    study: Mapping, root: Path, patients: Sheet | None, key: DateKey | None
) -> AssaySheets:
    """Read and check the sheets of the assays, and fill in whose sample each row is of.

    Parameters
    ----------
    study
        The config's ``study`` block.
    root
        The working directory, to which the paths are relative.
    patients
        The patients sheet, which every patient must stand in.
    key
        What turns dates into study days.

    Returns
    -------
    The sheets with every problem; rows that nobody can use are among their refused ones.
    """
    found = AssaySheets()
    for kind in ASSAY_SHEETS:
        names = list(_files_of(kind, study.get(kind), root, found.problems))
        if names:
            read = _READERS.get(kind, read_text_table)
            found.by_kind[kind] = [
                judge_table(read(root / name, name), kind, name, key=key) for name in names
            ]
    for sheets in found.by_kind.values():
        _leave_out_broken(sheets)
    _leave_out_copies(found.by_kind.get("qpcr", []))
    aliquots = found.by_kind.get(ALIQUOTS, [])
    for kind, sheet in found.all():
        if kind != ALIQUOTS and load_schema(kind).get("of_a_draw"):
            _fill_draws(kind, sheet, aliquots)
    checked = {f"{kind} {sheet.name}": sheet for kind, sheet in found.all()}
    check_patients(checked | ({"patients": patients} if patients else {}), checked)
    for kind, sheets in found.by_kind.items():
        for sheet in sheets:
            sheet.settle()
        _refuse_repeated_between(kind, sheets)
        for sheet in sheets:
            sheet.settle()
    return found


def assay_rows_of(sheets: AssaySheets) -> dict[str, AssayRows]:
    """Return the rows of each kind of sheet that a study has."""
    found = {}
    for kind, of_kind in sheets.by_kind.items():
        columns = load_schema(kind)["properties"]
        rows, left_out = [], []
        for sheet in of_kind:
            rows += rows_with_place(sheet.name, columns, sheet.rows)
            left_out += rows_with_place(sheet.name, columns, sheet.refused)
        found[kind] = AssayRows(kind, rows, left_out)
    return found


def _files_of(kind: str, named, root: Path, problems: list[Problem]) -> Iterator[str]:
    """Yield the files that a key of the config names: one, a folder's, or those of a list."""
    names = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    for name in names:
        if not (isinstance(name, str) and name):
            # the check of the config has named it
            continue
        if not (root / name).is_dir():
            yield name
            continue
        endings = _ENDINGS.get(kind, _TABLES)
        inside = sorted(
            path
            for path in (root / name).iterdir()
            if path.suffix.lower() in endings and not path.name.startswith(".")
        )
        problems += _passed_over(Path(name), root, inside, endings)
        if not inside:
            problem = "the folder holds no table"
            remedy = f"Looked for files ending in {', '.join(endings)}."
            problems.append(Problem(CONFIG, problem, remedy, column=f"study.{kind}", value=name))
        yield from (str(Path(name) / path.name) for path in inside)


def _passed_over(
    name: Path, root: Path, inside: list[Path], endings: Sequence[str]
) -> Iterator[Problem]:
    """Name the files of a folder that no reader knows by their ending, so that none is missed."""
    for path in sorted((root / name).iterdir()):
        if path in inside or path.is_dir() or path.name.startswith((".", "~$")):
            continue
        problem = f"a file ending in {path.suffix or 'nothing'} is not read; it is left out"
        remedy = f"Export it as text ({', '.join(endings)}), or move it out of the folder."
        yield Problem(str(name / path.name), problem, remedy, stops="row")


def _leave_out_copies(sheets: list[Sheet]) -> None:
    """Leave out a plate whose wells are those of another file, called otherwise.

    The plate of an instrument's export is named by its file: a copy would count as a second run.
    """
    first: dict[tuple, str] = {}
    for sheet in sheets:
        read = [tuple(row.get(name) for name in ("well", "gene", "cq")) for row in sheet.rows]
        wells = tuple(sorted(map(str, read)))
        if all(cq is None for _, _, cq in read):
            continue
        if wells not in first:
            first[wells] = sheet.name
            continue
        sheet.refused, sheet.rows = [*sheet.refused, *sheet.rows], []
        problem = f"every well has the Cq of {first[wells]}: a copy; the file is left out"
        remedy = "Remove one of the two; if it is another plate, export it again."
        sheet.problems.append(Problem(sheet.name, problem, remedy, stops="row"))


def _leave_out_broken(sheets: list[Sheet]) -> None:
    """Leave out a file that cannot be read as its kind, if another of the kind can be.

    A broken plate must not keep the others waiting; where nothing of a kind can be read, the config
    is wrong, and the run stops.
    """
    broken = [one for one in sheets if any(p.stops == "run" for p in one.problems)]
    if len(broken) == len(sheets):
        return
    for sheet in broken:
        sheet.refused, sheet.rows = [*sheet.refused, *sheet.rows], []
        sheet.problems = [
            replace(one, problem=f"{one.problem}; the file is left out", row=None, stops="row")
            if one.stops == "run"
            else one
            for one in sheet.problems
        ]


def _fill_draws(kind: str, sheet: Sheet, aliquots: list[Sheet]) -> None:
    """Fill what is empty in a row from its aliquot, and refuse rows of which nobody says whose."""
    schema = load_schema(kind)
    shared = [name for name in load_schema(ALIQUOTS)["properties"] if name in schema["properties"]]
    known = {row.get("sample"): row for one in aliquots for row in one.rows}
    left_out = {row.get("sample"): (one, row.number) for one in aliquots for row in one.refused}
    names = Names(known)
    for row in sheet.rows:
        if is_of_nobody(schema, row):
            continue
        aliquot = known.get(row.get("sample"))
        if aliquot is not None:
            _take_over(sheet, row, aliquot, shared)
        elif row.get("sample") in left_out and not _has_draw(schema, row):
            one, number = left_out[row.get("sample")]
            problem = f"row {number} of {one.name} has this sample and is left out"
            sheet.refuse(row, problem, "Mend that row first.", "sample", row.get("sample"))
            continue
        if "visit" in schema["properties"] and row.get("timepoint") is None and row.get("visit"):
            row.values["timepoint"] = "pre"
        if not _has_draw(schema, row):
            _refuse_without_draw(schema, sheet, row, names, bool(aliquots))


def _has_draw(schema: Mapping, row: SheetRow) -> bool:
    needed = ("patient",) if schema["of_a_draw"] == "patient" else ("patient", "visit")
    return all(row.get(column) is not None for column in needed)


def _take_over(sheet: Sheet, row: SheetRow, aliquot: SheetRow, columns: Iterable[str]) -> None:
    for column in columns:
        own, other = row.get(column), aliquot.get(column)
        if column == "timepoint" and "timepoint" not in sheet.columns and row.get("visit"):
            # a visit's timepoint is pre unless said otherwise, and here the aliquot says it
            own = None if own == "pre" else own
        if own is None:
            row.values[column] = other
        elif column in _IDENTITY and other is not None and own != other:
            problem = f"the sheet of aliquots says {other!r} of this sample"
            sheet.refuse(row, problem, "Correct one of them.", column, own)


def _refuse_without_draw(
    schema: Mapping, sheet: Sheet, row: SheetRow, names: Names, has_aliquots: bool
) -> None:
    sample, lacking = row.get("sample"), "patient" if row.get("patient") is None else "visit"
    if sample is None:
        remedy = f"Give {lacking}, or the sample's key in the sheet of aliquots."
        sheet.refuse(row, f"nothing tells the {lacking}", remedy, f"sample, {lacking}")
    elif has_aliquots:
        remedy = names.remedy(sample, "the sheet of aliquots")
        sheet.refuse(row, "this sample is not known", remedy, "sample", sample)
    else:
        remedy = (
            "Give patient and visit here, or study.aliquots: a sheet of sample, patient, visit."
        )
        sheet.refuse(row, f"nothing tells the {lacking} of this sample", remedy, "sample", sample)


def _refuse_repeated_between(kind: str, sheets: list[Sheet]) -> None:
    """Refuse rows of one key that stand in several files of a kind."""
    schema, groups = load_schema(kind), {}
    key = schema["key"]
    if len(sheets) < 2:
        return
    for sheet in sheets:
        for row in sheet.rows:
            if is_told_by_order(schema, row):
                continue
            values = tuple(row.get(column) for column in key)
            groups.setdefault(values, []).append((sheet, row))
    for values, places in groups.items():
        if len({id(sheet) for sheet, _ in places}) < 2:
            continue
        columns, shown = key_words(key, values)
        for sheet, row in places:
            others = ", ".join(
                f"row {other.number} of {one.name}" for one, other in places if other is not row
            )
            remedy = "Keep the right one; until then all of them are left out."
            remedy += apart_words(schema, row)
            sheet.refuse(row, f"this key also stands in {others}", remedy, columns, shown)
