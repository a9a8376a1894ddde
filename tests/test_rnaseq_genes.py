"""Genes found in matrices, and the inclusion of exon 10 of CRBN."""

import numpy as np
import pytest

from correlates.assays.rnaseq.genes import analyte, find_genes
from correlates.assays.rnaseq.junctions import (
    JunctionSettings,
    exon_inclusion,
    inclusion_of_draw,
)
from correlates.assays.rnaseq.matrix import CountMatrix

WANTED = {"RHOH": "ENSG00000168421", "CRBN": "ENSG00000113851"}
EXON_10 = JunctionSettings("NM_016302", "9-10", "10-11", "9-11", 20)


def matrix(rows):
    ids, symbols, counts = zip(*rows, strict=True)
    return CountMatrix(
        np.array(ids, dtype=object),
        np.array(symbols, dtype=object),
        np.full(len(ids), np.nan),
        ["L1", "L2"],
        np.array(counts, dtype=float),
    )


@pytest.mark.parametrize(
    ("rows", "counts", "note"),
    [
        pytest.param([("ENSG00000168421", "", [5, 6])], [5, 6], "", id="Ensembl id"),
        pytest.param([("RHOH", "RHOH", [5, 6])], [5, 6], "", id="symbol"),
        pytest.param([("rhoh", "rhoh", [5, 6])], [5, 6], "", id="in small letters"),
        pytest.param([("ARHH", "ARHH", [5, 6])], [5, 6], "calls it ARHH", id="former symbol"),
        pytest.param(
            [("ENSG00000168421", "", [5, 6]), ("ENSG00000168421", "", [5, 6])],
            [5, 6], "counted once", id="a row that stands twice is no more reads",
        ),
        pytest.param(
            [("RHOH", "RHOH", [5, 6]), ("RHOH", "RHOH", [1, 0])],
            [6, 6], "2 rows of it are added", id="two rows of one symbol",
        ),
        pytest.param([("ENSG00000999999", "RHOH", [5, 6])], None, "", id="another gene's id"),
        pytest.param([("RHOA", "RHOA", [5, 6])], None, "", id="absent"),
    ],
)  # fmt: skip
def test_a_gene_is_found_by_its_id_or_symbol_only(rows, counts, note):
    read = matrix(rows)

    found = find_genes(read, WANTED).get("RHOH")

    assert (found is None) == (counts is None)
    if found:
        assert found.counts(read).tolist() == counts
        assert note in found.note
        assert bool(note) == bool(found.note)


def test_reads_of_the_gene_are_total_crbn_and_never_plain_crbn():
    assert analyte("CRBN") == "crbn_total"
    assert analyte("IKZF1") == "ikzf1"


def test_inclusion_by_hand():
    found = exon_inclusion(40, 20, 10)

    assert found.value == pytest.approx(30 / 40)
    assert found.n_reads == 70
    # Clopper-Pearson of 30 of 40
    assert (found.low, found.high) == pytest.approx((0.5880, 0.8731), abs=5e-5)


@pytest.mark.parametrize(
    ("reads", "value", "low", "high"),
    [
        pytest.param((20, 20, 0), 1.0, 0.8316, 1.0, id="none skips it"),
        pytest.param((0, 0, 20), 0.0, 0.0, 0.1684, id="all skip it"),
    ],
)
def test_the_ends_of_the_scale_have_one_sided_doubt(reads, value, low, high):
    found = exon_inclusion(*reads)

    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), abs=5e-5)


@pytest.mark.parametrize("shared", [0.0, 1.0], ids=["no read crosses both", "every one does"])
def test_the_interval_covers_whether_or_not_one_read_crosses_both_junctions(shared):
    rng = np.random.default_rng(6)
    truth, inside = 0.7, 0
    for _ in range(400):
        into = rng.poisson(40 * truth)
        out_of = into if shared else rng.poisson(40 * truth)
        found = exon_inclusion(into, out_of, rng.poisson(40 * (1 - truth)))
        inside += found.low <= truth <= found.high

    assert inside / 400 >= 0.94


def test_too_few_reads_and_uneven_ones_are_told():
    few = exon_inclusion(5, 5, 9)

    assert np.isnan(few.value)
    assert few.reason == "19 informative reads, 20 are needed"
    assert exon_inclusion(60, 15, 10).is_unbalanced
    assert not exon_inclusion(32, 25, 10).is_unbalanced


def junction(name):
    return name.strip("_").replace("_", "-")


def rows(**reads):
    return [
        {"gene": "CRBN", "junction": junction(name), "reads": n, "transcript": None}
        for name, n in reads.items()
    ]


def test_a_junction_without_a_row_is_not_one_without_reads():
    found, _ = inclusion_of_draw(rows(_9_10=30, _10_11=28), EXON_10)

    assert np.isnan(found.value)
    assert found.reason == "no row of junction 9-11; write 0 where it has no read"
    assert inclusion_of_draw(rows(_9_10=30, _10_11=28, _9_11=0), EXON_10)[0].value == 1


def test_another_numbering_of_exons_is_declared_or_left_out():
    other = [one | {"transcript": "ENST00000432408.6"} for one in rows(_8_9=9, _9_10=9, _8_10=9)]
    renamed = JunctionSettings("ENST00000432408", "8-9", "9-10", "8-10", 20)

    assert inclusion_of_draw(other, renamed)[0].value == 0.5
    found, unused = inclusion_of_draw(other, EXON_10)
    assert np.isnan(found.value)
    assert len(unused) == 3
    assert "numbered by ENST00000432408.6" in unused[0][1]


def test_other_junctions_are_no_part_of_it():
    found, unused = inclusion_of_draw(rows(_9_10=30, _10_11=30, _9_11=30) + rows(_1_2=400), EXON_10)

    assert found.value == 0.5
    assert "tells nothing" in unused[0][1]
