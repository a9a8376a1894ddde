"""The tables of safety and dose as files: every column declared, each with the data cut."""

from types import SimpleNamespace

import pytest

import grade_safety
from clinic_maker import dose, make_records
from correlates.clinical.records import DataCut
from correlates.clinical.safety.settings import safety_settings
from correlates.clinical.safety.tables import safety_tables
from correlates.intake.clinical import write_records
from correlates.tables import read_tsv
from safety_maker import shipped


@pytest.fixture
def written(tmp_path):
    cut = DataCut("interim1", {"P01": 90})
    records = make_records(
        cut,
        patients=[{"dose_level_mg": 5, "enrolment_order": 1, "dose_cohort": 1}],
        exposure=[dose(1, None, 420, "ibrutinib"), dose(29, 80, 5), dose(81, None, 2.5)],
        laboratory=[
            {"study_day": 0, "anc_10e9_l": 3, "uric_acid_mg_dl": 5, "potassium_mmol_l": 4},
            {"study_day": 31, "anc_10e9_l": 0.4, "uric_acid_mg_dl": 8, "potassium_mmol_l": 6},
        ],
        adverse_events=[{"term": "Neutropenia", "onset_day": 31, "grade": 4, "dlt": True}],
        follow_up=[{"study_day": 120}],
    )
    path = write_records(records, tmp_path)
    files = {name: str(tmp_path / f"{name}.tsv") for name in grade_safety.COLUMNS}
    job = SimpleNamespace(
        input=SimpleNamespace(clinical=str(path)),
        output=SimpleNamespace(**files),
        params=SimpleNamespace(settings=shipped(), confidence=0.95),
    )
    grade_safety.main(job)
    return {name: read_tsv(path) for name, path in files.items()}


def test_every_table_has_its_columns_and_its_cut(written):
    for name, columns in grade_safety.COLUMNS.items():
        assert written[name], name
        assert list(written[name][0]) == [*columns, "data_cut"]
        assert {row["data_cut"] for row in written[name]} == {"interim1"}


def test_what_was_computed_stands_in_the_files(written):
    lenalidomide = written["tls"][1]
    (judged,) = written["dose_limiting"]
    level = next(row for row in written["dose_levels"] if row["level_mg"] == "5")

    assert (lenalidomide["laboratory_tls"], lenalidomide["days_apart"]) == ("yes", "0")
    assert (judged["dlt"], judged["evaluable"]) == ("yes", "yes")
    assert (level["n_dlt"], level["n_evaluable"], level["rule_says"]) == ("1", "1", "treat more")


def test_no_table_computes_a_column_that_it_does_not_have(written):
    records = make_records(
        patients=["P01"],
        exposure=[dose(1, None, 420, "ibrutinib"), dose(29, 80, 5)],
        laboratory=[{"study_day": 31, "hb_g_dl": 9.0}],
        adverse_events=[{"onset_day": 31}],
        follow_up=[{"study_day": 120}],
    )
    tables = safety_tables(records, safety_settings(shipped(), 0.95))
    for name, columns in grade_safety.COLUMNS.items():
        for row in getattr(tables, name):
            assert set(row) <= set(columns), name
