"""The script of the question: what it writes, of a study and of one without occupancy."""

from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
import yaml

from clinic_maker import make_records
from compare_occupancy import main
from correlates.intake.clinical import write_records
from correlates.measurements import write_measurements
from correlates.tables import read_tsv
from occupancy_maker import reading, table, trough_pairs
from study import ROOT


def answer(folder, rows):
    shipped = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    names = {"answers": "tsv", "pairs": "tsv", "troughs": "tsv", "figure": "svg"}
    output = SimpleNamespace(**{name: folder / f"{name}.{end}" for name, end in names.items()})
    write_measurements(table(rows), folder / "measurements.parquet")
    records = make_records(exposure=[{"patient": "P01", "drug": "ibrutinib", "start_day": 1}])
    main(
        SimpleNamespace(
            input=SimpleNamespace(
                clinical=write_records(records, folder),
                measurements=folder / "measurements.parquet",
            ),
            output=output,
            params=SimpleNamespace(
                settings=shipped["analyses"]["occupancy"],
                windows_h=shipped["occupancy"]["windows_h"],
                visits=shipped["clinical"]["visits"],
                design_note=shipped["analyses"]["design_note"],
            ),
        )
    )
    return output


def test_a_study_is_answered(tmp_path):
    alone, both = [93.0, 95.0, 91.0, 94.0, (96.0,)], [94.0, 94.0, (96.0,), 93.0, (96.0,)]
    rows = [*trough_pairs(alone, both), reading("P09", "C1D1", 92.0)]

    output = answer(tmp_path, rows)

    answers, pairs = read_tsv(output.answers), read_tsv(output.pairs)
    first = next(row for row in answers if row["question"] == "Occupancy at trough")
    assert (first["n"], first["n_censored"], first["estimate"]) == ("5", "2", "")
    assert float(first["ci_low"]) == pytest.approx(-4, abs=1e-6)
    assert float(first["ci_high"]) == pytest.approx(9, abs=1e-6)
    lost = [
        row for row in pairs if row["question"] == "Occupancy at trough" and row["used"] == "no"
    ]
    assert [(row["patient"], row["left_out_for"]) for row in lost] == [("P09", "no_draw")]
    assert all("cannot be told apart" in row["caution"] for row in answers if row["p"])
    assert {row["verdict"] for row in read_tsv(output.troughs)} == {"plausible"}
    drawn = Path(output.figure).read_text()
    ElementTree.fromstring(drawn)
    assert "BTK, CLL cells" in drawn
    assert "n = 5: not shown" in drawn


def test_a_study_without_occupancy_says_so(tmp_path):
    output = answer(tmp_path, [])

    assert read_tsv(output.answers) == []
    assert "No occupancy of a target" in Path(output.figure).read_text()
