"""The swap alarm, on simulated cohorts of which it is known whose blood each tube holds."""

import numpy as np
import pandas as pd
import pytest
import yaml

from correlates.check_rows import COLUMNS
from correlates.cohort.integrity.fingerprints import SCORE_COLUMNS, fingerprint_findings
from correlates.cohort.integrity.lineage.features import fingerprints_of
from correlates.cohort.integrity.lineage.model import _Solver, _start, fit_feature
from correlates.measurements import faults
from correlates.simulate.lineages import Variation, draw_lineage_rows
from correlates.simulate.trial import NO_EFFECTS, Effects
from study import ROOT

SETTINGS = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["clinical"]["integrity"]


def cohort(n_patients=12, seed=1, swaps=0, **how):
    rows, swapped = draw_lineage_rows(n_patients, np.random.default_rng(seed), swaps=swaps, **how)
    return pd.DataFrame(rows), swapped


def judge(table, replicates=199, patients=None):
    keys = sorted(table["patient"].unique()) if patients is None else patients
    known = [{"patient": key} for key in keys]
    return fingerprint_findings(table, known, SETTINGS, replicates)


def draw(table, patient, visit):
    return (table["patient"] == patient) & (table["visit"] == visit)


def test_the_simulated_table_keeps_the_contract():
    table, _ = cohort(4)

    assert faults(table) == []


def test_two_exchanged_tubes_are_named_with_both_patients():
    table, [(one, other)] = cohort(swaps=1, seed=3)

    found, scores = judge(table)

    assert {(row["patient"], row["visit"]) for row in found} == {one, other}
    assert {row["severity"] for row in found} == {"warning"}
    assert all(tuple(row) == COLUMNS for row in found)
    assert all("probable swap" in row["finding"] for row in found)
    named = scores[scores["verdict"] == "exchanged"].set_index("patient")
    assert named.loc[one[0], "nearest_other"] == other[0]
    assert named.loc[other[0], "exchanged_with"] == " ".join(one)
    assert (named["other_distance"] < named["own_distance"]).all()


@pytest.mark.parametrize(
    ("seed", "effects"),
    [(seed, effects) for seed in (1, 2) for effects in (NO_EFFECTS, Effects())],
)
def test_drugs_that_move_everybody_alarm_nobody(seed, effects):
    table, _ = cohort(seed=seed, effects=effects)

    found, scores = judge(table)

    assert found == []
    assert list(scores.columns) == SCORE_COLUMNS
    assert set(scores["verdict"]) == {"own"}
    assert (scores["gain"].astype(float) < 0).all()


def test_patients_who_are_all_alike_alarm_nobody():
    """Every draw of a cohort is from one person: nothing stable tells patients apart."""
    table, _ = cohort(2, seed=4)
    first = table[table["patient"] == table["patient"].iloc[0]]
    rng = np.random.default_rng(8)
    copies = []
    for k in range(8):
        n = rng.binomial(2000, first["value"].clip(0, 100) / 100)
        share = first["unit"] == "%"
        value = np.where(share, n / 20, first["value"] * np.exp(rng.normal(0, 0.1, len(first))))
        copies.append(first.assign(patient=f"P{k}", value=value, n=n))

    found, _ = judge(pd.concat(copies, ignore_index=True))

    assert [row["severity"] for row in found if row["severity"] != "note"] == []


def test_two_swaps_are_both_found():
    table, swapped = cohort(16, seed=11, swaps=2)

    found, _ = judge(table)

    truth = {draw for pair in swapped for draw in pair}
    assert {(row["patient"], row["visit"]) for row in found} == truth


def test_a_tube_of_another_patient_without_exchange_is_named():
    """The label went onto a second tube of P02: nobody has the blood of P01."""
    table, _ = cohort(seed=5)
    (visit, giver, taker) = ("C1D8", "P02", "P01")
    held = table[draw(table, giver, visit)].set_index("feature")
    at = draw(table, taker, visit)
    table.loc[at, ["value", "n"]] = held.loc[table.loc[at, "feature"], ["value", "n"]].to_numpy()

    found, scores = judge(table)

    assert [(row["patient"], row["visit"]) for row in found] == [(taker, visit)]
    assert "looks like P02" in found[0]["finding"]
    assert scores.set_index(["patient", "visit"]).loc[(giver, visit), "verdict"] == "own"


def test_a_draw_of_a_stranger_is_a_note_and_no_swap():
    table, _ = cohort(seed=6)
    stranger, _ = cohort(1, seed=99)
    at = draw(table, "P03", "C0D8")
    held = stranger[stranger["visit"] == "C0D8"].set_index("feature")
    table.loc[at, ["value", "n"]] = held.loc[table.loc[at, "feature"], ["value", "n"]].to_numpy()

    found, scores = judge(table)

    assert [(row["severity"], row["patient"], row["visit"]) for row in found] == [
        ("note", "P03", "C0D8")
    ]
    assert "does not look like the others" in found[0]["finding"]


def test_one_badly_gated_population_makes_no_stranger_of_a_draw():
    table, _ = cohort(seed=7)
    at = draw(table, "P04", "C1D1") & (table["feature"] == "t_cd4__pct__t")
    table.loc[at, "value"] = 3.0

    found, _ = judge(table)

    assert found == []


def test_rows_in_another_order_and_other_assays_change_nothing():
    table, _ = cohort(8, seed=3, swaps=1)
    other = table.assign(assay="qpcr", feature="rhoh__log2_cnrq__cll")
    mixed = pd.concat([table, other.drop_duplicates(["patient", "visit"])])
    before = mixed.copy(deep=True)

    shuffled = judge(mixed.sample(frac=1, random_state=2).reset_index(drop=True))

    straight = judge(table)
    assert shuffled[0] == straight[0]
    pd.testing.assert_frame_equal(shuffled[1], straight[1])
    pd.testing.assert_frame_equal(mixed, before)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        pytest.param({"n_patients": 3}, "3 patients have more than one draw", id="few patients"),
        pytest.param({"visits": ("C0D1",)}, "0 patients have more", id="one visit"),
        pytest.param(
            {"n_patients": 5, "visits": ("C0D1", "C0D8")}, "have 10 draws", id="few draws"
        ),
    ],
)
def test_what_is_too_little_is_not_judged_and_says_why(how, words):
    table, _ = cohort(**({"n_patients": 8} | how))

    found, scores = judge(table)

    assert [row["severity"] for row in found] == ["note"]
    assert "not judged in specimen fresh_wb, because" in found[0]["finding"]
    assert words in found[0]["finding"]
    assert set(scores["verdict"]) == {"not_judged"}
    assert scores["own_distance"].isna().all()


def test_shares_that_could_not_be_evaluated_are_not_taken_for_no_flow_cytometry():
    table, _ = cohort(4)

    (found, *_), _ = judge(table.assign(status="not_evaluable"))

    assert "no share of a lineage with a value" in found["finding"]
    assert "results/cohort/exclusions.tsv" in found["resolve"]


def test_no_flow_cytometry_is_said():
    table, _ = cohort(4)

    found, scores = judge(table.assign(assay="soluble"))

    assert "no share of a lineage with a value" in found[0]["finding"]
    assert list(scores.columns) == SCORE_COLUMNS


def test_a_patient_with_one_draw_is_not_judged_and_counts_as_nobody_s_double():
    table, _ = cohort(seed=2)
    table = table[(table["patient"] != "P05") | (table["visit"] == "C0D1")]

    found, scores = judge(table)

    (said,) = found
    assert said["severity"] == "note"
    assert "P05 C0D1" in said["finding"]
    assert scores.set_index("patient").loc["P05", "verdict"] == "not_judged"


def test_specimens_are_never_compared():
    """Marrow of P01 is not the blood of P01; it is judged among marrows, of which there are few."""
    table, _ = cohort(seed=1)
    marrow = table[table["patient"] == "P01"].assign(specimen="marrow", value=11.0)

    found, scores = judge(pd.concat([table, marrow]))

    assert {row["finding"].split(",")[0] for row in found} == {"not judged in specimen marrow"}
    assert set(scores.loc[scores["specimen"] == "fresh_wb", "verdict"]) == {"own"}


def test_a_sound_cohort_rarely_alarms():
    """At level 0.05 more than 3 of 16 cohorts would be a chance of 0.7 %."""
    wild = Variation(within=0.3, drift=0.4, tail=4.0)
    alarmed = 0
    for seed in range(16):
        table, _ = cohort(6, seed=seed, variation=wild)
        alarmed += any(row["severity"] == "warning" for row in judge(table, 99)[0])

    assert alarmed <= 3


def test_shares_are_log_odds_with_the_variance_of_counting():
    table, _ = cohort(4)
    one = table.iloc[:1].assign(value=25.0, n=100)
    table = pd.concat([one, table.iloc[1:]])

    (prints,) = fingerprints_of(table, ["cll"], min_share_of_draws=0.5)

    place = prints.names.index(one["feature"].iloc[0])
    assert prints.values[0, place] == pytest.approx(np.log(100.5 / 300.5))
    assert prints.variances[0, place] == pytest.approx(1 / 100.5 + 1 / 300.5)


def test_display_only_and_unquantified_rows_are_no_part_of_a_fingerprint():
    table, _ = cohort(4)
    flags = [
        ["display_only_compositional"] if f == "nk_dim__pct__nk" else [] for f in table.feature
    ]
    table = table.assign(flags=flags)
    table.loc[table["feature"] == "nk_cd57__pct__nk", "status"] = "not_evaluable"

    (prints,) = fingerprints_of(table, [])

    assert not {"nk_dim__pct__nk", "nk_cd57__pct__nk", "cll__mfi__cd5"} & set(prints.names)
    assert "t_cd4__pct__t" in prints.names


def simulated_feature():
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(6), 5)
    visit = np.tile(np.arange(5), 6)
    phase = np.minimum(visit, 2)
    batch = (patient + visit) // 4
    effects = [rng.normal(0, sd, 6) for sd in (0.8, 0.3, 0.4)]
    values = effects[0][patient] + effects[1][visit] + effects[2][batch]
    values = values + rng.normal(0, 0.1, 30)
    values[[3, 17]] = np.nan
    return values, np.full(30, 0.02), (phase, visit, batch), patient


def test_predictions_without_a_draw_are_those_of_a_fit_that_never_saw_it():
    values, error, factors, patient = simulated_feature()
    weights = np.ones(30)
    fit = fit_feature(values, error, factors, patient, weights)
    known = np.flatnonzero(np.isfinite(values))
    y = values[known] - np.median(values[known])
    codes = [one[known] for one in (*factors, patient)]
    sizes = [one.max() + 1 for one in codes]
    columns = np.stack(codes, 1) + np.concatenate([[0], np.cumsum(sizes)[:-1]])
    of_factor = np.repeat(np.arange(4), sizes)
    spread = _start(y, error[known], codes[-1], 4)
    whole = _Solver(columns, y, error[known], np.ones(len(y)), of_factor)
    for _ in range(8):
        whole.update(spread)

    for place in (0, 4, 11, 27):
        kept = np.arange(len(y)) != place
        part = _Solver(columns[kept], y[kept], error[known][kept], np.ones(kept.sum()), of_factor)
        covariance, mean, _ = part.solve(spread)
        for who in range(6):
            at = np.zeros(len(of_factor))
            at[columns[place, :3]] = 1
            at[len(of_factor) - 6 + who] = 1
            sd = np.sqrt(spread.within + 0.02 + at @ covariance @ at)
            predicted = at @ mean + np.median(values[known])
            where = known[place]
            assert fit.as_patient[where, who] == pytest.approx(predicted)
            assert fit.as_patient_sd[where, who] == pytest.approx(sd)
            if who == patient[where]:
                assert fit.own[where] == pytest.approx(predicted)
                assert fit.own_sd[where] == pytest.approx(sd)


def test_a_feature_that_is_a_person_s_own_is_stable_and_noise_is_not():
    values, error, factors, patient = simulated_feature()
    noise = np.random.default_rng(1).normal(0, 1, 30)

    assert fit_feature(values, error, factors, patient, np.ones(30)).stability > 0.7
    assert fit_feature(noise, error, factors, patient, np.ones(30)).stability < 0.3
