"""Which side of each floor and limit of the counts is legal, at the very value and beside it."""

import math

import pandas as pd
import pytest

from correlates.flow.counts.absolute import absolute_counts
from correlates.flow.counts.measurements import flow_measurements
from correlates.flow.counts.settings import FlowSettings

SETTINGS = FlowSettings(
    min_parent_events=500,
    lod_events=20,
    lloq_events=50,
    min_leukocytes=50_000,
    subset_floor={"min_leukocytes": 0, "above_alc_10e9_l": 10, "populations": []},
    min_viability_pct={"fresh": 80, "cryo": 70},
    cv_cbc=0.03,
    cv_vol=0.03,
    count_platforms=["dual", "single", "bridge"],
    bridge_anchors=["t"],
    min_bead_events=1000,
    bead_ratio_tolerance=0.1,
    platform_tolerance=0.25,
    fractions=["parent"],
    anchors={
        "leukocytes": "cd45",
        "lymphocytes": "lymph",
        "monocytes": "mono",
        "viable": "viable",
        "singlets": "singlets",
        "beads": "beads",
        "beads_a": "beads_a",
        "beads_b": "beads_b",
    },
    cbc_max_offset_h=24,
    clone_free=["t"],
    clone=[],
    extended_clone={"below_pct": 1, "markers": ["CD43"]},
    light_chains={"ratio": 3, "restricted": [], "polyclonal": []},
)
# population: (parent, events)
TREE = {
    "singlets": ("root", 100_000),
    "viable": ("singlets", 90_000),
    "cd45": ("viable", 80_000),
    "lymph": ("cd45", 70_000),
    "t": ("lymph", 4_000),
    "t_cd4": ("t", 2_500),
}
TUBE = {
    "acquisition": "P1_C0D1__tnk__full",
    "sample": "P1_C0D1",
    "patient": "P1",
    "visit": "C0D1",
    "timepoint": "pre",
    "panel": "tnk",
    "tube": "full",
}


def measured(feature, specimen="fresh_wb", offset_h=0.0, **events):
    """Return one feature of one tube whose number of events is given by population."""
    counts = {name: events.get(name, n) for name, (_, n) in TREE.items()} | {"root": 200_000}
    populations = pd.DataFrame(
        [
            {
                "acquisition": TUBE["acquisition"],
                "population": name,
                "parent": parent,
                "n": float(counts[name]),
                "n_parent": float(counts[parent]),
                "flags": "",
            }
            for name, (parent, _) in TREE.items()
        ]
    )
    intensities = pd.DataFrame(
        [
            {
                "acquisition": TUBE["acquisition"],
                "population": name,
                "marker": "CD4",
                "median": 812.5,
                "n": float(counts[name]),
            }
            for name in TREE
        ]
    )
    blood = {"patient": "P1", "visit": "C0D1", "timepoint": "pre", "cbc_offset_h": offset_h}
    blood |= {"wbc_10e9_l": 50.0, "alc_10e9_l": 40.0, "amc_10e9_l": 1.0}
    table = flow_measurements(
        [TUBE | {"specimen": specimen}],
        populations,
        intensities,
        {TUBE["acquisition"]: {"verdict": "accepted"}},
        [blood],
        SETTINGS,
    ).measurements
    return table[table["feature"] == feature].iloc[0]


@pytest.mark.parametrize(
    ("specimen", "viable", "status"),
    [
        pytest.param("fresh_wb", 80_000, "ok", id="fresh, at the floor of 80 percent"),
        pytest.param("fresh_wb", 79_999, "not_evaluable", id="fresh, one cell below"),
        pytest.param("cryo_pbmc", 70_000, "ok", id="cryopreserved, at the floor of 70 percent"),
        pytest.param("cryo_pbmc", 69_999, "not_evaluable", id="cryopreserved, one cell below"),
    ],
)
def test_viability_is_enough_from_its_floor(specimen, viable, status):
    row = measured("t_cd4__pct__t", specimen, viable=viable, cd45=60_000, lymph=60_000)

    assert row["status"] == status
    assert ("viability_below_floor" in row["flags"]) == (status != "ok")


@pytest.mark.parametrize(
    ("leukocytes", "status"), [(50_000, "ok"), (49_999, "not_evaluable")], ids=["at", "below"]
)
def test_leukocytes_are_enough_from_their_floor(leukocytes, status):
    row = measured("t_cd4__pct__t", cd45=leukocytes, lymph=40_000)

    assert row["status"] == status
    assert ("leukocytes_below_floor" in row["flags"]) == (status != "ok")


@pytest.mark.parametrize(
    ("parent", "status"), [(500, "ok"), (499, "not_evaluable")], ids=["at", "below"]
)
def test_a_percentage_is_reported_from_the_fewest_parent_events(parent, status):
    row = measured("t_cd4__pct__t", t=parent, t_cd4=100)

    assert row["status"] == status
    assert ("parent_below_floor" in row["flags"]) == (status != "ok")


@pytest.mark.parametrize(
    ("events", "status"),
    [(50, "ok"), (49, "lt_lloq"), (20, "lt_lloq"), (19, "nd"), (0, "nd")],
)
@pytest.mark.parametrize("feature", ["t_cd4__pct__t", "t_cd4__abs"])
def test_a_count_is_detected_and_quantified_from_its_limits(feature, events, status):
    assert measured(feature, t_cd4=events)["status"] == status


@pytest.mark.parametrize(
    ("events", "status", "flag"),
    [
        pytest.param(50, "ok", None, id="quantified"),
        pytest.param(49, "ok", "few_events", id="one fewer than quantified"),
        pytest.param(20, "ok", "few_events", id="detected"),
        pytest.param(19, "not_evaluable", "too_few_events", id="one fewer than detected"),
    ],
)
def test_a_median_is_reported_from_the_limit_of_detection(events, status, flag):
    row = measured("t_cd4__mfi__cd4", t_cd4=events)

    assert row["status"] == status
    assert [one for one in row["flags"] if one.endswith("few_events")] == ([flag] if flag else [])


@pytest.mark.parametrize(
    ("hours", "is_far"), [(24, False), (24.01, True), (-24, False), (-24.01, True), (None, False)]
)
def test_a_blood_count_is_far_beyond_the_largest_offset(hours, is_far):
    assert ("cbc_far_from_draw" in measured("t__abs", offset_h=hours)["flags"]) == is_far


@pytest.mark.parametrize(
    ("events", "low", "high"),
    [
        pytest.param(19, 11.44, 29.67, id="nineteen: exact"),
        pytest.param(20, 20 / 1.5561, 20 * 1.5561, id="twenty: log-normal"),
    ],
)
def test_the_exact_interval_ends_where_the_log_normal_one_begins(events, low, high):
    """Of 20 events the exact interval would be 12.22 to 30.89."""
    row = absolute_counts(
        events, 100_000, 100_000.0, cv_cbc=0.03, lod_events=20, lloq_events=50
    ).iloc[0]

    assert math.exp(1.96 * math.sqrt(1 / 20 + 1e-5 + 0.03**2)) == pytest.approx(1.5561, abs=1e-4)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), abs=0.005)
