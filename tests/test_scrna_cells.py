"""Single cells: which barcodes are cells, doublets, types, sums, and what the numbers mean."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import sparse
from scipy.stats import hypergeom, nbinom, poisson

from correlates.assays.scrna.cell_types import (
    marker_genes,
    members,
    type_by_markers,
    types_of_labels,
)
from correlates.assays.scrna.cells import cell_metrics, judge_cells
from correlates.assays.scrna.doublets import find_doublets, valley
from correlates.assays.scrna.overdispersion import interval_of_sum, variance_of_sum
from correlates.assays.scrna.planning import named_files, parts_of, settings_from
from correlates.assays.scrna.pseudobulk import (
    centred_log_ratio,
    detected_share,
    log2_cpm,
    sum_by_group,
    thinned_share,
)
from correlates.assays.scrna.variable import log_shares, variable_genes
from correlates.intervals import garwood
from study import ROOT

SETTINGS = settings_from(yaml.safe_load((ROOT / "config/config.yaml").read_text())["scrna"])
RULES, TYPING = SETTINGS["types"], SETTINGS["typing"]


def metrics_of(counts, genes=None, mito=None):
    counts = np.asarray(counts, dtype=float)
    genes = counts / 2 if genes is None else genes
    return pd.DataFrame(
        {"counts": counts, "genes": genes, "mito_pct": np.nan if mito is None else mito}
    )


def test_metrics_of_a_cell_by_hand():
    counts = sparse.csr_matrix([[6, 2, 0, 2], [0, 0, 0, 0]])

    metrics = cell_metrics(counts, np.array([False, False, False, True]))

    assert metrics["counts"].tolist() == [10, 0]
    assert metrics["genes"].tolist() == [3, 0]
    assert metrics["mito_pct"][0] == 20
    assert np.isnan(metrics["mito_pct"][1])


def test_without_mitochondrial_genes_the_share_is_unknown_and_excludes_nobody():
    metrics = cell_metrics(sparse.csr_matrix(np.full((30, 400), 3)), np.zeros(400, dtype=bool))
    verdicts, limits = judge_cells(metrics, SETTINGS["quality"])

    assert metrics["mito_pct"].isna().all()
    assert np.isnan(limits.mito_pct)
    assert set(verdicts) == {"kept"}


def test_limits_are_deviations_from_the_median_of_the_sample_on_the_logarithm():
    counts = np.exp(np.linspace(7, 8, 101))
    verdicts, limits = judge_cells(metrics_of([*counts, 60_000, 100]), SETTINGS["quality"])

    # of 102 cells, the one below the floor counts for no median
    logs = np.log([*counts, 60_000])
    middle = np.median(logs)
    reach = 5 * 1.4826 * np.median(np.abs(logs - middle))
    assert np.log(limits.counts) == pytest.approx([middle - reach, middle + reach])
    assert list(verdicts[:101]) == ["kept"] * 101
    assert list(verdicts[101:]) == ["outlying_counts", "few_counts"]


@pytest.mark.parametrize(
    ("mito", "limit"),
    [
        pytest.param([1.0] * 50 + [4.9], 5, id="a tight sample keeps what is below the floor"),
        pytest.param([60.0] * 50 + [10.0], 20, id="a sample of dying cells is not its own measure"),
    ],
)
def test_the_mitochondrial_limit_has_a_floor_and_a_cap(mito, limit):
    metrics = metrics_of([2000] * 51, mito=mito)

    verdicts, limits = judge_cells(metrics, SETTINGS["quality"])

    assert limits.mito_pct == limit
    assert ((verdicts == "high_mito") == (np.array(mito) > limit)).all()


def test_the_valley_lies_between_two_hills_and_is_none_of_one():
    rng = np.random.default_rng(0)
    low, high = rng.normal(0.1, 0.03, 2000), rng.normal(0.5, 0.05, 2000)

    assert 0.17 < valley(np.r_[low, high]) < 0.4
    assert valley(low) is None
    assert valley(np.full(10, 0.2)) is None
    assert valley(np.array([])) is None


@pytest.fixture(scope="module")
def mixture():
    """Four kinds of cells and 20 pairs of two kinds, with the truth."""
    rng = np.random.default_rng(1)
    profiles = rng.gamma(0.3, 1, (4, 1000))
    profiles /= profiles.sum(axis=1, keepdims=True)
    kinds = rng.integers(0, 4, 500)
    cells = rng.poisson(profiles[kinds] * rng.lognormal(7.3, 0.2, (500, 1)))
    pairs = rng.poisson((profiles[0] + profiles[1]) * rng.lognormal(7.3, 0.2, (20, 1)))
    return sparse.csr_matrix(np.vstack([cells, pairs])), np.arange(520) >= 500


def test_doublets_of_two_kinds_score_above_cells_and_the_same_each_time(mixture):
    counts, is_pair = mixture

    found, again = find_doublets(counts, 1), find_doublets(counts, 1)

    above = found.scores[is_pair][:, None] > found.scores[~is_pair]
    assert above.mean() >= 0.95
    assert found.called[~is_pair].mean() <= 0.03
    assert (found.scores == again.scores).all()


def test_too_few_cells_are_no_ground_for_doublets(mixture):
    found = find_doublets(mixture[0][:60], 1)

    assert found.how == "not_evaluable"
    assert not found.called.any()


def cells_of_types(**numbers):
    """Return cells whose counts are those of their type's markers on a common background."""
    genes = [*marker_genes(RULES), *(f"X{n}" for n in range(300))]
    shown = {
        "cll": [*RULES["b"]["genes"], *RULES["cll"]["genes"]],
        "b_normal": RULES["b"]["genes"],
        "t_cd4": [*RULES["t"]["genes"], "CD4", "CD5", "LEF1"],
        "t_cd8": [*RULES["t"]["genes"], "CD8A", "CD8B", "NKG7"],
        "nk": RULES["nk"]["genes"],
        "mono": RULES["mono"]["genes"],
        "nothing": [],
    }
    rng = np.random.default_rng(2)
    rows, truth = [], []
    for kinds, number in numbers.items():
        level = np.full(len(genes), 5.0)
        level[: len(marker_genes(RULES))] = 0.02
        for kind in kinds.split("_and_"):
            level[[genes.index(gene) for gene in shown[kind]]] += 3
        rows.append(rng.poisson(level, (number, len(genes))))
        truth += [kinds] * number
    places = {gene: place for place, gene in enumerate(marker_genes(RULES))}
    return sparse.csr_matrix(np.vstack(rows)), places, np.array(truth)


def test_types_are_found_by_their_markers():
    counts, places, truth = cells_of_types(
        cll=200, b_normal=30, t_cd4=60, t_cd8=50, nk=40, mono=40, nothing=40
    )

    typed = type_by_markers(log_shares(counts), places, RULES, TYPING)

    agreed = {kind: (typed.types[truth == kind] == kind).mean() for kind in set(truth)}
    agreed["nothing"] = (typed.types[truth == "nothing"] == "unassigned").mean()
    assert min(agreed.values()) >= 0.95, agreed
    assert typed.conflicts.mean() < 0.02


@pytest.mark.parametrize("kind", ["cll", "b_normal"])
def test_a_sample_of_one_kind_of_b_cells_is_not_split_in_two(kind):
    counts, places, truth = cells_of_types(**{kind: 200, "t_cd4": 40})

    typed = type_by_markers(log_shares(counts), places, RULES, TYPING)

    assert (typed.types[truth == kind] == kind).mean() >= 0.95


def test_cd20_decides_nothing():
    assert "MS4A1" not in marker_genes(RULES)


def test_cells_with_markers_that_exclude_each_other_are_in_conflict():
    counts, places, truth = cells_of_types(cll=150, t_cd4=80, mono=60, cll_and_t_cd4=15)

    typed = type_by_markers(log_shares(counts), places, RULES, TYPING)

    assert typed.conflicts[truth == "cll_and_t_cd4"].mean() >= 0.9
    assert typed.conflicts[truth != "cll_and_t_cd4"].mean() <= 0.02


def test_without_any_marker_nothing_has_a_type():
    counts, _, truth = cells_of_types(cll=60)

    typed = type_by_markers(log_shares(counts), {}, RULES, TYPING)

    assert set(typed.types) == {"unassigned"}
    assert len(typed.types) == len(truth)


def test_labels_mean_types_whatever_their_spelling_and_unknown_ones_are_named():
    labels = ["CLL cells", "cll", "CD4+ T cells", "cd14_mono", "Erythroid", "nan"]

    types, unknown = types_of_labels(labels, SETTINGS["labels"])

    assert types.tolist() == ["cll", "cll", "t_cd4", "mono", "unassigned", "unassigned"]
    assert unknown == ["Erythroid"]


def test_a_parent_counts_with_its_children():
    types = np.array(["t", "t_cd4", "t_cd8", "nk", "unassigned"], dtype=object)

    assert members(types, "t", RULES).tolist() == [True, True, True, False, False]
    assert members(types, "t_cd4", RULES).tolist() == [False, True, False, False, False]


def test_sums_are_of_the_cells_of_each_group_alone():
    counts = sparse.csr_matrix([[1, 2], [10, 20], [100, 200], [7, 7]])

    sums = sum_by_group(counts, np.array([0, 1, 0, -1]), 2)

    assert sums.tolist() == [[101, 202], [10, 20]]
    assert sums.dtype == np.int64


@pytest.mark.parametrize(
    ("count", "status", "value", "limit"),
    [
        pytest.param(32, "ok", 32, 10, id="quantified, and no count is added to it"),
        pytest.param(4, "lt_lloq", 4, 10, id="seen, and too few to be quantified"),
        pytest.param(0, "nd", 3, 3, id="not seen: the limit, never the logarithm of one"),
    ],
)
def test_log2_cpm_of_a_pseudobulk(count, status, value, limit):
    answer = log2_cpm(count, 1_000_000, {"lloq_counts": 10}, 0.95)

    assert answer["status"] == status
    assert 2 ** answer["value"] == pytest.approx(value)
    assert 2 ** answer["limit"] == pytest.approx(limit)
    # a count as high is expected with a probability of 2.5 % at the lower end of the interval
    if count:
        assert poisson.sf(count - 1, 2 ** answer["ci_low"]) == pytest.approx(0.025)
    assert poisson.cdf(count, 2 ** answer["ci_high"]) == pytest.approx(0.025)


def test_the_variance_of_a_sum_is_about_the_share_that_each_library_would_hold():
    counts, library = np.array([2, 4, 6, 0]), np.array([100, 200, 300, 400])

    # 12 of 1,000: 1.2, 2.4, 3.6 and 4.8 are expected; squares .64 + 2.56 + 5.76 + 23.04
    assert variance_of_sum(counts, library) == pytest.approx(4 / 3 * 32)
    assert variance_of_sum(library // 100, library) == pytest.approx(0)
    assert variance_of_sum(counts[:1], library[:1]) is None


def test_the_interval_of_a_sum_is_the_exact_one_of_a_negative_binomial():
    count, variance, n_cells = 60, 240.0, 1_000_000
    low, high = interval_of_sum(count, variance, n_cells, 0.95)
    size = count**2 / (variance - count)

    # so many cells that Student's t is normal
    assert nbinom.sf(count - 1, size, size / (size + low)) == pytest.approx(0.025, abs=1e-4)
    assert nbinom.cdf(count, size, size / (size + high)) == pytest.approx(0.025, abs=1e-4)
    few = interval_of_sum(count, variance, 20, 0.95)
    assert few[0] < low
    assert few[1] > high


@pytest.mark.parametrize("variance", [None, 0.0, 20.0])
def test_the_interval_of_a_sum_is_never_within_that_of_counting(variance):
    counting = tuple(float(end) for end in garwood(32, 0.95))

    assert interval_of_sum(32, variance, 40, 0.95) == counting
    assert interval_of_sum(0, 0.0, 40, 0.95)[1] == pytest.approx(3.689, abs=0.001)


@pytest.mark.parametrize("n_cells", [20, 40, 200])
@pytest.mark.parametrize("phi", [0.0, 0.5, 1.5])
def test_the_interval_holds_the_mean_of_a_draw_whose_cells_differ(phi, n_cells):
    """Counts of cells of unlike depth, Poisson or negative binomial, about 1 and 5 a cell."""
    rng = np.random.default_rng(7)
    for mean in (1, 5):
        held = []
        for _ in range(800):
            library = rng.lognormal(0, 0.4, n_cells) * 1000
            levels = rng.gamma(1 / phi, phi, n_cells) if phi else np.ones(n_cells)
            counts = rng.poisson(mean * library / 1000 * levels)
            variance = variance_of_sum(counts, library)
            low, high = interval_of_sum(int(counts.sum()), variance, n_cells, 0.95)
            held.append(low <= mean * library.sum() / 1000 <= high)
        assert 0.915 <= np.mean(held) <= 0.99


def test_a_gene_at_its_limit_would_have_been_seen():
    assert poisson.pmf(0, 3.0) == pytest.approx(0.05, abs=0.001)


def test_detection_is_a_share_of_cells_with_an_exact_interval():
    seen, none = detected_share(10, 40, 0.95), detected_share(0, 40, 0.95)

    assert (seen["value"], seen["status"], seen["limit"]) == (25, "ok", None)
    assert (seen["ci_low"], seen["ci_high"]) == pytest.approx((12.69, 41.20), abs=0.01)
    assert (none["value"], none["status"]) == (0, "nd")
    assert none["limit"] == pytest.approx(8.81, abs=0.01)


def test_detection_at_one_depth_is_that_of_drawing_molecules_without_replacement():
    counts, library = np.array([2, 0, 5, 1]), np.array([1000, 2000, 1500, 400])

    share, deep = thinned_share(counts, library, 500)

    expected = [hypergeom.sf(0, n, k, 500) for k, n in zip(counts[:3], library[:3], strict=True)]
    assert deep == 3
    assert share == pytest.approx(100 * np.mean(expected))


def test_detection_at_one_depth_by_counting_every_draw():
    # 2 of 6 molecules are of the gene; of the 20 ways to draw 3, those without it are 4
    missed = sum(not {0, 1} & set(drawn) for drawn in combinations(range(6), 3))

    assert thinned_share(np.array([2]), np.array([6]), 3)[0] == pytest.approx(
        100 * (1 - missed / 20)
    )


def test_detection_at_one_depth_does_not_follow_depth():
    rng = np.random.default_rng(3)
    shallow, deep = rng.poisson(1500 * 2e-4, 4000), rng.poisson(6000 * 2e-4, 4000)
    raw = [100 * (one > 0).mean() for one in (shallow, deep)]

    thinned = [
        thinned_share(one, np.full(4000, n), 1000)[0] for one, n in ((shallow, 1500), (deep, 6000))
    ]

    assert raw[1] > 2 * raw[0]
    assert thinned[0] == pytest.approx(thinned[1], abs=1.5)


def test_no_cell_is_deep_enough():
    share, deep = thinned_share(np.array([1]), np.array([80]), 100)

    assert np.isnan(share)
    assert deep == 0


def test_ratios_of_antibodies_add_up_to_zero_and_leave_out_what_has_no_logarithm():
    ratios = centred_log_ratio(np.array([100, 10, 1000, 0, 50]), np.array([True] * 4 + [False]))

    assert ratios[:3] == pytest.approx(np.log([1, 0.1, 10]))
    assert np.isnan(ratios[3])
    assert ratios[4] == pytest.approx(np.log(0.5))


def test_files_are_found_beside_their_sheet_and_twins_have_keys_of_their_own(tmp_path):
    (tmp_path / "sheets" / "pool").mkdir(parents=True)
    (tmp_path / "sheets" / "pool" / "matrix.mtx").write_text("")
    rows = [
        {"file": "pool", "sheet": "sheets/scrna.tsv"},
        {"file": "pool", "sheet": "sheets/scrna.tsv"},
        {"file": "a b/pool", "sheet": "sheets/scrna.tsv"},
    ]

    files = named_files(rows, tmp_path)

    assert [file.path for file in files.values()] == ["sheets/pool", "sheets/a b/pool"]
    assert [file.places for file in files.values()] == [(0, 1), (2,)]
    assert all(set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for key in files)
    assert parts_of(tmp_path / "sheets/pool") == [str(tmp_path / "sheets/pool/matrix.mtx")]
    assert parts_of(tmp_path / "nowhere") == []


def test_genes_that_vary_beyond_their_mean_are_those_that_differ_between_cells():
    rng = np.random.default_rng(4)
    counts = rng.poisson(5.0, (200, 60))
    counts[:100, 7] = rng.poisson(30, 100)
    counts[:, 9] = 0
    counts[0, 9] = 40

    shares = log_shares(sparse.csr_matrix(counts))

    assert 7 in variable_genes(shares, 2)
    assert 9 not in variable_genes(shares, 60, min_cells=3)
    dense = np.log1p(counts / counts.sum(axis=1, keepdims=True) * 1e4)
    assert np.allclose(shares.toarray(), dense, rtol=1e-5)
