"""Dose-limiting toxicity: the window, who is evaluable, and candidates that nobody counts."""

import pytest

from correlates.clinical.safety.dose_limiting import dose_limiting_row
from safety_maker import event, make_course, make_patient, make_settings


def judged(events=(), values=(), patient=None, **rules):
    settings = make_settings(dose_limiting=rules)
    return dose_limiting_row(patient or make_patient(), values, events, settings)


def dlt(onset_day, **more):
    return event("Neutropenia", onset_day, 4, dlt=True, **more)


@pytest.mark.parametrize(
    ("onset", "verdict"),
    [
        pytest.param(28, "no", id="before the first dose"),
        pytest.param(29, "yes", id="the day of the first dose"),
        pytest.param(56, "yes", id="day 28 of the window"),
        pytest.param(56.5, "yes", id="late on day 28"),
        pytest.param(57, "no", id="day 29"),
        pytest.param(None, "pending", id="a day that nobody recorded"),
    ],
)
def test_a_declared_toxicity_counts_in_its_window(onset, verdict):
    row = judged([dlt(onset)])

    assert row["dlt"] == verdict
    assert bool(row["declared"]) == (verdict == "yes")
    assert bool(row["declared_outside_window"]) == (verdict != "yes")


def held(n):
    return make_patient(
        courses={
            "ibrutinib": make_course("ibrutinib", 1),
            "lenalidomide": make_course(held=range(40, 40 + n)),
        }
    )


@pytest.mark.parametrize(
    ("n_held", "evaluable"),
    [
        pytest.param(7, "yes", id="21 of 28 doses are 75 %"),
        pytest.param(8, "no", id="20 of 28 are not"),
    ],
)
def test_a_patient_without_toxicity_needs_enough_doses(n_held, evaluable):
    row = judged(patient=held(n_held))

    assert row["evaluable"] == evaluable
    assert row["to_be_replaced"] == (evaluable == "no")
    assert row["dlt"] == ("no" if evaluable == "yes" else "not_evaluable")
    assert row["days_dosed"] == 28 - n_held


def test_a_toxicity_makes_a_patient_evaluable_whatever_the_doses():
    row = judged([dlt(30)], patient=held(27))

    assert (row["dlt"], row["evaluable"]) == ("yes", "yes")


def test_doses_after_the_end_of_treatment_were_not_taken():
    course = make_course(last=48)
    patient = make_patient(
        courses={"ibrutinib": make_course("ibrutinib", 1), "lenalidomide": course}
    )

    assert judged(patient=patient)["days_dosed"] == 20
    assert judged(patient=patient)["evaluable"] == "no"


@pytest.mark.parametrize("day", [29, 40, 56])
def test_a_day_without_record_is_not_a_day_without_a_dose(day):
    course = make_course(last=56)
    course.mg.pop(day)
    patient = make_patient(
        courses={"ibrutinib": make_course("ibrutinib", 1), "lenalidomide": course}
    )

    row = judged(patient=patient)

    assert (row["evaluable"], row["reason"]) == (
        "no",
        "doses are not recorded for every day of the window",
    )
    assert "to_be_replaced" not in row


@pytest.mark.parametrize(("last", "evaluable"), [(55, "pending"), (56, "yes")])
def test_a_window_that_goes_on_is_pending(last, evaluable):
    assert judged(patient=make_patient(last_known_day=last))["evaluable"] == evaluable


def test_a_longer_window_is_set_in_the_config():
    assert judged([dlt(60)], window_days=35)["dlt"] == "yes"


def test_a_patient_without_lenalidomide_is_not_at_risk():
    row = judged([dlt(5)], patient=make_patient(lenalidomide=False))

    assert (row["dlt"], row["evaluable"]) == ("not_evaluable", "no")
    assert row["reason"] == "never received lenalidomide: not at risk"
    assert "window_first_day" not in row


def test_no_sheet_of_adverse_events_is_not_no_toxicity():
    row = judged(None)

    assert (row["dlt"], row["evaluable"]) == ("not_evaluable", "no")


@pytest.mark.parametrize(
    ("values", "events", "said"),
    [
        ([{"study_day": 30, "anc_10e9_l": 0.49}], [], "ANC 0.49 on day 30: grade 4 (CTCAE 5.0)"),
        ([{"study_day": 30, "anc_10e9_l": 0.5}], [], ""),
        ([{"study_day": 57, "anc_10e9_l": 0.4}], [], ""),
        ([{"study_day": 56.5, "plt_10e9_l": 24}], [], "PLT 24 on day 56.5: grade 4"),
        ([], [event("Rash", 40, 3)], "Rash, grade 3, day 40"),
        ([], [event("Rash", 40, 2)], ""),
        ([], [event("Rash", 40, 3, related_lenalidomide=False)], ""),
        ([], [event("Rash", 57, 3)], ""),
    ],
)
def test_candidates_are_to_be_judged_and_never_counted(values, events, said):
    row = judged(events, values)

    assert said in row["to_be_judged"] if said else row["to_be_judged"] == ""
    assert (row["dlt"], row["evaluable"]) == ("no", "yes")


def test_a_rule_of_candidates_may_be_left_out():
    values = [{"study_day": 30, "anc_10e9_l": 0.2}]

    assert judged((), values, candidate_anc_grade=0)["to_be_judged"] == ""
    assert judged([event("Rash", 40, 5)], candidate_event_grade=0)["to_be_judged"] == ""
