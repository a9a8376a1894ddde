"""What a patient took: intervals of the exposure sheet, holds, rises, and what contradicts."""

import pytest

from correlates.clinical.dosing.dosing import dosing_of, dosing_of_patient, exposure_dosing
from correlates.clinical.dosing.phases import planned_phase


def dose(drug, start, stop=None, mg=None, reason=None, cycle=None, row=None):
    return {
        "patient": "P1",
        "drug": drug,
        "start_day": start,
        "stop_day": stop,
        "dose_mg": mg,
        "reason": reason,
        "cycle": cycle,
        "row": row,
        "sheet": "exposure.tsv",
    }


def exposed(*rows, last_day=None):
    numbered = [row | {"row": number} for number, row in enumerate(rows, start=2)]
    return exposure_dosing("P1", numbered, {}, last_day)


IBRUTINIB = dose("ibrutinib", 1, None, 420)
HELD = exposed(
    IBRUTINIB,
    dose("lenalidomide", 29, 49, 5),
    dose("lenalidomide", 50, 59, 0, "held"),
    dose("lenalidomide", 60, 84, 5, "restart"),
    dose("lenalidomide", 88, 112, 10, "escalation"),
)


class Records:
    """The records of one patient, as jobs read them."""

    def __init__(self, last_day=None, **sheets):
        self.sheets, self.last_day = sheets, last_day

    def has(self, kind):
        return kind in self.sheets

    def of(self, kind, patient):
        return [row for row in self.sheets.get(kind, []) if row["patient"] == patient]

    def last_known_day(self, patient):
        return self.last_day


def test_first_and_last_doses():
    assert (HELD.first_ibrutinib, HELD.last_ibrutinib) == (1, None)
    assert (HELD.first_lenalidomide, HELD.last_lenalidomide) == (29, 112)
    assert HELD.first_dose("prednisone") is None
    assert HELD.findings == ()


@pytest.mark.parametrize(
    ("day", "mg"),
    [
        pytest.param(28, 0, id="the day before the first"),
        pytest.param(29.9, 5, id="a part of a day is that day"),
        pytest.param(49, 5, id="the last day at a dose has it"),
        pytest.param(55, 0, id="held"),
        pytest.param(86, 0, id="between two rows"),
        pytest.param(88, 10, id="a higher dose"),
        pytest.param(113, 0, id="after the last"),
    ],
)
def test_the_dose_of_a_day(day, mg):
    assert HELD.dose_on("lenalidomide", day) == mg


def test_an_unknown_dose_is_no_zero():
    typed = dosing_of({"patient": "P1", "lenalidomide_start_day": 29})

    assert typed.dose_on("lenalidomide", 30) is None
    assert typed.dose_on("lenalidomide", 28) == 0
    assert typed.dose_on("prednisone", 28) is None
    assert exposed(IBRUTINIB, dose("lenalidomide", 29)).dose_on("lenalidomide", 30) is None


def test_holds_are_gaps_and_days_at_zero():
    spans = [(hold.first, hold.last, hold.days) for hold in HELD.holds("lenalidomide")]

    assert spans == [(50, 59, 10), (85, 87, 3)]
    assert [hold.first for hold in HELD.holds("lenalidomide", 7)] == [50]
    assert [hold.first for hold in HELD.holds("lenalidomide", 10)] == [50]
    assert HELD.holds("lenalidomide", 11) == ()
    assert HELD.holds("ibrutinib") == ()


def test_a_drug_that_is_held_at_the_end_is_still_in_its_period_unless_it_was_stopped():
    held = exposed(dose("lenalidomide", 29, 60, 5), dose("lenalidomide", 61, None, 0, "toxicity"))
    stopped = exposed(dose("lenalidomide", 29, 60, 5), dose("lenalidomide", 61, None, 0, "stop"))

    assert held.period("lenalidomide") == (29, None)
    assert [(hold.first, hold.last) for hold in held.holds("lenalidomide", 7)] == [(61, None)]
    assert stopped.period("lenalidomide") == (29, 60)
    assert stopped.holds("lenalidomide") == ()
    assert held.last_lenalidomide == stopped.last_lenalidomide == 60


def test_rises_of_the_dose():
    assert HELD.increases("lenalidomide") == (29, 88)
    assert HELD.starts("lenalidomide", 7) == (29, 60)
    assert HELD.starts("lenalidomide", 3) == (29, 60, 88)
    assert HELD.increases("prednisone") == HELD.starts("prednisone", 7) == ()


def test_a_dose_that_comes_back_after_a_reduction_is_a_rise():
    lowered = exposed(
        dose("lenalidomide", 29, 56, 10),
        dose("lenalidomide", 57, 84, 5, "reduction"),
        dose("lenalidomide", 85, None, 10),
    )

    assert lowered.increases("lenalidomide") == (29, 85)


def test_days_of_steroids():
    given = exposed(dose("dexamethasone", 28, 30, 12), dose("prednisone", 29, 31, 20), last_day=90)
    ongoing = exposed(dose("prednisone", 29, None, 20), last_day=32)

    assert given.steroid_days == (28, 29, 30, 31)
    assert given.days_taken(["prednisone"]) == (29, 30, 31)
    assert ongoing.steroid_days == (29, 30, 31, 32)
    assert exposed(dose("prednisone", 29, None, 20)).steroid_days == (29,)
    assert exposed(dose("prednisone", 29, 35, 0)).steroid_days == ()


@pytest.mark.parametrize(
    ("rows", "rule", "at", "columns"),
    [
        pytest.param(
            [dose("lenalidomide", 29, 40, 5), dose("lenalidomide", 29, 40, 5)],
            "dose_twice",
            (2, 3),
            ("start_day", "stop_day", "dose_mg"),
            id="a row twice",
        ),
        pytest.param(
            [dose("lenalidomide", 29, 40, 5), dose("lenalidomide", 40, 60, 5)],
            "doses_overlap",
            (2, 3),
            ("start_day", "stop_day"),
            id="a day in two rows",
        ),
        pytest.param(
            [dose("lenalidomide", 29, None, 5), dose("lenalidomide", 57, None, 10)],
            "doses_contradict",
            (2, 3),
            ("start_day", "stop_day", "dose_mg"),
            id="two doses on one day",
        ),
        pytest.param(
            [dose("lenalidomide", 29, 20, 5)],
            "dose_ends_before_it_starts",
            (2,),
            ("start_day", "stop_day"),
            id="backwards",
        ),
        pytest.param(
            [dose("lenalidomide", 29, 40)], "dose_unknown", (2,), ("dose_mg",), id="no dose"
        ),
        pytest.param(
            [dose("ibrutinib", 1, 28, 420, cycle=1), dose("lenalidomide", 29, 56, 5, cycle=1)],
            "cycle_starts_contradict",
            (2, 3),
            ("start_day", "cycle"),
            id="one cycle begins twice",
        ),
        pytest.param(
            [dose("ibrutinib", 1, 28, 420, cycle=2), dose("ibrutinib", 29, 56, 420, cycle=1)],
            "cycles_out_of_order",
            (3, 2),
            ("start_day", "cycle"),
            id="cycle 2 before cycle 1",
        ),
        pytest.param(
            [dose("ibrutinib", 3, None, 420)],
            "first_ibrutinib_not_day_1",
            (2,),
            ("start_day",),
            id="days are counted from another day",
        ),
    ],
)
def test_what_contradicts_is_found_with_its_rows_and_columns(rows, rule, at, columns):
    (found,) = exposed(*rows).findings

    assert (found.rule, found.rows, found.columns) == (rule, at, columns)
    assert found.patient == "P1"
    assert found.source.startswith("exposure.tsv, row")


def test_days_in_one_row_each_are_no_overlap():
    assert exposed(dose("lenalidomide", 29, 40, 5), dose("lenalidomide", 41, 60, 5)).findings == ()
    assert exposed(dose("ibrutinib", 1, 40, 420), dose("lenalidomide", 29, 60, 5)).findings == ()


def test_a_contradiction_is_not_resolved():
    both = exposed(dose("lenalidomide", 29, None, 5), dose("lenalidomide", 57, None, 10))
    backwards = exposed(IBRUTINIB, dose("lenalidomide", 29, 20, 5))

    assert both.dose_on("lenalidomide", 56) == 5
    assert both.dose_on("lenalidomide", 57) is None
    assert both.was_taken("lenalidomide", 57)
    assert both.increases("lenalidomide") == (29, 57)
    assert backwards.first_lenalidomide is None


def test_cycles_that_contradict_each_other_are_not_used():
    found = exposed(
        dose("ibrutinib", 1, 35, 420, cycle=0),
        dose("lenalidomide", 36, 63, 5, cycle=1),
        dose("lenalidomide", 64, 91, 5, cycle=3),
        dose("lenalidomide", 92, 119, 5, cycle=2),
    )

    assert found.cycles == {0: 1, 1: 36}


def test_the_patients_sheet_says_it_where_the_exposure_sheet_has_no_row():
    typed = {"patient": "P1", "lenalidomide_start_day": 36, "ibrutinib_stop_day": 200}
    without = Records(patients=[typed], exposure=[{"patient": "P2"}])
    beside = Records(200, patients=[typed], exposure=[dose("lenalidomide", 30, 60, 5)])

    assert not dosing_of_patient(without, "P1").is_by_day
    assert dosing_of_patient(without, "P1").first_lenalidomide == 36
    by_day = dosing_of_patient(beside, "P1")
    assert (by_day.is_by_day, by_day.first_lenalidomide, by_day.last_day) == (True, 30, 200)
    assert (by_day.first_ibrutinib, by_day.last_ibrutinib) == (1, 200)


def test_a_failure_of_screening_never_took_ibrutinib():
    assert dosing_of({"patient": "P1", "screen_failure": "Richter"}).first_ibrutinib is None


def test_shifting_all_days_shifts_every_day_of_the_dosing_and_nothing_else():
    rows = [
        dose("ibrutinib", 1, 120, 420),
        dose("lenalidomide", 29, 49, 5),
        dose("lenalidomide", 60, 84, 10),
        dose("prednisone", 28, 33, 20),
    ]
    shifted = exposed(
        *(
            row | {"start_day": row["start_day"] + 9, "stop_day": row["stop_day"] + 9}
            for row in rows
        )
    )
    before = exposed(*rows)

    for one in ("ibrutinib", "lenalidomide", "prednisone"):
        assert shifted.first_dose(one) - before.first_dose(one) == 9
        assert shifted.last_dose(one) - before.last_dose(one) == 9
        assert [day - 9 for day in shifted.increases(one)] == list(before.increases(one))
        assert [hold.days for hold in shifted.holds(one)] == [
            hold.days for hold in before.holds(one)
        ]
    assert [shifted.dose_on("lenalidomide", day + 9) for day in range(130)] == [
        before.dose_on("lenalidomide", day) for day in range(130)
    ]


@pytest.mark.parametrize(
    ("visit", "timepoint", "phase"),
    [
        ("SCR", "pre", "SCREENING"),
        ("C0D1", "pre", "SCREENING"),
        ("C0D1", "h4", "IBR_RUNIN"),
        ("C0D28", "trough", "IBR_RUNIN"),
        ("C1D1", "pre", "IBR_RUNIN"),
        ("C1D1", "h4", "COMBO"),
        ("C2D1", "pre", "COMBO"),
        ("C12D28", "pre", "COMBO"),
        ("C13D1", "pre", "IBR_CONT"),
        ("UNS1", "pre", "UNASSIGNED"),
    ],
)
def test_what_a_draw_s_name_means_by_the_plan(visit, timepoint, phase):
    assert planned_phase(visit, timepoint) == phase
