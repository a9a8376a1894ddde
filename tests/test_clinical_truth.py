"""Over many simulated cohorts, everything that is computed from the sheets is the planted truth.

The truth is read off the courses that the sheets were made of. Nothing of it was computed by what
is tested here.
"""

from pathlib import Path

import pytest
import yaml

from clinic_maker import read_clinic
from correlates.clinical.dosing.dosing import dosing_of_patient
from correlates.clinical.endpoints.table import derive, endpoint_rows
from correlates.clinical.flare.tables import patient_row
from correlates.clinical.response.disagreements import disagreements_of
from correlates.clinical.response.tables import response_row
from correlates.clinical.safety.settings import safety_settings
from correlates.clinical.safety.tables import safety_tables
from correlates.cohort.integrity.checks import CHECKS
from correlates.cohort.integrity.evidence import Evidence, settings_of
from correlates.cohort.integrity.registry import run_checks
from correlates.simulate.clinic.endpoints import true_endpoints
from correlates.simulate.clinic.events import is_at_risk
from correlates.simulate.clinic.safety import true_doses, true_safety
from correlates.simulate.clinic.write import simulate_clinic

CONFIG = yaml.safe_load(
    (Path(__file__).resolve().parent.parent / "config" / "config.yaml").read_text()
)
SETTINGS = CONFIG["clinical"]
# Response is assessed every three cycles after the thirteenth.
CLINICAL = SETTINGS | {"survival": SETTINGS["survival"] | {"then_every_cycles": 3}}
SEEDS = range(100, 140)
# What each planted defect is told of as.
RULES = {
    "first_dose": {"typed_dose_level", "dose_level_of_cohort"},
    "typed_grade": {"typed_flare_grade"},
    "late_draw": {"visit_window"},
}
# Study days of data cuts; each cohort is cut at one of them.
CUTS = (40, 70, 130, 205, 250, 380, 460)


class Cohort:
    """A simulated cohort, and what was computed from its sheets."""

    def __init__(self, folder, seed):
        self.clinic = simulate_clinic(folder, n_patients=24, seed=seed)
        self.cut_day = CUTS[seed % len(CUTS)]
        self.records = read_clinic(folder)
        self.derived = derive(self.records, CLINICAL)
        cut = {"name": "interim", "study_day": self.cut_day}
        self.records_at_cut = read_clinic(folder, cut=cut)
        self.derived_at_cut = derive(self.records_at_cut, CLINICAL)

    def truth(self, cut_day=None):
        return {
            key: true_endpoints(one.course, one.rows["lesions"], is_at_risk(one.course), cut_day)
            for key, one in self.clinic.records.items()
        }


@pytest.fixture(scope="module", params=SEEDS)
def cohort(request, tmp_path_factory):
    return Cohort(tmp_path_factory.mktemp(f"cohort{request.param}"), request.param)


def compared(truth, found, columns):
    """Pairs of truth and what was found by patient, where they differ."""
    return {
        (patient, name): (row[name], found[patient][other])
        for patient, row in truth.items()
        for name, other in columns.items()
        if row[name] != pytest.approx(found[patient][other])
    }


def response_rows(derived):
    best = SETTINGS["response"]["best"]
    return {
        key: response_row(one, None, best, enrolled=True) for key, one in derived.responses.items()
    }


RESPONSE_COLUMNS = {
    "best_response": "computed_confirmed",
    "best_unconfirmed": "computed_unconfirmed",
    "response_day": "first_response_day",
    "time_to_response_d": "time_to_response_days",
    "spd_pct_change_best": "spd_pct_change_best",
    "progression_day": "first_progression_day",
}


def test_responses_are_the_true_ones(cohort):
    assert compared(cohort.truth(), response_rows(cohort.derived), RESPONSE_COLUMNS) == {}


def test_responses_are_the_true_ones_at_a_data_cut(cohort):
    truth = cohort.truth(cohort.cut_day)

    assert compared(truth, response_rows(cohort.derived_at_cut), RESPONSE_COLUMNS) == {}


def test_the_category_of_every_assessment_is_the_true_one(cohort):
    found = {
        (patient, one.finding.day): one.judgement.category
        for patient, response in cohort.derived.responses.items()
        for one in response.assessments
    }

    assert found == {
        (key, check.day): check.category
        for key, one in cohort.clinic.records.items()
        for check in one.course.checks
        if check.category
    }


def test_disagreements_are_the_planted_ones(cohort):
    found = {
        (row["patient"], row["visit"]): row["other"]
        for one in cohort.derived.responses.values()
        for row in disagreements_of(one, None, None)
        if row["level"] == "assessment"
    }

    assert found == cohort.clinic.plan.disagreements


def test_flares_are_the_true_ones(cohort):
    found = {
        one.patient: patient_row(one, dosing_of_patient(cohort.records, one.patient), 56)
        for one in cohort.derived.flares
    }
    columns = {name: name for name in ("tfr_any", "tfr_ge2", "tfr_ordinal", "tfr_onset_d")}
    columns["at_risk_of_flare"] = "at_risk"

    assert compared(cohort.truth(), found, columns) == {}


TIMES = {
    "pfs": ("pfs_d", "pfs_event"),
    "os": ("os_d", "os_event"),
    "dor": ("dor_d", "dor_event"),
    "time_to_response": ("time_to_response_d", None),
}


def endpoints(records, derived):
    return {
        (row["patient"], row["endpoint"]): row for row in endpoint_rows(records, derived, CLINICAL)
    }


def true_times(truth):
    """Time and event by patient and endpoint; None for who has no such time."""
    return {
        (key, endpoint): (
            row[time],
            None if row[time] is None else (True if event is None else row[event]),
        )
        for key, row in truth.items()
        for endpoint, (time, event) in TIMES.items()
        if endpoint != "time_to_response" or row[time] is not None
    }


def test_times_are_the_true_ones(cohort):
    rows, truth = endpoints(cohort.records, cohort.derived), true_times(cohort.truth())

    assert {key: (rows[key]["time"], rows[key]["event"]) for key in truth} == truth


def test_times_are_the_true_ones_at_a_data_cut(cohort):
    rows = endpoints(cohort.records_at_cut, cohort.derived_at_cut)
    truth = true_times(cohort.truth(cohort.cut_day))

    assert {key: (rows[key]["time"], rows[key]["event"]) for key in truth} == truth


def test_progression_from_the_combination_on_counts_from_its_first_day(cohort):
    rows = endpoints(cohort.records, cohort.derived)
    truth = {
        key: row["pfs_c1d1_d"]
        for key, row in cohort.truth().items()
        if row["pfs_c1d1_d"] is not None
    }

    assert {key: rows[key, "pfs_c1d1"]["time"] for key in truth} == truth


DEPTH = {"CR": 3, "CRi": 3, "nPR": 2, "PR": 2, "PR-L": 1, "SD": 0, "PD": 0}


def test_the_endpoints_of_response_are_those_of_the_true_category(cohort):
    rows = endpoints(cohort.records, cohort.derived)

    for key, row in cohort.truth().items():
        best = row["best_response"]
        assert rows[key, "response_depth"]["value"] == DEPTH.get(best)
        assert rows[key, "orr"]["value"] == (best in ("CR", "CRi", "nPR", "PR"))
        assert rows[key, "orr_l"]["value"] == (best in ("CR", "CRi", "nPR", "PR", "PR-L"))


@pytest.fixture(scope="module")
def safety(cohort):
    settings = safety_settings(SETTINGS["safety"], CONFIG["analyses"]["confidence"])
    return safety_tables(cohort.records, settings)


def true_safety_of(cohort):
    return {
        key: true_safety(one.course, one.toxicity, one.rows["laboratory"])
        for key, one in cohort.clinic.records.items()
    }


@pytest.mark.parametrize(
    ("truth", "column"), [("tls_laboratory", "laboratory_tls"), ("tls_clinical", "clinical_tls")]
)
def test_tumor_lysis_is_found_where_it_was_planted_and_nowhere_else(cohort, safety, truth, column):
    found = {row["patient"] for row in safety.tls if row[column] == "yes"}

    assert found == {key for key, row in true_safety_of(cohort).items() if row[truth]}


def test_worst_grades_are_the_true_ones(cohort, safety):
    names = {"neutrophils": "anc", "platelets": "plt", "haemoglobin": "hb"}
    found = {
        (row["patient"], names[row["parameter"]]): max(row["worst_grade"], 1)
        for row in safety.haematology
        if row["unit_of_analysis"] == "patient" and row["period"] == "from first ibrutinib"
    }

    assert found == {
        (key, name): max(row[f"worst_{name}_grade"], 1)
        for key, row in true_safety_of(cohort).items()
        for name in names.values()
    }


def test_dose_limiting_toxicities_are_the_planted_ones(cohort, safety):
    found = {row["patient"] for row in safety.dose_limiting if row["dlt"] == "yes"}

    assert found == set(cohort.clinic.plan.dlt)


def test_doses_are_those_taken(cohort, safety):
    found = {
        (row["patient"], row["drug"]): row
        for row in safety.dose_intensity
        if row["unit_of_analysis"] == "patient"
    }
    truth = {
        (row["patient"], row["drug"]): row
        for one in cohort.clinic.records.values()
        for row in true_doses(one.course, one.doses)
    }
    columns = {
        "first_day": "first_day",
        "last_day": "last_day",
        "days_taken": "days_dosed",
        "days_held": "days_held",
        "cumulative_mg": "cumulative_mg",
        "first_dose_mg": "start_mg",
    }

    assert compared(truth, found, columns) == {}


def test_dosing_by_day_is_what_was_taken(cohort):
    for key, one in cohort.clinic.records.items():
        dosing = dosing_of_patient(cohort.records, key)
        for drug in ("ibrutinib", "lenalidomide"):
            taken = one.doses.taken(drug)
            days = range(-5, int(one.course.last_day) + 1)
            assert {day: dosing.dose_on(drug, day) for day in days} == {
                day: taken.get(day, 0.0) for day in days
            }


def test_every_planted_defect_is_found_and_nothing_else_is_an_error(cohort):
    settings = settings_of(
        SETTINGS["integrity"],
        SETTINGS["visits"],
        b1_max_days_before=CONFIG["cohort"]["b1_max_days_before"],
        assessment_window_days=SETTINGS["survival"]["assessment_window_days"],
        assessment_visits=SETTINGS["survival"]["assessment_visits"],
        then_every_cycles=SETTINGS["survival"]["then_every_cycles"],
        dose_levels_mg=SETTINGS["safety"]["dose_levels_mg"],
    )
    evidence = Evidence(cohort.records, settings)
    plan = cohort.clinic.plan
    planted = {(rule, key) for key in plan.first_dose for rule in RULES["first_dose"]}
    planted |= {(rule, key) for key in plan.typed_grade for rule in RULES["typed_grade"]}
    planted |= {(rule, key) for key, _ in plan.late_draw for rule in RULES["late_draw"]}

    rows = run_checks(CHECKS, evidence)

    # What a note says of someone is right; one of nobody tells of a check that could not be made.
    found = {(row["rule"], row["patient"]) for row in rows if row["severity"] != "note"}
    noted = {(row["rule"], row["patient"]) for row in rows if row["severity"] == "note"}
    assert planted <= found | noted
    assert found <= planted
