"""The scripts of the synapse: from rows of the sheet to the files of the assay and the answers."""

from types import SimpleNamespace

import yaml

import compare_synapses
import measure_synapse
from correlates.intake.assay_records import AssayRows, read_index, write_assay_rows
from correlates.measurements import faults, read_measurements
from correlates.tables import read_tsv
from study import ROOT
from test_synapse import conjugates, control


def test_rows_become_files_and_answers(tmp_path):
    shipped = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    rows = [*control("S01", 1.8)]
    for number in range(8):
        for visit, index in (("C1D1", 1.2), ("C2D1", 1.5 + 0.01 * number)):
            rows += conjugates(50, index, patient=f"P{number:02d}", visit=visit)
    index = write_assay_rows({"synapse": AssayRows("synapse", rows)}, tmp_path)
    names = {name: tmp_path / f"{name}.tsv" for name in ("left_out", "runs", "samples", "controls")}
    names |= {name: tmp_path / f"{name}.svg" for name in ("layout", "overview")}
    output = SimpleNamespace(measurements=tmp_path / "measurements.parquet", **names)

    measure_synapse.main(
        SimpleNamespace(
            input=SimpleNamespace(synapse=[read_index(index)["synapse"]]),
            output=Output(output),
            params=SimpleNamespace(settings=shipped["synapse"]),
        )
    )
    compare_synapses.main(
        SimpleNamespace(
            input=SimpleNamespace(measurements=output.measurements),
            output=SimpleNamespace(answers=tmp_path / "answers.tsv"),
            params=SimpleNamespace(
                contrasts=shipped["analyses"]["synapse"]["contrasts"],
                visits=shipped["clinical"]["visits"],
                confidence=0.95,
                design_note="The order is fixed.",
            ),
        )
    )

    table = read_measurements(output.measurements)
    answers = read_tsv(tmp_path / "answers.tsv")
    assert faults(table) == []
    assert len(table) == 48
    assert {row["verdict"] for row in read_tsv(output.samples)} == {"pass"}
    first = answers[1]
    assert (first["feature"], first["n"]) == ("synapse__rri__t_cd8", "8")
    assert (first["p"], first["verdict"]) == ("0.0078125", "higher")
    assert [row["verdict"] for row in answers if row["contrast"].startswith("C1D1")] == [
        "no pairs"
    ] * 3
    assert "<svg" in output.layout.read_text()


class Output(SimpleNamespace):
    """Outputs by attribute and, as Snakemake has them, by name."""

    def __init__(self, paths):
        super().__init__(**paths.__dict__)

    def __getitem__(self, name):
        return getattr(self, name)
