"""Simulated plates of three instruments, from files to values: in one process and as a run."""

import math

import numpy as np
import pytest

from correlates.assays.qpcr.collect import measure_qpcr
from correlates.intake.sheets.assays import assay_rows_of, read_assay_sheets
from correlates.intake.sheets.sheet import read_sheet
from correlates.measurements import faults, read_measurements
from correlates.report.glossary import MEANINGS
from correlates.simulate.assays.qpcr import GENES, MIRS, write_qpcr
from correlates.simulate.draws import draw_trial
from correlates.simulate.trial import NO_EFFECTS
from correlates.tables import read_tsv
from qpcr_maker import settings
from study import Study, copy_checkout

KEYS = {"hsa-miR-155-5p": "mir155"}


def write_files(folder, n_patients, seed):
    patients, _, _ = draw_trial(n_patients, NO_EFFECTS, seed)
    write_qpcr(folder, patients, np.random.default_rng(seed))
    keys = "".join(f"{patient.key}\t29\tPR\t0\n" for patient in patients)
    columns = "patient\tlenalidomide_start_day\tresponse\ttfr_grade\n"
    (folder / "patients.tsv").write_text(columns + keys)


def truth_of(folder):
    """Return the true log2 CNRQ by sample and gene: IPC holds the mean copies of both cells."""
    found = {}
    for row in read_tsv(folder / "truth" / "qpcr.tsv"):
        name = row["gene"]
        copies = MIRS[name][1] if name in MIRS else sum(GENES[name][1:]) / 2
        key = row["sample"], KEYS.get(name, name.lower())
        found[key] = float(row["log2_per_reference"]) - math.log2(copies)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("qpcr")
    write_files(folder, 12, 4)
    return folder


@pytest.fixture(scope="module")
def found(folder):
    block = {"qpcr": "assays/qpcr", "aliquots": "assays/aliquots"}
    patients = read_sheet(folder / "patients.tsv", "patients", "patients.tsv")
    sheets = read_assay_sheets(block, folder, patients, None)
    return measure_qpcr(assay_rows_of(sheets)["qpcr"].rows, settings())


def test_values_from_files_are_the_truth_within_their_errors(folder, found):
    truth = truth_of(folder)
    rows = [row for row in found.quantities if row["status"] == "ok"]
    errors = [float(row["log2_cnrq"]) - truth[row["sample"], row["gene"]] for row in rows]
    ses = [float(row["se"]) for row in rows]
    inside = [
        float(row["ci_low"]) <= truth[row["sample"], row["gene"]] <= float(row["ci_high"])
        for row in rows
    ]

    assert len(rows) > 350
    assert abs(np.mean(errors)) < 0.04
    assert np.sqrt(np.mean(np.square(errors))) < 0.16
    assert np.sqrt(np.mean(np.square(errors)) / np.mean(np.square(ses))) < 1.25
    assert np.mean(inside) > 0.9


def test_efficiencies_are_those_that_were_planted(found):
    planted = {name.lower(): spec[0] for name, spec in GENES.items()}
    measured = {row["gene"]: float(row["efficiency"]) for row in found.efficiencies}

    assert {row["accepted"] for row in found.efficiencies} == {"yes"}
    assert max(abs(measured[gene] - planted[gene]) for gene in planted) < 0.06


def test_what_was_spoilt_is_found(folder, found):
    spoilt = {row["what"]: row for row in read_tsv(folder / "truth" / "qpcr_defects.tsv")}
    by_sample = {}
    for row in found.quantities:
        by_sample.setdefault(row["sample"], []).append(row)

    def flags_of(what):
        return {flag for row in by_sample[spoilt[what]["well"]] for flag in row["flags"].split()}

    assert "low_rin" in flags_of("degraded RNA")
    assert "low_purity" in flags_of("impure cells, as the sheet says")
    assert "haemolysed" in flags_of("haemolysed")
    assert {row["status"] for row in by_sample[spoilt["haemolysed"]["well"]]} == {"not_evaluable"}
    assert "haemolysis_suspected" in flags_of("haemolysis suspected")
    bad = spoilt["contaminated reagent: the well without template comes up"]["file"]
    verdicts = {row["run"]: row["verdict"] for row in found.runs}
    assert verdicts[bad] == "fail"
    told = {
        row["reason"] for row in found.quantities if (row["plates"], row["gene"]) == (bad, "crbn")
    }
    assert all(reason.startswith("the well without template comes up") for reason in told)
    assert verdicts.pop(bad) not in verdicts.values()
    bubble = spoilt["bubble: two cycles late"]
    group = next(one for one in found.plates.groups.items() if one[1].dropped == bubble["well"])
    assert group[0][0] == bubble["file"]
    assert [row["item"].split(",")[0] for row in found.left_out] == [bubble["file"]]


REAL = {"cTNI": 1.893, "Rpl32": 1.888, "Ppia": 1.880, "ANF": 1.841, "SCX": 1.899}


def test_a_real_export_of_two_references_uses_both(real_data, tmp_path):
    """By hand from the wells that agree, with the efficiencies that the file declares."""
    source = real_data / "tables" / "qpcr_rdml" / "relative.rdml"
    (tmp_path / "relative.rdml").write_bytes(source.read_bytes())
    (tmp_path / "patients.tsv").write_text("patient\nP01\n")
    patients = read_sheet(tmp_path / "patients.tsv", "patients", "patients.tsv")
    read = assay_rows_of(read_assay_sheets({"qpcr": "relative.rdml"}, tmp_path, patients, None))
    rows = [row | {"patient": row["sample"], "visit": "C1D1"} for row in read["qpcr"].left_out]
    panel = {"targets": ["cTNI", "ANF", "SCX"], "references": ["Ppia", "Rpl32"], "spike_ins": []}
    rules = settings(panels={"mrna": panel | {"min_references": 2}}, efficiency={"declared": REAL})

    found = {(one["sample"], one["gene"]): one for one in measure_qpcr(rows, rules).quantities}

    def mean(sample, gene):
        return np.mean([r["cq"] for r in rows if (r["sample"], r["gene"]) == (sample, gene)])

    for sample in ("Adult 2", "Adult 3", "Adult 4"):
        log2 = {gene: -math.log2(e) * mean(sample, gene) for gene, e in REAL.items()}
        wanted = log2["cTNI"] - (log2["Ppia"] + log2["Rpl32"]) / 2
        row = found[sample, "ctni"]
        assert float(row["log2_cnrq"]) == pytest.approx(wanted, abs=1e-4)
        alone = [log2["cTNI"] - log2[gene] for gene in ("Ppia", "Rpl32")]
        assert float(row["lowest_by_one_reference"]) == pytest.approx(min(alone), abs=1e-4)


@pytest.mark.workflow
def test_a_run_writes_every_table_and_figure(tmp_path):
    study = Study(copy_checkout(tmp_path / "checkout"), tmp_path / "study")
    study.folder.mkdir()
    write_files(study.folder, 4, 5)
    study.write_config(
        {
            "study": {
                "patients": "patients.tsv",
                "qpcr": "assays/qpcr",
                "aliquots": "assays/aliquots",
            },
            "analyses": {"contrasts": [], "model": {"endpoints": []}},
        }
    )

    study.run_well("results/qpcr/measurements.parquet")

    table = read_measurements(study.result("qpcr/measurements.parquet"))
    assert {flag for row in table["flags"] for flag in row} <= set(MEANINGS)
    assert faults(table) == []
    assert "rhoh__log2_cnrq__cll" in set(table["feature"])
    assert "mir155__log2_cnrq__plasma" in set(table["feature"])
    names = ("runs", "samples", "controls", "quantities", "efficiencies", "stability")
    assert all(read_tsv(study.result(f"qpcr/{name}.tsv")) for name in names)
    for name in ("layout", "overview"):
        assert "<svg" in study.result(f"qpcr/{name}.svg").read_text()
    assert study.planned("results/qpcr/measurements.parquet") == {}
