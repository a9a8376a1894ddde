"""What a contrast says against itself: mixed methods, limits, missing values, unequal spread."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from correlates.analyses.common_limits import BELOW, OBSERVED
from correlates.analyses.contrasts import contrast_values, run_contrasts
from correlates.analyses.markers import MEASUREMENT_COLUMNS, CohortTables
from correlates.analyses.missingness import missing_sentence
from correlates.analyses.model import run_model
from correlates.analyses.ranks import exact_p, midranks, pairs_higher, rank_scores
from correlates.analyses.sentences import contrast_sentence
from correlates.analyses.shift import hodges_lehmann

CONTRAST = {"id": "H1", "feature": "nk__abs", "baseline": "B1", "endpoint": "cr"}
BOTH = "dual_platform:lymph+mono/alc+amc"
ONE = "dual_platform:lymph/alc"


def cohort(values, events, status="ok", limit=np.nan, method="", evaluable=None):
    """The first patients have the event."""
    names = [f"P{number}" for number in range(1, len(values) + 1)]
    table = pd.DataFrame(
        {
            "patient": names,
            "marker": "nk__abs@B1",
            "value": np.array(values, dtype=float),
            "status": status,
            "limit": limit,
            "unit": "/uL",
            "method": method,
        }
    )
    cr = (np.arange(len(names)) < events).astype(float)
    ends = pd.DataFrame({"cr": cr if evaluable is None else np.where(evaluable, cr, np.nan)})
    return CohortTables(ends.set_index(pd.Index(names)), table[[*MEASUREMENT_COLUMNS, "method"]])


def only(tables, **changed):
    return run_contrasts(tables, [CONTRAST | changed]).iloc[0]


MIXED = [BOTH] * 7 + [ONE] * 2


@pytest.mark.parametrize(
    ("changed", "is_refused"),
    [
        pytest.param({"method": MIXED}, True, id="two pairs of counts"),
        pytest.param({"method": BOTH}, False, id="one pair"),
        pytest.param({"method": [BOTH] * 7 + [""] * 2}, False, id="not known of all"),
        pytest.param(
            {"method": MIXED, "status": ["ok"] * 7 + ["missing"] * 2},
            False,
            id="the other pair gave no value",
        ),
        pytest.param(
            {"method": MIXED, "evaluable": [True] * 7 + [False] * 2},
            False,
            id="the other pair's patients have no endpoint",
        ),
    ],
)
def test_values_measured_in_several_ways_are_not_compared(changed, is_refused):
    tables = cohort(range(1, 10), 4, **changed)
    row = only(tables)
    model, _ = run_model(tables, {"endpoint": "cr", "features": ["nk__abs@B1"], "permutations": 1})

    assert (row["reason"] == "mixed_methods") == is_refused
    assert (model["reason"] == "mixed_methods") == is_refused
    assert contrast_values(tables, [CONTRAST]).empty == is_refused


def test_the_refusal_of_mixed_methods_says_what_to_fill_in():
    sentence = only(cohort(range(1, 10), 4, method=MIXED))["sentence"]

    assert sentence == (
        "nk__abs@B1 was measured in 2 ways, which one test never mixes: "
        "dual_platform:lymph+mono/alc+amc in 7 patients, dual_platform:lymph/alc in 2 patients "
        "(P8, P9). Fill in the blood count that is blank: `amc_10e9_l` for the patients with "
        "dual_platform:lymph/alc (or its population was not gated in their tubes). Or leave it "
        "blank for all, so that all are counted in one way."
    )


def test_other_methods_have_another_remedy():
    sentence = only(cohort(range(1, 10), 4, method=["qpcr"] * 5 + ["ddpcr"] * 4))["sentence"]

    assert "qpcr in 5 patients, ddpcr in 4 patients (P6, P7, P8, P9). Measure all" in sentence


# P12 has a limit of 60, above eight of the ten measured values; P11 one of 15
VALUES = [70, 50, 40, 30, 20, 80, 45, 35, 25, 16, 0, 0]
LIMITS = [np.nan] * 10 + [15, 60]
STATUS = ["ok"] * 10 + ["nd"] * 2


def test_the_patient_whose_limit_ties_most_values_is_named():
    row = only(cohort(VALUES, 5, STATUS, LIMITS))
    side = np.array([OBSERVED] * 10 + [BELOW])
    without = exact_p(rank_scores(np.array([*VALUES[:10], 15]), side), np.arange(11) < 5)

    assert (row["floor"], row["floor_set_by"], row["n_tied_by_floor"]) == (60, "P12", 8)
    assert (row["n_sensitivity"], row["p_sensitivity"]) == (11, pytest.approx(without))
    assert row["p"] != row["p_sensitivity"]
    assert (
        "The floor is the limit of P12 (60.0 cells/µL); it alone ties 8 of the 10 measured values. "
        "More events in that tube would lower it, and a higher flow.min_leukocytes, set before "
        "results are seen, would leave such a tube out. Sensitivity, not the primary result: "
        f"without P12 exact two-sided uncorrected p = {without:.2g}."
    ) in row["sentence"]


@pytest.mark.parametrize(
    ("limits", "tied", "is_costly"),
    [
        pytest.param([15, 27], 3, True, id="3 of 10"),
        pytest.param([15, 22], 2, False, id="2 of 10 are no quarter"),
        pytest.param([58, 60], 0, False, id="the next limit ties them too"),
        pytest.param([60, 60], 8, True, id="two share the limit"),
    ],
)
def test_only_a_limit_that_costs_a_quarter_is_told_of(limits, tied, is_costly):
    row = only(cohort(VALUES, 5, STATUS, [*LIMITS[:10], *limits]))

    assert (row["n_tied_by_floor"], row["is_limit_costly"]) == (tied, is_costly)
    assert ("Sensitivity" in row["sentence"]) == is_costly
    assert np.isnan(row["p_sensitivity"]) == (not is_costly)


def test_without_the_patient_too_few_can_be_left():
    row = only(cohort([9, 8, 0, 1, 2, 3, 4, 5], 3, ["ok"] * 2 + ["nd"] + ["ok"] * 5, 4.5))

    assert "without P3 too few are left to test." in row["sentence"]


def test_the_lowest_ceiling_is_told_of_too():
    values = [10, 20, 30, 40, 50, 60, 70, 80, 90, 35]
    row = only(cohort(values, 4, ["ok"] * 9 + ["gt_uloq"], [np.nan] * 9 + [35]))

    assert (row["ceiling_set_by"], row["n_tied_by_ceiling"]) == ("P10", 6)
    assert "The ceiling is the limit of P10" in row["sentence"]
    assert "More events" not in row["sentence"]


def test_events_are_asked_for_only_where_a_cell_count_has_the_limit():
    tables = cohort(VALUES, 5, STATUS, LIMITS)
    tables.measurements["marker"] = "il6@B1"
    sentence = only(tables, feature="il6")["sentence"]

    assert "The floor is the limit of P12" in sentence
    assert "More events" not in sentence


def test_no_shift_is_estimated_where_limits_take_an_end_of_its_interval():
    # 4 of 5 with the event are below a limit that all others pass
    values, side = (
        np.array([2.0, 2, 2, 2, 9, *range(3, 11)]),
        np.array([BELOW] * 4 + [OBSERVED] * 9),
    )
    members = np.arange(13) < 5
    shift = hodges_lehmann(values, members, side)

    assert (shift.low, np.isfinite(shift.high)) == (-np.inf, True)
    assert np.isnan(shift.estimate)


def test_few_patients_take_both_ends_and_leave_the_estimate():
    values = np.array([10.0, 11, 12, 2, 3, 5, 1.5])
    shift = hodges_lehmann(values, np.arange(7) < 3, np.array([OBSERVED] * 6 + [BELOW]))

    assert (shift.low, shift.high) == (-np.inf, np.inf)
    assert np.isfinite(shift.estimate)


@pytest.mark.parametrize(("tied", "is_hidden"), [(13, True), (12, False)])
def test_no_shift_is_estimated_where_most_values_are_tied_by_limits(tied, is_hidden):
    # 24 values, one of which has a limit that ties this many
    rng = np.random.default_rng(1)
    values = np.r_[rng.permutation(np.arange(1.0, 24)), tied - 0.5]
    side = np.r_[np.full(23, OBSERVED), BELOW]
    members = np.isin(np.arange(24), rng.permutation(24)[:12])
    shift = hodges_lehmann(values, members, side, confidence=0.5)

    assert np.isfinite([shift.low, shift.high]).all()
    assert np.isnan(shift.estimate) == is_hidden


def test_a_hidden_estimate_points_nowhere():
    row = only(cohort([0, 0, 0, 0, 9, *range(3, 11)], 5, ["nd"] * 4 + ["ok"] * 9, 2.0))

    assert np.isnan(row["estimate"])
    # of 5 x 8 pairs the 9 is above six and level with one
    assert row["pairs_higher"] == pytest.approx(6.5 / 40)
    assert row["sentence"].startswith(
        "nk__abs at B1 was higher in 16 % of the pairs of one of the 5 patients with a complete "
        "response (CR or CRi) and one of the 8 without, ties counting half (medians "
    )
    assert "estimate points" not in row["sentence"]


@pytest.mark.parametrize(
    ("values", "how"),
    [
        pytest.param([7, 3, 9, 4, 2, 8, 6, 5], ": the estimate is ", id="no difference included"),
        pytest.param([9, 10, 11, 12, 1, 2, 3, 4], " was ", id="shown"),
    ],
)
def test_an_estimate_is_a_fact_only_where_it_is_shown(values, how):
    assert f"nk__abs at B1{how}" in only(cohort(values, 4))["sentence"]


MISSING = ["ok", "ok", "ok", "missing", "not_evaluable", "ok", "ok", "ok", "ok", "ok", "missing"]


def test_missing_values_are_counted_by_group_and_cause():
    evaluable = [True] * 10 + [False]
    row = only(cohort(range(1, 12), 4, [*MISSING[:10], "ok"], evaluable=evaluable))

    assert row["missing"] == "endpoint_not_evaluable=1;missing=1;not_evaluable=1"
    assert (row["missing_events"], row["missing_non_events"]) == ("missing=1", "not_evaluable=1")
    assert (row["n_missing"], row["n_missing_events"], row["n_missing_non_events"]) == (3, 1, 1)
    assert (
        "Left out: 1 patient without an evaluable endpoint, 1 patient without a measurement (1 "
        "with the event), 1 patient whose value could not be evaluated (1 without the event)."
    ) in row["sentence"]


def test_the_bounds_hold_every_value_that_the_missing_may_have_had():
    values = np.array([9, 10, 6, 0, 0, 1, 2, 3, 4, 5, 0.0])
    row = only(cohort(values, 4, MISSING))
    members, rank_sums, found = np.arange(11) < 4, [], {}
    for filled in product([0, 2.5, 7, 20], repeat=3):
        values[[3, 4, 10]] = filled
        scores = midranks(values)
        rank_sums.append(scores[members].sum())
        found[scores[members].sum()] = exact_p(scores, members)
    lowest, highest = found[min(rank_sums)], found[max(rank_sums)]

    assert row["p_missing_events_lowest"] == pytest.approx(lowest)
    assert row["p_missing_events_highest"] == pytest.approx(highest)
    assert row["way_missing_events_lowest"] == "higher"
    assert (
        "Had the missing values (1 with the event, 2 without) been the lowest of all values with "
        "the event and the highest without it, the test would give uncorrected p = "
        f"{lowest:.2g} (higher with the event); had they been the other way round, uncorrected p = "
        f"{highest:.2g} (higher with the event)."
    ) in row["sentence"]


def test_missing_values_can_turn_the_direction():
    row = only(cohort([1, 2, 3, 4, 5, 6, 7, 8, 9], 4, ["ok"] * 3 + ["missing"] + ["ok"] * 5))

    assert row["way_missing_events_highest"] == "lower"
    assert "all been the lowest of all values, the test" in row["sentence"]
    assert "had they all been the highest of all values, uncorrected p" in row["sentence"]


def test_equal_groups_have_no_direction():
    row = only(cohort([2, 3, 1, 2, 3, 0, 4], 2 + 1, ["ok"] * 5 + ["missing", "ok"]))
    row = missing_sentence(dict(row) | {"way_missing_events_lowest": "equal"})

    assert " (no direction); had they " in row


def test_a_claim_that_rests_on_the_values_at_the_limit_says_so():
    values = [9, 10, 3, 11, 1, 2, 1.5, 2.5, 0]
    row = dict(only(cohort(values, 4, ["ok"] * 8 + ["nd"], [np.nan] * 8 + [8])))
    row |= {"fragile": "p_sensitivity"}

    assert contrast_sentence(row).endswith(
        "Without the values whose limit ties the others, p would not pass in this direction."
    )
    row |= {"family_size": 3, "fragile": "p_missing_events_highest;p_sensitivity"}
    assert contrast_sentence(row).endswith(
        "With the missing values at the second of these extremes, or without the values whose "
        "limit ties the others, the corrected p would not pass in this direction."
    )


def test_a_claim_that_the_missing_values_could_undo_says_so():
    status = ["ok"] * 5 + ["missing"] + ["ok"] * 7
    row = only(cohort([9, 10, 11, 12, 13, 0, *range(1, 8)], 6, status))
    sure = only(cohort([9, 10, 11, 12, 13, 14, *range(1, 8)], 6))

    assert (row["claim"], row["fragile"]) == ("higher", "p_missing_events_lowest")
    assert row["sentence"].endswith(
        "With the missing values at the first of these extremes, p would not pass in this "
        "direction."
    )
    assert (sure["claim"], sure["fragile"]) == ("higher", "")
    assert "would not pass" not in sure["sentence"]


def test_the_missing_are_tied_with_what_lies_beyond_the_limits():
    status = ["ok"] * 3 + ["missing"] + ["nd"] * 2 + ["ok"] * 4
    row = only(cohort([9, 8, 7, 0, 0, 0, 3, 4, 5, 6], 4, status, 2.0))
    scores = midranks(np.array([9, 8, 7, 0, 0, 0, 3, 4, 5, 6]))

    assert row["p_missing_events_lowest"] == pytest.approx(exact_p(scores, np.arange(10) < 4))


def test_nothing_is_said_of_bounds_where_nobody_is_missing():
    row = only(cohort(range(1, 10), 4))

    assert np.isnan(row["p_missing_events_lowest"])
    assert "Had the missing" not in row["sentence"]


@pytest.mark.parametrize(
    ("values", "events", "has_caution"),
    [
        pytest.param([2, 16, 128, *[16, 17, 18, 19, 20] * 2], 3, True, id="3 of 10, spread wide"),
        pytest.param([*[16, 17, 18, 19, 20] * 2, 2, 16, 128], 10, True, id="the rarer without it"),
        pytest.param([16, 17, 18, *[2, 16, 128, 4, 64] * 2], 3, False, id="the larger spreads"),
        pytest.param([2, 16, 128, 17, 18, 19, 20], 3, False, id="3 of 4: sizes alike"),
    ],
)
def test_unequal_spread_of_unequal_groups_is_told(values, events, has_caution):
    row = only(cohort(values, events))

    assert ("spread more than twice as much" in row["sentence"]) == has_caution


@pytest.mark.parametrize(
    ("events", "others", "is_told"),
    [
        pytest.param(5, 11, True, id="5 of 16"),
        pytest.param(6, 13, False, id="6 can be judged"),
        pytest.param(5, 10, False, id="twice as many are no more than that"),
    ],
)
def test_few_values_tell_no_spread(events, others, is_told):
    row = only(cohort(range(1, events + others + 1), events))

    assert ("Spread cannot be judged from 5 values." in row["sentence"]) == is_told


def test_quartiles_are_those_that_were_measured_and_spread_is_that_of_the_test():
    status = ["ok"] * 5 + ["nd"] * 2 + ["ok"] * 2
    row = only(cohort([1, 1, 4, 8, 16, 0, 0, 4, 8], 5, status, 2.0))

    assert (row["q1_events"], row["q3_events"]) == (1, 8)
    assert (row["q1_non_events"], row["q1_non_events_sign"], row["q3_non_events"]) == (2, "<=", 5)
    # on the log2 scale of the contrast, tied at the limit: 1, 1, 2, 3, 4 and 1, 1, 2, 3
    assert (row["iqr_events"], row["iqr_non_events"]) == (2, pytest.approx(1.25))
    assert (
        "Quartiles: 1.00 to 8.00 cells/µL with the event, at most 2.00 to 5.00 cells/µL without."
    ) in row["sentence"]


def test_pairs_higher_by_hand():
    # 3 beats 1 and 2, 2 beats 1 and ties with 2
    assert pairs_higher(rank_scores(np.array([3, 2, 1, 2])), [1, 1, 0, 0]) == 3.5 / 4


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({}, "at 0.05 is about", id="the only one"),
        pytest.param({"family_size": 4}, "at 0.0125 (0.05 / 4) is about", id="of a family of four"),
        pytest.param({"family_size": 400}, "no power at that level", id="of a large family"),
        pytest.param({"family": "exploratory"}, "at 0.05 is about", id="exploratory"),
    ],
)
def test_what_it_can_show_is_at_the_level_of_its_family(changed, said):
    assert said in only(cohort(range(1, 14), 6), **changed)["permits"]


def test_what_it_can_show_is_that_of_its_ties():
    permits = only(cohort([9, *[1] * 8], 3))["permits"]

    assert "With 3 against 6 and their ties the smallest attainable" in permits
    assert "is 0.67: above 0.05, so there is no power at that level." in permits
