"""Records that are made by hand are as those of the sheets."""

import pytest

from clinic_maker import dose, lesion, make_records
from correlates.clinical.records import DataCut


def test_every_column_of_the_schema_is_there_and_what_is_not_named_is_none():
    records = make_records(laboratory=[{"study_day": 1, "hb_g_dl": 11.0}])

    (row,) = records.of("laboratory", "P01")
    assert row["hb_g_dl"] == 11.0
    assert row["plt_10e9_l"] is None
    assert (row["row"], row["sheet"]) == (2, "laboratory.tsv")


def test_who_is_named_in_any_sheet_is_a_patient():
    records = make_records(
        patients=["P02", {"patient": "P03", "sex": "F"}],
        lesions=[lesion(0, 20) | {"patient": "P09"}],
    )

    assert records.patients == ["P02", "P03", "P09"]
    assert records.patient("P03")["sex"] == "F"


def test_a_sheet_without_rows_is_a_sheet():
    records = make_records(patients=["P01"], flares=[])

    assert records.has("flares")
    assert not records.has("exposure")


def test_flares_get_both_days():
    records = make_records(exposure=[dose(31, 200)], flares=[{"grade": 2, "onset_day_from_len": 4}])

    assert records.of("flares", "P01")[0]["onset_study_day"] == 35


def test_a_cut_is_obeyed():
    records = make_records(DataCut("early", {"P01": 100.0}), exposure=[dose(29, 200), dose(201)])

    assert [row["stop_day"] for row in records.rows("exposure")] == [None]


@pytest.mark.parametrize("sheets", [{"labs": []}, {"lesions": [{"size": 3}]}])
def test_a_typo_fails(sheets):
    with pytest.raises(KeyError):
        make_records(**sheets)
