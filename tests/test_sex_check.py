"""The recorded sex against expression, on simulated expression whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from correlates.check_rows import COLUMNS as FINDING_COLUMNS
from correlates.cohort.integrity.sex import sex_findings
from correlates.measurements import COLUMNS, conform

SETTINGS = {"sex_margin_log2": 3.0, "sex_absent_log2": 5.0}
LIMIT = -2.0
# log2 expression of XIST and of the mean of the Y genes
WOMAN, MAN, LOST_Y, CHIMERA = (8.0, None), (None, 6.0), (None, None), (7.0, 5.0)
Y_GENES = ("rps4y1", "ddx3y", "kdm5d", "uty")


def rows(patient, levels, visit="C0D1", assay="qpcr", statistic="log2_cnrq", seed=0, **more):
    """Rows of one draw: XIST and four Y genes around their mean; None is not detected."""
    rng = np.random.default_rng([seed, *map(ord, patient + visit)])
    wanted = {"xist": levels[0], **dict.fromkeys(Y_GENES, levels[1])}
    return [
        dict.fromkeys(COLUMNS, "")
        | {
            "patient": patient,
            "visit": visit,
            "timepoint": "pre",
            "specimen": "fresh_pbmc",
            "assay": assay,
            "feature": f"{gene}__{statistic}__cll",
            "value": LIMIT if level is None else level + rng.normal(0, 0.4),
            "status": "nd" if level is None else "ok",
            "limit": LIMIT if level is None else np.nan,
            "flags": [],
        }
        | more
        for gene, level in wanted.items()
    ]


def cohort(*more):
    """Measurements of three women and three men, and of whom a test adds."""
    usual = [("F1", WOMAN), ("F2", WOMAN), ("F3", WOMAN), ("M1", MAN), ("M2", MAN), ("M3", MAN)]
    return pd.DataFrame([one for who in usual for one in rows(*who)] + list(more))


def findings(table, **sexes):
    known = {name: name[0] for name in table["patient"].unique()} | sexes
    return sex_findings(table, [{"patient": k, "sex": v} for k, v in known.items()], SETTINGS)


def test_everybody_who_agrees_gives_no_finding():
    assert findings(cohort()) == []


@pytest.mark.parametrize(
    ("levels", "recorded", "severity", "words"),
    [
        pytest.param(WOMAN, "M", "error", "that of a female", id="XIST high in a man"),
        pytest.param(MAN, "F", "error", "that of a male", id="Y genes high in a woman"),
        pytest.param(LOST_Y, "M", "note", "loss of Y possible", id="loss of Y is no mismatch"),
        pytest.param((None, 0.2), "M", "note", "loss of Y possible", id="loss of most of Y"),
        pytest.param((-1.5, -1.9), "M", "note", "loss of Y", id="loss of Y, traces of both"),
        pytest.param((1.4, None), "M", "note", "loss of Y", id="loss of Y, a trace of XIST"),
        pytest.param(LOST_Y, "F", "note", "neither is expressed", id="no XIST in a woman"),
        pytest.param(CHIMERA, "M", "warning", "transplant", id="both: chimera or contamination"),
        pytest.param(CHIMERA, "F", "warning", "transplant", id="both, in a woman"),
        pytest.param(WOMAN, None, "note", "sex is not recorded", id="no sex recorded"),
    ],
)
def test_what_an_expression_says_of_a_recorded_sex(levels, recorded, severity, words):
    (found,) = findings(cohort(*rows("X1", levels)), X1=recorded)

    assert tuple(found) == FINDING_COLUMNS
    assert (found["severity"], found["patient"], found["visit"]) == (severity, "X1", "C0D1")
    assert words in found["finding"] + found["resolve"]


def test_a_man_who_lost_part_of_his_y_is_still_a_man():
    assert findings(cohort(*rows("X1", (None, 3.0))), X1="M") == []


def test_a_draw_of_another_visit_is_judged_by_itself():
    table = cohort(*rows("M1", WOMAN, visit="C1D8"))

    (found,) = findings(table)

    assert (found["patient"], found["visit"], found["severity"]) == ("M1", "C1D8", "error")


def test_sequencing_with_one_sex_only_takes_the_y_genes_as_the_scale_for_xist():
    men = [one for k in range(4) for one in rows(f"M{k}", (-3.0, 5.0), assay="rnaseq")]
    table = pd.DataFrame(men + rows("M9", (6.0, -3.0), assay="rnaseq"))
    noise = pd.DataFrame(men + rows("M9", (-0.5, -4.0), assay="rnaseq"))

    assert [one["severity"] for one in findings(table)] == ["error"]
    assert [one["severity"] for one in findings(noise)] == ["note"]


def test_without_anybody_to_compare_with_a_trace_contradicts_nobody():
    """A lone qPCR of a man who lost his Y: XIST is quantified, and how much is usual is unknown."""
    table = pd.DataFrame(rows("M1", (1.0, -3.0)))

    assert [one["severity"] for one in findings(table)] == ["note"]
    assert findings(pd.DataFrame(rows("M1", (-3.0, 5.0)))) == []
    assert findings(pd.DataFrame(rows("F1", (5.0, -3.0)))) == []
    assert [one["severity"] for one in findings(pd.DataFrame(rows("M1", WOMAN)))] == ["error"]


def test_nothing_measured_is_said_once():
    table = cohort().assign(feature="t_cd4__abs")

    (found,) = findings(table)

    assert found["severity"] == "note"
    assert "not judged" in found["finding"]
    assert not found["patient"]


def test_a_draw_without_y_genes_is_told_and_not_guessed():
    only_xist = [one for one in rows("F9", WOMAN) if one["feature"].startswith("xist")]

    (found,) = findings(cohort(*only_xist))

    assert found["severity"] == "note"
    assert "F9 C0D1" in found["finding"]


def test_values_that_could_not_be_evaluated_are_left_out():
    bad = [one | {"status": "not_evaluable", "value": np.nan} for one in rows("F9", MAN)]

    (found,) = findings(cohort(*bad))

    assert "F9 C0D1" in found["finding"]


def test_a_large_cohort_with_loss_of_y_in_a_third_of_men_has_no_mismatch():
    rng = np.random.default_rng(5)
    table, sexes = [], {}
    for k in range(120):
        is_man = bool(rng.random() < 0.65)
        lost = rng.uniform(0.5, 9) if is_man and rng.random() < 0.33 else 0.0
        levels = (rng.normal(-3, 0.5), rng.normal(6, 0.7) - lost) if is_man else (7.5, -3.5)
        table += rows(f"P{k}", levels, assay="rnaseq", statistic="log2_cpm", seed=k)
        sexes[f"P{k}"] = "M" if is_man else "F"

    found = findings(pd.DataFrame(table), **sexes)

    assert {one["severity"] for one in found} == {"note"}
    assert all("loss of Y possible" in one["finding"] for one in found)


@pytest.mark.parametrize("table", [cohort()[:0], conform(pd.DataFrame(columns=COLUMNS))])
def test_a_study_without_any_measurement_is_told_that_nothing_was_judged(table):
    (found,) = findings(table, P1="F")

    assert found["severity"] == "note"
