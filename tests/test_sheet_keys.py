"""What makes rows of a sheet one and the same, and what is said of rows that are."""

from correlates.intake.sheets.sheet import read_sheet

HEADER = "patient,visit,analyte,nominal_h,conc_ng_ml,run,role,level,nominal_ng_ml,injection\n"


def _read(tmp_path, *rows):
    path = tmp_path / "pk.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return read_sheet(path, "pk")


def test_replicates_of_a_quality_control_need_no_number(tmp_path):
    sheet = _read(
        tmp_path, ",,ibrutinib,0,2.9,R1,qc,low,3,", ",,ibrutinib,0,3.2,R1,qc,low,3,",
        ",,ibrutinib,0,2.9,R1,qc,low,3,",
    )  # fmt: skip

    assert [row.get("conc_ng_ml") for row in sheet.rows] == ["2.9", "3.2", "2.9"]
    assert sheet.told() == []


def test_one_injection_of_a_quality_control_stands_once(tmp_path):
    row = ",,ibrutinib,0,{},R1,qc,low,3,7"
    sheet = _read(tmp_path, row.format(2.9), row.format(3.2), row.format(3.1).replace(",7", ",8"))

    assert [row.get("injection") for row in sheet.rows] == [8]


def test_a_repeated_row_names_what_is_filled_and_what_would_tell_it_apart(tmp_path):
    row = "P01,C0D28,ibrutinib,2,{},R1,,,,"
    sheet = _read(tmp_path, row.format(90), row.format(95))

    first = sheet.told()[0]
    assert first.column == "patient, visit, timepoint, analyte, nominal_h, run"
    assert first.remedy.endswith(
        "If both were measured, tell them apart in the column 'injection'."
    )
