"""Response by the real Snakemake: from the clinic's sheets to the tables."""

import shutil

import pytest

from correlates.tables import read_tsv
from study import ROOT, Study, copy_checkout

pytestmark = pytest.mark.workflow
SHEETS = {
    "patients": (
        "patient sex response tfr_grade lenalidomide_start_day\nP01 F SD 0 29\nP02 M PR 0 29\n"
    ),
    "lesions": (
        "patient study_day lesion_id role ld_cm sd_cm status\n"
        "P01 -4 T1 target 4 3 present\nP01 98 T1 target 2 1.5 present\n"
        "P01 170 T1 target 1.4 1 present\n"
    ),
    "assessments": (
        "patient study_day visit spleen_cm liver_enlarged symptoms alc_10e9_l plt_10e9_l hb_g_dl "
        "marrow investigator_category\n"
        "P01 -4 SCR 15 no no 60 150 13  \nP01 100 C4D1 12 no no 20  13  PR\n"
        "P01 172 C7D1 12 no no 3 150 13 nodules CR\n"
    ),
    "laboratory": "patient study_day plt_10e9_l\nP01 104 140\n",
}
TARGET = "results/clinical/responses.tsv"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("response")
    study = Study(copy_checkout(folder / "checkout"), folder / "study")
    (study.folder / "fcs").mkdir(parents=True)
    for kind, text in SHEETS.items():
        (study.folder / f"{kind}.tsv").write_text(text.replace(" ", "\t"))
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


def test_the_tables_of_a_study_with_assessments(study):
    responses = {row["patient"]: row for row in read_tsv(study.result("clinical/responses.tsv"))}
    assessed = read_tsv(study.result("clinical/assessments.tsv"))
    differences = read_tsv(study.result("clinical/disagreements.tsv"))

    assert [row["category"] for row in assessed] == ["", "PR", "nPR"]
    assert (responses["P01"]["best"], responses["P02"]["best"]) == ("PR", "NE")
    assert responses["P01"]["typed"] == "SD"
    assert responses["P01"]["data_cut"] == "none"
    assert [(row["level"], row["computed"], row["other"]) for row in differences[:2]] == [
        ("assessment", "nPR", "CR"),
        ("best response", "PR", "SD"),
    ]
    assert differences[0]["deciding_criterion"] == "marrow"


def test_the_next_run_has_nothing_to_do_until_a_value_or_a_limit_changes(study):
    assert study.planned(TARGET) == {}

    config = study.read_config()
    study.write_config(config | {"clinical": {"response": {"confirmation_days": 90}}})
    assert study.planned(TARGET) == {"judge_response": 1}

    study.write_config(config)
    sheet = study.folder / "lesions.tsv"
    sheet.write_text(sheet.read_text().replace("1.4", "1.6"))
    assert study.planned(TARGET) == {"judge_response": 1}
