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


def test_t_and_nk_are_few_beside_a_clone_of_up_to_nine_tenths():
    rng = np.random.default_rng(2)
    counts = [p.counts_per_ul("C0D8", rng) for p in draw_patients(24, Effects(), rng)]
    shares = {
        name: [population_per_ul(c, name) / sum(c.values()) for c in counts]
        for name in ("cll", "t", "nk")
    }

    assert max(shares["cll"]) > 0.9
    assert np.median(shares["cll"]) > 0.8
    assert 0.01 < np.median(shares["t"]) < 0.08
    assert 0.003 < np.median(shares["nk"]) < 0.03


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
