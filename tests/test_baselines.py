"""Phases and baselines: from recorded dosing, never from the visit's label."""

import math

import pandas as pd
import pytest

from correlates.clinical.dosing.days import planned_day
from correlates.clinical.dosing.dosing import dosing_by_patient, dosing_of
from correlates.clinical.dosing.phases import phase_of
from correlates.clinical.dosing.unassigned import why_unassigned
from correlates.cohort.baselines import choose_baselines
from correlates.cohort.placing import assign_phases


def typed(start=None, stop=None, ibrutinib_stop=None):
    """Return the dosing of a patient of whom the patients sheet alone tells."""
    days = {"lenalidomide_start_day": start, "lenalidomide_stop_day": stop}
    return dosing_of({"patient": "P1", **days, "ibrutinib_stop_day": ibrutinib_stop})


TREATED = typed(29)
NEVER = typed()


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
        pytest.param("C1D1", "pre", 36, 24, typed(36), "IBR_RUNIN", id="a delay shifts the cycle"),
        pytest.param("C1D8", "pre", 36, 24, typed(29), "COMBO", id="day 8 of the combination"),
        pytest.param("C1D8", "pre", None, None, typed(36), "UNASSIGNED", id="delayed, no day"),
        pytest.param("C2D1", "pre", 57, 24, NEVER, "IBR_RUNIN", id="never on lenalidomide"),
        pytest.param("C12D1", "pre", 337, 24, TREATED, "COMBO", id="cycle 12"),
        pytest.param("C13D1", "pre", 365, 24, TREATED, "UNASSIGNED", id="no stop was recorded"),
        pytest.param("C13D1", "pre", 365, 24, typed(29, 364), "IBR_CONT", id="stopped"),
        pytest.param("C6D1", "pre", 169, 24, typed(29, 100), "IBR_CONT", id="stopped early"),
        pytest.param("EOT", "pre", 400, 24, typed(29, 364, 390), "FU", id="off treatment"),
        pytest.param("FU90", "pre", None, None, TREATED, "FU", id="follow-up"),
        pytest.param("UNS1", "pre", 12, 24, TREATED, "IBR_RUNIN", id="unscheduled, with a day"),
        pytest.param("UNS1", "pre", None, None, TREATED, "UNASSIGNED", id="unscheduled, none"),
        pytest.param("C1D1", "pre", 29, 10, TREATED, "IBR_RUNIN", id="evening ibrutinib"),
        pytest.param("C1D1", "am", 29, 24, TREATED, "COMBO", id="hours are of ibrutinib only"),
        pytest.param("UNS1", "pre", 29, None, TREATED, "UNASSIGNED", id="flare on the first day"),
        pytest.param("PD", "pre", 1, None, TREATED, "UNASSIGNED", id="unscheduled, ibrutinib's"),
        pytest.param("UNS1", "h4", 29, None, TREATED, "COMBO", id="unscheduled, after the dose"),
        pytest.param(
            "C1D1", "am", 29, None, TREATED, "COMBO", id="an unknown timepoint is not pre"
        ),
        pytest.param(
            "C0D1", "pre", 1, None, typed(-10), "UNASSIGNED", id="under lenalidomide already"
        ),
        pytest.param("SCR", "pre", -20, None, typed(-10), "SCREENING", id="before both drugs"),
        pytest.param(
            "SCR", "pre", None, None, typed(-10), "UNASSIGNED", id="before one drug, by its label"
        ),
        pytest.param(
            "C1D1", "pre", None, None, typed(-10), "COMBO", id="an early start moves no visit"
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
                "feature": "nk__abs",
                "status": "ok",
            }
            for row in rows
        ],
        columns=[
            *("patient", "visit", "timepoint", "specimen", "sample", "day"),
            *("hours_post_dose", "flags", "feature", "status"),
        ],
    )
    return table


def baselines_of(table, start_day=29, most_days=3):
    patients = dosing_by_patient([{"patient": "P1", "lenalidomide_start_day": start_day}])
    return choose_baselines(assign_phases(table, patients), patients, most_days)


def measured(*rows):
    """Return whole blood of features: (visit, day, feature), with a status and flags if need be."""
    table = samples(*((row[0], row[1]) for row in rows))
    return table.assign(
        feature=[row[2] for row in rows],
        status=[row[3] if len(row) > 3 else "ok" for row in rows],
        flags=pd.Series([list(row[4:]) for row in rows], dtype=object),
    )


def chosen(rows, start_day, most_days=3):
    table = baselines_of(samples(*rows), start_day, most_days).draws.set_index("baseline")
    return table.loc["B0"], table.loc["B1"]


@pytest.mark.parametrize(
    ("rows", "visit"),
    [
        pytest.param([("SCR", None), ("C0D1", 1)], "C0D1", id="the last before the dose"),
        pytest.param([("SCR", None), ("C0D1", "h4", 1)], "SCR", id="not one after the dose"),
        pytest.param([("SCR", -2), ("UNS1", 0)], "UNS1", id="by day, not by label"),
        pytest.param([("C0D8", 8), ("C1D1", 29)], "", id="none before ibrutinib"),
        pytest.param(
            [("UNS1", 0.2), ("UNS2", 0.7)], "UNS2", id="later on one day, by its fraction"
        ),
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
    patients = dosing_by_patient([{"patient": "P1", "lenalidomide_start_day": start_day}])

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
    patients = {key: typed(29) for key in ("P1", "P2")}
    table = samples(("C0D1", 1), ("C1D1", 29))
    marrow = table.assign(specimen="marrow")[:1]
    phased = assign_phases(pd.concat([table, marrow], ignore_index=True), patients)

    found = choose_baselines(phased, patients, 3).draws
    found = found.set_index(["patient", "specimen", "baseline"])

    assert len(found) == 8
    assert found.loc[("P1", "fresh_wb", "B1"), "visit"] == "C1D1"
    assert found.loc[("P1", "marrow", "B1"), "visit"] == ""
    assert found.loc[("P2", "marrow", "B0"), "reason"] == "no sample of this specimen was measured"


def test_without_any_measurement_each_patient_is_told_so():
    patients = {"P1": typed(29)}

    found = choose_baselines(assign_phases(samples(), patients), patients, 3).draws

    assert found["baseline"].tolist() == ["B0", "B1"]
    assert set(found["visit"]) == {""}


def test_b0_must_precede_lenalidomide_too():
    b0, b1 = chosen([("C0D1", 1), ("C0D28", 28)], -10)

    assert (b0["visit"], b1["visit"]) == ("", "")
    assert b0["reason"] == (
        "no sample before both drugs: lenalidomide began on day -10, before ibrutinib; the first "
        "is C0D1, day 1; C0D1 has no place: lenalidomide began before ibrutinib, and nothing shows "
        "that this draw came before it"
    )
    assert b1["reason"].startswith("lenalidomide began on day -10, before ibrutinib")
    assert chosen([("SCR", -20), ("C0D1", 1)], -10)[0]["visit"] == "SCR"


FAILED = ("not_evaluable", "viability_below_floor")


def test_a_draw_without_a_usable_value_does_not_cost_the_baseline():
    found = baselines_of(
        measured(("C0D28", 28, "nk__abs"), ("C1D1", 29, "nk__abs", *FAILED)),
    )

    b1 = found.draws.set_index("baseline").loc["B1"]
    assert b1[["visit", "day", "n_features", "passed_over"]].tolist() == ["C0D28", 28, 1, "C1D1"]
    assert b1["reason"] == (
        "last sample with a usable value of all features before the first lenalidomide dose, "
        "1 day before it; C1D1 (day 29) was passed over: 1 not evaluable (viability below floor) "
        "(nk__abs)"
    )
    assert found.features[["visit", "baseline", "earlier_draw"]].to_numpy().tolist() == [
        ["C0D28", "B1", True]
    ]


def test_a_feature_of_the_earlier_draw_is_there_and_the_mix_is_told_of():
    found = baselines_of(
        measured(
            ("C0D28", 28, "nk__abs"),
            ("C0D28", 28, "t__abs"),
            ("C0D28", 28, "cll__abs"),
            ("C1D1", 29, "nk__abs"),
            ("C1D1", 29, "t__abs", "missing", "cbc_wbc_missing"),
        )
    )

    features = found.features.set_index("feature")
    assert features["visit"].to_dict() == {
        "nk__abs": "C1D1",
        "t__abs": "C0D28",
        "cll__abs": "C0D28",
    }
    assert features["earlier_draw"].to_dict() == {
        "nk__abs": False, "t__abs": True, "cll__abs": True,
    }  # fmt: skip
    b1 = found.draws[found.draws["baseline"] == "B1"]
    assert b1[["visit", "n_features", "passed_over"]].to_numpy().tolist() == [
        ["C1D1", 1, ""],
        ["C0D28", 2, "C1D1"],
    ]
    assert b1["reason"].iloc[1] == (
        "last sample with a usable value of 2 of 3 features before the first lenalidomide dose, "
        "1 day before it; C1D1 (day 29) was passed over: 1 missing (cbc wbc missing), "
        "1 not measured (cll__abs, t__abs)"
    )


@pytest.mark.parametrize("status", ["lt_lloq", "nd", "gt_uloq"])
def test_a_censored_value_is_usable(status):
    found = baselines_of(measured(("C0D28", 28, "nk__abs"), ("C1D1", 29, "nk__abs", status)))

    assert found.features["visit"].tolist() == ["C1D1"]
    assert found.draws["passed_over"].tolist() == ["", ""]


def test_an_earlier_draw_outside_the_window_is_never_taken():
    found = baselines_of(
        measured(("C0D8", 8, "nk__abs"), ("C0D28", 28, "nk__abs", *FAILED)), most_days=3
    )

    b1 = found.draws.set_index("baseline").loc["B1"]
    assert b1["visit"] == ""
    assert (
        b1["reason"] == "no usable value: C0D28 (day 28): 1 not evaluable (viability below floor)"
    )
    # It stays what it is, a measurement that failed and not one that was never made.
    assert found.features[["visit", "earlier_draw"]].to_numpy().tolist() == [["C0D28", False]]


def test_the_earlier_draw_of_b0_is_taken_too():
    found = baselines_of(measured(("SCR", -3, "nk__abs"), ("C0D1", 1, "nk__abs", *FAILED)))

    b0 = found.draws.set_index("baseline").loc["B0"]
    assert b0[["visit", "passed_over"]].tolist() == ["SCR", "C0D1"]


def test_tubes_of_one_draw_share_the_day_that_one_of_them_has():
    table = measured(("C1D1", 31, "nk__abs"), ("C1D1", None, "t__abs"))

    phased = assign_phases(table, {"P1": typed(30)})

    assert phased["day"].tolist() == [31, 31]
    # By its planned day 29, the second would be a baseline that was drawn after the first dose.
    assert phased["phase"].tolist() == ["COMBO", "COMBO"]
    assert phased["flags"].tolist() == [[], []]


def test_a_draw_on_two_days_has_no_phase_and_says_so():
    found = baselines_of(
        measured(("C0D28", 28, "nk__abs"), ("C1D1", 29, "nk__abs"), ("C1D1", 28, "t__abs"))
    )
    only = baselines_of(measured(("C1D1", 29, "nk__abs"), ("C1D1", 28, "t__abs")))

    assert found.features["visit"].tolist() == ["C0D28"]
    reason = only.draws.set_index("baseline").loc["B1", "reason"]
    assert "C1D1 has no place: the sheet gives this draw several study days" in reason


def test_fractions_of_one_day_are_one_day():
    table = measured(("C1D1", 29.3, "nk__abs"), ("C1D1", 29.4, "t__abs"))

    phased = assign_phases(table, {"P1": typed(29)})

    assert set(phased["phase"]) == {"IBR_RUNIN"}


def test_every_tube_of_the_draw_is_named():
    table = samples(("C0D1", 1), ("C0D1", 1)).assign(
        feature=["nk__abs", "t__abs"], sample=["tube-2", "tube-1"]
    )

    assert baselines_of(table).draws["sample"].tolist()[0] == "tube-1, tube-2"


def test_too_few_cells_in_a_sound_tube_are_not_replaced_by_an_earlier_draw():
    """The tube of day 29 failed for the second feature only by its own count."""
    rows = measured(
        ("C0D28", 28, "nk__abs"),
        ("C0D28", 28, "nk_cd57__pct__nk"),
        ("C0D28", 28, "t__pct__lymph"),
        ("C1D1", 29, "nk__abs"),
        ("C1D1", 29, "nk_cd57__pct__nk", "not_evaluable", "parent_below_floor"),
        ("C1D1", 29, "t__pct__lymph", "not_evaluable", "viability_below_floor"),
    )

    found = baselines_of(rows).features
    of = found[found["baseline"] == "B1"].set_index("feature")

    assert of["visit"].to_dict() == {
        "nk__abs": "C1D1",
        "nk_cd57__pct__nk": "C1D1",
        "t__pct__lymph": "C0D28",
    }
    assert of["earlier_draw"].to_dict() == {
        "nk__abs": False,
        "nk_cd57__pct__nk": False,
        "t__pct__lymph": True,
    }


def test_an_unscheduled_draw_on_the_first_day_is_no_baseline_and_says_why():
    table = assign_phases(samples(("UNS1", 29)), {"P1": typed(29)})

    assert table["phase"].tolist() == ["UNASSIGNED"]
    assert "not scheduled" in why_unassigned("UNS1", 29.0, table["flags"][0])


def test_an_unscheduled_draw_under_an_early_lenalidomide_is_not_said_to_be_of_the_first_day():
    table = assign_phases(samples(("UNS1", -5)), {"P1": typed(-10)})

    assert table["phase"].tolist() == ["UNASSIGNED"]
    reason = why_unassigned("UNS1", -5.0, table["flags"][0])
    assert reason.startswith("lenalidomide began before ibrutinib")
