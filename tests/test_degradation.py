"""Degradation on lenalidomide: percent remaining, fitted falls, what is read off a course."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from correlates.analyses.degradation.answers import degradation_answers
from correlates.analyses.degradation.courses import (
    NOT_EVALUABLE,
    SUMMARISED,
    area_above,
    hours_below,
    read_course,
)
from correlates.analyses.degradation.figure import draw_courses
from correlates.analyses.degradation.kinetics import (
    FITTED,
    LOWER_ONLY,
    NO_FALL,
    UPPER_ONLY,
    fit_decay,
)
from correlates.analyses.degradation.profiles import protein_profiles
from correlates.analyses.degradation.remaining import LOG2, Level, fieller, percent_remaining
from correlates.analyses.degradation.settings import DegradationSettings
from correlates.analyses.degradation.tables import point_rows, profile_rows
from correlates.analyses.degradation.timing import OFF, PEAK, TROUGH, timing_of
from correlates.clinical.dosing.dosing import FROM_EXPOSURE, Dosing
from correlates.clinical.dosing.intervals import Interval
from correlates.measurements import COLUMNS, conform

SETTINGS = DegradationSettings()
HOURS = np.array([0.0, 5.0, 24.0, 168.0, 336.0, 672.0])
DOSING = Dosing((Interval("lenalidomide", 29.0, None, 10.0),), FROM_EXPOSURE)


def fall(half, plateau=30.0, hours=HOURS):
    return plateau + (100 - plateau) * 2 ** (-hours / half)


# ----------------------------------------------------------------------- percent remaining


def test_percent_remaining_is_of_the_baseline():
    pct, low, high = percent_remaining(Level(400.0, 20.0), Level(1000.0, 50.0))

    assert pct == pytest.approx(40.0)
    # by hand: relative errors of 5 % each, and Fieller's slight asymmetry
    assert (low, high) == pytest.approx((34.8, 46.0), abs=0.1)


def test_fieller_agrees_with_simulation():
    rng = np.random.default_rng(1)
    held = []
    for _ in range(4000):
        top, bottom = rng.normal(300, 60), rng.normal(1000, 180)
        low, high = fieller(top, 60, bottom, 180)
        held.append(low <= 0.3 <= high)

    assert np.mean(held) == pytest.approx(0.95, abs=0.012)


def test_a_ratio_of_blots_is_a_difference_of_logarithms():
    pct, low, high = percent_remaining(Level(-1.0, 0.1, LOG2), Level(1.0, 0.1, LOG2))

    reach = 1.959964 * math.hypot(0.1, 0.1)
    assert (pct, low, high) == pytest.approx((25, 25 * 2**-reach, 25 * 2**reach))


def test_a_baseline_that_is_not_above_noise_gives_no_percentage():
    with pytest.raises(ValueError, match="not above noise"):
        percent_remaining(Level(10.0, 1.0), Level(15.0, 9.0))


def test_a_level_below_its_limit_remains_at_most_that_limit():
    found = percent_remaining(Level(3.0, 5.0, limit=20.0), Level(1000.0, 0.0))

    assert found == pytest.approx((2.0, 0.0, 2.0))


# -------------------------------------------------------------------------------- kinetics


def test_a_fall_without_noise_is_recovered():
    found = fit_decay(HOURS, 8.0 * fall(20.0), 8.0 * fall(20.0) * 0.05)

    assert found.verdict == FITTED
    assert found.half_life_h == pytest.approx(20.0, rel=0.02)
    assert found.plateau_pct == pytest.approx(30.0, abs=0.3)
    assert found.start == pytest.approx(800.0, rel=0.01)
    assert found.at(np.array([0.0, 20.0])) == pytest.approx([100.0, 65.0], abs=0.7)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        pytest.param(np.array([100, 30, 31, 29, 30, 30.5]), UPPER_ONLY, id="over before"),
        pytest.param(fall(800.0, 0.0), LOWER_ONLY, id="still falling at the end"),
        pytest.param(np.array([100, 104, 97, 99, 103, 98.0]), NO_FALL, id="no change"),
    ],
)
def test_what_the_draws_cannot_tell_is_said(values, verdict):
    found = fit_decay(HOURS, values, 0.05 * values)

    assert found.verdict == verdict
    if verdict == UPPER_ONLY:
        assert found.half_life_low == 0
        assert found.half_life_high < 5
    if verdict == LOWER_ONLY:
        assert math.isinf(found.half_life_high)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(5)
    true, held, false_alarms = fall(16.0), [], []
    for _ in range(80):
        noise = rng.normal(0, 0.08, HOURS.size)
        found = fit_decay(HOURS, true * (1 + noise), true * 0.08)
        held.append(
            [
                found.half_life_low <= 16 <= found.half_life_high,
                found.plateau_low <= 30 <= found.plateau_high,
            ]
        )
        flat = fit_decay(HOURS, 100 * (1 + noise), np.full(HOURS.size, 8.0))
        false_alarms.append(flat.verdict != NO_FALL)

    assert np.mean(held, axis=0).min() >= 0.92
    assert np.mean(false_alarms) <= 0.07


# --------------------------------------------------------------------------------- summary


def test_time_below_and_area_by_hand():
    hours, pct = np.array([0.0, 24.0, 72.0]), np.array([100.0, 50.0, 0.0])

    # 75 % is crossed after 12 h
    assert hours_below(hours, pct, 75) == pytest.approx(60.0)
    # triangles and a trapezium: 24 h * 25 + 48 h * 75, in days
    assert area_above(hours, pct) == pytest.approx((24 * 25 + 48 * 75) / 24)


def test_the_lowest_of_many_draws_holds_the_truth_where_nothing_falls():
    rng, held = np.random.default_rng(2), []
    for _ in range(60):
        rows = [protein("C1D1", 1000.0 + rng.normal(0, 50), 29.0, phase="IBR_RUNIN")]
        for day in range(12):
            value = 1000.0 + rng.normal(0, 50)
            rows.append(protein(f"C1D{day + 2}", value, 30.0 + day))
        (course,) = courses_of(rows, replace(SETTINGS, draws=200, min_points=99))
        held.append(course.nadir_pct.low <= 100 <= course.nadir_pct.high)

    assert np.mean(held) >= 0.93, "of redrawn minima less than half held it"


# ---------------------------------------------------------------------------------- timing


@pytest.mark.parametrize(
    ("visit", "timepoint", "day", "recorded", "expected"),
    [
        pytest.param("C1D1", "h5", 29.0, 5.2, (5.2, PEAK, 0), id="actual hours go first"),
        pytest.param("C1D8", "pre", 36.0, 24.0, (168.0, TROUGH, 0), id="before the day's dose"),
        pytest.param("C1D8", "h12", 36.0, None, (180.0, "between", 0), id="by its label"),
    ],
)
def test_a_draw_is_placed_among_the_doses(visit, timepoint, day, recorded, expected):
    draw = {"visit": visit, "timepoint": timepoint, "day": day}

    found = timing_of(draw, DOSING, recorded, 3, (3, 8))

    assert (found.hours, found.window, found.days_missed) == pytest.approx(expected)


def test_a_draw_of_the_week_off_is_off_the_drug():
    weeks = (Interval("lenalidomide", 29.0, 49.0, 10.0), Interval("lenalidomide", 57.0, None, 10.0))
    draw = {"visit": "C1D28", "timepoint": "pre", "day": 56.0}

    found = timing_of(draw, Dosing(weeks, FROM_EXPOSURE), None, 3, (3, 8))

    # the last dose was on day 49: days 50 to 55 are missed
    assert (found.window, found.days_missed, found.cycle_day) == (OFF, 6, 28)


# -------------------------------------------------------------------------------- profiles


def protein(visit, value, day, timepoint="pre", patient="P01", feature="ikzf1__net__cll", **more):
    row = {"patient": patient, "visit": visit, "timepoint": timepoint, "specimen": "fresh_wb"}
    row |= {"sample": "", "day": day, "hours_post_dose": None, "phase": "COMBO", "run": "b1"}
    row |= {"assay": "protein", "feature": feature, "value": value, "unit": "1", "n": 900}
    row |= {"ci_low": value * 0.9, "ci_high": value * 1.1, "status": "ok", "limit": None}
    return row | {"method": "m", "flags": []} | more


def course_of(patient="P01", left=(80, 50, 32, 30, 31), **more):
    times = (("C1D1", "h5", 29.0), ("C1D2", "pre", 30.0), ("C1D8", "pre", 36.0))
    times += (("C1D15", "pre", 43.0), ("C2D1", "pre", 57.0))
    rows = [protein("C1D1", 1000.0, 29.0, phase="IBR_RUNIN", patient=patient, **more)]
    return rows + [
        protein(visit, 10.0 * pct, day, timepoint, patient, **more)
        for (visit, timepoint, day), pct in zip(times, left, strict=True)
    ]


def courses_of(rows, settings=SETTINGS, dosing=DOSING):
    measured = conform(pd.DataFrame(rows, columns=COLUMNS))
    runin = measured[measured["phase"] == "IBR_RUNIN"]
    baselines = runin[["patient", "visit", "timepoint", "specimen", "feature"]].assign(
        baseline="B1"
    )
    patients = {row["patient"]: dosing for row in rows}
    profiles = protein_profiles(measured, baselines, patients, {}, settings)
    return [read_course(one, settings) for one in profiles]


def test_a_course_is_fitted_and_summarised():
    (course,) = courses_of(course_of())

    assert course.verdict == FITTED
    assert course.decay.plateau_low < 31 < course.decay.plateau_high
    assert course.nadir_pct.value == pytest.approx(30.0)
    assert course.nadir_pct.low < 30 < course.nadir_pct.high
    assert course.nadir_hours == 14 * 24
    assert [one.timing.hours for one in course.profile.points] == [5, 24, 168, 336, 672]


@pytest.mark.parametrize(
    ("rows", "verdict", "why"),
    [
        pytest.param(course_of()[1:], NOT_EVALUABLE, "no B1", id="B0 is never taken"),
        pytest.param(
            [
                protein("C1D1", 50.0, 29.0, phase="IBR_RUNIN", ci_low=-10.0, ci_high=110.0),
                *course_of()[1:],
            ],
            NOT_EVALUABLE,
            "not above noise",
            id="a baseline of noise",
        ),
        pytest.param(course_of()[:4], SUMMARISED, "3 draws", id="too few draws for a curve"),
        pytest.param(
            [*course_of()[:5], protein("C2D1", 5.0, 57.0, status="nd", limit=20.0)],
            SUMMARISED,
            "below its limit",
            id="no curve through what was not measured",
        ),
        pytest.param(
            [course_of()[0], *(row | {"run": "b2"} for row in course_of()[1:])],
            NOT_EVALUABLE,
            "another batch",
            id="uncalibrated batches are not compared",
        ),
    ],
)
def test_every_profile_has_a_verdict_and_a_reason(rows, verdict, why):
    (course,) = courses_of(rows)

    assert course.verdict == verdict
    assert why in course.reason


def test_calibrated_values_are_taken_where_all_draws_have_them():
    mesf = [
        row | {"feature": "ikzf1__mesf__cll", "run": f"b{place}"}
        for place, row in enumerate(course_of())
    ]

    (course,) = courses_of([*course_of(), *mesf])
    (other,) = courses_of([*course_of(), *mesf[:-1]])

    assert course.profile.feature == "ikzf1__mesf__cll"
    assert len(course.profile.told) == 5
    assert other.profile.feature == "ikzf1__net__cll"


def test_the_answers_say_what_remains_and_how_fast(tmp_path):
    rows = [row for n in range(6) for row in course_of(f"P{n}", (80, 50, 30 + n, 29 + n, 31))]
    courses = courses_of(rows)

    answers = {
        one["question"]: one for one in degradation_answers(courses, SETTINGS, 0.95, "Fixed order.")
    }
    draw_courses(courses, tmp_path / "figure.svg")

    remaining = answers["remaining"]
    assert (remaining["verdict"], remaining["n"]) == ("fell", 6)
    assert remaining["estimate"] == pytest.approx(32.0, abs=0.3)
    assert remaining["p"] == pytest.approx(2 / 2**6)
    assert "expected effect of lenalidomide" in remaining["sentence"]
    assert answers["kinetics"]["verdict"] == FITTED
    assert answers["time_off"]["verdict"] == "no_time_off"
    assert "Fixed order." in remaining["caution"]
    assert (tmp_path / "figure.svg").stat().st_size > 1000
    assert len(list(profile_rows(courses))) == 6
    assert len(list(point_rows(courses))) == 30


def test_five_patients_cannot_pass_the_level_and_it_says_so():
    rows = [row for n in range(5) for row in course_of(f"P{n}")]

    remaining = degradation_answers(courses_of(rows), SETTINGS, 0.95, "")[0]

    assert remaining["verdict"] == "not_attainable"
    assert "0.062" in remaining["sentence"]


def test_a_fall_is_claimed_after_correction_over_all_proteins():
    rng, rows = np.random.default_rng(8), []
    for cell in range(40):
        feature = f"ikzf1__net__c{cell}"
        for n in range(6):
            rows.append(
                protein("C1D1", 1000.0, 29.0, phase="IBR_RUNIN", patient=f"P{n}", feature=feature)
            )
            value = 1000.0 * math.exp(rng.normal(0, 0.2))
            rows.append(protein("C1D8", value, 36.0, patient=f"P{n}", feature=feature))

    answers = degradation_answers(
        courses_of(rows, replace(SETTINGS, draws=200)), SETTINGS, 0.95, ""
    )

    remaining = [one for one in answers if one["question"] == "remaining"]
    assert min(one["p"] for one in remaining) <= 0.05
    assert {one["verdict"] for one in remaining} == {"no_change_shown"}
    assert "Over the 40 proteins and kinds of cell" in remaining[0]["sentence"]


def test_proteins_of_too_few_patients_are_none_of_the_family_that_is_corrected():
    rows = [row for n in range(6) for row in course_of(patient=f"P{n}")]
    for cell in range(9):
        rows += course_of(patient="P0", feature=f"ikzf1__net__c{cell}")

    answers = degradation_answers(courses_of(rows), SETTINGS, 0.95, "")
    remaining = [one["verdict"] for one in answers if one["question"] == "remaining"]

    assert remaining.count("fell") == 1
    assert remaining.count("too_few_patients") == 9


def test_time_off_of_a_protein_below_its_limit_is_told_as_a_bound():
    weeks = (Interval("lenalidomide", 29.0, 49.0, 10.0), Interval("lenalidomide", 57.0, None, 10.0))
    rows = []
    for n in range(6):
        gone = {"patient": f"P{n}", "status": "nd", "limit": 20.0}
        rows += [course_of(f"P{n}")[0], protein("C1D15", 5.0, 43.0, **gone)]
        rows.append(protein("C1D28", 900.0 + n, 56.0, patient=f"P{n}"))

    answers = degradation_answers(
        courses_of(rows, dosing=Dosing(weeks, FROM_EXPOSURE)), SETTINGS, 0.95, ""
    )

    (off,) = (one for one in answers if one["question"] == "time_off")
    assert (off["verdict"], off["n_censored"]) == ("recovers", 6)
    assert "at least 45" in off["sentence"]
    assert "without an upper end" in off["sentence"]


def test_recovery_off_the_drug_is_found():
    weeks = (Interval("lenalidomide", 29.0, 49.0, 10.0), Interval("lenalidomide", 57.0, None, 10.0))
    rows = []
    for n in range(6):
        rows += course_of(f"P{n}")[:5]
        rows.append(protein("C1D28", 900.0 + n, 56.0, patient=f"P{n}"))

    answers = degradation_answers(
        courses_of(rows, dosing=Dosing(weeks, FROM_EXPOSURE)), SETTINGS, 0.95, ""
    )

    (off,) = (one for one in answers if one["question"] == "time_off")
    assert off["verdict"] == "recovers"
    assert off["estimate"] == pytest.approx(2.9, abs=0.15)
