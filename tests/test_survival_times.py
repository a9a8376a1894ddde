"""Times to an event: what ends each, day by day, and what can never happen."""

from dataclasses import replace

import numpy as np
import pytest

from correlates.clinical.survival.history import Assessed, History
from correlates.clinical.survival.landmark import from_landmark
from correlates.clinical.survival.schedule import Schedule, day_of_visit, missed_visits
from correlates.clinical.survival.times import (
    duration_of_response,
    overall_survival,
    progression_free,
    time_to_response,
)

# Due on days 29, 113, 197, 365, and every 168 days from there on.
SCHEDULE = Schedule(("C1D1", "C4D1", "C7D1", "C13D1"), 6, 14, 2)
CYCLES = {1: 29, 2: 57, 3: 85, 4: 113}


def history(*assessed, **known):
    given = {"start_day": 1, "cycle_days": CYCLES, "last_known_day": 400} | known
    return History("P1", assessed=tuple(Assessed(*one) for one in assessed), **given)


STABLE = ((29, "SD"), (113, "PR"), (197, "PR"))


@pytest.mark.parametrize(
    ("assessed", "known", "days", "event", "why"),
    [
        pytest.param(
            (*STABLE, (365, "PD")), {"progression_day": 365}, 364, True, "progression", id="PD"
        ),
        pytest.param(STABLE, {"death_day": 210}, 209, True, "death", id="death"),
        pytest.param(
            (*STABLE, (365, "PD")),
            {"progression_day": 365, "death_day": 365},
            364,
            True,
            "progression",
            id="both on one day",
        ),
        pytest.param(
            (*STABLE, (365, "PD")),
            {"progression_day": 365, "new_therapy_day": 300},
            196,
            False,
            "new_therapy",
            id="another therapy before it",
        ),
        pytest.param(
            (*STABLE, (365, "PD")),
            {"progression_day": 365, "new_therapy_day": 365},
            364,
            True,
            "progression",
            id="another therapy on the day of progression comes after it",
        ),
        pytest.param(
            STABLE,
            {"new_therapy_day": 150},
            112,
            False,
            "new_therapy",
            id="an assessment after another therapy counts for nothing",
        ),
        pytest.param(
            ((29, "SD"), (365, "PD")),
            {"progression_day": 365},
            28,
            False,
            "missed_assessments",
            id="two missed in a row before it",
        ),
        pytest.param(
            ((29, "SD"), (113, "NE"), (197, "NE"), (365, "PD")),
            {"progression_day": 365},
            28,
            False,
            "missed_assessments",
            id="an assessment that came to nothing was missed",
        ),
        pytest.param(
            ((29, "SD"), (113, "SD"), (365, "PD")),
            {"progression_day": 365},
            364,
            True,
            "progression",
            id="one missed",
        ),
        pytest.param(
            ((29, "SD"), (365, "SD"), (533, "PD")),
            {"progression_day": 533},
            532,
            True,
            "progression",
            id="two missed, and assessed again before it",
        ),
        pytest.param(
            ((29, "SD"),), {"death_day": 300}, 28, False, "missed_assessments", id="death unseen"
        ),
        pytest.param(
            (),
            {"death_day": 100},
            99,
            True,
            "death",
            id="death before a second assessment was missed",
        ),
        pytest.param(
            (),
            {"death_day": 128},
            0,
            False,
            "no_assessment",
            id="death after two were missed since the start",
        ),
        pytest.param((), {"death_day": 127}, 126, True, "death", id="a day earlier"),
        pytest.param(
            STABLE,
            {"off_study_day": 250, "off_study_reason": "lost"},
            196,
            False,
            "lost",
            id="lost",
        ),
        pytest.param(
            STABLE,
            {"off_study_day": 250, "off_study_reason": "withdrawal"},
            196,
            False,
            "withdrawal",
            id="withdrawal",
        ),
        pytest.param(
            STABLE, {"off_study_reason": "toxicity"}, 196, False, "off_study", id="left otherwise"
        ),
        pytest.param(STABLE, {"cut": "interim1"}, 196, False, "data_cut", id="data cut"),
        pytest.param(STABLE, {}, 196, False, "no_event", id="no event so far"),
        pytest.param(((-7, "SD"), (113, "NE")), {}, 0, False, "no_assessment", id="none adequate"),
        pytest.param(STABLE, {"start_day": None}, None, None, "not_started", id="no ibrutinib"),
        pytest.param(
            STABLE, {"is_dead": True}, None, None, "no_day_of_death", id="dead without a day"
        ),
        pytest.param(
            (*STABLE, (365, "PD")),
            {"is_dead": True, "progression_day": 365},
            364,
            True,
            "progression",
            id="dead without a day, progressed before",
        ),
        pytest.param(STABLE, {"death_day": -3}, None, None, "not_started", id="died before it"),
    ],
)
def test_progression_free_time(assessed, known, days, event, why):
    found = progression_free(history(*assessed, **known), SCHEDULE)

    assert (found.days, found.event, found.why) == (days, event, why)
    assert found.reason


def test_the_reason_names_the_assessments_that_were_missed():
    found = progression_free(history((29, "SD"), (365, "PD"), progression_day=365), SCHEDULE)

    assert "2 missed assessments in a row (C4D1, C7D1)" in found.reason


def test_progression_without_an_assessment_of_it_is_told():
    left = {"off_study_day": 260, "off_study_reason": "progression"}

    found = progression_free(history(*STABLE, **left), SCHEDULE)

    assert (found.days, found.event) == (196, False)
    assert "left for progression on day 260, of which no assessment tells" in found.reason


@pytest.mark.parametrize(
    ("known", "days", "event", "why"),
    [
        pytest.param({"death_day": 300}, 299, True, "death", id="death"),
        pytest.param(
            {"death_day": 300, "new_therapy_day": 100}, 299, True, "death", id="another therapy"
        ),
        pytest.param({"death_day": 1}, 0, True, "death", id="death on the first day"),
        pytest.param({}, 399, False, "alive", id="alive when last known"),
        pytest.param({"cut": "interim1"}, 399, False, "data_cut", id="data cut"),
        pytest.param({"off_study_reason": "lost"}, 399, False, "lost", id="lost"),
        pytest.param(
            {"off_study_reason": "lost", "off_study_day": 400}, 399, False, "lost", id="lost then"
        ),
        pytest.param(
            {"off_study_reason": "lost", "off_study_day": 300},
            399,
            False,
            "alive",
            id="lost, and heard of again",
        ),
        pytest.param(
            {"off_study_reason": "progression", "off_study_day": 300},
            399,
            False,
            "alive",
            id="left the study and followed on",
        ),
        pytest.param({"is_dead": True}, None, None, "no_day_of_death", id="dead without a day"),
        pytest.param({"last_known_day": -2}, None, None, "nothing_known", id="nothing known"),
        pytest.param({"start_day": None}, None, None, "not_started", id="no ibrutinib"),
    ],
)
def test_overall_survival(known, days, event, why):
    found = overall_survival(history(**known))

    assert (found.days, found.event, found.why) == (days, event, why)


@pytest.mark.parametrize(
    ("response_day", "known", "days", "event"),
    [
        pytest.param(113, {"progression_day": 365}, 252, True, id="to progression"),
        pytest.param(113, {"death_day": 200}, 87, True, id="to death"),
        pytest.param(113, {}, 84, False, id="to the last adequate assessment"),
        pytest.param(197, {}, 0, False, id="a response in the last assessment"),
        pytest.param(None, {}, None, None, id="no response"),
        pytest.param(197, {"new_therapy_day": 150}, None, None, id="response to another therapy"),
    ],
)
def test_duration_of_response(response_day, known, days, event):
    own = history(*STABLE, **known)

    found = duration_of_response(response_day, progression_free(own, SCHEDULE))

    assert (found.days, found.event) == (days, event)


@pytest.mark.parametrize(
    ("response_day", "known", "days", "event"),
    [
        pytest.param(113, {}, 112, True, id="response"),
        pytest.param(None, {}, 196, False, id="none by the last adequate assessment"),
        pytest.param(None, {"death_day": 205}, 204, False, id="death without one"),
        pytest.param(197, {"new_therapy_day": 150}, 112, False, id="response to another therapy"),
    ],
)
def test_time_to_response(response_day, known, days, event):
    own = history(*STABLE, **known)

    found = time_to_response(response_day, progression_free(own, SCHEDULE))

    assert (found.days, found.event) == (days, event)


@pytest.mark.parametrize(
    ("visit", "assessed", "known", "state", "days"),
    [
        pytest.param("C1D1", STABLE, {}, "included", 168, id="C1D1"),
        pytest.param("C2D1", STABLE, {}, "included", 140, id="C2D1"),
        pytest.param("C2D1", STABLE, {"death_day": 57}, "event_before", None, id="on the day"),
        pytest.param("C2D1", STABLE, {"death_day": 58}, "included", 1, id="event a day later"),
        pytest.param("C2D1", [(56, "SD")], {}, "censored_before", None, id="censored before"),
        pytest.param("C2D1", [(57, "SD")], {}, "included", 0, id="censored on the day"),
        pytest.param("C2D1", STABLE, {"cycle_days": {1: 29}}, "not_reached", None, id="no cycle 2"),
        pytest.param("C1D1", STABLE, {"start_day": None}, "not_evaluable", None, id="no time"),
    ],
)
def test_landmark(visit, assessed, known, state, days):
    own = history(*assessed, **known)

    found, time = from_landmark(visit, own, progression_free(own, SCHEDULE))

    assert (found, time.days) == (state, days)


@pytest.mark.parametrize(
    ("visit", "cycles", "day"),
    [
        pytest.param("C0D1", {}, 1, id="the start"),
        pytest.param("C3D15", {}, 99, id="planned: 28 days a cycle"),
        pytest.param("C4D1", {1: 36}, 120, id="a late cycle moves those after it"),
        pytest.param("C2D8", {1: 29, 2: 64, 3: 92}, 71, id="as recorded"),
    ],
)
def test_the_day_for_which_a_visit_was_due(visit, cycles, day):
    assert day_of_visit(visit, 1, cycles) == day


@pytest.mark.parametrize(
    ("last", "event", "missed"),
    [
        pytest.param(29, 128, ["C4D1"], id="the window closed the day before"),
        pytest.param(29, 127, [], id="the event lies in the window"),
        pytest.param(99, 300, ["C7D1"], id="the last assessment lies in the window"),
        pytest.param(98, 300, ["C4D1", "C7D1"], id="a day before the window"),
        pytest.param(379, 720, ["C19D1", "C25D1"], id="after the last that is named"),
    ],
)
def test_missed_visits(last, event, missed):
    assert missed_visits(SCHEDULE, last, event, 1, CYCLES) == missed


def test_nothing_is_due_after_the_schedule_ends():
    once = replace(SCHEDULE, then_every_cycles=0)

    assert missed_visits(once, 379, 2000, 1, CYCLES) == []


def random_history(rng):
    start = int(rng.integers(-20, 20))
    last = start + int(rng.integers(30, 900))
    days = sorted({start + int(d) for d in rng.integers(-20, 900, rng.integers(0, 9))})
    categories = ["CR", "PR", "PR-L", "SD", "NE", "PD"]
    assessed = [Assessed(day, str(rng.choice(categories))) for day in days if day <= last]

    def maybe(share):
        return start + int(rng.integers(1, 900)) if rng.random() < share else None

    death, therapy, left = maybe(0.4), maybe(0.3), maybe(0.3)
    cycles = {}
    day = start
    for cycle in range(1, int(rng.integers(1, 9))):
        day += int(rng.integers(28, 45))
        cycles[cycle] = day
    return known_until(
        History(
            "P1",
            start,
            cycles,
            tuple(assessed),
            death_day=death,
            new_therapy_day=therapy,
            off_study_day=left,
            off_study_reason="" if left is None else "lost",
            last_known_day=max(last, *(day for day in (death, therapy, left) if day), start),
        ),
        10_000,
    )


def known_until(own, cut):
    """Return a history as it was known on a day."""

    def known(day):
        return day if day is not None and day <= cut else None

    assessed = tuple(one for one in own.assessed if one.day <= cut)
    after = [one for one in assessed if one.day > own.start_day]

    def first(*categories):
        return next((one.day for one in after if one.category in categories), None)

    return replace(
        own,
        assessed=assessed,
        cycle_days={cycle: day for cycle, day in own.cycle_days.items() if day <= cut},
        progression_day=first("PD"),
        response_day=first("CR", "PR"),
        response_l_day=first("CR", "PR", "PR-L"),
        death_day=known(own.death_day),
        new_therapy_day=known(own.new_therapy_day),
        off_study_day=known(own.off_study_day),
        off_study_reason=own.off_study_reason if known(own.off_study_day) else "",
        last_known_day=min(own.last_known_day, cut),
        cut="interim1" if cut < 10_000 else "",
    )


def shifted(own, by):
    def moved(day):
        return None if day is None else day + by

    days = ("start_day", "progression_day", "response_day", "response_l_day", "death_day")
    days += ("new_therapy_day", "off_study_day", "last_known_day")
    return replace(
        own,
        assessed=tuple(Assessed(one.day + by, one.category) for one in own.assessed),
        cycle_days={cycle: day + by for cycle, day in own.cycle_days.items()},
        **{name: moved(getattr(own, name)) for name in days},
    )


def all_times(own):
    whole = progression_free(own, SCHEDULE)
    survival = overall_survival(own)
    return {
        "pfs": whole,
        "os": survival,
        "dor": duration_of_response(own.response_day, whole),
        "dor_l": duration_of_response(own.response_l_day, whole),
        "time_to_response": time_to_response(own.response_day, whole),
        "pfs_c1d1": from_landmark("C1D1", own, whole)[1],
        "pfs_c2d1": from_landmark("C2D1", own, whole)[1],
        "os_c2d1": from_landmark("C2D1", own, survival)[1],
    }


SEEDS = range(300)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shifting_all_days_changes_no_interval(seed):
    rng = np.random.default_rng(seed)
    for _ in SEEDS:
        own = random_history(rng)
        moved = all_times(shifted(own, int(rng.integers(-500, 500))))

        for name, time in all_times(own).items():
            assert (time.days, time.event, time.why) == (
                moved[name].days,
                moved[name].event,
                moved[name].why,
            )


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_an_earlier_cut_makes_no_event_and_lengthens_no_time(seed):
    rng = np.random.default_rng(seed)
    cut_short = 0
    for _ in SEEDS:
        own = random_history(rng)
        earlier = known_until(own, own.start_day + int(rng.integers(0, 700)))
        whole, then = all_times(own), all_times(earlier)
        cut_short += then["pfs"].days != whole["pfs"].days
        for name in ("pfs", "os"):
            assert then[name].days <= whole[name].days
            assert whole[name].event or not then[name].event
        for name in ("dor", "dor_l", "pfs_c1d1", "pfs_c2d1", "os_c2d1"):
            if then[name].is_evaluable:
                assert then[name].days <= whole[name].days
                assert whole[name].event or not then[name].event
    assert cut_short > 50


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_an_event_that_was_observed_is_never_lengthened_by_what_censors(seed):
    rng = np.random.default_rng(seed)
    events = 0
    for _ in SEEDS:
        own = replace(random_history(rng), new_therapy_day=None)
        time = progression_free(own, SCHEDULE)
        therapy = own.start_day + int(rng.integers(1, 900))
        censored = progression_free(replace(own, new_therapy_day=therapy), SCHEDULE)
        if time.event:
            events += 1
            assert censored.days <= time.days
            assert censored.event == (therapy >= time.end_day)
    assert events > 50


@pytest.mark.parametrize("seed", [10, 11, 12])
def test_progression_free_is_no_longer_than_survival_and_response_fits_into_it(seed):
    rng = np.random.default_rng(seed)
    responders = 0
    for _ in SEEDS:
        times = all_times(random_history(rng))
        assert times["pfs"].days <= times["os"].days
        if times["dor"].is_evaluable:
            responders += 1
            to_response = times["time_to_response"]
            assert to_response.event
            assert times["dor"].days <= times["pfs"].days - to_response.days
            assert times["dor_l"].days >= times["dor"].days
    assert responders > 50


def test_visits_go_on_beyond_cycle_99():
    since = day_of_visit("C97D1", 1, CYCLES)
    missed = missed_visits(replace(SCHEDULE, then_every_cycles=3), since, since + 300, 1, CYCLES)

    assert missed[-1] == "C106D1"
    assert day_of_visit("C106D1", 1, CYCLES) - since == 9 * 28
