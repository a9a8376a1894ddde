"""A best response is not known before what tells it was due; endpoints and rates agree on that."""

import pytest

from clinic_maker import (
    PATIENT,
    dose,
    endpoints_of,
    make_records,
    read_clinic,
    shipped_settings,
)
from correlates.clinical.endpoints.early import early_of
from correlates.clinical.records import DataCut, cut_records
from correlates.clinical.response.course import responses_of
from correlates.clinical.response.rates import response_rates
from correlates.clinical.response.tables import response_row
from correlates.simulate.clinic.write import simulate_clinic
from response_maker import BEFORE, COMPLETE, PARTIAL, UNCHANGED, assess

DOSES = [dose(1, drug="ibrutinib", dose_mg=420.0), dose(29)]
# Assessments are due on days 29, 113, 197 and 365, each 14 days earlier or later.
PR_113 = (assess(PARTIAL, 113),)
NAMES = ("orr", "orr_l", "cr")


def read(*assessments, last, cut=None, **contact):
    """Return endpoints, the row of responses and the rates of one patient by confirmed response."""
    records = make_records(
        cut=None if cut is None else DataCut("interim", {PATIENT: cut}),
        exposure=DOSES,
        assessments=[BEFORE, *assessments],
        follow_up=[{"study_day": last} | contact],
    )
    settings = shipped_settings()
    responses = responses_of(records, settings["response"])
    early = early_of(records, settings["survival"])

    def at_best(patient, course, must_confirm):
        found = early(patient, course, must_confirm)
        return found and found.at_best

    rates = {
        row["rate"]: row
        for row in response_rates(list(responses.values()), 0.95, at_best)
        if row["responses"] == "confirmed"
    }
    (one,) = responses.values()
    best = at_best(PATIENT, one.chosen, True)
    row = response_row(one, None, "confirmed", enrolled=True, at_best=best)
    return endpoints_of(records).set_index("endpoint"), row, rates


@pytest.mark.parametrize(
    ("assessments", "how", "known"),
    [
        pytest.param((), {"last": 43}, (None, None, None), id="first not due"),
        pytest.param((), {"last": 44}, (0, 0, None), id="first missed"),
        pytest.param(
            (assess(UNCHANGED, 29),), {"last": 60}, (None, None, None), id="stable for 28 days"
        ),
        pytest.param(
            (assess(UNCHANGED, 29),), {"last": 128}, (0, 0, None), id="stable, next missed"
        ),
        pytest.param((assess(UNCHANGED, 113),), {"last": 120}, (0, 0, 0), id="stable"),
        pytest.param(PR_113, {"last": 211}, (None, None, 0), id="PR waits"),
        pytest.param(PR_113, {"last": 212}, (0, 0, 0), id="PR not confirmed when it was due"),
        pytest.param(
            (*PR_113, assess(PARTIAL, 197)), {"last": 400, "cut": 190}, (None, None, 0), id="cut"
        ),
        pytest.param((*PR_113, assess(PARTIAL, 197)), {"last": 200}, (1, 1, 0), id="confirmed"),
        pytest.param(
            (*PR_113, assess(PARTIAL, 197), assess(COMPLETE, 365)),
            {"last": 370},
            (1, 1, None),
            id="confirmed PR, CR waits",
        ),
        pytest.param((*PR_113, assess(UNCHANGED, 150)), {"last": 160}, (0, 0, 0), id="PR refuted"),
        pytest.param(
            PR_113, {"last": 130, "new_therapy_day": 125}, (0, 0, 0), id="another therapy"
        ),
        pytest.param(
            PR_113,
            {"last": 130, "off_study_day": 130, "off_study_reason": "lost"},
            (0, 0, 0),
            id="lost",
        ),
        pytest.param(PR_113, {"last": 130, "death_day": 130, "alive": False}, (0, 0, 0), id="died"),
    ],
)
def test_what_may_still_come_is_no_failure_anywhere(assessments, how, known):
    endpoints, row, rates = read(*assessments, **how)

    values = [endpoints.loc[name, "value"] for name in NAMES]
    assert [None if value != value else value for value in values] == list(known)
    for name, value in zip(("orr", "orr_l"), known[:2], strict=True):
        assert row[name] is (None if value is None else bool(value))
        found = rates[name]
        assert (found["denominator"], found["n_not_yet"]) == ((0, 1) if value is None else (1, 0))
        assert found["numerator"] == (value or 0)


def test_the_reason_says_what_is_waited_for():
    waiting, _, _ = read(*PR_113, last=150)
    stable, _, _ = read(assess(UNCHANGED, 29), last=60)

    assert waiting.loc["orr", "reason"] == "PR on day 113 is not confirmed yet"
    assert "stable disease before 56 days" in stable.loc["orr", "reason"]


def test_an_unconfirmed_response_waits_for_nothing_where_it_counts():
    records = make_records(
        exposure=DOSES, assessments=[BEFORE, *PR_113], follow_up=[{"study_day": 120}]
    )

    found = endpoints_of(records, response={"best": "unconfirmed"}).set_index("endpoint")

    assert found.loc["orr", "value"] == 1


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clinic")
    simulate_clinic(folder, n_patients=24, seed=11)
    return read_clinic(folder)


@pytest.mark.parametrize("day", [10, 35, 50, 90, 125, 170, 215, 300, 380, 10_000])
@pytest.mark.parametrize("best", ["confirmed", "unconfirmed"])
def test_endpoints_and_rates_count_the_same_patients_at_every_cut(clinic, day, best):
    records = cut_records(clinic, DataCut("interim", dict.fromkeys(clinic.patients, day)))
    settings = shipped_settings()
    responses = responses_of(records, settings["response"] | {"best": best})
    early = early_of(records, settings["survival"])

    def at_best(patient, course, must_confirm):
        found = early(patient, course, must_confirm)
        return found and found.at_best

    failures = {name for name in records.patients if records.patient(name)["screen_failure"]}
    enrolled = [one for name, one in responses.items() if name not in failures]
    rates = {
        row["rate"]: row
        for row in response_rates(enrolled, 0.95, at_best)
        if (row["responses"], row["source"]) == (best, "computed")
    }

    table = endpoints_of(records, response={"best": best})
    for name in ("orr", "orr_l"):
        values = table.loc[(table["endpoint"] == name) & table["evaluable"], "value"]
        assert (rates[name]["numerator"], rates[name]["denominator"]) == (values.sum(), len(values))
