"""The clinical sections of the page: what tables say is shown, and nothing is made up."""

import pytest

from clinic_maker import dose, make_records
from correlates.clinical.safety.tables import safety_tables
from correlates.report.clinical import clinical_view, integrity_groups
from safety_maker import make_settings


def responses(**by_patient):
    return [
        {
            "patient": patient,
            "enrolled": "yes",
            "best": best,
            "computed_confirmed": best,
            "computed_unconfirmed": best,
            "investigator_confirmed": "",
            "investigator_unconfirmed": "",
            "typed": "",
            "source": "computed",
            "best_kind": "confirmed",
            "spd_pct_change_best": change,
            "data_cut": "none",
        }
        for patient, (best, change) in by_patient.items()
    ]


def test_without_tables_nothing_is_shown():
    view = clinical_view({}, None)

    assert not view["has_any"]
    assert not view["waterfall"]
    assert not view["swimmer"]


def test_who_has_no_change_is_named_and_not_drawn():
    rows = responses(P1=("PR", "-60"), P2=("NE", ""), P3=("PD", "30"))

    waterfall = clinical_view({"responses": rows}, -50.0)["waterfall"]

    assert waterfall["drawn"] == 2
    assert waterfall["absent"] == ["P2"]
    assert "P2" not in waterfall["svg"]


def test_responses_are_counted_by_each_way_of_knowing_them():
    rows = responses(P1=("PR", "-60"), P2=("PR", ""), P3=("", ""))

    categories = clinical_view({"responses": rows}, None)["categories"]

    assert [row["words"] for row in categories] == [
        "counts here",
        "computed, confirmed",
        "computed, unconfirmed",
    ]
    assert categories[0]["counts"] == [0, 0, 0, 2, 0, 0, 0, 0]
    assert categories[0]["unknown"] == 1


def test_a_patient_who_was_not_enrolled_is_in_no_count():
    rows = responses(P1=("PR", "-60"), P2=("CR", "-100"))
    rows[1]["enrolled"] = "no"

    view = clinical_view({"responses": rows}, None)

    assert sum(view["categories"][0]["counts"]) == 1
    assert view["waterfall"]["drawn"] == 1


@pytest.mark.parametrize(
    ("names", "shown"),
    [(["none"], ""), (["interim1"], "interim1"), (["interim1", "none"], "interim1")],
)
def test_the_data_cut_is_named(names, shown):
    rows = [responses(P1=("PR", ""))[0] | {"data_cut": name} for name in names]

    assert clinical_view({"responses": rows}, None)["cut"] == shown


def flare(patient, at_risk="yes", evaluable="yes", grade=""):
    known = {"patient": patient, "at_risk": at_risk, "evaluable": evaluable}
    return known | {"worst_grade": grade, "data_cut": "none"}


def test_the_never_treated_are_no_grade_of_flare():
    rows = [flare("P1", grade="0"), flare("P2", grade="2"), flare("P3", at_risk="no", grade="")]
    rows.append(flare("P4", evaluable="no"))

    view = clinical_view({"flares": rows}, None)

    assert view["grades"] == [("0", 1), ("2", 1), ("not evaluable", 1)]
    assert [row["patient"] for row in view["not_at_risk"]] == ["P3"]


def test_only_severe_rates_and_those_without_a_grade_stand_on_the_page():
    rates = [
        {"grade": grade, "rate_pct": pct, "data_cut": "none"}
        for grade, pct in (("any", "90"), (">=3", "40"), ("4", "5"), ("1", "3"), ("", "10"))
    ]

    severe = clinical_view({"safety_rates": rates}, None)["severe"]

    assert [row["grade"] for row in severe] == [">=3", "", "4"]


def test_findings_stand_by_severity_the_gravest_first():
    findings = [{"severity": name} for name in ("note", "warning", "error", "note")]

    groups = integrity_groups(findings)

    assert [(name, len(rows)) for name, rows in groups] == [
        ("error", 1),
        ("warning", 1),
        ("note", 2),
    ]


def test_the_rates_of_what_counts_here_come_first():
    rates = [
        {"rate": "orr", "source": source, "responses": kind, "data_cut": "none"}
        for source in ("investigator", "computed")
        for kind in ("unconfirmed", "confirmed")
    ]
    tables = {"response_rates": rates, "responses": responses(P1=("PR", "-60"))}

    (is_first, first), (_, others) = clinical_view(tables, None)["rates"]

    assert is_first
    assert [(row["source"], row["responses"]) for row in first] == [("computed", "confirmed")]
    assert len(others) == 3


def test_dose_intensity_is_shown_by_level():
    """Of the rows as they are made: a level whose name the page does not know would be left out."""
    records = make_records(
        patients=[{"patient": "P01", "dose_level_mg": 5}],
        exposure=[dose(1, 28, 420, drug="ibrutinib"), dose(29, 56, 5)],
    )
    rows = [
        row | {"data_cut": "none"} for row in safety_tables(records, make_settings()).dose_intensity
    ]

    shown = clinical_view({"dose_intensity": rows}, None)["intensity"]

    assert [(row["level_mg"], row["drug"]) for row in shown] == [
        (5, "ibrutinib"),
        (5, "lenalidomide"),
    ]
