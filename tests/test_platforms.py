"""Counts by beads and by bridge: formulas by hand, coverage, refusals, and which way counts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import test_flow_measurements
from correlates.flow.counts.absolute import absolute_counts
from correlates.flow.counts.beads import cells_per_ul
from correlates.flow.counts.censoring import nd_by_alc
from correlates.flow.counts.measurements import flow_measurements
from correlates.measurements import faults
from test_flow_measurements import SETTINGS, blood, counts, row_of, tube

LOT = {"lot": "L1", "beads_per_tube": 50_000.0, "blood_ul": 100.0}
# 50,000 beads in 100 uL of blood are 500 cells a microlitre for as many events as beads.
BEADS, PER_UL = 10_000, 500.0
LIMITS = {"lod_events": 20, "lloq_events": 50}
# 500 / 10,000 cells a microlitre an event, which is also what this WBC makes of 100,000 leukocytes.
ALIKE = {"wbc_10e9_l": 5.0}


def counting_tube(acquisition="P1_C0D1__tnk__full", **changed):
    return tube(acquisition, lot="L1", tube_prep="lyse_no_wash", **changed)


def with_beads(rows, **events):
    """Add bead populations to the rows of one tube; ``beads`` stands below all events."""
    events = {"beads": BEADS} | events
    parents = {"beads": "root", "beads_a": "beads", "beads_b": "beads"}
    return rows + [
        rows[0] | {"population": key, "parent": parents[key], "n": float(n), "n_parent": 200_000.0}
        for key, n in events.items()
    ]


def tables(tubes, populations, cbc=(), lots=(LOT,), settings=SETTINGS, intensities=()):
    return flow_measurements(
        tubes,
        pd.DataFrame(populations),
        pd.DataFrame(list(intensities)),
        {one["acquisition"]: {"verdict": "accepted"} for one in tubes},
        cbc,
        settings,
        panel_order=["tnk", "act"],
        lots=lots,
    )


def single(populations=None, lot=None, cbc=(), settings=SETTINGS, **planned):
    populations = with_beads(counts()) if populations is None else populations
    lots = [LOT | (lot or {})]
    return tables([counting_tube(**planned)], populations, cbc, lots, settings)


def test_a_count_by_beads_is_events_over_beads_times_beads_over_blood():
    table = single().measurements
    row = row_of(table, "t_cd4__abs")

    cv = np.sqrt(1 / 2500 + 1 / 10_000 + 0.03**2)
    assert row["value"] == pytest.approx(2500 / 10_000 * 50_000 / 100)
    assert row["ci_low"] == pytest.approx(125 * np.exp(-1.959964 * cv))
    assert row["ci_high"] == pytest.approx(125 * np.exp(1.959964 * cv))
    assert (row["method"], row["status"], row["limit"]) == ("single_platform:beads", "ok", 2.5)
    assert faults(table) == []


@pytest.mark.parametrize(
    ("lot", "per_ul"),
    [
        pytest.param({"beads_per_tube": 50_000, "blood_ul": 100}, 500, id="a tube with its beads"),
        pytest.param(
            {"beads_per_ul": 1000, "beads_ul": 50, "blood_ul": 100, "beads_per_tube": None},
            500,
            id="beads that are pipetted",
        ),
        pytest.param(
            {"beads_per_tube": 50_000, "blood_ul": 100, "dilution": 2}, 1000, id="diluted blood"
        ),
    ],
)
def test_what_the_beads_of_a_tube_stand_for(lot, per_ul):
    assert cells_per_ul(lot) == pytest.approx(per_ul)


def test_the_error_of_the_lot_goes_before_that_of_the_config():
    row = row_of(single(lot={"cv": 0.10}).measurements, "t_cd4__abs")

    cv = np.sqrt(1 / 2500 + 1 / 10_000 + 0.10**2)
    assert row["ci_high"] / row["value"] == pytest.approx(np.exp(1.959964 * cv))


@pytest.mark.parametrize(
    ("planned", "reason"),
    [
        ({"tube_prep": "washed"}, "beads_after_wash"),
        ({"tube_prep": ""}, "tube_preparation_not_told"),
        ({"specimen": "fresh_pbmc"}, "beads_after_separation"),
        ({"specimen": "cryo_pbmc"}, "beads_after_separation"),
        ({"specimen": "marrow"}, "no_beads_for_specimen"),
        ({"lot": "L9"}, "bead_lot_unknown"),
    ],
)
def test_beads_that_count_nothing_are_refused_with_the_reason(planned, reason):
    one = counting_tube() | planned

    made = tables([one], with_beads(counts()), blood())

    assert reason in row_of(made.measurements, "nk__abs")["flags"]
    assert not row_of(made.measurements, "nk__abs")["method"].startswith("single")
    refused = made.platforms[made.platforms["platform"] == "single"]
    assert set(refused["status"]) == {"not_evaluable"}
    assert refused["value"].isna().all()


@pytest.mark.parametrize(
    ("events", "reason"),
    [(None, "beads_not_gated"), (0, "no_bead_events")],
    ids=["no gate", "an empty gate"],
)
def test_without_bead_events_there_is_no_count(events, reason):
    rows = counts() if events is None else with_beads(counts(), beads=events)

    row = row_of(single(rows).measurements, "nk__abs")

    assert reason in row["flags"]
    assert row["status"] in {"missing", "not_evaluable"}


@pytest.mark.parametrize(
    ("events", "flag", "flagged"),
    [
        pytest.param({"beads": 1000}, "few_bead_events", False, id="beads at the floor"),
        pytest.param({"beads": 999}, "few_bead_events", True, id="one bead below"),
        pytest.param({"beads_a": 5500, "beads_b": 5000}, "bead_ratio_off", False, id="10 % off"),
        pytest.param({"beads_a": 5501, "beads_b": 5000}, "bead_ratio_off", True, id="more"),
        pytest.param({"beads_a": 4499, "beads_b": 5000}, "bead_ratio_off", True, id="less"),
        pytest.param({"beads_a": 5000, "beads_b": 0}, "bead_ratio_off", True, id="one is lost"),
        pytest.param({"beads_a": 5000}, "bead_ratio_off", False, id="one kind only"),
    ],
)
def test_beads_that_are_few_or_uneven_flag_the_count(events, flag, flagged):
    row = row_of(single(with_beads(counts(), **events)).measurements, "nk__abs")

    assert (flag in row["flags"]) is flagged
    assert row["status"] == "ok"


def test_the_ratio_is_held_against_that_of_the_lot():
    rows = with_beads(counts(), beads_a=6000, beads_b=3000)

    flags = [
        row_of(single(rows, {"ratio_a_b": r}).measurements, "nk__abs")["flags"] for r in (1, 2)
    ]

    assert ["bead_ratio_off" in one for one in flags] == [True, False]


@pytest.mark.parametrize("wbc", [4.0, 5.0, 6.3])
def test_both_ways_stand_in_the_comparison_and_one_is_measured(wbc):
    made = single(cbc=blood(wbc_10e9_l=wbc))

    rows = made.platforms[made.platforms["feature"] == "nk__abs"].set_index("platform")
    assert rows["value"].to_dict() == pytest.approx({"dual": wbc * 1000 * 0.004, "single": 20.0})
    assert rows["primary"].to_dict() == {"dual": "yes", "single": "no"}
    assert rows.loc["single", "ratio_to_dual"] == pytest.approx(5.0 / wbc)
    measured = row_of(made.measurements, "nk__abs")
    assert measured["method"] == "dual_platform:cd45/wbc"
    assert measured["value"] == pytest.approx(wbc * 4)


@pytest.mark.parametrize(
    ("wbc", "flagged"), [(4.0, False), (3.99, True), (6.66, False), (6.68, True)]
)
def test_counts_that_differ_by_more_than_a_quarter_are_both_flagged(wbc, flagged):
    made = single(cbc=blood(wbc_10e9_l=wbc))

    for table in (made.measurements, made.platforms):
        rows = table[table["feature"].str.endswith("__abs")]
        assert {("platforms_disagree" in flags) for flags in rows["flags"]} == {flagged}


@pytest.mark.parametrize(
    ("order", "method"),
    [
        (["dual", "single", "bridge"], "dual_platform:cd45/wbc"),
        (["single", "dual", "bridge"], "single_platform:beads"),
    ],
)
def test_the_config_says_which_way_goes_first(order, method):
    settings = replace(SETTINGS, count_platforms=order)

    assert (
        row_of(single(cbc=blood(), settings=settings).measurements, "nk__abs")["method"] == method
    )


def test_a_missing_blood_count_gives_way_to_the_beads():
    row = row_of(single(cbc=blood(wbc_10e9_l="")).measurements, "nk__abs")

    assert (row["method"], row["status"]) == ("single_platform:beads", "ok")


def test_where_no_way_is_open_the_row_stays_missing():
    settings = replace(SETTINGS, count_platforms=["single"])

    row = row_of(tables([tube()], counts(), blood(), settings=settings).measurements, "nk__abs")

    assert (row["status"], row["flags"]) == ("missing", ["no_way_of_counting"])


def test_nothing_is_measured_of_the_beads_themselves():
    rows = with_beads(counts(), beads_a=5000, beads_b=5000)
    medians = test_flow_measurements.medians("beads_a")

    made = tables([counting_tube()], rows, blood(), intensities=medians)

    assert not made.measurements["feature"].str.contains("beads").any()


OTHER = "P1_C0D1__act__full"


def bridged(here, other=None, settings=SETTINGS, cbc=(), **planned):
    """A tube with beads, and one without of another panel, with ``here`` events."""
    tubes = [counting_tube(), tube(OTHER, **{"panel": "act", **planned})]
    rows = with_beads(counts(**(other or {}))) + counts(OTHER, **here)
    made = tables(tubes, rows, cbc, settings=settings)
    rows = made.platforms[made.platforms["acquisition"] == OTHER]
    return made, rows[rows["platform"] == "bridge"].set_index("feature")


def test_a_bridge_multiplies_by_the_anchor_and_adds_the_errors_in_quadrature():
    _, rows = bridged({"t": 8000, "nk": 600})

    # 4,000 T cells to 10,000 beads are 200 a microlitre; 600 NK cells to 8,000 T cells.
    row = rows.loc["nk__abs"]
    cv = np.sqrt(1 / 600 + 1 / 8000 + 1 / 4000 + 1 / 10_000 + 0.03**2)
    assert row["value"] == pytest.approx(600 / 8000 * 200)
    assert row["ci_high"] == pytest.approx(15 * np.exp(1.959964 * cv))
    assert row["ci_low"] == pytest.approx(15 * np.exp(-1.959964 * cv))
    assert (row["method"], row["status"]) == ("bridge:t", "ok")
    assert row["limit"] == pytest.approx(50 / 8000 * 200)


def test_the_anchor_itself_is_no_measurement_of_the_bridged_tube():
    made, rows = bridged({"t": 8000})

    assert "t__abs" not in rows.index
    assert row_of(made.measurements, "t__abs")["method"] == "single_platform:beads"


@pytest.mark.parametrize("order", [["act", "tnk"], ["tnk", "act"]])
def test_the_anchor_is_measured_where_it_was_counted_whatever_the_order_of_panels(order):
    tubes = [counting_tube(), tube(OTHER, panel="act")]
    rows = pd.DataFrame(with_beads(counts()) + counts(OTHER))

    made = flow_measurements(
        tubes,
        rows,
        pd.DataFrame(),
        {one["acquisition"]: {"verdict": "accepted"} for one in tubes},
        [],
        SETTINGS,
        panel_order=order,
        lots=[LOT],
    )

    anchor, other = (row_of(made.measurements, f"{key}__abs") for key in ("t", "nk"))
    assert (anchor["value"], anchor["method"]) == (200, "single_platform:beads")
    assert other["method"] == ("bridge:t" if order[0] == "act" else "single_platform:beads")
    lost = made.left_out[made.left_out["item"] == "t__abs"].iloc[0]
    assert "since it has a value and the other has none" in lost["reason"]


def test_a_second_anchor_serves_where_the_first_is_too_small():
    _, rows = bridged({"t": 30, "t_cd4": 10, "nk": 600})

    assert set(rows["method"]) == {"bridge:nk"}
    assert rows.loc["mono__abs", "value"] == pytest.approx(2000 / 600 * 20)


def test_a_bridge_without_an_anchor_says_so():
    made, _ = bridged({"t": 30, "t_cd4": 10, "nk": 30})

    rows = made.platforms[made.platforms["platform"] == "bridge"]
    assert all("bridge_anchor_not_quantified" in flags for flags in rows["flags"])
    assert set(rows["status"]) == {"not_evaluable"}


def test_the_flags_of_the_beads_come_along():
    tubes = [counting_tube(), tube(OTHER, panel="act")]
    rows = with_beads(counts(), beads=900) + counts(OTHER)

    platforms = tables(tubes, rows).platforms

    of_bridge = platforms[platforms["platform"] == "bridge"]
    assert len(of_bridge) > 0
    assert all("few_bead_events" in flags for flags in of_bridge["flags"])


@pytest.mark.parametrize(
    ("other", "planned", "open_to"),
    [
        pytest.param({}, {"visit": "C1D1"}, False, id="another draw"),
        pytest.param({"cd45": 40_000, "lymph": 30_000}, {}, False, id="a tube that failed"),
        pytest.param({}, {}, True, id="the same draw"),
    ],
)
def test_only_an_evaluable_tube_of_the_same_draw_is_a_bridge(other, planned, open_to):
    _, rows = bridged({}, other, **planned)

    assert (len(rows) > 0) is open_to


def test_of_separated_cells_only_mononuclear_ones_are_carried_over(monkeypatch):
    tree = test_flow_measurements.TREE | {"granulocytes": ("cd45", 10_000)}
    monkeypatch.setattr(test_flow_measurements, "TREE", tree)

    _, blood_rows = bridged({})
    _, rows = bridged({}, specimen="cryo_pbmc")

    assert "granulocytes__abs" in blood_rows.index
    assert "granulocytes__abs" not in rows.index
    assert {"nk__abs", "mono__abs"} <= set(rows.index)


def test_few_events_of_a_bridge_keep_the_exact_interval_of_the_count():
    _, rows = bridged({"nk_cd57": 0})

    row = rows.loc["nk_cd57__abs"]
    assert (row["value"], row["ci_low"], row["status"]) == (0, 0, "nd")
    assert row["ci_high"] >= 3.69 / 4000 * 200


@pytest.mark.parametrize("expected", [5, 12, 30, 300])
def test_the_interval_of_a_bridge_covers_the_truth(expected):
    """Every count is Poisson, the volumes are log-normal; the truth is one cell a microlitre."""
    rng = np.random.default_rng(7)
    draws, anchor, beads = 40_000, 2000, 2000
    n_pop, here, there, n_beads = (
        rng.poisson(mean, draws) for mean in (expected, anchor, anchor, beads)
    )
    volumes = np.exp(rng.normal(0, 0.03, draws))
    cv = np.sqrt(1 / there + 1 / n_beads + 0.03**2)

    rows = absolute_counts(
        n_pop, here, there / n_beads * volumes * beads / anchor, cv_cbc=cv, **LIMITS
    )

    truth = expected / anchor
    covered = ((rows["ci_low"] <= truth) & (truth <= rows["ci_high"])).mean()
    assert 0.945 <= covered <= 0.985


def test_what_was_not_detected_is_counted_by_tertile_of_the_lymphocytes():
    alc = {"P1": 5, "P2": 10, "P3": 50, "P4": 60, "P5": 200, "P6": 300}
    tubes = [tube(f"{p}_C0D1__tnk__full", patient=p, sample=f"{p}_C0D1") for p in alc]
    rows = [
        row
        for p, count in alc.items()
        for row in counts(f"{p}_C0D1__tnk__full", nk_cd57=10 if count > 55 else 100)
    ]
    cbc = [row for p, n in alc.items() for row in blood(patient=p, alc_10e9_l=n, wbc_10e9_l=400)]

    table = nd_by_alc(tables(tubes, rows, cbc).measurements, cbc)

    found = [row for row in table if row["feature"] == "nk_cd57__abs"]
    assert [(row["tertile"], row["n_draws"], row["n_nd"]) for row in found] == [
        ("low", 2, 0),
        ("middle", 2, 1),
        ("high", 2, 2),
    ]
    assert [(row["alc_low_10e9_l"], row["alc_high_10e9_l"]) for row in found] == [
        ("5", "10"),
        ("50", "60"),
        ("200", "300"),
    ]


def test_two_draws_make_no_tertiles():
    assert nd_by_alc(tables([tube()], counts(), blood()).measurements, blood()) == []
