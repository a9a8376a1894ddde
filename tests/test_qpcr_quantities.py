"""RT-qPCR: efficiencies, replicates, calibration and normalisation, against values by hand."""

import math
import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats

from correlates.assays.qpcr.efficiency import (
    efficiency_of,
    fit_standard_curve,
    settle_efficiency,
)
from correlates.assays.qpcr.negatives import judge_negatives, too_close
from correlates.assays.qpcr.normalisation import normalise
from correlates.assays.qpcr.quantities import Quantity
from correlates.assays.qpcr.ratios import delta_delta_cq, pfaffl_ratio
from correlates.assays.qpcr.replicates import agree_on, common_scatter
from correlates.assays.qpcr.stability import measure_stability, most_stable
from qpcr_maker import rng, settings, well

RULES = {"wanted": 3, "min_wells": 2, "max_sd": 0.30, "undetermined_share": 0.66}
LIVAK = "tables/qpcr_livak"


def agreed(*cqs, lod=35.0):
    return agree_on(cqs, [f"A{n}" for n in range(1, len(cqs) + 1)], lod, RULES)


def livak_curves(folder):
    """Return the curve of each gene from the dilution series of the authors' own data."""
    table = np.loadtxt(folder / "ct3.csv", delimiter=",", skiprows=1)
    dilutions = np.repeat([1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01], 3)
    return [
        fit_standard_curve(
            name,
            [
                well("p1", n, name, cq, "std", std_qty=quantity)
                for n, (cq, quantity) in enumerate(zip(column, dilutions, strict=True))
            ],
        )
        for name, column in zip(("c_myc", "gapdh"), table.T, strict=True)
    ]


def livak_wells(folder, name):
    table = np.loadtxt(folder / f"{name}.csv", delimiter=",", skiprows=1)
    return table[6:, 0], table[6:, 1], table[:6, 0], table[:6, 1]


@pytest.mark.parametrize(
    ("name", "ddcq", "ratio", "low", "high"),
    [("ct1", -2.495, 5.637, 5.276, 6.023), ("ct2", -2.530, 5.776, 5.211, 6.402)],
)
def test_delta_delta_cq_gives_what_its_authors_published(real_data, name, ddcq, ratio, low, high):
    """Published: -2.50, 5.6 (5.3 to 6.0); the range is one SD of the treated sample's delta Cq."""
    found = delta_delta_cq(*livak_wells(real_data / LIVAK, name))

    assert (found.ddcq, found.ratio) == pytest.approx((ddcq, ratio), abs=5e-4)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-4)


def test_the_authors_dilution_series_gives_the_published_slopes_and_another_ratio(real_data):
    folder = real_data / LIVAK
    myc, gapdh = livak_curves(folder)
    treated, ref_treated, control, ref_control = (w.mean() for w in livak_wells(folder, "ct1"))
    deltas = (control - treated, ref_control - ref_treated)

    assert (myc.slope, gapdh.slope) == pytest.approx((-3.388, -3.415), abs=5e-4)
    own = pfaffl_ratio(myc.efficiency, deltas[0], gapdh.efficiency, deltas[1])
    rounded = pfaffl_ratio(efficiency_of(-3.388), deltas[0], efficiency_of(-3.415), deltas[1])
    assert own == pytest.approx(5.478, abs=5e-4)
    assert rounded == pytest.approx(5.479, abs=5e-4)
    assert pfaffl_ratio(2, deltas[0], 2, deltas[1]) == pytest.approx(5.637, abs=5e-4)


def test_pfaffl_and_efficiency_by_hand():
    assert pfaffl_ratio(1.95, 27.1 - 25.6, 2.0, 20.3 - 20.1) == pytest.approx(2.37, abs=0.005)
    assert pfaffl_ratio(2, 27.1 - 25.6, 2, 20.3 - 20.1) == pytest.approx(2.46, abs=0.005)
    assert efficiency_of(-3.45) == pytest.approx(1.949, abs=5e-4)
    assert efficiency_of(-1 / math.log10(2)) == pytest.approx(2)


def series(plates=("p1",), slope=-3.4, noise=0.0, levels=(1, 0.1, 0.01, 0.001, 1e-4), seed=1):
    random = rng(seed)
    return [
        well(
            plate,
            n,
            "rhoh",
            25 + i + slope * math.log10(quantity) + random.normal(0, noise),
            "std",
            std_qty=quantity,
        )
        for i, plate in enumerate(plates)
        for n, quantity in enumerate(np.repeat(levels, 3))
    ]


def test_a_slope_is_that_of_ordinary_least_squares_and_its_error_that_of_level_means():
    wells = series(noise=0.1)
    curve = fit_standard_curve("rhoh", wells)
    x = np.log10([row["std_qty"] for row in wells])
    y = np.array([row["cq"] for row in wells])
    of_wells = stats.linregress(x, y)
    of_means = stats.linregress(x.reshape(-1, 3).mean(1), y.reshape(-1, 3).mean(1))

    assert curve.slope == pytest.approx(of_wells.slope)
    assert curve.r2 == pytest.approx(of_wells.rvalue**2)
    assert (curve.slope_se, curve.df) == (pytest.approx(of_means.stderr), 3)
    half = stats.t.ppf(0.975, 3) * of_means.stderr
    wanted = [efficiency_of(curve.slope - half), efficiency_of(curve.slope + half)]
    assert curve.interval() == pytest.approx(wanted)


def test_plates_share_a_slope_and_keep_their_own_intercepts():
    curve = fit_standard_curve("rhoh", series(plates=("p1", "p2", "p3")))

    assert curve.slope == pytest.approx(-3.4)
    assert curve.r2 == pytest.approx(1)
    assert curve.intercepts == pytest.approx({"p1": 25, "p2": 26, "p3": 27})


@pytest.mark.parametrize(
    ("wells", "said"),
    [
        pytest.param(series(slope=-3.0), "outside 1.90 to 2.10", id="efficiency too high"),
        pytest.param(series(slope=-3.9), "outside 1.90 to 2.10", id="efficiency too low"),
        pytest.param(series(noise=1.5, seed=2), "R2", id="points off the line"),
        pytest.param(series(levels=(1, 0.1, 0.01)), "3 dilution levels", id="too few levels"),
    ],
)
def test_a_series_is_not_accepted(wells, said):
    curve = fit_standard_curve("rhoh", wells)
    efficiency = settle_efficiency("rhoh", curve, settings().efficiency, {})

    assert not efficiency.is_accepted
    assert said in efficiency.reason


def test_nothing_is_assumed_of_a_gene_without_a_series_unless_the_config_says_so():
    rules = settings().efficiency

    assert settle_efficiency("rhoh", None, rules, {}).value is None
    assert settle_efficiency("rhoh", None, rules, {"rhoh": 1.93}).source == "declared"
    two = settle_efficiency("rhoh", None, rules | {"assumed": 2.0}, {})
    assert (two.value, two.source, two.is_accepted) == (2.0, "assumed", True)


def test_standards_that_get_earlier_as_they_get_weaker_are_no_curve():
    assert fit_standard_curve("rhoh", series(slope=3.4)) is None
    assert fit_standard_curve("rhoh", series(levels=(1,))) is None


@pytest.mark.parametrize(
    ("cqs", "state", "cq", "dropped"),
    [
        pytest.param((25.0, 25.1, 25.2), "measured", 25.1, "", id="all agree"),
        pytest.param((25.0, 25.1, 27.0), "measured", 25.05, "A3", id="the furthest is dropped"),
        pytest.param((25.0, 26.0, 27.0), "unusable", 26.0, "", id="the rest do not agree"),
        pytest.param((24.6, 25.0, 25.4), "unusable", 25.0, "", id="two are equally far"),
        pytest.param((25.0, 26.0), "unusable", 25.5, "", id="never down to one"),
        pytest.param((25.0,), "unusable", 25.0, "", id="one well is no value"),
        pytest.param((25.0, 25.1, 27.0, 27.1), "unusable", 26.05, "", id="never two are dropped"),
        pytest.param((25.0, 25.1, None), "measured", 25.05, "", id="one of three undetermined"),
        pytest.param((25.0, 25.9, None), "unusable", 25.45, "", id="and the rest disagree"),
        pytest.param((34.0, None, None), "undetermined", None, "", id="two of three"),
        pytest.param((None, None, None), "undetermined", None, "", id="all"),
        pytest.param((25.0, None), "unusable", 25.0, "", id="one of two says too little"),
        pytest.param((35.2, 35.3, 35.4), "below_lod", 35.3, "", id="later than the LOD"),
    ],
)
def test_replicates(cqs, state, cq, dropped):
    found = agreed(*cqs)

    assert (found.state, found.dropped) == (state, dropped)
    assert found.cq == (None if cq is None else pytest.approx(cq))


@pytest.mark.parametrize(
    ("cqs", "is_doubtful"),
    [
        pytest.param((26.0, None, None), True, id="a strong well contradicts two empty ones"),
        pytest.param((34.5, None, None), False, id="a weak one does not"),
        pytest.param((None, None, None), False, id="nor does none"),
    ],
)
def test_an_undetermined_group_with_a_strong_well_is_doubtful(cqs, is_doubtful):
    found = agreed(*cqs)

    assert found.state == "undetermined"
    assert ("well_far_above_lod" in found.flags) == is_doubtful


def test_common_scatter_recovers_the_sd_with_bad_wells_among_good_ones():
    random = rng(3)
    groups = [agreed(*(28 + random.normal(0, 0.15, 3))) for _ in range(400)]
    spoilt = [agreed(28.0, 28.1, 31.0 + n / 10) for n in range(20)]

    assert common_scatter([*groups, *spoilt]).sd == pytest.approx(0.15, rel=0.1)
    assert common_scatter([agreed(None, None, None)]) is None


def test_negative_controls_are_compared_with_the_weakest_sample():
    groups = {("p", "rhoh", "S1"): agreed(25, 25, 25), ("p", "rhoh", "S2"): agreed(31, 31, 31)}
    wells = [well("p", 90, "rhoh", 35.0, "ntc"), well("p", 91, "rhoh", None, "ntc")]

    (control,) = judge_negatives(wells, groups, 5)

    assert (control.gap, control.is_clear, control.n_wells) == (pytest.approx(4), False, 2)
    assert set(too_close([control], groups, 5)) == {("p", "rhoh", "S2")}


def test_a_well_without_transcriptase_speaks_for_its_own_sample():
    groups = {("p", "rhoh", "S1"): agreed(31, 31, 31), ("p", "rhoh", "S2"): agreed(31, 31, 31)}
    wells = [well("p", 90, "rhoh", 33.0, "no_rt", sample="S1")]

    controls = judge_negatives(wells, groups, 5)

    assert list(too_close(controls, groups, 5)) == [("p", "rhoh", "S1")]
    assert judge_negatives([well("p", 9, "rhoh", None, "ntc")], groups, 5)[0].is_clear


def genorm_by_hand(quantities):
    """Rank genes by geNorm with loops over linear quantities; the last two share a rank."""
    genes, steps = list(quantities), []

    def m_of(gene, among):
        sds = []
        for other in (g for g in among if g != gene):
            ratios = zip(quantities[gene], quantities[other], strict=True)
            sds.append(np.std([math.log(a / b, 2) for a, b in ratios], ddof=1))
        return sum(sds) / len(sds)

    first = {gene: m_of(gene, genes) for gene in genes}
    while len(genes) > 2:
        worst = max(genes, key=lambda gene: m_of(gene, genes))
        steps.append((worst, m_of(worst, genes)))
        genes.remove(worst)
    ranking = genes + [gene for gene, _ in reversed(steps)]
    v = {}
    for n in range(2, len(ranking)):
        factors = []
        for i in range(len(quantities[ranking[0]])):
            few = math.prod(quantities[gene][i] for gene in ranking[:n]) ** (1 / n)
            more = math.prod(quantities[g][i] for g in ranking[: n + 1]) ** (1 / (n + 1))
            factors.append(math.log(few / more, 2))
        v[n] = np.std(factors, ddof=1)
    return first, ranking, steps, v


def compare_with_hand(quantities):
    log2 = np.log2(np.array(list(quantities.values())).T)
    found = measure_stability(log2, list(quantities))
    m, ranking, steps, v = genorm_by_hand(quantities)

    assert found.m == pytest.approx(m)
    assert found.ranking == ranking
    assert [(gene, pytest.approx(value)) for gene, value, _ in found.exclusions[:-1]] == steps
    assert found.v == pytest.approx(v)
    return found


def test_genorm_equals_an_independent_implementation():
    random = rng(7)
    level = random.normal(0, 1, 12)
    quantities = {
        f"G{k}": list(2 ** (level + random.normal(0, 0.1 * k**2, 12))) for k in range(1, 7)
    }

    found = compare_with_hand(quantities)

    assert found.ranking[-1] == "G6"


def real_set(folder):
    """Return the starting quantities of nine genes in ten samples, by gene and sample."""
    path = folder / "tables" / "qpcr_rdml" / "genorm.rdml"
    root = ElementTree.fromstring(zipfile.ZipFile(path).read("rdml_data.xml"))
    space = "{http://www.rdml.org}"
    table = {}
    for react in root.iter(f"{space}react"):
        data = react.find(f"{space}data")
        gene, sample = data.find(f"{space}tar").get("id"), react.find(f"{space}sample").get("id")
        table.setdefault(gene, {})[sample] = float(data.find(f"{space}Ncopy").text)
    return table


def test_genorm_of_the_real_set_of_nine_genes(real_data):
    table = real_set(real_data)
    samples = sorted(table["Tbp"])
    quantities = {gene: [of[sample] for sample in samples] for gene, of in table.items()}

    found = compare_with_hand(quantities)

    assert (len(found.m), found.n_samples) == (9, 10)
    chosen = most_stable(found, max_m=1.0, max_v=0.15, fewest=3)
    assert len(chosen) >= 3
    assert set(chosen) <= set(found.ranking[: len(chosen)])


def test_one_real_reference_alone_changes_a_ratio_severalfold(real_data):
    table = real_set(real_data)

    def quantity(gene, sample):
        log2 = math.log2(table[gene][sample])
        parts = ((0.01, 20.0),)
        return Quantity(gene, sample, "measured", log2=log2, limit=log2 - 9, parts=parts, n=3)

    every = [gene for gene in table if gene != "Tbp"]
    changes = {}
    sets = {"all": every} | {gene: [gene] for gene in every}
    for name, genes in sets.items():
        values = [
            normalise(quantity("Tbp", sample), [quantity(gene, sample) for gene in genes]).log2
            for sample in ("Neod1heart", "e12a")
        ]
        changes[name] = 2 ** (values[1] - values[0])

    expected = math.prod(changes[gene] for gene in every) ** (1 / len(every))
    assert changes["all"] == pytest.approx(expected)
    ratios = [changes[gene] / changes["all"] for gene in every]
    assert max(*ratios, 1 / min(ratios)) > 3


def test_the_choice_stops_at_unstable_genes_and_where_one_more_changes_little():
    random = rng(11)
    good = random.normal(0, 0.05, (20, 3))
    bad = random.normal(0, 3, (20, 1))
    found = measure_stability(np.hstack([good, bad]), ["A", "B", "C", "X"])

    assert set(most_stable(found, 0.5, 0.15, 3)) == {"A", "B", "C"}
    assert len(most_stable(found, 0.5, 0.15, 2)) == 2
    assert most_stable(found, 0.001, 0.15, 2) == []
    assert measure_stability(np.zeros((1, 3)), ["A", "B", "C"]).ranking == []
