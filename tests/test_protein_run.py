"""A whole run of a study of stained and blotted proteins, from raw data to the answers."""

import numpy as np
import pytest

from correlates.measurements import read_measurements
from correlates.report.glossary import MEANINGS
from correlates.simulate.assays.protein import write_protein
from correlates.simulate.trial import Effects, draw_patients
from correlates.tables import read_tsv, write_tsv
from study import SMALL_FLOORS, Study, copy_checkout

pytestmark = pytest.mark.workflow
N_PATIENTS = 8


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a finished run: blots of eight patients, tubes of two of them."""
    folder = tmp_path_factory.mktemp("protein") / "work"
    study = Study(copy_checkout(folder / "checkout"), folder / "study")
    study.folder.mkdir(parents=True)
    patients = draw_patients(N_PATIENTS + 1, Effects(), np.random.default_rng(3))
    write_protein(study.folder, patients, np.random.default_rng(4))
    rows = [
        {"patient": one.key, "lenalidomide_start_day": one.clinical["lenalidomide_start_day"]}
        for one in patients
    ]
    columns = ("patient", "lenalidomide_start_day", "response", "tfr_grade")
    known = [row | {"response": "PR", "tfr_grade": 0} for row in rows]
    write_tsv(study.folder / "patients.tsv", columns, known)
    study.write_config(
        {
            "study": {
                **{"patients": "patients.tsv", "panels": "panels.tsv", "samples": "samples.tsv"},
                **{"references": "references.tsv", "western": "assays/protein/western.tsv"},
                **{"specimen": "fresh_wb", "gating": {"ikzf": "ikzf"}},
            },
            "flow": SMALL_FLOORS | {"fmo_min_parent_events": 100},
            "analyses": {"contrasts": [], "model": {"endpoints": []}},
        }
    )
    study.run_well("results/analyses/degradation/answers.tsv")
    return study


@pytest.fixture(scope="module")
def measured(study):
    return read_measurements(study.result("cohort/measurements.parquet"))


def test_stains_are_measured_against_the_fmo_of_their_batch(study, measured):
    truth = {
        (row["patient"], row["visit"], row["timepoint"], row["cell"], row["marker"].lower()): row
        for row in read_tsv(study.folder / "truth" / "protein.tsv")
        if row["method"] == "flow"
    }
    nets = measured[measured["feature"].str.contains("__net__")].to_dict("records")
    level = {}
    for row in nets:
        marker, _, cell = row["feature"].split("__")
        level[row["patient"], row["visit"], row["timepoint"], cell, marker] = row["value"]
    errors = [
        100 * value / level[patient, "C1D1", "pre", cell, marker]
        - float(truth[patient, visit, timepoint, cell, marker]["remaining_pct"])
        for (patient, visit, timepoint, cell, marker), value in level.items()
        if np.isfinite(value)
    ]

    assert len(errors) > 100
    assert np.sqrt(np.mean(np.square(errors))) < 5


def test_a_batch_without_an_fmo_keeps_its_rows(measured):
    rows = measured[measured["feature"].str.startswith("ikzf3__net__")]
    lacking = rows[rows["run"] == "ikzf2"]

    assert len(lacking) == 20
    assert set(lacking["status"]) == {"not_evaluable"}
    assert all("fmo_missing" in flags for flags in lacking["flags"])


def test_the_planted_degradation_is_recovered(study):
    answers = {
        (row["question"], row["feature"]): row
        for row in read_tsv(study.result("analyses/degradation/answers.tsv"))
    }

    fell = answers["remaining", "ikzf1__log2_ratio__cll"]
    assert fell["verdict"] == "fell"
    assert float(fell["ci_low"]) < 35 < float(fell["ci_high"])
    half_life = answers["kinetics", "ikzf1__log2_ratio__cll"]
    assert float(half_life["estimate"]) == pytest.approx(16, rel=0.3)
    assert answers["remaining", "crbn__log2_ratio__cll"]["verdict"] == "no_change_shown"


def test_a_patient_without_b1_is_told_of(study):
    profiles = read_tsv(study.result("analyses/degradation/profiles.tsv"))

    without = [row for row in profiles if row["reason"] == "no B1 of this protein"]
    assert len({row["patient"] for row in without}) == 1


def test_draws_have_their_hours_after_lenalidomide(study):
    points = read_tsv(study.result("analyses/degradation/points.tsv"))

    assert {row["hours_post_len"] for row in points if row["timepoint"] == "h5"} == {"5"}
    assert {row["window"] for row in points if row["timepoint"] == "h5"} == {"peak"}


def test_an_isotype_that_is_declared_stands_in_and_is_flagged(study):
    config = study.read_config()
    declared = {"protein": {"intracellular": {"use_isotype": True}}}
    study.write_config(config | declared)
    study.run_well("results/protein/measurements.parquet")
    study.write_config(config)

    rows = read_measurements(study.result("protein/measurements.parquet"))
    nets = rows[rows["feature"].str.startswith("ikzf3__net__") & (rows["run"] == "ikzf2")]

    assert set(nets["status"]) == {"ok"}
    assert all("isotype_background" in flags for flags in nets["flags"])
    others = rows[rows["feature"].str.startswith("ikzf1__net__")]
    assert not any("isotype_background" in flags for flags in others["flags"])


def test_every_flag_is_told_in_words(measured):
    own = measured[measured["assay"] == "protein"]

    assert {flag for row in own["flags"] for flag in row} <= set(MEANINGS)
