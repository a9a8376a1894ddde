"""From sheets to histories, cycles and the tables of times."""

import math

import pytest

from clinic_maker import dose, make_records, shipped_settings
from correlates.clinical.dosing.dosing import dosing_of_patient
from correlates.clinical.endpoints.table import derive
from correlates.clinical.survival.cycles import cycle_days
from correlates.clinical.survival.gather import history_of
from correlates.clinical.survival.tables import (
    FOLLOW_UP_COLUMNS,
    LANDMARK_COLUMNS,
    follow_up_rows,
    landmark_rows,
)
from correlates.intake.clinical import DataCut

IBRUTINIB = dose(1, drug="ibrutinib", dose_mg=420.0)


def cycles(*doses, until=130):
    records = make_records(exposure=list(doses), follow_up=[{"study_day": until}])
    return cycle_days(dosing_of_patient(records, "P01"))


@pytest.mark.parametrize(
    ("doses", "until", "expected"),
    [
        pytest.param([IBRUTINIB, dose(29)], 100, {0: 1, 1: 29, 2: 57, 3: 85}, id="28 days each"),
        pytest.param([IBRUTINIB, dose(36)], 100, {0: 1, 1: 36, 2: 64, 3: 92}, id="a late start"),
        pytest.param([IBRUTINIB], 100, {0: 1}, id="no lenalidomide, no cycle 1"),
        pytest.param(
            [dose(1, 40, drug="ibrutinib"), dose(29, 40)],
            100,
            {0: 1, 1: 29},
            id="no dose after, no cycle 2",
        ),
        pytest.param(
            [dose(1, 40, drug="ibrutinib"), dose(29, 40), dose(70)],
            100,
            {0: 1, 1: 29, 2: 70, 3: 98},
            id="a pause moves the cycles after it",
        ),
        pytest.param(
            [IBRUTINIB, dose(29, 63, cycle=1), dose(64, cycle=2)],
            100,
            {0: 1, 1: 29, 2: 64, 3: 92},
            id="as the sheet says",
        ),
        pytest.param(
            [IBRUTINIB, dose(29, 84, cycle=1), dose(85, cycle=3)],
            100,
            {0: 1, 1: 29, 2: 57, 3: 85},
            id="one that the sheet leaves out",
        ),
        pytest.param(
            [IBRUTINIB, dose(29, 49, cycle=1), dose(50, cycle=3)],
            100,
            {0: 1, 1: 29, 3: 50, 4: 78},
            id="one for which the sheet leaves no room",
        ),
    ],
)
def test_days_on_which_cycles_began(doses, until, expected):
    assert cycles(*doses, until=until) == expected


def contact(study_day, **more):
    return {"study_day": study_day} | more


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        pytest.param([contact(90)], {"is_dead": False, "last_known_day": 90}, id="alive"),
        pytest.param(
            [contact(50), contact(90, alive=False, death_day=80)],
            {"is_dead": True, "death_day": 80},
            id="dead",
        ),
        pytest.param(
            [contact(90, alive=False)], {"is_dead": True, "death_day": None}, id="dead, no day"
        ),
        pytest.param(
            [contact(90, alive=None, off_study_reason="death")], {"is_dead": True}, id="left by it"
        ),
        pytest.param(
            [contact(50, new_therapy_day=48), contact(90, new_therapy_day=70)],
            {"new_therapy_day": 48},
            id="the first other therapy",
        ),
        pytest.param(
            [contact(50, off_study_day=45, off_study_reason="toxicity"), contact(90)],
            {"off_study_day": 45, "off_study_reason": "toxicity", "last_known_day": 90},
            id="followed after leaving",
        ),
    ],
)
def test_a_history_of_contacts(contacts, expected):
    records = make_records(exposure=[IBRUTINIB], follow_up=contacts)

    found = history_of(records, "P01", None)

    assert {name: getattr(found, name) for name in expected} == expected


def test_at_a_cut_someone_who_died_later_is_alive():
    contacts = [contact(50), contact(90, alive=False, death_day=80)]
    cut = DataCut("interim1", {"P01": 60})
    records = make_records(patients=["P01"], exposure=[IBRUTINIB], follow_up=contacts, cut=cut)

    found = history_of(records, "P01", None)

    assert (found.is_dead, found.death_day, found.last_known_day) == (False, None, 60)
    assert found.cut == "interim1"


def outcomes():
    """Four patients with a typed response: dead on days 31 and 101, alive on 201 and 301."""
    ends = {"P01": 31, "P02": 101, "P03": 201, "P04": 301}
    dead = {"P01", "P02"}
    records = make_records(
        patients=[{"patient": name, "response": "PR"} for name in (*ends, "P05")],
        exposure=[
            one | {"patient": name}
            for name in ends
            for one in (IBRUTINIB, dose(29))
            # The first died before the second cycle, the last never took lenalidomide.
            if not (name == "P04" and one["drug"] == "lenalidomide")
        ],
        follow_up=[
            contact(day, patient=name, alive=name not in dead)
            | ({"death_day": day} if name in dead else {})
            for name, day in ends.items()
        ],
    )
    return derive(records, shipped_settings()).outcomes


def test_follow_up_and_medians_by_hand():
    rows = {(row["measure"], row["endpoint"]): row for row in follow_up_rows(outcomes(), 0.95)}

    survival, follow_up = rows["time", "os"], rows["follow_up", "os"]
    # of 5: P05 has nothing recorded after the first dose; 4 at risk, one half left from day 100 on
    assert (survival["n_patients"], survival["n_evaluable"], survival["n_events"]) == (5, 4, 2)
    assert (survival["median_days"], survival["ci_high"]) == (100, math.inf)
    assert survival["not_evaluable"] == "nothing_known 1"
    # the reverse: those alive end the follow-up, on days 200 and 300
    assert follow_up["median_days"] == 200
    assert follow_up["method"].startswith("reverse")
    assert all(set(row) <= set(FOLLOW_UP_COLUMNS) for row in rows.values())


def test_what_the_sheets_cannot_give_is_named_with_what_it_needs():
    rows = {
        row["endpoint"]: row for row in follow_up_rows(outcomes(), 0.95) if row["measure"] == "time"
    }

    for name in ("pfs", "dor", "dor_l", "time_to_response"):
        assert rows[name]["status"] == "not_computed"
        assert "study.assessments" in rows[name]["reason"]


def test_at_each_landmark_everybody_is_counted():
    rows = [row for row in landmark_rows(outcomes()) if row["landmark"] == "C2D1"]

    assert {row["patient"]: (row["state"], row["time"]) for row in rows} == {
        "P01": ("not_reached", None),
        "P02": ("included", 101 - 57),
        "P03": ("included", 201 - 57),
        "P04": ("not_reached", None),
        "P05": ("not_evaluable", None),
    }
    assert all(set(row) == set(LANDMARK_COLUMNS) for row in rows)
    table = {row["endpoint"]: row for row in follow_up_rows(outcomes(), 0.95)}
    assert table["os_c2d1"]["not_evaluable"] == "not_reached 2; nothing_known 1"
    assert (table["os_c2d1"]["n_evaluable"], table["os_c2d1"]["starts"]) == (2, "landmark C2D1")


def test_nobody_has_no_median():
    found = derive(make_records(patients=[], follow_up=[]), shipped_settings())

    assert all(
        row["status"] in ("not_computed", "not_evaluable")
        for row in follow_up_rows(found.outcomes, 0.95)
    )


def test_the_interval_of_a_median_is_of_the_level_that_is_asked_for():
    rows = {level: follow_up_rows(outcomes(), level) for level in (0.99, 0.5)}

    told = {level: {row.get("confidence") for row in of} - {None} for level, of in rows.items()}
    assert told == {0.99: {0.99}, 0.5: {0.5}}
