"""Matrices of counts in the layouts of the usual programs, and what is refused of them."""

import gzip

import numpy as np
import pytest

from correlates.assays.rnaseq.matrix import UnreadableMatrix, library_name, read_counts

PLAIN = "gene\tL1\tL2\nENSG00000168421.12\t10\t20\nENSG00000113851\t3\t0\nRHOH2\t7\t8\n"
FEATURE_COUNTS = (
    "# Program:featureCounts v2.0.3; Command:x\n"
    "Geneid\tChr\tStart\tEnd\tStrand\tLength\tmapped/L1.sorted.bam\t/data/L2Aligned.out.bam\n"
    "ENSG00000168421.12\t4;4\t1;9\t5;20\t+;+\t2000\t10\t20\n"
    "ENSG00000113851\t3\t1\t5\t-\t900\t3\t0\n"
)
STAR_MERGED = (
    "gene_id\tL1\tL2\nN_unmapped\t900\t900\nN_noFeature\t5\t5\n"
    "ENSG00000168421\t10\t20\nENSG00000113851\t3\t0\n"
)
STAR_ONE = "N_unmapped\t9\t9\t9\nN_ambiguous\t1\t0\t0\nENSG00000168421\t10\t1\t9\nCRBN\t3\t0\t3\n"
SALMON = (
    "gene_id\tgene_name\tL1\tL2\nENSG00000168421.12\tRHOH\t10\t20.37\nENSG00000113851\tCRBN\t3\t0\n"
)


def written(tmp_path, text, name="counts.tsv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        pytest.param(PLAIN, [[10, 20], [3, 0], [7, 8]], id="plain, ids with and without version"),
        pytest.param(PLAIN.replace("gene\t", "", 1), [[10, 20], [3, 0], [7, 8]], id="R's header"),
        pytest.param(PLAIN.replace("\t", ","), [[10, 20], [3, 0], [7, 8]], id="commas"),
        pytest.param(
            PLAIN.replace("\t", ";").replace("10", "10,0"), [[10, 20], [3, 0], [7, 8]],
            id="semicolons and decimal commas",
        ),
        pytest.param(FEATURE_COUNTS, [[10, 20], [3, 0]], id="featureCounts"),
        pytest.param(STAR_MERGED, [[10, 20], [3, 0]], id="STAR, merged: reads of no gene go"),
        pytest.param(SALMON, [[10, 20.37], [3, 0]], id="salmon, merged"),
    ],
)  # fmt: skip
def test_layouts_of_the_usual_programs(tmp_path, text, counts):
    matrix = read_counts(written(tmp_path, text))

    assert matrix.libraries == ["L1", "L2"]
    assert matrix.counts == pytest.approx(np.array(counts))
    assert list(matrix.ids[:2]) == ["ENSG00000168421", "ENSG00000113851"]


def test_lengths_and_symbols_are_taken_where_they_are_given(tmp_path):
    assert list(read_counts(written(tmp_path, FEATURE_COUNTS)).lengths) == [2000, 900]
    assert list(read_counts(written(tmp_path, SALMON)).symbols) == ["RHOH", "CRBN"]
    assert list(read_counts(written(tmp_path, PLAIN)).symbols) == ["", "", "RHOH2"]


def test_one_library_of_star_is_named_by_its_file_and_counted_by_the_declared_strand(tmp_path):
    path = written(tmp_path, STAR_ONE, "L7ReadsPerGene.out.tab")

    forward = read_counts(path, star_column="forward")

    assert forward.libraries == ["L7"]
    assert list(read_counts(path, star_column="reverse").counts[:, 0]) == [9, 3]
    assert "is rnaseq: star_column right?" in forward.notes[0]


def test_a_matrix_on_its_side_is_turned_and_it_is_told(tmp_path):
    text = "library\tENSG00000168421\tENSG00000113851\nL1\t10\t3\nL2\t20\t0\n"

    matrix = read_counts(written(tmp_path, text), known=["L1", "L2"])

    assert matrix.libraries == ["L1", "L2"]
    assert list(matrix.ids) == ["ENSG00000168421", "ENSG00000113851"]
    assert matrix.counts[0].tolist() == [10, 20]
    assert "lay on its side" in matrix.notes[0]


def test_compressed_files_are_read(tmp_path):
    path = tmp_path / "counts.tsv.gz"
    path.write_bytes(gzip.compress(PLAIN.encode()))

    assert read_counts(path).counts.shape == (3, 2)


def fractions(values):
    rows = "".join(f"G{n}\t{a}\t{b}\n" for n, (a, b) in enumerate(values))
    return f"gene\tL1\tL2\n{rows}"


RNG = np.random.default_rng(3)
SCALED = RNG.lognormal(4, 2, (50, 2)).round(4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(fractions(RNG.uniform(0.1, 14, (50, 2))), "logarithms", id="log2 values"),
        pytest.param(fractions(RNG.normal(0, 3, (50, 2))), "below 0", id="log ratios"),
        pytest.param(fractions(1e6 * SCALED / SCALED.sum(axis=0)), "TPM or CPM", id="TPM"),
        pytest.param(fractions(SCALED), "normalised values", id="normalised counts, FPKM"),
        pytest.param("gene L1 L2\nA 1 2\n", "one column only", id="divided by blanks"),
        pytest.param("gene\tL1\nA\tx\n", "where a count belongs", id="words"),
        pytest.param("gene\tL1\nA\t\nB\t1\n", "is empty", id="an empty cell is no zero"),
        pytest.param("gene\tL1\tL1.bam\nA\t1\t2\n", "several columns are named L1", id="twice"),
        pytest.param("gene\tL1\tL2\nA\t1\t2\nB\t1\n", "row 3 has 2 cells", id="a cut row"),
        pytest.param("", "empty", id="an empty file"),
        pytest.param("gene\tL1\nA\t0\nB\t0\n", "every count is 0", id="zeros"),
    ],
)
def test_what_holds_no_counts_is_refused_in_words(tmp_path, text, words):
    with pytest.raises(UnreadableMatrix, match=words) as refused:
        read_counts(written(tmp_path, text))

    assert refused.value.remedy


def test_scaled_counts_are_taken_where_they_are_declared(tmp_path):
    matrix = read_counts(written(tmp_path, fractions(SCALED)), allows_scaled=True)

    assert matrix.counts == pytest.approx(SCALED)


def test_a_workbook_and_a_missing_file_are_told(tmp_path):
    path = tmp_path / "counts.tsv"
    with pytest.raises(UnreadableMatrix, match="not there"):
        read_counts(path)
    path.write_bytes(b"PK\x03\x04rest")
    with pytest.raises(UnreadableMatrix, match="Excel workbook"):
        read_counts(path)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("results/star/P01_C1D1.Aligned.sortedByCoord.out.bam", "P01_C1D1."),
        ("P01_C1D1Aligned.sortedByCoord.out.bam", "P01_C1D1"),
        ("P01_C1D1.markdup.sorted.bam", "P01_C1D1"),
        ("P01_C1D1ReadsPerGene.out.tab", "P01_C1D1"),
        ("P01.2", "P01.2"),
    ],
)
def test_the_name_of_a_library_is_found_in_that_of_a_file(column, name):
    assert library_name(column) == name.rstrip(".")
