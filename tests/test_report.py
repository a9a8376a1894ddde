import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from clinic_maker import endpoints_of, make_records
from correlates.analyses.contrasts import COLUMNS as CONTRAST_COLUMNS
from correlates.analyses.contrasts import VALUE_COLUMNS, contrast_values, run_contrasts
from correlates.analyses.markers import CohortTables
from correlates.analyses.model import PREDICTION_COLUMNS, run_model
from correlates.clinical.dosing.dosing import dosing_by_patient
from correlates.clinical.endpoints import rows as endpoints
from correlates.cohort import baselines, exclusions
from correlates.cohort.batch_confounding import COLUMNS as CONFOUNDING
from correlates.flow.figures.figure import draw_refusal
from correlates.intake.listing import FILE_COLUMNS, PROBLEM_COLUMNS
from correlates.measurements import COLUMNS, write_measurements
from correlates.pages.embedding import UnsafeFigure, plots_in
from correlates.report import formats
from correlates.report.glossary import glossary
from correlates.report.inputs import NEEDED, ReportError, ReportInputs
from correlates.report.page import build_report
from correlates.report.trajectories import features_to_show, trajectory
from correlates.tables import read_tsv, write_json, write_text, write_tsv

NASTY = "<script>alert('x')</script>"
PROBLEM = ("patients.tsv", 7, "response", NASTY, "No response", "Did you mean 'PR'?", "row", "")
PATIENTS = [f"P{i:02d}" for i in range(1, 17)]
FIGURE = (
    '<svg xmlns="http://www.w3.org/2000/svg"><text>title</text><g>'
    '<svg class="plot" viewBox="0 0 9 9"><title>one</title></svg></g>'
    '<svg class="plot" viewBox="0 0 9 9"><title>two</title></svg></svg>'
)
SETTINGS = {
    "flow": {
        "min_parent_events": 123,
        "lod_events": 21,
        "lloq_events": 54,
        "min_leukocytes": 4321,
        "subset_floor": {
            **{"min_leukocytes": 65432, "above_alc_10e9_l": 11.5, "populations": ["nk_cd57"]},
        },
        "min_viability_pct": {"fresh": 81, "cryo": 72},
        "cv_cbc": 0.034,
        "cbc_max_offset_h": 26,
        "scale": {"kind": "logicle", "m": 4.6, "w": "auto", "cofactor": "auto", "markers": {}},
    },
    "clinical": {
        "response": {
            "criteria": "iwCLL2018",
            "source": "computed",
            "best": "confirmed",
            "confirmation_days": 57,
            "flare": {"window_days": 29},
            "limits": {"decrease_pct": 50},
        },
    },
    "cohort": {"b0_max_days_before": 90, "b1_max_days_before": 4},
    "analyses": {
        "confidence": 0.9,
        "model": {
            "features": ["t_cd4__abs", "nk__abs"],
            "baseline": "B1",
            "penalty_c": 0.17,
            "folds": 4,
            "repeats": 7,
            "permutations": 1999,
            "seed": 3,
            "min_eff": 6,
        },
    },
    "report": {"max_figures": 2, "features": ["nk"]},
}
CONTRASTS = [
    {"id": "H1", "feature": "nk__abs", "baseline": "B1", "endpoint": "cr", "direction": "higher"},
    {"id": "H9", "feature": "nk__abs", "baseline": "B1", "endpoint": "orr", "direction": "higher"},
]


class Page(HTMLParser):
    """The elements of a page, its text, and whether its tags are closed in order."""

    void = frozenset({"meta", "input", "link", "br", "img"})

    def __init__(self, markup):
        super().__init__()
        self.elements, self.text, self.open, self.crossed = [], [], [], []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.crossed.append(tag)

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def said(self):
        return re.sub(r"\s+", " ", "".join(self.text))


def cohort():
    """Sixteen patients, NK 1 to 16; the upper eight have a complete response, all responded."""
    values = np.arange(1.0, 17)
    rows = [
        {
            "patient": patient,
            "marker": f"{feature}@B1",
            "value": value,
            "status": "nd" if value == 1 else "ok",
            "limit": 1.5,
            "unit": "/uL",
        }
        for feature in ("nk__abs", "t_cd4__abs")
        for patient, value in zip(PATIENTS, values, strict=True)
    ]
    ends = pd.DataFrame({"cr": (values > 8) * 1.0, "orr": 1.0}, index=PATIENTS)
    return CohortTables(ends, pd.DataFrame(rows))


def measurements():
    """Every patient at two visits, and one value below its limit."""
    rows = [
        dict.fromkeys(COLUMNS, "")
        | {
            "patient": patient,
            "visit": visit,
            "timepoint": "pre",
            "specimen": "fresh_wb",
            "sample": f"{patient}_{visit}",
            "day": day,
            "phase": phase,
            "assay": "flow",
            "feature": "nk__abs",
            "unit": "/uL",
            "value": place + 1.0,
            "status": "lt_lloq" if place == 0 else "ok",
            "limit": 3.0,
            "n": 60,
            "flags": [],
        }
        | dict.fromkeys(("hours_post_dose", "ci_low", "ci_high"), np.nan)
        for place, patient in enumerate(PATIENTS)
        for visit, day, phase in (("C0D8", 8.0, "IBR_RUNIN"), ("C1D8", 36.0, "COMBO"))
    ]
    return pd.DataFrame(rows)


def file_row(path, state, patient="P01", **more):
    row = dict.fromkeys(FILE_COLUMNS, "")
    row |= {"path": path, "state": state, "patient": patient, "visit": "C0D8", "panel": "tnk"}
    return row | {"tube": "full", "simulated": "no", "compensated_by": "file"} | more


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return a folder with a small study as the floors below write it."""
    folder = tmp_path_factory.mktemp("study")
    where = places(folder)
    tables = cohort()
    files = [
        file_row("a.fcs", "accepted", acquisition="P01_C0D8__tnk__full", n_events=28000),
        file_row(
            f"{NASTY}.fcs", "refused", NASTY, acquisition="P02_C0D8__tnk__full",
            reason="It holds nothing.", remedy="Copy it again.",
        ),
        file_row("c.fcs", "accepted", "P03", acquisition="P03_C0D8__tnk__full", n_events=5),
        file_row("d.fcs", "waiting", ""),
    ]  # fmt: skip
    write_tsv(where["files"], FILE_COLUMNS, files)
    problem = dict(zip(PROBLEM_COLUMNS, PROBLEM, strict=True))
    write_tsv(where["problems"], PROBLEM_COLUMNS, [problem])
    write_measurements(measurements(), where["measurements"])
    sheet = [
        {"patient": name, "response": "CR", "tfr_grade": 1, "lenalidomide_start_day": 29}
        for name in PATIENTS
    ]
    ends = endpoints_of(make_records(patients=sheet))
    chosen = baselines.choose_baselines(measurements(), dosing_by_patient(sheet), 90)
    left_out = exclusions.list_exclusions(files, [problem], measurements(), chosen, ends)
    contrasts = run_contrasts(tables, CONTRASTS, confidence=0.9)
    model = {"endpoint": "cr", "features": ("nk__abs@B1",), "repeats": 2, "permutations": 99}
    results = [run_model(tables, model), run_model(tables, model | {"endpoint": "orr"})]
    for name, table in {
        "endpoints": ends,
        "baselines": chosen.draws,
        "exclusions": left_out,
        "contrasts": contrasts,
        "contrast_values": contrast_values(tables, CONTRASTS),
        "predictions": results[0][1].assign(endpoint="cr"),
    }.items():
        table.to_csv(where[name], sep="\t", index=False)
    write_json(where["model"], [result for result, _ in results])
    for name in ("a", "<", "c"):
        write_text(folder / f"figures/{name}.svg", FIGURE)
    return folder


def places(folder):
    """Return where each table of a study stands."""
    return {name: folder / f"results/{name}.tsv" for name in (*NEEDED, "measurements", "model")}


@pytest.fixture
def study(written, tmp_path):
    """Return the inputs of a copy of the small study."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    figures = {
        f"P0{i}_C0D8__tnk__full": tmp_path / f"figures/{n}.svg" for i, n in enumerate("a<c", 1)
    }
    return ReportInputs(title="A study", figures=figures, settings=SETTINGS, **places(tmp_path))


@pytest.fixture
def page_of(tmp_path):
    def build(inputs):
        build_report(inputs, tmp_path / "out" / "report.html")
        return Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))

    return build


def change(path, **values):
    """Set columns of the first row of a table."""
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    for name, value in values.items():
        table.loc[0, name] = value
    table.to_csv(path, sep="\t", index=False)


def test_the_page_has_every_section_in_order_and_well_formed(study, page_of):
    page = page_of(study)

    ids = [attrs["id"] for attrs in page.all("section")]
    assert ids == [
        *("summary", "files", "problems", "integrity", "gating", "populations", "contrasts"),
        *("model", "exclusions", "methods", "provenance"),
    ]
    assert (page.open, page.crossed) == ([], [])
    assert page.all("html")[0]["lang"] == "en"
    linked = {attrs["href"][1:] for attrs in page.all("a") if attrs["href"].startswith("#")}
    assert linked == set(ids)


def test_headings_go_down_one_step_at_a_time(study, page_of):
    levels = [int(tag[1]) for tag, _ in page_of(study).elements if re.fullmatch("h[1-6]", tag)]

    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


@pytest.mark.parametrize("simulated", ["yes", "no", ""], ids=["yes", "no", "unknown"])
def test_a_banner_stands_first_if_and_only_if_a_file_is_simulated(study, page_of, simulated):
    change(study.files, simulated=simulated)

    page = page_of(study)

    assert ("SIMULATED DATA: no patient was measured" in page.said) == (simulated == "yes")
    if simulated == "yes":
        tags = [(tag, attrs.get("class")) for tag, attrs in page.elements]
        assert tags.index(("div", "simulated")) < tags.index(("header", None))


def test_nothing_is_fetched_from_anywhere(study, page_of):
    page = page_of(study)

    addresses = [
        value
        for _, attrs in page.elements
        for name, value in attrs.items()
        if name in ("src", "href", "action", "srcset") and value
    ]
    assert not [a for a in addresses if re.match(r"(?i)([a-z]+:)?//|[a-z]+:(?!image/png)", a)]
    assert not page.all("link")
    assert not page.all("iframe")


def test_what_comes_from_outside_is_text_and_never_markup(study, page_of):
    page = page_of(study)

    assert len(page.all("script")) == 1
    assert page.said.count(NASTY) >= 3  # a patient, a file's name, a sheet's value


def test_a_refusal_is_said_in_its_own_sentence(study, page_of):
    refused = [r["sentence"] for r in json.loads(study.model.read_text()) if r["status"] != "ok"]
    contrasts = pd.read_csv(study.contrasts, sep="\t")
    refused += contrasts.loc[contrasts["status"] != "ok", "sentence"].tolist()

    said = page_of(study).said

    assert len(refused) == 2
    # in the summary and in its section; here contrast and model say the same
    assert all(said.count(sentence) == 2 * refused.count(sentence) for sentence in refused)


def test_numbers_of_a_contrast_are_those_of_its_table(study, page_of):
    change(study.contrasts, p="0.0123", p_holm="0.0246", estimate="2.5", ci_low="1.25",
           ci_high="5.75", n_events="8", n_non_events="8")  # fmt: skip

    said = page_of(study).said

    assert "Hodges-Lehmann ratio2.50" in said
    assert "90 % interval1.25 to 5.75" in said
    assert "exact two-sided p0.012" in said
    assert "patients with / without8 / 8" in said
    assert "corrected by Holm (family of 2)0.025" in said


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param(
            {"family": "secondary", "q": "0.0812"},
            "Benjamini and Hochberg's q (family of 2)q 0.081",
            id="secondary",
        ),
        pytest.param({"family": "exploratory"}, "corrected pnot corrected", id="exploratory"),
        pytest.param(
            {"p_missing_events_lowest": "0.21", "p_missing_events_highest": "0.004"},
            "else without0.21 / 0.004",
            id="the extremes of missing values",
        ),
        pytest.param(
            {"is_limit_costly": "True", "p_sensitivity": "0.031"},
            "not primary: uncorrected p without the highest limit0.031",
            id="without the highest limit",
        ),
        pytest.param({"note": "The plan names grades."}, "The plan names grades.", id="note"),
        pytest.param(
            {"missing_events": "not_evaluable=2", "n_missing_events": "2"},
            "why, with / withoutnot evaluable 2 / none",
            id="who lacks a value",
        ),
        pytest.param(
            {"q1_events": "1.5", "q3_events": "6", "q1_non_events": "2", "q3_non_events": "3"},
            "1.50 to 6.00 / 2.00 to 3.00",
            id="quartiles",
        ),
    ],
)
def test_what_a_contrast_says_beside_its_p_is_shown(study, page_of, changed, expected):
    change(study.contrasts, **changed)

    assert expected in page_of(study).said


def test_numbers_of_a_model_are_those_of_its_result(study, page_of):
    results = json.loads(study.model.read_text())
    results[0]["auc"] |= {"estimate": 0.8049, "low": 0.5151, "high": 1.0}
    results[0]["permutation"] |= {"p": 0.0421}
    write_json(study.model, results)

    said = page_of(study).said

    assert "AUC, cross-validated0.80" in said
    assert "interval0.52 to 1.00" in said
    assert "one-sided permutation p (99)0.042" in said


def test_what_the_intervals_of_counts_do_not_hold_is_said(study, page_of):
    assert "hold counting error and blood-count error, and not gating error" in page_of(study).said


def test_flags_of_a_contrast_are_shown(study, page_of):
    change(study.contrasts, flags="fallback_no_valley=3;cbc_repeated=1")

    assert "flags of its valuesfallback no valley 3, cbc repeated 1" in page_of(study).said


def test_how_a_model_is_to_be_read_stands_in_the_summary_too(study, page_of):
    caution = json.loads(study.model.read_text())[0]["caution"]["text"]

    said = page_of(study).said

    assert caution.startswith("Estimate only")
    assert said.count(caution) == 2


def test_every_patient_of_a_contrast_is_a_mark_and_a_censored_one_a_triangle(study, page_of):
    page = page_of(study)
    titles = re.findall(r"P\d\d: [\d.]+(?: below)?", page.said)

    # the contrast H1 and the model of cr
    assert len([title for title in titles if title.endswith("below")]) == 1
    assert len(titles) == 2 * len(PATIENTS)


def test_methods_print_the_settings_that_were_used(study, page_of):
    said = page_of(study).said

    for phrase in (
        "m = 4.6",
        "at least 4,321 viable",
        "nk_cd57 need 65,432 where the draw holds more than 11.5 × 10⁹ lymphocytes per litre",
        "81 % (fresh) or 72 %",
        "at least 123 parent events",
        "blood count of 0.034",
        "Below 21 events",
        "below 54 it is",
        "at most 4 days",
        "Responses go by iwCLL2018",
        "confirmed after 57 days",
        "within 29 days of a first or higher dose",
        "90 % interval",
        "C = 0.17",
        "4-fold",
        "repeated 7 times",
        "1,999 permutations",
        "more than 2 markers below 15",
        "nothing is imputed",
        "more than 50 % of all values",
        "more than 25 % of the measured values",
        "corrected p is at most 0.05",
        "q is at most 0.1,",
        "Not given, and so not known of these models: calibration",
    ):
        assert phrase in said, phrase


def test_figures_beyond_the_most_are_links_and_the_first_is_open(study, page_of):
    page = page_of(study)

    figures = [attrs for attrs in page.all("details") if attrs.get("class") == "figure"]
    plots = [attrs for attrs in page.all("svg") if attrs.get("class") == "plot"]
    assert ["open" in attrs for attrs in figures] == [True, False]
    assert len(plots) == 4
    assert "../figures/c.svg" in [attrs.get("href") for attrs in page.all("a")]


def test_the_summary_counts_what_intake_lists(study, page_of):
    said = page_of(study).said

    assert "4 files in the list of intake: 2 accepted, 1 refused, 1 waiting" in said
    assert "32 measurements of 1 feature in 32 samples, from 16 patients at 2 visits." in said
    assert "no: 0" not in said
    assert "yes: 16" in said


def test_problems_of_one_kind_are_one_line_and_what_changes_nothing_is_shown(study, page_of):
    problem = dict(zip(PROBLEM_COLUMNS, PROBLEM, strict=True))
    problem |= {"file": "cbc.tsv", "column": "wbc_10e9_l", "problem": "this number has a comma"}
    rows = [problem | {"row": row, "value": f"{row},5"} for row in range(2, 52)]
    write_tsv(study.problems, PROBLEM_COLUMNS, rows)
    write_tsv(study.files, FILE_COLUMNS, [file_row("a.fcs", "accepted", notes="By the way.")])

    said = page_of(study).said

    assert said.count("this number has a comma") == 1
    assert "2, 3, 4 and 47 more" in said
    assert "'2,5', '3,5', '4,5' and 47 more" in said
    assert "By the way." in said


def test_exclusions_are_complete(study, page_of):
    excluded = pd.read_csv(study.exclusions, sep="\t", keep_default_na=False)

    said = page_of(study).said

    assert f"{len(excluded)} rows." in said
    assert all(re.sub(r"\s+", " ", reason) in said for reason in excluded["reason"])


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_missing_column_is_named(study, page_of, name):
    path, column = getattr(study, name), NEEDED[name].split()[1]
    table = pd.read_csv(path, sep="\t", dtype=str)
    table.drop(columns=column).to_csv(path, sep="\t", index=False)

    with pytest.raises(ReportError, match=f"{path.name} lacks the column {column}"):
        page_of(study)


def test_a_setting_that_is_missing_is_an_error_and_not_a_gap(study, page_of):
    flow = {key: value for key, value in SETTINGS["flow"].items() if key != "lod_events"}

    with pytest.raises(ReportError, match="lod_events"):
        page_of(replace(study, settings=SETTINGS | {"flow": flow}))


@pytest.mark.parametrize(
    ("name", "produced"),
    [
        ("files", FILE_COLUMNS),
        ("problems", PROBLEM_COLUMNS),
        ("endpoints", endpoints.COLUMNS),
        ("baselines", baselines.COLUMNS),
        ("exclusions", exclusions.COLUMNS),
        ("contrasts", CONTRAST_COLUMNS),
        ("contrast_values", VALUE_COLUMNS),
        ("predictions", [*PREDICTION_COLUMNS, "endpoint"]),
    ],
)
def test_what_the_report_needs_is_what_the_floors_write(name, produced):
    assert set(NEEDED[name].split()) <= set(produced)


def test_an_empty_study_still_has_its_page(study, page_of):
    for name in NEEDED:
        path = getattr(study, name)
        path.write_text(path.read_text().splitlines()[0] + "\n")
    write_measurements(measurements().iloc[:0], study.measurements)
    write_json(study.model, [])

    said = page_of(study).said

    for sentence in ("No FCS file was seen.", "No contrast was specified.", "No endpoint.",
                     "No population was measured.", "Nothing was left out."):  # fmt: skip
        assert sentence in said


def test_equal_input_is_an_equal_page(study, tmp_path):
    pages = [tmp_path / "out" / name for name in ("one.html", "two.html")]
    for path in pages:
        build_report(study, path)

    assert pages[0].read_bytes() == pages[1].read_bytes()


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        '<rect onclick="1"/>',
        '<image href="https://example.org/x.png"/>',
        '<rect fill="url(#x)"/>',
        '<x xmlns="urn:y"/>',
        "<rect>",
    ],
    ids=["script", "handler", "address", "reference", "other vocabulary", "broken"],
)
def test_a_figure_that_could_do_more_than_be_looked_at_is_not_shown(tmp_path, inside):
    write_text(tmp_path / "f.svg", f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>')

    with pytest.raises(UnsafeFigure, match="f.svg"):
        plots_in(tmp_path / "f.svg")


def test_the_figure_of_a_refused_file_is_shown_whole(tmp_path):
    write_text(tmp_path / "f.svg", draw_refusal("P01", ["It holds nothing."]))

    (shown,) = plots_in(tmp_path / "f.svg")

    assert "It holds nothing." in shown


def test_a_line_of_each_patient_with_its_limits_as_triangles():
    drawn = trajectory(measurements(), "nk__abs")

    assert (drawn.patients, drawn.censored, drawn.unit) == (16, 2, "/uL")
    assert drawn.svg.count('class="patient"') == 16
    assert drawn.svg.count("<circle") == 30
    assert drawn.svg.count('fill="#f4ecd8"') == 1  # the visit under both drugs


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        pytest.param(
            ["x__abs", "nk__abs", "t__abs", "cll__abs", "t__pct__lymph"],
            ["cll__abs", "t__abs", "nk__abs"],
            id="the key populations, by their counts",
        ),
        pytest.param(
            ["x__abs", "nk__abs", "y__abs"],
            ["nk__abs", "x__abs", "y__abs"],
            id="where few of them are gated, the others too",
        ),
        pytest.param(
            ["t__pct__lymph", "t__mfi__cd3"], ["t__pct__lymph"], id="percentages without counts"
        ),
    ],
)
def test_which_populations_are_drawn(features, expected):
    held = pd.DataFrame({"feature": features, "status": "ok"})

    assert features_to_show(held, ["cll", "t", "t_cd4", "nk"]) == expected


def test_a_count_that_is_never_evaluable_gives_way_to_the_percentage():
    rows = {"feature": ["t__abs", "t__pct__lymph"], "status": ["missing", "ok"]}

    assert features_to_show(pd.DataFrame(rows), ["t"]) == ["t__pct__lymph"]


@pytest.mark.parametrize(
    ("p", "expected"),
    [("0.0237", "0.024"), ("0.00004", "< 0.0001"), ("1.0", "1"), ("", "–"), ("nan", "–")],
    ids=["two digits", "never zero", "one", "nothing", "not a number"],
)
def test_p_values(p, expected):
    assert formats.p_shown(p) == expected


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (("1.234", "5"), "1.23 to 5.00"),
        (("-inf", "2"), "unbounded to 2.00"),
        (("", ""), "–"),
    ],
    ids=["both", "an end that cannot be reached", "none"],
)
def test_intervals(ends, expected):
    assert formats.interval(*ends) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (99.97, "%", "99.9"),
        (99.97, "", "100"),
        (100, "%", "100"),
        (94.47623367, "%", "94.5"),
        (9.996, "", "10.0"),
        (0.0999999, "", "0.100"),
        (-99.97, "points", "-100"),
    ],
)
def test_numbers_have_three_digits_and_a_share_below_100_never_reads_100(value, unit, expected):
    assert formats.shown(value, unit) == expected
    assert formats.interval(value, value, unit=unit) == f"{expected} to {expected}"


def test_the_glossary_holds_the_flags_that_occur():
    found = glossary([["fallback_no_valley", "day_planned"], [], ["something_new"]])

    assert [word for word, _ in found] == ["fallback no valley", "day planned"]


def test_flags_that_hold_a_reference_gene_are_told_in_words():
    found = dict(glossary([["reference_tbp_not_usable", "reference_b2m", "reference_not_used"]]))

    assert found["reference tbp not usable"].startswith("the reference gene TBP has no usable")
    assert "divided by β2-microglobulin" in found["reference b2m"]
    assert found["reference not used"] == "a reference gene of the panel was not used"


def test_a_feature_that_was_never_measured_is_named_and_stops_nothing(study, page_of):
    report = {"max_figures": 2, "features": ["nk", "t_cd44"]}

    said = page_of(replace(study, settings=SETTINGS | {"report": report})).said

    assert "no value of it was measured: t_cd44." in said
    assert "NK cells per µL" in said


def test_patients_left_out_for_their_row_are_counted_on_the_page(study, page_of):
    """The problem of the sheet is row 7; sixteen patients have good rows."""
    said = page_of(replace(study, patients_sheet="patients.tsv")).said

    assert "16 of 17 patients" in said
    assert "16 of 17" in said.split("Endpoints", 1)[1]


@pytest.mark.parametrize("simulated", ["yes", "no"])
def test_the_planted_mix_up_is_told_where_data_are_simulated(study, page_of, simulated):
    change(study.files, simulated=simulated)

    assert ("truth/swaps.tsv" in page_of(study).said) == (simulated == "yes")


def test_cells_say_their_column_and_files_not_used_are_open(study, page_of):
    page = page_of(study)

    files = [attrs for attrs in page.all("details") if attrs.get("class") == "files"]
    assert ["open" in attrs for attrs in files] == [True, False]
    assert {"Reason", "Status"} <= {attrs.get("data-label") for attrs in page.all("td")}


def test_what_a_person_set_stands_beside_what_the_template_gives(study, page_of, tmp_path):
    row = {"acquisition": "P01", "gate": "t", "marker": "CD3", "threshold": "4000"}
    row |= {"threshold_as_templated": "3000", "author": "AB", "reason": NASTY, "parent": "lymph"}
    row |= {"outcomes_open": "yes", "population": "t_cd4", "n": "12", "n_as_templated": "34"}
    row |= {"percent": "1.5", "percent_as_templated": "4.2", "points": "-2.7"}
    write_tsv(tmp_path / "overrides.tsv", list(row), [row])
    repeated = tmp_path / "repeated.tsv"
    shutil.copy(study.contrasts, repeated)
    change(repeated, estimate="7.25")

    page = page_of(
        replace(study, overrides=tmp_path / "overrides.tsv", contrasts_as_templated=repeated)
    )

    assert "1 threshold in 1 file; outcomes were open to the author of 1" in page.said.lower()
    assert "Without the overrides" in page.said
    assert "shift 7.25" in page.said
    assert "1.5" in page.said
    assert "4.2" in page.said
    assert not page.crossed


def test_agreement_of_two_gatings_is_shown_with_what_was_refused(study, page_of, tmp_path):
    columns = ["panel", "population", "population_again", "quantity", "n"]
    columns += ["icc", "ci_low", "ci_high", "bias", "reason"]
    good = ("tnk", "t", "T", "percent_of_parent", "9", "0.93", "0.81", "0.98", "0.4", "")
    few = ("tnk", "nk", "nk", "percent_of_parent", "2", "", "", "", "", "needs 3 files")
    rows = [dict(zip(columns, values, strict=True)) for values in (good, few)]
    write_tsv(tmp_path / "double.tsv", columns, rows)

    page = page_of(replace(study, double_gating=tmp_path / "double.tsv"))

    assert "0.93" in page.said
    assert "needs 3 files" in page.said
    assert not page.crossed
    assert "gated twice" not in page_of(study).said


def test_what_was_not_detected_is_shown_by_lymphocyte_count(study, page_of, tmp_path):
    columns = ["feature", "tertile", "alc_low_10e9_l", "alc_high_10e9_l", "n_draws", "n_nd"]
    rows = [
        ("nk_cd57__abs", "low", "2", "9.5", "7", "0"),
        ("nk_cd57__abs", "high", "41", "120", "6", "5"),
        ("t__abs", "low", "2", "9.5", "7", "0"),
        ("t__abs", "high", "41", "120", "6", "0"),
    ]
    rows = [dict(zip(columns, row, strict=True)) for row in rows]
    write_tsv(tmp_path / "nd.tsv", columns, rows)

    page = page_of(replace(study, not_detected=tmp_path / "nd.tsv"))

    table = page.said[page.said.index("not detected, by lymphocyte count") :][:700]
    assert "ALC 2 to 9.5" in table
    assert "ALC 41 to 120" in table
    assert "0 of 7" in table
    assert "5 of 6" in table
    assert "t__abs" not in table
    assert not page.crossed
    assert "by lymphocyte count" not in page_of(study).said


@pytest.mark.parametrize(
    ("changed", "is_told"),
    [
        pytest.param({"aliased": "wholly"}, True, id="nothing can tell them apart"),
        pytest.param({"aliased": "partly"}, True, id="some levels"),
        pytest.param({"cramers_v": "0.7"}, True, id="badly"),
        pytest.param({}, False, id="they can be told apart"),
        pytest.param({"aliased": "wholly", "factor": "os_event"}, False, id="another endpoint"),
        pytest.param({"aliased": "wholly", "baseline": "B0"}, False, id="another baseline"),
    ],
)
def test_a_contrast_says_where_batches_go_with_its_endpoint(
    study, page_of, tmp_path, changed, is_told
):
    (first, *_) = read_tsv(study.contrasts)
    row = dict.fromkeys(CONFOUNDING, "") | {
        **{"panel": "tnk", "baseline": first["baseline"], "specimen": "fresh_wb"},
        **{"factor": first["endpoint"], "cramers_v": "0.1", "p": "0.4", "aliased": "none"},
        "sentence": "A difference may be one of the batches.",
    }
    write_tsv(tmp_path / "batches.tsv", CONFOUNDING, [row | changed])

    page = page_of(replace(study, confounding=tmp_path / "batches.tsv"))

    assert ("A difference may be one of the batches." in page.said) == is_told
    assert not page.crossed
