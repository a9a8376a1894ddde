"""Blocks of the assays on the report and on the laboratory's page."""

from pathlib import Path

import pandas as pd
import pytest

from correlates.analyses.answers import answer, write_answers
from correlates.assays.quality import (
    FAIL,
    FLAG,
    Reason,
    control_row,
    run_row,
    sample_row,
    write_quality,
)
from correlates.assays.rows import as_table, measurement
from correlates.pages.analytes import analyte_name, controlled_name, with_cells_named
from correlates.pages.assay_quality import files_by_folder, quality_view
from correlates.pages.environment import page_environment
from correlates.report.assays import assay_views, told_first
from correlates.report.formats import unit_shown
from correlates.report.names import feature_name
from correlates.report.page import environment

DRAW = {"sample": "S1", "patient": "P01", "visit": "C0D1", "timepoint": "pre", "cell": "cll"}


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "results" / "qpcr"
    paths = {name: folder / f"{name}.tsv" for name in ("runs", "samples", "controls")}
    reasons = [Reason(FAIL, "The standards span <2 decades.")]
    write_quality(
        paths,
        [run_row("qpcr", "plate1", reasons, 3), run_row("qpcr", "plate2", [], 4)],
        [sample_row("qpcr", "plate1", DRAW, [Reason(FLAG, "RIN 5.1 is below 7.")], "rhoh")],
        [control_row("qpcr", "rhoh", "IPC", [1.0, 1.1], 20, "log2")],
    )
    answers = tmp_path / "results" / "analyses" / "qpcr" / "answers.tsv"
    said = answer(
        *("qpcr", "Does it fall?", "rhoh__log2_cnrq__cll", "combination vs alone"),
        **{"n": 5, "estimate": -0.5, "verdict": "not_estimable", "sentence": "Five <pairs>."},
    )
    write_answers(answers, [said])
    return files_by_folder([*paths.values(), answers])


def test_results_and_answers_of_an_assay_are_one_block(files):
    assert [one.key for one in files] == ["qpcr"]
    assert set(files[0].paths) == {"runs", "samples", "controls", "answers"}


def test_reasons_of_one_wording_stand_together_with_their_items(files):
    view = quality_view(files[0], lambda path, label: "")

    failed = dict(view["verdicts"]["runs"])["fail"]
    assert (failed["n"], failed["shown"][0]["items"]) == (1, ["plate1"])
    flagged = dict(view["verdicts"]["samples"])["flag"]
    assert flagged["shown"][0]["items"] == ["P01 C0D1, CLL cells, RHOH"]


def test_the_block_says_answers_counts_and_reasons_and_escapes_them(files):
    rows = [
        measurement(DRAW, "qpcr", "rhoh__log2_cnrq__cll", 1.0, "1"),
        measurement(
            DRAW | {"visit": "C1D1"}, "qpcr", "rhoh__log2_cnrq__cll", None, "1",
            status="not_evaluable",
        ),
    ]  # fmt: skip
    views = assay_views(files, as_table(rows), lambda path, label: "")
    text = environment().get_template("assays.html.j2").render(assays=views)

    assert "Five &lt;pairs&gt;." in text
    assert "symmetric about their mean" in text
    assert "The standards span &lt;2 decades." in text
    assert views[0]["features"] == [
        {"feature": "rhoh__log2_cnrq__cll", "unit": "1", "patients": 1, "rows": 2}
        | {"ok": 1, "censored": 0, "lost": 1}
    ]


def test_the_laboratory_sees_quality_and_no_answers(files):
    templates = Path(__file__).parent.parent / "scripts" / "correlates" / "lab" / "templates"
    page = page_environment(templates).get_template("assay_quality.html.j2")
    text = page.render(one=quality_view(files[0], lambda path, label: ""))

    assert "RIN 5.1 is below 7." in text
    assert "pairs" not in text


def test_a_caution_of_all_answers_is_said_once(tmp_path):
    path = tmp_path / "results" / "analyses" / "pk" / "answers.tsv"
    said = [
        answer("pk", "Is it changed?", name, "", verdict=word, caution=f"{own}The order is fixed.")
        for name, word, own in (("a", "not_shown", "Two lack it. "), ("b", "equivalent", ""))
    ]
    write_answers(path, said)
    empty = pd.DataFrame({"assay": [], "feature": []})
    (view,) = assay_views(files_by_folder([path]), empty, lambda path, label: "")

    (question,) = view["questions"]
    assert question["cautions"] == "The order is fixed."
    assert [row["caution"] for row in question["rows"]] == ["Two lack it.", ""]


def test_the_summary_has_the_first_answer_of_each_assay_whatever_came_of_it(tmp_path):
    path = tmp_path / "results" / "analyses" / "soluble" / "answers.tsv"
    verdicts = ("no change shown", "rises", "rises", "falls")
    said = [
        answer("soluble", "change", f"{n}", "", verdict=word, sentence=f"Answer {n}.", caution="")
        for n, word in enumerate(verdicts)
    ]
    write_answers(path, said)
    empty = pd.DataFrame({"assay": [], "feature": []})
    views = assay_views(files_by_folder([path]), empty, lambda path, label: "")

    (told,) = told_first(views)

    assert told["question"] == "Which soluble markers change between the draws?"
    assert told["answer"]["sentence"] == "Answer 0."
    assert told["others"] == "2 rises, 1 falls"


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("rhoh", "RHOH"),
        ("il6", "IL-6"),
        ("mir451a", "miR-451a"),
        ("tnfa", "TNF-α"),
        ("rs776746", "RS776746"),
        ("BTK C481S", "BTK C481S"),
    ],
)
def test_an_analyte_has_a_name(key, name):
    assert analyte_name(key) == name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("btk free per total", "BTK free per total"),
        ("crbn t_cd4", "CRBN CD4+ T cells"),
        ("crbn__log2_pb_cpm__t", "CRBN T cells"),
        ("CYP3A5 rs776746", "CYP3A5 rs776746"),
    ],
)
def test_what_a_control_is_of_has_a_name(key, name):
    assert controlled_name(key) == name


def test_cells_are_named_wherever_they_stand():
    assert with_cells_named("t_cd8 on cll, flow_probe") == "CD8+ T cells on CLL cells, flow_probe"


@pytest.mark.parametrize(
    ("verdict", "badge"),
    [
        ("not_shown", "off"),
        ("exploratory", "off"),
        ("no relation shown", "off"),
        ("cannot be shown", "off"),
        ("bounded by assay ceiling", "off"),
        ("equivalent", "good"),
        ("as expected", "good"),
        ("below expected", "accepted_with_warning"),
        ("mismatch", "accepted_with_warning"),
    ],
)
def test_a_verdict_looks_like_what_it_is(tmp_path, verdict, badge):
    path = tmp_path / "results" / "analyses" / "pk" / "answers.tsv"
    write_answers(path, [answer("pk", "Is it changed?", "a", "", verdict=verdict, caution="")])
    empty = pd.DataFrame({"assay": [], "feature": []})
    (view,) = assay_views(files_by_folder([path]), empty, lambda path, label: "")

    assert view["questions"][0]["rows"][0]["badge"] == badge


def test_a_verdict_is_not_read_as_its_opposite(tmp_path):
    path = tmp_path / "results" / "analyses" / "pk" / "answers.tsv"
    said = [answer("pk", "Is it changed?", "a", "", verdict="no_effect_shown", caution="")]
    write_answers(path, said)
    empty = pd.DataFrame({"assay": [], "feature": []})
    (view,) = assay_views(files_by_folder([path]), empty, lambda path, label: "")

    (row,) = view["questions"][0]["rows"]
    assert (row["verdict"], row["badge"]) == ("within the no-effect bound", "good")


def test_no_assay_is_no_block():
    text = environment().get_template("assays.html.j2").render(assays=[])

    assert text.strip() == ""
    assert assay_views([], pd.DataFrame({"assay": []}), lambda path, label: "") == []


@pytest.mark.parametrize(
    ("feature", "words", "unit"),
    [
        ("btk__occ__cll", "BTK occupancy in CLL cells", "%"),
        ("rhoh__log2_cnrq__cll", "RHOH RNA in CLL cells (RT-qPCR, log2)", "log2"),
        ("mir155__log2_cnrq__plasma", "miR-155 RNA in plasma (RT-qPCR, log2)", "log2"),
        ("ibrutinib__auc_tau", "Ibrutinib, AUC over the dosing interval", "h.ng/mL"),
        ("btk__ff__cll", "Free BTK in CLL cells, share of all", "ratio"),
        ("something__new__cll", "something__new__cll", "ratio"),
        ("cll__mfi__cd20", "CD20 intensity of CLL cells", "intensity"),
        ("cll__adt__cd20", "CD20 on CLL cells (CITE-seq)", "clr"),
        (
            "rhoh__log2_pb_cpm__cll",
            "RHOH mRNA in CLL cells (single cells summed, log2 CPM)",
            "log2 CPM",
        ),
    ],
)
def test_features_of_assays_have_words_and_units(feature, words, unit):
    given = unit if unit in ("%", "h.ng/mL", "clr", "log2 CPM") else "1"

    assert (feature_name(feature), unit_shown(given, feature)) == (words, unit)


def test_the_overview_is_folded_beside_a_figure_of_answers_and_open_alone(files):
    (view,) = assay_views(files, as_table([]), lambda path, label: "")
    template = environment().get_template("assays.html.j2")

    beside = template.render(assays=[view | {"figure": "ANSWERS", "overview": "VALUES"}])
    alone = template.render(assays=[view | {"figure": "", "overview": "VALUES"}])

    assert "own values</summary>" in beside
    assert beside.index("ANSWERS") < beside.index("VALUES")
    assert "own values</summary>" not in alone
    assert alone.count("VALUES") == 1
