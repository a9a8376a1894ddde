"""Plots of the patients' courses and of their best responses: what stands where, and escaped."""

import re
from xml.etree import ElementTree

import pytest

from clinic_maker import dose, make_records
from correlates.clinical.courses import course_rows
from correlates.clinical.dosing.dosing import dosing_of_patient
from correlates.report.swimmer import swimmer_plot
from correlates.report.waterfall import Bar, waterfall_plot


def titles(svg):
    return re.findall(r"<title>(.*?)</title>", svg)[1:]


def test_bars_stand_from_growth_to_the_deepest_response():
    bars = [Bar("P1", -60, "PR"), Bar("P2", 30, "PD"), Bar("P3", -100, "CR"), Bar("P4", 0, "SD")]

    svg = waterfall_plot(bars, -50, "best change")

    assert [told[:2] for told in titles(svg)] == ["P2", "P4", "P1", "P3"]
    assert "P1: -60 %, best response PR" in svg
    assert "stroke-dasharray" in svg


def test_growth_beyond_the_axis_is_written_and_not_drawn_on():
    svg = waterfall_plot([Bar("P1", 240, "PD")], None, "best change")

    assert "+240" in svg
    assert "stroke-dasharray" not in svg
    heights = [float(h) for h in re.findall(r'<rect[^>]* height="([\d.]+)"', svg)]
    assert max(heights) < 300


@pytest.mark.parametrize("draw", ["waterfall", "swimmer"])
def test_names_from_outside_are_escaped(draw):
    name = '<script>alert("x")</script>'
    row = {"patient": name, "what": "ibrutinib", "start_day": "1", "stop_day": "9", "label": name}

    if draw == "waterfall":
        svg = waterfall_plot([Bar(name, -10, "SD")], -50, name)
    else:
        svg = swimmer_plot([row], name)

    ElementTree.fromstring(svg)
    assert "<script>" not in svg


def test_no_patient_is_an_empty_plot():
    ElementTree.fromstring(waterfall_plot([], -50, "nobody"))
    ElementTree.fromstring(swimmer_plot([], "nobody"))


def test_the_longest_course_is_on_top_and_the_legend_names_what_is_drawn():
    rows = [
        {"patient": who, "what": "ibrutinib", "start_day": "1", "stop_day": stop, "label": ""}
        for who, stop in (("P1", "100"), ("P2", "300"))
    ]
    rows.append({"patient": "P1", "what": "death", "start_day": "100", "stop_day": "", "label": ""})

    svg = swimmer_plot(rows, "courses")

    assert [told.split(",")[0] for told in titles(svg)] == ["P2", "P1", "P1"]
    assert ">death<" in svg
    assert ">progression<" not in svg


def courses(records, responses=None):
    dosing = {name: dosing_of_patient(records, name) for name in records.patients}
    found = course_rows(records, dosing, responses or {}, hold_days=7)
    return {(row["what"], row["start_day"], row["stop_day"], row["label"]) for row in found}


def test_a_course_holds_periods_events_and_how_it_ended():
    records = make_records(
        exposure=[
            dose(1, 400, 420.0, "ibrutinib"),
            dose(29, 99),
            dose(110, 200),
        ],
        flares=[{"grade": 2, "onset_day_from_len": 6}, {"grade": 0, "onset_day_from_len": 0}],
        follow_up=[{"study_day": 410, "off_study_reason": "completed"}],
    )
    responses = {"P01": {"first_response_day": 113, "first_progression_day": None}}

    assert courses(records, responses) == {
        ("ibrutinib", 1, 400, None),
        ("lenalidomide", 29, 200, None),
        ("hold", 100, 109, "lenalidomide"),
        ("flare", 35, None, "2"),
        ("response", 113, None, None),
        ("ongoing", 410, None, "completed"),
    }


def test_an_open_dose_goes_on_to_what_is_last_known_and_a_death_ends_it():
    records = make_records(
        exposure=[dose(1, None, 420.0, "ibrutinib")],
        follow_up=[{"study_day": 90}, {"study_day": 120, "alive": False, "death_day": 118}],
    )

    assert courses(records) == {("ibrutinib", 1, 118, None), ("death", 118, None, None)}


def test_a_patient_without_a_dose_has_no_course():
    assert courses(make_records(patients=["P9"], exposure=[])) == set()
