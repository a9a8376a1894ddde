"""The course of a patient: confirmation, best response, progression, and the source of all that."""

import pytest

from clinic_maker import PATIENT, make_records
from correlates.clinical.response.best import course_of
from correlates.clinical.response.course import response_courses
from correlates.clinical.response.judged import Judged
from response_maker import COMPLETE, PARTIAL, UNCHANGED, assess, categories, respond, settings


def course(*pairs, **changed):
    """Make a course of days and categories; every PD counts."""
    judged = [Judged(day, "", name, is_progression=name == "PD") for day, name in pairs]
    return course_of("P01", judged, "computed", settings(**changed))


@pytest.mark.parametrize(
    ("pairs", "confirmed", "unconfirmed"),
    [
        pytest.param([(100, "PR"), (156, "PR")], "PR", "PR", id="56 days confirm"),
        pytest.param([(100, "PR"), (155, "PR")], "SD", "PR", id="55 days do not"),
        pytest.param([(100, "CR"), (160, "PR")], "PR", "CR", id="a CR that became PR is a PR"),
        pytest.param([(100, "PR"), (160, "CR")], "PR", "CR", id="a CR at the end waits"),
        pytest.param([(100, "PR-L"), (160, "PR")], "PR-L", "PR", id="PR-L confirmed by better"),
        pytest.param(
            [(100, "PR"), (130, "SD"), (160, "PR")], "SD", "PR", id="what lapsed is not confirmed"
        ),
        pytest.param(
            [(100, "PR"), (130, "NE"), (160, "PR")], "PR", "PR", id="NE in between says nothing"
        ),
        pytest.param([(100, "PD"), (160, "CR"), (220, "CR")], "PD", "PD", id="nothing after PD"),
        pytest.param([(57, "SD")], "SD", "SD", id="stable for 56 days"),
        pytest.param([(56, "SD")], "NE", "NE", id="stable for 55 days is nothing"),
        pytest.param([(56, "SD"), (90, "PD")], "PD", "PD", id="early SD, then PD"),
        pytest.param([(90, "SD"), (150, "PD")], "SD", "SD", id="SD, then PD"),
        pytest.param([(30, "PR"), (150, "PD")], "PD", "PR", id="early PR, never confirmed"),
        pytest.param([(90, "NE")], "NE", "NE", id="nothing evaluable"),
        pytest.param([], "NE", "NE", id="no assessment"),
    ],
)
def test_best_response(pairs, confirmed, unconfirmed):
    found = course(*pairs)

    assert (found.best_confirmed, found.best_unconfirmed) == (confirmed, unconfirmed)
    assert found.best == confirmed
    assert course(*pairs, best="unconfirmed").best == unconfirmed


def test_what_a_course_says_of_each_response():
    found = course((100, "CR"), (130, "PR"), (160, "PR"), (190, "PR"))

    assert [one.confirmed for one in found.assessments] == ["no", "yes", "not_yet", "not_yet"]
    assert (found.first_response_day, found.first_response_l_day) == (100, 100)
    assert course((100, "PR-L"), (160, "PR"), (230, "PR")).first_response_day == 160
    assert course((100, "PR-L"), (160, "PR"), (230, "PR")).first_response_l_day == 100
    assert course((100, "PR"), best="confirmed").first_response_day is None
    assert course((100, "PR"), best="unconfirmed").first_response_day == 100


def test_adequate_assessments_and_progression():
    found = course((60, "SD"), (90, "NE"), (120, "PD"), (150, "PD"))

    assert found.first_progression_day == 120
    assert found.adequate_days == (60, 120, 150)
    assert found.last_adequate_day == 150


def test_a_course_from_measurements():
    found = respond(
        assess(UNCHANGED, 60), assess(PARTIAL, 120), assess(COMPLETE, 200), assess(COMPLETE, 260)
    )

    assert categories(found) == ["SD", "PR", "CR", "CR"]
    assert found.chosen.best == "CR"
    assert found.chosen.first_response_day == 120
    assert found.chosen.source == "computed"
    assert [one.spd_pct_change for one in found.chosen.assessments] == [0, -50, -92.5, -92.5]


def test_the_investigator_s_categories_feed_endpoints_if_asked():
    rows = [
        assess(PARTIAL, 120, investigator_category="SD"),
        assess(PARTIAL, 200, investigator_category="PD"),
    ]
    found = respond(*rows, given={"source": "investigator"})

    assert (found.chosen.source, found.chosen.first_progression_day) == ("investigator", 200)
    assert (found.computed.best, found.computed.first_progression_day) == ("PR", None)


def test_without_an_assessments_sheet_the_typed_response_stands():
    typed = [{"patient": "P01", "response": "PR"}, {"patient": "P02"}]
    courses = response_courses(make_records(patients=typed), settings())

    assert [(one.source, one.best) for one in courses.values()] == [
        ("patients", "PR"),
        ("patients", None),
    ]
    sheet = make_records(patients=[{"response": "PR"}], assessments=[])
    assert response_courses(sheet, settings())[PATIENT].best == "NE"
