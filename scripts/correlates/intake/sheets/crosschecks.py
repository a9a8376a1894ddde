"""The sheets of a study against each other: panels with gating, patients of samples and counts."""

from collections.abc import Iterable, Mapping

from correlates.intake.acquisitions import CALIBRATION_BEADS
from correlates.intake.config import CONFIG
from correlates.intake.files.names import Names
from correlates.intake.sheets.panel_names import check_names
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.sheet import Sheet
from correlates.problems import Problem


def check_panels(sheets: Mapping[str, Sheet], gating: Mapping[str, str]) -> list[Problem]:
    """Give rows the study's only panel, and check that sheets and gating name the same panels.

    Parameters
    ----------
    sheets
        Sheets by kind; rows of an unknown panel, or of none, are refused in them.
    gating
        Path of the gating of each panel.

    Returns
    -------
    What is wrong between the config and the panels sheet.
    """
    gated = Names(gating, by_likeness=True)
    only = next(iter(gating)) if len(gating) == 1 else None
    for kind in ("panels", "samples", "references"):
        if kind in sheets:
            _fill_panel(sheets[kind], gated, only, always=kind != "samples")
    if "panels" not in sheets:
        for kind in ("samples", "references"):
            _refuse_unknown(sheets.get(kind), "panel", gated, "study.gating in the config")
        return []
    for kind in ("samples", "references"):
        where = "the panels sheet and study.gating"
        _refuse_unknown(sheets.get(kind), "panel", gated, where)
    sheets["panels"].problems += check_names(sheets["panels"])
    return _compare_panels(sheets["panels"], gating, gated)


def _fill_panel(sheet: Sheet, gated: Names, only: str | None, always: bool) -> None:
    """Write each row's panel as the config does; a row that names none has the only one."""
    for row in sheet.rows:
        panel = row.get("panel")
        if panel is not None:
            row.values["panel"] = gated.canonical(panel) or panel
        elif only is not None and (always or row.get("fcs")):
            row.values["panel"] = only
        elif always or row.get("fcs"):
            sheet.refuse(row, "the panel is missing", "Name the panel of this row.", "panel")


def _compare_panels(sheet: Sheet, gating: Mapping[str, str], gated: Names) -> list[Problem]:
    panels = (row.get("panel") for row in sheet.rows if row.get("panel"))
    described = Names(panels, by_likeness=True)
    problems = []
    for panel in sorted(described.known - gated.known):
        problem = "the panels sheet has this panel, and no gating is given for it"
        remedy = gated.remedy(panel, "study.gating")
        problems.append(_in_config(f"study.gating.{panel}", problem, remedy, panel))
    for panel, path in gating.items():
        if described.known and panel not in described.known and path.lower().endswith(".csv"):
            problem = "the template names markers, but the panels sheet has no such panel"
            remedy = described.remedy(panel, "the panels sheet")
            problems.append(_in_config(f"study.gating.{panel}", problem, remedy, panel))
    return problems


def _in_config(column: str, problem: str, remedy: str, value: str) -> Problem:
    return Problem(CONFIG, problem, remedy, column=column, value=value)


def _refuse_unknown(sheet: Sheet | None, column: str, names: Names, where: str) -> None:
    for row in sheet.rows if sheet else ():
        value = row.get(column)
        if value is not None and value not in names.known:
            problem = f"this {column} is not known"
            sheet.refuse(row, problem, names.remedy(value, where), column, value)


def check_computed(sheets: Mapping[str, Sheet]) -> list[Problem]:
    """Check that the patients sheet types in what no other sheet of the study tells.

    Returns
    -------
    The columns that are missing; they stop the run.
    """
    patients = sheets.get("patients")
    if patients is None or "patient" not in patients.columns:
        return []
    schema = load_schema("patients")
    problems = []
    for column, kind in schema["computed"].items():
        if column in patients.columns or kind in sheets:
            continue
        spec = schema["properties"][column]
        named = {one.column for one in patients.problems if one.stops == "run"}
        if column in named:
            continue
        remedy = (
            f"Name the column {column!r} (or {', '.join(spec['aliases'][:3])}): "
            f"{spec['description']} Or give the sheet study.{kind}, which tells it."
        )
        problems.append(Problem(patients.name, "this column is missing", remedy, 1, column))
    return problems


def check_patients(sheets: Mapping[str, Sheet], of_clinic: Iterable[str] = ()) -> None:
    """Refuse rows of a patient whom the patients sheet does not have, or whose row is left out.

    Parameters
    ----------
    sheets
        Sheets by kind; ``samples``, ``cbc`` and those of the clinic are checked.
    of_clinic
        Kinds of sheets of the clinic.
    """
    patients = sheets.get("patients")
    if patients is None or "patient" not in patients.columns:
        return
    if not (patients.rows or patients.refused):
        return
    names = Names(row.get("patient") for row in patients.rows)
    left_out = patients.row_to_mend("patient")
    for kind in ("samples", "cbc", *of_clinic):
        sheet = sheets.get(kind)
        for row in sheet.rows if sheet else ():
            patient = row.get("patient")
            if patient is None or patient in names.known:
                continue
            if patient in left_out:
                problem = (
                    f"row {left_out[patient]} of {patients.name} has this patient and is left out"
                )
                sheet.refuse(row, problem, "Mend that row first.", "patient", patient)
                continue
            remedy = names.remedy(patient, patients.name)
            sheet.refuse(row, "this patient is not known", remedy, "patient", patient)


def check_calibration_lots(sheets: Mapping[str, Sheet]) -> None:
    """Warn of calibration beads whose lot the sheet of MESF does not have.

    Their row is kept: the drift of the cytometer is read from beads of any lot.
    """
    references, mesf = sheets.get("references"), sheets.get("mesf")
    if references is None or mesf is None:
        return
    names = Names(row.get("lot") for row in mesf.rows)
    for row in references.rows:
        lot = row.get("lot") or ""
        # rainbow beads have no MESF and need no lot
        if row.get("tube") == CALIBRATION_BEADS and lot and lot not in names.known:
            problem = "this lot is not known, so that the beads calibrate nothing"
            remedy = names.remedy(lot, mesf.name)
            references.problems.append(
                Problem(references.name, problem, remedy, row.number, "lot", lot, "nothing")
            )


def check_bead_lots(sheets: Mapping[str, Sheet]) -> None:
    """Refuse samples whose bead lot the beads sheet does not have, or whose lot is left out."""
    samples, beads = sheets.get("samples"), sheets.get("beads")
    names = Names(row.get("lot") for row in beads.rows) if beads else None
    for row in samples.rows if samples else ():
        lot = row.get("bead_lot")
        if lot is None or (names and lot in names.known):
            continue
        if beads is None:
            remedy = "Name the sheet of bead lots in the config, study.beads, or empty the field."
        else:
            remedy = names.remedy(lot, beads.name)
        samples.refuse(row, "this lot of beads is not known", remedy, "bead_lot", lot)
