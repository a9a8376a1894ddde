"""Variants: names, intervals, limits of detection, shares of the clone, runs; simulated truth."""

import csv

import numpy as np
import pytest
import yaml
from scipy import stats

from correlates.assays.occupancy.mutants import mutations_of
from correlates.assays.rows import as_table
from correlates.assays.variants.collect import measure_variants
from correlates.assays.variants.findings import VariantSettings
from correlates.assays.variants.fractions import (
    clone_share,
    depth_needed,
    detection_limit,
    interval_of,
)
from correlates.assays.variants.names import is_known, key_of, residue_of, short_change
from correlates.intake.sheets.sheet import read_sheet
from correlates.measurements import faults
from correlates.simulate.assays import variants as simulated
from correlates.simulate.trial import NO_EFFECTS, draw_patients
from study import ROOT

SETTINGS = VariantSettings(
    **yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["variants"]
)
SEXES = {"P01": "M", "P02": "F"}


def row(**more):
    draw = {"patient": "P01", "visit": "C7D1", "timepoint": "pre", "specimen": "cryo_pbmc"}
    reads = {"gene": "BTK", "hgvs_p": "C481S", "alt": 200, "depth": 2000, "lod_vaf": 0.01}
    rest = {"purity_pct": 80.0, "run": "R1", "assay": "ngs", "role": "sample", "vaf": None}
    return draw | reads | rest | {"row": 2, "sheet": "v.tsv"} | more


NEGATIVE = row(patient=None, visit=None, role="negative", alt=0)


def measured(*rows, sexes=SEXES):
    return measure_variants([*rows, NEGATIVE], sexes, SETTINGS)


def value(found, feature, patient="P01"):
    (one,) = [
        one for one in found.measurements if (one["feature"], one["patient"]) == (feature, patient)
    ]
    return one


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("p.Cys481Ser", "C481S"),
        ("p.(Cys481Ser)", "C481S"),
        ("NP_000052.1:p.C481S", "C481S"),
        ("c481s", "C481S"),
        ("p.Arg665Trp", "R665W"),
        ("p.Trp1023*", "W1023*"),
        ("none", "none"),
        (None, "none"),
        ("Not detected", "none"),
    ],
)
def test_changes_have_one_spelling(text, short):
    assert short_change(text) == short


@pytest.mark.parametrize(
    ("gene", "change", "known"),
    [
        ("BTK", "C481S", True),
        ("BTK", "C481W", False),
        pytest.param("BTK", "T474I", True, id="every change of a listed residue"),
        ("PLCG2", "S707Y", True),
        ("PLCG2", "C481S", False),
    ],
)
def test_which_variants_are_on_the_list(gene, change, known):
    assert is_known(gene, change, SETTINGS.known) is known


def test_features_are_named_by_gene_and_change():
    assert key_of("BTK", "C481S") == "btk_c481s"
    assert key_of("PLCG2", "W1023*") == "plcg2_w1023ter"
    assert residue_of("C481S") == "C481"


def test_the_interval_is_the_exact_binomial_one():
    expected = stats.binomtest(12, 1500).proportion_ci(0.95, method="exact")

    assert interval_of(12, 1500) == pytest.approx((expected.low, expected.high))


def test_one_percent_needs_920_reads():
    assert depth_needed(0.01) <= 920
    assert stats.binom.sf(4, depth_needed(0.01), 0.01) >= 0.95
    assert stats.binom.sf(4, depth_needed(0.01) - 1, 0.01) < 0.95
    assert detection_limit(920) < 0.01 < detection_limit(900)
    assert detection_limit(4) == 1.0


@pytest.mark.parametrize(
    ("gene", "sex", "expected"),
    [
        pytest.param("BTK", "M", 12.5, id="men have one X chromosome"),
        pytest.param("BTK", "F", 25.0, id="women two"),
        pytest.param("PLCG2", "M", 25.0, id="an autosomal gene has two copies in both"),
        pytest.param("PLCG2", "F", 25.0, id="autosomal, women"),
    ],
)
def test_the_share_of_the_clone_follows_sex_and_chromosome(gene, sex, expected):
    change = "C481S" if gene == "BTK" else "R665W"
    found = measured(row(gene=gene, hgvs_p=change), sexes={"P01": sex})

    one = value(found, f"{key_of(gene, change)}__ccf")
    assert one["value"] == pytest.approx(expected)
    assert one["ci_low"] < expected < one["ci_high"]
    assert one["unit"] == "%"


def test_without_a_sex_an_autosomal_share_stands_and_that_of_btk_does_not():
    found = measured(row(), row(gene="PLCG2", hgvs_p="R665W"), sexes={})

    assert value(found, "btk_c481s__vaf")["value"] == pytest.approx(10)
    assert value(found, "btk_c481s__ccf")["flags"] == ["sex_not_known"]
    assert value(found, "plcg2_r665w__ccf")["status"] == "ok"


def test_a_share_above_the_whole_clone_is_capped_and_says_so():
    found = measured(row(alt=1900, purity_pct=80.0))

    one = value(found, "btk_c481s__ccf")
    assert one["value"] == 100
    assert "ccf_capped" in one["flags"]
    assert clone_share(0.95, 0.8, True, "M").raw == pytest.approx(0.95 / 0.8)


def test_without_purity_there_is_a_fraction_and_no_share():
    found = measured(row(purity_pct=None))

    assert value(found, "btk_c481s__vaf")["status"] == "ok"
    assert value(found, "btk_c481s__ccf")["status"] == "not_evaluable"


def test_not_detected_carries_its_limit_for_each_variant_of_the_list():
    found = measured(row(hgvs_p="none", alt=None))

    features = {one["feature"] for one in found.measurements}
    assert {"btk_c481s__vaf", "btk_c481r__vaf", "btk_t474__vaf", "btk_l528__vaf"} <= features
    one = value(found, "btk_c481s__vaf")
    assert (one["status"], one["limit"]) == ("nd", 1.0)
    residue = value(found, "btk_c481__ccf")
    assert (residue["status"], residue["limit"]) == ("nd", pytest.approx(1.25))


def test_a_limit_that_the_depth_does_not_allow_gives_way():
    found = measured(row(hgvs_p="none", alt=None, depth=300))

    one = value(found, "btk_c481s__vaf")
    assert one["limit"] == pytest.approx(100 * detection_limit(300))
    assert {"lod_by_depth", "depth_below_needed"} <= set(one["flags"])
    assert found.samples[0]["verdict"] == "flag"


def test_nothing_seen_without_depth_or_limit_says_nothing():
    found = measured(row(hgvs_p="none", alt=None, depth=None, lod_vaf=None))

    one = value(found, "btk_c481s__vaf")
    assert (one["status"], one["value"]) == ("not_evaluable", None)
    assert "lod_not_given" in one["flags"]


def test_reads_below_the_limit_are_not_detected_and_kept():
    found = measured(row(alt=6, depth=2000))

    one = value(found, "btk_c481s__vaf")
    assert (one["status"], one["limit"]) == ("nd", 1.0)
    assert one["value"] == pytest.approx(0.3)
    assert "seen_below_lod" in one["flags"]


def test_what_lies_at_the_limit_of_the_depth_is_called_as_often_as_the_limit_says():
    depth = 1000
    limit = detection_limit(depth)
    chances = stats.binom.pmf(np.arange(21), depth, limit)
    rows = [row(alt=alt, depth=depth, lod_vaf=None, visit=f"C{alt}D1") for alt in range(21)]

    found = measured(*rows)

    called = {
        one["visit"]: one["status"] == "ok"
        for one in found.measurements
        if one["feature"] == "btk_c481s__vaf"
    }
    missed = sum(chances[alt] for alt in range(21) if not called[f"C{alt}D1"])
    assert missed == pytest.approx(0.05, abs=1e-6)


def test_reads_enough_for_the_depth_do_not_pass_the_limit_of_the_laboratory():
    found = measured(row(alt=5, depth=800), row(alt=9, depth=800, visit="C8D1"))

    by_visit = {
        one["visit"]: (one["status"], round(one["limit"], 2))
        for one in found.measurements
        if one["feature"] == "btk_c481s__vaf"
    }
    assert by_visit == {"C7D1": ("nd", 1.14), "C8D1": ("ok", 1.14)}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"alt": 200, "depth": 2000, "vaf": 0.2}, "he fraction is 0.2, and 200 of 2000"),
        ({"alt": 300, "depth": 200}, "300 reads with the variant of 200"),
        ({"alt": 3, "depth": None}, "no depth"),
        ({"hgvs_p": "none", "alt": 30}, "its change is not named"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused_with_its_place(cells, said):
    found = measured(row(**cells))

    assert {one["status"] for one in found.measurements} <= {"not_evaluable"}
    (one,) = found.left_out
    assert said in one["reason"]
    assert "row 2 of v.tsv" in one["reason"]


def test_a_rounded_fraction_is_no_contradiction():
    assert measured(row(alt=233, depth=2000, vaf=0.12)).left_out == []


def test_variants_of_one_residue_add_up():
    found = measured(row(), row(hgvs_p="C481F", alt=100))

    one = value(found, "btk_c481__ccf")
    assert one["value"] == pytest.approx(12.5 + 6.25)
    assert {"variants_of_residue_added", "other_variants_of_residue_not_looked_for"} <= set(
        one["flags"]
    )


def test_the_method_with_the_lower_limit_counts():
    sensitive = row(assay="ddpcr", alt=20, depth=20_000, lod_vaf=0.0005)
    found = measured(row(hgvs_p="C481S", alt=0), sensitive)

    one = value(found, "btk_c481s__vaf")
    assert (one["status"], one["value"]) == ("ok", pytest.approx(0.1))
    assert "lower limit of detection (ddpcr)" in found.left_out[0]["reason"]


def test_occupancy_reads_the_reads_where_no_fraction_is_given():
    mutations = mutations_of([row(alt=200, depth=2000)], SEXES)

    assert mutations.by_patient["P01"][0].vaf == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("control", "verdict"),
    [
        pytest.param(NEGATIVE, "pass", id="clean"),
        pytest.param(NEGATIVE | {"alt": 60}, "fail", id="contaminated"),
        pytest.param(
            NEGATIVE | {"role": "positive", "alt": 100, "expected_vaf": 0.05},
            "pass",
            id="recovered",
        ),
        pytest.param(
            NEGATIVE | {"role": "positive", "alt": 200, "expected_vaf": 0.05}, "fail", id="too high"
        ),
        pytest.param(
            NEGATIVE | {"role": "positive", "alt": 0, "expected_vaf": 0.05}, "fail", id="not seen"
        ),
    ],
)
def test_a_run_is_judged_by_its_controls(control, verdict):
    found = measure_variants([row(), control], SEXES, SETTINGS)

    assert found.runs[0]["verdict"] == verdict
    status = {one["status"] for one in found.measurements}
    assert status == ({"not_evaluable"} if verdict == "fail" else {"ok"})


def test_a_run_without_controls_is_flagged():
    assert measure_variants([row()], SEXES, SETTINGS).runs[0]["verdict"] == "flag"


def test_simulated_variants_are_recovered_and_defects_found(tmp_path):
    patients = draw_patients(12, NO_EFFECTS, np.random.default_rng(3))
    simulated.write(tmp_path, patients, np.random.default_rng(4))
    sheet = read_sheet(tmp_path / "assays" / "variants" / "variants.tsv", "variants")
    assert [one for one in sheet.told() if one.stops != "nothing"] == []
    rows = [one.values | {"timepoint": "pre", "row": one.number} for one in sheet.rows]
    sexes = {one.key: one.clinical["sex"] for one in patients}
    with (tmp_path / "truth" / "variants.tsv").open() as stream:
        truth = list(csv.DictReader(stream, delimiter="\t"))

    found = measure_variants(rows, sexes, SETTINGS)

    assert faults(as_table(found.measurements)) == []
    by_key = {(one["patient"], one["visit"], one["feature"]): one for one in found.measurements}
    n_seen = 0
    for one in truth:
        if not one["defect"] and float(one["ccf"]):
            feature = f"{key_of(one['gene'], short_change(one['hgvs_p']))}__ccf"
            own = by_key[one["patient"], one["visit"], feature]
            n_seen += 1
            # reads of 2000: the exact interval holds the truth
            assert own["ci_low"] <= 100 * float(one["ccf"]) <= own["ci_high"], own
    assert n_seen >= 4
    verdicts = {one["run"]: one["verdict"] for one in found.runs}
    assert verdicts == {"NGS1": "pass", "NGS2": "pass", "NGS9": "fail"}
    assert by_key["P01", "C0D1", "btk_c481s__vaf"]["limit"] > 1
    assert by_key["P03", "C0D1", "btk_c481s__vaf"]["status"] == "not_evaluable"
    assert by_key["P03", "C0D1", "plcg2_r665w__ccf"]["status"] == "not_evaluable"
    assert [one["patient"] for one in found.left_out] == ["P02"]
