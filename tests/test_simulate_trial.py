"""The simulated trial: who takes part, what treatment does to blood, and what was planted."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, spearmanr

from correlates.simulate.cohort import simulate_cohort
from correlates.simulate.counts import VISITS, population_per_ul
from correlates.simulate.trial import (
    COMPLETE,
    NO_EFFECTS,
    Effects,
    allocate,
    draw_patients,
)
from correlates.tables import read_tsv

RUN_IN = ("C0D1", "C0D8", "C1D1")


def draw_trial(seed, effects):
    """Evaluable patients and their true counts per microlitre at C1D1."""
    rng = np.random.default_rng(seed)
    patients = [p for p in draw_patients(24, effects, rng) if p.clinical["tfr_grade"] is not None]
    return patients, [patient.counts_per_ul("C1D1", rng) for patient in patients]


def log2_of(counts, population):
    return np.log2([population_per_ul(count, population) for count in counts])


def is_complete(patients):
    return np.array([patient.clinical["response"] in COMPLETE for patient in patients])


def grades_of(patients):
    return np.array([patient.clinical["tfr_grade"] for patient in patients])


@pytest.fixture(scope="module")
def planted():
    return [draw_trial(seed, Effects()) for seed in range(60)]


@pytest.fixture(scope="module")
def null():
    return [draw_trial(seed, NO_EFFECTS) for seed in range(60)]


def difference(trials, population):
    """Mean over trials of log2 counts, complete responders minus the rest."""
    shifts = []
    for patients, counts in trials:
        values, complete = log2_of(counts, population), is_complete(patients)
        shifts.append(values[complete].mean() - values[~complete].mean())
    return np.mean(shifts)


def slope(trials, population):
    """Mean over trials of the change of log2 counts for one grade more of flare."""
    fits = [np.polyfit(grades_of(p), log2_of(c, population), 1)[0] for p, c in trials]
    return np.mean(fits)


@pytest.mark.parametrize("seed", range(5))
def test_endpoints_occur_as_often_as_stated(seed):
    patients = draw_patients(24, Effects(), np.random.default_rng(seed))
    clinical = [patient.clinical for patient in patients]

    assert sum(row["response"] in COMPLETE for row in clinical) == 5
    assert sum((row["tfr_grade"] or 0) >= 2 for row in clinical) == 10
    assert sum(row["lenalidomide_start_day"] is None for row in clinical) == 1
    assert [row["dose_level_mg"] for row in clinical] == sorted(
        row["dose_level_mg"] for row in clinical
    )


def test_who_never_received_lenalidomide_has_neither_flare_nor_later_visits():
    patients = draw_patients(24, Effects(), np.random.default_rng(0))
    dropout = next(p for p in patients if p.clinical["lenalidomide_start_day"] is None)

    assert dropout.clinical["tfr_grade"] is None
    assert dropout.clinical["response"] == "NE"
    assert dropout.visits == ("C0D1", "C0D8", "C1D1")


def test_visits_move_with_a_delayed_start_of_lenalidomide():
    patients = draw_patients(24, Effects(), np.random.default_rng(0))
    delayed = next(p for p in patients if p.clinical["lenalidomide_start_day"] == 31)

    assert [delayed.study_day(visit) for visit in VISITS] == [1, 8, 31, 38, 59]


def test_allocation_keeps_shares_and_rounds_the_largest_remainders_up():
    values = allocate({"a": 4, "b": 1}, 7, np.random.default_rng(0))

    assert sorted(values) == ["a"] * 6 + ["b"]


def test_the_clone_is_redistributed_into_blood_then_cleared():
    rng = np.random.default_rng(1)
    patients = draw_patients(24, Effects(), rng)
    median = {
        visit: np.median([patient.counts_per_ul(visit, rng)["cll"] for patient in patients])
        for visit in VISITS
    }

    assert median["C0D8"] > 1.5 * median["C0D1"]
    assert median["C0D8"] > median["C1D1"] > median["C2D1"]
    assert median["C2D1"] < median["C0D1"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Shares of the leukocytes in each file of a written cohort, by visit and population."""
    folder = tmp_path_factory.mktemp("written")
    simulate_cohort(folder, n_events=6000, seed=1)
    events = {}
    for row in read_tsv(folder / "truth" / "populations.tsv"):
        events.setdefault(row["file"], {})[row["population"]] = int(row["n"])
    shares = {}
    for name, counts in events.items():
        here = shares.setdefault(name.split("_")[1], {"t": [], "nk": [], "cll": []})
        for population, values in here.items():
            values.append(counts[population] / counts["cd45"])
    return {visit: {key: np.array(v) for key, v in here.items()} for visit, here in shares.items()}


def is_rare(share):
    return (share >= 0.005) & (share <= 0.05)


@pytest.mark.parametrize("visit", RUN_IN)
def test_t_and_nk_are_half_to_five_percent_of_most_files_of_the_run_in(written, visit):
    t, nk = is_rare(written[visit]["t"]), is_rare(written[visit]["nk"])

    assert len(t) == 24
    assert t.mean() >= 0.75
    assert nk.mean() >= 0.75
    assert (t & nk).mean() >= 0.7


def test_over_the_files_of_the_run_in_t_and_nk_are_spread_as_stated(written):
    of = {key: np.concatenate([written[visit][key] for visit in RUN_IN]) for key in ("t", "nk")}

    assert is_rare(of["t"]).mean() >= 0.85
    assert is_rare(of["nk"]).mean() >= 0.85
    assert (is_rare(of["t"]) & is_rare(of["nk"])).mean() >= 0.8
    for key, lowest, low, high, highest in (
        ("t", 0.005, 0.018, 0.040, 0.07),
        ("nk", 0.002, 0.005, 0.022, 0.05),
    ):
        quantiles = np.quantile(of[key], [0, 0.25, 0.75, 1])
        assert lowest < quantiles[0] < low < quantiles[1], key
        assert quantiles[2] < high < quantiles[3] < highest, key


def test_the_clone_is_nine_tenths_of_some_files_and_most_of_all(written):
    clone = np.concatenate([written[visit]["cll"] for visit in VISITS])

    assert 0.9 < clone.max() < 0.96
    assert np.quantile(clone, 0.25) > 0.75
    assert clone.min() > 0.5


def test_once_the_clone_is_cleared_t_may_exceed_five_percent(written):
    late, before = written["C2D1"], written["C1D1"]

    assert np.median(late["t"]) > 1.3 * np.median(before["t"])
    assert late["t"].max() < 0.12
    assert late["nk"].max() < 0.09


def test_t_and_nk_are_few_beside_the_clone_whatever_the_seed(planted):
    counts = [count for _, counts in planted for count in counts]
    t, nk = (
        np.array([population_per_ul(c, key) / sum(c.values()) for c in counts])
        for key in ("t", "nk")
    )

    assert is_rare(t).mean() >= 0.85
    assert is_rare(nk).mean() >= 0.85


@pytest.mark.parametrize(
    ("population", "low", "median", "high"),
    [
        pytest.param("lymph", 10_000, (30_000, 50_000), 130_000, id="lymphocytosis"),
        pytest.param("t", 400, (900, 1400), 3500, id="T"),
        pytest.param("t_cd4", 150, (400, 700), 2800, id="CD4"),
        pytest.param("nk", 100, (350, 650), 2200, id="NK"),
        pytest.param("cd45", 15_000, (35_000, 55_000), 135_000, id="leukocytes"),
    ],
)
def test_absolute_counts_are_those_of_relapsed_cll(planted, population, low, median, high):
    """Between the percentiles 1 and 99 at C1D1, in cells per microlitre."""
    values = 2 ** np.concatenate([log2_of(counts, population) for _, counts in planted])

    assert low < np.quantile(values, 0.01)
    assert median[0] < np.median(values) < median[1]
    assert np.quantile(values, 0.99) < high


@pytest.mark.parametrize(
    ("population", "size"),
    [
        pytest.param("t_cd4", Effects().t_cd4_complete, id="H1"),
        pytest.param("nk_cd57", Effects().nk_cd57_complete, id="H2"),
        pytest.param("t_cd8", 0, id="nothing on CD8"),
        pytest.param("nk", 0, id="nothing on NK as a whole"),
        pytest.param("cll", 0, id="nothing on the clone"),
    ],
)
def test_complete_responders_differ_by_what_was_planted(planted, population, size):
    assert difference(planted, population) == pytest.approx(size, abs=0.15)


@pytest.mark.parametrize(
    ("population", "size"),
    [("nk", Effects().nk_per_grade), ("t_cd4", 0), ("t_cd8", 0), ("cll", 0)],
)
def test_flare_goes_with_what_was_planted(planted, population, size):
    assert slope(planted, population) == pytest.approx(size, abs=0.08)


@pytest.mark.parametrize("population", ["t_cd4", "nk_cd57", "nk"])
def test_a_null_cohort_has_no_effect(null, population):
    assert difference(null, population) == pytest.approx(0, abs=0.12)
    assert slope(null, population) == pytest.approx(0, abs=0.08)


def rejections(trials):
    """Share of trials in which each hypothesis is significant at 0.05."""
    found = []
    for patients, counts in trials:
        complete = is_complete(patients)
        cd4, cd57 = log2_of(counts, "t_cd4"), log2_of(counts, "nk_cd57")
        found.append(
            (
                mannwhitneyu(cd4[complete], cd4[~complete], method="exact").pvalue,
                mannwhitneyu(cd57[complete], cd57[~complete], method="exact").pvalue,
                spearmanr(log2_of(counts, "nk"), grades_of(patients)).pvalue,
            )
        )
    return (np.array(found) < 0.05).mean(axis=0)


def test_planted_effects_are_found_in_most_cohorts(planted):
    h1, h2, h6 = rejections(planted)

    assert h1 > 0.9
    assert h2 > 0.6
    assert h6 > 0.9


def test_null_cohorts_are_rejected_no_more_often_than_stated(null):
    """Of 60 null cohorts 8 or fewer reject at 0.05 with probability 0.995."""
    assert max(rejections(null)) <= 8 / 60


@pytest.mark.parametrize(
    ("effects", "sizes"),
    [
        pytest.param(True, ["1.2", "1.3", "0.65"], id="planted"),
        pytest.param(False, ["0.0", "0.0", "0.0"], id="null"),
    ],
)
def test_the_table_of_effects_says_what_was_planted(tmp_path, effects, sizes):
    simulate_cohort(tmp_path, n_patients=2, n_events=200, seed=1, effects=effects)

    rows = read_tsv(tmp_path / "truth" / "effects.tsv")

    assert [row["hypothesis"] for row in rows] == ["H1", "H2", "H6"]
    assert [row["log2_difference"] for row in rows] == sizes
