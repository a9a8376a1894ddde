"""Phases and baselines: from recorded dosing, never from the visit's label."""

import math

import pandas as pd
import pytest

from correlates.cohort.baselines import choose_baselines
from correlates.cohort.dosing import Dosing, dosing_of
from correlates.cohort.phases import assign_phases, phase_of, planned_day

TREATED = Dosing(lenalidomide_start_day=29)
NEVER = Dosing()


@pytest.mark.parametrize(
    ("visit", "day"),
    [
        ("C3D15", 99),
        ("C0D1", 1),
        ("C1D1_PRE", 29),
        ("EOT_LEN", 364),
        ("SCR", None),
        ("UNS2", None),
        ("C1D0", None),
        ("C1D29", None),
        ("week 3", None),
    ],
    ids=[
        "the worked vector",
        "the first dose",
        "with a timepoint",
        "the last day of cycle 12",
        "screening has no planned day",
        "nor has an unscheduled visit",
        "there is no day 0",
        "nor a day 29",
        "no visit",
    ],
)
def test_planned_day(visit, day):
    assert planned_day(visit) == day


@pytest.mark.parametrize(
    ("visit", "timepoint", "day", "hours", "dosing", "phase"),
    [
        pytest.param("SCR", "pre", None, None, TREATED, "SCREENING", id="screening without a day"),
        pytest.param("SCR", "pre", -6, None, TREATED, "SCREENING", id="a week before"),
        pytest.param("C0D1", "pre", 1, None, TREATED, "SCREENING", id="day 1 before the dose"),
        pytest.param("C0D1", "h4", 1, None, TREATED, "IBR_RUNIN", id="day 1 after the dose"),
        pytest.param("C0D1", "pre", 1, 4, TREATED, "IBR_RUNIN", id="four hours after is not pre"),
        pytest.param("C0D28", "trough", 28, 24, TREATED, "IBR_RUNIN", id="end of run-in"),
        pytest.param("C1D1", "pre", 29, 24, TREATED, "IBR_RUNIN", id="before lenalidomide"),
        pytest.param("C1D1_PRE", "", 29, None, TREATED, "IBR_RUNIN", id="before, by the label"),
        pytest.param("C1D1", "h4", 29, 4, TREATED, "COMBO", id="after the first lenalidomide"),
        pytest.param("C1D1", "pre", 31, 24, TREATED, "COMBO", id="a dose before, whatever label"),
        pytest.param("C1D1", "pre", 36, 24, Dosing(36), "IBR_RUNIN", id="a delay shifts the cycle"),
        pytest.param("C1D8", "pre", 36, 24, Dosing(29), "COMBO", id="day 8 of the combination"),
        pytest.param("C1D8", "pre", None, None, Dosing(36), "UNASSIGNED", id="delayed, no day"),
        pytest.param("C2D1", "pre", 57, 24, NEVER, "IBR_RUNIN", id="never on lenalidomide"),
        pytest.param("C12D1", "pre", 337, 24, TREATED, "COMBO", id="cycle 12"),
        pytest.param("C13D1", "pre", 365, 24, TREATED, "UNASSIGNED", id="no stop was recorded"),
        pytest.param("C13D1", "pre", 365, 24, Dosing(29, 364), "IBR_CONT", id="stopped"),
        pytest.param("C6D1", "pre", 169, 24, Dosing(29, 100), "IBR_CONT", id="stopped early"),
        pytest.param("EOT", "pre", 400, 24, Dosing(29, 364, 390), "FU", id="off treatment"),
        pytest.param("FU90", "pre", None, None, TREATED, "FU", id="follow-up"),
        pytest.param("UNS1", "pre", 12, 24, TREATED, "IBR_RUNIN", id="unscheduled, with a day"),
        pytest.param("UNS1", "pre", None, None, TREATED, "UNASSIGNED", id="unscheduled, none"),
        pytest.param(
            "C1D1", "am", 29, None, TREATED, "COMBO", id="an unknown timepoint is not pre"
        ),
    ],
)
def test_phase(visit, timepoint, day, hours, dosing, phase):
    assert phase_of(visit, timepoint, day, hours, dosing) == phase


def test_a_day_that_is_no_number_is_not_taken_for_never_treated():
    with pytest.raises(ValueError, match="patient P1: lenalidomide_start_day 'C1D1'"):
        dosing_of({"patient": "P1", "lenalidomide_start_day": "C1D1"})


def samples(*rows):
    """A measurement table of one feature: (visit, day) or (visit, timepoint, day), fresh_wb."""
    table = pd.DataFrame(
        [
            {
                "patient": "P1",
                "visit": row[0],
                "timepoint": row[1] if len(row) > 2 else "pre",
                "specimen": "fresh_wb",
                "sample": f"P1_{row[0]}",
                "day": math.nan if row[-1] is None else float(row[-1]),
                "hours_post_dose": math.nan,
                "flags": [],
            }
            for row in rows
        ],
        columns=[
            *("patient", "visit", "timepoint", "specimen", "sample", "day"),
            *("hours_post_dose", "flags"),
        ],
    )
    return table


def chosen(rows, start_day, most_days=3):
    patients = [{"patient": "P1", "lenalidomide_start_day": start_day}]
    phased = assign_phases(samples(*rows), patients)
    table = choose_baselines(phased, patients, most_days).set_index("baseline")
    return table.loc["B0"], table.loc["B1"]


@pytest.mark.parametrize(
    ("rows", "visit"),
    [
        pytest.param([("SCR", None), ("C0D1", 1)], "C0D1", id="the last before the dose"),
        pytest.param([("SCR", None), ("C0D1", "h4", 1)], "SCR", id="not one after the dose"),
        pytest.param([("SCR", -2), ("UNS1", 0)], "UNS1", id="by day, not by label"),
        pytest.param([("C0D8", 8), ("C1D1", 29)], "", id="none before ibrutinib"),
    ],
)
def test_b0_is_the_last_sample_before_ibrutinib(rows, visit):
    assert chosen(rows, 29)[0]["visit"] == visit


@pytest.mark.parametrize(
    ("rows", "start_day", "visit"),
    [
        pytest.param([("C0D28", 28), ("C1D1", 29)], 29, "C1D1", id="the last before the dose"),
        pytest.param([("C0D28", 28), ("C1D1", "h4", 29)], 29, "C0D28", id="not one after it"),
        pytest.param([("C0D28", "h4", 28), ("C0D28", "pre", 28)], 29, "C0D28", id="later in a day"),
        pytest.param([("C1D1", 30)], 29, "", id="C1D1 after a recorded dose is none"),
        pytest.param([("C0D28", 28), ("C1D1", 30)], 29, "C0D28", id="and the one before is"),
        pytest.param([("C1D1", 36)], 36, "C1D1", id="a delayed start"),
        pytest.param([("C1D8", None)], 36, "", id="a planned day cannot precede a delayed start"),
        pytest.param([("C1D1", None)], 36, "C1D1", id="C1D1 without a day, a delayed start"),
        pytest.param([("C1D1", None)], 26, "C1D1", id="C1D1 without a day, an early start"),
        pytest.param(
            [("C0D28", 30), ("C1D1", "h4", None)], 31, "C0D28", id="nor is C1D1 after the dose"
        ),
        pytest.param([("C1D1", 29)], 36, "", id="a recorded day is never moved to the dose"),
        pytest.param([("C1D1", None)], 29, "C1D1", id="a planned day where the start was planned"),
        pytest.param([("C0D26", 26)], 29, "C0D26", id="three days before will do"),
        pytest.param([("C0D25", 25)], 29, "", id="four days before will not"),
        pytest.param([("C0D1", 1)], 2, "", id="ibrutinib must have begun"),
    ],
)
def test_b1_is_the_last_sample_before_lenalidomide(rows, start_day, visit):
    assert chosen(rows, start_day)[1]["visit"] == visit


def test_later_in_the_day_is_later():
    assert chosen([("C0D28", "h4", 28), ("C0D28", "pre", 28)], 29)[1]["timepoint"] == "h4"


@pytest.mark.parametrize(
    ("rows", "start_day", "reason"),
    [
        pytest.param([("C1D1", 29)], None, "not at risk of flare", id="never on lenalidomide"),
        pytest.param([("C0D8", 8)], 29, "21 days before it, more than 3", id="too early"),
        pytest.param([("C1D1", 30)], 29, "no sample between", id="only after"),
        pytest.param([("C1D1", 29)], 29, "0 days before it", id="why it was chosen"),
        pytest.param(
            [("C1D1", None)],
            29,
            "0 days before it (planned day 29; no day was recorded)",
            id="the day is the plan's",
        ),
        pytest.param(
            [("C0D28", None)],
            36,
            "(C0D28, planned day 28; no day was recorded) lies 8 days before it, more than 3",
            id="too early by the plan",
        ),
        pytest.param(
            [("C1D1", None)],
            36,
            "0 days before it (day 36 of the first lenalidomide dose, by its label; no day was "
            "recorded)",
            id="the day is that of the dose",
        ),
    ],
)
def test_the_reason_is_given(rows, start_day, reason):
    assert reason in chosen(rows, start_day)[1]["reason"]


@pytest.mark.parametrize(
    ("row", "start_day", "day", "flags"),
    [
        pytest.param(("C1D1", None), 36, 36, ["day_from_first_dose"], id="another than planned"),
        pytest.param(("C1D1_PRE", None), 36, 36, ["day_from_first_dose"], id="with a timepoint"),
        pytest.param(("C1D1", None), 29, 29, ["day_planned"], id="the planned one"),
        pytest.param(("C1D1", None), None, 29, ["day_planned"], id="never treated"),
        pytest.param(("C1D8", None), 36, 36, ["day_planned"], id="another visit"),
        pytest.param(("C1D1", 30), 36, 30, [], id="a recorded day"),
        pytest.param(("UNS1", None), 36, None, [], id="no planned day"),
    ],
)
def test_the_day_of_a_draw_without_a_recorded_day(row, start_day, day, flags):
    patients = [{"patient": "P1", "lenalidomide_start_day": start_day}]

    found = assign_phases(samples(row), patients).iloc[0]

    assert math.isnan(found["day"]) if day is None else found["day"] == day
    assert found["flags"] == flags


def test_b0_says_that_its_day_is_the_plans():
    assert chosen([("C0D1", None)], 29)[0]["reason"] == (
        "last sample before the first ibrutinib dose (planned day 1; no day was recorded)"
    )
    assert chosen([("C1D1", None)], 29)[0]["reason"] == (
        "no sample before the first ibrutinib dose; the first is C1D1, planned day 29; no day was "
        "recorded"
    )


def test_every_patient_of_the_sheet_has_a_row_for_every_specimen():
    patients = [{"patient": key, "lenalidomide_start_day": 29} for key in ("P1", "P2")]
    table = samples(("C0D1", 1), ("C1D1", 29))
    marrow = table.assign(specimen="marrow")[:1]
    phased = assign_phases(pd.concat([table, marrow], ignore_index=True), patients)

    found = choose_baselines(phased, patients, 3).set_index(["patient", "specimen", "baseline"])

    assert len(found) == 8
    assert found.loc[("P1", "fresh_wb", "B1"), "visit"] == "C1D1"
    assert found.loc[("P1", "marrow", "B1"), "visit"] == ""
    assert found.loc[("P2", "marrow", "B0"), "reason"] == "no evaluable sample of this specimen"


def test_without_any_measurement_each_patient_is_told_so():
    patients = [{"patient": "P1", "lenalidomide_start_day": 29}]

    found = choose_baselines(assign_phases(samples(), patients), patients, 3)

    assert found["baseline"].tolist() == ["B0", "B1"]
    assert set(found["visit"]) == {""}
