"""The simulated clinic's courses, recovered from its sheets alone.

The simulation draws a course and then measurements that show it; it shares no code with what is
tested here. So its findings, endpoints and planted disagreements are the truth of its sheets.
"""

import pytest

from clinic_maker import read_clinic
from correlates.clinical.response.course import responses_of
from correlates.clinical.response.disagreements import disagreements_of
from correlates.simulate.clinic.write import simulate_clinic
from correlates.tables import read_tsv
from response_maker import settings

N_PATIENTS = 60


@pytest.fixture(scope="module", params=[2, 3])
def clinic(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clinic")
    simulate_clinic(folder, n_patients=N_PATIENTS, seed=request.param)
    responses = responses_of(read_clinic(folder), settings())
    return responses, {
        name: read_tsv(folder / "truth" / f"{name}.tsv")
        for name in ("assessments", "endpoints", "disagreements")
    }


def test_every_category_is_the_one_that_was_drawn(clinic):
    responses, truth = clinic
    drawn = {
        (row["patient"], float(row["study_day"])): row["category"]
        for row in truth["assessments"]
        if row["category"]
    }
    computed = {
        (name, one.study_day): one.category
        for name, response in responses.items()
        for one in response.computed.assessments
    }

    assert computed == drawn
    assert set(drawn.values()) == {"CR", "CRi", "nPR", "PR", "PR-L", "SD", "PD", "NE"}


def test_best_responses_and_days_are_those_of_the_course(clinic):
    responses, truth = clinic
    for row in truth["endpoints"]:
        course = responses[row["patient"]].computed
        progression, responded = row["progression_day"], row["response_day"]

        assert course.best_confirmed == row["best_response"], row
        assert course.best_unconfirmed == row["best_unconfirmed"], row
        assert course.first_progression_day == (float(progression) if progression else None), row
        assert course.first_response_day == (float(responded) if responded else None), row


def test_the_disagreements_are_those_that_were_planted(clinic):
    responses, truth = clinic
    planted = {(row["patient"], row["visit"]) for row in truth["disagreements"]}
    found = {
        (row["patient"], row["visit"])
        for response in responses.values()
        for row in disagreements_of(response, None, None)
        if row["level"] == "assessment"
    }

    assert planted
    assert found == planted
