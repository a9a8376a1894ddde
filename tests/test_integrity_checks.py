"""Every check of the cohort's integrity finds what it is for, and lets its near miss pass."""

import pytest

from clinic_maker import dose, lesion, make_records
from correlates.clinical.dosing.settings import VisitSettings
from correlates.clinical.records import DataCut
from correlates.cohort.integrity.checks import CHECKS
from correlates.cohort.integrity.evidence import Evidence, Settings
from correlates.cohort.integrity.registry import run_checks
from study import ROOT

LEAPS = {"hb_g_dl": 1.6, "creatinine_mg_dl": 3, "plt_10e9_l": 6, "calcium_mg_dl": 1.5}
WINDOWS = VisitSettings(windows={"default": (3, 3), "SCR": (28, 0)})
SETTINGS = Settings(
    WINDOWS, 7, ("C4D1",), node_mm=15, leap_fold=LEAPS, dose_levels_mg=(2.5, 5, 7.5, 10)
)
RESPONSE = {"patient": "P01", "best_kind": "confirmed", "computed_confirmed": "PR"}
IBR = dose(1, None, 420, "ibrutinib")
LEN = dose(29, None, 5)


def draw(visit, study_day=None, **more):
    return {"visit": visit, "study_day": study_day} | more


def found(rule, settings=SETTINGS, cut=None, **given):
    """Return the findings of one rule in records of these sheets, or in other evidence."""
    other = {name: given.pop(name) for name in list(given) if name in OTHER}
    evidence = Evidence(make_records(cut=cut, **given), settings, **other)
    return [row for row in run_checks(CHECKS, evidence) if row["rule"] == rule]


OTHER = ("acquisitions", "files", "problems", "cbc", "tables")


def file(path, patient="P01", visit="C0D1", state="accepted", sha256="", **more):
    row = {"path": path, "patient": patient, "visit": visit, "state": state, "sha256": sha256}
    return row | {"reason": "", "remedy": ""} | more


def problem(row, patient="P01", file="patients.tsv", problem="this is no number"):
    told = {"file": file, "row": str(row), "column": "age_y", "value": "x", "problem": problem}
    return told | {"remedy": "Give a number.", "stops": "row", "patient": patient}


def labs(column, *values):
    return [{"study_day": day, column: value} for day, value in enumerate(values, start=1)]


# rule: the records in which it fires, what it says, and its near miss
CASES = {
    "one_sample_one_patient": (
        {"samples": [draw("C0D1", sample="S1"), draw("C0D1", sample="S1", patient="P02")]},
        "sample S1 is also of P02",
        {"samples": [draw("C0D1", sample="S1"), draw("C0D1", sample="S1", panel="nk")]},
    ),
    "duplicate_content": (
        {
            "patients": ["P01", "P02"],
            "files": [file("a", sha256="x"), file("b", "P02", sha256="x")],
        },
        "2 files have one content, of P01 C0D1 and P02 C0D1: 2 patients",
        {
            "patients": ["P01", "P02"],
            "files": [file("a", sha256="x"), file("b", "P02", sha256="y")],
        },
    ),
    "patient_without_sample": (
        {"patients": ["P01"]},
        "no sample, no file and no row",
        {"patients": [{"screen_failure": "platelets below 20"}]},
    ),
    "sample_without_patient": (
        {"patients": ["P01"], "files": [file("a", "P09", state="unmatched", reason="who is P09")]},
        "a is of nobody in the patients sheet: who is P09",
        {"patients": ["P01"], "files": [file("a", "P01", state="unmatched", reason="no panel")]},
    ),
    "sample_without_file": (
        {"patients": ["P01"], "files": [file("a", state="missing", reason="not in the folder")]},
        "names a file that is not there",
        {"patients": ["P01"], "files": [file("a", state="waiting", reason="it grows")]},
    ),
    "rows_left_out": (
        {"patients": ["P01"], "problems": [problem(2), problem(7)]},
        "2 rows of patients.tsv left out: this is no number",
        {"patients": ["P01"], "problems": [problem(2) | {"stops": "nothing"}]},
    ),
    "b0_before_ibrutinib": (
        {"samples": [draw("C0D1", 2)]},
        "before the first ibrutinib dose (day 1), and the draw was on day 2",
        {"samples": [draw("C0D1", 1, hours_post_dose=23), draw("C0D1", 1, timepoint="h4")]},
    ),
    "b1_before_lenalidomide": (
        {"samples": [draw("C1D1", 30)], "exposure": [IBR, LEN]},
        "before the first lenalidomide dose (day 29), and the draw was on day 30",
        {"samples": [draw("C1D1", 29), draw("C1D1", 29, timepoint="h4")], "exposure": [IBR, LEN]},
    ),
    "b1_within_days": (
        {"samples": [draw("C0D25", 25)], "exposure": [IBR, LEN]},
        "4 days before it; B1 allows 3",
        {"samples": [draw("C0D26", 26)], "exposure": [IBR, LEN]},
    ),
    "visit_order": (
        {"samples": [draw("C0D8", 0), draw("C0D1", 1)]},
        "C0D8 was drawn on day 0, before C0D1 on day 1",
        {"samples": [draw("C0D8", 1), draw("C0D1", 1)]},
    ),
    "visit_window": (
        {"samples": [draw("C1D8", 40)], "exposure": [IBR, LEN]},
        "C1D8 is due on day 36 and was drawn on day 40, 1 day after its window",
        {"samples": [draw("C1D8", 39), draw("UNS1", 70)], "exposure": [IBR, LEN]},
    ),
    "draw_outside_dosing": (
        {"samples": [draw("C1D15", 43)], "exposure": [IBR, dose(29, 40)]},
        "when no lenalidomide was taken (taken on days 29 to 40)",
        {"samples": [draw("C1D15", 40), draw("UNS1", 43)], "exposure": [IBR, dose(29, 40)]},
    ),
    "lenalidomide_before_ibrutinib": (
        {"exposure": [IBR, dose(1)]},
        "lenalidomide began on day 1, ibrutinib on day 1",
        {"exposure": [IBR, dose(2)]},
    ),
    "dose_in_level_set": (
        {"exposure": [IBR, dose(29, dose_mg=15)]},
        "lenalidomide 15 mg a day from day 29; the levels are 2.5, 5, 7.5, 10 mg",
        {"exposure": [IBR, dose(29, 35, 10), dose(36, None, 0)]},
    ),
    "typed_dose_level": (
        {
            "patients": [{"dose_level_mg": 10}],
            "exposure": [IBR, dose(29, 56, 5), dose(57, None, 10)],
        },
        "dose_level_mg is 10, and the first dose was 5 mg on day 29",
        {
            "patients": [{"dose_level_mg": 5}],
            "exposure": [IBR, dose(29, 56, 5), dose(57, None, 10)],
        },
    ),
    "dose_level_of_cohort": (
        {
            "patients": [
                {"patient": "P01", "dose_cohort": 1, "dose_level_mg": 5},
                {"patient": "P02", "dose_cohort": 2, "dose_level_mg": 2.5},
            ]
        },
        "cohort 2 began at 2.5 mg, below the 5 mg of cohort 1",
        {
            "patients": [
                {"patient": "P01", "dose_cohort": 1, "dose_level_mg": 5},
                {"patient": "P02", "dose_cohort": 2, "dose_level_mg": 2.5},
            ],
            "adverse_events": [{"onset_day": 40, "grade": 4, "dlt": True}],
        },
    ),
    "dose_gap": (
        {"exposure": [IBR, dose(29, 40), dose(48)]},
        "no record of lenalidomide for 7 days, between day 40 and day 48",
        {"exposure": [IBR, dose(29, 40), dose(47)]},
    ),
    "doses_overlap": (
        {"exposure": [IBR, dose(29, 40), dose(40, None)]},
        "two rows for day 40",
        {"exposure": [IBR, dose(29, 40), dose(41, None)]},
    ),
    "first_ibrutinib_not_day_1": (
        {"exposure": [dose(2, None, 420, "ibrutinib")]},
        "the first ibrutinib dose is on day 2",
        {"exposure": [IBR]},
    ),
    "flare_before_lenalidomide": (
        {"exposure": [IBR, LEN], "flares": [{"onset_day_from_len": -1, "grade": 1}]},
        "began on day 28, before the first lenalidomide dose on day 29",
        {"exposure": [IBR, LEN], "flares": [{"onset_day_from_len": 0, "grade": 1}]},
    ),
    "flare_without_lenalidomide": (
        {"exposure": [IBR], "flares": [{"onset_study_day": 30, "grade": 2}]},
        "a flare of grade 2 is recorded, and no dose of lenalidomide",
        {"exposure": [IBR], "flares": [{"grade": 0}]},
    ),
    "flare_dose": (
        {
            "exposure": [IBR, LEN],
            "flares": [{"onset_study_day": 36, "grade": 1, "len_dose_at_onset_mg": 10}],
        },
        "notes lenalidomide 10 mg, and 5 mg were taken from day 29",
        {
            "exposure": [IBR, LEN],
            "flares": [{"onset_study_day": 36, "grade": 1, "len_dose_at_onset_mg": 5}],
        },
    ),
    "assessment_order": (
        {
            "assessments": [
                {"study_day": 90, "visit": "C7D1"},
                {"study_day": 120, "visit": "C4D1"},
            ]
        },
        "C7D1 was assessed on day 90, before C4D1 on day 120",
        {
            "assessments": [
                {"study_day": 90, "visit": "C4D1"},
                {"study_day": 120, "visit": "C7D1"},
            ]
        },
    ),
    "assessment_twice": (
        {
            "assessments": [
                {"study_day": 113, "visit": "C4D1"},
                {"study_day": 127, "visit": "C4D1"},
            ]
        },
        "C4D1 was assessed on days 113 and 127",
        {
            "assessments": [
                {"study_day": 113, "visit": "C4D1"},
                {"study_day": 127, "visit": "UNS1"},
            ]
        },
    ),
    "assessment_schedule": (
        {"assessments": [{"study_day": 200, "patient": name} for name in ("P01", "P02", "P03")]},
        "none of 3 patients who were assessed later had the assessment of C4D1",
        {
            "assessments": [
                *({"study_day": 200, "patient": name} for name in ("P01", "P02", "P03")),
                {"study_day": 120, "patient": "P02"},
            ]
        },
    ),
    "assessment_window": (
        {"assessments": [{"study_day": 121, "visit": "C4D1"}]},
        "C4D1 is due on day 113 and was assessed on day 121, 8 days late",
        {"assessments": [{"study_day": 120, "visit": "C4D1"}]},
    ),
    "response_without_baseline": (
        {"assessments": [{"study_day": 2}]},
        "after the first ibrutinib dose on day 1",
        {"assessments": [{"study_day": 113}], "lesions": [lesion(1, 30)]},
    ),
    "lesion_twice": (
        {"lesions": [lesion(-5, 30, site="neck"), lesion(113, 20, site="axilla")]},
        "lesion T1 has the site axilla and neck",
        {"lesions": [lesion(-5, 30, site="neck"), lesion(113, 20, site="neck")]},
    ),
    "lesions_small": (
        {"lesions": [lesion(-5, 4.8), lesion(-5, 3.2, lesion_id="T2"), lesion(113, 30)]},
        "no target lesion had 15 mm before the first ibrutinib dose; the longest had 4.8 mm",
        {"lesions": [lesion(-5, 15), lesion(-5, 3.2, lesion_id="T2")]},
    ),
    "typed_response": (
        {
            "patients": [{"response": "CR"}],
            "tables": {"responses": [RESPONSE]},
        },
        "response is typed in as CR, and the assessments give PR",
        {
            "patients": [{"response": "PR"}],
            "tables": {"responses": [RESPONSE]},
        },
    ),
    "typed_flare_grade": (
        {
            "patients": [{"tfr_grade": 1}],
            "exposure": [IBR, LEN],
            "flares": [{"onset_day_from_len": 3, "grade": 2}],
        },
        "tfr_grade is typed in as 1; of the flare events, the highest of 1 events is 2",
        {"patients": [{"tfr_grade": 0}], "exposure": [IBR, LEN], "flares": []},
    ),
    "typed_lenalidomide_start": (
        {"patients": [{"lenalidomide_start_day": 30}], "exposure": [IBR, LEN]},
        "typed in as 30, and the first dose on day 29 is recorded",
        {"patients": [{"lenalidomide_start_day": 29}], "exposure": [IBR, LEN]},
    ),
    "typed_alc_b0": (
        {
            "patients": [{"alc_b0": 60}],
            "laboratory": [
                {"study_day": 1, "alc_10e9_l": 40},
                {"study_day": 2, "alc_10e9_l": 60},
            ],
        },
        "alc_b0 is typed in as 60 x 10^9/L, and 40 were measured on day 1",
        {"patients": [{"alc_b0": 43}], "laboratory": [{"study_day": 1, "alc_10e9_l": 40}]},
    ),
    "typed_largest_node": (
        {
            "patients": [{"largest_node_cm": 4.7}],
            "lesions": [lesion(-3, 47, lesion_id="T1"), lesion(-3, 60, lesion_id="T2")],
        },
        "largest_node_cm is typed in as 4.7, and the largest lesion before ibrutinib (T2) is 6 cm",
        {"patients": [{"largest_node_cm": 4.7}], "lesions": [lesion(-3, 47), lesion(113, 60)]},
    ),
    "typed_spleen": (
        {"patients": [{"spleen_cm": 20}], "assessments": [{"study_day": 0, "spleen_cm": 16}]},
        "spleen_cm is typed in as 20, and 16 was measured on day 0",
        {"patients": [{"spleen_cm": 17}], "assessments": [{"study_day": 0, "spleen_cm": 16}]},
    ),
    "age_plausible": ({"patients": [{"age_y": 29}]}, "age 29", {"patients": [{"age_y": 30}]}),
    "laboratory_unit": (
        {"laboratory": labs("creatinine_mg_dl", 88)},
        "creatinine_mg_dl is 88 on day 1, where 0.2 to 15 occur; it looks like umol/L",
        {"laboratory": labs("creatinine_mg_dl", 15)},
    ),
    "laboratory_unit_of_patient": (
        {"laboratory": labs("hb_g_dl", 12, 11.8, 7.4, 12.1)},
        "it looks like mmol/L",
        {"laboratory": labs("hb_g_dl", 12, 10, 7.4, 8.1)},
    ),
    "laboratory_leap": (
        {"laboratory": labs("plt_10e9_l", 150, 20, 140)},
        "plt_10e9_l is 20 on day 2, between 150 on day 1 and 140 on day 3",
        {"laboratory": labs("plt_10e9_l", 150, 24, 20)},
    ),
    "laboratory_parts": (
        {"laboratory": [{"study_day": 1, "wbc_10e9_l": 10, "alc_10e9_l": 8, "anc_10e9_l": 5}]},
        "= 13, and wbc_10e9_l is 10",
        {"laboratory": [{"study_day": 1, "wbc_10e9_l": 10, "alc_10e9_l": 8, "anc_10e9_l": 3}]},
    ),
    "counts_of_two_sheets": (
        {
            "laboratory": [{"study_day": 1, "visit": "C0D1", "alc_10e9_l": 20}],
            "cbc": [{"patient": "P01", "visit": "C0D1", "alc_10e9_l": 40.0}],
        },
        "alc_10e9_l is 40 in the blood counts and 20 in the laboratory sheet (C0D1)",
        {
            "laboratory": [{"study_day": 1, "visit": "C0D1", "alc_10e9_l": 21}],
            "cbc": [{"patient": "P01", "visit": "C0D1", "alc_10e9_l": 40.0}],
        },
    ),
    "event_after_death": (
        {
            "samples": [draw("C1D8", 37)],
            "follow_up": [{"study_day": 36, "alive": False, "death_day": 36}],
        },
        "a sample was drawn on day 37, after death on day 36",
        {
            "samples": [draw("C1D8", 36)],
            "follow_up": [{"study_day": 36, "alive": False, "death_day": 36}],
        },
    ),
    "dose_after_death": (
        {"exposure": [IBR], "follow_up": [{"study_day": 36, "alive": False, "death_day": 36}]},
        "ibrutinib from day 1 is going on, and death was on day 36",
        {
            "exposure": [dose(1, 36, 420, "ibrutinib")],
            "follow_up": [{"study_day": 36, "alive": False, "death_day": 36}],
        },
    ),
    "death_and_contact": (
        {"follow_up": [{"study_day": 36, "alive": False, "death_day": 36}, {"study_day": 40}]},
        "alive on day 40, and dead on day 36",
        {"follow_up": [{"study_day": 30}, {"study_day": 36, "alive": False, "death_day": 36}]},
    ),
    "event_after_off_study": (
        {"exposure": [IBR, dose(29, 60)], "follow_up": [{"study_day": 90, "off_study_day": 50}]},
        "lenalidomide from day 29 to day 60, and off study on day 50",
        {
            "exposure": [dose(1, 50, 420, "ibrutinib"), dose(29, 50)],
            "follow_up": [{"study_day": 90, "off_study_day": 50}],
        },
    ),
    "therapy_before_off_study": (
        {"follow_up": [{"study_day": 90, "off_study_day": 50, "new_therapy_day": 49}]},
        "new therapy on day 49, and off study on day 50",
        {"follow_up": [{"study_day": 90, "off_study_day": 50, "new_therapy_day": 50}]},
    ),
    "follow_up_missing": (
        {"samples": [draw("C1D8", 37)], "follow_up": [{"study_day": 36}]},
        "the last contact is on day 36, and a sample was drawn on day 37, 1 day later",
        {"samples": [draw("C1D8", 37)], "follow_up": [{"study_day": 37}]},
    ),
    "after_data_cut": (
        {
            "cut": DataCut("interim1", {"P01": 30}),
            "samples": [draw("C0D1", 1), draw("C1D8", 37)],
        },
        "1 row of samples after the data cut interim1",
        {
            "cut": DataCut("interim1", {"P01": 37}),
            "samples": [draw("C0D1", 1), draw("C1D8", 37)],
        },
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_check_finds_what_it_is_for(rule):
    given, said, _ = CASES[rule]

    rows = found(rule, **dict(given))

    assert any(said in row["finding"] for row in rows), rows
    assert all(row["resolve"] for row in rows)
    assert rule == "after_data_cut" or all(row["source"] for row in rows)


@pytest.mark.parametrize("rule", CASES)
def test_a_check_lets_its_near_miss_pass(rule):
    rows = found(rule, **dict(CASES[rule][2]))

    assert [row for row in rows if not row["finding"].startswith("not checked")] == []


def test_every_check_has_a_case():
    """Those of dosing stand for all that dosing finds in the exposure sheet itself."""
    of_dosing = {"doses_overlap", "first_ibrutinib_not_day_1"}

    assert {one.rule for one in CHECKS} - {"exposure_rows"} == set(CASES) - of_dosing


def test_rules_are_unique_and_say_what_they_find():
    assert len({one.rule for one in CHECKS}) == len(CHECKS)
    assert all(one.finds.endswith(".") for one in CHECKS)


def test_what_cannot_be_checked_is_told_with_the_reason():
    rows = run_checks(CHECKS, Evidence(make_records(patients=["P01"]), SETTINGS))

    told = {row["rule"]: row for row in rows if row["finding"].startswith("not checked")}
    needy = {one.rule for one in CHECKS if one.needs}
    assert set(told) == needy
    assert {row["severity"] for row in told.values()} == {"note"}
    assert "study.flares" in told["flare_before_lenalidomide"]["finding"]


def test_without_dose_levels_the_check_says_so():
    settings = Settings(leap_fold=LEAPS)

    (row,) = found("dose_in_level_set", settings, exposure=[IBR, LEN])

    assert (row["severity"], "names no dose levels" in row["finding"]) == ("note", True)


def test_errors_stand_before_warnings_and_notes():
    rows = run_checks(
        CHECKS, Evidence(make_records(exposure=[IBR, dose(29, dose_mg=15)]), SETTINGS)
    )

    order = [row["severity"] for row in rows]
    assert order == sorted(order, key=["error", "warning", "note"].index)
    assert order[0] == "error"


def test_a_leap_that_an_adverse_event_explains_is_none():
    values = labs("plt_10e9_l", 150, 20, 140)
    event = {"term": "Platelet count decreased", "onset_day": 3, "resolution_day": 9}
    later = {"term": "Platelet count decreased", "onset_day": 10}

    assert found("laboratory_leap", laboratory=values, adverse_events=[event]) == []
    assert len(found("laboratory_leap", laboratory=values, adverse_events=[later])) == 1


def test_a_draw_in_a_recorded_hold_is_a_note():
    doses = [IBR, dose(29, 40), dose(41, 50, 0), dose(51)]

    (row,) = found("draw_outside_dosing", samples=[draw("C1D15", 43)], exposure=doses)

    assert (row["severity"], row["visit"]) == ("note", "C1D15")


def test_an_escalation_that_is_recorded_makes_another_level_a_note():
    patients = [
        {"patient": name, "dose_cohort": 1, "dose_level_mg": level}
        for name, level in (("P01", 5), ("P02", 5), ("P03", 10))
    ]
    why = [dose(29, dose_mg=10, patient="P03", reason="escalation")]

    (plain,) = found("dose_level_of_cohort", patients=patients)
    (known,) = found("dose_level_of_cohort", patients=patients, exposure=why)

    assert (plain["severity"], known["severity"]) == ("error", "note")
    assert plain["patient"] == known["patient"] == "P03"


@pytest.mark.parametrize(
    ("rule", "kind", "day"),
    [
        pytest.param("visit_window", "samples", 120, id="draw"),
        pytest.param("assessment_window", "assessments", 127, id="assessment"),
    ],
)
def test_a_cycle_that_began_late_moves_the_visits_of_those_after_it(rule, kind, day):
    """Cycle 3 began on day 92 and not on day 85, so that cycle 4 was due on day 120, not 113."""
    row = draw("C4D1", day) if kind == "samples" else {"visit": "C4D1", "study_day": day}
    late = [IBR, dose(29, 84), dose(85, 91, 0), dose(92, cycle=3)]

    assert found(rule, **{kind: [row], "exposure": late}) == []
    assert found(rule, **{kind: [row], "exposure": [IBR, dose(29)]}) != []


def test_the_guide_lists_every_check():
    guide = (ROOT / "docs" / "integrity.md").read_text(encoding="utf-8")

    for one in CHECKS:
        finds = one.finds.removeprefix("Find ").rstrip(".")
        assert f"| `{one.rule}` | {one.severity} | {finds} |" in guide


def test_a_sound_study_has_no_finding():
    records = make_records(
        patients=[{"age_y": 65, "dose_level_mg": 5, "dose_cohort": 1, "tfr_grade": 1}],
        exposure=[IBR, LEN],
        samples=[draw("C0D1", 1), draw("C1D1", 29), draw("C1D8", 36)],
        lesions=[lesion(-3, 47), lesion(113, 20)],
        assessments=[{"study_day": -3, "visit": "SCR"}, {"study_day": 113, "visit": "C4D1"}],
        flares=[{"onset_day_from_len": 4, "grade": 1, "len_dose_at_onset_mg": 5}],
        laboratory=labs("hb_g_dl", 11, 11.4, 12),
        follow_up=[{"study_day": 120}],
    )

    rows = run_checks(CHECKS, Evidence(records, SETTINGS))

    assert [row for row in rows if row["severity"] != "note"] == []


@pytest.mark.parametrize(
    ("column", "rare", "certain"),
    [
        ("hb_g_dl", 2.9, 112),
        ("uric_acid_mg_dl", 30, 300),
        ("creatinine_mg_dl", 18, 88),
        ("calcium_mg_dl", 3.9, 2.4),
        ("wbc_10e9_l", 1000, 62000),
        ("anc_10e9_l", 85, 3000),
        ("plt_10e9_l", 1600, 150_000),
    ],
)
def test_only_what_hardly_can_be_is_an_error_of_the_unit(column, rare, certain):
    told = [found("laboratory_unit", laboratory=labs(column, one)) for one in (rare, certain)]

    assert [rows[0]["severity"] for rows in told] == ["warning", "error"]


def test_blood_that_only_an_assay_had_is_a_draw():
    drawn = {"patient": "P01", "visit": "C0D1", "timepoint": "pre", "specimen": "plasma"}
    rows = [drawn | {"study_day": 3, "row": 2, "sheet": "pk.tsv"}]
    nobody = {"patient": None, "visit": None, "row": 3, "sheet": "pk.tsv"}
    wells = [rows[0], rows[0] | {"specimen": "fresh_pbmc", "row": 4}, nobody]

    found = run_checks(
        CHECKS, Evidence(make_records(patients=["P01", "P02"]), SETTINGS, assays=wells)
    )

    lacking = [one["patient"] for one in found if one["rule"] == "patient_without_sample"]
    assert lacking == ["P02"]
    late = [one["source"] for one in found if one["rule"] == "b0_before_ibrutinib"]
    assert late == ["pk.tsv row 2"]


def test_a_sheet_that_is_left_out_as_a_whole_is_no_sheet_of_0_rows():
    whole = problem(None, "", "plates/a.txt", "the sheet is empty") | {"row": ""}
    (finding,) = found("rows_left_out", patients=["P01"], problems=[whole])

    assert finding["finding"].startswith("All of plates/a.txt is left out: the sheet is empty")
