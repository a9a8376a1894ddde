"""The ledger of cleaning, and the rules that leave whole files out."""

import re

import numpy as np
import pandas as pd
import pytest
import yaml

from correlates.flow.counts.exclusion import judge, with_exclusions
from correlates.flow.gating.events import Events
from correlates.flow.quality.ledger import quality_beside, quality_of, steps_of
from correlates.flow.templates.instantiate import instantiate
from correlates.flow.templates.panel import match_channels, panel_of
from correlates.flow.templates.template import parse_template, read_template
from correlates.intake.fcs.reader import read_header
from correlates.simulate.artefacts import KINDS
from correlates.simulate.cohort import simulate_cohort
from correlates.simulate.panel import CHANNELS, FLUORESCENCE, TIMESTEP_S
from correlates.tables import read_tsv
from flow_maker import channels_of
from study import ROOT

RULES = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["flow"]["exclusion"]
TNK = ROOT / "resources" / "gating" / "tnk.csv"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A file with planted troubles, gated by the shipped template."""
    folder = tmp_path_factory.mktemp("ledger")
    simulate_cohort(folder, n_patients=1, n_events=12_000, seed=8)
    header = read_header(next((folder / "fcs").glob("*.fcs")))
    template = read_template(TNK)
    panel = panel_of(read_tsv(folder / "panels.tsv"), "tnk")
    channels, _ = match_channels(template.dimensions, panel, header.names, "one.fcs")
    planted, _ = KINDS["clog"](header.events(scale=False), np.random.default_rng(1))
    planted, _ = KINDS["saturation"](planted, np.random.default_rng(2))
    planted[:, CHANNELS.index("Time")] *= TIMESTEP_S
    events = Events.of_array(planted, header.channels)
    return template, instantiate(template, events, channels), events


def test_the_ledger_follows_the_steps_in_their_order_and_adds_up(made):
    template, instance, events = made

    rows = quality_of(template, instance).rows

    steps = ["unsteady", "margin", "doublets", "dead", "debris"]
    assert [row["step"] for row in rows] == steps
    assert rows[0]["n_before"] == events.n_events
    for row, after in zip(rows, rows[1:], strict=False):
        assert row["n_after"] == after["n_before"]
    for row in rows:
        assert row["n_removed"] == row["n_before"] - row["n_after"] > 0
        assert row["share_removed"] == pytest.approx(row["n_removed"] / row["n_before"], abs=1e-6)
        assert row["applied"] == "yes"
    assert rows[-1]["population"] == "viable"
    assert rows[-1]["n_after"] == instance.gated.counts["viable"]


def test_for_gates_of_others_the_same_steps_are_told_and_not_applied(made):
    template, instance, events = made

    beside = quality_beside(events, FLUORESCENCE, None).rows
    own = quality_of(template, instance).rows

    assert [row["applied"] for row in beside] == ["no"] * 3
    for mine, theirs in zip(own, beside, strict=False):
        assert (mine["step"], mine["n_removed"]) == (theirs["step"], theirs["n_removed"])


def test_a_channel_where_many_events_saturate_is_flagged_and_kept_where_they_are_too_many():
    rng = np.random.default_rng(3)
    values = np.column_stack(
        [rng.normal(60_000, 5000, 5000), rng.lognormal(8, 0.4, (5000, 2)), np.arange(5000)]
    )
    full = rng.permutation(5000)
    values[full[:150], 1] = 262_143
    values[full[200:1200], 2] = 262_143
    names = ("FSC-A", "FITC-A", "PE-A", "Time")
    channels = channels_of(names)
    for channel in channels:
        channel.range = 262_144

    quality = quality_beside(Events.of_array(values, channels), ("FITC-A", "PE-A"), None)

    margin = quality.rows[1]
    assert margin["flags"] == "saturated_FITC-A;saturated_PE-A"
    assert margin["n_removed"] == 150
    (finding,) = quality.findings
    assert "FITC-A (3.0 %), PE-A (20.0 %)" in finding.message
    assert "kept in PE-A" in finding.message


def test_a_template_in_the_old_order_is_told_in_its_own_order():
    text = TNK.read_text().splitlines()[0] + (
        '\non_scale,+,root,"FSC-A,SSC-A",boundary,"min=c(1,1), max=c(262000,262000)",,,,'
        '\ncells,+,on_scale,FSC-A,mindensity,"gate_range=c(20000,42000)",,,,'
        '\nsinglets,+,cells,"FSC-A,FSC-H",singletGate,,,,,'
        '\nviable,-,singlets,Live/Dead,mindensity,"gate_range=c(500,6000)",,,,'
        "\ndead,+,singlets,Live/Dead,refGate,viable,,,,\n"
    )
    template, _ = parse_template(text, "old.csv")

    steps = [(step, row.aliases[0]) for step, row in steps_of(template.rows)]

    assert steps == [
        ("margin", "on_scale"),
        ("debris", "cells"),
        ("doublets", "singlets"),
        ("dead", "viable"),
    ]


def row(step, removed, unsteady="", flags=""):
    return {"step": step, "share_removed": removed, "share_unsteady": unsteady, "flags": flags}


@pytest.mark.parametrize(
    ("rows", "n_events", "codes"),
    [
        pytest.param([], 50_000, [], id="without a ledger only the events are judged"),
        pytest.param([], 999, ["few_acquired_events"], id="too few events"),
        pytest.param([row("unsteady", "0.3", "0.3")], 5000, [], id="at the limit"),
        pytest.param(
            [row("unsteady", "0.31", "0.31")], 5000, ["unsteady_acquisition"], id="unsteady"
        ),
        pytest.param(
            [row("unsteady", "0", "0.8", "no_steady_majority")],
            5000,
            ["unsteady_acquisition"],
            id="nothing was removed, since nothing was steady",
        ),
        pytest.param(
            [row("unsteady", "0", "0.8", "signals_drift;drifts_PE-A")],
            5000,
            [],
            id="some dyes drift, and no event was removed",
        ),
        pytest.param([row("margin", "0.25")], 5000, ["margin_events"], id="at the edges"),
        pytest.param([row("doublets", "0.6")], 5000, ["few_singlets"], id="mostly doublets"),
        pytest.param([row("doublets", "")], 5000, [], id="no event was left to judge by"),
    ],
)
def test_a_file_is_left_out_by_the_rule_that_it_breaks(rows, n_events, codes):
    fitness = judge(rows, n_events, RULES)

    assert list(fitness.reasons) == codes


def test_a_file_without_a_steady_part_is_told_of_in_words():
    fitness = judge([row("unsteady", "0", "0.8", "no_steady_majority")], 5000, RULES)

    (words,) = fitness.reasons.values()
    assert words == (
        "no part of the acquisition is steady, so that none was removed: that counts as 100 % of "
        "the events, 30 % are allowed"
    )


def test_the_verdict_names_what_changed_throughout_and_how_far():
    """The dim events of one dye become four times as bright, from 500 to 2,000."""
    rng = np.random.default_rng(6)
    names = ("FSC-A", "PE-A", "APC-A", "Time")
    values = rng.lognormal(8, 0.2, (20_000, 4))
    values[:, 1] = rng.normal(500, 50, 20_000) * np.linspace(1, 4, 20_000)
    values[:, 3] = np.cumsum(rng.exponential(0.002, 20_000))
    channels = channels_of(names)
    for channel in channels:
        channel.range = 262_144

    quality = quality_beside(Events.of_array(values, channels), ("PE-A", "APC-A"), None)

    (finding,) = quality.findings
    assert finding.code == "signals_drift"
    low, high = re.search(
        r"PE-A \([a-z ]+ between ([\d,]+) and ([\d,]+)\)", finding.message
    ).groups()
    assert int(low.replace(",", "")) == pytest.approx(575, rel=0.1)
    assert int(high.replace(",", "")) == pytest.approx(1925, rel=0.1)
    assert "APC-A" not in finding.message
    assert "carry the channels as flags" in finding.remedy


def test_a_drift_of_scatter_counts_against_the_whole_file():
    rng = np.random.default_rng(6)
    values = rng.lognormal(8, 0.2, (20_000, 5))
    values[:, 0] *= np.linspace(1, 4, 20_000)
    values[:, 4] = np.cumsum(rng.exponential(0.002, 20_000))
    channels = channels_of(("FSC-A", "PE-A", "APC-A", "FITC-A", "Time"))
    for channel in channels:
        channel.range = 262_144

    quality = quality_beside(Events.of_array(values, channels), ("PE-A", "APC-A", "FITC-A"), None)

    (finding,) = quality.findings
    assert finding.code == "no_steady_majority"
    assert "flow.exclusion.unsteady_acquisition" in finding.remedy


def test_what_a_rule_excludes_fails_with_its_code_and_is_listed():
    tubes = pd.DataFrame(
        {"patient": ["P1", "P2"], "visit": ["C1D1"] * 2, "tube_flags": ["", "x"], "failed": False},
        index=["a", "b"],
    )
    fitness = {
        "a": judge([row("margin", "0.5")], 5000, RULES),
        "b": judge([row("unsteady", "0", "0", "no_time_channel")], 5000, RULES),
    }

    judged, left_out = with_exclusions(tubes, fitness)

    assert judged["failed"].tolist() == [True, False]
    assert judged["tube_flags"].tolist() == [";margin_events", "x;no_time_channel"]
    (listed,) = left_out
    assert listed["item"] == "a"
    assert listed["status"] == "not_evaluable"
    assert listed["reason"] == (
        "margin_events: 50.0 % of the events are at the ends of the detectors, 20 % are allowed"
    )
