"""Markers find their channel in a file, or say which channels are near."""

import pytest

from correlates.flow.templates.panel import is_known, match_channels, names_itself, panel_of

PANEL = {"CD3": "BV605-A", "CD14": "PE-Cy7-A", "Viability": "eF780-A"}


@pytest.mark.parametrize(
    ("dimension", "channels", "found"),
    [
        pytest.param("CD3", ["BV605-A"], "BV605-A", id="as the panel has it"),
        pytest.param("cd3", ["bv605-a"], "bv605-a", id="case does not count"),
        pytest.param("CD3", ["Comp-BV605-A"], "Comp-BV605-A", id="a compensated channel"),
        pytest.param("CD14", ["PE/Cy7-A"], "PE/Cy7-A", id="slash for dash"),
        pytest.param("CD14", ["PE_Cy7_A"], "PE_Cy7_A", id="underscores for dashes"),
        pytest.param("BV605-A", ["BV605-A"], "BV605-A", id="a template may name the channel"),
        pytest.param("FSC-A", ["FSC-A"], "FSC-A", id="scatter needs no panel"),
        pytest.param("SSC-A", ["SSC.A"], "SSC.A", id="scatter spelt otherwise"),
        pytest.param("CD3", ["BV605-A", "bv605-a"], "BV605-A", id="the exact name goes first"),
    ],
)
def test_a_dimension_finds_its_channel(dimension, channels, found):
    assert match_channels([dimension], PANEL, channels, "x.fcs") == ({dimension: found}, [])


def test_every_missing_channel_is_named_with_the_nearest_ones():
    channels = ["FSC-A", "BV650-A", "BV606-A", "Time"]

    found, problems = match_channels(["CD3", "FSC-A", "CD14"], PANEL, channels, "x.fcs")

    assert found == {"FSC-A": "FSC-A"}
    assert [(one.file, one.value, one.stops) for one in problems] == [
        ("x.fcs", "BV605-A", "row"),
        ("x.fcs", "PE-Cy7-A", "row"),
    ]
    assert "CD3 (BV605-A)" in problems[0].problem
    assert "BV606-A" in problems[0].remedy
    assert "BV650-A" in problems[0].remedy
    assert "FSC-A" not in problems[0].remedy
    assert "BV650-A" in problems[1].remedy


def test_a_name_that_fits_two_channels_is_a_problem():
    _, problems = match_channels(["CD3"], PANEL, ["bv605-A", "Comp-BV605-A"], "x.fcs")

    assert "several channels" in problems[0].problem


def test_rows_without_a_marker_are_no_part_of_a_panel():
    rows = [
        {"panel": "tnk", "channel": "BV605-A", "marker": "CD3"},
        {"panel": "tnk", "channel": "FSC-A", "marker": ""},
        {"panel": "other", "channel": "PE-A", "marker": "CD19"},
    ]

    assert panel_of(rows, "tnk") == {"CD3": "BV605-A"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("FSC-A", True), ("ssc_h", True), ("Time", True), ("FS INT", True), ("FITC-A", False)],
)
def test_scatter_and_time_need_no_marker(name, expected):
    assert names_itself(name) is expected


@pytest.mark.parametrize(
    ("name", "expected"), [("CD3", True), ("BV605-A", True), ("FSC-W", True), ("CD33", False)]
)
def test_what_a_template_may_name(name, expected):
    assert is_known(name, PANEL) is expected
