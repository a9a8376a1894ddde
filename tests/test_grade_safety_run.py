"""Safety and dose by the real Snakemake: from the clinic's sheets to the tables."""

import shutil

import pytest

from correlates.tables import read_tsv
from study import ROOT, Study, copy_checkout

pytestmark = pytest.mark.workflow
SHEETS = {
    "patients": "patient sex dose_level_mg enrolment_order response tfr_grade\nP01 F 5 1 PR 1\n",
    "exposure": (
        "patient drug start_day stop_day dose_mg reason\n"
        "P01 ibrutinib 1  420 planned\nP01 lenalidomide 29 112 5 planned\n"
    ),
    "laboratory": (
        "patient study_day anc_10e9_l hb_g_l uric_acid_mg_dl potassium_mmol_l phosphate_mg_dl "
        "calcium_mg_dl\nP01 28 3 120 5 4 3 9\nP01 31 0.4 80 8 6 3 9\n"
    ),
    "adverse_events": (
        "patient term onset_day grade dlt\nP01 Neutropenia 31 4 yes\nP01 Rash 10 1 no\n"
    ),
    "follow_up": "patient study_day alive\nP01 120 yes\n",
}
TARGET = "results/clinical/tls.tsv"


def table(text):
    return text.replace(" ", "\t")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("safety")
    study = Study(copy_checkout(folder / "checkout"), folder / "study")
    (study.folder / "fcs").mkdir(parents=True)
    for kind, text in SHEETS.items():
        (study.folder / f"{kind}.tsv").write_text(table(text))
    shutil.copy(ROOT / "resources" / "panels" / "ics.tsv", study.folder / "panels.tsv")
    study.write_config(
        {
            "study": {kind: f"{kind}.tsv" for kind in SHEETS}
            | {
                "panels": "panels.tsv",
                "specimen": "fresh_wb",
                "drop": {"folder": "fcs", "pattern": "{patient}_{visit}_{panel}.fcs"},
                "gating": {"ics": "ics"},
            }
        }
    )
    study.run_well(TARGET)
    return study


def test_the_tables_of_a_study_with_clinical_sheets(study):
    windows = read_tsv(study.result("clinical/tls.tsv"))
    counts = read_tsv(study.result("clinical/haematology.tsv"))
    (judged,) = read_tsv(study.result("clinical/dose_limiting.tsv"))

    assert [(row["drug"], row["laboratory_tls"]) for row in windows] == [
        ("ibrutinib", "not_evaluable"),
        ("lenalidomide", "yes"),
    ]
    # haemoglobin was given in g/L, and 8.0 g/dL is grade 2
    worst = {row["parameter"]: row["worst_grade"] for row in counts if row["cycle"] == "1"}
    assert worst == {"neutrophils": "4", "platelets": "", "haemoglobin": "2"}
    assert judged["dlt"] == "yes"


def test_the_next_run_has_nothing_to_do_until_a_value_or_a_bound_changes(study):
    assert study.planned(TARGET) == {}

    config = study.read_config()
    study.write_config(config | {"clinical": {"safety": {"tls": {"change_pct": 20}}}})
    assert study.planned(TARGET) == {"grade_safety": 1}

    study.write_config(config)
    sheet = study.folder / "laboratory.tsv"
    sheet.write_text(sheet.read_text().replace("0.4", "0.6"))
    assert study.planned(TARGET) == {"grade_safety": 1}


def test_without_the_sheets_their_tables_are_gone(study):
    config = study.read_config()
    for kind in ("exposure", "laboratory", "adverse_events"):
        config["study"].pop(kind)
    (study.folder / "patients.tsv").write_text(
        table("patient lenalidomide_start_day response tfr_grade\nP01 29 PR 1\n")
    )
    study.write_config(config)
    assert study.result("clinical/tls.tsv").exists()

    study.run_well("results/intake/files.tsv")

    assert not study.result("clinical/tls.tsv").exists()
