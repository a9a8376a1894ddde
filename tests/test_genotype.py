"""Genotypes: declared alleles, call rates, exact equilibrium; associations by exact tests."""

import csv
from fractions import Fraction
from math import comb, factorial

import numpy as np
import pytest
import yaml
from scipy import stats
from scipy.stats.contingency import odds_ratio

from correlates.analyses.genotype.association import (
    AssociationSettings,
    Genotypes,
    Outcome,
    association_answers,
    genotypes_of,
    model_of,
)
from correlates.analyses.genotype.permutation import permuted_slope
from correlates.analyses.genotype.trend import exact_trend
from correlates.assays.genotype.calls import Locus, NotDeclared, read_copies, read_loci
from correlates.assays.genotype.collect import measure_genotypes
from correlates.assays.genotype.hardy_weinberg import exact_hwe
from correlates.assays.rows import as_table
from correlates.intake.sheets.sheet import read_sheet
from correlates.measurements import faults
from correlates.simulate.assays import genotype as simulated
from correlates.simulate.assays.germline import RATIO_PER_COPY, copies_of
from correlates.simulate.trial import NO_EFFECTS, draw_patients
from study import ROOT

LOCI = read_loci(yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["genotype"]["loci"])
ABCB1 = LOCI["rs1045642"]
PALINDROME = Locus("rs1", "GENE", "x", "A", "T")


def enumerated_hwe(n_hom, n_het, n_other):
    """Exact p by the multinomial formula of every possible number of heterozygotes."""
    n, copies = n_hom + n_het + n_other, 2 * n_hom + n_het

    def chance(het):
        first, second = (copies - het) // 2, n - het - (copies - het) // 2
        ways = Fraction(factorial(n), factorial(first) * factorial(het) * factorial(second))
        return ways * 2**het / comb(2 * n, copies)

    possible = [
        het
        for het in range(copies % 2, min(copies, 2 * n - copies) + 1, 2)
        if n - het - (copies - het) // 2 >= 0
    ]
    chances = {het: chance(het) for het in possible}
    assert sum(chances.values()) == 1
    return float(sum(one for one in chances.values() if one <= chances[n_het]))


@pytest.mark.parametrize(
    "counts", [(10, 8, 6), (20, 3, 1), (0, 12, 0), (3, 0, 3), (50, 9, 12), (1, 1, 0), (0, 1, 23)]
)
def test_equilibrium_is_that_of_full_enumeration(counts):
    assert exact_hwe(*counts) == pytest.approx(enumerated_hwe(*counts), rel=1e-9)


def test_one_allele_only_is_in_equilibrium():
    assert exact_hwe(12, 0, 0) == 1.0


@pytest.mark.parametrize(
    ("text", "strand", "copies"),
    [
        ("G/A", None, 1),
        ("AA", "forward", 2),
        ("G|G", "forward", 0),
        pytest.param("C/T", "reverse", 1, id="the other strand, declared"),
        pytest.param("no call", None, None, id="no call is no genotype"),
        pytest.param("NN", None, None, id="NN"),
    ],
)
def test_copies_of_the_effect_allele(text, strand, copies):
    assert read_copies(text, strand, ABCB1) == copies


@pytest.mark.parametrize(
    ("text", "strand", "locus", "said"),
    [
        pytest.param("C/T", None, ABCB1, "say reverse", id="no strand is guessed"),
        pytest.param("G/G", "reverse", ABCB1, "C is no allele", id="declared the wrong way"),
        pytest.param("A/T", None, PALINDROME, "give the column strand", id="palindromic"),
    ],
)
def test_alleles_that_are_not_declared_are_refused(text, strand, locus, said):
    with pytest.raises(NotDeclared, match=said):
        read_copies(text, strand, locus)


def row(patient, genotype, **more):
    base = {"patient": patient, "rsid": "rs1045642", "genotype": genotype, "run": "GT1"}
    return base | {"role": "sample", "ancestry": "European", "row": 2, "sheet": "g.tsv"} | more


CONTROL = row(None, "G/A", role="control", expected="G/A")


def measured(*rows):
    return measure_genotypes([*rows, CONTROL], LOCI, 0.95)


def test_a_genotype_is_a_number_of_copies_at_screening():
    found = measured(row("P01", "A/A"))

    (one,) = found.measurements
    assert (one["feature"], one["value"], one["visit"]) == ("abcb1_rs1045642__copies", 2, "SCR")
    assert faults(as_table(found.measurements)) == []


def test_few_calls_flag_the_variant():
    found = measured(
        *(row(f"P{n:02d}", "G/A") for n in range(18)), row("P90", ""), row("P91", "NN")
    )

    assert all("call_rate_below_limit" in one["flags"] for one in found.measurements)
    assert found.loci[0]["call_rate"] == "0.9000"
    assert [one["status"] for one in found.measurements].count("not_evaluable") == 2


def test_repeated_calls_that_disagree_are_no_genotype():
    found = measured(row("P01", "A/A"), row("P01", "G/A"), row("P02", "G/G"), row("P02", "G/G"))

    status = {one["patient"]: one["status"] for one in found.measurements}
    assert status == {"P01": "not_evaluable", "P02": "ok"}
    assert all("disagree (A/A, G/A)" in one["reason"] for one in found.left_out)


def test_a_wrong_control_fails_the_run():
    found = measure_genotypes([row("P01", "A/A"), CONTROL | {"genotype": "A/A"}], LOCI, 0.95)

    assert found.runs[0]["verdict"] == "fail"
    assert found.measurements[0]["status"] == "not_evaluable"


def test_alleles_that_are_not_declared_count_as_not_called():
    found = measured(row("P01", "C/C"), row("P02", "A/A"))

    assert found.loci[0]["call_rate"] == "0.5000"
    assert [one["status"] for one in found.measurements] == ["not_evaluable", "ok"]


def test_what_was_repeated_on_a_run_that_passed_takes_the_place_of_a_failed_one():
    wrong = CONTROL | {"run": "GT9", "genotype": "A/A"}
    found = measured(row("P01", "A/A", run="GT9"), row("P01", "G/A"), wrong)

    (one,) = found.measurements
    assert (one["status"], one["value"]) == ("ok", 1)


def test_an_undeclared_variant_is_refused_with_the_remedy():
    found = measured(row("P01", "A/A", rsid="rs999"))

    assert "genotype.loci" in found.left_out[0]["reason"]


def test_equilibrium_is_told_by_ancestry_where_there_are_several():
    found = measured(row("P01", "A/A"), row("P02", "G/A", ancestry="African"))

    assert [one["ancestry"] for one in found.loci] == ["all", "African", "European"]


def test_with_two_groups_the_trend_is_fishers_conditional_odds_ratio():
    copies, event = np.repeat([0, 1], [9, 7]), np.array([1] * 2 + [0] * 7 + [1] * 5 + [0] * 2) == 1
    table = [[5, 2], [2, 7]]
    expected = odds_ratio(table, kind="conditional")

    found = exact_trend(copies, event)

    assert found.estimate == pytest.approx(expected.statistic, rel=1e-4)
    interval = expected.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-4)
    tails = [stats.fisher_exact(table, alternative=one)[1] for one in ("greater", "less")]
    assert found.p == pytest.approx(2 * min(tails))


def test_the_trend_is_that_of_all_ways_to_choose_the_events():
    rng = np.random.default_rng(5)
    copies = np.array([0] * 5 + [1] * 4 + [2] * 3)
    event = rng.permutation(np.arange(12) < 5)
    from itertools import combinations

    sums = np.array([copies[list(one)].sum() for one in combinations(range(12), 5)])
    seen = copies[event].sum()

    found = exact_trend(copies, event)

    assert found.p == pytest.approx(min(1, 2 * min((sums <= seen).mean(), (sums >= seen).mean())))


def test_separated_genotypes_have_no_upper_end():
    found = exact_trend(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 1, 1]) == 1)

    assert found.estimate == np.inf
    assert found.high == np.inf
    assert found.low > 0
    assert found.p == found.smallest_p == pytest.approx(2 / 20)


def test_the_slope_of_all_assignments_is_that_of_scipy():
    x, y = np.array([0, 0, 0, 1, 1, 1, 1.0]), np.array([1.2, 0.7, 1.9, 2.2, 1.8, 3.1, 2.9])

    found = permuted_slope(x, y)

    def slope(one):
        return one @ y

    expected = stats.permutation_test(
        (x,), slope, permutation_type="pairings", n_resamples=np.inf, alternative="greater"
    )
    assert found.is_exact
    assert found.n_assignments == comb(7, 3)
    assert found.p == pytest.approx(2 * expected.pvalue)
    assert found.smallest_p == pytest.approx(2 / 35)


def test_the_interval_inverts_the_test():
    rng = np.random.default_rng(8)
    x = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 2.0])
    y = 0.4 * x + rng.normal(0, 0.3, 10)
    found = permuted_slope(x, y)

    for end, sign in ((found.low, -1), (found.high, 1)):
        inside = permuted_slope(x, y - (end - sign * 1e-6) * x).p
        outside = permuted_slope(x, y - (end + sign * 1e-6) * x).p
        assert outside <= 0.05 < inside


def test_too_few_assignments_have_no_interval():
    found = permuted_slope(np.array([0, 0, 1.0]), np.array([1.0, 2.0, 3.0]))

    assert (found.low, found.high) == (-np.inf, np.inf)
    assert found.smallest_p == pytest.approx(2 / 3)


def test_sampled_assignments_never_give_a_p_of_zero():
    x = np.tile([0.0, 1, 2], 12)
    found = permuted_slope(x, 5 * x, permutations=999)

    assert not found.is_exact
    assert found.p == pytest.approx(2 / 1000)


@pytest.mark.parametrize(
    ("counts", "model", "why"),
    [
        pytest.param((8, 6, 3), "additive", "", id="every genotype in three or more"),
        pytest.param((8, 6, 2), "dominant", "", id="two homozygotes are pooled"),
        pytest.param((8, 2, 0), "dominant", "2 carriers, fewer than 3", id="too few carriers"),
        pytest.param(
            (1, 5, 9), "dominant", "1 patient without the allele, fewer than 3", id="few others"
        ),
    ],
)
def test_small_cells_are_pooled_by_the_declared_model(counts, model, why):
    copies = np.repeat([0, 1, 2], counts)

    assert model_of(copies, 3)[::2] == (model, why)


def association(copies, values, is_binary=False, ancestry=None):
    patients = [f"P{n:02d}" for n in range(len(copies))]
    genotype = Genotypes(
        "abcb1_rs1045642",
        "ABCB1 rs1045642 (T)",
        "A",
        dict(zip(patients, copies, strict=True)),
        dict(zip(patients, ancestry or ["European"] * len(copies), strict=True)),
    )
    outcome = Outcome("x", "exposure", dict(zip(patients, values, strict=True)), is_binary)
    (found,) = association_answers([genotype], [outcome], AssociationSettings())
    return found


def test_an_exposure_that_doubles_per_copy_is_found():
    copies = [0] * 8 + [1] * 8 + [2] * 8
    noise = np.random.default_rng(2).normal(0, 0.2, 24)

    found = association(copies, np.log(2) * np.array(copies) + noise)

    assert found["verdict"] == "associated"
    assert found["ci_low"] < 2 < found["ci_high"]
    assert "per copy of A" in found["sentence"]
    assert "q = " in found["sentence"]


def test_with_few_patients_the_answer_says_that_nothing_could_be_reached():
    found = association([0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1], is_binary=True)

    assert found["verdict"] == "cannot_reach"
    assert "no result could have reached" in found["sentence"]
    assert "pooled by the declared dominant model" in found["sentence"]


def test_what_is_not_tested_keeps_its_answer():
    found = association([0, 0, 0, 0, 1], [0.1, 0.2, 0.3, 0.2, 0.1])

    assert (found["verdict"], found["p"]) == ("not_tested", None)
    assert "1 carrier, fewer than 3" in found["sentence"]


@pytest.mark.parametrize("is_binary", [False, True])
def test_what_two_ancestries_differ_by_is_no_association(is_binary):
    """The allele and the outcome are both of one ancestry, and unrelated within it."""
    copies = [1] + [0] * 10 + [1] * 9
    values = [0, 1] + [0] * 9 + [1] * 8 + [0]
    exposure = 20.0 * (np.arange(20) >= 10) + np.resize([1, 4, 2, 3], 20)
    ancestry = ["European"] * 10 + ["African"] * 10

    found = association(copies, values if is_binary else list(exposure), is_binary, ancestry)

    assert found["p"] <= 0.05
    assert found["verdict"] == "not_shown"
    assert "Shuffled within ancestries p" in found["sentence"]


def test_several_ancestries_are_told_with_the_p_within_them():
    found = association([0, 1, 2] * 4, list(range(12)), ancestry=["European"] * 8 + ["African"] * 4)

    assert "Shuffled within ancestries p" in found["sentence"]
    assert "European 8, African 4" in found["caution"]


def test_simulated_genotypes_are_recovered_and_defects_found(tmp_path):
    patients = draw_patients(24, NO_EFFECTS, np.random.default_rng(3))
    simulated.write(tmp_path, patients, np.random.default_rng(4))
    sheet = read_sheet(tmp_path / "assays" / "genotype" / "genotype.tsv", "genotype")
    assert [one for one in sheet.told() if one.stops != "nothing"] == []
    rows = [one.values | {"row": one.number, "sheet": "g.tsv"} for one in sheet.rows]
    with (tmp_path / "truth" / "genotype.tsv").open() as stream:
        truth = list(csv.DictReader(stream, delimiter="\t"))
    planted = {(one["patient"], one["rsid"]) for one in truth if one["defect"]}

    found = measure_genotypes(rows, LOCI, 0.95)

    assert faults(as_table(found.measurements)) == []
    copies = {(one["patient"], one["rsid"]): one["copies"] for one in found.calls}
    for patient in patients:
        for rsid, true in copies_of(patient).items():
            key = patient.key, rsid
            assert copies.get(key) == (None if key in planted else true), key
    verdicts = {one["run"]: one["verdict"] for one in found.runs}
    assert verdicts["GT9"] == "fail"
    assert sum("strand" in one["reason"] for one in found.left_out) == 1
    assert sum("disagree" in one["reason"] for one in found.left_out) == 2


def test_the_planted_effect_on_exposure_is_within_its_interval(tmp_path):
    patients = draw_patients(24, NO_EFFECTS, np.random.default_rng(3))
    rng = np.random.default_rng(11)
    copies = [copies_of(one)["rs1045642"] for one in patients]
    exposure = np.log(RATIO_PER_COPY) * np.array(copies) + rng.normal(0, 0.5, 24)

    found = association(copies, exposure)

    assert found["ci_low"] < RATIO_PER_COPY < found["ci_high"]


def test_the_tables_of_the_assay_are_read_back(tmp_path):
    found = measured(row("P01", "A/A"), row("P02", ""))
    calls = [{k: "" if v is None else str(v) for k, v in one.items()} for one in found.calls]

    (one,) = genotypes_of(calls, found.loci, 0.95)

    assert one.copies == {"P01": 2}
    assert one.is_flagged
