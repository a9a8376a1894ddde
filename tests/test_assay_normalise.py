"""Normalisation of counts against values published for edgeR, and by hand."""

import numpy as np
import pytest

from correlates.assays.normalise import cpm, is_expressed, log2_cpm, tmm_factors, tpm

# A library, the same with twice the reads, and two in which one gene takes more or less of them.
TOY = np.array(
    [
        [200, 400, 200, 200],
        [300, 600, 300, 300],
        [500, 1000, 500, 500],
        [2000, 4000, 2000, 2000],
        [7000, 14000, 17000, 2000],
    ]
)
# Counts of four libraries and what edgeR's addPriorCount makes of them (prior.count 1).
COUNTS = np.array(
    [
        *([0, 0, 0, 0], [0, 0, 2, 2], [25, 19, 11, 23], [10, 17, 10, 17], [14, 35, 27, 2]),
        *([15, 7, 28, 29], [20, 15, 33, 25], [7, 35, 28, 28], [15, 14, 19, 16], [5, 24, 22, 30]),
        *([35, 21, 14, 22], [13, 22, 15, 19], [34, 22, 7, 29], [30, 32, 17, 13], [26, 15, 23, 26]),
        *([20, 25, 38, 38], [17, 20, 13, 15], [9, 48, 35, 8], [41, 21, 42, 17], [39, 33, 40, 25]),
        *([21, 20, 22, 33], [17, 19, 23, 18]),
    ]
)
PRIORS = [0.9275688, 1.042111, 1.053341, 0.9769792]
LOG_SIZES = [6.027929, 6.144366, 6.155085, 6.079828]


def test_one_gene_that_takes_the_reads_of_all_others_is_seen_through():
    assert tmm_factors(TOY) == pytest.approx([1, 1, 0.5, 2], rel=1e-9)


def test_factors_do_not_follow_the_depth_and_their_product_is_one():
    rng = np.random.default_rng(4)
    shares = rng.lognormal(0, 2, 2000)
    shifted = shares * np.where(np.arange(2000) < 100, 8, 1)
    depth = np.array([1e6, 4e6, 2e7, 1e6, 4e6, 2e7])
    means = np.column_stack([shares] * 3 + [shifted] * 3)
    counts = rng.poisson(means / means.sum(axis=0) * depth)

    factors = tmm_factors(counts)
    truth = means[-1] / means.sum(axis=0)
    truth = truth / np.exp(np.log(truth).mean())

    assert np.prod(factors) == pytest.approx(1)
    assert factors == pytest.approx(truth, rel=0.02)


def test_a_library_without_a_read_has_no_factor_and_spoils_no_other():
    with_empty = np.column_stack([TOY, np.zeros(5)])

    assert tmm_factors(with_empty)[:4] == pytest.approx(tmm_factors(TOY))
    assert np.isnan(tmm_factors(with_empty)[4])


def test_the_prior_is_that_of_edger():
    sizes = COUNTS.sum(axis=0)
    expected = np.log2((COUNTS + PRIORS) / np.exp(LOG_SIZES) * 1e6)

    assert log2_cpm(COUNTS, sizes, prior_count=1) == pytest.approx(expected, abs=2e-5)


def test_counts_per_million_by_hand():
    assert cpm(TOY, TOY.sum(axis=0))[0] == pytest.approx([20000, 20000, 10000, 40000])


@pytest.mark.parametrize(
    ("smallest", "kept"),
    [
        pytest.param(2, [True, False, False], id="in as many libraries as the smallest group"),
        pytest.param(1, [True, True, False], id="one library is enough for a group of one"),
        pytest.param(0, [True, True, False], id="but never none"),
    ],
)
def test_a_gene_is_kept_by_more_than_one_per_million_in_the_smallest_group(smallest, kept):
    sizes = np.array([1e6, 2e6, 2e6])
    counts = np.array([[2, 4, 0], [0, 0, 3], [1, 2, 2]])

    assert is_expressed(counts, sizes, smallest).tolist() == kept


def test_transcripts_per_million_by_hand():
    counts = np.array([[10.0, 0.0], [20.0, 5.0], [7.0, 7.0]])

    values = tpm(counts, np.array([1000.0, 4000.0, np.nan]))

    assert values[:2, 0] == pytest.approx([1e6 * 0.01 / 0.015, 1e6 * 0.005 / 0.015])
    assert values[:2, 1] == pytest.approx([0, 1e6])
    assert np.isnan(values[2]).all()
