"""Grades of counts: bounds from both sides, both scales, worst per patient and per cycle."""

import random

import pytest

from correlates.clinical.safety.grades import grade_ctcae5, grade_iwcll
from correlates.clinical.safety.haematology import haematology_rows
from safety_maker import event, make_patient, make_settings

LIMITS = {"anc": (2.0, 2.0), "plt": (150, 150), "hb": (12.0, 12.0)}


@pytest.mark.parametrize(
    ("parameter", "value", "grade"),
    [
        ("anc", 2.0, 0),
        ("anc", 1.99, 1),
        ("anc", 1.5, 1),
        ("anc", 1.49, 2),
        ("anc", 1.0, 2),
        ("anc", 0.99, 3),
        ("anc", 0.5, 3),
        ("anc", 0.49, 4),
        ("anc", 0.0, 4),
        ("plt", 150, 0),
        ("plt", 149, 1),
        ("plt", 75, 1),
        ("plt", 74, 2),
        ("plt", 50, 2),
        ("plt", 49, 3),
        ("plt", 25, 3),
        ("plt", 24, 4),
        ("hb", 12.0, 0),
        ("hb", 11.9, 1),
        ("hb", 10.0, 1),
        ("hb", 9.9, 2),
        ("hb", 8.0, 2),
        ("hb", 7.9, 3),
        pytest.param("hb", 3.0, 3, id="no haemoglobin is grade 4 by its value"),
        pytest.param("anc", 500 * 0.001, 3, id="on a bound, after a change of unit"),
        pytest.param("hb", 80.00000000000001 * 0.1, 2, id="and with noise of binary fractions"),
    ],
)
def test_ctcae_5(parameter, value, grade):
    assert grade_ctcae5(parameter, value, LIMITS[parameter]).grade == grade


@pytest.mark.parametrize(
    ("parameter", "baseline", "value", "grade"),
    [
        ("plt", 100, 89.01, 0),
        ("plt", 100, 89, 1),
        ("plt", 100, 75.01, 1),
        ("plt", 100, 75, 2),
        ("plt", 100, 50.01, 2),
        ("plt", 100, 50, 3),
        ("plt", 100, 25.01, 3),
        ("plt", 100, 25, 4),
        pytest.param("plt", 40, 20, 3, id="20 is not below 20"),
        pytest.param("plt", 40, 19.9, 4, id="below 20 is grade 4 whatever the fall"),
        pytest.param("plt", 19.9, 5, None, id="below 20 before treatment is not evaluable"),
        pytest.param("plt", 20, 20, 0, id="20 before treatment is"),
        pytest.param("plt", 400, 150, 0, id="a normal value is grade 0 whatever its fall"),
        pytest.param("plt", 400, 149, 3, id="a fall by 63 % to just below normal"),
        ("hb", 11.0, 9.79, 1),
        ("hb", 11.0, 8.25, 2),
        ("hb", 11.0, 5.5, 3),
        ("hb", 11.0, 2.75, 4),
        pytest.param("hb", 9.0, 11.0, 0, id="a rise"),
        pytest.param("hb", None, 9.0, None, id="nothing to compare with"),
        ("anc", 3, 2.0, 0),
        ("anc", 3, 1.99, 1),
        ("anc", 3, 1.49, 2),
        ("anc", 3, 0.99, 3),
        ("anc", 3, 0.49, 4),
        ("anc", 1.0, 0.49, 4),
        pytest.param("anc", 0.99, 0.4, None, id="low before treatment is not evaluable"),
    ],
)
def test_iwcll(parameter, baseline, value, grade):
    assert grade_iwcll(parameter, value, baseline, LIMITS[parameter]).grade == grade


@pytest.mark.parametrize("parameter", list(LIMITS))
def test_a_lower_count_never_gets_a_lower_grade(parameter):
    rng = random.Random(7)
    top = {"anc": 4, "plt": 300, "hb": 16}[parameter]
    for _ in range(60):
        baseline = rng.uniform(0.3 * top, top)
        falling = sorted((rng.uniform(0, top) for _ in range(40)), reverse=True)
        for scale in (
            [grade_ctcae5(parameter, value, LIMITS[parameter]).grade for value in falling],
            [grade_iwcll(parameter, value, baseline, LIMITS[parameter]).grade for value in falling],
        ):
            assert None not in scale
            assert scale == sorted(scale)


def plain_ctcae(parameter, value):
    if parameter == "anc":
        return sum(value < bound for bound in (2.0, 1.5, 1.0, 0.5))
    if parameter == "plt":
        return sum(value < bound for bound in (150, 75, 50, 25))
    return sum(value < bound for bound in (12.0, 10.0, 8.0))


COLUMN = {"anc": "anc_10e9_l", "plt": "plt_10e9_l", "hb": "hb_g_dl"}
NAME = {"anc": "neutrophils", "plt": "platelets", "hb": "haemoglobin"}


def counts(*rows, parameter="anc"):
    return [{"study_day": day, COLUMN[parameter]: value} for day, value in rows]


def table(values, events=(), patient=None, parameter="anc", **settings):
    rows = haematology_rows(patient or make_patient(), values, events, make_settings(**settings))
    return [row for row in rows if row["parameter"] == NAME[parameter]]


def on_lenalidomide(*args, **more):
    return next(row for row in table(*args, **more) if "lenalidomide" in row.get("period", ""))


def cycle(number, *args, **more):
    return next(row for row in table(*args, **more) if row.get("cycle") == number)


def test_random_values_against_a_plain_reading():
    rng = random.Random(11)
    for parameter, top in (("anc", 3), ("plt", 200), ("hb", 14)):
        for _ in range(40):
            values = counts(
                *((rng.randrange(-5, 140), round(rng.uniform(0, top), 1)) for _ in range(12)),
                parameter=parameter,
            )
            for row in table(values, parameter=parameter):
                inside = [
                    plain_ctcae(parameter, entry[COLUMN[parameter]])
                    for entry in values
                    if row["first_day"] <= entry["study_day"] <= row["last_day"]
                ]
                assert row.get("worst_grade") == max(inside, default=None)
                assert row["status"] == ("ok" if inside else "not_evaluable")


def test_units_are_named_and_the_worst_of_each_is_its_own():
    values = counts((0, 3), (10, 0.9), (30, 0.4), (60, 1.2))
    rows = table(values)

    assert [
        (row["unit_of_analysis"], row.get("cycle"), row.get("worst_grade")) for row in rows
    ] == [
        ("patient", None, 4),
        ("patient", None, 4),
        ("patient-cycle", 0, 3),
        ("patient-cycle", 1, 4),
        ("patient-cycle", 2, 2),
        ("patient-cycle", 3, None),
    ]
    assert {row["grading"] for row in rows} == {"CTCAE 5.0"}
    assert rows[1]["worst_day"] == 30
    assert rows[-1]["reason"] == "not measured in these days"


@pytest.mark.parametrize(
    ("day", "counted"),
    [
        pytest.param(28, 0, id="the day before the cycle"),
        pytest.param(29, 1, id="its first day"),
        pytest.param(56, 1, id="its last day"),
        pytest.param(56.5, 1, id="late on its last day"),
        pytest.param(57, 0, id="the first day of the next"),
    ],
)
def test_a_value_belongs_to_the_cycle_of_its_day(day, counted):
    assert cycle(1, counts((day, 0.3)))["n_values"] == counted


def test_values_count_until_some_days_after_the_last_dose():
    late = counts((30, 3), (130, 0.4))
    later = counts((30, 3), (131, 0.4))

    assert on_lenalidomide(late)["worst_grade"] == 4
    assert on_lenalidomide(later)["worst_grade"] == 0


def test_an_abnormal_baseline_is_noted():
    row = on_lenalidomide(counts((-10, 3), (0, 1.2), (30, 0.9)))

    assert (row["baseline_value"], row["baseline_day"], row["baseline_grade"]) == (1.2, 0, 2)
    assert (row["abnormal_baseline"], row["worse_than_baseline"]) == (True, True)
    same = on_lenalidomide(counts((0, 1.2), (30, 1.1)))
    assert same["worse_than_baseline"] is False
    unknown = on_lenalidomide(counts((30, 1.1)))
    assert "worse_than_baseline" in unknown
    assert unknown["worse_than_baseline"] is None


def test_a_value_before_the_first_dose_of_its_day_is_the_baseline():
    values = [{"study_day": 1, "visit": "C0D1", "timepoint": "pre", "anc_10e9_l": 0.8}]

    row = table([*values, *counts((5, 1.2))])[0]

    assert (row["baseline_value"], row["n_values"], row["worst_grade"]) == (0.8, 1, 2)


def test_the_scale_for_cll_holds_values_against_those_before_treatment():
    values = counts((0, 40), (35, 30), parameter="plt")

    ctcae = on_lenalidomide(values, parameter="plt")
    iwcll = on_lenalidomide(values, parameter="plt", haematology="iwcll")
    without = on_lenalidomide(values[1:], parameter="plt", haematology="iwcll")

    assert (ctcae["worst_grade"], iwcll["worst_grade"]) == (3, 2)
    assert iwcll["grading"] == "iwCLL 2008, table 5"
    assert (without["status"], without["reason"]) == ("not_evaluable", "no value before treatment")


@pytest.mark.parametrize(
    ("sex", "value", "grade"),
    [("F", 12.5, 0), ("M", 12.5, 1), (None, 12.5, None), (None, 13.0, 0), (None, 11.9, 1)],
)
def test_the_limit_of_haemoglobin_goes_by_sex(sex, value, grade):
    row = on_lenalidomide(
        counts((30, value), parameter="hb"), patient=make_patient(sex=sex), parameter="hb"
    )

    assert row.get("worst_grade") == grade
    assert ("sex is not recorded" in row["reason"]) == (grade is None)


def test_an_unknown_limit_matters_only_where_nothing_is_worse():
    values = counts((30, 12.5), (33, 9.0), parameter="hb")
    unknown = make_patient(sex=None)

    assert on_lenalidomide(values, patient=unknown, parameter="hb")["worst_grade"] == 2
    iwcll = counts((0, 30), (30, 12.5), (33, 11.9), parameter="hb")
    row = on_lenalidomide(iwcll, patient=unknown, parameter="hb", haematology="iwcll")
    # 58 % and 60 %: the certain one is as bad as the other may be
    assert row["worst_grade"] == 3
    mild = counts((0, 13.0), (30, 12.5), (33, 11.5), parameter="hb")
    assert (
        on_lenalidomide(mild, patient=unknown, parameter="hb", haematology="iwcll")["worst_grade"]
        == 1
    )


def test_support_is_noted():
    values = [{"study_day": 30, "anc_10e9_l": 3.0, "hb_g_dl": 9.0, "gcsf_7d": True}]
    values[0]["transfused_7d"] = True

    anc, hb = on_lenalidomide(values), on_lenalidomide(values, parameter="hb")

    assert anc["gcsf"] is True
    assert anc["reason"] == "G-CSF within 7 days: neutrophils may have been lower"
    assert hb["reason"] == "transfused within 7 days: haemoglobin may have been lower"
    assert on_lenalidomide(counts((30, 1.0)))["gcsf"] is None


@pytest.mark.parametrize(
    ("value", "events", "said"),
    [
        (0.4, [], "grade 4 by the values, not reported"),
        (3.0, [], ""),
        (0.4, [event("Neutrophil count decreased", 31, 4)], ""),
        (0.4, [event("Febrile NEUTROPENIA", 31, 3)], "grade 4 by the values, reported as grade 3"),
        (3.0, [event("Neutropenia", 31, 2)], "grade 0 by the values, reported as grade 2"),
        (0.4, [event("Neutropenia", 31, None)], "reported without a grade"),
        (0.4, [event("Platelet count decreased", 31, 4)], "grade 4 by the values, not reported"),
        (0.4, [event("Neutropenia", 5, 4, resolution_day=28)], "not reported"),
        (0.4, [event("Neutropenia", 5, 4, resolution_day=29)], ""),
        (0.4, [event("Neutropenia", 130, 4)], ""),
        (0.4, [event("Neutropenia", 131, 4)], "not reported"),
        (None, [event("Neutropenia", 31, 4)], "reported, but not evaluable from the values"),
    ],
)
def test_values_stand_beside_what_was_reported(value, events, said):
    row = on_lenalidomide(counts((30, value)), events)

    assert said in row["disagreement"] if said else row["disagreement"] == ""


def test_without_sheets_nothing_is_a_zero():
    rows = table(None, None)

    assert {row["status"] for row in rows} == {"not_evaluable"}
    assert {row["reason"] for row in rows} == {"the study has no laboratory sheet"}
    assert "disagreement" not in table(counts((30, 0.4)), None)[0]


def test_a_patient_without_lenalidomide_has_no_row_of_it():
    rows = table(counts((5, 0.4)), patient=make_patient(lenalidomide=False))

    assert [(row["unit_of_analysis"], row.get("period")) for row in rows] == [
        ("patient", "from first ibrutinib"),
        ("patient-cycle", None),
    ]


def test_shifted_days_change_nothing_but_days():
    values = counts((0, 3), (10, 0.9), (30, 0.4), (60, 1.2))
    patient = make_patient()

    def shifted(day):
        return None if day is None else day - 7

    courses = {
        drug: type(course)(
            drug,
            shifted(course.first_day),
            shifted(course.last_day),
            {shifted(day): mg for day, mg in course.mg.items()},
        )
        for drug, course in patient.courses.items()
    }
    cycles = tuple(
        type(one)(one.number, shifted(one.first_day), shifted(one.last_day))
        for one in patient.cycles
    )
    moved = make_patient(courses=courses, cycles=cycles, last_known_day=193)
    before = table(values)
    after = table([row | {"study_day": row["study_day"] - 7} for row in values], patient=moved)

    kept = ("worst_grade", "n_values", "baseline_grade", "worse_than_baseline", "status")
    assert [[row.get(name) for name in kept] for row in before] == [
        [row.get(name) for name in kept] for row in after
    ]
