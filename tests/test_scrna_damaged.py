"""Damaged files of single cells: whatever their readers meet, it is told and nothing is raised."""

import gzip

import h5py
import numpy as np
import pytest

from correlates.assays.scrna.one_file import measure_file
from correlates.assays.scrna.refusals import Refused
from correlates.assays.scrna.source import open_cells
from test_scrna_files import COUNTS, annotated, everything, write_folder, write_h5, write_h5ad


def refusal_of(path):
    with pytest.raises(Refused) as caught:
        everything(open_cells(path))
    return caught.value


def replaced(path, name, change):
    with h5py.File(path, "a") as file:
        values = change(file[name][:])
        del file[name]
        file[name] = values
    return path


@pytest.mark.parametrize("name", ["X/indices", "matrix/indices"])
def test_counts_in_columns_that_do_not_exist_are_refused_before_they_are_read(tmp_path, name):
    """The rows of such a matrix are chosen by code that would read beyond its memory."""
    if name.startswith("X"):
        path = write_h5ad(tmp_path / "x.h5ad", annotated())
    else:
        path = write_h5(tmp_path / "x.h5", 3)
    refused = refusal_of(replaced(path, name, lambda values: values + 10**6))

    assert refused.code == "file_unreadable"
    assert "of 4" in refused.problem


def test_a_matrix_of_other_cells_than_the_file_lists_is_refused(tmp_path):
    path = write_h5ad(tmp_path / "x.h5ad", annotated())
    other = write_h5ad(tmp_path / "y.h5ad", annotated()[:, :2].copy())
    with h5py.File(path, "a") as file, h5py.File(other) as source:
        del file["var"]
        source.copy("var", file)

    assert "X is 3 x 4, and the file lists 3 cells and 2 genes" in refusal_of(path).problem


@pytest.mark.parametrize(
    ("write", "words"),
    [
        pytest.param(lambda file: None, "neither an .h5ad nor", id="nothing in it"),
        pytest.param(lambda file: file.create_group("matrix"), "neither an .h5ad", id="10x cut"),
        pytest.param(lambda file: file.update({"a/b": [1.0]}), "neither an .h5ad", id="foreign"),
        pytest.param(
            lambda file: file.update({"obs": [1], "X": [1]}), "cannot be read", id="no h5ad"
        ),
        pytest.param(
            lambda file: [file.create_group(name) for name in ("obs", "var", "X")],
            "cannot be read",
            id="h5ad without what it says of itself",
        ),
    ],
)
def test_hdf5_of_something_else_is_refused(tmp_path, write, words):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        write(file)

    assert words in refusal_of(path).problem


def test_whatever_is_damaged_within_an_h5ad_is_told_of(tmp_path):
    content = write_h5ad(tmp_path / "x.h5ad", annotated()).read_bytes()
    rng, told = np.random.default_rng(4), 0
    for _ in range(25):
        damaged = bytearray(content)
        for place in rng.integers(100, len(content), 40):
            damaged[place] ^= int(rng.integers(1, 255))
        (tmp_path / "x.h5ad").write_bytes(bytes(damaged))
        try:
            everything(open_cells(tmp_path / "x.h5ad"))
        except Refused as refused:
            told += bool(refused.problem and refused.remedy)

    assert told > 5


@pytest.mark.parametrize(
    "header",
    [
        "coordinate integer general\n10 10 99999999999",
        "array integer general\n100000000 1000000",
    ],
)
def test_a_header_that_promises_more_than_the_file_holds_takes_no_memory(tmp_path, header):
    folder = write_folder(tmp_path / "x", gzipped=False)
    (folder / "matrix.mtx").write_text(f"%%MatrixMarket matrix {header}\n1 1 1\n")

    assert "more than its size can hold" in refusal_of(folder).problem


def test_a_gzipped_matrix_with_a_flipped_bit_is_refused(tmp_path):
    folder = write_folder(tmp_path / "x")
    text = "%%MatrixMarket matrix coordinate integer general\n4 3 3000\n" + "1 2 3\n4 3 1\n" * 1500
    packed = bytearray(gzip.compress(text.encode()))
    packed[60] ^= 0xFF
    (folder / "matrix.mtx.gz").write_bytes(bytes(packed))

    assert refusal_of(folder).code == "file_unreadable"


def test_counts_beyond_all_cells_are_none(tmp_path):
    path = write_h5ad(tmp_path / "x.h5ad", annotated(COUNTS * 3e9))

    assert "more than a cell has molecules" in refusal_of(path).problem


def test_a_job_of_a_damaged_file_ends_with_its_refusal(tmp_path):
    path = tmp_path / "x.h5"
    h5py.File(path, "w").close()

    summary = measure_file(path, [{}], {}).summary

    assert (summary["state"], summary["samples"]) == ("refused", [])
