"""A copy that has reserved its room only, and a file with holes, are not taken for whole."""

import hashlib
import os

import numpy as np
import pytest
import yaml

from conftest import ROOT
from correlates.flow.acquisition import gate_acquisition
from correlates.flow.gating.gates import Strategy
from correlates.flow.sources import Fixed
from correlates.intake.fcs import zeros as zeros_module
from correlates.intake.fcs.reader import read_header
from correlates.intake.fcs.verdict import ACCEPTED, REFUSED, WARNED, examine, why_unfinished
from correlates.intake.fcs.zeros import trailing_zero_events
from correlates.intake.plan import make_plan
from fcs_maker import make_fcs

NAMES = ["FSC-A", "SSC-A", "CD3", "Time"]
N_EVENTS = 10_000
NOW = 4_000_000_000.0


def events(n=N_EVENTS):
    """Return events of whole numbers, of which none is zero but in one channel now and then."""
    random = np.random.default_rng(3)
    values = random.integers(1, 200, (n, len(NAMES)))
    values[::7, 2] = 0
    return values


def zeroed(*spans, n=N_EVENTS):
    values = events(n)
    for start, stop in spans:
        values[start:stop] = 0
    return values


KINDS = {
    "single": {},
    "little": {"big_endian": False},
    "double": {"datatype": "D"},
    "integer": {"datatype": "I"},
    "log": {"datatype": "I", "keywords": {f"$P{n}E": "4,1" for n in (1, 2, 3)}},
    "odd": {"datatype": "I", "bits": [16, 24, 16, 32]},
}


def written(folder, values, **kind):
    path = folder / "P01_C0D1_tnk.fcs"
    path.write_bytes(make_fcs(values, NAMES, **kind))
    return path


def gated(path):
    """Return the verdict of the whole job, with no gate at all."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return gate_acquisition(path, sha256, Fixed(Strategy(())), {}).verdict


def codes(verdict):
    return [finding.code for finding in verdict.findings if finding.severity != "info"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_whose_second_half_was_never_written_is_refused(tmp_path, kind):
    path = written(tmp_path, zeroed((5000, None)), **KINDS[kind])

    verdict = examine(path)

    assert verdict.verdict == REFUSED
    assert verdict.findings[0].code == "zero_filled"
    assert "The last 5,000 of 10,000 events" in verdict.reason
    assert "copied" in verdict.remedy
    assert why_unfinished(path) == "its data end in zeros, as if not yet written"


@pytest.mark.parametrize("kind", KINDS)
def test_a_hole_in_the_middle_is_refused(tmp_path, kind):
    path = written(tmp_path, zeroed((4000, 4011)), **KINDS[kind])

    verdict = gated(path)

    assert (verdict.verdict, verdict.findings[0].code) == (REFUSED, "zero_filled")
    assert "11 of 10,000 events" in verdict.reason


@pytest.mark.parametrize(
    ("spans", "n", "verdict", "found"),
    [
        pytest.param([], N_EVENTS, ACCEPTED, [], id="none"),
        pytest.param([(0, 1)], N_EVENTS, ACCEPTED, [], id="one at the start, as some write"),
        pytest.param([(-1, None)], N_EVENTS, ACCEPTED, [], id="one at the end"),
        pytest.param([(-1, None)], 100, ACCEPTED, [], id="one in a small file"),
        pytest.param([(-2, None)], N_EVENTS, WARNED, ["zero_events"], id="two at the end"),
        pytest.param([(-9, None)], N_EVENTS, WARNED, ["zero_events"], id="nine in a row"),
        pytest.param([(-10, None)], N_EVENTS, REFUSED, ["zero_filled"], id="ten in a row"),
        pytest.param([(-2, None)], 100, REFUSED, ["zero_filled"], id="two of a hundred"),
        pytest.param([(50, 60)], N_EVENTS, WARNED, ["zero_events"], id="one in a thousand"),
        pytest.param([(50, 61)], N_EVENTS, REFUSED, ["zero_filled"], id="more than that"),
        pytest.param([(0, None)], N_EVENTS, REFUSED, ["zero_filled"], id="all"),
    ],
)
def test_events_of_nothing_but_zeros(tmp_path, spans, n, verdict, found):
    judged = gated(written(tmp_path, zeroed(*spans, n=n)))

    assert (judged.verdict, codes(judged)) == (verdict, found)


def test_zeros_are_counted_across_the_blocks_that_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(zeros_module, "_BLOCK_BYTES", 7)
    header = read_header(written(tmp_path, zeroed((37, None), n=50)))

    assert trailing_zero_events(header) == 13
    assert trailing_zero_events(header, at_most=5) == 5


def test_the_events_end_where_a_second_data_set_begins(tmp_path):
    path = written(tmp_path, events(), trailing=bytes(4096))

    assert trailing_zero_events(read_header(path)) == 0
    assert why_unfinished(path) == ""


def test_whatever_was_not_written_yet_looks_unfinished(tmp_path):
    content = make_fcs(events(100), NAMES)
    path = tmp_path / "copying.fcs"
    last_event = len(content) - 16

    for length in range(0, last_event + 1, 3):
        path.write_bytes(content[:length] + bytes(len(content) - length))
        assert why_unfinished(path), length


@pytest.fixture
def study(tmp_path):
    """Return a function that plans a study of one file, given its age in seconds."""
    columns = ("patient", "lenalidomide_start_day", "response", "tfr_grade")
    (tmp_path / "patients.tsv").write_text("\t".join(columns) + "\nP01\t29\tCR\t1\n")
    (tmp_path / "panels.tsv").write_text("panel\tchannel\tmarker\ntnk\tCD3\tCD3\n")
    (tmp_path / "gates.csv").write_text("alias\n")
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    config["study"] = {
        "patients": "patients.tsv",
        "panels": "panels.tsv",
        "drop": {"folder": "fcs", "pattern": r"{patient:[A-Z]+\d+}_{visit}_{panel}.fcs"},
        "specimen": "fresh_wb",
        "gating": {"tnk": "gates.csv"},
    }

    def plan(path, age):
        os.utime(path, (NOW - age, NOW - age))
        return make_plan(config, now=NOW, root=tmp_path)

    return plan


def test_a_young_file_that_ends_in_zeros_waits_and_an_old_one_is_judged(study, tmp_path):
    (tmp_path / "fcs").mkdir()
    path = written(tmp_path / "fcs", zeroed((5000, None)))

    young, old = study(path, age=60), study(path, age=3600)

    assert [(one.state, one.reason) for one in young.listed] == [
        ("waiting", "its data end in zeros, as if not yet written, and it changed just now")
    ]
    assert young.names == []
    assert old.names == ["P01_C0D1__tnk__full"]
    assert old.listed == ()
