"""Sheets of the clinic become records: units, contradictions, and what a data cut leaves out."""

import pytest

from clinic_maker import PATIENT, make_records
from correlates.clinical.safety.predose import is_before
from correlates.intake.clinical import ClinicalRecords, DataCut, read_records, write_records
from correlates.intake.clinical_sheets import clinical_records
from correlates.intake.sheets.headers import find_columns
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.sheet import judge_table
from correlates.intake.sheets.study import OF_CLINIC, read_study
from correlates.intake.sheets.tabular import TextTable

PATIENTS = "patient\tresponse\ttfr_grade\nP1\t\t\nP2\t\t\n"
DOSES = (
    "patient\tdrug\tstart_day\tstop_day\tdose_mg\n"
    "P1\tibrutinib\t1\t\t420\nP1\tlenalidomide\t29\t300\t5\nP2\tlen\t31\t\t5\n"
)


@pytest.fixture
def records_of(tmp_path):
    """Write sheets, read them as a study, and return its records and problems."""

    def read(cut=None, **sheets):
        sheets = {"patients": PATIENTS, "exposure": DOSES} | sheets
        block = {"gating": {"tnk": "tnk"}} | ({"data_cut": cut} if cut else {})
        for kind, text in sheets.items():
            (tmp_path / f"{kind}.tsv").write_text(text)
            block[kind] = f"{kind}.tsv"
        study = read_study(block, tmp_path)
        records, problems = clinical_records(study, block)
        return records, [*study.problems, *problems]

    return read


@pytest.mark.parametrize("kind", ["patients", *OF_CLINIC])
def test_every_column_of_a_sheet_says_what_it_is_and_what_is_legal(kind):
    schema = load_schema(kind)

    assert set(schema["key"]) | set(schema["filled"]) | set(schema["required"]) <= set(
        schema["properties"]
    )
    for name, column in schema["properties"].items():
        assert column["description"].endswith("."), name
        assert column["legal"], name
    headers = [
        header
        for name, column in schema["properties"].items()
        for header in {name, *column["aliases"], *column.get("units", ())}
    ]
    assert len(headers) == len(set(headers)), "two columns share a header"


@pytest.mark.parametrize(
    ("header", "text", "expected"),
    [
        pytest.param("hb_g_dl", "11.2", 11.2, id="its own unit"),
        pytest.param("hb_g_l", "112", 11.2, id="a declared unit is converted"),
        pytest.param("plt_10e9_l", "130", 130, id="platelets"),
        pytest.param("uric_acid_umol_l", "475.84", 8.0, id="umol/L of uric acid"),
        pytest.param("phosphate_mmol_l", "1.5", 4.6455, id="mmol/L of phosphate"),
        pytest.param("creatinine_umol_l", "88.42", 1.0, id="umol/L of creatinine"),
        pytest.param("alc_per_ul", "60000", 60, id="cells per microlitre"),
    ],
)
def test_a_unit_is_converted_where_the_header_declares_it(records_of, header, text, expected):
    records, problems = records_of(laboratory=f"patient\tstudy_day\t{header}\nP1\t1\t{text}\n")

    column = {"uric_acid_umol_l": "uric_acid_mg_dl", "phosphate_mmol_l": "phosphate_mg_dl"}
    column |= {"creatinine_umol_l": "creatinine_mg_dl", "alc_per_ul": "alc_10e9_l"}
    column |= {"hb_g_l": "hb_g_dl"}
    assert not problems
    assert records.rows("laboratory")[0][column.get(header, header)] == pytest.approx(expected)


def test_a_value_in_another_unit_than_its_header_says_is_refused(records_of):
    records, problems = records_of(
        laboratory="patient\tstudy_day\thb_g_dl\nP1\t1\t112\nP2\t1\t11\n"
    )

    assert [row["patient"] for row in records.rows("laboratory")] == ["P2"]
    assert "112 g/L is 11.2" in problems[0].remedy


@pytest.mark.parametrize(
    ("kind", "header", "row", "column"),
    [
        ("exposure", "drug start_day stop_day", "ibrutinib 10 9", "stop_day"),
        ("adverse_events", "term grade onset_day resolution_day", "Rash 1 10 9", "resolution_day"),
        ("flares", "grade onset_study_day resolution_study_day", "1 30 29", "resolution_study_day"),
        ("flares", "grade fever", "1 yes", "onset_day_from_len, onset_study_day"),
        ("lesions", "study_day lesion_id ld_mm sd_mm", "1 T1 20 21", "sd_mm"),
        ("lesions", "study_day lesion_id ld_mm status", "1 T1 20 resolved", "status"),
        ("follow_up", "study_day alive death_day", "100 yes 90", "death_day"),
        ("dates", "first_ibrutinib_date", "2025-02-30", "first_ibrutinib_date"),
    ],
)
def test_what_cannot_be_true_is_refused_by_row(records_of, kind, header, row, column):
    good = {"exposure": "ibrutinib 9 10", "dates": "2025-02-28"}.get(kind)
    lines = [f"patient {header}", f"P1 {row}", *([f"P2 {good}"] if good else [])]
    _, problems = records_of(**{kind: "\n".join(lines).replace(" ", "\t") + "\n"})

    told = [problem for problem in problems if problem.stops == "row"]
    assert [(problem.row, problem.column) for problem in told] == [(2, column)]
    assert all(problem.remedy for problem in told)
    assert "2025" not in str(told[0].value) + told[0].problem


def test_just_as_long_and_on_the_same_day_is_possible(records_of):
    records, problems = records_of(
        lesions="patient\tstudy_day\tlesion_id\tld_mm\tsd_mm\nP1\t1\tT1\t20\t20\n",
        adverse_events="patient\tterm\tgrade\tonset_day\tresolution_day\nP1\tRash\t1\t9\t9\n",
    )

    assert not problems
    assert len(records.rows("lesions")) == len(records.rows("adverse_events")) == 1


def test_rows_of_an_unknown_patient_are_refused(records_of):
    records, problems = records_of(assessments="patient\tstudy_day\nP1\t1\nP9\t1\n")

    assert [row["patient"] for row in records.rows("assessments")] == ["P1"]
    assert [(p.row, p.column, p.value) for p in problems] == [(3, "patient", "P9")]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("response", "assessments"),
        ("tfr_grade", "flares"),
        ("lenalidomide_start_day", "exposure"),
    ],
)
def test_what_no_sheet_tells_must_be_typed_in(tmp_path, column, kind):
    others = {"response", "tfr_grade", "lenalidomide_start_day"} - {column}
    (tmp_path / "patients.tsv").write_text("\t".join(["patient", *others]) + "\nP1\t\t\n")
    (tmp_path / f"{kind}.tsv").write_text("patient\tstudy_day\tdrug\tstart_day\tgrade\n")
    block = {"gating": {"tnk": "tnk"}, "patients": "patients.tsv"}

    alone = read_study(block, tmp_path).problems
    told = read_study(block | {kind: f"{kind}.tsv"}, tmp_path).problems

    assert [(p.column, p.stops) for p in alone if p.stops == "run"] == [(column, "run")]
    assert f"study.{kind}" in alone[0].remedy
    assert not [p for p in told if p.stops == "run"]


def test_both_days_of_a_flare_are_known_once_one_is(records_of):
    records, _ = records_of(
        flares="patient\tgrade\tonset_day_from_len\tonset_study_day\nP1\t2\t6\t\nP2\t1\t\t40\n"
    )

    days = [(row["onset_day_from_len"], row["onset_study_day"]) for row in records.rows("flares")]
    assert days == [(6, 35), (9, 40)]


def test_a_treatment_of_another_name_is_told_of_and_kept(records_of):
    text = "patient\tgrade\tonset_day_from_len\ttreatment\nP1\t2\t6\tNSAID; steriod\n"
    text += "P2\t1\t6\tnsaid;opioid\n"
    records, problems = records_of(flares=text)

    assert [row["treatment"] for row in records.rows("flares")] == [
        "NSAID; steriod",
        "nsaid;opioid",
    ]
    assert [(one.row, one.column, one.value, one.stops) for one in problems] == [
        (2, "treatment", "steriod", "nothing")
    ]


@pytest.mark.parametrize(
    ("visit", "cycle", "day", "is_told"),
    [
        pytest.param("C3D15", "3", "15", False, id="the visit's own"),
        pytest.param("C3D15", "3", "14", True, id="another day"),
        pytest.param("C3D15", "2", "15", True, id="another cycle"),
        pytest.param("EOT_LEN", "12", "28", False, id="the end of lenalidomide"),
        pytest.param("UNS1", "3", "14", False, id="a visit without a plan"),
        pytest.param("C3D15", "3", "", False, id="half of it"),
        pytest.param("C0D15", "run-in", "15", False, id="words of one's own"),
    ],
)
def test_cycle_and_day_are_held_against_the_visit(visit, cycle, day, is_told):
    table = TextTable(
        ["patient", "visit", "cycle", "cycle_day"], 1, [(2, ["P1", visit, cycle, day])], []
    )

    told = judge_table(table, "samples", "samples.tsv").problems

    assert [(one.column, one.stops) for one in told] == [("cycle, cycle_day", "nothing")] * is_told


def test_a_fatal_flare_that_is_typed_in_leaves_no_patient_out(records_of):
    records, problems = records_of(patients="patient\tresponse\ttfr_grade\nP1\t\t5\nP2\t\t6\n")

    assert [(row["patient"], row["tfr_grade"]) for row in records.rows("patients")] == [("P1", 5)]
    assert [(one.row, one.column) for one in problems if one.file == "patients.tsv"] == [
        (3, "tfr_grade")
    ]


def test_two_days_of_onset_that_contradict_each_other_are_refused(records_of):
    text = "patient\tgrade\tonset_day_from_len\tonset_study_day\nP1\t2\t6\t36\nP2\t1\t9\t40\n"
    records, problems = records_of(flares=text)

    assert [row["patient"] for row in records.rows("flares")] == ["P2"]
    assert [(p.row, p.column) for p in problems] == [(2, "onset_day_from_len")]


@pytest.mark.parametrize(
    ("onset", "resolution", "days"),
    [
        pytest.param(("onset_day_from_len", 6), 14, (6, 35, 14, 43), id="both from lenalidomide"),
        pytest.param(("onset_study_day", 35), 43, (6, 35, 14, 43), id="both study days"),
        pytest.param(("onset_day", 35), 43, (6, 35, 14, 43), id="both study days, by aliases"),
    ],
)
def test_the_day_of_resolution_counts_as_the_onset_does(records_of, onset, resolution, days):
    header, day = onset
    text = f"subject\tgrade\t{header}\tresolution_day\nP1\t2\t{day}\t{resolution}\n"
    records, problems = records_of(flares=text)

    (row,) = records.rows("flares")
    names = ("onset_day_from_len", "onset_study_day")
    names += ("resolution_day_from_len", "resolution_study_day")
    assert tuple(row[name] for name in names) == days
    assert problems == []


def test_a_flare_that_ends_before_it_begins_however_its_days_are_counted_is_refused(records_of):
    # P1 received lenalidomide from day 29 on: the onset is study day 35
    text = "patient\tgrade\tonset_day_from_len\tresolution_study_day\nP1\t2\t6\t34\nP2\t1\t6\t37\n"
    records, problems = records_of(flares=text)

    assert [row["patient"] for row in records.rows("flares")] == ["P2"]
    (told,) = problems
    assert (told.row, told.stops) == (2, "row")
    assert "study day 34, before the onset on study day 35" in told.problem


DATA_MODEL = {
    "patients": "subject_id sex age_y dx prior_lines flu_refractory rai binet ighv del17p del11q "
    "tri12 del13q tp53_mut zap70 cd38_pct b2m_mg_l crcl_ml_min largest_node_cm spleen_cm alc_b0 "
    "dose_level_mg ctcae_version response_criteria",
    "exposure": "subject drug start_day stop_day dose_mg reason",
    "samples": "sample_id subject visit study_day cycle cycle_day timepoint actual_h_post_ibr "
    "actual_h_post_len matrix tube process_delay_h thaw_n steroid_7d",
    "lesions": "subject study_day lesion_id role ld_mm sd_mm method",
    "assessments": "subject visit study_day spd_mm2 longest_node_cm transformation new_organ "
    "not_assessable_reason spleen_cm liver_enlarged symptoms alc plt hb anc marrow transfused_7d "
    "gcsf_7d investigator_category",
    "flares": "subject onset_day_from_len resolution_day grade sites fever rash alc_change "
    "treatment len_dose_at_onset dose_action",
}


@pytest.mark.parametrize("kind", DATA_MODEL)
def test_the_columns_of_the_trial_s_data_model_are_known(kind):
    header = DATA_MODEL[kind].split()

    places, problems = find_columns(TextTable(header, 1, [], []), load_schema(kind), kind)

    assert problems == []
    assert len(places) == len(header)


@pytest.mark.parametrize("kind", ["patients", *OF_CLINIC])
def test_columns_of_one_s_own_are_listed_and_stop_nothing(kind):
    schema = load_schema(kind)
    header = [*schema["properties"], "colour", "ward"]

    places, problems = find_columns(TextTable(header, 1, [], []), schema, kind)

    assert set(places) == set(schema["properties"])
    assert [(one.column, one.stops) for one in problems] == [("colour, ward", "nothing")]


CONTACTS = (
    "patient\tstudy_day\talive\tdeath_day\toff_study_day\toff_study_reason\n"
    "P1\t400\tno\t390\t250\tprogression\nP2\t150\tyes\t\t\t\n"
)


def test_a_cut_leaves_out_what_came_later_and_counts_it(records_of):
    records, _ = records_of(
        cut={"name": "interim1", "study_day": 200},
        assessments="patient\tstudy_day\nP1\t199\nP1\t200\nP1\t201\nP2\t500\n",
        follow_up=CONTACTS,
    )

    assert [row["study_day"] for row in records.rows("assessments")] == [199, 200]
    assert records.after_cut == {"assessments": 2}
    assert records.cut_name == "interim1"


def test_at_a_cut_doses_go_on_and_the_later_dead_are_alive(records_of):
    records, _ = records_of(cut={"name": "interim1", "study_day": 200}, follow_up=CONTACTS)

    lenalidomide = records.of("exposure", "P1")[1]
    assert (lenalidomide["start_day"], lenalidomide["stop_day"]) == (29, None)
    first, second = records.rows("follow_up")
    assert (first["study_day"], first["alive"], first["death_day"]) == (200, True, None)
    assert (first["off_study_day"], first["off_study_reason"]) == (None, None)
    assert (second["study_day"], second["alive"]) == (150, True)
    assert records.last_known_day("P1") == 200


def test_a_death_before_the_cut_stays_dead(records_of):
    records, _ = records_of(cut={"name": "final", "study_day": 395}, follow_up=CONTACTS)

    first = records.rows("follow_up")[0]
    assert (first["study_day"], first["alive"], first["death_day"]) == (395, False, 390)


def test_a_date_of_the_cut_is_counted_from_each_patients_first_dose(records_of):
    dates = "patient\tfirst_ibrutinib_date\nP1\t2025-01-01\nP2\t2025-01-31\n"
    records, problems = records_of(cut={"name": "c1", "date": "2025-01-31"}, dates=dates)

    assert not [problem for problem in problems if problem.stops == "run"]
    assert records.cut.days == {"P1": 31, "P2": 1}
    assert "2025" not in records.to_json()


def test_a_patient_without_a_date_stops_a_cut_by_date(records_of):
    dates = "patient\tfirst_ibrutinib_date\nP1\t2025-01-01\n"
    _, problems = records_of(cut={"name": "c1", "date": "2025-01-31"}, dates=dates)

    assert [(p.value, p.stops) for p in problems] == [("P2", "run")]


def test_typed_in_values_are_told_of_at_a_cut(records_of):
    _, problems = records_of(
        cut={"name": "c1", "study_day": 100},
        patients="patient\tresponse\ttfr_grade\nP1\tPR\t0\nP2\t\t\n",
    )

    assert [(p.column, p.stops) for p in problems] == [
        ("response", "nothing"),
        ("tfr_grade", "nothing"),
    ]


def test_records_are_the_same_after_their_file(records_of, tmp_path):
    records, _ = records_of(cut={"name": "c1", "study_day": 100}, follow_up=CONTACTS)
    path = write_records(records, tmp_path / "plan")

    again = read_records(path)

    assert again.to_json() == records.to_json()
    assert again.cut == records.cut
    assert write_records(again, tmp_path / "plan") == path


def test_rows_of_a_patient_come_in_the_order_of_their_day():
    rows = [{"patient": "P1", "study_day": day, "row": n} for n, day in enumerate((9, None, -3))]
    records = ClinicalRecords({"assessments": rows})

    assert [row["study_day"] for row in records.of("assessments", "P1")] == [-3, 9, None]
    assert records.of("lesions", "P1") == []


def test_who_began_after_the_cut_is_not_known_at_all(records_of):
    dates = "patient\tfirst_ibrutinib_date\nP1\t2025-01-01\nP2\t2025-02-01\n"
    records, _ = records_of(
        cut={"name": "c1", "date": "2025-01-31"},
        dates=dates,
        assessments="patient\tstudy_day\nP1\t-7\nP2\t-7\n",
    )

    assert records.patients == ["P1"]
    assert [row["patient"] for row in records.rows("assessments")] == ["P1"]
    assert records.after_cut == {"patients": 1, "exposure": 1, "assessments": 1}


def test_at_a_cut_what_is_typed_in_gives_way_to_what_is_told_by_day(records_of):
    records, _ = records_of(
        cut={"name": "c1", "study_day": 100},
        patients="patient\tresponse\ttfr_grade\nP1\tPR\t1\nP2\t\t\n",
        assessments="patient\tstudy_day\nP1\t90\n",
    )

    assert records.patient("P1")["response"] is None
    assert records.patient("P1")["tfr_grade"] == 1


@pytest.mark.parametrize(("day", "known"), [(200, "progression"), (201, None)])
def test_why_someone_left_is_not_known_at_a_cut_before_the_contact_that_tells(day, known):
    """Who left without a day may have left on any day up to the contact."""
    contact = {"study_day": day, "off_study_reason": "progression"}

    records = make_records(cut=DataCut("interim1", {PATIENT: 200}), follow_up=[contact])

    (row,) = records.of("follow_up", PATIENT)
    assert (row["off_study_reason"], row["study_day"]) == (known, 200)


def test_of_contacts_that_disagree_the_first_death_counts_everywhere():
    contacts = [{"study_day": day, "alive": False, "death_day": day} for day in (90, 80)]
    contacts[0]["study_day"], contacts[0]["new_therapy_day"] = 70, 75

    records = make_records(follow_up=contacts)

    assert [row["death_day"] for row in records.of("follow_up", PATIENT)] == [90, 80]
    assert records.death_day(PATIENT) == 80
    assert records.new_therapy_day(PATIENT) == 75
    assert records.death_day("P99") is None


def test_a_laboratory_value_keeps_whether_it_was_drawn_before_the_dose(records_of):
    drawn = "C1D1_PRE\t\nC1D1_H4\t\nC1D1\t\nC2D1\tPRE\n".splitlines()
    days = (29, 29, 29, 57)
    rows = "".join(f"P1\t{day}\t{text}\t5\n" for day, text in zip(days, drawn, strict=True))

    records, problems = records_of(
        laboratory="patient\tstudy_day\tvisit\ttimepoint\turic_acid_mg_dl\n" + rows
    )

    assert not problems
    kept = records.rows("laboratory")
    assert [(row["visit"], row["timepoint"]) for row in kept] == [
        ("C1D1", "pre"),
        ("C1D1", "h4"),
        ("C1D1", None),
        ("C2D1", "pre"),
    ]
    assert [is_before(row, row["study_day"]) for row in kept] == [True, False, False, True]


def test_a_death_of_flare_may_be_typed_in(records_of):
    typed = "patient\ttfr_grade\tlenalidomide_start_day\tresponse\nP1\t5\t29\tNE\n"

    records, problems = records_of(patients=typed)

    assert not [one for one in problems if one.column == "tfr_grade"]
    assert records.patient("P1")["tfr_grade"] == 5


@pytest.mark.parametrize(("day", "is_told"), [(0, True), (1, False)])
def test_a_cut_that_leaves_nobody_in_the_study_is_told_of(records_of, day, is_told):
    records, problems = records_of(cut={"name": "early", "study_day": day})

    told = [problem for problem in problems if problem.column == "study.data_cut"]
    assert [problem.stops for problem in told] == ["nothing"] * is_told
    assert bool(records.patients) != is_told
