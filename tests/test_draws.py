"""A draw among the doses: its day, its phase, its window, what was held, and what it stands for."""

import random

import pytest

from correlates.clinical.dosing.days import day_of, due_day
from correlates.clinical.dosing.dosing import dosing_of, exposure_dosing
from correlates.clinical.dosing.draws import DrawNote, draw_notes, note_of, place_draw
from correlates.clinical.dosing.phases import PHASES, UNASSIGNED, phase_of
from correlates.clinical.dosing.settings import VisitSettings
from correlates.clinical.dosing.unassigned import why_unassigned

SHIPPED = VisitSettings.of(
    {
        "windows": {"default": [3, 3], "SCR": [28, 0], "C0D1": [3, 0], "C1D1": [3, 0]},
        "aliases": [["C0D28 trough", "C0D28 h24", "C1D1 pre"]],
        "hold_days": 7,
        "steroids": {"drugs": ["prednisone", "dexamethasone"], "days": 7},
    }
)


def exposed(*rows):
    """Dosing by rows of (drug, first day, last day, mg), with a cycle and a reason if need be."""
    names = ("drug", "start_day", "stop_day", "dose_mg", "cycle", "reason")
    read = [dict.fromkeys(names) | dict(zip(names, row, strict=False)) for row in rows]
    return exposure_dosing("P1", [row | {"row": at} for at, row in enumerate(read, 2)], {})


def typed(start):
    return dosing_of({"patient": "P1", "lenalidomide_start_day": start})


def placed(visit, day, dosing, timepoint="pre", note=None, hours=None):
    return place_draw(visit, timepoint, day, hours, dosing, note or DrawNote(), SHIPPED)


ON = ("ibrutinib", 1, None, 420)
DELAYED = exposed(ON, ("lenalidomide", 36, None, 5))
CYCLES = exposed(
    ON,
    ("lenalidomide", 36, 63, 5, 1),
    ("lenalidomide", 71, 98, 5, 2),
    ("lenalidomide", 99, None, 5),
)


@pytest.mark.parametrize(
    ("visit", "dosing", "day", "how"),
    [
        pytest.param(
            "C1D8", DELAYED, 43, "day_from_first_dose", id="the first dose shifts cycle 1"
        ),
        pytest.param("C3D1", DELAYED, 92, "day_from_first_dose", id="and all that follow"),
        pytest.param("C0D8", DELAYED, 8, "day_planned", id="and not the run-in"),
        pytest.param("C1D8", typed(36), 36, "day_planned", id="typed in, it shifts C1D1 alone"),
        pytest.param("C1D8", CYCLES, 43, "day_from_cycle", id="cycle 1 as recorded"),
        pytest.param("C2D15", CYCLES, 85, "day_from_cycle", id="cycle 2 as recorded"),
        pytest.param("C3D1", CYCLES, 99, "day_from_earlier_cycle", id="from the last known cycle"),
        pytest.param(
            "C1D8", exposed(ON, ("lenalidomide", 29, None, 5)), 36, "day_planned", id="as planned"
        ),
        pytest.param("C1D8", exposed(ON), 36, "day_planned", id="never on lenalidomide"),
    ],
)
def test_the_day_of_a_draw_by_recorded_dosing(visit, dosing, day, how):
    assert day_of(visit, None, dosing) == (day, how)
    assert day_of(visit, 77.0, dosing) == (77.0, "")


@pytest.mark.parametrize(
    ("visit", "timepoint", "day"),
    [
        ("SCR", "pre", 1),
        ("C1D8", "pre", 43),
        ("C0D28", "h24", 29),
        ("C0D28", "h4", 28),
        ("EOT_LEN", "pre", 120),
        ("EOT", "pre", 200),
        ("FU90", "pre", 290),
        ("UNS1", "pre", None),
    ],
)
def test_the_day_on_which_a_draw_was_due(visit, timepoint, day):
    dosing = exposed(("ibrutinib", 1, 200, 420), ("lenalidomide", 36, 120, 5))

    assert due_day(visit, timepoint, dosing) == day


@pytest.mark.parametrize(
    ("visit", "timepoint", "day", "off"),
    [
        pytest.param("C1D8", "pre", 46, 0, id="the last day of the window"),
        pytest.param("C1D8", "pre", 47, 1, id="a day late"),
        pytest.param("C1D8", "pre", 39.5, -1, id="a day early"),
        pytest.param("C1D1", "pre", 33, 0, id="three days early"),
        pytest.param("C1D1", "pre", 37, 1, id="no day late"),
        pytest.param("SCR", "pre", -27, 0, id="screening, 28 days before"),
        pytest.param("SCR", "pre", -28, -1, id="screening, 29 days before"),
        pytest.param("C0D28", "trough", 36, 0, id="in the window of the draw that it may be"),
        pytest.param("C0D28", "pre", 36, 5, id="which another timepoint may not be"),
        pytest.param("UNS1", "pre", 36, None, id="never due"),
        pytest.param("C1D8", "pre", None, None, id="not recorded"),
    ],
)
def test_windows_are_about_the_day_that_the_dosing_made_it_due(visit, timepoint, day, off):
    found = placed(visit, day, DELAYED, timepoint)

    assert found.days_off_window == off
    assert ("out_of_window" in found.flags) == bool(off)


HELD = exposed(
    ON,
    ("lenalidomide", 29, 49, 5),
    ("lenalidomide", 50, 56, 0, None, "held"),
    ("lenalidomide", 57, 80, 5),
    ("lenalidomide", 87, 120, 5),
)


@pytest.mark.parametrize(
    ("day", "timepoint", "off"),
    [
        pytest.param(49, "pre", (), id="the last dose"),
        pytest.param(50, "pre", ("lenalidomide",), id="the first of seven days"),
        pytest.param(56, "h4", ("lenalidomide",), id="the last of them"),
        pytest.param(57, "pre", ("lenalidomide",), id="before the dose that ends it"),
        pytest.param(57, "h4", (), id="after that dose"),
        pytest.param(83, "pre", (), id="a gap of six days"),
        pytest.param(130, "pre", (), id="stopped, which is no hold"),
    ],
)
def test_a_draw_in_a_hold_is_off_the_drug_and_stays_in_its_phase(day, timepoint, off):
    found = placed("UNS1", day, HELD, timepoint)

    assert found.off_drug == off
    assert ("off_drug" in found.flags) == bool(off)
    assert found.phase == ("IBR_CONT" if day > 120 else "COMBO")


@pytest.mark.parametrize(
    ("day", "says", "is_flagged"),
    [
        pytest.param(27, None, False, id="the day before"),
        pytest.param(28, None, True, id="the first day of it"),
        pytest.param(39, None, True, id="seven days after the last"),
        pytest.param(40, None, False, id="eight days after"),
        pytest.param(40, True, True, id="the samples sheet says so"),
        pytest.param(30, False, True, id="it does not overrule a recorded dose"),
    ],
)
def test_steroids_of_the_days_before(day, says, is_flagged):
    dosing = exposed(ON, ("prednisone", 28, 32, 20), ("hydrocortisone", 90, 95, 20))

    found = placed("UNS1", day, dosing, note=DrawNote(steroid_7d=says))

    assert found.is_under_steroids == ("steroid_7d" in found.flags) == is_flagged
    assert not placed("UNS1", 92, dosing).is_under_steroids


@pytest.mark.parametrize(
    ("visit", "timepoint", "day", "is_flagged"),
    [
        pytest.param("C1D1", "pre", 29, False, id="prophylaxis begins after the draw of B1"),
        pytest.param("C1D1", "h4", 29, True, id="later that day"),
        pytest.param("C1D2", "pre", 30, True, id="the next day"),
        pytest.param("UNS1", "pre", 29, True, id="nothing tells when an unscheduled draw was"),
    ],
)
def test_a_steroid_that_begins_on_the_day_of_a_draw(visit, timepoint, day, is_flagged):
    dosing = exposed(ON, ("lenalidomide", 29, None, 5), ("prednisone", 29, 33, 20))

    assert placed(visit, day, dosing, timepoint).is_under_steroids == is_flagged


STOPPED = exposed(("ibrutinib", 1, 200, 420), ("lenalidomide", 29, 100, 5))


@pytest.mark.parametrize(
    ("visit", "day", "timepoint", "dosing", "hours", "phase"),
    [
        pytest.param("C13D1", 365, "pre", DELAYED, None, "COMBO", id="a recorded dose in cycle 13"),
        pytest.param("C6D1", 169, "pre", STOPPED, None, "IBR_CONT", id="a recorded stop"),
        pytest.param("FU90", 150, "pre", STOPPED, None, "IBR_CONT", id="follow-up under a drug"),
        pytest.param("FU90", 290, "pre", STOPPED, None, "FU", id="follow-up after it"),
        pytest.param("C1D1", 36, "pre", DELAYED, 3, "COMBO", id="hours after the first dose"),
        pytest.param("C1D1", 36, "am", DELAYED, 0, "IBR_RUNIN", id="just before it"),
        pytest.param("C1D1", 35, "pre", DELAYED, 3, UNASSIGNED, id="hours after no dose"),
        pytest.param("C1D1", 29, "pre", exposed(ON), 3, UNASSIGNED, id="of a drug never taken"),
        pytest.param(
            "UNS1", 36, "pre", DELAYED, 4, "COMBO", id="unscheduled, after the first dose"
        ),
        pytest.param("C0D28", 29, "h24", typed(29), None, "IBR_RUNIN", id="a trough of 24 hours"),
        pytest.param("C1D1", 29, "h24", typed(29), None, "COMBO", id="24 hours after the dose"),
    ],
)
def test_phases_by_what_was_taken(visit, day, timepoint, dosing, hours, phase):
    assert phase_of(visit, timepoint, day, None, dosing, hours) == phase


def test_lenalidomide_without_ibrutinib_has_no_phase_and_says_why():
    dosing = exposed(("ibrutinib", 1, 60, 420), ("lenalidomide", 29, None, 5))

    found = placed("C2D8", 64, dosing)

    assert found.phase == UNASSIGNED
    assert why_unassigned("C2D8", 64.0, found.flags).startswith("lenalidomide was taken and")
    contradicts = placed("C1D1", 35, DELAYED, note=DrawNote(hours_post_lenalidomide=3))
    assert "has none before it" in why_unassigned("C1D1", 35.0, contradicts.flags)


def sample(**columns):
    empty = dict.fromkeys(
        ("specimen", "timepoint", "hours_post_lenalidomide", "steroid_7d", "occasion")
    )
    return {"patient": "P1", "visit": "C1D1"} | empty | columns


def test_rows_of_one_draw_are_gathered():
    notes = draw_notes(
        [
            sample(visit="C1D1_H4", hours_post_lenalidomide=4.0, occasion="flare"),
            sample(timepoint="h4", steroid_7d=False),
            sample(specimen="marrow", steroid_7d=True),
        ]
    )

    blood = {"patient": "P1", "visit": "C1D1", "timepoint": "h4", "specimen": "fresh_wb"}
    assert note_of(notes, blood) == DrawNote(4.0, False, False, "flare")
    assert note_of(notes, blood | {"timepoint": "pre"}) == DrawNote()
    marrow = blood | {"timepoint": "pre", "specimen": "marrow"}
    assert note_of(notes, marrow).steroid_7d


def test_hours_before_and_after_a_dose_leave_a_draw_without_a_phase():
    notes = draw_notes([sample(hours_post_lenalidomide=0.0), sample(hours_post_lenalidomide=3.0)])

    found = placed("C1D1", 36, DELAYED, note=note_of(notes, sample()))

    assert (found.phase, found.flags) == (UNASSIGNED, ("draw_times_disagree",))


def random_rows(random_number):
    """Rows of a patient's doses: ibrutinib from day 1, lenalidomide later, with gaps and holds."""
    rows = [("ibrutinib", 1, random_number.choice([None, 150, 300]), 420)]
    day = random_number.randint(20, 45)
    for cycle in range(1, random_number.randint(2, 8)):
        last = day + random_number.randint(5, 27)
        dose = random_number.choice([0, 2.5, 5, 10])
        rows.append(("lenalidomide", day, last, dose, cycle, None if dose else "held"))
        day = last + random_number.randint(1, 12)
    rows.append(("prednisone", day - 60, day - 55, 20))
    return rows


DRAWS = [("SCR", -5), ("C0D1", 1), ("C0D28", 28), *(("UNS1", day) for day in range(2, 400, 3))]


@pytest.mark.parametrize("seed", range(25))
def test_phases_are_in_the_order_of_time(seed):
    dosing = exposed(*random_rows(random.Random(seed)))

    drawn = sorted(DRAWS, key=lambda draw: draw[1])
    phases = [placed(visit, day, dosing, "h2").phase for visit, day in drawn]

    order = [PHASES.index(phase) for phase in phases if phase != UNASSIGNED]
    assert order == sorted(order)
    assert "COMBO" in phases or dosing.first_lenalidomide is None


@pytest.mark.parametrize("seed", range(25))
def test_shifting_all_days_of_a_patient_shifts_nothing_else(seed):
    rows = random_rows(random.Random(seed))
    later = [
        (drug, start + 11, None if stop is None else stop + 11, *rest)
        for drug, start, stop, *rest in rows
    ]
    visits = [*DRAWS, ("C1D8", None), ("C2D15", None), ("C1D8", 44), ("C0D8", None), ("C0D8", 15)]

    for visit, day in visits:
        before = placed(visit, day, exposed(*rows))
        after = placed(visit, None if day is None else day + 11, exposed(*later))

        assert after.phase == before.phase
        assert after.flags == before.flags
        assert after.off_drug == before.off_drug
        assert after.days_off_window == before.days_off_window
        assert (after.day is None) == (before.day is None)
        assert before.day is None or after.day - before.day == 11
