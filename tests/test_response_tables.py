"""Tables of response: what they say of rates, disagreements and every criterion."""

import dataclasses
import importlib.util
from types import SimpleNamespace

import pytest
from scipy.stats import binomtest

from clinic_maker import lesion, make_records, shipped_settings
from conftest import ROOT
from correlates.clinical.response.course import responses_of
from correlates.clinical.response.disagreements import disagreements_of
from correlates.clinical.response.rates import response_rates
from correlates.clinical.response.tables import response_row
from correlates.tables import read_tsv, write_text
from response_maker import BEFORE, COMPLETE, PARTIAL, UNCHANGED, assess, respond, settings

TABLES = ("assessments", "criteria", "responses", "disagreements", "rates")


@pytest.fixture
def run(tmp_path):
    """Run the script on records, and read every table that it wrote."""
    spec = importlib.util.spec_from_file_location("judge", ROOT / "scripts" / "judge_response.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    def call(records, **changed):
        write_text(tmp_path / "clinical.json", records.to_json())
        outputs = {name: tmp_path / f"{name}.tsv" for name in TABLES}
        script.main(
            SimpleNamespace(
                input=SimpleNamespace(clinical=tmp_path / "clinical.json"),
                output=SimpleNamespace(**outputs),
                params=SimpleNamespace(
                    settings=settings(**changed),
                    survival=shipped_settings()["survival"],
                    confidence=0.95,
                ),
            )
        )
        return {name: read_tsv(path) for name, path in outputs.items()}

    return call


def cohort(*bests):
    """Make records of patients whose assessments come to these categories, confirmed."""
    rows = {"PR": PARTIAL, "CR": COMPLETE, "SD": UNCHANGED}
    rows["PR-L"] = PARTIAL | {"alc_10e9_l": 70.0}
    rows["NE"] = {"not_assessable_reason": "scan not done"}
    made = []
    for number, best in enumerate(bests):
        name = {"patient": f"P{number}"}
        made += [BEFORE | name, rows[best] | name | {"study_day": 100}]
        made.append(rows[best] | name | {"study_day": 170})
    return made


def test_rates_have_exact_intervals_and_keep_what_is_not_evaluable(run):
    records = make_records(
        patients=[{"patient": "P9", "screen_failure": "ANC too low"}],
        assessments=cohort("CR", "PR", "PR-L", "SD", "NE"),
    )
    rates = {
        (row["rate"], row["responses"]): row
        for row in run(records)["rates"]
        if row["source"] == "computed"
    }

    for rate, count in (("cr", 1), ("orr", 2), ("orr_l", 3)):
        row = rates[rate, "confirmed"]
        exact = binomtest(count, 5).proportion_ci(method="exact")
        assert (int(row["numerator"]), int(row["denominator"])) == (count, 5)
        assert float(row["ci_low"]) == pytest.approx(100 * exact.low)
        assert float(row["ci_high"]) == pytest.approx(100 * exact.high)
        assert (row["n_not_evaluable"], row["criteria_version"]) == ("1", "iwCLL2018")


def test_unconfirmed_responses_have_rates_of_their_own():
    rows = [row for row in cohort("PR", "SD") if row["study_day"] != 170]
    responses = responses_of(make_records(assessments=rows), settings()).values()
    rates = {
        (row["rate"], row["responses"]): row["numerator"]
        for row in response_rates(list(responses), 0.95)
    }

    assert rates["orr", "confirmed"] == 0
    assert rates["orr", "unconfirmed"] == 1


def test_typed_responses_have_rates_and_blank_ones_are_in_no_denominator():
    typed = [{"patient": "P1", "response": "PR"}, {"patient": "P2", "response": "NE"}, "P3"]
    responses = responses_of(make_records(patients=typed), settings()).values()
    (orr, *_) = response_rates(list(responses), 0.95)

    assert (orr["source"], orr["responses"]) == ("patients", "as given")
    assert (orr["numerator"], orr["denominator"], orr["n_not_recorded"]) == (1, 2, 1)


@pytest.mark.parametrize(
    ("changed", "given", "computed", "deciding"),
    [
        pytest.param({"marrow": "not_done"}, "CR", "PR", ["marrow"], id="no marrow, no CR"),
        pytest.param({"symptoms": True}, "CR", "PR", ["symptoms"], id="symptoms keep from CR"),
        pytest.param(
            {"alc_10e9_l": 70.0, "marrow": "cll"}, "PR", "PR-L", ["lymphocytes"], id="PR-L, not PR"
        ),
        pytest.param({"new_organ": True}, "SD", "PD", ["new_organ"], id="PD by a new organ"),
        pytest.param(
            {"alc_10e9_l": 90.0, "marrow": "cll"},
            "PD",
            "PR-L",
            ["lymphocytes"],
            id="lymphocytosis on ibrutinib is no PD",
        ),
        pytest.param(
            {"plt_10e9_l": None}, "PR", "NE", ["platelets"], id="not evaluable without platelets"
        ),
    ],
)
def test_a_disagreement_names_the_deciding_criterion(changed, given, computed, deciding):
    found = respond(assess(COMPLETE, 100, investigator_category=given, **changed))
    (row, *_) = disagreements_of(found, None, None)

    assert (row["computed"], row["other"]) == (computed, given)
    assert row["deciding_criterion"].split(", ") == deciding
    assert row["detail"]


def test_a_change_that_misses_a_limit_by_little_is_not_written_as_the_limit():
    # 60 before treatment: 49.8 % less is no half of it.
    missed = PARTIAL | {"alc_10e9_l": 0.502 * BEFORE["alc_10e9_l"]}
    found = respond(assess(missed, 100, investigator_category="PR"))
    (row, *_) = disagreements_of(found, None, None)

    assert (row["computed"], row["deciding_criterion"]) == ("PR-L", "lymphocytes")
    assert "is SD, -49.8 % (" in row["detail"]


def test_agreement_is_no_row_and_best_responses_are_compared():
    first = assess(PARTIAL, 100, investigator_category="PR", criteria_version="iwCLL2008")
    found = respond(first, assess(PARTIAL, 170, investigator_category="PR"))

    assert disagreements_of(found, "PR", None) == []
    (row,) = disagreements_of(found, "CR", "iwCLL2008")
    assert (row["level"], row["computed"], row["other"]) == ("best response", "PR", "CR")
    assert (row["criteria_version"], row["other_criteria"]) == ("iwCLL2018", "iwCLL2008")
    assert row["study_day"] == 100
    assert set(row["deciding_criterion"].split(", ")) >= {"nodes", "marrow"}


@pytest.mark.parametrize(
    ("rows", "typed", "deciding"),
    [
        pytest.param([assess(PARTIAL, 100)], "PR", "confirmation", id="never confirmed"),
        pytest.param([], "PR", "no assessment", id="never assessed"),
        pytest.param(
            [assess(PARTIAL | {"alc_10e9_l": BEFORE["alc_10e9_l"]}, day) for day in (100, 170)],
            "PR",
            "lymphocytes",
            id="a parameter",
        ),
    ],
)
def test_a_differing_best_response_names_what_it_hangs_on(rows, typed, deciding):
    (row,) = disagreements_of(respond(*rows), typed, None)

    assert row["level"] == "best response"
    assert row["deciding_criterion"] == deciding


def test_neither_overwrites_the_other(run):
    rows = [BEFORE, assess(PARTIAL, 100, investigator_category="SD"), assess(PARTIAL, 170)]
    tables = run(make_records(patients=[{"response": "SD"}], assessments=rows))

    (row,) = tables["responses"]
    assert (row["best"], row["typed"], row["computed_confirmed"]) == ("PR", "SD", "PR")
    assert [row["category"] for row in tables["assessments"]] == ["", "PR", "PR"]
    assert tables["assessments"][1]["investigator_category"] == "SD"


def test_the_row_of_a_patient():
    rows = [assess(PARTIAL, 100), assess(PARTIAL, 170, spd_mm2=1200.0)]
    row = response_row(respond(*rows), None, "confirmed", enrolled=True)

    assert (row["depth"], row["orr"], row["orr_l"], row["cr"]) == (2, True, True, False)
    assert (row["spd_pct_change_best"], row["spd_best_day"]) == (-70, 170)
    assert (row["first_response_day"], row["time_to_response_days"]) == (100, 99)
    assert (row["n_assessments"], row["n_adequate"], row["last_adequate_day"]) == (2, 2, 170)


def test_the_deepest_shrinkage_ends_with_progression_and_depth_of_ne_is_missing():
    grown = [assess(UNCHANGED, 100, spd_mm2=7000.0), assess(PARTIAL, 170, spd_mm2=400.0)]
    row = response_row(respond(*grown), None, "confirmed", enrolled=True)

    assert (row["spd_pct_change_best"], row["first_progression_day"]) == (75, 100)
    none = response_row(respond(), None, "confirmed", enrolled=True)
    assert (none["best"], none["depth"], none["orr"]) == ("NE", None, False)


def test_every_criterion_says_what_it_was_compared_with(run):
    lesions = [lesion(-6, 40, 30), lesion(98, 20, 20)]
    labs = [{"study_day": 103, "alc_10e9_l": 20.0}]
    row = assess(PARTIAL, 100, alc_10e9_l=None, spd_mm2=None, longest_node_cm=None)
    before = BEFORE | {"spd_mm2": None, "longest_node_cm": None}
    tables = run(make_records(assessments=[before, row], lesions=lesions, laboratory=labs))

    rows = {row["parameter"]: row for row in tables["criteria"]}
    assert rows["nodes"]["source"] == "lesions"
    assert [rows["nodes"][name] for name in ("value", "baseline", "reference_day", "verdict")] == [
        *("400", "1200", "-6", "PR")
    ]
    alc = rows["lymphocytes"]
    assert [alc[name] for name in ("value", "source", "source_day", "baseline_day")] == [
        *("20", "laboratory", "103", "-5")
    ]
    assert "neutrophils" not in rows
    assert {row["data_cut"] for table in tables.values() for row in table} == {"none"}
    assert {row["criteria_version"] for row in tables["criteria"]} == {"iwCLL2018"}


def test_a_row_that_is_left_out_leaves_its_patient_out_of_rates_and_says_so(run):
    """As in the endpoint table: the row may have told another response, or a progression."""
    records = make_records(assessments=cohort("PR", "PR", "SD"))
    left = {"assessments": [{"patient": "P1", "row": 9, "sheet": "assessments.tsv"}]}

    tables = run(dataclasses.replace(records, left_out=left))

    orr = next(r for r in tables["rates"] if (r["rate"], r["responses"]) == ("orr", "confirmed"))
    assert (orr["numerator"], orr["denominator"], orr["n_not_recorded"]) == ("1", "2", "1")
    row = next(row for row in tables["responses"] if row["patient"] == "P1")
    assert (row["best"], row["orr"], row["depth"]) == ("PR", "", "")
    assert "assessments.tsv" in row["reason"]
