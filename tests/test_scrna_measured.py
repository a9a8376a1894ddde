"""Single cells measured: what simulated files hold is found again, what cannot be says why."""

import json
import math
import tempfile
import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
import yaml
from scipy import sparse

from correlates.assays.scrna.collect import collect_files
from correlates.assays.scrna.measure import measure_sample
from correlates.assays.scrna.one_file import measure_file
from correlates.assays.scrna.overdispersion import interval_of_sum
from correlates.assays.scrna.planning import named_files, settings_from
from correlates.assays.scrna.sizes import PLAIN
from correlates.assays.scrna.verdicts import doublet_share, judge_sample
from correlates.measurements import faults, read_measurements
from correlates.simulate.assays.scrna import CONTROL, write_scrna
from correlates.simulate.trial import Effects, draw_patients
from correlates.tables import read_tsv
from study import ROOT, Study

BLOCK = yaml.safe_load((ROOT / "config/config.yaml").read_text())["scrna"]
SETTINGS = settings_from(BLOCK | {"min_genes_in_matrix": 1000})
GENES = list(SETTINGS["genes"])
DRAW = {"sample": "S1", "patient": "P01", "visit": "C0D1", "specimen": "cryo_pbmc", "batch": "b1"}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """The folder of the simulated files; its sheet's rows as intake would give them."""
    folder = tmp_path_factory.mktemp("scrna")
    patients = draw_patients(24, Effects(), np.random.default_rng(1))
    write_scrna(folder, patients, np.random.default_rng(6))
    path = folder / "assays/scrna/scrna.tsv"
    rows = [
        {name: value or None for name, value in row.items()}
        | {"row": number, "sheet": str(path), "timepoint": "pre"}
        for number, row in enumerate(read_tsv(path), start=2)
    ]
    return folder, rows


@pytest.fixture(scope="module")
def collected(simulated):
    """Everything measured, with the truth by sample, batch, type and gene."""
    folder, rows = simulated
    files = named_files(rows, folder)
    results = {
        key: measure_file(file.path, [rows[place] for place in file.places], SETTINGS)
        for key, file in files.items()
    }
    # what a job writes is what the next one reads
    summaries = {key: json.loads(json.dumps(one.summary)) for key, one in results.items()}
    sums = {key: one.pseudobulk for key, one in results.items()}
    found = collect_files(rows, files, summaries, [], SETTINGS, sums)
    truth = {
        (row["sample"], row["batch"], row["type"], row["gene"]): row
        for row in read_tsv(folder / "truth/scrna.tsv")
    }
    return found, truth, results


def rows_of(found, *features):
    table = found.measurements
    return table[table["feature"].isin(features)]


def test_the_table_keeps_the_contract_and_every_draw_keeps_its_rows(collected):
    found, _, _ = collected
    table = found.measurements

    assert faults(table) == []
    draws = table.groupby(["patient", "visit"])["feature"].nunique()
    assert len(draws) == 10
    assert draws.min() >= 3 * len(GENES) * len(SETTINGS["report_types"])


def test_the_interval_of_a_sum_is_what_the_cells_of_its_summary_show(collected):
    found, _, results = collected
    known = {
        (group["n_cells"], seen["count"], seen["count_variance"])
        for one in results.values()
        for sample in one.summary["samples"]
        for group in sample.get("groups", ())
        for seen in group["genes"].values()
        if seen["count"] > 0 and group["n_cells"] > 1
    }
    widths = {
        (n, round(math.log2(high / low), 6))
        for n, count, variance in known
        for low, high in [interval_of_sum(count, variance, n, SETTINGS["confidence"])]
    }
    table = found.measurements
    rows = table[table["feature"].str.contains("__log2_pb_cpm__") & (table["status"] == "ok")]

    assert len(rows) > 20
    for row in rows.to_dict("records"):
        assert (row["n"], round(row["ci_high"] - row["ci_low"], 6)) in widths


def test_log2_cpm_is_recovered_within_its_interval(collected):
    """Of the clone, where no gene has so few counts that only high values would be quantified."""
    found, truth, _ = collected
    table = found.measurements
    known = table[table["feature"].str.contains("__log2_pb_cpm__") & (table["status"] == "ok")]
    known = known[known["feature"].str.endswith("__cll")]
    errors, inside = [], []
    for row in known.to_dict("records"):
        gene, _, kind = row["feature"].split("__")
        real = truth.get((row["sample"], row["run"], kind, gene.upper()))
        if real and real["log2_cpm"]:
            errors.append(row["value"] - float(real["log2_cpm"]))
            inside.append(row["ci_low"] <= float(real["log2_cpm"]) <= row["ci_high"])

    assert len(errors) >= 38
    assert np.sqrt(np.mean(np.square(errors))) < 0.3
    assert abs(np.mean(errors)) < 0.1
    assert np.mean(inside) >= 0.9


def test_the_planted_fall_of_rhoh_in_the_clone_is_found_and_nowhere_else(collected):
    found, _, _ = collected
    changes = {}
    for kind in ("cll", "t"):
        wide = rows_of(found, f"rhoh__log2_pb_cpm__{kind}").pivot_table(
            index="patient", columns="visit", values="value"
        )
        changes[kind] = (wide["C2D1"] - wide["C0D1"]).dropna()

    assert len(changes["cll"]) == 4
    assert changes["cll"].max() < 0
    assert changes["cll"].mean() == pytest.approx(-1.0, abs=0.35)
    assert changes["t"].mean() == pytest.approx(0, abs=0.4)


def test_types_and_numbers_of_cells_are_recovered(collected):
    found, truth, _ = collected
    groups = [row for row in found.groups if row["patient"]]
    for row in groups:
        real = truth.get((row["sample"], row["batch"], row["type"], "RHOH"))
        if real and row["type"] in ("cll", "mono") and not real["defect"]:
            # one in twelve barcodes is dying or broken
            assert row["n_cells"] == pytest.approx(0.92 * int(real["n_cells"]), rel=0.25, abs=4)

    assert sum(row["n_cells"] for row in found.groups if row["sample"] == CONTROL) > 300
    controls = [row for row in found.groups if row["sample"] == CONTROL and row["type"] == "cll"]
    assert max(row["n_cells"] for row in controls) <= 4


def test_what_the_clone_lacks_is_below_detection_and_never_zero(collected):
    found, _, _ = collected
    itk = rows_of(found, "itk__log2_pb_cpm__cll")
    itk = itk[itk["status"] != "not_evaluable"]

    assert set(itk["status"]) <= {"nd", "lt_lloq"}
    assert (itk["value"] > 0).all()
    assert itk["limit"].notna().all()


def test_proteins_follow_the_antibodies_that_were_planted(collected):
    found, _, _ = collected
    means = found.measurements.groupby("feature")["value"].mean()

    assert means["cll__adt__cd19"] > 1 > means["cll__adt__cd3"]
    assert means["t_cd4__adt__cd4"] > 1 > means["t_cd8__adt__cd4"]
    assert means["t_cd8__adt__cd8a"] > 1 > means["t_cd4__adt__cd8a"]
    assert not found.measurements["feature"].str.contains("isotype").any()
    # no antibody is counted as a gene
    assert not found.measurements["feature"].str.startswith("cd19").any()


def test_planted_defects_are_found_where_they_are_and_nowhere_else(collected):
    found, truth, _ = collected
    verdicts = {(row["patient"], row["visit"]): row for row in found.samples if row["patient"]}
    rich = next(row for row in truth.values() if row["defect"] == "doublet_rich")

    assert verdicts["P01", "C1D1"]["verdict"] == "fail"
    assert "None of 60 barcodes is a sound cell" in verdicts["P01", "C1D1"]["reasons"]
    assert verdicts["P04", "C1D1"]["verdict"] == "fail"
    assert "It is that of another matrix" in verdicts["P04", "C1D1"]["reasons"]
    flagged = [key for key, row in verdicts.items() if "may be doublets" in row["reasons"]]
    assert flagged == [(rich["patient"], rich["visit"])]
    assert [row["patient"] for row in found.left_out] == ["P01", "P04"]
    assert {row["verdict"] for row in found.runs} == {"flag"}


def test_flags_of_a_sample_are_on_its_measurements(collected):
    found, truth, _ = collected
    rich = next(row for row in truth.values() if row["defect"] == "doublet_rich")
    table = found.measurements
    flagged = table[table["flags"].map(lambda flags: "many_doublets" in flags)]

    assert set(zip(flagged["patient"], flagged["visit"], strict=True)) == {
        (rich["patient"], rich["visit"])
    }
    empty = table[(table["patient"] == "P01") & (table["visit"] == "C1D1")]
    assert set(empty["status"]) == {"not_evaluable"}
    assert all("no_sound_cells" in flags for flags in empty["flags"])


def test_controls_vary_between_batches_by_what_is_printed(collected):
    found, _, _ = collected

    assert {row["control"] for row in found.controls} == {CONTROL}
    assert {row["n_runs"] for row in found.controls} == {2}
    assert not (found.measurements["sample"] == CONTROL).any()


def test_sums_of_a_file_are_those_of_its_cells(collected):
    _, _, results = collected
    pool = next(one for key, one in results.items() if "pool" in key)
    sums, cells = pool.pseudobulk, pool.cells
    own = cells[(cells["place"] == 0) & (cells["verdict"] == "kept") & (cells["type"] == "cll")]

    assert sums["0|cll"].sum() == own["counts"].sum()
    assert sums["0|cll"].dtype == np.int64


def test_genes_that_a_matrix_lacks_are_not_evaluable_never_zero():
    """The reduced PBMC data of scanpy, taken back to counts: none of the genes is in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = sc.datasets.pbmc68k_reduced().raw.to_adata()
    values = np.expm1(raw.X.toarray().astype(float))
    least = np.where(values > 0, values, np.inf).min(axis=1, keepdims=True)
    counts = np.rint(values / least)
    raw.X = sparse.csr_matrix(counts)

    one = _measured(raw)
    rows = measure_sample(DRAW, one, {"n_genes": raw.n_vars}, [], SETTINGS)

    assert sum(one["types"].values()) > 300
    of_genes = [row for row in rows if row["feature"].split("__")[0].upper() in GENES]
    assert len(of_genes) == 3 * len(GENES) * len(SETTINGS["report_types"])
    assert {row["status"] for row in of_genes} == {"not_evaluable"}
    assert all(row["value"] is None and row["flags"] == ["gene_not_in_matrix"] for row in of_genes)


def _measured(cells, rows=None):
    """Return the first sample of an AnnData that is measured as a file."""
    quality = SETTINGS["quality"] | {"min_counts": 20, "min_genes": 10}
    settings = SETTINGS | {"quality": quality, "doublets": {"find": False, "seed": 1}}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "x.h5ad"
        plain = ad.AnnData(cells.X, obs=cells.obs[list(cells.obs)[:3]], var=cells.var[[]])
        plain.write_h5ad(path)
        result = measure_file(path, rows or [DRAW], settings)
    assert result.summary["state"] == "measured", result.summary
    return result.summary["samples"][0]


def labelled_cells(n=60, genes=GENES):
    rng = np.random.default_rng(0)
    names = [*genes, *(f"X{number}" for number in range(1200))]
    counts = sparse.csr_matrix(rng.poisson(1.0, (n, len(names))).astype(float))
    labels = ["CLL"] * (n - 30) + ["CD4 T"] * 20 + ["Erythroid"] * 10
    obs = pd.DataFrame({"cell_type": labels}, index=[f"c{number}" for number in range(n)])
    return ad.AnnData(counts, obs=obs, var=pd.DataFrame(index=names))


def test_given_labels_are_used_and_unknown_ones_named():
    rows = [DRAW | {"cell_type_column": "cell_type"}]

    one = _measured(labelled_cells(), rows)

    assert one["types"] == {"cll": 30, "t_cd4": 20, "unassigned": 10}
    codes = dict(judge_sample(one, SETTINGS, None))
    assert "Erythroid" in codes["labels_unknown"].words
    assert "doublets_not_evaluable" not in codes


def alone(one):
    """The summary of one sample with what `collect_files` adds: the size of each pseudobulk."""
    groups = [group | {"size": group["library"], "scaled_by": PLAIN} for group in one["groups"]]
    return one | {"groups": groups}


def test_too_few_cells_of_a_type_are_not_summed():
    rows = [DRAW | {"cell_type_column": "cell_type"}]
    one = alone(_measured(labelled_cells(49), rows))

    made = {
        row["feature"]: row for row in measure_sample(rows[0], one, {"n_genes": 1206}, [], SETTINGS)
    }

    assert made["rhoh__log2_pb_cpm__t_cd4"]["status"] == "ok"
    assert made["rhoh__log2_pb_cpm__t_cd4"]["n"] == 20
    assert made["rhoh__log2_pb_cpm__cll"]["status"] == "not_evaluable"
    assert made["rhoh__log2_pb_cpm__cll"]["flags"] == ["few_cells_of_type"]
    assert made["rhoh__log2_pb_cpm__cll"]["n"] == 19


def test_counts_per_million_of_a_part_of_the_genes_mean_nothing():
    rows = [DRAW | {"cell_type_column": "cell_type"}]
    one = _measured(labelled_cells(), rows)

    made = {
        row["feature"]: row
        for row in measure_sample(rows[0], one, {"n_genes": 1206}, [], settings_from(BLOCK))
    }

    assert made["rhoh__log2_pb_cpm__cll"]["flags"] == ["matrix_is_subset_of_genes"]
    assert made["rhoh__log2_pb_cpm__cll"]["value"] is None
    assert made["rhoh__detected__cll"]["status"] == "ok"


def test_ways_of_measuring_that_cannot_be_compared_differ_in_their_method():
    one = alone(_measured(labelled_cells(), [DRAW | {"cell_type_column": "cell_type"}]))
    about = {"n_genes": 1206}

    methods = {
        measure_sample(DRAW | more, one, about, [], SETTINGS)[0]["method"]
        for more in ({}, {"chemistry": "5p_v2"}, {"ambient": "soupx"}, {"cell_type_column": "x"})
    }

    assert len(methods) == 4


def test_the_share_of_doublets_is_told_from_those_that_can_be_seen():
    # of 100 + 100 cells of two lineages, half of all pairs are of both: 10 seen are 20 in all
    one = {
        **{"n_kept": 190, "n_doublets": 10, "n_conflicts": 0},
        "types": {"cll": 100, "t_cd4": 60, "t_cd8": 40},
    }

    assert doublet_share(one, SETTINGS) == pytest.approx(0.1)
    assert doublet_share(one | {"types": {"cll": 100, "t": 1}}, SETTINGS) is None


@pytest.mark.parametrize(
    ("chains", "is_flagged"),
    [({"kappa": 60, "lambda": 1}, False), ({"kappa": 40, "lambda": 25}, True)],
)
def test_a_clone_has_one_light_chain(chains, is_flagged):
    one = _measured(labelled_cells(), [DRAW | {"cell_type_column": "cell_type"}])

    codes = [code for code, _ in judge_sample(one | {"light_chains": chains}, SETTINGS, None)]

    assert ("light_chains_not_restricted" in codes) == is_flagged


def test_depth_unlike_that_of_the_other_samples_is_flagged():
    one = _measured(labelled_cells(), [DRAW | {"cell_type_column": "cell_type"}])

    codes = [code for code, _ in judge_sample(one, SETTINGS, 4 * one["median_counts"])]

    assert "depth_unlike_others" in codes


def test_a_run_measures_what_it_can_and_says_why_the_rest_is_not(tmp_path):
    """The whole way from the sheet: an h5ad, a file that is not there, an unknown patient."""
    sheet = ["file\tsample\tpatient\tvisit\tspecimen\tcell_type_column\tbatch"]
    sheet += ["cells.h5ad\tS1\tP01\tC0D1\tcryo_pbmc\tcell_type\tb1"]
    sheet += ["nowhere.h5\tS2\tP01\tC2D1\tcryo_pbmc\t\tb1", "cells.h5ad\tS3\tP09\tC0D1\t\t\tb1"]
    (tmp_path / "scrna.tsv").write_text("\n".join(sheet) + "\n")
    (tmp_path / "patients.tsv").write_text(
        "patient\tlenalidomide_start_day\tresponse\ttfr_grade\nP01\t29\tPR\t0\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labelled_cells().write_h5ad(tmp_path / "cells.h5ad")
    study = Study(ROOT, tmp_path)
    study.write_config(
        {
            "study": {"patients": "patients.tsv", "scrna": "scrna.tsv"},
            "scrna": {"min_genes_in_matrix": 1000, "doublets": {"find": False}},
        }
    )

    study.run_well("results/scrna/measurements.parquet")

    table = read_measurements(study.result("scrna/measurements.parquet"))
    assert faults(table) == []
    assert table.groupby("visit")["status"].agg(lambda s: (s == "ok").any()).to_dict() == {
        "C0D1": True,
        "C2D1": False,
    }
    left_out = read_tsv(study.result("scrna/left_out.tsv"))
    assert any("No such file" in row["reason"] for row in left_out)
    assert any(row["patient"] == "P09" for row in left_out)
    assert study.planned("results/scrna/measurements.parquet") == {}
    assert len(list(study.result("scrna/files").iterdir())) == 2
    for name in ("layout.svg", "overview.svg"):
        assert study.result(f"scrna/{name}").read_text().startswith("<?xml")

    (tmp_path / "scrna.tsv").write_text("\n".join(sheet[:2]) + "\n")
    # the other file is not measured again, and what is gone leaves nothing behind
    assert study.planned("results/scrna/measurements.parquet") == {"measure_scrna": 1}
    study.run_well("results/scrna/measurements.parquet")
    assert len(list(study.result("scrna/files").iterdir())) == 1
