"""Exposure to ibrutinib in two phases: ratio, interval, power, and the words of the answer."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from correlates.analyses.pk import interaction
from correlates.analyses.pk.figure import _ticks
from correlates.analyses.pk.interaction import InteractionSettings, interaction_answers
from correlates.analyses.pk.lenalidomide import LiteratureSettings, literature_answers
from correlates.analyses.pk.mixed import phase_effect
from correlates.analyses.pk.ratio import (
    geometric_mean_ratio,
    pairs_for_power,
    power_of_pairs,
    sd_of_pairs,
)
from correlates.assays.pk.collect import measure_pk
from correlates.assays.pk.nca import NcaSettings
from correlates.assays.pk.runs import RunSettings
from correlates.assays.rows import as_table
from correlates.intake.sheets.sheet import read_sheet
from correlates.simulate.assays import pk as simulated
from correlates.simulate.trial import NO_EFFECTS, draw_patients

AUC = "ibrutinib__auc_tau_dn"
NOTE = "Ibrutinib always comes first."


def rows(feature, alone, combination, **flags):
    """Return measurements of patients P00, P01, ... in both phases; None is not evaluable."""
    found = []
    for visit, phase, values in (
        ("C0D28", "IBR_RUNIN", alone),
        ("C2D1", "COMBO", combination),
    ):
        for number, value in enumerate(values):
            found.append(
                {
                    "patient": f"P{number:02d}",
                    "visit": visit,
                    "phase": phase,
                    "feature": feature,
                    "day": 28 if visit == "C0D28" else 57,
                    "value": np.nan if value is None else value,
                    "status": "not_evaluable" if value is None else "ok",
                    "flags": flags.get(f"P{number:02d}_{visit}", []),
                }
            )
    return pd.DataFrame(found)


def answer_of(table, feature=AUC, **settings):
    answers, _ = interaction_answers(table, InteractionSettings(**settings), NOTE)
    return next(one for one in answers if one["feature"] == feature)


def test_the_interval_is_that_of_a_paired_t_test():
    rng = np.random.default_rng(1)
    alone = np.exp(rng.normal(1, 0.5, 9))
    combination = alone * np.exp(rng.normal(0.1, 0.4, 9))

    found = answer_of(rows(AUC, alone, combination))

    expected = stats.ttest_rel(np.log(combination), np.log(alone)).confidence_interval(0.90)
    assert found["ci_low"] == pytest.approx(np.exp(expected.low))
    assert found["ci_high"] == pytest.approx(np.exp(expected.high))
    assert found["n"] == 9


def test_a_cv_of_40_percent_and_nine_pairs_give_a_factor_of_1_40():
    logs = np.array([-1.0, 1, -1, 1, -1, 1, -1, 1, 0])
    logs *= sd_of_pairs(0.4) / logs.std(ddof=1)

    ratio = geometric_mean_ratio(logs)

    assert ratio.cv_within == pytest.approx(0.40)
    assert ratio.high / ratio.estimate == pytest.approx(1.40, abs=0.005)


def test_a_cv_of_40_percent_needs_52_pairs():
    assert pairs_for_power(0.4, 0.80, 1.25) == 52
    assert power_of_pairs(52, 0.4, 0.80, 1.25) == pytest.approx(0.796, abs=5e-4)
    assert power_of_pairs(53, 0.4, 0.80, 1.25) > 0.8


def test_power_is_what_simulation_gives():
    rng = np.random.default_rng(3)
    draws = rng.normal(0, sd_of_pairs(0.3), (20_000, 24))
    reach = stats.t.ppf(0.95, 23) * draws.std(axis=1, ddof=1) / np.sqrt(24)
    means = draws.mean(axis=1)
    inside = (means - reach > np.log(0.8)) & (means + reach < np.log(1.25))

    assert power_of_pairs(24, 0.3, 0.80, 1.25) == pytest.approx(inside.mean(), abs=0.012)


@pytest.mark.parametrize(
    ("factors", "verdict", "said"),
    [
        pytest.param(
            [1.0, 1.05, 0.95, 1.0, 1.02], "no_effect_shown", "no relevant effect", id="within"
        ),
        pytest.param([2.0, 2.1, 1.9, 2.0, 2.2], "effect_beyond_bound", "differed", id="beyond"),
        pytest.param([1.0, 1.05, 0.95, 1.0], "too_few_pairs", "show neither", id="four alike"),
        pytest.param(
            [0.5, 2.0, 0.7, 1.4, 1.0], "not_shown", "neither is an interaction", id="wide"
        ),
        pytest.param([1.0], "not_estimable", "two are needed", id="one pair"),
    ],
)
def test_what_an_interval_shows(factors, verdict, said):
    found = answer_of(rows(AUC, np.full(len(factors), 2.0), 2.0 * np.array(factors)))

    assert found["verdict"] == verdict
    assert said in found["sentence"]
    assert found["caution"].startswith(NOTE)
    assert found["p"] is None


def test_a_rare_large_effect_is_seen_beside_no_effect_shown():
    factors = np.array([0.98, 1.02] * 20 + [0.95, 3.0])
    found = answer_of(rows(AUC, np.full(42, 2.0), 2.0 * factors))

    assert found["verdict"] == "no_effect_shown"
    said = "Ratios of single patients are 0.950 to 3.00, 1 of 42 outside 0.80 to 1.25"
    assert said in found["sentence"]


def test_not_shown_says_how_many_pairs_it_takes():
    found = answer_of(rows(AUC, [2.0] * 5, [1.0, 4.0, 1.4, 2.8, 2.0]))

    assert "ICH M12" in found["sentence"]
    assert "80 % power" in found["sentence"]
    assert "pairs." in found["sentence"]


def test_the_interval_without_a_distribution_is_told_or_said_to_be_unattainable():
    attainable = answer_of(rows(AUC, [2.0] * 6, [2.0, 2.2, 1.9, 2.1, 2.3, 1.8]))
    too_few = answer_of(rows(AUC, [2.0] * 3, [2.0, 2.2, 1.9]))

    assert (
        "sign-flip test, which assumes no distribution, the interval is" in attainable["sentence"]
    )
    assert "allows no 90 % interval" in too_few["sentence"]


def test_a_single_dose_is_not_held_against_steady_state():
    table = rows("ibrutinib__cmax_dn", [1.0] * 6, [1.0, 1.1, 0.9, 1.0, 1.1, 0.9])
    table["method"] = "nca_steady_state_linear"
    table.loc[(table["patient"] == "P00") & (table["visit"] == "C0D28"), "method"] = (
        "nca_single_linear"
    )

    found = answer_of(table, "ibrutinib__cmax_dn")

    assert found["n"] == 5
    assert "1 profile of another kind" in found["sentence"]


def test_a_value_of_another_phase_is_not_used_whatever_its_visit():
    table = rows(AUC, [1.0, 1.0, 1.0], [1.0, 1.1, 0.9])
    table.loc[(table["patient"] == "P00") & (table["visit"] == "C2D1"), "phase"] = "IBR_CONT"

    found = answer_of(table)

    assert found["n"] == 2
    assert "not in the phase COMBO" in found["sentence"]


def test_patients_with_one_profile_enter_the_mixed_model():
    found = answer_of(rows(AUC, [1.0, 1.0, 1.0, 1.2], [1.0, 1.1, 0.9, None]))

    assert found["n"] == 3
    assert "mixed model" in found["sentence"]
    assert "profile not evaluable" in found["sentence"]


def test_the_mixed_model_is_that_of_an_independent_implementation():
    import statsmodels.formula.api as smf

    rng = np.random.default_rng(7)
    patient = np.repeat(np.arange(12), 2)
    phase = np.tile([0.0, 1.0], 12)
    values = rng.normal(0, 0.6, 12)[patient] + 0.2 * phase + rng.normal(0, 0.3, 24)
    kept = np.ones(24, dtype=bool)
    kept[[1, 6, 13]] = False
    patient, phase, values = patient[kept], phase[kept], values[kept]

    found = phase_effect(values, phase, patient)

    table = pd.DataFrame({"y": values, "phase": phase, "patient": patient})
    fit = smf.mixedlm("y ~ phase", table, groups="patient").fit(reml=True)
    assert found.effect == pytest.approx(fit.params["phase"], abs=1e-4)
    assert found.sd_within**2 == pytest.approx(fit.scale, rel=1e-3)
    # of generalised least squares at its components; bse is that of the likelihood's curvature
    design = np.column_stack([np.ones_like(phase), phase])
    same = patient[:, None] == patient[None, :]
    covariance = fit.scale * np.eye(phase.size) + fit.cov_re.iloc[0, 0] * same
    information = design.T @ np.linalg.inv(covariance) @ design
    assert found.se == pytest.approx(np.sqrt(np.linalg.inv(information)[1, 1]), rel=1e-3)


def test_with_all_pairs_the_mixed_model_is_the_paired_comparison():
    alone, combination = np.array([0.1, 0.9, 0.4, 1.3]), np.array([0.3, 1.0, 0.9, 1.2])

    found = phase_effect(
        np.concatenate([alone, combination]), np.repeat([0, 1], 4), np.tile(range(4), 2)
    )

    assert found.effect == pytest.approx((combination - alone).mean(), abs=1e-6)
    assert found.se == pytest.approx((combination - alone).std(ddof=1) / 2, rel=1e-3)


def test_food_in_one_of_two_profiles_is_told_with_the_ratio_without_it():
    flags = {"P00_C0D28": ["dose_fasted"], "P00_C2D1": ["dose_fed"]}
    found = answer_of(rows(AUC, [1.0] * 4, [2.0, 1.0, 1.1, 0.9], **flags))

    assert "with food and one without in P00" in found["caution"]
    assert "without them the ratio is 0.997" in found["caution"]


def test_another_dose_is_told_of():
    by_dose = rows(AUC, [1.0] * 3, [1.0, 1.1, 0.9])
    whole = rows("ibrutinib__auc_tau", [420.0] * 3, [280.0, 462.0, 378.0])

    found = answer_of(pd.concat([by_dose, whole]))

    assert "differed between the two in P00" in found["caution"]


def test_how_values_came_about_is_told():
    flags = {"P01_C0D28": ["predose_for_tau"]}

    found = answer_of(rows(AUC, [1.0] * 3, [1.0, 1.1, 0.9], **flags))

    assert "1 of 3 pairs the value before the dose stands" in found["caution"]


def test_lenalidomide_is_held_against_what_creatinine_clearance_lets_expect():
    settings = LiteratureSettings()
    crcl = {f"P{n:02d}": 40.0 + 15 * n for n in range(5)}
    expected = settings.expected(np.array(list(crcl.values())))
    feature = "lenalidomide__auc_inf_dn"
    noise = np.array([1.1, 0.9, 1.0, 1.05, 0.95])
    table = rows(feature, 1.5 * expected * noise, [None] * 5)

    found = literature_answers(table, crcl, settings)[0]

    assert settings.expected(np.array([80.0])) == pytest.approx(85.2)
    assert found["estimate"] == pytest.approx(1.5 * np.exp(np.log(noise).mean()))
    assert found["verdict"] == "interval_excludes"
    assert "no patient has a contrast" in found["caution"]


def test_patients_without_a_creatinine_clearance_are_counted():
    table = rows("lenalidomide__auc_inf_dn", [80.0, 90.0, 85.0], [None] * 3)

    found = literature_answers(table, {"P00": 80.0, "P01": 80.0}, LiteratureSettings())[0]

    assert found["n"] == 2
    assert "1 without a creatinine clearance" in found["sentence"]


def test_every_exposure_asked_for_has_an_answer():
    answers, pairs = interaction_answers(rows(AUC, [1.0], [1.0]), InteractionSettings(), NOTE)

    assert [one["feature"] for one in answers] == list(interaction.FEATURES) == list(pairs)


def test_the_simulated_ratio_is_within_its_interval(tmp_path):
    patients = draw_patients(24, NO_EFFECTS, np.random.default_rng(2))
    simulated.write(tmp_path, patients, np.random.default_rng(3))
    sheet = read_sheet(tmp_path / "assays" / "pk" / "pk.tsv", "pk")
    records = [one.values | {"row": one.number} for one in sheet.rows]
    table = as_table(measure_pk(records, [], NcaSettings(), RunSettings()).measurements)
    phases = {"C0D28": "IBR_RUNIN", "C2D1": "COMBO"}

    found = answer_of(table.assign(phase=table["visit"].map(phases)))

    assert found["n"] >= 20
    assert found["ci_low"] < simulated.GMR < found["ci_high"]
    assert found["ci_high"] / found["ci_low"] < 1.4


@pytest.mark.parametrize("ends", [(0.4, 4.5), (0.03, 0.41), (1.38, 1.62), (2.0, 2.0)])
def test_the_axis_of_exposure_has_ticks_in_its_range(ends):
    ticks = _ticks(*ends)

    assert all(ends[0] <= one <= ends[1] for one in ticks)
    assert 2 <= len(ticks) <= 9


def test_profiles_at_other_visits_are_told_of_with_the_setting_that_names_them():
    table = rows(AUC, [1.0, 2.0], [1.5, 2.5]).replace({"visit": {"C0D28": "C0D8"}})

    said = answer_of(table)["sentence"]

    assert "Patients without a value alone: 2 no profile at C0D28." in said
    assert "Profiles stand at C0D8, C2D1: name the visits" in said
    assert "alone_visits" in said


def test_an_analyte_that_nobody_measured_is_said_to_be_so():
    table = rows(AUC, [1.0, 2.0], [1.5, 2.5])

    assert answer_of(table, "ibrutinib__cmax_dn")["sentence"].endswith("measured in no profile.")
    said = [one["sentence"] for one in literature_answers(table, {}, LiteratureSettings())]
    assert all(one.endswith("was measured in no profile.") for one in said)


def test_a_bound_of_the_study_is_not_called_that_of_a_guideline():
    table = rows(AUC, [2.0] * 5, [1.0, 4.0, 1.4, 2.8, 2.0])

    said = answer_of(table, no_effect_low=0.9, no_effect_high=1.11)["sentence"]

    assert "the no-effect bound 0.90 to 1.11 (set by the study's config)" in said
    assert "ICH" not in said
