"""Draws in the windows of the baselines, measured or not, and why a patient has none."""

import pandas as pd
import pytest

from clinic_maker import dose, make_records
from correlates.clinical.dosing.dosing import dosing_of_cohort
from correlates.clinical.records import DataCut
from correlates.cohort.draws import DrawContext
from correlates.cohort.patient_flow.windows import known_draws, windows_of
from correlates.measurements import COLUMNS, conform

IBR, LEN = dose(1, None, 420, "ibrutinib"), dose(29)
MOST_DAYS = {"B0": 90, "B1": 3}
NOTHING = conform(pd.DataFrame(columns=COLUMNS))


def listed(visit, specimen="fresh_wb", acquisition="", state="refused"):
    row = {"patient": "P01", "visit": visit, "timepoint": "", "specimen": specimen}
    return row | {"acquisition": acquisition, "state": state}


def planned(acquisition, study_day, source="recorded"):
    row = {"acquisition": acquisition, "sample": "S", "specimen": "fresh_wb"}
    return row | {"study_day": study_day, "study_day_source": source, "hours_post_dose": None}


def windows(files=(), acquisitions=(), cut=None, **sheets):
    records = make_records(cut=cut, exposure=[IBR, LEN], **sheets)
    known = known_draws(files, acquisitions, records)
    return windows_of(NOTHING, known, DrawContext(dosing_of_cohort(records)), MOST_DAYS)


def test_a_refused_file_shows_that_there_was_a_draw():
    found = windows([listed("C1D1", acquisition="a")], [planned("a", 29)])

    assert found.draws == {("P01", "fresh_wb", "B1"): [("C1D1", "pre")]}
    assert found.why_none == {("P01", "fresh_wb", "B0"): "no draw before the first ibrutinib dose"}


def test_a_row_of_the_samples_sheet_without_a_file_is_a_draw_too():
    found = windows(samples=[{"visit": "C0D1", "study_day": 1}])

    assert found.draws == {("P01", "fresh_wb", "B0"): [("C0D1", "pre")]}


@pytest.mark.parametrize(
    ("visit", "day", "why"),
    [
        pytest.param("C0D25", 25, "the last draw is over 3 days before lenalidomide", id="too old"),
        pytest.param("C0D26", 26, None, id="three days are allowed"),
        pytest.param("C1D8", 36, "no draw between the drugs' first doses", id="after the dose"),
    ],
)
def test_why_a_patient_has_no_draw_for_b1(visit, day, why):
    found = windows([listed(visit, acquisition="a")], [planned("a", day)])

    assert found.why_none.get(("P01", "fresh_wb", "B1")) == why


def test_a_draw_after_the_data_cut_is_none():
    found = windows(
        [listed("C1D1", acquisition="a")], [planned("a", 29)], DataCut("interim1", {"P01": 20})
    )

    assert found.draws == found.why_none == {}


def test_a_file_of_nobody_is_no_draw():
    stranger = listed("C1D1") | {"patient": "P99"}

    assert windows([stranger]).draws == {}


def test_a_draw_of_which_one_file_has_a_day_has_that_day():
    files = [listed("C1D1", acquisition="a"), listed("C1D1", state="waiting")]

    found = windows(files, [planned("a", 25)])

    assert found.why_none["P01", "fresh_wb", "B1"] == (
        "the last draw is over 3 days before lenalidomide"
    )
