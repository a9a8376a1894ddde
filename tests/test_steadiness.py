"""Steady acquisition: planted troubles are found event by event, and clean files lose nothing."""

from types import SimpleNamespace

import numpy as np
import pytest

from correlates.flow.gating.evaluate import evaluate
from correlates.flow.gating.events import Events
from correlates.flow.quality.acquisition_time import NO_MAJORITY, find_time_ranges
from correlates.flow.quality.clock import (
    BACKWARDS,
    COARSE,
    CONSTANT,
    FEW,
    NO_NUMBER,
    NO_TIME,
    read_clock,
)
from correlates.flow.quality.margins import find_margins
from correlates.flow.quality.segments import change_points, levels_of, noise_of, usual_level
from correlates.flow.templates.instantiate import instantiate
from correlates.flow.templates.template import parse_template
from correlates.intake.fcs.reader import read_header
from correlates.simulate.artefacts import KINDS
from correlates.simulate.cohort import simulate_cohort
from correlates.simulate.panel import CHANNELS, DETECTOR_RANGE, FLUORESCENCE, TIMESTEP_S
from correlates.simulate.populations import CODES
from correlates.simulate.truth import read_labels
from flow_maker import channels_of, flowkit_members, write_sample
from study import ROOT

HEADER = (
    "alias,pop,parent,dims,gating_method,gating_args,"
    "collapseDataForGating,groupBy,preprocessing_method,preprocessing_args\n"
)
QUALITY = HEADER + "steady,+,root,Time,steadyGate,,,,,\non_scale,+,steady,,marginGate,,,,,\n"
TEMPLATE, _ = parse_template(QUALITY, "quality.csv")
SEEDS = range(8)


def channels(names=CHANNELS):
    return [SimpleNamespace(name=name, label="", range=DETECTOR_RANGE) for name in names]


def gated(values, names=CHANNELS, template=TEMPLATE):
    events = Events.of_array(values, channels(names))
    return instantiate(template, events, {}, stained=FLUORESCENCE)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """Events of simulated files as read, Time in seconds, with those that stand at an edge."""
    folder = tmp_path_factory.mktemp("clean")
    simulate_cohort(folder, n_patients=4, n_events=20_000, seed=31)
    files = []
    for path in sorted((folder / "fcs").glob("*.fcs")):
        header = read_header(path)
        codes = read_labels(folder / "truth" / "events" / f"{path.stem}.npz")
        events = header.events(scale=False)
        is_full = (events[:, :-1] >= DETECTOR_RANGE - 1).any(axis=1)
        files.append((events, is_full | (codes == CODES["margin"])))
    return files


def in_seconds(events):
    events = events.copy()
    events[:, -1] *= TIMESTEP_S
    return events


def test_clean_files_lose_nothing_but_their_margin_events(clean):
    assert len(clean) >= 15
    for events, at_margin in clean:
        made = gated(in_seconds(events))
        assert made.gated.counts["steady"] == len(events)
        assert made.gated.counts["on_scale"] >= 0.99 * len(events)
        assert (made.gated.members("on_scale") == ~at_margin).mean() > 0.9995


@pytest.mark.parametrize("kind", KINDS)
def test_planted_troubles_are_found_event_by_event(clean, kind):
    """Balanced accuracy: the mean of the shares of bad events removed and of good ones kept."""
    for seed in SEEDS:
        events, at_margin = clean[seed]
        planted, touched = KINDS[kind](events, np.random.default_rng([seed, 7]))
        bad = touched | at_margin
        removed = ~gated(in_seconds(planted)).gated.members("on_scale")
        accuracy = (removed[bad].mean() + (~removed)[~bad].mean()) / 2
        assert accuracy >= 0.95, (kind, seed)


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        pytest.param(None, NO_TIME, id="no such channel"),
        pytest.param(np.ones(2000), CONSTANT, id="constant"),
        pytest.param(np.arange(2000) % 900, BACKWARDS, id="it overflows"),
        pytest.param(
            np.r_[np.arange(1000), np.arange(2000, 1000, -1)],
            BACKWARDS,
            id="half runs back",
        ),
        pytest.param(np.arange(2000) // 100, COARSE, id="twenty ticks"),
        pytest.param(np.arange(100), FEW, id="few events"),
        pytest.param(np.r_[np.arange(1999.0), np.nan], NO_NUMBER, id="no number"),
    ],
)
def test_a_file_without_a_time_to_judge_by_keeps_every_event_and_is_flagged(time, reason):
    count = 2000 if time is None else len(time)
    values = np.random.default_rng(1).lognormal(8, 0.5, (count, 2))
    names = ("FSC-A", "PE-A")
    if time is not None:
        values, names = np.column_stack([values, time]), (*names, "Time")

    made = gated(values, names)

    assert made.gated.counts["steady"] == count
    assert made.flags["steady"] == (reason,)


def test_a_few_events_out_of_order_do_not_matter():
    rng = np.random.default_rng(2)
    time = np.cumsum(rng.exponential(1, 5000))
    time[1000:1002] = time[[1001, 1000]]

    clock, reason = read_clock(time)

    assert reason == ""
    assert (np.diff(clock.seconds) >= 0).all()


def test_events_of_one_tick_are_spread_over_it():
    clock, _ = read_clock(np.repeat(np.arange(100.0), 10))

    assert clock.seconds[:10] == pytest.approx(np.arange(0.05, 1, 0.1))
    assert clock.edge(14) == (10, 0.5)
    assert clock.edge(3) == (0, None)
    assert clock.edge(1000) == (1000, None)


def test_a_signal_that_drifts_throughout_has_no_steady_part_and_is_flagged(clean):
    events = in_seconds(clean[0][0])
    events[:, 3:-1] *= np.linspace(1, 4, len(events), dtype=np.float32)[:, None]

    found = find_time_ranges(Events.of_array(events, channels()), FLUORESCENCE)

    assert found.flags == (NO_MAJORITY,)
    assert found.kept == ((None, None),)
    assert found.unsteady_share > 0.5


def test_a_rate_that_falls_little_by_little_is_no_trouble(clean):
    events = in_seconds(clean[1][0])
    waits = np.diff(events[:, -1], prepend=0) * np.linspace(1, 1.6, len(events))
    events[:, -1] = np.cumsum(waits)

    assert gated(events).gated.counts["steady"] == len(events)


def test_the_ranges_of_time_give_the_same_events_in_flowkit(clean, tmp_path):
    events, _ = clean[2]
    planted, _ = KINDS["everything"](events, np.random.default_rng(5))
    planted[:, -1] *= np.float32(TIMESTEP_S)
    made = gated(planted)
    file = write_sample(tmp_path / "one.fcs", planted, CHANNELS)

    theirs = flowkit_members(made.strategy, file)
    again = evaluate(made.strategy, Events.of_array(planted, channels()))

    assert len(made.strategy.gates) > 3
    for population in ("steady", "on_scale"):
        ours = made.gated.members(population)
        assert 0.2 < ours.mean() < 0.95
        assert (theirs[population] == ours).all()
        assert (again.members(population) == ours).all()


def test_changes_of_level_are_where_they_were_put():
    """Against every way to part a short series: no other costs less."""
    rng = np.random.default_rng(3)
    series = np.r_[rng.normal(0, 1, 6), rng.normal(9, 1, 5), rng.normal(0, 1, 5)]

    def cost(cuts):
        parts = np.split(series, cuts)
        return sum(((part - part.mean()) ** 2).sum() for part in parts) + 12.0 * len(cuts)

    every = [[place + 1 for place in range(15) if number >> place & 1] for number in range(2**15)]
    (found,) = change_points(series[:, None], 12.0)

    assert list(found) == min(every, key=cost) == [6, 11]
    assert levels_of(series, found)[7] == pytest.approx(series[6:11].mean())


def test_noise_is_that_of_neighbours_and_not_of_levels():
    rng = np.random.default_rng(4)
    series = rng.normal(0, 2, (4000, 1)) + np.repeat([0, 50, 0, 80], 1000)[:, None]

    assert noise_of(series)[0] == pytest.approx(2, rel=0.05)


def test_the_usual_level_is_that_of_most_places():
    assert usual_level(np.repeat([1.0, 1.02, 3.0], [30, 30, 40]), 0.05) == pytest.approx(1.01)


def test_real_files_of_a_steady_run_keep_nearly_all(real_data):
    """The Calibur's rate settles over a third of the run, which is no trouble."""
    header = read_header(real_data / "fcs" / "gate_ref" / "data1.fcs")
    stained = [one.name for one in header.channels if one.label]
    events = Events.of_file(header, hold=True)

    found = find_time_ranges(events, stained)

    assert found.flags == ()
    assert found.unsteady_share < 0.01


@pytest.mark.parametrize(
    ("name", "faster"),
    [
        pytest.param("omip021/Donor1.fcs", 1.7, id="a burst at the start"),
        pytest.param("awkward/Data003.fcs", 0.2, id="a slow start"),
    ],
)
def test_real_files_lose_a_start_that_ran_at_another_rate(real_data, name, faster):
    header = read_header(real_data / "fcs" / name)
    stained = [one.name for one in header.channels if one.label]

    found = find_time_ranges(Events.of_file(header, hold=True), stained)

    ((first, end),) = found.steady.removed
    time = np.sort(header.events()[:, header.time_index].astype(float))
    rate_of_start = end / (time[end - 1] - time[0])
    rate_of_rest = (len(time) - end) / (time[-1] - time[end])
    assert first == 0
    assert end < 0.04 * len(time)
    assert rate_of_start / rate_of_rest == pytest.approx(faster, rel=0.15)
    assert found.steady.by_signal == ()


def test_a_real_file_whose_dim_events_of_two_dyes_brighten_throughout_is_told_of(real_data):
    """PE and PE-Texas Red, by a factor of two to three; the counts of its gates do not move."""
    header = read_header(real_data / "fcs" / "spleen_68983" / "68983.fcs")
    stained = [one.name for one in header.channels if one.label]
    time = header.events()[:, header.time_index]
    pe = header.events()[np.argsort(time, kind="stable"), header.names.index("PE-A")]

    found = find_time_ranges(Events.of_file(header, hold=True), stained)

    starts, ends = (np.quantile(part, 0.25) for part in np.array_split(pe, 5)[::4])
    assert ends > 2 * starts
    assert found.flags == ("signals_drift", "drifts_PE-A", "drifts_PE-Texas Red-A")
    assert list(found.steady.straying) == ["PE-A", "PE-Texas Red-A"]
    assert {one.share for one in found.steady.straying.values()} == {0.25}


def test_the_shipped_template_cleans_in_the_declared_order():
    template, _ = parse_template((ROOT / "resources/gating/tnk.csv").read_text(), "tnk.csv")
    parents = {alias: row.parent for row in template.rows for alias in row.aliases}
    way = ["cd45"]
    while way[-1] != "root":
        way.append(parents[way[-1]])

    assert way[::-1] == ["root", "steady", "on_scale", "single", "live", "viable", "cd45"]


@pytest.mark.parametrize(
    ("n_saturated", "is_flagged"),
    [
        pytest.param(49, False, id="strays"),
        pytest.param(50, True, id="as many events as are quantified"),
    ],
)
def test_few_events_at_the_end_of_a_dye_are_flagged_when_they_may_be_a_population(
    n_saturated, is_flagged
):
    """Of 20,000 events they are far below 1 %, and may yet be most of a rare bright population."""
    values = np.full((20_000, 3), 1000.0)
    values[:n_saturated, 1] = 262_143
    names = ("FSC-A", "PE-A", "Time")
    channels = channels_of(names)
    for channel in channels:
        channel.range = 262_144

    found = find_margins(Events.of_array(values, channels), channels[:2], None, 0.1)

    assert list(found.saturated) == (["PE-A"] if is_flagged else [])
