"""Dates inside FCS files against the days of the draws: read, judged, and never written."""

import random
import re
from datetime import date, timedelta

import numpy as np
import pytest

from correlates.check_rows import COLUMNS
from correlates.intake.acquired.files import Acquired, read_acquired
from correlates.intake.acquired.order import date_findings
from correlates.intake.acquired.stamps import read_stamp
from correlates.intake.acquisitions import Acquisition
from correlates.intake.records import Plan
from fcs_maker import make_fcs

FIRST = date(2019, 6, 28)


@pytest.mark.parametrize(
    "text",
    [
        "01-JUL-2019",
        "1-Jul-2019",
        "01-jul-19",
        "01 Jul 2019",
        " 01-JUL-2019 ",
        "2019-Jul-01",
        "2019-07-01",
        "2019/07/01",
        "20190701",
        "Jul 1, 2019",
        "July 01 2019",
        "01.07.2019",
        "1.7.19",
        "01-Juli-2019",
        "01-juil.-2019",
        "01-LUG-2019",
        "01-JUL-2019 10:11:12",
        "2019-07-01T10:11:12Z",
    ],
)
def test_ways_in_which_instruments_write_a_day(text):
    assert int(read_stamp({"$DATE": text})) == date(2019, 7, 1).toordinal()


@pytest.mark.parametrize(
    ("text", "month"),
    [
        *(("03-MRZ-2020", 3), ("03-MÄR-2020", 3), ("03-mai-2020", 5), ("03-OKT-2020", 10)),
        *(("03-DEZ-2020", 12), ("03-ago-2020", 8), ("03-févr-2020", 2), ("03-août-2020", 8)),
        *(("03-ene-2020", 1), ("03-set-2020", 9), ("03-GIU-2020", 6)),
    ],
)
def test_months_in_the_language_of_the_computer(text, month):
    assert int(read_stamp({"$DATE": text})) == date(2020, month, 3).toordinal()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "absent", id="empty"),
        pytest.param("03/04/2019", "ambiguous", id="day or month first"),
        pytest.param("31-FEB-2019", "unreadable", id="no such day"),
        pytest.param("01-XYZ-2019", "unreadable", id="no such month"),
        pytest.param("yesterday", "unreadable", id="words"),
        pytest.param("01-JAN-1970", "default", id="epoch of Unix"),
        pytest.param("01-JAN-1900", "default", id="epoch of spreadsheets"),
        pytest.param("01-Jan-1904", "default", id="epoch of the old Macintosh"),
        pytest.param("01-JAN-2000", "default", id="clock that was never set"),
    ],
)
def test_what_is_no_day_to_be_relied_on(text, expected):
    assert read_stamp({"$DATE": text}) == expected


def test_figures_are_read_where_they_can_mean_one_day_only():
    thirteenth = date(2019, 4, 13).toordinal()

    assert int(read_stamp({"$DATE": "13/04/2019"})) == thirteenth
    assert int(read_stamp({"$DATE": "04/13/2019"})) == thirteenth
    assert int(read_stamp({"$DATE": "04/04/2019"})) == date(2019, 4, 4).toordinal()


@pytest.mark.parametrize(
    ("time", "hours"),
    [("18:00:00", 18), ("06:30:00.50", 6.5), ("06:30:00:12", 6.5), ("6:30 PM", 18.5), ("", 0)],
)
def test_the_time_of_day_is_a_fraction(time, hours):
    stamp = read_stamp({"$DATE": "01-JUL-2019", "$BTIM": time})

    assert stamp - date(2019, 7, 1).toordinal() == pytest.approx(hours / 24)


def test_the_keyword_of_fcs_3_2_is_read():
    stamp = read_stamp({"$BEGINDATETIME": "2019-07-01T12:00:00Z"})

    assert stamp == date(2019, 7, 1).toordinal() + 0.5


def test_every_day_survives_the_standard_s_way_of_writing_it():
    for number in random.Random(1).sample(range(date(2001, 1, 2).toordinal(), 740_000), 200):
        day = date.fromordinal(number)
        assert read_stamp({"$DATE": day.strftime("%d-%b-%Y").upper()}) == number


def planned(patient, visit, day, **more):
    panel, specimen = more.pop("panel", "tnk"), more.pop("specimen", "fresh_wb")
    known = {
        **{"acquisition": f"{patient}_{visit}__{panel}__full", "sample": f"{patient}_{visit}"},
        **{"patient": patient, "visit": visit, "timepoint": "pre", "specimen": specimen},
        **{"panel": panel, "tube": "full", "batch": "run1", "study_day": day},
        **{"study_day_source": "recorded", "hours_post_dose": None, "path": "", "sha256": ""},
    }
    return Acquisition(**known | more)


def acquired(patient, visit, day, days_after_first, **more):
    """One file; ``days_after_first`` is the day of acquisition, counted from study day 1."""
    return Acquired(
        planned(patient, visit, day, **more), FIRST.toordinal() + days_after_first + 0.4
    )


VISITS = {"C0D1": 1, "C0D8": 8, "C1D1": 29, "C1D8": 36}


def patient(key="P01", off=None, start=0, **more):
    """A patient's files; ``off`` says by how many days a visit was acquired too late."""
    return [
        acquired(key, visit, day, start + day - 1 + (off or {}).get(visit, 0), **more)
        for visit, day in VISITS.items()
    ]


def judge(*files, tolerance=3, gap=60):
    return date_findings(files, tolerance, gap)


def test_files_in_step_give_no_finding():
    assert judge(*patient(), *patient("P02", start=12)) == []


@pytest.mark.parametrize("off", [{"C0D8": 1}, {"C0D8": -1}, {"C1D1": 3}, {"C0D1": 1, "C0D8": -1}])
def test_a_clock_a_day_off_and_a_late_staining_are_tolerated(off):
    assert judge(*patient(off=off)) == []


def test_a_draw_beyond_the_tolerance_is_named():
    (found,) = judge(*patient(off={"C0D8": 4}))

    assert tuple(found) == COLUMNS
    assert (found["severity"], found["patient"], found["visit"]) == ("warning", "P01", "C0D8")
    assert "4 days later" in found["finding"]
    assert "out of order" not in found["finding"]


def test_the_tolerance_is_that_of_the_config():
    assert judge(*patient(off={"C0D8": 4}), tolerance=4) == []


def test_two_exchanged_files_of_one_patient_are_out_of_order():
    found = judge(*patient(off={"C0D8": 21, "C1D1": -21}))

    assert {row["visit"] for row in found} == {"C0D8", "C1D1"}
    assert "out of order with C1D1" in found[0]["finding"]
    assert "out of order with C0D8" in found[1]["finding"]


def test_files_exchanged_between_patients_are_found_with_both():
    found = judge(*patient(off={"C1D1": 40}), *patient("P02", off={"C1D1": -40}, start=40))

    assert {(row["patient"], row["visit"]) for row in found} == {("P01", "C1D1"), ("P02", "C1D1")}


def test_with_two_draws_the_distance_alone_is_told():
    files = [acquired("P01", "C0D1", 1, 0), acquired("P01", "C0D8", 8, 20)]
    swapped = [acquired("P01", "C0D1", 1, 20), acquired("P01", "C0D8", 8, 0)]

    assert "acquired 20 days after C0D1, and drawn 7 days after it" in judge(*files)[0]["finding"]
    assert "acquired 20 days before C0D1" in judge(*swapped)[0]["finding"]


def test_of_planned_days_only_the_order_is_judged():
    source = {"study_day_source": "planned"}

    assert judge(*patient(off={"C1D1": 5}, **source)) == []
    (found,) = judge(*patient(off={"C0D8": 24}, **source))
    assert "before C0D8, which was drawn 21 days earlier" in found["finding"]


def test_frozen_specimens_are_not_judged_by_order_and_that_is_said():
    files = patient(off={"C0D8": 300, "C1D1": 290, "C1D8": 280}, specimen="cryo_pbmc", batch="")

    (found,) = judge(*files)

    assert found["severity"] == "note"
    assert "order not judged, 4 files" in found["finding"]


def test_a_batch_that_falls_apart_is_told_of():
    late = patient("P02", start=200)

    (found,) = judge(*patient(), *late)

    assert found["severity"] == "note"
    assert "batch run1, tnk: 4 files, then none for 165 days, then 4" in found["finding"]
    assert judge(*patient(), *patient("P02", start=200, batch="run2")) == []


def test_frozen_files_of_one_batch_are_of_one_run():
    days = [0, 1, 40]
    files = [
        acquired("P01", f"C{k}D1", 28 * k + 1, day, specimen="cryo_pbmc")
        for k, day in enumerate(days)
    ]

    found = judge(*files)

    assert any("frozen specimens were acquired over 40 days" in row["finding"] for row in found)


def test_tubes_of_one_draw_in_two_panels_on_different_days():
    files = [*patient(), *patient(panel="cll", off=dict.fromkeys(VISITS, 10))]

    found = judge(*files)

    assert {row["visit"] for row in found} == set(VISITS)
    assert all("tubes of one fresh draw were acquired 10 days apart" in r["finding"] for r in found)


def test_one_day_for_all_is_recognised_as_no_day_at_all():
    files = [acquired(f"P0{k}", visit, day, 500) for k in (1, 2) for visit, day in VISITS.items()]

    (found,) = judge(*files)

    assert found["severity"] == "note"
    assert "all 8 files with a $DATE have the same one" in found["finding"]


def test_one_day_for_all_draws_of_one_patient_is_one_finding():
    same = [acquired("P01", visit, day, 500, batch="") for visit, day in VISITS.items()]

    (found,) = judge(*same, *patient("P02"))

    assert (found["severity"], found["patient"]) == ("warning", "P01")
    assert "acquired on one day" in found["finding"]


@pytest.mark.parametrize("why", ["absent", "unreadable", "ambiguous", "default", "gone"])
def test_files_that_tell_nothing_are_counted_with_the_reason(why):
    files = [Acquired(planned("P01", visit, day), None, why) for visit, day in VISITS.items()]

    (found,) = judge(*files)

    assert found["severity"] == "note"
    assert "not judged, 4 files (P01_C0D1__tnk__full, " in found["finding"]


def test_controls_and_references_are_nobody_s_draws():
    files = [
        acquired("", "", None, day, role="reference", tube="control", sample=f"bridge_{day}")
        for day in (0, 20, 40)
    ]

    assert judge(*files, *patient()) == []


def test_no_finding_holds_a_date():
    files = [
        *patient(off={"C0D8": 21, "C1D1": -21}),
        *patient("P02", start=400),
        Acquired(planned("P03", "C0D1", 1), None, "ambiguous"),
        *patient("P04", off={"C0D8": 300}, specimen="cryo_pbmc"),
    ]

    text = " ".join(str(value) for row in judge(*files) for value in row.values())

    assert not re.search(r"\b(19|20)\d\d\b|73\d{4}|\d{1,2}-[A-Za-z]{3}-", text)


def test_shifting_all_dates_changes_no_finding():
    files = [*patient(off={"C0D8": 21}), *patient("P02", start=400)]
    shifted = [Acquired(one.file, one.at - 1234) for one in files]

    assert judge(*files) == judge(*shifted)


def write_study(folder, days, **keywords):
    """Write one small file a visit and return the plan, and the list of what became of them."""
    accepted, listed = [], []
    for number, (visit, day) in enumerate(days.items()):
        stamp = {"$DATE": (FIRST + timedelta(days=day)).strftime("%d-%b-%Y"), "$BTIM": "10:00:00"}
        name = f"{visit}.fcs"
        (folder / name).write_bytes(
            make_fcs(np.zeros((2, 2)), ["FSC-A", "Time"], keywords=stamp | keywords)
        )
        one = planned("P01", visit, day, path=name, acquisition=f"a{number}")
        accepted.append(one)
        listed.append({"acquisition": one.acquisition, "state": "accepted"})
    return Plan(acquisitions=tuple(accepted)), listed


def test_headers_of_accepted_files_are_read(tmp_path):
    plan, listed = write_study(tmp_path, VISITS)
    listed[1]["state"] = "refused"

    files = list(read_acquired(plan, listed, tmp_path))

    assert [one.file.visit for one in files] == ["C0D1", "C1D1", "C1D8"]
    assert files[1].at - files[0].at == 28


def test_a_file_that_vanished_is_told_and_no_crash(tmp_path):
    plan, listed = write_study(tmp_path, VISITS)
    (tmp_path / "C0D8.fcs").unlink()
    (tmp_path / "C1D1.fcs").write_bytes(b"not FCS at all")

    (found,) = date_findings(read_acquired(plan, listed, tmp_path), 3, 60)

    assert found["severity"] == "note"
    assert "no longer there" in found["finding"]
    assert "a1, a2" in found["finding"]
