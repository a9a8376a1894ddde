"""Simulated libraries of RNA-seq, run through the assay as its job runs it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import yaml

from correlates.assays.rnaseq.settings import RnaseqSettings
from correlates.intake.assay_records import read_index, write_assay_rows
from correlates.intake.sheets.assays import assay_rows_of, read_assay_sheets
from correlates.measurements import read_measurements
from correlates.simulate.assays.rnaseq import write
from correlates.simulate.trial import NO_EFFECTS, draw_patients
from correlates.tables import read_tsv
from measure_rnaseq import main
from study import ROOT

BLOCK = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["rnaseq"]
SETTINGS = RnaseqSettings.of_config(BLOCK)
OUTPUTS = {
    **{"measurements": "parquet", "left_out": "tsv", "runs": "tsv", "samples": "tsv"},
    **{"controls": "tsv", "libraries": "tsv", "tpm": "tsv", "genes": "parquet"},
    **{"layout": "svg", "overview": "svg"},
}


class Paths(SimpleNamespace):
    """Named paths, as a job has them."""

    def __getitem__(self, name):
        return getattr(self, name)


@dataclass
class Measured:
    """What the assay made of a folder of raw files."""

    folder: Path
    patients: list

    def path(self, name):
        return self.folder / "results" / f"{name}.{OUTPUTS[name]}"

    def table(self, name):
        return read_tsv(self.path(name))

    @cached_property
    def measurements(self):
        return read_measurements(self.path("measurements"))

    @cached_property
    def truth(self):
        rows = read_tsv(self.folder / "truth" / "rnaseq.tsv")
        return pd.DataFrame(rows).set_index("library")

    def feature(self, name):
        """Rows of one feature by patient and visit."""
        rows = self.measurements[self.measurements["feature"] == name]
        return rows.set_index(["patient", "visit"])


def simulated(folder, n_patients=14, seed=3):
    """Write simulated raw files, and return the patients."""
    patients = draw_patients(n_patients, NO_EFFECTS, np.random.default_rng(seed))
    write(folder, patients, np.random.default_rng(seed + 1))
    return patients


def measure(folder, counts=("assays/rnaseq/counts.tsv",), block=None, patients=()):
    """Read the sheets as intake does, and run the job on them."""
    place = folder / "assays" / "rnaseq"
    study = {
        kind: f"assays/rnaseq/{name}.tsv"
        for kind, name in (("rnaseq", "libraries"), ("junctions", "junctions"))
        if (place / f"{name}.tsv").exists()
    }
    sheets = read_assay_sheets(study, folder, None, None)
    index = read_index(write_assay_rows(assay_rows_of(sheets), folder / "plan"))
    results = folder / "results"
    results.mkdir(exist_ok=True)
    main(
        SimpleNamespace(
            input=Paths(
                libraries=[index["rnaseq"]] if "rnaseq" in index else [],
                junctions=[index["junctions"]] if "junctions" in index else [],
            ),
            output=Paths(**{name: results / f"{name}.{end}" for name, end in OUTPUTS.items()}),
            params=Paths(counts=[str(folder / name) for name in counts], settings=block or BLOCK),
        )
    )
    return Measured(folder, list(patients))
