"""Flare events: which are flares of lenalidomide, and the days that they take."""

import pytest

from clinic_maker import dose, make_records
from correlates.clinical.flare.events import flare_events, flare_windows
from correlates.clinical.flare.versions import ctcae_name, lacks_flare, versions_note
from correlates.intake.clinical import DataCut

TREATED = (dose(29),)


def records_of(*flares, exposure=TREATED, **more):
    return make_records(exposure=list(exposure), flares=list(flares), **more)


@pytest.mark.parametrize(
    ("given", "state", "onset_d"),
    [
        pytest.param({"onset_study_day": 35, "grade": 1}, "counted", 6, id="by its study day"),
        pytest.param({"onset_day_from_len": 6, "grade": 1}, "counted", 6, id="by days from it"),
        pytest.param({"onset_study_day": 29, "grade": 1}, "counted", 0, id="on the first day"),
        pytest.param({"onset_study_day": 28, "grade": 3}, "before_lenalidomide", -1, id="before"),
        pytest.param({"onset_study_day": 35, "grade": 0}, "no_flare", 6, id="grade 0"),
        pytest.param({"grade": None}, "onset_not_recorded", None, id="no day"),
        pytest.param({"onset_study_day": 35}, "counted", 6, id="no grade"),
    ],
)
def test_state_and_onset(given, state, onset_d):
    (event,) = flare_events(records_of(given), "P01")

    assert (event.state, event.onset_d) == (state, onset_d)
    assert len(flare_windows(records_of(given), "P01")) == (state == "counted")


def test_a_flare_of_someone_who_never_took_lenalidomide_has_no_window():
    records = records_of({"onset_study_day": 35, "grade": 2}, exposure=[dose(1, drug="ibrutinib")])

    (event,) = flare_events(records, "P01")

    assert event.state == "never_lenalidomide"
    assert flare_windows(records, "P01") == []


def test_a_dose_of_0_mg_is_no_first_dose():
    records = records_of(
        {"onset_study_day": 32, "grade": 1}, exposure=[dose(29, 35, dose_mg=0), dose(36)]
    )

    assert flare_events(records, "P01")[0].state == "before_lenalidomide"


def test_windows_hold_both_their_ends_and_an_open_one_goes_on():
    records = records_of(
        {"onset_study_day": 60, "grade": 2},
        {"onset_study_day": 35, "resolution_study_day": 49, "grade": 1},
    )

    first, second = flare_windows(records, "P01")

    assert [first.covers(day) for day in (34, 35, 49, 49.5, 50)] == [False, True, True, True, False]
    assert [second.covers(day) for day in (59, 60, 4000)] == [False, True, True]


def test_a_cut_during_a_flare_leaves_it_open_and_one_before_it_leaves_it_out():
    flare = {"onset_study_day": 35, "resolution_study_day": 49, "grade": 1}

    def cut(day):
        return flare_windows(
            records_of(flare, patients=["P01"], cut=DataCut("interim", {"P01": day})), "P01"
        )

    assert [window.resolution_day for window in cut(40)] == [None]
    assert cut(34) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("5.0", "CTCAE v5.0"),
        ("v5", "CTCAE v5"),
        ("CTCAE v4.03", "CTCAE v4.03"),
        ("NCI-CTCAE, version 3.0", "CTCAE v3.0"),
        ("iwCLL", "iwCLL"),
        ("NA", "version not stated"),
        (None, "version not stated"),
    ],
)
def test_the_name_of_a_version(given, expected):
    assert ctcae_name(given) == expected


@pytest.mark.parametrize(
    ("name", "lacks"),
    [("CTCAE v3.0", False), ("CTCAE v4.03", True), ("CTCAE v5", True), ("iwCLL", False)],
)
def test_later_versions_lack_the_term(name, lacks):
    assert lacks_flare(name) == lacks


def test_mixed_versions_are_told():
    assert versions_note(["CTCAE v3.0", "CTCAE v3.0"]) == ""
    assert versions_note(["CTCAE v5.0"]) == "CTCAE v5.0 has no term for tumor flare"
    assert versions_note(["CTCAE v5.0", "CTCAE v3.0", "CTCAE v3.0"]) == (
        "graded by several versions: CTCAE v3.0 (2), CTCAE v5.0 (1); "
        "CTCAE v5.0 has no term for tumor flare"
    )
