"""A whole run of a study of drug concentrations, variants and genotypes, without any FCS file."""

import numpy as np
import pytest

from correlates.measurements import read_measurements
from correlates.report.glossary import MEANINGS
from correlates.simulate.assays import genotype, pk, variants
from correlates.simulate.trial import NO_EFFECTS, draw_patients
from correlates.tables import read_tsv, write_tsv
from study import Study, copy_checkout

pytestmark = pytest.mark.workflow
ASSAYS = ("pk", "variants", "genotype")
ANSWERS = ("results/analyses/pk/answers.tsv", "results/analyses/genotype/answers.tsv")
ASKED = (*ANSWERS, "results/variants/measurements.parquet")
# Questions are asked of the whole cohort, so what any assay measures anew asks them again.
OF_THE_COHORT = {"build_cohort": 1, "compare_exposure": 1, "associate_genotypes": 1}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a finished run of the three assays and of their two questions."""
    folder = tmp_path_factory.mktemp("pharmacology") / "work"
    study = Study(copy_checkout(folder / "checkout"), folder / "study")
    study.folder.mkdir(parents=True)
    patients = draw_patients(10, NO_EFFECTS, np.random.default_rng(1))
    for number, module in enumerate((pk, variants, genotype)):
        module.write(study.folder, patients, np.random.default_rng([2, number]))
    columns = ("patient", "sex", "lenalidomide_start_day", "response", "tfr_grade", "crcl_ml_min")
    known = [
        {"patient": one.key, "crcl_ml_min": one.crcl_ml_min} | one.clinical for one in patients
    ]
    rows = [{name: row[name] for name in columns} for row in known]
    write_tsv(study.folder / "patients.tsv", columns, rows)
    sheets = {name: f"assays/{name}/{name}.tsv" for name in ASSAYS}
    study.write_config(
        {
            "study": {"patients": "patients.tsv"} | sheets,
            "analyses": {"contrasts": [], "model": {"endpoints": []}},
        }
    )
    study.run_well(*ASKED)
    return study


@pytest.mark.parametrize("assay", ASSAYS)
def test_each_assay_writes_its_tables_and_figures(study, assay):
    measured = read_measurements(study.result(f"{assay}/measurements.parquet"))

    assert set(measured["assay"]) == {assay}
    for name in ("runs.tsv", "samples.tsv", "controls.tsv", "left_out.tsv"):
        assert read_tsv(study.result(f"{assay}/{name}")), name
    for name in ("layout.svg", "overview.svg"):
        assert "</svg>" in study.result(f"{assay}/{name}").read_text()


def test_the_profile_of_the_first_lenalidomide_dose_is_of_the_combination(study):
    cohort = read_measurements(study.result("cohort/measurements.parquet"))
    profiles = cohort[cohort["timepoint"] == "profile"]
    phases = profiles.groupby("visit")["phase"].agg(set)

    assert phases["C0D28"] == {"IBR_RUNIN"}
    assert phases["C1D1"] == phases["C2D1"] == {"COMBO"}


def test_the_questions_are_answered(study):
    exposure = read_tsv(study.result("analyses/pk/answers.tsv"))
    genotypes = read_tsv(study.result("analyses/genotype/answers.tsv"))

    auc = next(one for one in exposure if one["feature"] == "ibrutinib__auc_tau_dn")
    # of ten, one leaves before lenalidomide, one lacks samples and one's run failed
    assert int(auc["n"]) == 7
    assert float(auc["ci_low"]) < pk.GMR < float(auc["ci_high"])
    assert len(genotypes) == 3 * 4
    assert all(one["sentence"] and one["verdict"] for one in (*exposure, *genotypes))


def test_every_flag_of_the_three_is_told_in_words(study):
    cohort = read_measurements(study.result("cohort/measurements.parquet"))
    flags = {flag for row in cohort[cohort["assay"].isin(ASSAYS)]["flags"] for flag in row}

    assert len(flags) > 10
    assert flags <= set(MEANINGS)


def test_a_run_leaves_nothing_to_do(study):
    assert study.planned(*ASKED) == {}


def test_a_row_of_one_sheet_runs_its_assay_and_the_cohort_alone(study):
    sheet = study.folder / "assays" / "variants" / "variants.tsv"
    text = sheet.read_text()
    sheet.write_text(text.rsplit("\n", 2)[0] + "\n")
    planned = study.planned(*ASKED)
    sheet.write_text(text)

    assert planned == {"measure_variants": 1} | OF_THE_COHORT


def test_a_setting_of_one_assay_runs_it_and_the_cohort_alone(study):
    config = study.read_config()
    study.write_config(config | {"pk": {"interaction": {"no_effect_low": 0.7}}})
    of_question = study.planned(*ASKED)
    study.write_config(config | {"pk": {"runs": {"max_cv_pct": 12}}})
    of_assay = study.planned(*ASKED)
    study.write_config(config)

    assert of_question == {"compare_exposure": 1}
    assert of_assay == {"measure_pk": 1} | OF_THE_COHORT
