"""Dose intensity: planned and received, holds, reductions, escalations and delays."""

import pytest

from clinic_maker import dose, make_records
from correlates.clinical.safety.course import Cycle
from correlates.clinical.safety.intensity import dose_intensity_rows, level_rows
from correlates.clinical.safety.patients import safety_patients
from safety_maker import make_settings

SETTINGS = make_settings()
FOLLOWED = [{"study_day": 112}]
IBRUTINIB = dose(1, None, 420, "ibrutinib")


def patient(*doses, follow_up=FOLLOWED, **row):
    given = {"patient": "P01", "dose_level_mg": 5} | row
    records = make_records(patients=[given], exposure=list(doses), follow_up=follow_up)
    (found,) = safety_patients(records, SETTINGS.cycle_days)
    return found


def intensity(*doses, drug="lenalidomide", cycle=None, **more):
    rows = dose_intensity_rows(patient(*doses, **more), SETTINGS)
    return next(row for row in rows if row["drug"] == drug and row.get("cycle") == cycle)


def test_all_doses_taken_as_planned():
    row = intensity(IBRUTINIB, dose(29, 112, 5))

    assert (row["cumulative_mg"], row["planned_mg"]) == (84 * 5, 84 * 5)
    assert row["relative_dose_intensity_pct"] == 100
    assert row["reason"] == ""
    assert (row["start_mg"], row["current_mg"], row["days_held"]) == (5, 5, 0)
    assert (row["n_holds"], row["n_reductions"], row["n_escalations"], row["n_delays"]) == (0,) * 4


def test_holds_reductions_and_delays_lower_it():
    row = intensity(
        IBRUTINIB,
        dose(29, 49, 5, cycle=1),
        dose(50, 59, 0, reason="held"),
        dose(64, 91, 2.5, reason="reduction", cycle=2),
    )

    # 21 days at 5 mg, 14 days without (10 held, 4 unaccounted before the next cycle), 28 at 2.5
    assert row["cumulative_mg"] == 21 * 5 + 28 * 2.5
    assert row["planned_mg"] == 63 * 5
    assert row["relative_dose_intensity_pct"] == pytest.approx(100 * 175 / 315)
    assert (row["days_dosed"], row["days_held"], row["n_holds"]) == (49, 14, 1)
    assert (row["n_reductions"], row["n_escalations"]) == (1, 0)
    assert (row["n_delays"], row["delay_days"]) == (1, 7)
    assert row["reason"] == "4 days between rows of the sheet have none, and count as not taken"


def test_a_cycle_ends_where_the_next_begins():
    doses = (IBRUTINIB, dose(29, 49, 5, cycle=1), dose(64, 91, 5, cycle=2))

    first, second = intensity(*doses, cycle=1), intensity(*doses, cycle=2)

    assert (first["first_day"], first["last_day"]) == (29, 63)
    assert first["relative_dose_intensity_pct"] == pytest.approx(100 * 21 / 35)
    assert second["relative_dose_intensity_pct"] == 100
    assert first["unit_of_analysis"] == second["unit_of_analysis"] == "patient-cycle"


def test_the_plan_rises_with_an_escalation_and_does_not_fall_with_a_reduction():
    row = intensity(IBRUTINIB, dose(29, 56, 5), dose(57, 84, 10), dose(85, 112, 5))

    assert row["planned_mg"] == 28 * 5 + 56 * 10
    assert row["relative_dose_intensity_pct"] == pytest.approx(100 * 560 / 700)
    assert (row["n_escalations"], row["n_reductions"], row["escalated"]) == (1, 1, True)


def test_a_return_to_the_level_after_a_reduction_is_no_escalation_of_the_plan():
    row = intensity(IBRUTINIB, dose(29, 56, 5), dose(57, 84, 2.5), dose(85, 112, 5))

    assert row["planned_mg"] == 84 * 5
    assert row["escalated"] is False


def test_the_same_dose_after_a_hold_is_neither():
    row = intensity(IBRUTINIB, dose(29, 40, 5), dose(50, 84, 5))

    assert (row["n_escalations"], row["n_reductions"], row["n_holds"]) == (0, 0, 1)


def test_a_start_below_the_level_is_below_the_plan():
    assert intensity(IBRUTINIB, dose(29, 112, 2.5))["relative_dose_intensity_pct"] == 50
    low = intensity(dose(1, 112, 280, "ibrutinib"), drug="ibrutinib")
    assert low["relative_dose_intensity_pct"] == pytest.approx(100 * 280 / 420)


def test_an_ongoing_dose_is_followed_to_the_last_known_day():
    row = intensity(IBRUTINIB, dose(29, None, 5), follow_up=[{"study_day": 70}])

    assert (row["last_day"], row["cumulative_mg"]) == (70, 42 * 5)


def test_what_is_not_recorded_is_not_evaluable():
    unknown = intensity(IBRUTINIB, dose(29, 60, 5), dose(61, 112, None))
    typed = safety_patients(
        make_records(patients=[{"lenalidomide_start_day": 29}], follow_up=FOLLOWED), 28
    )
    never = intensity(IBRUTINIB)

    assert unknown["status"] == "not_evaluable"
    assert unknown["reason"] == "the dose of 52 of 84 days is not recorded"
    assert {row["status"] for row in dose_intensity_rows(typed[0], SETTINGS)} == {"not_evaluable"}
    assert (never["status"], never["reason"]) == ("not_evaluable", "never received")
    assert "cumulative_mg" not in never


def test_cycles_without_numbers_follow_the_planned_length():
    found = patient(IBRUTINIB, dose(31, 90, 5))

    assert found.cycles == (
        Cycle(0, 1, 30),
        Cycle(1, 31, 58),
        Cycle(2, 59, 86),
        Cycle(3, 87, 112),
    )


def test_a_failure_of_screening_is_not_among_the_patients():
    records = make_records(patients=["P01", {"patient": "P02", "screen_failure": "infection"}])

    assert [one.key for one in safety_patients(records, 28)] == ["P01"]


def test_a_level_has_the_median_of_its_patients():
    rows = []
    for key, mg in (("P01", 5), ("P02", 2.5), ("P03", 5), ("P04", 5)):
        found = patient(
            IBRUTINIB | {"patient": key},
            dose(29, 112, mg) | {"patient": key},
            follow_up=[{"patient": key, "study_day": 112}],
            patient=key,
        )
        rows += dose_intensity_rows(found, SETTINGS)

    table = level_rows(rows, SETTINGS)
    (row,) = [row for row in table if row["drug"] == "lenalidomide"]

    assert (row["unit_of_analysis"], row["level_mg"], row["n_patients"]) == ("level", 5, 4)
    assert row["relative_dose_intensity_pct"] == 100


def test_shifted_days_change_no_amount():
    doses = (dose(29, 49, 5), dose(50, 59, 0), dose(64, 91, 2.5))
    moved = [
        one | {"start_day": one["start_day"] + 9, "stop_day": one["stop_day"] + 9} for one in doses
    ]
    kept = ("cumulative_mg", "planned_mg", "relative_dose_intensity_pct", "days_held", "n_holds")

    before, after = intensity(IBRUTINIB, *doses), intensity(IBRUTINIB, *moved)

    assert [before[name] for name in kept] == [after[name] for name in kept]


def test_rises_are_told_from_returns_and_name_the_last_dose_taken():
    found = patient(
        IBRUTINIB,
        dose(29, 40, 5),
        dose(41, 50, 0),
        dose(51, 60, 10),
        dose(61, 70, 5),
        dose(71, 80, 7.5),
        dose(81, 90, 10),
    )

    assert [(one.drug, one.kind, one.day, one.from_mg, one.to_mg) for one in found.starts()] == [
        ("ibrutinib", "start", 1, 0, 420),
        ("lenalidomide", "start", 29, 0, 5),
        ("lenalidomide", "escalation", 51, 5, 10),
        ("lenalidomide", "re-escalation", 71, 5, 7.5),
        ("lenalidomide", "re-escalation", 81, 7.5, 10),
    ]


def test_a_change_of_dose_belongs_to_its_cycle():
    doses = (IBRUTINIB, dose(29, 60, 5), dose(61, 90, 2.5), dose(91, 112, 5))

    changes = [
        (row["n_reductions"], row["n_escalations"])
        for row in (intensity(*doses, cycle=number) for number in (1, 2, 3))
    ]

    assert changes == [(0, 0), (1, 0), (0, 1)]


@pytest.mark.parametrize(("least", "counted"), [(7, 1), (8, 0)])
def test_a_delay_counts_from_the_configured_length_on(least, counted):
    found = patient(IBRUTINIB, dose(29, 49, 5, cycle=1), dose(64, 91, 5, cycle=2))
    rows = dose_intensity_rows(found, make_settings(min_delay_days=least))

    assert [row["n_delays"] for row in rows if "n_delays" in row] == [counted]


def test_a_cycle_that_the_sheet_leaves_out_is_no_part_of_the_one_before():
    found = patient(
        IBRUTINIB,
        dose(29, 56, 5),
        dose(57, 84, 5, cycle=2),
        dose(113, None, 5, cycle=4),
        follow_up=[{"study_day": 113}],
    )

    assert found.cycles == (Cycle(0, 1, 28), Cycle(2, 57, 84), Cycle(4, 113, 113))
