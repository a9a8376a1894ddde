"""From the sheets of the clinic to its records: their good rows, up to the data cut."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from correlates.intake.clinical import (
    KINDS,
    WITHOUT_DAY,
    ClinicalRecords,
    DataCut,
    cut_records,
    first_lenalidomide_day,
    left_out_rows,
    rows_with_place,
    with_flare_days,
)
from correlates.intake.config import CONFIG
from correlates.intake.sheets.days import DateKey
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.study import Study
from correlates.problems import Problem


def clinical_records(study: Study, block: Mapping) -> tuple[ClinicalRecords, list[Problem]]:
    """Return the clinical records of a study, and what keeps rows from being among them.

    Parameters
    ----------
    study
        The study's sheets.
    block
        The config's ``study``, whose ``data_cut`` is obeyed if it is sound.
    """
    sheets = {
        kind: rows_with_place(study.sheets[kind].name, load_schema(kind)["properties"], rows)
        for kind in KINDS
        if kind in study.sheets
        # without a column that is needed nothing runs, and no row can be worked with
        for rows in [study.rows(kind) if _has_needed(study, kind) else []]
    }
    left_out = {
        kind: left_out_rows(kind, study.sheets[kind].name, study.sheets[kind].refused)
        for kind in sheets
        if study.sheets[kind].refused
    }
    problems: list[Problem] = []
    records = with_flare_days(ClinicalRecords(sheets, left_out=left_out))
    records, refused = _without_contradictions(records)
    problems += refused
    cut = _cut_of(study, block, problems)
    if cut is None:
        return records, problems
    problems += _typed_in(records, block["data_cut"])
    return cut_records(records, cut), problems


def _has_needed(study: Study, kind: str) -> bool:
    return set(load_schema(kind)["required"]) <= set(study.sheets[kind].columns)


def _without_contradictions(
    records: ClinicalRecords,
) -> tuple[ClinicalRecords, list[Problem]]:
    """Leave out flares whose days contradict each other: two of one onset, or an end before it."""
    problems = []
    for row in records.rows("flares"):
        start = first_lenalidomide_day(records, row["patient"])
        for from_dose, day in (
            ("onset_day_from_len", "onset_study_day"),
            ("resolution_day_from_len", "resolution_study_day"),
        ):
            both = None not in (start, row[from_dose], row[day])
            if both and row[day] - start != row[from_dose]:
                problem = (
                    f"{day} {row[day]:g} is {row[day] - start:g} days after the first lenalidomide "
                    f"dose (day {start:g})"
                )
                remedy = "Give one of the two days."
                shown = f"{row[from_dose]:g}"
                problems.append(
                    Problem(row["sheet"], problem, remedy, row["row"], from_dose, shown, "row")
                )
        onset, end = row["onset_study_day"], row["resolution_study_day"]
        if onset is not None and end is not None and end < onset:
            problem = f"this is study day {end:g}, before the onset on study day {onset:g}"
            remedy = "Count both days alike: from the first lenalidomide dose, or as study days."
            column = "resolution_day_from_len, resolution_study_day"
            problems.append(Problem(row["sheet"], problem, remedy, row["row"], column, stops="row"))
    wrong = {problem.row for problem in problems}
    if not wrong:
        return records, []
    kept = [row for row in records.rows("flares") if row["row"] not in wrong]
    lost = [
        {"patient": row["patient"], "day": row["onset_study_day"], "drug": None}
        | {"row": row["row"], "sheet": row["sheet"]}
        for row in records.rows("flares")
        if row["row"] in wrong
    ]
    left_out = dict(records.left_out) | {"flares": [*records.left_out.get("flares", ()), *lost]}
    sheets = dict(records.sheets) | {"flares": kept}
    return replace(records, sheets=sheets, left_out=left_out), problems


def _cut_of(study: Study, block: Mapping, problems: list[Problem]) -> DataCut | None:
    """Return the data cut with the last day of each patient; None without a sound one."""
    cut = block.get("data_cut")
    if not isinstance(cut, Mapping) or not isinstance(cut.get("name"), str):
        return None
    patients = [row.get("patient") for row in study.rows("patients")]
    if isinstance(cut.get("study_day"), (int, float)):
        return _told_if_empty(
            DataCut(cut["name"], dict.fromkeys(patients, float(cut["study_day"]))), problems
        )
    if not isinstance(cut.get("date"), str):
        return None
    if study.key is None:
        if "redcap" in block and study.sheets:
            problem = "a date of the cut needs the dates of the first ibrutinib doses"
            remedy = "Map them from REDCap: sheets: dates: first_ibrutinib_date. Or give study_day."
            problems.append(Problem(CONFIG, problem, remedy, column="study.data_cut.date"))
        return None
    try:
        last = date.fromisoformat(cut["date"])
    except ValueError:
        # The check of the config names it.
        return None
    days = _days_until(last, study.key, patients, problems)
    return _told_if_empty(DataCut(cut["name"], days), problems)


def _told_if_empty(cut: DataCut, problems: list[Problem]) -> DataCut:
    """Warn of a cut before every first dose, which leaves nobody in the study."""
    if cut.days and not any(map(cut.has_begun, cut.days)):
        problem = f"the data cut {cut.name} lies before the first dose of every patient"
        remedy = "Check its day: nothing of the study is known at it."
        column = "study.data_cut"
        problems.append(Problem(CONFIG, problem, remedy, column=column, stops="nothing"))
    return cut


def _days_until(
    last: date, key: DateKey, patients: list[str], problems: list[Problem]
) -> dict[str, float]:
    days = {}
    for patient in patients:
        if patient in key.first_dose:
            days[patient] = float(key.day_of(patient, last))
            continue
        problem = f"patient {patient} has no first_ibrutinib_date, which the data cut needs"
        remedy = "Add a row; or give study.data_cut a study_day instead of a date."
        problems.append(Problem(key.name, problem, remedy, column="patient", value=patient))
    return days


def _typed_in(records: ClinicalRecords, cut: Mapping) -> list[Problem]:
    """Warn of values that are typed in without a day, to which no cut can be applied."""
    computed = load_schema("patients")["computed"]
    problems = []
    for column in WITHOUT_DAY:
        kind = computed[column]
        rows = [row for row in records.rows("patients") if row[column] is not None]
        if rows and not records.has(kind):
            problem = f"typed in without a day: the data cut {cut['name']} cannot leave it out"
            remedy = f"Give the sheet study.{kind}, from which it is computed up to the cut."
            sheet = rows[0]["sheet"]
            problems.append(Problem(sheet, problem, remedy, column=column, stops="nothing"))
    return problems
