"""Questions on RNA: pairs, exact tests in words, what limits hide, composition, sexes."""

import numpy as np
import pandas as pd
import pytest

from correlates.analyses.answers import COLUMNS
from correlates.analyses.rnaseq.all_genes import all_genes
from correlates.analyses.rnaseq.named import ask, named_answers, pair_rows
from correlates.analyses.rnaseq.settings import RnaseqQuestions
from correlates.analyses.rnaseq.sexes import sex_answer, swapped_draws
from correlates.assays.rnaseq.genes import SEX_GENES
from correlates.assays.rows import as_table, measurement
from correlates.clinical.dosing.dosing import exposure_dosing
from correlates.cohort.integrity.sex import sex_verdicts

BLOCK = {
    "contrasts": [["lenalidomide added", "C1D1 pre", "C2D1 pre"]],
    "fdr": 0.1,
    "min_pairs_all_genes": 4,
    "most_flips": 16,
    "min_pairs_adjusted": 8,
}
SETTINGS = RnaseqQuestions.of(BLOCK, ["RHOH ENSG00000168421", "CRBN ENSG00000113851"], 0.95)
DESIGN = "The order of drugs is fixed."
SEX = {"sex_margin_log2": 3, "sex_absent_log2": 5}


def row(patient, visit, value, feature="rhoh__log2_cpm__cll", **more):
    library = f"{patient}_{visit}"
    draw = {"patient": patient, "visit": visit, "specimen": "fresh_pbmc", "sample": library}
    return measurement(draw, "rnaseq", feature, value, "log2 CPM", **more)


def both(differences, feature="rhoh__log2_cpm__cll", **more):
    rows = []
    for n, difference in enumerate(differences):
        rows += [row(f"P{n}", "C1D1", 7.0 + n / 9, feature)]
        rows += [row(f"P{n}", "C2D1", 7.0 + n / 9 + difference, feature, **more)]
    return rows


def answered(rows, swapped=frozenset(), cll_pct=None, settings=SETTINGS):
    asked = ask(as_table(rows), settings, {}, {"B0": 90, "B1": 3}, swapped)
    return named_answers(asked, settings, cll_pct or {}, DESIGN)


def test_a_fall_in_every_patient_is_told_with_its_exact_p():
    (found,) = answered(both([-0.6, -0.5, -0.8, -0.7, -0.4, -0.9]))

    assert tuple(found) == COLUMNS
    assert (found["verdict"], found["n"]) == ("lower", 6)
    assert found["estimate"] == pytest.approx(-0.65)
    assert found["p"] == 2 / 2**6
    assert "0.637 times in 6 patients" in found["sentence"]
    assert DESIGN in found["caution"]


@pytest.mark.parametrize(
    ("differences", "verdict", "words"),
    [
        pytest.param([-1.0] * 4, "cannot be shown", "can show no change", id="four pairs"),
        pytest.param([-1, 1, -1, 1, 0.5, -0.5], "not shown", "not to say", id="no change seen"),
        pytest.param([-1.0], "not evaluable", "two are needed", id="one pair"),
        pytest.param([], "not evaluable", "two are needed", id="none"),
    ],
)
def test_what_few_pairs_cannot_show_is_said(differences, verdict, words):
    rows = both(differences) or [row("P0", "C1D1", 7.0)]

    (found,) = answered(rows)

    assert found["verdict"] == verdict
    assert words in found["sentence"]


def test_values_below_their_limit_bound_the_change_and_are_no_numbers():
    rows = both([-3.0] * 5)
    rows += [row("P9", "C1D1", 4.0), row("P9", "C2D1", 0.0, status="nd", limit=0.0)]

    (found,) = answered(rows)

    assert (found["n"], found["n_censored"]) == (6, 1)
    assert found["estimate"] is None
    assert found["ci_high"] < 0
    assert "at most 0.111 times" in found["sentence"]
    assert found["verdict"] == "lower"


def test_a_gene_that_is_never_seen_has_no_change():
    below = {"status": "lt_lloq", "limit": 0.0}
    rows = [row(f"P{n}", visit, -1.0, **below) for n in range(6) for visit in ("C1D1", "C2D1")]

    (found,) = answered(rows)

    assert found["verdict"] == "not evaluable"
    assert "of 6 patients 6 have values below the limit at both draws" in found["sentence"]
    assert "no change of the mean can be told" in found["sentence"]


def test_one_patient_whom_limits_hide_is_not_said_of_all():
    below = {"status": "lt_lloq", "limit": 0.0}
    rows = both([-1.0] * 6)
    rows += [row("P9", visit, -1.0, **below) for visit in ("C1D1", "C2D1")]

    (found,) = answered(rows)

    assert found["verdict"] == "not evaluable"
    assert "of 7 patients 1 has values below the limit at both draws" in found["sentence"]


def test_five_pairs_say_that_they_cannot_reach_the_level():
    (found,) = answered(both([-1.0] * 5))

    assert found["p"] == 0.0625
    assert "so that 5 pairs cannot reach 0.05" in found["sentence"]


def test_sentences_have_words_and_no_keys():
    rows = [
        one
        for feature in ("rhoh__log2_cpm__cll", "crbn_total__log2_cpm__t", "crbn__psi10__t_cd8")
        for one in both([0.1, -0.2] * 4, feature)
    ]

    found = answered(rows)

    assert [one["sentence"].partition(",")[0] for one in found] == [
        "RHOH mRNA in CLL cells",
        "CRBN mRNA",
        "Share of CRBN transcripts with exon 10 in CD8+ T cells",
    ]
    assert "lenalidomide added (C1D1 pre to C2D1 pre, fresh PBMC)" in found[0]["sentence"]
    assert not any("__" in one["sentence"] + one["caution"] for one in found)
    assert {one["question"] for one in found} == {"Change of RNA between draws"}


def test_inclusion_is_told_in_points():
    rows = both([-0.1, -0.12, -0.08, -0.11, -0.09], "crbn__psi10__cll")
    rows = [one | {"unit": "1", "sample": ""} for one in rows]

    (found,) = answered(rows)

    assert found["n"] == 5
    assert "-10.0 points of inclusion" in found["sentence"]


def test_total_full_length_and_inclusion_are_answered_apart():
    rows = [
        one
        for feature in ("crbn_total__log2_cpm__cll", "crbn_fl__log2_cpm__cll")
        for one in both([0.1] * 5, feature)
    ]

    assert [one["feature"] for one in answered(rows)] == [
        "crbn_total__log2_cpm__cll",
        "crbn_fl__log2_cpm__cll",
    ]


def test_flagged_libraries_are_taken_out_in_a_second_look():
    rows = both([-0.6, -0.5, -0.8, -0.7, -0.4, -0.9])
    rows[1] |= {"flags": ["outlier_library"], "value": 12.0}
    of_both = frozenset(("P5", visit, "cll") for visit in ("C1D1", "C2D1"))

    (found,) = answered(rows, swapped=of_both)

    assert found["n"] == 6
    assert "2 pairs hold a flagged sample, or two of the other sex" in found["caution"]
    assert "in 4 patients" in found["caution"]


@pytest.mark.parametrize(
    ("swapped", "n"),
    [
        pytest.param({("P5", "C2D1", "cll")}, 5, id="one library is somebody else's"),
        pytest.param({("P5", "C2D1", "t")}, 6, id="that of other cells"),
    ],
)
def test_a_pair_of_two_people_is_no_pair(swapped, n):
    rows = both([-0.6, -0.5, -0.8, -0.7, -0.4, 9.0])

    (found,) = answered(rows, swapped=frozenset(swapped))

    assert found["n"] == n
    assert ("1 patient whose two libraries are of two people" in found["caution"]) == (n == 5)


def test_a_second_draw_before_lenalidomide_is_not_one_of_lenalidomide():
    """Lenalidomide of P5 began after the visit that is called C2D1."""
    block = BLOCK | {"contrasts": [["lenalidomide added", "B1", "C2D1 pre"]]}
    settings = RnaseqQuestions.of(block, ["RHOH ENSG00000168421"], 0.95)
    table = as_table(both([-0.6, -0.5, -0.8, -0.7, -0.4, 3.0]))
    is_after = table["visit"] == "C2D1"
    table["day"] = np.where(is_after, 57.0, 29.0)
    table["phase"] = np.where(is_after & (table["patient"] != "P5"), "COMBO", "IBR_RUNIN")
    exposure = [
        {"drug": drug, "start_day": day, "stop_day": 400, "dose_mg": 5.0}
        for drug, day in (("ibrutinib", 1), ("lenalidomide", 29))
    ]
    dosing = {name: exposure_dosing(name, exposure, {}) for name in set(table["patient"])}

    (asked,) = ask(table, settings, dosing, {"B0": 90, "B1": 3}, frozenset())
    (found,) = named_answers([asked], settings, {}, DESIGN)

    assert found["n"] == 5
    assert "1 patient whose second draw is of the same phase" in found["caution"]
    assert [one["left_out_for"] for one in pair_rows([asked])][-1] == "same_phase"


def test_a_patient_with_one_draw_is_counted():
    (found,) = answered(both([-0.6, -0.5, -0.8, -0.7, -0.4, 3.0])[:-1])

    assert "1 patient with a usable value at one of the draws only" in found["caution"]


def test_unsorted_cells_are_cautioned_and_adjusted_where_their_shares_are_known():
    rng = np.random.default_rng(1)
    shift = rng.normal(-1, 0.5, 12)
    rows = both(0.8 * shift + rng.normal(0, 0.05, 12), "rhoh__log2_cpm__pbmc")
    shares = {f"P{n}_C1D1": 80.0 for n in range(12)}
    odds = np.log(4) + shift
    shares |= {f"P{n}_C2D1": 100 / (1 + np.exp(-one)) for n, one in enumerate(odds)}

    (plain,) = answered(rows)
    (found,) = answered(rows, cll_pct=shares)

    assert "composition_confounded" in plain["caution"]
    assert "unchanged share" not in plain["caution"]
    assert "unchanged share of CLL cells: 0.990 times" in found["caution"]
    assert found["estimate"] == plain["estimate"]


def test_every_pair_is_written():
    asked = ask(as_table(both([-0.5, 0.25])), SETTINGS, {}, {"B0": 90, "B1": 3}, frozenset())

    (first, second) = pair_rows(asked)

    assert (first["library_before"], first["library_after"]) == ("P0_C1D1", "P0_C2D1")
    assert (first["difference_low"], second["difference_high"]) == (-0.5, 0.25)


def test_the_list_of_all_genes_is_exploratory_and_needs_pairs():
    rng = np.random.default_rng(0)
    table = as_table(both([-0.5] * 6))
    libraries = list(dict.fromkeys(table["sample"]))
    counts = pd.DataFrame(rng.poisson(200, (300, 12)), columns=libraries)
    counts.loc[0, [one for one in libraries if one.endswith("C2D1")]] *= 5
    counts.insert(0, "gene", ["ENSG00000168421", *(f"G{n}" for n in range(299))])
    counts.insert(0, "cell", "cll")
    asked = ask(table, SETTINGS, {}, {"B0": 90, "B1": 3}, frozenset())

    (found,), genes = all_genes(asked, counts, SETTINGS, DESIGN)
    few = ask(table[table["patient"] < "P3"], SETTINGS, {}, {"B0": 90, "B1": 3}, frozenset())
    (refused,), none = all_genes(few, counts, SETTINGS, DESIGN)

    assert found["verdict"] == "exploratory"
    assert genes[0]["gene"] == "RHOH"
    assert genes[0]["listed"] == "yes"
    assert "exchanged in some patients (16 ways)" in found["sentence"]
    assert refused["verdict"] == "not evaluable"
    assert "4 are needed" in refused["sentence"]
    assert none == []


def sexed(patient, visit, xist, y_mean):
    levels = {"XIST": xist} | dict.fromkeys(list(SEX_GENES)[1:], y_mean)
    below = {"status": "nd", "limit": 0.0}
    return [
        row(patient, visit, 0.0 if value is None else value, f"{gene.lower()}__log2_cpm__cll",
            **(below if value is None else {}))
        for gene, value in levels.items()
    ]  # fmt: skip


def test_a_swap_is_told_and_a_loss_of_y_is_none():
    rows = [one for n in range(3) for one in sexed(f"F{n}", "C0D1", 7.0, None)]
    rows += [one for n in range(3) for one in sexed(f"M{n}", "C0D1", None, 6.0)]
    rows += sexed("M0", "C1D1", 7.0, None) + sexed("M3", "C0D1", None, None)
    patients = [
        {"patient": name, "sex": name[0]} for name in ("F0", "F1", "F2", "M0", "M1", "M2", "M3")
    ]

    verdicts = sex_verdicts(as_table(rows), patients, SEX)
    found = sex_answer(verdicts)

    assert swapped_draws(verdicts) == {("M0", "C1D1", "cll")}
    assert {one.verdict for one in verdicts if one.patient == "M3"} == {"ambiguous_loy"}
    assert found["verdict"] == "mismatch"
    assert "(ambiguous_loy): no mismatch: M3 C0D1" in found["sentence"]
    assert sex_answer([])["verdict"] == "not evaluable"
