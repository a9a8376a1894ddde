"""The sheets of a study read together: each by itself, then one against the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from correlates.intake.config import CONFIG
from correlates.intake.files.pattern import Pattern, PatternError, compile_pattern
from correlates.intake.panels import PanelRow, panel_row
from correlates.intake.redcap.read import read_redcap
from correlates.intake.redcap.tables import sheet_name
from correlates.intake.sheets.assays import AssaySheets, read_assay_sheets
from correlates.intake.sheets.crosschecks import (
    check_bead_lots,
    check_calibration_lots,
    check_computed,
    check_panels,
    check_patients,
)
from correlates.intake.sheets.dates import ISO, format_pattern
from correlates.intake.sheets.days import DateKey
from correlates.intake.sheets.key_file import read_key
from correlates.intake.sheets.sheet import Sheet, SheetRow, judge_table, read_sheet
from correlates.intake.sheets.tabular import TextTable, read_text_table
from correlates.problems import Problem, did_you_mean, folded, nearest, problem_line

OF_CLINIC = (
    *("exposure", "lesions", "assessments", "flares", "laboratory", "adverse_events"),
    *("follow_up", "dates"),
)
SHEETS = (
    *("patients", "samples", "panels", "cbc", "references", "beads", "mesf", "overrides"),
    *OF_CLINIC,
)
_KINDS_SHOWN = 3
SHIPPED_GATING = Path(__file__).resolve().parents[4] / "resources" / "gating"


@dataclass
class Study:
    """Sheets and files of a study, as far as they are good.

    Parameters
    ----------
    sheets
        Those that the config names, by kind.
    problems
        Everything wrong with them.
    gating, compensation
        Per panel the path of the gating; ``file``, ``none`` or the path of the compensation.
    key
        What turned the sheets' dates into study days; None without ``study.dates``.
    assays
        The sheets of the assays beside flow.
    """

    sheets: dict[str, Sheet] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    gating: dict[str, str] = field(default_factory=dict)
    compensation: dict[str, str] = field(default_factory=dict)
    key: DateKey | None = None
    assays: AssaySheets = field(default_factory=AssaySheets)

    def rows(self, kind: str) -> list[SheetRow]:
        """Return the good rows of a sheet; none if the study has no such sheet."""
        return self.sheets[kind].rows if kind in self.sheets else []

    def panels(self) -> dict[str, tuple[PanelRow, ...]]:
        """Return the channels of each panel, with their markers, in the order of the sheet."""
        panels: dict[str, tuple[PanelRow, ...]] = {}
        for row in self.rows("panels"):
            panel = row.get("panel")
            panels[panel] = (*panels.get(panel, ()), panel_row(row.values))
        return panels

    def marker_classes(self) -> dict[str, dict[str, str]]:
        """Return the class of each marker that the sheet gives one, per panel and marker."""
        panels: dict[str, dict[str, str]] = {}
        for row in self.rows("panels"):
            if row.get("marker") and row.get("marker_class"):
                of_panel = panels.setdefault(row.get("panel"), {})
                of_panel[row.get("marker")] = row.get("marker_class")
        return panels


def read_study(study: Mapping, root: str | Path = ".", today: date | None = None) -> Study:
    """Read every sheet of a study and check the sheets against each other and the config.

    Parameters
    ----------
    study
        The config's ``study`` block; keys of a wrong type are passed over, since the check of the
        config has named them.
    root
        The working directory, to which the paths are relative.
    today
        The day of this run, beyond which no date may lie; that of the machine if not given.

    Returns
    -------
    The study with every problem. Nothing is raised for what is wrong in it.
    """
    found = Study()
    tables = _read_redcap(study, Path(root), found)
    found.key = _read_dates(study, Path(root), found, today, tables)
    for kind in SHEETS:
        name = study.get(kind)
        if kind != "dates" and (kind in tables or (isinstance(name, str) and name)):
            # Of a young trial nothing may be recorded yet.
            may_be_empty = kind in ("cbc", "overrides", *OF_CLINIC[:-1])
            may_be_empty |= kind == "samples" and "drop" in study
            judge = partial(judge_table, may_be_empty=may_be_empty, key=found.key)
            if kind in tables:
                found.sheets[kind] = judge(
                    tables[kind], kind, sheet_name(study["redcap"]["export"], kind)
                )
            else:
                found.sheets[kind] = judge(read_text_table(Path(root) / name, name), kind, name)
    _resolve_files(study, Path(root), found)
    found.problems += check_panels(found.sheets, found.gating)
    found.problems += check_computed(found.sheets)
    check_patients(found.sheets, OF_CLINIC)
    check_bead_lots(found.sheets)
    check_calibration_lots(found.sheets)
    for kind, sheet in found.sheets.items():
        sheet.settle()
        found.problems += sheet.told()
        # Beside a drop folder, the samples sheet only adds to the files that the folder holds.
        if sheet.refused and not sheet.rows and not (kind == "samples" and "drop" in study):
            found.problems.append(_unusable(sheet))
    found.assays = read_assay_sheets(study, Path(root), found.sheets.get("patients"), found.key)
    found.problems += found.assays.problems
    for sheets in found.assays.by_kind.values():
        for sheet in sheets:
            found.problems += sheet.told()
            if sheet.refused and not any(one.rows for one in sheets):
                found.problems.append(_unusable(sheet))
    return found


def _read_redcap(study: Mapping, root: Path, found: Study) -> dict[str, TextTable]:
    """Return the tables of the sheets that come from REDCap, without those that are files too."""
    block = study.get("redcap")
    if not isinstance(block, Mapping) or not all(
        isinstance(block.get(name), str) for name in ("export", "dictionary", "mapping")
    ):
        # the check of the config has named it
        return {}
    tables, problems = read_redcap(block, root).tables()
    found.problems += problems
    for kind in tables:
        if study.get(kind) is not None:
            problem = "this sheet is mapped from REDCap too"
            _note(found, f"study.{kind}", problem, "Keep one of them.", str(study[kind]))
    if tables and "patients" not in {*tables, *study}:
        problem = "nothing gives the patients"
        remedy = "Give study.patients, or map them from REDCap: sheets: patients."
        _note(found, "study.patients", problem, remedy, "")
    return tables


def _read_dates(
    study: Mapping, root: Path, found: Study, today: date | None, tables: Mapping[str, TextTable]
) -> DateKey | None:
    """Return the key of the study's dates; its rows go nowhere else."""
    name, declared = study.get("dates"), study.get("date_format")
    if "dates" in tables:
        called = sheet_name(study["redcap"]["export"], "dates")
        found.sheets["dates"] = judge_table(tables["dates"], "dates", called)
        return read_key(found.sheets["dates"], _sound(declared), today)
    if not (isinstance(name, str) and name):
        return None
    found.sheets["dates"] = read_sheet(root / name, "dates", name)
    return read_key(found.sheets["dates"], _sound(declared), today)


def _sound(declared) -> str | None:
    """Return how dates are written, if it is legal; the check of the config has named it if not."""
    try:
        format_pattern(declared or ISO)
    except (TypeError, ValueError):
        return None
    return declared


def _unusable(sheet: Sheet) -> Problem:
    """Say that a sheet is wrong as a whole, which is one mistake and not one a row."""
    count = len(sheet.refused)
    problem = (
        f"none of its {count} rows can be used" if count > 1 else "its only row cannot be used"
    )
    of_rows = folded(one.as_row() for one in sheet.told() if one.stops == "row")
    of_rows.sort(key=lambda row: -row["count"])
    # nothing runs, so nowhere else is it said
    said = [problem_line(row, with_file=False) for row in of_rows[:_KINDS_SHOWN]]
    if len(of_rows) > _KINDS_SHOWN:
        said.append(f"And {len(of_rows) - _KINDS_SHOWN} more problems of its rows.")
    return Problem(sheet.name, problem, " ".join(said))


def drop_pattern(
    block: Mapping, root: Path, study: Study, problems: list[Problem]
) -> Pattern | None:
    """Return the drop folder's pattern, and note what is wrong with pattern and folder."""
    drop = block.get("drop")
    if not isinstance(drop, Mapping):
        _require_folder(block.get("fcs_folder"), "study.fcs_folder", root, problems)
        return None
    _require_folder(drop.get("folder"), "study.drop.folder", root, problems)
    text = drop.get("pattern")
    if not isinstance(text, str):
        return None
    column = "study.drop.pattern"
    try:
        pattern = compile_pattern(text, study.gating)
    except PatternError as error:
        problems.append(Problem(CONFIG, error.problem, error.remedy, column=column, value=text))
        return None
    if "panel" not in pattern.names and len(study.gating) > 1:
        problem = f"names do not tell which of {', '.join(study.gating)} a file is of"
        remedy = "Put {panel} into the pattern."
        problems.append(Problem(CONFIG, problem, remedy, column=column, value=text))
    return pattern


def _require_folder(name, column: str, root: Path, problems: list[Problem]) -> None:
    if isinstance(name, str) and not (root / name).is_dir():
        remedy = f"Make it, or correct the path; looked for it at {(root / name).absolute()}."
        problems.append(
            Problem(CONFIG, "there is no such folder", remedy, column=column, value=name)
        )


def require_specimen(
    block: Mapping, study: Study, pattern: Pattern | None, problems: list[Problem]
) -> None:
    """Note it if neither config nor sheet nor names tell which specimen the samples are."""
    if not {"samples", "drop", "redcap"} & set(block):
        return
    samples = study.sheets.get("samples")
    in_sheet = samples is not None and "specimen" in samples.columns
    in_name = pattern is not None and "specimen" in pattern.names
    if not ("specimen" in block or in_sheet or in_name):
        problem = "nothing tells which specimen the samples are"
        remedy = (
            "Give study.specimen (such as fresh_wb), a column specimen in the samples sheet, "
            "or {specimen} in the pattern."
        )
        problems.append(Problem(CONFIG, problem, remedy, column="study.specimen"))


def _resolve_files(study: Mapping, root: Path, found: Study) -> None:
    """Find the files of gating and compensation, which every job of a panel needs."""
    gating, compensation = (
        block if isinstance(block, Mapping) else {}
        for block in (study.get("gating"), study.get("compensation"))
    )
    for panel, name in gating.items():
        if isinstance(name, str):
            found.gating[panel] = _gating_file(found, root, f"study.gating.{panel}", name)
            choice = compensation.get(panel, "file")
            found.compensation[panel] = choice
            if isinstance(choice, str) and choice not in ("file", "none"):
                _require_file(found, root, f"study.compensation.{panel}", choice)


def _gating_file(found: Study, root: Path, column: str, name: str) -> str:
    """Return the path of a gating; a bare word is the name of a template that is shipped."""
    if Path(name).suffix or (root / name).exists():
        _require_file(found, root, column, name)
        return name
    shipped = SHIPPED_GATING / f"{name}.csv"
    if not shipped.exists():
        known = sorted(path.stem for path in SHIPPED_GATING.glob("*.csv"))
        remedy = f"{did_you_mean(name, known)} Or give the path of a file."
        _note(found, column, "no template of this name is shipped", remedy, name)
    return str(shipped)


def _note(found: Study, column: str, problem: str, remedy: str, value: str) -> None:
    found.problems.append(Problem(CONFIG, problem, remedy, column=column, value=value))


def _require_file(found: Study, root: Path, column: str, name: str) -> None:
    path = root / name
    if path.is_file():
        return
    near = (
        nearest(path.name, [p.name for p in path.parent.glob("*")]) if path.parent.is_dir() else []
    )
    hint = f"Did you mean {str(Path(name).with_name(near[0]))!r}? " if near else ""
    _note(
        found, column, "there is no such file", f"{hint}Looked for it at {path.absolute()}.", name
    )
