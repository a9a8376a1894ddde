"""Endpoints from the clinical sheet: categories as given, and what cannot be evaluated."""

import pytest

from correlates.cohort.endpoints import COLUMNS, endpoint_table


def endpoints(**given):
    patient = {"patient": "P1", "lenalidomide_start_day": 29, "response": "PR", "tfr_grade": 0}
    table = endpoint_table([patient | given], response_criteria="iwCLL2018")
    assert list(table) == COLUMNS
    return table.set_index("endpoint")


@pytest.mark.parametrize(
    ("response", "depth", "cr", "orr", "orr_l"),
    [
        ("CR", 3, 1, 1, 1),
        ("CRi", 3, 1, 1, 1),
        ("nPR", 2, 0, 1, 1),
        ("PR", 2, 0, 1, 1),
        ("PR-L", 1, 0, 0, 1),
        ("prl", 1, 0, 0, 1),
        ("SD", 0, 0, 0, 0),
        ("PD", 0, 0, 0, 0),
    ],
)
def test_response(response, depth, cr, orr, orr_l):
    table = endpoints(response=response)

    values = table.loc[["response_depth", "cr", "orr", "orr_l"], "value"]
    assert values.tolist() == [depth, cr, orr, orr_l]
    assert table["evaluable"].all()
    assert table.loc["orr", "criteria_version"] == "iwCLL2018"


def test_not_evaluable_stays_in_the_denominator_of_the_rate_only():
    table = endpoints(response="NE")

    assert table.loc["orr", ["value", "evaluable"]].tolist() == [0.0, True]
    assert "in the denominator as no response" in table.loc["orr", "reason"]
    assert not table.loc[["response_depth", "cr"], "evaluable"].any()
    assert table.loc[["response_depth", "cr"], "value"].isna().all()


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        pytest.param("", "response not recorded", id="blank"),
        pytest.param(None, "response not recorded", id="no value"),
        pytest.param("good", "response 'good' is none of CR, CRi", id="no category"),
    ],
)
def test_a_response_that_is_missing_is_never_no_response(response, reason):
    table = endpoints(response=response).loc[["response_depth", "cr", "orr", "orr_l"]]

    assert not table["evaluable"].any()
    assert table["value"].isna().all()
    assert all(reason in said for said in table["reason"])


@pytest.mark.parametrize(
    ("grade", "any_flare", "ge2"),
    [(0, 0, 0), ("1", 1, 0), (2.0, 1, 1), (4, 1, 1)],
    ids=["no flare", "mild", "grade 2", "disabling"],
)
def test_flare(grade, any_flare, ge2):
    table = endpoints(tfr_grade=grade)

    values = table.loc[["tfr_any", "tfr_ge2", "tfr_ordinal"], "value"]
    assert values.tolist() == [any_flare, ge2, float(grade)]
    assert table.loc["tfr_ordinal", "kind"] == "ordinal"
    assert table.loc["tfr_any", "criteria_version"] == "version not stated"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param(
            {"lenalidomide_start_day": None}, "not at risk of flare", id="never on lenalidomide"
        ),
        pytest.param(
            {"lenalidomide_start_day": "", "tfr_grade": 2},
            "flare of grade 2 recorded, but no lenalidomide_start_day",
            id="a flare without the drug",
        ),
        pytest.param({"tfr_grade": ""}, "flare grade not recorded", id="blank"),
        pytest.param({"tfr_grade": 1.5}, "not a whole number", id="half a grade"),
        pytest.param({"tfr_grade": 7}, "not a whole number from 0 to 5", id="no such grade"),
    ],
)
def test_a_flare_that_is_not_evaluable_is_never_zero(given, reason):
    table = endpoints(**given).loc[["tfr_any", "tfr_ge2", "tfr_ordinal"]]

    assert not table["evaluable"].any()
    assert table["value"].isna().all()
    assert all(reason in said for said in table["reason"])


def test_a_row_may_name_its_own_criteria():
    table = endpoints(response_criteria="iwCLL2008", ctcae_version="3.0")

    assert table.loc["response_depth", "criteria_version"] == "iwCLL2008"
    assert table.loc["tfr_any", "criteria_version"] == "CTCAE v3.0"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("5.0", "CTCAE v5.0"),
        ("v5", "CTCAE v5"),
        ("CTCAE v4.03", "CTCAE v4.03"),
        ("NCI-CTCAE, version 3.0", "CTCAE v3.0"),
        ("iwCLL", "iwCLL"),
        ("NA", "version not stated"),
    ],
)
def test_the_version_of_flare_grades_is_the_sheets_own(given, expected):
    table = endpoints(ctcae_version=given)

    assert table.loc["tfr_any", "criteria_version"] == expected


def test_no_patients_is_an_empty_table():
    table = endpoint_table([], "iwCLL2018")

    assert list(table) == COLUMNS
    assert table.empty
