"""What a row that is left out would have said is unknown, and never that nothing happened."""

from pathlib import Path

import pytest
import yaml

from clinic_maker import endpoints_of
from correlates.clinical.safety.settings import safety_settings
from correlates.clinical.safety.tables import safety_tables
from correlates.intake.clinical import KINDS, ClinicalRecords
from correlates.intake.clinical_sheets import clinical_records
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.study import read_study

NEEDED = [
    (kind, column)
    for kind in KINDS
    for column in load_schema(kind)["required"]
    if kind != "samples"
]
CONFIG = yaml.safe_load(
    (Path(__file__).resolve().parent.parent / "config" / "config.yaml").read_text()
)
SHEETS = {
    "patients": "patient tfr_grade\nP1 \nP2 \n",
    "exposure": (
        "patient drug start_day stop_day dose_mg\n"
        "P1 ibrutinib 1  420\nP1 lenalidomide 29  5\nP2 ibrutinib 1  420\nP2 lenalidomide 29  5\n"
    ),
    "assessments": (
        "patient study_day alc_10e9_l plt_10e9_l hb_g_dl spleen_cm liver_enlarged symptoms "
        "investigator_category\n"
        "P1 -3 80 90 9 18 no no \nP1 100 10 150 13 12 no no PR\nP1 190 10 150 13 12 no no PR\n"
        "P2 -3 80 90 9 18 no no \nP2 100 10 150 13 12 no no PR\nP2 190 10 150 13 12 no no PR\n"
    ),
    "flares": "patient onset_day_from_len grade\nP1 9 2\nP1 40 1\nP2 9 2\n",
    "adverse_events": "patient term grade onset_day dlt\nP1 Rash 3 40 yes\nP2 Rash 3 40 yes\n",
    "follow_up": "patient study_day alive death_day\nP1 200 yes \nP1 300 no 300\nP2 300 no 300\n",
}


@pytest.fixture
def records_of(tmp_path):
    def read(cut=None, **changed):
        for kind, text in (SHEETS | changed).items():
            (tmp_path / f"{kind}.tsv").write_text(text.replace(" ", "\t"))
        block = {kind: f"{kind}.tsv" for kind in SHEETS | changed} | {"gating": {}}
        block |= {"data_cut": cut} if cut else {}
        return clinical_records(read_study(block, root=tmp_path), block)[0]

    return read


def rows_of(records, patient="P1"):
    table = endpoints_of(records)
    return table[table["patient"] == patient].set_index("endpoint")


def changed(kind, before, after):
    assert before in SHEETS[kind]
    return {kind: SHEETS[kind].replace(before, after, 1)}


def test_a_death_that_cannot_be_read_censors_nobody(records_of):
    records = records_of(**changed("follow_up", "P1 300 no 300", "P1 300 no soon"))

    found = rows_of(records)
    assert not found.loc["os", "evaluable"]
    assert not found.loc["pfs", "evaluable"]
    assert "row 3 of follow_up.tsv" in found.loc["os", "reason"]
    assert rows_of(records, "P2").loc["os", "event"] == 1


def test_where_the_only_contact_is_left_out_the_row_is_named(records_of):
    follow_up = "patient study_day alive death_day\nP1 100 yes 80\nP2 300 no 300\n"
    reason = rows_of(records_of(follow_up=follow_up)).loc["os", "reason"]

    assert reason == "not known until row 2 of follow_up.tsv is mended, which is left out"


def test_a_death_stands_whatever_other_contact_is_left_out(records_of):
    records = records_of(**changed("follow_up", "P1 200 yes", "P1 200 perhaps"))

    assert rows_of(records).loc["os", "event"] == 1


def test_an_assessment_that_is_left_out_may_have_been_a_progression(records_of):
    found = rows_of(records_of(**changed("assessments", "P1 100 10", "P1 100 ten")))

    assert not found.loc[["orr", "orr_l", "response_depth", "pfs", "dor"], "evaluable"].any()
    assert "row 3 of assessments.tsv" in found.loc["orr", "reason"]
    assert found.loc["os", "evaluable"]


def test_a_flare_that_is_left_out_is_no_zero(records_of):
    one = SHEETS["flares"].replace("P1 40 1\n", "").replace("P1 9 2", "P1 9 7")
    found = rows_of(records_of(flares=one))

    flare = ["tfr_any", "tfr_ge2", "tfr_ordinal", "tfr_onset_d"]
    assert not found.loc[flare, "evaluable"].any()
    assert found.loc["tfr_any", "reason"] == (
        "not known until row 2 of flares.tsv is mended, which is left out"
    )


def test_of_a_flare_that_is_left_out_beside_another_the_known_one_stands(records_of):
    found = rows_of(records_of(**changed("flares", "P1 40 1", "P1 40 one")))

    assert found.loc[["tfr_any", "tfr_ge2"], "value"].tolist() == [1, 1]
    assert not found.loc[["tfr_ordinal", "tfr_onset_d"], "evaluable"].any()


def test_lenalidomide_that_is_left_out_is_not_never_received(records_of):
    row = "P1 lenalidomide 29  "
    records = records_of(**changed("exposure", row + "5", row + "5,0"))

    assert "row 3 of exposure.tsv" in rows_of(records).loc["tfr_any", "reason"]
    limiting = safety(records).dose_limiting[0]
    assert (limiting["dlt"], limiting["evaluable"]) == ("not_evaluable", "no")
    assert "row 3 of exposure.tsv" in limiting["reason"]


def test_another_drug_that_is_left_out_leaves_the_endpoints(records_of):
    exposure = SHEETS["exposure"] + "P1 allopurinol 20 10 300\n"
    records = records_of(exposure=exposure)

    assert len(records.left_out["exposure"]) == 1
    assert rows_of(records).loc["tfr_any", "evaluable"]


def safety(records):
    settings = safety_settings(CONFIG["clinical"]["safety"], CONFIG["analyses"]["confidence"])
    return safety_tables(records, settings)


def test_an_adverse_event_that_is_left_out_is_not_none(records_of):
    found = safety(records_of(**changed("adverse_events", "P1 Rash 3", "P1 Rash severe")))

    assert [row["dlt"] for row in found.dose_limiting] == ["not_evaluable", "yes"]
    assert [row["status"] for row in found.adverse_events] == ["not_evaluable", "ok"]
    rates = [row for row in found.safety_rates if row["measure"] == "adverse event"]
    patients = [row for row in rates if row["attribution"] == "any" and row["grade"] == "any"]
    patients = [row for row in patients if row["unit_of_analysis"] == "patient"]
    assert {row["denominator"] for row in patients} == {1}


CHEMISTRY = (
    "patient study_day uric_acid_mg_dl potassium_mmol_l phosphate_mg_dl calcium_mg_dl\n"
    "P1 28 5 4 3 9\nP1 30 5 4 3 9\nP1 31 5 4 3 9\nP2 28 5 4 3 9\nP2 30 5 4 3 9\nP2 31 5 4 3 9\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(CHEMISTRY, ["no", "no"], id="all values"),
        pytest.param(
            CHEMISTRY.replace("P1 31 5", "P1 31 hemolyzed"),
            ["not_evaluable", "no"],
            id="a value that is left out may have met a criterion",
        ),
        pytest.param(
            CHEMISTRY.replace("P1 31 5", "P1 31 hemolyzed").replace("P1 30 5 4 3", "P1 30 9 4 5"),
            ["yes", "no"],
            id="what was found stands",
        ),
    ],
)
def test_a_laboratory_row_that_is_left_out_excludes_no_tumor_lysis(records_of, text, expected):
    rows = [row for row in safety(records_of(laboratory=text)).tls if row["drug"] == "lenalidomide"]

    assert [row["laboratory_tls"] for row in rows] == expected


def test_events_of_which_none_says_whether_it_was_dose_limiting_judge_nobody(records_of):
    events = SHEETS["adverse_events"].replace("dlt", "dtl")
    found = safety(records_of(adverse_events=events)).dose_limiting

    assert {row["dlt"] for row in found} == {"not_evaluable"}
    assert all("column dlt" in row["reason"] for row in found)


def test_a_row_that_is_left_out_counts_only_up_to_the_cut(records_of):
    flares = changed("flares", "P1 40 1", "P1 40 one")
    follow_up = changed("follow_up", "P1 300 no 300", "P1 300 no soon")
    records = records_of(cut={"name": "interim", "study_day": 120}, **flares, **follow_up)

    assert records.why_unknown("P1", "flares")
    assert records.why_unknown("P1", "follow_up") == ""
    assert records.left_out == ClinicalRecords.from_json(records.to_json()).left_out


@pytest.mark.parametrize("cut", [None, {"name": "interim", "study_day": 120}])
@pytest.mark.parametrize(("kind", "column"), NEEDED)
def test_a_sheet_without_a_needed_column_is_told_of(tmp_path, kind, column, cut):
    sheets = SHEETS | {"laboratory": "patient study_day\nP1 1\n"}
    sheets |= {"lesions": "patient study_day lesion_id\nP1 1 T1\n"}
    # rows of one patient are compared with each other
    sheets["exposure"] += "P1 lenalidomide 40  10\n"
    sheets[kind] = sheets[kind].replace(column, "note_own", 1)
    if sheets[kind].count("\n") == 2:
        sheets[kind] += sheets[kind].splitlines()[1].replace(" 1", " 2") + "\n"
    for name, text in sheets.items():
        (tmp_path / f"{name}.tsv").write_text(text.replace(" ", "\t"))
    block = {name: f"{name}.tsv" for name in sheets} | {"gating": {}}
    block |= {"data_cut": cut} if cut else {}
    study = read_study(block, root=tmp_path)

    records, _ = clinical_records(study, block)

    told = [one for one in study.problems if one.stops == "run" and one.column == column]
    assert [one.problem for one in told] == ["this column is missing"]
    assert records.rows(kind) == []
