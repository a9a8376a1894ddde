"""Flare by patient: what counts, what is no zero, how frequent it is in which unit."""

from math import exp, factorial, isnan

import numpy as np
import pytest
from scipy.optimize import brentq

from clinic_maker import dose, make_records
from correlates.clinical.dosing.dosing import dosing_of_patient
from correlates.clinical.endpoints.table import flare_endpoints
from correlates.clinical.flare.patients import flare_of_patient
from correlates.clinical.flare.rates import flare_rates
from correlates.clinical.flare.tables import EVENT_COLUMNS, PATIENT_COLUMNS, event_rows, patient_row
from correlates.intake.clinical import DataCut

WINDOW = 56
IBRUTINIB = dose(1, drug="ibrutinib", dose_mg=420.0)
TREATED = (IBRUTINIB, dose(29))


def seen(*days):
    return [{"study_day": day} for day in days]


def derive(*flares, exposure=TREATED, until=100, **more):
    records = make_records(
        exposure=list(exposure), flares=list(flares), follow_up=seen(until), **more
    )
    return flare_of_patient(records, "P01", WINDOW)


def flare(onset, grade, **more):
    return {"onset_day_from_len": onset, "grade": grade} | more


@pytest.mark.parametrize(
    ("flares", "any_flare", "ge2", "ordinal", "onset"),
    [
        pytest.param([flare(6, 1)], True, False, 1, 6, id="mild"),
        pytest.param([flare(6, 2)], True, True, 2, 6, id="grade 2"),
        pytest.param([flare(20, 3), flare(6, 1)], True, True, 3, 6, id="worst grade, first onset"),
        pytest.param([flare(6, 4)], True, True, 4, 6, id="disabling"),
        pytest.param([flare(6, 5)], True, True, 4, 6, id="death is capped on the ordinal scale"),
        pytest.param([flare(6, None)], True, None, None, 6, id="no grade"),
        pytest.param([flare(6, 2), flare(9, None)], True, True, None, 6, id="one has no grade"),
        pytest.param([flare(6, 1), flare(9, None)], True, None, None, 6, id="it may be worse"),
        pytest.param([flare(6, 4), flare(9, None)], True, True, 4, 6, id="none could be worse"),
        pytest.param([flare(70, 1)], True, False, 1, 70, id="later than the window"),
        pytest.param([flare(-1, 3), flare(6, 1)], True, False, 1, 6, id="one before lenalidomide"),
        pytest.param([flare(-1, 3)], False, False, 0, None, id="none but one before it"),
        pytest.param([], False, False, 0, None, id="none, and observed for long enough"),
    ],
)
def test_endpoints(flares, any_flare, ge2, ordinal, onset):
    found = derive(*flares)

    assert (found.any_flare, found.ge2, found.ordinal) == (any_flare, ge2, ordinal)
    assert found.onset_d == onset


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param({"exposure": [IBRUTINIB]}, "never received lenalidomide", id="never on it"),
        pytest.param(
            {"exposure": [IBRUTINIB, dose(29, 40, dose_mg=0)]},
            "never received lenalidomide",
            id="a dose of 0 mg only",
        ),
        pytest.param({"until": 84}, "observed for 55 of 56 days", id="a day short of the window"),
        pytest.param(
            {"patients": [{"patient": "P01", "tfr_grade": 2}]},
            "no flare in the flares sheet, but tfr_grade 2 in the patients sheet",
            id="typed in, and not in the sheet",
        ),
        pytest.param(
            {"patients": [{"patient": "P01", "screen_failure": "ANC too low"}]},
            "not enrolled (ANC too low)",
            id="screen failure",
        ),
    ],
)
def test_what_is_not_evaluable_is_never_zero(given, reason):
    found = derive(**given)

    assert (found.any_flare, found.ge2, found.ordinal) == (None, None, None)
    assert reason in found.reason


def test_a_flare_without_its_day_and_grade_is_no_zero():
    found = derive({"grade": None})

    assert found.any_flare is None
    assert "without grade and day" in found.reason


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"until": 85}, id="observed for exactly the window"),
        pytest.param(
            {"until": 40, "patients": [{"patient": "P01", "tfr_grade": 0}]}, id="typed in as 0"
        ),
    ],
)
def test_zeros(given):
    found = derive(**given)

    assert (found.any_flare, found.ge2, found.ordinal) == (False, False, 0)
    assert found.reason


def test_grade_0_in_the_sheet_is_an_observation():
    found = derive({"grade": 0}, until=40)

    assert (found.any_flare, found.reason) == (False, "recorded as grade 0")


def test_what_is_recorded_without_lenalidomide_is_told():
    found = derive({"onset_study_day": 10, "grade": 2}, exposure=[IBRUTINIB])

    assert found.reason == "flare of grade 2 recorded, but no lenalidomide_start_day"
    assert found.notes == "not counted: flare of grade 2 on day 10, without lenalidomide"


def test_an_onset_before_lenalidomide_is_told():
    found = derive(flare(-2, 3))

    assert "flare of grade 3 on day 27, before the first lenalidomide dose" in found.notes


def test_a_fatal_flare_is_told_and_counted_as_its_own():
    found = derive(flare(6, 5))
    rates = {
        row["rate"]: row for row in flare_rates([found], 0.95) if row["unit"] == "% of patients"
    }

    assert found.worst_grade == 5
    assert "grade 5 (fatal) counts as 4" in found.reason
    assert "a flare was fatal" in found.notes
    assert rates["grade 5"]["numerator"] == 1


def test_the_typed_grade_stands_alone_where_there_is_no_flares_sheet():
    records = make_records(
        patients=[{"patient": "P01", "lenalidomide_start_day": 29, "tfr_grade": 3}]
    )

    found = flare_of_patient(records, "P01", WINDOW)

    assert (found.any_flare, found.ordinal, found.source) == (True, 3, "patients")


def test_days_on_lenalidomide_leave_out_holds_and_end_with_the_cut():
    doses = [IBRUTINIB, dose(29, 38), dose(39, 45, dose_mg=0), dose(46)]

    found = derive(exposure=doses, until=120).at_risk
    cut = derive(exposure=doses, until=120, cut=DataCut("interim", {"P01": 50})).at_risk

    # 10 days, then those from day 46 to 120, or to 29 + 56 = 85
    assert (found.exposure_days, found.window_exposure_days) == (10 + 75, 10 + 40)
    assert found.observed_days == 120 - 29
    assert (cut.exposure_days, cut.observed_days) == (10 + 5, 50 - 29)


@pytest.mark.parametrize(
    ("rows", "typed", "expected"),
    [
        pytest.param(
            [dose(27, 33, drug="prednisone", reason="prophylaxis")], None, "steroid", id="a"
        ),
        pytest.param(
            [
                dose(27, 33, drug="prednisone", reason="prophylaxis"),
                dose(29, drug="nsaid", reason="prophylaxis"),
            ],
            "none",
            "nsaid;steroid",
            id="the exposure sheet goes first",
        ),
        pytest.param([dose(35, 39, drug="prednisone", reason="treatment")], None, "none", id="b"),
        pytest.param([dose(36, drug="prednisone", reason="prophylaxis")], None, "none", id="late"),
        pytest.param(
            [dose(5, 9, drug="prednisone", reason="prophylaxis")], None, "none", id="past"
        ),
        pytest.param([dose(27, drug="allopurinol", reason="prophylaxis")], None, "none", id="TLS"),
        pytest.param([], "steroid", "steroid", id="typed in"),
    ],
)
def test_prophylaxis(rows, typed, expected):
    patients = [{"patient": "P01", "prophylaxis": typed}]

    found = derive(flare(6, 1), exposure=[*TREATED, *rows], patients=patients)

    assert found.at_risk.prophylaxis == expected


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        pytest.param("3.0", "CTCAE v3.0", id="beside the grade"),
        pytest.param(None, "CTCAE v4.0", id="in the patients sheet alone"),
    ],
)
def test_a_recorded_grade_0_has_the_version_by_which_it_was_graded(recorded, expected):
    patients = [{"patient": "P01", "ctcae_version": "4.0"}]

    found = derive(flare(None, 0, ctcae_version=recorded), patients=patients)

    assert (found.ordinal, found.version) == (0, expected)


def test_versions_that_differ_are_told_with_the_patient_and_the_rates():
    found = derive(flare(6, 1, ctcae_version="3.0"), flare(9, 2, ctcae_version="v5.0"))

    assert found.version == "CTCAE v3.0, CTCAE v5.0"
    for said in (found.notes, flare_rates([found], 0.95)[0]["note"]):
        assert "graded by several versions: CTCAE v3.0 (1), CTCAE v5.0 (1)" in said
        assert "CTCAE v5.0 has no term for tumor flare" in said


def cohort():
    """One mild and one severe flare in one patient, none in another, one never treated."""
    records = make_records(
        patients=["P01", "P02", "P03"],
        exposure=[
            row | {"patient": name}
            for name, rows in (
                ("P01", [IBRUTINIB, dose(29, 98)]),
                ("P02", [IBRUTINIB, dose(29, 63)]),
                ("P03", [IBRUTINIB]),
            )
            for row in rows
        ],
        flares=[
            flare(6, 1, treatment="none"),
            flare(30, 3, sites="neck;axilla", treatment="nsaid;steroid"),
        ],
        follow_up=[row | {"patient": name} for name in ("P01", "P02") for row in seen(98)],
    )
    return records, [flare_of_patient(records, name, WINDOW) for name in records.patients]


def test_rates_name_their_units_and_never_mix_them():
    rows = {(row["rate"], row["unit"]): row for row in flare_rates(cohort()[1], 0.95)}

    patients = rows["any flare", "% of patients"]
    weeks = rows["any flare", "flares per 100 patient-weeks on lenalidomide"]
    early = rows["began in the first 28 days", "% of flares"]
    assert (patients["numerator"], patients["denominator"], patients["value"]) == (1, 2, 50)
    assert "1 not at risk and 0 not evaluable" in patients["note"]
    # 70 and 35 days on it are 15 weeks
    assert (weeks["numerator"], weeks["denominator"]) == (2, 15)
    assert weeks["value"] == pytest.approx(100 * 2 / 15)
    assert (early["numerator"], early["denominator"]) == (1, 2)


def test_the_interval_of_a_rate_in_time_is_exact():
    rows = flare_rates(cohort()[1], 0.95)
    found = next(row for row in rows if row["unit"].startswith("flares per"))

    def at_most(n, mean):
        return exp(-mean) * sum(mean**k / factorial(k) for k in range(n + 1))

    low = brentq(lambda mean: 1 - at_most(1, mean) - 0.025, 1e-6, 2)
    high = brentq(lambda mean: at_most(2, mean) - 0.025, 2, 30)
    assert found["ci_low"] == pytest.approx(100 * low / 15)
    assert found["ci_high"] == pytest.approx(100 * high / 15)


def test_rates_of_nobody_have_no_value():
    assert all(isnan(row["value"]) for row in flare_rates([], 0.95))


def test_tables():
    records, flares = cohort()
    dosing = [dosing_of_patient(records, one.patient) for one in flares]

    rows = [patient_row(one, its, WINDOW) for one, its in zip(flares, dosing, strict=True)]
    events = event_rows(flares[0], dosing[0], WINDOW)

    assert all(set(row) == set(PATIENT_COLUMNS) for row in rows)
    assert all(set(row) == set(EVENT_COLUMNS) for row in events)
    assert [row["tfr_any"] for row in rows] == [1, 0, None]
    assert rows[0]["sites"] == "axilla;neck"
    assert rows[0]["treatment"] == "nsaid;steroid"
    assert rows[0]["len_dose_at_onset_mg"] == 5
    assert [event["onset_d"] for event in events] == [6, 30]


def test_the_dose_at_onset_stands_beside_the_one_that_was_recorded():
    doses = [IBRUTINIB, dose(29, 34, dose_mg=2.5), dose(35)]
    given = flare(6, 2, len_dose_at_onset_mg=2.5)
    records = make_records(exposure=doses, flares=[given], follow_up=seen(100))
    found = flare_of_patient(records, "P01", WINDOW)

    (row,) = event_rows(found, dosing_of_patient(records, "P01"), WINDOW)

    assert (row["len_dose_recorded_mg"], row["len_dose_mg"]) == (2.5, 5)


@pytest.mark.parametrize("seed", [1, 2])
def test_never_treated_are_never_zeros_and_shifting_days_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    untreated = 0
    for _ in range(200):
        treated, by = rng.random() < 0.6, int(rng.integers(-300, 300))
        flares = [
            {"onset_study_day": int(rng.integers(20, 120)), "grade": int(rng.integers(0, 6))}
            for _ in range(rng.integers(0, 3))
        ]
        until = int(rng.integers(30, 200))

        def derived(by, treated=treated, flares=flares, until=until):
            start = [dose(29 + by)] if treated else []
            moved = [one | {"onset_study_day": one["onset_study_day"] + by} for one in flares]
            records = make_records(
                exposure=[dose(1 + by, drug="ibrutinib"), *start],
                flares=moved,
                follow_up=seen(until + by),
            )
            return flare_of_patient(records, "P01", WINDOW)

        found, moved = derived(0), derived(by)
        if not treated:
            untreated += 1
            assert found.any_flare is found.ge2 is found.ordinal is None
        for name in ("any_flare", "ge2", "ordinal", "onset_d", "worst_grade"):
            assert getattr(found, name) == getattr(moved, name)
        for name in ("observed_days", "exposure_days", "window_exposure_days"):
            assert getattr(found.at_risk, name) == getattr(moved.at_risk, name)
    assert untreated > 40


def test_the_intervals_are_of_the_level_that_is_asked_for():
    wide, narrow = (flare_rates(cohort()[1], level) for level in (0.99, 0.8))

    assert {row["confidence"] for row in wide} == {0.99}
    assert wide[0]["ci_high"] - wide[0]["ci_low"] > narrow[0]["ci_high"] - narrow[0]["ci_low"]


@pytest.mark.parametrize(
    ("contact", "share"),
    [
        pytest.param({"study_day": 60}, (0, 0), id="window goes on"),
        pytest.param({"study_day": 85}, (1, 2), id="window over"),
        pytest.param({"study_day": 60, "alive": False, "death_day": 60}, (1, 1), id="died"),
    ],
)
def test_a_flare_in_a_window_that_goes_on_is_in_no_rate(contact, share):
    """Of two followed for as long, one with a flare: he alone would make a rate of 100 %."""
    names = ("P01", "P02")
    records = make_records(
        patients=list(names),
        exposure=[row | {"patient": name} for name in names for row in (IBRUTINIB, dose(29))],
        flares=[flare(6, 2)],
        follow_up=[contact | {"patient": name} for name in names],
    )

    flares = [flare_of_patient(records, name, WINDOW) for name in names]

    found = flare_rates(flares, 0.95)[0]
    assert (found["numerator"], found["denominator"]) == share
    assert ("2 whose window goes on" in found["note"]) == (share == (0, 0))
    known = [one.value for one in flare_endpoints(flares[0])]
    assert (known == [None] * 4) == (share == (0, 0))
    assert flares[0].any_flare is True


def test_a_flare_without_a_grade_is_neither_fatal_nor_not():
    found = derive(flare(6, None))

    fatal = next(row for row in flare_rates([found], 0.95) if row["rate"] == "grade 5")
    weeks = next(
        row
        for row in flare_rates([found], 0.95)
        if row["rate"] == "grade 2 or more" and row["unit"].startswith("flares per")
    )
    assert fatal["denominator"] == 0
    assert "1 of no recorded grade not counted" in weeks["note"]
