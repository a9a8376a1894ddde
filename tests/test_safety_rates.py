"""Rates: per patient and per cycle are told apart, and what is not known is in neither number."""

import pytest
from scipy.stats import binomtest

from clinic_maker import dose, make_records
from correlates.clinical.records import DataCut
from correlates.clinical.safety.adverse_events import adverse_event_rows
from correlates.clinical.safety.cohort_rates import event_rates, tls_rates
from correlates.clinical.safety.rates import Measure, rate_row
from correlates.clinical.safety.tables import safety_tables
from safety_maker import event, make_patient, make_settings

SETTINGS = make_settings()
MEASURE = Measure("adverse event", "treated with lenalidomide")


@pytest.mark.parametrize(("hits", "total"), [(0, 9), (9, 9), (1, 6), (2, 3), (20, 45)])
def test_the_interval_of_patients_is_exact(hits, total):
    row = rate_row(MEASURE, [True] * hits + [False] * (total - hits), "patient", 0.95)
    exact = binomtest(hits, total).proportion_ci(0.95, method="exact")

    assert row["rate_pct"] == pytest.approx(100 * hits / total)
    assert row["ci_low_pct"] == pytest.approx(100 * exact.low)
    assert row["ci_high_pct"] == pytest.approx(100 * exact.high)


def test_nine_of_nine_is_66_to_100_percent():
    row = rate_row(MEASURE, [True] * 9, "patient", 0.95)

    assert (round(row["ci_low_pct"]), row["ci_high_pct"]) == (66, 100)


def test_what_is_not_known_is_in_neither_number():
    row = rate_row(MEASURE, [True, None, False], "patient", 0.95)
    nobody = rate_row(MEASURE, [None, None], "patient", 0.95)

    assert (row["numerator"], row["denominator"], row["n_not_evaluable"]) == (1, 2, 1)
    assert (nobody["denominator"], nobody["rate_pct"], nobody.get("ci_low_pct")) == (0, None, None)
    assert nobody["interval"] == "none: no patient is evaluable"


def rates(patients, events, **wanted):
    given = {one.key: events.get(one.key, []) for one in patients}
    found = event_rates(patients, given, SETTINGS)
    of = {"measure": "adverse event", "population": "treated with lenalidomide", "term": ""}
    wanted = of | {"attribution": "any"} | wanted
    return [row for row in found if all(row[key] == value for key, value in wanted.items())]


def pair(patients, events, **wanted):
    """Return (numerator, denominator) per patient and per patient-cycle."""
    found = {}
    for row in rates(patients, events, **wanted):
        found[row["unit_of_analysis"]] = (row["numerator"], row["denominator"])
    return found


def test_a_rate_per_cycle_is_not_a_rate_per_patient():
    """Three of five patients is 60 %, the same events are 20 % of their fifteen cycles."""
    patients = [make_patient(f"P0{n}") for n in range(5)]
    flares = {f"P0{n}": [event("Tumor flare", 30)] for n in range(3)}
    wanted = {"term": "Tumor flare", "grade": "any"}

    rows = {row["unit_of_analysis"]: row for row in rates(patients, flares, **wanted)}

    assert set(rows) == {"patient", "patient-cycle"}
    assert pair(patients, flares, **wanted) == {"patient": (3, 5), "patient-cycle": (3, 15)}
    assert rows["patient"]["rate_pct"] == pytest.approx(60)
    assert rows["patient-cycle"]["rate_pct"] == pytest.approx(20)
    assert rows["patient-cycle"].get("ci_low_pct") is None
    assert rows["patient-cycle"]["interval"] == "none: cycles of one patient are not independent"


def test_several_events_of_a_patient_are_one_patient():
    patients = [make_patient("P01"), make_patient("P02")]
    events = {"P01": [event("Rash", 30), event("rash ", 31, 3), event("Rash", 60, 2)]}

    assert pair(patients, events, term="Rash", grade="any") == {
        "patient": (1, 2),
        "patient-cycle": (2, 6),
    }
    assert pair(patients, events, term="Rash", grade=">=3")["patient-cycle"] == (1, 6)


def test_only_the_treated_are_at_risk():
    patients = [make_patient("P01"), make_patient("P02", lenalidomide=False)]
    events = {"P01": [event("Rash", 30)], "P02": [event("Rash", 10)]}

    assert pair(patients, events, grade="any")["patient"] == (1, 1)
    on_ibrutinib = {"population": "treated with ibrutinib", "grade": "any"}
    assert pair(patients, events, **on_ibrutinib) == {"patient": (2, 2), "patient-cycle": (2, 5)}


@pytest.mark.parametrize(
    ("onset", "counted"),
    [
        pytest.param(28, (0, 1), id="the day before the first dose"),
        pytest.param(29, (1, 1), id="the day of the first dose"),
        pytest.param(130, (1, 1), id="30 days after the last"),
        pytest.param(131, (0, 1), id="31 days after"),
        pytest.param(None, (0, 0), id="a day that is not known is neither"),
    ],
)
def test_an_event_counts_while_on_the_drug(onset, counted):
    found = pair([make_patient()], {"P01": [event("Rash", onset)]}, term="Rash", grade="any")

    # a term that nobody had in time is still a row of its own
    assert found["patient"] == counted


@pytest.mark.parametrize(
    ("onset", "cycle"),
    [(29, 1), (56, 1), (56.5, 1), (57, 2), (84.9, 2), (85, 3), (112, 3), (113, None)],
)
def test_an_event_belongs_to_the_cycle_of_its_onset(onset, cycle):
    """Of two patients with cycles of one event each, the cycle is told by leaving it out."""
    whole = make_patient()
    without = make_patient(cycles=tuple(one for one in whole.cycles if one.number != cycle))
    events = {"P01": [event("Rash", onset)]}

    hits = [
        pair([patient], events, term="Rash", grade="any")["patient-cycle"][0]
        for patient in (whole, without)
    ]

    assert hits == ([0, 0] if cycle is None else [1, 0])


@pytest.mark.parametrize(
    ("events", "counted"),
    [
        ([event(grade=3)], (1, 1)),
        ([event(grade=2)], (0, 1)),
        pytest.param([event(grade=None)], (0, 0), id="an unknown grade may be 3"),
        pytest.param([event(grade=None), event(grade=4)], (1, 1), id="unless another is"),
    ],
)
def test_grade_3_or_more(events, counted):
    assert pair([make_patient()], {"P01": events}, grade=">=3")["patient"] == counted


@pytest.mark.parametrize(("related", "counted"), [(True, (1, 1)), (False, (0, 1)), (None, (0, 0))])
def test_attribution(related, counted):
    events = {"P01": [event(related_lenalidomide=related)]}

    found = pair([make_patient()], events, attribution="lenalidomide", grade="any")

    assert found["patient"] == counted


def test_no_sheet_of_adverse_events_is_no_rate_of_zero():
    found = event_rates([make_patient()], None, SETTINGS)

    assert {(row["denominator"], row["n_not_evaluable"]) for row in found} == {(0, 1)}
    assert {row["note"] for row in found} == {"the study has no sheet of adverse events"}


@pytest.mark.parametrize(
    ("verdicts", "counted"),
    [
        (["no", "no"], (0, 1)),
        (["no", "yes"], (1, 1)),
        (["not_evaluable", "yes"], (1, 1)),
        (["no", "not_excluded"], (0, 0)),
    ],
)
def test_a_patient_is_without_tumor_lysis_only_if_every_window_is(verdicts, counted):
    windows = [
        {"patient": "P01", "drug": "lenalidomide", "laboratory_tls": one, "clinical_tls": "no"}
        for one in verdicts
    ]
    found = tls_rates([make_patient()], windows, SETTINGS)
    (row,) = [
        row for row in found if row["measure"] == "laboratory TLS" and "lenal" in row["population"]
    ]

    assert (row["numerator"], row["denominator"]) == counted


def test_tumor_lysis_of_a_drug_is_that_of_its_own_windows():
    windows = [
        {"patient": key, "drug": drug, "laboratory_tls": one, "clinical_tls": "no"}
        for key, drug, one in (
            ("P01", "ibrutinib", "yes"),
            ("P01", "lenalidomide", "no"),
            ("P02", "ibrutinib", "no"),
            ("P02", "lenalidomide", "no"),
        )
    ]
    found = tls_rates([make_patient("P01"), make_patient("P02")], windows, SETTINGS)

    assert [
        (row["measure"], row["population"], row["numerator"], row["denominator"]) for row in found
    ] == [
        ("laboratory TLS", "treated with ibrutinib", 1, 2),
        ("clinical TLS", "treated with ibrutinib", 0, 2),
        ("laboratory TLS", "treated with lenalidomide", 0, 2),
        ("clinical TLS", "treated with lenalidomide", 0, 2),
    ]


def test_terms_are_folded_per_patient():
    events = [
        event("Rash", 30, 1, serious=False),
        event(" rash", 40, 3, related_ibrutinib=True, serious=None),
        event("Rash", -3, None),
    ]

    (row,) = adverse_event_rows(make_patient(), events)

    assert (row["term"], row["n_events"], row["worst_grade"], row["worst_onset_day"]) == (
        *("Rash", 3, 3, 40),
    )
    assert (row["n_without_grade"], row["n_before_treatment"], row["first_onset_day"]) == (1, 1, -3)
    assert (row["related_ibrutinib"], row["serious"]) == ("yes", "")
    assert row["unit_of_analysis"] == "patient"


def test_a_patient_without_events_is_told_from_a_study_without_the_sheet():
    (none,) = adverse_event_rows(make_patient(), [])
    (unknown,) = adverse_event_rows(make_patient(), None)

    assert (none["status"], none["n_events"]) == ("none_reported", 0)
    assert (unknown["status"], unknown.get("n_events")) == ("not_evaluable", None)


def records(cut=None, **sheets):
    keys = ("P01", "P02")
    exposure = [dose(1, None, 420, "ibrutinib") | {"patient": key} for key in keys]
    exposure += [dose(29, None, 5) | {"patient": key} for key in keys]
    followed = [{"patient": key, "study_day": 100} for key in keys]
    enrolled = [
        {"patient": key, "enrolment_order": n, "dose_level_mg": 5, "sex": "F"}
        for n, key in enumerate(keys, start=1)
    ]
    return make_records(cut, patients=enrolled, exposure=exposure, follow_up=followed, **sheets)


COUNTS = [
    {"patient": "P01", "study_day": 0, "anc_10e9_l": 3.0},
    {"patient": "P01", "study_day": 40, "anc_10e9_l": 0.4},
    {"patient": "P01", "study_day": 70, "anc_10e9_l": 2.5},
]


def neutropenia(tables, unit):
    (row,) = [
        row
        for row in tables.safety_rates
        if (row["term"], row["grade"], row["unit_of_analysis"]) == ("neutrophils", "4", unit)
        and "lenalidomide" in row["population"]
    ]
    return row["numerator"], row["denominator"], row["n_not_evaluable"]


def test_counts_per_patient_and_per_cycle():
    tables = safety_tables(records(laboratory=COUNTS), SETTINGS)

    assert neutropenia(tables, "patient") == (1, 1, 1)
    # cycles 1 and 2 of P01; cycle 3 and all of P02 were not measured
    assert neutropenia(tables, "patient-cycle") == (1, 2, 4)


def test_no_rate_of_a_grade_that_values_cannot_have():
    def grades(**settings):
        tables = safety_tables(records(laboratory=COUNTS), make_settings(**settings))
        return {row["grade"] for row in tables.safety_rates if row["term"] == "haemoglobin"}

    assert grades() == {">=3"}
    assert grades(haematology="iwcll") == {">=3", "4"}


def test_a_study_with_only_its_patients_has_tables_and_no_zeros():
    tables = safety_tables(make_records(patients=["P01"]), SETTINGS)

    assert {row["laboratory_tls"] for row in tables.tls} == {"not_evaluable"}
    assert {row["status"] for row in tables.haematology} == {"not_evaluable"}
    assert {row["status"] for row in tables.adverse_events} == {"not_evaluable"}
    assert {row["denominator"] for row in tables.safety_rates} == {0}
    assert {row["dlt"] for row in tables.dose_limiting} == {"not_evaluable"}
    assert {row["status"] for row in tables.dose_intensity} == {"not_evaluable"}


def test_a_data_cut_leaves_out_what_came_later():
    whole = safety_tables(records(laboratory=COUNTS, adverse_events=[]), SETTINGS)
    cut = DataCut("interim", {"P01": 35, "P02": 35})
    early = safety_tables(records(cut, laboratory=COUNTS, adverse_events=[]), SETTINGS)

    assert neutropenia(whole, "patient")[0] == 1
    assert neutropenia(early, "patient") == (0, 0, 2)
    assert {row["evaluable"] for row in whole.dose_limiting} == {"yes"}
    assert {row["evaluable"] for row in early.dose_limiting} == {"pending"}
    ends = {row.get("last_day") for row in early.dose_intensity if row.get("patient")}
    assert max(day for day in ends if day is not None) == 35


def test_every_row_of_rates_names_its_unit_and_its_numbers():
    events = [{"patient": "P01", "term": "Rash", "onset_day": 30, "grade": 2}]
    tables = safety_tables(records(laboratory=COUNTS, adverse_events=events), SETTINGS)

    for row in tables.safety_rates:
        assert row["unit_of_analysis"] in ("patient", "patient-cycle")
        assert 0 <= row["numerator"] <= row["denominator"]
        assert row["population"]
    for name in ("tls", "haematology", "adverse_events", "dose_limiting", "dose_levels"):
        assert all(row["unit_of_analysis"] for row in getattr(tables, name)), name


@pytest.mark.parametrize(
    ("before", "said"), [(0.4, "1 of the 1 had it before treatment"), (0.6, "")]
)
def test_a_rate_tells_who_had_the_grade_before_treatment(before, said):
    counts = [COUNTS[0] | {"anc_10e9_l": before}, *COUNTS[1:]]

    tables = safety_tables(records(laboratory=counts), SETTINGS)

    (row,) = [
        row
        for row in tables.safety_rates
        if (row["term"], row["grade"], row["unit_of_analysis"]) == ("neutrophils", "4", "patient")
        and "lenalidomide" in row["population"]
    ]
    assert row["note"].split("; ")[0] == (said or "not every cycle or patient was measured")
