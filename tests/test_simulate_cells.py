"""Simulated cells against their own truth: what compensation recovers, and what gates can find."""

from dataclasses import dataclass
from math import sqrt

import flowio
import numpy as np
import pytest

from correlates.simulate.cohort import simulate_cohort
from correlates.simulate.cytometer import detect
from correlates.simulate.nk import (
    BRIGHT_CUT,
    CD57_CUT,
    NkTraits,
    draw_nk,
    label_codes,
    label_shares,
    with_cd57_scaled,
)
from correlates.simulate.panel import CHANNELS, FLUORESCENCE, MARKERS, Batch
from correlates.simulate.populations import CODES, LABELS, POPULATIONS, is_member
from correlates.simulate.truth import read_labels
from correlates.tables import read_tsv


@dataclass
class File:
    raw: dict
    linear: dict
    codes: np.ndarray

    def of(self, population, axis):
        return self.linear[axis][is_member(self.codes, population)]


def read_file(folder, stem):
    content = flowio.FlowData(str(folder / "fcs" / f"{stem}.fcs"))
    events = content.as_array(preprocess=False).astype(float)
    count, *rest = content.text["spillover"].split(",")
    matrix = np.array(rest[int(count) :], dtype=float).reshape(int(count), int(count))
    first = CHANNELS.index(FLUORESCENCE[0])
    compensated = events[:, first : first + int(count)] @ np.linalg.inv(matrix)
    raw = dict(zip(CHANNELS, events.T, strict=True))
    raw |= {m: raw[c] for c, m in zip(FLUORESCENCE, MARKERS, strict=True)}
    linear = raw | dict(zip(MARKERS, compensated.T, strict=True))
    return File(raw, linear, read_labels(folder / "truth" / "events" / f"{stem}.npz"))


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort")
    simulate_cohort(folder, n_patients=6, n_events=12000, seed=3)
    return folder


@pytest.fixture(scope="module")
def files(cohort):
    return [read_file(cohort, path.stem) for path in sorted((cohort / "fcs").iterdir())]


@pytest.mark.parametrize(
    ("population", "marker"),
    [
        ("cll", "CD3"),
        ("cll", "CD56"),
        ("t", "CD19"),
        ("t_cd4", "CD8"),
        ("nk", "CD14"),
        ("nk", "CD4"),
    ],
)
def test_compensation_brings_what_is_not_expressed_to_zero(files, population, marker):
    medians = [np.median(file.of(population, marker)) for file in files]

    assert np.abs(np.mean(medians)) < 100
    assert np.abs(medians).max() < 250


def test_without_compensation_a_neighbouring_dye_looks_like_the_marker(files):
    within = is_member(files[0].codes, "cll")

    assert np.median(files[0].raw["CD3"][within]) > 2000


@pytest.mark.parametrize("marker", ["CD3", "CD4", "CD56", "CD14"])
def test_photon_noise_leaves_negative_values_after_compensation(files, marker):
    values = files[0].of("cll", marker)

    assert 0.1 < (values < 0).mean() < 0.6
    assert values.min() < -50


def test_spread_is_that_of_the_photons_that_spill():
    """20,000 of CD45 leave 0.30 x 20,000 + 50 in CD3's detector, which sees 0.07 of a photon each.

    The variance is 6,050 / 0.07 of the photons and 18 squared of the electronics.
    """
    batch = Batch("nominal", np.ones(len(MARKERS)), np.ones(2), np.eye(len(MARKERS)))
    signals = np.zeros((50_000, len(MARKERS)))
    signals[:, MARKERS.index("CD45")] = 20_000

    detected = detect(signals, np.ones(50_000), batch, np.random.default_rng(1))

    cd3 = detected[:, MARKERS.index("CD3")]
    assert cd3.mean() == pytest.approx(6050, rel=0.002)
    assert cd3.std() == pytest.approx(sqrt(6050 / 0.07 + 18**2), rel=0.01)


@pytest.mark.parametrize(
    ("population", "marker", "median"),
    [("t", "CD3", 12000), ("t_cd4", "CD4", 9000), ("t_cd8", "CD8", 22000), ("mono", "CD14", 20000)],
)
def test_compensation_recovers_what_is_expressed(files, population, marker, median):
    """Donors and the gains of the batches move it by a few tens of percent."""
    medians = [np.median(file.of(population, marker)) for file in files]

    assert np.exp(np.mean(np.log(medians))) == pytest.approx(median, rel=0.2)
    assert max(medians) < 1.6 * median
    assert min(medians) > median / 1.6


def test_files_hold_every_difficulty(files):
    for file in files:
        share = np.bincount(file.codes, minlength=len(LABELS)) / len(file.codes)
        assert 0.03 < share[CODES["debris"]] < 0.12
        assert 0.01 < share[CODES["dead"]] < 0.08
        assert 0.01 < share[CODES["doublet"]] < 0.07
        assert 0 < share[CODES["margin"]] < 0.006
        edge = np.isin(file.raw["FSC-A"], (0, 262143)) & (file.codes == CODES["margin"])
        assert edge.sum() == (file.codes == CODES["margin"]).sum()


def test_a_doublet_is_wider_than_it_is_high(files):
    ratio = files[0].raw["FSC-H"] / np.maximum(files[0].raw["FSC-A"], 1)
    singlets = is_member(files[0].codes, "singlets")
    doublets = files[0].codes == CODES["doublet"]

    assert np.median(ratio[doublets]) < 0.8 * np.median(ratio[singlets])


def test_labels_add_up_to_the_counts_in_the_table(cohort, files):
    rows = read_tsv(cohort / "truth" / "populations.tsv")
    by_file = {}
    for row in rows:
        by_file.setdefault(row["file"], {})[row["population"]] = int(row["n"])

    for name, file in zip(sorted(by_file), files, strict=True):
        expected = {key: int(is_member(file.codes, key).sum()) for key in POPULATIONS}
        assert by_file[name] == expected


def test_absolute_counts_are_recovered_within_counting_error(cohort):
    by_file = {}
    for row in read_tsv(cohort / "truth" / "populations.tsv"):
        by_file.setdefault(row["file"], {})[row["population"]] = row
    deviates = []
    for rows in by_file.values():
        n_cd45, wbc = int(rows["cd45"]["n"]), float(rows["cd45"]["per_ul"])
        for name in ("t_cd4", "t_cd8", "nk", "nk_cd57", "b_normal", "mono"):
            expected = float(rows[name]["per_ul"]) * n_cd45 / wbc
            deviates.append((int(rows[name]["n"]) - expected) / sqrt(expected))

    assert np.abs(deviates).max() < 5
    assert np.std(deviates) == pytest.approx(1, abs=0.25)


def test_the_blood_count_has_a_small_error(cohort):
    rows = read_tsv(cohort / "truth" / "populations.tsv")
    true = {r["content_of"]: float(r["per_ul"]) for r in rows if r["population"] == "cd45"}
    ratios = [
        float(row["wbc_10e9_l"]) * 1000 / true[f"{row['patient']}_{row['visit']}"]
        for row in read_tsv(cohort / "cbc.tsv")
    ]

    assert np.std(ratios) == pytest.approx(0.03, abs=0.015)
    assert np.mean(ratios) == pytest.approx(1, abs=0.02)


def test_two_files_of_one_visit_are_swapped_and_only_they(cohort):
    swaps = {r["sample"]: r["holds_blood_of"] for r in read_tsv(cohort / "truth" / "swaps.tsv")}
    rows = read_tsv(cohort / "truth" / "populations.tsv")
    content = {row["file"].removesuffix("_tnk.fcs"): row["content_of"] for row in rows}

    assert {name: held for name, held in content.items() if name != held} == swaps
    assert len(swaps) == 2
    assert len({name.split("_")[1] for name in swaps}) == 1


def test_nk_labels_follow_their_stated_cuts():
    cd56 = np.array([100.0, 3000.0, BRIGHT_CUT, BRIGHT_CUT, 3000.0])
    cd57 = np.array([9000.0, CD57_CUT - 1, 10.0, CD57_CUT, CD57_CUT])

    names = [LABELS[code] for code in label_codes(cd56, cd57)]

    assert names == ["nk_cd56neg", "nk_dim", "nk_bright", "nk_bright_cd57", "nk_dim_cd57"]


def test_expected_nk_shares_are_those_of_many_drawn_cells():
    traits = NkTraits(bright=0.08, cd57=0.3)
    drawn = draw_nk(200_000, traits, np.random.default_rng(1))
    codes = label_codes(drawn["CD56"], drawn["CD57"])

    shares = label_shares(traits)

    assert sum(shares.values()) == pytest.approx(1)
    for label, share in shares.items():
        assert (codes == CODES[label]).mean() == pytest.approx(share, abs=0.003)


def test_cd57_is_scaled_among_all_nk():
    def positive(traits):
        shares = label_shares(traits)
        return shares["nk_dim_cd57"] + shares["nk_bright_cd57"]

    before = NkTraits(bright=0.08, cd57=0.25)

    assert positive(with_cd57_scaled(before, 2.0)) == pytest.approx(2 * positive(before))
    with pytest.raises(ValueError, match="beyond what mature NK cells can hold"):
        with_cd57_scaled(before, 4.0)


def test_nk_is_a_continuum_from_dim_to_bright():
    cd56 = draw_nk(20_000, NkTraits(0.08, 0.3), np.random.default_rng(2))["CD56"]
    counts, _ = np.histogram(np.log10(cd56), bins=np.arange(3.0, 4.7, 0.1))

    assert counts.min() > 50


def plain_gates(at):
    """Gate with fixed cuts on compensated values, as a cytometrist would set them by eye."""
    on_scale = (at["FSC-A"] > 1) & (at["FSC-A"] < 250000)
    gates = {"single": on_scale & (at["FSC-H"] > 0.66 * at["FSC-A"])}
    gates["live"] = gates["single"] & (at["Viability"] < 2300)
    gates["viable"] = gates["live"] & (at["FSC-A"] > 27000)
    gates["singlets"] = gates["single"] & (at["FSC-A"] > 27000)
    gates["cd45"] = gates["viable"] & (at["CD45"] > 1500)
    lymph = gates["lymph"] = gates["cd45"] & (at["SSC-A"] < 34000) & (at["CD45"] > 6500)
    gates["mono"] = gates["cd45"] & ~lymph & (at["CD14"] > 4000)
    t = gates["t"] = lymph & (at["CD3"] > 2500) & (at["CD19"] < 1500)
    gates["t_cd4"] = t & (at["CD4"] > 2500) & (at["CD8"] < 5000)
    gates["t_cd8"] = t & (at["CD4"] < 2500) & (at["CD8"] > 5000)
    gates["nkt_like"] = t & (at["CD56"] > 900)
    naive_like, homing = at["CD45RA"] > 2300, at["CCR7"] > 650
    for lineage in ("t_cd4", "t_cd8"):
        gates[f"{lineage}_naive"] = gates[lineage] & naive_like & homing
        gates[f"{lineage}_cm"] = gates[lineage] & ~naive_like & homing
        gates[f"{lineage}_em"] = gates[lineage] & ~naive_like & ~homing
        gates[f"{lineage}_temra"] = gates[lineage] & naive_like & ~homing
    without = lymph & (at["CD3"] < 2500) & (at["CD19"] < 1500) & (at["CD14"] < 1500)
    cd56 = at["CD56"] > 700
    nk = gates["nk"] = without & (cd56 | ((at["CD16"] > 2000) & (at["CD7"] > 1500)))
    gates["nk_bright"] = nk & (at["CD56"] > 10000)
    gates["nk_dim"] = nk & cd56 & (at["CD56"] < 10000)
    gates["nk_cd57"] = nk & cd56 & (at["CD57"] > 1000)
    b = lymph & (at["CD19"] > 1500) & (at["CD3"] < 2500)
    return gates | {"cll": b & (at["CD5"] > 250), "b_normal": b & (at["CD5"] <= 250)}


MAJOR = ("single", "live", "viable", "singlets", "cd45", "lymph", "t", "t_cd4", "t_cd8", "cll")


@pytest.mark.parametrize("population", POPULATIONS)
def test_plain_gates_find_a_population(files, population):
    found = [plain_gates(file.linear)[population] for file in files]
    true = [is_member(file.codes, population) for file in files]
    hits = sum((f & t).sum() for f, t in zip(found, true, strict=True))
    f1 = 2 * hits / (sum(map(np.sum, found)) + sum(map(np.sum, true)))

    assert f1 >= (0.95 if population in MAJOR else 0.85)
    assert f1 < 1


def test_without_a_lymphocyte_gate_neutrophils_would_be_nk(files):
    at, codes = files[0].linear, files[0].codes
    ungated = (at["CD16"] > 2000) & (at["CD3"] < 2500) & (at["CD19"] < 1500) & (at["CD14"] < 1500)

    assert (ungated & (codes == CODES["neutrophil"])).sum() > 5 * is_member(codes, "nk").sum()
