"""The correction of medians by bridging controls: what it removes, keeps, refuses and says."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from correlates.cohort.batch_confounding import outcome_scores
from correlates.flow.batches.checks import COLUMNS, correction_rows
from correlates.flow.batches.correction import (
    CorrectionSettings,
    batch_maps,
    corrected_medians,
    with_corrections,
)
from correlates.flow.batches.scores import full_tubes, visit_scores
from correlates.flow.controls.charts import control_tubes
from correlates.flow.quantiles import PROBABILITIES
from correlates.intake.config import check_config
from correlates.intake.records import Plan
from correlates.measurements import faults
from correlates.tables import write_tsv
from study import ROOT
from test_control_charts import acquisition
from test_flow_measurements import counts, measure, medians, row_of, tube

SETTINGS = CorrectionSettings("control_quantile", "b1", 1000, 150.0)
GAIN = {"b1": 1.0, "b2": 1.5, "b3": 0.7}
VISITS = ("C0D1", "C1D1")
N_PATIENTS = 8


def trial(rng, gains=GAIN, crossed=True, effect=1.6, lots=None, without=()):
    """Patients at two visits in several batches of different gain; the second visit is brighter."""
    batches = list(gains)
    planned = [
        acquisition(f"hd_{batch}__tnk__control", batch, lot=(lots or {}).get(batch, ""))
        for batch in batches
        if batch not in without
    ]
    rows, truth = [], {}
    for number in range(N_PATIENTS):
        own = rng.lognormal(7, 0.3)
        for day, visit in enumerate(VISITS, start=1):
            batch = batches[(number if crossed else day) % len(batches)]
            if crossed and number % 2 and day == 2:
                batch = batches[(number + 1) % len(batches)]
            key = f"P{number}_{visit}__tnk__full"
            of = {"role": "sample", "tube": "full", "patient": f"P{number}", "visit": visit}
            of |= {"sample": f"P{number}_{visit}", "study_day": 1.0 + 28 * day}
            planned.append(acquisition(key, batch, **of))
            truth[key] = own * (effect if day == 2 else 1.0) * rng.lognormal(0, 0.05)
            rows.append({"acquisition": key, "population": "nk", "marker": "CD56", "n": 400.0})
            rows[-1]["median"] = truth[key] * gains[batch]
    quantiles = [
        {"acquisition": one.acquisition, "marker": "CD56", "n": 20_000.0, "probability": p}
        | {"value": float(value)}
        for one in planned
        if one.role == "reference"
        for p, value in zip(PROBABILITIES, material(rng, gains[one.batch]), strict=True)
    ]
    return SimpleNamespace(
        plan=Plan(acquisitions=tuple(planned)),
        intensities=pd.DataFrame(rows),
        quantiles=pd.DataFrame(quantiles),
        truth=pd.Series(truth),
    )


def material(rng, gain):
    low, high = rng.normal(40, 60, 12_000), rng.lognormal(7.2, 0.7, 8000)
    return np.quantile(np.concatenate([low, high]) * gain, PROBABILITIES)


def corrected(made, settings=SETTINGS):
    tubes = full_tubes(made.plan)
    maps = batch_maps(tubes, control_tubes(made.plan), made.quantiles, settings)
    table = corrected_medians(made.intensities, tubes, maps)
    rows = correction_rows(
        maps, table, tubes, goal=settings.goal, method=settings.method, cofactor=settings.cofactor
    )
    return table.set_index("acquisition"), pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture
def made():
    return trial(np.random.default_rng(1))


def test_a_planted_shift_of_the_batches_is_removed_and_a_planted_effect_is_kept(made):
    table, _ = corrected(made)

    assert set(table["status"]) == {"batch_corrected"}
    raw = np.log(table["median"] / made.truth[table.index])
    left = np.log(table["corrected"] / made.truth[table.index])
    assert raw.abs().max() > 0.3
    assert left.abs().max() < 0.05
    change = {
        kind: np.log(table.filter(like="C1D1", axis=0)[kind].to_numpy())
        - np.log(table.filter(like="C0D1", axis=0)[kind].to_numpy())
        for kind in ("median", "corrected")
    }
    assert change["corrected"].mean() == pytest.approx(np.log(1.6), abs=0.05)
    assert change["corrected"].std() < 0.15 < change["median"].std()


def test_the_checks_say_what_came_nearer_and_what_was_kept(made):
    _, rows = corrected(made)

    by_batch = rows.set_index("batch")
    numbers = by_batch.filter(regex="distance|kept$|ratio").drop(columns="biology_kept")
    values = numbers.apply(pd.to_numeric)
    for batch in ("b2", "b3"):
        one = values.loc[batch]
        assert one["control_distance_before"] == pytest.approx(abs(np.log(GAIN[batch])), rel=0.5)
        assert one["control_distance_after"] < 1e-6
        assert one["order_kept"] == 1
    assert set(by_batch["biology_kept"]) == {"yes"}
    assert values.loc["b1", "control_distance_before"] == 0
    assert values.loc["b2", "samples_distance_after"] < values.loc["b2", "samples_distance_before"]


def test_no_effect_is_made_where_there_is_none():
    made = trial(np.random.default_rng(2), effect=1.0)

    table, _ = corrected(made)

    later = np.log(table.filter(like="C1D1", axis=0)["corrected"].to_numpy())
    first = np.log(table.filter(like="C0D1", axis=0)["corrected"].to_numpy())
    assert (later - first).mean() == pytest.approx(0, abs=0.06)


def test_where_batch_and_visit_are_one_nothing_is_corrected():
    made = trial(np.random.default_rng(3), gains={"b1": 1.0, "b2": 1.5}, crossed=False)

    table, rows = corrected(made)

    assert set(rows["status"]) == {"refused"}
    assert set(rows["reason"]) == {"aliased_with_visit"}
    assert set(table["status"]) == {"batch_uncorrected"}
    assert (table["corrected"] == table["median"]).all()
    score = visit_scores(full_tubes(made.plan), permutations=99, seed=1)[0]
    assert (score["factor"], score["aliased"]) == ("visit", "wholly")
    assert "nothing can tell" in score["sentence"]


@pytest.mark.parametrize(
    ("options", "batch", "reason"),
    [
        pytest.param({"without": ["b2"]}, "b2", "no_control", id="a batch without a control"),
        pytest.param({"without": ["b1"]}, "b2", "goal_without_control", id="the goal without"),
        pytest.param(
            {"lots": {"b2": "new"}}, "b2", "another_material_or_lot", id="a new lot of the material"
        ),
    ],
)
def test_a_batch_that_no_control_ties_to_the_goal_is_left_as_it_is(options, batch, reason):
    made = trial(np.random.default_rng(4), **options)

    table, rows = corrected(made)

    assert rows.set_index("batch").loc[batch, ["status", "reason"]].tolist() == ["refused", reason]
    own = [one.acquisition for one in made.plan.acquisitions if one.batch == batch]
    left = table[table.index.isin(own)]
    assert set(left["status"]) == {"batch_uncorrected"}
    assert (left["corrected"] == left["median"]).all()


@pytest.mark.parametrize(
    ("n", "reason"), [(999, "control_too_few_events"), (None, "control_not_gated")]
)
def test_a_control_of_too_few_events_or_of_none_ties_nothing(made, n, reason):
    own = made.quantiles["acquisition"].str.startswith("hd_b2")
    if n is None:
        made.quantiles = made.quantiles[~own]
    else:
        made.quantiles.loc[own, "n"] = n

    _, rows = corrected(made)

    assert rows.set_index("batch").loc["b2", "reason"] == reason


def test_measurements_carry_the_corrected_median_its_method_and_its_flag():
    here, there = tube(), tube("P1_C1D1__tnk__full", visit="C1D1")
    values = medians() + medians("t", "CD56", 30.0) + medians(acquisition=there["acquisition"])
    corrections = [
        {"acquisition": here["acquisition"], "population": "nk", "marker": "CD56"}
        | {"median": "812.5", "corrected": "600.25", "status": "batch_corrected"}
        | {"corrected_low": "", "corrected_high": ""},
        {"acquisition": here["acquisition"], "population": "t", "marker": "CD56"}
        | {"median": "30", "corrected": "30", "status": "batch_uncorrected"}
        | {"corrected_low": "", "corrected_high": ""},
    ]
    values = with_corrections(pd.DataFrame(values), corrections).to_dict("records")

    rows = counts() + counts(there["acquisition"])
    table, _ = measure([here, there], rows, values)

    mine = table[table["visit"] == "C0D1"]
    done, refused = (row_of(mine, f"{key}__mfi__cd56") for key in ("nk", "t"))
    assert (done["value"], done["flags"]) == (600.25, ["batch_corrected"])
    assert done["method"] == "median_compensated_linear;control_quantile"
    assert (refused["value"], refused["method"]) == (30.0, "median_compensated_linear")
    assert "batch_uncorrected" in refused["flags"]
    other = row_of(table[table["visit"] == "C1D1"], "nk__mfi__cd56")
    assert (other["value"], other["flags"]) == (812.5, [])
    assert faults(table) == []


def test_the_interval_of_a_median_is_corrected_with_it(made):
    with_ends = made.intensities.assign(
        low=made.intensities["median"] * 0.9, high=made.intensities["median"] * 1.1
    )
    tubes = full_tubes(made.plan)
    maps = batch_maps(tubes, control_tubes(made.plan), made.quantiles, SETTINGS)

    table = corrected_medians(with_ends, tubes, maps)
    rows = with_corrections(with_ends, table.astype(str).to_dict("records"))

    own = rows.set_index("acquisition").loc[table["acquisition"]]
    assert list(own["low"]) == pytest.approx(list(table["corrected_low"]))
    assert ((own["low"] < own["median"]) & (own["median"] < own["high"])).all()
    assert (table["corrected_low"] != with_ends["low"]).any()


def test_no_correction_leaves_the_intensities_as_they_are():
    values = pd.DataFrame(medians())

    assert with_corrections(values, []) is values


def test_a_correction_without_a_goal_stops_the_run():
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    config["flow"]["batch_correction"]["method"] = "control_quantile"

    (problem,) = check_config(config)

    assert problem.column == "flow.batch_correction.goal"


def outcome_of(values, kind="binary"):
    return [
        {"patient": f"P{number}", "endpoint": "cr", "kind": kind, "value": value}
        | {"evaluable": "True" if value != "" else "False"}
        for number, value in enumerate(values)
    ]


def baselines():
    draw = {"specimen": "fresh_wb", "baseline": "B0", "visit": "C0D1", "timepoint": "pre"}
    return [draw | {"patient": f"P{number}"} for number in range(N_PATIENTS)]


@pytest.mark.parametrize(
    ("values", "score", "aliased"),
    [
        pytest.param("10101010", 1.0, "wholly", id="every responder in one batch"),
        pytest.param("11001100", 0.0, "none", id="both alike"),
    ],
)
def test_batches_are_scored_against_outcomes_by_patient(values, score, aliased):
    planned = [
        acquisition(
            f"P{number}_C0D1__tnk__full", "b1" if number % 2 else "b2", role="sample", tube="full",
            patient=f"P{number}", visit="C0D1", timepoint="pre", specimen="fresh_wb",
        )
        for number in range(N_PATIENTS)
    ]  # fmt: skip
    tubes = full_tubes(Plan(acquisitions=tuple(planned)))

    rows = outcome_scores(tubes, baselines(), outcome_of(values), permutations=99, seed=1)

    (row,) = rows
    assert (row["factor"], row["unit"], row["n"], row["baseline"]) == ("cr", "patient", 8, "B0")
    assert float(row["cramers_v"]) == pytest.approx(score)
    assert row["aliased"] == aliased


def test_patients_without_an_outcome_and_endpoints_without_levels_are_passed_over():
    one = acquisition(
        "P0_C0D1__tnk__full", "b1", role="sample", tube="full", patient="P0", visit="C0D1",
        timepoint="pre", specimen="fresh_wb",
    )  # fmt: skip
    tubes = full_tubes(Plan(acquisitions=(one,)))
    run = {"permutations": 99, "seed": 1}

    assert outcome_scores(tubes, baselines(), outcome_of(["", "1"]), **run) == []
    assert outcome_scores(tubes, baselines(), outcome_of("1", "survival"), **run) == []
    assert outcome_scores(tubes, baselines(), outcome_of("1.5", "continuous"), **run) == []
    (alone,) = outcome_scores(tubes, baselines(), outcome_of("1"), **run)
    assert (alone["cramers_v"], alone["sentence"]) == ("", "All are of one batch.")


def test_the_rows_fit_their_table(made, tmp_path):
    _, rows = corrected(made)

    write_tsv(tmp_path / "correction.tsv", COLUMNS, rows.to_dict("records"))
