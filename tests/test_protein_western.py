"""Western densitometry: lanes, exposures, linearity, the control, and blots as random effects."""

import math

import numpy as np
import pytest

from correlates.assays.protein.blot_model import FIXED, RANDOM, levels_over_blots
from correlates.assays.protein.lanes import judge_lanes
from correlates.assays.protein.linearity import linearity_of, straight_line
from correlates.assays.protein.settings import WesternSettings
from correlates.assays.protein.western import measure_western

SETTINGS = WesternSettings()


def lane(blot, number, role="sample", band=100.0, stain=50.0, **more):
    row = {"blot": blot, "lane": number, "role": role, "marker": "CRBN", "band": band}
    row |= {"total_protein_stain": stain, "saturated": False, "exposure": 10.0, "load_ug": 20.0}
    row |= {"material": "lysate1" if role != "sample" else None, "row": number, "sheet": "western"}
    if role == "sample":
        row |= {"patient": "P01", "visit": "C1D1", "timepoint": "pre", "specimen": "cryo_pbmc"}
        row |= {"cell": "cll", "sample": "P01_C1D1"}
    return row | more


def series(blot, bands=(25.0, 50.0, 100.0, 200.0), **more):
    return [
        lane(blot, 20 + place, "dilution", band, load_ug=5.0 * 2**place, **more)
        for place, band in enumerate(bands)
    ]


def only(rows, **settings):
    return measure_western(rows, WesternSettings(**settings)).rows[0]


def test_the_ratio_is_that_of_the_stain_normalised_bands():
    rows = [lane("b1", 1, band=400.0, stain=50.0), lane("b1", 2, "control", 100.0, 100.0)]

    found = only(rows + series("b1"))

    # (400 / 50) / (100 / 100) = 8
    assert found["feature"] == "crbn__log2_ratio__cll"
    assert found["value"] == pytest.approx(3.0)
    assert found["status"] == "ok"


def test_one_lane_has_no_interval_and_says_so():
    rows = [lane("b1", 1), lane("b1", 2, "control"), *series("b1")]

    found = only(rows)

    assert math.isnan(found["ci_low"])
    assert {"one_lane", "no_replication"} <= set(found["flags"])


def test_a_saturated_band_is_refused_and_listed():
    rows = [lane("b1", 1, saturated=True), lane("b1", 2, "control"), *series("b1")]

    measured = measure_western(rows, SETTINGS)

    assert measured.rows[0]["status"] == "not_evaluable"
    assert measured.rows[0]["flags"] == ["saturated"]
    assert "saturated" in measured.left_out[0]["reason"]


def test_the_longest_exposure_without_saturation_counts():
    rows = [
        lane("b1", 1, band=100.0, exposure=10.0),
        lane("b1", 1, band=300.0, exposure=30.0),
        lane("b1", 1, band=900.0, exposure=90.0, saturated=True),
    ]

    judged = judge_lanes(rows, SETTINGS)[0]

    assert judged.exposure == 30.0
    assert len(judged.others) == 2


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        pytest.param([], "no_inter_blot_control", id="nothing ties the blot to the others"),
        pytest.param(
            [lane("b1", 2, "control", saturated=True)],
            "no_inter_blot_control",
            id="the control is saturated",
        ),
        pytest.param(
            [lane("b1", 2, "control"), *series("b1", (25.0, 90.0, 95.0, 96.0))],
            "not_linear",
            id="the signal levels off",
        ),
        pytest.param(
            [lane("b1", 2, "control"), *series("b1", (25.0, 50.0))],
            "not_linear",
            id="two amounts are no series",
        ),
    ],
)
def test_a_blot_that_cannot_be_used_leaves_its_samples_not_evaluable(rows, why):
    found = only([lane("b1", 1), *rows])

    assert found["status"] == "not_evaluable"
    assert found["value"] is None
    assert why in found["flags"]


def test_a_blot_without_a_series_takes_that_of_another_and_is_flagged():
    rows = [lane("b1", 1), lane("b1", 2, "control"), lane("b2", 1), lane("b2", 2, "control")]

    assert "linearity_of_other_blot" in only(rows + series("b1"))["flags"]
    assert "linearity_not_shown" in only(rows)["flags"]


def test_a_band_that_is_not_seen_is_below_the_smallest_amount_of_the_series():
    rows = [lane("b1", 1, band=0.0), lane("b1", 2, "control", 100.0), *series("b1")]

    found = only(rows)

    # smallest band 25 over the lane's stain 50, over the control's 100 / 50
    assert found["status"] == "nd"
    assert found["limit"] == pytest.approx(math.log2(0.25))


def test_a_band_that_is_not_seen_has_no_value_without_a_series():
    found = only([lane("b1", 1, band=0.0), lane("b1", 2, "control")])

    assert (found["status"], found["flags"]) == ("not_evaluable", ["no_limit_of_detection"])


def test_lanes_that_disagree_and_a_load_that_is_off_are_flagged():
    rows = [
        *(lane("b1", 1, band=100.0), lane("b1", 2, band=400.0, stain=250.0)),
        *(lane("b1", 3, "control"), lane("b1", 4, "control"), *series("b1")),
    ]

    found = only(rows)

    assert "load_off" in found["flags"]
    assert "replicates_disagree" not in found["flags"]
    assert "replicates_disagree" in only([*rows, lane("b1", 5, band=900.0)])["flags"]


def test_r2_of_a_line_by_hand():
    slope, r2 = straight_line(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))

    # slope 3/2, R2 = 3^2 / (2 * 14/3)
    assert slope == pytest.approx(1.5)
    assert r2 == pytest.approx(27 / 28)


def test_a_series_without_the_saturated_lane_is_too_short():
    rows = [
        *series("b1", (25.0, 50.0)),
        lane("b1", 30, "dilution", 100.0, load_ug=20.0, saturated=True),
    ]

    assert linearity_of(judge_lanes(rows, SETTINGS)[0], SETTINGS).passed is False


def draw_blots(rng, n_blots, sd_blot=0.6, sd_lane=0.15, n_samples=6):
    truth = rng.normal(0, 1, n_samples)
    y, units, blots = [], [], []
    for blot in range(n_blots):
        effect = rng.normal(0, sd_blot)
        for unit in ("control", *rng.choice(n_samples, 4, replace=False).tolist()):
            units.append(unit)
            blots.append(blot)
            level = 0.0 if unit == "control" else truth[unit]
            y.append(level + effect + rng.normal(0, sd_lane))
    return truth, y, units, blots


def test_the_mixed_model_is_that_of_statsmodels():
    from statsmodels.regression.mixed_linear_model import MixedLM

    _, y, units, blots = draw_blots(np.random.default_rng(3), 6)
    found = levels_over_blots(y, units, blots, "control", 3)
    design = [np.ones(len(y)), *([float(one == name) for one in units] for name in found.units)]
    fit = MixedLM(np.array(y), np.column_stack(design), groups=np.array(blots)).fit(reml=True)

    assert found.method == RANDOM
    assert found.estimate == pytest.approx(fit.fe_params[1:], abs=1e-5)
    assert found.se == pytest.approx(fit.bse[1 : 1 + len(found.units)], rel=1e-2)
    assert found.sd_between == pytest.approx(math.sqrt(float(fit.cov_re[0, 0])), rel=1e-2)


def test_two_blots_are_compared_within_themselves():
    y = [0.0, 1.0, 5.0, 6.2]

    found = levels_over_blots(y, ["c", "s", "c", "s"], [1, 1, 2, 2], "c", 3)

    assert found.method == FIXED
    # mean of 1.0 and 1.2; the residual of a paired comparison, on one degree of freedom
    assert found.estimate == pytest.approx([1.1])
    assert found.se == pytest.approx([0.1])


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(11)
    held = []
    for _ in range(60):
        truth, y, units, blots = draw_blots(rng, 5)
        found = levels_over_blots(y, units, blots, "control", 3)
        low, high = found.interval()
        of = np.array([truth[unit] for unit in found.units])
        held += ((low <= of) & (of <= high)).tolist()

    assert 0.92 <= np.mean(held) <= 0.98
