"""Tubes of the simulated panels: the same again, with the truth that was planted."""

import numpy as np
import pytest

from correlates.intake.fcs.reader import read_header
from correlates.simulate.optics import Detectors
from correlates.simulate.panels.specs import SPECS
from correlates.simulate.panels.tube import draw_panel_tube

N = 20_000


def tube_of(panel, seed=1, **options):
    return draw_panel_tube(panel, N, np.random.default_rng(seed), **options)


def compensated(tube, marker):
    place = list(tube.spec.markers.values()).index(marker)
    dyes = tube.events[:, 3:-1].astype(float) @ np.linalg.inv(tube.spillover)
    return dyes[:, place]


@pytest.mark.parametrize("panel", SPECS)
def test_the_same_seed_draws_the_same_tube(panel):
    first, again, other = tube_of(panel), tube_of(panel), tube_of(panel, seed=2)

    assert first.events.shape == (N, len(first.channels))
    assert np.array_equal(first.events, again.events)
    assert np.array_equal(first.labels, again.labels)
    assert not np.array_equal(first.labels, other.labels)


@pytest.mark.parametrize("panel", SPECS)
def test_a_tube_is_written_and_read_back(panel, tmp_path):
    tube = tube_of(panel)

    tube.write(tmp_path / "tube.fcs")

    header = read_header(tmp_path / "tube.fcs")
    assert tuple(header.names) == tube.channels
    assert header.n_events == N
    assert {one.name: one.label for one in header.channels if one.label} == tube.spec.markers
    assert header.spillover.matrix == pytest.approx(tube.spillover, rel=1e-5)


def test_without_a_marker_its_channel_is_dark_and_the_others_are_not(tmp_path):
    full = tube_of("intracellular", donor=7)
    control = tube_of("intracellular", donor=7, without="GranzymeB")

    nk, rest = full.is_member("nk_gzmb"), control.is_member("nk_gzmb")
    assert np.median(compensated(full, "GranzymeB")[nk]) > 4000
    assert abs(np.median(compensated(control, "GranzymeB")[rest])) < 100
    assert np.median(compensated(control, "CD56")[rest]) > 1500
    control.write(tmp_path / "fmo.fcs")
    labels = [one.label for one in read_header(tmp_path / "fmo.fcs").channels]
    assert "GranzymeB" not in labels
    assert "CD56" in labels


def test_tubes_of_one_donor_share_gain_and_matrix_and_not_events():
    full, control = tube_of("cll", 1, donor=3), tube_of("cll", 2, donor=3, without="CD86")

    assert np.array_equal(full.spillover, control.spillover)
    assert not np.array_equal(full.events, control.events)


def test_planted_frequencies_of_functions_are_those_of_the_truth():
    planted = {"t_cd8": {("IFNg", "TNF"): 0.10, ("IFNg",): 0.05}}
    tube = tube_of("ics", stimulated=True, responses=planted)

    parent = tube.is_member("t_cd8")
    both = tube.traits["IFNg"] & tube.traits["TNF"] & parent
    assert both.sum() / parent.sum() == pytest.approx(0.10, abs=0.015)
    assert tube.is_member("t_cd8_ifng").sum() / parent.sum() == pytest.approx(0.15, abs=0.02)
    assert not tube.is_member("t_cd4_ifng").any()
    assert not tube.is_member("t_cd8_il2").any()


def test_a_stimulated_tube_holds_more_functions_than_an_unstimulated_one():
    stimulated, resting = tube_of("ics", stimulated=True), tube_of("ics")

    counts = [one.is_member("t_cd8_ifng").sum() for one in (stimulated, resting)]
    assert counts[0] > 20 * max(1, counts[1])


def test_cells_can_be_left_out_of_a_tube():
    tube = tube_of("cll", shares={"t_cd4_cm": 1.0, "cll_lambda": 3.0})

    assert tube.is_member("cll_lambda").sum() > 2.5 * tube.is_member("t").sum() > 0
    assert not tube.is_member("cll_kappa").any()


def test_shares_of_a_trait_can_be_planted():
    tube = tube_of("cll", trait_shares={"CD86": {"cll_kappa": 0.6}})

    share = tube.is_member("cll_cd86").sum() / tube.is_member("cll").sum()
    assert share == pytest.approx(0.6, abs=0.03)


def test_the_level_of_a_stain_can_be_planted():
    sites = {"Probe": {"cll_kappa": 800.0}, "BTK": {"cll_kappa": 0.0}}
    free, taken = tube_of("occupancy", donor=2), tube_of("occupancy", donor=2, medians=sites)
    cll = [one.labels == "cll_kappa" for one in (free, taken)]

    probe = [
        np.median(compensated(one, "Probe")[who])
        for one, who in zip((free, taken), cll, strict=True)
    ]
    assert probe[1] / probe[0] == pytest.approx(800 / 5200, rel=0.15)
    assert abs(np.median(compensated(taken, "BTK")[cll[1]])) < 60
    other = [np.median(compensated(one, "Probe")[one.is_member("t_cd4")]) for one in (free, taken)]
    assert other[1] == pytest.approx(other[0], rel=0.1)


@pytest.mark.parametrize(
    ("panel", "options", "said"),
    [
        pytest.param("tkn", {}, "tnk", id="no such panel"),
        pytest.param("cll", {"without": "CD57"}, "CD20", id="no such marker"),
        pytest.param("cll", {"shares": {"t_cell": 1.0}}, "t_cell", id="no such kind of cell"),
        pytest.param("ics", {"responses": {"t": {("IL2",): 0.1}}}, "t_cd4", id="no such lineage"),
        pytest.param("ics", {"responses": {"t_cd4": {("IL6",): 0.1}}}, "IL17", id="no function"),
        pytest.param("ics", {"responses": {"t_cd4": {("IL2",): 1.1}}}, "1 at most", id="above 1"),
    ],
)
def test_what_is_not_simulated_is_refused_with_what_is(panel, options, said):
    with pytest.raises(ValueError, match=said):
        tube_of(panel, **options)


def test_an_unknown_detector_is_refused():
    with pytest.raises(ValueError, match="XY1"):
        Detectors.of({"XY1": "CD3"})
