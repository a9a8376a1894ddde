"""Gates that others drew, on files that others measured, against their own word and FlowKit's."""

import warnings

import numpy as np
import pytest

from correlates.flow.gating.compensation import of_spillover
from correlates.flow.gating.evaluate import evaluate
from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import (
    ROOT,
    Dimension,
    EllipsoidGate,
    RectangleGate,
    Strategy,
)
from correlates.flow.gating.gatingml import write_gatingml
from correlates.flow.gating.reconcile import reconcile
from correlates.flow.gating.strategies import read_flowjo, read_gatingml
from correlates.intake.fcs.reader import read_header
from flow_maker import flowkit_members_of_file, flowkit_results


def events_of(path) -> Events:
    header = read_header(path)
    return Events.of_file(header, of_spillover(header.spillover))


def reconciled(folder, fcs: str, wsp: str) -> dict[str, dict]:
    sample = read_flowjo(folder / wsp).sample_of(fcs)
    gated = evaluate(sample.strategy, events_of(folder / fcs))
    return {row["population"]: row for row in reconcile(sample, gated.counts)}


@pytest.fixture(scope="module")
def gate_ref(real_data):
    return real_data / "fcs" / "gate_ref"


@pytest.fixture(scope="module")
def truth(gate_ref):
    return {
        path.stem.removeprefix("Results_"): np.loadtxt(path, dtype=int).astype(bool)
        for path in (gate_ref / "truth").glob("Results_*.txt")
    }


@pytest.fixture(scope="module")
def compliance(gate_ref):
    return read_gatingml(gate_ref / "gml" / "gml_all_gates.xml")


# The standard's tests hold two gates more than the file of all gates, which have a truth as well.
EXTRA = (
    EllipsoidGate(
        "Ellipsoid3D",
        ROOT,
        "Ellipsoid3D",
        tuple(Dimension(name, "FCS") for name in ("FL3-H", "FL4-H", "FL1-H")),
        (40.3, 30.6, 20.8),
        ((2.5, 7.5, 17.5), (7.5, 7.0, 13.5), (15.5, 13.5, 4.3)),
        1.0,
    ),
    RectangleGate(
        "ParQuadRect",
        "FL2P-FL4P",
        "ParQuadRect",
        (
            Dimension("FL2-H", minimum=6.0, maximum=14.4),
            Dimension("FL4-H", minimum=7.0, maximum=16.0),
        ),
    ),
)


def test_all_49_gates_of_the_compliance_set_equal_the_truth(gate_ref, truth, compliance):
    strategy = Strategy(
        (*compliance.gates, *EXTRA),
        compliance.transforms,
        compliance.ratios,
        compliance.compensations,
    )

    gated = evaluate(strategy, events_of(gate_ref / "data1.fcs"))

    assert set(gated.packed) == set(truth)
    assert len(truth) - len(EXTRA) == 49
    unequal = {
        name: int((gated.members(name) != members).sum())
        for name, members in truth.items()
        if not np.array_equal(gated.members(name), members)
    }
    assert unequal == {}


@pytest.mark.parametrize(
    ("gate", "count"),
    [("Polygon1", 1582), ("Rectangle1", 252), ("Ellipse1", 203), ("Range2", 4710), ("Not1", 13164)],
)
def test_counts_of_the_compliance_set(gate_ref, compliance, gate, count):
    assert evaluate(compliance, events_of(gate_ref / "data1.fcs")).counts[gate] == count


def test_the_compliance_set_equals_flowkit_event_by_event(gate_ref, compliance):
    with np.errstate(all="ignore"):
        expected = flowkit_members_of_file(
            gate_ref / "gml" / "gml_all_gates.xml", gate_ref / "data1.fcs"
        )

    gated = evaluate(compliance, events_of(gate_ref / "data1.fcs"))

    assert set(gated.packed) == set(expected)
    assert len(expected) == 49
    for name, members in expected.items():
        np.testing.assert_array_equal(gated.members(name), members, name)


def test_the_compliance_set_written_again_is_the_same_for_flowkit(
    gate_ref, compliance, truth, tmp_path
):
    path = tmp_path / "again.xml"

    assert write_gatingml(compliance, path) == ()

    members = flowkit_members_of_file(path, gate_ref / "data1.fcs")
    assert len(members) == 49
    for name, found in members.items():
        np.testing.assert_array_equal(found, truth[name], name)


def test_omip021_is_within_one_percent_of_flowjo(real_data):
    rows = reconciled(real_data / "fcs" / "omip021", "Donor1.fcs", "OMIP021_samples_FlowJo.wsp")

    shown = {name: (row["flowjo"], row["ours"], row["verdict"]) for name, row in rows.items()}
    assert shown == {
        "Cells": (3687, 3687, "exact"),
        "CD4+": (1212, 1213, "within_1_percent"),
        "Debris": (457, 457, "exact"),
    }
    assert rows["CD4+"]["as_expected"] == "yes"
    assert "rests on Cells" in rows["CD4+"]["reason"]


def test_coereba_equals_flowjo_in_all_16_samples(real_data):
    folder = real_data / "fcs" / "coereba"
    workspace = read_flowjo(folder / "CytoML.wsp")
    files = sorted(path.name for path in folder.glob("*.fcs"))

    counts = {}
    for file in files:
        sample = workspace.sample_of(file)
        rows = reconcile(sample, evaluate(sample.strategy, events_of(folder / file)).counts)
        assert [row["verdict"] for row in rows] == ["exact"] * len(rows)
        assert {row["as_expected"] for row in rows} == {"yes"}
        counts[file[11:26]] = rows[0]["ours"]

    assert (len(files), len(workspace.samples), len(counts)) == (16, 16, 16)
    assert {key: count for key, count in counts.items() if "NY068" in key} == {
        "AB_02_NY068_02_": 311,
        "AB_03_NY068_03_": 335,
        "AB_04_NY068_04_": 310,
        "AB_05_NY068_05_": 329,
    }
    assert counts["AB_02_INF052_00"] == 52


def test_spleen_follows_flowjo_but_for_events_off_its_scale(real_data):
    rows = reconciled(real_data / "fcs" / "spleen_68983", "68983.fcs", "gating.wsp")

    assert len(rows) == 15
    flowjo = {
        "CD4_T_cells": 7480,
        "CD8_T_cells": 1407,
        "NK_cells": 312,
        "NK_T_cells": 535,
        "B_cells": 2459,
        "gd_T_cells": 1470,
    }
    for name, count in flowjo.items():
        assert rows[name]["flowjo"] == count
        assert abs(rows[name]["difference"]) <= max(2, 0.004 * count)
    assert {row["verdict"] for row in rows.values()} <= {"exact", "within_1_percent"}
    assert {row["as_expected"] for row in rows.values()} == {"yes"}
    assert [row["kind"] for row in rows.values()].count("polygon") == 3
    assert all(row["reason"] for row in rows.values() if row["difference"])


@pytest.mark.parametrize(
    ("folder", "fcs", "wsp"),
    [
        pytest.param("omip021", "Donor1.fcs", "OMIP021_samples_FlowJo.wsp", id="omip021"),
        pytest.param("spleen_68983", "68983.fcs", "gating.wsp", id="spleen"),
        pytest.param(
            "coereba", "2025_08_05_AB_05_NY068_05_SEB.fcs", "CytoML.wsp", id="one of coereba"
        ),
    ],
)
def test_workspaces_equal_flowkit_event_by_event(real_data, folder, fcs, wsp):
    import flowkit

    folder = real_data / "fcs" / folder
    sample = read_flowjo(folder / wsp).sample_of(fcs)
    gated = evaluate(sample.strategy, events_of(folder / fcs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workspace = flowkit.Workspace(str(folder / wsp), load_missing_file_data=True)
        parsed = workspace.get_gating_strategy(sample.name)
        events = flowkit.Sample(str(folder / fcs), use_flowjo_labels=True)

    expected = flowkit_results(parsed, events)

    names = {gate.name: gate.id for gate in sample.strategy.gates}
    assert set(names) == set(expected)
    for name, members in expected.items():
        np.testing.assert_array_equal(gated.members(names[name]), members, name)


def test_omip021_opens_in_flowkit_from_our_gatingml(real_data, tmp_path):
    """Names with slashes, FlowJo's scales and its matrix all have to come through."""
    folder = real_data / "fcs" / "omip021"
    sample = read_flowjo(folder / "OMIP021_samples_FlowJo.wsp").sample_of("Donor1.fcs")
    events = events_of(folder / "Donor1.fcs")
    gated = evaluate(sample.strategy, events)

    approximate = write_gatingml(sample.strategy, tmp_path / "gates.xml", events)

    members = flowkit_members_of_file(tmp_path / "gates.xml", folder / "Donor1.fcs")
    assert set(approximate) <= set(gated.packed)
    for name in gated.packed:
        assert (members[name] != gated.members(name)).sum() <= 1
