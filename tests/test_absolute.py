"""Absolute counts: the worked vectors, the pair by specimen, and what has none."""

import math

import numpy as np
import pandas as pd
import pytest

from correlates.flow.counts.absolute import absolute_counts, choose_pair, read_blood_counts
from correlates.intervals import garwood

ANCHORS = {"leukocytes": "cd45", "lymphocytes": "lymph", "monocytes": "mono"}
ALL = {"cd45", "lymph", "mono"}
CBC = {"wbc_10e9_l": 6.0, "alc_10e9_l": 1.5, "amc_10e9_l": 0.4}
RULES = {"cv_cbc": 0.03, "lod_events": 20, "lloq_events": 50}


def counted(n_events, n_reference=240_000, per_ul=62_000.0):
    return absolute_counts([n_events], n_reference, per_ul, **RULES).iloc[0]


def test_the_worked_vector_of_dual_platform():
    row = counted(1250)

    assert row["value"] == pytest.approx(322.9, abs=0.05)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((297.8, 350.1), abs=0.05)
    assert row["status"] == "ok"


@pytest.mark.parametrize(
    ("n_events", "status", "limit_events"),
    [
        pytest.param(50, "ok", 50, id="quantified, and told what it has passed"),
        pytest.param(49, "lt_lloq", 50, id="censored at the limit of quantification"),
        pytest.param(19, "nd", 20, id="censored at the limit of detection"),
    ],
)
def test_limits_are_those_of_the_sample(n_events, status, limit_events):
    row = counted(n_events, n_reference=100_000, per_ul=50_000.0)

    assert row["status"] == status
    assert row["limit"] == pytest.approx(limit_events * 0.5)


def test_no_event_is_a_zero_with_an_upper_bound():
    row = counted(0, n_reference=100_000, per_ul=50_000.0)

    assert (row["value"], row["ci_low"], row["status"]) == (0.0, 0.0, "nd")
    assert row["ci_high"] == pytest.approx(3.69 * 0.5, abs=0.005)


def test_under_twenty_events_the_interval_is_the_exact_one():
    row = counted(19, n_reference=100_000, per_ul=100_000.0)

    assert (row["ci_low"], row["ci_high"]) == pytest.approx((11.44, 29.67), abs=0.005)


def test_at_the_usual_error_of_a_blood_count_a_small_count_keeps_its_exact_interval():
    n = np.arange(20)

    rows = absolute_counts(n, 1e9, 1e9, **RULES)

    low, high = garwood(n)
    assert rows["ci_low"].to_numpy() == pytest.approx(low, rel=1e-4)
    assert rows["ci_high"].to_numpy() == pytest.approx(high, rel=1e-4)


@pytest.mark.parametrize("cv_cbc", [0.03, 0.1, 0.2, 1.0])
@pytest.mark.parametrize("expected", [3, 12, 17, 18, 19, 22])
def test_the_interval_covers_the_truth_whatever_the_error_of_the_blood_count(expected, cv_cbc):
    rng = np.random.default_rng(5)
    draws = 100_000
    events = rng.poisson(expected, draws)
    counted = np.exp(rng.normal(0, cv_cbc, draws))

    rows = absolute_counts(events, 1e6, 1e6 * counted, **RULES | {"cv_cbc": cv_cbc})

    # Two standard errors of a share of 100,000 are 0.0014.
    covers = (rows["ci_low"] <= expected) & (expected <= rows["ci_high"])
    assert covers.mean() >= 0.9486


def test_few_reference_events_widen_a_small_count_too():
    few, many = counted(10, n_reference=100, per_ul=100.0), counted(10, 1_000_000, 1_000_000.0)

    assert few["ci_low"] < many["ci_low"]
    assert few["ci_high"] > many["ci_high"]
    assert few["value"] == many["value"]


def test_scalars_are_one_count():
    row = absolute_counts(1250, 240_000, 62_000.0, **RULES)

    assert len(row) == 1
    assert row["value"].iloc[0] == pytest.approx(322.9, abs=0.05)


@pytest.mark.parametrize(
    ("n_reference", "per_ul"),
    [
        pytest.param(0, 5000.0, id="no reference event"),
        pytest.param(1000, math.nan, id="no blood count"),
    ],
)
def test_without_a_reference_there_is_no_number(n_reference, per_ul):
    row = counted(60, n_reference, per_ul)

    assert row["status"] == "not_evaluable"
    assert row[["value", "ci_low", "ci_high", "limit"]].isna().all()


@pytest.mark.parametrize(
    ("specimen", "cbc", "gated", "method", "per_ul"),
    [
        pytest.param("fresh_wb", CBC, ALL, "dual_platform:cd45/wbc", 6000, id="whole blood"),
        pytest.param(
            "fresh_pbmc", CBC, ALL, "dual_platform:lymph+mono/alc+amc", 1900, id="fresh PBMC"
        ),
        pytest.param(
            "cryo_pbmc", CBC, ALL, "dual_platform:lymph+mono/alc+amc", 1900, id="thawed PBMC"
        ),
        pytest.param(
            "cryo_pbmc",
            CBC | {"amc_10e9_l": math.nan},
            ALL,
            "dual_platform:lymph/alc",
            1500,
            id="PBMC without a monocyte count",
        ),
        pytest.param(
            "cryo_pbmc",
            CBC,
            {"cd45", "lymph"},
            "dual_platform:lymph/alc",
            1500,
            id="PBMC without a monocyte gate",
        ),
    ],
)
def test_the_pair_follows_from_the_specimen(specimen, cbc, gated, method, per_ul):
    pair = choose_pair(specimen, cbc, gated, ANCHORS)

    assert (pair.method, pair.status) == (method, "")
    assert pair.per_ul == pytest.approx(per_ul)


@pytest.mark.parametrize("specimen", ["fresh_pbmc", "cryo_pbmc"])
def test_leukocytes_of_separated_cells_never_meet_the_wbc(specimen):
    only_wbc = {"wbc_10e9_l": 6.0}

    for gated in ({"cd45"}, ALL):
        pair = choose_pair(specimen, only_wbc, gated, ANCHORS)
        assert pair.status in {"missing", "not_evaluable"}
        assert pair.populations == ()
        assert math.isnan(pair.per_ul)


@pytest.mark.parametrize(
    ("specimen", "cbc", "gated", "status", "reason"),
    [
        ("marrow", CBC, ALL, "not_evaluable", "no_blood_count_for_specimen"),
        ("node_fna", CBC, ALL, "not_evaluable", "no_blood_count_for_specimen"),
        ("fresh_wb", {}, ALL, "missing", "cbc_wbc_missing"),
        ("cryo_pbmc", {"wbc_10e9_l": 6.0}, ALL, "missing", "cbc_alc_missing"),
        ("fresh_wb", CBC, {"lymph"}, "not_evaluable", "reference_population_not_gated"),
        ("fresh_wb", {"wbc_10e9_l": 0.0}, ALL, "not_evaluable", "cbc_wbc_not_positive"),
    ],
    ids=[
        "marrow has no blood count",
        "a node aspirate has none",
        "a blood count that is not there is missing",
        "PBMC need the lymphocyte count",
        "a template without leukocytes",
        "a blood count of zero is no count",
    ],
)
def test_why_there_is_no_pair(specimen, cbc, gated, status, reason):
    pair = choose_pair(specimen, cbc, gated, ANCHORS)

    assert (pair.status, pair.reason) == (status, reason)


def test_a_blank_blood_count_is_unknown_and_not_zero():
    blood = read_blood_counts([{"patient": "P1", "visit": "C0D1", "wbc_10e9_l": ""}])

    assert math.isnan(blood.loc[("P1", "C0D1", "pre"), "wbc_10e9_l"])


def test_of_two_blood_counts_of_one_draw_neither_is_taken():
    rows = [
        {"patient": "P1", "visit": "C0D1", "timepoint": t, "wbc_10e9_l": 9} for t in ("", "pre")
    ]

    blood = read_blood_counts(rows)

    assert len(blood) == 1
    assert blood["repeated"].all()
    assert blood["wbc_10e9_l"].isna().all()


@pytest.mark.parametrize("none", [[], (), pd.DataFrame()], ids=["list", "tuple", "frame"])
def test_a_study_may_be_without_blood_counts(none):
    assert read_blood_counts(none).empty
