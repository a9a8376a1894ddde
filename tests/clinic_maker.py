"""Clinical records made by hand: rows of the clinic's sheets with only what a test is about.

Every column that a row does not name takes the default below, else None, as an empty field does.
A patient who is named in any sheet but not among the patients gets a row there.
"""

import yaml

from correlates.clinical.endpoints.rows import endpoint_frame
from correlates.clinical.endpoints.table import derive, endpoint_rows
from correlates.clinical.records import ClinicalRecords, cut_records
from correlates.intake.clinical import KINDS, with_flare_days
from correlates.intake.clinical_sheets import clinical_records
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.study import read_study
from study import ROOT

PATIENT = "P01"
DEFAULTS = {
    "patients": {},
    "exposure": {"drug": "lenalidomide", "start_day": 29, "dose_mg": 5.0, "reason": "planned"},
    "lesions": {"role": "target", "status": "present", "method": "ct", "lesion_id": "T1"},
    "assessments": {},
    "flares": {"ctcae_version": "3.0"},
    "laboratory": {},
    "adverse_events": {"term": "Diarrhea", "grade": 1, "ctcae_version": "5.0"},
    "follow_up": {"alive": True},
    "samples": {"visit": "C1D1", "specimen": "fresh_wb"},
}


def make_records(cut=None, **sheets) -> ClinicalRecords:
    """Return records of these sheets; ``cut`` leaves out what came after it.

    Parameters
    ----------
    cut
        A `DataCut`, or None.
    **sheets
        Kind of sheet: its rows, each a dict of some columns. A row without a patient is of P01; of
        the patients, a text stands for a row that holds nothing but the key. An empty list is a
        sheet without rows, which is not the same as no sheet.

    Raises
    ------
    KeyError
        If a sheet or a column is none of the schemas': a typo would otherwise test nothing.
    """
    unknown = sorted(set(sheets) - set(KINDS))
    if unknown:
        msg = f"no such sheet: {', '.join(unknown)}"
        raise KeyError(msg)
    made = {kind: _rows(kind, rows) for kind, rows in sheets.items()}
    listed = made.setdefault("patients", [])
    known = {row["patient"] for row in listed}
    named = dict.fromkeys(row["patient"] for kind in KINDS for row in made.get(kind, ()))
    listed += _rows("patients", [name for name in named if name not in known], len(listed))
    records = with_flare_days(ClinicalRecords({kind: made[kind] for kind in KINDS if kind in made}))
    return records if cut is None else cut_records(records, cut)


def _rows(kind: str, rows, after: int = 0) -> list[dict]:
    columns = list(load_schema(kind)["properties"])
    made = []
    # The header is row 1.
    for number, given in enumerate(rows, start=after + 2):
        row = {"patient": given} if isinstance(given, str) else dict(given)
        unknown = sorted(set(row) - set(columns))
        if unknown:
            msg = f"{kind} has no column {', '.join(unknown)}"
            raise KeyError(msg)
        filled = dict.fromkeys(columns) | {"patient": PATIENT} | DEFAULTS[kind] | row
        made.append(filled | {"row": number, "sheet": f"{kind}.tsv"})
    return made


def lesion(study_day, ld_mm, sd_mm=None, lesion_id="T1", **more) -> dict:
    """Return one measured lesion; square if only one diameter is given."""
    return {
        "study_day": study_day,
        "ld_mm": ld_mm,
        "sd_mm": ld_mm if sd_mm is None else sd_mm,
        "lesion_id": lesion_id,
    } | more


def dose(start_day, stop_day=None, dose_mg=5.0, drug="lenalidomide", **more) -> dict:
    """Return one row of exposure."""
    days = {"start_day": start_day, "stop_day": stop_day}
    return days | {"dose_mg": dose_mg, "drug": drug} | more


def read_clinic(folder, cut=None) -> ClinicalRecords:
    """Return the records of a simulated clinic's sheets, read as a run reads them."""
    names = {kind: f"{kind}.tsv" for kind in (*KINDS, "panels")}
    # Without a drop folder the samples sheet would have to name files, of which there are none.
    drop = {"folder": ".", "pattern": "{patient}_{visit}_{panel}.fcs"}
    block = names | {"gating": {"tnk": "tnk"}, "drop": drop}
    if cut:
        block["data_cut"] = cut
    study = read_study(block, root=folder)
    records, problems = clinical_records(study, block)
    assert [*study.problems, *problems] == []
    return records


def shipped_settings() -> dict:
    """Return the block ``clinical`` of the shipped config."""
    return yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["clinical"]


def endpoints_of(records: ClinicalRecords, **blocks):
    """Return the endpoint table of records as the cohort reads it, by the shipped settings.

    ``blocks`` are laid over the config's blocks of the same name.
    """
    settings = shipped_settings()
    settings |= {name: settings[name] | block for name, block in blocks.items()}
    return endpoint_frame(endpoint_rows(records, derive(records, settings), settings))
