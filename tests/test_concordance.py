"""Concordance of messenger and protein: pairs, correlations, and changes on lenalidomide."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from correlates.analyses.concordance.answers import concordance_answers
from correlates.analyses.concordance.correlations import spearman, within_patients
from correlates.analyses.concordance.figure import draw_concordance
from correlates.analyses.concordance.pairs import expression_pairs
from correlates.analyses.concordance.settings import ConcordanceSettings
from correlates.measurements import COLUMNS, conform

SETTINGS = ConcordanceSettings()
GENES = ["crbn", "ikzf1"]
NOBODY = {}


def row(patient, visit, feature, value, assay="protein", **more):
    found = {"patient": patient, "visit": visit, "timepoint": "pre", "specimen": "cryo_pbmc"}
    found |= {"sample": "", "day": 29.0 if visit == "C1D1" else 57.0, "hours_post_dose": None}
    found |= {"phase": "IBR_RUNIN" if visit == "C1D1" else "COMBO", "run": "b1", "assay": assay}
    found |= {"feature": feature, "value": value, "unit": "1", "n": 3, "status": "ok"}
    found |= {"ci_low": None, "ci_high": None, "limit": None, "method": "m", "flags": []}
    return found | more


def table(rows):
    return conform(pd.DataFrame(rows, columns=COLUMNS))


def study(n=8, mrna=0.0, protein=-1.5, gene="ikzf1", seed=1):
    """Return draws at B1 and on lenalidomide with these mean changes, log2."""
    rng, rows = np.random.default_rng(seed), []
    for number in range(n):
        patient, level = f"P{number:02d}", rng.normal(0, 1)
        for visit, change in (("C1D1", (0.0, 0.0)), ("C2D1", (mrna, protein))):
            values = level + np.array(change) + rng.normal(0, 0.1, 2)
            rows.append(row(patient, visit, f"{gene}__log2_cnrq__cll", values[0], "qpcr"))
            rows.append(row(patient, visit, f"{gene}__log2_ratio__cll", values[1]))
    return table(rows)


def answers_of(measured, settings=SETTINGS):
    pairs = expression_pairs(measured, GENES)
    baselines = {patient: {("C1D1", "pre")} for patient in measured["patient"].unique()}
    found = concordance_answers(pairs, baselines, settings, 0.95, "Fixed order.")
    return {(one["question"], one["contrast"]): one for one in found.answers}, found.changes


def change_of(measured):
    found, _ = answers_of(measured)
    return found["change_on_lenalidomide", "draws on the combination against B1"]


# ----------------------------------------------------------------------------------- pairs


def test_pairs_are_of_one_draw_and_one_kind_of_cell_and_net_signals_are_logarithms():
    rows = [
        row("P1", "C1D1", "ikzf1__log2_cnrq__cll", 1.5, "qpcr"),
        row("P1", "C1D1", "ikzf1__net__cll", 1024.0, specimen="fresh_wb"),
        row("P1", "C1D1", "ikzf1__net__t_cd4", 512.0, specimen="fresh_wb"),
        row("P1", "C2D1", "ikzf1__net__cll", 256.0, specimen="fresh_wb"),
    ]

    (pair,) = expression_pairs(table(rows), GENES).to_dict("records")

    assert (pair["log2_mrna"], pair["log2_protein"]) == (1.5, 10.0)
    assert (pair["visit"], pair["cell"], pair["method"]) == ("C1D1", "cll", "flow")


def test_isoforms_and_methods_are_never_merged():
    rows = [row("P1", "C1D1", "crbn__log2_ratio__cll", 0.1)]
    rows += [row("P1", "C1D1", "crbn__net__cll", 100.0)]
    for name in ("crbn_total", "crbn_fl"):
        rows.append(row("P1", "C1D1", f"{name}__log2_cpm__cll", 3.0, "rnaseq"))

    pairs = expression_pairs(table(rows), GENES)

    assert sorted(zip(pairs["analyte"], pairs["method"], strict=True)) == [
        ("crbn_fl", "flow"),
        ("crbn_fl", "western"),
        ("crbn_total", "flow"),
        ("crbn_total", "western"),
    ]


# ---------------------------------------------------------------------------- correlations


def test_spearman_is_that_of_scipy_and_its_p_is_enumerated():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=6), rng.normal(size=6)

    found = spearman(x, y)
    exact = stats.permutation_test(
        (x,),
        lambda one: stats.spearmanr(one, y).statistic,
        permutation_type="pairings",
        n_resamples=np.inf,
    )

    assert found.r == pytest.approx(stats.spearmanr(x, y).statistic)
    assert (found.p, found.p_how) == (pytest.approx(exact.pvalue), "exact")
    assert found.smallest_p == pytest.approx(2 / 720)


def test_the_interval_of_few_patients_is_bonett_and_wrights():
    x = np.arange(12.0)
    y = x[[1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10]]

    found = spearman(x, y)

    se = math.sqrt((1 + found.r**2 / 2) / 9)
    assert found.high == pytest.approx(math.tanh(math.atanh(found.r) + 1.959964 * se))
    assert found.p_how == "sampled"


def test_from_20_patients_on_the_patients_are_drawn_again():
    rng = np.random.default_rng(4)
    x = rng.normal(size=24)

    found = spearman(x, x + rng.normal(size=24), n_permutations=999)

    assert found.interval_by == "BCa bootstrap of patients"
    assert 0 < found.low < found.r < found.high < 1


def test_values_below_a_common_limit_are_tied():
    x = np.array([1.0, 1.0, 3.0, 4.0, 5.0])
    sides = np.array([-1, -1, 0, 0, 0]), np.zeros(5, dtype=int)

    found = spearman(x, np.array([2.0, 1.0, 3.0, 4.0, 5.0]), sides)

    assert found.r == pytest.approx(stats.spearmanr(x, [2, 1, 3, 4, 5]).statistic)


def test_the_correlation_within_patients_is_that_of_a_common_slope():
    import statsmodels.formula.api as smf

    rng = np.random.default_rng(6)
    who = np.repeat([f"P{n}" for n in range(6)], 4)
    level = np.repeat(rng.normal(0, 5, 6), 4)
    x = level + rng.normal(size=24)
    y = -level + 0.6 * (x - level) + rng.normal(0, 0.5, 24)

    found = within_patients(x, y, who)
    fit = smf.ols("y ~ C(who) + x", pd.DataFrame({"x": x, "y": y, "who": who})).fit()

    assert found.df == fit.df_resid == 17
    assert found.p == pytest.approx(fit.pvalues["x"])
    t = fit.tvalues["x"]
    assert found.r == pytest.approx(np.sign(t) * math.sqrt(t**2 / (t**2 + 17)))


def test_a_fall_of_the_protein_in_everybody_is_no_correlation_within_patients():
    rng = np.random.default_rng(0)
    patients = np.repeat([f"P{number}" for number in range(8)], 2)
    on = np.tile([False, True], 8)
    messenger = 0.4 * on + rng.normal(0, 0.1, 16)
    protein = -1.5 * on + rng.normal(0, 0.1, 16)

    mixed = within_patients(messenger, protein, patients)
    found = within_patients(messenger, protein, patients, phases=on)

    assert mixed.r < -0.9
    assert (abs(found.r) < 0.7, found.p > 0.05, found.df) == (True, True, 6)
    # by least squares with a term of each patient and one of the drug
    names = np.unique(patients)
    design = np.column_stack([messenger, on, *((patients == name).astype(float) for name in names)])
    beta, rest, *_ = np.linalg.lstsq(design, protein, rcond=None)
    error = np.sqrt(rest[0] / 6 * np.linalg.inv(design.T @ design)[0, 0])
    assert found.p == pytest.approx(2 * stats.t.sf(abs(beta[0]) / error, 6))


# ----------------------------------------------------------------------------------- words


def test_protein_down_with_the_messenger_unchanged_is_the_expected_pharmacology():
    found = change_of(study())

    assert (found["verdict"], found["n"]) == ("expected_pharmacology", 8)
    assert found["estimate"] == pytest.approx(2**-1.5, rel=0.15)
    assert "expected pharmacology of lenalidomide" in found["sentence"]
    assert "no sign of a technical failure" in found["sentence"]


def test_a_messenger_below_its_limit_is_not_shown_to_be_unchanged():
    measured = study()
    below = measured["assay"] == "qpcr"
    measured.loc[below, ["value", "limit"]] = -3.0
    measured.loc[below, "status"] = "lt_lloq"

    found = change_of(measured)

    assert found["verdict"] == "consistent_with_pharmacology"
    assert "messenger not known" in found["sentence"]
    assert found["n_censored"] == 8


def test_a_protein_below_its_limit_on_the_drug_is_told_as_a_bound():
    measured = study()
    gone = (measured["assay"] == "protein") & (measured["visit"] == "C2D1")
    measured.loc[gone, "limit"] = measured.loc[gone, "value"]
    measured.loc[gone, "status"] = "lt_lloq"

    found = change_of(measured)

    assert found["verdict"] == "expected_pharmacology"
    assert "protein at most 0.35" in found["sentence"]
    assert "no 95 % interval with both ends" in found["sentence"]


def test_a_messenger_of_two_specimens_counts_once():
    twice = table(
        [
            row("P1", "C1D1", "ikzf1__log2_cnrq__cll", 1.5, "qpcr", specimen="fresh_wb"),
            row("P1", "C1D1", "ikzf1__log2_cnrq__cll", 9.0, "qpcr", specimen="cryo_pbmc"),
            row("P1", "C1D1", "ikzf1__log2_ratio__cll", 1.0),
        ]
    )

    (pair,) = expression_pairs(twice, GENES).to_dict("records")

    assert (pair["log2_mrna"], pair["specimen_mrna"]) == (9.0, "cryo_pbmc")


def test_of_many_genes_without_an_association_few_correlations_are_claimed():
    rng, rows, genes = np.random.default_rng(5), [], [f"gene{place}" for place in range(60)]
    for gene in genes:
        for number in range(6):
            value = rng.normal(0, 1, 2)
            rows.append(row(f"P{number}", "C1D1", f"{gene}__log2_cnrq__cll", value[0], "qpcr"))
            rows.append(row(f"P{number}", "C1D1", f"{gene}__log2_ratio__cll", value[1]))
    pairs = expression_pairs(table(rows), genes)

    found = concordance_answers(pairs, {}, SETTINGS, 0.95, "Fixed order.").answers

    across = [one for one in found if one["question"] == "across_patients"]
    assert sum(one["p"] <= 0.05 for one in across) >= 2
    assert {one["verdict"] for one in across} == {"not_shown"}
    assert "Over the 60 correlations" in across[0]["sentence"]


@pytest.mark.parametrize(
    ("planted", "verdict"),
    [
        pytest.param({"gene": "crbn"}, "discordant", id="not expected of another gene"),
        pytest.param({"mrna": -1.5}, "both_fell", id="the messenger fell too"),
        pytest.param({"protein": 0.0}, "no_fall_of_protein_shown", id="nothing fell"),
        pytest.param({"n": 5}, "not_attainable", id="five patients cannot pass"),
        pytest.param({"n": 4}, "too_few_patients", id="four are too few"),
    ],
)
def test_every_pattern_has_its_word(planted, verdict):
    if planted.get("n") == 4:
        found = answers_of(study(**planted))[0]["across_patients", "all draws"]
    else:
        found = change_of(study(**planted))

    assert found["verdict"] == verdict


def test_correlations_are_told_by_visit_and_within_patients(tmp_path):
    measured = study()
    found, changes = answers_of(measured)
    draw_concordance(expression_pairs(measured, GENES), tmp_path / "figure.svg")

    across = found["across_patients", "patients at C1D1"]
    assert across["verdict"] == "correlated"
    assert "exact p" in across["sentence"]
    within = found["within_patients", "draws of the same patient"]
    assert "on lenalidomide is taken out" in within["sentence"]
    assert len(changes) == 8
    assert changes[0]["pattern"] == "protein down, messenger level"
    assert (tmp_path / "figure.svg").stat().st_size > 1000


def test_uncalibrated_batches_are_not_correlated():
    rows = study().to_dict("records")
    for number, one in enumerate(rows):
        if one["assay"] == "protein":
            patient_batch = f"b{number % 8 // 4}"
            one |= {"feature": "ikzf1__net__cll", "value": 2.0 ** one["value"]}
            one |= {"run": patient_batch}

    found, _ = answers_of(table(rows))

    across = found["across_patients", "patients at C1D1"]
    assert across["verdict"] == "not_evaluable"
    assert "not calibrated" in across["sentence"]
