"""The scale of a channel: chosen from its events, written beside the results, and taken back."""

import json
from pathlib import Path

import flowkit
import numpy as np
import pytest
from flowutils import transforms as flowutils
from scipy import stats

from correlates.flow.acquisition import gate_acquisition
from correlates.flow.gating.evaluate import dimensions_of
from correlates.flow.gating.gates import BooleanGate, Transform
from correlates.flow.gating.strategies import read_gatingml
from correlates.flow.gating.transforms import apply, inverse
from correlates.flow.outputs import write_outcome
from correlates.flow.scales import read_scales
from correlates.flow.sources import read_source
from correlates.flow.templates.cofactor import (
    AT_END,
    BARTLETT,
    NOISE,
    USUAL,
    bartlett,
    find_cofactor,
    find_peaks,
)
from correlates.flow.templates.methods import Settings
from correlates.flow.templates.scales import (
    KINDS,
    ScaleSettings,
    asinh_scale,
    choose_scale,
    cofactor_of,
)
from correlates.intake.panels import plain_name
from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_json, read_tsv
from test_gating_job import outputs, sha256

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "resources" / "gating" / "tnk.csv"
LOGICLE = Transform("logicle", {"t": 262144.0, "w": 0.7, "m": 4.5, "a": 0.0})
LINEAR = np.concatenate([-np.logspace(3, 0, 40), [0.0], np.logspace(0, 5.4, 80)])
TOP = 262144.0


def channel(noise, cv, brightness, count=20_000, seed=0, share=0.5):
    """A negative population around zero, and a positive one of a given coefficient of variation."""
    rng = np.random.default_rng(seed)
    bright = int(share * count)
    return np.concatenate(
        [rng.normal(0, noise, count - bright), brightness * (1 + cv * rng.standard_normal(bright))]
    )


def mixed(values, seed=1):
    return np.random.default_rng(seed).permutation(values)


@pytest.mark.parametrize("kind", ["logicle", "hyperlog"])
def test_a_scale_is_that_of_flowutils_for_its_parameters(kind):
    scale = choose_scale(channel(100, 0.1, 1e4), TOP, ScaleSettings(kind=kind)).transform

    expected = getattr(flowutils, kind)(LINEAR.reshape(-1, 1), [0], **scale.parameters).ravel()

    assert scale.kind == kind
    np.testing.assert_allclose(apply(scale, LINEAR), expected, rtol=1e-12, atol=1e-12)


def test_biexponential_is_flowjos_for_its_parameters():
    scale = choose_scale(channel(100, 0.1, 1e4), TOP, ScaleSettings(kind="biexponential")).transform

    theirs = flowkit.transforms.WSPBiexTransform(**scale.parameters)

    np.testing.assert_array_equal(apply(scale, LINEAR), theirs.apply(LINEAR.reshape(-1, 1)).ravel())


def test_the_width_of_the_biexponential_is_that_of_the_logicle():
    values = channel(300, 0.1, 1e4)
    logicle = choose_scale(values, TOP, ScaleSettings()).transform.parameters
    biex = choose_scale(values, TOP, ScaleSettings(kind="biexponential")).transform.parameters

    assert 0.5 < logicle["w"] < 1.6
    # FlowJo's basis of -10 stands for half a decade, of -100 for a whole one
    assert biex["width"] == pytest.approx(-(10 ** (2 * logicle["w"])))
    assert biex["positive"] == 4.5


def test_a_logicle_without_a_linear_part_is_an_arcsinh():
    """Its biexponential then has equal exponents, which is twice a hyperbolic sine."""
    scale = choose_scale(LINEAR, TOP, ScaleSettings(w=0.0)).transform
    decades = 4.5 * np.log(10)

    by_hand = np.arcsinh(LINEAR * np.sinh(decades) / TOP) / decades

    np.testing.assert_allclose(apply(scale, LINEAR), by_hand, atol=1e-9)


@pytest.mark.parametrize("cofactor", [5.0, 150.0, 3000.0])
def test_an_asinh_scale_is_arcsinh_of_the_cofactor(cofactor):
    scale = asinh_scale(TOP, cofactor)
    decades = np.log(10) * (scale.parameters["m"] + scale.parameters["a"])

    by_hand = (np.arcsinh(LINEAR / cofactor) + scale.parameters["a"] * np.log(10)) / decades

    assert cofactor_of(scale) == pytest.approx(cofactor)
    np.testing.assert_allclose(apply(scale, LINEAR), by_hand, rtol=1e-9, atol=1e-12)
    assert apply(scale, np.array([TOP])) == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("settings", "kind", "chosen"),
    [
        pytest.param({}, "logicle", "from_negatives", id="logicle, from the negative values"),
        pytest.param({"w": 1.0}, "logicle", "given", id="a given width"),
        pytest.param({"kind": "asinh", "cofactor": 90}, "asinh", "given", id="a given cofactor"),
        pytest.param({"kind": "asinh"}, "asinh", "bartlett", id="a cofactor from the events"),
        pytest.param({"kind": "hyperlog", "w": 0.001}, "hyperlog", "given", id="hardly a width"),
    ],
)
def test_how_a_scale_came_about_is_said(settings, kind, chosen):
    scale = choose_scale(mixed(channel(100, 0.1, 1e4)), TOP, ScaleSettings(**settings))

    assert (scale.transform.kind, scale.chosen) == (kind, chosen)


def test_a_marker_may_have_its_own_scale():
    settings = ScaleSettings.of_config(
        {
            "kind": "logicle",
            "m": 4.5,
            "w": "auto",
            "cofactor": "auto",
            "markers": {"CD56": {"kind": "asinh", "cofactor": 300}},
        }
    )

    assert settings.of_marker("cd56").kind == "asinh"
    assert settings.of_marker("cd56").cofactor == 300
    assert settings.of_marker("CD3") == settings


def test_bartletts_statistic_is_that_of_scipy():
    rng = np.random.default_rng(2)
    samples = [rng.normal(0, scale, size) for scale, size in ((1, 40), (1.5, 300), (0.7, 90))]

    ours = bartlett([len(one) for one in samples], [one.var(ddof=1) for one in samples])

    assert ours == pytest.approx(stats.bartlett(*samples).statistic)


@pytest.mark.parametrize(
    ("noise", "cv", "brightness"), [(30, 0.2, 5e3), (100, 0.1, 2e4), (200, 0.25, 3e4)]
)
def test_the_cofactor_makes_noise_and_a_bright_peak_equally_wide(noise, cv, brightness):
    """By asinh's derivative the noise is as wide as the bright peak at a cofactor of noise / cv."""
    values = mixed(channel(noise, cv, brightness))

    found = find_cofactor(values, LOGICLE, TOP)
    widths = [
        np.arcsinh(peak.high / found.value) - np.arcsinh(peak.low / found.value)
        for peak in found.peaks
    ]

    assert found.rule == BARTLETT
    assert found.value == pytest.approx(noise / cv, rel=0.15)
    assert widths[0] == pytest.approx(widths[1], rel=0.05)


def test_few_bright_events_move_the_cofactor_no_more_than_many():
    many = find_cofactor(mixed(channel(50, 0.2, 2e4)), LOGICLE, TOP)
    few = find_cofactor(mixed(channel(50, 0.2, 2e4, share=0.03)), LOGICLE, TOP)

    assert few.rule == BARTLETT
    assert few.value == pytest.approx(many.value, rel=0.15)


def test_a_study_in_other_units_has_a_cofactor_in_proportion():
    values = mixed(channel(50, 0.2, 2e4))

    small = find_cofactor(
        values / 256, Transform("logicle", LOGICLE.parameters | {"t": 1024.0}), 1024
    )

    assert small.value == pytest.approx(find_cofactor(values, LOGICLE, TOP).value / 256, rel=0.02)


@pytest.mark.parametrize(
    ("values", "rule", "cofactor"),
    [
        pytest.param(channel(60, 0.1, 1, share=0), NOISE, 300, id="noise alone: five deviations"),
        pytest.param(np.full(5000, 40.0), USUAL, 150, id="one value"),
        pytest.param(np.zeros(0), USUAL, 150, id="no event"),
        pytest.param(np.repeat([10.0, 1e4], 3000), USUAL, 150, id="two values without any spread"),
        pytest.param(np.full(5000, TOP), USUAL, 150, id="saturated"),
        pytest.param(np.full(900, -5e5), NOISE, 1e4, id="far below zero: the largest"),
    ],
)
def test_a_channel_without_peaks_to_compare_says_by_what_it_went(values, rule, cofactor):
    found = find_cofactor(values, LOGICLE, TOP)

    assert found.rule == rule
    assert found.value == pytest.approx(cofactor, rel=0.03)
    assert found.criterion == ()


def test_peaks_that_no_cofactor_makes_equal_are_flagged():
    rng = np.random.default_rng(4)
    values = np.concatenate([rng.normal(3e4, 300, 8000), rng.normal(300, 200, 8000)])

    assert find_cofactor(mixed(values), LOGICLE, TOP).rule == AT_END


def test_peaks_are_where_they_were_put():
    values = np.concatenate([channel(50, 0.1, 3e3), channel(50, 0.1, 6e4, share=1.0)[:3000]])

    peaks = find_peaks(mixed(values), LOGICLE)

    assert [peak.median for peak in peaks] == pytest.approx([0, 3e3, 6e4], rel=0.05, abs=10)
    assert sum(peak.n_events for peak in peaks) == len(values)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    simulate_cohort(folder, n_patients=1, n_events=6000, seed=5)
    return folder


def axes_of(gate):
    return () if isinstance(gate, BooleanGate) else dimensions_of(gate)


def written(simulated, folder, **block):
    """Gate one file of the simulated cohort and return its outputs."""
    file = simulated / "fcs" / "P01_C1D1_tnk.fcs"
    markers = {row["channel"]: row["marker"] for row in read_tsv(simulated / "panels.tsv")}
    settings = Settings(scale=ScaleSettings(**block))
    outcome = gate_acquisition(
        file, sha256(file), read_source(TEMPLATE), markers, settings=settings
    )
    out = outputs(folder)
    write_outcome(outcome, "P01_C1D1__tnk__full", str(file), out)
    return outcome, out


@pytest.mark.parametrize("kind", KINDS)
def test_the_scales_that_are_written_lead_back_to_linear_values(simulated, tmp_path, kind):
    outcome, out = written(simulated, tmp_path, kind=kind)

    scales = read_scales(out.scales)

    looked_at = {axis.channel for gate in outcome.strategy.gates for axis in axes_of(gate)}
    assert looked_at == set(scales)
    for dim, scale in outcome.scales.items():
        read = scales[outcome.channels[dim]]
        assert read == scale.transform
        # FlowJo's scale ends, and takes back what lies on it
        inside = LINEAR if kind != "biexponential" else LINEAR[LINEAR > -50]
        np.testing.assert_allclose(
            inverse(read, apply(scale.transform, inside)), inside, rtol=1e-6, atol=1e-6
        )
    assert scales["FSC-A"] is None


@pytest.mark.parametrize("kind", ["logicle", "asinh", "hyperlog"])
def test_gatingml_has_the_scales_with_their_parameters(simulated, tmp_path, kind):
    outcome, out = written(simulated, tmp_path, kind=kind)

    read = read_gatingml(out.gates).transforms

    for scale in outcome.strategy.transforms.values():
        same = [one for one in read.values() if one.kind == kind]
        assert any(one.parameters == pytest.approx(scale.parameters) for one in same)


def test_the_biexponential_is_no_scale_of_gatingml_but_its_populations_are(simulated, tmp_path):
    outcome, out = written(simulated, tmp_path, kind="biexponential")
    sample = flowkit.Sample(str(simulated / "fcs" / "P01_C1D1_tnk.fcs"))

    results = flowkit.parse_gating_xml(str(out.gates)).gate_sample(sample)

    assert read_gatingml(out.gates).transforms == {}
    for population in ("t_cd4", "t_cd8", "cll", "nk"):
        found = results.get_gate_membership(population)
        assert np.array_equal(found, outcome.gated.members(population))


def test_the_file_of_scales_says_where_each_is_from(simulated, tmp_path):
    _, out = written(simulated, tmp_path, markers={plain_name("CD19"): {"kind": "asinh"}})

    content = read_json(out.scales)
    records = {record["marker"]: record for record in content["scales"] if record["marker"]}

    assert content["acquisition"] == "P01_C1D1__tnk__full"
    assert records["CD4"]["kind"] == "logicle"
    assert "Cytometry A 2012;81:273" in records["CD4"]["formula"]
    assert records["CD19"]["chosen"] == "bartlett"
    assert len(records["CD19"]["criterion"]) > 50
    assert [peak["n"] > 100 for peak in records["CD19"]["peaks"]] == [True, True]
    least = min(records["CD19"]["criterion"], key=lambda one: one["bartlett"])["cofactor"]
    assert records["CD19"]["cofactor"] == pytest.approx(least, rel=0.13)


def test_the_choice_of_each_cofactor_is_drawn(simulated, tmp_path):
    outcome, out = written(simulated, tmp_path, kind="asinh")
    drawn = out.cofactors.read_text()

    for dim, scale in outcome.scales.items():
        assert f"{dim} ({outcome.channels[dim]}): cofactor {scale.cofactor.value:g}" in drawn
    assert drawn.count("√ density") == len(outcome.scales)


def test_where_no_cofactor_was_looked_for_the_figure_says_so(simulated, tmp_path):
    _, out = written(simulated, tmp_path)

    assert "No channel of this file has an asinh scale" in out.cofactors.read_text()


def test_a_refused_file_has_an_empty_file_of_scales(tmp_path):
    file = tmp_path / "broken.fcs"
    file.write_bytes(b"FCS3.1")
    out = outputs(tmp_path)

    write_outcome(
        gate_acquisition(file, sha256(file), read_source(TEMPLATE), {}), "a", str(file), out
    )

    assert json.loads(out.scales.read_text()) == {"acquisition": "a", "scales": []}
    assert "refused" in out.cofactors.read_text()
