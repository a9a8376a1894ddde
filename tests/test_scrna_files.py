"""Files of single cells: which kinds are read, and what is refused with which remedy."""

import gzip
import warnings

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from scipy import io, sparse

from correlates.assays.scrna.features import find_genes, make_features, protein_keys
from correlates.assays.scrna.refusals import Refused
from correlates.assays.scrna.source import open_cells
from correlates.assays.scrna.whose import cells_of_rows

COUNTS = np.array([[3, 0, 1, 7], [0, 2, 0, 5], [1, 1, 1, 0]])
IDS = ["ENSG00000168421", "ENSG00000113851", "ENSG00000000003", "CD20"]
SYMBOLS = ["RHOH", "CRBN", "TSPAN6", "CD20_TotalSeqB"]
KINDS = ["Gene Expression"] * 3 + ["Antibody Capture"]
BARCODES = ["AAAC-1", "AAAG-1", "AAAT-2"]


def write_folder(folder, version=3, gzipped=True, prefix="", barcodes=BARCODES):
    folder.mkdir(parents=True, exist_ok=True)
    matrix = folder / "m.mtx"
    io.mmwrite(matrix, sparse.coo_matrix(COUNTS.T))
    columns = [IDS, SYMBOLS, KINDS] if version == 3 else [IDS, SYMBOLS]
    rows = ["\t".join(row) for row in zip(*columns, strict=True)]
    names = ("matrix.mtx", "features.tsv" if version == 3 else "genes.tsv", "barcodes.tsv")
    for name, text in zip(
        names, (matrix.read_text(), "\n".join(rows) + "\n", "\n".join(barcodes) + "\n"), strict=True
    ):
        path = folder / f"{prefix}{name}{'.gz' if gzipped else ''}"
        path.write_bytes(gzip.compress(text.encode()) if gzipped else text.encode())
    matrix.unlink()
    return folder


def write_h5(path, version):
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix" if version == 3 else "GRCh38")
        stored = sparse.csr_matrix(COUNTS)
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(stored, name)
        group["shape"] = np.array(COUNTS.T.shape)
        group["barcodes"] = np.array(BARCODES, dtype="S")
        if version == 3:
            features = group.create_group("features")
            for name, values in (("id", IDS), ("name", SYMBOLS), ("feature_type", KINDS)):
                features[name] = np.array(values, dtype="S")
            features["genome"] = np.array(["GRCh38"] * 4, dtype="S")
        else:
            group["genes"], group["gene_names"] = (np.array(x, dtype="S") for x in (IDS, SYMBOLS))
    return path


def annotated(values=COUNTS, **more):
    var = pd.DataFrame({"gene_ids": IDS, "feature_types": KINDS}, index=SYMBOLS)
    obs = pd.DataFrame({"donor": ["a", "a", "b"]}, index=BARCODES)
    return ad.AnnData(sparse.csr_matrix(values.astype(np.float32)), obs=obs, var=var, **more)


def write_h5ad(path, cells):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cells.write_h5ad(path)
    return path


def everything(source):
    return source.counts(np.ones(len(source.barcodes), dtype=bool)).toarray()


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda f: write_folder(f / "x"), id="folder of version 3, gzipped"),
        pytest.param(lambda f: write_folder(f / "x", gzipped=False), id="not gzipped, of STARsolo"),
        pytest.param(lambda f: write_folder(f / "x", prefix="GSM1_P01_"), id="with a prefix"),
        pytest.param(lambda f: write_folder(f / "x") / "matrix.mtx.gz", id="named by its matrix"),
        pytest.param(lambda f: write_h5(f / "x.h5", 3), id="h5 of version 3"),
        pytest.param(lambda f: write_h5ad(f / "x.h5ad", annotated()), id="h5ad"),
        pytest.param(lambda f: write_h5ad(f / "cells.h5", annotated()), id="h5ad called h5"),
    ],
)
def test_one_matrix_is_read_alike_from_every_kind_of_file(tmp_path, make):
    source = open_cells(make(tmp_path))

    assert (everything(source) == COUNTS).all()
    assert list(source.barcodes) == BARCODES
    assert list(source.features.ids[:3]) == IDS[:3]
    assert list(source.features.symbols[:3]) == SYMBOLS[:3]
    assert list(source.features.is_gene) == [True, True, True, False]
    assert list(source.features.is_antibody) == [False, False, False, True]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda f: write_folder(f / "x", 2, gzipped=False), id="folder of version 2"),
        pytest.param(lambda f: write_h5(f / "x.h5", 2), id="h5 of version 2"),
    ],
)
def test_what_knows_no_kinds_holds_genes_only(tmp_path, make):
    source = open_cells(make(tmp_path))

    assert (everything(source) == COUNTS).all()
    assert source.features.is_gene.all()


def test_a_list_of_barcodes_of_another_matrix_is_refused(tmp_path):
    folder = write_folder(tmp_path / "x", barcodes=[*BARCODES, "CCCC-1"])

    with pytest.raises(Refused, match=r"lists 4 barcodes, and the matrix holds 3.*It is that of"):
        open_cells(folder)


def test_a_folder_without_features_says_what_is_missing(tmp_path):
    folder = write_folder(tmp_path / "x")
    (folder / "features.tsv.gz").unlink()

    with pytest.raises(Refused, match=r"no features.tsv.gz or features.tsv or genes.tsv"):
        open_cells(folder)


@pytest.mark.parametrize("cut", [20, -30])
def test_a_truncated_matrix_is_refused(tmp_path, cut):
    path = write_folder(tmp_path / "x") / "matrix.mtx.gz"
    path.write_bytes(path.read_bytes()[:cut])

    with pytest.raises(Refused) as refused:
        open_cells(path.parent)

    assert refused.value.code == "file_unreadable"


@pytest.mark.parametrize(
    ("values", "layers", "layer", "place"),
    [
        pytest.param(np.log1p(COUNTS), {"counts": COUNTS}, "", "counts", id="found in a layer"),
        pytest.param(
            COUNTS, {"umis": 2 * COUNTS}, "umis", "umis", id="the sheet's layer goes first"
        ),
    ],
)
def test_counts_are_found_where_they_are(tmp_path, values, layers, layer, place):
    layers = {name: sparse.csr_matrix(value) for name, value in layers.items()}
    path = write_h5ad(tmp_path / "x.h5ad", annotated(values, layers=layers))

    source = open_cells(path, layer)

    assert source.layer == place
    assert (everything(source) == layers[place].toarray()).all()


def test_counts_in_raw_bring_their_own_genes(tmp_path):
    whole = annotated()
    cells = annotated(np.log1p(COUNTS))[:, :2].copy()
    cells.raw = whole
    path = write_h5ad(tmp_path / "x.h5ad", cells)

    source = open_cells(path)

    assert source.layer == "raw"
    assert (everything(source) == COUNTS).all()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param(np.log1p(COUNTS), "logarithms of normalised counts", id="log"),
        pytest.param(COUNTS * 1000.5, "normalised counts", id="normalised"),
        pytest.param(COUNTS - 1.0, "scaled data", id="scaled"),
        pytest.param(COUNTS * np.array([[np.nan, 1, 1, 1]]), "missing", id="missing values"),
    ],
)
def test_values_that_are_no_counts_are_refused_with_a_remedy(tmp_path, values, words):
    path = write_h5ad(tmp_path / "x.h5ad", annotated(values))

    with pytest.raises(Refused, match=rf"{words}.*Give raw integer counts") as refused:
        open_cells(path)

    assert refused.value.code == "counts_not_raw"


def test_a_dense_matrix_and_columns_are_read_by_rows(tmp_path):
    cells = annotated()
    cells.layers["dense"] = COUNTS.astype(float)
    cells.layers["columns"] = sparse.csc_matrix(COUNTS)
    path = write_h5ad(tmp_path / "x.h5ad", cells)
    chosen = np.array([True, False, True])

    for layer in ("dense", "columns", "X"):
        assert (open_cells(path, layer).counts(chosen).toarray() == COUNTS[chosen]).all()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("x.rds", b"RDX3\n", "no file of single cells", id="an R object"),
        pytest.param("x.h5ad", b"\x89HDF\r\n\x1a\n" + b"\0" * 40, "cannot be read", id="truncated"),
    ],
)
def test_other_files_are_refused(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(Refused, match=words):
        open_cells(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refused, match="No such file"):
        open_cells(tmp_path / "nowhere.h5ad")


def test_the_reduced_pbmc_of_scanpy_holds_no_counts_at_all():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = sc.datasets.__path__[0] + "/10x_pbmc68k_reduced.h5ad"

    with pytest.raises(Refused, match=r"as of scaled data; raw holds no raw counts"):
        open_cells(path)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param({"barcode_suffix": "1"}, [1, 1, 0], id="by the ends of barcodes"),
        pytest.param({"obs_column": "donor", "obs_value": "b"}, [0, 0, 1], id="by a value of obs"),
        pytest.param({"obs_column": "donor", "sample": "a"}, [1, 1, 0], id="by the sample's key"),
        pytest.param({}, [1, 1, 1], id="one sample has all"),
    ],
)
def test_whose_the_cells_are(tmp_path, row, expected):
    source = open_cells(write_h5ad(tmp_path / "x.h5ad", annotated()))

    chosen, refused = cells_of_rows(source, [row])

    assert refused == []
    assert chosen[0].astype(int).tolist() == expected


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param([{"barcode_suffix": "7"}], "there are 1, 2", id="no such barcodes"),
        pytest.param([{"obs_column": "donr"}], "Is 'donor' meant", id="no such column"),
        pytest.param([{}, {}], "nothing tells their cells apart", id="two rows, one file"),
        pytest.param(
            [{"barcode_suffix": "1"}, {"obs_column": "donor", "sample": "a"}],
            "belong to another row",
            id="cells of two rows",
        ),
    ],
)
def test_rows_without_cells_of_their_own_are_refused(tmp_path, rows, words):
    source = open_cells(write_h5ad(tmp_path / "x.h5ad", annotated()))

    chosen, refused = cells_of_rows(source, rows)

    assert chosen == {}
    assert all(words in f"{one['problem']}. {one['remedy']}" for one in refused)


def test_a_gene_is_found_by_its_id_before_its_symbol():
    features = make_features(["ENSG1.4", "ENSG2", "ENSG3", "ENSG4"], ["X", "RHOH", "ITK", "ITK"])

    found = find_genes(features, ["RHOH", "ITK", "CRBN"], {"RHOH": "ENSG1", "ITK": ""})

    # a symbol that stands there twice is none, and CRBN is absent
    assert found == {"RHOH": 0}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("CD20_TotalSeqB", "cd20"),
        ("anti-human_CD45RA", "cd45ra"),
        ("CD3-UCHT1", "cd3"),
        ("CD3 (UCHT1)", "cd3"),
        ("CD127.IL7RA", "cd127"),
        ("HLA-DR", "hladr"),
        ("UCHT1", "cd3"),
    ],
)
def test_the_key_of_an_antibody(name, key):
    assert protein_keys([name], {"UCHT1": "cd3"}) == [key]
