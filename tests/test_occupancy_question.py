"""Occupancy under both drugs against ibrutinib alone: who is compared, and what is claimed."""

import numpy as np
import pytest

from correlates.analyses.answers import COLUMNS as ANSWER_COLUMNS
from correlates.analyses.occupancy.answers import answer_occupancy
from correlates.clinical.dosing.dosing import Dosing, exposure_dosing
from occupancy_maker import METHOD, SETTINGS, reading, table, trough_pairs

ALONE = [93.0, 95.0, 91.0, 94.0, 96.0, 92.0]
BOTH = [94.0, 94.5, 92.0, 93.0, 96.5, 91.5]


def answers(rows, dosing=None, settings=SETTINGS):
    found = answer_occupancy(table(rows), dosing or {}, settings, "The order is fixed.")
    return {(row["question"], row["feature"], row["contrast"]): row for row in found.answers}


def primary(
    rows, dosing=None, settings=SETTINGS, question="Occupancy at trough", feature="btk__occ__cll"
):
    return answers(rows, dosing, settings)[question, feature, "C2D1 pre - C1D1 pre"]


def test_small_differences_are_equivalent_within_the_margin():
    row = primary(trough_pairs(ALONE, BOTH))

    # differences 1, -0.5, 1, -1, 0.5, -0.5: mean 0.0833; of 64 patterns 3 lie beyond either end
    assert row["estimate"] == pytest.approx(0.5 / 6)
    assert row["n"] == 6
    assert row["verdict"] == "equivalent"
    assert -5 < row["ci_low"] < 0 < row["ci_high"] < 5
    assert "90 % interval" in row["sentence"]
    assert "a default of this project" in row["sentence"]
    assert row["caution"].endswith("The order is fixed.")
    assert set(row) == set(ANSWER_COLUMNS)


def test_a_margin_of_the_study_is_not_called_a_default():
    own = SETTINGS.__class__(**(SETTINGS.__dict__ | {"margins": {"btk": 0.5, "itk": 10}}))

    said = primary(trough_pairs(ALONE, BOTH), settings=own)["sentence"]

    assert "within ±0.5 points (the margin that the study's config sets)" in said
    assert "default" not in said


def test_five_pairs_say_that_they_cannot_reach_the_level():
    row = primary(trough_pairs(ALONE[:5], [one + 1 for one in ALONE[:5]]))

    assert row["p"] == 0.0625
    assert "5 pairs cannot reach 0.05" in row["sentence"]


def test_four_pairs_allow_no_interval_and_no_verdict():
    row = primary(trough_pairs(ALONE[:4], BOTH[:4]))

    assert (row["ci_low"], row["ci_high"]) == (-np.inf, np.inf)
    assert row["verdict"] == "too few pairs"
    assert "no end of a 90 % interval is attainable" in row["sentence"]


def test_a_censored_value_counts_as_all_that_it_could_be():
    """Ceiling 80 in one of six: the difference may be -16 to 4 points."""
    row = primary(trough_pairs([*ALONE[:5], 96.0], [*BOTH[:5], (80.0,)]))

    assert row["verdict"] == "bounded by assay ceiling"
    assert row["estimate"] is None
    assert row["n_censored"] == 1
    assert "between -2.50 and 0.833 points" in row["sentence"]
    assert "what the censored values were" in row["sentence"]


def test_a_high_ceiling_leaves_the_verdict_standing():
    row = primary(trough_pairs([*ALONE[:5], (97.0,)], [*BOTH[:5], (97.0,)]))

    assert row["verdict"] == "equivalent"
    assert row["n_censored"] == 1


def test_where_most_pairs_are_hidden_twice_there_are_counts_and_no_p():
    hidden = [(97.0,)] * 4
    row = primary(trough_pairs([*hidden, 93.0, 94.0], [*hidden, 94.0, (97.0,)]))

    assert row["p"] is None
    assert row["estimate"] is None
    assert "4 of 6 under ibrutinib alone and 5 of 6 under the combination" in row["sentence"]
    assert "no p is given" in row["sentence"]
    # four differences of -3 to 3, one of 1 and one of 3 to 6
    assert "between -1.33 and 3.17 points" in row["sentence"]
    assert row["verdict"] == "equivalent"


def test_half_of_the_pairs_is_not_most_of_them():
    hidden = [(97.0,)] * 3
    assert primary(trough_pairs([*hidden, *ALONE[:3]], [*hidden, *BOTH[:3]]))["p"] is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"hours_post_dose": 31.0}, "outside of the window of hours", id="late"),
        pytest.param({"hours_post_dose": 3.0}, "outside of the window of hours", id="after dose"),
        pytest.param({"flags": ["missed_dose"]}, "a missed dose", id="missed dose"),
        pytest.param({"flags": ["no_pre_dose"]}, "not normalised to a pre-dose", id="no pre-dose"),
        pytest.param(
            {"flags": ["occ_uninterpretable_mutant"], "status": "not_evaluable", "value": None},
            "a Cys481 mutation",
            id="mutant",
        ),
        pytest.param({"status": "not_evaluable"}, "could not be evaluated", id="not evaluable"),
        pytest.param({"phase": "IBR_RUNIN"}, "in another phase", id="lenalidomide was late"),
        pytest.param(
            {"method": "pre_dose: 100 (1 - S/S0); flow_probe, mfi"}, "by two methods", id="formula"
        ),
        pytest.param(
            {"method": METHOD.replace("flow_probe", "elisa")}, "by two methods", id="assay"
        ),
    ],
)
def test_what_is_left_out_of_the_primary_is_named(change, words):
    rows = trough_pairs(ALONE, BOTH)
    rows[1] |= change

    row = primary(rows)

    assert row["n"] == 5
    assert "Left out: 1 patient " in row["caution"]
    assert words in row["caution"]


def test_a_patient_without_the_second_draw_is_named():
    row = primary(trough_pairs(ALONE, BOTH)[:-1])

    assert row["n"] == 5
    assert "Left out: 1 patient without a draw." in row["caution"]


def test_pairs_left_out_for_their_timing_come_back_in_a_sensitivity_row():
    rows = trough_pairs(ALONE, BOTH)
    rows[1] |= {"hours_post_dose": 40.0}
    rows[3] |= {"flags": ["occ_uninterpretable_mutant"], "status": "not_evaluable"}

    assert primary(rows)["n"] == 4
    assert primary(rows, question="Occupancy at trough, with every pair")["n"] == 5


def test_a_dose_recorded_as_not_taken_is_a_missed_dose():
    """The dose of day 56 was missed, and the trough of C2D1 is of day 57."""
    doses = [
        {"drug": "ibrutinib", "start_day": 1, "stop_day": 55, "dose_mg": 420},
        {"drug": "ibrutinib", "start_day": 56, "stop_day": 56, "dose_mg": 0, "reason": "forgotten"},
        {"drug": "ibrutinib", "start_day": 57, "stop_day": None, "dose_mg": 420},
    ]
    taken = exposure_dosing("P01", doses, {"patient": "P01"})

    row = primary(trough_pairs(ALONE, BOTH), {"P01": taken})

    assert row["n"] == 5
    assert "1 patient with a missed dose" in row["caution"]
    assert primary(trough_pairs(ALONE, BOTH), {"P01": Dosing()})["n"] == 6


def test_a_trough_under_its_other_name_stands_for_the_draw():
    rows = trough_pairs(ALONE, BOTH)
    rows[0] |= {"visit": "C0D28", "timepoint": "h24", "day": 29.0}

    assert primary(rows)["n"] == 6


def test_hours_that_nobody_recorded_are_told_of_or_ask_for_the_draw_to_be_left_out():
    rows = trough_pairs(ALONE, BOTH)
    rows[0] |= {"hours_post_dose": None}
    strict = SETTINGS.__class__(**(SETTINGS.__dict__ | {"needs_hours": True}))

    assert "1 pair without recorded hours lies there by label alone" in primary(rows)["caution"]
    assert primary(rows, settings=strict)["n"] == 5


def test_the_ratio_of_free_fractions():
    """Free fractions halve from 10 % to 5 % in everybody."""
    row = primary(
        trough_pairs([90.0] * 6, [95.0] * 6),
        question="Free fraction at trough",
        feature="btk__ff__cll",
    )

    assert row["estimate"] == pytest.approx(0.5)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.5, 0.5))


def test_the_ratio_has_no_estimate_where_a_free_fraction_is_below_its_limit():
    row = primary(
        trough_pairs([*ALONE[:5], 92.0], [*BOTH[:5], (97.0,)]),
        question="Free fraction at trough",
        feature="btk__ff__cll",
    )

    assert row["estimate"] is None
    assert "not estimable" in row["sentence"]


def test_targets_and_cells_and_specimens_stay_apart():
    rows = trough_pairs(ALONE, BOTH)
    rows += trough_pairs([60.0] * 6, [66.0] * 6, feature="itk__occ__t_cd4")
    rows += trough_pairs(ALONE, [one - 20 for one in ALONE], specimen="cryo_pbmc")

    found = answers(rows)

    contrast = "C2D1 pre - C1D1 pre"
    assert found["Occupancy at trough", "itk__occ__t_cd4", contrast]["estimate"] == 6
    # 6 points of ITK lie within its margin of 10, which of BTK they would not
    assert found["Occupancy at trough", "itk__occ__t_cd4", contrast]["verdict"] == "equivalent"
    cryo = found["Occupancy at trough", "btk__occ__cll", f"{contrast} (cryopreserved PBMC)"]
    assert cryo["verdict"] == "beyond the margin"
    fresh = found["Occupancy at trough", "btk__occ__cll", f"{contrast} (fresh whole blood)"]
    assert fresh["verdict"] == "equivalent"


def test_the_median_of_the_cohort_is_held_against_what_is_known_of_btk():
    rows = trough_pairs([88.0, 89.0, 91.0], [(97.0,)] * 3)
    rows += trough_pairs([50.0] * 3, [52.0] * 3, feature="itk__occ__t_cd4")

    found = answers(rows)

    alone = found["Median of the cohort", "btk__occ__cll", "C1D1 pre"]
    both = found["Median of the cohort", "btk__occ__cll", "C2D1 pre"]
    assert (alone["estimate"], alone["verdict"]) == (89.0, "below expected")
    assert (both["estimate"], both["verdict"]) == (None, "as expected")
    assert "at or above 97.0 %" in both["sentence"]
    assert found["Median of the cohort", "itk__occ__t_cd4", "C1D1 pre"]["verdict"] == "no reference"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(99.96, "99.9 %", id="would round to 100"),
        pytest.param(99.9996, "99.9 %", id="nearer still"),
        pytest.param(99.94, "99.9 %", id="three digits suffice"),
        pytest.param(87.8, "87.8 %", id="far below"),
    ],
)
def test_what_lies_just_below_100_percent_is_not_written_as_100(value, said):
    found = answers(trough_pairs([value] * 3, [(value,)] * 3))

    alone = found["Median of the cohort", "btk__occ__cll", "C1D1 pre"]["sentence"]
    both = found["Median of the cohort", "btk__occ__cll", "C2D1 pre"]["sentence"]
    assert f": {said} (" in alone
    assert f"at or above {said} (" in both


def test_a_ceiling_below_what_is_expected_decides_nothing():
    found = answers(trough_pairs([(85.0,)] * 5, ALONE[:5]))

    alone = found["Median of the cohort", "btk__occ__cll", "C1D1 pre"]
    assert alone["verdict"] == "bounded by assay ceiling"


def test_a_trough_below_what_new_protein_can_free_is_named():
    rows = trough_pairs([60.0, *ALONE[1:]], BOTH)

    found = answer_occupancy(table(rows), {}, SETTINGS)
    judged = {(row["patient"], row["visit"]): row for row in found.troughs}

    assert judged["P01", "C1D1"]["verdict"] == "implausibly low"
    assert judged["P01", "C1D1"]["predicted"] == pytest.approx(87.8, abs=0.05)
    assert judged["P02", "C1D1"]["verdict"] == "plausible"
    row = next(one for one in found.answers if one["question"] == "Occupancy at trough")
    assert "Implausibly low at trough" in row["caution"]
    assert "P01" in row["caution"]


def test_the_patient_s_own_peak_goes_before_the_default():
    """From 80 % at 4 h on, 70 % at 24 h is what new protein leaves."""
    rows = trough_pairs([70.0], [90.0]) + [reading("P01", "C0D28", 80.0, "h4")]

    found = answer_occupancy(table(rows), {}, SETTINGS)
    own = next(row for row in found.troughs if row["visit"] == "C1D1")

    assert own["ff_4h_from"] == "C0D28 h4"
    assert own["predicted"] == pytest.approx(80 * np.exp(-0.144 * 20 / 24), abs=0.001)
    assert own["verdict"] == "plausible"


def test_a_later_trough_is_compared_where_anybody_had_it():
    rows = trough_pairs(ALONE, BOTH)
    later = ("Occupancy at later troughs", "btk__occ__cll", "C4D1 pre - C1D1 pre")

    assert later not in answers(rows)
    rows += [reading(f"P{n:02d}", "C4D1", 95.0) for n in range(1, 6)]
    assert answers(rows)[later]["n"] == 5


def test_nothing_measured_is_no_answer_and_no_error():
    assert answer_occupancy(table([]), {}, SETTINGS).answers == []


def test_a_study_without_any_pair_says_so():
    row = primary([reading("P01", "C1D1", 93.0)])

    assert (row["n"], row["verdict"]) == (0, "no pairs")
    assert "no patient has two values" in row["sentence"]


def test_btk_in_cll_cells_at_trough_comes_first_and_is_called_primary():
    normal = [one | {"feature": "btk__occ__b_normal"} for one in trough_pairs([(97.0,)], [(97.0,)])]
    itk = [one | {"feature": "itk__occ__t"} for one in trough_pairs(ALONE, BOTH)]
    found = answer_occupancy(table([*normal, *itk, *trough_pairs(ALONE, BOTH)]), {}, SETTINGS)

    first, *others = found.answers
    assert (first["question"], first["feature"]) == ("Occupancy at trough", "btk__occ__cll")
    assert first["caution"].startswith("This is the primary answer")
    compared = [one for one in others if "Median" not in one["question"]]
    assert all(
        one["caution"].startswith("Exploratory: the primary question is BTK occupancy of CLL cells")
        and "3 comparisons were made without correction" in one["caution"]
        for one in compared
    )
    assert [one.series.feature for one in found.drawn][:1] == ["btk__occ__cll"]


def test_none_of_two_specimens_is_called_primary():
    rows = trough_pairs(ALONE, BOTH)
    found = answer_occupancy(
        table([*rows, *(one | {"specimen": "cryo_pbmc"} for one in rows)]), {}, SETTINGS
    )

    assert not any("This is the primary" in one["caution"] for one in found.answers)


def test_single_patients_beyond_the_margin_are_counted_beside_an_equivalent_mean():
    """Twelve patients; one falls by 8 points, which the mean and its interval hide."""
    alone = [95.0] * 12
    both = [95.0 + 0.1 * (-1) ** one for one in range(11)] + [87.0]
    row = primary(trough_pairs(alone, both))

    assert row["verdict"] == "equivalent"
    assert "1 of 12 changed by 5 points or more (-8.00 to 0.100)" in row["sentence"]
    # Clopper and Pearson, one-sided 95 %, of 1 in 12
    assert "up to 34 % may (95 % upper bound)" in row["sentence"]
    assert "evenly about their mean" in row["caution"]


def test_changes_that_a_ceiling_leaves_open_are_counted_as_a_range():
    row = primary(trough_pairs([*ALONE[:5], 96.0], [*BOTH[:5], (80.0,)]))

    assert "Of single patients between 0 and 1 of 6 changed by 5 points" in row["sentence"]


def test_one_pair_allows_what_several_allow():
    row = primary(trough_pairs(ALONE[:1], BOTH[:1]))

    assert "1 pair allows no 90 % interval" in row["sentence"]
    assert "the smallest that 1 pair allows is 1" in row["sentence"]
    assert "pair allow " not in row["sentence"]


def test_an_occupancy_below_100_is_never_printed_as_100():
    rows = trough_pairs([99.97] * 7, [99.98] * 7)
    found = answers(rows)
    medians = [one for one in found.values() if one["question"] == "Median of the cohort"]

    assert medians
    assert all("99.9 %" in one["sentence"] for one in medians)
    assert not any("100.0" in one["sentence"] for one in medians)


def test_a_median_has_an_interval_or_says_that_it_has_none():
    found = answers(trough_pairs(ALONE, BOTH))
    row = found["Median of the cohort", "btk__occ__cll", "C1D1 pre"]
    few = answers(trough_pairs(ALONE[:5], BOTH[:5]))
    short = few["Median of the cohort", "btk__occ__cll", "C1D1 pre"]

    # of six values the lowest and the highest hold the median with 1 - 2 / 2^6 = 96.9 %
    assert (row["ci_low"], row["ci_high"], row["confidence"]) == (91.0, 96.0, 0.95)
    assert "95 % interval 91.0 to 96.0" in row["sentence"]
    assert short["ci_low"] is None
    assert "no 95 % interval is attainable" in short["sentence"]


def test_pairs_without_any_free_signal_are_said_to_have_no_ratio():
    rows = trough_pairs([*ALONE, 100.0], [*BOTH, 99.0])
    row = primary(rows, question="Free fraction at trough", feature="btk__ff__cll")

    assert row["n"] == 6
    assert "1 pair without any free signal has no ratio" in row["sentence"]
