"""Tumor lysis syndrome: every bound from both sides, and what was not measured is no "no"."""

import random

import pytest

from correlates.clinical.safety.clinical_tls import tls_rows
from correlates.clinical.safety.course import Course, Start
from correlates.clinical.safety.tls import laboratory_tls
from safety_maker import event, make_course, make_patient, make_settings

NORMAL = {
    "uric_acid_mg_dl": 5.0,
    "potassium_mmol_l": 4.0,
    "phosphate_mg_dl": 3.0,
    "calcium_mg_dl": 9.0,
}
SETTINGS = make_settings()
START = Start("lenalidomide", "start", 29, 0.0, 5.0)
PATIENT = make_patient(uln_creatinine_mg_dl=1.1)
COLUMNS = list(NORMAL)


def values(*rows):
    """Normal values on day 28, and these (day, changed values) after it."""
    return [{"study_day": 28} | NORMAL] + [
        {"study_day": day} | NORMAL | changed for day, changed in rows
    ]


def judged(rows, patient=PATIENT, **tls):
    return laboratory_tls(START, rows, patient, make_settings(tls=tls).tls)


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({"uric_acid_mg_dl": 8.0}, True),
        ({"uric_acid_mg_dl": 7.99}, False),
        ({"potassium_mmol_l": 6.0}, True),
        ({"potassium_mmol_l": 5.99}, False),
        ({"phosphate_mg_dl": 4.5}, True),
        ({"phosphate_mg_dl": 4.49}, False),
        ({"calcium_mg_dl": 7.0}, True),
        ({"calcium_mg_dl": 7.01}, False),
    ],
)
def test_a_bound_belongs_to_its_criterion(changed, met):
    found = judged(values((31, changed)), change_pct=0)

    assert sum(one.verdict == "met" for one in found.criteria) == met
    assert found.verdict == "no"


@pytest.mark.parametrize(
    ("base", "value", "column", "met"),
    [
        (5.2, 6.5, "uric_acid_mg_dl", True),
        (5.2, 6.49, "uric_acid_mg_dl", False),
        (4.0, 5.0, "potassium_mmol_l", True),
        (4.0, 4.99, "potassium_mmol_l", False),
        (3.2, 4.0, "phosphate_mg_dl", True),
        (3.2, 3.99, "phosphate_mg_dl", False),
        (9.6, 7.2, "calcium_mg_dl", True),
        (9.6, 7.21, "calcium_mg_dl", False),
        pytest.param(5.2, 3.0, "uric_acid_mg_dl", False, id="a fall of uric acid is none"),
        pytest.param(8.0, 12.0, "calcium_mg_dl", False, id="nor is a rise of calcium"),
    ],
)
def test_a_quarter_of_change_meets_the_criterion(base, value, column, met):
    rows = values((31, {column: value}))
    rows[0][column] = base

    found = judged(rows)

    assert sum(one.verdict == "met" for one in found.criteria) == met


@pytest.mark.parametrize(
    ("age", "met"),
    [
        pytest.param(28, True, id="as old as it may be"),
        pytest.param(29, False, id="older: what changed meanwhile is not known"),
    ],
)
def test_a_change_is_measured_from_no_older_value(age, met):
    rows = [{"study_day": START.day - age} | NORMAL]
    rows += [{"study_day": 31} | NORMAL | {"potassium_mmol_l": 5.5, "phosphate_mg_dl": 4.4}]

    assert (judged(rows, baseline_days=28).verdict == "yes") == met


@pytest.mark.parametrize(
    ("day", "verdict"),
    [
        pytest.param(25, "no", id="four days before"),
        pytest.param(26, "yes", id="three days before"),
        pytest.param(36, "yes", id="seven days after"),
        pytest.param(36.9, "yes", id="late on the seventh"),
        pytest.param(37, "no", id="eight days after"),
    ],
)
def test_the_window_holds_both_its_ends(day, verdict):
    rows = [*values((31, {})), {"study_day": day, "uric_acid_mg_dl": 9, "potassium_mmol_l": 7}]

    assert judged(rows, change_pct=0).verdict == verdict


def test_one_criterion_alone_is_no_tumor_lysis_and_two_are():
    one = judged(values((31, {"potassium_mmol_l": 6.5})))
    two = judged(values((31, {"potassium_mmol_l": 6.5}), (35, {"phosphate_mg_dl": 5})))

    assert (one.verdict, two.verdict) == ("no", "yes")
    assert two.days_apart == 4


@pytest.mark.parametrize(
    ("times", "verdict"),
    [
        pytest.param([(31, None), (31, None)], "yes", id="one day"),
        pytest.param([(31, None), (32, None)], "yes", id="days that follow each other"),
        pytest.param([(31, None), (33, None)], "no", id="two days"),
        pytest.param([(31, 9), (32, 9)], "yes", id="24 hours"),
        pytest.param([(31, 9), (32, 10)], "no", id="25 hours"),
        pytest.param([(31, 23), (33, 1)], "no", id="26 hours over two midnights"),
        pytest.param([(31, None), (32, 20)], "yes", id="one hour known: by days"),
    ],
)
def test_within_24_hours_if_the_config_asks_for_it(times, verdict):
    (day_a, hour_a), (day_b, hour_b) = times
    rows = values((day_a, {"potassium_mmol_l": 6.5, "hour": hour_a}))
    rows += [{"study_day": day_b, "phosphate_mg_dl": 5.0, "hour": hour_b}]

    found = judged(rows, same_24_hours=True)
    assert found.verdict == verdict
    assert ("2 of 4 criteria met, but" in found.reason) == (verdict == "no")
    assert judged(rows).verdict == "yes"


@pytest.mark.parametrize(
    ("missing", "met", "verdict", "said"),
    [
        pytest.param(COLUMNS[2:], 0, "not_excluded", "2 of 4 not measured (phosphate, calcium)"),
        pytest.param(COLUMNS[3:], 0, "no", "0 of 4 criteria met", id="one missing cannot be two"),
        pytest.param(COLUMNS[3:], 1, "not_excluded", "1 of 4 not measured", id="with one met"),
        pytest.param(COLUMNS[2:], 2, "yes", "2 of 4 criteria met", id="two are enough"),
        pytest.param(COLUMNS, 0, "not_evaluable", "none of the 4 values", id="nothing measured"),
    ],
)
def test_what_was_not_measured_is_not_a_no(missing, met, verdict, said):
    high = dict(list({"uric_acid_mg_dl": 9, "potassium_mmol_l": 7}.items())[:met])
    rows = values((31, high | dict.fromkeys(missing)))

    found = judged(rows)

    assert found.verdict == verdict
    assert said in found.reason


def test_values_before_the_start_exclude_nothing():
    found = judged([{"study_day": 27} | NORMAL])

    assert found.verdict == "not_evaluable"


def test_without_a_value_before_the_start_a_change_is_not_known():
    rows = [{"study_day": 31} | NORMAL]

    assert judged(rows).verdict == "not_excluded"
    assert "change not known of uric acid, potassium" in judged(rows).reason
    assert judged(rows, change_pct=0).verdict == "no"


def test_a_window_that_goes_on_is_not_a_no():
    cut = judged(values((31, {})), make_patient(last_known_day=35))

    assert cut.verdict == "not_excluded"
    assert cut.reason == "not excluded: the window was not over on the last day that is known"
    assert judged(values((31, {})), make_patient(last_known_day=36)).verdict == "no"


@pytest.mark.parametrize(
    ("timepoint", "verdict"),
    [
        pytest.param("pre", "no", id="drawn before the dose, it is the baseline"),
        pytest.param("h4", "yes", id="drawn after it, it is what the dose did"),
        pytest.param(None, "yes", id="else it may be the first sign"),
    ],
)
def test_a_value_of_the_day_of_the_dose(timepoint, verdict):
    high = {"uric_acid_mg_dl": 7.0, "potassium_mmol_l": 5.5}
    on_the_day = high | {"visit": "C1D1", "timepoint": timepoint}
    rows = values((29, on_the_day), (33, high))[1 if timepoint == "pre" else 0 :]

    assert judged(rows).verdict == verdict


def brute_force(rows, day):
    """Two of four criteria in the window, written as plainly as the definition."""
    met = 0
    for column, bound, sign in (
        ("uric_acid_mg_dl", 8, 1),
        ("potassium_mmol_l", 6, 1),
        ("phosphate_mg_dl", 4.5, 1),
        ("calcium_mg_dl", 7, -1),
    ):
        before = [
            row for row in sorted(rows, key=lambda r: r["study_day"]) if row["study_day"] < day
        ]
        base = before[-1][column]
        hit = False
        for row in rows:
            if day - 3 <= row["study_day"] <= day + 7:
                value = row[column]
                hit |= value >= bound if sign > 0 else value <= bound
                if row["study_day"] >= day:
                    quarter = base * 1.25 if sign > 0 else base * 0.75
                    hit |= value >= quarter if sign > 0 else value <= quarter
        met += hit
    return met >= 2


def random_rows(rng):
    days = sorted(rng.sample(range(20, 45), 8)) + [15, 32]
    return [
        {
            "study_day": day,
            "uric_acid_mg_dl": rng.choice([5, 5, 5, 5.5, 6, 6, 6.2, 8]),
            "potassium_mmol_l": rng.choice([4, 4, 4.5, 4.9, 5]),
            "phosphate_mg_dl": rng.choice([3, 3, 3, 3.5, 3.7, 4]),
            "calcium_mg_dl": rng.choice([7, 8, 9, 9, 9, 10]),
        }
        for day in days
    ]


def test_random_values_against_a_plain_reading_and_shifted_days():
    rng = random.Random(4)
    verdicts = []
    for _ in range(400):
        rows = list({row["study_day"]: row for row in random_rows(rng)}.values())
        found = judged(rows).verdict
        shifted = [row | {"study_day": row["study_day"] - 50} for row in rows]
        moved = Start("lenalidomide", "start", -21, 0.0, 5.0)
        verdicts.append(found)

        assert found == ("yes" if brute_force(rows, 29) else "no")
        assert laboratory_tls(moved, shifted, PATIENT, SETTINGS.tls).verdict == found
    assert 50 < verdicts.count("yes") < 350


HIGH = values((31, {"uric_acid_mg_dl": 9.0, "potassium_mmol_l": 7.0, "creatinine_mg_dl": 1.0}))


def clinical(rows=HIGH, events=(), death=None, patient=PATIENT):
    table = tls_rows(patient, rows, events, death, SETTINGS.tls)
    return next(row for row in table if row["drug"] == "lenalidomide")


@pytest.mark.parametrize(
    ("creatinine", "verdict"),
    [
        pytest.param(1.65, "yes", id="1.5 times 1.1, which is a hair more in binary fractions"),
        (1.64, "no"),
        (None, "not_excluded"),
    ],
)
def test_creatinine_makes_it_clinical(creatinine, verdict):
    rows = values((31, HIGH[1] | {"creatinine_mg_dl": creatinine, "study_day": 31}))

    assert clinical(rows)["clinical_tls"] == verdict


def test_the_limit_of_the_row_goes_before_that_of_the_patient():
    row = HIGH[1] | {"creatinine_mg_dl": 1.5, "creatinine_uln_mg_dl": 1.0}
    unlimited = make_patient()

    assert clinical([*values(), row])["clinical_tls"] == "yes"
    assert clinical(patient=unlimited)["clinical_reason"] == "upper limit of creatinine not given"


@pytest.mark.parametrize(
    ("events", "death", "verdict"),
    [
        pytest.param([event("Ventricular arrhythmia", 36)], None, "yes", id="last day"),
        pytest.param([event("Ventricular arrhythmia", 37)], None, "no", id="a day too late"),
        pytest.param([event("SEIZURE", 26)], None, "yes", id="first day, in capitals"),
        pytest.param([event("Sepsis", 33, 5)], None, "yes", id="any event of grade 5"),
        pytest.param([event("Sepsis", 33, 4)], None, "no", id="no other event"),
        pytest.param([], 33, "yes", id="death of the follow-up"),
        pytest.param([], 40, "no", id="a later death"),
        pytest.param([event("Seizure", None)], None, "not_excluded", id="no day"),
        pytest.param(None, None, "not_excluded", id="no sheet of adverse events"),
    ],
)
def test_clinical_events_of_the_window(events, death, verdict):
    assert clinical(events=events, death=death)["clinical_tls"] == verdict


def test_the_row_tells_values_days_and_what_was_not_measured():
    rows = values((31, {"uric_acid_mg_dl": 9.0, "calcium_mg_dl": None, "potassium_mmol_l": 5.2}))
    rows += [{"study_day": 33, "anc_10e9_l": 2.0}, {"study_day": 60} | NORMAL]

    row = clinical(rows)

    assert row["criteria_met"] == (
        "uric acid 9 mg/dL on day 31: >= 8 and +80 % from 5; "
        "potassium 5.2 mmol/L on day 31: +30 % from 4"
    )
    assert row["other_values"] == "phosphate 3 mg/dL on day 31"
    assert (row["not_measured"], row["n_met"], row["n_measured"]) == ("calcium", 2, 3)
    assert row["days_measured"] == "28, 31"
    assert "calcium 9 on day 28" in row["baseline"]
    assert (row["window_first_day"], row["window_last_day"]) == (26, 36)
    assert row["definition"] == "Cairo-Bishop, or 25 % change, two on any days of the window"


def test_no_clinical_tumor_lysis_without_a_laboratory_one():
    row = clinical(values((31, {})), [event("Seizure", 31)])

    assert (row["laboratory_tls"], row["clinical_tls"]) == ("no", "no")
    unknown = clinical(values((31, dict.fromkeys(COLUMNS))), [event("Seizure", 31)])
    assert unknown["clinical_tls"] == "not_evaluable"


def test_no_laboratory_sheet_is_not_no_tumor_lysis():
    rows = tls_rows(PATIENT, None, [], None, SETTINGS.tls)

    assert {row["laboratory_tls"] for row in rows} == {"not_evaluable"}
    assert {row["laboratory_reason"] for row in rows} == {"the study has no laboratory sheet"}


def test_every_start_and_rise_of_either_drug_has_a_window():
    course = make_course(rises=[(57, 5.0, 7.5)])
    patient = make_patient(
        courses={"ibrutinib": make_course("ibrutinib", 1), "lenalidomide": course}
    )
    rows = tls_rows(patient, values(), [], None, SETTINGS.tls)

    assert [(row["drug"], row["event"], row["day"]) for row in rows] == [
        ("ibrutinib", "start", 1),
        ("lenalidomide", "start", 29),
        ("lenalidomide", "escalation", 57),
    ]
    untreated = make_patient(courses={drug: Course(drug) for drug in patient.courses})
    (row,) = tls_rows(untreated, values(), [], None, SETTINGS.tls)
    assert row["laboratory_reason"] == "no dose of either drug is recorded"
