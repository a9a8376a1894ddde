"""Matrices of counts as spreadsheets and damage leave them: read right, or refused with words."""

import gzip

import numpy as np
import pytest

from correlates.assays.rnaseq.libraries import join_libraries
from correlates.assays.rnaseq.matrix import UnreadableMatrix, library_name, read_counts

COUNTS = np.array([[1234, 567], [12, 1234567], [89, 2500], [0, 7]])
SALMON = np.array([[1234.5, 567.25], [0.5, 3.0], [89, 2500.75]])


def text_of(counts, form=str, separator="\t", header=("gene", "L1", "L2")):
    lines = [[f"ENSG{n:011d}", *map(form, row)] for n, row in enumerate(counts)]
    return "\n".join(separator.join(line) for line in [header, *lines]) + "\n"


def read(tmp_path, content, name="counts.tsv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_counts(path, ["L1", "L2"])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            text_of(SALMON, lambda n: f"{n:,}"), SALMON, id="thousands and decimals, both marked"
        ),
        pytest.param(
            text_of(SALMON, lambda n: f"{n:,}".translate(str.maketrans(",.", ".,"))),
            SALMON,
            id="the same in German",
        ),
        pytest.param(
            text_of(SALMON, lambda n: str(n).replace(".", ",")), SALMON, id="decimal commas"
        ),
        pytest.param(text_of(COUNTS).encode("utf-16"), COUNTS, id="UTF-16"),
        pytest.param(text_of(COUNTS).encode("utf-8-sig"), COUNTS, id="byte-order mark"),
    ],
)
def test_numbers_are_what_they_were(tmp_path, content, expected):
    assert read(tmp_path, content).counts == pytest.approx(expected)


@pytest.mark.parametrize("mark", [",", "."])
def test_a_mark_of_thousands_is_never_taken_for_a_decimal_one(tmp_path, mark):
    text = text_of(COUNTS[:, :1], lambda n: f"{n:,}".replace(",", mark), header=("gene", "L1"))

    with pytest.raises(UnreadableMatrix, match="thousands or a decimal") as caught:
        read(tmp_path, text)
    assert "without separators" in caught.value.remedy


def test_a_number_with_two_marks_tells_what_they_are(tmp_path):
    text = text_of(COUNTS[:, 1:], lambda n: f"{n:,}", header=("gene", "L2"))

    assert read(tmp_path, text).counts[:, 0] == pytest.approx(COUNTS[:, 1])


def test_a_library_of_other_letters_keeps_its_name(tmp_path):
    text = text_of(COUNTS, header=("gene", "Zürich1", "L2"))

    assert read(tmp_path, text.encode("latin-1")).libraries == ["Zürich1", "L2"]


def test_a_compressed_file_with_a_flipped_bit_is_refused(tmp_path):
    packed = bytearray(gzip.compress(text_of(np.arange(2000).reshape(1000, 2)).encode()))
    packed[200] ^= 0xFF

    with pytest.raises(UnreadableMatrix, match="cannot be read"):
        read(tmp_path, bytes(packed), "counts.tsv.gz")


def test_rounded_tpm_are_no_counts(tmp_path):
    counts = np.random.default_rng(1).integers(1, 5000, (400, 2))

    with pytest.raises(UnreadableMatrix, match="one million"):
        read(tmp_path, text_of(np.round(counts / counts.sum(axis=0) * 1e6).astype(int)))


def test_a_row_of_sums_is_no_gene(tmp_path):
    sums = "\t".join(map(str, COUNTS.sum(axis=0)))
    matrix = read(tmp_path, f"{text_of(COUNTS)}Total\t{sums}\n")

    assert matrix.counts == pytest.approx(COUNTS)
    assert "no gene" in matrix.notes[0]


def test_a_library_that_two_rows_name_is_nobodys(tmp_path):
    matrix = read(tmp_path, text_of(COUNTS))
    rows = [
        {"library": name, "patient": patient, "visit": "C0D1", "row": 2, "sheet": "l.tsv"}
        for name, patient in (("L1", "P01"), ("L1.bam", "P02"), ("L2", "P03"))
    ]

    libraries, unused = join_libraries(rows, {"counts.tsv": matrix})

    assert [one.matrix is None for one in libraries] == [True, True, False]
    assert [one["patient"] for one in unused] == ["P01", "P02"]
    assert all("2 rows of the sheet name this library" in one["reason"] for one in unused)


def test_the_date_in_the_name_of_a_library_is_coded():
    coded = library_name("bam/2025-03-04_P01.sorted.bam")

    assert coded.endswith("_P01")
    assert "2025" not in coded
    assert coded != library_name("bam/2025-03-05_P01.bam")
