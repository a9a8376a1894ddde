"""What changes in messengers by RT-qPCR and single cells: whose pairs count, and what is found."""

import math

import numpy as np
import pytest

from correlates.analyses.rnaseq.named import named_answers, pair_rows
from correlates.analyses.transcripts import ask_transcripts, transcript_questions
from correlates.assays.qpcr.collect import measure_qpcr
from correlates.assays.rows import as_table, measurement
from correlates.intake.sheets.assays import assay_rows_of, read_assay_sheets
from correlates.intake.sheets.sheet import read_sheet
from correlates.simulate.assays.qpcr import QpcrEffects, write_qpcr
from correlates.simulate.draws import draw_trial
from correlates.simulate.trial import NO_EFFECTS
from qpcr_maker import settings as qpcr_settings

BLOCK = {"contrasts": [["lenalidomide added", "C1D1 pre", "C2D1 pre"]], "fdr": 0.1}
BLOCK |= {"without": ["CRBN t"]}
GENES = ["RHOH ENSG00000168421", "CRBN ENSG00000113851", "IKZF1 ENSG00000185811"]


def row(patient, visit, value, feature="rhoh__log2_cnrq__cll", assay="qpcr", **more):
    draw = {"patient": patient, "visit": visit, "specimen": "fresh_pbmc", "sample": ""}
    more = {"method": "over tbp + gusb"} | more
    return measurement(draw, assay, feature, value, "1", **more)


def both(differences, **more):
    return [
        row(f"P{n}", visit, 3.0 + n / 7 + change, **more)
        for n, difference in enumerate(differences)
        for visit, change in (("C1D1", 0.0), ("C2D1", difference))
    ]


def answered(rows, assay="qpcr", cells=("cll", "t")):
    block = BLOCK | {"cells": cells}
    settings = transcript_questions(block, GENES, 0.95)
    asked = ask_transcripts(as_table(rows), assay, block, settings, {}, {"B0": 90, "B1": 3})
    return named_answers(asked, settings, {}, "The order is fixed.", assay), asked


@pytest.mark.parametrize(
    ("assay", "feature"),
    [("qpcr", "rhoh__log2_cnrq__cll"), ("scrna", "rhoh__log2_pb_cpm__cll")],
)
def test_a_fall_in_six_patients_is_told_with_its_exact_p(assay, feature):
    falls = [-0.6, -0.5, -0.8, -0.7, -0.4, -0.9]
    (found,), asked = answered(both(falls, assay=assay, feature=feature), assay)

    assert (found["assay"], found["feature"], found["verdict"]) == (assay, feature, "lower")
    assert found["estimate"] == pytest.approx(np.mean(falls))
    assert found["p"] == 2 / 2**6
    assert len(pair_rows(asked)) == 6


def test_draws_that_were_measured_in_two_ways_make_no_pair():
    rows = both([-0.6, -0.5, -0.8]) + [
        row("P9", "C1D1", 3.0),
        row("P9", "C2D1", 9.0, method="over b2m"),
    ]
    (found,), asked = answered(rows)

    assert found["n"] == 3
    assert found["estimate"] == pytest.approx(-0.6333, abs=1e-4)
    assert "Left out: 1 patient measured in two ways." in found["caution"]
    assert [one["left_out_for"] for one in pair_rows(asked)] == ["", "", "", "methods"]


def test_sentences_have_words_for_what_plasma_and_single_cells_give():
    plasma = both([0.1] * 5, feature="mir155__log2_cnrq__plasma")
    single = both([0.1] * 5, feature="crbn__log2_pb_cpm__t_cd8", assay="scrna")

    assert answered(plasma)[0][0]["sentence"].startswith("miR-155 in plasma, lenalidomide added")
    (found,), _ = answered(single, "scrna", ["t_cd8"])
    assert found["sentence"].startswith("CRBN mRNA in CD8+ T cells, lenalidomide added")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"feature": "rhoh__log2_cnrq__nk"}, id="cells that were not named"),
        pytest.param({"feature": "tbp__log2_cnrq__cll"}, id="a gene that was not named"),
        pytest.param({"feature": "crbn__log2_cnrq__t"}, id="a gene that these cells lack"),
        pytest.param({"feature": "rhoh__detected__cll"}, id="a statistic that is no logarithm"),
        pytest.param({"assay": "rnaseq"}, id="another assay"),
    ],
)
def test_only_what_was_named_beforehand_is_asked(other):
    found, _ = answered(both([-0.6, -0.5]) + both([-0.6, -0.5], **other))

    assert [one["feature"] for one in found] == ["rhoh__log2_cnrq__cll"]


def test_isoforms_of_crbn_are_answered_apart():
    rows = both([-1.0] * 6, feature="crbn_fl__log2_cnrq__cll")
    rows += both([0.1, -0.1] * 3, feature="crbn_total__log2_cnrq__cll")
    found, _ = answered(rows)

    told = {one["feature"]: one["verdict"] for one in found}
    assert told == {
        "crbn_total__log2_cnrq__cll": "not shown",
        "crbn_fl__log2_cnrq__cll": "lower",
    }


def test_what_nobody_was_drawn_for_twice_is_no_question():
    plasma = {"specimen": "plasma", "feature": "mir155__log2_cnrq__plasma"}
    once = [row("P1", "C0D1", 2.0, "mir155__log2_cnrq__plasma")]

    assert answered([one | plasma for one in once])[0] == []
    told = answered([one | plasma for one in once] + both([-0.6, -0.5]))[0]
    assert [one["feature"] for one in told] == ["rhoh__log2_cnrq__cll"]


def test_a_gene_that_could_not_be_measured_at_draws_of_others_keeps_its_answer():
    lost = {"status": "not_evaluable", "feature": "crbn__log2_cnrq__cll"}
    rows = both([-0.6] * 6) + [row(f"P{n}", "C1D1", None, **lost) for n in range(6)]

    found, _ = answered(rows)
    assert {one["feature"]: one["verdict"] for one in found} == {
        "rhoh__log2_cnrq__cll": "lower",
        "crbn__log2_cnrq__cll": "not evaluable",
    }


def test_values_below_the_limit_are_bounds_and_no_numbers():
    rows = both([-0.6, -0.5, -0.8, -0.7, -0.4])
    limit = {"status": "nd", "limit": 1.0}
    rows += [row("P8", "C1D1", 3.0), row("P8", "C2D1", 1.0, **limit)]
    (found,), _ = answered(rows)

    assert (found["n"], found["n_censored"]) == (6, 1)
    assert found["estimate"] is None
    assert math.isinf(found["ci_low"])


def test_the_planted_fall_of_rhoh_is_found_from_the_files_of_the_plates(tmp_path):
    """And none of the others, which were not planted."""
    patients, _, _ = draw_trial(12, NO_EFFECTS, 4)
    write_qpcr(tmp_path, patients, np.random.default_rng(4), QpcrEffects())
    keys = "".join(f"{patient.key}\n" for patient in patients)
    (tmp_path / "patients.tsv").write_text(f"patient\n{keys}")
    sheet = read_sheet(tmp_path / "patients.tsv", "patients", "patients.tsv")
    block = {"qpcr": "assays/qpcr", "aliquots": "assays/aliquots"}
    rows = assay_rows_of(read_assay_sheets(block, tmp_path, sheet, None))["qpcr"].rows
    found = {
        one["feature"]: one for one in answered(measure_qpcr(rows, qpcr_settings()).measurements)[0]
    }

    rhoh = found.pop("rhoh__log2_cnrq__cll")
    assert rhoh["verdict"] == "lower"
    assert rhoh["ci_low"] < QpcrEffects().rhoh_on_lenalidomide < rhoh["ci_high"]
    assert {one["verdict"] for one in found.values()} == {"not shown"}
