"""Compensation and scale judged by the values: the surely wrong is refused, the sound is not."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from correlates.flow.acquisition import gate_acquisition
from correlates.flow.gating.compensation import of_spillover
from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import Compensation
from correlates.flow.quality.matrix import (
    ILL_CONDITIONED,
    OVER,
    TWICE,
    check_compensation,
    present_shares,
)
from correlates.flow.quality.scale import TRANSFORMED, check_scale
from correlates.flow.sources import read_source
from correlates.intake.fcs.findings import FcsError
from correlates.intake.fcs.reader import read_header
from correlates.intake.fcs.verdict import REFUSED, examine
from correlates.simulate.cohort import simulate_cohort
from correlates.simulate.fcs_writer import spillover_keyword, write_fcs
from correlates.simulate.panel import CHANNELS, FLUORESCENCE, MARKERS, TIMESTEP_S
from study import ROOT

STAINED = dict(zip(FLUORESCENCE, MARKERS, strict=True))
FIRST, LAST = CHANNELS.index(FLUORESCENCE[0]), CHANNELS.index(FLUORESCENCE[-1]) + 1


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    simulate_cohort(folder, n_patients=5, n_events=10_000, seed=77)
    return [read_header(path) for path in sorted((folder / "fcs").glob("*.fcs"))]


def compensated(header):
    """Return a file's events, its matrix taken away from them already."""
    values = header.events(scale=False)
    dyes = np.linalg.solve(header.spillover.matrix.T, values[:, FIRST:LAST].T.astype(float)).T
    values[:, FIRST:LAST] = dyes
    return values


def codes(header, values, matrix=None):
    matrix = header.spillover.matrix if matrix is None else matrix
    given = Compensation(FLUORESCENCE, FLUORESCENCE, tuple(map(tuple, matrix)))
    events = Events.of_array(values, header.channels, given)
    return [finding.code for finding in check_compensation(events, 100)]


def test_sound_files_are_left_alone(files):
    assert len(files) >= 20
    for header in files:
        values = header.events(scale=False)
        assert codes(header, values) == []
        assert check_scale(header, Events.of_array(values, header.channels), STAINED) == []


def test_values_that_were_compensated_before_are_not_compensated_again(files):
    for header in files:
        assert codes(header, compensated(header)) == [TWICE]


def test_a_coefficient_that_is_much_too_large_is_named(files):
    """T cells are bright in BV605 and most of them have no CD57, which BV711 stains."""
    header = files[0]
    pair = FLUORESCENCE.index("BV605-A"), FLUORESCENCE.index("BV711-A")
    matrix = header.spillover.matrix.copy()
    matrix[pair] *= 2
    given = Compensation(FLUORESCENCE, FLUORESCENCE, tuple(map(tuple, matrix)))
    events = Events.of_array(header.events(scale=False), header.channels, given)

    (finding,) = check_compensation(events, 100)

    assert finding.code == OVER
    assert finding.severity == "warning"
    assert "BV605-A into BV711-A (" in finding.message
    assert present_shares(events, given)["BV605-A", "BV711-A"] == pytest.approx(0.5, abs=0.08)


def test_dyes_that_can_hardly_be_told_apart_are_refused(files):
    matrix = np.eye(len(FLUORESCENCE))
    matrix[0, 1] = matrix[1, 0] = 0.99

    assert codes(files[0], files[0].events(scale=False), matrix) == [ILL_CONDITIONED]


def test_a_matrix_for_channels_called_compensated_is_refused():
    names = ("Comp-FITC-A", "Comp-PE-A")
    given = Compensation(names, names, ((1.0, 0.2), (0.05, 1.0)))
    channels = [type("C", (), {"name": n, "label": "", "range": 262144})() for n in names]
    values = np.random.default_rng(1).normal(0, 100, (500, 2))

    (finding,) = check_compensation(Events.of_array(values, channels, given), 100)

    assert finding.code == TWICE
    assert "set study.compensation of the panel to none" in finding.remedy


SCALES = {
    "logicle from 0 to 1": lambda x: np.clip(0.2 + np.arcsinh(x / 200) / 10, -0.1, 1),
    "asinh with cofactor 150": lambda x: np.arcsinh(x / 150),
    "logarithm": lambda x: np.log10(np.maximum(x, 1)),
    "channels of a display": lambda x: np.clip(250 + 110 * np.arcsinh(x / 300), 0, 1023),
}


@pytest.mark.parametrize("scale", SCALES)
def test_a_file_that_is_transformed_already_is_refused_with_a_remedy(files, tmp_path, scale):
    header = files[0]
    values = header.events(scale=False)
    values[:, FIRST:LAST] = SCALES[scale](values[:, FIRST:LAST])
    path = tmp_path / "scaled.fcs"
    write_fcs(path, values, CHANNELS, STAINED, {"$TIMESTEP": str(TIMESTEP_S)}, 262144)
    source = read_source(ROOT / "resources" / "gating" / "tnk.csv")

    outcome = gate_acquisition(path, _sha256(path), source, STAINED)

    assert outcome.verdict.verdict == REFUSED
    (finding,) = [one for one in outcome.verdict.findings if one.severity == "error"]
    assert finding.code == TRANSFORMED
    assert "linear values" in finding.remedy


def test_a_twice_compensated_file_is_refused_and_measured_once_it_is_said_so(files, tmp_path):
    header, path = files[0], tmp_path / "twice.fcs"
    keywords = {
        "$TIMESTEP": str(TIMESTEP_S),
        "$SPILLOVER": spillover_keyword(FLUORESCENCE, header.spillover.matrix),
    }
    write_fcs(path, compensated(header), CHANNELS, STAINED, keywords, 262144)
    source = read_source(ROOT / "resources" / "gating" / "tnk.csv")

    refused = gate_acquisition(path, _sha256(path), source, STAINED)
    told = gate_acquisition(path, _sha256(path), source, STAINED, compensation="none")

    assert [one.code for one in refused.verdict.findings] == [TWICE]
    assert refused.gated is None
    assert told.gated.counts["lymph"] > 1000


def test_no_real_file_that_is_accepted_is_refused_for_its_scale_or_matrix(real_data):
    looked_at = 0
    for path in sorted((real_data / "fcs").rglob("*")):
        if path.suffix.lower() not in (".fcs", ".lmd") or examine(path).verdict == REFUSED:
            continue
        try:
            header = read_header(path)
        except FcsError:
            continue
        events = Events.of_file(header, of_spillover(header.spillover), hold=True)
        stained = [one.name for one in header.channels if one.label]
        assert check_scale(header, events, stained) == [], path
        assert check_compensation(events, 100) == [], path
        looked_at += 1
    assert looked_at >= 20


def test_integers_of_a_logarithmic_amplifier_are_linear_once_read(real_data):
    header = read_header(real_data / "fcs" / "gate_ref" / "data1.fcs")
    stained = [one.name for one in header.channels if one.decades]

    assert len(stained) >= 4
    assert check_scale(header, Events.of_file(header, hold=True), stained) == []


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
