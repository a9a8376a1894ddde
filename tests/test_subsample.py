"""The events of one file that clustering sees: which, on which scale, and of whom."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from correlates.flow.acquisition import gate_acquisition
from correlates.flow.clusters.settings import chosen_events
from correlates.flow.clusters.subsample import (
    Choice,
    choose_events,
    read_subsample,
    write_subsample,
)
from correlates.flow.outcome import Outcome
from correlates.flow.sources import read_source
from correlates.intake.fcs.reader import read_header
from correlates.intake.fcs.verdict import REFUSED, Verdict
from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_tsv

ROOT = Path(__file__).resolve().parent.parent
CHOICE = Choice(1000, "cd45", 1, 0.5, 4.5)


@pytest.fixture(scope="module")
def gated(tmp_path_factory):
    """Return one gated file, its digest and its path."""
    folder = tmp_path_factory.mktemp("simulated")
    simulate_cohort(folder, n_patients=1, n_events=5000, seed=2)
    path = folder / "fcs" / "P01_C1D1_tnk.fcs"
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    markers = {row["channel"]: row["marker"] for row in read_tsv(folder / "panels.tsv")}
    source = read_source(ROOT / "resources" / "gating" / "tnk.csv")
    return gate_acquisition(path, content, source, markers), content, path


def test_the_same_file_gives_the_same_events_and_another_seed_others(gated):
    outcome, content, _ = gated
    first, again = (choose_events(outcome, content, CHOICE) for _ in range(2))
    other = choose_events(outcome, content, replace(CHOICE, seed=2))

    assert first.status == "ok"
    assert len(first) == 1000
    assert np.array_equal(first.raw, again.raw)
    assert not np.array_equal(first.raw, other.raw)


def test_fewer_events_are_the_first_of_more(gated):
    """So that a cohort which uses fewer of each file uses a random choice still."""
    outcome, content, _ = gated
    more = choose_events(outcome, content, CHOICE)

    fewer = choose_events(outcome, content, replace(CHOICE, events_per_sample=200))

    assert np.array_equal(fewer.transformed, more.transformed[:200])
    assert np.array_equal(fewer.members, more.members[:, :200])


def test_raw_values_and_membership_are_those_of_the_events_in_the_file(gated):
    outcome, content, path = gated
    chosen = choose_events(outcome, content, replace(CHOICE, events_per_sample=10**5))
    header = read_header(path)
    names = [one.name for one in header.channels]
    stored = header.events(0, header.n_events)[:, [names.index(c) for c in chosen.channels]]
    place = {tuple(row): number for number, row in enumerate(stored.astype(np.float32).tolist())}

    numbers = np.array([place[tuple(row)] for row in chosen.raw.tolist()])

    assert chosen.status == "few_events"
    assert sorted(numbers) == np.flatnonzero(outcome.gated.members("cd45")).tolist()
    for population, members in zip(chosen.parents, chosen.members, strict=True):
        assert np.array_equal(members, outcome.gated.members(population)[numbers])


def test_dyes_are_compensated_and_logicle_and_scatter_is_a_share_of_its_range(gated):
    outcome, content, _ = gated
    chosen = choose_events(outcome, content, CHOICE)
    cd3 = chosen.markers.index("CD3")
    area = chosen.channels.index("FSC-A")

    assert not np.allclose(chosen.raw[:, cd3], chosen.compensated[:, cd3])
    # a logicle's zero lies at its width over its decades, and its top at one
    assert chosen.transformed[:, cd3][np.abs(chosen.compensated[:, cd3]) < 5] == pytest.approx(
        0.5 / 4.5, abs=0.01
    )
    assert chosen.tops[area] == 262_144
    assert chosen.transformed[:, area] == pytest.approx(chosen.raw[:, area] / 262_144, abs=1e-6)
    assert "Time" not in chosen.channels


@pytest.mark.parametrize(
    ("outcome", "choice", "status"),
    [
        pytest.param(None, None, "off", id="clustering is off"),
        pytest.param(Outcome(Verdict(REFUSED, ())), CHOICE, "refused", id="a refused file"),
        pytest.param(
            None, replace(CHOICE, population="CD45+"), "no_population", id="no such population"
        ),
    ],
)
def test_without_events_the_file_says_why(gated, tmp_path, outcome, choice, status):
    chosen = choose_events(outcome or gated[0], gated[1], choice)
    write_subsample(tmp_path / "events.npz", chosen)

    read = read_subsample(tmp_path / "events.npz")

    assert (read.status, len(read)) == (status, 0)


def test_what_is_written_is_read_and_equal_events_are_equal_bytes(gated, tmp_path):
    chosen = choose_events(gated[0], gated[1], CHOICE)
    for name in ("a", "b"):
        write_subsample(tmp_path / name, chosen)

    read = read_subsample(tmp_path / "a")

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read.parents == chosen.parents
    assert read.compensated_by == "file"
    for name in ("raw", "compensated", "transformed", "members"):
        assert np.array_equal(getattr(read, name), getattr(chosen, name))


def test_settings_of_the_clusters_move_no_file_while_they_are_off():
    flow = {"scale": {"m": 4.5}, "unsupervised": {"enabled": False}}

    assert chosen_events(flow) == {}
