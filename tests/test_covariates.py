"""Covariates of dose and of what was taken beside it, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from clinic_maker import dose, make_records
from correlates.clinical.covariates import (
    AT_START,
    COLUMNS,
    OVER_TREATMENT,
    TIMES,
    covariate_rows,
    values_of,
)
from correlates.clinical.safety.settings import DosePlan
from correlates.cohort.build import build_cohort
from test_cohort_build import PATIENTS, PROVENANCE, ROWS, tables

PLAN = DosePlan(ibrutinib_mg=420, cycle_days=28, min_delay_days=1)
FOLLOWED = [{"study_day": 84}]
IBRUTINIB = dose(1, None, 420, "ibrutinib")


def covariates(*doses, follow_up=FOLLOWED, others=(), **row):
    patients = [{"patient": "P01"} | row, *({"patient": name} for name, _ in others)]
    exposure = [*doses, *(one | {"patient": name} for name, one in others)]
    records = make_records(patients=patients, exposure=exposure, follow_up=follow_up)
    return next(one for one in covariate_rows(records, PLAN, 56) if one["patient"] == "P01")


def test_doses_of_lenalidomide_and_of_what_went_with_it():
    row = covariates(
        IBRUTINIB,
        dose(29, 56, 5),
        dose(57, 84, 10, reason="escalation"),
        dose(29, 33, 20, "prednisone", reason="prophylaxis"),
        dose(34, 38, 10, "prednisone", reason="prophylaxis"),
        dose(-1, 40, 300, "allopurinol"),
        dose(60, 64, 400, "nsaid"),
        dose(84, None, 0.3, "g_csf"),
    )

    assert (row["lenalidomide_start_mg"], row["lenalidomide_current_mg"]) == (5, 10)
    assert row["lenalidomide_cumulative_mg"] == 28 * 5 + 28 * 10
    assert row["lenalidomide_dose_intensity_pct"] == 100
    assert row["ibrutinib_dose_intensity_pct"] == 100
    assert row["lenalidomide_escalated"] is True
    assert row["flare_prophylaxis"] == "steroid"
    assert (row["steroid_at_lenalidomide"], row["steroid_days"]) == (True, 10)
    # of those before the first ibrutinib dose none counts
    assert (row["allopurinol_at_lenalidomide"], row["allopurinol_days"]) == (True, 40)
    assert (row["nsaid_at_lenalidomide"], row["nsaid_days"]) == (False, 5)
    assert (row["g_csf_at_lenalidomide"], row["g_csf_days"]) == (False, 1)


def test_the_day_before_lenalidomide_and_the_day_of_it():
    at = [
        covariates(IBRUTINIB, dose(29, 84, 5), dose(20, last, 100, "aspirin")) for last in (28, 29)
    ]

    assert [row["aspirin_at_lenalidomide"] for row in at] == [False, True]


def test_a_kind_of_drug_that_nobody_records_is_no_no():
    row = covariates(IBRUTINIB, dose(29, 84, 5), others=[("P02", dose(3, 9, 4, "dexamethasone"))])

    assert (row["steroid_at_lenalidomide"], row["steroid_days"]) == (False, 0)
    assert row.get("lmwh_at_lenalidomide") is None
    assert row.get("lmwh_days") is None
    assert (
        "in no row of the exposure sheet: nsaid, allopurinol, g_csf, aspirin, lmwh"
        in (row["reason"])
    )


def test_who_never_received_lenalidomide_has_no_zeros_of_it():
    row = covariates(IBRUTINIB, dose(3, 9, 20, "prednisone"))

    assert row["lenalidomide_cumulative_mg"] is None
    assert row.get("steroid_at_lenalidomide") is None
    assert row["steroid_days"] == 7
    assert "lenalidomide: never received" in row["reason"]


def test_days_of_the_patients_sheet_alone_tell_no_dose():
    records = make_records(patients=[{"patient": "P01", "lenalidomide_start_day": 29}])
    (row,) = covariate_rows(records, PLAN, 56)

    assert {name: row.get(name) for name in TIMES} == dict.fromkeys(TIMES)
    assert "no row of the exposure sheet" in row["reason"]


@pytest.mark.parametrize(
    ("drug", "lost", "kept"),
    [
        ("prednisone", ["steroid_days", "flare_prophylaxis"], ["aspirin_days"]),
        (
            "lenalidomide",
            ["lenalidomide_cumulative_mg", "aspirin_at_lenalidomide"],
            ["steroid_days"],
        ),
        (None, ["steroid_days", "aspirin_days", "ibrutinib_dose_intensity_pct"], []),
        ("allopurinol", ["allopurinol_days"], ["steroid_days", "lenalidomide_cumulative_mg"]),
    ],
)
def test_what_a_row_that_is_left_out_may_tell_is_not_known(drug, lost, kept):
    doses = [IBRUTINIB, dose(29, 84, 5), dose(2, 3, 20, "prednisone"), dose(2, 3, 100, "aspirin")]
    records = make_records(exposure=doses, follow_up=FOLLOWED)
    row = {"patient": "P01", "day": 30, "drug": drug, "row": 9, "sheet": "exposure.tsv"}
    (found,) = covariate_rows(replace(records, left_out={"exposure": [row]}), PLAN, 56)

    assert [found[name] for name in lost] == [None] * len(lost)
    assert all(found[name] is not None for name in kept)
    assert "left out" in found["reason"]


def test_a_failure_of_screening_has_no_row():
    assert covariate_rows(make_records(patients=[{"screen_failure": "ANC"}]), PLAN, 56) == []


def test_every_covariate_says_of_which_time_it_is():
    row = covariates(IBRUTINIB, dose(29, 84, 5), dose(29, 30, 20, "prednisone"))

    assert set(row) <= set(COLUMNS)
    assert TIMES["steroid_at_lenalidomide"] == AT_START
    assert TIMES["lenalidomide_cumulative_mg"] == OVER_TREATMENT


def test_the_cohort_holds_them_as_numbers_beside_those_of_the_sheet():
    records = make_records(
        exposure=[
            one | {"patient": "P1"}
            for one in (IBRUTINIB, dose(29, 84, 5), dose(29, 30, 20, "prednisone"))
        ],
        follow_up=[{"patient": "P1", "study_day": 84}],
    )
    rows = covariate_rows(records, PLAN, 56)

    cohort = build_cohort(*tables(ROWS, PATIENTS), PATIENTS, PROVENANCE, values_of(rows))

    obs = cohort.obs
    assert obs["lenalidomide_start_mg"].tolist()[0] == 5
    assert np.isnan(obs["lenalidomide_start_mg"].tolist()[1])
    assert obs["steroid_at_lenalidomide"].tolist()[0] == 1
    assert obs["flare_prophylaxis"].tolist()[0] == "none"
    assert "age_y" in obs
    assert cohort.uns["covariate_times"]["steroid_days"] == OVER_TREATMENT
