"""Simulated plates of all three kinds read as what was pipetted."""

import math
from collections import defaultdict

import numpy as np
import pytest

from correlates.intake.sheets.assays import assay_rows_of, read_assay_sheets
from correlates.intake.sheets.sheet import read_sheet
from correlates.simulate.assays.qpcr import GENES, REFERENCES, QpcrEffects, write_qpcr
from correlates.simulate.draws import draw_trial
from correlates.simulate.trial import NO_EFFECTS
from correlates.tables import read_tsv


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sim")
    patients, _, _ = draw_trial(6, NO_EFFECTS, 3)
    write_qpcr(folder, patients, np.random.default_rng(3))
    keys = "".join(f"{patient.key}\n" for patient in patients)
    (folder / "patients.tsv").write_text(f"patient\n{keys}")
    return folder


@pytest.fixture(scope="module")
def plates(folder):
    block = {"qpcr": "assays/qpcr", "aliquots": "assays/aliquots"}
    patients = read_sheet(folder / "patients.tsv", "patients", "patients.tsv")
    found = read_assay_sheets(block, folder, patients, None)
    return found, assay_rows_of(found)["qpcr"]


def test_every_well_is_of_somebody_or_a_control(plates):
    found, rows = plates

    assert not rows.left_out
    assert {problem.stops for _, sheet in found.all() for problem in sheet.told()} == {"nothing"}
    assert {row["sheet"].rpartition(".")[2] for row in rows.rows} == {"txt", "rdml", "tsv"}
    for row in rows.rows:
        assert (row["patient"] is not None) == (row["task"] == "sample")


def test_nothing_amplified_is_no_number(plates):
    _, rows = plates
    blanks = [row["cq"] for row in rows.rows if row["task"] == "ntc"]

    assert blanks.count(None) >= len(blanks) - 2, "all but those that were spoilt"
    typed = [row for row in rows.rows if row["cq"] == 40]
    assert len(typed) == 1, "the one that was typed"


def test_defects_stand_where_the_truth_says(folder, plates):
    _, rows = plates
    by_well = {(row["plate"], row["well"]): row for row in rows.rows}
    wells = {one["what"]: one for one in read_tsv(folder / "truth" / "qpcr_defects.tsv")}

    out = wells["taken out at the instrument"]
    assert [(r["plate"], r["well"]) for r in rows.rows if r["excluded"]] == [
        (out["file"], out["well"])
    ]
    reagent = wells["contaminated reagent: the well without template comes up"]
    assert by_well[reagent["file"], reagent["well"]]["task"] == "ntc"
    assert by_well[reagent["file"], reagent["well"]]["cq"] == 28.4
    degraded = wells["degraded RNA"]["well"]
    assert {row["rin"] for row in rows.rows if row["sample"] == degraded} == {4.1}


def test_the_truth_is_what_the_wells_hold(folder, plates):
    """Distance from the plate's calibrator times log2 E, less that of the references."""
    _, rows = plates
    cqs = defaultdict(list)
    for row in rows.rows:
        if row["cq"] is not None and row["task"] in ("sample", "ipc"):
            cqs[row["plate"], row["sample"], row["gene"]].append(row["cq"])
    mean = {key: float(np.median(values)) for key, values in cqs.items()}

    def quantity(plate, sample, gene):
        distance = mean[plate, "IPC", gene] - mean[plate, sample, gene]
        return math.log2(GENES[gene][0]) * distance

    truth = {
        (one["sample"], one["gene"]): float(one["log2_per_reference"])
        for one in read_tsv(folder / "truth" / "qpcr.tsv")
    }
    errors = defaultdict(list)
    for plate, sample, gene in mean:
        if sample != "IPC" and (sample, gene) in truth and gene in ("RHOH", "IKZF1", "CRBN"):
            found = quantity(plate, sample, gene)
            found -= np.mean([quantity(plate, sample, one) for one in REFERENCES])
            errors[gene].append(found - truth[sample, gene])
    for gene, of_gene in errors.items():
        centred = np.array(of_gene) - np.median(of_gene)
        assert len(centred) >= 20, gene
        assert np.std(centred) < 0.2, gene


def test_equal_seeds_write_equal_bytes(folder, tmp_path):
    patients, _, _ = draw_trial(6, NO_EFFECTS, 3)
    write_qpcr(tmp_path, patients, np.random.default_rng(3), QpcrEffects())

    for path in sorted((tmp_path / "assays" / "qpcr").iterdir()):
        assert path.read_bytes() == (folder / "assays" / "qpcr" / path.name).read_bytes()
