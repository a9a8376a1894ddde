"""Sizes of pseudobulks: one large programme in one draw does not move the other genes."""

import numpy as np
import pandas as pd
import pytest

from correlates.assays.normalise import tmm_factors
from correlates.assays.scrna.sizes import PLAIN, TMM, effective_sizes

N_GENES = 400


@pytest.fixture
def counts():
    """Two draws of one composition, but for ten genes that take half of the second's counts."""
    rng = np.random.default_rng(1)
    mean = rng.lognormal(5, 1, N_GENES)
    first, second = rng.poisson(mean), rng.poisson(mean)
    second[:10] += int(second.sum() / 10)
    return pd.DataFrame(
        {
            "gene_id": [f"g{n}" for n in range(N_GENES)],
            **{"symbol": "", "0|cll": first, "1|cll": second, "0|nk": 1, "1|nk": 1},
        }
    )


def libraries(table, *groups):
    return {("f", place, kind): float(table[f"{place}|{kind}"].sum()) for place, kind in groups}


def test_what_did_not_change_stays_where_it_was(counts):
    sizes = effective_sizes({"f": counts}, libraries(counts, (0, "cll"), (1, "cll")), 10)

    unchanged = counts.iloc[10:]
    levels = [unchanged[f"{place}|cll"] / sizes["f", place, "cll"][0] for place in (0, 1)]
    assert np.median(levels[1] / levels[0]) == pytest.approx(1, abs=0.02)
    plain = counts["1|cll"].sum() / counts["0|cll"].sum()
    assert plain > 1.9
    assert {by for _, by in sizes.values()} == {TMM}


def test_factors_are_those_of_bulk_rna(counts):
    sizes = effective_sizes({"f": counts}, libraries(counts, (0, "cll"), (1, "cll")), 10)
    matrix = counts[["0|cll", "1|cll"]].to_numpy(dtype=float)
    seen = (matrix >= 10).sum(axis=1) >= 1

    factors = tmm_factors(matrix[seen])
    for place, factor in enumerate(factors):
        size = matrix[:, place].sum() * factor
        assert sizes["f", place, "cll"][0] == pytest.approx(size)


@pytest.mark.parametrize(
    "groups",
    [
        pytest.param([(0, "cll")], id="one pseudobulk has nothing to compare with"),
        pytest.param([(0, "nk"), (1, "nk")], id="too few genes have counts enough"),
    ],
)
def test_without_a_factor_the_size_is_the_counts(counts, groups):
    own = libraries(counts, *groups)

    assert effective_sizes({"f": counts}, own, 10) == {
        group: (size, PLAIN) for group, size in own.items()
    }


def test_files_that_know_other_genes_share_those_that_both_know(counts):
    other = counts.iloc[100:].rename(columns={"1|cll": "0|cll", "0|cll": "1|cll"})
    sums = {"a": counts, "b": other}
    own = {("a", 0, "cll"): 1e5, ("b", 0, "cll"): 1e5}

    assert {by for _, by in effective_sizes(sums, own, 10).values()} == {TMM}
